"""A drawing as a pen made it: strokes of points with times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Stroke = NDArray[np.float64]
"""Shape (k, 3): x to the right and y **down**, in any one unit, and seconds since the drawing began."""

Strokes = tuple[Stroke, ...]
"""In the order in which they were drawn."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """One drawing, with what is known of it.

    Attributes
    ----------
    strokes : tuple of ndarray of shape (k, 3), float64
        The truth: images are made of it. At least one stroke, each of at least one point.
    label : int or None
        The digit it stands for, 0 to 9; None when nobody said or when it is none.
    writer : str
        Whose hand it is; empty when unknown.
    """

    strokes: Strokes
    label: int | None = None
    writer: str = ""
