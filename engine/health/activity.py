"""Units that no longer learn: dead ones, whose answer is always 0, and saturated ones, stuck at an end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.layers import BatchNorm, Conv2D, Dense, Layer
from engine.network import Network, as_floats

Array = NDArray[Any]
SATURATED = {"tanh": 0.97, "sigmoid": 0.94}
"""From which mean distance to the middle of its range on, in halves of the range, a unit counts as saturated.

For a sigmoid these are answers below 0.03 or above 0.97.
"""
ROWS = 64


@dataclass(frozen=True)
class UnitActivity:
    """What the units of one layer did with a sample of images.

    Attributes
    ----------
    index : int
        The layer's place among the network's layers.
    units : int
        How many units or filters.
    activation : str
        Their activation function.
    dead : int
        How many ReLU units answered 0 to every image, a filter at every place: no gradient reaches their weights.
        Units of other kinds cannot die.
    saturated : int
        How many sigmoid or tanh units stood near an end of their range on average, where the gradient is all but 0.
    """

    index: int
    units: int
    activation: str
    dead: int
    saturated: int

    @property
    def dead_share(self) -> float:
        """The share of dead units, 0 to 1."""
        return self.dead / self.units

    @property
    def saturated_share(self) -> float:
        """The share of saturated units, 0 to 1."""
        return self.saturated / self.units


@np.errstate(over="ignore", invalid="ignore")
def examine(
    network: Network, images: NDArray[np.uint8], cancelled: Callable[[], bool] = lambda: False
) -> tuple[UnitActivity, ...] | None:
    """Let a network read images, and count the units of each layer that no longer learn from them.

    Parameters
    ----------
    network : Network
        Its buffers are used: it must not be training at the same time.
    images : ndarray of shape (n, 28, 28), uint8
        A sample of what it learns from.
    cancelled : callable
        Asked between parts; the answer True ends it, and nothing is returned.
    """
    found = {index: _Count(layer) for index, layer in enumerate(network.layers) if _has_units(layer)}
    for start in range(0, len(images), ROWS):
        if cancelled():
            return None
        X = as_floats(images[start : start + ROWS], network.output.dtype)
        for index, layer in enumerate(network.layers):
            X = layer.forward(X)
            if index in found:
                found[index].add(X)
    return tuple(count.result(index, len(images)) for index, count in found.items())


def _has_units(layer: Layer) -> bool:
    """Whether a layer has units whose answer bends; a linear layer before batch normalization leaves that to it."""
    return isinstance(layer, Dense | Conv2D | BatchNorm) and layer.activation.name not in ("linear", "softmax")


class _Count:
    """Adds up what the units of one layer answer."""

    def __init__(self, layer: Any) -> None:
        self.activation = layer.activation.name
        self.units = layer.output_shape[-1]
        self._largest = np.full(self.units, -np.inf)
        self._distance = np.zeros(self.units)

    def add(self, Y: Array) -> None:
        """Take the answers of shape (n, …, units) to some images."""
        rows = Y.reshape(-1, self.units)
        if self.activation == "relu":
            np.maximum(self._largest, rows.max(axis=0), out=self._largest)
        elif self.activation in SATURATED:
            middled = rows if self.activation == "tanh" else 2 * rows - 1
            self._distance += np.abs(middled).mean(axis=0) * len(Y)

    def result(self, index: int, count: int) -> UnitActivity:
        """Return what was found out by so many images."""
        dead = int((self._largest <= 0).sum()) if self.activation == "relu" and count else 0
        limit = SATURATED.get(self.activation, np.inf)
        saturated = int((self._distance / max(count, 1) > limit).sum())
        return UnitActivity(index, self.units, self.activation, dead, saturated)
