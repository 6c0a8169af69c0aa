"""The units of a layer as pictures: of their weights, or of what they make of the drawing."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from engine.datasets import SIDE
from gui import theme
from gui.widgets.color_legend import INK
from gui.widgets.unit_shape import UnitShape
from gui.widgets.unit_view import UnitView
from gui.widgets.weight_colors import GAP, picture

BEFORE, BEHIND, MOST = 1, 2, 6  # what lies between the units, and how much may be added on either side
STRIDE = BEFORE + SIDE + BEHIND
SMALLEST, LARGEST = 1.0, 6.0 * STRIDE  # a pixel per pixel of a picture; the distance from unit to unit in pixels
CRISP = 4  # from so many pixels per number on, all numbers get whole pixels and sharp edges


class WeightGrid(UnitView):
    """All units in rows, as large as the room allows; what does not fit is scrolled."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "Units of the layer",
            f"Each picture is a unit: its weights, with a square for each input map, or its feature map. {INK} "
            "Click a unit to look closer.",
            parent,
        )
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.values, self.shape = np.zeros((SIDE * SIDE, 1), np.float32), UnitShape(SIDE, SIDE)
        self._columns, self._scale, self._times = 1, 1.0, 1
        self._image = QImage()
        self._top = 0

    @property
    def columns(self) -> int:
        """How many units stand in a row."""
        return self._columns

    def arrange(self) -> None:
        """Choose the largest pictures with which all units fit, or the smallest and a scroll bar."""
        room, count = self.viewport().size(), len(self.order)
        # Few numbers get several pixels each, so that they make no tiny picture; small squares need two for a gap.
        least = self._times = max(-(-SIDE // max(self.shape.size(1))), 1 if self.shape.channels == 1 else 2)
        self._scale = self._largest_scale(room, count)
        if self._times * self._scale >= CRISP:
            self._times, self._scale = int(self._times * self._scale), 1.0
            while self._times > least and not self._fits(room, count):
                self._times -= 1
        step_y, step_x = self._step
        self._columns = max(min(int(room.width() / step_x + 1e-6), count), 1)
        height = round(-(-count // self._columns) * step_y)
        bar = self.verticalScrollBar()
        bar.setPageStep(room.height())
        bar.setSingleStep(round(step_y))
        bar.setRange(0, max(height - room.height(), 0))

    def _largest_scale(self, room: QSize, count: int) -> float:
        """Return how many times as large as they are the pictures may be drawn."""
        height, width = self._stride
        for columns in range(1, count + 1):
            scale = min(room.width() / (columns * width), LARGEST / max(height, width))
            if -(-count // columns) * height * scale <= room.height():
                return max(scale, SMALLEST)
        return SMALLEST

    def _fits(self, room: QSize, count: int) -> bool:
        """Whether all pictures can be seen at once, as large as they are."""
        height, width = self._stride
        columns = room.width() // width
        return columns > 0 and -(-count // columns) * height <= room.height()

    def refresh(self) -> None:
        """Put the units that can be seen together into one picture."""
        first, rows = self._rows_in_view()
        units = self.order[first * self._columns : (first + rows) * self._columns]
        tiles = np.full((rows * self._columns, *self._stride), GAP, np.uint8)
        pictures = self.shape.pictures(self.colored(slice(None), units), self._times)
        before, behind = self._around
        tiles[: len(units), before:-behind, before:-behind] = pictures
        grid = tiles.reshape(rows, self._columns, *self._stride).swapaxes(1, 2)
        self._image = picture(grid.reshape(rows * self._stride[0], -1))
        self._top = first
        self.viewport().update()

    def at(self, place: QPoint) -> tuple[int | None, int | None]:
        """Return the unit and the number at a place; between two units, the nearest number of one."""
        step_y, step_x = self._step
        column, x = divmod(place.x() / step_x, 1)
        row, y = divmod((place.y() + self.verticalScrollBar().value()) / step_y, 1)
        index = int(row) * self._columns + int(column)
        if not (0 <= column < self._columns and 0 <= index < len(self.order)):
            return None, None
        sizes = zip((y, x), self._stride, self.shape.size(self._times), strict=True)
        y, x = (min(max(int(part * stride) - self._around[0], 0), size - 1) for part, stride, size in sizes)
        return int(self.order[index]), self.shape.at(y, x, self._times)

    def rectangle(self, unit: int) -> QRect:
        """Return where a unit is drawn."""
        row, column = divmod(self.index(unit), self._columns)
        step_y, step_x = self._step
        top = row * step_y - self.verticalScrollBar().value()
        return QRectF(column * step_x, top, step_x, step_y).toAlignedRect()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the picture, and frames around the selected and the hovered unit."""
        look, painter = theme.current(), QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), QColor(look.window))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self._scale != 1)
        top = self._top * self._step[0] - self.verticalScrollBar().value()
        size = self._image.size().toSizeF() * self._scale
        painter.drawImage(QRectF(0, top, size.width(), size.height()), self._image)
        self._cover_missing(painter)
        for unit, colour in ((self.hovered, look.muted), (self.selection, look.accent)):
            if unit is not None:
                painter.setPen(QPen(QColor(colour), 2))
                painter.drawRect(self.rectangle(unit).adjusted(0, 0, -2, -2))

    @property
    def _stride(self) -> tuple[int, int]:
        """Height and width of a unit's picture with what lies around it."""
        (height, width), around = self.shape.size(self._times), sum(self._around)
        return height + around, width + around

    @property
    def _around(self) -> tuple[int, int]:
        """What lies before and behind a unit's picture: more between pictures of large cells, or they would merge."""
        more = min(self._times // 3, MOST) if self.shape.channels == 1 else -(-self._times // 2)
        return BEFORE + more, BEHIND + more

    @property
    def _step(self) -> tuple[float, float]:
        """The distance from unit to unit downwards and sideways, in pixels of the screen."""
        height, width = self._stride
        return height * self._scale, width * self._scale

    def _rows_in_view(self) -> tuple[int, int]:
        """Return the first row of units in view, and how many there are."""
        total = -(-len(self.order) // self._columns)
        top, step = self.verticalScrollBar().value(), self._step[0]
        first = min(int(top / step), total - 1)
        last = min(int((top + self.viewport().height()) / step) + 1, total)
        return first, max(last - first, 1)

    def _cover_missing(self, painter: QPainter) -> None:
        """Paint over the places behind the last unit."""
        row, column = divmod(len(self.order), self._columns)
        if column:
            step_y, step_x = self._step
            top = row * step_y - self.verticalScrollBar().value()
            rest = QRectF(column * step_x, top, (self._columns - column) * step_x + 1, step_y + 1)
            painter.fillRect(rest, QColor(theme.current().window))
