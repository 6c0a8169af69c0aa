"""A slider on a logarithmic scale."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSlider, QWidget

TICKS_PER_DECADE = 120


class RateSlider(QSlider):
    """Chooses a number between `low` and `high`, both above 0, each decade being equally wide.

    Signals
    -------
    chosen : (float,)
        The user moved the handle to this number, of two digits.
    """

    chosen = Signal(float)

    def __init__(self, low: float, high: float, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._low, self._high = low, high
        self.setRange(0, round(math.log10(high / low) * TICKS_PER_DECADE))
        self.setSingleStep(round(math.log10(1.1) * TICKS_PER_DECADE))
        self.setPageStep(round(math.log10(2) * TICKS_PER_DECADE))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.valueChanged.connect(self._on_moved)

    @property
    def number(self) -> float:
        """Where the handle stands."""
        exact = self._low * 10 ** (self.value() / TICKS_PER_DECADE)
        return min(max(float(f"{exact:.2g}"), self._low), self._high)

    def show_number(self, number: float) -> None:
        """Move the handle without telling anybody."""
        self.blockSignals(True)
        self.setValue(round(math.log10(number / self._low) * TICKS_PER_DECADE))
        self.blockSignals(False)

    def _on_moved(self, _position: int) -> None:
        self.chosen.emit(self.number)
