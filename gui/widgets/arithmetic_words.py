"""What layers, their inputs and their outputs are called on the arithmetic page."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from engine.arithmetic import OUTSIDE
from engine.layers import BatchNorm, Conv2D, Dense, Dropout, Flatten, Layer
from engine.layers.layer import Shape
from engine.layers.pooling import Pool
from engine.network import Network
from gui.widgets.weight_layers import OUTPUT, layer_numbers


@dataclass(frozen=True)
class WorkedLayer:
    """A layer whose arithmetic can be looked at.

    Attributes
    ----------
    index : int
        Its place among the network's layers.
    name, title : str
        ``"Layer 3"``, counted as in the list of layers, or ``"Output"``; and the same with its kind and sizes.
    before : str
        What the layer that it gets its inputs from is called; empty if these are the pixels.
    unit : str
        What one of its outputs, or a map of them, is called.
    input_shape, output_shape : tuple of int
        Of one sample; (height, width, maps) where it is an image.
    """

    index: int
    name: str
    title: str
    before: str
    unit: str
    input_shape: Shape
    output_shape: Shape

    @property
    def is_output(self) -> bool:
        """Whether its units stand for the ten classes."""
        return self.name == OUTPUT

    @property
    def units(self) -> int:
        """How many units, filters or maps there are to choose from."""
        return self.output_shape[-1] if len(self.output_shape) != 2 else 1

    @property
    def places(self) -> tuple[int, int]:
        """Rows and columns of a map of its outputs; (1, 1) where they have no place in an image."""
        return (1, 1) if len(self.output_shape) == 1 else (self.output_shape[0], self.output_shape[1])

    def number(self, unit: int, row: int, column: int) -> int:
        """Return which output is at a place of a map, all counted from 0."""
        return (row * self.places[1] + column) * self.units + unit

    def place(self, number: int) -> tuple[int, int, int]:
        """Return unit, row and column of an output."""
        rest, unit = divmod(number, self.units)
        return unit, *divmod(rest, self.places[1])

    def called(self, number: int) -> str:
        """Return what an output is called, e.g. ``"Unit 12 of layer 1"``; in a map with row and column."""
        unit, row, column = self.place(number)
        name = (
            f"{self.unit.capitalize()} {unit + 1} of {self.name.lower()}" if len(self.output_shape) != 2 else self.name
        )
        return name if self.places == (1, 1) else f"{name}, row {row + 1}, column {column + 1}"

    def input_called(self, number: int) -> str:
        """Return what one of its inputs is, in a sentence."""
        if number == OUTSIDE:
            return "padding, which is 0, beyond the border"
        if len(self.input_shape) == 1:
            return f"value {number + 1} of {self.before.lower() or 'the image'}"
        if len(self.input_shape) == 2 or not self.before:
            row, column = divmod(number, self.input_shape[1])
            return f"pixel in row {row + 1}, column {column + 1}"
        rest, channel = divmod(number, self.input_shape[2])
        row, column = divmod(rest, self.input_shape[1])
        return f"map {channel + 1} of {self.before.lower()} in row {row + 1}, column {column + 1}"

    def input_short(self, number: int) -> str:
        """Return what one of its inputs is, in short for a column of them."""
        if number == OUTSIDE:
            return "padding"
        if len(self.input_shape) == 1:
            return f"value {number + 1}"
        channels = prod(self.input_shape[2:])
        rest, channel = divmod(number, channels)
        row, column = divmod(rest, self.input_shape[1])
        place = f"row {row + 1}, col {column + 1}"
        return place if channels == 1 else f"map {channel + 1}, {place}"


def worked_layers(network: Network) -> list[WorkedLayer]:
    """Return all layers of a network, in order; the output layer is the last."""
    found, before = [], ""
    for index, (layer, row) in enumerate(zip(network.layers, layer_numbers(network.spec), strict=True)):
        name = OUTPUT if layer is network.output else f"Layer {row}"
        title = f"{name}: {_kind(layer)}"
        unit = {Conv2D: "filter", Dense: "unit"}.get(type(layer), "map" if len(layer.output_shape) == 3 else "value")
        shape = layer.image if isinstance(layer, Conv2D | Pool) and len(layer.input_shape) == 3 else layer.input_shape
        found.append(WorkedLayer(index, name, title, before, unit, shape, layer.output_shape))
        if not isinstance(layer, Dropout | Flatten):
            before = name
    return found


def _kind(layer: Layer) -> str:
    if isinstance(layer, Dense):
        return f"{layer.inputs:,} → {layer.units:,}, {layer.activation.label}"
    if isinstance(layer, Conv2D):
        return (
            f"convolution {layer.kernel}x{layer.kernel}, {layer.image[2]} → {layer.filters}, {layer.activation.label}"
        )
    if isinstance(layer, Pool):
        kind = {"MaxPool2D": "max", "AvgPool2D": "average"}[type(layer).__name__]
        return f"{kind} pooling {layer.size}x{layer.size}, {layer.output_shape[2]} maps"
    if isinstance(layer, BatchNorm):
        return f"batch normalization, {layer.activation.label}"
    return "dropout" if isinstance(layer, Dropout) else "flatten"
