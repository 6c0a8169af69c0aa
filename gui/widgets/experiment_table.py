"""The runs of an experiment as a table that can be sorted by any column."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from gui import theme
from gui.widgets.experiment_results import MISSING, RUNNING, WAITING, Cell, Column, Line, sorted_lines

Index = QModelIndex | QPersistentModelIndex
ROW_HEIGHT = 24
MEASURED = 100  # so many lines decide how wide a column is
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
ROOT = QModelIndex()


class ExperimentModel(QAbstractTableModel):
    """Lines of results, sorted by one column.

    Attributes
    ----------
    columns : list of Column
        What is shown of each line.
    lines : list of Line
        In the order they are shown in.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.columns: list[Column] = []
        self.lines: list[Line] = []
        self._order: tuple[str, bool] = ("", False)

    def show_lines(self, columns: Sequence[Column], lines: Sequence[Line]) -> None:
        """Show other lines; they are sorted as those before were, if there still is that column."""
        if [column.heading for column in columns] != [column.heading for column in self.columns]:
            self.beginResetModel()
            self.columns, self.lines = list(columns), self._sorted(columns, lines)
            self.endResetModel()
            return
        ordered = self._sorted(columns, lines)
        self.columns = list(columns)
        if len(ordered) != len(self.lines):
            self.beginResetModel()
            self.lines = ordered
            self.endResetModel()
        elif ordered != self.lines:
            self.lines = ordered
            self.dataChanged.emit(self.index(0, 0), self.index(len(ordered) - 1, len(columns) - 1))

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; by the order of the experiment for a column that is not there."""
        name = self.columns[column].name if 0 <= column < len(self.columns) else ""
        self._order = name, order == Qt.SortOrder.DescendingOrder
        self.layoutAboutToBeChanged.emit()
        self.lines = self._sorted(self.columns, self.lines)
        self.layoutChanged.emit()
        if self.columns:
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.columns) - 1)

    def _sorted(self, columns: Sequence[Column], lines: Sequence[Line]) -> list[Line]:
        name, descending = self._order
        by = next((column for column in columns if column.name == name), None)
        lines = sorted(lines, key=_number)
        return lines if by is None else sorted_lines(lines, by, descending=descending)

    def rowCount(self, parent: Index = ROOT) -> int:
        """Return the number of lines."""
        return 0 if parent.isValid() else len(self.lines)

    def columnCount(self, parent: Index = ROOT) -> int:
        """Return the number of columns."""
        return 0 if parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the name or the explanation of a column."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return RIGHT if column.numeric else LEFT
        arrow = (" ↓" if self._order[1] else " ↑") if column.name == self._order[0] else ""
        return {
            Qt.ItemDataRole.DisplayRole: column.heading + arrow,
            Qt.ItemDataRole.ToolTipRole: f"{column.help} Click to sort by it.",
        }.get(Qt.ItemDataRole(role))

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the text of a cell, or how it looks."""
        line, column = self.lines[index.row()], self.columns[index.column()]
        cell = column.cell(line)
        if role == Qt.ItemDataRole.DisplayRole:
            return cell.text
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return RIGHT if column.numeric else LEFT
        if role == Qt.ItemDataRole.FontRole:
            return theme.font()
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._colour(line, column, cell)
        if role == Qt.ItemDataRole.ToolTipRole:
            return _tip(line, cell)
        return None

    @staticmethod
    def _colour(line: Line, column: Column, cell: Cell) -> QColor | None:
        look = theme.current()
        if cell.text == MISSING or cell.key == WAITING:
            return QColor(look.muted)
        if column.name == "state":
            return {"running": QColor(look.accent), "diverged": QColor(look.bad), "failed": QColor(look.bad)}.get(
                str(cell.key)
            )
        if column.name == "difference" and isinstance(cell.key, float):
            return QColor(look.good if cell.key >= 0 else look.bad)
        return None


class ExperimentTable(QTableView):
    """The results; whole lines are selected.

    Signals
    -------
    chosen : (list of int,)
        The numbers of the runs whose lines are selected.
    opened : (int,)
        The number of the run whose line was double-clicked or on which Enter was pressed.
    """

    chosen = Signal(object)
    opened = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.results = ExperimentModel(self)
        self._silent = False
        self.setModel(self.results)
        self._set_up()
        self.selectionModel().selectionChanged.connect(self._on_selection)
        self.doubleClicked.connect(self._on_double)
        theme.switch().changed.connect(self.viewport().update)

    def _set_up(self) -> None:
        self.setAccessibleName("Results of the experiment")
        self.setWhatsThis(
            "A line per run. Click a heading to sort by it. A selected run is ringed in the plot; a double click or "
            "Enter opens its model."
        )
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSortingEnabled(True)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setResizeContentsPrecision(MEASURED)
        header.setSortIndicatorShown(False)  # Qt's arrow would lie over the names at the right; they bear one
        header.setSortIndicator(-1, Qt.SortOrder.DescendingOrder)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)

    def show_lines(self, columns: Sequence[Column], lines: Sequence[Line]) -> None:
        """Show other lines; what was selected stays so."""
        numbers, others = self.numbers, columns_differ(columns, self.results.columns)
        self._silent = True
        self.results.show_lines(columns, lines)
        self.select(numbers)
        self._silent = False
        if others:
            self.fit()

    def fit(self) -> None:
        """Give every column the width of what is in it."""
        self.resizeColumnsToContents()
        for column in range(self.results.columnCount()):
            self.setColumnWidth(column, min(self.columnWidth(column) + 2 * theme.SPACE, 240))

    def forget(self) -> None:
        """Select nothing, and sort by no column: other runs come."""
        self.clearSelection()
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)

    @property
    def numbers(self) -> list[int]:
        """The numbers of the runs whose lines are selected."""
        rows = [index.row() for index in self.selectionModel().selectedRows()]
        return [entry.number for row in rows for entry in self.results.lines[row]]

    def select(self, numbers: Collection[int]) -> None:
        """Select the lines of some runs, and no others."""
        wanted, selection = set(numbers), QItemSelection()
        for row, line in enumerate(self.results.lines):
            if any(entry.number in wanted for entry in line):
                selection.select(self.results.index(row, 0), self.results.index(row, len(self.results.columns) - 1))
        self.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def reveal(self, number: int) -> None:
        """Scroll to the line of a run."""
        for row, line in enumerate(self.results.lines):
            if any(entry.number == number for entry in line):
                self.scrollTo(self.results.index(row, 0))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open the model of the current line with Enter."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self._on_double(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def _on_double(self, index: QModelIndex) -> None:
        self.opened.emit(self.results.lines[index.row()][0].number)

    def _on_selection(self) -> None:
        if not self._silent:
            self.chosen.emit(self.numbers)


def columns_differ(one: Sequence[Column], other: Sequence[Column]) -> bool:
    """Whether two tables have other headings."""
    return [column.heading for column in one] != [column.heading for column in other]


def _number(line: Line) -> int:
    return line[0].number


def _tip(line: Line, cell: Cell) -> str:
    """Return what a cell says, and what was said of a run that went wrong."""
    run = line[0].run
    message = getattr(run, "message", "") if len(line) == 1 and run is not None else ""
    going = line[0].state == RUNNING
    return cell.text if going or not message else f"{cell.text}\n{message}"
