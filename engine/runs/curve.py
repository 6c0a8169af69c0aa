"""The curves of a run, thinned out to what a plot of many runs can show."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from engine.history import History

POINTS = 400
BATCH_NAMES = ("epoch", "loss", "accuracy", "learning_rate")
EPOCH_NAMES = ("epoch", "loss", "accuracy", "validation_loss", "validation_accuracy", "seconds")
Column = NDArray[np.float32]


def _nothing(names: tuple[str, ...]) -> dict[str, Column]:
    return {name: np.empty(0, np.float32) for name in names}


@dataclass(frozen=True)
class Curve:
    """What is drawn of a run.

    Attributes
    ----------
    batches : dict of str to ndarray of shape (n,), float32
        ``epoch`` (a place such as 1.5), smoothed ``loss`` and ``accuracy``, and ``learning_rate``; 400 points at most.
    epochs : dict of str to ndarray of shape (m,), float32
        ``epoch``, ``loss``, ``accuracy``, ``validation_loss``, ``validation_accuracy``, ``seconds``, a value per
        whole epoch, 400 at most; a missing validation is NaN.
    """

    batches: dict[str, Column] = field(default_factory=partial(_nothing, BATCH_NAMES))
    epochs: dict[str, Column] = field(default_factory=partial(_nothing, EPOCH_NAMES))


def curve_of(history: History) -> Curve:
    """Return the curve of what a run has reported so far."""
    smooth = {"loss": "smooth_loss", "accuracy": "smooth_accuracy"}
    batches = {name: _thinned(history.batches.column(smooth.get(name, name))) for name in BATCH_NAMES}
    return Curve(batches, {name: _thinned(history.epochs.column(name)) for name in EPOCH_NAMES})


def _thinned(column: NDArray[np.float64]) -> Column:
    """Return at most `POINTS` values at even distances, the first and the last among them."""
    if len(column) > POINTS:
        column = column[np.linspace(0, len(column) - 1, POINTS).round().astype(int)]
    return column.astype(np.float32)
