"""The model file: open, save, recent ones, and the copy that is kept of every run by itself."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from PySide6.QtCore import QObject, QSettings, Signal

from engine import kept_models
from engine.datasets.dataset import Dataset
from engine.errors import DigitLabError, ModelFileError
from engine.history import History
from engine.model_files import SUFFIX, Model, TrainingRecord, load_model, record_training, save_model
from engine.network import Snapshot
from engine.reports import EndReport
from engine.specs import RunSpec
from engine.training import Training
from gui.session import Session
from gui.worker import TaskThread

RECENT = 10
SAVING = "Saving the model…"
DESCRIPTION = 2**16  # bytes, for what a model file says about itself


class Origin(NamedTuple):
    """What a run is made of: its settings, its data, and the record of the file its network came from, if any."""

    run: RunSpec
    dataset: Dataset | None
    record: TrainingRecord | None


class Document(QObject):
    """Keeps the network on disk.

    Attributes
    ----------
    path : Path or None
        The file the network was opened from or saved to.
    saved : bool
        Whether that file holds the present weights.
    """

    changed = Signal()
    opened = Signal(object)  # Model
    saved_to = Signal(object)  # Path
    kept = Signal(object)  # Path: a run was kept by itself

    def __init__(self, session: Session, settings: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._settings = session, settings
        self.path: Path | None = None
        self.saved = True
        self._record: TrainingRecord | None = None
        self._kept_last: tuple[History, Snapshot] | None = None
        self._opening: TaskThread | None = None
        # What each run is made of: it is handed over when another network may have taken its place.
        self._origins: WeakKeyDictionary[History, Origin] = WeakKeyDictionary()
        session.state_changed.connect(self._on_state)
        session.snapshot_changed.connect(self._on_snapshot)
        session.network_replaced.connect(self._on_replaced)
        session.ended.connect(self._on_ended)
        session.left.connect(self._on_left)

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
        stored = self._settings.value("recent", [])
        return [Path(str(name)) for name in (stored if isinstance(stored, list) else [stored]) if name]

    def open(self, path: str | Path) -> None:
        """Open a model file in the background; what is open stays until that has worked."""
        tasks, path = self._session.tasks, Path(path)
        if self._opening is not None:
            tasks.forget(self._opening)
        self._opening = tasks.start(
            "Opening the model…", partial(_open, path), partial(self._on_opened, path), self._on_not_opened
        )

    def save(self, path: str | Path) -> None:
        """Write the present network to `path`, or to `path` with the usual ending, in the background."""
        path, session = Path(path), self._session
        target = path if path.suffix == SUFFIX else path.with_name(path.name + SUFFIX)
        if target != path and target.exists():
            why = f"{target} exists already and was left as it is."
            session.problem.emit(ModelFileError(why, "Choose that very file to replace it, or another name."))
            return
        model = self._model(self._origin(), session.snapshot, session.history, best_epoch=0)
        done = partial(self._on_saved, target, session.snapshot, session.history)
        session.tasks.start(SAVING, partial(_save, target, model), done, self._on_failed)

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
        return Origin(session.built, session.dataset, self._record)

    def _model(self, origin: Origin, snapshot: Snapshot, history: History, best_epoch: int) -> Model:
        """Put weights, settings and the record of their training together."""
        record = origin.record
        if record is None or record.steps != snapshot.step:
            record = self._new_record(origin, snapshot, history, best_epoch)
        return Model(snapshot, origin.run.model_copy(update={"network": snapshot.spec}), record)

    def _new_record(self, origin: Origin, snapshot: Snapshot, history: History, best_epoch: int) -> TrainingRecord:
        session = self._session
        if origin.dataset is None:
            return TrainingRecord(steps=snapshot.step, epochs=snapshot.epoch)
        test = session.evaluation if history is session.history and session.evaluated_step == snapshot.step else None
        reports = [report for report in history.reports if report.epoch <= snapshot.epoch]
        record = record_training(origin.dataset, reports, steps=snapshot.step, best_epoch=best_epoch, test=test)
        return record.model_copy(update={"epochs": snapshot.epoch})  # also those before the file was opened

    def _keep(self, origin: Origin, snapshot: Snapshot, history: History, best_epoch: int) -> None:
        if not snapshot.step or self._is_safe(history, snapshot):
            return
        self._kept_last = (history, snapshot)
        model = self._model(origin, snapshot, history, best_epoch)
        self._session.tasks.start("Keeping the network…", partial(_keep, model), self.kept.emit, self._on_not_kept)

    def _is_safe(self, history: History, snapshot: Snapshot) -> bool:
        """Whether these very weights have been kept already."""
        if self._kept_last is None or self._kept_last[0] is not history:
            return False
        return np.array_equal(self._kept_last[1].parameters, snapshot.parameters)

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
        self._session.adopt(model.network, model.run)
        self._record = model.record
        self._kept_last = (self._session.history, model.network)
        self.path, self.saved = path, True
        if not self.is_kept:  # those have a menu of their own
            self._remember(path)
        self.opened.emit(model)
        self.changed.emit()

    def _on_saved(self, path: Path, snapshot: Snapshot, history: History, _result: None) -> None:
        if history is self._session.history:  # else another network has taken its place meanwhile
            self.path, self.saved = path, snapshot is self._session.snapshot
        self._remember(path)
        self.saved_to.emit(path)
        self.changed.emit()

    def _on_snapshot(self, snapshot: Snapshot) -> None:
        if self.saved and snapshot.step:
            self.saved = False
            self.changed.emit()

    def _on_replaced(self) -> None:
        self.path, self.saved, self._record = None, True, None
        self.changed.emit()

    def _on_not_opened(self, error: DigitLabError) -> None:
        self._opening = None
        self._session.problem.emit(error)

    def _on_not_kept(self, error: DigitLabError) -> None:
        self._kept_last = None
        self._session.problem.emit(error)

    def _on_failed(self, error: DigitLabError) -> None:
        self._session.problem.emit(error)

    def _remember(self, path: Path) -> None:
        others = [str(other) for other in self.recent if other != path.absolute()]
        self._settings.setValue("recent", [str(path.absolute()), *others][:RECENT])


def _open(path: Path, progress: Any, cancelled: Any) -> Model:
    return load_model(path)


def _save(path: Path, model: Model, progress: Any, cancelled: Any) -> None:
    save_model(path, model)


def _keep(model: Model, progress: Any, cancelled: Any) -> Path:
    return kept_models.keep(model)
