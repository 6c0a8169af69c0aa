"""How long the rest of an experiment will take: by the work that its settings mean, and by how long the like took."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from itertools import islice

from engine.errors import DigitLabError
from engine.runs.glance import RunGlance
from engine.runs.row import RunState
from engine.runs.store import RunStore
from engine.specs import RunSpec
from engine.sweep.link import Told
from engine.sweep.rough import rough_seconds

TRUSTED_SHARE = 0.02
LATEST = 10
"""So many runs say how fast this computer is."""


def usual_pace(store: RunStore, dataset: str) -> float | None:
    """Return how much longer than guessed the latest runs took that learned from `dataset`; None without any."""
    found = (pair for row in store.rows() if row.dataset == dataset and (pair := _measured(row)))
    pairs = list(islice(found, LATEST))
    return sum(took for _, took in pairs) / sum(guessed for guessed, _ in pairs) if pairs else None


def _measured(row: RunGlance) -> tuple[float, float] | None:
    """Return how long a run was guessed to take as far as it got, and how long it took; None if that is not known."""
    with suppress(DigitLabError):  # by a newer program
        goal = row.spec.training.epochs
        anew = not row.parent and row.epochs <= goal  # else it may have begun with epochs of another run
        epochs = goal if row.state == RunState.FINISHED else row.epochs if anew else 0
        if epochs and row.seconds > 0:
            return rough_seconds(row.spec) * epochs / goal, row.seconds
    return None


def shared(seconds: Iterable[float], workers: int) -> float:
    """Return how long so many workers take that share some runs: no run is divided."""
    each = list(seconds)
    return max([sum(each) / max(workers, 1), *each], default=0.0)


class Estimate:
    """How far an experiment is, and how long the rest will take.

    Parameters
    ----------
    runs : mapping of int to RunSpec
        What is to be done, by the index of its trial.
    done : iterable of (RunSpec, float)
        What was done before, and how many seconds it took.
    usual : float
        How much longer than guessed runs take, as long as nothing of this experiment says it.
    """

    def __init__(
        self, runs: Mapping[int, RunSpec], done: Iterable[tuple[RunSpec, float]] = (), usual: float = 1.0
    ) -> None:
        self._guesses = {index: rough_seconds(run) for index, run in runs.items()}
        known = [(rough_seconds(run), seconds) for run, seconds in done]
        self._guessed, self._took = sum(pair[0] for pair in known), sum(pair[1] for pair in known)
        self._over, self._usual = 0.0, usual

    def took(self, index: int, seconds: float) -> None:
        """Take note of a trial that is done; one that failed took no time that says anything."""
        guessed = self._guesses.pop(index)
        self._over += seconds
        if seconds:
            self._guessed, self._took = self._guessed + guessed, self._took + seconds

    def left(self, running: Mapping[int, Told], workers: int) -> float:
        """Return the seconds left, when the trials at work are so far and so many workers share the rest."""
        return shared(self._rests(running), workers)

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
        return took / guessed if guessed and took else self._usual
