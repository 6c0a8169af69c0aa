"""What layers that look at images share: sizes, padding, and windows laid out as rows."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from engine.errors import SettingError
from engine.layers.layer import Array, Shape


def as_image(input_shape: Shape, name: str) -> tuple[int, int, int]:
    """Return `input_shape` as (height, width, channels); an image without channels has one.

    Raises
    ------
    SettingError
        When the inputs of the layer called `name` are numbers in a row.
    """
    if len(input_shape) == 2:
        return (*input_shape, 1)
    if len(input_shape) == 3:
        return input_shape
    raise SettingError(
        f"{name}: it needs an image, but gets {prod(input_shape):,} numbers in a row from the layer before. "
        "Move it in front of every dense and flatten layer."
    )


def output_size(size: int, window: int, stride: int, padding: str = "valid") -> int:
    """Return how many windows fit along a side of `size`; 0 or less when none does."""
    return -(-size // stride) if padding == "same" else (size - window) // stride + 1


def pads(size: int, window: int, stride: int, padding: str) -> tuple[int, int]:
    """Return how many zeros stand before and behind a side; an odd one stands behind, as in TensorFlow."""
    if padding == "valid":
        return 0, 0
    total = max((output_size(size, window, stride, padding) - 1) * stride + window - size, 0)
    return total // 2, total - total // 2


def require_fit(name: str, what: str, window: int, height: int, width: int) -> None:
    """Refuse a window that is larger than its image."""
    if window > min(height, width):
        raise SettingError(
            f"{name}: a {what} of {window}x{window} does not fit into an image of {height}x{width}. "
            f"It must be at most {min(height, width)}."
        )


def windows(X: Array, window: int, stride: int) -> Array:
    """Return the windows of images as a view of shape (n, rows, columns, window, window, channels)."""
    n, height, width, channels = X.shape
    rows, columns = output_size(height, window, stride), output_size(width, window, stride)
    image, down, right, channel = X.strides
    return as_strided(
        X,
        (n, rows, columns, window, window, channels),
        (image, down * stride, right * stride, down, right, channel),
        writeable=False,
    )


def spread(columns: Array, dX: Array, stride: int) -> None:
    """Add what windows have to the pixels that they were taken from: the reverse of :func:`windows`.

    Parameters
    ----------
    columns : ndarray of shape (n, rows, columns, window, window, channels)
    dX : ndarray of shape (n, height, width, channels)
        Added to.
    """
    _, rows, across, window, _, _ = columns.shape
    for i in range(window):
        for j in range(window):
            part = dX[:, i : i + stride * rows : stride, j : j + stride * across : stride]
            np.add(part, columns[:, :, :, i, j], out=part)


class Frame:
    """Images with zeros around them, in memory that is used again.

    Parameters
    ----------
    shape : tuple of int
        Height, width and channels of the images.
    zeros : tuple of (int, int)
        How many stand above and below, and left and right.
    """

    def __init__(self, shape: Shape, zeros: tuple[tuple[int, int], tuple[int, int]], dtype: np.dtype[Any]) -> None:
        (top, bottom), (left, right) = zeros
        height, width, channels = shape
        self._down, self._across = slice(top, top + height), slice(left, left + width)
        self._held = np.zeros((0, height + top + bottom, width + left + right, channels), dtype)
        self.empty = not any((top, bottom, left, right))

    def around(self, X: Array) -> Array:
        """Return a copy of `X`, (n, height, width, channels), with its zeros, or `X` itself if there are none."""
        if self.empty:
            return X
        framed = self.room(len(X))
        self.inside(framed)[...] = X
        return framed

    def room(self, n: int) -> Array:
        """Return memory for `n` framed images; the frame is 0 as long as nobody writes there."""
        if len(self._held) < n:
            self._held = np.zeros((n, *self._held.shape[1:]), self._held.dtype)
        return self._held[:n]

    def inside(self, framed: Array) -> Array:
        """Return the images without their frame, as a view."""
        return framed[:, self._down, self._across]

    def release(self) -> None:
        """Give the memory back."""
        self._held = self._held[:0].copy()
