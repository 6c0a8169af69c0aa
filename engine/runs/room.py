"""Keeps the folder of runs from growing without end: what was deleted long ago goes, and old films make room."""

from __future__ import annotations

import contextlib
import math
import time
from contextlib import closing
from pathlib import Path

from engine import kept_models
from engine.errors import DigitLabError
from engine.files import atomic_write
from engine.locks import locked
from engine.runs.run_file import SUFFIX, RunFile, folder, path_of, remove
from engine.runs.store import RunStore

DELETED_SECONDS = 30 * 86_400.0
MOST_BYTES = 5_000_000_000
STAMP = "tidied"
WORTH_BYTES = 1_000_000
"""Files smaller than this have hardly a film."""


def tidy(store: RunStore, most: int = MOST_BYTES) -> list[str]:
    """Remove the files of runs that were deleted a month ago, and the films of old runs beyond so many bytes in all.

    Runs with a star, and those that are in use, keep theirs. Curves, settings and networks of all runs stay. The runs
    of experiments have no films, and do not count.

    Returns
    -------
    list of str
        What people should know of it, in sentences.
    """
    keep = DELETED_SECONDS + _since_last_time()
    for glance in store.expired(keep):  # a file without a row would come back as a run: it goes first
        _remove(glance.id, glance.model)
    store.purge(keep)
    rows = store.rows()
    starred, trials = ({row.id for row in rows if getattr(row, what)} for what in ("starred", "experiment"))
    files = sorted(path for path in folder().glob(f"*{SUFFIX}") if path.stem not in trials)
    sizes = {path: _size(path) for path in files}
    total, cut = sum(sizes.values()), 0
    for path in files[:-1]:
        if total <= most:
            break
        if path.stem not in starred and sizes[path] > WORTH_BYTES:
            saved = sizes[path] - _without_film(path)
            total, cut = total - saved, cut + (saved > 0)
    if not cut:
        return []
    whose = "an old run" if cut == 1 else f"{cut} old runs"
    return [f"The film of {whose} was taken out to make room; curves and networks are kept. A star keeps a film, too."]


def _since_last_time() -> float:
    """Return the seconds since this was last asked, endless at first.

    Only what had been deleted for long enough the last time, too, is removed: a clock that jumps ahead removes nothing.
    """
    now, before = time.time(), -math.inf

    def write(path: Path) -> None:
        path.write_text(str(now), "ascii")

    with contextlib.suppress(OSError, ValueError):
        before = float((folder() / STAMP).read_text("ascii"))
    with contextlib.suppress(DigitLabError):
        atomic_write(folder() / STAMP, write)
    return max(now - before, 0.0) if math.isfinite(before) else math.inf


def _without_film(path: Path) -> int:
    """Take the film out of a file that nobody uses; return its size then."""
    with contextlib.suppress(DigitLabError):
        lock = locked(path)
        try:
            with closing(RunFile(path, write=True)) as file:
                if file.frame_list():
                    file.drop_film()
        finally:
            lock.release()
    return _size(path)


def _size(path: Path) -> int:
    with contextlib.suppress(OSError):
        return path.stat().st_size
    return 0


def _remove(run_id: str, model: str) -> None:
    remove(path_of(run_id))
    if model:
        with contextlib.suppress(OSError):
            (kept_models.folder() / model).unlink(missing_ok=True)
