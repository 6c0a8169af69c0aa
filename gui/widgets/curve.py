"""One line of a plot, made of Qt's own items."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from pyqtgraph.functions import arrayToQPath
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QGraphicsPathItem

from gui import theme
from gui.widgets.legend import Line

Floats = NDArray[np.float64]
Places = Callable[[Floats, Floats], tuple[Floats, Floats]]
# More points than this are a line: marks would touch each other.
MOST_MARKS = 50
MARK_RADIUS = 3.5
WIDTHS = {"band": 1.0, "line": 1.8, "points": 1.2, "dashed": 1.5}


class Curve:
    """A line through points, with marks where its style wants them.

    Parameters
    ----------
    parent : QGraphicsItem
        The item that it is drawn on; its pixels are the line's.
    line : Line
        Name, colour and style.
    depth : int
        What has more of it lies above.

    Attributes
    ----------
    x, y : ndarray of shape (n,)
        The points; what is not finite leaves a gap.
    """

    def __init__(self, parent: QGraphicsItem, line: Line, depth: int) -> None:
        self.line = line
        self.x: Floats = np.empty(0)
        self.y: Floats = np.empty(0)
        self._path = QGraphicsPathItem(parent)
        self._path.setZValue(depth)
        self._marks: QGraphicsPathItem | None = None
        if line.style in ("points", "dashed"):
            self._marks = QGraphicsPathItem(parent)
            self._marks.setZValue(depth + 0.5)
        self.dress()

    @property
    def marked(self) -> bool:
        """Whether its points have marks, as long as they are few."""
        return self._marks is not None

    @property
    def colour(self) -> str:
        """The colour that it is drawn in, as ``#rrggbb``."""
        return self._path.pen().color().name()

    def dress(self) -> None:
        """Put on the colours of the theme."""
        pen = QPen(QColor(self.line.paint()), WIDTHS[self.line.style])
        if self.line.style == "dashed":
            pen.setStyle(Qt.PenStyle.DashLine)
        self._path.setPen(pen)
        if self._marks is not None:
            self._marks.setPen(QPen(QColor(theme.current().surface), 1))
            self._marks.setBrush(QColor(self.line.paint()))

    def place(self, places: Places) -> None:
        """Draw it anew; `places` turns points into pixels."""
        x, y = places(self.x, self.y)
        self._path.setPath(arrayToQPath(x, y, connect="finite"))
        if self._marks is not None:
            finite = np.isfinite(y)
            few = finite if np.count_nonzero(finite) <= MOST_MARKS else np.zeros_like(finite)
            self._marks.setPath(_dots(x[few], y[few]))

    def remove(self) -> None:
        """Take it off the plot."""
        for item in (self._path, self._marks):
            if item is not None and item.scene() is not None:
                item.scene().removeItem(item)


def _dots(x: Floats, y: Floats) -> QPainterPath:
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.WindingFill)
    for place in zip(x.tolist(), y.tolist(), strict=True):
        path.addEllipse(QPointF(*place), MARK_RADIUS, MARK_RADIUS)
    return path
