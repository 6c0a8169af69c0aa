"""What the views of a layer have in common: units that are pointed at, selected, scrolled to."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from gui import theme
from gui.widgets.unit_shape import UnitShape
from gui.widgets.weight_colors import to_bytes

Array = NDArray[Any]


class UnitView(QAbstractScrollArea):
    """A scrolled view of units, of which the part that can be seen is drawn as one picture.

    Signals
    -------
    pointed : (int or None, int or None)
        The unit under the mouse, and which of its numbers is there; None for neither.
    selected : (int,)
        The unit that was clicked or reached with the keys.
    """

    pointed = Signal(object, object)
    selected = Signal(int)

    def __init__(self, name: str, help: str, parent: QWidget | None = None) -> None:  # noqa: A002
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        self.setWhatsThis(help)
        self.viewport().setMouseTracking(True)
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)
        self.viewport().installEventFilter(self)
        self.values: Array = np.zeros((1, 1), np.float32)
        self.shape = UnitShape(1, 1)
        self.limits: Array | float = 1.0
        self.order = np.zeros(1, np.intp)
        self.selection = 0
        self.hovered: int | None = None
        theme.switch().changed.connect(self.refresh)

    # --- to be told by the kinds of view ------------------------------------------------------------------

    def refresh(self) -> None:
        """Draw the picture anew."""
        raise NotImplementedError

    def arrange(self) -> None:
        """Fit sizes and scroll bars to the numbers and to the room there is."""
        raise NotImplementedError

    def at(self, place: QPoint) -> tuple[int | None, int | None]:
        """Return the unit and which of its numbers is at a place in the viewport."""
        raise NotImplementedError

    def rectangle(self, unit: int) -> QRect:
        """Return where in the viewport a unit is drawn."""
        raise NotImplementedError

    @property
    def columns(self) -> int:
        """How many units a step up or down passes."""
        raise NotImplementedError

    # --- what is shown ------------------------------------------------------------------------------------

    def show_values(
        self, values: Array, limits: Array | float, order: NDArray[np.intp], shape: UnitShape | None = None
    ) -> None:
        """Show numbers of shape (numbers, units): weights, or feature maps.

        Parameters
        ----------
        values : ndarray
            It is read now, and again when this view is scrolled.
        limits : ndarray of shape (units,), or float
            The number at which the colour is full, above 0.
        order : ndarray of shape (units,)
            The units in the order in which they are drawn.
        shape : UnitShape, optional
            How the numbers of a unit lie in a picture; a row if it is not said.
        """
        shape = shape or UnitShape(1, 1, len(values))
        same = (values.shape, shape) == (self.values.shape, self.shape)
        self.values, self.limits, self.order, self.shape = values, limits, order, shape
        if not same:
            self.hovered = None
            self.select(min(self.selection, len(order) - 1))
            self.arrange()
        self.refresh()

    def index(self, unit: int) -> int:
        """Return at which place in the order a unit is drawn; 0 for one that is not."""
        found = np.flatnonzero(self.order == unit)
        return int(found[0]) if len(found) else 0

    def colored(self, numbers: slice, units: NDArray[np.intp]) -> NDArray[np.uint8]:
        """Return some numbers as the bytes of their colours, of shape (numbers, units)."""
        limits = self.limits if isinstance(self.limits, float) else self.limits[units]
        return to_bytes(self.values[numbers, units], limits)

    def select(self, unit: int) -> None:
        """Mark a unit, and bring it into view."""
        self.selection = unit
        self.reveal()
        self.viewport().update()

    def reveal(self) -> None:
        """Scroll so far that the selected unit can be seen."""
        place, room = self.rectangle(self.selection), self.viewport().rect()
        for bar, low, high, size in (
            (self.verticalScrollBar(), place.top(), place.bottom() + 1, room.height()),
            (self.horizontalScrollBar(), place.left(), place.right() + 1, room.width()),
        ):
            if low < 0 or high - low > size:
                bar.setValue(bar.value() + low)
            elif high > size:
                bar.setValue(bar.value() + high - size)

    # --- events -------------------------------------------------------------------------------------------

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Draw another part."""
        self.refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Use the new room."""
        self.arrange()
        self.refresh()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the mouse."""
        if watched is self.viewport():
            if event.type() == QEvent.Type.Leave:
                self._point(None, None)
            elif isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseMove:
                self._point(*self.at(event.position().toPoint()))
            elif isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonPress:
                self._press(event)
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the selection with the arrows, Home, End, Page up and Page down."""
        page = max(self.columns, self.columns * (self.viewport().height() // max(self.rectangle(0).height(), 1)))
        steps: dict[int, int] = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -self.columns,
            Qt.Key.Key_Down: self.columns,
            Qt.Key.Key_PageUp: -page,
            Qt.Key.Key_PageDown: page,
            Qt.Key.Key_Home: -len(self.order),
            Qt.Key.Key_End: len(self.order),
        }
        if event.key() not in steps:
            super().keyPressEvent(event)
            return
        here = self.index(self.selection)
        there = here + steps[event.key()]
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down) and not 0 <= there < len(self.order):
            there = here
        self._choose(int(self.order[min(max(there, 0), len(self.order) - 1)]))

    def _press(self, event: QMouseEvent) -> None:
        unit, _ = self.at(event.position().toPoint())
        if unit is not None and event.button() == Qt.MouseButton.LeftButton:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self._choose(unit)

    def _choose(self, unit: int) -> None:
        self.select(unit)
        self.selected.emit(unit)

    def _point(self, unit: int | None, source: int | None) -> None:
        if unit != self.hovered:
            self.hovered = unit
            self.viewport().update()
        self.pointed.emit(unit, source)
