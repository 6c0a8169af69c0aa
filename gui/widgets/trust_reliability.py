"""The reliability diagram: how often answers are right, by how sure the network was of them."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.trust import Reliability
from gui import theme
from gui.widgets.painted import PaintedWidget
from gui.widgets.painted_text import LEFT, RIGHT, paint_line
from gui.widgets.tints import mix
from gui.widgets.wording import counted, percent

LEFT_ROOM, BOTTOM_ROOM, COUNTS, GAP = 58, 36, 44, 10
HELP = (
    "Answers sorted by how sure the network was. A bar is the share of right answers in its interval; the mark on it "
    "the mean confidence there, which in a network that can be trusted lies on the dashed diagonal. A bar below it: "
    "too sure; above: not sure enough. The small bars count the answers."
)


class ReliabilityDiagram(PaintedWidget):
    """Bars of accuracy against confidence with the diagonal, and below them how many answers there are."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: Reliability | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(200, 150)
        self.setAccessibleName("Reliability diagram")
        self.setWhatsThis(HELP)

    def show_reliability(self, found: Reliability | None) -> None:
        """Show another diagram."""
        self._shown = found
        if found is not None:
            self.setAccessibleDescription(" ".join(self._words(n) for n in np.flatnonzero(found.counts).tolist()))
        self.update()

    def sizeHint(self) -> QSize:
        """Return a size at which bars can be told apart."""
        return QSize(300, 260)

    def words_at(self, place: QPointF) -> str:
        """Return what the bar at a place says."""
        area = self._area()
        if self._shown is None or not area.left() <= place.x() < area.right():
            return HELP
        number = int((place.x() - area.left()) / area.width() * len(self._shown.counts))
        return self._words(number)

    def _words(self, number: int) -> str:
        found = self._shown
        assert found is not None
        low, high, count = found.edges[number], found.edges[number + 1], int(found.counts[number])
        between = f"{100 * low:.0f} to {100 * high:.0f} % sure"
        if not count:
            return f"{between}: no answer."
        right, sure = percent(float(found.accuracy[number])), percent(float(found.confidence[number]))
        return f"{between}: {counted(count, 'answer')}, {sure} sure on average, {right} right."

    def _area(self) -> QRectF:
        """Return the place of the bars; the counts lie below it."""
        below = BOTTOM_ROOM + COUNTS + GAP
        return QRectF(LEFT_ROOM, 8, self.width() - LEFT_ROOM - 12, max(self.height() - below - 8, 20))

    # --- painting -----------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint ground, bars, diagonal and counts."""
        painter, look, area = QPainter(self), theme.current(), self._area()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(look.surface))
        self._paint_axes(painter, look, area)
        if self._shown is None:
            return
        for number, cell in enumerate(self._cells(area)):
            self._paint_bar(painter, look, number, cell)
        painter.setPen(QPen(QColor(look.muted), 1.2, Qt.PenStyle.DashLine))
        painter.drawLine(area.bottomLeft(), area.topRight())
        for number, cell in enumerate(self._cells(area)):
            self._paint_mark(painter, look, number, cell)
        self._paint_counts(painter, look, area)

    def _cells(self, area: QRectF) -> list[QRectF]:
        assert self._shown is not None
        width = area.width() / len(self._shown.counts)
        return [
            QRectF(area.left() + n * width, area.top(), width, area.height()) for n in range(len(self._shown.counts))
        ]

    def _paint_axes(self, painter: QPainter, look: theme.Theme, area: QRectF) -> None:
        font, bottom = theme.font(8.5), area.bottom() + GAP + COUNTS
        for part in (0.0, 0.25, 0.5, 0.75, 1.0):
            y, x = area.bottom() - part * area.height(), area.left() + part * area.width()
            painter.setPen(QPen(QColor(mix(look.surface, look.line, 0.45)), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            text = f"{100 * part:.0f}"
            paint_line(painter, QRectF(0, y - 8, LEFT_ROOM - 6, 16), text, font, look.muted, RIGHT)
            below = QRectF(x - 20, bottom + 3, 40, 14)
            paint_line(painter, below, text, font, look.muted, Qt.AlignmentFlag.AlignCenter)
        paint_line(
            painter,
            QRectF(area.left(), self.height() - 17, area.width(), 16),
            "confidence, %",
            font,
            look.muted,
            Qt.AlignmentFlag.AlignCenter,
        )
        painter.save()
        painter.rotate(-90)
        upright = QRectF(-area.bottom(), 1, area.height(), 16)
        paint_line(painter, upright, "right answers, %", font, look.muted, Qt.AlignmentFlag.AlignCenter)
        painter.restore()

    def _paint_bar(self, painter: QPainter, look: theme.Theme, number: int, cell: QRectF) -> None:
        assert self._shown is not None
        if not self._shown.counts[number]:
            return
        height = float(self._shown.accuracy[number]) * cell.height()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(mix(look.surface, look.accent, 0.75)))
        painter.drawRect(QRectF(cell.left() + 1, cell.bottom() - height, cell.width() - 2, height))

    def _paint_mark(self, painter: QPainter, look: theme.Theme, number: int, cell: QRectF) -> None:
        """Mark the mean confidence of the bar's answers."""
        assert self._shown is not None
        if self._shown.counts[number]:
            y = cell.bottom() - float(self._shown.confidence[number]) * cell.height()
            painter.setPen(QPen(QColor(look.text), 2))
            painter.drawLine(QPointF(cell.left() + 2, y), QPointF(cell.right() - 2, y))

    def _paint_counts(self, painter: QPainter, look: theme.Theme, area: QRectF) -> None:
        assert self._shown is not None
        counts = self._shown.counts
        ground = QRectF(area.left(), area.bottom() + GAP, area.width(), COUNTS)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(look.muted))
        for cell, count in zip(self._cells(ground), counts.tolist(), strict=True):
            height = max(ground.height() * count / max(int(counts.max()), 1), 1.5 if count else 0)
            painter.drawRect(QRectF(cell.left() + 1, cell.bottom() - height, cell.width() - 2, height))
        painter.setPen(QPen(QColor(look.line), 1))
        painter.drawLine(ground.bottomLeft(), ground.bottomRight())
        paint_line(
            painter,
            QRectF(area.left() + 4, ground.top(), area.width() * 0.8, 14),
            f"answers, at most {int(counts.max()):,}",
            theme.font(8),
            look.muted,
            LEFT,
        )
