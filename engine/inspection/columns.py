"""A network as columns of units: the image, every layer with weights, and the steps between them."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any, Literal

from numpy.typing import NDArray

from engine.layers import Conv2D, Dense
from engine.layers.layer import Shape
from engine.network import Network, as_floats
from engine.specs import INPUT_SHAPE

Array = NDArray[Any]


@dataclass(frozen=True)
class Column:
    """Units side by side: the pixels of the image, the units of a dense layer, or the filters of a convolution.

    Attributes
    ----------
    index : int
        Which of the network's layers it is; -1 for the image.
    kind : {"image", "dense", "conv"}
        What its units are.
    units : int
        How many there are: the pixels of what reaches the first layer with weights, units, or filters.
    shape : tuple of int
        Rows and columns of the image that the pixels make, or of a filter's feature map; empty for a dense layer.
    steps : tuple of int
        The layers without weights between it and the next column, e.g. pooling, in order.
    """

    index: int
    kind: Literal["image", "dense", "conv"]
    units: int
    shape: Shape
    steps: tuple[int, ...]


def columns_of(network: Network) -> list[Column]:
    """Return the columns of a network, the image first and the output layer last."""
    places = [index for index, layer in enumerate(network.layers) if isinstance(layer, Dense | Conv2D)]
    rows = _image_shape(network, places[0])
    found = [Column(-1, "image", prod(rows), rows, tuple(range(places[0])))]
    for index, following in zip(places, [*places[1:], len(network.layers)], strict=True):
        layer, steps = network.layers[index], tuple(range(index + 1, following))
        if isinstance(layer, Conv2D):
            found.append(Column(index, "conv", layer.filters, layer.output_shape[:2], steps))
        else:
            found.append(Column(index, "dense", layer.output_shape[0], (), steps))
    return found


def reaching(network: Network, column: Column, image: Array, outputs: list[Array]) -> Array:
    """Return what reaches the layer of a column of `network`, for one image.

    Parameters
    ----------
    column : Column
        Any but that of the image.
    image : ndarray of shape (28, 28)
        Bytes, or floats from 0 to 1.
    outputs : list of ndarray
        What each layer makes of it, as :meth:`engine.network.Network.outputs` returns it.
    """
    return outputs[column.index - 1] if column.index else as_floats(image, network.output.dtype)


def _image_shape(network: Network, first: int) -> Shape:
    """Return rows and columns of the image that reaches layer number `first`, whatever shrank it before."""
    shapes = [INPUT_SHAPE, *(layer.output_shape[:2] for layer in network.layers[:first])]
    return next(shape for shape in reversed(shapes) if len(shape) == 2)
