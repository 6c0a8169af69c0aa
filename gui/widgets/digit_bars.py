"""One bar per class, in rows, with or without names and small pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QToolTip, QWidget

from gui import theme
from gui.widgets.picture import paint_picture

_THICK = 14
_LARGEST_PICTURE = 56


@dataclass(frozen=True)
class Bar:
    """A row.

    Attributes
    ----------
    share : float
        The length of the bar, 0 to 1; NaN for none.
    text : str
        The figure behind it.
    tip : str
        The row in words.
    name : str
        Stands before the bar.
    image : ndarray of shape (28, 28), uint8, or None
        Stands before the name.
    """

    share: float
    text: str
    tip: str
    name: str = ""
    image: NDArray[Any] | None = None


class DigitBars(QWidget):
    """Bars in rows of equal height that fill the widget below its header.

    Signals
    -------
    chosen : (int,)
        The class whose row was clicked or opened with Enter.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bars: Sequence[Bar] = ()
        self._header, self._top = "", 0
        self._current = 0
        self._hovered: int | None = None
        self._opened: int | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        theme.switch().changed.connect(self.update)

    def set_bars(self, bars: Sequence[Bar], header: str = "", top: int = 0) -> None:
        """Show bars, and above them a header that is `top` pixels high."""
        self._bars, self._header, self._top = bars, header, top
        self.update()

    def set_opened(self, row: int | None) -> None:
        """Mark the row that is shown elsewhere."""
        self._opened = row
        if row is not None:
            self._current = row
        self.update()

    def row_rect(self, row: int) -> QRectF:
        """Return where a row is painted."""
        height = (self.height() - self._top) / max(len(self._bars), 1)
        return QRectF(0, self._top + row * height, self.width(), height)

    def row_at(self, place: QPointF) -> int | None:
        """Return the row at a place, if there is one."""
        row = int((place.y() - self._top) // self.row_rect(0).height())
        return row if 0 <= row < len(self._bars) else None

    def tip(self, row: int) -> str:
        """Return a row in words."""
        return self._bars[row].tip

    def sizeHint(self) -> QSize:
        """Return a size at which rows with pictures look right."""
        return QSize(200, 360)

    # --- events -------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Explain the row under the mouse."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            row = self.row_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), "" if row is None else self.tip(row), self)
            return True
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the mouse."""
        self._hover(self.row_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Forget the mouse."""
        self._hover(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Open the row under the mouse."""
        row = self.row_at(event.position())
        if row is not None and event.button() == Qt.MouseButton.LeftButton:
            self._move(row)
            self.chosen.emit(row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move by the arrow keys, open with Enter."""
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if step is not None and self._bars:
            self._move(min(max(self._current + step, 0), len(self._bars) - 1))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._bars:
            self.chosen.emit(self._current)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the keyboard's cursor."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hide the keyboard's cursor."""
        super().focusOutEvent(event)
        self.update()

    def _move(self, row: int) -> None:
        self._current = row
        self.setAccessibleDescription(self.tip(row))
        self.update()

    def _hover(self, row: int | None) -> None:
        if row != self._hovered:
            self._hovered = row
            self.setCursor(Qt.CursorShape.ArrowCursor if row is None else Qt.CursorShape.PointingHandCursor)
            self.update()

    # --- painting -----------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint header and rows."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        look = theme.current()
        self._paint_header(painter, look)
        for row, bar in enumerate(self._bars):
            self._paint_back(painter, row, look)
            rest = self._paint_picture(painter, self.row_rect(row), bar)
            rest = self._paint_text(painter, rest, bar, look)
            _paint_bar(painter, rest, bar.share, look)

    def _paint_header(self, painter: QPainter, look: theme.Theme) -> None:
        painter.setFont(theme.font(9))
        painter.setPen(QColor(look.muted))
        box = QRectF(0, 0, self.width(), self._top - 2)
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom | Qt.TextFlag.TextWordWrap
        painter.drawText(box, flags, self._header)

    def _paint_back(self, painter: QPainter, row: int, look: theme.Theme) -> None:
        """Mark the row under the mouse, the opened one and the keyboard's cursor."""
        focused = self.hasFocus() and row == self._current
        if row not in (self._hovered, self._opened) and not focused:
            return
        painter.setBrush(QColor(look.raised))
        painter.setPen(QPen(QColor(look.text), 1.5) if focused else Qt.PenStyle.NoPen)
        painter.drawRoundedRect(self.row_rect(row).adjusted(1, 1, -1, -1), 4, 4)

    def _paint_picture(self, painter: QPainter, box: QRectF, bar: Bar) -> QRectF:
        """Paint the picture if there is one; return what is left of the row."""
        if bar.image is None:
            return box.adjusted(4, 0, -4, 0)
        side = int(min(box.height() - 4, _LARGEST_PICTURE))
        frame = QRectF(4, box.center().y() - side / 2, side, side)
        paint_picture(painter, frame, bar.image)
        return box.adjusted(side + 12, 0, -4, 0)

    def _paint_text(self, painter: QPainter, box: QRectF, bar: Bar, look: theme.Theme) -> QRectF:
        """Paint name and figure; return the room between them."""
        painter.setFont(theme.font(9))
        painter.setPen(QColor(look.text))
        metrics = QFontMetricsF(painter.font())
        names = max(metrics.horizontalAdvance(other.name) for other in self._bars)
        texts = max(metrics.horizontalAdvance(other.text) for other in self._bars)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | middle, bar.name)
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | middle, bar.text)
        before = names + theme.SPACE if names else 0
        return box.adjusted(before, 0, -(texts + theme.SPACE), 0)


def _paint_bar(painter: QPainter, box: QRectF, share: float, look: theme.Theme) -> None:
    thick = min(_THICK, box.height() - 8)
    track = QRectF(box.left(), box.center().y() - thick / 2, box.width(), thick)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(look.line))
    painter.drawRoundedRect(track, 3, 3)
    if not math.isnan(share) and share > 0:
        painter.setBrush(QColor(look.accent))
        painter.drawRoundedRect(
            QRectF(track.topLeft(), track.size()).adjusted(0, 0, track.width() * (share - 1), 0), 3, 3
        )
