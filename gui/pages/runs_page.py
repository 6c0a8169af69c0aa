"""The page of all runs that were ever kept: found, compared, marked, and used again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSettings, Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeyEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from engine.errors import DigitLabError
from engine.runs.row import RunRow
from gui import theme
from gui.session import Session
from gui.shortcuts import UndoKeys
from gui.widgets.figures import placeholder
from gui.widgets.message_bar import MessageBar
from gui.widgets.runs_actions import RunsActions
from gui.widgets.runs_changes import RunsChanges
from gui.widgets.runs_columns import LIVE
from gui.widgets.runs_details import RunsDetails
from gui.widgets.runs_export import RunsExport
from gui.widgets.runs_header import RunsHeader
from gui.widgets.runs_model import RunsModel
from gui.widgets.runs_reader import RunsReader
from gui.widgets.runs_table import RunsTable
from gui.widgets.wording import counted

if TYPE_CHECKING:
    from gui.library import Library

NO_RUNS = "No run has been kept yet. Press Train: every run is kept here by itself."
NONE_FOUND = "No run matches the filter. Esc clears it."
# What other windows and experiments do is looked for this often; asking whether there is news takes microseconds.
LOOK_MS = 500
DRAW_MS = 60  # after the selection has changed: held arrow keys do not draw every run they pass


class RunsPage(QWidget):
    """A table of all runs, and below it the curves and settings of those that are selected.

    Attributes
    ----------
    undo_stack : QUndoStack
        Names, stars, tags and deletions, to be undone and done again.
    """

    def __init__(self, session: Session, library: Library, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._library = session, library
        self.reader, self.model = RunsReader(session.tasks, library, self), RunsModel(self)
        self.table, self.header = RunsTable(self.model), RunsHeader()
        self.actions_row, self.details = RunsActions(), RunsDetails()
        self.changes, self.export = RunsChanges(library, self), RunsExport(session, self)
        self.undo_stack = self.changes.undo_stack
        self.message, self.empty = MessageBar(), placeholder(NO_RUNS)
        self._watch = QTimer(self, interval=LOOK_MS)
        self._draw_soon = QTimer(self, singleShot=True, interval=DRAW_MS)
        self._arrange()
        self._connect()
        UndoKeys(self, self.undo_stack)
        self.reload()

    def remember_in(self, settings: QSettings) -> None:
        """Arrange the columns as `settings` say, and keep their arrangement there from now on."""
        self.table.remember_in(settings)

    # --- what is shown ------------------------------------------------------------------------------------

    def reload(self) -> None:
        """Show the runs that there are now."""
        if self.table.editing:  # what is being typed would be lost; the watch comes back to it
            return
        self.reader.read()

    def _on_read(self) -> None:
        """Show what was read."""
        if not self.table.editing:
            self.model.show_runs(self.reader.runs)
            self._show_state()
            self._draw()

    def _show_state(self) -> None:
        """Show the table, or say why there is nothing in it."""
        shown, known = len(self.model.shown), len(self.model.runs)
        self.header.show_count(shown, known)
        self.empty.setText(str(self.reader.trouble or (NONE_FOUND if known else NO_RUNS)))
        self._stack.setCurrentWidget(self.table if shown else self.empty)
        for part in (self.header, self._below):
            part.setVisible(known > 0)
        self._show_actions()

    def _show_actions(self) -> None:
        selected = self.table.selected
        self.actions_row.show_selected(selected, len(self.model.shown), drawn=self.details.curves.drawn)

    def _draw(self) -> None:
        """Show the curves and settings of what is selected."""
        self._draw_soon.stop()
        self.details.show_runs(self.table.selected, self._library.store)
        self._show_actions()

    def _look(self) -> None:
        """Read the list again if this window or another program has changed it; not while a name is being typed."""
        if not self.table.editing:
            self.reader.look()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up, and look for news from now on."""
        super().showEvent(event)
        self._look()
        self._watch.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Look for nothing: nobody sees it."""
        super().hideEvent(event)
        self._watch.stop()
        self.reader.stop()

    # --- what is done -------------------------------------------------------------------------------------

    def delete(self) -> None:
        """Delete the selected runs, those excepted that are not over, and offer to bring them back."""
        runs = [run for run in self.table.selected if run.state not in LIVE]
        row = min((self.model.row_of(run.id) for run in runs), default=0)
        if not runs or not self.changes.delete(runs):
            return
        said = f"{counted(len(runs), 'run')} deleted."
        kept = len(self.table.selected)
        more = f" {kept:,} that {'is' if kept == 1 else 'are'} not over stayed." if kept else ""
        self.message.show_hint(said + more, "Undo", self.undo_stack.undo)
        self.table.go_to(row)

    def _restore(self) -> None:
        if row := self._row():
            self._library.restore_settings(row)

    def _continue(self) -> None:
        if row := self._row():
            self._library.continue_run(row)

    def _open(self, which: str) -> None:
        if row := self._row():
            self._library.open_model(row, "last" if which == "last" else "best")

    def _row(self) -> RunRow | None:
        """Return all of the selected run; None, and why, if it cannot be read."""
        try:
            return self.table.selected[0].row() if self.table.selected else None
        except DigitLabError as error:
            self._session.problem.emit(error)
            return None

    def _export(self, kind: str) -> None:
        """Ask for a file, and write to it."""
        store, path = self._library.store, self.export.ask(kind)
        if path is None or store is None:
            return
        if kind == "picture":
            self.export.write_picture(path, self.details.picture())
        else:
            self.export.write_runs(path, self.table.selected or list(self.model.shown), store.path.parent)

    # --- what happens -------------------------------------------------------------------------------------

    def _on_changed(self, ids: list[str]) -> None:
        """Show what the user has just changed."""
        if not self.table.editing:
            self.reader.refresh(ids)

    def _show_run(self, run_id: str) -> None:
        """Select another run; a filter that hides it is cleared."""
        if self.model.row_of(run_id) < 0:
            self.header.clear()
        if self.model.row_of(run_id) < 0:
            self._session.noted.emit("That run was deleted.")
            return
        self.table.select({run_id})
        self.table.go_to(self.model.row_of(run_id))

    def _on_query(self) -> None:
        self.model.show_query(self.header.query)
        self._show_state()
        self._draw()

    def _on_selection(self) -> None:
        self._show_actions()
        self._draw_soon.start()

    def _on_star(self, ids: list[str], on: bool) -> None:
        self.changes.star(self.model.of(ids), on)

    def _on_named(self, run_id: str, name: str) -> None:
        for run in self.model.of([run_id]):
            self.changes.rename(run, name)

    def _on_tagged(self, run_id: str, tags: tuple[str, ...]) -> None:
        for run in self.model.of([run_id]):
            self.changes.tag(run, tags)

    def _on_undone(self) -> None:
        """Take a message away whose button would undo something else now."""
        self.message.hide()

    def event(self, event: QEvent) -> bool:
        """Claim the keys of this page before the window takes them as its shortcuts."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._answer(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Find, and clear the filter."""
        if answer := self._answer(event):
            answer()
        else:
            super().keyPressEvent(event)

    def _answer(self, event: QKeyEvent) -> Callable[[], None] | None:
        """Return what a key does now; None if it has nothing to do with the page."""
        if event.key() == Qt.Key.Key_Escape and self.header.is_used:
            return self.header.clear
        return self.header.focus if event.matches(QKeySequence.StandardKey.Find) else None

    # --- building -----------------------------------------------------------------------------------------

    def _connect(self) -> None:
        self.reader.changed.connect(self._on_read)
        self.header.changed.connect(self._on_query)
        self.header.left.connect(self.table.setFocus)
        self.header.columns.aboutToShow.connect(self._fill_columns)
        self.table.chosen.connect(self._on_selection)
        self.table.star_asked.connect(self._on_star)
        self.table.delete_asked.connect(self.delete)
        self.model.named.connect(self._on_named, Qt.ConnectionType.QueuedConnection)
        self.model.tagged.connect(self._on_tagged, Qt.ConnectionType.QueuedConnection)
        self.actions_row.restore.connect(self._restore)
        self.actions_row.continue_asked.connect(self._continue)
        self.actions_row.open_asked.connect(self._open)
        self.actions_row.delete.connect(self.delete)
        self.actions_row.export_asked.connect(self._export)
        self.details.curves.controls.changed.connect(self._show_actions)
        self.details.run_asked.connect(self._show_run)
        for source in (self.changes, self.details):
            source.problem.connect(self._session.problem)
        self.changes.changed.connect(self._on_changed)
        self.undo_stack.indexChanged.connect(self._on_undone)
        self._watch.timeout.connect(self._look)
        self._draw_soon.timeout.connect(self._draw)

    def _fill_columns(self) -> None:
        self.table.fill_menu(self.header.columns)

    def _arrange(self) -> None:
        self._stack, self._below = QStackedWidget(), QWidget()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.table)
        below = QVBoxLayout(self._below)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(theme.SPACE)
        below.addWidget(self.actions_row)
        below.addWidget(self.details, 1)
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.setObjectName("runs_table_splitter")
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(theme.SPACE)
        self.splitter.setStyleSheet("QSplitter::handle { background: transparent; }")
        for part in (self._stack, self._below):
            self.splitter.addWidget(part)
        self.splitter.setSizes([230, 270])
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE)
        column.setSpacing(theme.SPACE)
        column.addWidget(self.header)
        column.addWidget(self.splitter, 1)
        column.addWidget(self.message)
