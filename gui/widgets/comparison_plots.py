"""Plots for two trainings side by side: curves that lie on one another, and differences next to nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gui.widgets.curve import Curve
from gui.widgets.curve_plot import CurvePlot
from gui.widgets.legend import Line

Floats = NDArray[np.float64]
WIDTH = 6.0
SMALLEST = 1e-18
"""The smallest difference that is drawn."""


class WideCurve(Curve):
    """A curve as wide as its sample in the legend, so that it shows on both sides of one that lies on it."""

    def dress(self) -> None:
        """Put on the colours of the theme."""
        super().dress()
        pen = self._path.pen()
        pen.setWidthF(WIDTH)
        self._path.setPen(pen)


class PairPlot(CurvePlot):
    """A plot whose first line is a wide, faint one below the others."""

    def set_lines(self, lines: tuple[Line, ...]) -> None:
        """Draw these lines from now on, the first one wide and at the back."""
        if self.lines == lines:
            return
        super().set_lines(lines)
        back = lines[0]
        self._curves[back.name].remove()
        self._curves[back.name] = WideCurve(self.canvas.ground, back, 0)


class DifferencePlot(CurvePlot):
    """A plot of differences on a logarithmic axis, down to those of float64; a difference of 0 leaves a gap."""

    def _places(self, y: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            places = np.log10(y)
        return np.where((y >= SMALLEST) & np.isfinite(places), places, np.nan)
