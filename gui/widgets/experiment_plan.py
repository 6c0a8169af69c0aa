"""The plan of an experiment that is being edited, and the way back to what it was before."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from gui.widgets.experiment_draft import Draft


class ExperimentPlan(QObject):
    """Holds a draft; every change of it can be undone, and what is typed into one field is one change.

    Signals
    -------
    changed : (Draft,)
        The draft is another one, whoever changed it.

    Attributes
    ----------
    draft : Draft
        What the form says.
    undo_stack : QUndoStack
        The way back.
    """

    changed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.draft = Draft()
        self.undo_stack = QUndoStack(self)
        self._field, self._stroke = "", 0

    def propose(self, draft: Draft, title: str, field: str = "") -> None:
        """Use another draft; successive changes of one `field` are undone together, unless it is empty."""
        if draft == self.draft:
            return
        if not field or field != self._field:
            self._stroke += 1
        self._field = field
        self.undo_stack.push(_Change(self, self.draft, draft, title, self._stroke))

    def open(self, draft: Draft) -> None:
        """Begin with another draft, from which no way leads back to those before."""
        self._field = ""
        self.undo_stack.clear()
        self.use(draft)

    def use(self, draft: Draft) -> None:
        """Make a draft the present one."""
        if draft != self.draft:
            self.draft = draft
            self.changed.emit(draft)

    def seal(self) -> None:
        """Let what comes next be a change of its own."""
        self._field = ""


class _Change(QUndoCommand):
    """From one draft to another."""

    def __init__(self, plan: ExperimentPlan, before: Draft, after: Draft, title: str, stroke: int) -> None:
        super().__init__(title)
        self._plan, self._before, self._after, self._stroke = plan, before, after, stroke

    def id(self) -> int:
        """Return a number that changes to be merged share."""
        return self._stroke

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Take a later change of the same field in."""
        assert isinstance(other, _Change)
        self._after = other._after
        self.setObsolete(self._after == self._before)
        return True

    def undo(self) -> None:
        """Go back."""
        self._plan.seal()
        self._plan.use(self._before)

    def redo(self) -> None:
        """Go on."""
        self._plan.use(self._after)
