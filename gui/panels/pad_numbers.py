"""Whole numbers on the pad: divided into digits, at once where that is quick, else beside the window."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from engine.datasets.dataset import DIGITS
from engine.errors import DigitLabError
from engine.pen.drawn import Strokes
from engine.pen.number_answer import is_one_thing, number_in
from engine.pen.numbers import NumberReading, Remembered
from engine.reader import Reader, Reading
from gui.desk import Desk
from gui.panels.pad_pictures import copy_of
from gui.tasks import TaskThread
from gui.widgets.pad_groups import Group

QUICK = 0.003
"""Seconds that dividing may have taken the last time, to be done in the window's own thread again: a pen move is
answered within 10 ms."""
MANY_STROKES = 4
"""From so many strokes on dividing may take several times as long as the last time."""


@dataclass(frozen=True, eq=False)
class Number:
    """A number on the pad.

    Attributes
    ----------
    strokes : tuple of Strokes
        What each digit was written with, from left to right; at least two.
    images : ndarray of shape (n, 28, 28), uint8
        What the network is given of each.
    readings : tuple of Reading
        What each is read as.
    division : float
        How surely the strokes are divided as here, 0 to 1.
    groups : tuple of Group
        Where each stands on the pad, and what is said of it there.
    """

    strokes: tuple[Strokes, ...]
    images: NDArray[np.uint8]
    readings: tuple[Reading, ...]
    division: float
    groups: tuple[Group, ...] = ()

    @property
    def signs(self) -> tuple[str, ...]:
        """What is said of each digit."""
        return tuple(group.sign for group in self.groups)

    @property
    def sure(self) -> float:
        """How surely all of it is right, 0 to 1."""
        return self.division * math.prod(reading.sure for reading in self.readings)

    def read_by(self, reader: Reader) -> Number:
        """Return the same digits as another reader, or another moment of it, reads them."""
        readings = tuple(reader.read_images(self.images))
        signs = [_sign(reading) for reading in readings]
        spans = [np.concatenate(strokes)[:, 0] for strokes in self.strokes]
        groups = (Group(float(x.min()), float(x.max()), sign) for x, sign in zip(spans, signs, strict=True))
        return replace(self, readings=readings, groups=tuple(groups))


def _sign(reading: Reading) -> str:
    if reading.verdict == "no digit":
        return "?"
    name = reading.names[reading.digit]
    return name if reading.verdict == "sure" else f"{name}?"


class PadNumbers(QObject):
    """Finds out whether strokes are a number, as `engine.pen.number_answer.number_in` decides.

    The *Reader* divides, whoever reads: an untrained network would divide anyhow.

    Parameters
    ----------
    desk : Desk
        Its readers, and its tasks for what takes longer.

    Signals
    -------
    found : (NumberReading or None,)
        How the latest strokes divide; None when they are one digit.
    """

    found = Signal(object)

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.remark = ""
        self._source: tuple[object, ...] = ()
        self._remembered: Remembered | None = None
        self._pen_width, self._expected = 0.0, False
        self._seconds = 0.0  # that dividing took the last time
        self._working: TaskThread | None = None
        self._waiting: Strokes | None = None

    @property
    def busy(self) -> bool:
        """Whether an answer is still to come."""
        return self._working is not None

    def ask(self, strokes: Strokes, pen_width: float, expects_number: bool) -> None:
        """Find out whether strokes are a number, on a pad that is made for numbers or on one for digits."""
        one = is_one_thing(strokes, expects_number=expects_number)
        if one or self._desk.pad_reader.names != DIGITS:
            self.forget()
            self.found.emit(None)
            return
        self._waiting, self._pen_width, self._expected = strokes, pen_width, expects_number
        if self._working is None:
            self._go_on()

    def forget(self) -> None:
        """Want no answer any more."""
        self._waiting, self.remark = None, ""
        if self._working is not None:
            self._desk.tasks.forget(self._working)
            self._working = self._remembered = None  # whose cache is still in use there

    def _go_on(self) -> None:
        """Divide the latest strokes."""
        strokes, self._waiting = self._waiting, None
        if strokes is None:
            return
        read, least = self._reads()
        work = partial(_divide, strokes, read, least, self._expected)
        if self._seconds < QUICK and len(strokes) < MANY_STROKES:
            try:
                self._take(work())
            except DigitLabError as error:
                self._refuse(error)
        else:
            self._working = self._desk.tasks.start("", work, self._on_done, self._on_failed)

    def _reads(self) -> tuple[Remembered, float]:
        """Return what reads groups of strokes, with a network of its own, and the least digitness of a digit."""
        desk = self._desk
        reader = desk.shipped or desk.own
        source = (desk.shipped or desk.shown, self._pen_width)
        if self._remembered is None or source != self._source:
            self._source = source
            self._remembered = Remembered(partial(_read, copy_of(reader), self._pen_width))
        return self._remembered, reader.judge.least

    def _on_done(self, found: tuple[NumberReading | None, float]) -> None:
        self._working = None
        self._take(found)
        self._go_on()

    def _on_failed(self, error: DigitLabError) -> None:
        self._working = None
        self._refuse(error)
        self._go_on()

    def _take(self, found: tuple[NumberReading | None, float]) -> None:
        number, self._seconds = found
        self.remark = ""
        self.found.emit(number)

    def _refuse(self, error: DigitLabError) -> None:
        self.remark = str(error)
        self.found.emit(None)


def _read(reader: Reader, dot_below: float, groups: list[Strokes]) -> tuple[NDArray[Any], NDArray[Any]]:
    return reader.asked(reader.images(groups, dot_below))


def _divide(
    strokes: Strokes,
    read: Remembered,
    least: float,
    expects_number: bool,
    progress: Any = None,
    cancelled: Any = None,
) -> tuple[NumberReading | None, float]:
    """Return the number that strokes are, if any, and how many seconds finding out took."""
    start = time.perf_counter()
    number = number_in(strokes, read, least, expects_number=expects_number)
    return number, time.perf_counter() - start
