"""How numbers, classes, shares and cells of the confusion matrix are said in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any

from numpy.typing import NDArray

from engine.datasets.dataset import DIGITS
from gui.theme import Theme

_ONE = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_MANY = ("zeros", "ones", "twos", "threes", "fours", "fives", "sixes", "sevens", "eights", "nines")


def percent(share: float, digits: int = 1) -> str:
    """Return a share from 0 to 1 as per cent, e.g. ``"97.9 %"``; a dash for NaN.

    What another digit would tell from all is not 100 %, and what it would tell from nothing is not 0 %.
    """
    if math.isnan(share):
        return "–"
    rounded, hair = round(100 * share, digits), 0.05 * 0.1 ** (digits + 2)
    if rounded >= 100 and share < 1 - hair:
        return f"> {100 - 0.1**digits:.{digits}f} %"
    if rounded == 0 and share >= hair:
        return f"< {0.1**digits:.{digits}f} %"
    return f"{100 * share:.{digits}f} %"


def counted(count: int, noun: str) -> str:
    """Return so many of something, e.g. ``"1 run"`` or ``"2,000 batches"``."""
    return f"{count:,} {noun}{'' if count == 1 else 'es' if noun.endswith('ch') else 's'}"


def after(step: int) -> str:
    """Return when something was so, e.g. ``"after 1 batch"``, ``"after 2,000 batches"`` or before the first one."""
    return f"after {counted(step, 'batch')}" if step else "before the first batch"


def shortened(words: str, longest: int) -> str:
    """Return words, or their beginning and an ellipsis where they are longer than so many letters."""
    return words if len(words) <= longest else f"{words[: longest - 1]}…"


def one(number: int, names: Sequence[str]) -> str:
    """Return what a single image of a class is called, e.g. ``"four"`` or ``"Shirt"``."""
    return _ONE[number] if tuple(names) == DIGITS else names[number]


def many(number: int, names: Sequence[str]) -> str:
    """Return what the images of a class are called, e.g. ``"fours"`` or ``"images of Shirt"``."""
    return _MANY[number] if tuple(names) == DIGITS else f"images of {names[number]}"


def some(count: int, number: int, names: Sequence[str]) -> str:
    """Return a number of images of a class, e.g. ``"23 fours"``, ``"1 four"`` or ``"1 image of Shirt"``."""
    if count == 1 and tuple(names) == DIGITS:
        return f"1 {_ONE[number]}"
    if count == 1:
        return f"1 image of {names[number]}"
    return f"{f'{count:,}' if count else 'no'} {many(number, names)}"


def cell_sentence(confusion: NDArray[Any], truth: int, answer: int, names: Sequence[str]) -> str:
    """Return what a cell of the confusion matrix says.

    Parameters
    ----------
    confusion : ndarray of shape (10, 10), int
        Row: the true class, column: the answer.
    truth, answer : int
        The cell.
    names : sequence of str
        One name per class.
    """
    count, total = int(confusion[truth, answer]), int(confusion[truth].sum())
    if total == 0:
        return f"There are no {many(truth, names)} among the test images."
    were = "was" if count == 1 else "were"
    read = "read right" if truth == answer else f"read as {one(answer, names)}"
    start = f"{some(count, truth, names)} {were} {read}"
    if count == 0:
        return f"{start[0].upper()}{start[1:]}."
    share = f"{100 * count / total:.2g} %" if count < 0.1 * total else percent(count / total)
    return f"{start}: {share} of all {many(truth, names)}."


def shares_table(title: str, shares: NDArray[Any], names: Sequence[str], look: Theme) -> str:
    """Return rich text with a title and a bar for each of the ten shares.

    Parameters
    ----------
    title : str
        The line above the bars.
    shares : ndarray of shape (10,)
        From 0 to 1.
    names : sequence of str
        One name per class.
    look : Theme
        The colours in use.
    """
    rows = []
    for name, share in zip(names, shares, strict=True):
        bar = f"<span style='color:{look.accent}'>{_blocks(float(share))}</span>"
        figure = percent(float(share))
        rows.append(f"<tr><td>{escape(name)}&nbsp;</td><td>{bar}</td><td align='right'>{figure}</td></tr>")
    return f"<p><b>{escape(title)}</b></p><table cellspacing='1'>{''.join(rows)}</table>"


def _blocks(share: float) -> str:
    """Return a bar of block characters, twelve for 1; rich text has no bars of its own that may be empty."""
    eighths = 0 if math.isnan(share) else round(96 * share)
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()
