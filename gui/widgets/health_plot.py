"""A curve per layer over the epochs on a logarithmic axis, with the band in which values are usually fine."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QGraphicsRectItem, QWidget

from engine.table import Table
from gui import theme
from gui.widgets.curve_plot import CurvePlot
from gui.widgets.legend import Line
from gui.widgets.tints import mix

PIXELS = 6
"""A curve has a point per so many pixels: what lies between is averaged."""


class HealthPlot(CurvePlot):
    """One line per layer, in the same colours as the rows of figures below.

    Parameters
    ----------
    band : tuple of float, optional
        From where to where a value is usually fine.
    """

    def __init__(
        self,
        title: str,
        unit: str,
        help: str,  # noqa: A002
        band: tuple[float, float] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        self._band: QGraphicsRectItem | None = None
        self._limits, self._name = (0.0, 0.0), title
        super().__init__(title, unit, help, parent)
        self.set_logarithmic(True)
        self.legend.hide()
        if band is not None:
            self._limits = math.log10(band[0]), math.log10(band[1])
            self._band = QGraphicsRectItem(self.canvas.ground)
            self._band.setPen(Qt.PenStyle.NoPen)
            self._band.setZValue(-5)
            self.dress()

    def show_layers(self, count: int) -> None:
        """Draw so many lines from now on."""
        self.set_lines(tuple(Line(f"layer_{n + 1}", f"layer {n + 1}", f"series:{n}") for n in range(count)))

    def say(self, words: str) -> None:
        """Say something behind the title, or nothing."""
        style = f"font-weight: normal; color: {theme.current().muted}"
        self.title.setText(f"{self._name} <span style='{style}'>{words}</span>" if words else self._name)

    def draw_table(self, epochs: Table, values: Table, scales: tuple[float, ...]) -> None:
        """Draw the columns of `values`, each divided by its scale, over the column ``epoch`` of `epochs`.

        Both tables have one row per batch or copy.
        """
        count = min(len(epochs), len(values))
        if not count:
            for line in self.lines:
                self.draw(line.name, np.empty(0), np.empty(0))
            return
        points = self.width_in_pixels // PIXELS
        thin, places = values.thinned(0, count, points), epochs.thinned(0, count, points).mean("epoch")
        ends = [
            self.draw(line.name, places, thin.mean(line.name) / scale)
            for line, scale in zip(self.lines, scales, strict=True)
        ]
        known = [pair for pair in ends if pair is not None]
        if known:
            limits = [self._limits] if self._band is not None else []
            self.show_values(min(low for low, _ in known + limits), max(high for _, high in known + limits))

    def dress(self) -> None:
        """Put on the colours of the theme."""
        super().dress()
        if self._band is not None:
            look = theme.current()
            self._band.setBrush(QColor(mix(look.surface, look.good, 0.16)))
            self._place_band()

    def _place(self) -> None:
        super()._place()
        self._place_band()

    def _place_band(self) -> None:
        if self._band is None:
            return
        area, (low, high) = self.canvas.area, self._limits
        top, bottom = self.canvas.place(0, high).y(), self.canvas.place(0, low).y()
        self._band.setRect(QRectF(area.left(), top, area.width(), bottom - top))
