"""From the ten weighted sums of the output layer to ten shares, step by step, with a temperature."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.activations import ACTIVATIONS
from engine.arithmetic import bracketed, figure
from engine.judge import LEAST_SHARE
from engine.specs import CLASSES

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Column:
    """One step from ten weighted sums to ten shares.

    Attributes
    ----------
    name, about : str
        What stands in it, in short and in a sentence.
    values : ndarray of shape (10,), float64
    formula : str
        How one of them comes about: ``{0}``, ``{1}`` … stand for the same digit's number in column 0, 1 …, ``{top}``
        for the largest of the first column, ``{T}`` for the temperature, ``{total}`` for `total`.
    total : float
        The sum of the column before, where the formula needs it.
    """

    name: str
    about: str
    values: Floats
    formula: str = ""
    total: float = math.nan

    def with_numbers(self, columns: tuple[Column, ...], digit: int, temperature: float) -> str:
        """Return the formula of one digit with its numbers."""
        numbers = [bracketed(float(column.values[digit])) for column in columns]
        top = bracketed(float(columns[0].values.max()))
        text = self.formula.format(*numbers, top=top, T=f"{temperature:.2g}", total=figure(self.total))
        # Nothing stands before the first number that brackets would have to keep apart.
        return text[1:].replace(")", "", 1) if text.startswith("(") else text


@np.errstate(all="ignore")
def share_columns(sums: Floats, activation: str, temperature: float = 1.0) -> tuple[Column, ...]:
    """Return the steps from weighted sums to shares, as :func:`engine.network.as_shares` takes them.

    Parameters
    ----------
    sums : ndarray of shape (10,)
        The weighted sums of the outputs.
    activation : str
        The output activation.
    temperature : float
        Above 0; with 1 the last column is what the network gives. Above 1 makes less sure, below 1 surer (Guo et al.
        2017, "On Calibration of Modern Neural Networks").
    """
    first = Column("Weighted sum", "the unit's weighted sum, z", sums, "{0}")
    if activation == "softmax":
        lowered = sums - sums.max()
        last = (
            Column("− largest", "less the largest of the ten, which changes no share and keeps numbers small",
                   lowered, "{0} − {top}"),
            Column("÷ T", "divided by the temperature T", lowered / temperature, "{1} ÷ {T}"),
        )  # fmt: skip
        return (first, *last, *_exponents(lowered / temperature, 2))
    outputs = sums[np.newaxis].copy()
    ACTIVATIONS[activation].apply(outputs)
    positive = np.maximum(outputs[0], 0)
    total = float(positive.sum())
    usable = 0 < total < math.inf
    raw = positive / total if usable else np.full(CLASSES, 1 / CLASSES)
    logs = np.log(np.maximum(raw, LEAST_SHARE)) / temperature
    even = "a tenth each, for no output is above 0"
    middle = (
        Column(ACTIVATIONS[activation].label, "the output: the activation of the weighted sum", outputs[0],
               ACTIVATIONS[activation].name.replace("_", " ") + " of {0}"),
        Column("Cut off", "negative outputs count as 0", positive, "max(0, {1})"),
        Column("÷ sum", "its part of the sum of all ten" if usable else even, raw,
               "{2} ÷ {total}" if usable else "1 ÷ 10", total),
        Column("ln ÷ T", f"its logarithm divided by the temperature T; shares below {LEAST_SHARE:.0e} count as that",
               logs, "ln({3}) ÷ {T}"),
    )  # fmt: skip
    return (first, *middle, *_exponents(logs, 4))


def _exponents(values: Floats, index: int) -> tuple[Column, Column]:
    """Return the columns of the powers of e, and of their parts of their sum, behind column number `index`."""
    powers = np.exp(values)
    total = float(powers.sum())
    return (
        Column("eˣ", "the exponential: e to the power of the number before", powers, f"e^{{{index}}}"),
        Column("Share", "its part of the sum of all ten", powers / total, f"{{{index + 1}}} ÷ {{total}}", total),
    )
