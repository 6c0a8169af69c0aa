"""One drawing as several hands and pens would have left it: varied as strokes, so that the line stays sharp."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.ink.drawing import image_of
from engine.ink.spec import InkSpec
from engine.pen.drawn import Stroke

THINNEST, WIDEST = 0.7, 1.5
"""Line widths, as shares of the usual one."""
ROTATION, SLANT, ASPECT = 8.0, 12.0, 1.3
"""Largest turn and slant in degrees; largest factor of the height, its inverse the smallest."""
_SMOOTHEST = 1.0
_SPARSEST, _FEWEST = 3, 15
"""At most every third point is left, and never fewer than so many: a sparse circle is a polygon, and that is no 0."""


def renditions(strokes: Sequence[Stroke], ink: InkSpec, count: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return `count` images of one drawing, the first one as it is.

    Parameters
    ----------
    strokes : sequence of ndarray of shape (k, 2) or (k, 3)
    ink : InkSpec
        How the first is drawn, and what the others vary.
    count : int
        At least 1.
    rng : numpy.random.Generator
        Decides width, turn, slant, aspect, smoothness and how many of the pen's points are left.

    Returns
    -------
    ndarray of shape (count, 28, 28), uint8
    """
    return np.stack([image_of(strokes, ink), *(_varied(strokes, ink, rng) for _ in range(count - 1))])


def _varied(strokes: Sequence[Stroke], ink: InkSpec, rng: np.random.Generator) -> NDArray[np.uint8]:
    width = ink.line_width * rng.uniform(THINNEST, WIDEST)
    pen = InkSpec(line_width=min(max(width, 1.0), 6.0), smoothing=rng.uniform(0, _SMOOTHEST), steepest=ink.steepest)
    bend, step = _bend(rng), int(rng.integers(1, _SPARSEST + 1))
    return image_of([_thinned(stroke[:, :2], step) @ bend for stroke in strokes], pen)


def _bend(rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the matrix that turns, slants and stretches rows (x, y)."""
    turn, slant = (math.radians(most) * rng.uniform(-1, 1) for most in (ROTATION, SLANT))
    high = ASPECT ** rng.uniform(-1, 1)
    turned = np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    return turned @ np.array([[1.0, 0.0], [-math.tan(slant), high]])


def _thinned(points: Stroke, step: int) -> Stroke:
    """Return every so-manyth point, and the last, of a stroke that has enough of them."""
    return np.concatenate([points[:-1:step], points[-1:]]) if len(points) > _FEWEST * step else points
