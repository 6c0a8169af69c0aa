"""A row of figures per layer: gradient, update, units that no longer learn, and the weights now and at the start."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from gui.widgets.health_reading import LayerHealth
from gui.widgets.painted import PaintedWidget
from gui.widgets.painted_text import LEFT, RIGHT, paint_line
from gui.widgets.tints import mix

HEADER, ROW, TALLEST = 34, 58, 112
BAND = (1e-4, 1e-2)
"""Between these, updates are usually of a good size: about a thousandth of the weights."""
GAUGE = (1e-6, 1.0)
ALARMING = 0.4
COLUMNS = (
    ("Layer", 88),
    ("Gradient\nRMS per weight", 96),
    ("Update ÷ weight\nper step", 118),
    ("Units that\nno longer learn", 108),
    ("Weights now (filled),\nat the start (line)", 0),
)
GAP = 12
UNKNOWN = "Not known: it is measured while it learns, from when this page was first opened."
TIPS = (
    "",
    "How hard the weights of this layer are pushed: the root mean square of the gradient of one weight, the median of "
    "the last fifty batches. Where it is far smaller in the first layers than in the last, they hardly learn.",
    "How far a weight moves per step, compared with the weights themselves. About a thousandth is healthy, the shaded "
    "part; far less learns slowly, far more overshoots. With plain SGD it is that of single steps; with other "
    "optimizers what is left per step between two copies, in which steps to and fro cancel out.",
    "Dead: ReLU units that answer 0 to every image of a sample. Saturated: sigmoid and tanh units that stand at an end "
    "of their range. Neither has a gradient worth speaking of.",
    "How the weights of this layer are distributed: now, and when the network was new or was opened. Learning makes "
    "the tails longer; weights that all grow large or all shrink to 0 are a bad sign.",
)


class HealthRows(PaintedWidget):
    """Figures of every layer with weights, in aligned columns."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: Sequence[LayerHealth] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("Layers")
        self.setWhatsThis("One row per layer, in the colour of its curve. Point at a figure to have it explained.")

    def show_rows(self, rows: Sequence[LayerHealth]) -> None:
        """Show other figures."""
        if len(rows) != len(self._rows):
            self._rows = rows
            self.updateGeometry()
        self._rows = rows
        self.setAccessibleDescription(" ".join(_sentence(row) for row in rows))
        self.update()

    def sizeHint(self) -> QSize:
        """Return the height of all rows; the width is what there is."""
        return QSize(480, HEADER + ROW * len(self._rows))

    def minimumSizeHint(self) -> QSize:
        """Return the same."""
        return self.sizeHint()

    @property
    def row_height(self) -> float:
        """The height of a row: the rows share what room there is."""
        return min(max((self.height() - HEADER) / max(len(self._rows), 1), ROW), TALLEST)

    def words_at(self, place: QPointF) -> str:
        """Return the figures of the row at a place, and what the column means."""
        column = next((n for n, cell in enumerate(self._cells(0, self.height())) if place.x() <= cell.right()), 4)
        row = int((place.y() - HEADER) // self.row_height)
        if place.y() < HEADER or row >= len(self._rows):
            return TIPS[column]
        said = (_name, _gradient, _update, _units, _weights)[column](self._rows[row])
        return f"{said}\n\n{TIPS[column]}".strip()

    def _cells(self, top: float, height: float) -> list[QRectF]:
        """Return the places of the columns; the last one takes what is left."""
        cells, x = [], 0.0
        wide = max(self.width() - 520, 0) * 0.08
        for _, width in COLUMNS:
            across = width + wide if width else self.width() - x
            cells.append(QRectF(x, top, across, height))
            x += across + GAP
        return cells

    # --- painting -----------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint header and rows."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        look, height = theme.current(), self.row_height
        painter.setFont(theme.font(8.5))
        painter.setPen(QColor(look.muted))
        for (title, _), cell in zip(COLUMNS, self._cells(0, HEADER - 6), strict=True):
            painter.drawText(cell, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom), title)
        for number, row in enumerate(self._rows):
            top = HEADER + number * height
            painter.setPen(QPen(QColor(look.line), 1))
            painter.drawLine(QPointF(0, top + 0.5), QPointF(self.width(), top + 0.5))
            self._paint_row(painter, look, number, row, self._cells(top, height))
        if self.hasFocus():
            painter.setPen(QPen(QColor(look.accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)

    def _paint_row(
        self, painter: QPainter, look: theme.Theme, number: int, row: LayerHealth, cells: list[QRectF]
    ) -> None:
        colour = look.series[number % len(look.series)]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        name, gradient, update, units, weights = cells
        painter.drawRoundedRect(QRectF(name.left() + 1, name.center().y() - 18, 4, 18), 2, 2)
        name, gradient = (
            cell.adjusted(0, 0, 0, -18) for cell in (name, gradient)
        )  # on one line with the other figures
        paint_line(painter, name.adjusted(14, 0, 0, 0), row.name, theme.font(10, bold=True), look.text)
        paint_line(painter, gradient, _figure(row.gradient), theme.font(11, bold=True), look.text)
        _paint_gauge(painter, look, update, row.ratio, colour)
        _paint_units(painter, look, units, row)
        _paint_histogram(painter, look, weights.adjusted(0, 8, 0, -6), row, colour)


def _paint_gauge(painter: QPainter, look: theme.Theme, cell: QRectF, ratio: float, colour: str) -> None:
    """Paint the figure, and below it a logarithmic scale with the healthy band and a mark."""
    paint_line(painter, cell.adjusted(0, 0, 0, -18), _figure(ratio), theme.font(11, bold=True), look.text)
    track = QRectF(cell.left(), cell.center().y() + 10, cell.width(), 8)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(look.raised))
    painter.drawRoundedRect(track, 3, 3)
    left, right = (_along(track, value) for value in BAND)
    painter.setBrush(QColor(mix(look.surface, look.good, 0.4)))
    painter.drawRect(QRectF(left, track.top(), right - left, track.height()))
    if ratio > 0:
        painter.setBrush(QColor(colour))
        painter.setPen(QPen(QColor(look.surface), 1.5))
        painter.drawEllipse(QPointF(_along(track, ratio), track.center().y()), 6, 6)


def _along(track: QRectF, value: float) -> float:
    low, high = (math.log10(end) for end in GAUGE)
    part = (min(max(math.log10(value), low), high) - low) / (high - low)
    return track.left() + part * track.width()


def _paint_units(painter: QPainter, look: theme.Theme, cell: QRectF, row: LayerHealth) -> None:
    """Paint the share of dead or saturated units as a figure, and as a bar below it."""
    found = row.activity
    if found is None:
        paint_line(painter, cell.adjusted(0, 0, 0, -18), "–", theme.font(11), look.muted)
        return
    word, share = _failing(row)
    alarming = share > ALARMING
    above = cell.adjusted(0, 0, 0, -18)
    figure = f"{100 * share:.0f} %"
    paint_line(painter, above, figure, theme.font(11, bold=True), look.bad if alarming else look.text)
    paint_line(painter, above, word, theme.font(9), look.muted, RIGHT)
    track = QRectF(cell.left(), cell.center().y() + 10, cell.width(), 8)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(look.raised))
    painter.drawRoundedRect(track, 3, 3)
    if share > 0:
        painter.setBrush(QColor(look.bad if alarming else look.muted))
        painter.drawRoundedRect(QRectF(track.topLeft(), QSize(1, 8)).adjusted(0, 0, share * track.width() - 1, 0), 3, 3)


def _paint_histogram(painter: QPainter, look: theme.Theme, cell: QRectF, row: LayerHealth, colour: str) -> None:
    """Paint the weights of now as bars and those of the start as a line, zero in the middle, and the ends' numbers."""
    shown, bars = row.histogram, cell.adjusted(0, 0, 0, -13)
    tallest = max([*shown.now, *shown.start], default=0.0)
    width = bars.width() / len(shown.now)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(mix(look.surface, colour, 0.55)))
    for number, share in enumerate(shown.now.tolist()):
        height = share / tallest * bars.height() if tallest else 0
        painter.drawRect(QRectF(bars.left() + number * width, bars.bottom() - height, max(width - 0.5, 1), height))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if len(shown.start) and tallest:
        painter.setPen(QPen(QColor(look.text), 1.2))
        painter.drawPolyline(_outline(shown.start / tallest, bars, width))
    painter.setPen(QPen(QColor(look.line), 1))
    painter.drawLine(bars.bottomLeft(), bars.bottomRight())
    below, end = QRectF(cell.left(), cell.bottom() - 12, cell.width(), 12), f"{shown.limit:.2g}"
    for text, place in ((f"−{end}", LEFT), ("0", Qt.AlignmentFlag.AlignCenter), (f"+{end}", RIGHT)):
        paint_line(painter, below, text, theme.font(7.5), look.muted, place)


def _outline(heights: NDArray[Any], bars: QRectF, width: float) -> QPolygonF:
    points = []
    for number, height in enumerate(heights.tolist()):
        y = bars.bottom() - height * bars.height()
        points += [QPointF(bars.left() + number * width, y), QPointF(bars.left() + (number + 1) * width, y)]
    return QPolygonF(points)


# --- words ------------------------------------------------------------------------------------------------


def _figure(value: float) -> str:
    """Return a number of two digits; a dash for NaN."""
    if not value > 0:
        return "0" if value == 0 else "–"
    return f"{value:.1e}".replace("e-0", "e−").replace("e-", "e−").replace("e+0", "e+")


def _failing(row: LayerHealth) -> tuple[str, float]:
    """Return what units of this kind may be, and the share that is."""
    assert row.activity is not None
    dead = row.activity.activation == "relu"
    return ("dead", row.activity.dead_share) if dead else ("saturated", row.activity.saturated_share)


def _name(row: LayerHealth) -> str:
    return row.name


def _gradient(row: LayerHealth) -> str:
    return f"{row.name}: gradient {_figure(row.gradient)} per weight." if row.gradient >= 0 else "No batch yet."


def _update(row: LayerHealth) -> str:
    known = row.ratio > 0
    return f"{row.name}: an update is {_figure(row.ratio)} of the weights." if known else UNKNOWN


def _units(row: LayerHealth) -> str:
    if row.activity is None:
        return f"{row.name}: units of this kind neither die nor saturate, or they have not been looked at yet."
    word, _ = _failing(row)
    count = row.activity.dead if word == "dead" else row.activity.saturated
    return f"{row.name}: {count:,} of {row.activity.units:,} units are {word}."


def _weights(row: LayerHealth) -> str:
    now, start = row.histogram.rms_now, row.histogram.rms_start
    before = "" if math.isnan(start) else f"; at the start it was {start:.3g}"
    return f"{row.name}: the root mean square of the weights is {now:.3g}{before}."


def _sentence(row: LayerHealth) -> str:
    return " ".join(part for part in (_gradient(row), _units(row), _weights(row)) if part)
