"""What is on the pad, as values: pen strokes or an image. Undo keeps them, so nothing here is ever changed."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

PEN_WIDTH = 0.075
"""Width of the pen, as a share of the pad's side."""

SPACING = 0.006
"""Distance between two points of a stroke, as a share of the pad's side."""

_CURVE = np.linspace(0, 1, 9)[1:, None]


@dataclass(frozen=True, eq=False)
class Drawing:
    """What the pad shows.

    Attributes
    ----------
    strokes : tuple of ndarray of shape (k, 2)
        Smooth curves; x to the right and y down, 0 to 1 from edge to edge of the pad.
    image : ndarray of shape (28, 28), uint8, or None
        An image in place of strokes.
    caption : str
        Where the image comes from.
    note : str
        What was done to it on the way to the network.
    """

    strokes: tuple[Points, ...] = ()
    image: NDArray[np.uint8] | None = None
    caption: str = ""
    note: str = "cropped, scaled to 20×20, centred"

    @property
    def empty(self) -> bool:
        """Whether nothing is drawn."""
        return not self.strokes and (self.image is None or not self.image.any())

    def with_stroke(self, stroke: Points) -> Drawing:
        """Return this drawing with one more stroke; an image gives way to it."""
        return Drawing((*self.strokes, stroke))

    def erased(self, start: Points, end: Points, radius: float) -> Drawing:
        """Return what a round eraser leaves that moved from `start` to `end`, each of shape (2,).

        It is this very drawing when the eraser met nothing.
        """
        if self.image is not None:
            side = self.image.shape[0]
            y, x = np.divmod(np.arange(side * side), side)
            centres = (np.stack([x, y], axis=1) + 0.5) / side
            gone = _distance(centres, start, end).reshape(side, side) < radius
            return replace(self, image=np.where(gone, np.uint8(0), self.image))
        left = tuple(piece for stroke in self.strokes for piece in _left(stroke, start, end, radius))
        same = len(left) == len(self.strokes) and all(map(operator.is_, left, self.strokes))
        return self if same else Drawing(left)


def smooth(path: Any) -> Points:
    """Return a pen's path as a smooth curve of evenly spaced points.

    Every point the pen reported is the control point of a quadratic curve between the middles of its two
    neighbouring pieces. What lies more than three points back no longer changes when the path goes on.

    Parameters
    ----------
    path : array_like of shape (n, 2)
        What the pen reported, n at least 1.

    Returns
    -------
    ndarray of shape (k, 2)
    """
    points = np.asarray(path, np.float64)
    if len(points) >= 3:
        control = points[1:-1, None]
        ends = (points[1:-1, None] + points[2:, None]) / 2
        ends[-1] = points[-1]
        starts = np.concatenate([points[:1, None], ends[:-1]])
        t = _CURVE
        curve = (1 - t) ** 2 * starts + 2 * t * (1 - t) * control + t**2 * ends
        points = np.concatenate([points[:1], curve.reshape(-1, 2)])
    length = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    along = np.append(np.arange(0, length[-1], SPACING), length[-1])
    return np.stack([np.interp(along, length, points[:, axis]) for axis in (0, 1)], axis=1)


def pieces(stroke: Points, kept: NDArray[np.bool_]) -> Iterator[Points]:
    """Yield the parts of a stroke whose points are all `kept`, a mask of shape (k,)."""
    if kept.all():
        yield stroke
        return
    borders = np.flatnonzero(np.diff(kept.astype(np.int8), prepend=0, append=0))
    for first, behind in borders.reshape(-1, 2):
        yield stroke[first:behind]


def _left(stroke: Points, start: Points, end: Points, radius: float) -> list[Points]:
    # A line ends in a round cap beyond its last point: it is the cap that has to end at the eraser.
    parts = pieces(stroke, _distance(stroke, start, end) >= radius + PEN_WIDTH / 2)
    # A crumb of one point would turn into a dot that nobody drew.
    return [part for part in parts if len(part) > 1 or len(stroke) == 1]


def _distance(points: Points, start: Points, end: Points) -> Points:
    """Return the distance of each point to the straight piece from `start` to `end`."""
    along = end - start
    length = float(along @ along)
    t = np.clip((points - start) @ along / length, 0, 1) if length > 0 else np.zeros(len(points))
    return np.hypot(*(points - start - t[:, None] * along).T)
