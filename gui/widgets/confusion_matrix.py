"""The confusion matrix: who is taken for whom, painted so that errors stand out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from engine.datasets.dataset import CLASSES, DIGITS
from gui import theme
from gui.widgets.cell_view import CellView
from gui.widgets.tints import mix, readable
from gui.widgets.wording import cell_sentence

Cell = tuple[int, int]
NAME_SIZE = 9.0
WIDEST_NAME = 84
_MOVES = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


def name_room(names: Sequence[str]) -> int:
    """Return how many pixels the names of the classes take, beside the rows or upright above the columns."""
    metrics = QFontMetricsF(theme.font(NAME_SIZE))
    return round(min(max(metrics.horizontalAdvance(name) for name in names), WIDEST_NAME)) + theme.SPACE


def header_height(names: Sequence[str]) -> int:
    """Return the height of the names above the columns; what stands beside the rows leaves as much room."""
    return name_room(names) if max(map(len, names)) > 1 else 3 * theme.SPACE


class ConfusionMatrix(CellView[Cell]):
    """Ten by ten counts: rows are the true classes, columns the answers; a cell is a pair of both.

    Right answers are drawn in the accent colour, mistakes in the colour of errors, the deeper the more of the row.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__((0, 0), parent)
        self._confusion: NDArray[Any] = np.zeros((CLASSES, CLASSES), int)
        self._names: Sequence[str] = DIGITS
        self._left, self._top = name_room(DIGITS), header_height(DIGITS)
        self.setMinimumSize(260, 240)
        self.setAccessibleName("Confusion matrix")
        self.setWhatsThis(
            "Each row is a true digit, each column what the network answered. The diagonal counts the right answers, "
            "everything beside it is a mistake. Click a cell, or use the arrow keys and Enter, to see its images."
        )

    def set_confusion(self, confusion: NDArray[Any], names: Sequence[str]) -> None:
        """Show counts of shape (10, 10), and one name per class."""
        self._confusion, self._names = confusion, names
        self._left, self._top = name_room(names), header_height(names)
        self.update()
        self.describe()

    def cell_rect(self, cell: Cell) -> QRectF:
        """Return where a cell is painted."""
        width, height = (self.width() - self._left) / CLASSES, (self.height() - self._top) / CLASSES
        truth, answer = cell
        return QRectF(self._left + answer * width, self._top + truth * height, width, height)

    def cell_at(self, place: QPointF) -> Cell | None:
        """Return the cell at a place, if there is one."""
        first = self.cell_rect((0, 0))
        answer = int((place.x() - first.left()) // first.width())
        truth = int((place.y() - first.top()) // first.height())
        inside = 0 <= truth < CLASSES and 0 <= answer < CLASSES
        return (truth, answer) if inside else None

    def beside(self, cell: Cell, key: Qt.Key) -> Cell | None:
        """Return where an arrow key leads to from a cell."""
        if key not in _MOVES:
            return None
        truth, answer = np.add(cell, _MOVES[key]).clip(0, CLASSES - 1).tolist()
        return truth, answer

    def words(self, cell: Cell) -> str:
        """Return what a cell says."""
        return cell_sentence(self._confusion, *cell, self._names)

    def sizeHint(self) -> QSize:
        """Return a size at which all counts can be read."""
        return QSize(340, 360)

    # --- painting -----------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint names, cells and marks."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        look = theme.current()
        self._paint_names(painter, look)
        self._paint_cells(painter, QRectF(event.rect()), look)
        if self._opened is not None:
            self._mark(painter, self._opened, look.text, 2)
        if self._hovered is not None:
            self._mark(painter, self._hovered, look.muted, 1.5)
        if self.hasFocus():
            self._mark(painter, self._current, look.text, 2)

    def _paint_names(self, painter: QPainter, look: theme.Theme) -> None:
        painter.setFont(theme.font(NAME_SIZE))
        painter.setPen(QColor(look.muted))
        metrics = QFontMetricsF(painter.font())
        upright = max(map(len, self._names)) > 1
        for number, full in enumerate(self._names):
            name = metrics.elidedText(full, Qt.TextElideMode.ElideRight, WIDEST_NAME)
            row, column = self.cell_rect((number, 0)), self.cell_rect((0, number))
            beside = QRectF(0, row.top(), row.left() - theme.SPACE, row.height())
            painter.drawText(beside, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, name)
            if upright:
                self._paint_upright(painter, name, column)
            else:
                above = QRectF(column.left(), 0, column.width(), column.top() - 2)
                painter.drawText(above, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom, name)

    def _paint_upright(self, painter: QPainter, name: str, column: QRectF) -> None:
        painter.save()
        painter.translate(column.center().x(), column.top() - theme.SPACE / 2)
        painter.rotate(-90)
        half = column.width() / 2
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(0, -half, column.top(), 2 * half), flags, name)
        painter.restore()

    def _paint_cells(self, painter: QPainter, area: QRectF, look: theme.Theme) -> None:
        depths = self._depths()
        painter.setFont(self._count_font())
        for (truth, answer), count in np.ndenumerate(self._confusion):
            box = self.cell_rect((truth, answer)).adjusted(1, 1, -1, -1)
            if not box.intersects(area):
                continue
            colour = mix(look.surface, look.accent if truth == answer else look.bad, float(depths[truth, answer]))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colour))
            painter.drawRoundedRect(box, 3, 3)
            if count:
                painter.setPen(readable(colour, look))
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextDontClip, str(count))

    def _depths(self) -> NDArray[Any]:
        """Return how deep the colour of each cell is, 0 to 1, shape (10, 10)."""
        totals = self._confusion.sum(axis=1, keepdims=True)
        shares = self._confusion / np.maximum(totals, 1)
        errors = shares * (1 - np.eye(CLASSES))
        # By a power below 1: a few mistakes among a thousand images must still be seen.
        depths = np.where(errors > 0, 0.1 + 0.9 * (errors / max(errors.max(), 0.01)) ** 0.75, 0)
        np.fill_diagonal(depths, 0.75 * np.diag(shares))
        return depths

    def _count_font(self) -> Any:
        """Return the largest font in which the longest count fits its cell."""
        longest = "8" * len(str(self._confusion.max()))
        room = self.cell_rect((0, 0)).width() - 3
        wanted = QFontMetricsF(theme.font(10)).horizontalAdvance(longest)
        return theme.font(float(np.clip(10 * room / wanted, 6, 11)))

    def _mark(self, painter: QPainter, cell: Cell, colour: str, width: float) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(colour), width))
        painter.drawRoundedRect(self.cell_rect(cell).adjusted(1, 1, -1, -1), 3, 3)
