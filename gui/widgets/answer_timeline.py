"""How the answer to the present drawing changed while the network learned."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np
from pyqtgraph.functions import arrayToQPath
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.datasets import DIGITS
from gui import theme
from gui.widgets.painted import PaintedWidget
from gui.widgets.painted_text import RIGHT, paint_line
from gui.widgets.shares import Shares, best_two
from gui.widgets.wording import percent

KEPT = 200
TITLE = "Your drawing over the training"
WAITING = "Press Train and watch the answer change here."
STILL = "The Reader does not change. Let this network read, and watch it learn here."
LEAST_HEIGHT, LARGEST_HEIGHT = 62, 320
_WORTH_A_LINE = 0.05
_SIDE_MARGIN = 42.0


class AnswerTimeline(PaintedWidget):
    """Shows the shares of the digits over the latest copies of the network, the present answer in the accent colour."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: tuple[str, ...] = DIGITS
        self._steps: deque[int] = deque(maxlen=KEPT)
        self._shares: deque[Shares] = deque(maxlen=KEPT)
        self._waiting = WAITING
        self.setMinimumHeight(LEAST_HEIGHT)
        self.setMaximumHeight(LARGEST_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(TITLE)
        self.setWhatsThis(
            "How sure the network has been of your drawing since you drew it, from left to right as it learned: "
            "its present answer in colour, its other guesses in grey."
        )

    @property
    def steps(self) -> list[int]:
        """How many batches the network had learned from at each point."""
        return list(self._steps)

    def set_names(self, names: Sequence[str]) -> None:
        """Choose the names of the classes."""
        self._names = tuple(names)
        self.update()

    def clear(self) -> None:
        """Begin anew: the drawing or the network is another one."""
        self._steps.clear()
        self._shares.clear()
        self.update()

    def set_still(self, still: bool) -> None:
        """Say whether whoever reads is one that does not learn."""
        words = STILL if still else WAITING
        if words != self._waiting:
            self._waiting = words
            self.update()

    def add(self, step: int, shares: Shares) -> None:
        """Add the answer of the network after `step` batches, of shape (10,)."""
        if self._steps and self._steps[-1] == step:
            self._shares[-1] = shares
        else:
            self._steps.append(step)
            self._shares.append(shares)
        self.update()

    def sizeHint(self) -> QSize:
        """Return the usual size in pixels."""
        return QSize(200, LEAST_HEIGHT)

    def words_at(self, place: QPointF) -> str:
        """Return the answer above or below a place."""
        if len(self._steps) < 2:
            return TITLE
        plot = self._plot()
        index = round((place.x() - plot.left()) / plot.width() * (len(self._steps) - 1))
        index = min(max(index, 0), len(self._steps) - 1)
        shares, guesses = self._shares[index], best_two(self._shares[index])
        words = [f"{self._names[guess]} {percent(shares[guess], 0)}" for guess in guesses or ()]
        return f"Batch {self._steps[index]:,}: {', '.join(words) or 'no answer'}"

    def _plot(self) -> QRectF:
        return QRectF(self.rect()).adjusted(_SIDE_MARGIN, 20, -_SIDE_MARGIN, -5)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint title, grid and lines, or why there are none."""
        look = theme.current()
        title = QRectF(0, 0, self.width(), 14)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            paint_line(painter, title, TITLE, theme.font(9), look.muted)
            if len(self._steps) < 2:
                place = QRectF(self.rect()).adjusted(0, 18, 0, 0)
                painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), self._waiting)
            else:
                paint_line(painter, title, f"batch {self._steps[-1]:,}", theme.font(9), look.muted, RIGHT)
                self._paint_grid(painter)
                self._paint_lines(painter)

    def _paint_grid(self, painter: QPainter) -> None:
        look, plot = theme.current(), self._plot()
        for share, words in ((0.0, "0 %"), (0.5, ""), (1.0, "100 %")):
            y = plot.bottom() - share * plot.height()
            painter.setPen(QPen(QColor(look.line), 1))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            paint_line(painter, QRectF(0, y - 8, plot.left() - 6, 16), words, theme.font(8), look.muted, RIGHT)

    def _paint_lines(self, painter: QPainter) -> None:
        look = theme.current()
        table = np.nan_to_num(np.array(self._shares))
        best = best_two(table[-1])
        others = table.max(axis=0) >= _WORTH_A_LINE
        if best is not None:
            others[best[0]] = False
        painter.strokePath(self._path(table[:, others]), QPen(QColor(look.muted), 1))
        if best is not None:
            line = self._path(table[:, [best[0]]])
            self._paint_area(painter, line)
            painter.strokePath(line, QPen(QColor(look.accent), 2))
            self._paint_names(painter, best, table[-1])

    def _paint_area(self, painter: QPainter, line: QPainterPath) -> None:
        """Shade what lies under the present answer's line."""
        plot, colour, area = self._plot(), QColor(theme.current().accent), QPainterPath(line)
        colour.setAlphaF(0.16)
        area.lineTo(plot.bottomRight())
        area.lineTo(plot.bottomLeft())
        painter.fillPath(area, colour)

    def _path(self, table: Shares) -> QPainterPath:
        """Return one path of all the lines whose heights are the columns of a table, with a gap behind each."""
        plot = self._plot()
        x = np.linspace(plot.left(), plot.right(), len(table))
        y = plot.bottom() - table * plot.height()
        gap = np.full((1, table.shape[1]), np.nan)
        points = np.tile(np.append(x, np.nan), table.shape[1]), np.concatenate([y, gap]).T.ravel()
        return arrayToQPath(*points, connect="finite")

    def _paint_names(self, painter: QPainter, best: tuple[int, int], shares: Shares) -> None:
        """Name the first guess at the end of its line, and the second where it does not run into it."""
        look, plot = theme.current(), self._plot()
        heights = [plot.bottom() - float(shares[digit]) * plot.height() for digit in best]
        apart = abs(heights[0] - heights[1]) >= 12 and shares[best[1]] >= _WORTH_A_LINE
        for digit, y, first in ((best[0], heights[0], True), (best[1], heights[1], False)):
            if not (first or apart):
                continue
            place = QRectF(plot.right() + 6, y - 8, _SIDE_MARGIN - 6, 16)
            colour = look.accent if first else look.muted
            paint_line(painter, place, self._names[digit], theme.font(9, bold=first), colour)
