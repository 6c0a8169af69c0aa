"""A pen file while it is read: the limits that it must keep, and faults that name its line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.datasets.reading import Watch, refused
from engine.errors import DataError
from engine.pen.drawn import Drawn, Stroke, Strokes

MAX_BYTES = 2**28
"""The most bytes a pen file may hold once it is unpacked, some 500,000 digits."""
MAX_POINTS = 10_000_000
"""The most points of all strokes together."""
MAX_STROKES = 1_000_000
"""The most strokes, and the most drawings."""
MAX_STROKE = 100_000
"""The most points of one stroke."""
LARGEST = 1e9
"""Coordinates beyond this are refused."""
LATEST = 1e15
"""Times and other values beyond this are refused; seconds since 1970 are counted in ten digits."""
POINTS_PER_SECOND = 100.0
"""How fast a pen is taken to report when its file does not say."""
PEN_LIFT = 0.1
"""Seconds between two strokes when a file says nothing of them."""
LONGEST_TEXT = 64 * MAX_STROKE
"""The most characters of one stroke, or behind one keyword."""


@dataclass
class PenFile:
    """What a reader knows of its file, and how it counts and refuses.

    Attributes
    ----------
    path : path
        The file, for sentences.
    watch : Watch
        Told how far the reading is.
    points, strokes, drawings : int
        How many were read so far.
    used, used_points : int
        How many strokes and points the drawings have together.
    """

    path: Path
    watch: Watch
    points: int = 0
    strokes: int = 0
    drawings: int = 0
    used: int = 0
    used_points: int = 0

    def fault(self, line: int, why: str) -> DataError:
        """Return the error that names `line`, counted from 1; `why` goes on with the sentence."""
        return refused(self.path, f"line {line:,} {why}")

    def say(self) -> None:
        """Tell how far the reading is; a `LoadingCancelledError` comes out when it should stop."""
        self.watch.say(f"Reading {self.path.name}… {self.strokes:,} strokes")

    def too_long(self, line: int, length: int) -> DataError:
        """Return the error that refuses a text of `length` characters, which would not fit into memory as numbers."""
        return self.fault(
            line,
            f"begins {length / 2**20:,.1f} MB of text that belong together; at most {LONGEST_TEXT / 2**20:,.1f} MB are "
            f"allowed, more than the {MAX_STROKE:,} points that a stroke may have take",
        )

    def count_stroke(self, line: int, points: int) -> None:
        """Count a stroke, and refuse what exceeds the limits."""
        if points > MAX_STROKE:
            raise self.fault(line, f"begins a stroke of {points:,} points; at most {MAX_STROKE:,} are allowed")
        self.points += points
        if self.points > MAX_POINTS:
            raise self.fault(line, f"is reached after {MAX_POINTS:,} points, which is the most allowed in one file")
        self.strokes += 1
        if self.strokes > MAX_STROKES:
            raise self.fault(line, f"is reached after {MAX_STROKES:,} strokes, which is the most allowed in one file")

    def count_used(self, line: int, strokes: int, points: int = 0) -> None:
        """Count what a drawing is made of: many drawings that share many strokes would fill the memory."""
        self.used += strokes
        self.used_points += points
        if self.used > 2 * MAX_STROKES or self.used_points > 2 * MAX_POINTS:
            most = f"{2 * MAX_STROKES:,} strokes and {2 * MAX_POINTS:,} points"
            raise self.fault(line, f"names more than the {most} allowed in all drawings together")

    def count_drawing(self, line: int) -> None:
        """Count a drawing that is announced."""
        self.drawings += 1
        if self.drawings > MAX_STROKES:
            raise self.fault(line, f"is reached after {MAX_STROKES:,} drawings, which is the most allowed in one file")


def shown(text: str) -> str:
    """Return what stands in a file as a sentence quotes it: in quotes, on one line, not too long."""
    words = " ".join(text.split())
    return repr(words if len(words) <= 40 else words[:37] + "…")


def legal(values: NDArray[np.float64], places: tuple[int, int]) -> bool:
    """Say whether all `values` of shape (k, n) are finite numbers within bounds.

    Parameters
    ----------
    values : ndarray of shape (k, n), float64
        One row per point.
    places : pair of int
        The columns that hold x and y.
    """
    sizes = np.abs(values)
    # A comparison with NaN is False, so that one test refuses everything.
    return bool((sizes <= LATEST).all()) and bool((sizes[:, places] <= LARGEST).all())


def drawn(strokes: list[Stroke], label: int | None, writer: str) -> Drawn:
    """Return a drawing whose clock begins with its first point."""
    began = strokes[0][0, 2]
    moved: Strokes = tuple(stroke - (0.0, 0.0, began) for stroke in strokes)
    return Drawn(moved, label, writer)
