"""Dropout: units switched off at random while training (Srivastava et al. 2014)."""

from __future__ import annotations

from typing import Literal

import numpy as np

from engine.fields import setting
from engine.layers.layer import Array, Layer, LayerSettings, Shape


class DropoutSpec(LayerSettings):
    """What a dropout layer is."""

    kind: Literal["dropout"] = "dropout"
    label = "Dropout"
    about = "Switches values off at random while training, against overfitting."
    rate: float = setting(
        0.2,
        "Rate",
        "The share of the values passing through that is switched off at random while training.",
        low=0,
        high=0.9,
        rebuilds=True,
    )

    def build(self, input_shape: Shape, dtype: str) -> list[Layer]:
        """Return the layer."""
        return [Dropout(input_shape, self.rate, dtype)]


class Dropout(Layer):
    """Y = X · mask / (1 − rate) while training, Y = X otherwise.

    Dividing while training keeps the mean of what the next layer sees, so nothing changes afterwards.
    """

    of_the_batch = ("mask",)

    def __init__(self, input_shape: Shape, rate: float, dtype: str = "float32") -> None:
        super().__init__(input_shape, input_shape, dtype)
        self.rate = rate
        self.mask: Array | None = None

    def __repr__(self) -> str:
        return f"Dropout({self.rate:g})"

    def forward(self, X: Array, rng: np.random.Generator | None = None) -> Array:
        """Return `X` of shape (n, …), with a share of it switched off while training."""
        self.mask = None
        if rng is None or self.rate == 0:
            return X
        rows = X.reshape(len(X), -1)
        self.mask = self.buffer("mask", *rows.shape)
        keep = rng.random(rows.shape, dtype=np.float32) >= self.rate
        np.multiply(keep, 1 / (1 - self.rate), out=self.mask)
        return np.multiply(rows, self.mask, out=self.buffer("Y", *rows.shape)).reshape(X.shape)

    def backward(self, dY: Array, *, first: bool = False) -> Array | None:
        """Return dX: what was switched off passes nothing back either."""
        if self.mask is not None:
            dY *= self.mask.reshape(dY.shape)
        return dY
