"""What the tables of the arithmetic page say, cell by cell, and how each cell is explained."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.arithmetic import OUTSIDE, Step, Working, bracketed, figure
from gui.widgets.arithmetic_words import WorkedLayer

Order = NDArray[np.intp]


class Cells(Protocol):
    """The content of a table of numbers."""

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The name of each column, and what stands in it."""

    @property
    def rows(self) -> int:
        """How many rows there are."""

    def text(self, row: int, column: int) -> str:
        """Return what stands in a cell."""

    def sentence(self, row: int, column: int) -> str:
        """Return how the number in a cell comes about, with its numbers."""

    def sign(self, row: int, column: int) -> int:
        """Return 1 for a cell that is to be orange, −1 for a blue one, 0 for others."""

    def is_strong(self, row: int) -> bool:
        """Return whether a row is a result."""

    def key(self, row: int) -> int:
        """Return by what a row is found again when there are others."""


_FROM = ("Input", "Where the number comes from.")
_VALUE = ("Value", "The input itself.")
_WEIGHT = ("Weight", "What the unit multiplies it by.")
_PRODUCT = ("Product", "Value × weight: orange speaks for the unit, blue against it.")
_RUNNING = ("So far", "All products from the top to here, added up.")


@dataclass(frozen=True, eq=False)
class TermCells:
    """The inputs of one output: first those that are not 0, then a row for all that are.

    Parameters
    ----------
    layer : WorkedLayer
    working : Working
    by_strength : bool
        Whether the strongest products come first; else they come as they lie in the image.
    """

    layer: WorkedLayer
    working: Working
    by_strength: bool = True
    order: Order = field(init=False)
    running: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        """Sort the terms and add them up."""
        working, products = self.working, self.working.products
        lit = np.flatnonzero(working.inputs != 0) if working.kind == "sum" else np.arange(len(products))
        order = lit[np.argsort(-np.abs(products[lit]), kind="stable")] if self.by_strength else lit
        object.__setattr__(self, "order", order)
        with np.errstate(all="ignore"):
            object.__setattr__(self, "running", np.cumsum(products[order]))

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The name of each column, and what stands in it."""
        return {
            "sum": (_FROM, _VALUE, _WEIGHT, _PRODUCT, _RUNNING),
            "mean": (_FROM, _VALUE, _RUNNING),
        }.get(self.working.kind, (_FROM, _VALUE))

    @property
    def silent(self) -> int:
        """How many inputs are 0 and not listed."""
        return len(self.working.inputs) - len(self.order)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.order) + (self.silent > 0)

    def text(self, row: int, column: int) -> str:
        """Return what stands in a cell."""
        if row == len(self.order):
            return self._of_silent(column)
        term, name = self.order[row], self.headers[column][0]
        if name == _FROM[0]:
            return self.layer.input_short(int(self.working.numbers[term]))
        return figure(self._value(row, name))

    def _value(self, row: int, name: str) -> float:
        term, working = self.order[row], self.working
        return float(
            {
                _VALUE[0]: working.inputs[term],
                _WEIGHT[0]: working.weights[term],
                _PRODUCT[0]: working.inputs[term] * working.weights[term],
                _RUNNING[0]: self.running[row],
            }[name]
        )

    def _of_silent(self, column: int) -> str:
        name = self.headers[column][0]
        if name == _FROM[0]:
            return f"{self.silent:,} others"
        return {_WEIGHT[0]: "any", _RUNNING[0]: figure(self._end)}.get(name, "0")

    @property
    def _end(self) -> float:
        return float(self.running[-1]) if len(self.running) else 0.0

    def sentence(self, row: int, column: int) -> str:
        """Return how the number in a cell comes about, with its numbers."""
        if row == len(self.order):
            return self._about_silent()
        term, name = self.order[row], self.headers[column][0]
        value, weight = float(self.working.inputs[term]), float(self.working.weights[term])
        called = self.layer.input_called(int(self.working.numbers[term]))
        if name == _WEIGHT[0]:
            return f"{figure(weight)}: the weight that was learned for {_the(called)}"
        if name == _PRODUCT[0]:
            return f"{figure(value)} × {figure(weight)} = {figure(value * weight)}: {called}"
        if name == _RUNNING[0]:
            before = float(self.running[row - 1]) if row else 0.0
            said = f"{figure(before)} + {bracketed(float(self.working.products[term]))} = {figure(self.running[row])}"
            return f"{said}: the first {row + 1:,} of {len(self.order):,} added up" if row else f"{said}: the first"
        largest = self.working.kind == "largest" and value == self.working.value
        return f"{figure(value)}: {called}{', the largest' if largest else ''}"

    def _about_silent(self) -> str:
        total, outside = len(self.working.inputs), int((self.working.numbers == OUTSIDE).sum())
        padding = f", {outside:,} of them padding" if outside else ""
        return f"{self.silent:,} of {total:,} inputs are 0{padding}: 0 × any weight = 0, so they add nothing"

    def sign(self, row: int, column: int) -> int:
        """Return the sign of a product."""
        if row == len(self.order) or self.headers[column] != _PRODUCT:
            return 0
        value = self._value(row, _PRODUCT[0])
        return (value > 0) - (value < 0)

    def is_strong(self, row: int) -> bool:
        """Return whether a row is the largest of a window."""
        return (
            row < len(self.order)
            and self.working.kind == "largest"
            and self.working.inputs[self.order[row]] == self.working.value
        )

    def key(self, row: int) -> int:
        """Return the number of the term."""
        return int(self.order[row]) if row < len(self.order) else -1


@dataclass(frozen=True, eq=False)
class StepCells:
    """What follows the inputs: bias, weighted sum, activation."""

    steps: tuple[Step, ...]
    headers: ClassVar[tuple[tuple[str, str], ...]] = (
        ("Step", "What is done with what came before."),
        ("How", "The same with its numbers."),
        ("Gives", "What it gives; the last one is the output."),
    )

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.steps)

    def text(self, row: int, column: int) -> str:
        """Return what stands in a cell."""
        step = self.steps[row]
        return (step.name, step.formula, figure(step.value))[column]

    def sentence(self, row: int, column: int) -> str:
        """Return how the number in a row comes about."""
        step = self.steps[row]
        same = step.formula == figure(step.value)
        return f"{step.name}: {'' if same else f'{step.formula} = '}{figure(step.value)}. {sentence_of(step.about)}"

    def sign(self, row: int, column: int) -> int:
        """Return the sign of the output."""
        value = self.steps[row].value
        return (value > 0) - (value < 0) if column == 2 and row == self.rows - 1 else 0

    def is_strong(self, row: int) -> bool:
        """Return whether a row is the output."""
        return row == self.rows - 1

    def key(self, row: int) -> int:
        """Return the number of the step."""
        return row


def _the(called: str) -> str:
    return called if called.startswith("padding") else f"the {called}"


def sentence_of(text: str) -> str:
    """Return words as a sentence."""
    return f"{text[0].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"
