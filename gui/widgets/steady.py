"""Places and buttons that change without moving what is around them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolButton, QWidget

from gui import theme


class Steady(QWidget):
    """Holds one widget, which fills it.

    A new text in a label asks all layouts around it to arrange themselves, up to the window and its docks; ten times
    a second that costs more than the text. Here this ends, unless the least size of the content has changed.

    Parameters
    ----------
    content : QWidget
        What it holds; also an attribute.
    """

    def __init__(self, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.content = content
        content.setParent(self)
        self._least = content.minimumSizeHint()

    def fill(self, content: QWidget) -> None:
        """Hold another widget, and delete the one before."""
        before, self.content = self.content, content
        content.setParent(self)
        content.setGeometry(self.rect())
        content.show()
        before.deleteLater()
        self._least = content.minimumSizeHint()
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Return the usual size of the content."""
        return self.content.sizeHint()

    def minimumSizeHint(self) -> QSize:
        """Return the least size of the content."""
        return self.content.minimumSizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the content fill this."""
        self.content.setGeometry(self.rect())

    def event(self, event: QEvent) -> bool:
        """Pass a request of the content on if its least size is another one."""
        if event.type() == QEvent.Type.LayoutRequest and self.minimumSizeHint() != self._least:
            self._least = self.minimumSizeHint()
            self.updateGeometry()
        return super().event(event)


class SteadyButton(QToolButton):
    """A button as wide as the longest of its texts, as far as there is room, so that others do not move what is beside.

    Parameters
    ----------
    longest : str
        That text, set bold.
    """

    def __init__(self, longest: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._room = QFontMetrics(theme.font(bold=True)).horizontalAdvance(longest) + 4 * theme.SPACE
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Return the size with the longest text."""
        return super().sizeHint().expandedTo(QSize(self._room, 0))

    def minimumSizeHint(self) -> QSize:
        """Return the size with the present text."""
        return super().sizeHint()
