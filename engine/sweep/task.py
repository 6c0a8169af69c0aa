"""What a worker does: one trial from its settings to its figures, curve, weights and what it takes to go on."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.blas import allow_threads, most_threads
from engine.datasets import Dataset, load_dataset
from engine.datasets.split import split
from engine.errors import DigitLabError
from engine.evaluation import Evaluation, evaluate
from engine.history import History
from engine.ink.spec import InkSpec
from engine.memory import require_memory
from engine.model import TrainingRecord, record_training
from engine.network import Network
from engine.reports import BatchReport, EndReport, EpochReport, Report
from engine.runs.curve import Curve, curve_of
from engine.runs.figures import Figures, figures_of
from engine.runs.keeper import checkpoint, fingerprint
from engine.runs.row import versions
from engine.runs.run_file import Entry
from engine.specs import RunSpec
from engine.sweep.link import Ear, Link, Told
from engine.training import Training

Reason = Literal["finished", "early", "diverged", "stopped", "refused"]
_AT_A_TIME = 1000
"""So many reports are entered into the curves together."""


@dataclass(frozen=True)
class Task:
    """A trial on its way to a worker: nothing but texts and numbers.

    Attributes
    ----------
    index : int
        Of the trial.
    run : str
        Its `RunSpec` as JSON.
    threads : int
        The most threads it may use.
    keep : bool
        Whether its weights are wanted back.
    checkpoint : bool
        Whether it is wanted back, too, what it takes to go on with it.
    """

    index: int
    run: str
    threads: int
    keep: bool
    checkpoint: bool = False


@dataclass(frozen=True)
class Outcome:
    """What came of a trial.

    Attributes
    ----------
    reason : str
        Why it ended, as in :class:`engine.reports.EndReport`; ``"refused"`` when it could not be trained at all.
    message : str
        What was said at its end.
    record : TrainingRecord
        Its figures: those of the best weights, where these are kept.
    seconds : float
        Time spent learning, validation included.
    epochs, steps, best_epoch : int
        Whole epochs and batches done; the best epoch, 0 before the first.
    curve : Curve
        What is drawn of it.
    parameters : ndarray of shape (parameters,), float32, or None
        The weights behind the figures, if they were wanted; float64 where the network has them.
    versions : dict of str to str
        What it was computed with.
    entry : Entry
        What goes into the file of the run but for its row, if that was wanted: the training at its end, before the
        test, with all batches and epochs.
    """

    reason: Reason
    message: str
    record: TrainingRecord = field(default_factory=TrainingRecord)
    seconds: float = 0.0
    epochs: int = 0
    steps: int = 0
    best_epoch: int = 0
    curve: Curve | None = None
    parameters: NDArray[Any] | None = None
    versions: dict[str, str] | None = None
    entry: Entry | None = None


def perform(task: Task, link: Link) -> Outcome:
    """Train and test; whatever a person can mend comes back as a sentence, not as an error.

    Parameters
    ----------
    task : Task
    link : Link
        Tells how far it is, and asks whether to wait or to stop: between two batches.
    """
    run = RunSpec.model_validate_json(task.run)
    try:
        allow_threads(min(task.threads, most_threads()))
        with np.errstate(all="ignore"):
            return _Course(task, run, Ear(link, task.index)).outcome()
    except DigitLabError as error:
        return Outcome("refused", str(error))
    except MemoryError:
        return Outcome("refused", "There is not enough memory for this. Use a smaller network, batch or dataset.")


def load(run: RunSpec) -> Dataset:
    """Return the data of a run, which stays with this process for the next trial."""
    return _loaded(run.dataset, run.ink.model_dump_json())


@lru_cache(maxsize=2)
def _loaded(word: str, ink: str) -> Dataset:
    return load_dataset(word, ink=InkSpec.model_validate_json(ink))


class _Course:
    """A trial while it is trained."""

    def __init__(self, task: Task, run: RunSpec, ear: Ear) -> None:
        self._task, self._run, self._ear = task, run, ear
        self._dataset = load(run)
        require_memory(run)
        data = split(self._dataset, run.validation_split, run.seed)
        self._network = Network(run.network, run.seed)
        self._training = Training(self._network, data, run.training, run.seed)
        self._history, self._waiting = History(), list[Report]()
        self._figures: list[tuple[int, Figures]] = []

    def outcome(self) -> Outcome:
        """Train to the end, test, and return what came of it."""
        end = self._train()
        entry = self._entry() if self._task.checkpoint and end.reason != "stopped" else None
        test = None if end.reason == "stopped" else self._test()
        if test is None:
            return Outcome("stopped", "Stopped.")
        snapshot = self._training.snapshot()
        record = record_training(
            self._dataset, self._history.reports, steps=end.step, best_epoch=end.best_epoch, test=test
        )
        return Outcome(
            reason=end.reason,
            message=end.message,
            record=record,
            seconds=self._seconds(),
            epochs=end.epoch,
            steps=end.step,
            best_epoch=self._training.best_epoch,
            curve=curve_of(self._history),
            parameters=snapshot.parameters if self._task.keep else None,
            versions=versions(),
            entry=entry,
        )

    def _entry(self) -> Entry:
        state = checkpoint(self._training, fingerprint(self._dataset))
        return replace(state, batches=self._figures, epochs=[asdict(report) for report in self._history.reports])

    def _train(self) -> EndReport:
        for report in self._training.reports():
            if isinstance(report, EndReport):
                self._enter()
                return report
            self._waiting.append(report)
            if isinstance(report, BatchReport):
                self._listen(report)
            if isinstance(report, EpochReport) or len(self._waiting) >= _AT_A_TIME:
                self._enter()
        raise AssertionError("a training ends with a report of its end")

    def _listen(self, report: BatchReport) -> None:
        """Stop or wait if that is wanted, and say now and then how far it is."""
        if self._ear.must_stop():
            self._training.stop()
        if self._ear.is_due():
            share = (report.epoch - 1 + report.seen / report.size) / report.goal
            self._ear.tell(Told(share, self._seconds() + report.seconds, report.loss, self._accuracy()))

    def _enter(self) -> None:
        self._history.extend(self._waiting)
        batches = [report for report in self._waiting if isinstance(report, BatchReport)]
        if batches and self._task.checkpoint:
            self._figures.append((batches[0].step, figures_of(batches)))
        self._waiting.clear()

    def _accuracy(self) -> float | None:
        last = self._history.last_epoch
        if last is None:
            return None
        return last.accuracy if last.validation_accuracy is None else last.validation_accuracy

    def _seconds(self) -> float:
        """Return the seconds of all whole epochs."""
        return sum(report.seconds for report in self._history.reports)

    def _test(self) -> Evaluation | None:
        dataset, loss = self._dataset, self._run.training.loss
        return evaluate(self._network, dataset.test_images, dataset.test_labels, loss, self._ear.must_stop)
