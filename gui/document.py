"""The model file: open, save, recent ones, and the copy that is kept of every run by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from PySide6.QtCore import QObject, QSettings, Signal

from engine import kept_models
from engine.datasets.dataset import DIGITS, Dataset
from engine.errors import DigitLabError, ModelFileError
from engine.history import History
from engine.judge import Judge
from engine.measuring import pen_files, with_scores
from engine.model_files import SUFFIX, Model, TrainingRecord, record_training
from engine.network import Snapshot
from engine.reports import EndReport
from engine.score import Score
from engine.specs import RunSpec
from engine.training import Training
from gui.model_writing import Written, alike, open_model, save_to, write_measured
from gui.remembered_files import RememberedFiles
from gui.session import Session
from gui.worker import TaskThread

RECENT = 10
PEN_FILES = 5
SAVING = "Saving the model…"
DESCRIPTION = 2**16  # bytes, for what a model file says about itself


class Origin(NamedTuple):
    """What a run is made of: its settings, its data, the model that its network came from, and its name on disk."""

    run: RunSpec
    dataset: Dataset | None
    came_from: Model | None
    run_id: str


class Document(QObject):
    """Keeps the network on disk.

    Attributes
    ----------
    path : Path or None
        The file the network was opened from or saved to.
    saved : bool
        Whether that file holds the present weights.
    recent_files, pen_files : RememberedFiles
        Models opened or saved last; pen files that were loaded as data.
    """

    changed = Signal()
    opened = Signal(object)  # Model
    saved_to = Signal(object)  # Path
    kept = Signal(object)  # Path: a run was kept by itself
    kept_run = Signal(str, object, object)  # id of a run, Path, Model: where its network lies
    measured = Signal(object, object)  # Path, Model: a run that reads digits was kept, and measured on its own data

    def __init__(self, session: Session, settings: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.recent_files = RememberedFiles(settings, "recent", RECENT)
        self.pen_files = RememberedFiles(settings, "pen_files", PEN_FILES)
        self.path: Path | None = None
        self.saved = True
        self._came_from: Model | None = None
        self._measured: Model | None = None
        self._kept_last: tuple[History, Snapshot] | None = None
        self._opening: TaskThread | None = None
        # What each run is made of: it is handed over when another network may have taken its place.
        self._origins: WeakKeyDictionary[History, Origin] = WeakKeyDictionary()
        session.state_changed.connect(self._on_state)
        session.snapshot_changed.connect(self._on_snapshot)
        session.network_replaced.connect(self._on_replaced)
        session.ended.connect(self._on_ended)
        session.left.connect(self._on_left)
        session.made.connect(self._on_made)
        session.dataset_changed.connect(self._on_dataset)

    @property
    def title(self) -> str:
        """What the window is called."""
        if self.path is None:
            return "New network"
        return kept_models.title(self.path) if self.is_kept else self.path.name

    @property
    def is_kept(self) -> bool:
        """Whether the network was opened from a kept copy, which nothing may be saved over."""
        try:
            return self.path is not None and self.path.absolute().parent == kept_models.folder().absolute()
        except DigitLabError:
            return False

    @property
    def recent(self) -> list[Path]:
        """The files opened or saved last, newest first."""
        return self.recent_files.paths

    def open(self, path: str | Path) -> None:
        """Open a model file in the background; what is open stays until that has worked."""
        tasks, path = self._session.tasks, Path(path)
        if self._opening is not None:
            tasks.forget(self._opening)
        self._opening = tasks.start(
            "Opening the model…", partial(open_model, path), partial(self._on_opened, path), self._on_not_opened
        )

    def save(self, path: str | Path) -> None:
        """Write the present network to `path`, or to `path` with the usual ending, in the background."""
        path, session = Path(path), self._session
        target = path if path.suffix == SUFFIX else path.with_name(path.name + SUFFIX)
        if target != path and target.exists():
            why = f"{target} exists already and was left as it is."
            session.problem.emit(ModelFileError(why, "Choose that very file to replace it, or another name."))
            return
        origin, model = self._origin(), self.model
        work = partial(write_measured, partial(save_to, target), model, self._unmeasured(origin, model))
        session.tasks.start(SAVING, work, partial(self._on_saved, session.snapshot, session.history), self._on_failed)

    @property
    def model(self) -> Model:
        """The present network with everything that is known of it."""
        return self._model(self._origin(), self._session.snapshot, self._session.history, best_epoch=0)

    def take(self, model: Model) -> None:
        """Go on with a model that comes from no file, and keep a copy of it."""
        self.adopt(model)
        self._on_made(model)

    def add_scores(self, model: Model, scores: Sequence[Score]) -> None:
        """Add scores of the present network to its card and to what is saved next, if `model` still is that network."""
        record = model.record.model_copy(update={"scores": with_scores(model.record.scores, scores)})
        if self._is_present(model.network):
            self._measured = replace(model, record=record)
            if self._came_from is not None and alike(self._came_from.network, model.network):
                self._came_from = replace(self._came_from, record=record)

    @property
    def saving(self) -> bool:
        """Whether a file is being written now."""
        return SAVING in self._session.tasks.titles

    def trouble(self) -> DigitLabError | None:
        """Return why what was learned could not be kept if the program ended now; None if it can, or need not."""
        snapshot, history = self._session.snapshot, self._session.history
        if not (snapshot.step or history.last) or self._is_safe(history, snapshot):
            return None
        try:
            kept_models.check_room(snapshot.parameters.nbytes + DESCRIPTION)
        except DigitLabError as error:
            return error
        return None

    def _origin(self) -> Origin:
        session = self._session
        return Origin(session.built, session.dataset, self._came_from, session.history.run_id)

    def _model(self, origin: Origin, snapshot: Snapshot, history: History, best_epoch: int) -> Model:
        """Put weights, settings and what is known of their training together."""
        run, known = origin.run.model_copy(update={"network": snapshot.spec}), self._measured
        if origin.came_from is not None and origin.came_from.record.steps == snapshot.step:
            return Model(snapshot, run, origin.came_from.record, origin.came_from.judge)
        record = self._new_record(origin, snapshot, history, best_epoch)
        if known is None or not alike(known.network, snapshot):
            return Model(snapshot, run, record)
        figures = {name: getattr(known.record, name) for name in ("test_loss", "test_accuracy", "scores")}
        return Model(snapshot, run, record.model_copy(update=figures), known.judge)

    def _unmeasured(self, origin: Origin, model: Model) -> Dataset | None:
        """Return the data to measure a model on; None when that has been done, or is not known of a file."""
        came_from = origin.came_from
        from_file = came_from is not None and model.record is came_from.record
        return None if from_file or model.judge != Judge() else origin.dataset

    def _new_record(self, origin: Origin, snapshot: Snapshot, history: History, best_epoch: int) -> TrainingRecord:
        session = self._session
        if origin.dataset is None:
            return TrainingRecord(steps=snapshot.step, epochs=snapshot.epoch)
        evaluated = session.evaluated  # a moment of the past has the same step, but not quite the same weights
        test = session.evaluation if evaluated is not None and alike(evaluated, snapshot) else None
        reports = [report for report in history.reports if report.epoch <= snapshot.epoch]
        record = record_training(origin.dataset, reports, steps=snapshot.step, best_epoch=best_epoch, test=test)
        taught = origin.came_from.record.taught if origin.came_from else ""
        # Its epochs are also those before the file was opened.
        return record.model_copy(update={"epochs": snapshot.epoch, "taught": taught})

    def _keep(self, origin: Origin, snapshot: Snapshot, history: History, best_epoch: int) -> None:
        if not snapshot.step or self._is_safe(history, snapshot):
            return
        self._kept_last = (history, snapshot)
        model = self._model(origin, snapshot, history, best_epoch)
        work = partial(write_measured, kept_models.keep, model, self._unmeasured(origin, model))
        self._session.tasks.start("Keeping the network…", work, partial(self._on_kept, origin), self._on_not_kept)

    def _is_safe(self, history: History, snapshot: Snapshot) -> bool:
        """Whether these very weights have been kept already."""
        if self._kept_last is None or self._kept_last[0] is not history:
            return False
        return np.array_equal(self._kept_last[1].parameters, snapshot.parameters)

    def _is_present(self, snapshot: Snapshot) -> bool:
        return alike(self._session.snapshot, snapshot)

    def adopt(self, model: Model) -> None:
        """Go on with a model that is kept elsewhere."""
        self._session.adopt(model.network, model.run)
        self._came_from = model
        self._session.judge_by(model.judge)

    def _know(self, model: Model) -> None:
        """Remember what was found out about a network; if it still is the present one, it is trusted so far."""
        if model.judge != Judge() and self._is_present(model.network):
            self._measured = model
            self._session.judge_by(model.judge)

    def _on_made(self, model: Model) -> None:
        self._came_from, self.saved = model, False
        self._keep(self._origin(), model.network, self._session.history, best_epoch=0)
        self.changed.emit()

    def _on_state(self, _state: str) -> None:
        self._origins[self._session.history] = self._origin()

    def _on_ended(self, report: EndReport) -> None:
        self._keep(self._origin(), self._session.snapshot, self._session.history, report.best_epoch)

    def _on_left(self, training: Training, history: History) -> None:
        origin = self._origins.get(history) or self._origin()
        best_epoch = training.best_epoch if training.settings.keep_best else 0
        self._keep(origin, training.best_snapshot(), history, best_epoch)

    def _on_opened(self, path: Path, model: Model) -> None:
        self._opening = None
        self.adopt(model)
        self._kept_last = (self._session.history, model.network)
        self.path, self.saved = path, True
        if not self.is_kept:  # those have a menu of their own
            self.recent_files.add(path)
        self.opened.emit(model)
        self.changed.emit()

    def _on_saved(self, snapshot: Snapshot, history: History, written: Written) -> None:
        path, model = written
        self._know(model)
        if history is self._session.history:  # else another network has taken its place meanwhile
            self.path, self.saved = path, snapshot is self._session.snapshot
        self.recent_files.add(path)
        self.saved_to.emit(path)
        self.changed.emit()

    def _on_kept(self, origin: Origin, written: Written) -> None:
        path, model = written
        self._know(model)
        self.kept.emit(path)
        self.kept_run.emit(origin.run_id, path, model)
        if model.judge != Judge() and origin.dataset is not None and origin.dataset.class_names == DIGITS:
            self.measured.emit(path, model)

    def _on_dataset(self, dataset: Dataset) -> None:
        for path in pen_files(dataset.word):
            self.pen_files.add(path)

    def _on_snapshot(self, snapshot: Snapshot) -> None:
        if self.saved and snapshot.step:
            self.saved = False
            self.changed.emit()

    def _on_replaced(self) -> None:
        self.path, self.saved, self._came_from = None, True, None
        self.changed.emit()

    def _on_not_opened(self, error: DigitLabError) -> None:
        self._opening = None
        self._session.problem.emit(error)

    def _on_not_kept(self, error: DigitLabError) -> None:
        self._kept_last = None
        if str(error) != self._session.trainer.trouble:  # else it has been said already
            self._session.problem.emit(error)

    def _on_failed(self, error: DigitLabError) -> None:
        self._session.problem.emit(error)
