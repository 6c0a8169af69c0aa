"""What every layer of a network can do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.fields import Settings
from engine.products import product

Array = NDArray[Any]
Shape = tuple[int, ...]


class LayerSettings(Settings):
    """Base of what describes a layer.

    Attributes
    ----------
    label, about : str
        Its name for people, and what it does, in a line.
    """

    label: ClassVar[str]
    about: ClassVar[str]

    @property
    def short(self) -> str:
        """The layer in a line that lists a network; empty if it is not mentioned there."""
        return ""

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of one sample behind the layer.

        Raises
        ------
        SettingError
            When the layer cannot take inputs of that shape; the sentence names the sizes.
        """
        return input_shape

    def parameter_count(self, input_shape: Shape) -> int:
        """Return how many numbers the layer keeps: weights, biases, running means."""
        return 0

    def kept_count(self, input_shape: Shape) -> int:
        """Return how many of these numbers no gradient moves."""
        return 0

    def build(self, input_shape: Shape, dtype: str) -> list[Layer]:
        """Return the layers that compute it."""
        raise NotImplementedError


def add_up(rows: Array, out: Array) -> Array:
    """Write the sum of each column of `rows` into `out`.

    A product with ones is several times as fast as `np.sum` and, adding in pieces, rounds less.

    Parameters
    ----------
    rows : ndarray of shape (n, columns)
    out : ndarray of shape (columns,)
    """
    return product(np.ones((1, len(rows)), rows.dtype), rows, out[np.newaxis])[0]


class Layer:
    """A step of the network: forward from inputs X to outputs Y, backward from dY to dX.

    Arrays are reused from batch to batch: what `forward` and `backward` return is overwritten by the next call.

    Attributes
    ----------
    of_the_batch : tuple of str
        The attributes in which `forward` leaves arrays for `backward`.
    kind : str
        The name under which files keep its arrays; empty where there are none.
    parameters, gradients : dict of str to ndarray
        Trainable arrays by name and the gradient of the loss with respect to each, of equal shapes.
    """

    of_the_batch: ClassVar[tuple[str, ...]] = ("X", "Y")
    kind: ClassVar[str] = ""
    input_shape: Shape
    output_shape: Shape

    def __init__(self, input_shape: Shape, output_shape: Shape, dtype: str) -> None:
        self.input_shape = input_shape
        self.output_shape = output_shape
        self.dtype = np.dtype(dtype)
        self.parameters: dict[str, Array] = {}
        self.gradients: dict[str, Array] = {}
        self._buffers: dict[str, Array] = {}

    def initialize(self, rng: np.random.Generator, draw: Callable[..., Array], scale: float) -> None:
        """Give the parameters their start: `draw` is one of the initializers, `scale` multiplies its weights."""

    def forward(self, X: Array, rng: np.random.Generator | None = None) -> Array:
        """Return the outputs for inputs `X` of shape (n, …).

        A random generator says that this is training: what is random then, such as dropout, draws from it.
        """
        raise NotImplementedError

    def backward(self, dY: Array, *, first: bool = False) -> Array | None:
        """Fill `gradients` and return dX, or nothing for the `first` layer, whose dX nobody needs.

        `dY` of shape (n, …) may be overwritten. It belongs to the batch of the last `forward`.
        """
        raise NotImplementedError

    def descend(self, dY: Array, rate: float, *, first: bool = False) -> Array | None:
        """Go back through one single sample and take a plain gradient step of length `rate` on the way."""
        return self.backward(dY, first=first)

    def buffer(self, name: str, rows: int, width: int) -> Array:
        """Return an array of shape (rows, width) that is allocated once and reused, not cleared."""
        held = self._buffers.get(name)
        if held is None or len(held) < rows:
            held = self._buffers[name] = np.empty((rows, width), self.dtype)
        return held[:rows]

    def release(self) -> None:
        """Give the reused arrays back and forget the last batch; the next `forward` allocates what it needs."""
        self._buffers.clear()
        for name in self.of_the_batch:
            vars(self).pop(name, None)
