"""A drawing with what speaks for an answer in orange and what speaks against it in blue."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy

from engine.datasets import SIDE
from engine.explanation.patch import Change
from gui import theme
from gui.widgets.painted import PaintedWidget
from gui.widgets.painted_text import paint_line
from gui.widgets.weight_colors import peak

_INK = 0.28  # how much of the colour of text full ink has below a heat map
_LEAST = 3 * SIDE
_STEPS = {
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
}


class WhyPicture(PaintedWidget):
    """Shows an image, numbers over it, and a square.

    Attributes
    ----------
    limit : float
        The number at which colours are full.

    Signals
    -------
    pointed : (tuple of (int, int) or None,)
        Row and column of the pixel under the mouse, from 0.
    """

    pointed = Signal(object)

    def __init__(self, name: str, help: str) -> None:  # noqa: A002
        super().__init__()
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(_LEAST, _LEAST)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(name)
        self.setWhatsThis(help)
        self._help = help
        self._image: NDArray[np.uint8] | None = None
        self._heat: NDArray[Any] | None = None
        self._change: Change | None = None
        self._waiting = ""
        self._cursor = (SIDE // 2, SIDE // 2)  # the pixel under the keyboard's cursor
        self.limit = 1.0

    def show_heat(self, image: NDArray[np.uint8] | None, heat: NDArray[Any] | None, waiting: str = "") -> None:
        """Show an image of shape (28, 28) and numbers over it, or what is still being waited for."""
        self._image, self._heat, self._change, self._waiting = image, heat, None, waiting
        if heat is not None:
            self.limit = peak(heat)
        self.update()

    def show_change(self, image: NDArray[np.uint8] | None, change: Change | None, waiting: str = "") -> None:
        """Show an image as it would be with a change, framed in the colour of ink that was added or taken."""
        self._image = image if change is None else change.image
        self._heat, self._change, self._waiting = None, change, waiting
        self.update()

    @property
    def heat(self) -> NDArray[Any] | None:
        """The numbers that are shown."""
        return self._heat

    def sizeHint(self) -> QSize:
        """Return a square of seven pixels per pixel of an image."""
        return QSize(7 * SIDE, 7 * SIDE)

    @property
    def frame(self) -> QRectF:
        """Where the image is painted: the largest square that fits, at the upper left."""
        side = min(self.width(), self.height())
        return QRectF(0, 0, side, side)

    def pixel_rect(self, row: int, column: int, side: int = 1) -> QRectF:
        """Return where a square of pixels is painted."""
        frame = self.frame
        size = frame.width() / SIDE
        return QRectF(frame.left() + column * size, frame.top() + row * size, side * size, side * size)

    def pixel_at(self, place: QPointF) -> tuple[int, int] | None:
        """Return row and column of the pixel at a place, if there is one."""
        frame = self.frame
        if self._image is None or not frame.contains(place):
            return None
        row, column = ((part * SIDE / frame.width()) for part in (place.y() - frame.top(), place.x() - frame.left()))
        return min(int(row), SIDE - 1), min(int(column), SIDE - 1)

    def words_at(self, place: QPointF) -> str:
        """Return what the picture shows."""
        return self._help

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Put the keyboard's cursor under the mouse."""
        self._cursor = self.pixel_at(event.position()) or self._cursor
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell which pixel the mouse is on."""
        self.pointed.emit(self.pixel_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Tell that it is on none."""
        self.pointed.emit(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the keyboard's cursor by the arrow keys."""
        step = _STEPS.get(Qt.Key(event.key()))
        if step is None or self._image is None:
            super().keyPressEvent(event)
            return
        row, column = (min(max(at + by, 0), SIDE - 1) for at, by in zip(self._cursor, step, strict=True))
        self._cursor = (row, column)
        self.pointed.emit(self._cursor)
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the keyboard's cursor; a click has the mouse to point with."""
        super().focusInEvent(event)
        if event.reason() != Qt.FocusReason.MouseFocusReason and self._image is not None:
            self.pointed.emit(self._cursor)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hide it."""
        super().focusOutEvent(event)
        self.pointed.emit(None)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the image, the colours, and the square."""
        look, frame = theme.current(), self.frame
        with QPainter(self) as painter:
            painter.fillRect(frame, QColor(look.surface))
            if self._image is not None:
                painter.drawImage(frame, _picture(self._colours(look)))
            painter.setPen(QColor(look.line))
            painter.drawRect(frame.adjusted(0.5, 0.5, -0.5, -0.5))
            if self._change is not None:
                self._paint_square(painter, self._change, look)
            if self.hasFocus() and self._image is not None:
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(QColor(look.accent), 2))
                painter.drawRect(self.pixel_rect(*self._cursor).adjusted(-1, -1, 1, 1))
            if self._waiting:
                line = QRectF(frame.left(), frame.bottom() - 24, frame.width(), 20)
                paint_line(painter, line, self._waiting, theme.font(9), look.muted, Qt.AlignmentFlag.AlignCenter)

    def _paint_square(self, painter: QPainter, change: Change, look: theme.Theme) -> None:
        colour = QColor(look.negative if change.erased else look.positive)
        square = self.pixel_rect(change.row, change.column, change.side)
        painter.setPen(QPen(colour, 2))
        colour.setAlphaF(0.25 if change.erased else 0.75)
        painter.setBrush(colour)
        painter.drawRect(square.adjusted(-1, -1, 1, 1))

    def _colours(self, look: theme.Theme) -> NDArray[np.uint8]:
        """Return the colours of the pixels, shape (28, 28, 3)."""
        assert self._image is not None
        surface, text = np.array(theme.rgb(look.surface), float), np.array(theme.rgb(look.text), float)
        ink = self._image[:, :, None] / 255 * (_INK if self._heat is not None or self._waiting else 0.85)
        mixed = surface + (text - surface) * ink
        if self._heat is not None:
            part = np.clip(np.nan_to_num(self._heat / self.limit), -1, 1)[:, :, None]
            colour = np.where(part > 0, theme.rgb(look.positive), theme.rgb(look.negative))
            mixed += (colour - mixed) * np.abs(part)
        return np.round(mixed).astype(np.uint8)


def _picture(colours: NDArray[np.uint8]) -> QImage:
    colours = np.ascontiguousarray(colours)
    return QImage(colours.data, SIDE, SIDE, 3 * SIDE, QImage.Format.Format_RGB888).copy()
