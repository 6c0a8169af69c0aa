"""A training of this engine that writes down everything its twin needs to repeat it."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from engine.datasets.split import Split
from engine.errors import DigitLabError
from engine.layers import Dropout
from engine.losses import Loss
from engine.network import Network, Snapshot
from engine.optimizers import Optimizer
from engine.reports import BatchReport, EndReport
from engine.specs import RunSpec, TrainingSpec
from engine.training import Training
from engine.verification import exchange
from engine.verification.exchange import Batch, Course, Request
from engine.verification.watch import Watch

Array = NDArray[Any]
US = "DigitLab"


class RecordedNetwork(Network):
    """A network that knows what its last training pass saw.

    Attributes
    ----------
    images : ndarray of shape (n, 784)
        Valid until the next pass.
    labels : ndarray of shape (n,), uint8
    started : float
        When it began, on the clock of `time.perf_counter`.
    """

    images: Array
    labels: Array
    started: float

    def forward(self, X: Array, rng: np.random.Generator | None = None) -> Array:
        """Return the outputs, and note the images of a training pass."""
        if rng is not None:
            self.images, self.started = X, time.perf_counter()
        return super().forward(X, rng)

    def backward(self, loss: Loss, labels: Array, factor: float = 1.0) -> None:
        """Fill the gradients, and note the digits."""
        self.labels = labels
        super().backward(loss, labels, factor)

    def descend(self, loss: Loss, labels: Array, rate: float) -> tuple[float, ...]:
        """Take a step of a single sample, and note the digits."""
        self.labels = labels
        return super().descend(loss, labels, rate)

    def kept(self) -> list[Array]:
        """Return what each dropout layer let pass, of shape (n, values); both lanes in one array."""
        lanes = [self._lane, self._other_lane()] if self._divided else [self._lane]
        layers = zip(*(lane.layers for lane in lanes), strict=True)
        masks = [[layer.mask for layer in alike if isinstance(layer, Dropout)] for alike in layers]
        parts = [[mask for mask in alike if mask is not None] for alike in masks]
        return [np.concatenate(alike) > 0 for alike in parts if alike]


def record(run: RunSpec, start: Snapshot, data: Split, steps: int, folder: Path, watch: Watch) -> Course:
    """Train a copy of a network for some steps, and leave in `folder` what a twin needs to do the same.

    Parameters
    ----------
    run : RunSpec
        How it learns. Nothing is held back or put back: early stopping and the best epoch do not count here.
    start : Snapshot
        The weights to begin with. The optimizer begins with an empty memory.
    data : Split
        The images to learn from.
    steps : int
        How many batches; more epochs than the run has are added where these are too few.
    folder : path
        An empty folder.
    watch : Watch
        Told of every step.

    Raises
    ------
    DigitLabError
        When the training goes astray before it is done, or the user stops it.
    """
    settings = _settings(run.training, steps, len(data.train_rows))
    network = RecordedNetwork(start.spec, seed=None)
    network.parameters[:] = start.parameters
    request = Request(
        run=run.changed(training=settings.model_dump(), network=start.spec.model_dump()),
        steps=steps,
        size=len(data.train_rows),
    )
    (folder / exchange.REQUEST).write_text(request.model_dump_json(), encoding="utf-8")
    exchange.save_arrays(folder / exchange.START, network.named_parameters())
    only_learning = Split(data.dataset, data.train_rows, data.validation_rows[:0])
    training = Training(network, only_learning, settings, run.seed)
    with (folder / exchange.BATCHES).open("wb") as file:
        course = _follow(training, network, steps, file, watch)
    course.save(folder / exchange.OURS)
    return course


def _settings(training: TrainingSpec, steps: int, size: int) -> TrainingSpec:
    epochs = max(training.epochs, math.ceil(steps / math.ceil(size / training.batch_size)))
    optimizer = _rounded(training.optimizer)
    return training.model_copy(
        update={"epochs": epochs, "keep_best": False, "early_stopping": 0, "optimizer": optimizer}
    )


def _rounded(optimizer: Optimizer) -> Optimizer:
    """Round an optimizer's settings to float32, which Keras does with them whatever the precision.

    The twin would else begin with another step: for Adam 1 − β₂ is 0.001, but 0.00099998712 once β₂ is rounded.
    """
    own = {name: float(np.float32(value)) for name, value in optimizer if isinstance(value, float)}
    return optimizer.model_copy(update=own)


def _follow(training: Training, network: RecordedNetwork, steps: int, file: IO[bytes], watch: Watch) -> Course:
    losses: list[float] = []
    rates, counts, seconds = [], [], []
    for report in training.reports():
        if isinstance(report, EndReport):
            raise DigitLabError(f"There is nothing to compare after {len(losses):,} steps: {report.message}")
        if not isinstance(report, BatchReport):
            continue
        seconds.append(time.perf_counter() - network.started)
        Batch(network.images, network.labels, report.learning_rate, network.kept()).write(file)
        losses.append(report.loss)
        rates.append(report.learning_rate)
        counts.append(len(network.labels))
        if len(losses) == steps:
            break
        watch.step(US, len(losses), steps)
    speed = sum(counts[1:]) / max(sum(seconds[1:]), 1e-9)
    parameters = {name: array.copy() for name, array in network.named_parameters().items()}
    return Course(np.array(losses), np.array(rates), parameters, speed)
