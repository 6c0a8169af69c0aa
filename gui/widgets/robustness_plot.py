"""Accuracy against the strength of one distortion, and one image at each strength below it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from engine.robustness import Curve, Distortion
from gui import theme
from gui.widgets.curve_plot import CurvePlot
from gui.widgets.legend import Line
from gui.widgets.painted import PaintedWidget
from gui.widgets.picture import paint_picture
from gui.widgets.plot_canvas import PlotCanvas
from gui.widgets.wording import percent

LINE = Line("accuracy", "accuracy", "accent", "points")
LARGEST, AIR = 34, 0.06
STRIP_HELP = "One test image at each strength. A green frame: read right; a red one: read wrong."
LEAST_HEIGHT = 74  # four of these, two by two, fit a small screen


class RobustnessPlot(QWidget):
    """A curve of nine points with a strip of images below it.

    Signals
    -------
    described : (str,)
        What there is to say about the strength under the mouse; empty when there is none.
    """

    described = Signal(str)

    def __init__(self, distortion: Distortion, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.distortion = distortion
        self._curve: Curve | None = None
        self.plot = CurvePlot(distortion.label, "right, %", f"{distortion.about} {STRIP_HELP}", across=distortion.unit)
        self.plot.canvas.setMinimumHeight(LEAST_HEIGHT)
        self.plot.set_lines((LINE,))
        self.plot.legend.hide()
        low, high = distortion.strengths[0], distortion.strengths[-1]
        air = AIR * (high - low)
        self.plot.show_epochs(low - air, high + air)
        self.plot.show_values(0.0, 100.0, (0.0, 100.0))
        self.strip = _Strip(self.plot.canvas)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.plot, 1)
        column.addWidget(self.strip)
        self.plot.pointed.connect(self._on_pointed)

    def show_curve(self, curve: Curve | None, label: int = -1, names: Sequence[str] = ()) -> None:
        """Show what was measured, of images of class `label`; None for nothing."""
        self._curve = curve
        empty = np.empty(0)
        x = empty if curve is None else np.array(curve.distortion.strengths)
        self.plot.draw("accuracy", x, empty if curve is None else 100 * np.array(curve.accuracy))
        self.plot.canvas.setAccessibleDescription("" if curve is None else " ".join(map(self._words, range(len(x)))))
        self.strip.show_curve(curve, label, names)

    def _on_pointed(self, strength: float | None) -> None:
        if strength is None or self._curve is None:
            self.plot.show_crosshair(None)
            self.described.emit("")
            return
        number = int(np.abs(np.array(self.distortion.strengths) - strength).argmin())
        self.plot.show_crosshair(self.distortion.strengths[number])
        self.described.emit(self._words(number))

    def _words(self, number: int) -> str:
        assert self._curve is not None
        return f"{strength_words(self.distortion, number)}: {percent(self._curve.accuracy[number])} read right."


class _Strip(PaintedWidget):
    """Small images below the places of their strengths on a plot's axis."""

    def __init__(self, canvas: PlotCanvas) -> None:
        super().__init__()
        self._canvas = canvas
        self._curve: Curve | None = None
        self._label, self._names = -1, tuple[str, ...]()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("One image at each strength")
        self.setWhatsThis(STRIP_HELP)
        canvas.resized.connect(self._on_resized)

    def show_curve(self, curve: Curve | None, label: int, names: Sequence[str]) -> None:
        """Show other images."""
        self._curve, self._label, self._names = curve, label, tuple(names)
        self.update()

    def sizeHint(self) -> QSize:
        """Return the height of the images."""
        return QSize(200, LARGEST + 4)

    def minimumSizeHint(self) -> QSize:
        """Return the height of the images; the width gives way."""
        return QSize(0, LARGEST + 4)

    def words_at(self, place: QPointF) -> str:
        """Return what the network takes an image for."""
        curve = self._curve
        number = next((n for n, box in enumerate(self._boxes()) if box.contains(place)), None)
        if curve is None or number is None:
            return STRIP_HELP
        answer, truth = self._names[curve.answers[number]], self._names[self._label]
        said = f"taken for {answer}" if answer != truth else "read right"
        return f"{strength_words(curve.distortion, number)}: this {truth} is {said}."

    def _boxes(self) -> list[QRectF]:
        if self._curve is None:
            return []
        centres = [self._canvas.place(strength, 0.0).x() for strength in self._curve.distortion.strengths]
        apart = min(b - a for a, b in pairwise(centres))
        side = max(min(apart - 4, LARGEST), 8)
        return [QRectF(round(x - side / 2), 2, int(side), int(side)) for x in centres]

    def _on_resized(self) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the images, and around each whether it was read right."""
        painter, look = QPainter(self), theme.current()
        painter.fillRect(self.rect(), QColor(look.surface))
        if self._curve is None:
            return
        images = np.round(255 * self._curve.examples).astype(np.uint8)
        for box, image, answer in zip(self._boxes(), images, self._curve.answers, strict=True):
            paint_picture(painter, box, image)
            painter.setPen(QPen(QColor(look.good if answer == self._label else look.bad), 2))
            painter.drawRect(box)


def strength_words(distortion: Distortion, number: int) -> str:
    """Return a strength with its name, e.g. ``"Rotation −30 degrees"``."""
    strength = f"{distortion.strengths[number]:g}".replace("-", "−")
    return f"{distortion.label} {strength} {distortion.unit}" if distortion.name != "noise" else f"Noise {strength}"
