"""How far a benchmark is and how long it still takes, on stderr: a bar on a terminal, a line per workload elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tqdm import tqdm

from engine.bench.workloads import Workload
from engine.terminal.output import say

BAR = "{desc}: {percentage:3.0f} % |{bar}| {elapsed}, {remaining} left"


class Forecast:
    """The time that is left, from how long the part before took and how long workloads usually take.

    Parameters
    ----------
    workloads : sequence of Workload
        What will be done, in this order.
    bar : tqdm, optional
        Where it is shown; otherwise in lines.
    """

    def __init__(self, workloads: Sequence[Workload], bar: tqdm | None = None) -> None:
        self._total, self._bar = sum(workload.seconds for workload in workloads), bar
        self._before, self._now, self._count, self._number = 0.0, 0.0, len(workloads), 0
        self._started = time.monotonic()

    def begin(self, workload: Workload) -> None:
        """Go on to the next workload."""
        self._before += self._now
        self._now, self._number = workload.seconds, self._number + 1
        if self._bar is not None:
            self._bar.set_description_str(workload.title)
        else:
            say(f"{self._number} of {self._count}: {workload.title}{self._left()}")

    def done(self, share: float) -> None:
        """Note that this share of the workload is done, 0 to 1."""
        if self._bar is not None:
            self._bar.update(self._before + share * self._now - self._bar.n)

    def _left(self) -> str:
        if not self._before:
            return ""
        seconds = (time.monotonic() - self._started) * (self._total / self._before - 1)
        return f" (about {seconds:.0f} s left)" if seconds < 90 else f" (about {seconds / 60:.0f} min left)"


@contextmanager
def forecast_for(workloads: Sequence[Workload]) -> Iterator[Forecast]:
    """Give a forecast that suits where stderr goes."""
    if not sys.stderr.isatty():
        yield Forecast(workloads)
        return
    total = sum(workload.seconds for workload in workloads)
    with tqdm(total=total, bar_format=BAR, file=sys.stderr, dynamic_ncols=True, smoothing=0) as bar:
        yield Forecast(workloads, bar)
