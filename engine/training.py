"""Training: a generator of reports over a state that can be paused, stopped, changed and gone on with."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.batches import Batches
from engine.blas import use_threads
from engine.datasets.split import Split
from engine.descent import Descent, likely_cause
from engine.errors import SettingError
from engine.evaluation import loss_and_accuracy
from engine.losses import LOSSES, count_right, misfit
from engine.network import Network, Snapshot
from engine.pace import pace_for
from engine.reports import BatchReport, EndReport, EpochReport, Report
from engine.specs import TrainingSpec

Array = NDArray[Any]
# Non-finite numbers are found by looking at the loss; NumPy's own warnings would only repeat it.
QUIET: dict[str, Any] = {"over": "ignore", "invalid": "ignore", "divide": "ignore", "under": "ignore"}
COPY_EVERY = 100


class Training:
    """Everything a run needs to go on: network, optimizer, random state and place in the data.

    Between two reports nothing here runs: the caller may pause by not asking for the next, call
    :meth:`stop`, or give new settings with :meth:`apply`. None of it changes what the batches compute.

    Attributes
    ----------
    network : Network
        What is trained, in place.
    step, epoch : int
        Batches and whole epochs done; a network that was loaded goes on counting where it was.
    best_epoch : int
        The epoch with the lowest validation loss so far; 0 before the first.
    """

    def __init__(
        self, network: Network, data: Split, settings: TrainingSpec, seed: int = 0, *, step: int = 0, epoch: int = 0
    ) -> None:
        _require_legal(settings, network, data)
        self.network, self.data, self.seed = network, data, seed
        self._descent = Descent(network, settings)
        self.step, self.epoch, self.best_epoch = step, epoch, 0
        self._batches = Batches(data, network.spec.dtype, seed)
        self._dropout_rng = np.random.default_rng([seed, 3])
        self._begin_epoch()
        self._stretch_start, self._first_epoch = 0.0, 0
        self._best_loss = math.inf
        self._waited = 0
        self._best: Snapshot | None = None
        self._age: tuple[int, int] | None = None  # step and epoch of weights that were put back
        self._last_good = network.parameters.copy()
        self._stopping = False

    @property
    def settings(self) -> TrainingSpec:
        """What the next batch is learned by."""
        return self._descent.settings

    def apply(self, settings: TrainingSpec) -> None:
        """Learn by other settings from the next batch on. A new kind of optimizer starts with an empty memory.

        Raises
        ------
        SettingError
            When they do not suit the network or the data; the settings before stay.
        """
        _require_legal(settings, self.network, self.data)
        if settings.loss != self.settings.loss:  # losses of two kinds cannot be compared
            self._best_loss, self._best, self.best_epoch = math.inf, None, 0
        self._descent.settings = settings

    def stop(self) -> None:
        """End the training before its next batch."""
        self._stopping = True

    def reports(self) -> Iterator[Report]:
        """Train for ``settings.epochs`` more epochs; yield a report per batch and per epoch, and one at the end."""
        # Here and not in the generator, which runs only when it is first asked: a stop before that would be lost.
        self._stopping = False
        self._first_epoch = self.epoch
        self._stretch_start = self._epochs_done()
        self._waited = 0
        return self._reports()

    def _reports(self) -> Iterator[Report]:
        self._pace = pace_for(self.network, self.settings.batch_size)
        while self.epoch < self._goal():
            if self._batches.position == self._batches.size:
                report = self._end_epoch()
                yield report
                if end := self._after(report):
                    yield end
                    return
            elif self._stopping:
                yield self._end("stopped", "Stopped.") if self._is_finite() else self._diverged()
                return
            else:
                batch = self._batch()
                yield batch or self._diverged()
                if batch is None:
                    return
        yield self._end("finished", "Finished.")

    def _after(self, report: EpochReport) -> EndReport | None:
        """Return the end, if an epoch was the last one for another reason than that all are done."""
        if not math.isfinite(self._judged_by(report)):
            return self._diverged()
        if self.settings.early_stopping and self._waited >= self.settings.early_stopping:
            return self._end("early", f"Stopped early: no improvement for {self._waited} epochs.")
        return None

    @property
    def learning_rate(self) -> float:
        """The rate of the next step, schedule included."""
        if self.settings.schedule.kind == "constant":
            return self.settings.learning_rate
        done = self._epochs_done() - self._stretch_start
        planned = self._goal() - self._stretch_start
        factor = self.settings.schedule.factor(done / planned if planned > 0 else 1.0, done)
        return self.settings.learning_rate * factor

    def best_snapshot(self) -> Snapshot:
        """Return a copy of the best epoch's weights if these are to be kept and there are any, else of the latest."""
        if self.settings.keep_best and self._best is not None:
            return self._best
        return self.snapshot()

    def snapshot(self) -> Snapshot:
        """Return a copy of the present weights: the latest, or the best ones if these have been put back."""
        step, epoch = self._age or (self.step, self.epoch)
        return self.network.snapshot(step, epoch)

    def _goal(self) -> int:
        return self._first_epoch + self.settings.epochs

    def _epochs_done(self) -> float:
        return self.epoch + self._batches.position / self._batches.size

    def _begin_epoch(self) -> None:
        self._loss_sum = self._right = self._seconds = 0.0
        self._batches.begin(self.epoch, shuffle=self.settings.shuffle)

    def _batch(self) -> BatchReport | None:
        """Learn from one batch; return None when loss or gradient is not finite."""
        started = time.perf_counter()
        rate = self.learning_rate
        with np.errstate(**QUIET):
            images, labels = self._batches.take(self.settings.batch_size, self.settings.augmentation)
            outputs = self.network.forward(images, self._dropout_rng)
            loss = LOSSES[self.settings.loss].value(outputs, labels)
            if not math.isfinite(loss):
                return None
            if self.step % COPY_EVERY == 0:
                self._last_good[:] = self.network.parameters
            right = count_right(outputs, labels)
            lengths = self._descent.step(labels, rate)
            if not all(map(math.isfinite, lengths)):
                return None
        self.step, self._age = self.step + 1, None
        self._loss_sum += loss * len(labels)
        self._right += right
        seconds = time.perf_counter() - started
        self._seconds += seconds
        self._pace.step(seconds)
        return BatchReport(
            step=self.step,
            epoch=self.epoch + 1,
            seen=self._batches.position,
            size=self._batches.size,
            loss=loss,
            accuracy=right / len(labels),
            learning_rate=rate,
            gradients=lengths,
            seconds=self._seconds,
            goal=self._goal(),
        )

    def _end_epoch(self) -> EpochReport:
        """Validate, compare with the best epoch, and make ready for the next."""
        learning = self._seconds
        started = time.perf_counter()
        validation = self._validate()
        size = self._batches.size
        report = EpochReport(
            epoch=self.epoch + 1,
            step=self.step,
            loss=self._loss_sum / size,
            accuracy=self._right / size,
            validation_loss=validation[0] if validation else None,
            validation_accuracy=validation[1] if validation else None,
            seconds=learning + time.perf_counter() - started,
            images_per_second=size / max(learning, 1e-9),
            best=False,
        )
        self.epoch += 1
        report = self._compare(report)
        self._begin_epoch()
        return report

    def _validate(self) -> tuple[float, float] | None:
        rows = self.data.validation_rows
        if not len(rows):
            # Nothing else would notice that the very last step was too far.
            self._loss_sum = self._loss_sum if self._is_finite() else math.nan
            return None
        return loss_and_accuracy(
            self.network,
            self.data.dataset.train_images,
            self.data.dataset.train_labels,
            LOSSES[self.settings.loss],
            rows,
        )

    def _compare(self, report: EpochReport) -> EpochReport:
        """Remember the weights if this epoch is the best."""
        judged = self._judged_by(report)
        if not judged < self._best_loss:
            self._waited += 1
            return report
        self._best_loss, self.best_epoch, self._waited = judged, report.epoch, 0
        self._best = self.network.snapshot(self.step, self.epoch)
        return replace(report, best=True)

    @staticmethod
    def _judged_by(report: EpochReport) -> float:
        return report.loss if report.validation_loss is None else report.validation_loss

    def _is_finite(self) -> bool:
        return bool(np.isfinite(self.network.parameters).all())

    def _end(self, reason: Any, message: str) -> EndReport:
        """Put the best weights back if that is wanted and they are not the latest anyway."""
        self._rest()
        back = 0
        unchanged = self.best_epoch == self.epoch and self._batches.position == 0
        if self.settings.keep_best and self._best is not None and not unchanged:
            self._put_back(self._best.parameters)
            self._age = self._best.step, self._best.epoch
            back = self.best_epoch
            message += f" The weights of epoch {back}, the best one, are back in the network."
        return EndReport(reason, message, self.epoch, self.step, back)

    def _diverged(self) -> EndReport:
        """Put back the last weights that gave finite numbers, and name the likely cause."""
        self._rest()
        epoch = math.ceil(self._epochs_done()) or 1
        which = "The last weights from before it went wrong"
        if self._best is not None:
            which = f"The weights of epoch {self.best_epoch}"
        message = (
            f"Training stopped in epoch {epoch} after batch {self.step:,}: "
            f"the loss is no longer a finite number. {likely_cause(self.network, self.settings)} {which} were kept."
        )
        self._put_back(self._last_good if self._best is None else self._best.parameters)
        return EndReport("diverged", message, self.epoch, self.step, self.best_epoch)

    def _rest(self) -> None:
        """Give back what only learning needs."""
        self.network.release()
        use_threads(1)

    def _put_back(self, parameters: Array) -> None:
        """Return to earlier weights, which what the optimizer remembers does not belong to."""
        self.network.parameters[:] = parameters
        self._descent.forget()


def _require_legal(settings: TrainingSpec, network: Network, data: Split) -> None:
    """Refuse settings that this network or this data cannot be trained with."""
    data.require_batch(settings.batch_size)
    if sentence := misfit(settings.loss, network.spec.output_activation):
        raise SettingError(sentence)


def train(network: Network, data: Split, settings: TrainingSpec, seed: int = 0) -> Iterator[Report]:
    """Train `network` in place and yield frozen reports: one per batch and per epoch, and one at the end.

    The caller owns the pace: not asking for the next report is a pause. Use :class:`Training` to stop,
    to change settings while it runs, or to go on for more epochs.

    Parameters
    ----------
    network, data, settings, seed
        What to train, on which images, by which rules; the seed decides order and dropout.
    """
    return Training(network, data, settings, seed).reports()
