"""Drawings written as a UNIPEN file."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from engine.errors import DataError
from engine.files import atomic_write
from engine.pen.drawn import Drawn, Stroke
from engine.pen.reading import LARGEST
from engine.pen.unipen import UNKNOWN

_HEADER = """.VERSION 1.0
.COMMENT Handwritten digits as pen strokes. x and y in the unit of the drawing, y upwards; T in milliseconds.
.LEXICON "0" "1" "2" "3" "4" "5" "6" "7" "8" "9"
.HIERARCHY DIGIT
.COORD X Y T
"""


def write_unipen(path: str | Path, drawings: Iterable[Drawn]) -> None:
    """Write drawings as a UNIPEN file; whatever stood at `path` is replaced only by a complete one.

    Coordinates keep two places behind the point, and more where a drawing is smaller than 100 of its units: a
    ten-thousandth of its size. Times are rounded to milliseconds and begin at 0 with every drawing.

    Parameters
    ----------
    path : path
        The file, plain text whatever its name.
    drawings : iterable of Drawn
        In their order. White space in a writer's name becomes single spaces.

    Raises
    ------
    DataError
        When a drawing has no strokes, or a point that is not finite or lies beyond ±1e9.
    DigitLabError
        When the file cannot be written.
    """

    def write(temporary: Path) -> None:
        with temporary.open("w", encoding="utf-8", newline="\n") as file:
            file.write(_HEADER)
            file.writelines(_pieces(drawings))

    atomic_write(path, write)


def _pieces(drawings: Iterable[Drawn]) -> Iterator[str]:
    strokes, said = 0, ""
    for number, drawing in enumerate(drawings):
        _check(number, drawing)
        writer = " ".join(drawing.writer.split())
        if writer != said:
            yield f"\n.WRITER_ID {writer or UNKNOWN}\n"
            said = writer
        yield _head(number, drawing, writer, strokes)
        yield from _body(drawing)
        strokes += len(drawing.strokes)


def _check(number: int, drawing: Drawn) -> None:
    sound = bool(drawing.strokes) and all(
        stroke.ndim == 2
        and stroke.shape[1] == 3
        and len(stroke)
        and np.isfinite(stroke).all()
        and (np.abs(stroke[:, :2]) <= LARGEST).all()
        for stroke in drawing.strokes
    )
    if not sound:
        raise DataError(
            f"Drawing {number + 1:,} cannot be written: each of its strokes must have points, finite and within "
            f"±{LARGEST:,.0f}.",
            "Nothing was written.",
        )


def _head(number: int, drawing: Drawn, writer: str, first: int) -> str:
    last = first + len(drawing.strokes) - 1
    strokes = f"{first}" if first == last else f"{first}-{last}"
    label = UNKNOWN if drawing.label is None else drawing.label
    head = f'\n.SEGMENT DIGIT {strokes} ? "{label}"\n'
    # The UCI collection of pen digits names its writers in this way, and what reads it expects them here.
    told = drawing.label is not None and writer and " " not in writer
    return head + (f".COMMENT {label} {writer} {number}\n" if told else "")


def _body(drawing: Drawn) -> Iterator[str]:
    points = np.concatenate(drawing.strokes)
    places = _places(float(np.ptp(points[:, :2], axis=0).max()))
    began = float(points[0, 2])
    for stroke in drawing.strokes:
        yield ".PEN_DOWN\n"
        yield "".join(_lines(stroke, began, places))
        yield ".PEN_UP\n"


def _lines(stroke: Stroke, began: float, places: int) -> Iterator[str]:
    for x, y, time in stroke.tolist():
        yield f"{_short(x, places)} {_short(-y, places)} {round((time - began) * 1000)}\n"


def _places(extent: float) -> int:
    """Return how many places behind the point show a ten-thousandth of a drawing, two at the least."""
    return 2 if extent <= 0 else min(max(4 - math.floor(math.log10(extent)), 2), 15)


def _short(value: float, places: int) -> str:
    text = f"{value:.{places}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
