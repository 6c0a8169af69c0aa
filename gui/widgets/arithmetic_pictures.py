"""The outputs of a layer and what the inputs add to one of them, as pictures beside their numbers."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.arithmetic import Working, figure
from gui import theme
from gui.widgets.arithmetic_picture import ArithmeticPicture
from gui.widgets.arithmetic_words import WorkedLayer
from gui.widgets.color_legend import ColorLegend, signed
from gui.widgets.figures import label
from gui.widgets.unit_shape import UnitShape

_OUTPUTS = "What this layer gives for your drawing, a cell per number. Click a number to work it out."
_PRODUCTS = "What each input adds (orange) or takes away (blue). Click one to find it in the table."


class ArithmeticPictures(QWidget):
    """Two pictures, one below the other.

    Signals
    -------
    output_chosen : (int,)
        An output of the layer that was clicked.
    term_chosen : (int,)
        An input of the present output that was clicked.
    described : (str,)
        The output under the mouse, in words; empty when there is none.
    """

    output_chosen = Signal(int)
    term_chosen = Signal(int)
    described = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.outputs, self.products = (
            ArithmeticPicture("Outputs", _OUTPUTS),
            ArithmeticPicture("Products", _PRODUCTS),
        )
        self.legend = ColorLegend()
        self._caption, self._added = label("", "muted"), label("What each input adds", "muted")
        self._layer: WorkedLayer | None = None
        self._values: NDArray[Any] = np.zeros(0)
        self._unit = 0
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACE // 2)
        for widget in (self._caption, self.outputs, self._added, self.products, self.legend):
            column.addWidget(widget)
        column.addStretch(1)
        self.outputs.chosen.connect(self._on_output)
        self.outputs.pointed.connect(self._on_pointed)
        self.products.chosen.connect(self.term_chosen)

    def show_layer(self, layer: WorkedLayer, outputs: NDArray[Any], number: int, working: Working) -> None:
        """Show the outputs of a layer, and how one of them comes about.

        Parameters
        ----------
        layer : WorkedLayer
        outputs : ndarray of shape layer.output_shape
        number : int
            The one that is worked out.
        working : Working
            How.
        """
        self._layer, self._values = layer, outputs
        self._unit, row, column = layer.place(number)
        if layer.places == (1, 1):
            self._caption.setText("All outputs")
            self.outputs.show_values(outputs, UnitShape(1, 1, outputs.size), self._unit)
        else:
            self._caption.setText(f"{layer.unit.capitalize()} {self._unit + 1}" if layer.units > 1 else "All outputs")
            seen = outputs.reshape(*layer.places, layer.units)[:, :, self._unit]
            self.outputs.show_values(seen.ravel(), UnitShape(*layer.places), row * layer.places[1] + column)
        for part in (self._added, self.products, self.legend):
            part.setVisible(working.kind == "sum")
        if working.kind == "sum":
            self.products.show_values(working.products, _shape(layer, working))
            self.legend.show_ends(signed(-self.products.limit), signed(self.products.limit))

    def _number(self, place: int) -> int | None:
        """Return which output is at a place of the picture."""
        layer = self._layer
        if layer is None:
            return None
        number = place if layer.places == (1, 1) else layer.number(self._unit, *divmod(place, layer.places[1]))
        return number if number < self._values.size else None

    def _on_output(self, place: int) -> None:
        number = self._number(place)
        if number is not None:
            self.output_chosen.emit(number)

    def _on_pointed(self, place: int | None) -> None:
        number = None if place is None else self._number(place)
        if number is None or self._layer is None:
            self.described.emit("")
        else:
            self.described.emit(f"{self._layer.called(number)}: {figure(float(self._values.flat[number]))}")


def _shape(layer: WorkedLayer, working: Working) -> UnitShape:
    """Return how the inputs of a unit lie in a picture: all inputs of the layer, or a filter's window."""
    if len(working.numbers) == prod(layer.input_shape):
        return UnitShape.of(layer.input_shape)
    channels = layer.input_shape[2] if len(layer.input_shape) == 3 else 1
    side = round((len(working.numbers) / channels) ** 0.5)
    return UnitShape(side, side, channels)
