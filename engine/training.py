"""Training: a generator of reports over a state that can be paused, stopped, changed and gone on with."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.blas import use_threads
from engine.datasets.split import Split
from engine.descent import likely_cause
from engine.evaluation import loss_and_accuracy
from engine.losses import LOSSES, count_right
from engine.network import Network, Snapshot
from engine.pace import pace_for
from engine.reports import BatchReport, EndReport, EpochReport, Report
from engine.specs import TrainingSpec
from engine.state import Best
from engine.trainee import Trainee

Array = NDArray[Any]
# Non-finite numbers are found by looking at the loss; NumPy's own warnings would only repeat it.
QUIET: dict[str, Any] = {"over": "ignore", "invalid": "ignore", "divide": "ignore", "under": "ignore"}
COPY_EVERY = 100


class Training(Trainee):
    """Trains batch by batch.

    Between two reports nothing here runs: the caller may pause by not asking for the next, call
    :meth:`stop`, give new settings with :meth:`apply`, or take the :meth:`state`. None of it changes what the
    batches compute.
    """

    def stop(self) -> None:
        """End the training before its next batch."""
        self._stopping = True

    def reports(self) -> Iterator[Report]:
        """Train for ``settings.epochs`` more epochs; yield a report per batch and per epoch, and one at the end.

        A training that was restored in the middle of a stretch goes on to the end of that one.
        """
        # Here and not in the generator, which runs only when it is first asked: a stop before that would be lost.
        self._stopping = False
        if not self.under_way:
            self._first_epoch = self.epoch
            self._stretch_start = self._epochs_done()
            self.best.waited = 0
        self.under_way = True
        return self._reports()

    def _reports(self) -> Iterator[Report]:
        self._pace = pace_for(self.network, self.settings.batch_size)
        restored = self._batches.position == 0 and self.epoch > self._first_epoch
        if restored and (end := self._after_epoch()):
            yield end
            return
        while self.epoch < self._goal():
            if self._batches.position == self._batches.size:
                yield self._end_epoch()
                if end := self._after_epoch():
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

    def _after_epoch(self) -> EndReport | None:
        """Return the end, if an epoch was the last one for another reason than that all are done."""
        if not math.isfinite(self._judged):
            return self._diverged()
        if self.settings.early_stopping and self.best.waited >= self.settings.early_stopping:
            return self._end("early", f"Stopped early: no improvement for {self.best.waited} epochs.")
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

    def _goal(self) -> int:
        return self._first_epoch + self.settings.epochs

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
        self._judged = report.loss if report.validation_loss is None else report.validation_loss
        if not self._judged < self.best.loss:
            self.best.waited += 1
            return report
        self.best = Best(self._judged, report.epoch, 0, self.network.snapshot(self.step, self.epoch))
        return replace(report, best=True)

    def _is_finite(self) -> bool:
        return bool(np.isfinite(self.network.parameters).all())

    def _end(self, reason: Any, message: str) -> EndReport:
        """Put the best weights back if that is wanted and they are not the latest anyway."""
        self._end_stretch()
        back, best = 0, self.best.snapshot
        unchanged = self.best_epoch == self.epoch and self._batches.position == 0
        if self.settings.keep_best and best is not None and not unchanged:
            self._put_back(best)
            back = self.best_epoch
            message += f" The weights of epoch {back}, the best one, are back in the network."
        return EndReport(reason, message, self.epoch, self.step, back)

    def _diverged(self) -> EndReport:
        """Put back the last weights that gave finite numbers, and name the likely cause."""
        self._end_stretch()
        epoch, best = math.ceil(self._epochs_done()) or 1, self.best.snapshot
        which = "The last weights from before it went wrong"
        if best is not None:
            which = f"The weights of epoch {self.best_epoch}"
        message = (
            f"Training stopped in epoch {epoch} after batch {self.step:,}: "
            f"the loss is no longer a finite number. {likely_cause(self.network, self.settings)} {which} were kept."
        )
        self._put_back(best)
        return EndReport("diverged", message, self.epoch, self.step, self.best_epoch)

    def _end_stretch(self) -> None:
        self.under_way = False
        self.rest()

    def rest(self) -> None:
        """Give back what only learning needs."""
        self.network.release()
        use_threads(1)

    def _put_back(self, best: Snapshot | None) -> None:
        """Return to the best weights or the last good ones, which what the optimizer remembers does not belong to."""
        if best is not None:
            self._age = best.step, best.epoch
        self.network.parameters[:] = self._last_good if best is None else best.parameters
        self._descent.forget()


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
