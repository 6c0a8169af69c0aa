"""What orange and blue mean, with numbers."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme

BAR = (96, 8)
INK = "Orange: ink there speaks for the unit; blue: against it."
INPUT = "Orange: that input speaks for the unit; blue: against it."
ANSWER = "Orange: a positive answer there; blue: a negative one."
MEANING = "Orange is positive, blue is negative; zero has the colour of the background."


class ColorLegend(QWidget):
    """A bar from negative over zero to positive, with a number at either end."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # The style sheet would overrule a font of the widget.
        self._font = theme.font(8.5)
        self._metrics = QFontMetrics(self._font)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setToolTip(MEANING)
        self.setWhatsThis(
            "Orange weights are positive: what they see speaks for the unit. Blue ones are negative: it speaks "
            "against it. Zero has the colour of the background."
        )
        self.ends = ("", "")
        self.show_ends("−1", "+1")
        theme.switch().changed.connect(self.update)

    def show_limit(self, limit: float) -> None:
        """Show the weights at which the colours are full."""
        self.show_ends(signed(-limit), signed(limit))

    def show_ends(self, low: str, high: str) -> None:
        """Show two texts at the ends."""
        if (low, high) != self.ends:
            self.ends = (low, high)
            self.setAccessibleName(f"Colours: blue {low}, background 0, orange {high}")
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        """Return the size of bar and texts."""
        texts = sum(self._metrics.horizontalAdvance(end) for end in self.ends)
        return QSize(BAR[0] + texts + 12, self._metrics.height() + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the bar between its texts."""
        look, painter = theme.current(), QPainter(self)
        painter.setFont(self._font)
        left, right = (self._metrics.horizontalAdvance(end) + 6 for end in self.ends)
        # Between the texts, not as wide as it should be: after longer texts there may be no room for that yet.
        bar = QRect(left, (self.height() - BAR[1]) // 2, self.width() - left - right, BAR[1])
        gradient = QLinearGradient(bar.topLeft(), bar.topRight())
        for place, colour in ((0.0, look.negative), (0.5, look.surface), (1.0, look.positive)):
            gradient.setColorAt(place, QColor(colour))
        painter.fillRect(bar, gradient)
        painter.setPen(QColor(look.line))
        painter.drawRect(bar.adjusted(0, 0, -1, -1))
        painter.setPen(QColor(look.muted))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(self.rect(), middle | Qt.AlignmentFlag.AlignLeft, self.ends[0])
        painter.drawText(self.rect(), middle | Qt.AlignmentFlag.AlignRight, self.ends[1])


def signed(value: float) -> str:
    """Return a number of three figures with its sign, e.g. ``−0.0123``; 0 has none."""
    text = f"{value:+.3g}" if value else "0"
    return text.replace("-", "−")
