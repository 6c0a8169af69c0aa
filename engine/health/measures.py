"""Sizes per weight: of gradients, of updates, of the weights themselves, and how these are distributed.

Layers of more than `MOST` weights are judged by evenly spaced ones of them: that bounds the time, and the figures
stay the same within a per cent.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.network import Network, Snapshot

Array = NDArray[Any]
MOST = 2**16
BINS = 41
TAIL = 0.001
"""The outermost bars of a histogram hold this share of the weights at most, and all that lies beyond."""


@dataclass(frozen=True)
class Movement:
    """How far the weights of each layer went per step.

    Attributes
    ----------
    updates : tuple of float
        Root mean square of the change of a weight per step, by layer.
    weights : tuple of float
        Root mean square of the weights, by layer.
    steps : int
        Between the two copies.
    """

    updates: tuple[float, ...]
    weights: tuple[float, ...]
    steps: int

    @property
    def ratios(self) -> tuple[float, ...]:
        """Update divided by weight, by layer; NaN where all weights are 0."""
        return tuple(u / w if w > 0 else math.nan for u, w in zip(self.updates, self.weights, strict=True))


@dataclass(frozen=True)
class Histogram:
    """The weights of a layer at two moments, in bins of equal width from ``-limit`` to ``+limit``.

    Attributes
    ----------
    limit : float
        The ends; weights beyond are counted in the outermost bins.
    now, start : ndarray of shape (bins,), float64
        Shares that add up to 1; `start` is empty where that moment is not known.
    rms_now, rms_start : float
        Root mean squares; NaN where not known.
    """

    limit: float
    now: NDArray[np.float64]
    start: NDArray[np.float64]
    rms_now: float
    rms_start: float


def weight_sizes(network: Network) -> tuple[int, ...]:
    """Return how many weights each layer has that has any, in order; they lie in `parameters` one after the other."""
    return tuple(layer.parameters["weights"].size for layer in network.weighted)


def per_weight(lengths: Sequence[float], sizes: Sequence[int]) -> tuple[float, ...]:
    """Return gradients' lengths as root mean squares per weight: length / √(number of weights)."""
    return tuple(length / math.sqrt(size) for length, size in zip(lengths, sizes, strict=False))


def movement(before: Snapshot, after: Snapshot, sizes: Sequence[int]) -> Movement:
    """Return how far the weights went per step between two copies of one network.

    Steps to and fro cancel out, so the farther the copies are apart, the smaller the figure is.

    Parameters
    ----------
    before, after : Snapshot
        Of one architecture; `after` has learned from more batches.
    sizes : sequence of int
        See :func:`weight_sizes`.
    """
    steps = max(after.step - before.step, 1)
    updates, weights = [], []
    for old, new in zip(_layers(before.parameters, sizes), _layers(after.parameters, sizes), strict=True):
        updates.append(_rms(new - old) / steps)
        weights.append(_rms(new))
    return Movement(tuple(updates), tuple(weights), steps)


def compare_weights(now: Array, start: Array | None, sizes: Sequence[int], bins: int = BINS) -> tuple[Histogram, ...]:
    """Return a histogram per layer.

    Parameters
    ----------
    now, start : ndarray of shape (parameters,)
        All parameters at both moments; `start` is None where it is not known.
    sizes : sequence of int
        See :func:`weight_sizes`.
    bins : int
        How many bins; an odd number has one around 0.
    """
    layers = _layers(now, sizes)
    starts = [None] * len(layers) if start is None else _layers(start, sizes)
    return tuple(_histogram(new, old, bins) for new, old in zip(layers, starts, strict=True))


def _layers(parameters: Array, sizes: Sequence[int]) -> list[Array]:
    """Return the weights of each layer, of large ones evenly spaced ones."""
    ends = np.cumsum(sizes)
    return [parameters[end - size : end : -(-size // MOST)] for end, size in zip(ends, sizes, strict=True)]


@np.errstate(over="ignore", invalid="ignore")
def _rms(values: Array) -> float:
    values = np.ascontiguousarray(values)
    return math.sqrt(float(values @ values) / len(values))


def _histogram(now: Array, start: Array | None, bins: int) -> Histogram:
    limit = max(_reach(now), 0.0 if start is None else _reach(start), 1e-12)
    known = start is not None
    return Histogram(
        limit,
        _shares(now, limit, bins),
        _shares(start, limit, bins) if start is not None else np.empty(0),
        _rms(now),
        _rms(start) if known and start is not None else math.nan,
    )


def _reach(values: Array) -> float:
    """Return how far from 0 all but a few of the values lie."""
    sizes = np.abs(values[np.isfinite(values)])
    if not len(sizes):
        return 0.0
    place = min(int((1 - TAIL) * len(sizes)), len(sizes) - 1)
    return float(np.partition(sizes, place)[place])


@np.errstate(over="ignore")
def _shares(values: Array, limit: float, bins: int) -> NDArray[np.float64]:
    finite = values[np.isfinite(values)]
    places = np.clip((finite / limit + 1) * (bins / 2), 0, bins - 1).astype(np.intp)
    return np.bincount(places, minlength=bins) / max(len(finite), 1)
