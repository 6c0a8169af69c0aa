"""All runs of the table: each in a process of its own, in order, and how long the rest will take."""

from __future__ import annotations

import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from statistics import fmean

from engine import children
from engine.errors import DigitLabError
from engine.reproduction.child import JOB, PROGRESS, REFUSAL, RESULT, SHARE
from engine.reproduction.run import Job, Result
from engine.specs import RunSpec

POLL_SECONDS = 0.1
SIDE_BY_SIDE = 2
"""How many runs that learn from one image at a time go on at once; all others run alone, because their time counts."""
SHARE_TO_TRUST = 0.05


class Child:
    """A job that a child process is doing.

    Parameters
    ----------
    job : Job
        What is to be done.

    Raises
    ------
    DigitLabError
        When no child process starts.
    """

    def __init__(self, job: Job) -> None:
        self.job, self._started = job, time.monotonic()
        with ExitStack() as stack:
            self._folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="digitlab-")))
            self._output = stack.enter_context(tempfile.TemporaryFile())
            try:
                (self._folder / JOB).write_text(job.model_dump_json(), encoding="utf-8")
                running = children.running("engine.reproduction.child", str(self._folder), output=self._output)
                self._process = stack.enter_context(running)
            except OSError as error:
                raise DigitLabError(
                    "The training was not begun: no child process starts.", details=str(error)
                ) from error
            self._stack = stack.pop_all()

    @property
    def seconds(self) -> float:
        """How long it has been at work."""
        return time.monotonic() - self._started

    @property
    def share(self) -> float:
        """Which share of its training is done, 0 to 1."""
        try:
            return float((self._folder / PROGRESS).read_bytes()[-len(SHARE.format(0)) :])
        except (OSError, ValueError):  # nothing is said yet
            return 0.0

    def result(self) -> Result | None:
        """Return what came of it; None while it is at work.

        Raises
        ------
        DigitLabError
            When it ended without a result.
        """
        code = self._process.poll()
        if code is None:
            return None
        if code == 0:
            return Result.model_validate_json((self._folder / RESULT).read_bytes())
        refusal = self._folder / REFUSAL
        if refusal.exists():
            raise DigitLabError(refusal.read_text(encoding="utf-8"))
        said = children.tail(self._output)
        why = said.splitlines()[-1] if said else "perhaps for lack of memory"
        name = f"{self.job.run.network.title}, seed {self.job.run.seed}"
        raise DigitLabError(f"{name}: its process ended with code {code} ({why}).", details=said)

    def close(self) -> None:
        """End the process if it is still at work, and remove its files."""
        self._stack.close()


def perform_all(
    jobs: Iterable[Job],
    lanes: int,
    cancelled: Callable[[], bool],
    moved: Callable[[Mapping[Job, tuple[float, float]]], None],
) -> Iterator[Result]:
    """Do all jobs and yield each result as soon as it is there.

    Parameters
    ----------
    jobs : iterable of Job
        What is to be done, begun in this order.
    lanes : int
        How many processors may be used: with two, two runs that use only one of them go on side by side.
    cancelled : callable
        Asked several times a second; the answer True ends everything that is not done.
    moved : callable
        Told as often, by job: the share that is done, 0 to 1, and the seconds it took.

    Raises
    ------
    DigitLabError
        When a run could not be done.
    """
    waiting, running = deque(jobs), list[Child]()
    try:
        while waiting or running:
            while waiting and _may_start(waiting[0], running, lanes):
                running.append(Child(waiting.popleft()))
            time.sleep(POLL_SECONDS)
            if cancelled():  # Ctrl+C reaches the children too: that they ended is no failure then
                return
            for child in list(running):
                result = child.result()
                if result is not None:
                    running.remove(child)
                    child.close()
                    yield result
            moved({child.job: (child.share, child.seconds) for child in running})
    finally:
        for child in running:
            child.close()


def _may_start(job: Job, running: list[Child], lanes: int) -> bool:
    if not running:
        return True
    small = job.one_at_a_time and all(child.job.one_at_a_time for child in running)
    return small and len(running) < min(lanes, SIDE_BY_SIDE)


class Estimate:
    """How long the rest will take: from a guess at first, then from the runs that are done.

    Parameters
    ----------
    guesses : mapping of Job to float
        All jobs, and roughly how many seconds each takes.
    lanes : int
        As in :func:`perform_all`.
    """

    def __init__(self, guesses: Mapping[Job, float], lanes: int) -> None:
        self._guesses, self._lanes = guesses, min(lanes, SIDE_BY_SIDE)
        self._seen: dict[RunSpec, list[float]] = {}
        self._done: dict[Job, float] = {}

    def took(self, job: Job, seconds: float) -> None:
        """Take note of a run that is done."""
        self._done[job] = seconds
        self._seen.setdefault(job.kind, []).append(seconds)

    def left(self, running: Mapping[Job, tuple[float, float]]) -> float:
        """Return the seconds left, when these jobs have done such a share in so many seconds."""
        lasts = {True: 0.0, False: 0.0}
        for job in self._guesses:
            if job not in self._done:
                lasts[job.one_at_a_time] += self._rest(job, *running.get(job, (0.0, 0.0)))
        return lasts[True] / self._lanes + lasts[False]

    def share(self, running: Mapping[Job, tuple[float, float]]) -> float:
        """Return which share of all the time is over, 0 to 1."""
        over = sum(self._done.values()) + sum(seconds for _, seconds in running.values())
        rest = sum(self._rest(job, *running.get(job, (0.0, 0.0))) for job in self._guesses if job not in self._done)
        return over / max(over + rest, 1e-9)

    def _rest(self, job: Job, share: float, seconds: float) -> float:
        if share > SHARE_TO_TRUST:
            return seconds * (1 - share) / share
        return max(self._whole(job) - seconds, 0.0)

    def _whole(self, job: Job) -> float:
        """Return how long a whole run takes: as long as with another seed, or else guessed by how others went."""
        if job.kind in self._seen:
            return fmean(self._seen[job.kind])
        guessed = sum(self._guesses[other] for other in self._done)
        return self._guesses[job] * (sum(self._done.values()) / guessed if guessed else 1.0)
