"""A network: ordered layers whose parameters lie in one vector."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.initializers import INITIALIZERS
from engine.lane import Labels, Lane
from engine.losses import Loss
from engine.neuron import Neuron
from engine.specs import CLASSES, NetworkSpec
from engine.threads import both

Array = NDArray[Any]
ROWS_AT_A_TIME = 256
LEAST_TO_DIVIDE = 32


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

    A convolutional network computes a batch in two halves, each in a lane of its own on the same parameters and,
    if a thread is free, at the same time. A dense one has a single lane: there the matrix products are so large
    that their library divides them better.

    Attributes
    ----------
    layers, dense, weighted : list of Layer
        All layers, dropout included; the dense ones; those with a matrix of weights.
    parameters, gradients : ndarray of shape (spec.parameter_count,)
        All weights, then everything else, in one vector each; see :class:`engine.lane.Lane`.
    decayed : int
        The first so many parameters are weights.
    """

    def __init__(self, spec: NetworkSpec, seed: int | None = 0) -> None:
        self.spec = spec
        self._lane = Lane(spec)
        self._twin: Lane | None = None
        self._divided = 0  # how many samples of the last batch the first lane took; 0 for all
        self._twin_rng: tuple[np.random.Generator, np.random.Generator] | None = None
        self.layers, self.dense, self.weighted = self._lane.layers, self._lane.dense, self._lane.weighted
        self.output, self.decayed = self._lane.output, self._lane.decayed
        self.parameters, self.gradients = self._lane.parameters, self._lane.gradients
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
        self.parameters[:] = 0
        for layer in self.layers:
            layer.initialize(rng, INITIALIZERS[self.spec.initializer], self.spec.initializer_scale)

    @property
    def has_images(self) -> bool:
        """Whether it has convolutions."""
        return len(self.weighted) > len(self.dense)

    def named_parameters(self) -> dict[str, Array]:
        """Return the arrays of all layers by name, e.g. ``"dense_1.weights"``; each kind of layer counts from 1."""
        found: dict[str, Array] = {}
        counts: Counter[str] = Counter()
        for layer in self.layers:
            if layer.parameters:
                counts[layer.kind] += 1
                found |= {f"{layer.kind}_{counts[layer.kind]}.{name}": a for name, a in layer.parameters.items()}
        return found

    def forward(self, X: Array, rng: np.random.Generator | None = None) -> Array:
        """Return the outputs of shape (n, 10) for images `X` of shape (n, 28, 28) or (n, 784), 0 to 1.

        With a random generator it is a training pass: dropout is active, and batch normalization uses the batch.
        """
        self._divided = self._cut(len(X), rng)
        if not self._divided:
            return self._lane.forward(X, rng)
        cut, twin, halves = self._divided, self._other_lane(), np.empty((len(X), CLASSES), X.dtype)
        twin_rng = self._spawned(rng)

        def first() -> None:
            halves[:cut] = self._lane.forward(X[:cut], rng)

        def second() -> None:
            halves[cut:] = twin.forward(X[cut:], twin_rng)

        both(first, second)
        return halves

    def backward(self, loss: Loss, labels: Labels, factor: float = 1.0) -> None:
        """Fill `gradients` with those of the mean loss of the batch that `forward` just saw, times `factor`."""
        cut, count = self._divided, len(labels) / factor
        if not cut:
            return self._lane.backward(loss, labels, count)
        twin = self._other_lane()
        both(lambda: self._lane.backward(loss, labels[:cut], count), lambda: twin.backward(loss, labels[cut:], count))
        self.gradients += twin.gradients
        return None

    def descend(self, loss: Loss, labels: Labels, rate: float) -> tuple[float, ...]:
        """Take a plain gradient step of the single sample that `forward` just saw; only for dense networks.

        The same as `backward` and a step of SGD, but several times as fast. Returns the length of the gradient
        of each dense layer's weights.
        """
        return self._lane.descend(loss, labels, rate)

    @property
    def can_descend(self) -> bool:
        """Whether :meth:`descend` is possible: dense layers learn, and no others."""
        return not self.has_images and not self._lane.normalizes

    def _cut(self, count: int, rng: np.random.Generator | None) -> int:
        """Return how many of `count` samples the first lane takes; 0 when a second one is not worth its while.

        This depends on nothing but the network and the batch, and so do the bits of the result. While training,
        batch normalization needs the whole batch in one place.
        """
        alone = not self.has_images or count < LEAST_TO_DIVIDE or (rng is not None and self._lane.normalizes)
        return 0 if alone else (count + 1) // 2

    def _other_lane(self) -> Lane:
        if self._twin is None:
            self._twin = Lane(self.spec, self.parameters)
        return self._twin

    def _spawned(self, rng: np.random.Generator | None) -> np.random.Generator | None:
        """Return the second lane's own generator that goes with `rng`: two threads cannot share one and repeat."""
        if rng is None:
            return None
        if self._twin_rng is None or self._twin_rng[0] is not rng:
            self._twin_rng = rng, rng.spawn(1)[0]
        return self._twin_rng[1]

    @property
    def spawned_state(self) -> dict[str, Any] | None:
        """The state of the second lane's random generator; None as long as there is none."""
        return dict(self._twin_rng[1].bit_generator.state) if self._twin_rng else None

    def respawn(self, rng: np.random.Generator, state: dict[str, Any] | None) -> None:
        """Give the second lane the generator that goes with `rng`, in the state it had at another time."""
        self._twin_rng = None
        if state is not None:
            twin = self._spawned(rng)
            assert twin is not None
            twin.bit_generator.state = state

    def release(self) -> None:
        """Give back the memory that batches were computed in; the next one allocates what it needs.

        Parameters, gradients and random generators stay.
        """
        self._twin = None
        for layer in self.layers:
            layer.release()

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

    @np.errstate(over="ignore", invalid="ignore")
    def seen(self, images: Array) -> tuple[Array, Array]:
        """Return what reaches the output layer, of shape (n, its inputs), and the shares of shape (n, 10)."""
        hidden = np.empty((len(images), self.output.inputs), self.output.dtype)
        outputs = np.empty((len(images), CLASSES), self.output.dtype)
        for start in range(0, len(images), ROWS_AT_A_TIME):
            part = slice(start, start + ROWS_AT_A_TIME)
            outputs[part] = self._lane.forward(as_floats(images[part], self.output.dtype))
            hidden[part] = self.output.X
        return hidden, as_shares(outputs, self.spec)

    @np.errstate(over="ignore", invalid="ignore")
    def outputs(self, image: Array) -> list[Array]:
        """Return what each of `layers` makes of one image of shape (28, 28): copies, each of its `output_shape`.

        Of a convolution these are its feature maps, of shape (rows, columns, filters).
        """
        X, found = as_floats(image[np.newaxis], self.output.dtype), []
        for layer in self.layers:
            X = layer.forward(X)
            found.append(X[0].copy())
        return found

    def activations(self, image: Array) -> list[Array]:
        """Return the activations of each dense layer for one image of shape (28, 28), as copies."""
        return [Y for layer, Y in zip(self.layers, self.outputs(image), strict=True) if layer in self.dense]

    def neuron(self, layer: int, unit: int) -> Neuron:
        """Return unit `unit` of the dense layer number `layer`, counted from 0."""
        return Neuron(self.dense[layer], unit)

    def snapshot(self, step: int = 0, epoch: int = 0) -> Snapshot:
        """Return a copy of the parameters that nobody else will change."""
        return Snapshot(self.spec, self.parameters.copy(), step, epoch)


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
