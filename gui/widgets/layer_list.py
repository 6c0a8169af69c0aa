"""The hidden layers of a network as a list that can be edited."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication, QLabel, QVBoxLayout, QWidget

from engine.errors import SettingError
from engine.fields import Settings
from engine.layers import LAYER_KINDS
from engine.placement import with_new_layer
from engine.specs import NetworkSpec
from gui import theme
from gui.widgets.drop_line import DropLine
from gui.widgets.field import ErrorLine, Field
from gui.widgets.layer_row import LayerRow
from gui.widgets.refusal import refusal
from gui.widgets.scrolling import reveal_place, reveal_widget

NONE = "No hidden layer: every output looks at the pixels directly. The plus button adds one."
Layers = tuple[Settings, ...]


class LayerList(Field):
    """One row per hidden layer; the selected row shows its settings.

    Its value is a tuple of layer specs. Rows keep what was typed into them when they are moved.

    Signals
    -------
    selection_changed : ()
        Another row is selected, or the rows around it are others.
    refused : (str,)
        A change was not possible, for this reason.
    """

    selection_changed = Signal()
    refused = Signal(str)
    title = "Layers"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: list[LayerRow] = []
        self.current: LayerRow | None = None
        self.anchor: QWidget | None = None  # what the Tab key reaches just before the first row
        self._edited: LayerRow | None = None
        self._fallbacks: list[Layers] = []
        self._rejected: SettingError | None = None
        self._none = QLabel(NONE, self)
        self._none.setWordWrap(True)
        self._none.setProperty("role", "muted")
        self.error = ErrorLine(self)
        for text in (self._none, self.error):
            text.setContentsMargins(theme.SPACE, 0, theme.SPACE, 0)
        self._soon = QTimer(self, singleShot=True, interval=0)  # a new sentence has no place before the next event
        self._soon.timeout.connect(self._reveal_error)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.SPACE // 2)
        self._column.addWidget(self._none)
        self._column.addWidget(self.error)
        self._line = DropLine(self)
        self._line.hide()

    @property
    def complaint(self) -> str:
        """Why a layer shows what is not in force."""
        return next((row.field.complaint for row in self.rows if row.field.wrong), "")

    # --- as a field ---------------------------------------------------------------------------------------

    def show_value(self, value: Sequence[Settings], *, fresh: bool = False) -> None:
        """Take the layers that are in force."""
        self.error.say("")
        self._fallbacks.clear()
        while len(self.rows) > len(value):
            self._discard(self.rows.pop())
        self.rows += [self._new_row(spec) for spec in value[len(self.rows) :]]
        network = NetworkSpec(layers=tuple(value))
        for row, spec, (shape, count), kept in zip(self.rows, value, network.rows(), network.kept_counts, strict=False):
            row.show_value(spec, fresh=fresh)
            row.show_facts(shape, count, kept)
        self._lay_out()
        if self.current not in self.rows:
            self.select(self.rows[0] if self.rows else None)
        self.selection_changed.emit()

    def refuse(self, error: SettingError) -> None:
        """Try the last edit without what was refused before; else say why, beside it."""
        if self._fallbacks:
            self.proposed.emit(self._fallbacks.pop(0))
        elif self._edited is not None:
            self._edited.field.refuse(error)
        else:
            self._rejected = error

    def show_built(self, value: Sequence[Settings]) -> None:
        """Mark what differs from the present network."""
        for index, row in enumerate(self.rows):
            row.field.show_built(value[index] if index < len(value) else None)

    # --- what can be done with layers ---------------------------------------------------------------------

    @property
    def possible(self) -> set[str]:
        """What can be done now."""
        index = self._index
        found = {"add"}
        if index is not None:
            found |= {"duplicate", "remove"}
            found |= {"up"} if index > 0 else set()
            found |= {"down"} if index < len(self.rows) - 1 else set()
        return found

    def act(self, action: str) -> None:
        """Add, duplicate, remove, move up or down, or select the previous or next row."""
        index = self._index
        if action == "add":
            self.add(next(iter(LAYER_KINDS)))
        elif index is None:
            return
        elif action == "duplicate":
            self._insert(index + 1, self.rows[index].spec, "doubled")
        elif action == "remove":
            self._rearrange(self.rows[:index] + self.rows[index + 1 :], self.rows[index], "removed")
        elif action in ("up", "down"):
            self.move_row(index, index + (1 if action == "down" else -1))
        else:
            self._focus(index + (1 if action == "next" else -1))

    def add(self, kind: str) -> None:
        """Add a layer of `kind` behind the selected one, or as near to it as is possible."""
        try:
            index, spec = self._place(kind)
        except SettingError as error:
            self._say_refused(refusal(LAYER_KINDS[kind].label, "added", self._wanted + 1, error))
        else:
            self._insert(index, spec, "added")

    def refusals(self) -> dict[str, str]:
        """Return the kinds of which no layer can be added now, and why."""
        found = {}
        for kind, cls in LAYER_KINDS.items():
            try:
                self._place(kind)
            except SettingError as error:
                found[kind] = refusal(cls.label, "added", self._wanted + 1, error)
        return found

    @property
    def _wanted(self) -> int:
        return len(self.rows) if self._index is None else self._index + 1

    def _place(self, kind: str) -> tuple[int, Settings]:
        return with_new_layer([row.spec for row in self.rows], kind, self._wanted)  # type: ignore[misc]

    def move_row(self, start: int, end: int) -> None:
        """Move the row at `start` so that it stands at `end`."""
        if 0 <= end < len(self.rows) and start != end:
            rows = list(self.rows)
            rows.insert(end, rows.pop(start))
            self._rearrange(rows, self.rows[start], "moved there")

    def select(self, row: LayerRow | None) -> None:
        """Show the settings of `row` alone."""
        if row is not self.current:
            before, self.current = self.current, row
            focus = QApplication.focusWidget()
            if row is not None and before is not None and focus is not None and before.isAncestorOf(focus):
                row.setFocus(Qt.FocusReason.OtherFocusReason)  # else Qt hands it to any row when the editor vanishes
            for other in self.rows:
                other.set_open(other is row)
            self.selection_changed.emit()

    @property
    def _index(self) -> int | None:
        return self.rows.index(self.current) if self.current in self.rows else None

    def _insert(self, index: int, spec: Settings, deed: str) -> None:
        row = self._new_row(spec)
        self._rearrange([*self.rows[:index], row, *self.rows[index:]], row, deed)

    def _rearrange(self, rows: list[LayerRow], moved: LayerRow, deed: str) -> None:
        """Offer the layers in this order, which is what is `deed` with one; the rows follow if that is taken."""
        before, current, index = self.rows, self.current, self._index or 0
        had_focus = current is not None and current.hasFocus()
        self._edited = self._rejected = None
        self.rows = rows
        self.sealed.emit()
        self.proposed.emit(tuple(row.spec for row in rows))
        self.sealed.emit()
        if self._rejected is not None:
            self.rows = before
            self.withdrawn.emit()  # it is not shown any more, so it must not come into force later
            number = rows.index(moved) + 1 if moved in rows else 0
            self._say_refused(refusal(LAYER_KINDS[moved.spec.kind].label, deed, number, self._rejected))
        for row in {*before, *rows} - set(self.rows):
            self._discard(row)
        if self._rejected is None:
            self.select(moved if moved in rows else current if current in rows else self._near(index))
            if had_focus:
                self._focus(self._index)

    def _say_refused(self, sentence: str) -> None:
        self.error.say(f"{sentence} The layers stay as they were.")
        self.refused.emit(sentence)
        self._soon.start()

    def _reveal_error(self) -> None:
        reveal_widget(self.error, theme.SPACE)

    def _near(self, index: int) -> LayerRow | None:
        return self.rows[min(index, len(self.rows) - 1)] if self.rows else None

    def _focus(self, index: int | None) -> None:
        if index is not None and 0 <= index < len(self.rows):
            self.rows[index].setFocus(Qt.FocusReason.OtherFocusReason)

    # --- rows ---------------------------------------------------------------------------------------------

    def _new_row(self, spec: Settings) -> LayerRow:
        row = LayerRow(spec, self)
        row.field.proposed.connect(partial(self._on_edited, row))
        row.field.withdrawn.connect(self.withdrawn)
        row.field.reverted.connect(partial(self._on_reverted, row))
        row.field.sealed.connect(self.sealed)
        row.asked.connect(self.act)
        row.selected.connect(partial(self.select, row))
        row.dragged.connect(partial(self._on_dragged, row))
        row.dropped.connect(partial(self._on_dropped, row))
        return row

    def _discard(self, row: LayerRow) -> None:
        row.hide()
        self._column.removeWidget(row)
        if self._edited is row:
            self._edited = None
        if self.current is row:
            self.current = None
        row.deleteLater()

    def _on_edited(self, row: LayerRow, _spec: Settings) -> None:
        """Offer all rows as they are shown or, if that is refused, this row or this edit alone."""
        if row is not self._edited:
            self.sealed.emit()
        self._edited = row
        together = tuple(other.field.wanted for other in self.rows)
        row_alone = tuple(row.field.wanted if other is row else other.spec for other in self.rows)
        edit_alone = tuple(row.field.latest if other is row else other.spec for other in self.rows)
        offers = list(dict.fromkeys([together, row_alone, edit_alone]))
        self._fallbacks = offers[1:]
        self.proposed.emit(offers[0])

    def _on_reverted(self, row: LayerRow, spec: Settings) -> None:
        self.reverted.emit(tuple(spec if other is row else other.spec for other in self.rows))

    def _lay_out(self) -> None:
        """Put the rows in order, for the eye and for the Tab key."""
        previous = self.anchor
        for position, row in enumerate(self.rows):
            if self._column.indexOf(row) != position:
                self._column.insertWidget(position, row)
            row.show()
            for widget in row.focus_chain():
                if previous is not None:
                    QWidget.setTabOrder(previous, widget)
                previous = widget
        self._none.setVisible(not self.rows)

    # --- pulling rows with the mouse ----------------------------------------------------------------------

    def _on_dragged(self, row: LayerRow, place: QPoint) -> None:
        gap = self._gap(place)
        below = self.rows[gap].y() if gap < len(self.rows) else self.rows[-1].geometry().bottom() + theme.SPACE // 2
        self._line.setGeometry(0, max(0, below - theme.SPACE // 4 - 1), self.width(), 2)
        self._line.show()
        self._line.raise_()
        reveal_place(self, place, 3 * theme.SPACE)

    def _on_dropped(self, row: LayerRow, place: QPoint | None) -> None:
        self._line.hide()
        if place is not None:
            start, gap = self.rows.index(row), self._gap(place)
            self.move_row(start, gap - 1 if gap > start else gap)

    def _gap(self, place: QPoint) -> int:
        """Return how many rows lie above a place on the screen."""
        y = self.mapFromGlobal(place).y()
        return sum(row.geometry().center().y() < y for row in self.rows)
