"""Images as points of a plane, one colour per class; the wheel zooms, dragging moves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainterPath, QPen, QResizeEvent
from PySide6.QtWidgets import QGraphicsPathItem, QWidget

from engine.datasets.dataset import CLASSES
from gui import theme
from gui.widgets.map_badges import Badge, middles, spread
from gui.widgets.map_colors import class_colours

Points = NDArray[np.float32]
DOT, RING, REACH = 6.0, 9.0, 10.0
DIM = 0.12
# Where more than this share is read wrong, rings are faint: they would hide everything else.
MANY_WRONG, FAINT = 0.2, 0.3
AIR, FILLED = 0.06, 0.7
STEP, ZOOM = 0.1, 0.8
HELP = (
    "Every point is a test digit in the colour of its true class; alike ones lie side by side. Point at one to see it, "
    "click it to put it on the pad. The wheel zooms, dragging moves, a double click or Home shows everything."
)


class MapView(pg.GraphicsView):
    """Points, rings around those that were read wrong, names of the classes, and a star for the drawing.

    Signals
    -------
    pointed : (int or None,)
        The point under the mouse.
    clicked : (int,)
        The point that was clicked.

    Attributes
    ----------
    points : ndarray of shape (n, 2), float32
        What is shown.
    """

    pointed = Signal(object)
    clicked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.points: Points = np.empty((0, 2), np.float32)
        self.labels: NDArray[np.uint8] = np.empty(0, np.uint8)
        self.names: Sequence[str] = ()
        self.hovered: int | None = None
        self.class_shown: int | None = None
        self.box = pg.ViewBox(lockAspect=True, enableMenu=False)
        self.setCentralItem(self.box)
        self._ringed = 0.0  # the share of points with rings
        self._fits = True  # whether everything is in view, and stays so
        self._frame = QRectF()
        self._middles = np.full((CLASSES, 2), np.nan)
        self._add_items()
        self.setMinimumSize(200, 160)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Map of the test digits")
        self.setWhatsThis(HELP)
        self.box.sigRangeChangedManually.connect(self._on_moved)
        self.box.sigRangeChanged.connect(self._place_badges)
        self.sceneObj.sigMouseClicked.connect(self._on_clicked)
        theme.switch().changed.connect(self.dress)
        self.dress()

    def _add_items(self) -> None:
        self._dots = [pg.ScatterPlotItem(size=DOT, pen=None, pxMode=True) for _ in range(CLASSES)]
        self._rings, self._mark = (pg.ScatterPlotItem(size=size, brush=None, pxMode=True) for size in (RING, 14.0))
        self._badges = [Badge(number) for number in range(CLASSES)]
        self._star = QGraphicsPathItem(_star(11.0, 4.6))
        self._star.setFlag(QGraphicsPathItem.GraphicsItemFlag.ItemIgnoresTransformations)
        self._star.hide()
        for depth, item in enumerate((*self._dots, self._rings, self._mark, self._star)):
            item.setZValue(100 if item is self._star else depth)
            self.box.addItem(item, ignoreBounds=True)
        for badge in self._badges:
            badge.hide()
            self.box.addItem(badge, ignoreBounds=True)

    # --- what is shown ------------------------------------------------------------------------------------

    def show_points(self, points: Points, labels: NDArray[Any], wrong: NDArray[np.bool_], names: Sequence[str]) -> None:
        """Show n points.

        Parameters
        ----------
        points : ndarray of shape (n, 2), float32
        labels : ndarray of shape (n,), int
            The class of each.
        wrong : ndarray of shape (n,), bool
            Which were read wrong.
        names : sequence of str
            One name per class.
        """
        self.points, self.labels = points, labels
        for number, dots in enumerate(self._dots):
            own = points[labels == number]
            dots.setData(own[:, 0], own[:, 1])
        bad = points[wrong]
        self._rings.setData(bad[:, 0], bad[:, 1])
        self._ringed = len(bad) / max(len(points), 1)
        self._show_rings()
        self._middles = middles(points, labels, CLASSES)
        if tuple(names) != tuple(self.names):
            self.names = tuple(names)
            for badge, name in zip(self._badges, names, strict=True):
                badge.show_name(name)
        if self._fits:
            self._fit()
        self._place_badges()
        self._mark_hovered(self.hovered if self.hovered is not None and self.hovered < len(points) else None)

    def show_drawing(self, place: Points | None) -> None:
        """Show where the drawing lies, of shape (2,), or that there is none."""
        self._star.setVisible(place is not None)
        if place is not None:
            self._star.setPos(float(place[0]), float(place[1]))

    @property
    def drawing_place(self) -> QPointF | None:
        """Where the drawing lies, if it is shown."""
        return self._star.pos() if self._star.isVisible() else None

    def highlight(self, number: int | None) -> None:
        """Let one class stand out, or none."""
        self.class_shown = number
        for other, (dots, badge) in enumerate(zip(self._dots, self._badges, strict=True)):
            faint = number is not None and other != number
            dots.setOpacity(DIM if faint else 1.0)
            badge.setOpacity(DIM if faint else 1.0)
            dots.setZValue(CLASSES if other == number else other)
        self._show_rings()

    def _show_rings(self) -> None:
        usual = FAINT if self._ringed > MANY_WRONG else 1.0
        self._rings.setOpacity(usual if self.class_shown is None else DIM)

    def show_everything(self) -> None:
        """Bring all points into view, and keep them there."""
        self._fits, self._frame = True, QRectF()
        self._fit()

    def _fit(self) -> None:
        """Choose what is in view; it stays as long as the points fill most of it, so that they move, not the ground."""
        if not len(self.points):
            return
        low, high = self.points.min(axis=0), self.points.max(axis=0)
        size = np.maximum(high - low, 1e-6 + 1e-3 * float((high - low).max()))
        tight = QRectF(float(low[0]), float(low[1]), float(size[0]), float(size[1]))
        filled = max(tight.width() / max(self._frame.width(), 1e-12), tight.height() / max(self._frame.height(), 1e-12))
        if not self._frame.contains(tight) or filled < FILLED:
            dx, dy = AIR * tight.width(), AIR * tight.height()
            self._frame = tight.adjusted(-dx, -dy, dx, dy)
        self.box.setRange(self._frame, padding=0)

    def _place_badges(self, *_range: Any) -> None:
        """Put the names into the middles of their classes, as far apart as they need."""
        across, up = (float(size) or 1.0 for size in self.box.viewPixelSize())
        scale = np.array([across, -up])
        places = spread(self._middles / scale, [badge.width for badge in self._badges]) * scale
        for badge, place in zip(self._badges, places, strict=True):
            badge.setVisible(bool(np.isfinite(place).all()))
            if badge.isVisible():
                badge.setPos(float(place[0]), float(place[1]))

    def dress(self) -> None:
        """Put on the colours of the theme."""
        look = theme.current()
        self.setBackground(QColor(look.surface))
        for dots, colour in zip(self._dots, class_colours(look), strict=True):
            dots.setBrush(QColor(colour))
        self._rings.setPen(pg.mkPen(look.text, width=1.2))
        self._mark.setPen(pg.mkPen(look.accent, width=2.5))
        self._star.setPen(QPen(QColor(look.surface), 2))
        self._star.setBrush(QColor(look.accent))
        for badge in self._badges:
            badge.dress()

    # --- events -------------------------------------------------------------------------------------------

    def nearest(self, place: QPointF) -> int | None:
        """Return the point nearest to a place of the widget, in pixels, if it is near enough to be meant."""
        if not len(self.points):
            return None
        there = self.box.mapSceneToView(self.mapToScene(place.toPoint()))
        across, up = self.box.viewPixelSize()
        x, y = (self.points[:, 0] - there.x()) / (across or 1.0), (self.points[:, 1] - there.y()) / (up or 1.0)
        distance = np.hypot(x, y)
        if self.class_shown is not None:  # only what stands out can be meant
            distance[self.labels != self.class_shown] = np.inf
        found = int(distance.argmin())
        return found if distance[found] <= REACH else None

    def place_of(self, index: int) -> QPointF:
        """Return where a point is, in pixels of the widget."""
        x, y = (float(value) for value in self.points[index])
        return QPointF(self.mapFromScene(self.box.mapViewToScene(QPointF(x, y))))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell which point is under the mouse."""
        super().mouseMoveEvent(event)
        self._point_at(self.nearest(event.position()) if not event.buttons() else None)

    def leaveEvent(self, event: QEvent) -> None:
        """Point at nothing."""
        super().leaveEvent(event)
        self._point_at(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move with the arrows, zoom with + and −, show everything with Home."""
        (left, right), (low, high) = self.box.viewRange()
        across, up = STEP * (right - left), STEP * (high - low)
        moves = {
            Qt.Key.Key_Left: (-across, 0.0),
            Qt.Key.Key_Right: (across, 0.0),
            Qt.Key.Key_Up: (0.0, up),
            Qt.Key.Key_Down: (0.0, -up),
        }
        scales = {Qt.Key.Key_Plus: ZOOM, Qt.Key.Key_Equal: ZOOM, Qt.Key.Key_Minus: 1 / ZOOM}
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Home:
            self.show_everything()
        elif key in moves or key in scales:
            self._fits = False
            if key in moves:
                self.box.translateBy(moves[key])
            else:
                self.box.scaleBy((scales[key], scales[key]))
        else:
            event.ignore()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Use the new room."""
        super().resizeEvent(event)
        if event is not None and self._fits:
            self._fit()

    def _point_at(self, index: int | None) -> None:
        if index != self.hovered:
            self._mark_hovered(index)
            self.pointed.emit(index)

    def _mark_hovered(self, index: int | None) -> None:
        self.hovered = index
        chosen = self.points[index : index + 1] if index is not None else self.points[:0]
        self._mark.setData(chosen[:, 0], chosen[:, 1])

    def _on_moved(self, *_axes: Any) -> None:
        self._fits = False

    def _on_clicked(self, event: Any) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if event.double():
            self.show_everything()
        elif (index := self.nearest(QPointF(self.mapFromScene(event.scenePos())))) is not None:
            self.clicked.emit(index)


def _star(outer: float, inner: float) -> QPainterPath:
    """Return a star of five points around (0, 0)."""
    angles = -np.pi / 2 + np.pi / 5 * np.arange(10)
    radii = np.where(np.arange(10) % 2 == 0, outer, inner)
    path = QPainterPath()
    corners = [QPointF(x, y) for x, y in zip(radii * np.cos(angles), radii * np.sin(angles), strict=True)]
    path.addPolygon([*corners, corners[0]])
    return path
