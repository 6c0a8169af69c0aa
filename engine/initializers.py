"""How weights start: random, at a size that keeps signals neither growing nor fading from layer to layer.

Each initializer takes a random generator, how many inputs a unit or filter has, how many units or filters there
are, and how many outputs an input goes to: as many as units in a dense layer, more in a convolution. It returns
weights of shape (inputs, units).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
InitializerName = Literal["he", "glorot", "lecun", "zeros"]
Initializer = Callable[[np.random.Generator, int, int, int], Array]


def he(rng: np.random.Generator, inputs: int, units: int, outputs: int) -> Array:
    """Return normal weights of variance 2/inputs, made for ReLU (He et al. 2015)."""
    return rng.standard_normal((inputs, units)) * np.sqrt(2 / inputs)


def glorot(rng: np.random.Generator, inputs: int, units: int, outputs: int) -> Array:
    """Return uniform weights of variance 2/(inputs + outputs), made for tanh and sigmoid (Glorot, Bengio 2010)."""
    limit = np.sqrt(6 / (inputs + outputs))
    return rng.uniform(-limit, limit, (inputs, units))


def lecun(rng: np.random.Generator, inputs: int, units: int, outputs: int) -> Array:
    """Return normal weights of variance 1/inputs (LeCun et al. 1998)."""
    return rng.standard_normal((inputs, units)) * np.sqrt(1 / inputs)


def zeros(rng: np.random.Generator, inputs: int, units: int, outputs: int) -> Array:
    """Return zeros: every unit of a layer then stays like its neighbour, which is worth seeing once."""
    return np.zeros((inputs, units))


INITIALIZERS: dict[str, Initializer] = {"he": he, "glorot": glorot, "lecun": lecun, "zeros": zeros}
INITIALIZER_HELP = {
    "he": "Normal, variance 2/inputs: made for ReLU.",
    "glorot": "Uniform, variance 2/(inputs + outputs): made for tanh and sigmoid.",
    "lecun": "Normal, variance 1/inputs.",
    "zeros": "All zero: every unit then learns the same, so nothing is learned. Try it once.",
}
