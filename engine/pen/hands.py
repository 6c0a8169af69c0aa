"""Digits as people write them, drawn by chance: many manners of writing, and a hand that varies each.

A network that has seen one school's handwriting reads that school. These drawings are strokes through
points of the project's own making (`engine.pen.prototypes_digits`), with and without serifs, loops,
crossbars and feet, in one stroke or two, varied as hands vary them (`engine.pen.variation`).
"""

from __future__ import annotations

import numpy as np

from engine.errors import SettingError
from engine.pen.drawn import Strokes
from engine.pen.prototypes import Floats, prototype
from engine.pen.prototypes_digits import DIGITS
from engine.pen.variation import Hand, missed, written

MANNERS: dict[int, tuple[str, ...]] = {digit: tuple(manners) for digit, manners in DIGITS.items()}
"""For every digit the names of the manners in which people write it."""


def draw_digit(digit: int, rng: np.random.Generator, manner: str | None = None, *, hand: Hand | None = None) -> Strokes:
    """Draw a digit.

    Parameters
    ----------
    digit : int
        0 to 9.
    rng : numpy.random.Generator
        The only source of chance: the same state gives the same drawing.
    manner : str, optional
        One of `MANNERS[digit]`; by default any of them, all alike likely.
    hand : Hand, optional
        Whose hand; by default somebody's.

    Returns
    -------
    tuple of ndarray of shape (k, 3)
        x, y (down) on a pad of any size, and rising seconds.

    Raises
    ------
    SettingError
        When there is no such digit or manner.
    """
    hand = hand or Hand.random(rng)
    return written(digit_paths(digit, hand, rng, manner), hand, rng)


def digit_paths(digit: int, hand: Hand, rng: np.random.Generator, manner: str | None = None) -> list[Floats]:
    """Return the curves of a digit about 1 high, before a pen has run along them.

    Parameters
    ----------
    digit : int
        0 to 9.
    hand : Hand
        Whose hand.
    rng : numpy.random.Generator
        The only source of chance.
    manner : str, optional
        One of `MANNERS[digit]`; by default any of them.

    Returns
    -------
    list of ndarray of shape (k, 2)
        One per stroke.

    Raises
    ------
    SettingError
        When there is no such digit or manner.
    """
    manners = DIGITS.get(digit)
    if manners is None:
        raise SettingError(f"There is no digit {digit}: it must be 0 to 9.")
    if manner is None:
        manner = MANNERS[digit][rng.integers(len(manners))]
    if manner not in manners:
        raise SettingError(f"Nobody writes {digit} in the manner {manner!r}: choose from {', '.join(manners)}.")
    return missed(prototype(manners[manner]), hand, rng)
