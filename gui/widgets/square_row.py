"""A square with a narrow column at its right."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme


class SquareRow(QWidget):
    """Gives `square` the largest square that fits beside `column`, and the column the same height.

    No layout of Qt's can do this: those that keep a height for a width do not shrink when the height is short.
    """

    def __init__(self, square: QWidget, column: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._square, self._column = square, column
        square.setParent(self)
        column.setParent(self)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def minimumSizeHint(self) -> QSize:
        """Return the smallest size in pixels."""
        column, square = self._column.minimumSizeHint(), self._square.minimumSize()
        return QSize(square.width() + theme.SPACE + column.width(), max(square.height(), column.height()))

    def sizeHint(self) -> QSize:
        """Return the usual size in pixels."""
        column, square = self._column.sizeHint(), self._square.sizeHint()
        return QSize(square.width() + theme.SPACE + column.width(), max(square.height(), column.height()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place both; ask for no more height than the square can use."""
        super().resizeEvent(event)
        column = self._column.minimumSizeHint()
        widest = max(1, self.width() - column.width() - theme.SPACE)
        side = min(widest, self.height())
        self._square.setGeometry(0, 0, side, side)
        self._column.setGeometry(self.width() - column.width(), 0, column.width(), max(side, column.height()))
        self.setMaximumHeight(max(widest, column.height()))
