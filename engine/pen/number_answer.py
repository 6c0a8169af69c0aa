"""What a pad answers to strokes: a number, or one thing that is to be read as a whole.

Every drawing of several strokes can be divided somehow, and two crossed lines look like two digits each by itself. A
division is believed only where its parts are digits, and where they stand beside each other as digits of a number do.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from engine.pen.drawn import Strokes
from engine.pen.number_cuts import MOST_STROKES, lean
from engine.pen.numbers import NumberReading, Read, is_one_digit, read_number

# In heights of the highest digit. Of numbers put together from 30 people's digits one in a hundred goes beyond.
_FOOT_APART, _HEAD_APART = 0.45, 0.6
_SURE = 0.6


@dataclass(frozen=True)
class _Limits:
    """What a division may look like.

    Attributes
    ----------
    digits : float
        At most so many.
    lean : float
        How far upright lines may differ in their lean, to the right per unit upwards: the sides of a V are no 11.
    height : float
        How high the lowest may be, in heights of the highest.
    overlap : float
        How much of the narrower of two neighbours may lie over or under the other.
    overlap_height : float
        How far two neighbours may reach over each other, in heights of the highest digit.
    refused : float
        Less than this share of the parts may be no digits.
    """

    digits: float
    lean: float
    height: float
    overlap: float
    overlap_height: float
    refused: float


_STRICT = _Limits(digits=6, lean=0.35, height=0.65, overlap=0.75, overlap_height=0.4, refused=1e-9)
_LOOSE = _Limits(digits=np.inf, lean=0.5, height=0.5, overlap=np.inf, overlap_height=0.45, refused=0.5)


def number_in(strokes: Strokes, read: Read, least: float, *, expects_number: bool = False) -> NumberReading | None:
    """Return the number that a pad takes strokes for.

    Parameters
    ----------
    strokes : tuple of ndarray of shape (k, 3)
        As for `engine.pen.numbers.read_number`.
    read : callable
        As for `engine.pen.numbers.read_number`.
    least : float
        What has less digitness may be no digit, 0 to 1.
    expects_number : bool
        Whether the pad is made for numbers: then digits may reach over each other, fewer than half of them may be
        illegible, and a single stroke may be several digits. Else a number is believed only without such doubts, and
        where the whole is not as good a digit.

    Returns
    -------
    NumberReading or None
        At least two digits; None when the strokes are to be read as one thing, which may be a digit or not.

    Raises
    ------
    DataError
        When a stroke is not a list of finite points, or when there are more than 48 beside each other where a number
        is expected.
    """
    if is_one_thing(strokes, expects_number=expects_number):
        return None
    found = read_number(strokes, read)
    if found is None or found.single or not _believed(found, least, _LOOSE if expects_number else _STRICT):
        return None
    return found if expects_number or not _better_whole(strokes, found, read, least) else None


def is_one_thing(strokes: Strokes, *, expects_number: bool = False) -> bool:
    """Return whether strokes are one thing without their being read: see `number_in`."""
    if not expects_number and not 1 < len(strokes) <= MOST_STROKES:
        return True
    return not strokes or is_one_digit(strokes)


def _believed(found: NumberReading, least: float, limits: _Limits) -> bool:
    refused = np.mean([part.digitness < least for part in found.digits])
    if refused >= limits.refused or len(found.digits) > limits.digits:
        return False
    leans = [lean(part.strokes) for part in found.digits if part.digit == 1]
    return max(leans, default=0.0) - min(leans, default=0.0) <= limits.lean and _side_by_side(found, limits)


def _side_by_side(found: NumberReading, limits: _Limits) -> bool:
    """Return whether the digits are about as high as each other, on one line, and one after the other."""
    boxes = np.array([part.box for part in found.digits])
    heights = boxes[:, 3] - boxes[:, 1]
    height = max(float(heights.max()), 1e-12)
    if heights.min() < limits.height * height:
        return False
    if np.ptp(boxes[:, 1]) > _HEAD_APART * height or np.ptp(boxes[:, 3]) > _FOOT_APART * height:
        return False
    for one, two in pairwise(boxes):
        over = min(one[2], two[2]) - max(one[0], two[0])
        narrower = min(one[2] - one[0], two[2] - two[0])
        if over > limits.overlap_height * height or over > limits.overlap * max(narrower, 1e-12):
            return False
    return True


def _better_whole(strokes: Strokes, found: NumberReading, read: Read, least: float) -> bool:
    """Return whether the whole is surely one digit, and more like one than some part is."""
    shares, digitness = read([strokes])
    parts = min(part.digitness for part in found.digits)
    return bool(digitness[0] >= max(least, parts) and shares[0].max() >= _SURE)
