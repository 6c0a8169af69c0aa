"""What is read off a network for its diagram: which units are in view, their activations, the strongest connections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import DIGITS
from engine.inspection.columns import columns_of, reaching
from engine.inspection.connections import contributions, strongest, weights_between
from engine.layers import BatchNorm, Dropout, Flatten, Layer
from engine.layers.pooling import Pool
from engine.network import as_shares
from gui.widgets.diagram_scene import Bytes, ColumnView, Line, Scene, Spot
from gui.widgets.surgery_stack import Surgeon
from gui.widgets.weight_colors import peak, to_bytes
from gui.widgets.weight_layers import OUTPUT, layer_numbers

Array = NDArray[Any]
Units = NDArray[np.intp]
EVERY = {"active": "Most active", "number": "By number"}


@dataclass
class Choice:
    """What somebody wants to see of a network.

    Attributes
    ----------
    order : str
        A key of EVERY: which units of a large layer are in view.
    connections : int
        How many lines.
    firsts : dict of int to int
        How many units were passed by scrolling, by column.
    hovered, selected : Spot or None
        The unit under the mouse, whose connections alone are shown, and the one that is looked at closely.
    """

    order: str = "active"
    connections: int = 60
    firsts: dict[int, int] = field(default_factory=dict)
    hovered: Spot | None = None
    selected: Spot | None = None


class DiagramReading:
    """Reads the network that a surgeon shows.

    Attributes
    ----------
    columns : list of Column
        From the image to the output.
    column_names : list of str
        What people call them.
    outputs : list of ndarray, or None
        What the layers made of the drawing when last read; None if nothing was drawn.
    """

    def __init__(self, surgeon: Surgeon) -> None:
        self._surgeon = surgeon
        self.restart()

    def restart(self) -> None:
        """Take the present network for another one."""
        self.columns = columns_of(self._surgeon.reader)
        numbers = layer_numbers(self._surgeon.reader.spec)
        hidden = [f"Layer {numbers[column.index]}" for column in self.columns[1:-1]]
        self.column_names = ["Drawing", *hidden, OUTPUT]
        self.outputs: list[Array] | None = None
        self._in_view: dict[int, Units] = {}

    @property
    def names(self) -> Sequence[str]:
        """What the output units stand for."""
        return self._surgeon.dataset.class_names if self._surgeon.dataset else DIGITS

    @np.errstate(over="ignore", invalid="ignore")
    def scene(self, choice: Choice, capacities: Sequence[int]) -> Scene:
        """Return what there is to see, with at most so many units in view in each column."""
        drawing, network = self._surgeon.drawing, self._surgeon.reader
        self.outputs = None if drawing is None else network.outputs(drawing)
        self._in_view = {index: self._chosen(index, choice, capacities[index]) for index in range(1, len(self.columns))}
        return Scene(
            columns=tuple(self._view(index, choice) for index in range(len(self.columns))),
            lines=tuple(self._lines(choice)),
            image=drawing,
            shares=as_shares(self.outputs[-1][np.newaxis], network.spec)[0] if self.outputs else None,
            names=self.names,
            hovered=choice.hovered,
            selected=choice.selected,
        )

    def activations(self, index: int) -> Array | None:
        """Return the activation of each unit of a column, of filters at their strongest place; None without drawing."""
        if self.outputs is None or index == 0:
            return None
        column = self.columns[index]
        return self.outputs[column.index].reshape(-1, column.units).max(axis=0)

    @np.errstate(over="ignore", invalid="ignore")
    def weights(self, index: int, into: Units, of: Units | None = None) -> Array:
        """Return the weights through which units of column `index` see the column before, of shape (of, into)."""
        column, before = self.columns[index], self.columns[index - 1]
        return weights_between(self._surgeon.reader.layers[column.index], before.units, into, of)

    @np.errstate(over="ignore", invalid="ignore")
    def said(self, index: int, into: Units, of: Units | None = None) -> Array | None:
        """Return what the column before adds to weighted sums of column `index`; None while nothing is drawn."""
        column, network, drawing = self.columns[index], self._surgeon.reader, self._surgeon.drawing
        if self.outputs is None or drawing is None:
            return None
        X, Y = reaching(network, column, drawing, self.outputs), self.outputs[column.index]
        return contributions(network.layers[column.index], X, Y, self.columns[index - 1].units, into, of)

    # --- units in view ------------------------------------------------------------------------------------

    def _chosen(self, index: int, choice: Choice, room: int) -> Units:
        """Return which units of a column are in view; those that stay keep their places."""
        count = self.columns[index].units
        if count <= room:
            return np.arange(count)
        first = min(choice.firsts.get(index, 0), count - room)
        activations = self.activations(index)
        if choice.order == "active" and activations is not None:
            sizes = np.where(np.isfinite(activations), np.abs(activations), 0)
            chosen = np.sort(np.argsort(-sizes, kind="stable")[first : first + room])
        else:
            chosen = np.arange(first, first + room)
        selected = choice.selected
        if selected is not None and selected[0] == index and selected[1] not in chosen:
            chosen[-1] = selected[1]
        return _settled(self._in_view.get(index), chosen) if choice.order == "active" else chosen

    def _view(self, index: int, choice: Choice) -> ColumnView:
        column = self.columns[index]
        steps = tuple(_step_name(self._surgeon.reader.layers[step]) for step in column.steps)
        if index == 0:
            return ColumnView(column, self.column_names[0], "28 × 28", np.zeros(0, np.intp), steps=steps)
        units = self._in_view[index]
        name = self.column_names[index]
        note = f"{len(units)} of {column.units:,}" if len(units) < column.units else f"{column.units:,}"
        first = choice.firsts.get(index, 0)
        if len(units) < column.units and first:
            note = f"{first + 1:,}–{first + len(units):,} of {column.units:,}"
        return ColumnView(column, name, note, units, *self._tones(index, units), steps)

    def _tones(self, index: int, units: Units) -> tuple[Bytes | None, Bytes | None]:
        """Return the colours of units, and their feature maps in colours, with the layer's largest in full colour."""
        activations, column = self.activations(index), self.columns[index]
        if activations is None or self.outputs is None:
            return None, None
        outputs = self.outputs[column.index]
        limit = peak(outputs)
        maps = to_bytes(outputs[..., units], limit).transpose(2, 0, 1) if column.kind == "conv" else None
        return to_bytes(activations[units], limit), maps

    # --- connections --------------------------------------------------------------------------------------

    def _lines(self, choice: Choice) -> list[Line]:
        """Return the strongest connections between units in view, as many between any two columns."""
        gaps, hovered = range(1, len(self.columns)), choice.hovered
        if hovered is not None:
            gaps = range(max(hovered[0], 1), min(hovered[0] + 2, len(self.columns)))
        count, left = divmod(choice.connections, len(gaps))
        lines: list[Line] = []
        for number, index in enumerate(gaps):
            lines += self._between_columns(index, count + (number < left), hovered)
        return lines

    def _between_columns(self, index: int, count: int, hovered: Spot | None) -> list[Line]:
        into, of = self._in_view[index], None if index == 1 else self._in_view[index - 1]
        if hovered is not None and hovered[0] == index:
            into = np.array([hovered[1]])
        elif hovered is not None:
            of = np.array([hovered[1]])
        said = self.said(index, into, of)
        values = self.weights(index, into, of) if said is None else said
        found = strongest(values, count)
        most = abs(float(values[found[0]])) if found else 1.0
        sources = np.arange(len(values)) if of is None else of
        return [
            Line(
                (index - 1, int(sources[row])),
                (index, int(into[column])),
                float(values[row, column]),
                abs(float(values[row, column])) / most,
            )
            for row, column in found
        ]


def _settled(before: Units | None, chosen: Units) -> Units:
    """Return the chosen units with those that were in view before in the same places as then."""
    if before is None or len(before) != len(chosen):
        return chosen
    stays = np.isin(before, chosen)
    found = before.copy()
    found[~stays] = chosen[~np.isin(chosen, before)]
    return found


def _step_name(layer: Layer) -> str:
    if isinstance(layer, Dropout):
        return f"Dropout {layer.rate:g}"
    if isinstance(layer, Flatten):
        return "Flatten"
    if isinstance(layer, BatchNorm):
        return "Batch normalization"
    assert isinstance(layer, Pool)
    kind = "Max" if type(layer).__name__ == "MaxPool2D" else "Average"
    return f"{kind} pooling {layer.size} × {layer.size}"
