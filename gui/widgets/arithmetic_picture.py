"""Numbers of a layer as a small picture in which one can be chosen."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen

from engine.datasets import SIDE
from gui import theme
from gui.widgets.unit_facts import Pictured
from gui.widgets.unit_picture import UnitPicture
from gui.widgets.unit_shape import UnitShape
from gui.widgets.weight_colors import peak


class ArithmeticPicture(UnitPicture):
    """A picture of numbers, one of which may be marked.

    Signals
    -------
    chosen : (int,)
        The number that was clicked.
    """

    chosen = Signal(int)

    def __init__(self, name: str, help: str) -> None:  # noqa: A002
        super().__init__(name, help)
        self.setToolTip(help)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._mark: int | None = None
        self.limit = 1.0  # the number at which colours are full

    def show_values(self, values: NDArray[Any], shape: UnitShape, mark: int | None = None) -> None:
        """Show numbers, with full colour at the largest, and a frame around one of them."""
        self._mark = mark
        self.limit = peak(values)
        self.show_picture(Pictured("", values, shape, limit=self.limit))

    def sizeHint(self) -> QSize:
        """Return a square of six pixels per pixel of an image."""
        return QSize(6 * SIDE, 6 * SIDE)

    def number_at(self, x: float, y: float) -> int | None:
        """Return which number is at a place in pixels."""
        place, (height, _) = self._place(), self._shape.size(self._times)
        scale = height / place.height()
        return self._shape.at(y * scale, x * scale, self._times)

    def cell_rect(self, number: int) -> QRectF:
        """Return where a number is drawn; only where there are no squares of several maps."""
        across = self._shape.across if self._shape.is_row else self._shape.width
        row, column = divmod(number, across)
        place, (height, _) = self._place(), self._shape.size(self._times)
        cell = self._times * place.height() / height
        return QRectF(column * cell, row * cell, cell, cell)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the number under the mouse."""
        number = self.number_at(*event.position().toTuple())
        if number is not None and event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(number)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the numbers, and the frame around the marked one."""
        super().paintEvent(event)
        if self._mark is None or self._shape.has_squares:
            return
        with QPainter(self) as painter:
            painter.setPen(QPen(QColor(theme.current().accent), 2))
            painter.drawRect(self.cell_rect(self._mark).adjusted(0, 0, -1, -1))
