"""The figures of batches as a table of float32, and the reports and curves made of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from engine.history import History
from engine.reports import BatchReport, EpochReport
from engine.runs.curve import BATCH_NAMES, EPOCH_NAMES, POINTS, Curve
from engine.runs.run_file import RunFile

Figures = NDArray[np.float32]
COLUMNS = ("epoch", "seen", "size", "loss", "accuracy", "learning_rate", "seconds", "goal")
WHOLE = frozenset(("epoch", "seen", "size", "goal"))


def figures_of(reports: Sequence[BatchReport]) -> Figures:
    """Return what batches that followed one another reported, at least one: shape (n, 8 + layers)."""
    count, layers = len(reports), len(reports[0].gradients)
    figures = np.empty((count, len(COLUMNS) + layers), np.float32)
    with np.errstate(over="ignore"):  # a gradient that explodes becomes infinite, which it nearly is
        for column, name in enumerate(COLUMNS):
            figures[:, column] = np.fromiter(map(attrgetter(name), reports), np.float32, count)
        lengths = chain.from_iterable(map(attrgetter("gradients"), reports))
        figures[:, len(COLUMNS) :] = np.fromiter(lengths, np.float32, count * layers).reshape(count, layers)
    return figures


def reports_of(first: int, figures: Figures) -> Iterator[BatchReport]:
    """Yield the reports that :func:`figures_of` was given, in single precision; `first` is the first one's step."""
    count = len(COLUMNS)
    for step, row in enumerate(figures.tolist(), start=first):
        named = {name: int(v) if name in WHOLE else v for name, v in zip(COLUMNS, row, strict=False)}
        yield BatchReport(step=step, gradients=tuple(row[count:]), **named)


def history_of(file: RunFile) -> History:
    """Return the curves of a run as its file has them."""
    history = History()
    for first, figures in file.batches():
        history.extend(reports_of(first, figures))
    history.extend(EpochReport(**report) for report in file.epochs())
    return history


class Thinning:
    """The curve of a run that grows, held in a bounded number of points: means over ever longer stretches."""

    def __init__(self) -> None:
        self._points = np.empty((0, 4), np.float32)
        self._rest = np.empty((0, 4), np.float32)
        self._stretch = 1
        self._epochs: list[tuple[float, ...]] = []

    def add(self, figures: Figures) -> None:
        """Add the figures of more batches."""
        place = figures[:, 0] - 1 + figures[:, 1] / figures[:, 2]
        rows = np.concatenate([self._rest, np.column_stack([place, figures[:, 3], figures[:, 4], figures[:, 5]])])
        whole = len(rows) // self._stretch * self._stretch
        self._rest = rows[whole:]
        self._points = np.concatenate([self._points, _means(rows[:whole], self._stretch)])
        while len(self._points) >= 2 * POINTS:
            odd = self._points[len(self._points) // 2 * 2 :]
            self._rest = np.concatenate([np.repeat(odd, self._stretch, axis=0), self._rest])
            self._points, self._stretch = _means(self._points[: len(self._points) // 2 * 2], 2), 2 * self._stretch

    def add_epochs(self, reports: Sequence[EpochReport]) -> None:
        """Add whole epochs."""
        for report in reports:
            values = [getattr(report, name) for name in EPOCH_NAMES]
            self._epochs.append(tuple(np.nan if value is None else value for value in values))

    def curve(self) -> Curve:
        """Return the curve so far."""
        rows = self._points[:: -(-len(self._points) // POINTS) or 1]
        epochs = np.array(self._epochs, np.float32).reshape(-1, len(EPOCH_NAMES))
        epochs = epochs[:: -(-len(epochs) // POINTS) or 1]
        return Curve(
            {name: rows[:, n].copy() for n, name in enumerate(BATCH_NAMES)},
            {name: epochs[:, n].copy() for n, name in enumerate(EPOCH_NAMES)},
        )


def _means(rows: Figures, count: int) -> Figures:
    with np.errstate(over="ignore", invalid="ignore"):
        return rows.reshape(-1, count, rows.shape[1]).mean(axis=1, dtype=np.float64).astype(np.float32)
