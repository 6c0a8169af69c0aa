"""A table of numbers each of which can be explained."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from gui import theme
from gui.widgets.arithmetic_cells import Cells
from gui.widgets.arithmetic_shares import ShareCells

ROW, LEAST_NUMBER, MOST_NUMBER = 22, 66, 120
Index = QModelIndex | QPersistentModelIndex
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class NumberModel(QAbstractTableModel):
    """Hands `Cells` to a view.

    Parameters
    ----------
    left : int
        So many columns are words, and stand at the left.
    """

    def __init__(self, left: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cells: Cells | None = None
        self._left = left
        self.dress()

    def dress(self) -> None:
        """Take fonts and colours from the theme."""
        self._plain, self._bold = theme.font(9.5), theme.font(9.5, bold=True)
        look = theme.current()
        self._colours = {1: QColor(look.positive), -1: QColor(look.negative)}

    def show_cells(self, cells: Cells) -> None:
        """Show other content; where it has the same shape, views keep where they are."""
        before = self.cells
        if before is not None and (before.rows, before.headers) == (cells.rows, cells.headers):
            self.cells = cells
            self.dataChanged.emit(self.index(0, 0), self.index(cells.rows - 1, len(cells.headers) - 1))
            return
        self.beginResetModel()
        self.cells = cells
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  (Qt's signature)
        """Return how many rows there are."""
        return 0 if self.cells is None or parent.isValid() else self.cells.rows

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Return how many columns there are."""
        return 0 if self.cells is None or parent.isValid() else len(self.cells.headers)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the text, the colour, the font or the explanation of a cell."""
        cells, row, column = self.cells, index.row(), index.column()
        if cells is None or row >= cells.rows:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return cells.text(row, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _LEFT if column < self._left else _RIGHT
        if role == Qt.ItemDataRole.FontRole:
            return self._font(row)
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._colours.get(cells.sign(row, column))
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            return cells.sentence(row, column)
        return None

    def _font(self, row: int) -> QFont:
        return self._bold if self.cells is not None and self.cells.is_strong(row) else self._plain

    def headerData(self, section: int, way: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the name of a column, or what stands in it."""
        if self.cells is None or way == Qt.Orientation.Vertical or section >= len(self.cells.headers):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.cells.headers[section][0]
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.cells.headers[section][1]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _LEFT if section < self._left else _RIGHT
        return None


class NumberTable(QTableView):
    """Shows `Cells`; the cell that is clicked or reached with the keys explains itself, also when its numbers change.

    Parameters
    ----------
    name, help : str
        For people.
    wide : int
        The column that takes what room is left; −1 to share it among all.
    left : int
        So many columns are words, and stand at the left.
    words : int
        How wide the other columns of words are, in pixels.

    Signals
    -------
    explained : (str,)
        How the number in the chosen cell comes about.
    """

    explained = Signal(str)

    def __init__(
        self, name: str, help: str, wide: int = 0, left: int = 1, words: int = 140  # noqa: A002
    ) -> None:  # fmt: skip
        super().__init__()
        self._wide, self._left, self._words = wide, left, words
        self.numbers = NumberModel(left, self)
        self.setModel(self.numbers)
        self.setAccessibleName(name)
        self.setWhatsThis(help)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(ROW)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setMinimumSectionSize(24)
        self.selectionModel().currentChanged.connect(self._on_current)
        self.numbers.modelReset.connect(self._fit)
        theme.switch().changed.connect(self._dress)

    def show_cells(self, cells: Cells) -> None:
        """Show other numbers; the chosen cell is looked for among them, and explains itself anew."""
        before, index = self.numbers.cells, self.currentIndex()
        key = before.key(index.row()) if before is not None and index.isValid() else None
        column = index.column()
        self.numbers.show_cells(cells)
        if key is not None:
            row = next((row for row in range(cells.rows) if cells.key(row) == key), None)
            if row is None or column >= len(cells.headers):
                self.clear_choice()
            else:
                self.choose(row, column)

    def choose(self, row: int, column: int) -> None:
        """Choose a cell, which explains itself."""
        index = self.numbers.index(row, column)
        if index == self.currentIndex():
            self._on_current(index)
        else:
            self.setCurrentIndex(index)

    def clear_choice(self) -> None:
        """Choose no cell."""
        self.setCurrentIndex(QModelIndex())
        self.clearSelection()

    @property
    def explanation(self) -> str:
        """What the chosen cell says; empty where none is chosen."""
        index, cells = self.currentIndex(), self.numbers.cells
        return "" if cells is None or not index.isValid() else cells.sentence(index.row(), index.column())

    def fit_height(self, rows: int, room: int = 0) -> None:
        """Be as high as so many rows, which share up to `room` pixels if they can use them."""
        head = 0 if self.horizontalHeader().isHidden() else self.horizontalHeader().sizeHint().height()
        row = min(max((room - head) // max(rows, 1), ROW), 2 * ROW)
        self.verticalHeader().setDefaultSectionSize(row)
        self.setFixedHeight(rows * row + head + 2 * self.frameWidth())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the columns their share."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Give the columns their widths: numbers a sixth each, within reason, and the widest what is left."""
        header = self.horizontalHeader()
        number = min(max(self.width() // 6, LEAST_NUMBER), MOST_NUMBER)
        for column in range(header.count()):
            stretched = self._wide in (-1, column)
            mode = QHeaderView.ResizeMode.Stretch if stretched else QHeaderView.ResizeMode.Fixed
            header.setSectionResizeMode(column, mode)
            if not stretched:
                header.resizeSection(column, self._words if column < self._left else number)

    def _on_current(self, index: QModelIndex, _before: object = None) -> None:
        if index.isValid():
            self.explained.emit(self.explanation)

    def _dress(self) -> None:
        self.numbers.dress()
        self.viewport().update()


class BarDelegate(QStyledItemDelegate):
    """Paints a share as a bar behind its number."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint the bar and the cell over it."""
        model = index.model()
        cells = model.cells if isinstance(model, NumberModel) else None
        part = cells.part(index.row()) if isinstance(cells, ShareCells) else 0.0
        if cells is not None and part > 0:
            look, box = theme.current(), QRectF(option.rect).adjusted(theme.SPACE, 3, 0, -3)
            colour = QColor(look.accent if cells.is_strong(index.row()) else look.muted)
            colour.setAlphaF(0.35)
            painter.fillRect(QRectF(box.left(), box.top(), box.width() * part, box.height()), colour)
        super().paint(painter, option, index)
