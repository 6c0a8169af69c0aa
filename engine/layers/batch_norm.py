"""Batch normalization: every feature is brought to mean 0 and variance 1 (Ioffe, Szegedy 2015)."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Literal

import numpy as np

from engine.activations import ACTIVATION_HELP, ACTIVATIONS, HiddenActivationName
from engine.fields import setting
from engine.layers.layer import Array, Layer, LayerSettings, Shape, add_up

SMALL = 1e-3


def features_of(input_shape: Shape) -> int:
    """Return how many features are normalized: channels of feature maps, pixels of an image, units of a row."""
    return input_shape[-1] if len(input_shape) == 3 else prod(input_shape)


class BatchNormSpec(LayerSettings):
    """What a batch normalization layer is."""

    kind: Literal["batch_norm"] = "batch_norm"
    label = "Batch normalization"
    about = "Brings values to mean 0 and variance 1, so that learning is quicker."
    activation: HiddenActivationName = setting(
        "linear",
        "Activation",
        "What comes behind it. Give the layer before it the activation linear and this one the bend.",
        rebuilds=True,
        choice_help=ACTIVATION_HELP,
    )
    momentum: float = setting(
        0.9,
        "Momentum",
        "How much of the running mean and variance stays from batch to batch. These are used when the network reads.",
        low=0,
        high=0.9999,
        rebuilds=True,
    )

    def parameter_count(self, input_shape: Shape) -> int:
        """Return how many numbers it has: scale, shift, running mean and running variance of every feature."""
        return 4 * features_of(input_shape)

    def kept_count(self, input_shape: Shape) -> int:
        """Return how many of these no gradient moves: running mean and running variance of every feature."""
        return 2 * features_of(input_shape)

    def build(self, input_shape: Shape, dtype: str) -> list[Layer]:
        """Return the layer."""
        return [BatchNorm(input_shape, self, dtype)]


class BatchNorm(Layer):
    """Y = f(γ (X − mean) / √(variance + 0.001) + β), per unit or per feature map.

    While training, mean and variance are the batch's; otherwise they are running means over the batches seen.
    The running ones lie among the parameters with a gradient that is always 0: so they are copied, saved and put
    back with everything else, and no optimizer moves them.

    Attributes
    ----------
    parameters : dict
        ``gamma``, ``beta``, ``mean`` and ``variance``, each of shape (features,).
    """

    kind = "batch_norm"
    of_the_batch = ("normal", "Y")

    def __init__(self, input_shape: Shape, spec: BatchNormSpec, dtype: str = "float32") -> None:
        super().__init__(input_shape, input_shape, dtype)
        self.features, self.momentum = features_of(input_shape), spec.momentum
        self.activation = ACTIVATIONS[spec.activation]
        for name in ("gamma", "beta", "mean", "variance"):
            self.parameters[name] = np.zeros(self.features, self.dtype)
            self.gradients[name] = np.zeros(self.features, self.dtype)

    def __repr__(self) -> str:
        return f"BatchNorm({self.features}, {self.activation.name})"

    def initialize(self, rng: np.random.Generator, draw: Callable[..., Array], scale: float) -> None:
        """Start as the identity."""
        for name, value in (("gamma", 1), ("beta", 0), ("mean", 0), ("variance", 1)):
            self.parameters[name][...] = value

    def forward(self, X: Array, rng: np.random.Generator | None = None) -> Array:
        """Return `X` of shape (n, …) normalized; a random generator says that the batch's own figures count."""
        rows = X.reshape(-1, self.features)
        normal, Y = self._like("normal", rows), self._like("Y", rows)
        self.by_batch = rng is not None
        if not self.by_batch:
            mean, variance = self.parameters["mean"], self.parameters["variance"]
            np.subtract(rows, mean, out=normal)
        else:
            mean = self._mean(rows)
            np.subtract(rows, mean, out=normal)
            variance = self._mean(np.multiply(normal, normal, out=Y))
            self._remember(mean, variance)
        self.inverse = 1 / np.sqrt(variance + self.dtype.type(SMALL))
        normal *= self.inverse
        np.multiply(normal, self.parameters["gamma"], out=Y)
        Y += self.parameters["beta"]
        self.activation.apply(Y)
        self.normal, self.Y = normal, Y
        return Y.reshape(X.shape)

    def backward(self, dY: Array, *, first: bool = False) -> Array | None:
        """Fill the gradients and return dX, which goes through mean and variance too if these were the batch's."""
        d = dY.reshape(self.normal.shape)
        self.activation.chain(self.Y, d)
        scratch = np.multiply(d, self.normal, out=self._like("scratch", d))
        add_up(d, self.gradients["beta"])
        add_up(scratch, self.gradients["gamma"])
        if first:
            return None
        if self.by_batch:
            count = self.dtype.type(len(d))
            d -= self.gradients["beta"] / count
            d -= np.multiply(self.normal, self.gradients["gamma"] / count, out=scratch)
        d *= self.parameters["gamma"] * self.inverse
        return dY

    def _mean(self, rows: Array) -> Array:
        mean = add_up(rows, np.empty(self.features, self.dtype))
        mean /= len(rows)
        return mean

    def _remember(self, mean: Array, variance: Array) -> None:
        for name, value in (("mean", mean), ("variance", variance)):
            running = self.parameters[name]
            running *= self.momentum
            running += (1 - self.momentum) * value

    def _like(self, name: str, rows: Array) -> Array:
        return self.buffer(name, *rows.shape)
