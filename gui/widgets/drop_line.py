"""The line that shows where a pulled row would land."""

from __future__ import annotations

from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from gui import theme


class DropLine(QWidget):
    """Shows where a pulled row would land."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Fill the line with the accent colour."""
        QPainter(self).fillRect(self.rect(), QColor(theme.current().accent))
