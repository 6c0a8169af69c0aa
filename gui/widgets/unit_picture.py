"""The numbers of a unit as an enlarged picture that can be pointed at."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QRect, QSize, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.datasets import SIDE
from gui import theme
from gui.widgets.unit_facts import Pictured
from gui.widgets.unit_shape import UnitShape
from gui.widgets.weight_colors import GAP, picture, to_bytes

LOOSE = 1.2  # how much larger a picture must be able to become before its cells need not be of whole pixels


class UnitPicture(QWidget):
    """Weights or a feature map, as large as the room allows: squares of whole pixels per number.

    Signals
    -------
    pointed : (int or None,)
        The number under the mouse.
    """

    pointed = Signal(object)

    def __init__(self, name: str, help: str, parent: QWidget | None = None) -> None:  # noqa: A002
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setAccessibleName(name)
        self.setWhatsThis(help)
        self._shape, self._bytes = UnitShape(SIDE, SIDE), np.full((SIDE * SIDE, 1), GAP, np.uint8)
        theme.switch().changed.connect(self.update)

    def show_picture(self, shown: Pictured) -> None:
        """Show numbers with full colour at their limit."""
        self._shape, self._bytes = shown.shape, to_bytes(shown.values[:, np.newaxis], shown.limit)
        self.update()

    def sizeHint(self) -> QSize:
        """Return a square of seven pixels per pixel of an image."""
        return QSize(7 * SIDE, 7 * SIDE)

    def hasHeightForWidth(self) -> bool:
        """Keep it square."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height of an image whose pixels are squares of whole pixels."""
        return width // SIDE * SIDE

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the numbers with sharp edges."""
        painter, place = QPainter(self), self._place()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(place, picture(self._shape.pictures(self._bytes, self._times)[0]))
        painter.setPen(QColor(theme.current().line))
        painter.drawRect(place.adjusted(0, 0, -1, -1))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell which number the mouse is on."""
        place, (height, _) = self._place(), self._shape.size(self._times)
        x, y = (event.position() * height / place.height()).toTuple()
        self.pointed.emit(self._shape.at(y, x, self._times))

    def leaveEvent(self, event: QEvent) -> None:
        """Tell that the mouse is on nothing."""
        self.pointed.emit(None)

    @property
    def _times(self) -> int:
        """How many pixels each number takes."""
        return self._shape.fitting(self.height(), self.width())

    def _place(self) -> QRect:
        """Return where the picture is drawn: of whole pixels per number, unless that leaves much room or has none."""
        height, width = self._shape.size(self._times)
        scale = min(self.height() / height, self.width() / width)
        if 1 <= scale < LOOSE:
            scale = 1.0
        return QRect(0, 0, max(round(width * scale), 1), max(round(height * scale), 1))
