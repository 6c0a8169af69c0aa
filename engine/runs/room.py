"""Keeps the folder of runs from growing without end: what was deleted long ago goes, and old films make room."""

from __future__ import annotations

import contextlib
from contextlib import closing
from pathlib import Path

from engine import kept_models
from engine.errors import DigitLabError
from engine.locks import locked
from engine.runs.run_file import SUFFIX, RunFile, folder, path_of
from engine.runs.store import RunStore

DELETED_SECONDS = 30 * 86_400.0
MOST_BYTES = 5_000_000_000
WORTH_BYTES = 1_000_000
"""Files smaller than this have hardly a film."""


def tidy(store: RunStore, most: int = MOST_BYTES) -> list[str]:
    """Remove the files of runs that were deleted a month ago, and the films of old runs beyond so many bytes in all.

    Runs with a star, and those that are in use, keep theirs. Curves, settings and networks of all runs stay.

    Returns
    -------
    list of str
        What people should know of it, in sentences.
    """
    for glance in store.expired(DELETED_SECONDS):  # a file without a row would come back as a run: it goes first
        _remove(glance.id, glance.model)
    store.purge(DELETED_SECONDS)
    starred = {glance.id for glance in store.rows() if glance.starred}
    files = sorted(folder().glob(f"*{SUFFIX}"), key=lambda path: path.name)
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
    path = path_of(run_id)
    paths = [path, path.with_suffix(".lock"), *path.parent.glob(f"{path.name}-*")]
    if model:
        paths.append(kept_models.folder() / model)
    for old in paths:
        with contextlib.suppress(OSError):
            old.unlink(missing_ok=True)
