"""From weights to the bytes of a picture whose colours are the theme's."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage, qRgb

from gui import theme

Array = NDArray[Any]
GAP, LINE = 0, 1  # the bytes of what lies between units, and between the squares of one; weights have 2 to 255
ZERO = 128
STEPS = 127
LEAST = 0.05  # of the largest number of a layer: a unit of smaller ones is shown as faint as it is


@np.errstate(over="ignore", invalid="ignore")
def to_bytes(weights: Array, limits: Array | float) -> NDArray[np.uint8]:
    """Return weights of any shape as bytes: −limit and below is 2, 0 is 128, limit and above is 255.

    `limits`, above 0, broadcasts over the weights. What is not a number becomes 0.
    """
    scaled = np.multiply(weights, np.divide(STEPS, limits, dtype=np.float32), dtype=np.float32)
    np.clip(scaled, LINE + 1 - ZERO, STEPS, out=scaled)
    scaled += ZERO + 0.5
    if not np.isfinite(scaled.sum()):
        np.nan_to_num(scaled, copy=False, nan=ZERO)
    return scaled.astype(np.uint8)


def color_table() -> list[int]:
    """Return the colours that belong to the bytes, in the theme of now."""
    return _table(theme.current())


@cache
def _table(look: theme.Theme) -> list[int]:
    table = [qRgb(*row) for row in theme.diverging(look).tolist()]
    # A line in the colour of secondary text: quieter ones cannot be told from weak weights.
    table[GAP], table[LINE] = (qRgb(*theme.rgb(colour)) for colour in (look.window, look.muted))
    return table


def picture(values: NDArray[np.uint8]) -> QImage:
    """Return bytes of shape (height, width) as a picture of its own memory."""
    values = np.ascontiguousarray(values)
    height, width = values.shape
    image = QImage(values.data, width, height, width, QImage.Format.Format_Indexed8)
    image.setColorTable(color_table())
    return image.convertToFormat(QImage.Format.Format_RGB32)


def largest(weights: Array) -> Array:
    """Return the largest absolute weight of each unit, of shape (units,), for weights of shape (inputs, units).

    It is never below a twentieth of the layer's largest, so that no unit of tiny numbers looks like a strong one.
    Where all weights of the layer are 0, or one of the unit is not a number, it is 1.
    """
    most = np.maximum(weights.max(axis=0), -weights.min(axis=0))
    known = np.isfinite(most)
    raised = np.maximum(most, LEAST * most.max(where=known, initial=0))
    return np.where(known & (raised > 0), raised, 1).astype(weights.dtype)


def peak(values: Array) -> float:
    """Return the largest absolute of numbers of any shape; 1 where all of them are 0 or not finite."""
    return float(np.abs(values[np.isfinite(values)]).max(initial=0.0)) or 1.0


def typical(limits: Array) -> float:
    """Return the median of 32 bit numbers, which between two that are huge would overflow."""
    return float(np.median(limits.astype(np.float64)))
