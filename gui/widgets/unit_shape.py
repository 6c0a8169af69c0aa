"""How the numbers of a unit lie in a picture: one image, or a square per map that the unit sees."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.layers.layer import Shape
from gui.widgets.weight_colors import GAP, LINE

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class UnitShape:
    """The numbers of a unit, in the order (row, column, channel), as squares side by side.

    Attributes
    ----------
    height, width : int
        Of each square, in cells.
    channels : int
        How many squares there are. Numbers without a place of their own are squares of one cell.
    """

    height: int
    width: int
    channels: int = 1

    @classmethod
    def of(cls, shape: Shape) -> UnitShape:
        """Return the shape of inputs of shape (height, width), (height, width, channels) or (inputs,)."""
        return cls(1, 1, shape[0]) if len(shape) == 1 else cls(*shape)

    def __str__(self) -> str:
        return f"{self.height} × {self.width}"

    @property
    def count(self) -> int:
        """How many numbers a unit has."""
        return self.height * self.width * self.channels

    @property
    def is_row(self) -> bool:
        """Whether the numbers have no place in an image."""
        return self.height == self.width == 1

    @property
    def has_squares(self) -> bool:
        """Whether there is a square for each of several maps."""
        return self.channels > 1 and not self.is_row

    @property
    def square(self) -> str:
        """Which square belongs to which map, e.g. ``"Square 12 is input map 12."``; empty without squares."""
        number = min(self.channels, 12)
        return f"Square {number} is input map {number}." if self.has_squares else ""

    @property
    def across(self) -> int:
        """How many squares stand in a row."""
        return ceil(sqrt(self.channels))

    @property
    def down(self) -> int:
        """How many rows of squares there are."""
        return ceil(self.channels / self.across)

    def size(self, times: int) -> tuple[int, int]:
        """Return height and width of a picture with cells of `times` x `times` pixels."""
        tile, gap = self._tile(times), self._gap(times)
        return self.down * tile[0] - gap, self.across * tile[1] - gap

    def fitting(self, height: int, width: int) -> int:
        """Return how many pixels a cell may have at most so that the picture fits, and at least 1."""
        times = max(min(height // (self.down * self.height), width // (self.across * self.width)), 1)
        while times > 1 and not (self.size(times)[0] <= height and self.size(times)[1] <= width):
            times -= 1
        return times

    def pictures(self, values: Bytes, times: int) -> Bytes:
        """Return bytes of shape (numbers, units) as pictures of shape (units, *size(times))."""
        units, gap, (tile_height, tile_width) = values.shape[1], self._gap(times), self._tile(times)
        squares = values.reshape(self.height, self.width, self.channels, units).transpose(3, 2, 0, 1)
        if times > 1:
            squares = squares.repeat(times, axis=2).repeat(times, axis=3)
        if self.channels == 1:
            return squares[:, 0]
        slots = np.full((units, self.down * self.across, tile_height, tile_width), GAP, np.uint8)
        slots[:, : self.channels] = LINE
        slots[:, : self.channels, : tile_height - gap, : tile_width - gap] = squares
        grid = slots.reshape(units, self.down, self.across, tile_height, tile_width).swapaxes(2, 3)
        height, width = self.size(times)
        return grid.reshape(units, self.down * tile_height, self.across * tile_width)[:, :height, :width]

    def at(self, y: float, x: float, times: int) -> int | None:
        """Return which number is drawn at a place in the picture, in pixels; None where there is none."""
        (height, width), (tile_height, tile_width) = self.size(times), self._tile(times)
        if not (0 <= y < height and 0 <= x < width):
            return None
        (down, inside_y), (across, inside_x) = divmod(int(y), tile_height), divmod(int(x), tile_width)
        channel = down * self.across + across
        row, column = min(inside_y // times, self.height - 1), min(inside_x // times, self.width - 1)
        return (row * self.width + column) * self.channels + channel if channel < self.channels else None

    def words(self, number: int) -> str:
        """Return where a number belongs, e.g. ``"row 3, column 4"`` or ``"input map 2, row 3, column 4"``."""
        place, channel = divmod(number, self.channels)
        row, column = divmod(place, self.width)
        if self.is_row:
            return f"input {channel + 1}"
        within = f"input map {channel + 1}, " if self.channels > 1 else ""
        return f"{within}row {row + 1}, column {column + 1}"

    def _gap(self, times: int) -> int:
        return max(times // 4, 1) if self.has_squares else 0

    def _tile(self, times: int) -> tuple[int, int]:
        return self.height * times + self._gap(times), self.width * times + self._gap(times)


def cells(values: NDArray[Any]) -> NDArray[Any]:
    """Return an array of shape (…, units) as one of shape (numbers, units)."""
    return values.reshape(-1, values.shape[-1])
