"""Activation functions, each beside its derivative.

Both work in place: ``apply`` turns the weighted sums Z into activations A, ``chain`` turns the gradient
dA into dZ. Every derivative here is a function of A alone, so Z need not be kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
ActivationName = Literal["relu", "leaky_relu", "sigmoid", "tanh", "linear", "softmax"]
HiddenActivationName = Literal["relu", "leaky_relu", "sigmoid", "tanh", "linear"]

LEAK = 0.01


@dataclass(frozen=True)
class Activation:
    """A function of the weighted sums and its derivative.

    Attributes
    ----------
    name, label, help : str
        Its key, its name for people, and what it does.
    apply : callable
        ``apply(Z)`` overwrites Z of shape (n, units) with A.
    chain : callable
        ``chain(A, dA)`` overwrites dA of shape (n, units) with dZ.
    """

    name: ActivationName
    label: str
    help: str
    apply: Callable[[Array], None]
    chain: Callable[[Array, Array], None]


FEW = 1000
_ZEROS: dict[np.dtype[Any], Array] = {}


def _zeros_like(Z: Array) -> Array:
    """Return zeros of Z's shape, the same ones again and again: nobody writes to them."""
    held = _ZEROS.get(Z.dtype)
    if held is None or held.size < Z.size:
        held = _ZEROS[Z.dtype] = np.zeros(Z.size, Z.dtype)
    return held[: Z.size].reshape(Z.shape)


def _relu(Z: Array) -> None:
    # Against an array of zeros NumPy compares many numbers at once, against a single zero one by one.
    np.maximum(Z, _zeros_like(Z) if Z.size > FEW else 0, out=Z)


def _relu_chain(A: Array, dA: Array) -> None:
    np.multiply(dA, A > 0, out=dA)


def _leaky_relu(Z: Array) -> None:
    np.multiply(Z, LEAK, out=Z, where=Z < 0)


def _leaky_relu_chain(A: Array, dA: Array) -> None:
    np.multiply(dA, LEAK, out=dA, where=A < 0)


def _sigmoid(Z: Array) -> None:
    # 1 / (1 + exp(-z)) written with tanh: the same function, but it cannot overflow.
    np.multiply(Z, 0.5, out=Z)
    np.tanh(Z, out=Z)
    np.multiply(Z, 0.5, out=Z)
    np.add(Z, 0.5, out=Z)


def _sigmoid_chain(A: Array, dA: Array) -> None:
    dA *= A * (1 - A)


def _tanh(Z: Array) -> None:
    np.tanh(Z, out=Z)


def _tanh_chain(A: Array, dA: Array) -> None:
    dA *= 1 - A * A


def _nothing(*_arrays: Array) -> None:
    """Leave everything as it is: the identity, and its derivative."""


def _softmax(Z: Array) -> None:
    # Subtracting the largest changes nothing in the result and keeps exp from overflowing.
    np.subtract(Z, Z.max(axis=1, keepdims=True), out=Z)
    np.exp(Z, out=Z)
    np.divide(Z, Z.sum(axis=1, keepdims=True), out=Z)


def _softmax_chain(A: Array, dA: Array) -> None:
    dA -= (dA * A).sum(axis=1, keepdims=True)
    dA *= A


ACTIVATIONS: dict[str, Activation] = {
    activation.name: activation
    for activation in (
        Activation(
            "relu", "ReLU", "max(0, z): passes what is positive. Fast, and the usual choice.", _relu, _relu_chain
        ),
        Activation(
            "leaky_relu",
            "Leaky ReLU",
            "z if positive, else 0.01 z: like ReLU, but a unit can never die.",
            _leaky_relu,
            _leaky_relu_chain,
        ),
        Activation("sigmoid", "Sigmoid", "1 / (1 + e⁻ᶻ): squeezes into 0 to 1.", _sigmoid, _sigmoid_chain),
        Activation("tanh", "Tanh", "Squeezes into −1 to 1.", _tanh, _tanh_chain),
        Activation(
            "linear", "Linear", "z itself: without a bend, layers add nothing to one another.", _nothing, _nothing
        ),
        Activation(
            "softmax",
            "Softmax",
            "Turns the outputs into probabilities that add up to 1.",
            _softmax,
            _softmax_chain,
        ),
    )
}
ACTIVATION_HELP = {name: activation.help for name, activation in ACTIVATIONS.items()}
