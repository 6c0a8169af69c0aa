"""Lines drawn on a grid of pixels, softly: by the distance of each pixel to the path of the pen."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def draw(starts: Floats, ends: Floats, width: float, side: int) -> Floats:
    """Return the ink per pixel, from 0 to 1, by each pixel's distance to the nearest segment.

    For a pixel p and a segment from a along d, the nearest point lies at t = (p - a)·d / |d|², limited
    to 0…1, and the squared distance is |p - a|² - t (2 (p - a)·d - t |d|²). Both scalar products are
    matrix products over all pixels and segments, which keeps a drawing well under a millisecond.
    """
    pixels = _pixels(side)
    along = ends - starts
    length = np.maximum((along * along).sum(axis=1), np.float32(1e-12))
    projection = pixels @ np.vstack([along.T, -(starts * along).sum(axis=1)])
    nearest = projection / length
    np.clip(nearest, 0, 1, out=nearest)
    projection *= 2
    projection -= nearest * length
    nearest *= projection
    squared = pixels @ np.vstack([-2 * starts.T, (starts * starts).sum(axis=1)])
    squared -= nearest
    closest = squared.min(axis=1) + (pixels[:, :2] ** 2).sum(axis=1)
    ink = np.float32(width / 2 + 0.5) - np.sqrt(np.maximum(closest, 0))
    return np.clip(ink, 0, 1).reshape(side, side)


@functools.cache
def _pixels(side: int) -> Floats:
    """Return the homogeneous coordinates (x, y, 1) of every pixel."""
    y, x = np.divmod(np.arange(side * side, dtype=np.float32), np.float32(side))
    return np.stack([x, y, np.ones_like(x)], axis=1)


def centre_of_mass(ink: Floats) -> Floats:
    """Return (x, y) of the centre of mass in pixels; the middle of the field when there is no ink."""
    total = ink.sum()
    axis = np.arange(ink.shape[0], dtype=np.float32)
    if total <= 0:
        return np.full(2, ink.shape[0] / 2, np.float32)
    return np.array([ink.sum(axis=0) @ axis, ink.sum(axis=1) @ axis], np.float32) / total


def kept_inside(shift: Floats, starts: Floats, ends: Floats, width: float, side: int) -> Floats:
    """Limit `shift` so that the whole line stays on the field."""
    margin = (width - 1) / 2
    low, high = lowest(starts, ends) - margin, margin - lowest(-starts, -ends)
    return np.clip(shift, high - (side - 1), low).astype(np.float32)


def lowest(starts: Floats, ends: Floats) -> Floats:
    """Return the smallest x and the smallest y of straight pieces, shape (2,)."""
    return np.minimum(starts.min(axis=0), ends.min(axis=0))
