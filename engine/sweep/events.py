"""What an experiment says while it runs, and how it is paused and ended."""

from __future__ import annotations

from dataclasses import dataclass

from engine.runs.row import RunRow
from engine.sweep.link import Told
from engine.sweep.spec import Trial


@dataclass(frozen=True)
class TrialDone:
    """A trial has ended and is kept; also one that diverged, which is a result.

    Attributes
    ----------
    trial : Trial
    row : RunRow
        As it stands in the store.
    """

    trial: Trial
    row: RunRow


@dataclass(frozen=True)
class TrialFailed:
    """A trial could not be done; running the experiment again tries it again.

    Attributes
    ----------
    trial : Trial
    row : RunRow
        As it stands in the store, state ``failed``.
    message : str
        Why, in a sentence.
    """

    trial: Trial
    row: RunRow
    message: str


@dataclass(frozen=True)
class TrialRepeated:
    """A trial lost its worker and is done again from its beginning.

    Attributes
    ----------
    trial : Trial
    message : str
        Why, in a sentence.
    """

    trial: Trial
    message: str


@dataclass(frozen=True)
class TrialProgress:
    """How far a trial is.

    Attributes
    ----------
    trial : Trial
    told : Told
        Share, seconds, loss, accuracy.
    """

    trial: Trial
    told: Told


@dataclass(frozen=True)
class SweepProgress:
    """How far the experiment is.

    Attributes
    ----------
    done : int
        Trials that need not be done any more: done before, done now, or failed.
    total : int
        All trials.
    running : int
        Trials at work.
    share : float
        Which part of the time is over, 0 to 1.
    seconds_left : float
        About how long the rest will take.
    """

    done: int
    total: int
    running: int
    share: float
    seconds_left: float


Event = TrialDone | TrialFailed | TrialRepeated | TrialProgress | SweepProgress


class Control:
    """Pauses and ends an experiment, from any thread: a pause lets running trials wait between two batches."""

    def __init__(self) -> None:
        self._paused = self._cancelled = False

    @property
    def paused(self) -> bool:
        """Whether a pause is wanted."""
        return self._paused and not self._cancelled

    @property
    def cancelled(self) -> bool:
        """Whether the end is wanted."""
        return self._cancelled

    def pause(self) -> None:
        """Let no trial go on, and none begin."""
        self._paused = True

    def resume(self) -> None:
        """Go on."""
        self._paused = False

    def cancel(self) -> None:
        """End: what is done stays, what is at work is given up."""
        self._cancelled = True
