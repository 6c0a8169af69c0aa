"""The fully connected layer."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.activations import ACTIVATION_HELP, ACTIVATIONS, HiddenActivationName
from engine.fields import setting
from engine.layers.dropout import DropoutSpec
from engine.layers.layer import Array, Layer, LayerSettings, Shape
from engine.products import LONGEST, product

LEAST_TO_PICK = 2**15
"""Smaller matrices are multiplied as a whole: picking rows would cost more than it spares."""


class DenseSpec(LayerSettings):
    """What a hidden dense layer is: its units, their activation, and dropout behind it."""

    kind: Literal["dense"] = "dense"
    label = "Dense"
    about = "Every unit weighs all inputs: it combines what was found into an answer."
    units: int = setting(
        64,
        "Units",
        "How many units the layer has, each with a weight for every input.",
        low=1,
        high=8192,
        rebuilds=True,
    )
    activation: HiddenActivationName = setting(
        "relu",
        "Activation",
        "What each unit does with its weighted sum.",
        rebuilds=True,
        choice_help=ACTIVATION_HELP,
    )
    dropout: float = setting(
        0.0,
        "Dropout",
        "The share of this layer's outputs that is switched off at random while training, against overfitting.",
        low=0,
        high=0.9,
        rebuilds=True,
    )

    @property
    def short(self) -> str:
        """The layer in a line that lists a network: its units."""
        return str(self.units)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of one sample behind the layer."""
        return (self.units,)

    def parameter_count(self, input_shape: Shape) -> int:
        """Return how many weights and biases the layer has."""
        return (int(np.prod(input_shape)) + 1) * self.units

    def build(self, input_shape: Shape, dtype: str) -> list[Layer]:
        """Return the layer, and its dropout if it has any."""
        layers: list[Layer] = [Dense(input_shape, self.units, self.activation, dtype)]
        if self.dropout:
            layers += DropoutSpec(rate=self.dropout).build((self.units,), dtype)
        return layers


class Dense(Layer):
    """Y = f(X W + b): every unit sees every input.

    Attributes
    ----------
    weights : ndarray of shape (inputs, units)
        Column j holds the weights of unit j.
    bias : ndarray of shape (units,)
        What is added to each unit's weighted sum.
    gradient_length : float
        The length of the last gradient of the weights that :meth:`descend` went along.
    """

    kind = "dense"
    of_the_batch = ("X", "Y", "_picked", "_x")
    gradient_length = 0.0

    def __init__(self, input_shape: Shape, units: int, activation: str, dtype: str = "float32") -> None:
        super().__init__(input_shape, (units,), dtype)
        self.inputs, self.units = int(np.prod(input_shape)), units
        self.activation = ACTIVATIONS[activation]
        self._lit: NDArray[np.intp] | None = None
        self._pair: tuple[Array, Array] | None = None
        for name, shape in (("weights", (self.inputs, units)), ("bias", (units,))):
            self.parameters[name] = np.zeros(shape, self.dtype)
            self.gradients[name] = np.zeros(shape, self.dtype)

    def __repr__(self) -> str:
        return f"Dense({self.inputs} → {self.units}, {self.activation.name})"

    @property
    def weights(self) -> Array:
        """Return the weight matrix of shape (inputs, units)."""
        return self.parameters["weights"]

    @property
    def bias(self) -> Array:
        """Return the biases of shape (units,)."""
        return self.parameters["bias"]

    def initialize(self, rng: np.random.Generator, draw: Callable[..., Array], scale: float) -> None:
        """Give the weights their random start, and the biases 0."""
        self.weights[...] = draw(rng, self.inputs, self.units, self.units) * scale

    def forward(self, X: Array, rng: np.random.Generator | None = None) -> Array:
        """Return activations of shape (n, units) for `X` of shape (n, …)."""
        self.X = X.reshape(len(X), self.inputs)
        self.Y = self.buffer("Y", len(X), self.units)
        self._lit = self._few_lit() if len(X) == 1 else None
        if self._lit is None:
            product(self.X, self.weights, self.Y, self.buffer("spare", len(X), self.units))
        else:
            self._x = self.X[0, self._lit]
            np.matmul(self._x, self._rows_of(self._lit), out=self.Y[0])
        self.Y += self.bias
        self.activation.apply(self.Y)
        return self.Y

    def _few_lit(self) -> NDArray[np.intp] | None:
        """Return which inputs of the single sample are not 0, if leaving out the others is worth its while."""
        if self.weights.size < LEAST_TO_PICK:
            return None
        lit = self.X[0].nonzero()[0]
        return lit if 0 < lit.size < min(self.inputs // 2, LONGEST) else None

    def _rows_of(self, lit: NDArray[np.intp]) -> Array:
        """Copy the weights of some inputs; a step along the gradient changes no others."""
        self._picked = self.buffer("picked", len(lit), self.units)
        return self.weights.take(lit, axis=0, out=self._picked, mode="clip")

    def backward(self, dY: Array, *, first: bool = False) -> Array | None:
        """Go back through the activation, then as :meth:`backward_from_sums`."""
        self.activation.chain(self.Y, dY)
        return self.backward_from_sums(dY, first=first)

    def backward_from_sums(self, dZ: Array, *, first: bool = False) -> Array | None:
        """Fill the gradients from dZ of shape (n, units), the gradient of the weighted sums."""
        product(self.X.T, dZ, self.gradients["weights"])
        np.sum(dZ, axis=0, out=self.gradients["bias"])
        if first:
            return None
        dX = product(dZ, self.weights.T, self.buffer("dX", len(dZ), self.inputs))
        return dX.reshape(len(dZ), *self.input_shape)

    def descend(self, dY: Array, rate: float, *, first: bool = False) -> Array | None:
        """Go back through the activation, then as :meth:`descend_from_sums`."""
        self.activation.chain(self.Y, dY)
        return self.descend_from_sums(dY, rate, first=first)

    def _outer(self, x: Array, dz: Array) -> Array:
        """Return the product of a column and a row, in memory that is used again.

        A second column and row of zeros make it a matrix product, three times as fast as NumPy's loop over rows.
        """
        if self._pair is None:
            self._pair = np.zeros((self.inputs, 2), self.dtype), np.zeros((2, self.units), self.dtype)
        column, row = self._pair
        column, row[0] = column[: len(x)], dz
        column[:, 0] = x
        return np.matmul(column, row, out=self.buffer("step", len(x), self.units))

    def descend_from_sums(self, dZ: Array, rate: float, *, first: bool = False) -> Array | None:
        """Take a plain gradient step from dZ of shape (1, units), without writing the gradient down.

        The gradient of one sample is the product of a column and a row, and the weights of inputs that are 0 do
        not change: four pixels in five. The others were copied on the way forward, and go back changed.
        """
        x, dz = self.X[0] if self._lit is None else self._x, dZ[0]
        dX = None if first else product(dZ, self.weights.T, self.buffer("dX", 1, self.inputs))
        self.gradient_length = math.sqrt((x @ x) * (dz @ dz))
        dz *= rate
        rows = self.weights if self._lit is None else self._picked
        rows -= self._outer(x, dz)
        if self._lit is not None:
            self.weights[self._lit] = rows
        self.parameters["bias"] -= dz
        return dX
