"""The curves of a run, growing as its reports arrive."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.files import atomic_write
from engine.reports import BatchReport, EpochReport, Report

BATCH_COLUMNS = ("step", "epoch", "loss", "accuracy", "learning_rate", "smooth_loss", "smooth_accuracy")
EPOCH_COLUMNS = ("epoch", "step", "loss", "accuracy", "validation_loss", "validation_accuracy", "seconds")
# About how many batches the smoothed curves look back on.
MEMORY = 50


class Table:
    """Named columns of float64 that grow by rows without being copied at every row."""

    def __init__(self, columns: tuple[str, ...]) -> None:
        self.columns = columns
        self._place = {name: index for index, name in enumerate(columns)}
        self._data = np.empty((len(columns), 1024))
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def append(self, row: Iterable[float]) -> None:
        """Add one row."""
        if self._length == self._data.shape[1]:
            self._data = np.concatenate([self._data, np.empty_like(self._data)], axis=1)
        self._data[:, self._length] = tuple(row)
        self._length += 1

    def column(self, name: str) -> NDArray[np.float64]:
        """Return a column of shape (rows,): a view that must not be written to."""
        return self._data[self._place[name], : self._length]


class History:
    """What a run has reported so far.

    Attributes
    ----------
    batches, epochs, gradients : Table
        One row per batch, per epoch, and per batch; `gradients` has a column ``layer_1``, ``layer_2``, … per
        dense layer. A missing validation is NaN.
    last : BatchReport or None
        The latest batch.
    last_epoch : EpochReport or None
        The latest whole epoch.
    """

    def __init__(self) -> None:
        self.batches = Table(BATCH_COLUMNS)
        self.epochs = Table(EPOCH_COLUMNS)
        self.gradients = Table(())
        self.last: BatchReport | None = None
        self.last_epoch: EpochReport | None = None

    def extend(self, reports: Iterable[Report]) -> None:
        """Add reports in the order in which they were made."""
        for report in reports:
            if isinstance(report, BatchReport):
                self._add_batch(report)
            elif isinstance(report, EpochReport):
                self._add_epoch(report)

    def export_csv(self, path: str | Path) -> None:
        """Write one line per batch; the epoch's figures stand in the line of its last batch."""
        atomic_write(path, self._write_csv)

    def _add_batch(self, report: BatchReport) -> None:
        smooth_loss, smooth_accuracy = self._smooth(report)
        self.batches.append(
            (
                report.step,
                report.epoch - 1 + report.seen / report.size,
                report.loss,
                report.accuracy,
                report.learning_rate,
                smooth_loss,
                smooth_accuracy,
            )
        )
        if not self.gradients.columns:
            self.gradients = Table(tuple(f"layer_{n + 1}" for n in range(len(report.gradients))))
        self.gradients.append(report.gradients)
        self.last = report

    def _smooth(self, report: BatchReport) -> tuple[float, float]:
        """Return running means that are plain means at the start and forget exponentially later."""
        count = len(self.batches)
        if not count:
            return report.loss, report.accuracy
        new = max(1 / (count + 1), 1 / MEMORY)
        old_loss = self.batches.column("smooth_loss")[-1]
        old_accuracy = self.batches.column("smooth_accuracy")[-1]
        return old_loss + new * (report.loss - old_loss), old_accuracy + new * (report.accuracy - old_accuracy)

    def _add_epoch(self, report: EpochReport) -> None:
        missing = float("nan")
        self.epochs.append(
            (
                report.epoch,
                report.step,
                report.loss,
                report.accuracy,
                missing if report.validation_loss is None else report.validation_loss,
                missing if report.validation_accuracy is None else report.validation_accuracy,
                report.seconds,
            )
        )
        self.last_epoch = report

    def _write_csv(self, path: Path) -> None:
        by_step = {int(step): row for row, step in enumerate(self.epochs.column("step"))}
        epoch_names = EPOCH_COLUMNS[2:]
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow([*BATCH_COLUMNS, *self.gradients.columns, *(f"epoch_{name}" for name in epoch_names)])
            for row in range(len(self.batches)):
                values: list[Any] = [f"{self.batches.column(name)[row]:.9g}" for name in BATCH_COLUMNS]
                values += [f"{self.gradients.column(name)[row]:.9g}" for name in self.gradients.columns]
                epoch = by_step.get(int(self.batches.column("step")[row]))
                values += ["" if epoch is None else f"{self.epochs.column(n)[epoch]:.9g}" for n in epoch_names]
                writer.writerow(values)
