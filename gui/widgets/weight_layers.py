"""Which layers of a network can be looked at, and what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.layers import BatchNorm, Conv2D, Dense, Dropout, Flatten, Layer
from engine.layers.pooling import Pool
from engine.network import Network
from engine.specs import INPUT_SHAPE, NetworkSpec
from gui.widgets.unit_shape import UnitShape
from gui.widgets.wording import counted

OUTPUT = "Output"


@dataclass(frozen=True)
class ShownLayer:
    """A layer with weights, with feature maps, or with both.

    Attributes
    ----------
    index : int
        Its place among the network's layers.
    name, title : str
        ``"Layer 3"``, counted as in the list of layers, or ``"Output"``; and the same with its sizes.
    before : str
        What the layer that it gets its inputs from is called; empty if it sees the pixels.
    units : int
        How many units, filters or maps it has.
    unit : str
        What one of them is called.
    source : UnitShape or None
        What one of them sees through its weights, if it has any.
    maps : UnitShape or None
        The shape of a feature map, if it has any.
    """

    index: int
    name: str
    title: str
    before: str
    units: int
    unit: str
    source: UnitShape | None
    maps: UnitShape | None

    @property
    def is_output(self) -> bool:
        """Whether its units stand for the ten classes."""
        return self.name == OUTPUT

    @property
    def is_pictured(self) -> bool:
        """Whether its weights make a picture: those of a filter, or of a unit that sees a single image."""
        return self.source is not None and (self.unit == "filter" or (self.source.channels == 1 and not self.is_row))

    @property
    def is_row(self) -> bool:
        """Whether what it sees has no place in an image."""
        return self.source is not None and self.source.is_row

    def called(self, unit: int) -> str:
        """Return what one of its units is called, counted from 1 as layers are."""
        return f"{self.unit.capitalize()} {unit + 1} of {self.name.lower()}"


def shown_layers(network: Network) -> list[ShownLayer]:
    """Return what there is to look at, in order; the output layer is the last."""
    found, before, seen = [], "", UnitShape.of(INPUT_SHAPE)
    numbers = layer_numbers(network.spec)
    for index, layer in enumerate(network.layers):
        name = OUTPUT if layer is network.output else f"Layer {numbers[index]}"
        if shown := _shown(index, layer, name, before, seen):
            found.append(shown)
        if not isinstance(layer, Dropout | Flatten):
            before = name
        if len(layer.output_shape) > 1 or isinstance(layer, Dense):  # flattened maps are still maps
            seen = UnitShape.of(layer.output_shape)
    return found


def remark(spec: NetworkSpec, layers: Sequence[ShownLayer]) -> str:
    """Return which rows of the list of layers are not among `layers`, in a sentence; empty if all are."""
    shown = {layer.name for layer in layers}
    missing = [n for n in range(1, len(spec.layers) + 1) if f"Layer {n}" not in shown]
    if not missing:
        return ""
    kinds = ", ".join(dict.fromkeys(spec.layers[n - 1].label.lower() for n in missing))
    numbers = " and ".join(filter(None, (", ".join(map(str, missing[:-1])), str(missing[-1]))))
    one = len(missing) == 1
    return f"Layer{'' if one else 's'} {numbers} ({kinds}) {'has' if one else 'have'} no picture."


def layer_numbers(spec: NetworkSpec) -> list[int]:
    """Return, for each layer of a network, which row of the list of layers it comes from, counted from 1.

    The dropout that belongs to a dense or convolutional row has that row's number.
    """
    numbers: list[int] = []
    for number, row in enumerate(spec.layers, start=1):
        numbers += [number] * (2 if getattr(row, "dropout", 0) else 1)
    return [*numbers, len(spec.layers) + 1]


def weighted_names(spec: NetworkSpec) -> list[str]:
    """Return the names of the layers with weights, in the order of their gradients, e.g. ``"Layer 3"``."""
    rows = enumerate(spec.layers, start=1)
    return [f"Layer {number}" for number, row in rows if row.kind in ("dense", "conv")] + [OUTPUT]


def _shown(index: int, layer: Layer, name: str, before: str, seen: UnitShape) -> ShownLayer | None:
    if isinstance(layer, Dense):
        title = f"{name}: {layer.inputs:,} → {layer.units:,}"
        return ShownLayer(index, name, title, before, layer.units, "unit", seen, None)
    if isinstance(layer, Conv2D):
        channels, side = layer.image[2], layer.kernel
        title = f"{name}: convolution {side}x{side}, {channels} → {layer.filters}"
        source, maps = UnitShape(side, side, channels), UnitShape(*layer.output_shape[:2])
        return ShownLayer(index, name, title, before, layer.filters, "filter", source, maps)
    if isinstance(layer, Pool | BatchNorm) and len(layer.output_shape) == 3:
        height, width, channels = layer.output_shape
        title = f"{name}: {_kind(layer)}, {counted(channels, 'map')} of {height}x{width}"
        return ShownLayer(index, name, title, before, channels, "map", None, UnitShape(height, width))
    return None


def _kind(layer: Layer) -> str:
    return {"MaxPool2D": "max pooling", "AvgPool2D": "average pooling"}.get(type(layer).__name__, "batch normalization")
