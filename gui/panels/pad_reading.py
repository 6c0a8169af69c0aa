"""What is on the pad, as the network is given it, and what it is read as."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from engine.ink.drawing import prepare
from engine.ink.spec import Corrections, Prepared
from engine.pen.drawn import Drawn, Strokes
from engine.pen.numbers import NumberReading
from engine.reader import Reading
from gui.desk import Desk
from gui.panels.pad_numbers import Number, PadNumbers
from gui.widgets.canvas import Canvas
from gui.widgets.drawing import Drawing

_REMEMBERED = 50


class PadReading(QObject):
    """Prepares whatever is on a pad and lets it be read, as one digit or as a number.

    Parameters
    ----------
    desk : Desk
        Its `pad_reader` reads; it is told what the network sees.
    pad : Canvas
        What is on it.

    Attributes
    ----------
    image : ndarray of shape (28, 28), uint8, or None
        What the network sees: the drawing, or the digit of a number that is shown.
    corrections : Corrections or None
        What was done to strokes for that.
    reading : Reading or None
        What it is read as.
    number : Number or None
        All digits, where there are several.
    numbers : PadNumbers
        Finds out whether it is a number.
    shown : int
        Which of them is shown in detail.

    Signals
    -------
    changed : ()
        There is another answer.
    renewed : ()
        It is about another image, or somebody else's: what was before is no part of its history.
    """

    changed = Signal()
    renewed = Signal()

    def __init__(self, desk: Desk, pad: Canvas, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk, self._pad = desk, pad
        self.image: NDArray[np.uint8] | None = None
        self.corrections: Corrections | None = None
        self.reading: Reading | None = None
        self.number: Number | None = None
        self.shown = 0
        self._pointed = -1
        self._preparing = False
        self._by_itself = desk.reads_itself
        self._ink = desk.pad_reader.ink
        self._drawn: dict[tuple[object, ...], NDArray[np.uint8]] = {}
        self.numbers = PadNumbers(desk, self)
        self.numbers.found.connect(self._on_number)

    @property
    def names(self) -> tuple[str, ...]:
        """What the ten answers are called."""
        return self._desk.pad_reader.names

    def prepare(self) -> None:
        """Look at the pad anew."""
        drawing = self._pad.drawing
        self._ink, self._by_itself = self._desk.pad_reader.ink, self._desk.reads_itself
        if drawing.strokes:
            self._preparing = True
            self.numbers.ask(drawing.strokes, self._pad.pen_width, self._pad.aspect > 1)
            self._preparing = False
        else:
            self.numbers.forget()
            self.number = None
        self._see(renewed=True)

    def read(self) -> None:
        """Let whoever reads the pad now read it again."""
        reader = self._desk.pad_reader
        if reader.ink != self._ink:  # another reader may want other images
            self.prepare()
            return
        if self._by_itself != self._desk.reads_itself:
            self._by_itself = self._desk.reads_itself
            self.renewed.emit()
        if self.number is not None:
            self.number = self.number.read_by(reader)
        self._read_shown()

    @property
    def remark(self) -> str:
        """Why a drawing cannot be a number, where that has to be said."""
        return self.numbers.remark if self._pad.aspect > 1 else ""

    def point(self, index: int) -> None:
        """Show the digit `index` of a number in detail; with -1 the last one again."""
        self._pointed = index
        if self.number is not None:
            self._see(renewed=True)

    def drawn(self) -> Drawn | NDArray[Any] | None:
        """Return what is shown in detail, for keeping: strokes, an image, or nothing."""
        drawing = self._pad.drawing
        if self.number is not None:
            return Drawn(self.number.strokes[self.shown])
        return drawing.drawn() if drawing.strokes else drawing.image if not drawing.empty else None

    def _read_shown(self) -> None:
        if self.number is not None:
            self.reading = self.number.readings[self.shown]
        else:
            self.reading = None if self.image is None else self._desk.pad_reader.read(self.image)
        self.changed.emit()

    def _on_number(self, found: NumberReading | None) -> None:
        """Take over what a reading of all strokes as a number came to."""
        before, self.number = self.number, None if found is None else self._number(found)
        if self._preparing:
            return
        if before is None and self.number is None:
            self.changed.emit()  # there may be a remark on it
            return
        same = before is not None and self.number is not None and len(before.strokes) == len(self.number.strokes)
        self._see(renewed=not same)

    def _number(self, found: NumberReading) -> Number:
        reader = self._desk.pad_reader
        strokes = tuple(part.strokes for part in found.digits)
        images = np.stack([self._digit_image(own) for own in strokes])
        self._drawn = dict(list(self._drawn.items())[-_REMEMBERED:])
        return Number(strokes, images, (), found.division).read_by(reader)

    def _digit_image(self, strokes: Strokes) -> NDArray[np.uint8]:
        """Return the network's image of one digit; while somebody writes on, the others stay as they were."""
        ink, width = self._desk.pad_reader.ink, self._pad.pen_width
        key = (ink, width, *(stroke.tobytes() for stroke in strokes))
        if key not in self._drawn:
            self._drawn[key] = self._desk.pad_reader.images([strokes], width)[0]
        return self._drawn[key]

    def _see(self, *, renewed: bool) -> None:
        """Find out what the network sees, tell everybody, and let it be read."""
        drawing = self._pad.drawing
        strokes = drawing.strokes
        if self.number is not None:
            last = len(self.number.strokes) - 1
            self.shown = self._pointed if 0 <= self._pointed <= last else last
            strokes = self.number.strokes[self.shown]
        prepared = self._prepared(strokes) if strokes else None
        self.image = prepared.image if prepared else _image_of(drawing)
        self.corrections = prepared.corrections if prepared else None
        self._desk.set_drawing(self.image)
        if renewed:
            self.renewed.emit()
        self._read_shown()

    def _prepared(self, strokes: Strokes) -> Prepared | None:
        """Make the network's image of strokes; where a digit of a number stands says nothing about its place."""
        made = prepare(strokes, self._ink, dot_below=self._pad.pen_width)
        if made is None or (self.number is None and self._pad.aspect == 1):
            return made
        return replace(made, corrections=replace(made.corrections, dx=0.0, dy=0.0))


def _image_of(drawing: Drawing) -> NDArray[np.uint8] | None:
    return None if drawing.empty else drawing.image


def doubt(session: Desk) -> str:
    """Return why an answer by the present network is to be doubted; nothing where there is no such reason."""
    if not session.reads_itself:
        return ""
    if not session.trained:
        return "An untrained network: it guesses."
    return "Not calibrated yet." if session.judge_is_provisional else ""
