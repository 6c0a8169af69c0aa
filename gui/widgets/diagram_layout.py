"""Where the parts of a diagram lie."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSizeF

from engine.inspection.columns import Column
from gui import theme

MOST = 24  # units of a column that are in view at once
HEAD = 36.0  # what names a column, above it
EDGE = float(theme.SPACE)
STEP = 16.0  # the width of what lies between two columns
LEAST_GAP = 17.0
UNIT, LEAST_UNIT, MAP, LEAST_MAP = 32.0, 13.0, 64.0, 24.0  # from unit to unit, from map to map
LARGEST_DISC = 22.0
NEAR = 3.0  # pixels beside a unit that still belong to it


@dataclass(frozen=True)
class Widths:
    """How wide columns are: with much room, and with little."""

    image: float
    dense: float
    output: float
    maps_across: int


TIGHT = Widths(56, 44, 78, 1)
WAYS = (Widths(116, 62, 124, 2), Widths(100, 58, 124, 1), TIGHT)


class DiagramLayout:
    """Places columns side by side in a room, as roomy as its width allows.

    Parameters
    ----------
    columns : sequence of Column
        From the image to the output.
    size : QSizeF
        The room in pixels.
    """

    def __init__(self, columns: Sequence[Column], size: QSizeF) -> None:
        self.columns, self.height = tuple(columns), size.height()
        fitting = (widths for widths in WAYS if _needed(self.columns, widths, self._side) <= size.width())
        self.widths = next(fitting, TIGHT)
        own = [self._width(index) for index in range(len(columns))]
        steps = sum(len(column.steps) for column in columns) * STEP
        gap = (size.width() - 2 * EDGE - sum(own) - steps) / max(len(columns) - 1, 1)
        self.gap = max(gap, LEAST_GAP)
        self.lefts, left = [], EDGE
        for column, width in zip(columns, own, strict=True):
            self.lefts.append(left)
            left += width + len(column.steps) * STEP + self.gap

    @staticmethod
    def least_width(columns: Sequence[Column]) -> float:
        """Return the width in which all columns have room."""
        return _needed(columns, TIGHT, LEAST_MAP)

    @property
    def is_tight(self) -> bool:
        """Whether there is little room."""
        return self.widths is TIGHT

    def capacity(self, index: int) -> int:
        """Return how many units of a column can be in view at once."""
        column = self.columns[index]
        if column.kind == "conv":
            return min(MOST, self._across(column) * max(int(self._body / LEAST_MAP), 1))
        return min(MOST, max(int(self._body / LEAST_UNIT), 1))

    def head(self, index: int) -> QRectF:
        """Return where a column is named; a little wider than the column."""
        return QRectF(self.lefts[index] - EDGE, 0, self._width(index) + 2 * EDGE, HEAD)

    def area(self, index: int) -> QRectF:
        """Return all of a column."""
        return QRectF(self.lefts[index], HEAD, self._width(index), self._body)

    def image(self) -> QRectF:
        """Return the square of the drawing."""
        side = min(self.widths.image, self._body)
        return QRectF(self.lefts[0], HEAD + (self._body - side) / 2, side, side)

    def boxes(self, index: int, count: int) -> list[QRectF]:
        """Return the squares of `count` units of a column, from top to bottom, maps perhaps in two rows beside."""
        column = self.columns[index]
        if column.kind == "conv":
            return self._maps(index, count)
        pitch = min(max(self._body / max(count, 1), LEAST_UNIT), 1.2 * UNIT if self._is_output(index) else UNIT)
        side = min(pitch - 3, LARGEST_DISC)
        top = HEAD + (self._body - count * pitch) / 2 + (pitch - side) / 2
        left = self.lefts[index] if self._is_output(index) else self.lefts[index] + (self._width(index) - side) / 2
        return [QRectF(left, top + number * pitch, side, side) for number in range(count)]

    def steps(self, index: int) -> list[QRectF]:
        """Return where the steps behind a column are drawn."""
        right = self.lefts[index] + self._width(index) + 2
        height = min(self._body, 180)
        top = HEAD + (self._body - height) / 2
        return [QRectF(right + n * STEP, top, STEP - 2, height) for n in range(len(self.columns[index].steps))]

    def pixel(self, number: int) -> QPointF:
        """Return the middle of a pixel of the image that reaches the first layer."""
        rows, columns = self.columns[0].shape
        row, column = divmod(number, columns)
        frame = self.image()
        return frame.topLeft() + QPointF((column + 0.5) / columns * frame.width(), (row + 0.5) / rows * frame.height())

    def pixel_at(self, place: QPointF) -> int | None:
        """Return the pixel that is drawn at a place."""
        frame, (rows, columns) = self.image(), self.columns[0].shape
        if not frame.contains(place):
            return None
        inside = place - frame.topLeft()
        row = min(int(inside.y() / frame.height() * rows), rows - 1)
        return row * columns + min(int(inside.x() / frame.width() * columns), columns - 1)

    def column_at(self, place: QPointF) -> int | None:
        """Return the column at a place, with its head."""
        for index in range(len(self.columns)):
            if self.area(index).united(self.head(index)).contains(place):
                return index
        return None

    # --- sizes --------------------------------------------------------------------------------------------

    @property
    def _body(self) -> float:
        return max(self.height - HEAD - EDGE, 2 * UNIT)

    @property
    def _side(self) -> float:
        """From map to map: as large as a column of twelve allows."""
        return min(max(self._body / (MOST / 2), LEAST_MAP), MAP)

    def _is_output(self, index: int) -> bool:
        return index == len(self.columns) - 1

    def _across(self, column: Column) -> int:
        return min(self.widths.maps_across, math.ceil(column.units / 4))

    def _width(self, index: int) -> float:
        column = self.columns[index]
        return _width(column, self.widths, self._side, output=self._is_output(index))

    def _maps(self, index: int, count: int) -> list[QRectF]:
        across = self._across(self.columns[index])
        rows = math.ceil(count / across)
        pitch = min(max(self._body / max(rows, 1), LEAST_MAP), self._side)
        left = self.lefts[index] + (self._width(index) - across * pitch) / 2
        top, side = HEAD + (self._body - rows * pitch) / 2, pitch - 4
        places = (divmod(number, across) for number in range(count))
        return [QRectF(left + column * pitch + 2, top + row * pitch, side, side) for row, column in places]


def _width(column: Column, widths: Widths, side: float, *, output: bool) -> float:
    if column.kind == "image":
        return widths.image
    if column.kind == "conv":
        return max(min(widths.maps_across, math.ceil(column.units / 4)) * side, widths.dense)
    return widths.output if output else widths.dense


def _needed(columns: Sequence[Column], widths: Widths, side: float) -> float:
    own = sum(_width(c, widths, side, output=c is columns[-1]) + len(c.steps) * STEP for c in columns)
    return 2 * EDGE + own + LEAST_GAP * (len(columns) - 1)
