"""What the pages share that follow the network and the drawing."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QWidget


class LivePage(QWidget):
    """A page that is drawn anew when its timer ticks, only if there is news, and only while it can be seen.

    Parameters
    ----------
    every : int
        How many milliseconds lie between two looks for news.
    parent : QWidget, optional

    Attributes
    ----------
    refreshes : int
        How often it was drawn.
    """

    def __init__(self, every: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.refreshes = 0
        self._news = True
        self._timer = QTimer(self, interval=every)
        self._timer.timeout.connect(self._tick)

    def refresh(self) -> None:
        """Show what is so now; a page adds what it shows."""
        self.refreshes += 1
        self._news = False

    def showEvent(self, event: QShowEvent) -> None:
        """Begin to follow."""
        super().showEvent(event)
        self._timer.start()
        self._tick()

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop following: nobody sees it."""
        super().hideEvent(event)
        self._timer.stop()

    def _tick(self) -> None:
        if self._news:
            self.refresh()

    def _on_news(self, _news: Any = None) -> None:
        self._news = True

    def _redraw(self, _news: Any = None) -> None:
        """Show at once what is new, or as soon as it can be seen."""
        self._news = True
        if self.isVisible():
            self.refresh()
