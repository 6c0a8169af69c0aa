"""Starts the process in which the twins are trained, and waits for it."""

from __future__ import annotations

import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

from engine.children import running, tail
from engine.errors import DigitLabError
from engine.verification import twin
from engine.verification.watch import Watch

THEM = "TensorFlow"
MAX_SILENT_SECONDS = 10 * 60
_POLL_SECONDS = 0.1
_NEEDED = ("tensorflow", "keras")


class TwinError(DigitLabError):
    """The twin could not be trained."""


def require_tensorflow() -> None:
    """Find out, without the seconds that its import takes, whether TensorFlow and Keras are installed.

    Raises
    ------
    TwinError
        When they are not. An installation that is broken shows only when the child process imports it.
    """
    for name in _NEEDED:
        if find_spec(name) is None:
            raise _not_imported(f"There is no module {name}.")


def train_twins(root: Path, watch: Watch) -> None:
    """Let a child process train a Keras twin for every case recorded below `root`.

    Parameters
    ----------
    root : path
        A folder of folders, see :mod:`engine.verification.exchange`.
    watch : Watch
        Told of the steps; a cancellation ends the child.

    Raises
    ------
    TwinError
        When TensorFlow cannot be imported, or the child fails or falls silent.
    """
    with tempfile.TemporaryFile() as output:
        try:
            with running(twin.__name__, str(root), output=output) as child:
                _wait(child, root / twin.PROGRESS, watch)
        except OSError as error:
            raise TwinError("The check cannot be made: no child process starts.", details=str(error)) from error
        if child.returncode != 0:
            raise _failure(child.returncode, tail(output))


def _wait(child: subprocess.Popen[bytes], progress: Path, watch: Watch) -> None:
    told, since = "", time.monotonic()
    while True:
        said = _last_line(progress)
        if said != told:
            told, since = said, time.monotonic()
        if time.monotonic() - since > MAX_SILENT_SECONDS:
            raise TwinError(
                f"The check was given up: TensorFlow has taken no step for {MAX_SILENT_SECONDS // 60} minutes.",
                "Try fewer steps or smaller batches.",
            )
        if told:
            done, total = map(int, told.split())
            watch.step(THEM, done, total)
        else:
            watch.say(f"{THEM} is being started{watch.remark}: this takes a few seconds…")
        try:
            child.wait(_POLL_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        return


def _last_line(progress: Path) -> str:
    """Return the last whole line that the child has written down; empty before the first."""
    if not progress.exists():
        return ""
    lines = progress.read_text(encoding="ascii").split("\n")
    return lines[-2] if len(lines) > 1 else ""


def _failure(code: int, output: str) -> TwinError:
    if code == twin.NOT_IMPORTED:
        return _not_imported(output)
    return TwinError(
        f"The check failed: the process that runs TensorFlow ended with code {code}. Nothing was changed.",
        "Try a smaller network, fewer steps or smaller batches, or install TensorFlow again.",
        output,
    )


def _not_imported(details: str) -> TwinError:
    return TwinError(
        "The check needs TensorFlow, which cannot be imported here. The rest works without it.",
        "Install it with: python -m pip install tensorflow.",
        details,
    )
