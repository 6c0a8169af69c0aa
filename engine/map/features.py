"""What a layer makes of many images: one row of numbers per image, and the network's answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import DigitLabError
from engine.layers import Dropout, Flatten
from engine.network import ROWS_AT_A_TIME, Network, as_floats, as_shares
from engine.specs import INPUT_SHAPE

Floats = NDArray[np.float32]
PIXELS = -1
"""The number that stands for the images themselves, before any layer."""
MOST_FEATURES = 1024


@dataclass(frozen=True)
class Readings:
    """What a network makes of n images.

    Attributes
    ----------
    features : ndarray of shape (n, d), float32
        The outputs of one layer, or the pixels, 0 to 1.
    answers : ndarray of shape (n,), int
        The class that each was read as.
    sure : ndarray of shape (n,), float32
        The share of that class, 0 to 1.
    """

    features: Floats
    answers: NDArray[np.intp]
    sure: Floats


def mapped_layers(network: Network) -> list[int]:
    """Return the layers that a map can be drawn of, first :data:`PIXELS`, last the output layer.

    Dropout and flattening change nothing in a trained network, so they have no map of their own.
    """
    hidden = [number for number, layer in enumerate(network.layers) if not isinstance(layer, Dropout | Flatten)]
    return [PIXELS, *hidden]


def feature_count(network: Network, layer: int) -> int:
    """Return how many numbers per image the map of a layer is drawn from; see :func:`pooled`."""
    shape = INPUT_SHAPE if layer == PIXELS else network.layers[layer].output_shape
    return int(pooled(np.zeros((1, *shape), np.float32)).shape[1])


@np.errstate(over="ignore", invalid="ignore")
def read_layer(
    network: Network, images: NDArray[Any], layer: int, cancelled: Callable[[], bool] | None = None
) -> Readings | None:
    """Return what a layer makes of images, and how the network reads them; None when cancelled.

    Parameters
    ----------
    network : Network
    images : ndarray of shape (n, 28, 28), uint8
    layer : int
        The number of a layer, or :data:`PIXELS`.
    cancelled : callable, optional
        Asked between batches whether to give up.

    Raises
    ------
    DigitLabError
        When some outputs are no finite numbers.
    """
    features, shares = [], []
    for start in range(0, len(images), ROWS_AT_A_TIME):
        if cancelled is not None and cancelled():
            return None
        X = as_floats(images[start : start + ROWS_AT_A_TIME], network.output.dtype)
        if layer == PIXELS:
            features.append(pooled(X))
        for number, step in enumerate(network.layers):
            X = step.forward(X)
            if number == layer:
                features.append(pooled(X))
        shares.append(as_shares(X.copy(), network.spec))
    return _readings(np.concatenate(features), np.concatenate(shares))


def _readings(features: Floats, shares: NDArray[Any]) -> Readings:
    if not (np.isfinite(features).all() and np.isfinite(shares).all()):
        raise DigitLabError(
            "There is no map of these weights: some outputs are no finite numbers, because the training has exploded.",
            "Go back to an earlier moment, or lower the learning rate and press Reset.",
        )
    answers = shares.argmax(axis=1)
    sure = np.take_along_axis(shares, answers[:, None], axis=1)[:, 0]
    return Readings(features, answers, sure.astype(np.float32))


def pooled(outputs: NDArray[Any]) -> Floats:
    """Return outputs of shape (n, …) as rows of shape (n, d), float32, a copy.

    Feature maps of shape (n, height, width, filters) of more than :data:`MOST_FEATURES` numbers are averaged over
    squares, the smallest ones that are enough.
    """
    if outputs.ndim == 4:
        height, width, filters = outputs.shape[1:]
        side = 1
        while -(-height // side) * -(-width // side) * filters > MOST_FEATURES and side < max(height, width):
            side += 1
        outputs = _means(_means(outputs, side, 1), side, 2)
    return outputs.reshape(len(outputs), -1).astype(np.float32)


def _means(values: NDArray[Any], side: int, axis: int) -> NDArray[Any]:
    """Return the means of `side` values each along an axis; the last one may be of fewer."""
    starts = np.arange(0, values.shape[axis], side)
    counts = np.diff([*starts, values.shape[axis]]).astype(values.dtype)
    shape = [1] * values.ndim
    shape[axis] = len(counts)
    return np.add.reduceat(values, starts, axis=axis) / counts.reshape(shape)
