"""The model file: open, save, recent ones, and the copy that is kept of every run by itself."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QSettings, Signal

from engine import kept_models
from engine.errors import DigitLabError
from engine.history import History
from engine.model_files import SUFFIX, Model, TrainingRecord, load_model, record_training, save_model
from engine.network import Snapshot
from engine.reports import EndReport
from engine.training import Training
from gui.session import Session

RECENT = 10


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
        self._kept_last: tuple[History | None, int] = (None, 0)
        session.snapshot_changed.connect(self._on_snapshot)
        session.network_replaced.connect(self._on_replaced)
        session.ended.connect(self._on_ended)
        session.left.connect(self._on_left)

    @property
    def title(self) -> str:
        """What the window is called."""
        return self.path.name if self.path else "New network"

    @property
    def recent(self) -> list[Path]:
        """The files opened or saved last, newest first."""
        stored = self._settings.value("recent", [])
        return [Path(str(name)) for name in (stored if isinstance(stored, list) else [stored]) if name]

    def open(self, path: str | Path) -> None:
        """Open a model file in the background; what is open stays until that has worked."""
        self._session.tasks.start(
            "Opening the model…", partial(_open, Path(path)), partial(self._on_opened, Path(path)), self._on_failed
        )

    def save(self, path: str | Path) -> None:
        """Write the present network to `path` in the background."""
        target = Path(path)
        target = target if target.suffix else target.with_suffix(SUFFIX)
        session = self._session
        model = self._model(session.snapshot, session.history, best_epoch=0)
        work = partial(_save, target, model)
        session.tasks.start(
            "Saving the model…", work, partial(self._on_saved, target, session.snapshot), self._on_failed
        )

    def _model(self, snapshot: Snapshot, history: History, best_epoch: int) -> Model:
        """Put weights, settings and the record of their training together."""
        session = self._session
        record = self._record
        if len(history.epochs) or record is None:
            fresh = session.evaluation if session.evaluated_step == snapshot.step else None
            record = (
                record_training(
                    session.dataset, history.reports, steps=snapshot.step, best_epoch=best_epoch, test=fresh
                )
                if session.dataset
                else TrainingRecord()
            )
        run = session.built.model_copy(update={"network": snapshot.spec})
        return Model(snapshot, run, record)

    def _keep(self, snapshot: Snapshot, history: History, best_epoch: int) -> None:
        if not snapshot.step or self._kept_last == (history, snapshot.step):
            return
        self._kept_last = (history, snapshot.step)
        model = self._model(snapshot, history, best_epoch)
        self._session.tasks.start("Keeping the network…", partial(_keep, model), self.kept.emit, self._on_failed)

    def _on_ended(self, report: EndReport) -> None:
        self._keep(self._session.snapshot, self._session.history, report.best_epoch)

    def _on_left(self, training: Training, history: History) -> None:
        self._keep(training.best_snapshot(), history, training.best_epoch if training.settings.keep_best else 0)

    def _on_opened(self, path: Path, model: Model) -> None:
        self._session.adopt(model.network, model.run)
        self._record = model.record
        self._kept_last = (self._session.history, model.network.step)
        self.path, self.saved = path, True
        self._remember(path)
        self.opened.emit(model)
        self.changed.emit()

    def _on_saved(self, path: Path, snapshot: Snapshot, _result: None) -> None:
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
