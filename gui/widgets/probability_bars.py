"""Ten bars: the share the network gives to each class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.datasets import DIGITS
from gui import theme
from gui.widgets.painted import PaintedWidget
from gui.widgets.painted_text import RIGHT, paint_line
from gui.widgets.shares import Shares, best_two
from gui.widgets.wording import percent

LEAST_ROW, USUAL_ROW, LARGEST_ROW = 15, 16, 24
_GAP = 8.0
_LARGEST_NAME_SHARE = 0.46
_FAINT = 0.45


class ProbabilityBars(PaintedWidget):
    """Shows ten shares with name, bar and percent; the first guess in the accent colour.

    Signals
    -------
    picked : (int,)
        Somebody clicked a row: it is this one. Only while `set_pickable` allows it.
    """

    picked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: tuple[str, ...] = DIGITS
        self._shares: Shares | None = None
        self._faint = self._pickable = False
        self._row = -1  # under the mouse
        self.setMouseTracking(True)
        self.setMinimumHeight(LEAST_ROW * len(self._names))
        self.setMaximumHeight(LARGEST_ROW * len(self._names))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Share of each class")
        self.setWhatsThis(
            "How much of its certainty the network gives to each of the ten classes; together they make 100 %. "
            "The longest bar is its answer. Click a bar to say that the drawing is this one."
        )

    @property
    def shares(self) -> Shares | None:
        """What is shown, of shape (10,)."""
        return self._shares

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the classes."""
        return self._names

    def set_names(self, names: Sequence[str]) -> None:
        """Choose the names of the classes."""
        self._names = tuple(names)
        self.update()

    def set_shares(self, shares: Shares | None, *, faint: bool = False) -> None:
        """Show ten shares from 0 to 1, or none; what would look the same is not painted again.

        They are faint where little is to be thought of them.
        """
        before = self._seen()
        self._shares, self._faint = shares, faint
        if self._seen() != before:
            self.update()

    def _seen(self) -> tuple[object, ...]:
        """Return everything about the shares that can be seen: the first guess, the words, and the bars' pixels."""
        if self._shares is None:
            return ()
        words = [percent(share, 0) for share in self._shares.tolist()]
        pixels = np.round(np.nan_to_num(self._shares) * self.width()).tolist()
        return best_two(self._shares), words, pixels, self._faint

    def set_pickable(self, on: bool) -> None:
        """Choose whether a row can be clicked."""
        if on == self._pickable:
            return
        self._pickable = on
        if on:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        else:
            self.unsetCursor()

    def sizeHint(self) -> QSize:
        """Return the usual size in pixels."""
        return QSize(160, USUAL_ROW * len(self._names))

    def words_at(self, place: QPointF) -> str:
        """Return the exact share of the row at a place."""
        row = self._row_at(place)
        if self._shares is None:
            return f"{self._names[row]}: nothing is drawn yet"
        words = f"{self._names[row]}: {100 * self._shares[row]:.2f} %"
        return f"{words}. Click to say that it is a {self._names[row]}." if self._pickable else words

    def _row_at(self, place: QPointF) -> int:
        return min(max(int(place.y() / self.height() * len(self._names)), 0), len(self._names) - 1)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Mark the row under the mouse."""
        self._mark(self._row_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Mark no row any more."""
        self._mark(-1)
        super().leaveEvent(event)

    def _mark(self, row: int) -> None:
        if row != self._row:
            self._row = row
            if self._pickable:
                self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the click that a row may be picked with."""
        event.setAccepted(self._pickable)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Pick the row under the mouse."""
        left = event.button() == Qt.MouseButton.LeftButton
        if self._pickable and left and self.rect().contains(event.position().toPoint()):
            self.picked.emit(self._row_at(event.position()))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ten rows."""
        plain, bold = theme.font(9), theme.font(9, bold=True)
        metrics = QFontMetricsF(bold)
        figures = metrics.horizontalAdvance("> 99 %")
        widest = max(metrics.horizontalAdvance(name) for name in self._names)
        names = min(widest + 1, self.width() * _LARGEST_NAME_SHARE)
        best = best_two(self._shares)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for row in range(len(self._names)):
                first = best is not None and best[0] == row
                self._paint_row(painter, row, names, figures, bold if first else plain, first=first)

    def _paint_row(
        self, painter: QPainter, row: int, names: float, figures: float, font: QFont, *, first: bool
    ) -> None:
        look = theme.current()
        height = self.height() / len(self._names)
        share = 0.0 if self._shares is None else float(self._shares[row])
        line = QRectF(0, row * height, self.width(), height)
        if self._pickable and row == self._row:
            painter.fillRect(line, QColor(look.raised))
        bar = line.adjusted(names + _GAP, 0, -figures - _GAP / 2, 0)
        thick = min(9.0, height * 0.55)
        bar = QRectF(bar.left(), line.center().y() - thick / 2, bar.width(), thick)
        painter.setPen(Qt.PenStyle.NoPen)
        self._paint_bar(painter, bar, look.line if self._pickable and row == self._row else look.raised)
        # A share of 0 leaves no dot; a share that is no number leaves none either.
        if share * bar.width() >= 0.5:
            bar.setWidth(share * bar.width())
            painter.setOpacity(_FAINT if self._faint else 1)
            self._paint_bar(painter, bar, look.accent if first and not self._faint else look.muted)
            painter.setOpacity(1)
        colour = look.text if first and not self._faint else look.muted
        words = "–" if self._shares is None else percent(share, 0)
        paint_line(painter, QRectF(0, line.top(), names, height), self._names[row], font, colour)
        painter.drawText(line, int(RIGHT), words)

    def _paint_bar(self, painter: QPainter, bar: QRectF, colour: str) -> None:
        painter.setBrush(QColor(colour))
        radius = min(2.0, bar.width() / 2)
        painter.drawRoundedRect(bar, radius, radius)
