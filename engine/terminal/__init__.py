"""The commands ``train``, ``evaluate``, ``predict``, ``data`` and ``info``, one file each."""

from engine.terminal.command_line import main

__all__ = ["main"]
