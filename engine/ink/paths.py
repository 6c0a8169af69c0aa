"""The paths of a pen, made ready to be drawn: checked, smoothed, brought to size, cut into straight pieces."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.errors import DataError

Paths = list[NDArray[np.float64]]
"""One array of shape (k, 2) per stroke: x to the right, y down."""

LARGEST_COORDINATE = 1e9
_MOST_PIECES = 600
_RADII = 3
"""Where a Gaussian is cut off, in standard deviations."""


def checked(strokes: object) -> Paths:
    """Return the strokes as arrays of places; times and whatever else stands in further columns are left out.

    Raises
    ------
    DataError
        When one is not a list of finite points within ±1e9.
    """
    paths = []
    for stroke in strokes:  # type: ignore[attr-defined]
        points = _numbers(stroke)
        if points.size == 0:
            continue
        if points.ndim != 2 or points.shape[1] not in (2, 3):
            raise DataError(
                f"A stroke must be a list of points (x, y) or (x, y, time); this one has the shape {points.shape}."
            )
        points = points[:, :2]
        if not (np.abs(points) <= LARGEST_COORDINATE).all():
            raise DataError("A stroke holds a point that is not finite or lies beyond ±1,000,000,000.")
        paths.append(points)
    return paths


def _numbers(stroke: ArrayLike) -> NDArray[np.float64]:
    try:
        return np.asarray(stroke, np.float64)
    except (TypeError, ValueError) as error:
        raise DataError("A stroke must be a list of points, each of the numbers (x, y) or (x, y, time).") from error


def box(paths: Paths) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the smallest and the largest (x, y) of all points."""
    points = np.concatenate(paths)
    return points.min(axis=0), points.max(axis=0)


def is_dot(paths: Paths, dot_below: float) -> bool:
    """Return whether a drawing is smaller than `dot_below`, or than what rounding may have left of a point."""
    low, high = box(paths)
    rounding = 1e-9 * float(max(np.abs(low).max(), np.abs(high).max()))
    return float((high - low).max()) <= max(dot_below, rounding, 1e-12)


def evenly(paths: Paths, spacing: float, smoothing: float) -> Paths:
    """Return the paths with points at even distances, smoothed along the way.

    How often a pen reports its place, and how its hand trembles, must not matter.

    Parameters
    ----------
    paths : list of ndarray of shape (k, 2)
    spacing : float
        The distance between two points, in the paths' unit; larger where there would be too many.
    smoothing : float
        Standard deviation of a Gaussian along the path, in the same unit; 0 leaves the path as it is. The ends stay.
    """
    lengths = [np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))]) for path in paths]
    spacing = max(spacing, sum(length[-1] for length in lengths) / _MOST_PIECES)
    return [_evenly(path, length, spacing, smoothing) for path, length in zip(paths, lengths, strict=True)]


def _evenly(
    path: NDArray[np.float64], length: NDArray[np.float64], spacing: float, smoothing: float
) -> NDArray[np.float64]:
    if length[-1] <= 0:
        return path[:1]
    count = int(np.ceil(length[-1] / spacing)) + 1
    along = np.linspace(0.0, length[-1], count)
    points = np.stack([np.interp(along, length, path[:, axis]) for axis in (0, 1)], axis=1)
    return points if smoothing <= 0 or count < 3 else _smoothed(points, smoothing * (count - 1) / length[-1])


def _smoothed(points: NDArray[np.float64], deviation: float) -> NDArray[np.float64]:
    """Return the convolution with a Gaussian; beyond its ends a path goes on as its own image turned half round."""
    radius = min(int(np.ceil(_RADII * deviation)), len(points) - 1)
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / max(deviation, 1e-9)) ** 2)
    kernel /= kernel.sum()
    before = 2 * points[0] - points[radius:0:-1]
    behind = 2 * points[-1] - points[-2 : -radius - 2 : -1]
    longer = np.concatenate([before, points, behind])
    return np.stack([np.convolve(longer[:, axis], kernel, "valid") for axis in (0, 1)], axis=1)


def pieces(paths: Paths) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where the straight pieces of all paths start and end; a point is a piece of length 0."""
    starts = np.concatenate([path[:-1] if len(path) > 1 else path for path in paths])
    ends = np.concatenate([path[1:] if len(path) > 1 else path for path in paths])
    return starts, ends


def slope(paths: Paths) -> float:
    """Return how far the ink moves to the right per unit upwards: the tangent of its slant.

    It is the shear that leaves no correlation between x and y, as in the deskewing of LeCun et al. (1998): the
    covariance of x and y over the variance of y, every piece of the paths weighing as much as it is long. 0 for what
    is much wider than high, of which no slant can be told.
    """
    starts, ends = pieces(paths)
    weights = np.hypot(*(ends - starts).T)
    if weights.sum() <= 0:
        return 0.0
    middles = (starts + ends) / 2
    x, y = (middles - np.average(middles, axis=0, weights=weights)).T
    upright, wide = np.average(y * y, weights=weights), np.average(x * x, weights=weights)
    return 0.0 if upright <= wide / 9 else float(-np.average(x * y, weights=weights) / upright)


def sheared(paths: Paths, tangent: float) -> Paths:
    """Return the paths with everything moved to the right by `tangent` per unit upwards."""
    return [path - np.stack([tangent * path[:, 1], np.zeros(len(path))], axis=1) for path in paths]
