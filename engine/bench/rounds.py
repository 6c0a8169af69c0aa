"""The rounds: starts a process per contender and lets them take turns."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from typing import IO, Any

from engine import children
from engine.bench.contenders import CONTENDERS, Task
from engine.bench.workloads import Workload
from engine.errors import DigitLabError

TELLING_ROUNDS, TELLING_IMAGES = 3, 12_000
"""With fewer, the figures mean nothing and nothing is judged by them."""
REST_SECONDS = 0.1
"""Between two turns: for a moment, threads that have finished still wait busily for more."""


class AbsentError(Exception):
    """A contender cannot take part; the text says why."""


@dataclass
class Field:
    """Who takes part in the whole benchmark.

    Attributes
    ----------
    versions, absent : dict of str to str
        What each contender says of its version, and why some are not there.
    """

    versions: dict[str, str] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """How much is measured.

    Attributes
    ----------
    images : int
        How many images an epoch has.
    rounds : int
        How often everybody has a turn, after warming up.
    threads : int
        The most threads that a contender may use.
    """

    images: int
    rounds: int
    threads: int

    @property
    def telling(self) -> bool:
        """Whether it is enough to judge by."""
        return self.images >= TELLING_IMAGES and self.rounds >= TELLING_ROUNDS


Round = dict[str, dict[str, Any]]
"""Seconds and threads of each variant."""


class Runner:
    """A contender's process, seen from outside.

    Parameters
    ----------
    child : subprocess.Popen
        The process of :mod:`engine.bench.child`.
    chatter : binary file
        What it prints besides its answers.
    """

    def __init__(self, child: subprocess.Popen[str], chatter: IO[bytes]) -> None:
        self._child, self._chatter = child, chatter

    def ready(self) -> str:
        """Wait until it has warmed up, and return its version."""
        return str(self._answer()["version"])

    def turn(self) -> Round:
        """Let it do one round."""
        time.sleep(REST_SECONDS)
        assert self._child.stdin is not None
        try:
            self._child.stdin.write("go\n")
            self._child.stdin.flush()
        except OSError as error:
            raise self._ended() from error
        measured: Round = self._answer()["round"]
        return measured

    def _answer(self) -> dict[str, Any]:
        """Return its next answer.

        Raises
        ------
        AbsentError
            When it says that it cannot take part, or says nothing more.
        """
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        if not line:
            raise self._ended()
        answer: dict[str, Any] = json.loads(line)
        if "absent" in answer:
            raise AbsentError(answer["absent"])
        return answer

    def _ended(self) -> AbsentError:
        said = children.tail(self._chatter).strip().splitlines()
        return AbsentError(" ".join([f"its process ended with code {self._child.wait()}.", *said[-1:]]))


def compete(workload: Workload, plan: Plan, field: Field, done: Callable[[float], None]) -> dict[str, list[Round]]:
    """Run a workload to its end and return the rounds of every contender that took part.

    Parameters
    ----------
    workload : Workload
        What is done.
    plan : Plan
        How much of it.
    field : Field
        Who is absent is not asked again; who turns out to be is noted there.
    done : callable
        Told after every turn which share of the workload is done, 0 to 1.

    Raises
    ------
    DigitLabError
        When this engine itself cannot take part.
    """
    results: dict[str, list[Round]] = {}
    with ExitStack() as stack:
        runners: dict[str, Runner] = {}
        turns = (1 + plan.rounds) * len(workload.contenders)
        for number, name in enumerate(workload.contenders, start=1):
            if name not in field.absent:
                task = Task(name, workload.name, plan.images, plan.threads)
                runners[name] = stack.enter_context(_running(task))
                with _noting(name, field):
                    field.versions[name] = runners[name].ready()
            done(number / turns)
        for turn in range(plan.rounds * len(workload.contenders)):
            name = workload.contenders[turn % len(workload.contenders)]
            if name not in field.absent:
                with _noting(name, field):
                    results.setdefault(name, []).append(runners[name].turn())
            done((len(workload.contenders) + turn + 1) / turns)
    return {name: rounds for name, rounds in results.items() if name not in field.absent}


@contextmanager
def _noting(name: str, field: Field) -> Iterator[None]:
    """Note who cannot take part and go on; without this engine there is nothing to go on with."""
    try:
        yield
    except AbsentError as error:
        if name == "ours":
            raise DigitLabError(f"DigitLab itself could not be timed: {error}") from error
        field.absent[name] = str(error)
        field.versions.pop(name, None)


@contextmanager
def _running(task: Task) -> Iterator[Runner]:
    """Run a contender's process; it ends with the block, whatever happens."""
    threads = {f"{library}_NUM_THREADS": str(task.threads) for library in ("OPENBLAS", "OMP", "MKL")}
    with tempfile.TemporaryFile() as chatter:
        try:
            child = subprocess.Popen(
                [sys.executable, "-P", "-m", "engine.bench.child", json.dumps(asdict(task))],
                env=children.environment() | threads,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=chatter,
                text=True,
                encoding="utf-8",
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            raise DigitLabError(
                f"{CONTENDERS[task.contender].title} cannot be timed: no process starts ({error})."
            ) from error
        with child:
            try:
                yield Runner(child, chatter)
            finally:
                child.kill()
