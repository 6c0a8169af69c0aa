"""What the table from weighted sums to shares says, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.arithmetic import figure
from engine.explanation.shares import Column
from gui.widgets.arithmetic_cells import sentence_of


@dataclass(frozen=True, eq=False)
class ShareCells:
    """Ten digits from weighted sums to shares, and the sums of the columns that are divided by them.

    Parameters
    ----------
    names : tuple of str
        What the ten classes are called.
    columns : tuple of Column
    temperature : float
    """

    names: tuple[str, ...]
    columns: tuple[Column, ...]
    temperature: float

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The name of each column, and what stands in it."""
        return (("", "The ten answers."), *((column.name, sentence_of(column.about)) for column in self.columns))

    @property
    def rows(self) -> int:
        """Ten, and the sums."""
        return len(self.names) + 1

    def text(self, row: int, column: int) -> str:
        """Return what stands in a cell."""
        if row == len(self.names):
            return self._sum(column)
        if column == 0:
            return self.names[row]
        value = float(self.columns[column - 1].values[row])
        return f"{100 * value:.2f} %" if column == len(self.columns) and np.isfinite(value) else figure(value)

    def _sum(self, column: int) -> str:
        if column == 0:
            return "Total"
        if column == len(self.columns):
            return "100 %" if np.isfinite(self.columns[-1].values).all() else "–"
        divided = self.columns[column]  # whose formula needs the sum of this one
        return "" if np.isnan(divided.total) else figure(divided.total)

    def sentence(self, row: int, column: int) -> str:
        """Return how the number in a cell comes about."""
        if row == len(self.names) or column == 0:
            return self._about_total(column) if row == len(self.names) else self._about_digit(row)
        shown = self.columns[column - 1]
        formula, value = shown.with_numbers(self.columns, row, self.temperature), figure(float(shown.values[row]))
        said = value if formula == value else f"{formula} = {value}"
        return f"{self.names[row]}: {said}. {sentence_of(shown.about)}"

    def _about_digit(self, row: int) -> str:
        share = self.text(row, len(self.columns))
        return f"{self.names[row]}: from a weighted sum of {self.text(row, 1)} to a share of {share}"

    def _about_total(self, column: int) -> str:
        text = self._sum(column)
        if column == 0 or not text:
            return "The sums of the columns, where the next step divides by them"
        return (
            f"{text}: all ten numbers above added up; the next step divides by it"
            if column < len(self.columns)
            else text
        )

    def part(self, row: int) -> float:
        """Return the share of a row, 0 to 1; 0 for the sums, and for what is no number."""
        return float(np.nan_to_num(self.columns[-1].values[row])) if row < len(self.names) else 0.0

    def sign(self, row: int, column: int) -> int:
        """Return nothing: shares speak for no one."""
        return 0

    def is_strong(self, row: int) -> bool:
        """Return whether a row is the answer."""
        shares = self.columns[-1].values
        return row < len(self.names) and bool(np.isfinite(shares).all() and shares.argmax() == row)

    def key(self, row: int) -> int:
        """Return the number of the digit."""
        return row
