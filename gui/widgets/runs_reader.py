"""Reads the list of runs, beside the window where it is long, and notices when anybody has changed it."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from engine.errors import DigitLabError
from engine.runs.glance import RunGlance, columns_of
from gui.tasks import Tasks
from gui.worker import TaskThread

if TYPE_CHECKING:
    from gui.library import Library

# Longer lists would stop the window for a moment, several times a second while something is being trained.
MANY = 500


class RunsReader(QObject):
    """Holds the list of runs as it was last read.

    Attributes
    ----------
    runs : list of RunGlance
        All runs, newest first; empty if they cannot be read.
    trouble : DigitLabError or None
        Why they cannot be read.

    Signals
    -------
    changed : ()
        The list was read again.
    """

    changed = Signal()

    def __init__(self, tasks: Tasks, library: Library, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.runs: list[RunGlance] = []
        self.trouble: DigitLabError | None = None
        self._tasks, self._library = tasks, library
        self._version: int | None = None  # of the store, when the list was read last
        self._reading: TaskThread | None = None

    def read(self) -> None:
        """Read the list now."""
        self.stop()
        store = self._library.store
        try:
            if store is None:
                self._take([], self._library.trouble)
                return
            self._version = store.version
            self._take(store.rows())
        except DigitLabError as error:
            self._take([], error)

    def refresh(self, ids: list[str]) -> None:
        """Read some runs of the list again, which is faster than all of them; all of them if there are no `ids`."""
        store = self._library.store
        if store is None or not ids or len(self.runs) < MANY:
            self.read()
            return
        try:
            known = {run_id: RunGlance._make(columns_of(store.row(run_id))) for run_id in ids}
        except DigitLabError:  # whatever is the matter with them, the whole list may tell
            self.read()
            return
        self._take([known.get(run.id, run) for run in self.runs])

    def look(self) -> None:
        """Read the list again if somebody has changed it since; soon, if it is long."""
        version, store = None, self._library.store
        try:
            version = None if store is None else store.version
        except DigitLabError:
            store = None
        if store is None:
            if self.trouble is None:
                self.read()
        elif self.trouble is not None or (version != self._version and len(self.runs) < MANY):
            self.read()
        elif version != self._version and self._reading is None:
            self._version = version
            # Without a title: this is nothing that the status bar should speak of.
            self._reading = self._tasks.start("", partial(_rows, store.path.parent), self._on_read, self._on_failed)

    def stop(self) -> None:
        """Give up what is being read beside the window."""
        if self._reading is not None:
            self._tasks.forget(self._reading)
            self._reading = self._version = None

    def _take(self, runs: list[RunGlance], trouble: DigitLabError | None = None) -> None:
        self.runs, self.trouble = runs, trouble
        self.changed.emit()

    def _on_read(self, runs: list[RunGlance]) -> None:
        self._reading = None
        self._take(runs)

    def _on_failed(self, error: DigitLabError) -> None:
        self._reading = None
        self._take([], error)


def _rows(folder: Path, progress: Any, cancelled: Any) -> list[RunGlance]:
    """Return the list, read by a store of its own."""
    from engine.runs.store import RunStore

    with closing(RunStore(folder)) as store:
        return store.rows()
