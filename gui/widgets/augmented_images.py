"""Rows of images: some as they are, and below each how it looks when it is deformed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from gui.widgets.cell_view import CellView
from gui.widgets.picture import paint_picture

_GAP = theme.SPACE // 2
_SMALLEST, _LARGEST = 32, 64
_COLUMNS = 13  # how many a narrow page shows; a wide one makes the images larger first
_STEPS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


class AugmentedImages(CellView[tuple[int, int]]):
    """As many columns as there is room for; in each an image and, below it, the same image deformed.

    A cell is a row, 0 for the image as it is, and a column.

    Parameters
    ----------
    rows : int
        How many images stand above each other, the one as it is included.
    """

    def __init__(self, rows: int, parent: QWidget | None = None) -> None:
        super().__init__((0, 0), parent)
        self._rows = rows
        self._images: NDArray[np.uint8] = np.empty((rows, 0, 28, 28), np.uint8)
        self._names: list[str] = []
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_images(self, images: NDArray[Any], names: list[str]) -> None:
        """Show images of shape (rows, n, 28, 28), uint8, and the name of the class of each of the n columns."""
        self._images, self._names = images, names
        self._current = (self._current[0], min(self._current[1], max(self.columns - 1, 0)))
        self.update()
        self.describe()

    @property
    def columns(self) -> int:
        """How many columns are in view."""
        return min(self._images.shape[1], max((self.width() + _GAP) // (self._side() + _GAP), 1))

    def image(self, cell: tuple[int, int]) -> NDArray[np.uint8]:
        """Return the image of a cell, of shape (28, 28)."""
        image: NDArray[np.uint8] = self._images[cell]
        return image

    def sizeHint(self) -> QSize:
        """Return the size in pixels where the page is narrow."""
        return QSize(_COLUMNS * (_SMALLEST + _GAP), self._rows * (_SMALLEST + _GAP))

    def minimumSizeHint(self) -> QSize:
        """Return the smallest size in pixels."""
        return QSize(4 * (_SMALLEST + _GAP), self._rows * (_SMALLEST + _GAP))

    def heightForWidth(self, width: int) -> int:
        """Return the height of all rows, in pixels."""
        return self._rows * (min(max(width // _COLUMNS - _GAP, _SMALLEST), _LARGEST) + _GAP)

    def cell_rect(self, cell: tuple[int, int]) -> QRectF:
        """Return where a cell is painted; the columns share the width."""
        step, side = self._step(), self._side()
        return QRectF(round(cell[1] * step) + _GAP / 2, cell[0] * (side + _GAP) + _GAP / 2, side, side)

    def cell_at(self, place: QPointF) -> tuple[int, int] | None:
        """Return the cell at a place, if there is one."""
        row, column = int(place.y() // (self._side() + _GAP)), int(place.x() // self._step())
        known = 0 <= row < self._rows and 0 <= column < self.columns
        return (row, column) if known and self.cell_rect((row, column)).contains(place) else None

    def beside(self, cell: tuple[int, int], key: Qt.Key) -> tuple[int, int] | None:
        """Return the neighbour in the direction of an arrow key."""
        if key not in _STEPS or not self.columns:
            return None
        row, column = cell[0] + _STEPS[key][0], cell[1] + _STEPS[key][1]
        return min(max(row, 0), self._rows - 1), min(max(column, 0), self.columns - 1)

    def words(self, cell: tuple[int, int]) -> str:
        """Return what a cell says."""
        if cell[1] >= len(self._names):
            return ""
        how = "deformed" if cell[0] else "as it is"
        return f"{self._names[cell[1]]}, {how}. Click to put it on the pad."

    def _side(self) -> int:
        return min(max(self.height() // self._rows - _GAP, _SMALLEST), _LARGEST)

    def _step(self) -> float:
        """Return the distance from column to column, in pixels."""
        return self.width() / self.columns if self.columns < self._images.shape[1] else self._side() + _GAP

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the images in view."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for cell in np.ndindex(self._rows, self.columns):
            paint_picture(painter, self.cell_rect(cell), self._images[cell])
        marked = self._current if self.hasFocus() and self.columns else self._hovered
        if marked is not None:
            painter.setPen(QPen(QColor(theme.current().accent), 1.5))
            painter.drawRoundedRect(self.cell_rect(marked), 4, 4)
