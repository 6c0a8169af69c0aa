"""The units of the first layer as pictures of 28x28 weights."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from engine.datasets import SIDE
from gui import theme
from gui.widgets.color_legend import INK
from gui.widgets.unit_view import UnitView
from gui.widgets.weight_colors import GAP, picture

BEFORE, BEHIND = 1, 2  # what lies between the units
STRIDE = BEFORE + SIDE + BEHIND
SMALLEST, LARGEST = 1.0, 6.0


class WeightGrid(UnitView):
    """All units in rows, as large as the room allows; what does not fit is scrolled."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "Units of the layer",
            f"Each picture shows the weights of one unit, one per pixel of the image it sees. {INK} "
            "Click a unit to look closer; the arrow keys go from one to the next.",
            parent,
        )
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.weights = np.zeros((SIDE * SIDE, 1), np.float32)
        self._columns, self._scale = 1, 1.0
        self._image = QImage()
        self._top = 0

    @property
    def columns(self) -> int:
        """How many units stand in a row."""
        return self._columns

    def arrange(self) -> None:
        """Choose the largest pictures with which all units fit, or the smallest and a scroll bar."""
        room, count = self.viewport().size(), len(self.order)
        self._scale = SMALLEST
        for columns in range(1, count + 1):
            scale = min(room.width() / (columns * STRIDE), LARGEST)
            if -(-count // columns) * STRIDE * scale <= room.height():
                self._scale = max(scale, SMALLEST)
                break
        self._columns = max(min(int(room.width() / self._step + 1e-6), count), 1)
        height = round(-(-count // self._columns) * self._step)
        bar = self.verticalScrollBar()
        bar.setPageStep(room.height())
        bar.setSingleStep(round(self._step))
        bar.setRange(0, max(height - room.height(), 0))

    def refresh(self) -> None:
        """Put the units that can be seen together into one picture."""
        first, rows = self._rows_in_view()
        units = self.order[first * self._columns : (first + rows) * self._columns]
        tiles = np.full((rows * self._columns, STRIDE, STRIDE), GAP, np.uint8)
        values = self.colored(slice(None), units)
        tiles[: len(units), BEFORE:-BEHIND, BEFORE:-BEHIND] = values.T.reshape(-1, SIDE, SIDE)
        shape = (rows, self._columns, STRIDE, STRIDE)
        self._image = picture(tiles.reshape(shape).swapaxes(1, 2).reshape(rows * STRIDE, -1))
        self._top = first
        self.viewport().update()

    def at(self, place: QPoint) -> tuple[int | None, int | None]:
        """Return the unit and the pixel at a place."""
        column, x = divmod(place.x() / self._step, 1)
        row, y = divmod((place.y() + self.verticalScrollBar().value()) / self._step, 1)
        index = int(row) * self._columns + int(column)
        if not (0 <= column < self._columns and 0 <= index < len(self.order)):
            return None, None
        pixel = [min(max(int(part * STRIDE) - BEFORE, 0), SIDE - 1) for part in (y, x)]
        return int(self.order[index]), pixel[0] * SIDE + pixel[1]

    def rectangle(self, unit: int) -> QRect:
        """Return where a unit is drawn."""
        row, column = divmod(self.index(unit), self._columns)
        top = row * self._step - self.verticalScrollBar().value()
        return QRectF(column * self._step, top, self._step, self._step).toAlignedRect()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the picture, and frames around the selected and the hovered unit."""
        look, painter = theme.current(), QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), QColor(look.window))
        whole = self._step == STRIDE
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not whole)
        top = self._top * self._step - self.verticalScrollBar().value()
        size = self._image.size().toSizeF() * self._scale
        painter.drawImage(QRectF(0, top, size.width(), size.height()), self._image)
        self._cover_missing(painter)
        for unit, colour in ((self.hovered, look.muted), (self.selection, look.accent)):
            if unit is not None:
                painter.setPen(QPen(QColor(colour), 2))
                painter.drawRect(self.rectangle(unit).adjusted(0, 0, -2, -2))

    @property
    def _step(self) -> float:
        """The distance from unit to unit in pixels."""
        return STRIDE * self._scale

    def _rows_in_view(self) -> tuple[int, int]:
        """Return the first row of units in view, and how many there are."""
        total = -(-len(self.order) // self._columns)
        top = self.verticalScrollBar().value()
        first = min(int(top / self._step), total - 1)
        last = min(int((top + self.viewport().height()) / self._step) + 1, total)
        return first, max(last - first, 1)

    def _cover_missing(self, painter: QPainter) -> None:
        """Paint over the places behind the last unit."""
        row, column = divmod(len(self.order), self._columns)
        if column:
            top = row * self._step - self.verticalScrollBar().value()
            rest = QRectF(column * self._step, top, (self._columns - column) * self._step + 1, self._step + 1)
            painter.fillRect(rest, QColor(theme.current().window))
