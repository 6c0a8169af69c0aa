"""The training that is under way: its thread, what keeps it on disk, and those that are being left."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal

from engine.errors import DigitLabError
from engine.history import History
from engine.network import Snapshot
from engine.runs.keeper import Keeper
from engine.runs.row import RunState
from engine.specs import TrainingSpec
from engine.training import Training
from gui.worker import TrainingThread


class Trainer(QObject):
    """Starts and ends training threads; lives in the GUI thread.

    Attributes
    ----------
    training : Training or None
        What is trained, or would be.
    keeper : Keeper or None
        What keeps it on disk.
    trouble : str
        What was last said of why nothing can be kept.
    """

    news = Signal(object, object)  # list of Report, Snapshot or None
    paused = Signal()
    failed = Signal(object)  # DigitLabError
    kept = Signal()  # something of the present run was written
    troubled = Signal(object)  # DigitLabError: nothing can be kept at present
    left = Signal(object, object)  # Training, History: a run that is over, for whoever keeps it

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.training: Training | None = None
        self.keeper: Keeper | None = None
        self._thread: TrainingThread | None = None
        self._leaving: dict[TrainingThread, tuple[Training, History]] = {}
        self._run_id, self.trouble = 0, ""

    @property
    def active(self) -> bool:
        """Whether a thread trains, or waits to go on."""
        return self._thread is not None

    @property
    def leaving(self) -> bool:
        """Whether a training that was abandoned has not ended yet."""
        return bool(self._leaving)

    def thread(self) -> TrainingThread:
        """Return the running thread, or start one; there must be a training."""
        if self._thread is None:
            assert self.training is not None
            self._run_id += 1
            self._thread = TrainingThread(self._run_id, self.training, self.keeper, self)
            self._thread.news.connect(self._on_news)
            self._thread.paused.connect(self._on_paused)
            self._thread.failed.connect(self._on_failed)
            self._thread.kept.connect(self._on_kept)
            self._thread.troubled.connect(self._on_troubled)
            self._thread.start()
        return self._thread

    def apply(self, settings: TrainingSpec) -> None:
        """Learn by other settings from the next batch on."""
        if self._thread is not None:
            self._thread.apply(settings)
        elif self.training is not None:
            self.training.apply(settings)

    def abandon(self, history: History, state: RunState) -> None:
        """Let go of a training without waiting for it: its late reports find another run number.

        Parameters
        ----------
        history : History
            Its curves.
        state : RunState
            How it is to stand in the library.
        """
        self._run_id += 1
        thread, self._thread = self._thread, None
        training, self.training, self.keeper = self.training, None, None
        if thread is not None and training is not None:
            self._leaving[thread] = (training, history)
            thread.finished.connect(self._hand_over)
            thread.leave(state)
            self._hand_over()
        elif training is not None and training.step:
            self.left.emit(training, history)

    def release(self) -> None:
        """Wait the moment it takes a thread to end that has said its last word."""
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.wait()
            thread.deleteLater()

    def finish(self) -> None:
        """Wait for everything that was abandoned."""
        for thread in list(self._leaving):
            thread.wait()
        self._hand_over()

    def _hand_over(self) -> None:
        """Pass on what abandoned trainings had reached, once their threads are done with it."""
        for thread in [thread for thread in self._leaving if thread.isFinished()]:
            self.left.emit(*self._leaving.pop(thread))
            thread.deleteLater()

    def _on_news(self, run_id: int, reports: list[Any], snapshot: Snapshot | None) -> None:
        if run_id == self._run_id:
            self.news.emit(reports, snapshot)

    def _on_paused(self, run_id: int) -> None:
        if run_id == self._run_id:
            self.paused.emit()

    def _on_failed(self, run_id: int, error: DigitLabError) -> None:
        if run_id == self._run_id:
            self.release()
            self.failed.emit(error)

    def _on_kept(self, run_id: int) -> None:
        if run_id == self._run_id:
            self.kept.emit()

    def _on_troubled(self, run_id: int, error: DigitLabError) -> None:
        if run_id == self._run_id:
            self.trouble = str(error)
            self.troubled.emit(error)
