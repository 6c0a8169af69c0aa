"""What orange and blue mean, with numbers."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme

BAR, LEAST_BAR = (96, 8), 16
SPACING = 6
INK = "Orange: ink there speaks for the unit; blue: against it."
INPUT = "Orange: that input speaks for the unit; blue: against it."
STRENGTH = "The more orange, the stronger the answer there."
ANSWER = "Orange: a positive answer there; blue: a negative one."
MEANING = "Orange is positive, blue is negative; zero has the colour of the background."


class ColorLegend(QWidget):
    """A bar from negative over zero to positive, with a number at either end, and whose scale it is before.

    Where the lower end is "0", the bar begins with zero. In little room the bar is shorter.
    """

    def __init__(self, caption: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # The style sheet would overrule a font of the widget.
        self._font = theme.font(8.5)
        self._metrics = QFontMetrics(self._font)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setToolTip(MEANING)
        self.setWhatsThis(
            "Orange weights are positive: what they see speaks for the unit. Blue ones are negative: it speaks "
            "against it. Zero has the colour of the background."
        )
        self.caption, self.ends = caption, ("", "")
        self.show_ends("−1", "+1")
        theme.switch().changed.connect(self.update)

    def show_ends(self, low: str, high: str, caption: str | None = None) -> None:
        """Show two texts at the ends, and before them whose scale it is; by default as before."""
        now = self.caption if caption is None else caption
        if (low, high, now) != (*self.ends, self.caption):
            self.ends, self.caption = (low, high), now
            blue = "" if self.begins_with_zero else f"blue {low}, "
            self.setAccessibleName(f"{now or 'Colours'}: {blue}background 0, orange {high}")
            self.updateGeometry()
            self.update()

    @property
    def begins_with_zero(self) -> bool:
        """Whether there are no negative numbers, and no blue."""
        return self.ends[0] == "0"

    def sizeHint(self) -> QSize:
        """Return the size of bar and texts."""
        return QSize(BAR[0] + sum(self._rooms()), self._metrics.height() + 2)

    def minimumSizeHint(self) -> QSize:
        """Return the size of a short bar and the texts."""
        return QSize(LEAST_BAR + sum(self._rooms()), self._metrics.height() + 2)

    def _rooms(self) -> tuple[int, int, int]:
        """Return how much room the caption and the texts at either end take."""
        before, low, high = (self._metrics.horizontalAdvance(text) for text in (self.caption, *self.ends))
        return before + 2 * SPACING if before else 0, low + SPACING, high + SPACING

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the bar between its texts."""
        look, painter = theme.current(), QPainter(self)
        painter.setFont(self._font)
        before, low, right = self._rooms()
        left = before + low
        # Between the texts, not as wide as it should be: after longer texts there may be no room for that yet.
        bar = QRect(left, (self.height() - BAR[1]) // 2, self.width() - left - right, BAR[1])
        gradient = QLinearGradient(bar.topLeft(), bar.topRight())
        colours = (
            (look.surface, look.positive) if self.begins_with_zero else (look.negative, look.surface, look.positive)
        )
        for number, colour in enumerate(colours):
            gradient.setColorAt(number / (len(colours) - 1), QColor(colour))
        painter.fillRect(bar, gradient)
        painter.setPen(QColor(look.line))
        painter.drawRect(bar.adjusted(0, 0, -1, -1))
        painter.setPen(QColor(look.muted))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(self.rect(), middle | Qt.AlignmentFlag.AlignLeft, self.caption)
        painter.drawText(self.rect().adjusted(before, 0, 0, 0), middle | Qt.AlignmentFlag.AlignLeft, self.ends[0])
        painter.drawText(self.rect(), middle | Qt.AlignmentFlag.AlignRight, self.ends[1])


def signed(value: float) -> str:
    """Return a number of three figures with its sign, e.g. ``−0.0123``; 0 has none."""
    text = f"{value:+.3g}" if value else "0"
    return text.replace("-", "−")
