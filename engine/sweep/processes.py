"""Workers on this machine: processes that joblib's loky starts, one for each trial at a time.

What passes between them is pickled by joblib, from this program's own processes to one another and never from a file.
"""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Any, Self

from engine.sweep.link import FolderLink, Told, Word
from engine.sweep.pool import Arrived
from engine.sweep.task import Task, perform

IDLE_SECONDS = 30
"""A worker that has had nothing to do for so long ends by itself."""
MIND_SECONDS = 1.0
BLAS_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


class _Lane:
    """One worker process. Each has an executor to itself, because the loss of a process breaks its whole executor."""

    def __init__(self, threads: int, link: FolderLink) -> None:
        from joblib.externals import loky

        environment = dict.fromkeys(BLAS_VARIABLES, str(threads))
        self._executor = loky.ProcessPoolExecutor(
            1, timeout=IDLE_SECONDS, initializer=_mind_owner, initargs=(link,), env=environment
        )
        self._link = link
        self._future: Any = None
        self.task: Task | None = None

    def start(self, task: Task) -> None:
        with _signals_for_others():
            self._future = self._executor.submit(perform, task, self._link)
        self.task = task

    def arrived(self) -> Arrived | None:
        if self.task is None or not self._future.done():
            return None
        task, self.task = self.task, None
        error = self._future.exception()
        if error is None:
            return Arrived(task.index, self._future.result())
        return Arrived(task.index, None, _why(error))

    def close(self) -> None:
        self._executor.shutdown(wait=True, kill_workers=True)


class Processes:
    """A pool of worker processes on this machine.

    Parameters
    ----------
    workers : int
        How many.
    threads : int
        The most threads that each may use.
    """

    def __init__(self, workers: int, threads: int) -> None:
        self._workers, self._threads = workers, threads
        self._stack = ExitStack()
        self._lanes: list[_Lane] = []

    def __enter__(self) -> Self:
        folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="digitlab-"))
        self._link, self._said = FolderLink.here(folder), "go"
        self._lanes = [_Lane(self._threads, self._link) for _ in range(self._workers)]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for lane in self._lanes:
            lane.close()
        self._stack.close()

    @property
    def size(self) -> int:
        """How many workers there are."""
        return len(self._lanes)

    def start(self, task: Task) -> None:
        """Hand a trial to a worker that has nothing to do."""
        self._link.forget(task.index)
        next(lane for lane in self._lanes if lane.task is None).start(task)

    def collect(self) -> list[Arrived]:
        """Return what has arrived since the last call; a worker that was lost is replaced."""
        found = []
        for place, lane in enumerate(self._lanes):
            if arrived := lane.arrived():
                found.append(arrived)
                if arrived.outcome is None:
                    lane.close()
                    self._lanes[place] = _Lane(self._threads, self._link)
        return found

    def told(self) -> dict[int, Told]:
        """Return how far the trials at work are."""
        at_work = [lane.task.index for lane in self._lanes if lane.task]
        return {index: told for index in at_work if (told := self._link.heard(index))}

    def say(self, word: Word) -> None:
        """Let all trials know what is wanted."""
        if word != self._said:
            self._link.say(word)
            self._said = word


def _mind_owner(link: FolderLink) -> None:
    """Let a worker process look every second whether the experiment's process is still there, whatever it is doing.

    The queues it waits at know nothing of that: they would let it wait for ever.
    """
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, lambda *_: link.end_with_owner())
        signal.setitimer(signal.ITIMER_REAL, MIND_SECONDS, MIND_SECONDS)


@contextmanager
def _signals_for_others() -> Iterator[None]:
    """Start processes that never see Ctrl+C: a terminal sends it to all, but it is this process that ends them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _why(error: BaseException) -> str:
    """Return why a worker was lost, without the library's advice to programmers."""
    from joblib.externals.loky.process_executor import BrokenProcessPool

    if isinstance(error, BrokenProcessPool):
        return "its process ended before it was done, perhaps for lack of memory"
    return f"its process failed ({type(error).__name__}: {str(error)[:200]})"
