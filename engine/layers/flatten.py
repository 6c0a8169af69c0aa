"""Flatten: an image becomes numbers in a row."""

from __future__ import annotations

from math import prod
from typing import Literal

import numpy as np

from engine.errors import SettingError
from engine.layers.layer import Array, Layer, LayerSettings, Shape


class FlattenSpec(LayerSettings):
    """What a flatten layer is. Dense layers flatten by themselves: it only says so."""

    kind: Literal["flatten"] = "flatten"
    label = "Flatten"
    about = "Puts an image's numbers in a row; dense layers do so by themselves."

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the number of values of one sample.

        Raises
        ------
        SettingError
            When they are in a row already.
        """
        if len(input_shape) == 1:
            raise SettingError(
                f"Flatten: its {input_shape[0]:,} inputs are in a row already. Remove this layer, or move it "
                "behind the last layer that looks at an image."
            )
        return (prod(input_shape),)

    def build(self, input_shape: Shape, dtype: str) -> list[Layer]:
        """Return the layer."""
        return [Flatten(input_shape, self.output_shape(input_shape), dtype)]


class Flatten(Layer):
    """Y = X, each sample in a row."""

    def __repr__(self) -> str:
        return f"Flatten({self.input_shape} → {self.output_shape[0]})"

    def forward(self, X: Array, rng: np.random.Generator | None = None) -> Array:
        """Return `X` as an array of shape (n, values)."""
        return X.reshape(len(X), *self.output_shape)

    def backward(self, dY: Array, *, first: bool = False) -> Array | None:
        """Return dY in the shape of the inputs."""
        return dY.reshape(len(dY), *self.input_shape)
