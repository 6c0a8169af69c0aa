"""Slant beyond what networks have learned from is taken back, of strokes and of pictures alike."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

LEFTMOST = -15.0
"""The slant in degrees that is left standing; nine MNIST digits in ten lean less to the left. To the right there is a
setting, `engine.ink.spec.InkSpec.steepest`."""


def kept_slope(slope: float, steepest: float) -> float:
    """Return how much of a slope, the tangent of a slant to the right, is left standing; `steepest` in degrees."""
    return float(np.clip(slope, math.tan(math.radians(LEFTMOST)), math.tan(math.radians(steepest))))


def degrees_taken(slope: float, kept: float) -> float:
    """Return by how many degrees a slant became smaller."""
    return math.degrees(math.atan(slope) - math.atan(kept))


def straight_mask(mask: NDArray[np.bool_], steepest: float) -> tuple[NDArray[np.bool_], float]:
    """Return the ink of a picture, shape (h, w), straightened up row by row, and by how many degrees."""
    y, x = np.nonzero(mask)
    if len(x) == 0:
        return mask, 0.0
    x, y = x - x.mean(), y - y.mean()
    upright, wide = float(y @ y), float(x @ x)
    # Of what is much wider than high no slant can be told.
    slope = 0.0 if upright <= wide / 9 else -float(x @ y) / upright
    kept = kept_slope(slope, steepest)
    if kept == slope:
        return mask, 0.0
    shifts = np.rint((np.arange(len(mask)) - len(mask) / 2) * (slope - kept)).astype(np.intp)
    out = np.zeros((len(mask), mask.shape[1] + int(np.ptp(shifts))), bool)
    for row, ink, start in zip(out, mask, shifts - shifts.min(), strict=True):
        row[start : start + len(ink)] = ink
    return out, degrees_taken(slope, kept)
