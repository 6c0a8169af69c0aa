"""A key number with its name above it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QSizePolicy, QVBoxLayout, QWidget

from gui import theme
from gui.widgets.figures import label

NOTHING = "–"


class Tile(QFrame):
    """One figure, large, under its name.

    Parameters
    ----------
    name : str
        What the figure is.
    help : str
        One or two sentences for a learner.
    """

    def __init__(self, name: str, help: str, parent: QWidget | None = None) -> None:  # noqa: A002
        super().__init__(parent)
        self.name = name
        self.setProperty("role", "tile")
        self.setToolTip(help)
        self.setWhatsThis(help)
        self._name, self._figure = label(name, "muted"), label(NOTHING, "figure")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.SPACE + 2, 6, theme.SPACE // 2, 6)
        layout.setSpacing(0)
        for line in (self._name, self._figure):
            # A longer number must not push its neighbours about while they change.
            line.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            line.setTextFormat(Qt.TextFormat.PlainText)
            layout.addWidget(line)
        self.show_figure(NOTHING)

    @property
    def figure(self) -> str:
        """The number that is shown, with its unit."""
        return self._figure.text()

    def show_figure(self, text: str) -> None:
        """Show another number."""
        if text != self._figure.text():
            self._figure.setText(text)
        self.setAccessibleName(f"{self.name}: {text}")
