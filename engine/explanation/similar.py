"""Which training images a network finds most like another one: those that look alike to its last hidden layer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.network import Network, Snapshot

Measure = Literal["cosine", "euclidean"]
Cancelled = Callable[[], bool]
MOST_BYTES = 64 * 2**20
"""So much memory the units of the training images may take; of more, every second, third … image is looked at."""
AT_A_TIME = 1024
CANDIDATES = 32
"""So many are found in 16 bits and then measured exactly."""


@dataclass(frozen=True)
class Similar:
    """An image that is like another one.

    Attributes
    ----------
    row : int
        Its row in the array of images.
    value : float
        The cosine of the angle between the two, −1 to 1, or the Euclidean distance, at least 0.
    """

    row: int
    value: float


@dataclass(frozen=True, eq=False)
class Memory:
    """What the last hidden layer of a network makes of images, kept for looking up what is like a new one.

    Attributes
    ----------
    snapshot : Snapshot
        The network.
    images : ndarray of shape (total, 28, 28), uint8
        Where the images are; looked at, never copied.
    rows : ndarray of int, shape (n,)
        Which of them are remembered.
    wanted : int
        How many should have been, had there been the memory.
    directions : ndarray of shape (n, units), float16
        What the layer makes of each, divided by its length; 0 where the length is 0 or no number.
    lengths : ndarray of shape (n,), float32
    """

    snapshot: Snapshot
    images: NDArray[np.uint8]
    rows: NDArray[np.intp]
    wanted: int
    directions: NDArray[np.float16]
    lengths: NDArray[np.float32]

    def nearest(self, image: NDArray[np.uint8], count: int = 5, measure: Measure = "cosine") -> list[Similar]:
        """Return the images most like `image`, of shape (28, 28), the most alike first.

        Empty where the layer is silent for the image: then nothing is like it. It may be called in any thread.
        """
        network = Network.from_snapshot(self.snapshot)
        seen = network.seen(image[np.newaxis])[0][0].astype(np.float64)
        length = float(np.linalg.norm(seen))
        if not 0 < length < np.inf or not len(self.rows):
            return []
        order = self._order((seen / length).astype(np.float32), length, measure)
        most = min(max(CANDIDATES, 2 * count), len(order))
        rows = np.sort(self.rows[np.argpartition(order, most - 1)[:most]])
        values = _compared(network.seen(self.images[rows])[0].astype(np.float64), seen, measure)
        best = np.argsort(values if measure == "euclidean" else -values, kind="stable")[:count]
        return [Similar(int(rows[n]), float(values[n])) for n in best]

    def _order(self, direction: NDArray[np.float32], length: float, measure: Measure) -> NDArray[np.float32]:
        """Return numbers of shape (n,) that are the smaller the more alike an image is."""
        cosines = np.empty(len(self.rows), np.float32)
        for start in range(0, len(cosines), AT_A_TIME):  # NumPy multiplies halves slowly, and all in 32 bits are large
            part = slice(start, start + AT_A_TIME)
            np.matmul(self.directions[part].astype(np.float32), direction, out=cosines[part])
        if measure == "cosine":
            return -cosines
        return self.lengths * (self.lengths - 2 * np.float32(length) * cosines)


@np.errstate(over="ignore", invalid="ignore")
def remember(
    snapshot: Snapshot,
    images: NDArray[np.uint8],
    rows: NDArray[np.intp],
    *,
    most_bytes: int = MOST_BYTES,
    progress: Callable[[str], None] = lambda _: None,
    cancelled: Cancelled = lambda: False,
) -> Memory | None:
    """Let a network look at images and keep what its last hidden layer makes of them.

    Parameters
    ----------
    snapshot : Snapshot
        The network. Without a hidden layer the pixels themselves are compared.
    images : ndarray of shape (total, 28, 28), uint8
    rows : ndarray of int
        Which of them.
    most_bytes : int
        So much memory may be kept; if all images would take more, some are left out evenly.
    progress, cancelled : callable
        Told a sentence, and asked, every thousand images; the answer True ends it with None.
    """
    network = Network.from_snapshot(snapshot)
    kept = rows[:: max(-(-len(rows) * network.output.inputs * 2 // most_bytes), 1)]
    directions = np.zeros((len(kept), network.output.inputs), np.float16)
    lengths = np.zeros(len(kept), np.float32)
    for start in range(0, len(kept), AT_A_TIME):
        if cancelled():
            return None
        progress(f"Comparing training images: {start:,} of {len(kept):,}")
        part = slice(start, start + AT_A_TIME)
        hidden = network.seen(images[kept[part]])[0]
        lengths[part] = found = np.linalg.norm(hidden, axis=1)
        usable = (found > 0) & np.isfinite(found)
        directions[part][usable] = hidden[usable] / found[usable, None]
    return Memory(snapshot, images, kept, len(rows), directions, lengths)


def _compared(hidden: NDArray[Any], other: NDArray[Any], measure: Measure) -> NDArray[np.float64]:
    """Return how alike rows of shape (n, units) are to one of shape (units,)."""
    if measure == "euclidean":
        return np.linalg.norm(hidden - other, axis=1)
    lengths = np.linalg.norm(hidden, axis=1) * np.linalg.norm(other)
    return np.divide(hidden @ other, lengths, out=np.zeros(len(hidden)), where=lengths > 0)
