"""The digit under the mouse, large, and how it was read: a card that floats beside its point."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from gui import theme
from gui.widgets.picture import paint_picture

SIDE, GAP, AWAY = 84, theme.SPACE, 14


class MapCard(QWidget):
    """An image with two lines below; it lies over its parent and lets the mouse through."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = parent
        self.image: NDArray[Any] = np.zeros((28, 28), np.uint8)
        self.lines: tuple[str, str] = ("", "")
        self._fonts = theme.font(10, bold=True), theme.font(8.5)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        theme.switch().changed.connect(self.update)
        self.hide()

    def show_image(self, image: NDArray[Any], lines: tuple[str, str], place: QPointF) -> None:
        """Show an image of shape (28, 28), uint8, beside a place of the parent."""
        self.image, self.lines = image, lines
        size, room = self.sizeHint(), self._over.rect()
        x = place.x() + AWAY if place.x() + AWAY + size.width() <= room.width() else place.x() - AWAY - size.width()
        y = min(max(place.y() - size.height() / 2, 0), max(room.height() - size.height(), 0))
        self.setGeometry(max(round(x), 0), round(y), size.width(), size.height())
        self.setAccessibleName(". ".join(lines))
        self.show()
        self.raise_()
        self.update()

    def sizeHint(self) -> QSize:
        """Return the room for image and lines."""
        metrics = [QFontMetrics(font) for font in self._fonts]
        widest = max(m.horizontalAdvance(line) for m, line in zip(metrics, self.lines, strict=True))
        return QSize(max(SIDE, widest) + 2 * GAP, SIDE + sum(m.lineSpacing() for m in metrics) + 2 * GAP + 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw ground, image and lines."""
        look = theme.current()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QColor(look.line))
            painter.setBrush(QColor(look.raised))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
            paint_picture(painter, QRectF((self.width() - SIDE) / 2, GAP, SIDE, SIDE), self.image)
            top = GAP + SIDE + 4
            for font, line, colour in zip(self._fonts, self.lines, (look.text, look.muted), strict=True):
                height = QFontMetrics(font).lineSpacing()
                painter.setFont(font)
                painter.setPen(QColor(colour))
                painter.drawText(QRectF(0, top, self.width(), height), Qt.AlignmentFlag.AlignCenter, line)
                top += height
