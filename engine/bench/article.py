"""The article's way: one object per unit, one image at a time, every sum and every step taken unit by unit.

Written from its formulas: ReLU everywhere, squared error, initial weights after He, plain gradient descent. It is
timed on some hundred images, because a whole epoch takes minutes, and extrapolated.
"""

from __future__ import annotations

import math
import time
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import blas
from engine.bench.contenders import Prepared, Task, in_memory, per_epoch
from engine.specs import CLASSES

Array = NDArray[Any]
IMAGES = 300


class Unit:
    """One unit with weights, bias and a memory of what it last saw.

    Parameters
    ----------
    rng : numpy.random.Generator
        Where the initial weights come from.
    inputs : int
        How many weights it has.
    """

    def __init__(self, rng: np.random.Generator, inputs: int) -> None:
        self.weights = rng.standard_normal(inputs) * math.sqrt(2 / inputs)
        self.bias = 0.0
        self.x, self.z = np.zeros(inputs), 0.0

    def forward(self, x: Array) -> float:
        """Return max(0, w x + b)."""
        self.x, self.z = x, np.dot(self.weights, x) + self.bias
        return max(0.0, self.z)

    def backward(self, dy: float, rate: float) -> Array:
        """Take a step downhill and return what the inputs contributed: dx = dz w, with the weights before it."""
        dz = dy if self.z > 0 else 0.0
        dx = dz * self.weights
        self.weights -= rate * (dz * self.x)
        self.bias -= rate * dz
        return dx


class Units:
    """A layer: a list of units.

    Parameters
    ----------
    rng : numpy.random.Generator
        Where the initial weights come from.
    inputs, count : int
        Numbers going in, and units.
    """

    def __init__(self, rng: np.random.Generator, inputs: int, count: int) -> None:
        self.units = [Unit(rng, inputs) for _ in range(count)]

    def forward(self, x: Array) -> Array:
        """Ask one unit after the other."""
        return np.array([unit.forward(x) for unit in self.units])

    def backward(self, dy: Array, rate: float) -> Array:
        """Teach one unit after the other and add up what they pass on."""
        dx = np.zeros(len(self.units[0].weights))
        for unit, gradient in zip(self.units, dy, strict=True):
            dx += unit.backward(gradient, rate)
        return dx


class UnitNetwork:
    """Layers of units with the given sizes, e.g. ``[784, 350, 10]``."""

    def __init__(self, sizes: list[int]) -> None:
        rng = np.random.default_rng(0)
        self.layers = [Units(rng, *pair) for pair in pairwise(sizes)]

    def learn(self, x: Array, label: int, rate: float) -> float:
        """Take one image of shape (784,) forward and back; return its loss, ½ Σ (y - t)², before the step."""
        y = x
        for layer in self.layers:
            y = layer.forward(y)
        dy = error = y - np.eye(CLASSES)[label]
        for layer in reversed(self.layers):
            dy = layer.backward(dy, rate)
        return float(error @ error) / 2


def prepare(task: Task) -> Prepared:
    """Return the network of units for a workload whose layers are all dense."""
    blas.allow_threads(1)  # its products are too small for more
    X, labels = in_memory(min(task.images, IMAGES))
    X = X.astype(np.float64)
    run = task.work.run
    network = UnitNetwork([X.shape[1], *(shape[0] for shape, _ in run.network.rows())])

    def some_images() -> float:
        started = time.perf_counter()
        for x, label in zip(X, labels, strict=True):
            network.learn(x, label, run.training.learning_rate)
        return per_epoch(time.perf_counter() - started, len(X))

    return Prepared({f"from {len(X)} images": some_images}, lambda: 1, f"NumPy {np.__version__}")
