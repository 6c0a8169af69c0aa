"""The pad: white strokes on black, by mouse, finger or pen."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QCursor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QMouseEvent,
    QPainter,
    QPen,
    QPixmap,
    QPointingDevice,
    QResizeEvent,
    QTabletEvent,
    QTouchEvent,
    QUndoCommand,
    QUndoStack,
)
from PySide6.QtWidgets import QWidget

from gui.widgets.canvas import HINT_COLOUR, Canvas
from gui.widgets.drawing import Drawing, smooth
from gui.widgets.given_picture import picture_in

ERASER_WIDTH = 0.14


class Change(QUndoCommand):
    """One thing done on the pad: it remembers the drawing before and after."""

    def __init__(self, pad: Pad, before: Drawing, after: Drawing, name: str) -> None:
        super().__init__(name)
        self._pad, self._before, self._after = pad, before, after

    def undo(self) -> None:
        """Bring back the drawing before."""
        self._pad.restore(self._before)

    def redo(self) -> None:
        """Bring back the drawing after; also called when the change is made."""
        self._pad.restore(self._after)


class Pad(Canvas):
    """A black square to draw on.

    Parameters
    ----------
    undo_stack : QUndoStack
        Takes a command for every stroke, erasure, clearing and image.

    Signals
    -------
    changed : ()
        The drawing is another one; emitted at every move of the pen, the unfinished stroke included.
    picture_given : (Path or QImage,)
        Somebody dropped a picture here.
    """

    picture_given = Signal(object)

    def __init__(self, undo_stack: QUndoStack, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.hint = "Draw a digit from 0 to 9 here."
        self._undo_stack = undo_stack
        self._before = self.drawing  # as it was when the pen came down
        self._path: list[tuple[float, float]] = []  # where the pen has been since; empty when it is up
        self._erasing = False  # by this gesture
        self._eraser = False  # by choice
        self._finger = -1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents)
        self.setAcceptDrops(True)
        self.setAccessibleName("Drawing pad")
        self.setWhatsThis(
            "Draw here with the mouse, a finger or a pen: the network reads along. The right button or Del clears, "
            "E shows a test image, X takes the eraser. A picture can be dropped or pasted here."
        )
        self._choose_cursor()

    # --- what it shows ------------------------------------------------------------------------------------

    def restore(self, drawing: Drawing) -> None:
        """Show another drawing; a stroke that is being drawn is dropped."""
        self._path = []
        self.show_drawing(drawing)
        self.update()

    def replace(self, drawing: Drawing, name: str) -> None:
        """Show another drawing in a way that can be undone; `name` says what was done."""
        self._end()
        if not (drawing.empty and self.drawing.empty):
            self._undo_stack.push(Change(self, self.drawing, drawing, name))

    def clear(self) -> None:
        """Wipe the pad; this can be undone."""
        self.replace(Drawing(), "clear")

    @property
    def eraser(self) -> bool:
        """Whether the pen erases."""
        return self._eraser

    def set_eraser(self, on: bool) -> None:
        """Choose between pen and eraser."""
        self._eraser = on
        self._choose_cursor()

    def _choose_cursor(self) -> None:
        if not self._eraser:
            self.setCursor(Qt.CursorShape.CrossCursor)
            return
        side = max(8, round(ERASER_WIDTH * self.frame.width()))
        picture = QPixmap(side, side)
        picture.fill(Qt.GlobalColor.transparent)
        with QPainter(picture) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(HINT_COLOUR), 1.5))
            painter.drawEllipse(QRectF(1, 1, side - 2, side - 2))
        self.setCursor(QCursor(picture))

    # --- the pen ------------------------------------------------------------------------------------------

    def _begin(self, position: QPointF, erasing: bool) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self._end()
        self._before, self._erasing = self.drawing, erasing
        self._path = [self._normalised(position)] * 2 if erasing else [self._normalised(position)]
        self._follow()
        # The hint or an image has given way to the stroke.
        self.update()

    def _extend(self, position: QPointF) -> None:
        place = self._normalised(position)
        if self._path and place != self._path[-1]:
            self._path.append(place)
            self._follow()

    def _follow(self) -> None:
        if self._erasing:
            start, end = np.array(self._path[-2:])
            self.show_drawing(self.drawing.erased(start, end, ERASER_WIDTH / 2))
        else:
            self.show_drawing(self._before.with_stroke(smooth(self._path)))
        self._update_end()

    def _end(self) -> None:
        if self._path:
            name = "erasing" if self._erasing else "stroke"
            before, after, self._path = self._before, self.drawing, []
            if after is not before:
                self._undo_stack.push(Change(self, before, after, name))

    def _cancel(self) -> None:
        if self._path:
            self.restore(self._before)

    def _normalised(self, position: QPointF) -> tuple[float, float]:
        """Return a place on the pad, 0 to 1; what lies outside counts as on the edge, or it would be ink unseen."""
        frame = self.frame
        x = (position.x() - frame.left()) / frame.width()
        y = (position.y() - frame.top()) / frame.height()
        return min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)

    def _update_end(self) -> None:
        """Repaint where the pen is: the last points are the only ones that may have moved."""
        frame, last = self.frame, np.array(self._path[-4:])
        reach = ERASER_WIDTH * frame.width()
        low = last.min(axis=0) * frame.width() - reach
        high = last.max(axis=0) * frame.width() + reach
        area = QRectF(QPointF(*low), QPointF(*high)).translated(frame.topLeft())
        whole = self.drawing.empty or self.drawing.image is not None
        self.update(self.rect() if whole else area.toAlignedRect())

    # --- events -------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Put the pen down; the right button clears."""
        if event.button() == Qt.MouseButton.RightButton:
            self.clear()
        elif event.button() == Qt.MouseButton.LeftButton:
            self._begin(event.position(), self._eraser)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Draw on."""
        self._extend(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Lift the pen."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._extend(event.position())
            self._end()

    def tabletEvent(self, event: QTabletEvent) -> None:
        """Draw with a pen; its other end erases."""
        if event.type() == QEvent.Type.TabletPress and event.button() == Qt.MouseButton.LeftButton:
            other_end = event.pointerType() == QPointingDevice.PointerType.Eraser
            self._begin(event.position(), self._eraser or other_end)
        elif event.type() == QEvent.Type.TabletPress:
            self.clear()
        elif event.type() == QEvent.Type.TabletMove:
            self._extend(event.position())
        elif event.type() == QEvent.Type.TabletRelease:
            self._end()
        event.accept()

    def event(self, event: QEvent) -> bool:
        """Take touches, which have no handler of their own."""
        return self._touch(event) if isinstance(event, QTouchEvent) else super().event(event)

    def _touch(self, event: QTouchEvent) -> bool:
        """Draw with the first finger; others are overlooked."""
        event.accept()
        if event.type() == QEvent.Type.TouchBegin:
            self._finger = event.points()[0].id()
            self._begin(event.points()[0].position(), self._eraser)
        elif event.type() == QEvent.Type.TouchCancel:
            self._cancel()
        else:
            for point in event.points():
                if point.id() == self._finger:
                    self._extend(point.position())
            if event.type() == QEvent.Type.TouchEnd:
                self._end()
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

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the eraser grow with the pad."""
        super().resizeEvent(event)
        self._choose_cursor()
