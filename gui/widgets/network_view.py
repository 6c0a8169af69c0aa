"""The 28x28 image as the network sees it, every pixel a crisp square."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from engine.datasets import SIDE
from gui import theme
from gui.widgets.painted import PaintedWidget


class NetworkView(PaintedWidget):
    """Shows an image of shape (28, 28), uint8, in whole multiples of the screen's pixels; black when empty."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image: NDArray[Any] | None = None
        self.setMinimumSize(SIDE * 2, SIDE * 2)
        self.setAccessibleName("What the network sees")
        self.setWhatsThis(
            "The 784 numbers the network is given: 28 rows of 28 pixels, 0 (black) to 255 (white). Your drawing is "
            "scaled, centred, straightened up and given an even line first, as every digit it learned from was."
        )

    @property
    def image(self) -> NDArray[Any] | None:
        """What is shown."""
        return self._image

    def set_image(self, image: NDArray[Any] | None) -> None:
        """Show an image of shape (28, 28), uint8, or nothing."""
        self._image = image
        self.update()

    def sizeHint(self) -> QSize:
        """Return the usual size in pixels."""
        return QSize(SIDE * 4, SIDE * 4)

    def _times(self) -> int:
        """Return how many pixels of the screen each pixel of the image takes."""
        return max(1, int(min(self.width(), self.height()) * self.devicePixelRatioF()) // SIDE)

    def _frame(self) -> QRectF:
        """Return the largest square whose 28 parts are whole pixels of the screen."""
        side = self._times() * SIDE / self.devicePixelRatioF()
        return QRectF(0, 0, side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the pixels and a thin edge."""
        frame = self._frame()
        with QPainter(self) as painter:
            painter.fillRect(frame, Qt.GlobalColor.black)
            if self._image is not None:
                painter.drawImage(frame.topLeft(), self._enlarged(self._image))
            else:
                painter.setFont(theme.font(20))
                painter.setPen(QColor(theme.DARK.muted))
                painter.drawText(frame, int(Qt.AlignmentFlag.AlignCenter), "?")
            painter.setPen(QPen(QColor(theme.current().line), 1))
            painter.drawRect(frame.adjusted(0, 0, -1, -1))

    def _enlarged(self, image: NDArray[Any]) -> QImage:
        """Return the image in pixels and colours of the screen: a painter that converts takes ten times as long."""
        times, side = self._times(), self._times() * SIDE
        colours = image.astype(np.uint32) * np.uint32(0x010101) | np.uint32(0xFF000000)
        data = colours.repeat(times, axis=0).repeat(times, axis=1).tobytes()
        enlarged = QImage(data, side, side, 4 * side, QImage.Format.Format_RGB32).copy()
        enlarged.setDevicePixelRatio(self.devicePixelRatioF())
        return enlarged

    def words_at(self, place: QPointF) -> str:
        """Return what there is to say about a place: the pixel's value, or what this is."""
        frame = self._frame()
        if self._image is None or not frame.contains(place):
            return "What the network sees, once something is drawn"
        column, row = (min(SIDE - 1, int(at / frame.width() * SIDE)) for at in (place.x(), place.y()))
        return f"Row {row + 1}, column {column + 1}: {self._image[row, column]} of 255"
