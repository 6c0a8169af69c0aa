"""How far a piece of work has come, how long the rest takes, and whether it is still wanted."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

Progress = Callable[[str | float], None]
_SECONDS_BETWEEN = 0.04


class GivenUpError(Exception):
    """The work is not wanted any more."""


class Plan:
    """Counts the units of work of each kind that are done, and learns from them what those to come cost.

    Parameters
    ----------
    units : mapping of str to int
        How many units of each kind there are.
    guesses : mapping of str to float
        Seconds per unit, until one has been done.
    progress : callable, optional
        Receives sentences about what is being done, and numbers from 0 to 1: how far it is in time.
    cancelled : callable
        Asked after every unit; the answer True raises GivenUpError.
    """

    def __init__(
        self,
        units: Mapping[str, int],
        guesses: Mapping[str, float],
        progress: Progress | None,
        cancelled: Callable[[], bool],
    ) -> None:
        self._left, self._done = dict(units), dict.fromkeys(units, 0)
        self._each, self._spent = dict(guesses), dict.fromkeys(units, 0.0)
        self._progress, self._cancelled = progress, cancelled
        self._start = self._before = time.perf_counter()
        self._told, self._share = 0.0, 0.0

    def say(self, sentence: str) -> None:
        """Tell what is being done from now on."""
        if self._cancelled():
            raise GivenUpError
        if self._progress is not None:
            self._progress(sentence)

    def did(self, kind: str, units: int = 1) -> None:
        """Take note of units that have just been done.

        Raises
        ------
        GivenUpError
            When the rest is not wanted any more.
        """
        now = time.perf_counter()
        self._spent[kind] += now - self._before
        self._before = now
        self._done[kind] += units
        self._left[kind] = max(self._left[kind] - units, 0)
        self._each[kind] = self._spent[kind] / self._done[kind]
        if self._cancelled():
            raise GivenUpError
        if self._progress is not None and now - self._told > _SECONDS_BETWEEN:
            self._told = now
            self._progress(self.share)

    def expect(self, kind: str, units: int) -> None:
        """Take note that so many units of a kind are still to come."""
        self._left[kind] = units

    @property
    def elapsed(self) -> float:
        """Seconds since the work began."""
        return time.perf_counter() - self._start

    def to_come(self, kind: str) -> float:
        """Return how many seconds the units of a kind that are still to come will take."""
        return self._left[kind] * self._each[kind]

    @property
    def share(self) -> float:
        """How much of the time is over, 0 to 1; never less than before."""
        spent, left = self.elapsed, sum(map(self.to_come, self._left))
        self._share = max(self._share, min(spent / max(spent + left, 1e-9), 1.0))
        return self._share
