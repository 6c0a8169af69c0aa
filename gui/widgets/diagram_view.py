"""A network as a diagram that can be pointed at."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from engine.inspection.columns import Column
from gui.widgets.diagram_layout import NEAR, DiagramLayout
from gui.widgets.diagram_paint import paint_scene
from gui.widgets.diagram_scene import Scene, Spot
from gui.widgets.painted import PaintedWidget
from gui.widgets.wording import percent

HELP = (
    "The network for the present drawing: its activations column by column, orange positive and blue negative, and "
    "the strongest connections, weight times activation. Point at a unit to see what it is connected to; click it to "
    "look closer. The wheel, or Page up and down, brings other units of a column into view; the arrow keys move "
    "from unit to unit, Enter opens one."
)


class DiagramView(PaintedWidget):
    """Paints a scene: columns of units with lines between them.

    Signals
    -------
    pointed : (Spot or None,)
        The unit or pixel under the mouse or the keyboard's cursor.
    at_column : (int or None,)
        The column under the mouse.
    selected : (Spot,)
        The unit that was clicked, or opened with Enter.
    scrolled : (int, int)
        A column, and by how many of its units it is scrolled on.
    resized : ()
        There is another room for units.
    """

    pointed = Signal(object)
    at_column = Signal(object)
    selected = Signal(object)
    scrolled = Signal(int, int)
    resized = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scene: Scene | None = None
        self._columns: Sequence[Column] = ()
        self._layout: DiagramLayout | None = None
        self._boxes: dict[Spot, QRectF] = {}
        self._spot: Spot | None = None
        self._column: int | None = None
        self._turned = 0
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("The network")
        self.setWhatsThis(HELP)

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Make room for the columns of another network."""
        self._columns, self._scene, self._spot, self._column = columns, None, None, None
        self._arrange()
        self.updateGeometry()

    @property
    def scene(self) -> Scene | None:
        """What is shown."""
        return self._scene

    @property
    def capacities(self) -> list[int]:
        """How many units of each column can be in view at once."""
        return [] if self._layout is None else [self._layout.capacity(n) for n in range(len(self._columns))]

    def box(self, spot: Spot) -> QRectF | None:
        """Return where a unit in view is drawn."""
        return self._boxes.get(spot)

    def show_scene(self, scene: Scene) -> None:
        """Show another moment of the network whose columns are known."""
        self._scene = scene
        self._place()
        self.update()

    def minimumSizeHint(self) -> QSize:
        """Return the least size in which every column has room."""
        return QSize(round(DiagramLayout.least_width(self._columns)) if self._columns else 200, 200)

    # --- places -------------------------------------------------------------------------------------------

    def _arrange(self) -> None:
        self._layout = DiagramLayout(self._columns, QSizeF(self.size())) if self._columns else None
        self._place()

    def _place(self) -> None:
        self._boxes = {}
        if self._scene is None or self._layout is None:
            return
        for index, view in enumerate(self._scene.columns[1:], start=1):
            for unit, box in zip(view.units.tolist(), self._layout.boxes(index, len(view.units)), strict=True):
                self._boxes[index, unit] = box

    def _at(self, place: QPointF) -> Spot | None:
        """Return the unit or pixel at a place."""
        if self._scene is None or self._layout is None:
            return None
        pixel = self._layout.pixel_at(place) if self._scene.image is not None else None
        if pixel is not None:
            return 0, pixel
        near = (spot for spot, box in self._boxes.items() if self._reach(spot, box).contains(place))
        return next(near, None)

    def _answer(self, spot: Spot) -> str:
        """Return name and share of an output unit, whose name may have had no room."""
        scene = self._scene
        if scene is None or spot[0] != len(scene.columns) - 1:
            return ""
        share = "" if scene.shares is None else f": {percent(float(scene.shares[spot[1]]))}"
        return f"{scene.names[spot[1]]}{share}. "

    def _reach(self, spot: Spot, box: QRectF) -> QRectF:
        """Return where the mouse points at a unit: an output's words belong to it."""
        reach = box.adjusted(-NEAR, -1.5, NEAR, 1.5)
        if self._layout is not None and spot[0] == len(self._columns) - 1:
            reach.setRight(self._layout.area(spot[0]).right() + NEAR)
        return reach

    # --- events -------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the scene."""
        if self._scene is not None and self._layout is not None:
            with QPainter(self) as painter:
                paint_scene(painter, self._scene, self._layout, self._boxes)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Use the new room."""
        self._arrange()
        self.resized.emit()

    def words_at(self, place: QPointF) -> str:
        """Return what to do with what is at a place."""
        spot = self._at(place)
        if spot is not None:
            return "" if spot[0] == 0 else f"{self._answer(spot)}Click to look closer."
        column = None if self._layout is None else self._layout.column_at(place)
        if column is None or self._scene is None:
            return ""
        view = self._scene.columns[column]
        more = column and len(view.units) < view.column.units
        return "Turn the wheel to bring other units into view." if more else ""

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell what the mouse is on."""
        self._point(self._at(event.position()))
        column = None if self._layout is None else self._layout.column_at(event.position())
        if column != self._column:
            self._column = column
            self.at_column.emit(column)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Open the unit under the mouse."""
        spot = self._at(event.position())
        if spot is not None and spot[0] and event.button() == Qt.MouseButton.LeftButton:
            self.selected.emit(spot)

    def leaveEvent(self, event: QEvent) -> None:
        """Forget the mouse."""
        self._point(None)
        self._column = None
        self.at_column.emit(None)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Forget the keyboard's cursor."""
        super().focusOutEvent(event)
        if not self.underMouse():
            self._point(None)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll a column of which not all units are in view; elsewhere whatever this lies in."""
        column = None if self._layout is None else self._layout.column_at(event.position())
        if column is None or not self._has_more(column):
            event.ignore()
            return
        self._turned -= event.angleDelta().y()
        notches = int(self._turned / 120)
        self._turned -= notches * 120
        if notches:
            self.scrolled.emit(column, notches * max(self.capacities[column] // 4, 1))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move from unit to unit, scroll the column, or open a unit."""
        key = event.key()
        if self._spot is not None and self._spot[0] and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.selected.emit(self._spot)
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown) and self._spot is not None:
            column = self._spot[0]
            if self._has_more(column):
                self.scrolled.emit(column, self.capacities[column] * (1 if key == Qt.Key.Key_PageDown else -1))
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._step(Qt.Key(key))
        else:
            super().keyPressEvent(event)

    def _has_more(self, column: int) -> bool:
        view = self._scene.columns[column] if self._scene is not None else None
        return view is not None and column > 0 and len(view.units) < view.column.units

    def _step(self, key: Qt.Key) -> None:
        """Move the cursor up or down in its column, or to the nearest unit of the column beside it."""
        if self._scene is None or not self._boxes:
            return
        here = self._spot if self._spot in self._boxes else (self._scene.selected or next(iter(self._boxes)))
        if here not in self._boxes or self._spot is None:
            self._point(here if here in self._boxes else next(iter(self._boxes)))
            return
        column = here[0] + {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(key, 0)
        spots = [spot for spot in self._boxes if spot[0] == column]
        if column == here[0]:
            place = spots.index(here) + (1 if key == Qt.Key.Key_Down else -1)
            self._point(spots[min(max(place, 0), len(spots) - 1)])
        elif spots:
            height = self._boxes[here].center().y()
            self._point(min(spots, key=lambda spot: abs(self._boxes[spot].center().y() - height)))

    def _point(self, spot: Spot | None) -> None:
        if spot != self._spot:
            self._spot = spot
            clickable = spot is not None and spot[0]
            self.setCursor(Qt.CursorShape.PointingHandCursor if clickable else Qt.CursorShape.ArrowCursor)
            self.pointed.emit(spot)
