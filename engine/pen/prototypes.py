"""The notation for strokes, and the curves that it stands for.

A drawing is written as the points the pen goes through, `x,y` with y **down**, in a box about 100 high.
A smooth curve leads through them; `!` after a point makes it a corner, which a hurried hand rounds off;
`!!` a corner that it does not; `/` lifts the pen. So a crossed 7 is ``2,6 62,4! 26,100 / 16,52 60,49``.

The curve is a Catmull-Rom spline with centripetal knots, which neither loops nor overshoots where points
lie unevenly. It is linear in its points, so each drawing keeps a matrix that makes the curve from them:
moving the points about, as every hand does, then costs one product.

References
----------
Catmull, Rom (1974), "A class of local interpolating splines".
Yuksel, Schaefer, Keyser (2011), "Parameterization and applications of Catmull-Rom curves".
"""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

HEIGHT = 100.0
"""Height of the box in which drawings are noted; paths are given with this as 1."""

_STEPS = 12


@dataclass(frozen=True, eq=False)
class Prototype:
    """A drawing as somebody might teach it: points to go through, and how they become curves.

    Attributes
    ----------
    points : ndarray of shape (n, 2)
        What the pen goes through, all strokes one after the other; the drawing is about 1 high.
    stroke_of : ndarray of shape (n,), int
        To which stroke each point belongs.
    sharp, soft : ndarray of shape (m, n)
        Make the curve from the points; with all its corners, and with only those that stay.
    cuts : tuple of int
        Where in the m points of the curve each further stroke starts.
    """

    points: Floats
    stroke_of: NDArray[np.intp]
    sharp: Floats
    soft: Floats
    cuts: tuple[int, ...]

    @property
    def strokes(self) -> int:
        """How many strokes the drawing has."""
        return len(self.cuts) + 1

    def paths(self, points: Floats | None = None, softness: float = 0.0) -> list[Floats]:
        """Return the curves of the strokes.

        Parameters
        ----------
        points : ndarray of shape (n, 2), optional
            Where the points have been moved to; the prototype's own by default.
        softness : float
            0 keeps corners sharp, 1 rounds off those that may be rounded.

        Returns
        -------
        list of ndarray of shape (k, 2)
            One per stroke, closely spaced.
        """
        matrix = self.sharp + softness * (self.soft - self.sharp)
        return np.split(matrix @ (self.points if points is None else points), self.cuts)


@functools.cache
def prototype(text: str) -> Prototype:
    """Read a drawing in the notation of this file.

    Parameters
    ----------
    text : str
        Such as ``2,6 62,4! 26,100 / 16,52 60,49``.

    Returns
    -------
    Prototype
        The same object for the same text.
    """
    strokes = [stroke.split() for stroke in text.split("/")]
    points = [np.array([point.rstrip("!").split(",") for point in stroke], float) / HEIGHT for stroke in strokes]
    sharp, soft = ([_curve(*pair) for pair in zip(points, _marked(strokes, mark), strict=True)] for mark in ("!", "!!"))
    return Prototype(
        np.concatenate(points),
        np.repeat(np.arange(len(points)), [len(path) for path in points]),
        _block_diagonal(sharp),
        _block_diagonal(soft),
        tuple(np.cumsum([len(matrix) for matrix in sharp])[:-1].tolist()),
    )


def smooth(points: Floats) -> Floats:
    """Return a closely spaced smooth curve through points of shape (n, 2).

    Parameters
    ----------
    points : ndarray of shape (n, 2)
        In any unit; two or more.

    Returns
    -------
    ndarray of shape (12 (n - 1) + 1, 2)
        The curve, through all of them.
    """
    return _spline(points) @ points


def _marked(strokes: list[list[str]], mark: str) -> list[list[int]]:
    """Return for each stroke which of its points bear a mark."""
    return [[place for place, point in enumerate(stroke) if point.endswith(mark)] for stroke in strokes]


def _curve(points: Floats, corners: list[int]) -> Floats:
    """Return the matrix (samples, n) of one stroke: splines that meet in the corners."""
    ends = sorted({0, *corners, len(points) - 1})
    matrix = np.zeros(((len(points) - 1) * _STEPS + 1, len(points)))
    for first, last in itertools.pairwise(ends):
        matrix[first * _STEPS : last * _STEPS + 1, first : last + 1] = _spline(points[first : last + 1])
    if len(points) == 1:
        matrix[:] = 1
    return matrix


def _spline(points: Floats) -> Floats:
    """Return the matrix ((n - 1) * steps + 1, n) of a Catmull-Rom spline with centripetal knots."""
    count = len(points)
    if count < 2:
        return np.ones((1, count))
    knots = np.sqrt(np.maximum(np.hypot(*np.diff(points, axis=0).T), 1e-6))[:, None]
    slopes = np.diff(np.eye(count), axis=0) / knots
    tangents = _tangents(slopes, knots)
    at = (np.arange(_STEPS) / _STEPS)[None, :, None]
    starts, ends = np.eye(count)[:-1, None], np.eye(count)[1:, None]
    leaving, arriving = (knots * tangents[:-1])[:, None], (knots * tangents[1:])[:, None]
    rise = at * at * (3 - 2 * at)
    inner = starts + rise * (ends - starts) + at * (1 - at) * ((1 - at) * leaving - at * arriving)
    return np.concatenate([inner.reshape(-1, count), np.eye(count)[-1:]])


def _tangents(slopes: Floats, knots: Floats) -> Floats:
    """Return how the derivative in every point follows from the points; the ends go on as parabolas."""
    if len(slopes) == 1:
        return np.concatenate([slopes, slopes])
    before, after = knots[:-1], knots[1:]
    middle = (slopes[:-1] * after + slopes[1:] * before) / (before + after)
    return np.concatenate([2 * slopes[:1] - middle[:1], middle, 2 * slopes[-1:] - middle[-1:]])


def _block_diagonal(blocks: list[Floats]) -> Floats:
    """Return one matrix with the blocks along its diagonal and zeros beside them."""
    rows, columns = np.cumsum([[0, 0], *[block.shape for block in blocks]], axis=0).T
    matrix = np.zeros((rows[-1], columns[-1]))
    for place, block in enumerate(blocks):
        matrix[rows[place] : rows[place + 1], columns[place] : columns[place + 1]] = block
    return matrix
