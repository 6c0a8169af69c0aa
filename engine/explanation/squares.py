"""Squares of pixels at all places of an image."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.specs import INPUT_SHAPE

Masks = NDArray[np.bool_]


@lru_cache(maxsize=32)
def whole_squares(side: int) -> Masks:
    """Return the squares of a side that lie inside the image, by rows, shape ((29 - side)², 28, 28)."""
    height, width = (size - side + 1 for size in INPUT_SHAPE)
    return _squares(np.arange(height), np.arange(width), side)


@lru_cache(maxsize=8)
def centred_squares(side: int) -> Masks:
    """Return the square of an odd side around each pixel, cut off at the border, shape (784, 28, 28)."""
    height, width = INPUT_SHAPE
    return _squares(np.arange(height) - side // 2, np.arange(width) - side // 2, side)


def _squares(tops: NDArray[np.intp], lefts: NDArray[np.intp], side: int) -> Masks:
    height, width = INPUT_SHAPE
    rows = (np.arange(height) >= tops[:, None]) & (np.arange(height) < tops[:, None] + side)
    columns = (np.arange(width) >= lefts[:, None]) & (np.arange(width) < lefts[:, None] + side)
    masks = (rows[:, None, :, None] & columns[None, :, None, :]).reshape(-1, height, width)
    masks.flags.writeable = False
    return masks
