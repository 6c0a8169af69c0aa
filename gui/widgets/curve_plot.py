"""One plot over the epochs: lines, a legend, a crosshair, a mark at the best epoch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QGraphicsItem, QGraphicsView, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gui import theme
from gui.widgets.legend import Entry, Legend, Line
from gui.widgets.plot_parts import Axis, View, round_step

Floats = NDArray[np.float64]
# More points than this are a line: marks would touch each other.
MOST_MARKS = 50
# What a logarithmic axis still shows: beyond it lies only what has exploded or died.
LOG_LIMITS = (-12.0, 30.0)
LIMIT = 1e30


class CurvePlot(QWidget):
    """A titled plot whose horizontal axis counts epochs.

    Signals
    -------
    moved : (float, float)
        The user zoomed or moved: the epochs that are in view now.
    everything : ()
        The user wants to see all of it again.
    pointed : (float or None,)
        The epoch under the mouse; None when the mouse has left.
    """

    moved = Signal(float, float)
    everything = Signal()
    pointed = Signal(object)

    def __init__(self, title: str, unit: str, help: str, parent: QWidget | None = None) -> None:  # noqa: A002
        super().__init__(parent)
        self.lines: dict[str, Line] = {}
        self._curves: dict[str, Any] = {}
        self._marks: dict[str, Any] = {}
        self._x_range, self._y_range = (0.0, 1.0), (0.0, 1.0)
        self.title, self.legend = QLabel(title), Legend()
        self.title.setProperty("role", "heading")
        self.view = View()
        self._axes = {side: Axis(side) for side in ("left", "bottom")}
        self.plot = pg.PlotWidget(viewBox=self.view, axisItems=self._axes)
        # The axes paint beyond their rectangles, so that updating rectangles alone would leave old numbers standing.
        self.plot.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.FullViewportUpdate)
        self.plot.setMinimumSize(160, 90)
        self.plot.hideButtons()
        self.plot.plotItem.setContentsMargins(0, theme.SPACE, theme.SPACE * 1.5, 0)
        self.plot.setToolTip("")
        self.plot.setWhatsThis(help)
        self.setWhatsThis(help)
        self.title.setToolTip(help)
        self.plot.setAccessibleName(f"{title} plot")
        for axis in self._axes.values():
            # Numbers and grid are the dearest part of a picture, and mostly the same as in the last one.
            axis.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        self._axes["left"].setLabel(unit)
        self._axes["bottom"].setLabel("epoch")
        self._add_crosshair()
        self._arrange()
        self.view.moved.connect(self._on_moved)
        self.view.double_clicked.connect(self.everything)
        self.plot.scene().sigMouseMoved.connect(self._on_mouse)
        self.plot.viewport().installEventFilter(self)
        theme.switch().changed.connect(self.dress)
        self.dress()

    # --- what is drawn ------------------------------------------------------------------------------------

    def set_lines(self, lines: tuple[Line, ...]) -> None:
        """Draw these lines from now on, the first one at the back."""
        if tuple(self.lines.values()) == lines:
            return
        for item in (*self._curves.values(), *self._marks.values()):
            self.plot.removeItem(item)
        self.lines = {line.name: line for line in lines}
        self._curves, self._marks = {}, {}
        for depth, line in enumerate(lines):
            # The noise is drawn without smoothing of its edges: that costs, and nobody would see it.
            curve = pg.PlotCurveItem(antialias=line.style != "band", connect="finite")
            curve.setZValue(depth)
            self.plot.addItem(curve, ignoreBounds=True)
            self._curves[line.name] = curve
            if line.style in ("points", "dashed"):
                marks = pg.ScatterPlotItem(size=7, pxMode=True)
                marks.setZValue(depth + 0.5)
                self.plot.addItem(marks, ignoreBounds=True)
                self._marks[line.name] = marks
        self.dress()

    def draw(self, name: str, x: Floats, y: Floats) -> tuple[float, float] | None:
        """Draw a line through the points x, y, both of shape (n,), and return its :meth:`ends`.

        What is not finite leaves a gap. On the logarithmic axis places are logarithms.
        """
        ends = self.ends(y)
        y = self._places(y) if ends else y[:0]
        x = x[: len(y)]
        if len(x) == 1 and name not in self._marks:  # one point is no line: draw how far it has come
            x, y = np.array([self._x_range[0], x[0]]), np.repeat(y, 2)
        self._curves[name].setData(x, y)
        if name in self._marks:
            finite = np.isfinite(y)
            few = finite if np.count_nonzero(finite) <= MOST_MARKS else np.zeros_like(finite)
            self._marks[name].setData(x[few], y[few])
        return ends

    def ends(self, y: Floats) -> tuple[float, float] | None:
        """Return the lowest and the highest place of some values; None if there are none."""
        places = self._places(y)
        places = places[np.isfinite(places)]
        return (float(places.min()), float(places.max())) if len(places) else None

    def points(self, name: str) -> tuple[Floats, Floats]:
        """Return the places that a line is drawn through; on the logarithmic axis these are logarithms."""
        x, y = self._curves[name].getData()
        return (np.empty(0), np.empty(0)) if x is None else (x, y)

    @property
    def logarithmic(self) -> bool:
        """Whether the vertical axis is logarithmic."""
        return self._axes["left"].logarithmic

    def set_logarithmic(self, on: bool) -> None:
        """Make the vertical axis logarithmic, or plain; what is drawn next follows."""
        self._axes["left"].logarithmic = on
        self._axes["left"].picture = None
        self._axes["left"].update()

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
        return max(int(self.view.width()), 50)

    @property
    def x_range(self) -> tuple[float, float]:
        """The epochs in view."""
        return self._x_range

    @property
    def y_range(self) -> tuple[float, float]:
        """The values in view; on the logarithmic axis these are logarithms."""
        return self._y_range

    def show_epochs(self, low: float, high: float) -> None:
        """Bring the epochs from `low` to `high` into view."""
        if (low, high) != self._x_range:
            self._x_range = (low, high)
            self.view.setXRange(low, high, padding=0)

    def limit_epochs(self, last: float) -> None:
        """Let nobody scroll beyond `last`."""
        self.view.setLimits(xMin=0, xMax=last, minXRange=last * 1e-6)

    def show_values(self, low: float, high: float, bounds: tuple[float, float] = (-math.inf, math.inf)) -> None:
        """Bring `low` to `high` into view, with some air, but nothing outside `bounds`.

        The ends are rounded, so that the axis stands still while the curve trembles.
        """
        span = max(high - low, abs(high) * 0.05, 1e-9)
        step = round_step(span, 8)
        low = max(math.floor((low - span * 0.04) / step) * step, bounds[0])
        high = min(math.ceil((high + span * 0.04) / step) * step, bounds[1])
        if (low, high) != self._y_range and low < high:
            self._y_range = (low, high)
            self.view.setYRange(low, high, padding=0)

    # --- marks --------------------------------------------------------------------------------------------

    def show_crosshair(self, epoch: float | None) -> None:
        """Draw a vertical line at an epoch, or none."""
        self._cross.setVisible(epoch is not None)
        if epoch is not None:
            self._cross.setPos(epoch)

    def show_best(self, epoch: int, value: float, text: str) -> None:
        """Mark the best epoch: a faint line, and a ring around its `value`; epoch 0 is none."""
        place = float(self._places(np.array([value]))[0])
        self._best.setVisible(epoch > 0)
        self._ring.setVisible(epoch > 0 and math.isfinite(place))
        self._best.setPos(epoch)
        self._best.setToolTip(text)
        if math.isfinite(place):
            self._ring.setData([epoch], [place])
        self._ring.setToolTip(text)

    def dress(self) -> None:
        """Put on the colours of the theme."""
        look = theme.current()
        self.plot.setBackground(look.surface)
        for axis in self._axes.values():
            axis.setPen(pg.mkPen(look.line))
            axis.setTextPen(pg.mkPen(look.muted))
            axis.setStyle(tickFont=theme.font(8.5), tickLength=-3, tickTextOffset=5, hideOverlappingLabels=False)
            axis.label.setFont(theme.font(8.5))
            axis.label.setDefaultTextColor(QColor(look.muted))
        self._axes["bottom"].setHeight(36)
        self._axes["left"].setWidth(58)
        self.plot.showGrid(x=True, y=True, alpha=0.35 if look.name == "dark" else 0.55)
        self._cross.setPen(pg.mkPen(look.text, width=1))
        self._best.setPen(pg.mkPen(look.good, width=1, style=Qt.PenStyle.DashLine))
        self._ring.setPen(pg.mkPen(look.good, width=2))
        self._ring.setBrush(None)
        for line in self.lines.values():
            self._dress_line(line)
        entries = [Entry(line.label, line.paint(), line.style) for line in self.lines.values()]
        self.legend.show_entries(tuple(entries))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notice when the mouse leaves the plot."""
        if event.type() == QEvent.Type.Leave:
            self.pointed.emit(None)
        return super().eventFilter(watched, event)

    def _dress_line(self, line: Line) -> None:
        colour = line.paint()
        wide = {"band": 1.0, "line": 1.8, "points": 1.2, "dashed": 1.5}[line.style]
        style = Qt.PenStyle.DashLine if line.style == "dashed" else Qt.PenStyle.SolidLine
        self._curves[line.name].setPen(pg.mkPen(colour, width=wide, style=style))
        if line.name in self._marks:
            self._marks[line.name].setPen(pg.mkPen(theme.current().surface, width=1))
            self._marks[line.name].setBrush(pg.mkBrush(colour))

    def _add_crosshair(self) -> None:
        self._cross = pg.InfiniteLine(angle=90, movable=False)
        self._best = pg.InfiniteLine(angle=90, movable=False)
        self._ring = pg.ScatterPlotItem(size=13, pxMode=True)
        for depth, item in ((-1, self._best), (90, self._ring), (100, self._cross)):
            item.setZValue(depth)
            item.setVisible(False)
            self.plot.addItem(item, ignoreBounds=True)

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(theme.SPACE, 4, 0, 0)
        head.addWidget(self.title)
        head.addWidget(self.legend, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(self.plot, 1)

    def _on_moved(self) -> None:
        low, high = self.view.viewRange()[0]
        self._x_range = (low, high)
        self.moved.emit(low, high)

    def _on_mouse(self, place: QPointF) -> None:
        if self.view.sceneBoundingRect().contains(place):
            self.pointed.emit(float(self.view.mapSceneToView(place).x()))
        else:
            self.pointed.emit(None)
