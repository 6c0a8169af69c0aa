"""The state of the program: idle → running ⇄ paused → stopping, and what belongs to it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from PySide6.QtCore import QObject, Signal

from engine.datasets.dataset import Dataset
from engine.errors import DigitLabError, SettingError
from engine.history import History
from engine.losses import misfit
from engine.model import Model, TrainingRecord
from engine.network import Network, Snapshot
from engine.presets import named
from engine.reports import EndReport
from engine.runs.keeper import Keeper
from engine.runs.recall import Recalled
from engine.runs.row import RunState, new_row
from engine.runs.run_file import path_of
from engine.specs import RunSpec
from engine.training import Training
from gui.desk import Desk
from gui.trainer import Trainer


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
    parent_run : str
        The run that the network came from; or empty.
    """

    state_changed = Signal(str)
    run_changed = Signal(object)  # RunSpec: somebody other than the forms chose other settings
    pending_changed = Signal(bool)  # whether the forms differ from the network in what needs a new one
    network_replaced = Signal()  # another network, with a history of its own
    history_changed = Signal()
    ended = Signal(object)  # EndReport
    left = Signal(object, object)  # Training, History: a run that is over, for whoever keeps it
    made = Signal(object)  # Model: the present network was made here, without training, and is in no file yet
    run_kept = Signal(str)  # something of the present run was written to disk: its id

    def __init__(self, run: RunSpec, parent: QObject | None = None) -> None:
        self._network = Network(run.network, run.seed)
        super().__init__(run, self._network, parent)
        self.run = named(run)
        self.state = State.IDLE
        self.history = History()
        self.parent_run = ""
        self._fresh = True  # a network that nobody has trained or loaded follows the forms by itself
        self.trainer = Trainer(self)
        self.trainer.news.connect(self._on_news)
        self.trainer.paused.connect(self._on_paused)
        self.trainer.failed.connect(self._on_failed)
        self.trainer.kept.connect(self._on_kept)
        self.trainer.troubled.connect(self.problem)
        self.trainer.left.connect(self.left)

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
        elif not misfit(run.training.loss, self.built.network.output_activation):
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

    def _apply(self, run: RunSpec) -> None:
        self.built = self.built.changed(training=run.training.model_dump(), run={"preset": run.preset})
        self.trainer.apply(run.training)

    # --- the network --------------------------------------------------------------------------------------

    def new_network(self) -> None:
        """Make a network from the forms with fresh random weights; a training that runs is ended and kept."""
        network = Network(self.run.network, self.run.seed)
        self._replace(network, self.run, fresh=True, snapshot=network.snapshot(), history=History())

    def adopt(self, snapshot: Snapshot, run: RunSpec) -> None:
        """Go on with a network that was loaded; the settings it was made with come into the forms."""
        run = named(run.changed(run={"dataset": self.run.dataset}))
        self._replace(Network.from_snapshot(snapshot), run, fresh=False, snapshot=snapshot, history=History())
        self.run = run
        self.run_changed.emit(run)
        self.pending_changed.emit(False)

    def branch(self, snapshot: Snapshot) -> None:
        """Go on with weights that were looked at, or changed, here; the run they come from is ended and kept."""
        parent = self.history.run_id or self.parent_run
        made = self.built.model_copy(update={"network": snapshot.spec})
        self.adopt(snapshot, self.built)
        self.parent_run = parent
        self.made.emit(Model(snapshot, made, TrainingRecord(epochs=snapshot.epoch, steps=snapshot.step)))

    def _replace(self, network: Network, run: RunSpec, *, fresh: bool, snapshot: Snapshot, history: History) -> None:
        self._abandon()
        self._network, self.built, self._fresh = network, run, fresh
        self.history, self.parent_run = history, ""
        if self.dataset is not None:
            self._divide(self.dataset)
        self._set_evaluation(None, -1)
        self.set_film(None)
        self._take(snapshot)
        self.network_replaced.emit()
        self._announce()
        self.history_changed.emit()
        self.pending_changed.emit(self.pending)

    def resume(self, recalled: Recalled, training: Training) -> None:
        """Go on with a run of the library where it stood; the settings it was made with come into the forms.

        `training` is what `recalled` made of the data that is in use.
        """
        run = named(recalled.run.changed(run={"dataset": self.run.dataset}))
        self._replace(training.network, run, fresh=False, snapshot=training.snapshot(), history=recalled.history)
        self.run = run
        self._begin(training, recalled.keeper(training))
        if path_of(recalled.row.id).exists():  # else it begins with the training
            self.show_film(path_of(recalled.row.id))
        self.run_changed.emit(run)
        self.history_changed.emit()
        self.pending_changed.emit(False)

    # --- training -----------------------------------------------------------------------------------------

    def train(self) -> None:
        """Train, or go on after a pause, or for more epochs."""
        if self._ready():
            self.trainer.thread().go_on()
            self._set_state(State.RUNNING)

    def pause(self) -> None:
        """Wait after the current batch."""
        if self.state == State.RUNNING:
            self.trainer.thread().pause()

    def toggle(self) -> None:
        """Train or pause: what Space does."""
        if self.state == State.RUNNING:
            self.pause()
        else:
            self.train()

    def step_batch(self) -> None:
        """Learn from one batch, then wait."""
        if self._ready():
            self.trainer.thread().step(1)
            self._set_state(State.RUNNING)

    def step_epoch(self) -> None:
        """Learn to the end of the epoch, then wait."""
        if self._ready():
            self.trainer.thread().step_epoch()
            self._set_state(State.RUNNING)

    def stop(self) -> None:
        """End the training after the current batch."""
        if self.trainer.active and self.state in (State.RUNNING, State.PAUSED):
            self.trainer.thread().stop()
            self._set_state(State.STOPPING)

    def finish(self) -> None:
        """End everything and wait for it: the program is closing."""
        self._abandon(RunState.PAUSED)
        self.trainer.finish()
        self.tasks.finish()
        self.set_film(None)

    def _ready(self) -> bool:
        """Whether training may start or go on now; says why not."""
        if self.state == State.STOPPING:
            return False
        if self._split is None:
            self.problem.emit(DigitLabError("The data is still being loaded.", "Training can start in a moment."))
            return False
        if self.trainer.training is not None:
            return True
        try:
            self._require_fit(self.built)
            epoch = self.history.last.epoch if self.history.last else self.snapshot.epoch
            place = {"step": self.snapshot.step, "epoch": epoch}
            training = Training(self._network, self._split, self.built.training, self.built.seed, **place)
        except SettingError as error:
            self.problem.emit(error)
            return False
        self._begin(training, Keeper(new_row(self.built, parent=self.parent_run), training))
        return True

    def _begin(self, training: Training, keeper: Keeper) -> None:
        """Make a training, and what keeps it, the present one."""
        self._fresh = False
        self.trainer.training, self.trainer.keeper = training, keeper
        self.history.run_id = keeper.row.id

    def _abandon(self, state: RunState = RunState.STOPPED) -> None:
        """Let go of a training without waiting for it; it is kept as a run of that state."""
        self.trainer.abandon(self.history, state)
        self._set_state(State.IDLE)

    def _on_news(self, reports: list[Any], snapshot: Snapshot | None) -> None:
        self.history.extend(reports)
        if snapshot is not None:
            self._take(snapshot, learned=True)
            self._announce()
        if reports:
            self.history_changed.emit()
            if isinstance(reports[-1], EndReport):
                self._on_end(reports[-1])

    def _on_paused(self) -> None:
        if self.state == State.RUNNING:
            self._set_state(State.PAUSED)

    def _on_failed(self, error: DigitLabError) -> None:
        self._set_state(State.IDLE)
        self.problem.emit(error)

    def _on_kept(self) -> None:
        """Show the film as far as it is on disk, and tell everybody."""
        keeper = self.trainer.keeper
        if keeper is not None:
            self.show_film(keeper.path)
            self.run_kept.emit(keeper.row.id)

    def _on_end(self, report: EndReport) -> None:
        self.trainer.release()
        self._set_state(State.IDLE)
        self.ended.emit(report)
        self.evaluate(self.snapshot)

    @property
    def _resting(self) -> bool:
        return self.state == State.IDLE

    def _set_state(self, state: State) -> None:
        if state != self.state:
            self.state = state
            self.state_changed.emit(state)

    # --- data ---------------------------------------------------------------------------------------------

    def _on_loaded(self, dataset: Dataset) -> None:
        """Use other data from now on; the network stays, so that it can be tried and trained on that data."""
        self._abandon()
        # Of its own: the one before may still be in the hands of the thread that is leaving.
        self._network = Network.from_snapshot(self.snapshot)
        self.run = self.run.changed(run={"dataset": dataset.word})
        self.built = self.built.changed(run={"dataset": dataset.word})
        self._divide(dataset)
        super()._on_loaded(dataset)
        fitted = self.refitted(self.run)
        if fitted is not self.run:
            self.set_run(fitted)
            self.run_changed.emit(self.run)
