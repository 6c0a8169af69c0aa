"""Workers of a Dask cluster, here or elsewhere; the program must be installed there, too.

What passes between them is pickled by Dask: an experiment trusts the cluster that it is sent to.
"""

from __future__ import annotations

import contextlib
import logging
import re
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Any, Self

from engine.errors import DigitLabError, SettingError
from engine.sweep.link import Told, Word
from engine.sweep.pool import Arrived
from engine.sweep.task import Outcome, Task, perform

CONNECT_SECONDS = 8
ASK_SECONDS = 0.5
"""How often a trial asks over the network what is wanted."""
SAY_SECONDS = 2.0
COUNT_SECONDS = 1.0
SILENCE_SECONDS = 30.0
"""A trial ends itself when the experiment has said nothing for so long: its process is gone."""
_ADDRESS = re.compile(r"(?:(?:tcp|tls|ws|wss)://)?(?:\[[0-9A-Fa-f:.]+\]|[^\s/:\[\]]+):(\d{1,5})")
_QUIET = ("distributed", "distributed.client", "distributed.comm", "distributed.core", "tornado.application")


def check_address(address: str) -> None:
    """Refuse what cannot be the address of a scheduler, for which the library would wait in vain.

    Raises
    ------
    SettingError
        When it is not written like one.
    """
    found = _ADDRESS.fullmatch(address)
    if found is None or not 1 <= int(found[1]) <= 65535:
        raise SettingError(
            f"Scheduler: {address[:80]} is not allowed; it must be a host and a port, such as tcp://127.0.0.1:8786."
        )


@dataclass
class ClusterLink:
    """A link over the network, through the scheduler.

    Parameters
    ----------
    name : str
        Of this experiment on the cluster.
    """

    name: str

    def __post_init__(self) -> None:
        self._word: Word = "go"
        self._count, self._heard, self._next = -1, time.monotonic(), 0.0

    def asked(self) -> Word:
        """Return what the experiment wants now: ``"stop"``, too, when it has fallen silent."""
        if time.monotonic() >= self._next:
            self._ask()
        return "stop" if time.monotonic() - self._heard > SILENCE_SECONDS else self._word

    def _ask(self) -> None:
        from distributed import Variable

        with contextlib.suppress(TimeoutError):
            word, count = Variable(self.name).get(timeout="2s")
            if count != self._count:
                self._word, self._count, self._heard = word, count, time.monotonic()
        self._next = time.monotonic() + ASK_SECONDS

    def tell(self, index: int, told: Told) -> None:
        """Say how far the trial of this index is."""
        from distributed import get_worker

        get_worker().log_event(self.name, {"index": index, "told": asdict(told)})


def perform_there(task: Task, name: str) -> Outcome:
    """Do a trial in a worker of the cluster."""
    return perform(task, ClusterLink(name))


class Cluster:
    """A pool of the workers of a Dask cluster.

    Parameters
    ----------
    address : str
        Of its scheduler.
    """

    def __init__(self, address: str) -> None:
        self._address, self._name = address, f"digitlab-{secrets.token_hex(6)}"
        self._futures: dict[int, Any] = {}
        self._told: dict[int, Told] = {}
        self._stack = ExitStack()
        self._said: Word = "go"
        self._count, self._next, self._next_count = 0, 0.0, 0.0
        self._known: Mapping[str, int] = {}

    def __enter__(self) -> Self:
        with self._stack:
            _require_library()
            self._stack.enter_context(_quiet())
            self._client = self._stack.enter_context(self._connected())
            self._check_workers()
            self._say_now("go")
            self._client.subscribe_topic(self._name, self._hear)
            self._stack = self._stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self._stack, contextlib.suppress(OSError, DigitLabError):  # a cluster that is gone needs no farewell
            self._say_now("stop")
            self._client.unsubscribe_topic(self._name)
            self._client.cancel(list(self._futures.values()))

    @property
    def size(self) -> int:
        """How many workers there are now, at least one."""
        return max(len(self._workers()), 1)

    def _workers(self) -> Mapping[str, int]:
        """Return the workers and their threads, asked for again only every so often."""
        if time.monotonic() >= self._next_count:
            with self._speaking():
                self._known = self._client.nthreads()
            self._next_count = time.monotonic() + COUNT_SECONDS
        return self._known

    def start(self, task: Task) -> None:
        """Hand a trial to the cluster, which gives it to another worker should its worker be lost."""
        self._told.pop(task.index, None)
        # Not pure: the same task twice is to be done twice.
        with self._speaking():
            self._futures[task.index] = self._client.submit(perform_there, task, self._name, pure=False)

    def collect(self) -> list[Arrived]:
        """Return what has arrived since the last call."""
        ready = [index for index, future in self._futures.items() if future.done()]
        with self._speaking():
            return [self._arrived(index, self._futures.pop(index)) for index in ready]

    def _arrived(self, index: int, future: Any) -> Arrived:
        if future.status == "finished":
            return Arrived(index, future.result())
        if future.status != "error":
            raise ConnectionError(f"The future is {future.status}.")
        error = future.exception()
        return Arrived(index, None, f"the cluster lost it ({type(error).__name__}: {str(error)[:200]})")

    def told(self) -> dict[int, Told]:
        """Return how far the trials at work are."""
        return dict(self._told)

    def _hear(self, event: tuple[float, dict[str, Any]]) -> None:
        self._told[event[1]["index"]] = Told(**event[1]["told"])

    def say(self, word: Word) -> None:
        """Let all trials know what is wanted, and that somebody is there."""
        if word != self._said or time.monotonic() >= self._next:
            self._say_now(word)

    def _say_now(self, word: Word) -> None:
        from distributed import Variable

        self._said, self._count, self._next = word, self._count + 1, time.monotonic() + SAY_SECONDS
        with self._speaking():
            Variable(self._name, client=self._client).set([word, self._count], timeout=f"{CONNECT_SECONDS}s")

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        """Turn the loss of the scheduler into a sentence."""
        try:
            yield
        except (OSError, RuntimeError) as error:
            raise DigitLabError(
                f"The connection to the scheduler {self._address} was lost.",
                "The trials that were done are kept; the same experiment goes on from there.",
                details=str(error),
            ) from error

    def _connected(self) -> Any:
        from distributed import Client

        try:
            return Client(self._address, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            raise DigitLabError(
                f"The scheduler {self._address} does not answer.",
                "Start one with dask scheduler, and name the address that it prints, such as tcp://127.0.0.1:8786.",
                details=str(error),
            ) from error

    def _check_workers(self) -> None:
        """Find out before anything starts whether there are workers, and whether they know this program."""
        if not self._workers():
            raise DigitLabError(
                f"The cluster {self._address} has no workers.", f"Start some with dask worker {self._address}."
            )
        found = self._client.run(_is_there, on_error="return")
        if failed := [(address, answer) for address, answer in found.items() if answer is not True]:
            address, answer = failed[0]
            raise DigitLabError(
                f"The worker {address} of the cluster does not find this program.",
                "Install it there, too, in the same version.",
                details=str(answer),
            )


def _require_library() -> None:
    """Load the library, which also sets how loud it is, or say how to get it."""
    try:
        import distributed  # noqa: F401
    except ModuleNotFoundError as error:
        raise DigitLabError(
            "The backend dask needs the library distributed, which is not installed.",
            'Install it with pip install "digitlab[cluster]", or from this folder with pip install ".[cluster]".',
        ) from error


def _is_there() -> bool:
    """Return True, on a worker: whoever can do that has the program."""
    return True


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep to ourselves what the library logs on stderr: whatever matters comes back as an error."""
    before = {name: logging.getLogger(name).level for name in _QUIET}
    for name in before:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
