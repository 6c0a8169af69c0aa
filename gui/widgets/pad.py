"""The pad: white strokes on black, by mouse, finger or pen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QCoreApplication, QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QCursor,
    QHideEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QUndoStack,
)
from PySide6.QtWidgets import QWidget

from gui.widgets.canvas import HINT_COLOUR, SMALLEST, WIDE
from gui.widgets.drawing import Drawing, Points
from gui.widgets.pad_change import Change
from gui.widgets.pad_groups import Group, foot, group_at, paint_groups
from gui.widgets.pad_input import PadInput
from gui.widgets.pad_pen import PenPath
from gui.widgets.pad_replay import Replay

ERASER_WIDTH = 0.14


class Pad(PadInput):
    """A black field to draw on: a square for one digit, or twice as wide for a whole number.

    Parameters
    ----------
    undo_stack : QUndoStack
        Takes a command for every stroke, erasure, clearing and image.

    Signals
    -------
    changed : ()
        The drawing is another one; emitted at every move of the pen, the unfinished stroke included.
    pointed : (int,)
        The mouse is over another group of strokes; -1 for none.
    """

    pointed = Signal(int)

    def __init__(self, undo_stack: QUndoStack, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.hint = "Draw a digit from 0 to 9 here."
        self.groups: tuple[Group, ...] = ()
        self._undo_stack = undo_stack
        self._before = self._base = self.drawing  # as it was when the pen came down, and what the stroke is added to
        self._path = PenPath()
        self._replay = Replay(self)
        self._replay.shown.connect(self._show_replayed)
        self._chosen = self._pointed = -1
        self._erasing = False  # by this gesture
        self._eraser = False  # by choice
        self._afresh = False  # whether the next stroke begins another drawing
        self._compressed = True
        self.setAccessibleName("Drawing pad")
        self.setWhatsThis(
            "Draw here: the answer follows. The right button or Del clears, E shows a test image, X erases, W makes "
            "room for numbers, R draws it again, 0 to 9 say what it is. Drop or paste pictures."
        )
        self._choose_cursor()

    # --- what it shows ------------------------------------------------------------------------------------

    def restore(self, drawing: Drawing) -> None:
        """Show another drawing; a stroke that is being drawn is dropped."""
        self._lift()
        self._replay.drop()
        self._afresh = False
        self.show_drawing(drawing.fitted(self.aspect))
        self.update()

    def replace(self, drawing: Drawing, name: str) -> None:
        """Show another drawing in a way that can be undone; `name` says what was done."""
        self.finish()
        if not (drawing.empty and self.drawing.empty):
            self._undo_stack.push(Change(self, self.drawing, drawing, name))

    def clear(self) -> None:
        """Wipe the pad; this can be undone."""
        self.replace(Drawing(), "clear")

    def finish(self) -> None:
        """Lift the pen, and end a replay with the whole drawing."""
        self.lift()
        self._replay.stop()

    def replay(self) -> None:
        """Let the drawing draw itself again; a pen that comes down ends that."""
        self.finish()
        if self.drawing.strokes:
            self._replay.start(self.drawing)

    @property
    def replaying(self) -> bool:
        """Whether the drawing is drawing itself."""
        return self._replay.running

    @property
    def drawing_now(self) -> bool:
        """Whether the pen is on the pad."""
        return self._path.down

    def begin_afresh(self) -> None:
        """Let the next stroke begin another drawing."""
        self._afresh = True

    def set_wide(self, wide: bool) -> None:
        """Choose between a square for one digit and room for a whole number."""
        self.finish()
        self.aspect = WIDE if wide else 1.0
        self.setMinimumSize(SMALLEST, round(SMALLEST / self.aspect))
        self.show_drawing(self.drawing.fitted(self.aspect))
        self.updateGeometry()
        self.update()

    def show_groups(self, groups: Sequence[Group], chosen: int) -> None:
        """Name groups of strokes at the foot of the pad, one of them marked; none where there is no number."""
        shown = (tuple(groups), chosen)
        if shown != (self.groups, self._chosen):
            self.groups, self._chosen = shown
            self.update(foot(self.frame).adjusted(0, -2, 0, 0).toAlignedRect())

    @property
    def eraser(self) -> bool:
        """Whether the pen erases."""
        return self._eraser

    def set_eraser(self, on: bool) -> None:
        """Choose between pen and eraser."""
        self._eraser = on
        self._choose_cursor()

    def _show_replayed(self, drawing: Drawing) -> None:
        self.show_drawing(drawing)
        self.update()

    def _choose_cursor(self) -> None:
        if not self._eraser:
            self.setCursor(Qt.CursorShape.CrossCursor)
            return
        side = max(8, round(ERASER_WIDTH * self.frame.height()))
        picture = QPixmap(side, side)
        picture.fill(Qt.GlobalColor.transparent)
        with QPainter(picture) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(HINT_COLOUR), 1.5))
            painter.drawEllipse(QRectF(1, 1, side - 2, side - 2))
        self.setCursor(QCursor(picture))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the drawing, and its digits' names if it is a number."""
        super().paintEvent(event)
        if self.groups and not self.drawing.empty:
            with QPainter(self) as painter:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                paint_groups(painter, self.frame, self.groups, self._chosen)

    # --- the pen ------------------------------------------------------------------------------------------

    def put_down(self, position: QPointF, erasing: bool, pressure: float | None = None) -> None:
        """Begin a stroke, or erase."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self.finish()
        self._before, self._erasing = self.drawing, erasing
        self._base = Drawing() if self._afresh and not erasing else self.drawing
        self._compress(False)
        self._path.begin(self._normalised(position), self._base, pressure)
        self._follow()
        # The hint or an image has given way to the stroke.
        self.update()

    def move_to(self, position: QPointF, pressure: float | None = None) -> None:
        """Go on with the stroke."""
        if self._path.extend(self._normalised(position), pressure):
            self._follow()

    def _follow(self) -> None:
        if self._erasing:
            shift = np.array([(self.aspect - 1) / 2 if self.drawing.image is not None else 0.0, 0.0])
            latest = self._path.latest(2) - shift
            self.show_drawing(self.drawing.erased(latest[0], latest[-1], ERASER_WIDTH / 2, self.pen_width))
        else:
            self.show_drawing(self._base.with_stroke(*self._path.line()))
        self._update_end(self._path.latest(4))

    def lift(self) -> None:
        """End the stroke; it can be undone from now on."""
        if self._path.down:
            name = "erasing" if self._erasing else "stroke"
            before, after = self._before, self.drawing
            self._lift()
            if after is not before:
                self._undo_stack.push(Change(self, before, after, name))

    def give_up(self) -> None:
        """Bring back the drawing from before the stroke."""
        if self._path.down:
            self.restore(self._before)

    def _lift(self) -> None:
        if self._path.down:
            self._path.end()
            self._compress(True)

    def _compress(self, on: bool) -> None:
        """Take every move the mouse reports while the pen is down, not only the last one between two paintings."""
        kind = Qt.ApplicationAttribute.AA_CompressHighFrequencyEvents
        if not on:
            self._compressed = QCoreApplication.testAttribute(kind)
        QCoreApplication.setAttribute(kind, on and self._compressed)

    def _normalised(self, position: QPointF) -> tuple[float, float]:
        """Return a place on the pad in heights of it; what lies outside counts as on the edge: it would be unseen."""
        frame = self.frame
        x = (position.x() - frame.left()) / frame.height()
        y = (position.y() - frame.top()) / frame.height()
        return min(max(x, 0.0), self.aspect), min(max(y, 0.0), 1.0)

    def _update_end(self, last: Points) -> None:
        """Repaint where the pen is: the last points are the only ones that may have moved."""
        frame = self.frame
        reach = ERASER_WIDTH * frame.height()
        low = last.min(axis=0) * frame.height() - reach
        high = last.max(axis=0) * frame.height() + reach
        area = QRectF(QPointF(*low), QPointF(*high)).translated(frame.topLeft())
        whole = self.drawing.empty or self.drawing.image is not None
        self.update(self.rect() if whole else area.toAlignedRect())

    def point_at(self, position: QPointF) -> None:
        """Tell over which group the mouse is."""
        index = group_at(self.groups, self._normalised(position)[0]) if self.frame.contains(position) else -1
        if index != self._pointed:
            self._pointed = index
            self.pointed.emit(index)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the eraser grow with the pad."""
        super().resizeEvent(event)
        self._choose_cursor()

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is pointed at any more."""
        self.point_at(QPointF(-1, -1))
        super().leaveEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """Lift the pen of whoever is still drawing: its release will never arrive."""
        self.finish()
        super().hideEvent(event)
