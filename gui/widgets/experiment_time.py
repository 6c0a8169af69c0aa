"""How long an experiment will take, and durations in words."""

from __future__ import annotations

from collections.abc import Iterable

from engine.specs import RunSpec
from engine.sweep.rough import MNIST_IMAGES, rough_seconds


def rough_total(runs: Iterable[RunSpec], workers: int, images: int = MNIST_IMAGES) -> float:
    """Return about how many seconds some runs take on so many workers."""
    return sum(rough_seconds(run, images) for run in runs) / max(workers, 1)


def duration(seconds: float) -> str:
    """Return seconds in words, e.g. ``"40 s"``, ``"12 min"``, ``"1 h 20 min"``, ``"3 days"``."""
    if seconds < 60:
        return f"{max(round(seconds), 1)} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"
    return f"{round(minutes / 1440):,} days"
