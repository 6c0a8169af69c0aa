"""Pen strokes or a picture made into the 28x28 image that a network trained on MNIST expects.

MNIST's makers scaled every digit to fit a box of 20x20 pixels, aspect kept, and placed it in a field
of 28x28 with its centre of mass at pixel (14, 14). A drawing that is merely shrunk looks nothing like
that, so `prepare` repeats these steps for strokes and `centre_picture` for pictures.

References
----------
LeCun, Bottou, Bengio, Haffner (1998), "Gradient-based learning applied to document recognition".
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.errors import DataError
from engine.ink.paths import Paths, box, checked, evenly, gathered, is_dot, pieces, sheared, slope
from engine.ink.raster import Floats, centre_of_mass, draw, kept_inside, lowest
from engine.ink.slant import degrees_taken, kept_slope
from engine.ink.spec import LINE_WIDTH, SIDE, Corrections, InkSpec, Prepared

Strokes = Sequence[ArrayLike]
"""Pen strokes: one array of shape (k, 2) or, with times, (k, 3) per stroke, x to the right and y down, in any unit."""

BOX = 20
_SPACING = 0.6
# Less ink than this share of the darkest is rounded to nothing anyway, so it must not widen the crop.
_FAINTEST = 0.5 / 255


def prepare(
    strokes: Strokes, ink: InkSpec | None = None, *, field: float = 1.0, dot_below: float = 0.0
) -> Prepared | None:
    """Make the network's image of pen strokes, and say what was done.

    The strokes themselves are smoothed, straightened up and rescaled, not their picture, so that the line keeps
    MNIST's width whatever the size of the drawing.

    Parameters
    ----------
    strokes : sequence of array_like of shape (k, 2) or (k, 3)
        Points in any unit, within ±1e9; x to the right, y down.
    ink : InkSpec, optional
        How; the usual way by default.
    field : float
        The side of the square it was drawn in, in the strokes' unit; the corrections are relative to it.
    dot_below : float
        A drawing smaller than this, in the strokes' unit, is a dot and is not enlarged.

    Returns
    -------
    Prepared or None
        None when there is nothing to draw. The centre of mass lies at pixel (14, 14), unless ink would be cut off.

    Raises
    ------
    DataError
        When a stroke is not a list of finite points.
    """
    ink = ink or InkSpec()
    paths = checked(strokes)
    if not paths:
        return None
    low, high = box(paths)
    dot = is_dot(paths, dot_below)
    straight, degrees = ([np.zeros((1, 2))], 0.0) if dot else _straightened(gathered(paths), ink)
    image = _centred(straight, ink.line_width, SIDE)
    # A line reaches half its width beyond its path; without that a drawing of 20 px would count as one of 17.
    scale = 1.0 if dot else (BOX - ink.line_width) / SIDE * field / float((high - low).max())
    dx, dy = 0.5 - (low + high) / 2 / field
    return Prepared(image, Corrections(scale, float(dx), float(dy), degrees, ink.line_width))


def image_of(strokes: Strokes, ink: InkSpec | None = None, *, dot_below: float = 0.0) -> NDArray[np.uint8]:
    """Return only the image that `prepare` makes, of shape (28, 28), uint8: black where nothing is drawn."""
    prepared = prepare(strokes, ink, dot_below=dot_below)
    return np.zeros((SIDE, SIDE), np.uint8) if prepared is None else prepared.image


def render(
    strokes: Strokes,
    side: int = SIDE,
    *,
    line_width: float = LINE_WIDTH,
    smoothing: float = 0.0,
    dot_below: float = 0.0,
) -> NDArray[np.uint8] | None:
    """Draw pen strokes as MNIST would show them, at any size, and otherwise as they are.

    Parameters
    ----------
    strokes, dot_below
        As for `prepare`.
    side : int
        Pixels per side of the result; box, line width and smoothing grow with it.
    line_width, smoothing : float
        In pixels of a 28x28 image; see `InkSpec`.

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
    paths = checked(strokes)
    if not paths:
        return None
    unit = side / SIDE
    if is_dot(paths, dot_below):
        return _centred([np.zeros((1, 2))], line_width * unit, side)
    fitted = _fitted(gathered(paths), BOX * unit - line_width * unit - 1)
    return _centred(evenly(fitted, _SPACING * unit, smoothing * unit), line_width * unit, side)


def _straightened(paths: Paths, ink: InkSpec) -> tuple[Paths, float]:
    """Return smooth paths that fit the box, and how many degrees of slant were taken back."""
    room = BOX - ink.line_width - 1
    smooth = evenly(_fitted(paths, room), _SPACING, ink.smoothing)
    steep = slope(smooth)
    kept = kept_slope(steep, ink.steepest)
    return _fitted(smooth if kept == steep else sheared(smooth, kept - steep), room), degrees_taken(steep, kept)


def _fitted(paths: Paths, room: float) -> Paths:
    """Move the drawing to the origin and scale its longer side to `room`."""
    low, high = box(paths)
    return [(path - low) * (room / float((high - low).max())) for path in paths]


def _centred(paths: Paths, width: float, side: int) -> NDArray[np.uint8]:
    """Draw paths in pixels, their centre of mass in the middle of the field."""
    starts, ends = (points.astype(np.float32) for points in pieces(paths))
    middle = (lowest(starts, ends) - lowest(-starts, -ends) - np.float32(side)) / np.float32(2)
    ink = draw(starts - middle, ends - middle, width, side)
    shift = kept_inside(middle + centre_of_mass(ink) - np.float32(side / 2), starts, ends, width, side)
    return _to_bytes(draw(starts - shift, ends - shift, width, side))


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


def _crop(picture: Floats) -> Floats | None:
    rows, columns = np.flatnonzero(picture.any(axis=1)), np.flatnonzero(picture.any(axis=0))
    if rows.size == 0:
        return None
    return picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _shrink(picture: Floats, box: int) -> Floats:
    """Scale the longer side to `box` by area averaging, aspect kept."""
    scale = box / max(picture.shape)
    height, width = picture.shape
    narrowed = picture @ _averaging(width, max(1, round(width * scale))).T
    return np.asarray(_averaging(height, max(1, round(height * scale))) @ narrowed, np.float32)


def _averaging(inputs: int, outputs: int) -> Floats:
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


def _placed(small: Floats, side: int) -> Floats:
    """Put `small` on an empty field, its centre of mass at (side / 2, side / 2) by whole pixels."""
    height, width = small.shape
    total = small.sum()
    x = int(np.clip(np.rint(side / 2 - small.sum(axis=0) @ np.arange(width) / total), 0, side - width))
    y = int(np.clip(np.rint(side / 2 - small.sum(axis=1) @ np.arange(height) / total), 0, side - height))
    field = np.zeros((side, side), np.float32)
    field[y : y + height, x : x + width] = small
    return field


def _to_bytes(ink: Floats) -> NDArray[np.uint8]:
    return np.rint(np.clip(ink, 0, 1) * 255).astype(np.uint8)
