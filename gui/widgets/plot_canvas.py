"""The ground of a plot: axes around an area of curves, a wheel that zooms, and a hand that moves."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QFrame, QGraphicsRectItem, QGraphicsScene, QGraphicsView, QWidget

from gui import theme
from gui.widgets.plot_axes import BOTTOM, LEFT, PlotAxes, Range

Floats = NDArray[np.float64]
# One wheel step changes the width of what is in view by this.
ZOOM = 0.75
WHEEL_STEP = 120
# The smallest part of the whole that can be zoomed to.
SMALLEST = 1e-6
# No line is drawn farther out than this many pixels: farther ones would cost time and look the same.
FAR = 1e6


class PlotCanvas(QGraphicsView):
    """Two axes and an area for curves, zoomed and moved along the horizontal axis alone.

    It holds nothing but Qt's own items, in pixels, and overrides no method that paints. So Qt paints without asking
    Python, and a thread that trains meanwhile need not wait for the interpreter's lock.

    Signals
    -------
    moved : (float, float)
        The user zoomed or moved: what is to be in view now.
    double_clicked : ()
        The user double-clicked.
    pointed : (float or None,)
        Where on the horizontal axis the mouse is; None when it is on no curve.
    resized : ()
        Everything has to be placed anew.

    Attributes
    ----------
    ground : QGraphicsRectItem
        The parent of everything that is drawn between the axes, in pixels of the scene; what is outside is cut off.
    axes : PlotAxes
        Numbers, names and grid.
    area : QRectF
        The place between the axes, in pixels.
    x_range, y_range : tuple of two float
        What is in view.
    """

    moved = Signal(float, float)
    double_clicked = Signal()
    pointed = Signal(object)
    resized = Signal()

    def __init__(self, across: str, upright: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.x_range: Range = (0.0, 1.0)
        self.y_range: Range = (0.0, 1.0)
        self.area = QRectF(0, 0, 1, 1)
        self._last = math.inf
        self._held: tuple[float, Range] | None = None
        scene = QGraphicsScene(self)
        scene.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)  # few items, which change all the time
        self.setScene(scene)
        self.axes = PlotAxes(scene, across, upright)
        self.ground = QGraphicsRectItem()
        self.ground.setPen(Qt.PenStyle.NoPen)
        self.ground.setFlag(QGraphicsRectItem.GraphicsItemFlag.ItemClipsChildrenToShape)
        scene.addItem(self.ground)
        self._set_up()

    def _set_up(self) -> None:
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        # Finding out which parts changed costs more than painting all of them.
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.FullViewportUpdate)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(160, 90)

    def dress(self) -> None:
        """Put on the colours of the theme."""
        self.setBackgroundBrush(QColor(theme.current().surface))
        self.axes.dress()
        self.lay()

    # --- what is in view ----------------------------------------------------------------------------------

    def limit(self, last: float) -> None:
        """Let nobody move beyond `last`."""
        self._last = last

    def show_range(self, x_range: Range, y_range: Range) -> None:
        """Bring other ranges into view."""
        self.x_range, self.y_range = x_range, y_range
        self.lay()

    def lay(self) -> None:
        """Draw the axes anew."""
        self.axes.lay(self.area, self.x_range, self.y_range)

    def places(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Return points of shape (n,) in pixels."""
        (left, right), (low, high) = self.x_range, self.y_range
        x = self.area.left() + (x - left) * (self.area.width() / (right - left))
        y = self.area.bottom() - (y - low) * (self.area.height() / (high - low))
        return np.clip(x, -FAR, FAR), np.clip(y, -FAR, FAR)

    def place(self, x: float, y: float) -> QPointF:
        """Return one point in pixels."""
        across, upright = self.places(np.array([x]), np.array([y]))
        return QPointF(float(across[0]), float(upright[0]))

    def epoch_at(self, x: float) -> float:
        """Return what a pixel stands for on the horizontal axis."""
        low, high = self.x_range
        return low + (x - self.area.left()) / self.area.width() * (high - low)

    # --- events -------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Use the new room."""
        super().resizeEvent(event)
        width, height = event.size().width(), event.size().height()
        self.scene().setSceneRect(0, 0, width, height)
        # The middles of pixels, so that the axes are sharp.
        right, bottom = max(width - int(1.5 * theme.SPACE), LEFT + 1), max(height - BOTTOM, theme.SPACE + 1)
        self.area = QRectF(QPointF(LEFT + 0.5, theme.SPACE + 0.5), QPointF(right - 0.5, bottom - 0.5))
        self.ground.setRect(self.area)
        self.lay()
        self.resized.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom around the mouse."""
        factor = ZOOM ** (event.angleDelta().y() / WHEEL_STEP)
        (low, high), middle = self.x_range, self.epoch_at(event.position().x())
        self._move(middle - (middle - low) * factor, middle + (high - middle) * factor)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the curves."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._held = event.position().x(), self.x_range

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move what is held, or tell what is pointed at."""
        place = event.position()
        if self._held is not None:
            begun, (low, high) = self._held
            shift = (begun - place.x()) / self.area.width() * (high - low)
            shift = min(max(shift, -low), max(self._last - high, 0.0))
            self._move(low + shift, high + shift)
        self.pointed.emit(self.epoch_at(place.x()) if self.area.contains(place) else None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._held = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Tell of it."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.double_clicked.emit()

    def leaveEvent(self, event: QEvent) -> None:
        """Tell that the mouse is on no curve."""
        super().leaveEvent(event)
        self.pointed.emit(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave the keys to whom the plot belongs: there is nothing to scroll here."""
        event.ignore()

    def _move(self, low: float, high: float) -> None:
        """Ask for another part to be in view, if there is anything there."""
        low, high = max(low, 0.0), min(high, self._last)
        if high - low >= min(self._last, high) * SMALLEST and (low, high) != self.x_range:
            self.moved.emit(low, high)
