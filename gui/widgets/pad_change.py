"""One thing done on the pad, for undo and redo."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtGui import QUndoCommand

from gui.widgets.drawing import Drawing


class Restores(Protocol):
    """Whatever can show a drawing that was there before."""

    def restore(self, drawing: Drawing) -> None:
        """Show another drawing."""


class Change(QUndoCommand):
    """Remembers the drawing before and after."""

    def __init__(self, pad: Restores, before: Drawing, after: Drawing, name: str) -> None:
        super().__init__(name)
        self._pad, self._before, self._after = pad, before, after

    def undo(self) -> None:
        """Bring back the drawing before."""
        self._pad.restore(self._before)

    def redo(self) -> None:
        """Bring back the drawing after; also called when the change is made."""
        self._pad.restore(self._after)
