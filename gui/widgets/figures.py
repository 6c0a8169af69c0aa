"""Labels in the roles of the style sheet, sentences that give way, and key figures with their names above."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout

from gui import theme
from gui.widgets.painted_text import paint_line


def label(text: str, role: str, tip: str = "") -> QLabel:
    """Return a label in a role of the style sheet, with an explanation."""
    made = QLabel(text)
    made.setProperty("role", role)
    made.setFont(theme.font())
    made.setToolTip(tip)
    made.setWhatsThis(tip)
    return made


def sentences(text: str = "", lines: int = 2) -> QLabel:
    """Return a muted label that has the height of so many lines at all times and asks for no width.

    Whatever it says, nothing beside or above it moves.
    """
    made = label(text, "muted")
    made.setWordWrap(lines > 1)
    made.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    # Room for the size of ordinary text too, in which a label speaks that is not muted for once.
    made.setFixedHeight(lines * QFontMetrics(theme.font(10)).lineSpacing() + 2)
    return made


class ElidedLabel(QLabel):
    """A line of text of any length, which ends in an ellipsis where there is no room for all of it."""

    def __init__(self, text: str, role: str) -> None:
        super().__init__()
        self.setProperty("role", role)
        self.show_text(text)

    def show_text(self, text: str) -> None:
        """Show a text, in full in the tooltip."""
        if text != self.text():
            self.setText(text)
            self.setToolTip(text)

    def minimumSizeHint(self) -> QSize:
        """Return the height of a line; the width gives way."""
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw as much of the text as there is room for."""
        colour = self.palette().color(self.foregroundRole()).name()
        with QPainter(self) as painter:
            paint_line(painter, QRectF(self.contentsRect()), self.text(), self.font(), colour)


def placeholder(text: str = "") -> QLabel:
    """Return the sentence that stands where there is nothing to see yet."""
    made = label(text, "empty")
    made.setWordWrap(True)
    made.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return made


def figure(name: str, tip: str) -> tuple[QLabel, QVBoxLayout]:
    """Return the label of a figure, and a column that holds it with its name above."""
    column = QVBoxLayout()
    column.setSpacing(0)
    value = label("–", "figure", tip)
    value.setAccessibleName(name)
    column.addStretch(1)
    column.addWidget(label(name, "muted", tip), 0, Qt.AlignmentFlag.AlignRight)
    column.addWidget(value, 0, Qt.AlignmentFlag.AlignRight)
    column.addStretch(1)
    return value, column
