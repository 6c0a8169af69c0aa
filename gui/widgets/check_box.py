"""A check box in the colours of the theme."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QCheckBox

from gui import theme

SIDE = 2 * theme.SPACE


class CheckBox(QCheckBox):
    """A check box whose box stands out from the window in light and dark: filled with the accent when on."""

    def sizeHint(self) -> QSize:
        """Return the room for box and text."""
        return QSize(SIDE + theme.SPACE + self.fontMetrics().horizontalAdvance(self.text()) + 2, theme.CONTROL_HEIGHT)

    def hitButton(self, position: QPoint) -> bool:
        """Let a click on the text count, too."""
        return self.rect().contains(position)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the box, the tick and the text."""
        look = theme.current()
        on = self.isChecked()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(0.5, (self.height() - SIDE) / 2 + 0.5, SIDE - 1, SIDE - 1)
        lit = on or self.hasFocus() or self.underMouse()
        painter.setPen(QPen(QColor(look.accent if lit else look.muted), 1))
        painter.setBrush(QColor(look.accent if on else look.surface))
        painter.drawRoundedRect(box, 4, 4)
        if on:
            painter.setPen(QPen(QColor(look.on_accent), 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.translate(box.topLeft())
            painter.drawPolyline(QPolygonF([QPointF(3.5, 7.5), QPointF(6.5, 10.5), QPointF(11.5, 4.5)]))
            painter.resetTransform()
        painter.setPen(QColor(look.accent if self.hasFocus() else look.text))
        text = self.rect().adjusted(SIDE + theme.SPACE, 0, 0, 0)
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.text())
