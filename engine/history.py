"""The curves of a run, growing as its reports arrive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.files import atomic_write
from engine.reports import BatchReport, EpochReport, Report
from engine.table import Table

BATCH_COLUMNS = ("step", "epoch", "loss", "accuracy", "learning_rate", "smooth_loss", "smooth_accuracy")
EPOCH_COLUMNS = ("epoch", "step", "loss", "accuracy", "validation_loss", "validation_accuracy", "seconds")
# The smoothed curves look back on about this many batches, and on a fifth of what there is at most:
# so they follow the fast beginning closely, too.
MEMORY = 50
SHARE = 5
LINES_AT_A_TIME = 4096


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
        The latest whole epoch; `reports` holds them all.
    best_epoch : int
        The best whole epoch so far, as the training judged; 0 before the first.
    first_batch : int
        How many images the first batch had; 0 before it.
    run_id : str
        The run of the library whose curves these are; empty if of none.
    """

    def __init__(self) -> None:
        self.batches = Table(BATCH_COLUMNS)
        self.epochs = Table(EPOCH_COLUMNS)
        self.gradients = Table(())
        self.last: BatchReport | None = None
        self.last_epoch: EpochReport | None = None
        self.reports: list[EpochReport] = []
        self.best_epoch = self.first_batch = 0
        self.run_id = ""

    def extend(self, reports: Iterable[Report]) -> None:
        """Add reports in the order in which they were made."""
        batches = []
        for report in reports:
            if isinstance(report, BatchReport):
                batches.append(report)
            elif isinstance(report, EpochReport):
                self._add_epoch(report)
        if batches:
            self.first_batch = self.first_batch or batches[0].seen
            self._add_batches(batches)

    def row_at(self, epochs: float) -> int:
        """Return the row of the batch nearest to a place on the axis of epochs; there must be one."""
        places = self.batches.column("epoch")
        right = min(int(np.searchsorted(places, epochs)), len(places) - 1)
        left = max(right - 1, 0)
        return left if epochs - places[left] < places[right] - epochs else right

    def export_csv(self, path: str | Path) -> None:
        """Write one line per batch; the epoch's figures stand in the line of its last batch.

        The history may grow meanwhile, in another thread too: what was there at the call is written.

        Raises
        ------
        DigitLabError
            When the file cannot be written.
        """
        atomic_write(path, partial(_write_lines, lines=self.csv_lines()))

    def csv_lines(self) -> Iterator[str]:
        """Return the lines of the CSV file, the names of the columns first, for what is there at the call."""
        batches = [self.batches.column(name) for name in BATCH_COLUMNS]
        gradients = [self.gradients.column(name) for name in self.gradients.columns]
        epochs = [self.epochs.column(name) for name in EPOCH_COLUMNS]
        names = [*BATCH_COLUMNS, *self.gradients.columns, *(f"epoch_{name}" for name in EPOCH_COLUMNS[2:])]
        return _lines(names, batches + gradients, epochs)

    def _add_batches(self, reports: list[BatchReport]) -> None:
        if not self.gradients.columns:
            self.gradients = Table(tuple(f"layer_{n + 1}" for n in range(len(reports[0].gradients))))
        self.batches.extend(self._rows(reports))
        self.gradients.extend([report.gradients for report in reports])
        self.last = reports[-1]

    def _rows(self, reports: list[BatchReport]) -> list[tuple[float, ...]]:
        """Return the rows of new batches, with running means that forget exponentially."""
        count = len(self.batches)
        loss = accuracy = 0.0
        if count:
            loss = float(self.batches.column("smooth_loss")[-1])
            accuracy = float(self.batches.column("smooth_accuracy")[-1])
        rows: list[tuple[float, ...]] = []
        for number, report in enumerate(reports, count + 1):
            new = max(SHARE / (number + SHARE - 1), 1 / MEMORY)
            loss += new * (report.loss - loss)
            accuracy += new * (report.accuracy - accuracy)
            place = report.epoch - 1 + report.seen / report.size
            figures = (report.loss, report.accuracy, report.learning_rate)
            rows.append((report.step, place, *figures, loss, accuracy))
        return rows

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
        self.reports.append(report)
        if report.best:
            self.best_epoch = report.epoch


def _lines(names: list[str], columns: list[NDArray[np.float64]], epochs: list[NDArray[np.float64]]) -> Iterator[str]:
    """Yield CSV lines: `columns` by batch, and behind them what `epochs` say of the batch they ended with."""
    yield ",".join(names) + "\n"
    form = ",".join(["%.9g"] * len(columns)) + ","
    figures = epochs[2:]
    behind = {int(step): row for row, step in enumerate(epochs[1])}
    nothing = "," * (len(figures) - 1) + "\n"
    for start in range(0, len(columns[0]), LINES_AT_A_TIME):
        part = [column[start : start + LINES_AT_A_TIME].tolist() for column in columns]
        for values in zip(*part, strict=True):
            row = behind.get(int(values[0]))
            end = nothing if row is None else ",".join(f"{column[row]:.9g}" for column in figures) + "\n"
            yield form % values + end


def _write_lines(path: Path, lines: Iterator[str]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        file.writelines(lines)
