"""What an experiment needs of its workers, wherever they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from engine.sweep.link import Told, Word
from engine.sweep.task import Outcome, Task

MOST_WORKERS = 64


@dataclass(frozen=True)
class Arrived:
    """A trial whose worker is done with it.

    Attributes
    ----------
    index : int
        Of the trial.
    outcome : Outcome or None
        What came of it; None when its worker was lost on the way.
    why : str
        Why there is none, as a clause without full stop.
    """

    index: int
    outcome: Outcome | None
    why: str = ""


class Pool(Protocol):
    """Workers, each of which does one trial at a time. It is used by one thread and closed in the end."""

    def __enter__(self) -> Self:
        """Make the workers ready."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End whatever is still at work."""

    @property
    def size(self) -> int:
        """How many workers there are now, at least one."""

    def start(self, task: Task) -> None:
        """Hand a trial to a worker that has nothing to do."""

    def collect(self) -> list[Arrived]:
        """Return what has arrived since the last call, without waiting."""

    def told(self) -> Mapping[int, Told]:
        """Return how far the trials at work are, as far as they have said."""

    def say(self, word: Word) -> None:
        """Let all trials know what is wanted; called several times a second."""
