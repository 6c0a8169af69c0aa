"""Reads the command line, runs the command, and turns every failure into one sentence and an exit code."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from types import ModuleType

import numpy as np

from engine.blas import allow_threads
from engine.errors import DigitLabError
from engine.files import reason
from engine.model import program_version
from engine.terminal import bench, crossvalidate, data, evaluate, info, predict, reproduce, sweep, train, verify
from engine.terminal.arguments import Parser, add_common
from engine.terminal.output import complain
from engine.terminal.signals import InterruptedBySignal, ending_at_once

COMMANDS: dict[str, ModuleType] = {
    "train": train,
    "evaluate": evaluate,
    "predict": predict,
    "data": data,
    "info": info,
    "reproduce": reproduce,
    "crossvalidate": crossvalidate,
    "bench": bench,
    "verify": verify,
    "sweep": sweep,
}
BAD_INPUT = 2
PIPE_CLOSED = 141
"""What a shell reports of a program that wrote into a pipe nobody reads."""


def main(argv: Sequence[str]) -> int:
    """Run the command that `argv` names and return the exit code.

    Parameters
    ----------
    argv : sequence of str
        The command line without the program's name.

    Returns
    -------
    int
        0; 2 after bad input; 130 or 143 after Ctrl+C or SIGTERM.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that lacks a character shows another
            stream.reconfigure(errors="backslashreplace")
    try:
        with ending_at_once(), np.errstate(all="ignore"):
            code = _run(argv)
            sys.stdout.flush()
            return code
    except DigitLabError as error:
        complain(error)
    except InterruptedBySignal as signal:
        complain("Stopped; nothing was changed.")
        return signal.exit_code
    except MemoryError:
        complain("There is not enough memory for this. Use a smaller network, batch or dataset.")
    except BrokenPipeError:
        _write_no_more()
        return PIPE_CLOSED
    except OSError as error:
        _write_no_more()
        what = f"{error.filename} cannot be used" if error.filename else "The result could not be printed"
        complain(f"{what}: {reason(error)}.")
    return BAD_INPUT


def parser() -> Parser:
    """Return the parser of all commands."""
    top = Parser(
        prog="digitlab",
        description="Build, train and look into networks that read handwritten digits. Without a command the window "
        "opens, with a model file if one is named.",
        epilog="Exit codes: 0 done, 1 verify found a difference, 2 bad input (one sentence on stderr), 130 and 143 "
        "stopped by Ctrl+C and SIGTERM. "
        "'digitlab COMMAND --help' explains a command.",
    )
    top.add_argument("--version", action="version", version=f"digitlab {program_version()}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=Parser)
    for name, module in COMMANDS.items():
        description = " ".join((module.__doc__ or "").split())
        command = commands.add_parser(name, help=description.split(":")[0].rstrip("."), description=description)
        module.add_arguments(command)
        add_common(command)
    return top


def _run(argv: Sequence[str]) -> int:
    try:
        options = parser().parse_args(argv)
    except SystemExit as end:  # --help and --version
        return int(end.code or 0)
    allow_threads(options.threads)
    return int(COMMANDS[options.command].run(options))


def _write_no_more() -> None:
    """Send what stdout still holds nowhere, so that the interpreter does not fail on it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
