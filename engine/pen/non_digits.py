"""Drawings that are no digits, by kind: what people draw on a pad besides digits, and what tricks a network.

A network that has seen digits only is sure of everything: a square is a 0 to it. Whether it can say "this
may not be a digit" is measured on kinds of drawing that it was not fitted on, so drawings come in kinds
that can be held out whole. They are strokes drawn by the same hands as digits (`engine.pen.variation`):
neither tremor nor slant nor speed gives them away.

What somebody may have meant as a digit is left out: letters such as O and S, a plain upright line, a
circle, a zigzag of three lines, a square with corners so round that it is a circle.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np

from engine.errors import SettingError
from engine.pen.drawn import Strokes
from engine.pen.hands import digit_paths
from engine.pen.prototypes import Floats, prototype, smooth
from engine.pen.prototypes_signs import SIGNS
from engine.pen.variation import Hand, missed, written

Paths = list[Floats]
_Draw = Callable[[Hand, np.random.Generator], Paths]

_WORD_LETTERS = tuple(SIGNS["letters upper"].values()), tuple(SIGNS["letters lower"].values())
_TURN = 2 * np.pi
# How large a dot is, as a share of the pad, when the hand trembles while it is set.
_SPECK = 0.004, 0.02
_ALONG = np.linspace(0, 1, 14)[:, None]


def draw_non_digit(kind: str, rng: np.random.Generator, *, hand: Hand | None = None) -> Strokes:
    """Draw something that is no digit.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    rng : numpy.random.Generator
        The only source of chance: the same state gives the same drawing.
    hand : Hand, optional
        Whose hand; by default somebody's.

    Returns
    -------
    tuple of ndarray of shape (k, 3)
        x, y (down) on a pad of any size, and rising seconds.

    Raises
    ------
    SettingError
        When there is no such kind.
    """
    if kind not in _DRAWN_BY:
        raise SettingError(f"There is no kind of drawing called {kind!r}: choose from {', '.join(KINDS)}.")
    hand = hand or Hand.random(rng)
    extent = float(rng.uniform(*_SPECK)) if kind == "specks" else None
    return written(_DRAWN_BY[kind](hand, rng), hand, rng, extent=extent)


def _sign(kind: str, hand: Hand, rng: np.random.Generator) -> Paths:
    """Draw one of the letters, signs or pictures of a table; with its corners gone, a house would be a 0."""
    table = tuple(SIGNS[kind].values())
    return missed(prototype(table[rng.integers(len(table))]), replace(hand, softness=hand.softness / 2), rng)


def _arrow(hand: Hand, rng: np.random.Generator) -> Paths:
    """Draw an arrow to the right, left, upwards or downwards."""
    quarter = int(rng.integers(4))
    cosine, sine = (1, 0, -1, 0)[quarter], (0, 1, 0, -1)[quarter]
    turn = np.array([[cosine, sine], [-sine, cosine]], float)
    return [path @ turn for path in _sign("arrows", hand, rng)]


def _scribble(hand: Hand, rng: np.random.Generator) -> Paths:
    """Draw a smooth line to and fro, as when somebody tries a pen: places that lie near the ones before."""
    places = rng.normal(0, 1, (int(rng.integers(18, 36)), 2))
    near = rng.uniform(0.5, 0.8) ** np.arange(8)
    return [smooth(np.column_stack([np.convolve(places[:, axis], near, "valid") for axis in (0, 1)]))]


def _knot(hand: Hand, rng: np.random.Generator) -> Paths:
    """Draw a tangle: the pen goes from place to place in a small field, or round and round unevenly."""
    count = int(rng.integers(10, 26))
    if rng.random() < 0.5:
        return [smooth(rng.random((count, 2)))]
    angles = np.cumsum(rng.uniform(1.0, 2.6, count))
    radii = rng.uniform(0.25, 1, count)
    return [smooth(_polar(radii, angles) + rng.normal(0, 0.15, (count, 2)))]


def _hatching(hand: Hand, rng: np.random.Generator) -> Paths:
    """Draw to and fro in one stroke, or line beside line, as one fills an area."""
    count = int(rng.integers(6, 16))
    across = np.linspace(0, rng.uniform(0.5, 1.2), count)
    low, high = rng.normal(0, 0.06, count), 1 + rng.normal(0, 0.06, count)
    if rng.random() < 0.4:
        lower, upper = np.column_stack([across, low]), np.column_stack([across + 0.1, high])
        strokes = [_line(start, end) for start, end in zip(lower, upper, strict=True)]
    else:
        corners = np.column_stack([across, np.where(np.arange(count) % 2 == 0, low, high)])
        strokes = [smooth(corners) if rng.random() < 0.5 else _straight(corners)]
    turn = _turn(float(rng.uniform(0, _TURN)))
    return [stroke @ turn for stroke in strokes]


def _spiral(hand: Hand, rng: np.random.Generator) -> Paths:
    """Draw a spiral of more than two turns, round or angular, inwards or outwards."""
    turns = rng.uniform(2.3, 4.2)
    per_turn = 4 if rng.random() < 0.3 else int(rng.integers(8, 14))
    angles = np.arange(int(turns * per_turn)) * (_TURN / per_turn) + rng.uniform(0, _TURN)
    points = _polar(np.linspace(rng.uniform(0, 0.15), 1, len(angles)), angles * rng.choice((-1.0, 1.0)))
    return [_straight(points) if per_turn == 4 else smooth(points)]


def _wave(hand: Hand, rng: np.random.Generator) -> Paths:
    """Draw a zigzag, a wave, or loops in a row: five ups and downs at least."""
    count = int(rng.integers(5, 12))
    steep = rng.uniform(0.15, 0.9)
    if rng.random() < 0.35:
        angles = np.linspace(0, count * np.pi, 4 * count)
        return [smooth(np.column_stack([steep * angles / 3, np.zeros(len(angles))]) + 0.6 * _polar(1.0, angles))]
    ups = np.where(np.arange(count) % 2 == 0, 0.0, 1.0) + rng.normal(0, 0.08, count)
    corners = np.column_stack([np.arange(count) * steep, ups])
    if count > 6 and rng.random() < 0.15:
        corners = corners[:, ::-1]
    return [smooth(corners) if rng.random() < 0.5 else _straight(corners)]


def _square(hand: Hand, rng: np.random.Generator) -> Paths:
    """Draw a square, rectangle or diamond of any aspect, corners hard or a little soft, in one to four strokes."""
    half = np.exp(rng.normal(0, 0.25)) / 2
    corners = np.array([(-half, -0.5), (half, -0.5), (half, 0.5), (-half, 0.5)])
    if rng.random() < 0.15:
        corners = np.sqrt(2) * half * np.array([(0, -0.6 / half), (1, 0), (0, 0.6 / half), (-1, 0)])
        return _outline(corners, float(rng.uniform(0, 0.05)), rng)
    return _outline(corners, float(rng.uniform(0, 0.16)), rng)


def _triangle(hand: Hand, rng: np.random.Generator) -> Paths:
    """Draw a triangle standing on a side or a corner, with equal sides or without."""
    angles = np.array([0.75, 0.083, 0.417]) * _TURN + rng.normal(0, 0.25, 3) + rng.choice((0.0, 0.0, np.pi))
    corners = _polar(1.0, angles) * np.exp(rng.normal(0, 0.2, 2))
    return _outline(corners, float(rng.uniform(0, 0.1)), rng)


def _polygon(hand: Hand, rng: np.random.Generator) -> Paths:
    """Draw a shape of four to six sides that is no rectangle."""
    count = int(rng.integers(4, 7))
    if count == 4:
        lean, narrow = rng.uniform(0.3, 0.6) * rng.choice((-1, 1)), rng.uniform(0.4, 1)
        corners = np.array([(-narrow + lean, -0.6), (narrow + lean, -0.6), (1, 0.6), (-1, 0.6)])
    else:
        angles = (np.arange(count) + rng.choice((0, 0.5))) / count * _TURN - _TURN / 4
        corners = _polar(1.0, angles) * np.exp(rng.normal(0, 0.1, 2))
    return _outline(corners, float(rng.uniform(0, 0.04)), rng)


def _lines(hand: Hand, rng: np.random.Generator) -> Paths:
    """Draw two to five lines side by side, upright, lying or leaning; or a single line that lies."""
    count = int(rng.integers(1, 6))
    across = rng.uniform(0.18, 0.5) * np.arange(count)
    lower, upper = (np.column_stack([across, rng.normal(end, 0.05, count)]) for end in (0, 1))
    strokes = [_line(start, end) for start, end in zip(lower, upper, strict=True)]
    angle = rng.choice((0.0, np.pi / 2, np.pi / 4, -np.pi / 4)) if count > 1 else np.pi / 2
    turn = _turn(float(angle + rng.normal(0, 0.1)))
    return [stroke @ turn for stroke in strokes]


def _dots(hand: Hand, rng: np.random.Generator) -> Paths:
    """Draw one to nine dots here and there, in a row or as on dice; or short dashes."""
    count = int(rng.integers(2, 10))
    layout = rng.random()
    if layout < 0.15:
        return [rng.random((1, 2))]
    if layout < 0.4:
        places = np.column_stack([np.arange(count), rng.normal(0, 0.05, count)])[:, :: int(rng.choice((-1, 1)))]
    else:
        places = rng.permutation(np.stack(np.divmod(np.arange(9), 3), axis=1))[:count] + rng.normal(0, 0.12, (count, 2))
    length = rng.choice((0.0, 0.04, 0.12))
    return [_line(place, place + length * rng.normal(0, 1, 2)) if length else place[None] for place in places]


def _word(hand: Hand, rng: np.random.Generator) -> Paths:
    """Draw two to four letters side by side."""
    count = int(rng.integers(2, 5))
    letters = _WORD_LETTERS[int(rng.random() < 0.7)]
    drawn = [missed(prototype(letters[rng.integers(len(letters))]), hand, rng) for _ in range(count)]
    return _side_by_side(drawn, rng)


def _number(hand: Hand, rng: np.random.Generator) -> Paths:
    """Draw two or three digits squeezed into one image: a number, but not a digit."""
    count = 2 + int(rng.random() < 0.2)
    return _side_by_side([digit_paths(int(rng.integers(10)), hand, rng) for _ in range(count)], rng)


def _side_by_side(drawings: list[Paths], rng: np.random.Generator) -> Paths:
    """Put drawings in a row with small gaps."""
    placed, edge = [], 0.0
    for paths in drawings:
        left = min(float(path[:, 0].min()) for path in paths)
        right = max(float(path[:, 0].max()) for path in paths)
        shift = np.array([edge - left, rng.normal(0, 0.04)])
        placed += [path + shift for path in paths]
        edge += right - left + float(rng.uniform(0.1, 0.35))
    return placed


def _outline(corners: Floats, softness: float, rng: np.random.Generator) -> Paths:
    """Draw a closed shape in one or more strokes, from any corner, either way round.

    `softness` is the share of each side that a corner's rounding takes.
    """
    count = len(corners)
    order = (np.arange(count + 1) + rng.integers(count)) % count
    missed_by = rng.normal(0, 0.035, (count + 1, 2))
    missed_by[-1] += rng.normal(0, 0.02, 2)
    points = (corners[order] + missed_by)[:: int(rng.choice((-1, 1)))]
    lifts = np.flatnonzero(rng.random(count - 1) < rng.choice((0.0, 0.0, 0.4, 1.0))) + 1
    ends = [0, *lifts.tolist(), count]
    return [_rounded(points[a : b + 1], softness) for a, b in pairwise(ends)]


def _rounded(corners: Floats, softness: float) -> Floats:
    """Return a line through corners, each rounded over the given share of its sides."""
    path = _straight(corners, 40)
    reach = int(softness * 40)
    if reach < 1:
        return path
    window = np.full(2 * reach + 1, 1 / (2 * reach + 1))
    padded = np.concatenate([np.repeat(path[:1], reach, 0), path, np.repeat(path[-1:], reach, 0)])
    return np.column_stack([np.convolve(padded[:, axis], window, "valid") for axis in (0, 1)])


def _straight(corners: Floats, steps: int = 14) -> Floats:
    """Return closely spaced points along the straight lines from corner to corner."""
    at = np.linspace(0, len(corners) - 1, (len(corners) - 1) * steps + 1)
    return np.column_stack([np.interp(at, np.arange(len(corners)), corners[:, axis]) for axis in (0, 1)])


def _line(start: Floats, end: Floats) -> Floats:
    return start + _ALONG * (end - start)


def _polar(radii: Floats | float, angles: Floats) -> Floats:
    return np.column_stack([radii * np.cos(angles), radii * np.sin(angles)])


def _turn(angle: float) -> Floats:
    return np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])


_DRAWN_BY: dict[str, _Draw] = {
    "scribbles": _scribble,
    "knots": _knot,
    "hatching": _hatching,
    "spirals": _spiral,
    "waves": _wave,
    "squares": _square,
    "triangles": _triangle,
    "polygons": _polygon,
    "lines": _lines,
    "dots": _dots,
    "specks": _knot,
    "symbols": partial(_sign, "symbols"),
    "arrows": _arrow,
    "pictures": partial(_sign, "pictures"),
    "letters upper": partial(_sign, "letters upper"),
    "letters lower": partial(_sign, "letters lower"),
    "letters foreign": partial(_sign, "letters foreign"),
    "words": _word,
    "two digits": _number,
}

KINDS: tuple[str, ...] = tuple(_DRAWN_BY)
"""The kinds of drawing that are no digits; a whole kind can be held out of fitting."""
