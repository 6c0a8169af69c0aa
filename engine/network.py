"""A network: ordered layers whose parameters lie in one vector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.initializers import INITIALIZERS
from engine.layers import Dense, Layer
from engine.losses import Loss, difference
from engine.neuron import Neuron
from engine.specs import CLASSES, INPUT_SHAPE, NetworkSpec

Array = NDArray[Any]
ROWS_AT_A_TIME = 512


@dataclass(frozen=True)
class Snapshot:
    """A network at one moment: its architecture and a copy of its parameters, safe to hand to another thread.

    Attributes
    ----------
    spec : NetworkSpec
        The architecture.
    parameters : ndarray of shape (spec.parameter_count,)
        Never changed again.
    step, epoch : int
        How many batches and whole epochs it had learned from.
    """

    spec: NetworkSpec
    parameters: Array
    step: int = 0
    epoch: int = 0


class Network:
    """Layers in order, the last one with ten units. Without a seed all parameters are 0.

    Attributes
    ----------
    layers : list of Layer
        All layers, dropout included; `dense` lists the dense ones.
    parameters, gradients : ndarray of shape (parameter_count,)
        All weights, then all biases, in one vector each. The layers' arrays are views of it, so that an
        optimizer, a copy or a length is one operation over everything.
    decayed : int
        The first so many parameters are weights.
    """

    def __init__(self, spec: NetworkSpec, seed: int | None = 0) -> None:
        self.spec = spec
        self.layers: list[Layer] = []
        shape: tuple[int, ...] = INPUT_SHAPE
        for row in spec.layers:
            self.layers += row.build(shape, spec.dtype)
            shape = row.output_shape(shape)
        self.output = Dense(shape, CLASSES, spec.output_activation, spec.dtype)
        self.layers.append(self.output)
        self.dense = [layer for layer in self.layers if isinstance(layer, Dense)]
        self._gather()
        if seed is not None:
            self.initialize(seed)

    def __repr__(self) -> str:
        return f"Network({self.spec.title}, {self.parameters.size:,} parameters)"

    @classmethod
    def from_snapshot(cls, snapshot: Snapshot) -> Network:
        """Return a network of its own with the snapshot's parameters."""
        network = cls(snapshot.spec, seed=None)
        network.parameters[:] = snapshot.parameters
        return network

    def initialize(self, seed: int) -> None:
        """Give the weights their random start, and the biases 0."""
        rng = np.random.default_rng(seed)
        for layer in self.dense:
            weights = INITIALIZERS[self.spec.initializer](rng, layer.inputs, layer.units)
            layer.weights[:] = weights * self.spec.initializer_scale
            layer.bias[:] = 0

    def forward(self, X: Array, rng: np.random.Generator | None = None) -> Array:
        """Return the outputs of shape (n, 10) for images `X` of shape (n, 28, 28) or (n, 784), 0 to 1.

        With a random generator it is a training pass: dropout is active.
        """
        for layer in self.layers:
            X = layer.forward(X, rng)
        return X

    def backward(self, loss: Loss, labels: NDArray[np.uint8]) -> None:
        """Fill `gradients` with those of the mean loss of the batch that `forward` just saw."""
        dX, first = self._output_gradient(loss, labels), len(self.layers) == 1
        fused = loss.fused_with == self.output.activation.name
        dX = (self.output.backward_from_sums if fused else self.output.backward)(dX, first=first)
        for index in range(len(self.layers) - 2, -1, -1):
            dX = self.layers[index].backward(dX, first=index == 0)  # type: ignore[arg-type]

    def descend(self, loss: Loss, labels: NDArray[np.uint8], rate: float) -> tuple[float, ...]:
        """Take a plain gradient step of the single sample that `forward` just saw.

        The same as `backward` and a step of SGD, but several times as fast. Returns the length of the gradient
        of each dense layer's weights.
        """
        dX, first = self._output_gradient(loss, labels), len(self.layers) == 1
        fused = loss.fused_with == self.output.activation.name
        dX = (self.output.descend_from_sums if fused else self.output.descend)(dX, rate, first=first)
        for index in range(len(self.layers) - 2, -1, -1):
            dX = self.layers[index].descend(dX, rate, first=index == 0)  # type: ignore[arg-type]
        return tuple(layer.gradient_length for layer in self.dense)

    def _output_gradient(self, loss: Loss, labels: NDArray[np.uint8]) -> Any:
        Y = self.output.Y
        return difference(Y, labels, self.output.buffer("dY", *Y.shape))

    @np.errstate(over="ignore", invalid="ignore")
    def predict(self, images: Array) -> Array:
        """Return the outputs of shape (n, 10) for `images` of shape (n, 28, 28): bytes, or floats from 0 to 1."""
        outputs = np.empty((len(images), CLASSES), self.output.dtype)
        for start in range(0, len(images), ROWS_AT_A_TIME):
            part = as_floats(images[start : start + ROWS_AT_A_TIME], self.output.dtype)
            outputs[start : start + len(part)] = self.forward(part)
        return outputs

    def probabilities(self, images: Array) -> Array:
        """Return shares of shape (n, 10) that add up to 1.

        Softmax outputs are that already. Other outputs are cut off at 0 and divided by their sum; where none is
        positive, every digit gets a tenth.
        """
        return as_shares(self.predict(images), self.spec)

    def activations(self, image: Array) -> list[Array]:
        """Return the activations of each dense layer for one image of shape (28, 28), as copies."""
        self.predict(image[np.newaxis])
        return [layer.Y[0].copy() for layer in self.dense]

    def neuron(self, layer: int, unit: int) -> Neuron:
        """Return unit `unit` of the dense layer number `layer`, counted from 0."""
        return Neuron(self.dense[layer], unit)

    def snapshot(self, step: int = 0, epoch: int = 0) -> Snapshot:
        """Return a copy of the parameters that nobody else will change."""
        return Snapshot(self.spec, self.parameters.copy(), step, epoch)

    def _gather(self) -> None:
        """Move all parameters into one vector, weights first, and leave views in the layers."""
        total = sum(array.size for layer in self.layers for array in layer.parameters.values())
        self.parameters = np.zeros(total, self.output.dtype)
        self.gradients = np.zeros(total, self.output.dtype)
        place = 0
        for name in ("weights", "bias"):
            for layer in self.dense:
                shape = layer.parameters[name].shape
                end = place + layer.parameters[name].size
                layer.parameters[name] = self.parameters[place:end].reshape(shape)
                layer.gradients[name] = self.gradients[place:end].reshape(shape)
                place = end
            if name == "weights":
                self.decayed = place


def as_floats(images: Array, dtype: Any = np.float32) -> Array:
    """Return images of shape (n, …) as floats: bytes are divided by 255, floats are taken as they are."""
    if images.dtype == np.uint8:
        return np.multiply(images, 1 / 255, dtype=dtype)
    return np.asarray(images, dtype)


@np.errstate(over="ignore", invalid="ignore")
def as_shares(outputs: Array, spec: NetworkSpec) -> Array:
    """Return outputs of shape (n, 10) as shares that add up to 1; see :meth:`Network.probabilities`."""
    if spec.output_activation == "softmax":
        return outputs
    positive = np.maximum(outputs, 0)
    total = positive.sum(axis=1, keepdims=True)
    return np.divide(positive, total, out=np.full_like(positive, 1 / CLASSES), where=(total > 0) & np.isfinite(total))
