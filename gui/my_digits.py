"""My digits, as the window knows them: kept in the store, and every change of them can be undone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from engine.datasets.reading import Watch
from engine.errors import DigitLabError
from engine.own_digits.digit import OwnDigit, counted
from engine.own_digits.same import alike
from engine.own_digits.store import Exported, Imported, OwnDigits
from engine.pen.drawn import Drawn
from gui.tasks import Tasks

KEPT_CHANGES = 200
TASK_PATIENCE = 10.0  # a task may wait for another program for longer than the window may
_Found = TypeVar("_Found")
_Digits = tuple[OwnDigit, ...]


class MyDigits(QObject):
    """Holds the store for the window, and opens it when it is first asked for.

    Where the store cannot be used, `problem` says why, nothing changes, and the next request tries anew.

    Parameters
    ----------
    tasks : Tasks
        Reads and writes files beside the window.
    path : path, optional
        The database; by default the one in the user's data folder.

    Attributes
    ----------
    undo_stack : QUndoStack
        What was added, relabelled, deleted and imported.

    Signals
    -------
    changed : ()
        There are other digits, or others labels.
    noted : (str,)
        What was done and people should know.
    problem : (DigitLabError,)
        What could not be done.
    """

    changed = Signal()
    noted = Signal(str)
    problem = Signal(object)

    def __init__(self, tasks: Tasks, path: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.undo_stack = QUndoStack(self)
        self.undo_stack.setUndoLimit(KEPT_CHANGES)
        self._tasks, self._path = tasks, path
        self._store: OwnDigits | None = None
        self._known: dict[int, OwnDigit] | None = None
        self._version: int | None = None

    # --- looking ------------------------------------------------------------------------------------------

    @property
    def digits(self) -> list[OwnDigit]:
        """All digits in the order in which they were added; none where the store cannot be used."""
        if self._known is None:
            self._known = self._try(self._read)
        known = self._known or {}
        return [known[number] for number in sorted(known)]

    @property
    def counts(self) -> NDArray[np.int64]:
        """How many there are of each of the ten digits, shape (10,)."""
        return np.bincount(np.array([digit.label for digit in self.digits], np.intp), minlength=10)

    @property
    def latest_change(self) -> QUndoCommand | None:
        """What would be undone next."""
        return self.undo_stack.command(self.undo_stack.index() - 1)

    def refresh(self) -> None:
        """Look at the file again if another window of this program has changed it."""
        before = self._known
        if before is None or self._try(_version) == self._version:
            return
        self._known = None
        if {digit.id: digit.label for digit in self.digits} != {digit.id: digit.label for digit in before.values()}:
            self.changed.emit()

    def close(self) -> None:
        """Let go of the file; it is opened again when it is asked for."""
        if self._store is not None:
            self._store.close()
            self._store = None

    # --- changing -----------------------------------------------------------------------------------------

    def add(self, drawing: Drawn | NDArray[np.uint8], label: int, source: str = "") -> OwnDigit | None:
        """Say that a drawing, or an image of shape (28, 28), is the digit `label`; return it, or None if refused.

        One that is there already only gets another label: what is there twice would be learned in one part and
        measured on in another.
        """
        known = self._like(drawing)
        if known is not None:
            self.relabel([known.id], label)
            return next((digit for digit in self._these([known.id]) if digit.label == label), None)
        added = self._try(partial(_add, drawing, label, source))
        if added is not None:
            self._did(f"adding a {label}", (), (added,))
        return added

    def relabel(self, ids: Iterable[int], label: int) -> None:
        """Say that these digits stand for `label`."""
        before = tuple(digit for digit in self._these(ids) if digit.label != label)
        after = tuple(digit.relabelled(label) for digit in before)
        worked = bool(before) and self._try(partial(_relabel, before, label)) is not None
        if worked:
            self._did(f"relabelling {counted(len(before))}", before, after)

    def delete(self, ids: Iterable[int]) -> None:
        """Remove these digits."""
        before = self._these(ids)
        worked = bool(before) and self._try(partial(_delete, before)) is not None
        if worked:
            self._did(f"deleting {counted(len(before))}", before, ())

    def put(self, before: _Digits, after: _Digits) -> bool:
        """Replace the digits `before` by those `after`, under the numbers they have; return whether that worked."""
        kept = {digit.id for digit in after}
        gone = tuple(digit for digit in before if digit.id not in kept)
        worked = bool(self._try(partial(_put, gone, after)))
        if worked:
            self._replace(before, after)
        return worked

    # --- files --------------------------------------------------------------------------------------------

    def import_file(self, path: Path) -> None:
        """Add the drawings of a file that have a label and are not there yet; this can be undone."""
        self._start(f"Importing {path.name}…", partial(_import, self._path, path), self._on_imported)

    def export(self, path: Path) -> None:
        """Write all strokes to a UNIPEN file."""
        self._start(f"Exporting to {path.name}…", partial(_export, self._path, path), self._on_exported)

    def _start(self, title: str, work: Callable[..., Any], done: Callable[[Any], None]) -> None:
        # The window's own connection finds out whether the file is sound, and says so if it is not.
        if self._try(_version) is not None:
            self._tasks.start(title, work, done, self.problem.emit)

    def _on_imported(self, imported: Imported | None) -> None:
        if imported is not None:
            if imported.added:
                self._did(f"importing {counted(len(imported.added))}", (), imported.added)
            self.noted.emit(imported.words)

    def _on_exported(self, exported: Exported | None) -> None:
        if exported is not None:
            self.noted.emit(exported.words)

    # --- the store ----------------------------------------------------------------------------------------

    def _like(self, drawing: Drawn | NDArray[np.uint8]) -> OwnDigit | None:
        """Return the digit that is this very drawing or image, if there is one."""
        return next((digit for digit in self.digits if alike(drawing, digit.content)), None)

    def _these(self, ids: Iterable[int]) -> _Digits:
        wanted = set(ids)
        return tuple(digit for digit in self.digits if digit.id in wanted)

    def _did(self, name: str, before: _Digits, after: _Digits) -> None:
        """Remember a change that was made."""
        self._replace(before, after)
        self.undo_stack.push(_Change(self, name, before, after))

    def _replace(self, before: _Digits, after: _Digits) -> None:
        if self._known is not None:
            for digit in before:
                self._known.pop(digit.id, None)
            self._known.update({digit.id: digit for digit in after})
        self.changed.emit()

    def _read(self, store: OwnDigits) -> dict[int, OwnDigit]:
        self._version = store.version
        return {digit.id: digit for digit in store.all()}

    def _try(self, do: Callable[[OwnDigits], _Found]) -> _Found | None:
        """Do something with the store; where that fails, say so and let go of the file, which may be damaged."""
        try:
            if self._store is None:
                self._store, self._known = OwnDigits(self._path), None
            found = do(self._store)
        except DigitLabError as error:
            self.close()
            self.problem.emit(error)
            return None
        remark, self._store.remark = self._store.remark, ""
        if remark:
            self.problem.emit(DigitLabError(remark))
        return found


class _Change(QUndoCommand):
    """Digits as they were before a change and as they are after it; the change has been made already."""

    def __init__(self, owner: MyDigits, name: str, before: _Digits, after: _Digits) -> None:
        super().__init__(name)
        self._owner, self._before, self._after = owner, before, after
        self._made = True

    def undo(self) -> None:
        """Bring back the digits before."""
        self.setObsolete(not self._owner.put(self._after, self._before))

    def redo(self) -> None:
        """Bring back the digits after; also called when the change has just been made."""
        if self._made:
            self._made = False
        else:
            self.setObsolete(not self._owner.put(self._before, self._after))


def _version(store: OwnDigits) -> int:
    return store.version


def _add(drawing: Drawn | NDArray[np.uint8], label: int, source: str, store: OwnDigits) -> OwnDigit:
    if isinstance(drawing, Drawn):
        return store.add(Drawn(drawing.strokes, label, drawing.writer), source or "pad")
    return store.add_image(drawing, label, source or "picture")


def _relabel(digits: _Digits, label: int, store: OwnDigits) -> bool:
    store.relabel([digit.id for digit in digits], label)
    return True


def _delete(digits: _Digits, store: OwnDigits) -> bool:
    store.delete([digit.id for digit in digits])
    return True


def _put(gone: _Digits, now: _Digits, store: OwnDigits) -> bool:
    if gone:
        store.delete([digit.id for digit in gone])
    if now:
        store.restore(now)
    return True


def _import(store: Path | None, path: Path, progress: Any, cancelled: Any) -> Imported:
    with OwnDigits(store, TASK_PATIENCE) as own:
        return own.import_file(path, Watch(progress, cancelled))


def _export(store: Path | None, path: Path, progress: Any, cancelled: Any) -> Exported:
    with OwnDigits(store, TASK_PATIENCE) as own:
        return own.export(path)
