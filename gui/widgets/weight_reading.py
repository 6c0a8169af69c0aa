"""What is read off a network for one of its layers: weights or feature maps, their order, and one unit's facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import DIGITS, Dataset
from engine.layers import Dense
from engine.network import Network, Snapshot, as_floats
from engine.neuron import Neuron
from gui.widgets.color_legend import signed
from gui.widgets.unit_facts import NORMALIZATION, Pictured, UnitFacts
from gui.widgets.unit_shape import UnitShape, cells
from gui.widgets.weight_colors import largest
from gui.widgets.weight_controls import SHOW
from gui.widgets.weight_layers import ShownLayer, shown_layers

Array = NDArray[Any]
NOTHING_DRAWN = "Draw something to see its activation."
NO_MAP = "Draw something to see its feature map."


class View(Protocol):
    """What is read: the desk, or whoever else shows weights, such as a copy that is operated on."""

    @property
    def start(self) -> Snapshot:
        """The weights the network had when it was new, or opened."""

    @property
    def shown(self) -> Snapshot:
        """The weights in view."""

    @property
    def reader(self) -> Network:
        """A network of the GUI thread that holds them."""

    @property
    def drawing(self) -> Array | None:
        """What is on the pad."""

    @property
    def dataset(self) -> Dataset | None:
        """The data in use."""


@dataclass(frozen=True)
class Look:
    """What is looked at: a layer, its feature maps or its weights, of which moment (a key of SHOW), in which order."""

    layer: ShownLayer
    maps: bool
    show: str
    sort: str

    @property
    def shape(self) -> UnitShape:
        """How the numbers of a unit lie in a picture."""
        shape = self.layer.maps if self.maps else self.layer.source
        assert shape is not None
        return shape


class WeightReading:
    """Reads the weights in view, and those from which training began.

    Attributes
    ----------
    layers : list of ShownLayer
        What there is to look at.
    """

    def __init__(self, view: View) -> None:
        self._view = view
        self._first: Network | None = None
        self._held: dict[bool, tuple[Snapshot, Array, list[Array]]] = {}
        self.restart()

    def restart(self) -> None:
        """Take the present network for another one, and as it is now for its start."""
        self._start, self._first = self._view.start, None
        self.layers = shown_layers(self._view.reader)

    @property
    def classes(self) -> Sequence[str]:
        """What the output units stand for."""
        return self._view.dataset.class_names if self._view.dataset else DIGITS

    @np.errstate(over="ignore", invalid="ignore")
    def values(self, look: Look) -> Array | None:
        """Return numbers of shape (numbers, units); None for feature maps while nothing is drawn."""
        values = self._at(look, start=look.show == "start")
        if values is None or look.show != "change":
            return values
        return values - self._at(look, start=True)

    @np.errstate(over="ignore", invalid="ignore")
    def order(self, look: Look) -> NDArray[np.intp]:
        """Return the units in the order in which they are drawn."""
        if look.sort == "length" and look.layer.source is not None:
            weights = self.values(replace(look, maps=False))
            assert weights is not None
            return np.argsort(-np.einsum("ij,ij->j", weights, weights), kind="stable")
        outputs = self._outputs(start=False)
        if look.sort == "activation" and outputs is not None:
            strongest = outputs[look.layer.index].reshape(-1, look.layer.units).max(axis=0)
            return np.argsort(-strongest, kind="stable")
        return np.arange(look.layer.units)

    @np.errstate(over="ignore", invalid="ignore")
    def facts(self, look: Look, unit: int) -> UnitFacts | None:
        """Return what there is to say about a unit; None for a map while nothing is drawn."""
        later = "" if look.show == "now" else f" ({SHOW[look.show].lower()})"
        layer = self._view.reader.layers[look.layer.index]
        facts: UnitFacts | None
        if isinstance(layer, Dense):
            facts = self._unit(look, layer, unit)
        elif look.layer.source is not None:
            facts = self._filter(look, unit)
        else:
            facts = self._map(look, unit)
        return facts and replace(facts, title=facts.title + later)

    def name(self, layer: ShownLayer, unit: int) -> str:
        """Return what a unit is called: by its class, or counted from 1."""
        return f"Output unit for {self.classes[unit]}" if layer.is_output else layer.called(unit)

    # --- facts by kind of layer ---------------------------------------------------------------------------

    def _unit(self, look: Look, layer: Dense, unit: int) -> UnitFacts:
        """Return the facts of a dense unit, on the drawing of now."""
        neuron, outputs = Neuron(layer, unit), self._outputs(start=False)
        weights, activation = self._pictured(look, unit, "Weights", "weight"), ""
        figures = {"Weights": f"{len(weights.values):,}", **_weight_figures(weights, neuron.bias)}
        figures |= {"Weighted sum": "–", "Activation": "–"}
        if outputs is not None:
            inputs = self._inputs(look.layer, outputs)
            weights = replace(weights, inputs=inputs if look.show == "now" else None)
            activation = f"{float(outputs[look.layer.index][unit]):.3g}".replace("-", "−")
            figures |= {"Weighted sum": signed(neuron.weighted_sum(inputs)), "Activation": activation}
        summary = f"weights {weights.range}, bias {signed(neuron.bias)}"
        return UnitFacts(
            title=self.name(look.layer, unit),
            large=weights,
            small=None,
            figures=figures,
            summary=f"{summary}, activation {activation} now" if activation else summary,
            hint="" if activation else NOTHING_DRAWN,
            activation_name=layer.activation.label,
        )

    def _filter(self, look: Look, unit: int) -> UnitFacts:
        """Return the facts of a filter: its kernel, and what it makes of the drawing."""
        kernel = self._pictured(replace(look, maps=False), unit, "Kernel", "weight")
        bias = float(self._view.reader.layers[look.layer.index].parameters["bias"][unit])
        title, hint = self.name(look.layer, unit), ""
        answer = self._pictured_map(look, unit)
        if answer is None:
            hint = NO_MAP
        if look.maps and answer is not None:
            figures = {**_map_figures(answer), "Bias": signed(bias)}
            return UnitFacts(title, answer, kernel, figures, f"{answer.range}, bias {signed(bias)}")
        count = f"{len(kernel.values):,}"
        figures = {"Weights": count, **_weight_figures(kernel, bias)}
        summary = f"weights {kernel.range}, bias {signed(bias)}"
        return UnitFacts(title, kernel, answer, figures, summary, hint)

    def _map(self, look: Look, unit: int) -> UnitFacts | None:
        """Return the facts of a map of a layer without weights."""
        answer = self._pictured_map(look, unit)
        if answer is None:
            return None
        held = self._view.reader.layers[look.layer.index].parameters
        kept = {row: signed(float(held[name][unit])) for row, name in NORMALIZATION.items() if name in held}
        return UnitFacts(self.name(look.layer, unit), answer, None, _map_figures(answer) | kept, answer.range)

    def _pictured(self, look: Look, unit: int, name: str, noun: str) -> Pictured:
        values = self.values(look)
        assert values is not None
        return Pictured(name, values[:, unit], look.shape, noun, limit=float(largest(values)[unit]))

    def _pictured_map(self, look: Look, unit: int) -> Pictured | None:
        drawn = self._view.drawing is not None
        return self._pictured(replace(look, maps=True), unit, "Feature map", "") if drawn else None

    # --- numbers ------------------------------------------------------------------------------------------

    def _at(self, look: Look, *, start: bool) -> Array | None:
        """Return weights or feature maps of now or of the start, of shape (numbers, units)."""
        if not look.maps:
            network = self._at_the_start() if start else self._view.reader
            return cells(network.layers[look.layer.index].parameters["weights"])
        outputs = self._outputs(start=start)
        return None if outputs is None else cells(outputs[look.layer.index])

    def _inputs(self, layer: ShownLayer, outputs: list[Array]) -> Array:
        """Return what each unit of a layer sees of the drawing."""
        assert self._view.drawing is not None
        seen = outputs[layer.index - 1] if layer.index else as_floats(self._view.drawing, outputs[0].dtype)
        return np.ravel(seen)

    def _outputs(self, *, start: bool) -> list[Array] | None:
        """Return what the layers make of the drawing, computed once for each drawing and each copy of the weights."""
        drawing = self._view.drawing
        if drawing is None:
            return None
        snapshot = self._start if start else self._view.shown
        held = self._held.get(start)
        if held is None or held[0] is not snapshot or held[1] is not drawing:
            network = self._at_the_start() if start else self._view.reader
            held = self._held[start] = (snapshot, drawing, network.outputs(drawing))
        return held[2]

    def _at_the_start(self) -> Network:
        """Return the network as it was when it was new, or opened."""
        if self._first is None:
            self._first = Network.from_snapshot(self._start)
        return self._first


def _weight_figures(weights: Pictured, bias: float) -> dict[str, str]:
    length = float(np.sqrt(weights.values @ weights.values))
    return {"Range": weights.range, "Length": f"{length:.4g}", "Bias": signed(bias)}


def _map_figures(answer: Pictured) -> dict[str, str]:
    return {"Places": str(answer.shape), "Range": answer.range, "Strongest": answer.strongest}
