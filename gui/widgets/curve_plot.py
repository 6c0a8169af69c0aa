"""One plot over the epochs: lines, a legend, a crosshair, a mark at the best epoch."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import (
    QGraphicsEllipseItem,
    QGraphicsLineItem,
    QGraphicsRectItem,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.widgets.curve import Curve
from gui.widgets.legend import Entry, Legend, Line
from gui.widgets.plot_canvas import PlotCanvas
from gui.widgets.plot_parts import round_step

Floats = NDArray[np.float64]
# What a logarithmic axis still shows: beyond it lies only what has exploded or died.
LOG_LIMITS = (-12.0, 30.0)
LIMIT = 1e30
# As long as the values fill so much of the axis, it stays as it is.
FILLED = 0.6
RING_RADIUS, BEST_WIDTH, MOMENT_WIDTH = 6.5, 9.0, 3.0


class CurvePlot(QWidget):
    """A titled plot whose horizontal axis counts epochs.

    Signals
    -------
    moved : (float, float)
        The user zoomed or moved: the epochs that are to be in view now.
    everything : ()
        The user wants to see all of it again.
    pointed : (float or None,)
        The epoch under the mouse; None when the mouse has left.
    """

    moved = Signal(float, float)
    everything = Signal()
    pointed = Signal(object)

    def __init__(
        self,
        title: str,
        unit: str,
        help: str,  # noqa: A002
        parent: QWidget | None = None,
        across: str = "epoch",
    ) -> None:
        super().__init__(parent)
        self.crosshair: float | None = None
        self.moment: float | None = None
        self.best: tuple[int, float] = (0, math.nan)
        self._curves: dict[str, Curve] = {}
        self._settled = False  # whether the vertical axis was chosen for what is drawn
        self.title, self.legend = QLabel(title), Legend()
        self.title.setProperty("role", "heading")
        self.canvas = PlotCanvas(across, unit)
        self.canvas.setWhatsThis(help)
        self.canvas.setAccessibleName(f"{title} plot")
        self.setWhatsThis(help)
        self.title.setToolTip(help)
        self._add_marks()
        self._arrange()
        self.canvas.moved.connect(self.moved)
        self.canvas.double_clicked.connect(self.everything)
        self.canvas.pointed.connect(self.pointed)
        self.canvas.resized.connect(self._place)
        theme.switch().changed.connect(self.dress)
        self.dress()

    # --- what is drawn ------------------------------------------------------------------------------------

    @property
    def lines(self) -> tuple[Line, ...]:
        """What is drawn, the first one at the back."""
        return tuple(curve.line for curve in self._curves.values())

    def set_lines(self, lines: tuple[Line, ...]) -> None:
        """Draw these lines from now on, the first one at the back."""
        if self.lines == lines:
            return
        for curve in self._curves.values():
            curve.remove()
        self._curves = {line.name: Curve(self.canvas.ground, line, depth) for depth, line in enumerate(lines)}
        self._explain()

    def draw(self, name: str, x: Floats, y: Floats) -> tuple[float, float] | None:
        """Draw a line through the points x, y, both of shape (n,), and return its :meth:`ends`.

        What is not finite leaves a gap. On the logarithmic axis places are logarithms.
        """
        ends, curve = self.ends(y), self._curves[name]
        y = self._places(y) if ends else y[:0]
        x = x[: len(y)]
        if len(x) == 1 and not curve.marked:  # one point is no line: draw how far it has come
            x, y = np.array([self.x_range[0], x[0]]), np.repeat(y, 2)
        curve.x, curve.y = x, y
        curve.place(self.canvas.places)
        return ends

    def ends(self, y: Floats) -> tuple[float, float] | None:
        """Return the lowest and the highest place of some values; None if there are none."""
        places = self._places(y)
        places = places[np.isfinite(places)]
        return (float(places.min()), float(places.max())) if len(places) else None

    def points(self, name: str) -> tuple[Floats, Floats]:
        """Return the places that a line is drawn through; on the logarithmic axis these are logarithms."""
        return self._curves[name].x, self._curves[name].y

    def colour(self, name: str) -> str:
        """Return the colour that a line is drawn in, as ``#rrggbb``."""
        return self._curves[name].colour

    @property
    def logarithmic(self) -> bool:
        """Whether the vertical axis is logarithmic."""
        return self.canvas.axes.logarithmic

    def set_logarithmic(self, on: bool) -> None:
        """Make the vertical axis logarithmic, or plain; what is drawn next follows."""
        self.canvas.axes.logarithmic, self._settled = on, False

    def _places(self, y: Floats) -> Floats:
        if not self.logarithmic:
            return np.where(np.abs(y) <= LIMIT, y, np.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            places = np.log10(y)
        return np.where((places >= LOG_LIMITS[0]) & (places <= LOG_LIMITS[1]), places, np.nan)

    # --- what is in view ----------------------------------------------------------------------------------

    @property
    def width_in_pixels(self) -> int:
        """How many points side by side can be told apart."""
        return max(int(self.canvas.area.width()), 50)

    @property
    def x_range(self) -> tuple[float, float]:
        """The epochs in view."""
        return self.canvas.x_range

    @property
    def y_range(self) -> tuple[float, float]:
        """The values in view; on the logarithmic axis these are logarithms."""
        return self.canvas.y_range

    def show_epochs(self, low: float, high: float) -> None:
        """Bring the epochs from `low` to `high` into view."""
        if (low, high) != self.x_range:
            self._show((low, high), self.y_range)

    def limit_epochs(self, last: float) -> None:
        """Let nobody scroll beyond `last`."""
        self.canvas.limit(last)

    def show_values(self, low: float, high: float, bounds: tuple[float, float] = (-math.inf, math.inf)) -> None:
        """Bring `low` to `high` into view, with some air, but nothing outside `bounds`.

        The ends are rounded, and they stay as long as the values fill most of what is between them: the axis stands
        still while the curve trembles.
        """
        span = max(high - low, abs(high) * 0.05, 1e-9)
        bottom, top = self.y_range
        if self._settled and bottom <= low and high <= top and span >= FILLED * (top - bottom):
            return
        step = round_step(span, 8)
        low = max(math.floor((low - span * 0.04) / step) * step, bounds[0])
        high = min(math.ceil((high + span * 0.04) / step) * step, bounds[1])
        if low < high:
            self._settled = True
            self._show(self.x_range, (low, high))

    def _show(self, x_range: tuple[float, float], y_range: tuple[float, float]) -> None:
        self.canvas.show_range(x_range, y_range)
        self._place()

    def _place(self) -> None:
        """Put everything where it belongs in the present view."""
        for curve in self._curves.values():
            curve.place(self.canvas.places)
        self._place_best()
        self.show_crosshair(self.crosshair)
        self.show_moment(self.moment)

    # --- marks --------------------------------------------------------------------------------------------

    def show_crosshair(self, epoch: float | None) -> None:
        """Draw a vertical line at an epoch, or none."""
        self.crosshair = epoch
        self._cross.setVisible(epoch is not None)
        if epoch is not None:
            self._cross.setPos(self.canvas.place(epoch, 0.0).x(), self.canvas.area.top())
            self._cross.setLine(0, 0, 0, self.canvas.area.height())

    def show_moment(self, epoch: float | None) -> None:
        """Draw a thick line at the epoch of the past moment that is in view, or none."""
        self.moment = epoch
        (left, right), area = self.x_range, self.canvas.area
        self._moment.setVisible(epoch is not None and left <= epoch <= right)
        if epoch is not None:
            self._moment.setPos(self.canvas.place(epoch, 0.0).x(), area.top())
            self._moment.setLine(0, 0, 0, area.height())

    def show_best(self, epoch: int, value: float, text: str) -> None:
        """Mark the best epoch: a faint line, and a ring around its `value`; epoch 0 is none."""
        self.best = epoch, float(self._places(np.array([value]))[0])
        self._best.setToolTip(text)
        self._place_best()

    def _place_best(self) -> None:
        """Move the mark; it may reach over the edge of the curves, so it is hidden when its epoch is not in view."""
        (epoch, value), area = self.best, self.canvas.area
        (left, right), (low, high) = self.x_range, self.y_range
        known = low <= value <= high
        place = self.canvas.place(epoch, value if known else 0.0)
        self._best.setVisible(epoch > 0 and left <= epoch <= right)
        self._best.setPos(place.x(), 0)
        self._best.setRect(QRectF(-BEST_WIDTH / 2, area.top(), BEST_WIDTH, area.height()))
        self._best_line.setLine(0, area.top(), 0, area.bottom())
        self._ring.setVisible(known)
        self._ring.setPos(0, place.y())

    def _add_marks(self) -> None:
        """Add crosshair, line and ring; around the line is room to point at it."""
        self._cross, self._moment = (QGraphicsLineItem(self.canvas.ground) for _ in range(2))
        self._best = QGraphicsRectItem()
        self.canvas.scene().addItem(self._best)
        self._best.setPen(Qt.PenStyle.NoPen)
        self._best_line = QGraphicsLineItem(self._best)
        circle = QRectF(QPointF(-RING_RADIUS, -RING_RADIUS), QPointF(RING_RADIUS, RING_RADIUS))
        self._ring = QGraphicsEllipseItem(circle, self._best)
        for depth, item in ((90, self._best), (95, self._moment), (100, self._cross)):
            item.setZValue(depth)
            item.setVisible(False)

    def dress(self) -> None:
        """Put on the colours of the theme."""
        look = theme.current()
        self.canvas.dress()
        self._cross.setPen(QPen(QColor(look.text), 1))
        self._moment.setPen(QPen(QColor(look.accent), MOMENT_WIDTH))
        self._best_line.setPen(QPen(QColor(look.good), 1, Qt.PenStyle.DashLine))
        self._ring.setPen(QPen(QColor(look.good), 2))
        for curve in self._curves.values():
            curve.dress()
        self._explain()

    def _explain(self) -> None:
        """Say in the legend what the lines are."""
        self.legend.show_entries(tuple(Entry(line.label, line.paint(), line.style) for line in self.lines))

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(theme.SPACE, 4, 0, 0)
        head.addWidget(self.title)
        head.addWidget(self.legend, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(self.canvas, 1)
