"""What mouse, finger and pen do on the pad, in the words of a pen: put down, moved, lifted."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QInputDevice,
    QMouseEvent,
    QPointingDevice,
    QTabletEvent,
    QTouchEvent,
)
from PySide6.QtWidgets import QWidget

from gui.widgets.canvas import Canvas
from gui.widgets.given_picture import picture_in


class PadInput(Canvas):
    """Listens to every device; whoever inherits from it says what comes of it.

    Signals
    -------
    picture_given : (Path or QImage,)
        Somebody dropped a picture here.
    """

    picture_given = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._finger = -1
        self._by_mouse = False  # whether it is the mouse that draws
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents)
        self.setMouseTracking(True)
        self.setAcceptDrops(True)

    # --- what inheritors do -------------------------------------------------------------------------------

    @property
    def eraser(self) -> bool:
        """Whether the pen erases."""
        raise NotImplementedError

    @property
    def drawing_now(self) -> bool:
        """Whether the pen is on the pad."""
        raise NotImplementedError

    def put_down(self, position: QPointF, erasing: bool, pressure: float | None = None) -> None:
        """Begin a stroke at a place in pixels, with a pressure from 0 to 1 if the pen tells it."""
        raise NotImplementedError

    def move_to(self, position: QPointF, pressure: float | None = None) -> None:
        """Go on with the stroke; nothing if there is none."""
        raise NotImplementedError

    def lift(self) -> None:
        """End the stroke; nothing if there is none."""
        raise NotImplementedError

    def give_up(self) -> None:
        """End the stroke as if it had never been."""
        raise NotImplementedError

    def clear(self) -> None:
        """Wipe the pad."""
        raise NotImplementedError

    def point_at(self, position: QPointF) -> None:
        """Point at a place with the pen up."""
        raise NotImplementedError

    # --- events -------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Put the pen down; the right button clears."""
        if event.button() == Qt.MouseButton.RightButton:
            self.clear()
        elif event.button() == Qt.MouseButton.LeftButton:
            self._by_mouse = True
            self.put_down(event.position(), self.eraser)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Draw on; with the pen up, point at a digit of a number."""
        if self._by_mouse and not event.buttons() & Qt.MouseButton.LeftButton:
            self._by_mouse = False
            self.lift()  # where a dialog came between, the release went to that
        if self._by_mouse:
            self.move_to(event.position())
        else:
            self.point_at(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Lift the pen."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._by_mouse = False
            self.move_to(event.position())
            self.lift()

    def tabletEvent(self, event: QTabletEvent) -> None:
        """Draw with a pen; its other end erases."""
        if event.type() == QEvent.Type.TabletPress and event.button() == Qt.MouseButton.LeftButton:
            other_end = event.pointerType() == QPointingDevice.PointerType.Eraser
            self.put_down(event.position(), self.eraser or other_end, _pressure(event))
        elif event.type() == QEvent.Type.TabletPress:
            self.clear()
        elif event.type() == QEvent.Type.TabletMove:
            self.move_to(event.position(), _pressure(event))
        elif event.type() == QEvent.Type.TabletRelease:
            self.lift()
        event.accept()

    def event(self, event: QEvent) -> bool:
        """Take touches, which have no handler of their own."""
        return self._touch(event) if isinstance(event, QTouchEvent) else super().event(event)

    def _touch(self, event: QTouchEvent) -> bool:
        """Draw with the first finger; others are overlooked."""
        event.accept()
        if event.type() == QEvent.Type.TouchBegin:
            self._finger = event.points()[0].id()
            self.put_down(event.points()[0].position(), self.eraser)
        elif event.type() == QEvent.Type.TouchCancel:
            self.give_up()
        else:
            for point in event.points():
                if point.id() == self._finger:
                    self.move_to(point.position())
            if event.type() == QEvent.Type.TouchEnd:
                self.lift()
        return True

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome pictures; anything else is for the window."""
        if picture_in(event.mimeData()) is None:
            event.ignore()
            return
        self.set_marked(True)
        event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Take the mark of welcome away."""
        self.set_marked(False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Pass a picture on."""
        self.set_marked(False)
        self.picture_given.emit(picture_in(event.mimeData()))
        event.acceptProposedAction()


def _pressure(event: QTabletEvent) -> float | None:
    """Return how hard a pen is pressed, 0 to 1; None where it cannot tell."""
    tells = bool(event.pointingDevice().capabilities() & QInputDevice.Capability.Pressure)
    return min(max(event.pressure(), 0.0), 1.0) if tells else None
