"""The library of runs, as the window uses it: what is kept, and what can be done with it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from engine import kept_models
from engine.datasets import load_dataset
from engine.datasets.dataset import Dataset
from engine.datasets.split import split_if_possible
from engine.errors import DigitLabError
from engine.model import Model
from engine.runs.recall import Recalled, Which, cut_off, model_of, recall
from engine.runs.room import tidy
from engine.runs.row import RunRow
from engine.runs.run_file import path_of
from engine.runs.store import RunStore
from engine.training import Training
from gui.document import Document
from gui.session import Session

NEWS_MS = 500
PATIENCE_SECONDS, AGAIN_SECONDS = 0.5, 3.0
"""How long the window waits for a library that another program holds, and how long until it tries again."""


@dataclass(frozen=True)
class Found:
    """What was found when the library was opened: the newest run if it was cut off, and what is to be said."""

    cut_off: list[RunRow]
    notes: list[str]


class Library(QObject):
    """The runs that are kept, and what one does with them; lives in the GUI thread.

    Attributes
    ----------
    trouble : DigitLabError or None
        Why there is no library at present.
    """

    changed = Signal()  # rows may be different
    settings_asked = Signal(object, str)  # RunSpec, what to call it: settings for the forms
    offered = Signal(object)  # RunRow: a training that was cut off and can go on

    def __init__(self, session: Session, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._document = session, document
        self._store: RunStore | None = None
        self.trouble: DigitLabError | None = None
        self._not_before = 0.0
        self._soon = QTimer(self, singleShot=True, interval=NEWS_MS)
        self._soon.timeout.connect(self._on_news)
        session.run_kept.connect(self._on_kept)
        document.kept_run.connect(self._on_model)

    @property
    def store(self) -> RunStore | None:
        """The rows of all runs, for the GUI thread; None where there is no library, and :attr:`trouble` says why."""
        if self._store is None and time.monotonic() >= self._not_before:
            try:
                self._store = RunStore(patience=PATIENCE_SECONDS)
                self.trouble = None
            except DigitLabError as error:
                self.trouble = error
                self._not_before = time.monotonic() + AGAIN_SECONDS
        return self._store

    def begin(self) -> None:
        """Look for a training that was cut off, in the background."""
        self._session.tasks.start("", _look, self._on_found, self._on_not_found)

    def close(self) -> None:
        """Let go of the files."""
        self._soon.stop()
        if self._store is not None:
            self._store.close()
            self._store = None

    # --- what is done with a run --------------------------------------------------------------------------

    def restore_settings(self, row: RunRow) -> None:
        """Put the settings of a run into the forms; the network stays as it is."""
        session = self._session
        self.settings_asked.emit(row.spec.changed(run={"dataset": session.run.dataset}), "Restore settings")
        if row.spec.dataset != session.run.dataset:
            session.load(row.spec.dataset)
        session.noted.emit(f"The settings of {row.title} are in the forms; Ctrl+Z there brings yours back.")

    def continue_run(self, row: RunRow) -> None:
        """Go on with a run where it stood, and train."""
        session, word = self._session, row.spec.dataset
        if session.trainer.active and row.id == session.history.run_id:
            session.problem.emit(DigitLabError("This run is being trained in this window already."))
            return
        dataset = session.dataset if session.dataset is not None and session.dataset.word == word else None
        work = partial(_recall, row, dataset)
        session.tasks.start(f"Going on with {row.title}…", work, self._on_recalled, session.problem.emit)

    def open_model(self, row: RunRow, which: Which = "best") -> None:
        """Open a network of a run: that of its best epoch, or the latest."""
        work = partial(_open, row, which)
        done = partial(self._on_opened, row)
        self._session.tasks.start("Opening the model…", work, done, self._session.problem.emit)

    def delete(self, ids: Iterable[str]) -> None:
        """Take runs out of the library; they can be brought back."""
        self._change(lambda store: store.delete(list(ids)))

    def undelete(self, ids: Iterable[str]) -> None:
        """Bring deleted runs back."""
        self._change(lambda store: store.undelete(list(ids)))

    def _change(self, change: Any) -> None:
        store = self.store
        try:
            if store is not None:
                change(store)
        except DigitLabError as error:
            self._session.problem.emit(error)
        self.changed.emit()

    # --- what happens -------------------------------------------------------------------------------------

    def _on_found(self, found: Found | None) -> None:
        if found is None:  # cancelled
            return
        for note in found.notes:
            self._session.noted.emit(note)
        if found.cut_off:
            self.offered.emit(found.cut_off[0])
        self.changed.emit()

    def _on_not_found(self, error: DigitLabError) -> None:
        self._session.problem.emit(error)
        self.changed.emit()

    def _on_news(self) -> None:
        """Tell what became of the list if it was lost or damaged meanwhile, and that its rows may be different."""
        try:
            if self.store is not None and self.store.version:
                notes, self.store.notes = self.store.notes, []
                for note in notes:
                    self._session.noted.emit(note)
        except DigitLabError as error:  # the keeper of the run says so, too, if it cannot write either
            self.trouble = error
        self.changed.emit()

    def _on_kept(self, _run_id: str) -> None:
        if not self._soon.isActive():
            self._soon.start()

    def _on_recalled(self, result: tuple[Recalled, Training, Dataset]) -> None:
        recalled, training, dataset = result
        session = self._session
        if session.dataset is not dataset:
            session.use(dataset)
        session.resume(recalled, training)
        session.train()
        if recalled.note:
            session.noted.emit(recalled.note)

    def _on_opened(self, row: RunRow, model: Model) -> None:
        self._document.adopt(model)
        self._session.parent_run = row.id
        if path_of(row.id).exists():
            self._session.show_film(path_of(row.id))

    def _on_model(self, run_id: str, path: Path, model: Model) -> None:
        """Note where the network of a run is kept, and how it reads the test images."""
        store = self.store
        if store is None or not run_id or not path_of(run_id).exists():  # nothing of it could be kept
            return
        record = model.record
        known = {"test_loss": record.test_loss, "test_accuracy": record.test_accuracy}
        try:
            kept_models.save_owner(store, store.row(run_id).changed(model=path.name, **known))
        except DigitLabError as error:
            self._session.problem.emit(error)
        self._on_kept(run_id)


def _look(progress: Any, cancelled: Any) -> Found:
    with closing(RunStore()) as store:
        newest = [glance.id for glance in store.rows() if not glance.experiment][:1]
        waiting = [row for row in cut_off(store) if row.id in newest]
        return Found(waiting, [*store.notes, *tidy(store)])


def _recall(row: RunRow, dataset: Dataset | None, progress: Any, cancelled: Any) -> tuple[Recalled, Training, Dataset]:
    recalled = recall(row.id)
    if dataset is None:
        progress("Loading the data of the run…")
        dataset = load_dataset(row.spec.dataset, progress=progress, cancelled=cancelled, ink=row.spec.ink)
    return recalled, recalled.training(split_if_possible(dataset, row.spec.validation_split, row.spec.seed)), dataset


def _open(row: RunRow, which: Which, progress: Any, cancelled: Any) -> Model:
    return model_of(row, which)
