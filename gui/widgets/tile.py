"""A key number with its name above it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from gui import theme
from gui.widgets.field import set_look
from gui.widgets.figures import label

NOTHING = "–"
ABOVE, NARROW = 6, 12 * theme.SPACE


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
        # No layout: every new figure would make the whole window arrange itself anew.
        self._lines = self._name, self._figure = label(name, "muted"), label(NOTHING, "figure")
        for line in self._lines:
            line.setParent(self)
            line.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"{name}: {NOTHING}")

    @property
    def figure(self) -> str:
        """The number that is shown, with its unit."""
        return self._figure.text()

    def show_figure(self, text: str) -> None:
        """Show another number."""
        if text != self._figure.text():
            self._figure.setText(text)
            self.setAccessibleName(f"{self.name}: {text}")

    def sizeHint(self) -> QSize:
        """Return the height of both lines; the width is what there is."""
        return QSize(0, sum(line.sizeHint().height() for line in self._lines) + 2 * ABOVE)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the figure under its name."""
        super().resizeEvent(event)
        set_look(self._figure, "tight", self.width() < NARROW)
        left, top = theme.SPACE, ABOVE
        for line in self._lines:
            height = line.sizeHint().height()
            line.setGeometry(left, top, self.width() - left, height)
            top += height
