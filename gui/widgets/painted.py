"""What widgets that paint themselves have in common: they follow the look, and explain each of their places."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QToolTip, QWidget

from gui import theme


class PaintedWidget(QWidget):
    """Is painted anew in another look, and has a tooltip that depends on where the mouse is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme.switch().changed.connect(self.update)

    def words_at(self, place: QPointF) -> str:
        """Return what there is to say about a place, in pixels; empty for nothing."""
        raise NotImplementedError

    def event(self, event: QEvent) -> bool:
        """Explain the place under the mouse."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.words_at(QPointF(event.pos())), self)
            return True
        return super().event(event)
