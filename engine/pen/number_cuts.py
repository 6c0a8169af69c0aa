"""Where one digit of a number may end and the next begin: between strokes, and within one that covers two digits.

A drawing becomes a row of pieces from left to right; digits are runs of them. Most pieces are whole strokes. A stroke
that is wide for its height may be cut: at corners, and at straight ways to the right, which are left out as the
ligature between two joined digits; only where nearly everything before lies left of everything after.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError
from engine.ink.paths import LARGEST_COORDINATE
from engine.pen.drawn import Strokes

Floats = NDArray[np.float64]

MOST_STROKES = 48
MOST_CUTS = 4
"""Per stroke and height of its width."""
MOST_PIECES = 64
"""Where cuts would make more, nothing is cut."""
_CUT_ABOVE = 0.75
_SAMPLES, _SAMPLES_OF_CUT = 16, 96
_CORNER = 0.07
_LIGATURE = 0.2
_LEAST_HEIGHT = 0.45
_MOST_LEAN, _LEAN_STEP = 0.4, 0.05


@dataclass(frozen=True)
class Piece:
    """A part of a stroke that is not cut any further.

    Attributes
    ----------
    stroke : int
        Which stroke of the drawing.
    start, stop : int
        Its points are ``stroke[start:stop]``; empty where a digit cannot consist of it alone.
    """

    stroke: int
    start: int
    stop: int


@dataclass(frozen=True, eq=False)
class Row:
    """A drawing as pieces from left to right.

    Attributes
    ----------
    strokes : tuple of ndarray of shape (k, 3)
        What was drawn.
    pieces : tuple of Piece
        In reading order.
    upright : list of ndarray of shape (k, 2)
        Some points of each piece, slant taken back, in heights of a digit.
    links : list of ndarray of shape (2,)
        The way right and down from the end of each piece to the next of the same stroke; 0 where there is none.
    """

    strokes: Strokes
    pieces: tuple[Piece, ...]
    upright: list[Floats]
    links: list[Floats]

    @cached_property
    def boxes(self) -> Floats:
        """Left, top, right and bottom of each piece, shape (n, 4)."""
        return np.array([[*points.min(axis=0), *points.max(axis=0)] for points in self.upright])

    @cached_property
    def distances(self) -> Floats:
        """The shortest way from ink of each piece to ink of each other, shape (n, n)."""
        points = np.concatenate(self.upright)
        starts = np.cumsum([0, *(len(path) for path in self.upright[:-1])])
        squares = ((points[:, None] - points) ** 2).sum(axis=2)
        return np.sqrt(np.minimum.reduceat(np.minimum.reduceat(squares, starts, axis=0), starts, axis=1))

    def drawable(self, first: int, last: int) -> bool:
        """Return whether the pieces `first` to `last` have points, put together."""
        return all(stop > start for start, stop in self._spans(first, last).values())

    def group(self, first: int, last: int) -> Strokes:
        """Return the strokes of the pieces `first` to `last`, in the order of drawing.

        Pieces of one stroke that follow one another are put together, with the ligature between them.
        """
        spans = sorted(self._spans(first, last).items())
        return tuple(self.strokes[stroke][start:stop] for stroke, (start, stop) in spans)

    def key(self, first: int, last: int) -> tuple:
        """Return what tells the pieces `first` to `last` from all others of the same drawing."""
        return tuple(sorted(self._spans(first, last).items()))

    def _spans(self, first: int, last: int) -> dict[int, tuple[int, int]]:
        spans: dict[int, tuple[int, int]] = {}
        for piece in self.pieces[first : last + 1]:
            start, stop = spans.get(piece.stroke, (piece.start, piece.stop))
            spans[piece.stroke] = min(start, piece.start), max(stop, piece.stop)
        return spans


def checked_strokes(strokes: Sequence[NDArray]) -> Strokes:
    """Return the strokes that have points, each with times; where there are none, points are counted instead.

    Raises
    ------
    DataError
        When one is not a list of finite points.
    """
    checked = []
    for stroke in strokes:
        points = np.asarray(stroke, np.float64)
        if points.size == 0:
            continue
        if points.ndim != 2 or points.shape[1] not in (2, 3) or not (np.abs(points[:, :2]) <= LARGEST_COORDINATE).all():
            raise DataError("A stroke must be a list of finite points (x, y) or (x, y, time) within ±1,000,000,000.")
        checked.append(points if points.shape[1] == 3 else np.column_stack([points, np.arange(len(points)) / 100]))
    return tuple(checked)


def height_of_a_digit(strokes: Strokes) -> float:
    """Return how high the digits of a drawing are, as far as its strokes tell: the median of their heights.

    A stroke counts as much as it is high, since bars and hats say nothing. Positive, if anything is drawn at all.
    """
    sizes = np.array([np.ptp(stroke[:, :2], axis=0) for stroke in strokes])
    heights = np.sort(sizes[:, 1])
    if heights[-1] <= 0:
        return max(float(sizes.max()), 1e-12)
    middle = np.searchsorted(np.cumsum(heights), heights.sum() / 2)
    return max(float(heights[middle]), 0.2 * float(sizes[:, 0].max()), 1e-12)


def lean(strokes: Strokes) -> float:
    """Return how far upright lines go to the right per unit upwards: at most 0.4 either way, in steps of 0.05.

    In steps, so that a few points more seldom move the places where strokes may be cut.
    """
    ways = np.concatenate([np.diff(stroke[:, :2], axis=0) for stroke in strokes])
    x, y = ways[np.abs(ways[:, 1]) > np.abs(ways[:, 0])].T
    far = np.abs(y).sum()
    steepness = -float((np.sign(y) * x).sum() / far) if far > 0 else 0.0
    return round(float(np.clip(steepness, -_MOST_LEAN, _MOST_LEAN)) / _LEAN_STEP) * _LEAN_STEP


def rows_of(strokes: Strokes, *, cuts: bool = True) -> list[Row]:
    """Return the orders in which the pieces of a drawing may be read: by place and, if it differs, by time.

    By time, a stroke that was added to a digit later comes behind the digit it overlaps most.

    Parameters
    ----------
    strokes : tuple of ndarray of shape (k, 3)
        In the order of drawing, at least one.
    cuts : bool
        Whether strokes may be cut.
    """
    height, slope = height_of_a_digit(strokes), lean(strokes)
    upright = [np.column_stack([s[:, 0] + slope * s[:, 1], s[:, 1]]) / height for s in strokes]
    pieces, points, links = [], [], []
    reach = np.array([(path[:, 0].min(), path[:, 0].max()) for path in upright])
    whole = [[(0, len(path))] for path in upright]
    parts = [_spans(path, np.delete(reach, index, axis=0)) for index, path in enumerate(upright)] if cuts else whole
    for index, (path, spans) in enumerate(
        zip(upright, parts if sum(map(len, parts)) <= MOST_PIECES else whole, strict=True)
    ):
        for (start, stop), (resume, _) in zip(spans, [*spans[1:], (len(path), 0)], strict=True):
            pieces.append(Piece(index, start, stop))
            points.append(_some(path[min(start, stop - 1) : max(stop, start + 1)]))
            links.append(path[resume] - path[stop - 1] if resume < len(path) else np.zeros(2))
    by_place = _by_place(pieces, points)
    by_time = _by_time(pieces, points)
    orders = [by_place] if by_place == by_time else [by_place, by_time]
    return [
        Row(strokes, tuple(pieces[i] for i in order), [points[i] for i in order], [links[i] for i in order])
        for order in orders
    ]


def _some(path: Floats) -> Floats:
    """Return a few points of a path, evenly by number, with the outermost ones."""
    if len(path) <= _SAMPLES:
        return path
    rows = {*np.linspace(0, len(path) - 1, _SAMPLES - 4).astype(int), *path.argmin(axis=0), *path.argmax(axis=0)}
    return path[sorted(rows)]


def _by_place(pieces: list[Piece], points: list[Floats]) -> list[int]:
    """Return the order from left to right by the middles; pieces of one stroke keep theirs."""
    keys: list[tuple[float, int]] = []
    furthest: dict[int, float] = {}
    for index, (piece, path) in enumerate(zip(pieces, points, strict=True)):
        middle = float(path[:, 0].min() + path[:, 0].max()) / 2
        furthest[piece.stroke] = max(furthest.get(piece.stroke, -np.inf), middle)
        keys.append((furthest[piece.stroke], index))
    return [index for _, index in sorted(keys)]


def _by_time(pieces: list[Piece], points: list[Floats]) -> list[int]:
    """Return the order of drawing, with what goes back to the left moved behind what it overlaps most."""
    order: list[int] = []
    for index, path in enumerate(points):
        place = len(order)
        if (
            order
            and path[:, 0].max() < points[order[-1]][:, 0].max()
            and pieces[order[-1]].stroke != pieces[index].stroke
        ):
            overlaps = [_overlap(path, points[other]) for other in order]
            place = int(np.argmax(overlaps)) + 1
        order.insert(place, index)
    return order


def _overlap(one: Floats, other: Floats) -> float:
    return float(min(one[:, 0].max(), other[:, 0].max()) - max(one[:, 0].min(), other[:, 0].min()))


def _spans(path: Floats, others: Floats) -> list[tuple[int, int]]:
    """Return the start and stop of each piece of a stroke; `others` holds the left and right of all other strokes."""
    width = float(np.ptp(path[:, 0]))
    chosen = _cuts(path, others, max(2, round(MOST_CUTS * width))) if width > _CUT_ABOVE else []
    starts = [0, *(resume for _, resume in chosen)]
    stops = [*(stop + 1 for stop, _ in chosen), len(path)]
    return list(zip(starts, stops, strict=True))


def _cuts(path: Floats, others: Floats, most: int) -> list[tuple[int, int]]:
    """Return where a stroke may be cut: the last point of one digit and the first of the next."""
    rows = _sampled(path)
    few = path[rows]
    left, right = np.maximum.accumulate(few[:, 0]), np.minimum.accumulate(few[::-1, 0])[::-1]
    corners = _corners(few)
    ways = [(a, b) for a, b in itertools.pairwise(corners) if few[b, 0] - few[a, 0] > 0]
    ways = [(a, b) for a, b in ways if np.hypot(*(few[b] - few[a])) >= _LIGATURE]
    ranked = []
    for stop, resume in [*ways, *((corner, corner) for corner in corners)]:
        one, two = few[: stop + 1], few[resume:]
        narrower = min(np.ptp(one[:, 0]), np.ptp(two[:, 0]))
        overlap = left[stop] - right[resume]
        if overlap <= 0.5 * narrower + 0.05 and _may_be_of_a_digit(one, others) and _may_be_of_a_digit(two, others):
            ranked.append((overlap - 0.2 * (resume > stop), stop, resume))
    return sorted((int(rows[stop]), int(rows[resume])) for _, stop, resume in sorted(ranked)[:most])


def _may_be_of_a_digit(part: Floats, others: Floats) -> bool:
    """Return whether a part of a stroke is high enough, or a bar over or under another stroke."""
    left, right = part[:, 0].min(), part[:, 0].max()
    if np.ptp(part[:, 1]) >= _LEAST_HEIGHT:
        return True
    overlap = np.minimum(right, others[:, 1]) - np.maximum(left, others[:, 0])
    return bool(right - left >= _LIGATURE and (overlap >= 0.5 * (right - left)).any())


def _sampled(path: Floats) -> NDArray[np.intp]:
    """Return the numbers of at most 96 points at about even distances."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])
    steps = np.linspace(0, along[-1], min(_SAMPLES_OF_CUT, len(path)))
    return np.unique(np.minimum(np.searchsorted(along, steps), len(path) - 1))


def _corners(path: Floats) -> list[int]:
    """Return the inner corners of the polygon that stays close to a path (Douglas, Peucker 1973)."""
    open_spans, kept = [(0, len(path) - 1)], []
    while open_spans:
        first, last = open_spans.pop()
        if last - first < 2:
            continue
        way = path[last] - path[first]
        off = path[first + 1 : last] - path[first]
        length = float(np.hypot(*way))
        distance = np.abs(off @ (-way[1], way[0])) / length if length > 0 else np.hypot(*off.T)
        far = int(distance.argmax())
        if distance[far] > _CORNER:
            kept.append(first + 1 + far)
            open_spans += [(first, first + 1 + far), (first + 1 + far, last)]
    return sorted(kept)
