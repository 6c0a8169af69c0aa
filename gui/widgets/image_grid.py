"""Thousands of small images in a grid, painted only where one looks."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

from gui import theme
from gui.widgets.painted_text import paint_line
from gui.widgets.picture import paint_picture

Caption = Callable[[int], tuple[str, ...]]
_GAP = theme.SPACE
_LINE = 15


class ImageGrid(QAbstractScrollArea):
    """Images of one array in the order of a list of rows, with captions.

    The array is looked at, never copied: a list of 60,000 rows costs their numbers and nothing else.

    Parameters
    ----------
    side : int
        The side of an image in pixels.

    Signals
    -------
    chosen : (int,)
        The row of the array whose image was clicked or opened with Enter.
    """

    chosen = Signal(int)

    def __init__(self, side: int = 84, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._side, self._lines = side, 1
        self._images: NDArray[Any] = np.empty((0, 28, 28), np.uint8)
        self._rows: NDArray[Any] = np.empty(0, np.intp)
        self._caption: Caption | None = None
        self._tip: Callable[[int], str] | None = None
        self._empty = ""
        self._current = 0
        self._hovered: int | None = None
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(side + 3 * _GAP, side + 2 * _LINE + _GAP)
        self.viewport().setMouseTracking(True)
        self.viewport().setAutoFillBackground(False)
        theme.switch().changed.connect(self.viewport().update)

    def show_images(
        self, images: NDArray[Any], rows: NDArray[Any], caption: Caption, tip: Callable[[int], str], empty: str = ""
    ) -> None:
        """Show some rows of an array.

        Parameters
        ----------
        images : ndarray of shape (n, 28, 28), uint8
        rows : ndarray of int
            Which of them, in order.
        caption : callable
            Returns the lines below the image of a row: the same number for every row.
        tip : callable
            Returns what is shown when the mouse rests on it.
        empty : str
            The sentence that is shown when there are no rows.
        """
        same = len(rows) == len(self._rows) and np.array_equal(rows, self._rows)
        self._images, self._rows, self._caption, self._tip, self._empty = images, rows, caption, tip, empty
        self._lines = len(self.caption(0)) if len(rows) else 1
        self._hovered = None
        self._current = min(self._current, max(len(rows) - 1, 0)) if same else 0
        self._measure()
        if not same:
            self.verticalScrollBar().setValue(0)
        self._moved()

    @property
    def rows(self) -> NDArray[Any]:
        """The rows that are shown, in order."""
        return self._rows

    @property
    def images(self) -> NDArray[Any]:
        """The array that they are rows of."""
        return self._images

    @property
    def columns(self) -> int:
        """How many images stand side by side."""
        return max((self.viewport().width() + _GAP) // (self._side + _GAP + _GAP), 1)

    def cell_rect(self, index: int) -> QRect:
        """Return where the image number `index` and its caption are, in the viewport's pixels."""
        columns, width, height = self.columns, self.viewport().width(), self._height()
        line, column = divmod(index, columns)
        left, right = column * width // columns, (column + 1) * width // columns
        return QRect(left, line * height - self.verticalScrollBar().value(), right - left, height)

    def index_at(self, place: QPoint) -> int | None:
        """Return the number of the image at a place of the viewport, if there is one."""
        column = min(place.x() * self.columns // max(self.viewport().width(), 1), self.columns - 1)
        index = (place.y() + self.verticalScrollBar().value()) // self._height() * self.columns + column
        return index if 0 <= index < len(self._rows) else None

    def caption(self, index: int) -> tuple[str, ...]:
        """Return the lines below the image number `index`."""
        assert self._caption is not None
        return self._caption(int(self._rows[index]))

    def tip(self, index: int) -> str:
        """Return what is shown when the mouse rests on the image number `index`."""
        assert self._tip is not None
        return self._tip(int(self._rows[index]))

    # --- events -------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Find the new number of columns."""
        super().resizeEvent(event)
        self._measure()

    def viewportEvent(self, event: QEvent) -> bool:
        """Explain the image under the mouse, and forget it when the mouse leaves."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            index = self.index_at(event.pos())
            QToolTip.showText(event.globalPos(), "" if index is None else self.tip(index), self.viewport())
            return True
        if event.type() == QEvent.Type.Leave:
            self._hover(None)
        return super().viewportEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the mouse."""
        self._hover(self.index_at(event.position().toPoint()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the image under the mouse."""
        index = self.index_at(event.position().toPoint())
        if index is not None and event.button() == Qt.MouseButton.LeftButton:
            self._current = index
            self._moved()
            self.chosen.emit(int(self._rows[index]))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move by the arrow, page, Home and End keys; choose with Enter."""
        place = self._target(Qt.Key(event.key()))
        if not len(self._rows):
            super().keyPressEvent(event)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit(int(self._rows[self._current]))
        elif place is None:
            super().keyPressEvent(event)
        else:
            self._current = min(max(place, 0), len(self._rows) - 1)
            self._moved()
            self._scroll_to(self._current)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the keyboard's cursor."""
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hide the keyboard's cursor."""
        super().focusOutEvent(event)
        self.viewport().update()

    def _target(self, key: Qt.Key) -> int | None:
        page = max(self.viewport().height() // self._height(), 1) * self.columns
        return {
            Qt.Key.Key_Left: self._current - 1,
            Qt.Key.Key_Right: self._current + 1,
            Qt.Key.Key_Up: self._current - self.columns,
            Qt.Key.Key_Down: self._current + self.columns,
            Qt.Key.Key_PageUp: self._current - page,
            Qt.Key.Key_PageDown: self._current + page,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: len(self._rows) - 1,
        }.get(key)

    def _hover(self, index: int | None) -> None:
        if index != self._hovered:
            for changed in (self._hovered, index):
                if changed is not None:
                    self.viewport().update(self.cell_rect(changed))
            self._hovered = index
            shape = Qt.CursorShape.ArrowCursor if index is None else Qt.CursorShape.PointingHandCursor
            self.viewport().setCursor(shape)

    def _moved(self) -> None:
        known = len(self._rows) > 0
        self.setAccessibleDescription(", ".join(self.caption(self._current)) if known else self._empty)
        self.viewport().update()

    def _scroll_to(self, index: int) -> None:
        box, bar = self.cell_rect(index), self.verticalScrollBar()
        if box.top() < 0:
            bar.setValue(bar.value() + box.top())
        elif box.bottom() > self.viewport().height():
            bar.setValue(bar.value() + box.bottom() - self.viewport().height())

    def _height(self) -> int:
        return self._side + self._lines * _LINE + 2 * _GAP

    def _measure(self) -> None:
        bar = self.verticalScrollBar()
        total = math.ceil(len(self._rows) / self.columns) * self._height()
        bar.setRange(0, max(total - self.viewport().height(), 0))
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(self._height() // 3)

    # --- painting -----------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the images in view."""
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        look = theme.current()
        if not len(self._rows):
            self._paint_empty(painter, look)
            return
        first = self.verticalScrollBar().value() // self._height() * self.columns
        shown = (self.viewport().height() // self._height() + 2) * self.columns
        for index in range(first, min(first + shown, len(self._rows))):
            box = self.cell_rect(index)
            if event.rect().intersects(box):
                self._paint_cell(painter, index, QRectF(box), look)

    def _paint_empty(self, painter: QPainter, look: theme.Theme) -> None:
        painter.setFont(theme.font(11))
        painter.setPen(QColor(look.muted))
        box = self.viewport().rect().adjusted(16, 16, -16, -16)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._empty)

    def _paint_cell(self, painter: QPainter, index: int, box: QRectF, look: theme.Theme) -> None:
        focused = self.hasFocus() and index == self._current
        if focused or index == self._hovered:
            painter.setBrush(QColor(look.raised))
            painter.setPen(QPen(QColor(look.accent), 1.5) if focused else Qt.PenStyle.NoPen)
            painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), 6, 6)
        frame = QRectF(box.center().x() - self._side / 2, box.top() + _GAP, self._side, self._side)
        paint_picture(painter, frame, self._images[self._rows[index]])
        font = theme.font(8.5)
        for number, line in enumerate(self.caption(index)):
            below = QRectF(box.left() + 2, frame.bottom() + 2 + number * _LINE, box.width() - 4, _LINE)
            colour = look.muted if number else look.text
            paint_line(painter, below, line, font, colour, Qt.AlignmentFlag.AlignCenter)
