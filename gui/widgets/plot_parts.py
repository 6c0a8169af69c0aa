"""Axes with round numbers, and a view that zooms along the epochs alone."""

from __future__ import annotations

import math
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt, Signal

# The last number of an axis reaches this far beyond its end.
END_ROOM = 16


def round_step(span: float, parts: float) -> float:
    """Return 1, 2 or 5 times a power of ten: the smallest such step that `span` holds at most `parts` times."""
    raw = span / parts
    power = 10.0 ** math.floor(math.log10(raw))
    return next((factor * power for factor in (1, 2, 5) if factor * power >= raw * (1 - 1e-9)), 10 * power)


def number(value: float) -> str:
    """Return a number as people write it: ``0.25``, ``1,500``, ``3e-6``."""
    if value == 0 or 1e-4 <= abs(value) < 1e5:
        return f"{value:,.6f}".rstrip("0").rstrip(".")
    mantissa, exponent = f"{value:.2e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}".replace("-", "−")


class Axis(pg.AxisItem):
    """An axis with round numbers and without factors; on a logarithmic one the values are powers of ten."""

    def __init__(self, orientation: str) -> None:
        super().__init__(orientation)
        self.enableAutoSIPrefix(False)
        self.logarithmic = False

    def resizeEvent(self, event: Any = None) -> None:
        """Forget the picture of another size."""
        self.picture = None
        super().resizeEvent(event)

    def boundingRect(self) -> QRectF:
        """Return the place of the axis with room for the numbers at its very ends, which would be left out."""
        return super().boundingRect().adjusted(-END_ROOM, -END_ROOM, END_ROOM, END_ROOM)

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        """Return ticks about 50 pixels apart, as pairs of spacing and places."""
        span = high - low
        if not (math.isfinite(span) and span > 0 and size > 0):
            return []
        parts = max(size / (48 if self.orientation == "bottom" else 34), 1)
        if self.logarithmic and span < parts / 2:
            return [(1.0, self._within_decades(low, high, parts))]
        step = round_step(span, parts)
        if self.logarithmic:
            step = max(round(step), 1)
        first = math.ceil(low / step - 1e-9)
        return [(step, [n * step for n in range(first, math.floor(high / step + 1e-9) + 1)])]

    @staticmethod
    def _within_decades(low: float, high: float, parts: float) -> list[float]:
        """Return the logarithms of 1, 2 and 5 times powers of ten or, for a small span, of round numbers."""
        decades = range(math.floor(low), math.ceil(high) + 1)
        places = [n + math.log10(factor) for n in decades for factor in (1, 2, 5)]
        places = [place for place in places if low <= place <= high]
        if len(places) >= 3:
            return places
        bottom, top = 10.0**low, 10.0**high
        step = round_step(top - bottom, parts)
        numbers = [n * step for n in range(math.ceil(bottom / step), math.floor(top / step) + 1)]
        return [math.log10(value) for value in numbers if value > 0]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """Return the numbers beside the ticks."""
        if self.logarithmic:
            return [number(float(f"{10.0**value:.4g}")) if abs(value) < 300 else f"1e{value:.0f}" for value in values]
        places = max(0, -math.floor(math.log10(spacing) + 1e-9))
        if places > 4 or spacing >= 1e6:
            return [number(value) for value in values]
        return [f"{value:,.{places}f}" for value in values]


class View(pg.ViewBox):
    """The inside of a plot: wheel and dragging move along the epochs, a double click shows everything again."""

    moved = Signal()
    double_clicked = Signal()

    def __init__(self) -> None:
        super().__init__(enableMenu=False, enableMouse=True)
        self.setMouseEnabled(x=True, y=False)
        self.disableAutoRange()
        self.sigRangeChangedManually.connect(self._tell)

    def mouseDoubleClickEvent(self, event: Any) -> None:
        """Ask for everything."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.double_clicked.emit()
            event.accept()

    def _tell(self, _axes: object) -> None:
        self.moved.emit()
