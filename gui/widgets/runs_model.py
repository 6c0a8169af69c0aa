"""The runs as a table for Qt: filtered, sorted, and editable where the words are the user's own."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor

from engine.runs.glance import RunGlance
from engine.runs.row import RunState
from gui import theme
from gui.widgets.runs_columns import COLUMNS, LIVE, PLACE, STATE_HELP, STATES, moment, ordered
from gui.widgets.runs_filter import Query

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
NAME, TAGS, STAR, STATE, BEGUN = (PLACE[key] for key in ("title", "tags", "starred", "state", "created"))
BAD = (RunState.DIVERGED, RunState.FAILED)
MARK = "●"
_SELECTABLE = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
_EDITABLE = _SELECTABLE | Qt.ItemFlag.ItemIsEditable
_NOTHING = QModelIndex()


class RunsModel(QAbstractTableModel):
    """Rows are the runs that the filter lets through, in the order that was asked for.

    Attributes
    ----------
    runs : list of RunGlance
        All runs, newest first.
    shown : list of RunGlance
        One per row.

    Signals
    -------
    named, tagged : (str, object)
        The id of a run, and the name (str) or the tags (tuple of str) that the user wants for it.
    """

    named = Signal(str, object)
    tagged = Signal(str, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.runs: list[RunGlance] = []
        self.shown: list[RunGlance] = []
        self.query = Query()
        self._column, self._descending = PLACE["created"], True
        self._rows: dict[str, int] = {}
        self.dress()

    # --- which runs ---------------------------------------------------------------------------------------

    def show_runs(self, runs: list[RunGlance]) -> None:
        """Show other runs, or the same ones with other figures; these are newest first."""
        self.runs = runs
        self._arrange()

    def show_query(self, query: Query) -> None:
        """Show the runs that `query` finds."""
        self.query = query
        self._arrange()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Show the runs in another order."""
        self._column, self._descending = column, order == Qt.SortOrder.DescendingOrder
        self._arrange()

    def row_of(self, run_id: str) -> int:
        """Return the row of a run; −1 if it is not shown."""
        return self._rows.get(run_id, -1)

    def of(self, ids: list[str]) -> list[RunGlance]:
        """Return those of some runs that are shown."""
        return [self.shown[self._rows[run_id]] for run_id in ids if run_id in self._rows]

    def _arrange(self) -> None:
        """Filter and sort anew; where the same runs stand in the same rows, only their figures are drawn again."""
        shown = ordered(self.query.of(self.runs), COLUMNS[self._column], descending=self._descending)
        rows = {run.id: row for row, run in enumerate(shown)}
        if list(rows) == list(self._rows):
            before, self.shown = self.shown, shown
            self._tell([row for row, run in enumerate(shown) if run != before[row]])
            return
        self.beginResetModel()
        self.shown, self._rows = shown, rows
        self.endResetModel()

    def _tell(self, rows: list[int]) -> None:
        if rows:
            self.dataChanged.emit(self.index(rows[0], 0), self.index(rows[-1], len(COLUMNS) - 1))

    # --- what Qt asks -------------------------------------------------------------------------------------

    def rowCount(self, parent: Index = _NOTHING) -> int:
        """Return how many runs are shown."""
        return 0 if parent.isValid() else len(self.shown)

    def columnCount(self, parent: Index = _NOTHING) -> int:
        """Return how many columns there are, hidden ones too."""
        return 0 if parent.isValid() else len(COLUMNS)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Say that every cell can be selected, and name and tags can be edited."""
        return _EDITABLE if index.column() in (NAME, TAGS) else _SELECTABLE

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        """Return text, look, explanation or what is edited of a cell."""
        run, place = self.shown[index.row()], index.column()
        column = COLUMNS[place]
        if role == Role.DisplayRole:
            return (
                f"{MARK} {column.text(run)}" if place == STATE and run.state == RunState.RUNNING else column.text(run)
            )
        if role == Role.TextAlignmentRole:
            return _side(place)
        if role == Role.FontRole:
            return self._font
        if role == Role.ForegroundRole:
            return self._colour(run, place)
        if role == Role.EditRole:
            return run.name if place == NAME else column.text(run)
        if role == Role.ToolTipRole:
            return _tip(run, place)
        if role == Role.AccessibleTextRole and place == STAR:
            return "Starred" if run.starred else "Not starred"
        return None

    def setData(self, index: Index, value: Any, role: int = Role.EditRole) -> bool:
        """Tell what the user wants; the cell changes when that has been done."""
        run, text = self.shown[index.row()], str(value).strip()
        if index.column() == NAME and text != run.name:
            self.named.emit(run.id, text)
        elif index.column() == TAGS and (tags := tags_of(text)) != tuple(run.tags):
            self.tagged.emit(run.id, tags)
        return True

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:
        """Return the name of a column and what it means."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(COLUMNS):
            return None
        column = COLUMNS[section]
        if role == Role.DisplayRole:
            return column.title
        if role == Role.TextAlignmentRole:
            return _side(section)
        return column.help if role in (Role.ToolTipRole, Role.WhatsThisRole) else None

    # --- looks --------------------------------------------------------------------------------------------

    def dress(self) -> None:
        """Put on the colours of the theme."""
        look = theme.current()
        self._font = theme.font(9)
        self._live, self._bad, self._muted = QColor(look.accent), QColor(look.bad), QColor(look.muted)
        self._tell(list(range(len(self.shown))))

    def _colour(self, run: RunGlance, place: int) -> QColor | None:
        if place == STAR:
            return self._live if run.starred else self._muted
        if place == STATE:
            return self._live if run.state in LIVE else self._bad if run.state in BAD else self._muted
        return None


def _side(place: int) -> Qt.AlignmentFlag:
    """Return where the text of a column stands."""
    side = Qt.AlignmentFlag.AlignRight if COLUMNS[place].number else Qt.AlignmentFlag.AlignLeft
    return (Qt.AlignmentFlag.AlignHCenter if place == STAR else side) | Qt.AlignmentFlag.AlignVCenter


def tags_of(text: str) -> tuple[str, ...]:
    """Return the tags that stand in a text with commas between, each once."""
    return tuple(dict.fromkeys(tag for part in text.split(",") if (tag := " ".join(part.split()))))


def _tip(run: RunGlance, place: int) -> str:
    if place == STATE:
        return f"{STATES[run.state]}: {STATE_HELP[run.state]}"
    if place == STAR:
        return COLUMNS[STAR].help
    if place == NAME:
        return f"{run.title}\n{run.network}"
    return moment(run.created) if place == BEGUN else COLUMNS[place].text(run)
