"""The weights of a layer as a matrix: a row per input, a column per unit."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from gui import theme
from gui.widgets.color_legend import INPUT
from gui.widgets.unit_view import UnitView
from gui.widgets.weight_colors import picture

LEFT, TOP = 44, 36
SMALLEST = 2
LARGEST = 48


class MatrixView(UnitView):
    """A coloured cell per weight, units from left to right, inputs from top to bottom.

    Attributes
    ----------
    source, target : str
        What the rows and the columns are.
    names : sequence of str
        The name of every column; where there are none, columns are counted from 1, as rows are.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "Weight matrix",
            "Each column is a unit of this layer, each row one of its inputs, that is a unit of the layer before. "
            f"{INPUT} Click a column to look at that unit.",
            parent,
        )
        self.source = "unit of the layer before"
        self.target = "unit"
        self.names: Sequence[str] = ()
        self._cell = (SMALLEST, SMALLEST)
        self._image = QImage()

    @property
    def columns(self) -> int:
        """Every unit is a column: up and down have nowhere to go."""
        return len(self.order)

    def arrange(self) -> None:
        """Choose the largest cells with which the matrix fits, or the smallest and scroll bars."""
        inputs, units = self.values.shape
        room = self.viewport().size()
        width, height = room.width() - LEFT, room.height() - TOP
        self._cell = (
            min(max(width // units, SMALLEST), LARGEST),
            min(max(height // inputs, SMALLEST), LARGEST),
        )
        for bar, count, size, space in (
            (self.horizontalScrollBar(), units, self._cell[0], width),
            (self.verticalScrollBar(), inputs, self._cell[1], height),
        ):
            bar.setPageStep(max(space, 1))
            bar.setSingleStep(max(size, 16))
            bar.setRange(0, max(count * size - space, 0))

    def refresh(self) -> None:
        """Colour the cells that can be seen."""
        (left, right), (top, bottom) = self._in_view()
        self._image = picture(self.colored(slice(top, bottom), self.order[left:right]))
        self.viewport().update()

    def at(self, place: QPoint) -> tuple[int | None, int | None]:
        """Return the unit and the input at a place; among the numbers above, the unit alone."""
        column = (place.x() - LEFT + self.horizontalScrollBar().value()) // self._cell[0]
        row = (place.y() - TOP + self.verticalScrollBar().value()) // self._cell[1]
        inputs, units = self.values.shape
        if place.x() < LEFT or not 0 <= column < units or row >= inputs:
            return None, None
        return int(self.order[column]), row if place.y() >= TOP else None

    def rectangle(self, unit: int) -> QRect:
        """Return where a unit's column is drawn."""
        left, top = self._place(self.index(unit), 0)
        return QRect(left, top, self._cell[0], self.values.shape[0] * self._cell[1])

    def reveal(self) -> None:
        """Scroll sideways until the selected unit can be seen."""
        place, bar = self.rectangle(self.selection), self.horizontalScrollBar()
        if place.left() < LEFT:
            bar.setValue(bar.value() + place.left() - LEFT)
        elif place.right() >= self.viewport().width():
            bar.setValue(bar.value() + place.right() + 1 - self.viewport().width())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the cells, the numbers along the edges, and frames around two units."""
        look, painter = theme.current(), QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), QColor(look.window))
        (left, right), (top, bottom) = self._in_view()
        x, y = self._place(left, top)
        inside = self.viewport().rect().adjusted(LEFT, TOP, 0, 0)
        painter.setClipRect(inside)
        size = ((right - left) * self._cell[0], (bottom - top) * self._cell[1])
        painter.drawImage(QRect(x, y, *size), self._image)
        for unit, colour in ((self.hovered, look.muted), (self.selection, look.accent)):
            if unit is not None:
                painter.setPen(QPen(QColor(colour), 2))
                painter.drawRect(self.rectangle(unit).adjusted(0, 1, 0, -1))
        painter.setClipping(False)
        self._draw_numbers(painter, range(left, right), range(top, bottom))

    def _draw_numbers(self, painter: QPainter, units: range, inputs: range) -> None:
        painter.setFont(theme.font(8))
        painter.setPen(QColor(theme.current().muted))
        step = _every(self._cell[0], 26)
        for column in (column for column in units if (column + 1) % step == 0):
            x, _ = self._place(column, 0)
            place = QRect(x + self._cell[0] // 2 - 20, TOP - 17, 40, 14)
            name = painter.fontMetrics().elidedText(self._name(column), Qt.TextElideMode.ElideRight, place.width() - 4)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, name)
        step = _every(self._cell[1], 18)
        for row in (row for row in inputs if (row + 1) % step == 0):
            _, y = self._place(0, row)
            if y >= TOP - self._cell[1]:
                place = QRect(0, y + self._cell[1] // 2 - 8, LEFT - 6, 16)
                painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(row + 1))
        head = QRect(LEFT, 0, self.viewport().width() - LEFT, 16)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(head, left, f"{self.target} →     ↓ {self.source}")

    def _name(self, column: int) -> str:
        """Return what stands above a column."""
        unit = int(self.order[column])
        return self.names[unit] if self.names else str(unit + 1)

    def _place(self, column: int, row: int) -> tuple[int, int]:
        x = LEFT + column * self._cell[0] - self.horizontalScrollBar().value()
        return x, TOP + row * self._cell[1] - self.verticalScrollBar().value()

    def _in_view(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Return the columns and the rows in view, as start and stop."""
        inputs, units = self.values.shape
        room = self.viewport().size()
        found = []
        for bar, count, size, space in (
            (self.horizontalScrollBar(), units, self._cell[0], room.width() - LEFT),
            (self.verticalScrollBar(), inputs, self._cell[1], room.height() - TOP),
        ):
            first = min(bar.value() // size, count - 1)
            found.append((first, min(max((bar.value() + space) // size + 1, first + 1), count)))
        return found[0], found[1]


def _every(size: int, room: int) -> int:
    """Return which numbers are written, the 1st, 2nd, 5th, 10th and so on, so that they stand `room` pixels apart."""
    step = 1
    while step * size < room:
        step = {1: 2, 2: 5, 5: 10}[int(str(step)[0])] * 10 ** (len(str(step)) - 1)
    return step
