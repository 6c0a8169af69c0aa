"""Locks that the system lets go when the process ends, however it ends."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import DigitLabError
from engine.files import reason

if TYPE_CHECKING:
    from filelock import FileLock


def lock_alone(path: Path, held: DigitLabError, what: str) -> FileLock:
    """Return a lock that this process alone has now; the folder of `path` is made if need be.

    Raises
    ------
    DigitLabError
        `held` when another process has it; a sentence on `what`, e.g. ``"Runs"``, when it cannot be made.
    """
    from filelock import FileLock, Timeout  # late: the window does without until something is trained

    lock = FileLock(path, timeout=0, thread_local=False)
    try:
        path.parent.mkdir(exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise held from error
    except OSError as error:
        raise DigitLabError(f"{what} cannot be kept in {path.parent}: {reason(error)}.") from error
    return lock


def locked(path: Path) -> FileLock:
    """Return a lock on the run in the file `path`.

    Raises
    ------
    DigitLabError
        When another process has it, or it cannot be made.
    """
    held = DigitLabError("This run is being trained in another window.", "Go on with it there.")
    return lock_alone(path.with_suffix(".lock"), held, "Runs")
