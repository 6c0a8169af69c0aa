"""What a diagram of a network shows at one moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import DIGITS
from engine.inspection.columns import Column

Bytes = NDArray[np.uint8]
Spot = tuple[int, int]
"""A column, counted from 0 with that of the image, and one of its units or pixels."""


@dataclass(frozen=True)
class ColumnView:
    """One column, and which of its units are in view.

    Attributes
    ----------
    column : Column
        What it is.
    name : str
        What people call it, e.g. ``"Layer 1"``.
    note : str
        How much of it is in view, e.g. ``"24 of 350"``.
    units : ndarray of int
        The units in view, from top to bottom; none for the image.
    tones : ndarray of uint8, or None
        Of each unit in view, the byte whose colour is that of its activation; None while nothing is drawn.
    maps : ndarray of shape (len(units), rows, columns), uint8, or None
        Their feature maps as such bytes.
    steps : tuple of str
        What lies between this column and the next, e.g. ``"Max pooling"``.
    """

    column: Column
    name: str
    note: str
    units: NDArray[np.intp]
    tones: Bytes | None = None
    maps: Bytes | None = None
    steps: tuple[str, ...] = ()


@dataclass(frozen=True)
class Line:
    """A connection in view.

    Attributes
    ----------
    source, target : Spot
        Where it begins and ends.
    value : float
        What it adds to the weighted sum of its target.
    strength : float
        Its size beside the strongest one in view between the same columns, 0 to 1.
    """

    source: Spot
    target: Spot
    value: float
    strength: float


@dataclass(frozen=True)
class Scene:
    """A diagram at one moment.

    Attributes
    ----------
    columns : tuple of ColumnView
        From the image to the output.
    lines : tuple of Line
        The strongest connections.
    image : ndarray of shape (28, 28), uint8, or None
        The drawing.
    shares : ndarray of shape (10,) or None
        What the network answers.
    names : sequence of str
        What the outputs stand for.
    hovered, selected : Spot or None
        The unit under the mouse, and the one that is looked at closely.
    """

    columns: tuple[ColumnView, ...]
    lines: tuple[Line, ...] = ()
    image: NDArray[Any] | None = None
    shares: NDArray[Any] | None = None
    names: Sequence[str] = DIGITS
    hovered: Spot | None = None
    selected: Spot | None = None

    @property
    def lit(self) -> set[Spot] | None:
        """What is connected to the unit under the mouse, and that unit; None where nothing is dimmed."""
        if self.hovered is None:
            return None
        return {self.hovered, *(spot for line in self.lines for spot in (line.source, line.target))}
