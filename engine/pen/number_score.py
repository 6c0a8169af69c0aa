"""How well whole numbers are read: measured on numbers put together from the digits of writers who are new."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np

from engine.errors import DataError
from engine.pen.composed import Composed, GapClass, compose_number
from engine.pen.drawn import Drawn, Strokes
from engine.pen.number_answer import number_in
from engine.pen.numbers import Read, Remembered

_NORMAL_95 = 1.959964


@dataclass(frozen=True)
class Share:
    """How many of a number of trials came out right.

    Attributes
    ----------
    right, count : int
    """

    right: int
    count: int

    @property
    def share(self) -> float:
        """From 0 to 1; NaN without trials."""
        return self.right / self.count if self.count else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true share lies with a probability of 95 % (Wilson 1927); 0 to 1 without trials."""
        if not self.count:
            return 0.0, 1.0
        z, n = _NORMAL_95**2, self.count
        middle = (self.right + z / 2) / (n + z)
        half = _NORMAL_95 / (n + z) * math.sqrt(self.right * (n - self.right) / n + z / 4)
        return max(middle - half, 0.0), min(middle + half, 1.0)


@dataclass(frozen=True)
class NumberScore:
    """How numbers were read.

    Attributes
    ----------
    numbers : Share
        Of whole numbers of which every digit is right, and no digit too many or too few.
    divided : Share
        Of those with as many digits as were written.
    by_gap : dict of str to Share
        The same as `numbers`, for those that stand apart, are near, touch or are joined.
    on_square : Share
        The same as `numbers`, where no number is expected; see `engine.pen.number_answer.number_in`.
    singles_broken : Share
        Of single digits (`right` counts those) that were taken for numbers.
    """

    numbers: Share
    divided: Share
    by_gap: dict[GapClass, Share]
    on_square: Share
    singles_broken: Share

    @property
    def count(self) -> int:
        """How many numbers were read."""
        return self.numbers.count

    @property
    def right(self) -> float:
        """The share of numbers that were read wholly right."""
        return self.numbers.share

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true share lies with a probability of 95 %."""
        return self.numbers.interval


def measure_numbers(
    drawings: Sequence[Drawn], read: Read, count: int = 1000, seed: int = 0, length: int = 3, least: float = 0.0
) -> NumberScore:
    """Measure how a pad for numbers reads them.

    Parameters
    ----------
    drawings : sequence of Drawn
        Digits with labels, by writers whom the network has not seen. Each number is made of digits of one writer.
    read : callable
        As for `read_number`.
    count : int
        How many numbers; and at most how many single digits, which should stay single.
    seed : int
        Makes it repeatable.
    length : int
        Digits per number, at least two.
    least : float
        What has less digitness may be no digit, 0 to 1.

    Raises
    ------
    DataError
        When there is no drawing with a label, or nothing to measure.
    """
    known = [drawing for drawing in drawings if drawing.label is not None]
    if not known or count < 1 or length < 2:
        raise DataError("Numbers are measured on drawings with labels, and on at least one number of two digits.")
    rng = np.random.default_rng(seed)
    numbers = list(_numbers(known, rng, count, length))
    known_groups = Remembered(read)  # a number is asked for twice
    texts = [_text(number.strokes, known_groups, least) for number in numbers]
    square = [_text(number.strokes, known_groups, least, expects_number=False) for number in numbers]
    pairs = list(zip(numbers, texts, strict=True))
    picked = rng.permutation(len(known))[:count]
    broken = [bool(_text(known[index].strokes, read, least)) for index in picked]
    return NumberScore(
        _share([text == number.text for number, text in pairs]),
        _share([len(text) == len(number.text) for number, text in pairs]),
        {
            kind: _share([text == number.text for number, text in pairs if number.gap_class == kind])
            for kind in get_args(GapClass)
        },
        _share([text == number.text for number, text in zip(numbers, square, strict=True)]),
        _share(broken),
    )


def _numbers(known: list[Drawn], rng: np.random.Generator, count: int, length: int) -> list[Composed]:
    """Put numbers together; each writer is as likely as any other, and so is each digit of a writer."""
    by_writer: dict[str, dict[int, list[Drawn]]] = {}
    for drawing in known:
        by_writer.setdefault(drawing.writer, {}).setdefault(int(drawing.label or 0), []).append(drawing)
    writers = list(by_writer.values())
    numbers = []
    for _ in range(count):
        own = writers[rng.integers(len(writers))]
        labels = list(own)
        digits = [own[labels[rng.integers(len(labels))]] for _ in range(length)]
        numbers.append(compose_number([some[rng.integers(len(some))] for some in digits], rng))
    return numbers


def _text(strokes: Strokes, read: Read, least: float, *, expects_number: bool = True) -> str:
    reading = number_in(strokes, read, least, expects_number=expects_number)
    return reading.text if reading is not None else ""


def _share(right: list[bool]) -> Share:
    return Share(sum(right), len(right))
