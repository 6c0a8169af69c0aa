"""A black field that shows a drawing."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from gui import theme
from gui.widgets.drawing import PEN_WIDTH, SPACING, WIDE_PEN_WIDTH, Drawing, Points, runs

SMALLEST, USUAL = 135, 244
WIDE = 2.0
"""How many times as wide as high the pad for whole numbers is."""

GROUND = QColor(0, 0, 0, 190)
HINT_COLOUR = theme.DARK.muted
"""The field is black in the light look too, so its own words are always those of the dark one."""
_ROUND = 6.0
_LARGEST_PRESSED = 1.5


class Canvas(QWidget):
    """Shows strokes in white on black, or an image.

    Attributes
    ----------
    drawing : Drawing
        What is shown at this moment.
    hint : str
        What it says when that is empty.
    aspect : float
        How many times as wide as high the field is.

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
        self.aspect = 1.0
        self._marked = False
        self.setMinimumSize(SMALLEST, SMALLEST)
        theme.switch().changed.connect(self.update)

    def show_drawing(self, drawing: Drawing) -> None:
        """Show another drawing, and tell everybody; repainting is up to the caller."""
        self.drawing = drawing
        self.changed.emit()

    def set_hint(self, hint: str) -> None:
        """Choose what the empty field says."""
        self.hint = hint
        self.update()

    def set_marked(self, on: bool) -> None:
        """Draw the edge as the focus ring, or plainly."""
        self._marked = on
        self.update()

    @property
    def pen_width(self) -> float:
        """Width of the pen, as a share of the field's height."""
        return PEN_WIDTH if self.aspect == 1 else WIDE_PEN_WIDTH

    @property
    def frame(self) -> QRectF:
        """The field within the widget."""
        height = min(float(self.height()), self.width() / self.aspect)
        width = height * self.aspect
        return QRectF((self.width() - width) / 2, (self.height() - height) / 2, width, height)

    def sizeHint(self) -> QSize:
        """Return the usual size in pixels."""
        return QSize(USUAL, round(USUAL / self.aspect))

    def picture(self, height: int) -> QImage:
        """Return the drawing alone, white on black, `height` pixels high."""
        made = QImage(round(height * self.aspect), height, QImage.Format.Format_RGB32)
        made.fill(Qt.GlobalColor.black)
        frame = QRectF(made.rect())
        with QPainter(made) as painter:
            painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
            self._paint_drawing(painter, frame, frame)
        return made

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
            else:
                self._paint_drawing(painter, frame, QRectF(event.rect()))
                bottom = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom
                self._paint_words(painter, frame.adjusted(8, 8, -8, -8), bottom, self.drawing.caption)
            painter.restore()
            self._paint_edge(painter, paper)

    def _paint_drawing(self, painter: QPainter, frame: QRectF, area: QRectF) -> None:
        if self.drawing.image is not None:
            data = self.drawing.image.tobytes()  # has to outlive the QImage, which does not copy it
            square = QRectF(frame.center().x() - frame.height() / 2, frame.top(), frame.height(), frame.height())
            painter.drawImage(square, QImage(data, 28, 28, 28, QImage.Format.Format_Grayscale8))
        else:
            self._paint_strokes(painter, frame, area)

    def _paint_strokes(self, painter: QPainter, frame: QRectF, area: QRectF) -> None:
        side = frame.height()
        pen = QPen(QColor(Qt.GlobalColor.white), self.pen_width * side)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        corner = np.array([frame.left(), frame.top()])
        reach = self.pen_width * _LARGEST_PRESSED + SPACING
        low = (np.array([area.left(), area.top()]) - corner) / side - reach
        high = (np.array([area.right(), area.bottom()]) - corner) / side + reach
        for stroke, pressure in self.drawing.lines():
            places = stroke[:, :2]
            for run in runs(((places >= low) & (places <= high)).all(axis=1)):
                points = [QPointF(x, y) for x, y in (corner + places[run] * side).tolist()]
                if pressure is None:
                    _paint_line(painter, points)
                else:
                    _paint_pressed(painter, points, pressure[run], pen)

    def _paint_words(self, painter: QPainter, area: QRectF, place: Qt.AlignmentFlag, words: str) -> None:
        how = int(place) | int(Qt.TextFlag.TextWordWrap)
        painter.setFont(theme.font(9))
        if words:  # they may lie on a white stroke
            painter.fillRect(painter.boundingRect(area, how, words).adjusted(-4, 0, 4, 0), GROUND)
        painter.setPen(QColor(HINT_COLOUR))
        painter.drawText(area, how, words)

    def _paint_edge(self, painter: QPainter, paper: QPainterPath) -> None:
        look = theme.current()
        marked = self.hasFocus() or self._marked
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(look.accent if marked else look.line), 2 if marked else 1))
        painter.drawPath(paper)


def pressed_width(pressure: float) -> float:
    """Return how many times as wide as usual a line is that was drawn with a pressure from 0 to 1."""
    return 0.5 + pressure * (_LARGEST_PRESSED - 0.5)


def _paint_line(painter: QPainter, points: list[QPointF]) -> None:
    if len(points) == 1:
        painter.drawPoint(points[0])
    else:
        painter.drawPolyline(points)


def _paint_pressed(painter: QPainter, points: list[QPointF], pressure: Points, pen: QPen) -> None:
    """Paint a line piece by piece, each as wide as the pen was pressed there."""
    pieces = [points[i : i + 2] for i in range(max(1, len(points) - 1))]
    for piece, pressed in zip(pieces, pressure.tolist(), strict=False):
        own = QPen(pen)
        own.setWidthF(pen.widthF() * pressed_width(pressed))
        painter.setPen(own)
        _paint_line(painter, piece)
    painter.setPen(pen)
