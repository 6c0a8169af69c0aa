"""The commands, one file each; :mod:`engine.terminal.command_line` names them all."""

from engine.terminal.command_line import main

__all__ = ["main"]
