"""The columns of numbers behind UNIPEN's ``.PEN_DOWN`` and ``.PEN_UP``."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.pen.reading import LARGEST, LATEST, legal, shown

NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?", re.ASCII)
"""A number as a pen file may write it."""


def table_of(body: str, channels: Sequence[str]) -> NDArray[np.float64] | None:
    """Return the points in `body`, one row each, (k, n), or None when a line of it is not legal.

    Parameters
    ----------
    body : str
        Lines of one point, or of several.
    channels : sequence of str
        The names of the n columns; ``X`` and ``Y`` are among them.
    """
    rows = [row for line in body.split("\n") if (row := line.split())]
    width = len(channels)
    values = _floats(rows, body)
    if values is None or any(length % width for length in set(map(len, rows))):
        return None
    table = values.reshape(-1, width)
    return table if legal(table, (channels.index("X"), channels.index("Y"))) else None


def complaint(body: str, channels: Sequence[str]) -> tuple[int, str]:
    """Return how many lines of a `body` that is not legal precede the first wrong one, and what is wrong with it."""
    width = len(channels)
    for number, line in enumerate(body.split("\n")):
        cells = line.split()
        if len(cells) % width or not line.isascii():
            return number, f"holds {shown(line)}; a point must have {width} numbers, {' '.join(channels)}"
        for channel, cell in zip(itertools.cycle(channels), cells, strict=False):
            limit = LARGEST if channel in ("X", "Y") else LATEST
            if not NUMBER.fullmatch(cell) or not abs(float(cell)) <= limit:
                return number, f"holds {shown(cell)} as {channel}; it must be a number within ±{limit:,.0f}"
    raise AssertionError("points were refused, but each of them is legal")


def _floats(rows: list[list[str]], body: str) -> NDArray[np.float64] | None:
    """Return all numbers of `rows`, or None when one of them is none."""
    if not body.isascii() or "_" in body:  # Python takes 1_000 and digits of other scripts for numbers
        return None
    try:
        return np.array(list(map(float, itertools.chain.from_iterable(rows))))
    except ValueError:
        return None
