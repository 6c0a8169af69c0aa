"""Any setting of an experiment against any score: a point per run, and a line through the means."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from gui import theme
from gui.widgets.experiment_points import Points, Scale
from gui.widgets.figures import placeholder
from gui.widgets.legend import Entry, Legend
from gui.widgets.plot_parts import ACROSS, UPRIGHT
from gui.widgets.tints import mix

POINT, RING = 8, 14
# A click this many pixels beside a point is still meant for it.
NEAR = 14
WORD = 96
EMPTY = "Nothing to draw yet: no run that is done has this score."


class ExperimentPlot(QWidget):
    """A scatter plot that stands still: hovering reads a point, a click chooses it, a double click opens it.

    Signals
    -------
    pointed : (int or None,)
        The number of the run under the mouse.
    chosen, opened : (int,)
        The number of the run that was clicked, or double-clicked.
    """

    pointed = Signal(object)
    chosen = Signal(int)
    opened = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.points: Points | None = None
        self._chosen: frozenset[int] = frozenset()
        self.legend, self.canvas, self._empty = Legend(), _Canvas(), placeholder(EMPTY)
        self._lines: list[pg.PlotDataItem] = []
        self._marks, self._rings, self._theirs = (pg.ScatterPlotItem(antialias=True) for _ in range(3))
        for depth, item in enumerate((self._theirs, self._marks, self._rings)):
            item.setZValue(20 + depth)
            self.canvas.addItem(item)
        self.canvas.moved.connect(self._on_moved)
        self.canvas.pressed.connect(self._on_pressed)
        self.canvas.double_pressed.connect(self._on_double)
        self.canvas.resized.connect(self._lay)
        theme.switch().changed.connect(self.dress)
        self._arrange()
        self.dress()

    def show_points(self, points: Points, across: str, upright: str) -> None:
        """Show other points, and what the axes are called."""
        self.points = points
        for side, name in (("bottom", across), ("left", upright)):
            self.canvas.getAxis(side).setLabel(name)
        self.canvas.setAccessibleName(f"{upright} against {across}: {len(points.entries)} runs")
        seen = len(points.entries) or len(points.theirs[0])
        self._stack.setCurrentWidget(self.canvas if seen else self._empty)
        self._draw()

    def show_chosen(self, numbers: Collection[int]) -> None:
        """Draw a ring around the points of some runs."""
        self._chosen = frozenset(numbers)
        self._ring()

    # --- drawing ------------------------------------------------------------------------------------------

    def dress(self) -> None:
        """Put on the colours of the theme."""
        look = theme.current()
        self.canvas.setBackground(look.surface)
        for side in ("bottom", "left"):
            axis = self.canvas.getAxis(side)
            axis.setPen(QColor(look.line))
            axis.setTextPen(QColor(look.muted))
            axis.setTickPen(QColor(mix(look.surface, look.line, 0.35 if look.name == "dark" else 0.55)))
            axis.label.setFont(theme.font(8.5))
        self._draw()

    def _draw(self) -> None:
        for line in self._lines:
            self.canvas.removeItem(line)
        self._lines = []
        if self.points is None:
            return
        look = theme.current()
        colours = [QColor(look.series[n % len(look.series)]) for n in range(len(self.points.names))]
        brushes = [pg.mkBrush(colour) for colour in colours]
        edge = pg.mkPen(QColor(look.surface), width=1)
        chosen = [brushes[number] for number in self.points.series]
        self._marks.setData(x=self.points.x, y=self.points.y, size=POINT, brush=chosen or brushes[0], pen=edge)
        for (x, y), colour in zip(self.points.lines, colours, strict=True):
            self._lines.append(
                self.canvas.plot(x, y, pen=pg.mkPen(colour, width=1.6), antialias=True, connect="finite")
            )
        x, y = self.points.theirs
        thin = pg.mkPen(QColor(look.muted), width=1.5)
        self._theirs.setData(x=x, y=y, size=POINT + 2, symbol="d", brush=pg.mkBrush(None), pen=thin)
        self._explain(colours)
        self._ring()
        self._lay()

    def _explain(self, colours: list[QColor]) -> None:
        """Say in the legend what colours and marks mean, where they mean anything."""
        assert self.points is not None
        keys = zip(self.points.names, colours, strict=True)
        entries = [Entry(name, colour.name(), "points") for name, colour in keys if name]
        if len(self.points.theirs[0]):
            ours = [] if entries else [Entry("ours", colours[0].name(), "points")]
            entries = [*ours, *entries, Entry("◇ theirs", theme.current().window)]
        self.legend.show_entries(tuple(entries))
        self.legend.setVisible(bool(entries))

    def _ring(self) -> None:
        points = self.points
        at = [n for n, entry in enumerate(points.entries) if entry.number in self._chosen] if points else []
        x, y = (points.x[at], points.y[at]) if points is not None else (np.empty(0), np.empty(0))
        ring = pg.mkPen(QColor(theme.current().text), width=2)
        self._rings.setData(x=x, y=y, size=RING, brush=pg.mkBrush(None), pen=ring)

    def _lay(self) -> None:
        """Bring everything into view, with numbers that suit the room."""
        if self.points is None:
            return
        across, upright = self.points.across, self.points.upright
        self.canvas.setRange(xRange=(across.low, across.high), yRange=(upright.low, upright.high), padding=0)
        wide = WORD if across.kind == "words" else ACROSS
        for side, scale, room in (
            ("bottom", across, self.canvas.width() / wide),
            ("left", upright, self.canvas.height() / UPRIGHT),
        ):
            self.canvas.getAxis(side).setTicks([_inside(scale, room)])

    # --- the mouse ----------------------------------------------------------------------------------------

    def number_at(self, place: QPointF) -> int | None:
        """Return the number of the run whose point is at a place of the canvas; None if there is none."""
        if self.points is None or not len(self.points.x):
            return None
        box = self.canvas.plotItem.vb
        here = box.mapSceneToView(place)
        found = self.points.nearest(here.x(), here.y())
        assert found is not None
        there = box.mapViewToScene(QPointF(self.points.x[found], self.points.y[found]))
        far = there - place
        return self.points.entries[found].number if far.manhattanLength() <= NEAR else None

    def _on_moved(self, place: QPointF | None) -> None:
        number = None if place is None else self.number_at(place)
        self.canvas.setCursor(Qt.CursorShape.ArrowCursor if number is None else Qt.CursorShape.PointingHandCursor)
        self.pointed.emit(number)

    def _on_pressed(self, place: QPointF) -> None:
        if (number := self.number_at(place)) is not None:
            self.chosen.emit(number)

    def _on_double(self, place: QPointF) -> None:
        if (number := self.number_at(place)) is not None:
            self.opened.emit(number)

    def _arrange(self) -> None:
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self.canvas)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.legend)
        column.addWidget(self._stack, 1)


class _Canvas(pg.PlotWidget):
    """Axes that nobody can move, and where the mouse is on them.

    Signals
    -------
    moved : (QPointF or None,)
        The mouse is here, or nowhere.
    pressed, double_pressed : (QPointF,)
        The left button was pressed here.
    resized : ()
        There is another amount of room.
    """

    moved = Signal(object)
    pressed = Signal(QPointF)
    double_pressed = Signal(QPointF)
    resized = Signal()

    def __init__(self) -> None:
        super().__init__(enableMenu=False)
        self.hideButtons()
        self.setMouseEnabled(False, False)
        self.setMouseTracking(True)
        self.setMinimumSize(160, 100)
        self.setFrameShape(self.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        for side in ("bottom", "left"):
            axis = self.getAxis(side)
            axis.setStyle(tickFont=theme.font(8.5), tickLength=-4)
            axis.enableAutoSIPrefix(False)
            axis.setGrid(255)
            axis.setZValue(-1)  # its grid belongs under the points
        self.getAxis("left").setWidth(58)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Use the new room."""
        super().resizeEvent(event)
        self.resized.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell where the mouse is."""
        self.moved.emit(self.mapToScene(event.position().toPoint()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Tell of a click."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.pressed.emit(self.mapToScene(event.position().toPoint()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Do nothing: there is nothing to let go of."""

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Tell of a double click."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.double_pressed.emit(self.mapToScene(event.position().toPoint()))

    def wheelEvent(self, event: Any) -> None:
        """Leave the wheel to what is around."""
        event.ignore()

    def leaveEvent(self, event: Any) -> None:
        """Tell that the mouse has left."""
        super().leaveEvent(event)
        self.moved.emit(None)


def _inside(scale: Scale, parts: float) -> list[tuple[float, str]]:
    return [(place, text) for place, text in scale.ticks(parts) if scale.low <= place <= scale.high]
