"""One stack of layers on the parameters of a network: what one thread computes with."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.layers import BatchNorm, Conv2D, Dense, Layer
from engine.losses import Loss, difference
from engine.specs import CLASSES, INPUT_SHAPE, NetworkSpec

Array = NDArray[Any]
Labels = NDArray[np.uint8]


class Lane:
    """Layers in order, the last one with ten units, with gradients and buffers of their own.

    Attributes
    ----------
    layers, dense, weighted : list of Layer
        All layers; the dense ones; those with a matrix of weights, dense or convolutional.
    parameters, gradients : ndarray of shape (spec.parameter_count,)
        All weights, then everything else, in one vector each. The layers' arrays are views of it, so that an
        optimizer, a copy or a length is one operation over everything.
    decayed : int
        The first so many parameters are weights.
    """

    def __init__(self, spec: NetworkSpec, parameters: Array | None = None) -> None:
        self.layers: list[Layer] = []
        shape: tuple[int, ...] = INPUT_SHAPE
        for row in spec.layers:
            self.layers += row.build(shape, spec.dtype)
            shape = row.output_shape(shape)
        self.output = Dense(shape, CLASSES, spec.output_activation, spec.dtype)
        self.layers.append(self.output)
        self.dense = [layer for layer in self.layers if isinstance(layer, Dense)]
        self.weighted = [layer for layer in self.layers if isinstance(layer, Dense | Conv2D)]
        self.normalizes = any(isinstance(layer, BatchNorm) for layer in self.layers)
        total = sum(array.size for layer in self.layers for array in layer.parameters.values())
        self.parameters = np.zeros(total, self.output.dtype) if parameters is None else parameters
        self.gradients = np.zeros(total, self.output.dtype)
        self.decayed = self._gather()

    def _gather(self) -> int:
        """Move all arrays into the vectors, weights first, leave views in the layers; return where weights end."""
        place, decayed = 0, 0
        for weights in (True, False):
            for layer in self.layers:
                for name in layer.parameters:
                    if (name == "weights") == weights:
                        place = self._move(layer, name, place)
            decayed = place if weights else decayed
        return decayed

    def _move(self, layer: Layer, name: str, place: int) -> int:
        shape, end = layer.parameters[name].shape, place + layer.parameters[name].size
        layer.parameters[name] = self.parameters[place:end].reshape(shape)
        layer.gradients[name] = self.gradients[place:end].reshape(shape)
        return end

    def forward(self, X: Array, rng: np.random.Generator | None = None) -> Array:
        """Return the outputs of shape (n, 10) for `X` of shape (n, …); a random generator means training."""
        for layer in self.layers:
            X = layer.forward(X, rng)
        return X

    def backward(self, loss: Loss, labels: Labels, count: float) -> None:
        """Fill `gradients` with those of the loss of the samples that `forward` just saw, divided by `count`."""
        dX, first = self._output_gradient(labels, count), len(self.layers) == 1
        fused = loss.fused_with == self.output.activation.name
        dX = (self.output.backward_from_sums if fused else self.output.backward)(dX, first=first)
        for index in range(len(self.layers) - 2, -1, -1):
            dX = self.layers[index].backward(dX, first=index == 0)  # type: ignore[arg-type]

    def descend(self, loss: Loss, labels: Labels, rate: float) -> tuple[float, ...]:
        """Take a plain gradient step of the single sample that `forward` just saw; only for dense networks."""
        dX, first = self._output_gradient(labels, 1), len(self.layers) == 1
        fused = loss.fused_with == self.output.activation.name
        dX = (self.output.descend_from_sums if fused else self.output.descend)(dX, rate, first=first)
        for index in range(len(self.layers) - 2, -1, -1):
            dX = self.layers[index].descend(dX, rate, first=index == 0)  # type: ignore[arg-type]
        return tuple(layer.gradient_length for layer in self.dense)

    def _output_gradient(self, labels: Labels, count: float) -> Any:
        Y = self.output.Y
        return difference(Y, labels, self.output.buffer("dY", *Y.shape), count)
