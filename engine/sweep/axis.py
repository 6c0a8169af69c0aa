"""A setting that varies in an experiment, and the values it takes."""

from __future__ import annotations

import math
from typing import Self

import numpy as np
from pydantic import Field, JsonValue, model_validator

from engine.errors import SettingError
from engine.fields import Settings, setting
from engine.sweep.paths import SEED, shown

MOST_VALUES = 10_000
_DIGITS = 4
"""So many digits has a number out of a range."""


class Axis(Settings):
    """A setting that varies, and its values: listed ones, or a range.

    Attributes
    ----------
    path : str
        Which setting, e.g. ``"training.learning_rate"``; see :func:`engine.sweep.paths.applied`.
    values : tuple
        The values, whatever the setting's type; empty for a range.
    low, high : float or None
        The ends of a range of numbers, both included.
    points : int
        How many values of the range a grid has; a random search draws from all of it.
    log : bool
        Whether the range is divided, or drawn from, on a logarithmic scale.
    whole : bool
        Whether only whole numbers count.
    """

    path: str = Field(min_length=1, max_length=200)
    values: tuple[JsonValue, ...] = Field(default=(), max_length=MOST_VALUES)
    low: float | None = None
    high: float | None = None
    points: int = setting(0, "Points", "How many values of a range a grid has.", low=0, high=1000)
    log: bool = setting(False, "Logarithmic", "Whether equal steps are equal factors.")
    whole: bool = setting(False, "Whole numbers", "Whether only whole numbers count.")

    @model_validator(mode="after")
    def _values_or_range(self) -> Self:
        name = f"Axis {self.path}"
        if self.path == SEED:
            raise ValueError(f"{name}: seeds are no axis; they stand in a list of their own, seeds.")
        if self.values and (self.low is not None or self.high is not None):
            raise ValueError(f"{name}: it has values and a range; leave one of the two out.")
        for number, value in enumerate(self.values):
            if value in self.values[:number]:
                raise ValueError(f"{name}: {shown(value)} is named twice; each value counts once.")
        if not self.values:
            self._check_range(name)
        return self

    def _check_range(self, name: str) -> None:
        if self.low is None or self.high is None:
            raise ValueError(f"{name}: it needs values, or both low and high.")
        if not self.low < self.high:
            raise ValueError(f"{name}: low, {self.low:g}, must be less than high, {self.high:g}.")
        if self.log and self.low <= 0:
            raise ValueError(f"{name}: low, {self.low:g}, must be more than 0 on a logarithmic scale.")
        if self.whole and math.floor(self.high) <= math.ceil(self.low):
            raise ValueError(f"{name}: there must be at least two whole numbers from {self.low:g} to {self.high:g}.")

    @property
    def ends(self) -> tuple[JsonValue, ...]:
        """The first and last value of a range, the listed values otherwise."""
        return self.values or (self._number(self.low or 0.0), self._number(self.high or 0.0))

    def grid(self) -> tuple[JsonValue, ...]:
        """Return the values of a grid.

        Raises
        ------
        SettingError
            When the axis has a range and less than two points.
        """
        if self.values:
            return self.values
        if self.points < 2:
            raise SettingError(f"Axis {self.path}: a grid needs values, or a range and points, at least 2 of them.")
        space = np.geomspace if self.log else np.linspace
        numbers = space(self.low or 0.0, self.high or 0.0, self.points).tolist()
        return tuple(dict.fromkeys(map(self._number, numbers)))

    def draw(self, rng: np.random.Generator) -> JsonValue:
        """Return a random value."""
        if self.values:
            return self.values[int(rng.integers(len(self.values)))]
        low, high, half = self.low or 0.0, self.high or 0.0, 0.5 if self.whole else 0.0
        if not self.log:
            return self._number(float(rng.uniform(low - half, high + half)))
        return self._number(float(np.exp(rng.uniform(np.log(max(low - half, low / 2)), np.log(high + half)))))

    def _number(self, value: float) -> JsonValue:
        """Return a number of few digits within the range."""
        low, high = self.low or 0.0, self.high or 0.0
        if self.whole:
            return int(min(max(round(value), math.ceil(low)), math.floor(high)))
        return float(min(max(float(f"{value:.{_DIGITS}g}"), low), high))
