"""What is on the pad, as values: pen strokes or an image. Undo keeps them, so nothing here is ever changed."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.pen.drawn import Drawn, Stroke

Points = NDArray[np.float64]

PEN_WIDTH = 0.075
"""Width of the pen on a square pad, as a share of its height."""

WIDE_PEN_WIDTH = 0.05
"""Width of the pen on a pad for whole numbers, whose digits are smaller."""

SPACING = 0.006
"""Distance between two points of a stroke, as a share of the pad's height."""

_MARGIN = 0.01
_CURVE = np.linspace(0, 1, 9)[1:, None]


@dataclass(frozen=True, eq=False)
class Drawing:
    """What the pad shows.

    Attributes
    ----------
    strokes : tuple of ndarray of shape (k, 3)
        Smooth curves; x to the right and y down, in heights of the pad, and seconds since the drawing began.
    pressures : tuple of (ndarray of shape (k,) or None)
        How hard the pen was pressed at each of these points, 0 to 1; None where nobody knows. One for each stroke.
    image : ndarray of shape (28, 28), uint8, or None
        An image in place of strokes.
    caption : str
        Where the image comes from.
    note : str
        What was done to it on the way to the network.
    """

    strokes: tuple[Stroke, ...] = ()
    pressures: tuple[Points | None, ...] = ()
    image: NDArray[np.uint8] | None = None
    caption: str = ""
    note: str = ""

    @property
    def empty(self) -> bool:
        """Whether nothing is drawn."""
        return not self.strokes and (self.image is None or not self.image.any())

    @property
    def seconds(self) -> float:
        """When the last stroke ended."""
        return max((float(stroke[-1, 2]) for stroke in self.strokes), default=0.0)

    def lines(self) -> Iterator[tuple[Stroke, Points | None]]:
        """Yield each stroke with its pressures, if they are known."""
        return zip(self.strokes, self.pressures or (None,) * len(self.strokes), strict=True)

    def drawn(self, label: int | None = None) -> Drawn:
        """Return the strokes for keeping; there must be some."""
        return Drawn(self.strokes, label)

    def with_stroke(self, stroke: Stroke, pressure: Points | None = None) -> Drawing:
        """Return this drawing with one more stroke; an image gives way to it."""
        return _of([*self.lines(), (stroke, pressure)])

    def fitted(self, width: float) -> Drawing:
        """Return the drawing made small enough for a pad of `width` heights, its line whole; this very one if it fits.

        The line may reach beyond the pad of a drawing that was made there: only what lies outside moves it.
        """
        if not self.strokes:
            return self
        left, reach = (float(edge([edge(s[:, 0]) for s in self.strokes])) for edge in (np.min, np.max))
        if reach <= width:
            return self
        margin = PEN_WIDTH / 2 + _MARGIN
        factor = min(1.0, (width - 2 * margin) / max(reach - left, 1e-9))
        move = (width - margin - factor * reach, (1 - factor) / 2, 0)
        return replace(self, strokes=tuple(stroke * (factor, factor, 1) + move for stroke in self.strokes))

    def erased(self, start: Points, end: Points, radius: float, pen_width: float = PEN_WIDTH) -> Drawing:
        """Return what a round eraser leaves that moved from `start` to `end`, each of shape (2,).

        It is this very drawing when the eraser met nothing.
        """
        if self.image is not None:
            side = self.image.shape[0]
            y, x = np.divmod(np.arange(side * side), side)
            centres = (np.stack([x, y], axis=1) + 0.5) / side
            gone = _distance(centres, start, end).reshape(side, side) < radius
            return replace(self, image=np.where(gone, np.uint8(0), self.image))
        # A line ends in a round cap beyond its last point: it is the cap that has to end at the eraser.
        reach = radius + pen_width / 2
        left = [line for whole in self.lines() for line in _left(whole, start, end, reach)]
        same = len(left) == len(self.strokes) and all(map(operator.is_, (s for s, _ in left), self.strokes))
        return self if same else _of(left)


def placed(drawn: Drawn, width: float) -> Drawing:
    """Return strokes in any unit as a drawing in the middle of a pad of `width` heights, four fifths of it at most."""
    points = np.concatenate(drawn.strokes)[:, :2]
    low, high = points.min(axis=0), points.max(axis=0)
    size = np.maximum(high - low, 1e-9)
    factor = min(0.8 * width / float(size[0]), 0.8 / float(size[1]))
    middle = (low + high) / 2
    place = np.array([width / 2, 0.5])
    return Drawing(tuple(np.column_stack([(s[:, :2] - middle) * factor + place, s[:, 2]]) for s in drawn.strokes))


def smooth(path: Any) -> Points:
    """Return a pen's path as a smooth curve of evenly spaced points.

    Every point the pen reported is the control point of a quadratic curve between the middles of its two
    neighbouring pieces. What lies more than three points back no longer changes when the path goes on.

    Parameters
    ----------
    path : array_like of shape (n, 2 or more)
        What the pen reported, n at least 1: x, y, and whatever else is to be carried along, as time and pressure.

    Returns
    -------
    ndarray of shape (k, 2 or more)
    """
    points = np.asarray(path, np.float64)
    columns = points.shape[1]
    if len(points) >= 3:
        control = points[1:-1, None]
        ends = (points[1:-1, None] + points[2:, None]) / 2
        ends[-1] = points[-1]
        starts = np.concatenate([points[:1, None], ends[:-1]])
        t = _CURVE
        curve = (1 - t) ** 2 * starts + 2 * t * (1 - t) * control + t**2 * ends
        points = np.concatenate([points[:1], curve.reshape(-1, columns)])
    length = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points[:, :2], axis=0).T))])
    along = np.append(np.arange(0, length[-1], SPACING), length[-1])
    return np.stack([np.interp(along, length, points[:, column]) for column in range(columns)], axis=1)


def runs(kept: NDArray[np.bool_]) -> list[slice]:
    """Return the stretches of a mask of shape (k,) that are True; the whole of it as ``slice(None)``."""
    if kept.all():
        return [slice(None)]
    borders = np.flatnonzero(np.diff(kept.astype(np.int8), prepend=0, append=0))
    return [slice(first, behind) for first, behind in borders.reshape(-1, 2).tolist()]


def _of(lines: list[tuple[Stroke, Points | None]]) -> Drawing:
    return Drawing(tuple(stroke for stroke, _ in lines), tuple(pressure for _, pressure in lines))


def _left(
    line: tuple[Stroke, Points | None], start: Points, end: Points, reach: float
) -> list[tuple[Stroke, Points | None]]:
    """Return what is left of a line by an eraser that takes whatever is nearer than `reach`."""
    stroke, pressure = line
    kept = _distance(stroke[:, :2], start, end) >= reach
    if kept.all():
        return [line]
    parts = [(stroke[run], None if pressure is None else pressure[run]) for run in runs(kept)]
    # A crumb of one point would turn into a dot that nobody drew.
    return [part for part in parts if len(part[0]) > 1]


def _distance(points: Points, start: Points, end: Points) -> Points:
    """Return the distance of each point to the straight piece from `start` to `end`."""
    along = end - start
    length = float(along @ along)
    t = np.clip((points - start) @ along / length, 0, 1) if length > 0 else np.zeros(len(points))
    return np.hypot(*(points - start - t[:, None] * along).T)
