"""Chooses how many threads matrix products use while a network learns: by measuring, again and again.

More threads are faster on an idle machine. As soon as another program is busy they wait for one another: two
threads were seen to fall from 1,200 steps a second to 23, where one thread lost a fifth. A choice made once would
be wrong an hour later, so both are tried every few seconds, and a collapse ends the use of several at once.
Which one is in use changes no bit of the result; where it would, it stays one. See :mod:`engine.products`.
"""

from __future__ import annotations

from statistics import median

from engine.blas import allowed_threads, use_threads
from engine.network import Network
from engine.products import keeps_bits
from engine.threads import is_writing

TRIES = 16
WARM_UP = 6
"""So many steps of each try do not count: threads that slept are slow to come, and caches hold what the others need."""
SECONDS_BETWEEN = 3.0
SHORTEST_PAUSE = 0.2
MUCH_SLOWER, HICCUP = 1.5, 0.02
"""What is no collapse: a step that waits some milliseconds for the interpreter, which the window uses, too."""
LEAST_BATCH = 16
"""Smaller batches have products too small for several threads."""


class Pace:
    """The number of threads for the next step, from the seconds that the last steps took.

    Parameters
    ----------
    dtype : str
        The precision of the products.
    choose : bool
        Whether several threads may be worth their while at all.

    Attributes
    ----------
    threads : int
        How many matrix products use, but for the moments in which the engine writes to disk.
    """

    def __init__(self, dtype: str, *, choose: bool = True) -> None:
        most = allowed_threads() if choose else 1
        self._most = most if most > 1 and keeps_bits(dtype, most) else 1
        self._seconds: dict[int, list[float]] = {}
        self._aside = False
        self._since, self._pause, self._patience = 0.0, SECONDS_BETWEEN, SHORTEST_PAUSE
        self._probe()

    def step(self, seconds: float) -> None:
        """Take note of a step that took so long, and choose for the next one."""
        if self._most == 1 or self._makes_way():
            return
        taken = self._seconds[self.threads]
        taken.append(seconds)
        if self._probing:
            if self._hopeless(taken):
                self._settle(1)
            elif len(taken) >= TRIES:
                self._next_try()
            return
        del taken[:-TRIES]
        self._since += seconds
        if self._since > self._pause:
            self._probe()
        elif self.threads > 1 and self._in_vain(taken):
            self._settle(1)

    def _makes_way(self) -> bool:
        """Use one thread while the engine writes to disk: several would wait for the processor that this takes.

        Such steps say nothing about the machine; the first one after it is not counted, either.
        """
        was, self._aside = self._aside, is_writing()
        if was != self._aside:
            use_threads(1 if self._aside else self.threads)
        return was or self._aside

    def _probe(self) -> None:
        self._probing = self._most > 1
        self._seconds = {1: [], self._most: []}
        self._use(1)

    def _next_try(self) -> None:
        """Go on from one thread to several, and from several to the faster of the two."""
        if self.threads == 1:
            self._alone = median(self._seconds[1][WARM_UP:])
            self._use(self._most)
        else:
            self._settle(self.threads if median(self._seconds[self.threads][WARM_UP:]) < self._alone else 1)

    def _settle(self, threads: int) -> None:
        """Stay with so many for a while; one is doubted soon at first, since a single hiccup may have led there."""
        self._probing, self._since = False, 0.0
        self._patience = SHORTEST_PAUSE if threads > 1 else min(2 * self._patience, SECONDS_BETWEEN)
        self._pause = SECONDS_BETWEEN if threads > 1 else self._patience
        self._use(threads)

    def _hopeless(self, taken: list[float]) -> bool:
        """Tell that several threads need not be tried to the end: that alone could take seconds."""
        return self.threads > 1 and len(taken) >= 2 and min(taken) > 2 * self._alone

    def _in_vain(self, taken: list[float]) -> bool:
        """Tell that several threads are of no use any more: all of a sudden, or for a while."""
        sudden = median(taken[-3:]) > MUCH_SLOWER * self._alone + HICCUP
        return sudden or (len(taken) >= TRIES and median(taken) > self._alone)

    def _use(self, threads: int) -> None:
        self.threads = threads
        use_threads(threads)


def pace_for(network: Network, batch_size: int) -> Pace:
    """Return the pace for a training: convolutional networks use the threads themselves, a half of the batch each."""
    return Pace(network.spec.dtype, choose=not network.has_images and batch_size >= LEAST_BATCH)
