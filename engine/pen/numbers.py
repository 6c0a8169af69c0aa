"""Whole numbers, written from left to right: which strokes, or parts of strokes, are a digit, and what it is.

Strokes are grouped by place and by time: the bar of a 7 that is drawn after the next digit still goes to the 7 it
lies over. Every group that may be a digit is read at once, and the division that fits best, by how surely its digits
are read and by how they stand beside each other, is the number (`engine.pen.number_ways`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError
from engine.ink.paths import evenly
from engine.pen.drawn import Strokes
from engine.pen.number_cuts import MOST_STROKES, Floats, checked_strokes, height_of_a_digit, rows_of
from engine.pen.number_ways import Candidates, best_way, digit_scores, pair_scores, with_strokes

Read = Callable[[list[Strokes]], tuple[Floats, Floats]]
"""Takes n drawings; returns calibrated shares of shape (n, 10) and digitness of shape (n,), both 0 to 1."""

MOST_CANDIDATES = 160
MOST_REMEMBERED = 512
_WHOLE = ((False, 6), (False, 3), (False, 2))
_CUT = ((True, 6), (True, 4), *_WHOLE)
_SURE, _LEAST_DIGITNESS, _WIDE_DIGIT = 0.9, 0.3, 1.2
_NARROW_DIGIT = 0.75
_OVER_IT, _CLOSE = 0.6, 0.05
_BLOT = 0.08


@dataclass(frozen=True, eq=False)
class DigitPart:
    """One digit of a number.

    Attributes
    ----------
    strokes : tuple of ndarray of shape (k, 3)
        What it was written with; parts of strokes where digits are joined.
    shares : ndarray of shape (10,)
        How likely each digit is, by its image and by the number of its strokes.
    digitness : float
        How surely it is a digit at all, 0 to 1.
    """

    strokes: Strokes
    shares: NDArray[np.float64]
    digitness: float

    @property
    def digit(self) -> int:
        """The first guess."""
        return int(self.shares.argmax())

    def weighed(self) -> DigitPart:
        """Return the same digit, its shares as of the image alone weighed by the number of strokes."""
        shares = with_strokes(self.shares[np.newaxis], np.array([len(self.strokes)]))[0]
        return replace(self, shares=shares, digitness=float(self.digitness))

    @cached_property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom, in the strokes' unit."""
        points = np.concatenate(self.strokes)[:, :2]
        (left, top), (right, bottom) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
        return left, top, right, bottom


@dataclass(frozen=True, eq=False)
class NumberReading:
    """A number as it was read.

    Attributes
    ----------
    digits : tuple of DigitPart
        From left to right, at least one.
    division : float
        The probability that the digits are divided as here, of all ways to divide them; 0 to 1.
    """

    digits: tuple[DigitPart, ...]
    division: float

    @property
    def text(self) -> str:
        """The digits, e.g. ``"2025"``."""
        return "".join(str(part.digit) for part in self.digits)

    @property
    def sure(self) -> float:
        """The probability that all of it is right: of the division and of every digit."""
        return self.division * math.prod(float(part.shares.max()) for part in self.digits)

    @property
    def single(self) -> bool:
        """Whether the drawing is one digit."""
        return len(self.digits) == 1


class Remembered:
    """Reads what it has not read before: while somebody writes on, most groups of strokes stay as they were.

    Parameters
    ----------
    read : callable
        Asked for the rest.
    """

    def __init__(self, read: Read) -> None:
        self._read = read
        self._known: dict[tuple[bytes, ...], tuple[NDArray[np.float64], float]] = {}

    def __call__(self, groups: list[Strokes]) -> tuple[Floats, Floats]:
        """Return shares and digitness of each group, as `Read` does."""
        keys = [tuple(stroke.tobytes() for stroke in group) for group in groups]
        new = {key: group for key, group in zip(keys, groups, strict=True) if key not in self._known}
        if new:
            found = dict(zip(new, zip(*self._read(list(new.values())), strict=True), strict=True))
            # The oldest go first; what was asked for now is put in again, and so stays.
            kept = {key: self._known.pop(key) for key in dict.fromkeys(keys) if key in self._known}
            self._known.update(kept | {key: (shares, float(digitness)) for key, (shares, digitness) in found.items()})
        answers = [self._known[key] for key in keys]
        for key in list(self._known)[: max(len(self._known) - MOST_REMEMBERED, 0)]:
            del self._known[key]
        return np.array([shares for shares, _ in answers]), np.array([digitness for _, digitness in answers])

    def forget(self) -> None:
        """Forget all answers, as when another network is to read."""
        self._known.clear()


def read_number(strokes: Sequence[NDArray], read: Read) -> NumberReading | None:
    """Read a number of one to twelve digits, or a single digit.

    Parameters
    ----------
    strokes : sequence of ndarray of shape (k, 3) or (k, 2)
        In the order of drawing: x to the right, y down, in any one unit, and seconds. Strokes that are tiny beside
        the others are blots and left out.
    read : callable
        Takes a list of groups of strokes and returns calibrated shares of shape (n, 10) and digitness of shape (n,).
        Asked once, or twice when digits seem joined; `Remembered` saves it from reading the same twice.

    Returns
    -------
    NumberReading or None
        None when nothing is drawn.

    Raises
    ------
    DataError
        When a stroke is not a list of finite points, or when there are more than 48 strokes beside each other.
    """
    drawn = _without_blots(checked_strokes(strokes))
    if not drawn:
        return None
    if is_one_digit(drawn):
        return NumberReading((_parts([drawn], read)[0].weighed(),), 1.0)
    if len(drawn) > MOST_STROKES:
        raise DataError(
            f"A number may have up to {MOST_STROKES} strokes, and this drawing has {len(drawn)}.",
            "Draw a shorter number, or one digit.",
        )
    return _divided(drawn, read)


def is_one_digit(strokes: Strokes) -> bool:
    """Return whether a drawing is one digit beyond doubt: narrow for its height, and its strokes over one another.

    What is not may be one all the same; `read_number` finds out.

    Parameters
    ----------
    strokes : tuple of ndarray of shape (k, 3)
        At least one.
    """
    left, right = np.array([(s[:, 0].min(), s[:, 0].max()) for s in strokes]).T
    if right.max() - left.min() > _NARROW_DIGIT * height_of_a_digit(strokes):
        return False
    # The widest stroke carries the others: each crosses it, or touches it and lies mostly over or under it.
    widest = int((right - left).argmax())
    overlap = np.minimum(right, right[widest]) - np.maximum(left, left[widest])
    if (overlap < _OVER_IT * (right - left)).any() or (overlap < 0).any():
        return False
    close = _CLOSE * height_of_a_digit(strokes)
    inks = evenly([stroke[:, :2] for stroke in strokes], close, 0.0)
    squares = [((ink[:, None] - inks[widest]) ** 2).sum(axis=2).min() for ink in inks]
    return max(squares) <= close**2


def _without_blots(strokes: Strokes) -> Strokes:
    """Leave out what is tiny for the height of the digits, whatever the size of the writing."""
    if not strokes:
        return strokes
    most = _BLOT * height_of_a_digit(strokes)
    return tuple(s for s in strokes if float(np.ptp(s[:, :2], axis=0).max()) > most) or strokes


def _divided(drawn: Strokes, read: Read) -> NumberReading:
    """Return the best number with whole strokes or, where that is doubtful, the best of which some are cut."""
    answers: dict[tuple, DigitPart] = {}
    whole = _best(_affordable(drawn, _WHOLE), answers, read)
    if not _doubtful(whole, height_of_a_digit(drawn)):
        return whole
    cut = _best(_affordable(drawn, _CUT), answers, read)
    return cut if cut.digits else whole


def _best(rows: list[Candidates], answers: dict[tuple, DigitPart], read: Read) -> NumberReading:
    """Read at once those candidates of all orders that have no answer yet, and return the best number."""
    wanted = {row.row.key(*group): row.row.group(*group) for row in rows for group in row.groups}
    new = [key for key in wanted if key not in answers]
    if new:
        answers.update(zip(new, _parts([wanted[key] for key in new], read), strict=True))
    _, reading = max((_best_of(row, answers) for row in rows), key=lambda found: found[0])
    return reading


def _parts(groups: list[Strokes], read: Read) -> list[DigitPart]:
    return [DigitPart(*one) for one in zip(groups, *read(groups), strict=True)]


def _best_of(candidates: Candidates, answers: dict[tuple, DigitPart]) -> tuple[float, NumberReading]:
    """Return the best number of one order, and its score."""
    parts = [answers[candidates.row.key(*group)] for group in candidates.groups]
    shares, digitness = np.array([part.shares for part in parts]), np.array([part.digitness for part in parts])
    digits = digit_scores(candidates.digit_features(), candidates.strokes(), shares, digitness)
    score, way, total = best_way(candidates, digits, pair_scores(candidates.pair_features()))
    division = math.exp(min(score - total, 0.0)) if way else 0.0
    return score, NumberReading(tuple(parts[index].weighed() for index in way), division)


def _doubtful(reading: NumberReading, height: float) -> bool:
    """Return whether a number may hold a stroke that covers two digits: something in it is read badly, or very wide."""
    wide = any(right - left > _WIDE_DIGIT * height for left, _, right, _ in (part.box for part in reading.digits))
    unlike = any(part.digitness < _LEAST_DIGITNESS for part in reading.digits)
    return wide or unlike or reading.sure < _SURE


def _affordable(drawn: Strokes, efforts: Sequence[tuple[bool, int]]) -> list[Candidates]:
    """Return the candidates in each order by the first effort that does not ask for too many."""
    found: list[Candidates] = []
    for cuts, most_pieces in efforts:
        found = [Candidates.of(row, most_pieces) for row in rows_of(drawn, cuts=cuts)]
        if sum(len(candidates.groups) for candidates in found) <= MOST_CANDIDATES:
            break
    return found
