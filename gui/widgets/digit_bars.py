"""One bar per class, in rows, with or without names and small pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from engine.datasets import CLASSES
from gui import theme
from gui.widgets.cell_view import CellView
from gui.widgets.picture import paint_picture

_THICK = 14
_LARGEST_PICTURE = 56
_LARGEST_NAME_SHARE = 0.46


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


class DigitBars(CellView[int]):
    """Bars in rows of equal height that fill the widget below its header; a cell is a row, that is a class."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, parent)
        self._bars: Sequence[Bar] = [Bar(math.nan, "", "")] * CLASSES
        self._header, self._top = "", 0

    def set_bars(self, bars: Sequence[Bar], header: str = "", top: int = 0) -> None:
        """Show bars, and above them a header that is `top` pixels high."""
        self._bars, self._header, self._top = bars, header, top
        self.update()
        self.describe()

    def cell_rect(self, cell: int) -> QRectF:
        """Return where a row is painted."""
        height = (self.height() - self._top) / len(self._bars)
        return QRectF(0, self._top + cell * height, self.width(), height)

    def cell_at(self, place: QPointF) -> int | None:
        """Return the row at a place, if there is one."""
        row = int((place.y() - self._top) // self.cell_rect(0).height())
        return row if 0 <= row < len(self._bars) else None

    def beside(self, cell: int, key: Qt.Key) -> int | None:
        """Return where an arrow key leads to from a row."""
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(key)
        return None if step is None else min(max(cell + step, 0), len(self._bars) - 1)

    def words(self, cell: int) -> str:
        """Return what a row says."""
        return self._bars[cell].tip

    def sizeHint(self) -> QSize:
        """Return a size at which rows with pictures look right."""
        return QSize(200, 360)

    # --- painting -----------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint header and rows."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        look = theme.current()
        self._paint_header(painter, look)
        for row, bar in enumerate(self._bars):
            self._paint_back(painter, row, look)
            rest = self._paint_picture(painter, self.cell_rect(row), bar)
            rest = self._paint_text(painter, rest, bar, look)
            _paint_bar(painter, rest, bar.share, look)

    def _paint_header(self, painter: QPainter, look: theme.Theme) -> None:
        painter.setFont(theme.font(9))
        painter.setPen(QColor(look.muted))
        box = QRectF(4, 0, self.width() - 4, self._top - 2)
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom | Qt.TextFlag.TextWordWrap
        painter.drawText(box, flags, self._header)

    def _paint_back(self, painter: QPainter, row: int, look: theme.Theme) -> None:
        """Mark the row under the mouse, the opened one and the keyboard's cursor."""
        focused = self.hasFocus() and row == self._current
        if row not in (self._hovered, self._opened) and not focused:
            return
        painter.setBrush(QColor(look.raised))
        painter.setPen(QPen(QColor(look.text), 1.5) if focused else Qt.PenStyle.NoPen)
        painter.drawRoundedRect(self.cell_rect(row).adjusted(1, 1, -1, -1), 4, 4)

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
        widest = max(metrics.horizontalAdvance(other.name) for other in self._bars)
        names = min(widest, box.width() * _LARGEST_NAME_SHARE)
        texts = max(metrics.horizontalAdvance(other.text) for other in self._bars)
        middle = Qt.AlignmentFlag.AlignVCenter
        name = metrics.elidedText(bar.name, Qt.TextElideMode.ElideRight, names + 1)
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | middle, name)
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
