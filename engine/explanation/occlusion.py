"""Which parts of a drawing an answer rests on: what the answer loses when they are covered.

A square of background is laid over every place of the image in turn (Zeiler, Fergus 2014, "Visualizing and
Understanding Convolutional Networks"). What the answer loses speaks for it; what it gains spoke against it. Unlike a
gradient this asks the network itself, and holds for changes of that size.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.explanation.squares import centred_squares
from engine.layers.layer import Array
from engine.network import ROWS_AT_A_TIME, Network
from engine.specs import CLASSES, INPUT_SHAPE

SIDES = (1, 3, 5, 7)


@np.errstate(over="ignore", invalid="ignore")
def weighted_sums(network: Network, images: NDArray[Any]) -> Array:
    """Return the weighted sums of the ten outputs, before their activation, shape (n, 10).

    Parameters
    ----------
    network : Network
        Its buffers are used.
    images : ndarray of shape (n, 28, 28)
        Bytes, or floats from 0 to 1.
    """
    hidden, _ = network.seen(images)
    return hidden @ network.output.weights + network.output.bias


def occlusion(
    network: Network, image: NDArray[Any], side: int = 3, cancelled: Callable[[], bool] = lambda: False
) -> Array | None:
    """Return how much the weighted sum of each digit falls when a square around each pixel is covered.

    Parameters
    ----------
    network : Network
        Its buffers are used.
    image : ndarray of shape (28, 28)
        Bytes, or floats from 0 to 1.
    side : int
        The side of the square, an odd number of pixels; at the border it is cut off.
    cancelled : callable
        Asked between some hundred images; the answer True ends it.

    Returns
    -------
    ndarray of shape (10, 28, 28), or None
        For each digit, at each pixel: positive where what is covered speaks for the digit. 0 where there is no ink
        below the square. None if it was cancelled.
    """
    squares = centred_squares(side)
    inked = np.flatnonzero((squares & (image != 0)).any(axis=(1, 2)))
    falls = np.zeros((len(squares), CLASSES), network.output.dtype)
    before = weighted_sums(network, image[np.newaxis])[0]
    for start in range(0, len(inked), ROWS_AT_A_TIME):
        if cancelled():
            return None
        places = inked[start : start + ROWS_AT_A_TIME]
        with np.errstate(over="ignore", invalid="ignore"):
            falls[places] = before - weighted_sums(network, np.where(squares[places], image.dtype.type(0), image))
    return falls.T.reshape(CLASSES, *INPUT_SHAPE).copy()
