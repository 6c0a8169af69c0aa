"""The selected runs side by side: their colours, their values, and only the settings that differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from gui import theme
from gui.widgets.figures import sentences
from gui.widgets.legend import Line
from gui.widgets.runs_points import MOST_DRAWN

if TYPE_CHECKING:
    from engine.runs.differences import Difference

SWATCH = QSize(18, 12)
NAME_WIDTHS, VALUE_WIDTH = (96, 124, 200), 76
LEAST_WIDTH, MOST_WIDTH = 52, 180
ROW_HEIGHT = 3 * theme.SPACE
HELP = (
    "The runs whose curves are drawn, with their colours, their values where the mouse points at the curves, and "
    "those settings in which they differ; all others are the same in all of them."
)


class RunsCompare(QWidget):
    """A table with a row per run that is drawn; it is the legend of the curves, too."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.heading = sentences(lines=2)
        self.table = QTableWidget()
        self._lines: tuple[Line, ...] = ()
        self._where = _item("Last", number=True)
        self._names: list[QTableWidgetItem] = []
        self._values: list[QTableWidgetItem] = []
        self._dress_table()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACE // 2)
        column.addWidget(self.heading)
        column.addWidget(self.table, 1)
        theme.switch().changed.connect(self._dress)

    def show_runs(
        self, lines: tuple[Line, ...], differences: list[Difference], selected: int, refusal: str = ""
    ) -> None:
        """Show runs.

        Parameters
        ----------
        lines : tuple of Line
            How each of them is drawn.
        differences : list of Difference
            What differs among them, with a value for each of them in the same order.
        selected : int
            How many are selected; they may be more than are drawn.
        refusal : str
            Why they cannot be compared; empty if they can.
        """
        self._lines = lines
        self.heading.setText(refusal or _heading(len(lines), len(differences), selected))
        self.heading.setToolTip(self.heading.text())
        self._where = _item("Last", number=True)
        self._names = [_item(line.label) for line in lines]
        self._values = [_item("–", number=True) for _ in lines]
        columns = [(_item("Run"), self._names), (self._where, self._values), *map(_column, differences)]
        table = self.table
        table.clear()
        table.setRowCount(len(lines))
        table.setColumnCount(len(columns))
        for place, (heading, items) in enumerate(columns):
            table.setHorizontalHeaderItem(place, heading)
            for row, item in enumerate(items):
                table.setItem(row, place, item)
        self._fit()
        self._dress()

    def show_looks(self, lines: tuple[Line, ...]) -> None:
        """Show the same runs with the looks in which they are drawn now."""
        if len(lines) == len(self._lines):
            self._lines = lines
            self._dress()

    def show_values(self, where: str, values: dict[str, str]) -> None:
        """Show the values of the runs at a place on the horizontal axis, by id; dashes where there are none."""
        self._where.setText(where.capitalize())
        for line, item in zip(self._lines, self._values, strict=True):
            item.setText(values.get(line.name, "–"))

    def _fit(self) -> None:
        """Make every column as wide as it needs, within limits."""
        self.table.resizeColumnsToContents()
        for place in range(self.table.columnCount()):
            self.table.setColumnWidth(place, min(max(self.table.columnWidth(place), LEAST_WIDTH), MOST_WIDTH))
        self.table.setColumnWidth(1, VALUE_WIDTH)  # columns do not move while the mouse moves over the curves
        self._fit_names()

    def _fit_names(self) -> None:
        """Give the names a third of the width, less if then all settings are in view, or what room there is besides."""
        enough, least, most = NAME_WIDTHS
        rest = self.table.viewport().width() - self.table.horizontalHeader().length() + self.table.columnWidth(0)
        usual = max(min(self.width() // 3, most), least)
        self.table.setColumnWidth(0, rest if rest >= enough else usual)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the names the new room."""
        super().resizeEvent(event)
        self._fit_names()

    def _dress(self) -> None:
        """Put on the colours of the theme."""
        for line, item in zip(self._lines, self._names, strict=True):
            item.setIcon(swatch(line))

    def _dress_table(self) -> None:
        table = self.table
        table.setAccessibleName("Settings that differ")
        table.setWhatsThis(HELP)
        table.setFont(theme.font(9))
        table.setIconSize(SWATCH)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # names of a kind differ at their ends
        table.setTabKeyNavigation(False)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        table.horizontalHeader().setHighlightSections(False)
        table.setCornerWidget(QWidget())  # else a white square stands between the scroll bars
        table.verticalHeader().hide()
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        table.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)


def swatch(line: Line) -> QIcon:
    """Return a small picture of how a line is drawn."""
    ratio = 2
    picture = QPixmap(SWATCH * ratio)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    with QPainter(picture) as painter:
        paint_swatch(painter, QRect(QPoint(0, 0), SWATCH), line)
    return QIcon(picture)


def paint_swatch(painter: QPainter, place: QRect, line: Line) -> None:
    """Draw a piece of a line, with a mark if it has marks."""
    colour = QColor(line.paint())
    pen = QPen(colour, 3)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    if line.style == "dashed":
        pen.setDashPattern([1.5, 1])
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(pen)
    painter.drawLine(place.left(), place.center().y(), place.right(), place.center().y())
    if line.style == "points":
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawEllipse(place.center(), 4, 4)


def _heading(drawn: int, differences: int, selected: int) -> str:
    """Return a sentence about what is compared."""
    settings = {0: "All their settings are the same, the seed too.", 1: "One setting differs."}
    said = settings.get(differences, f"{differences} settings differ; all others are the same.")
    more = f"The first {MOST_DRAWN} of {selected:,} selected runs are drawn. " if selected > drawn else ""
    return more + said


def _column(difference: Difference) -> tuple[QTableWidgetItem, list[QTableWidgetItem]]:
    """Return the heading of a setting, and its value in every run."""
    heading = _item(difference.label)
    heading.setToolTip(difference.path)
    number = all(map(_is_number, difference.values))
    heading.setTextAlignment(_side(number))
    return heading, [_item(value, number=number) for value in difference.values]


def _is_number(text: str) -> bool:
    return text[:1].isdigit() or text.startswith(("-", "–"))


def _item(text: str, *, number: bool = False) -> QTableWidgetItem:
    item = QTableWidgetItem(text)
    item.setFont(theme.font(9))
    item.setToolTip(text)
    item.setTextAlignment(_side(number))
    return item


def _side(number: bool) -> Qt.AlignmentFlag:
    return (Qt.AlignmentFlag.AlignRight if number else Qt.AlignmentFlag.AlignLeft) | Qt.AlignmentFlag.AlignVCenter
