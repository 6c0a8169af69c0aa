"""What there is to say of one unit, filter or map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gui.widgets.color_legend import signed
from gui.widgets.unit_shape import UnitShape

Array = NDArray[Any]
# What batch normalization keeps of each feature, by the names of its rows in the inspector.
NORMALIZATION = {
    "Scale γ": "gamma",
    "Shift β": "beta",
    "Running mean": "mean",
    "Running variance": "variance",
}


@dataclass(frozen=True)
class Pictured:
    """Numbers that are shown as a picture, and read one by one.

    Attributes
    ----------
    name : str
        What they are, for people.
    values : ndarray of shape (numbers,)
        The numbers.
    shape : UnitShape
        Where each lies.
    noun : str
        What one of them is called; empty if it is just a value.
    inputs : ndarray of shape (numbers,), or None
        What the unit sees of the drawing at each of its weights.
    limit : float
        The number at which colours are full.
    """

    name: str
    values: Array
    shape: UnitShape
    noun: str = ""
    inputs: Array | None = None
    limit: float = 1.0

    @property
    def range(self) -> str:
        """The smallest and the largest number."""
        return f"{signed(float(self.values.min()))} to {signed(float(self.values.max()))}"

    @property
    def ends(self) -> tuple[float, float]:
        """The numbers at the ends of the scale: that of a map without negative values begins at 0."""
        return (-self.limit if self.noun or self.values.min() < 0 else 0.0), self.limit

    @property
    def sizes(self) -> str:
        """The sides, e.g. ``"5 × 5"`` or ``"3 × 3, for each of 32 maps"``."""
        channels = self.shape.channels
        return f"{self.shape}" if channels == 1 else f"{self.shape}, for each of {channels:,} maps"

    @property
    def strongest(self) -> str:
        """Where the largest number is; a dash where there is none."""
        finite = np.isfinite(self.values).all() and self.values.any()
        return self.shape.words(int(self.values.argmax())) if finite else "–"

    def describe(self, number: int) -> str:
        """Return one number in words, and what it adds on the drawing."""
        place, value = self.shape.words(number), float(self.values[number])
        said = f"{place}: {self.noun} {signed(value)}" if self.noun else f"{place}: {signed(value)}"
        if self.inputs is None:
            return said
        seen = float(self.inputs[number])
        return f"{said} × input {seen:.2f} = {signed(value * seen)}"


@dataclass(frozen=True)
class UnitFacts:
    """What is known of a unit.

    Attributes
    ----------
    title : str
        Which unit it is, and which of its weights are shown if not those of now.
    large : Pictured
        What is looked at.
    small : Pictured or None
        What goes with it: the feature map of a kernel, the kernel of a feature map.
    figures : dict of str to str
        Figures by the name of their row in the inspector.
    summary : str
        What the page says of the unit under the mouse, behind its title.
    hint : str
        What to do to know more; empty if all is known.
    activation_name : str
        The function between weighted sum and activation, by its name for people.
    """

    title: str
    large: Pictured
    small: Pictured | None
    figures: dict[str, str]
    summary: str
    hint: str = ""
    activation_name: str = ""
