"""How much the units of one column say to those of the next: weight times activation, and weight alone.

A connection between two dense units is one weight. Between a feature map and a dense unit it is the weights at all
places of the map together. A filter answers at many places: its connections are those at its strongest place, the
one with the largest activation. So what all sources say, and the bias, add up to a unit's weighted sum.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.layers import Conv2D, Dense
from engine.layers.layer import Layer

Array = NDArray[Any]
Units = NDArray[np.intp]


@np.errstate(over="ignore", invalid="ignore")
def contributions(layer: Layer, X: Array, Y: Array, sources: int, into: Units, of: Units | None = None) -> Array:
    """Return what source units add to the weighted sums of some units of a layer, for one sample.

    Parameters
    ----------
    layer : Dense or Conv2D
        The layer of the units that are added to.
    X : ndarray
        What reaches it, in the order (row, column, channel).
    Y : ndarray of shape layer.output_shape
        What it makes of that.
    sources : int
        How many units the column before has: pixels, units or filters.
    into : ndarray of int
        Which units of the layer.
    of : ndarray of int, optional
        Which sources; all if it is not said.

    Returns
    -------
    ndarray of shape (len(of), len(into))
    """
    if isinstance(layer, Conv2D):
        return _picked(_at_strongest(layer, X, Y, sources, into), of)
    assert isinstance(layer, Dense)
    weights, seen = _blocks(layer, sources, into, of), X.reshape(-1, sources)
    return np.einsum("ps,pst->st", seen if of is None else seen[:, of], weights)


@np.errstate(over="ignore", invalid="ignore")
def weights_between(layer: Layer, sources: int, into: Units, of: Units | None = None) -> Array:
    """Return the weights through which units of a layer see sources, added up where several join the two.

    Parameters and shape are those of :func:`contributions`. Filters see no pixel through a weight of its own, but
    all of them through each: there all numbers are 0.
    """
    if isinstance(layer, Conv2D):
        sums = layer.weights[..., into].sum(axis=(0, 1))
        same = len(sums) == sources
        return _picked(sums if same else np.zeros((sources, len(into)), sums.dtype), of)
    assert isinstance(layer, Dense)
    return _blocks(layer, sources, into, of).sum(axis=0)


def strongest(values: Array, count: int) -> list[tuple[int, int]]:
    """Return the places (row, column) of the numbers farthest from 0, at most `count`, the farthest first.

    Zeros, and what is not a finite number, are left out.
    """
    sizes = np.where(np.isfinite(values), np.abs(values), 0).ravel()
    count = min(count, int(np.count_nonzero(sizes)))
    if not count:
        return []
    found = np.argpartition(-sizes, count - 1)[:count]
    found = found[np.argsort(-sizes[found], kind="stable")]
    rows, columns = np.unravel_index(found, values.shape)
    return list(zip(rows.tolist(), columns.tolist(), strict=True))


def _picked(values: Array, of: Units | None) -> Array:
    return values if of is None else values[of]


def _blocks(layer: Dense, sources: int, into: Units, of: Units | None) -> Array:
    """Return weights of shape (places, sources, units): those of a map's places belong to one source."""
    weights = layer.weights.reshape(-1, sources, layer.units)
    return weights[:, :, into] if of is None else weights[:, of][:, :, into]


def _at_strongest(layer: Conv2D, X: Array, Y: Array, sources: int, into: Units) -> Array:
    """Return what each source adds to each filter where the filter answers most strongly."""
    image, side = np.pad(X.reshape(layer.image), (*layer.pads, (0, 0))), layer.kernel
    by_pixel = sources != layer.image[2]
    found = np.zeros((sources, len(into)), X.dtype)
    for number, unit in enumerate(into):
        row, column = (layer.stride * at for at in divmod(int(Y[..., unit].argmax()), layer.output_shape[1]))
        window = image[row : row + side, column : column + side] * layer.weights[..., unit]
        if by_pixel:
            framed = np.zeros(image.shape[:2], X.dtype)
            framed[row : row + side, column : column + side] = window.sum(axis=2)
            found[:, number] = _unframed(layer, framed).ravel()
        else:
            found[:, number] = window.sum(axis=(0, 1))
    return found


def _unframed(layer: Conv2D, framed: Array) -> Array:
    """Return an image without the zeros that a convolution puts around it."""
    (top, _), (left, _) = layer.pads
    height, width, _ = layer.image
    return framed[top : top + height, left : left + width]
