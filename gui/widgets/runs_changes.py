"""What the user changes of runs, with undo: names, stars, tags, and which of them there are."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from engine.errors import DigitLabError
from engine.runs.glance import RunGlance

if TYPE_CHECKING:
    from engine.runs.store import RunStore
    from gui.library import Library

Step = Callable[[], None]


class RunsCommand(QUndoCommand):
    """A change and its opposite; one that fails is forgotten, and `problem` is called with the reason."""

    def __init__(self, title: str, do: Step, back: Step, problem: Callable[[DigitLabError], object]) -> None:
        super().__init__(title)
        self._do, self._back, self._problem = do, back, problem

    def redo(self) -> None:
        """Make the change."""
        self._try(self._do)

    def undo(self) -> None:
        """Take it back."""
        self._try(self._back)

    def _try(self, step: Step) -> None:
        try:
            step()
        except DigitLabError as error:
            self.setObsolete(True)
            self._problem(error)


class RunsChanges(QObject):
    """Changes runs of the library, each change one step of `undo_stack`.

    Signals
    -------
    changed : (list of str,)
        What is said of the runs with these ids is different from before; without any, there are others.
    problem : (DigitLabError,)
        A change could not be made; everything is as before.
    """

    changed = Signal(list)
    problem = Signal(object)

    def __init__(self, library: Library, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library = library
        self.undo_stack = QUndoStack(self)

    def rename(self, run: RunGlance, name: str) -> None:
        """Call a run by a name; by its preset and sizes if that is empty."""
        self._push("Rename", [(run.id, {"name": name})], [(run.id, {"name": run.name})])

    def tag(self, run: RunGlance, tags: tuple[str, ...]) -> None:
        """Give a run these tags in place of those it has."""
        self._push("Tags", [(run.id, {"tags": tags})], [(run.id, {"tags": tuple(run.tags)})])

    def star(self, runs: list[RunGlance], on: bool) -> None:
        """Star runs, or take their stars away."""
        changing = [run.id for run in runs if run.starred != on]
        if changing:
            marks, back = ([(run_id, {"starred": value}) for run_id in changing] for value in (on, not on))
            self._push("Star" if on else "Take the star away", marks, back)

    def delete(self, runs: list[RunGlance]) -> bool:
        """Delete runs, and return whether that worked."""
        ids, before = [run.id for run in runs], self.undo_stack.index()
        do, back = partial(self._delete, ids), partial(self._undelete, ids)
        self.undo_stack.push(RunsCommand("Delete", do, back, self.problem.emit))
        return self.undo_stack.index() != before

    def _push(self, title: str, marks: list[Any], back: list[Any]) -> None:
        do, undo = partial(self._mark, marks), partial(self._mark, back)
        self.undo_stack.push(RunsCommand(title, do, undo, self.problem.emit))

    def _mark(self, marks: list[tuple[str, dict[str, Any]]]) -> None:
        for run_id, values in marks:
            self._store.mark(run_id, **values)
        self._tell([run_id for run_id, _ in marks])

    def _delete(self, ids: list[str]) -> None:
        self._store.delete(ids)
        self._tell([])

    def _undelete(self, ids: list[str]) -> None:
        self._store.undelete(ids)
        self._tell([])

    @property
    def _store(self) -> RunStore:
        store = self._library.store
        if store is None:
            raise self._library.trouble or DigitLabError("The library of runs is not open; nothing was changed.")
        return store

    def _tell(self, ids: list[str]) -> None:
        self.changed.emit(ids)
        self._library.changed.emit()  # other pages show runs, too
