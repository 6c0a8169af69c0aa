"""Pen strokes or a picture made into the 28x28 image that a network trained on MNIST expects.

MNIST's makers scaled every digit to fit a box of 20x20 pixels, aspect kept, and placed it in a field
of 28x28 with its centre of mass at pixel (14, 14). A drawing that is merely shrunk looks nothing like
that, so `render` repeats these steps for strokes and `centre_picture` for pictures.

References
----------
LeCun, Bottou, Bengio, Haffner (1998), "Gradient-based learning applied to document recognition".
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.errors import DataError

Strokes = Sequence[ArrayLike]
"""Pen strokes: one array of shape (k, 2) per stroke, x to the right and y down, in any unit."""

SIDE = 28
BOX = 20
LINE_WIDTH = 2.2
LARGEST_COORDINATE = 1e9
_MOST_SEGMENTS = 600
_SPACING = 1.0
# Less ink than this share of the darkest is rounded to nothing anyway, so it must not widen the crop.
_FAINTEST = 0.5 / 255

_Floats = NDArray[np.float32]


def render(
    strokes: Strokes, side: int = SIDE, *, line_width: float = LINE_WIDTH, dot_below: float = 0.0
) -> NDArray[np.uint8] | None:
    """Draw pen strokes as MNIST would show them.

    The strokes themselves are rescaled, not their picture, so that the line keeps MNIST's width
    whatever the size of the drawing.

    Parameters
    ----------
    strokes : sequence of array_like of shape (k, 2)
        Points in pad coordinates, x to the right and y down, in any unit, within ±1e9.
    side : int
        Pixels per side of the result; box and line width grow with it.
    line_width : float
        Width of the line in pixels of a 28x28 image.
    dot_below : float
        A drawing smaller than this, in pad coordinates, is a dot and is not enlarged. Give the width
        of the pen on the pad, so that a trembling dot does not fill the image.

    Returns
    -------
    ndarray of shape (side, side), uint8, or None
        0 is background, 255 full ink; None when there is nothing to draw. The centre of mass lies at
        pixel (side / 2, side / 2), unless ink would be cut off there.

    Raises
    ------
    DataError
        When a stroke is not a list of finite points.
    """
    paths = _checked(strokes)
    if not paths:
        return None
    unit = side / SIDE
    width = line_width * unit
    # A line reaches half its width, and its soft edge half a pixel, beyond the path of the pen.
    fitted = _fit(paths, BOX * unit - width - 1, dot_below)
    starts, ends = _segments(fitted, _SPACING * unit)
    middle = (_lowest(starts, ends) - _lowest(-starts, -ends) - np.float32(side)) / np.float32(2)
    ink = _draw(starts - middle, ends - middle, width, side)
    shift = _kept_inside(middle + _centre_of_mass(ink) - np.float32(side / 2), starts, ends, width, side)
    return _to_bytes(_draw(starts - shift, ends - shift, width, side))


def centre_picture(ink: ArrayLike, side: int = SIDE) -> NDArray[np.uint8] | None:
    """Crop a picture of ink, scale it to MNIST's box and centre it by mass.

    Parameters
    ----------
    ink : array_like of shape (h, w)
        Amount of ink per pixel, finite, 0 for background; the largest value becomes 255.
    side : int
        Pixels per side of the result; the box grows with it.

    Returns
    -------
    ndarray of shape (side, side), uint8, or None
        0 is background, 255 full ink; None when the picture holds no ink. The centre of mass lies
        within half a pixel of (side / 2, side / 2), unless ink would be cut off there.

    Raises
    ------
    DataError
        When `ink` is not a two-dimensional array of finite, non-negative numbers.
    """
    picture = np.asarray(ink, np.float32)
    if picture.ndim != 2 or not np.isfinite(picture).all() or (picture < 0).any():
        raise DataError("A picture must be two-dimensional, its ink finite and not negative.")
    cropped = _crop(picture * (picture >= picture.max(initial=0) * _FAINTEST))
    if cropped is None:
        return None
    small = _shrink(cropped / cropped.max(), round(BOX * side / SIDE))
    return _to_bytes(_placed(small / small.max(), side))


def _checked(strokes: Strokes) -> list[NDArray[np.float64]]:
    paths = []
    for stroke in strokes:
        points = np.asarray(stroke, np.float64)
        if points.size == 0:
            continue
        if points.ndim != 2 or points.shape[1] != 2:
            raise DataError(f"A stroke must be a list of (x, y) points; this one has the shape {points.shape}.")
        if not (np.abs(points) <= LARGEST_COORDINATE).all():
            raise DataError("A stroke holds a point that is not finite or lies beyond ±1,000,000,000.")
        paths.append(points)
    return paths


def _fit(paths: list[NDArray[np.float64]], box: float, dot_below: float) -> list[NDArray[np.float64]]:
    """Move the drawing to the origin and scale its longer side to `box`; a dot only moves."""
    low = np.min([path.min(axis=0) for path in paths], axis=0)
    high = np.max([path.max(axis=0) for path in paths], axis=0)
    extent = float((high - low).max())
    rounding = 1e-9 * float(max(np.abs(low).max(), np.abs(high).max()))
    if extent <= max(dot_below, rounding, 1e-12):
        return [np.zeros((1, 2)) for _ in paths]
    return [(path - low) * (box / extent) for path in paths]


def _segments(paths: list[NDArray[np.float64]], spacing: float) -> tuple[_Floats, _Floats]:
    """Return where the straight pieces of all strokes start and end; a point is a piece of length 0."""
    lengths = [np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))]) for path in paths]
    spacing = max(spacing, sum(length[-1] for length in lengths) / _MOST_SEGMENTS)
    thinned = [_thin(path, length, spacing) for path, length in zip(paths, lengths, strict=True)]
    starts = np.concatenate([path[:-1] if len(path) > 1 else path for path in thinned])
    ends = np.concatenate([path[1:] if len(path) > 1 else path for path in thinned])
    return starts.astype(np.float32), ends.astype(np.float32)


def _thin(path: NDArray[np.float64], length: NDArray[np.float64], spacing: float) -> NDArray[np.float64]:
    """Return `path` with fewer points, evenly spaced, when a pen has reported more than can be seen."""
    count = int(np.ceil(length[-1] / spacing)) + 1
    if len(path) <= count:
        return path
    along = np.linspace(0.0, length[-1], count)
    return np.stack([np.interp(along, length, path[:, axis]) for axis in (0, 1)], axis=1)


def _lowest(starts: _Floats, ends: _Floats) -> _Floats:
    """Return the smallest x and the smallest y of the drawing."""
    return np.minimum(starts.min(axis=0), ends.min(axis=0))


def _draw(starts: _Floats, ends: _Floats, width: float, side: int) -> _Floats:
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
def _pixels(side: int) -> _Floats:
    """Return the homogeneous coordinates (x, y, 1) of every pixel."""
    y, x = np.divmod(np.arange(side * side, dtype=np.float32), np.float32(side))
    return np.stack([x, y, np.ones_like(x)], axis=1)


def _centre_of_mass(ink: _Floats) -> _Floats:
    """Return (x, y) of the centre of mass in pixels; the middle of the field when there is no ink."""
    total = ink.sum()
    axis = np.arange(ink.shape[0], dtype=np.float32)
    if total <= 0:
        return np.full(2, ink.shape[0] / 2, np.float32)
    return np.array([ink.sum(axis=0) @ axis, ink.sum(axis=1) @ axis], np.float32) / total


def _kept_inside(shift: _Floats, starts: _Floats, ends: _Floats, width: float, side: int) -> _Floats:
    """Limit `shift` so that the whole line stays on the field."""
    margin = (width - 1) / 2
    low, high = _lowest(starts, ends) - margin, margin - _lowest(-starts, -ends)
    return np.clip(shift, high - (side - 1), low).astype(np.float32)


def _crop(picture: _Floats) -> _Floats | None:
    rows, columns = np.flatnonzero(picture.any(axis=1)), np.flatnonzero(picture.any(axis=0))
    if rows.size == 0:
        return None
    return picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _shrink(picture: _Floats, box: int) -> _Floats:
    """Scale the longer side to `box` by area averaging, aspect kept."""
    scale = box / max(picture.shape)
    height, width = picture.shape
    narrowed = picture @ _averaging(width, max(1, round(width * scale))).T
    return np.asarray(_averaging(height, max(1, round(height * scale))) @ narrowed, np.float32)


def _averaging(inputs: int, outputs: int) -> _Floats:
    """Return the matrix (outputs, inputs) whose rows average the pixels under each new pixel.

    Where the picture grows, the window stays one pixel wide, which is linear interpolation.
    """
    ratio = inputs / outputs
    window = max(1.0, ratio)
    centres = (np.arange(outputs) + 0.5) * ratio
    edges = np.arange(inputs + 1)
    low, high = centres[:, None] - window / 2, centres[:, None] + window / 2
    overlap = np.minimum(high, edges[1:]) - np.maximum(low, edges[:-1])
    weights = np.clip(overlap, 0, None)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def _placed(small: _Floats, side: int) -> _Floats:
    """Put `small` on an empty field, its centre of mass at (side / 2, side / 2) by whole pixels."""
    height, width = small.shape
    total = small.sum()
    x = int(np.clip(np.rint(side / 2 - small.sum(axis=0) @ np.arange(width) / total), 0, side - width))
    y = int(np.clip(np.rint(side / 2 - small.sum(axis=1) @ np.arange(height) / total), 0, side - height))
    field = np.zeros((side, side), np.float32)
    field[y : y + height, x : x + width] = small
    return field


def _to_bytes(ink: _Floats) -> NDArray[np.uint8]:
    return np.rint(np.clip(ink, 0, 1) * 255).astype(np.uint8)
