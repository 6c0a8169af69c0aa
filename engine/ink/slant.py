"""Slant beyond what networks have learned from is taken back, of strokes and of pictures alike."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

LEFTMOST = -15.0
"""The slant in degrees that is left standing; nine MNIST digits in ten lean less to the left. To the right there is a
setting, `engine.ink.spec.InkSpec.steepest`."""


def slope_of(x: NDArray[np.float64], y: NDArray[np.float64], weights: NDArray[np.float64] | None = None) -> float:
    """Return how far ink moves to the right per unit upwards: the tangent of its slant.

    It is the shear that leaves no correlation between x and y, as in the deskewing of LeCun et al. (1998): the
    covariance of x and y over the variance of y.

    Parameters
    ----------
    x, y : ndarray of shape (n,)
        Where the ink is, y down, relative to its centre of mass.
    weights : ndarray of shape (n,), optional
        How much ink there is; the same everywhere by default.

    Returns
    -------
    float
        0 for what is much wider than high, of which no slant can be told.
    """
    upright, wide = np.average(y * y, weights=weights), np.average(x * x, weights=weights)
    return 0.0 if upright <= wide / 9 else float(-np.average(x * y, weights=weights) / upright)


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
    slope = slope_of(x - x.mean(), y - y.mean())
    kept = kept_slope(slope, steepest)
    if kept == slope:
        return mask, 0.0
    shifts = np.rint((np.arange(len(mask)) - len(mask) / 2) * (slope - kept)).astype(np.intp)
    out = np.zeros((len(mask), mask.shape[1] + int(np.ptp(shifts))), bool)
    for row, ink, start in zip(out, mask, shifts - shifts.min(), strict=True):
        row[start : start + len(ink)] = ink
    return out, degrees_taken(slope, kept)
