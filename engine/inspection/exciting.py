"""Which images excite each unit of a layer most."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.network import Network, Snapshot, as_floats

Array = NDArray[Any]
MOST = 9
IMAGES_AT_A_TIME = 500
PERCENT_STEP = 10


@dataclass(frozen=True)
class Exciting:
    """The most exciting images for every unit of a layer, the most exciting first.

    Attributes
    ----------
    rows : ndarray of shape (count, units), int
        Which images.
    activations : ndarray of shape (count, units)
        How strongly the unit answers them; of a filter, at its strongest place.
    """

    rows: NDArray[np.intp]
    activations: Array


@np.errstate(over="ignore", invalid="ignore")
def most_exciting(
    snapshot: Snapshot,
    index: int,
    images: NDArray[np.uint8],
    count: int = MOST,
    progress: Callable[[str], None] = lambda _sentence: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Exciting | None:
    """Let a network look at images and keep, for every unit of a layer, those that it answers most strongly.

    Parameters
    ----------
    snapshot : Snapshot
        The network.
    index : int
        Which of its layers.
    images : ndarray of shape (n, 28, 28), uint8
    count : int
        How many to keep for each unit; fewer where there are fewer images.
    progress : callable
        Told in a sentence how far it is.
    cancelled : callable
        Asked between parts; the answer True ends it, and nothing is returned.
    """
    network = Network.from_snapshot(snapshot)
    units = network.layers[index].output_shape[-1]
    best = np.full((0, units), -np.inf, network.output.dtype)
    rows = np.zeros((0, units), np.intp)
    for start in range(0, len(images), IMAGES_AT_A_TIME):
        if cancelled():
            return None
        part = images[start : start + IMAGES_AT_A_TIME]
        if start % (IMAGES_AT_A_TIME * PERCENT_STEP) == 0:
            progress(f"Looking for the most exciting images… {start / len(images):.0%}")
        best, rows = _merged(best, rows, _answers(network, index, part), start, count)
    order = np.argsort(-best, axis=0, kind="stable")
    return Exciting(np.take_along_axis(rows, order, 0), np.take_along_axis(best, order, 0))


def _answers(network: Network, index: int, images: NDArray[np.uint8]) -> Array:
    """Return how strongly each unit answers each image, at its strongest place, of shape (n, units)."""
    X = as_floats(images, network.output.dtype)
    for layer in network.layers[: index + 1]:
        X = layer.forward(X)
    answers = X.reshape(len(X), -1, X.shape[-1]).max(axis=1)
    return np.where(np.isnan(answers), -np.inf, answers)


def _merged(best: Array, rows: Array, answers: Array, start: int, count: int) -> tuple[Array, Array]:
    """Return the best of what was best so far and of the answers to the images from row `start` on."""
    both = np.concatenate([best, answers])
    numbers = np.concatenate([rows, np.broadcast_to(np.arange(start, start + len(answers))[:, None], answers.shape)])
    if len(both) <= count:
        return both, numbers
    kept = np.argpartition(-both, count - 1, axis=0)[:count]
    return np.take_along_axis(both, kept, 0), np.take_along_axis(numbers, kept, 0)
