"""How long an experiment will take, and durations in words."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from engine.errors import DigitLabError
from engine.runs.store import RunStore
from engine.specs import RunSpec
from engine.sweep.left import shared, usual_pace
from engine.sweep.rough import rough_seconds

START_SECONDS = 2.0
"""So long it takes until the worker processes are there."""


class Pace:
    """How much longer than on an idle computer runs take here; looked up anew only when the library has changed."""

    def __init__(self) -> None:
        self._by: tuple[str, int] | None = None
        self._found: float | None = None

    def of(self, store: RunStore | None, dataset: str) -> float | None:
        """Return the pace of runs that learn from `dataset`; None if nobody knows it."""
        with suppress(DigitLabError):  # without a figure a plan is none the worse
            if store is not None:
                if (by := (dataset, store.version)) != self._by:
                    self._by, self._found = by, usual_pace(store, dataset)
                return self._found
        return None


def rough_total(runs: Iterable[RunSpec], workers: int) -> float:
    """Return about how many seconds some runs take on so many workers of an idle computer."""
    return shared((rough_seconds(run) for run in runs), workers)


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
