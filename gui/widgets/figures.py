"""Labels in the roles of the style sheet, sentences in empty places, and key figures with their names above."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout

from gui import theme


def label(text: str, role: str, tip: str = "") -> QLabel:
    """Return a label in a role of the style sheet, with an explanation."""
    made = QLabel(text)
    made.setProperty("role", role)
    made.setFont(theme.font())
    made.setToolTip(tip)
    made.setWhatsThis(tip)
    return made


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
