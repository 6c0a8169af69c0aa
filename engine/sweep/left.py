"""How long the rest of an experiment will take: by the work that its settings mean, and by how long the like took."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.specs import RunSpec
from engine.sweep.link import Told
from engine.sweep.rough import rough_seconds

TRUSTED_SHARE = 0.02


class Estimate:
    """How far an experiment is, and how long the rest will take.

    Parameters
    ----------
    runs : mapping of int to RunSpec
        What is to be done, by the index of its trial.
    done : iterable of (RunSpec, float)
        What was done before, and how many seconds it took.
    """

    def __init__(self, runs: Mapping[int, RunSpec], done: Iterable[tuple[RunSpec, float]] = ()) -> None:
        self._guesses = {index: rough_seconds(run) for index, run in runs.items()}
        known = [(rough_seconds(run), seconds) for run, seconds in done]
        self._guessed, self._took = sum(pair[0] for pair in known), sum(pair[1] for pair in known)
        self._over = 0.0

    def took(self, index: int, seconds: float) -> None:
        """Take note of a trial that is done; one that failed took no time that says anything."""
        guessed = self._guesses.pop(index)
        self._over += seconds
        if seconds:
            self._guessed, self._took = self._guessed + guessed, self._took + seconds

    def left(self, running: Mapping[int, Told], workers: int) -> float:
        """Return the seconds left, when the trials at work are so far and so many workers share the rest."""
        rests = self._rests(running)
        return max([sum(rests) / max(workers, 1), *rests], default=0.0)

    def share(self, running: Mapping[int, Told]) -> float:
        """Return which part of all the time is over, 0 to 1."""
        over = self._over + sum(told.seconds for told in running.values())
        return over / max(over + sum(self._rests(running)), 1e-9) if self._guesses else 1.0

    def _rests(self, running: Mapping[int, Told]) -> list[float]:
        pace = self._pace(running)
        return [self._rest(guessed * pace, running.get(index)) for index, guessed in self._guesses.items()]

    @staticmethod
    def _rest(whole: float, told: Told | None) -> float:
        if told is None:
            return whole
        if told.share > TRUSTED_SHARE:
            return told.seconds * (1 - told.share) / told.share
        return max(whole - told.seconds, 0.0)

    def _pace(self, running: Mapping[int, Told]) -> float:
        """Return how much longer than guessed everything takes, by what is done and what is on its way."""
        guessed, took = self._guessed, self._took
        for index, told in running.items():
            if told.share > TRUSTED_SHARE:
                guessed += self._guesses.get(index, 0.0) * told.share
                took += told.seconds
        return took / guessed if guessed and took else 1.0
