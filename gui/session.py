"""The state of the program: idle → running ⇄ paused → stopping, and what belongs to it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from PySide6.QtCore import QObject, Signal

from engine.datasets.dataset import Dataset
from engine.errors import DigitLabError, SettingError
from engine.history import History
from engine.losses import misfit
from engine.network import Network, Snapshot
from engine.presets import named
from engine.reports import EndReport
from engine.specs import RunSpec
from engine.training import Training
from gui.desk import Desk
from gui.worker import TrainingThread


class State(StrEnum):
    """What the training is doing."""

    IDLE = "idle"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"


class Session(Desk):
    """Owns the network, its training and its history; lives in the GUI thread.

    The network that is being trained belongs to the training thread. Everybody else sees `snapshot`, the latest
    copy, and `reader`, a network of the GUI thread that holds this copy.

    Attributes
    ----------
    run : RunSpec
        What the forms say; `built` is what the present network was made with.
    history : History
        The curves since the network was new.
    state : State
        What the training is doing.
    """

    state_changed = Signal(str)
    run_changed = Signal(object)  # RunSpec: somebody other than the forms chose other settings
    pending_changed = Signal(bool)  # whether the forms differ from the network in what needs a new one
    network_replaced = Signal()  # another network, with a history of its own
    history_changed = Signal()
    ended = Signal(object)  # EndReport
    left = Signal(object, object)  # Training, History: a run that is over, for whoever keeps it

    def __init__(self, run: RunSpec, parent: QObject | None = None) -> None:
        self._network = Network(run.network, run.seed)
        super().__init__(run, self._network, parent)
        self.run = named(run)
        self.state = State.IDLE
        self.history = History()
        self._training: Training | None = None
        self._thread: TrainingThread | None = None
        self._leaving: dict[TrainingThread, tuple[Training, History]] = {}
        self._run_id = 0
        self._fresh = True  # a network that nobody has trained or loaded follows the forms by itself

    # --- settings -----------------------------------------------------------------------------------------

    def set_run(self, run: RunSpec) -> None:
        """Use other settings: at once where that is possible, else with the next new network.

        Raises
        ------
        SettingError
            When they do not fit the data or the memory; the settings before stay.
        """
        self._require_fit(run, self.run)
        self.run = run = named(run)
        if self.pending and self._fresh and self.state == State.IDLE:
            self.new_network()
        elif self._applies(run):
            self._apply(run)
        self.pending_changed.emit(self.pending)

    @property
    def pending(self) -> bool:
        """Whether the forms say something that needs a new network."""
        return self._architecture(self.run) != self._architecture(self.built)

    @property
    def trained(self) -> bool:
        """Whether the network has learned anything, here or before it was opened."""
        return self.snapshot.step > 0 or not self._fresh

    @staticmethod
    def _architecture(run: RunSpec) -> tuple[object, ...]:
        return run.network, run.seed, run.validation_split, run.ink

    def _applies(self, run: RunSpec) -> bool:
        """Whether the training settings suit the network as it is built: the loss its output."""
        return not misfit(run.training.loss, self.built.network.output_activation)

    def _apply(self, run: RunSpec) -> None:
        self.built = self.built.changed(training=run.training.model_dump(), run={"preset": run.preset})
        if self._thread is not None:
            self._thread.apply(run.training)
        elif self._training is not None:
            self._training.apply(run.training)

    # --- the network --------------------------------------------------------------------------------------

    def new_network(self) -> None:
        """Make a network from the forms with fresh random weights; a training that runs is ended and kept."""
        self._replace(Network(self.run.network, self.run.seed), self.run, fresh=True)

    def adopt(self, snapshot: Snapshot, run: RunSpec) -> None:
        """Go on with a network that was loaded; the settings it was made with come into the forms."""
        run = named(run.changed(run={"dataset": self.run.dataset}))
        self._replace(Network.from_snapshot(snapshot), run, fresh=False, snapshot=snapshot)
        self.run = run
        self.run_changed.emit(run)
        self.pending_changed.emit(False)

    def _replace(self, network: Network, run: RunSpec, *, fresh: bool, snapshot: Snapshot | None = None) -> None:
        self._abandon()
        self._network, self.built, self._fresh = network, run, fresh
        self._training = None
        self.history = History()
        if self.dataset is not None:
            self._divide(self.dataset)
        self._set_evaluation(None, -1)
        self._take(snapshot or network.snapshot())
        self.network_replaced.emit()
        self.snapshot_changed.emit(self.snapshot)
        self.history_changed.emit()
        self.pending_changed.emit(self.pending)

    # --- training -----------------------------------------------------------------------------------------

    def train(self) -> None:
        """Train, or go on after a pause, or for more epochs."""
        if self._ready():
            self._active().go_on()
            self._set_state(State.RUNNING)

    def pause(self) -> None:
        """Wait after the current batch."""
        if self.state == State.RUNNING and self._thread is not None:
            self._thread.pause()

    def toggle(self) -> None:
        """Train or pause: what Space does."""
        if self.state == State.RUNNING:
            self.pause()
        else:
            self.train()

    def step_batch(self) -> None:
        """Learn from one batch, then wait."""
        if self._ready():
            self._active().step(1)
            self._set_state(State.RUNNING)

    def step_epoch(self) -> None:
        """Learn to the end of the epoch, then wait."""
        if self._ready():
            self._active().step_epoch()
            self._set_state(State.RUNNING)

    def stop(self) -> None:
        """End the training after the current batch."""
        if self._thread is not None and self.state in (State.RUNNING, State.PAUSED):
            self._thread.stop()
            self._set_state(State.STOPPING)

    def finish(self) -> None:
        """End everything and wait for it: the program is closing."""
        self._abandon()
        for thread in list(self._leaving):
            thread.wait()
        self._hand_over()
        self.tasks.finish()

    def _ready(self) -> bool:
        """Whether training may start or go on now; says why not."""
        if self.state == State.STOPPING:
            return False
        if self._split is None:
            self.problem.emit(DigitLabError("The data is still being loaded.", "Training can start in a moment."))
            return False
        if self._training is not None:
            return True
        try:
            self._require_fit(self.built)
            self._training = Training(
                self._network,
                self._split,
                self.built.training,
                self.built.seed,
                step=self.snapshot.step,
                epoch=self.history.last.epoch if self.history.last else self.snapshot.epoch,
            )
        except SettingError as error:
            self.problem.emit(error)
            return False
        return True

    def _active(self) -> TrainingThread:
        """Return the running thread, or start one."""
        if self._thread is None:
            assert self._training is not None
            self._fresh = False
            self._run_id += 1
            self._thread = TrainingThread(self._run_id, self._training, self)
            self._thread.news.connect(self._on_news)
            self._thread.paused.connect(self._on_paused)
            self._thread.failed.connect(self._on_failed)
            self._thread.start()
        return self._thread

    def _abandon(self) -> None:
        """Let go of a training without waiting for it: its late reports find another run number."""
        self._run_id += 1
        thread, self._thread = self._thread, None
        if thread is not None and self._training is not None:
            self._leaving[thread] = (self._training, self.history)
            thread.finished.connect(self._hand_over)
            thread.stop()
            self._hand_over()
        elif self._training is not None and self.trained:
            self.left.emit(self._training, self.history)
        self._set_state(State.IDLE)

    def _hand_over(self) -> None:
        """Pass on what abandoned trainings had reached, once their threads are done with it."""
        for thread in [thread for thread in self._leaving if thread.isFinished()]:
            self.left.emit(*self._leaving.pop(thread))
            thread.deleteLater()

    def _on_news(self, run_id: int, reports: list[Any], snapshot: Snapshot | None) -> None:
        if run_id != self._run_id:
            return
        self.history.extend(reports)
        if snapshot is not None:
            self._take(snapshot, learned=True)
            self.snapshot_changed.emit(snapshot)
        if reports:
            self.history_changed.emit()
            if isinstance(reports[-1], EndReport):
                self._on_end(reports[-1])

    def _on_paused(self, run_id: int) -> None:
        if run_id == self._run_id and self.state == State.RUNNING:
            self._set_state(State.PAUSED)

    def _on_failed(self, run_id: int, error: DigitLabError) -> None:
        if run_id == self._run_id:
            self._release_thread()
            self._set_state(State.IDLE)
            self.problem.emit(error)

    def _on_end(self, report: EndReport) -> None:
        self._release_thread()
        self._set_state(State.IDLE)
        self.ended.emit(report)
        self.evaluate()

    def _release_thread(self) -> None:
        """Wait the moment it takes a thread to end that has said its last word."""
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.wait()
            thread.deleteLater()

    def _set_state(self, state: State) -> None:
        if state != self.state:
            self.state = state
            self.state_changed.emit(state)

    # --- data ---------------------------------------------------------------------------------------------

    def _on_loaded(self, dataset: Dataset) -> None:
        """Use other data from now on; the network stays, so that it can be tried and trained on that data."""
        self._abandon()
        # Of its own: the one before may still be in the hands of the thread that is leaving.
        self._network, self._training = Network.from_snapshot(self.snapshot), None
        self.run = self.run.changed(run={"dataset": dataset.word})
        self.built = self.built.changed(run={"dataset": dataset.word})
        self._divide(dataset)
        super()._on_loaded(dataset)
        self._fit_batch()

    def _fit_batch(self) -> None:
        """Make a batch smaller that is larger than the data that has just been loaded, and say so."""
        fitted = self.fitted(self.run)
        if fitted is not self.run:
            self.set_run(fitted)
            self.run_changed.emit(self.run)
