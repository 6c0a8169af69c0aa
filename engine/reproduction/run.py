"""One run of the table: trained with one seed, and judged by the test images only when all training is over."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from engine.datasets.dataset import Dataset
from engine.datasets.split import split
from engine.evaluation import Evaluation, evaluate
from engine.fields import Settings
from engine.network import Network, Snapshot
from engine.reports import BatchReport, EndReport, EpochReport
from engine.specs import CLASSES, RunSpec
from engine.training import Training

LOST_RECALL = 0.5


class Job(Settings):
    """A run that is to be done.

    Attributes
    ----------
    run : RunSpec
        Everything that determines its weights, the seed included.
    stations : tuple of int
        After which epochs its network is judged; the last one is the end of the run.
    threads : int
        How many threads it may use.
    images : int or None
        How many of the training images it is given, the first ones; None: all.
    """

    run: RunSpec
    stations: tuple[int, ...] = Field(min_length=1)
    threads: int = Field(ge=1)
    images: int | None = Field(default=None, ge=1)

    @property
    def one_at_a_time(self) -> bool:
        """Whether it learns from one image at a time, for which there is no use for a second processor."""
        return self.run.training.batch_size == 1

    @property
    def kind(self) -> RunSpec:
        """What is the same for all seeds."""
        return self.run.model_copy(update={"seed": 0})


class Measure(Settings):
    """What a network made of the test images at one station.

    Attributes
    ----------
    epochs : int
        The station.
    accuracy : float
        From 0 to 1.
    errors : int
        How many test images it read wrong.
    seconds : float
        Seconds of training up to here, validation included; loading the data and the test do not count.
    lost : tuple of int
        The digits of which it reads less than half: what a dead output unit leaves behind.
    """

    epochs: int = Field(ge=1)
    accuracy: float = Field(ge=0, le=1)
    errors: int = Field(ge=0)
    seconds: float = Field(ge=0)
    lost: tuple[int, ...] = ()


class Result(Settings):
    """A run that is done.

    Attributes
    ----------
    job : Job
        What was to be done.
    outcome : str
        Why it ended, as in :class:`engine.reports.EndReport`.
    measures : tuple of Measure
        One per station.
    """

    job: Job
    outcome: Literal["finished", "early", "diverged"]
    measures: tuple[Measure, ...]

    @model_validator(mode="after")
    def _one_per_station(self) -> Self:
        if tuple(measure.epochs for measure in self.measures) != self.job.stations:
            raise ValueError("There must be one measure per station.")
        return self

    @property
    def seconds(self) -> float:
        """Seconds of training."""
        return self.measures[-1].seconds

    def at(self, epochs: int) -> Measure:
        """Return what was found after so many epochs."""
        return next(measure for measure in self.measures if measure.epochs == epochs)


def perform(job: Job, dataset: Dataset, tell: Callable[[float], None]) -> Result:
    """Train, then test.

    Parameters
    ----------
    job : Job
        What is to be done. Its number of threads is a matter of the process, not of this function.
    dataset : Dataset
        All of the data.
    tell : callable
        Told after every batch which share of the training is done, 0 to 1.
    """
    given = replace(
        dataset, train_images=dataset.train_images[: job.images], train_labels=dataset.train_labels[: job.images]
    )
    data = split(given, job.run.validation_split, job.run.seed)
    started = time.perf_counter()
    network = Network(job.run.network, job.run.seed)
    training = Training(network, data, job.run.training, job.run.seed)
    copies: dict[int, tuple[Snapshot, float]] = {}
    end = None
    for report in training.reports():
        if isinstance(report, BatchReport):
            tell((report.epoch - 1 + report.seen / report.size) / report.goal)
        elif isinstance(report, EpochReport) and report.epoch in job.stations[:-1]:
            copies[report.epoch] = network.snapshot(), time.perf_counter() - started
        elif isinstance(report, EndReport):
            end = report
    final = network.snapshot(), time.perf_counter() - started
    if end is None or end.reason == "stopped":
        raise AssertionError("nobody stops a run from within")
    measures = tuple(_measure(epochs, *copies.get(epochs, final), job, dataset) for epochs in job.stations)
    return Result(job=job, outcome=end.reason, measures=measures)


def _measure(epochs: int, snapshot: Snapshot, seconds: float, job: Job, dataset: Dataset) -> Measure:
    network = Network.from_snapshot(snapshot)
    found = evaluate(network, dataset.test_images, dataset.test_labels, job.run.training.loss)
    if found is None:
        raise AssertionError("nobody cancelled the evaluation")
    return Measure(
        epochs=epochs,
        accuracy=found.accuracy,
        errors=found.count - int(np.trace(found.confusion)),
        seconds=round(seconds, 3),
        lost=_lost(found),
    )


def _lost(found: Evaluation) -> tuple[int, ...]:
    recall = found.recall()  # not a number for a digit that is not among the test images
    return tuple(digit for digit in range(CLASSES) if recall[digit] < LOST_RECALL)
