"""What widgets made of painted cells have in common: cells that are pointed at, walked over by keys, and opened."""

from __future__ import annotations

from typing import Generic, TypeVar

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from gui.widgets.painted import PaintedWidget

Cell = TypeVar("Cell")


class CellView(PaintedWidget, Generic[Cell]):
    """A view of cells, one of which may be under the mouse, one under the keyboard's cursor, and one opened.

    Parameters
    ----------
    first : Cell
        Where the keyboard's cursor begins. A cell is whatever the kind of view counts its cells by.

    Signals
    -------
    described : (str,)
        The cell under the mouse or else under the keyboard's cursor, in words; empty when there is none.
    chosen : (Cell,)
        A cell that was clicked or opened with Enter.
    """

    described = Signal(str)
    chosen = Signal(object)

    def __init__(self, first: Cell, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._current = first
        self._hovered: Cell | None = None
        self._opened: Cell | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    # --- to be told by the kinds of view ------------------------------------------------------------------

    def cell_rect(self, cell: Cell) -> QRectF:
        """Return where a cell is painted."""
        raise NotImplementedError

    def cell_at(self, place: QPointF) -> Cell | None:
        """Return the cell at a place, if there is one."""
        raise NotImplementedError

    def beside(self, cell: Cell, key: Qt.Key) -> Cell | None:
        """Return where a key leads to from a cell; None for a key that leads nowhere."""
        raise NotImplementedError

    def words(self, cell: Cell) -> str:
        """Return what a cell says."""
        raise NotImplementedError

    # --- what is shown ------------------------------------------------------------------------------------

    def set_opened(self, cell: Cell | None) -> None:
        """Mark the cell whose content is shown elsewhere."""
        self._opened = cell
        if cell is not None:
            self._current = cell
        self.update()

    def words_at(self, place: QPointF) -> str:
        """Return what the cell at a place says."""
        cell = self.cell_at(place)
        return "" if cell is None else self.words(cell)

    def describe(self) -> None:
        """Tell the cell under the mouse or under the keyboard's cursor; to be called when cells say other things."""
        cell = self._current if self._hovered is None and self.hasFocus() else self._hovered
        text = "" if cell is None else self.words(cell)
        self.setAccessibleDescription(text)
        self.described.emit(text)

    # --- events -------------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the mouse."""
        self._hover(self.cell_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Forget the mouse."""
        self._hover(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Open the cell under the mouse."""
        cell = self.cell_at(event.position())
        if cell is not None and event.button() == Qt.MouseButton.LeftButton:
            self._move(cell)
            self.chosen.emit(cell)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move by the arrow keys, open with Enter."""
        key = Qt.Key(event.key())
        cell = self.beside(self._current, key)
        if cell is not None:
            self._move(cell)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit(self._current)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the keyboard's cursor."""
        super().focusInEvent(event)
        self.describe()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hide the keyboard's cursor."""
        super().focusOutEvent(event)
        self.describe()

    def _move(self, cell: Cell) -> None:
        self._current = cell
        self.update()
        self.describe()

    def _hover(self, cell: Cell | None) -> None:
        if cell != self._hovered:
            for changed in (self._hovered, cell):
                if changed is not None:
                    self.update(self.cell_rect(changed).toAlignedRect())
            self._hovered = cell
            self.setCursor(Qt.CursorShape.ArrowCursor if cell is None else Qt.CursorShape.PointingHandCursor)
            self.describe()
