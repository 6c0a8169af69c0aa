"""What is said of a drawing: a sign in large type and the lines beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.reader import Reading
from gui.widgets.shares import best_two
from gui.widgets.wording import percent

_WORTH_A_NAME = 0.005  # what rounds to 1 %; which class has the most of nearly nothing is chance


@dataclass(frozen=True)
class Answer:
    """What is said.

    Attributes
    ----------
    sign : str
        The first guess; ``"?"`` when there is none.
    lines : tuple of three str
        What stands beside it, most important first; may be empty.
    tone : {"sure", "unsure", "none"}
        How it is said.
    """

    sign: str
    lines: tuple[str, str, str]
    tone: Literal["sure", "unsure", "none"]


NOTHING = Answer("?", ("Nothing is drawn yet.", "Draw, or press E for a test image.", ""), "none")


def digit_answer(reading: Reading | None, note: str = "") -> Answer:
    """Return what is said of a single digit; `note` is a remark on it."""
    if reading is None:
        return NOTHING
    guesses = best_two(reading.shares)
    if guesses is None:
        return Answer("?", ("No answer:", "all ten outputs are equal.", note), "none")
    first, second = ((reading.names[guess], float(reading.shares[guess])) for guess in guesses)
    if reading.verdict == "no digit":
        return Answer("?", ("This may not be a digit.", f"closest to {first[0]}", note), "none")
    if reading.verdict == "unsure":
        both = f"{first[0]} {percent(first[1], 0)}, {second[0]} {percent(second[1], 0)}"
        sign = f"{first[0]}?" if len(first[0]) == 1 else first[0]
        return Answer(sign, (reading.words.capitalize() if len(first[0]) == 1 else reading.words, both, note), "unsure")
    other = f"or {second[0]}, {percent(second[1], 0)}" if second[1] >= _WORTH_A_NAME else "nothing else reaches 1 %"
    return Answer(first[0], (reading.words, other, note), "sure")


def number_answer(signs: tuple[str, ...], sure: float, note: str = "") -> Answer:
    """Return what is said of a whole number.

    Parameters
    ----------
    signs : tuple of str
        What each digit is read as; ``"4?"`` where that is not sure, ``"?"`` where it may be none.
    sure : float
        How surely all of it is right, 0 to 1.
    note : str
        A remark.
    """
    number = "".join(sign[0] for sign in signs)
    words = "over 99 % sure" if sure >= 0.995 else f"{percent(sure, 0)} sure"
    doubts = [place for place, sign in enumerate(signs, start=1) if len(sign) > 1 or sign == "?"]
    if not doubts:
        return Answer(number, (words, f"{len(signs)} digits; point at one", note), "sure")
    which = f"digit {doubts[0]} unsure" if len(doubts) == 1 else f"{len(doubts)} are unsure"
    return Answer(number, (words, which, note), "unsure")
