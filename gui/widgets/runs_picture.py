"""The curves of runs as a picture for a report: PNG or SVG, with the legend below."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter
from PySide6.QtWidgets import QGraphicsScene

from gui import theme
from gui.widgets.legend import Line
from gui.widgets.picture_file import write_picture
from gui.widgets.runs_compare import SWATCH, paint_swatch

FONT_SIZE, GAP = 9.0, theme.SPACE


class RunsPicture:
    """What is to be painted: a title, a plot, and a line of legend per run.

    Parameters
    ----------
    title : str
        Stands above the plot.
    plot : QGraphicsScene
        The plot.
    lines : tuple of Line
        How its curves are drawn.
    """

    def __init__(self, title: str, plot: QGraphicsScene, lines: tuple[Line, ...]) -> None:
        self._title, self._plot, self._lines = title, plot, lines
        self._font, self._bold = theme.font(FONT_SIZE), theme.font(FONT_SIZE + 1, bold=True)
        self._row = QFontMetrics(self._font).lineSpacing() + GAP // 2
        self._head = QFontMetrics(self._bold).lineSpacing() + GAP

    @property
    def size(self) -> QSize:
        """Width and height in pixels of the screen."""
        area = self._plot.sceneRect()
        height = GAP + self._head + area.height() + GAP + self._row * len(self._lines) + GAP
        return QSize(round(area.width()) + 2 * GAP, round(height))

    def save(self, path: str | Path) -> None:
        """Write it to a file, as SVG if the name ends so, else as PNG.

        Raises
        ------
        DigitLabError
            When the file cannot be written; what was there before is unchanged.
        """
        write_picture(path, self.size, self._title, self._paint)

    def _paint(self, painter: QPainter) -> None:
        look, area = theme.current(), self._plot.sceneRect()
        painter.fillRect(QRect(QPoint(0, 0), self.size), QColor(look.surface))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(look.text))
        painter.setFont(self._bold)
        start = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        width = self.size.width() - 2 * GAP
        painter.drawText(QRect(GAP, GAP, width, self._head - GAP), start, self._title)
        self._plot.render(painter, QRectF(GAP, GAP + self._head, area.width(), area.height()), area)
        painter.setFont(self._font)
        top = round(2 * GAP + self._head + area.height())
        for number, line in enumerate(self._lines):
            place = QRect(GAP, top + number * self._row, width, self._row)
            paint_swatch(painter, QRect(place.topLeft() + QPoint(0, (self._row - SWATCH.height()) // 2), SWATCH), line)
            painter.setPen(QColor(look.text))
            painter.drawText(place.adjusted(SWATCH.width() + GAP, 0, 0, 0), start, line.label)
