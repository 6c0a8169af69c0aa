"""When frames of the film are taken: often at first, then ever more rarely, and never more than the film may hold."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

MOST_FRAMES = 120
MOST_BYTES = 60_000_000
LEAST_FRAMES = 3
LEAST_STEPS = 1000
LARGEST_HALF = 65504.0
RATIOS = (1.02, 1.03, 1.04, 1.05, 1.07, 1.1, 1.15, 1.2, 1.3, 1.5, 2.0, 3.0, 5.0, 10.0)


class Frames:
    """The steps of a film.

    Parameters
    ----------
    parameters : int
        How many numbers a frame has.
    steps : int
        How many batches the run will probably have.
    taken : sequence of int
        The frames there are already.

    Attributes
    ----------
    due : int
        The step from which on the next frame is wanted; endless where a film would hold too few frames.
    """

    def __init__(self, parameters: int, steps: int, taken: Sequence[int] = ()) -> None:
        self.most = min(MOST_FRAMES, MOST_BYTES // (2 * parameters))
        self._taken = list(taken)
        wanted = max(self.most // 2, LEAST_FRAMES)  # leaves room for a run that goes on
        self._ratio = next((r for r in RATIOS if _count(r, max(steps, LEAST_STEPS)) <= wanted), RATIOS[-1])
        self.due: float = 0 if self.most >= LEAST_FRAMES else math.inf
        if self._taken and self.due == 0:
            self.due = _next(self._taken[-1], self._ratio)

    def take(self, step: int) -> list[int]:
        """Note a frame of `step`, and return the steps of those that have to make room for it."""
        self._taken.append(step)
        self.due = _next(step, self._ratio)
        dropped = []
        while len(self._taken) > self.most:
            dropped.append(self._taken.pop(self._dispensable()))
        return dropped

    def _dispensable(self) -> int:
        """Return the frame whose neighbours are nearest to one another on a logarithmic scale; not first or last."""
        places = np.log1p(self._taken)
        return int((places[2:] - places[:-2]).argmin()) + 1


def half(parameters: NDArray) -> NDArray[np.float16]:
    """Return parameters in half precision, those beyond its range cut off: shape (parameters,)."""
    return np.clip(parameters, -LARGEST_HALF, LARGEST_HALF).astype(np.float16)


def _next(step: int, ratio: float) -> int:
    return max(step + 1, math.ceil(step * ratio))


def _count(ratio: float, steps: int) -> int:
    """Return how many frames a run of `steps` batches has."""
    step = count = 0
    while step < steps:
        step, count = _next(step, ratio), count + 1
    return count
