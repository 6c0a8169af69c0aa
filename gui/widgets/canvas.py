"""A black square that shows a drawing."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from gui import theme
from gui.widgets.drawing import PEN_WIDTH, SPACING, Drawing, Points, pieces

SMALLEST, USUAL = 150, 244
HINT_COLOUR = theme.DARK.muted
"""The square is black in the light look too, so its own words are always those of the dark one."""
_ROUND = 6.0


class Canvas(QWidget):
    """Shows strokes in white on black, or an image.

    Attributes
    ----------
    drawing : Drawing
        What is shown at this moment.
    hint : str
        What it says when that is empty.

    Signals
    -------
    changed : ()
        The drawing is another one.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.drawing = Drawing()
        self.hint = ""
        self._marked = False
        self.setMinimumSize(SMALLEST, SMALLEST)
        theme.switch().changed.connect(self.update)

    def show_drawing(self, drawing: Drawing) -> None:
        """Show another drawing, and tell everybody; repainting is up to the caller."""
        self.drawing = drawing
        self.changed.emit()

    def set_hint(self, hint: str) -> None:
        """Choose what the empty square says."""
        self.hint = hint
        self.update()

    def set_marked(self, on: bool) -> None:
        """Draw the edge as the focus ring, or plainly."""
        self._marked = on
        self.update()

    @property
    def frame(self) -> QRectF:
        """The square within the widget."""
        side = float(min(self.width(), self.height()))
        return QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)

    def sizeHint(self) -> QSize:
        """Return the usual size in pixels."""
        return QSize(USUAL, USUAL)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what lies in the area asked for, and no more."""
        frame = self.frame
        paper = QPainterPath()
        paper.addRoundedRect(frame.adjusted(1, 1, -1, -1), _ROUND, _ROUND)
        with QPainter(self) as painter:
            painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
            painter.fillPath(paper, Qt.GlobalColor.black)
            painter.save()
            painter.setClipPath(paper)
            if self.drawing.empty:
                self._paint_words(painter, frame.adjusted(12, 0, -12, 0), Qt.AlignmentFlag.AlignCenter, self.hint)
            elif self.drawing.image is not None:
                self._paint_image(painter, frame)
            else:
                self._paint_strokes(painter, frame, QRectF(event.rect()))
            painter.restore()
            self._paint_edge(painter, paper)

    def _paint_strokes(self, painter: QPainter, frame: QRectF, area: QRectF) -> None:
        pen = QPen(QColor(Qt.GlobalColor.white), PEN_WIDTH * frame.width())
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        corner = np.array([frame.left(), frame.top()])
        reach = PEN_WIDTH + SPACING
        low = (np.array([area.left(), area.top()]) - corner) / frame.width() - reach
        high = (np.array([area.right(), area.bottom()]) - corner) / frame.width() + reach
        for stroke in self.drawing.strokes:
            for piece in pieces(stroke, ((stroke >= low) & (stroke <= high)).all(axis=1)):
                _paint_line(painter, corner + piece * frame.width())

    def _paint_image(self, painter: QPainter, frame: QRectF) -> None:
        image = self.drawing.image
        assert image is not None
        data = image.tobytes()  # has to outlive the QImage, which does not copy it
        painter.drawImage(frame, QImage(data, 28, 28, 28, QImage.Format.Format_Grayscale8))
        bottom = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom
        self._paint_words(painter, frame.adjusted(8, 8, -8, -8), bottom, self.drawing.caption)

    def _paint_words(self, painter: QPainter, area: QRectF, place: Qt.AlignmentFlag, words: str) -> None:
        painter.setFont(theme.font(9))
        painter.setPen(QColor(HINT_COLOUR))
        painter.drawText(area, int(place) | int(Qt.TextFlag.TextWordWrap), words)

    def _paint_edge(self, painter: QPainter, paper: QPainterPath) -> None:
        look = theme.current()
        marked = self.hasFocus() or self._marked
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(look.accent if marked else look.line), 2 if marked else 1))
        painter.drawPath(paper)


def _paint_line(painter: QPainter, points: Points) -> None:
    corners = [QPointF(x, y) for x, y in points.tolist()]
    if len(corners) == 1:
        painter.drawPoint(corners[0])
    else:
        painter.drawPolyline(corners)
