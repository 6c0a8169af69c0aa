"""Finds what is there twice, although files and the store round the points, each in units of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from itertools import product

import numpy as np
from numpy.typing import NDArray

from engine.pen.drawn import Drawn

SAME_WITHIN = 0.005
"""Drawings whose points lie this close together, as a share of their size, are the same drawing."""

_CELL = 4 * SAME_WITHIN
_Points = NDArray[np.float64]
_Picture = NDArray[np.uint8]


def alike(one: Drawn | _Picture, other: Drawn | _Picture) -> bool:
    """Return whether two drawings are the same, whatever they stand for, or two images are.

    Place, size and times of drawings do not matter, but strokes and the order of points do.
    """
    if isinstance(one, Drawn) and isinstance(other, Drawn):
        if [len(stroke) for stroke in one.strokes] != [len(stroke) for stroke in other.strokes] or not one.strokes:
            return False
        return _close(_fitted(one), _fitted(other))
    return isinstance(one, np.ndarray) and isinstance(other, np.ndarray) and np.array_equal(one, other)


class SeenDrawings:
    """Remembers drawings; place, size and times do not matter, but label, strokes and the order of points do.

    Comparing each drawing with every other would take minutes for a large file. They are therefore sorted into
    cells by their first point and the mean of their points: one drawing stands in each cell in which its like may
    lie, and only those of one cell are compared.
    """

    def __init__(self) -> None:
        self._cells: defaultdict[Hashable, list[_Points]] = defaultdict(list)

    def add(self, drawn: Drawn) -> bool:
        """Remember a drawing; return whether there was none like it."""
        points = _fitted(drawn)
        kind = drawn.label, tuple(len(stroke) for stroke in drawn.strokes)
        marks = np.concatenate([points[0], points.mean(axis=0)])
        near = self._cells.get((kind, tuple(np.floor(marks / _CELL))), [])
        if any(_close(points, other) for other in near):
            return False
        ends = [np.floor((marks + shift) / _CELL) for shift in (-SAME_WITHIN, SAME_WITHIN)]
        for cell in set(product(*zip(*ends, strict=True))):
            self._cells[kind, cell].append(points)
        return True


def _close(points: _Points, other: _Points) -> bool:
    return bool(np.abs(points - other).max() <= SAME_WITHIN)


def _fitted(drawn: Drawn) -> _Points:
    """Return all points moved and scaled into a box of side 1; zeros where they have no extent."""
    points = np.concatenate(drawn.strokes)[:, :2]
    low = points.min(axis=0)
    extent = float((points.max(axis=0) - low).max())
    return (points - low) / (extent or 1.0)
