"""Columns of numbers that grow row by row and can be looked at from any distance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# The finest summary that is kept: smaller blocks are cheap enough to make when they are asked for.
BLOCK = 16
_QUIET: dict[str, Any] = {"over": "ignore", "invalid": "ignore"}


class Growing:
    """A float64 array whose last axis grows without being copied at every step.

    Parameters
    ----------
    shape : tuple of int
        The shape without the last axis.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._room = np.empty((*shape, 64))
        self._length = 0

    def __len__(self) -> int:
        return self._length

    @property
    def values(self) -> Floats:
        """What is there, of shape (…, length): a view that must not be written to."""
        return self._room[..., : self._length]

    def extend(self, values: Floats) -> None:
        """Add `values` of shape (…, n) at the end."""
        end = self._length + values.shape[-1]
        if end > self._room.shape[-1]:
            room = np.empty((*self._room.shape[:-1], max(end, 2 * self._room.shape[-1])))
            room[..., : self._length] = self.values
            self._room = room
        self._room[..., self._length : end] = values
        self._length = end


@dataclass(frozen=True)
class Thinned:
    """Some rows of a table, summarised in blocks.

    Attributes
    ----------
    rows_per_block : int
        1: the rows themselves.
    """

    rows_per_block: int
    _columns: tuple[str, ...]
    _values: Floats

    def low(self, name: str) -> Floats:
        """Return the smallest value of each block, NaN apart."""
        return self._values[0, self._columns.index(name)]

    def high(self, name: str) -> Floats:
        """Return the largest value of each block, NaN apart."""
        return self._values[1, self._columns.index(name)]

    def mean(self, name: str) -> Floats:
        """Return the mean of each block."""
        return self._values[2, self._columns.index(name)]


class Table:
    """Named columns of float64 that grow by rows.

    Beside the rows it keeps, for blocks of 16, 32, 64, … rows, their minimum, maximum and mean. Adding a row
    costs the same however many there are, and so does a summary of all of them to the width of a screen.
    """

    def __init__(self, columns: tuple[str, ...]) -> None:
        self.columns = columns
        self._place = {name: index for index, name in enumerate(columns)}
        self._rows = Growing((len(columns),))
        self._levels: list[Growing] = []

    def __len__(self) -> int:
        return len(self._rows)

    def append(self, row: Iterable[float]) -> None:
        """Add one row."""
        self.extend([tuple(row)])

    def extend(self, rows: Sequence[Sequence[float]]) -> None:
        """Add rows."""
        if not len(rows):
            return
        self._rows.extend(np.array(rows, float).T)
        self._summarize()

    def column(self, name: str) -> Floats:
        """Return a column of shape (rows,): a view that must not be written to."""
        return self._rows.values[self._place[name]]

    def thinned(self, start: int, stop: int, points: int) -> Thinned:
        """Summarise the rows from `start` to before `stop` in about `points` equal blocks, or fewer.

        Up to `points` rows are returned as they are. Blocks begin at multiples of their size, so they stay
        the same while the table grows; the last one may be short.
        """
        size = 1
        while (stop - start) > points * size:
            size *= 2
        if size == 1:
            rows = self._rows.values[:, start:stop]
            return Thinned(1, self.columns, np.broadcast_to(rows, (3, *rows.shape)))
        first, last = start // size, stop // size
        parts = [self._blocks(size, first, last)] if first < last else []
        if last * size < stop:
            tail = self._rows.values[:, last * size : stop]
            parts.append(_reduced(tail, tail.shape[1]))
        return Thinned(size, self.columns, np.concatenate(parts, axis=-1))

    def _blocks(self, size: int, first: int, last: int) -> Floats:
        """Return minimum, maximum and mean of some whole blocks, of shape (3, columns, last − first)."""
        if size < BLOCK:
            return _reduced(self._rows.values[:, first * size : last * size], size)
        return self._levels[(size // BLOCK).bit_length() - 1].values[..., first:last]

    def _summarize(self) -> None:
        """Bring the summaries up to date: each level is made of the one below it."""
        level, below, size = 0, self._rows.values, BLOCK
        while below.shape[-1] >= size:
            if level == len(self._levels):
                self._levels.append(Growing((3, len(self.columns))))
            here = self._levels[level]
            done, whole = len(here), below.shape[-1] // size
            if whole == done:
                return
            news = below[..., done * size : whole * size]
            here.extend(_reduced(news, size) if level == 0 else _halved(news))
            level, below, size = level + 1, here.values, 2


def _reduced(rows: Floats, size: int) -> Floats:
    """Return minimum, maximum and mean of every `size` rows: (columns, n · size) → (3, columns, n)."""
    blocks = rows.reshape(len(rows), -1, size)
    with np.errstate(**_QUIET):
        return np.stack([np.fmin.reduce(blocks, 2), np.fmax.reduce(blocks, 2), blocks.mean(2)])


def _halved(level: Floats) -> Floats:
    """Join every two neighbouring blocks: (3, columns, 2 n) → (3, columns, n)."""
    left, right = level[..., 0::2], level[..., 1::2]
    with np.errstate(**_QUIET):
        mean = left[2] / 2 + right[2] / 2
        return np.stack([np.fmin(left[0], right[0]), np.fmax(left[1], right[1]), mean])
