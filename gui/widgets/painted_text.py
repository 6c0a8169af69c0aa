"""One line of painted text."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def paint_line(
    painter: QPainter, area: QRectF, words: str, font: QFont, colour: str, place: Qt.AlignmentFlag = LEFT
) -> None:
    """Paint words in the middle of the height of `area`; what does not fit its width ends in an ellipsis."""
    painter.setFont(font)
    painter.setPen(QColor(colour))
    fitting = QFontMetricsF(font).elidedText(words, Qt.TextElideMode.ElideRight, area.width())
    painter.drawText(area, int(place), fitting)
