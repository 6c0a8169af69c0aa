"""Runs an experiment beside the window, and tells the window what happens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from engine.errors import DigitLabError
from engine.runs.experiments import Experiment
from engine.runs.glance import RunGlance
from engine.runs.store import RunStore
from engine.sweep.events import Control, Event, SweepProgress
from engine.sweep.keeping import Keeper, open_experiment
from engine.sweep.spec import SweepSpec, Trial
from engine.sweep.sweep import Sweep
from gui.tasks import Tasks

DRAIN_MS = 100
UNNAMED = "Experiment"
"""What an experiment is called that has no name, such as one of the terminal."""


@dataclass(frozen=True)
class Looked:
    """What is known of an experiment.

    Attributes
    ----------
    experiment : Experiment or None
        As it is kept; None if it is not.
    trials : list of Trial
        What it consists of.
    known : dict of str to RunGlance
        Its runs so far, by the key of their trial.
    """

    experiment: Experiment | None
    trials: list[Trial]
    known: dict[str, RunGlance]


def look(spec: SweepSpec, store: RunStore | None, experiment: Experiment | None) -> Looked:
    """Return what an experiment consists of, and what is done of it already.

    Raises
    ------
    DigitLabError
        When a trial is not legal, or the store cannot be read.
    """
    trials = spec.trials()
    known = Keeper(store, experiment.id).known() if store is not None and experiment is not None else {}
    return Looked(experiment, trials, known)


class _Following(Control):
    """Is cancelled, too, when the task is that it runs in."""

    def __init__(self) -> None:
        super().__init__()
        self._asked: Callable[[], bool] = bool

    def follow(self, cancelled: Callable[[], bool]) -> None:
        """Let `cancelled` end the experiment from now on."""
        self._asked = cancelled

    @property
    def cancelled(self) -> bool:
        """Whether the end is wanted, by a button or because the window closes."""
        return self.told or self._asked()

    @property
    def told(self) -> bool:
        """Whether a button wants the end; what else may want it is the task's, and gone when that has ended."""
        return super().cancelled


class ExperimentRunner(QObject):
    """Runs one experiment at a time; lives in the GUI thread.

    The experiment runs in a task; what it says waits in a queue, which a timer empties here.

    Signals
    -------
    began : (Looked,)
        The experiment is in the store, and this is what is done of it.
    happened : (list of Event,)
        What has happened since the last time.
    changed : ()
        It runs, waits or has ended.
    failed : (DigitLabError,)
        It ended because something went wrong; what was done is kept.

    Attributes
    ----------
    name, experiment_id : str
        Of the experiment that runs; empty while none does.
    progress : SweepProgress or None
        How far it is.
    """

    began = Signal(object)
    happened = Signal(object)
    changed = Signal()
    failed = Signal(object)

    def __init__(self, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._events: SimpleQueue[Any] = SimpleQueue()
        self._control: _Following | None = None
        self.name = self.experiment_id = ""
        self.progress: SweepProgress | None = None
        self._timer = QTimer(self, interval=DRAIN_MS)
        self._timer.timeout.connect(self._drain)

    @property
    def running(self) -> bool:
        """Whether an experiment runs or waits."""
        return self._control is not None

    @property
    def paused(self) -> bool:
        """Whether it waits."""
        return self._control is not None and self._control.paused

    @property
    def ending(self) -> bool:
        """Whether it was cancelled and has not ended yet."""
        return self._control is not None and self._control.told

    def start(self, spec: SweepSpec, experiment: Experiment | None, folder: Path, workers: int) -> None:
        """Run what is not done yet of an experiment, a kept one or a new one, with the store in `folder`."""
        if self.running:
            return
        self._control, self._events, self.progress = _Following(), SimpleQueue(), None
        self.name, self.experiment_id = (experiment.name if experiment else spec.name) or UNNAMED, ""
        work = partial(_run, spec, experiment, folder, workers, self._control, self._events)
        self._tasks.start(f"{self.name}…", work, self._on_done, self._on_failed)
        self._timer.start()
        self.changed.emit()

    def pause(self) -> None:
        """Let the runs wait between two batches, and start no other."""
        if self._control is not None:
            self._control.pause()
            self.changed.emit()

    def resume(self) -> None:
        """Go on after a pause."""
        if self._control is not None:
            self._control.resume()
            self.changed.emit()

    def cancel(self) -> None:
        """End it; what is done stays."""
        if self._control is not None:
            self._control.cancel()
            self.changed.emit()

    def _drain(self) -> None:
        """Pass on what has happened meanwhile."""
        events: list[Any] = []
        while not self._events.empty():
            event = self._events.get_nowait()
            if isinstance(event, Looked):
                assert event.experiment is not None
                self.experiment_id = event.experiment.id
                self.began.emit(event)
            else:
                self.progress = event if isinstance(event, SweepProgress) else self.progress
                events.append(event)
        if events:
            self.happened.emit(events)

    def _on_done(self, _result: object) -> None:
        self._end()

    def _on_failed(self, error: DigitLabError) -> None:
        self._end()
        self.failed.emit(error)

    def _end(self) -> None:
        self._drain()
        self._timer.stop()
        self._control, self.progress = None, None
        self.name = self.experiment_id = ""
        self.changed.emit()


def _run(
    spec: SweepSpec,
    experiment: Experiment | None,
    folder: Path,
    workers: int,
    control: _Following,
    events: SimpleQueue[Any],
    progress: Callable[[str], None],
    cancelled: Callable[[], bool],
) -> None:
    """Run an experiment; called in the thread of a task, with a store of that thread."""
    control.follow(cancelled)
    store = RunStore(folder)
    try:
        spec.trials()  # refuses what is not legal before anything is kept
        experiment = experiment or open_experiment(store, spec)
        events.put(look(spec, store, experiment))
        Sweep(spec, store, experiment.id, workers).run(
            _Teller(experiment.name or "Experiment", events, progress), control
        )
    finally:
        store.close()


class _Teller:
    """Puts what happens into the queue, and says how many runs are done whenever that is another number."""

    def __init__(self, name: str, events: SimpleQueue[Any], progress: Callable[[str], None]) -> None:
        self._name, self._events, self._progress = name, events, progress
        self._said = -1

    def __call__(self, event: Event) -> None:
        self._events.put(event)
        if isinstance(event, SweepProgress) and event.done != self._said:
            self._said = event.done
            self._progress(f"{self._name}: {event.done:,} of {event.total:,} runs done")
