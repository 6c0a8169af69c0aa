"""The table of runs: columns that can be hidden and moved, stars to click, names and tags to edit in place."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QByteArray, QItemSelection, QItemSelectionModel, QModelIndex, QPoint, QSettings, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QKeyEvent, QMouseEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableView, QWidget

from engine.runs.glance import RunGlance
from gui import theme
from gui.widgets.runs_columns import COLUMNS, PLACE
from gui.widgets.runs_edit import RunsEdit
from gui.widgets.runs_menu import show_menu
from gui.widgets.runs_model import NAME, STAR, RunsModel
from gui.widgets.tints import mix

HEADER, ORDER, OWN_WIDTH = "runs/header", "runs/columns", "runs/name_width"
ROW_HEIGHT = 3 * theme.SPACE
LEAST_WIDTH, LEAST_NAME = 28, 168
SELECTED = 0.28  # so much of the accent colour is mixed into the rows that are selected
HELP = (
    "Every run that was kept. Select two or more to lay their curves over each other. Enter or a double click renames, "
    "T tags, S stars, Del deletes, Ctrl+Z takes any of it back. A click on a heading sorts; its menu hides columns."
)


class RunsTable(QTableView):
    """Keeps selection and place by run, whatever is filtered, sorted or new.

    Signals
    -------
    chosen : ()
        Other runs are selected.
    star_asked : (list of str, bool)
        The ids of runs, and whether they are to be starred.
    delete_asked : ()
        The selected runs are to be deleted.
    """

    chosen = Signal()
    star_asked = Signal(list, bool)
    delete_asked = Signal()

    def __init__(self, model: RunsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.runs = model
        self._ids: list[str] = []  # what was selected when it was last told
        self._kept: tuple[set[str], str, str] = (set(), "", "")
        self._settings: QSettings | None = None
        self._own_width, self._filling = False, False  # whether the user has chosen how wide names are
        self.setModel(model)
        self.setItemDelegate(RunsEdit(self))
        self._dress()
        self._set_up_header()
        model.modelAboutToBeReset.connect(self._keep)
        model.modelReset.connect(self._bring_back)
        self.selectionModel().selectionChanged.connect(self._on_selection)
        theme.switch().changed.connect(self._put_on)
        self._put_on()

    def _dress(self) -> None:
        self.setAccessibleName("Runs")
        self.setWhatsThis(HELP)
        self.setFont(theme.font(9))
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # names of a kind differ at their ends
        self.setAlternatingRowColors(True)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setCornerWidget(QWidget())  # else a white square stands between the scroll bars
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)

    def _put_on(self) -> None:
        """Put on the colours of the theme; what is selected is tinted, so that stars and states can be seen on it."""
        look, palette = theme.current(), self.palette()
        palette.setColor(QPalette.ColorRole.Highlight, QColor(mix(look.surface, look.accent, SELECTED)))
        palette.setColor(QPalette.ColorRole.HighlightedText, QColor(look.text))
        self.setPalette(palette)
        self.runs.dress()

    # --- columns ------------------------------------------------------------------------------------------

    def _set_up_header(self) -> None:
        header = self.horizontalHeader()
        # It would ask every run whether it is selected, to know which whole columns are: a second for thousands.
        header.setSelectionModel(QItemSelectionModel(self.runs, header))
        header.setSectionsMovable(True)
        header.setHighlightSections(False)
        header.setMinimumSectionSize(LEAST_WIDTH)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._show_menu)
        for place, column in enumerate(COLUMNS):
            header.resizeSection(place, column.width)
            header.setSectionHidden(place, not column.shown)
        header.setSortIndicator(PLACE["created"], Qt.SortOrder.DescendingOrder)
        self.setSortingEnabled(True)
        header.sortIndicatorChanged.connect(self._on_sorted)
        header.sectionResized.connect(self._on_resized)
        for signal in (header.sortIndicatorChanged, header.sectionMoved, header.sectionResized):
            signal.connect(self._remember)

    def remember_in(self, settings: QSettings) -> None:
        """Arrange the columns as `settings` say, and keep the arrangement there from now on."""
        state = settings.value(HEADER)
        # Of a version with other columns it would hide and move the wrong ones.
        if settings.value(ORDER) == _order() and isinstance(state, QByteArray):
            self._filling = True
            self.horizontalHeader().restoreState(state)
            self._own_width = bool(settings.value(OWN_WIDTH, self.columnWidth(NAME) != COLUMNS[NAME].width, bool))
            self._filling = False
        self._settings = settings
        self._fill()

    def _remember(self) -> None:
        if self._settings is not None:
            self._settings.setValue(HEADER, self.horizontalHeader().saveState())
            self._settings.setValue(ORDER, _order())
            self._settings.setValue(OWN_WIDTH, self._own_width)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Use the new room."""
        super().resizeEvent(event)
        self._fill()

    def _fill(self) -> None:
        """Give the names the room that is left; the last column instead, if the user has chosen how wide names are."""
        header = self.horizontalHeader()
        header.setStretchLastSection(self._own_width)
        if not self._own_width:
            left = self.viewport().width() - header.length() + self.columnWidth(NAME)
            self._filling = True
            self.setColumnWidth(NAME, max(left, LEAST_NAME))
            self._filling = False

    def _on_resized(self, place: int, _before: int, _now: int) -> None:
        self._own_width = self._own_width or (place == NAME and not self._filling)

    def fill_menu(self, menu: QMenu) -> None:
        """Fill `menu` with an entry per column, ticked if it is shown; the name is always there."""
        menu.clear()
        for place, column in enumerate(COLUMNS):
            action = menu.addAction("Star" if place == STAR else column.title)
            action.setCheckable(True)
            action.setChecked(not self.isColumnHidden(place))
            action.setEnabled(place != NAME)
            action.setToolTip(column.help)
            action.toggled.connect(partial(self.show_column, place))

    def show_column(self, place: int, on: bool) -> None:
        """Show or hide a column, and remember it."""
        self.setColumnHidden(place, not on)
        self._fill()
        self._remember()

    def _show_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.fill_menu(menu)
        menu.popup(self.horizontalHeader().mapToGlobal(place))

    def _on_sorted(self) -> None:
        """Keep in view what is selected; else begin at the top."""
        selected = self.selected
        if selected:
            self.scrollTo(self.runs.index(self.runs.row_of(selected[0].id), NAME))
        else:
            self.scrollToTop()

    # --- what is selected ---------------------------------------------------------------------------------

    @property
    def selected(self) -> list[RunGlance]:
        """The selected runs, from top to bottom."""
        # Asking for the rows one by one would take seconds where thousands are selected.
        rows: set[int] = set()
        selection = self.selectionModel().selection()
        for part in map(selection.at, range(selection.count())):
            rows.update(range(part.top(), part.bottom() + 1))
        return [self.runs.shown[row] for row in sorted(rows)]

    @property
    def editing(self) -> bool:
        """Whether a name or tags are being typed."""
        return self.state() == QAbstractItemView.State.EditingState

    def select(self, ids: set[str]) -> None:
        """Select these runs and no others, as far as they are shown."""
        selection = QItemSelection()
        rows = sorted(row for run_id in ids if (row := self.runs.row_of(run_id)) >= 0)
        begin = 0
        for end in range(1, len(rows) + 1):
            if end == len(rows) or rows[end] != rows[end - 1] + 1:
                last = self.runs.index(rows[end - 1], len(COLUMNS) - 1)
                selection.select(self.runs.index(rows[begin], 0), last)
                begin = end
        self.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def go_to(self, row: int) -> None:
        """Make a row the current one without selecting it, as far as there are so many."""
        row = min(row, len(self.runs.shown) - 1)
        if row >= 0:
            flag = QItemSelectionModel.SelectionFlag.NoUpdate
            self.selectionModel().setCurrentIndex(self.runs.index(row, NAME), flag)

    def _on_selection(self) -> None:
        ids = [run.id for run in self.selected]
        if ids != self._ids:
            self._ids = ids
            self.chosen.emit()

    def _keep(self) -> None:
        """Note what is selected, current and topmost, before the rows change."""
        top, current = self.rowAt(0), self.currentIndex().row()
        shown = self.runs.shown
        at_top = not self.verticalScrollBar().value()
        self._kept = (set(self._ids), shown[current].id if current >= 0 else "", "" if at_top else shown[top].id)

    def _bring_back(self) -> None:
        ids, current, top = self._kept
        self.go_to(self.runs.row_of(current))
        self.select(ids)
        self._on_selection()
        self.verticalScrollBar().setValue(max(self.runs.row_of(top), 0))  # it counts rows

    # --- keys and mouse -----------------------------------------------------------------------------------

    def rename(self, place: int = NAME) -> None:
        """Let the user type a name for the current run, or what stands in another column."""
        index = self.runs.index(self.currentIndex().row(), place)
        if index.isValid():
            self.scrollTo(index)
            self.edit(index)

    def tag(self) -> None:
        """Let the user type tags for the current run."""
        self.show_column(PLACE["tags"], True)
        self.rename(PLACE["tags"])

    def toggle_stars(self) -> None:
        """Star the selected runs, or take their stars away if all of them have one."""
        runs = self.selected
        if runs:
            self.star_asked.emit([run.id for run in runs], not all(run.starred for run in runs))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Rename with Enter, tag with T, star with S, delete with Del; the rest is Qt's."""
        # While a cell is edited, its line hands on keys that end the typing, such as Enter.
        plain = not self.editing and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if plain and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.rename()
        elif plain and event.key() == Qt.Key.Key_T:
            self.tag()
        elif plain and event.key() == Qt.Key.Key_S:
            self.toggle_stars()
        elif plain and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.delete_asked.emit()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer what the keys do."""
        star, delete = self.toggle_stars, self.delete_asked.emit
        if self.selected and not self.editing:
            deeds = {"Rename\tEnter": self.rename, "Tags\tT": self.tag, "Star\tS": star, "Delete\tDel": delete}
            show_menu(self, deeds, event.globalPos())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Turn a star on or off without selecting anything else."""
        index = self.indexAt(event.position().toPoint())
        if self._is_star(index) and event.button() == Qt.MouseButton.LeftButton:
            run = self.runs.shown[index.row()]
            self.star_asked.emit([run.id], not run.starred)
        else:
            super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Take the second click on a star as another click."""
        if self._is_star(self.indexAt(event.position().toPoint())):
            self.mousePressEvent(event)
        else:
            super().mouseDoubleClickEvent(event)

    @staticmethod
    def _is_star(index: QModelIndex) -> bool:
        return index.isValid() and index.column() == STAR


def _order() -> str:
    """Return the columns of this version, by their keys."""
    return " ".join(column.key for column in COLUMNS)
