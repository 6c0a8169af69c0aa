"""Pooling: each window of a feature map becomes its largest value or its mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np

from engine.fields import setting
from engine.layers.images import as_image, output_size, require_fit
from engine.layers.layer import Array, Layer, LayerSettings, Shape


class PoolSpec(LayerSettings):
    """What both kinds of pooling have."""

    size: int = setting(
        2, "Window", "The side of the square that becomes one value.", low=1, high=28, unit="pixels", rebuilds=True
    )
    stride: int = setting(
        2, "Stride", "How many pixels the window moves on from place to place.", low=1, high=28, unit="pixels",
        rebuilds=True,
    )  # fmt: skip

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (height, width, channels) of one sample behind the layer.

        Raises
        ------
        SettingError
            When the inputs are no image or smaller than the window.
        """
        height, width, channels = as_image(input_shape, self.label)
        require_fit(self.label, "window", self.size, height, width)
        return (output_size(height, self.size, self.stride), output_size(width, self.size, self.stride), channels)


class MaxPool2DSpec(PoolSpec):
    """What a max pooling layer is."""

    kind: Literal["max_pool"] = "max_pool"
    label = "Max pooling"
    about = "Shrinks the image: the largest value of each window stays."

    def build(self, input_shape: Shape, dtype: str) -> list[Layer]:
        """Return the layer."""
        return [MaxPool2D(input_shape, self, dtype)]


class AvgPool2DSpec(PoolSpec):
    """What an average pooling layer is."""

    kind: Literal["avg_pool"] = "avg_pool"
    label = "Average pooling"
    about = "Shrinks the image: the mean of each window stays."

    def build(self, input_shape: Shape, dtype: str) -> list[Layer]:
        """Return the layer."""
        return [AvgPool2D(input_shape, self, dtype)]


class Pool(Layer):
    """What both kinds of pooling do alike."""

    def __init__(self, input_shape: Shape, spec: PoolSpec, dtype: str = "float32") -> None:
        super().__init__(input_shape, spec.output_shape(input_shape), dtype)
        self.image = as_image(input_shape, spec.label)
        self.size, self.stride = spec.size, spec.stride

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.image} → {self.output_shape})"

    def _in(self, X: Array) -> Array:
        self.X = X.reshape(len(X), *self.image)
        return self.X

    def _out(self, name: str, n: int, shape: Shape) -> Array:
        return self.buffer(name, n, int(np.prod(shape))).reshape(n, *shape)

    def _parts(self, X: Array) -> Iterator[Array]:
        """Yield, per place in the window, a view of `X` with that pixel of every window."""
        rows, columns, _ = self.output_shape
        for i in range(self.size):
            for j in range(self.size):
                yield X[:, i : i + self.stride * rows : self.stride, j : j + self.stride * columns : self.stride]

    def _no_gradient(self, n: int) -> Array:
        dX = self._out("dX", n, self.image)
        dX[...] = 0
        return dX


class MaxPool2D(Pool):
    """Y = the largest value of each window; of several largest, the first one takes the gradient."""

    def forward(self, X: Array, rng: np.random.Generator | None = None) -> Array:
        """Return the largest values, of shape (n, rows, columns, channels)."""
        parts = self._parts(self._in(X))
        self.Y = self._out("Y", len(X), self.output_shape)
        self.Y[...] = next(parts)
        for part in parts:
            np.maximum(self.Y, part, out=self.Y)
        return self.Y

    def backward(self, dY: Array, *, first: bool = False) -> Array | None:
        """Return dX: the gradient goes to where the largest value was."""
        if first:
            return None
        dY, dX = dY.reshape(self.Y.shape), self._no_gradient(len(dY))
        share = self._out("share", len(dY), self.output_shape)
        for from_part, to_part in zip(self._parts(self.X), self._parts(dX), strict=True):
            np.multiply(dY, from_part == self.Y, out=share)
            to_part += share
            dY -= share  # the first one took it
        return dX


class AvgPool2D(Pool):
    """Y = the mean of each window."""

    def forward(self, X: Array, rng: np.random.Generator | None = None) -> Array:
        """Return the means, of shape (n, rows, columns, channels)."""
        parts = self._parts(self._in(X))
        Y = self._out("Y", len(X), self.output_shape)
        Y[...] = next(parts)
        for part in parts:
            Y += part
        Y *= 1 / self.size**2
        return Y

    def backward(self, dY: Array, *, first: bool = False) -> Array | None:
        """Return dX: each pixel of a window takes its share."""
        if first:
            return None
        dX = self._no_gradient(len(dY))
        dY = dY.reshape(len(dY), *self.output_shape)
        dY *= 1 / self.size**2
        for part in self._parts(dX):
            part += dY
        return dX
