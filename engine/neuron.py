"""One unit of a dense layer, seen alone, as the article's ``Neuron``."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.layers import Dense

Array = NDArray[Any]


class Neuron:
    """A view of unit `index` of a dense layer: it shares the layer's memory.

    Attributes
    ----------
    weights : ndarray of shape (inputs,)
        One weight per input; writing to it changes the layer.
    """

    def __init__(self, layer: Dense, index: int) -> None:
        if not 0 <= index < layer.units:
            raise IndexError(f"unit {index} is not in this layer, which has units 0 to {layer.units - 1}")
        self.layer, self.index = layer, index
        self.weights = layer.weights[:, index]

    def __repr__(self) -> str:
        return f"Neuron({self.index} of {self.layer!r})"

    @property
    def bias(self) -> float:
        """The number added to the weighted sum."""
        return float(self.layer.bias[self.index])

    def weighted_sum(self, x: Array) -> float:
        """Return x · w + b for one input `x` of `inputs` numbers, in any shape."""
        return float(np.ravel(x) @ self.weights + self.bias)

    def forward(self, x: Array) -> float:
        """Return the unit's activation for one input `x` (softmax needs its neighbours: there it is the sum)."""
        if self.layer.activation.name == "softmax":
            return self.weighted_sum(x)
        z = np.array([[self.weighted_sum(x)]])
        self.layer.activation.apply(z)
        return float(z[0, 0])

    def image(self) -> Array:
        """Return the weights as a picture: of shape (28, 28) for a unit that sees the pixels, else (1, inputs)."""
        shape = self.layer.input_shape
        return self.weights.reshape(shape if len(shape) == 2 else (1, -1))
