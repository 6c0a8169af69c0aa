"""DigitLab: without a command the window, with one the terminal. Nothing heavy is imported before that is chosen."""

from __future__ import annotations

import gc
import os
import sys

COMMANDS = ("train", "evaluate", "predict", "data", "info", "reproduce", "crossvalidate", "bench", "verify", "sweep")


def main(arguments: list[str] | None = None) -> int:
    """Run the program and return its exit code.

    Parameters
    ----------
    arguments : list of str, optional
        The command line without the program's name; by default the one of this process. Nothing or the names of
        files to open mean the window, anything else the terminal.
    """
    given = sys.argv[1:] if arguments is None else arguments
    try:
        return _terminal(given) if _is_command(given) else _window(given)
    except ModuleNotFoundError as error:
        cure = "start it with .venv/bin/python, or run pip install -e . first"
        print(f"digitlab: The Python library {error.name} is not installed here: {cure}.", file=sys.stderr)
        return 2
    except KeyboardInterrupt:  # while modules were being imported
        print("digitlab: Stopped; nothing was changed.", file=sys.stderr)
        return 130


def _is_command(given: list[str]) -> bool:
    """Tell commands and options from the names of files."""
    if not given:
        return False
    return given[0] in COMMANDS or given[0].startswith("-")


def _terminal(given: list[str]) -> int:
    from engine.terminal import main as run_command

    return run_command(given)


def _window(paths: list[str]) -> int:
    missing = [path for path in paths if not os.path.exists(path)]
    if missing:
        print(
            f"digitlab: {missing[0]!r} is neither a file nor one of the commands {', '.join(COMMANDS)}.",
            file=sys.stderr,
        )
        return 2
    from gui.startup_check import find_problem

    problem = find_problem()
    if problem:
        print(f"digitlab: {problem}", file=sys.stderr)
        return 2
    gc.disable()  # nothing made before the window stands is garbage; the window switches it on again
    from gui.app import main as open_window

    return open_window(paths)


if __name__ == "__main__":
    sys.exit(main())
