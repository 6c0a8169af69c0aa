"""Reads the file of a run; one that turns out to be damaged is set aside under another name, never deleted."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeVar

from engine.databases import set_aside
from engine.errors import DigitLabError
from engine.locks import locked
from engine.runs.run_file import DamagedRunError, RunFile
from engine.runs.store import RunStore

Result = TypeVar("Result")
NO_CHECKPOINT = "This run was cut off before its first checkpoint.", "Restore its settings and train."
INSTEAD = "Restore its settings and train again."


def read(path: Path, what: Callable[[RunFile], Result]) -> Result:
    """Return what a function reads from the file of a run.

    Raises
    ------
    DamagedRunError
        When the file is damaged. Unless somebody trains it, or the folder is not to be written to, it is set aside,
        and its row in the library says so.
    DigitLabError
        When it is missing, empty, of a newer program or cannot be used at present; it is left as it is.
    """
    try:
        return _read(path, what)
    except DamagedRunError as error:
        damaged = error
    try:
        lock = locked(path)
    except DigitLabError:
        raise damaged from None
    try:
        return _read(path, what)  # once more, alone: another window may have seen to it
    except DamagedRunError as error:
        raise _set_aside(path, error) from error
    finally:
        lock.release()


def looked_at(path: Path, what: Callable[[RunFile], Result]) -> Result:
    """Return what a function reads from the file of a run, which stays where it is if it is damaged."""
    with closing(RunFile(path)) as file:
        try:
            return what(file)
        except (TypeError, KeyError, ValueError) as error:  # it can be read, and makes no sense
            said = f"{path} is damaged, and was left as it is."
            raise DamagedRunError(said, INSTEAD, f"{type(error).__name__}: {error}") from error


def _read(path: Path, what: Callable[[RunFile], Result]) -> Result:
    def unless_empty(file: RunFile) -> Result:
        if file.empty:
            raise DigitLabError(*NO_CHECKPOINT)
        return what(file)

    if not path.exists() and _beside(path).exists():
        raise DigitLabError(_sentence(path, _beside(path)), INSTEAD)
    return looked_at(path, unless_empty)


def _set_aside(path: Path, error: DamagedRunError) -> DamagedRunError:
    """Rename a damaged file, let the library know, and return what is to be said; the same error if that cannot be."""
    kept = None
    with suppress(OSError):
        kept = set_aside(path, _beside(path))
    if kept is None:
        return error
    with suppress(DigitLabError), closing(RunStore()) as store:
        store.save(store.row(path.stem).changed(message=_sentence(path, kept)))
    return DamagedRunError(_sentence(path, kept), INSTEAD, error.details)


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.damaged")


def _sentence(path: Path, kept: Path) -> str:
    return f"The file of this run, {path}, was damaged; it is kept as {kept.name}."
