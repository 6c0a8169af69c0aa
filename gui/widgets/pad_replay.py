"""A drawing draws itself again, in its own time."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from gui.widgets.drawing import Drawing, Points

LONGEST = 3.0
"""Seconds that a replay takes at most."""
_LONGEST_PAUSE = 0.4
_STEP_MS = 16


@dataclass(frozen=True, eq=False)
class Course:
    """When every point of a drawing appears in its replay.

    Attributes
    ----------
    drawing : Drawing
        All of it.
    times : tuple of ndarray of shape (k,)
        Seconds since the replay began, for each point of each stroke; never less than for the point before.
    """

    drawing: Drawing
    times: tuple[Points, ...]

    @property
    def seconds(self) -> float:
        """How long it takes."""
        return float(self.times[-1][-1]) if self.times else 0.0

    def until(self, seconds: float) -> Drawing:
        """Return what has been drawn after so many seconds; all of it is the very drawing."""
        if seconds >= self.seconds:
            return self.drawing
        shown = Drawing()
        for (stroke, pressure), times in zip(self.drawing.lines(), self.times, strict=True):
            count = int(np.searchsorted(times, seconds, side="right"))
            if count:
                shown = shown.with_stroke(stroke[:count], None if pressure is None else pressure[:count])
        return shown


def course(drawing: Drawing) -> Course:
    """Return when every point appears: as it was drawn, without long pauses, and within `LONGEST` seconds."""
    if not drawing.strokes:
        return Course(drawing, ())
    clock = np.concatenate([stroke[:, 2] for stroke in drawing.strokes])
    steps = np.clip(np.diff(clock, prepend=clock[0]), 0, _LONGEST_PAUSE)
    times: NDArray[np.float64] = np.cumsum(steps)
    if times[-1] > LONGEST:
        times *= LONGEST / times[-1]
    borders = np.cumsum([len(stroke) for stroke in drawing.strokes])[:-1]
    return Course(drawing, tuple(np.split(times, borders)))


class Replay(QObject):
    """Runs a course.

    Signals
    -------
    shown : (Drawing,)
        So much has been drawn by now; the last one is the whole drawing itself.
    """

    shown = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._course: Course | None = None
        self._began = 0.0
        self._timer = QTimer(self, interval=_STEP_MS)
        self._timer.timeout.connect(self._step)

    @property
    def running(self) -> bool:
        """Whether a drawing is being drawn again."""
        return self._course is not None

    def start(self, drawing: Drawing) -> None:
        """Draw a drawing again from its beginning."""
        self._course, self._began = course(drawing), time.monotonic()
        self._timer.start()
        self._step()

    def stop(self) -> None:
        """End at once, with the whole drawing."""
        running, self._course = self._course, None
        self._timer.stop()
        if running is not None:
            self.shown.emit(running.drawing)

    def drop(self) -> None:
        """End at once; something else is shown."""
        self._course = None
        self._timer.stop()

    def _step(self) -> None:
        assert self._course is not None
        passed = time.monotonic() - self._began
        if passed >= self._course.seconds:
            self.stop()
        else:
            self.shown.emit(self._course.until(passed))
