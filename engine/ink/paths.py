"""The paths of a pen, made ready to be drawn: checked, smoothed, brought to size, cut into straight pieces."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.errors import DataError
from engine.ink.slant import slope_of

Paths = list[NDArray[np.float64]]
"""One array of shape (k, 2) per stroke: x to the right, y down."""

LARGEST_COORDINATE = 1e9
_MOST_PIECES = 600
_MOST_STROKES = 100
_CELLS = 20
"""Of the box of 20 pixels less the line each is some 0.8 pixels wide: dots in all of them leave no gap."""
_SAMPLES = 8_000
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
        paths.append(points[:, :2])
    if paths and not (np.abs(np.concatenate(paths)) <= LARGEST_COORDINATE).all():
        raise DataError("A stroke holds a point that is not finite or lies beyond ±1,000,000,000.")
    return paths


def _numbers(stroke: ArrayLike) -> NDArray[np.float64]:
    try:
        return np.asarray(stroke, np.float64)
    except (TypeError, ValueError) as error:
        raise DataError("A stroke must be a list of points, each of the numbers (x, y) or (x, y, time).") from error


def box(paths: Paths) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the smallest and the largest (x, y) of all points."""
    x, y = np.concatenate(paths).T  # each alone: along the other axis NumPy takes ten times as long
    return np.array([x.min(), y.min()]), np.array([x.max(), y.max()])


def is_dot(paths: Paths, dot_below: float) -> bool:
    """Return whether a drawing is smaller than `dot_below`, or than what rounding may have left of a point."""
    low, high = box(paths)
    rounding = 1e-9 * float(max(np.abs(low).max(), np.abs(high).max()))
    return float((high - low).max()) <= max(dot_below, rounding, 1e-12)


def gathered(paths: Paths) -> Paths:
    """Return paths that take no longer to draw than a digit: where there are very many, what they cover as dots.

    No digit has so many strokes, but hatching has, and what rests on a tablet. There is one dot per cell of a grid that
    is finer than a pixel of the network's image, in the middle of the ink there.
    """
    if len(paths) <= _MOST_STROKES:
        return paths
    points = _sampled(paths)
    low, high = box([points])
    cells = np.floor((points - low) * (_CELLS / float((high - low).max()))).astype(np.intp)
    _, place, count = np.unique(cells @ [_CELLS + 1, 1], return_inverse=True, return_counts=True)
    sums = [np.bincount(place, weights=points[:, axis]) for axis in (0, 1)]
    return list((np.stack(sums, axis=1) / count[:, None])[:, None])


def _sampled(paths: Paths) -> NDArray[np.float64]:
    """Return points along all paths together, and where each of them starts."""
    points = np.concatenate(paths)
    starts = np.cumsum([0, *map(len, paths[:-1])])
    steps = np.hypot(*np.diff(points, axis=0, prepend=points[:1]).T)
    steps[starts] = 0.0  # the pen was lifted
    along = np.cumsum(steps)
    at = np.linspace(0.0, along[-1], _SAMPLES)
    between = np.stack([np.interp(at, along, points[:, axis]) for axis in (0, 1)], axis=1)
    return np.concatenate([points[starts], between])


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
    lengths = [_lengths(path) for path in paths]
    spacing = max(spacing, sum(length[-1] for length in lengths) / _MOST_PIECES)
    return [_evenly(path, length, spacing, smoothing) for path, length in zip(paths, lengths, strict=True)]


def _lengths(path: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how long the way to each point is."""
    if len(path) == 1:
        return np.zeros(1)
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])


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
    """Return the tangent of the ink's slant, see `slope_of`.

    Every piece of the paths weighs as much as it is long; of dots alone each weighs the same.
    """
    starts, ends = pieces(paths)
    weights = np.hypot(*(ends - starts).T)
    if weights.sum() <= 0:
        weights = np.ones(len(starts))
    middles = (starts + ends) / 2
    x, y = (middles - np.average(middles, axis=0, weights=weights)).T
    return slope_of(x, y, weights)


def sheared(paths: Paths, tangent: float) -> Paths:
    """Return the paths with everything moved to the right by `tangent` per unit upwards."""
    return [path - np.stack([tangent * path[:, 1], np.zeros(len(path))], axis=1) for path in paths]
