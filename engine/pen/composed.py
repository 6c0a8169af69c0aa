"""Whole numbers put together from single digits, as one hand would write them side by side.

People's strokes of whole numbers, with the truth beside them, are rare; strokes of single digits are not.

The chance is laid out as follows, in heights of a digit. Every digit is made 1 high times ``exp(N(0, 0.1))``, stands
``N(0, 0.06)`` off a base line that itself rises or falls by ``N(0, 0.03)`` per unit, and keeps its slant. The gap is
the shortest way to the right from the ink of one digit to that of the next, so that slanting digits may reach over
one another as they do on paper. A number has one usual gap, even between -0.05 and 0.40, from which each of its gaps
departs by ``N(0, 0.05)``; besides, one gap in ten is drawn between -0.05 and 0.02, which is touching. One pair in
thirty is joined where that comes naturally: the pen goes on to the next digit without being lifted. The last
stroke of one digit in ten that has several comes late, after the next digit. Of numbers of three digits 42 % stand
apart, 21 % come near (below 0.15), 34 % touch or overlap, and 3 % are joined.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError
from engine.ink.paths import evenly
from engine.pen.drawn import Drawn, Stroke, Strokes

GapClass = Literal["apart", "near", "touching", "joined"]
TOUCHING, NEAR = 0.02, 0.15
"""Gaps up to the first touch, since a line has a width; up to the second they are near. In heights of a digit."""

_SIZE, _BASE_LINE, _RISE, _GAP = 0.1, 0.06, 0.03, 0.05
_WIDEST = 1.3
_BANDS = 16
_MOST_OVERLAP = 0.4
_PAUSE = 0.3
_PENS_SPEED = 4.0


@dataclass(frozen=True, eq=False)
class Composed:
    """A number put together, with the truth of it.

    Attributes
    ----------
    strokes : tuple of ndarray of shape (k, 3)
        In the order in which they were drawn; a digit is about 1 high.
    text : str
        The digits it is made of.
    gaps : tuple of float
        Between one digit and the next, in heights of a digit.
    joined : bool
        Whether the pen stayed down between two digits.
    owners : tuple of tuple of int
        For every stroke the places of the digits it belongs to: one, or more where digits are joined.
    """

    strokes: Strokes
    text: str
    gaps: tuple[float, ...]
    joined: bool
    owners: tuple[tuple[int, ...], ...]

    @property
    def gap_class(self) -> GapClass:
        """How its digits stand, by the narrowest gap."""
        if self.joined:
            return "joined"
        narrowest = min(self.gaps, default=1.0)
        return "touching" if narrowest <= TOUCHING else "near" if narrowest <= NEAR else "apart"


@dataclass
class _Part:
    """A stroke on its way into a number."""

    points: Stroke
    owners: tuple[int, ...]


def compose_number(
    digits: Sequence[Drawn],
    rng: np.random.Generator,
    *,
    gap: tuple[float, float] = (-0.05, 0.40),
    touching: float = 0.1,
    joined: float = 1 / 30,
    delayed: float = 0.1,
) -> Composed:
    """Put digits side by side, as a writer would.

    Parameters
    ----------
    digits : sequence of Drawn
        From left to right, with labels; best by one writer.
    rng : numpy.random.Generator
        The only source of chance.
    gap : pair of float
        Between which values the usual gap of a number lies, in heights of a digit; negative where inks overlap.
    touching : float
        The share of gaps between -0.05 and 0.02, besides those which come about by `gap`.
    joined : float
        The share of pairs that are written without lifting the pen, where the first ends in its right part and the
        next begins in its left part.
    delayed : float
        The share of digits of several strokes whose last stroke is drawn after the next digit.

    Raises
    ------
    DataError
        When there is no digit, or one has no label.
    """
    if not digits or any(digit.label is None for digit in digits):
        raise DataError("A number is put together from at least one digit, and every digit needs a label.")
    shapes = [_sized(digit.strokes, rng) for digit in digits]
    gaps = _gaps(len(digits) - 1, gap, touching, rng)
    placed = _placed(shapes, gaps, float(rng.normal(0, _RISE)))
    links = [bool(rng.random() < joined) and _joinable(*pair) for pair in itertools.pairwise(placed)]
    late = [bool(rng.random() < delayed) for _ in digits]
    parts = _ordered(placed, links, late)
    return Composed(
        _timed([part.points for part in parts]),
        "".join(str(digit.label) for digit in digits),
        tuple(gaps),
        any(links),
        tuple(part.owners for part in parts),
    )


def _sized(strokes: Strokes, rng: np.random.Generator) -> Strokes:
    """Make a digit about 1 high, its foot near y = 0 and its left edge at x = 0; what lies down is not made huge."""
    points = np.concatenate(strokes)[:, :2]
    low, high = points.min(axis=0), points.max(axis=0)
    width, height = high - low
    scale = np.exp(rng.normal(0, _SIZE)) / max(height, width / _WIDEST, 1e-9)
    shift = np.array([low[0], high[1]]), np.array([0.0, rng.normal(0, _BASE_LINE)])
    return tuple(np.column_stack([(s[:, :2] - shift[0]) * scale + shift[1], s[:, 2]]) for s in strokes)


def _gaps(count: int, gap: tuple[float, float], touching: float, rng: np.random.Generator) -> list[float]:
    usual = rng.uniform(*gap)
    gaps = np.clip(usual + rng.normal(0, _GAP, count), *gap)
    return np.where(rng.random(count) < touching, rng.uniform(-0.05, TOUCHING, count), gaps).tolist()


def _placed(shapes: list[Strokes], gaps: list[float], rise: float) -> list[Strokes]:
    """Move each digit behind the one before it."""
    placed = [shapes[0]]
    for shape, gap in zip(shapes[1:], gaps, strict=True):
        by = gap - clearance(placed[-1], shape)
        move = np.array([by, by * rise, 0.0])
        placed.append(tuple(stroke + move for stroke in shape))
    return placed


def clearance(left: Strokes, right: Strokes) -> float:
    """Return how far ink on the left is from ink on the right, going to the right, where they are closest.

    Parameters
    ----------
    left, right : sequence of ndarray of shape (k, 3)
        Two drawings about 1 high; negative when the right one must be moved to the right for the inks to part. Ink
        less than a sixteenth above or below counts too, and no more than 0.4 of the boxes may overlap at nought.
    """
    inks = [np.concatenate(evenly([s[:, :2] for s in strokes], 0.02, 0.0)) for strokes in (left, right)]
    boxes = float(inks[1][:, 0].min() - inks[0][:, 0].max())
    top = min(ink[:, 1].min() for ink in inks)
    edges = [_edge(ink, top, side) for ink, side in zip(inks, (1, -1), strict=True)]
    ways = [-edges[1][max(band - 1, 0) : band + 2].max() - edge for band, edge in enumerate(edges[0])]
    shortest = float(np.min(ways))
    return min(shortest, boxes + _MOST_OVERLAP)


def _edge(ink: NDArray[np.float64], top: float, side: int) -> NDArray[np.float64]:
    """Return the outermost x per band, times `side`; minus infinity where a band has no ink."""
    edge = np.full(2 * _BANDS, -np.inf)
    bands = np.minimum(((ink[:, 1] - top) * _BANDS).astype(int), 2 * _BANDS - 1)
    np.maximum.at(edge, bands, side * ink[:, 0])
    return edge


def _joinable(left: Strokes, right: Strokes) -> bool:
    """Say whether a pen would run on: it ends in the right part of one and begins in the left part of the next."""
    shares = []
    for strokes, point in ((left, left[-1][-1]), (right, right[0][0])):
        x = np.concatenate(strokes)[:, 0]
        shares.append((point[0] - x.min()) / max(np.ptp(x), 1e-9))
    return bool(shares[0] >= 0.4 and shares[1] <= 0.6)


def _ordered(placed: list[Strokes], links: list[bool], late: list[bool]) -> list[_Part]:
    """Return the strokes in the order of drawing: joined ones made one, late ones after the next digit."""
    parts: list[_Part] = []
    waiting: list[_Part] = []
    for place, strokes in enumerate(placed):
        own = [_Part(stroke, (place,)) for stroke in strokes]
        joins = place < len(links) and links[place]
        later = [own.pop()] if late[place] and len(own) > 1 and place < len(links) and not joins else []
        if place and links[place - 1]:
            before = parts.pop()
            own[0] = _Part(_linked(before.points, own[0].points), (*before.owners, place))
        # What is joined to the next stroke must stay the last.
        parts += [*waiting, *own] if joins else [*own, *waiting]
        waiting = later
    return parts


def _linked(left: Stroke, right: Stroke) -> Stroke:
    """Return one stroke of two, with the way between them."""
    steps = np.linspace(0, 1, 8)[1:-1, None]
    return np.concatenate([left, left[-1] + steps * (right[0] - left[-1]), right])


def _timed(strokes: list[Stroke]) -> Strokes:
    """Set a clock that runs on from stroke to stroke, each drawn as fast as before."""
    timed, now = [], 0.0
    for stroke in strokes:
        steps = np.diff(stroke[:, 2], prepend=stroke[0, 2])
        far = np.hypot(*np.diff(stroke[:, :2], axis=0, prepend=stroke[:1, :2]).T)
        # Where two strokes became one, their clocks do not fit together.
        steps = np.where((steps > 0) & (steps < 1.0), steps, far / _PENS_SPEED)
        times = now + np.cumsum(steps)
        timed.append(np.column_stack([stroke[:, :2], times]))
        now = float(times[-1]) + _PAUSE
    return tuple(timed)
