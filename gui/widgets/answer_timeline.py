"""How the answer to the present drawing changed while the network learned."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pyqtgraph.functions import arrayToQPath
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.datasets import DIGITS
from gui import theme
from gui.widgets.painted import PaintedWidget
from gui.widgets.painted_text import RIGHT, paint_line
from gui.widgets.shares import Shares, best_two
from gui.widgets.wording import percent

KEPT = 200
TITLE = "Your drawing over the training"
_SHORT_TITLE = "Over the training"
WAITING = "Draw a digit and press Train: grows while your network learns."
STILL = "The Reader does not change. Let this network read, and watch it learn here."
LEAST_HEIGHT, LARGEST_HEIGHT = 62, 320
_WORTH_A_LINE = 0.05
_SIDE_MARGIN = 42.0
_REDRAW_MS = 200
"""An answer comes 14 times a second; ten lines of 200 points each time would hold up the training."""
_NEAR = 14.0
"""How far the mouse may be from a line, in pixels, to mean it."""


class AnswerTimeline(PaintedWidget):
    """Shows the shares of all classes over the latest copies of the network, the present answer in the accent colour.

    The line under the mouse is named.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: tuple[str, ...] = DIGITS
        self._steps: list[int] = []
        self._shares: list[Shares] = []
        self._heard, self._stride = 0, 1
        self._waiting = WAITING
        self._mouse: QPointF | None = None
        self._soon = QTimer(self, interval=_REDRAW_MS, singleShot=True)
        self._soon.timeout.connect(self.update)
        self.setMouseTracking(True)
        self.setMinimumHeight(LEAST_HEIGHT)
        self.setMaximumHeight(LARGEST_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(TITLE)
        self.setWhatsThis(
            "How sure the network has been of your drawing since you drew it, from left to right as it learned: "
            "its present answer in colour, the nine others in grey. Point at a line to see whose it is."
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
        self._heard, self._stride = 0, 1
        self.update()

    def set_still(self, still: bool) -> None:
        """Say whether whoever reads is one that does not learn."""
        words = STILL if still else WAITING
        if words != self._waiting:
            self._waiting = words
            self.update()

    def add(self, step: int, shares: Shares) -> None:
        """Add the answer of the network after `step` batches, of shape (10,).

        The first answer and the latest are always kept; of a long training every second one goes, again and again.
        """
        if self._steps and (self._steps[-1] == step or (self._heard - 1) % self._stride):
            self._heard += self._steps[-1] != step
            self._steps[-1], self._shares[-1] = step, shares
        else:
            self._heard += 1
            self._steps.append(step)
            self._shares.append(shares)
        if len(self._steps) > KEPT:
            del self._steps[1::2], self._shares[1::2]
            self._stride *= 2
        if not self._soon.isActive():
            self._soon.start()

    def sizeHint(self) -> QSize:
        """Return the usual size in pixels."""
        return QSize(200, LEAST_HEIGHT)

    def words_at(self, place: QPointF) -> str:
        """Return the answer above or below a place."""
        if len(self._steps) < 2:
            return TITLE
        index, marked = self._index_at(place), self.line_at(place)
        shares, guesses = self._shares[index], best_two(self._shares[index])
        words = [f"{self._names[guess]} {percent(shares[guess], 0)}" for guess in guesses or ()]
        if guesses is not None and marked >= 0 and marked not in guesses:
            words.append(f"the line here: {self._names[marked]} {percent(shares[marked], 0)}")
        return f"Batch {self._steps[index]:,}: {', '.join(words) or 'no answer'}"

    def line_at(self, place: QPointF) -> int:
        """Return the class whose line is the nearest above or below a place; -1 where none is near."""
        if len(self._steps) < 2:
            return -1
        plot, shares = self._plot(), np.nan_to_num(self._shares[self._index_at(place)])
        away = np.abs(plot.bottom() - shares * plot.height() - place.y())
        # Where lines lie on one another, the one that was higher at any time is more likely to be meant.
        nearest = np.flatnonzero(away <= away.min() + 1)
        highest = np.nan_to_num(np.array(self._shares)).max(axis=0)
        return int(nearest[highest[nearest].argmax()]) if away.min() <= _NEAR else -1

    def _index_at(self, place: QPointF) -> int:
        plot = self._plot()
        index = round((place.x() - plot.left()) / plot.width() * (len(self._steps) - 1))
        return min(max(index, 0), len(self._steps) - 1)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Mark the line under the mouse."""
        self._mouse = event.position()
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Mark no line any more."""
        self._mouse = None
        self.update()
        super().leaveEvent(event)

    def _plot(self) -> QRectF:
        return QRectF(self.rect()).adjusted(_SIDE_MARGIN, 20, -_SIDE_MARGIN, -5)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint title, grid and lines, or why there are none."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_title(painter)
            if len(self._steps) < 2:
                place = QRectF(self.rect()).adjusted(0, 18, 0, 0)
                painter.setFont(theme.font(9))
                painter.setPen(QColor(theme.current().muted))
                painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), self._waiting)
            else:
                self._paint_grid(painter)
                self._paint_lines(painter)

    def _paint_title(self, painter: QPainter) -> None:
        """Say what it is, and the latest batch; or, while the mouse is over a line, which one that is."""
        look, marked = theme.current(), self._marked()
        title = QRectF(0, 0, self.width(), 14)
        if marked >= 0 and self._mouse is not None:
            index = self._index_at(self._mouse)
            words = f"{self._names[marked]}: {percent(self._shares[index][marked], 0)} at batch {self._steps[index]:,}"
            paint_line(painter, title, words, theme.font(9, bold=True), look.text)
            return
        step = f"batch {self._steps[-1]:,}" if len(self._steps) >= 2 else ""
        fits = QFontMetricsF(theme.font(9)).horizontalAdvance(f"{TITLE}  {step}") <= title.width()
        paint_line(painter, title, TITLE if fits else _SHORT_TITLE, theme.font(9), look.muted)
        paint_line(painter, title, step, theme.font(9), look.muted, RIGHT)

    def _marked(self) -> int:
        return -1 if self._mouse is None else self.line_at(self._mouse)

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
        others, marked = np.ones(table.shape[1], bool), self._marked()
        if best is not None:
            others[best[0]] = False
        painter.strokePath(self._path(table[:, others]), QPen(QColor(look.muted), 1))
        if marked >= 0:
            painter.strokePath(self._path(table[:, [marked]]), QPen(QColor(look.text), 2))
        if best is not None:
            line = self._path(table[:, [best[0]]])
            self._paint_area(painter, line)
            painter.strokePath(line, QPen(QColor(look.accent), 3 if marked == best[0] else 2))
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
