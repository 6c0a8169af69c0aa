"""The pen's way over the pad: where it was, when, and how hard it was pressed."""

from __future__ import annotations

import time
from typing import cast

import numpy as np

from engine.pen.drawn import Stroke
from gui.widgets.drawing import SPACING, Drawing, Points, smooth

_LEAST_MOVE = SPACING / 4
_Point = tuple[float, float, float, float]
_MOST_POINTS, _LIVE = 64, 8
_PAUSE = 0.05  # seconds between two strokes of which nobody knows how far they are apart


class PenPath:
    """Follows one stroke after the other, each from pen down to pen up, with a clock for the drawing.

    Attributes
    ----------
    points : list of (x, y, seconds, pressure)
        Where the pen has been lately; empty while it is up.
    """

    def __init__(self) -> None:
        self.points: list[_Point] = []
        self._settled = np.empty((0, 4))  # the curve before these points
        self._began = 0.0
        self._pressed = False  # whether this pen tells how hard it is pressed

    @property
    def down(self) -> bool:
        """Whether the pen is on the pad."""
        return bool(self.points)

    def begin(self, place: tuple[float, float], drawing: Drawing, pressure: float | None = None) -> None:
        """Put the pen down for another stroke of `drawing`, whose clock starts with its first stroke."""
        now = time.monotonic()
        if drawing.empty or drawing.image is not None:
            self._began = now
        # Time never goes back: the drawing may be one that undo brought back, with a clock of its own.
        self._began = min(self._began, now - drawing.seconds - _PAUSE * bool(drawing.strokes))
        self._pressed = pressure is not None
        self._settled = np.empty((0, 4))
        self.points = [self._point(place, now, pressure)]

    def extend(self, place: tuple[float, float], pressure: float | None = None) -> bool:
        """Go on; return False where the pen is up or has not moved as far as anybody could see."""
        if not self.points:
            return False
        last = self.points[-1]
        if max(abs(place[0] - last[0]), abs(place[1] - last[1])) < _LEAST_MOVE:
            return False
        self.points.append(self._point(place, time.monotonic(), pressure))
        if len(self.points) >= _MOST_POINTS:
            self._settle()
        return True

    def end(self) -> None:
        """Lift the pen."""
        self.points = []

    def line(self) -> tuple[Stroke, Points | None]:
        """Return the stroke so far as a smooth curve, and its pressures if this pen tells them."""
        curve = smooth(self.points)
        if len(self._settled):
            curve = np.concatenate([self._settled, curve[1:]])
        return curve[:, :3], curve[:, 3] if self._pressed else None

    def latest(self, count: int) -> Points:
        """Return the last `count` places, shape (n, 2)."""
        return np.array(self.points[-count:])[:, :2]

    def _settle(self) -> None:
        """Cut the path in the middle between two points, where its curve does not depend on what comes behind.

        Else every move of a long stroke would cost more than the one before.
        """
        middle = cast(_Point, tuple(np.mean(self.points[-_LIVE - 1 : -_LIVE + 1], axis=0).tolist()))
        settled = smooth([*self.points[:-_LIVE], middle])
        self._settled = np.concatenate([self._settled, settled[bool(len(self._settled)) :]])
        self.points = [middle, *self.points[-_LIVE:]]

    def _point(self, place: tuple[float, float], now: float, pressure: float | None) -> _Point:
        return (*place, now - self._began, 0.5 if pressure is None else pressure)
