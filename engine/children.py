"""Child processes of this very program: for libraries that are slow, loud or perhaps not installed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

DETAIL_CHARACTERS = 4000
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "PYTHONIOENCODING": "utf-8"}


@contextmanager
def running(module: str, *arguments: str, output: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``python -m module arguments`` beside this process; it ends with the block, whatever happens.

    Parameters
    ----------
    module : str
        A module of this program.
    *arguments : str
        Its command line.
    output : binary file
        Receives all that the child prints.

    Raises
    ------
    OSError
        When no child process starts.
    """
    # -P: the folder in which the user happens to be is no place to import from.
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", module, *arguments],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    try:
        yield child
    finally:
        child.kill()
        child.wait()


def tail(output: IO[bytes]) -> str:
    """Return the last of what a child has printed into `output`, for the details of an error."""
    output.seek(0)
    return output.read().decode("utf-8", "replace")[-DETAIL_CHARACTERS:]


def environment() -> dict[str, str]:
    """Return what a child finds in its environment: this program, wherever it was started, and quiet libraries."""
    root = str(Path(__file__).resolve().parents[1])
    paths = [*filter(None, [os.environ.get("PYTHONPATH")]), root]
    return {**os.environ, **QUIET, "PYTHONPATH": os.pathsep.join(paths)}
