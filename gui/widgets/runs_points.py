"""The points through which the curves of kept runs are drawn, over epochs or over time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.runs.curve import Curve

Floats = NDArray[np.float64]
Across = Literal["epoch", "seconds"]
MOST_DRAWN = 12
COLOURS = 8  # of a theme; the runs behind them are dashed


@dataclass(frozen=True)
class Quantity:
    """What can be drawn of a run: how it is called, its unit, what it is multiplied by, and its explanation."""

    key: str
    title: str
    unit: str
    help: str
    scale: float = 1.0

    @property
    def is_share(self) -> bool:
        """Whether it is a share, drawn in per cent, of which more is better."""
        return self.scale != 1.0

    @property
    def is_held_back(self) -> bool:
        """Whether it was measured on the validation images."""
        return self.key.startswith("validation")

    def words(self, value: float) -> str:
        """Return a value of it for people; a dash where there is none."""
        if not math.isfinite(value):
            return "–"
        return f"{value:.2f} %" if self.is_share else f"{value:.4g}"


QUANTITIES = {
    quantity.key: quantity
    for quantity in (
        Quantity("loss", "Loss", "loss", "How wrong the answers are while learning, smoothed; lower is better."),
        Quantity("accuracy", "Accuracy", "right answers, %", "The share of right answers while learning.", 100.0),
        Quantity("validation_loss", "Validation loss", "loss", "The loss on images that were held back."),
        Quantity(
            "validation_accuracy",
            "Validation accuracy",
            "right answers, %",
            "The share of right answers on images that were held back.",
            100.0,
        ),
    )
}


@dataclass(frozen=True)
class DrawnRun:
    """A run whose curves are drawn: its id, its name, which of the twelve looks it has, and its curve if it has one."""

    id: str
    title: str
    slot: int
    curve: Curve | None


def points(curve: Curve, quantity: Quantity, across: Across = "epoch") -> tuple[Floats, Floats]:
    """Return the points of a quantity over epochs or seconds, two arrays of shape (n,); NaN leaves a gap."""
    table = curve.epochs if quantity.is_held_back or not len(curve.batches["epoch"]) else curve.batches
    x, y = table["epoch"].astype(np.float64), table[quantity.key].astype(np.float64) * quantity.scale
    if not np.isfinite(y).any():
        return np.empty(0), np.empty(0)
    if across == "seconds":
        x = seconds_at(curve, x)
        x, y = x[np.isfinite(x)], y[np.isfinite(x)]
    return x, y


def seconds_at(curve: Curve, places: Floats) -> Floats:
    """Return when places on the axis of epochs were reached, in seconds of learning; NaN where nobody knows.

    Within an epoch time passes evenly, and in one that is not over yet as fast as in the one before it.
    """
    epochs, seconds = curve.epochs["epoch"].astype(np.float64), curve.epochs["seconds"].astype(np.float64)
    if not len(epochs):
        return np.full(len(places), np.nan)
    first = min(epochs[0] - 1, math.floor(places[0])) if len(places) else epochs[0] - 1
    # A long curve has been thinned out: each of its epochs stands for those that were left out before it.
    lasted = np.nan_to_num(seconds) * np.diff(epochs, prepend=first)
    when = np.concatenate([[0.0], np.cumsum(lasted)])
    beyond = np.clip(places - epochs[-1], 0, None) * np.nan_to_num(seconds[-1])
    return np.interp(places, np.concatenate([[first], epochs]), when) + beyond


def value_at(x: Floats, y: Floats, place: float) -> float:
    """Return the value of a curve at a place; NaN before its first point and behind its last one."""
    known = np.isfinite(y)
    x, y = x[known], y[known]
    return float(np.interp(place, x, y)) if len(x) and x[0] <= place <= x[-1] else math.nan


def slots(ids: list[str], before: dict[str, int]) -> dict[str, int]:
    """Return which of the twelve looks each run has: the one it had, if it had one, else the first that is free."""
    ids = ids[:MOST_DRAWN]
    kept = {run_id: before[run_id] for run_id in ids if run_id in before}
    free = iter(sorted(set(range(MOST_DRAWN)) - set(kept.values())))
    return {run_id: kept[run_id] if run_id in kept else next(free) for run_id in ids}
