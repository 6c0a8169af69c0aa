"""The page that shows what the units have learned to look for."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from engine.datasets.dataset import DIGITS, Dataset
from engine.network import Network
from engine.specs import INPUT_SHAPE
from gui import theme
from gui.session import Session
from gui.widgets.color_legend import INK, INPUT, MEANING, ColorLegend, signed
from gui.widgets.figures import label, sentences
from gui.widgets.matrix_view import MatrixView
from gui.widgets.unit_inspector import UnitFacts, UnitInspector
from gui.widgets.unit_view import UnitView
from gui.widgets.weight_colors import largest
from gui.widgets.weight_controls import SHOW, WeightControls
from gui.widgets.weight_grid import WeightGrid

Array = NDArray[Any]
REFRESH_MS = 100
# The enlarged unit is 7 or 10 pixels per weight.
NARROW, WIDE, WIDE_FROM = 204, 284, 900
PIXELS = INPUT_SHAPE[0] * INPUT_SHAPE[1]
RANDOM = "Random start: train to see patterns appear."
CLOSER = "Click a unit to look closer."


class WeightsPage(QWidget):
    """The weights of one layer, live, and one of its units enlarged.

    The first layer is shown as pictures, deeper ones as a matrix. It is drawn anew at most ten times a second,
    only if the weights or the drawing changed, and only while it can be seen.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.refreshes = 0
        self._news = True
        self._first: Network | None = None
        self._pointed: tuple[int | None, int | None] = (None, None)
        self._selections: dict[int, int] = {}
        self.grid, self.matrix, self.inspector = WeightGrid(), MatrixView(), UnitInspector()
        self.legend, self.readout, self.state = ColorLegend(), sentences(lines=1), label("", "muted")
        self.controls = WeightControls()
        self._arrange()
        for view in (self.grid, self.matrix):
            view.pointed.connect(self._on_pointed)
            view.selected.connect(self._on_selected)
        self.controls.layer_changed.connect(self._on_layer)
        self.controls.changed.connect(self._on_view)
        self._timer = QTimer(self)
        self._timer.setInterval(REFRESH_MS)
        self._timer.timeout.connect(self._tick)
        session.snapshot_changed.connect(self._on_news)
        session.drawing_changed.connect(self._on_news)
        session.dataset_changed.connect(self._on_dataset)
        session.network_replaced.connect(self._on_replaced)
        self._on_replaced()

    @property
    def layer(self) -> int:
        """Which dense layer is shown, counted from 0."""
        return self.controls.layer

    @property
    def view(self) -> UnitView:
        """The view of the layer that is shown."""
        return self.grid if self.session.reader.dense[self.layer].inputs == PIXELS and not self.layer else self.matrix

    def refresh(self) -> None:
        """Show the present copy of the weights."""
        self.refreshes += 1
        self._news = False
        weights = self._weights()
        limits = self._limits(weights)
        view = self.view
        self._stack.setCurrentWidget(view)
        view.show_weights(weights, limits, self._order(weights))
        self._say(limits)
        self._inspect()
        self._read()

    def showEvent(self, event: QShowEvent) -> None:
        """Begin to follow the weights."""
        super().showEvent(event)
        self._timer.start()
        self._tick()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the enlarged unit what room there is."""
        super().resizeEvent(event)
        self.inspector.setFixedWidth(WIDE if self.width() >= WIDE_FROM else NARROW)

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop following them: nobody sees it."""
        super().hideEvent(event)
        self._timer.stop()

    # --- what is shown ------------------------------------------------------------------------------------

    def _weights(self) -> Array:
        """Return what is shown of the layer, of shape (inputs, units)."""
        now = self.session.reader.dense[self.layer].weights
        show = self.controls.show_what.currentData()
        if show == "now":
            return now
        start = self._at_the_start().dense[self.layer].weights
        return start if show == "start" else now - start

    def _at_the_start(self) -> Network:
        """Return the network as it was when it was new, or opened."""
        if self._first is None:
            self._first = Network.from_snapshot(self._start)
        return self._first

    def _limits(self, weights: Array) -> Array | float:
        """Return the weight at which colours are full: of each unit, or the typical one of the layer."""
        each = largest(weights)
        return each if self.controls.scale.currentData() == "unit" else _typical(each)

    def _order(self, weights: Array) -> NDArray[np.intp]:
        """Return the units in the order they are drawn."""
        sort = self.controls.sort.currentData()
        if sort == "length":
            return np.argsort(-np.einsum("ij,ij->j", weights, weights), kind="stable")
        drawing = self.session.drawing
        if sort == "activation" and drawing is not None:
            return np.argsort(-self.session.reader.activations(drawing)[self.layer], kind="stable")
        return np.arange(weights.shape[1])

    @np.errstate(over="ignore", invalid="ignore")
    def _facts(self, unit: int) -> UnitFacts:
        """Return what there is to say about a unit of the layer, on the drawing of now."""
        reader, drawing, show = self.session.reader, self.session.drawing, self.controls.show_what.currentData()
        neuron = reader.neuron(self.layer, unit)
        inputs, weighted_sum, activation = None, None, None
        if drawing is not None:
            outputs = reader.activations(drawing)
            inputs = np.ravel(drawing) / 255 if self.layer == 0 else outputs[self.layer - 1]
            weighted_sum = neuron.weighted_sum(inputs)
            activation = float(outputs[self.layer][unit])
        return UnitFacts(
            title=self._name(unit) + ("" if show == "now" else f" ({SHOW[show].lower()})"),
            weights=self.view.weights[:, unit],
            bias=neuron.bias,
            inputs=inputs if show == "now" else None,
            weighted_sum=weighted_sum,
            activation=activation,
            activation_name=neuron.layer.activation.label,
            pixels=self.layer == 0,
        )

    def _name(self, unit: int) -> str:
        """Return what a unit is called: by its class, or counted from 1 as layers are."""
        return (
            f"Output unit for {self._classes[unit]}" if self._output else f"Unit {unit + 1} of layer {self.layer + 1}"
        )

    @property
    def _output(self) -> bool:
        return self.layer == len(self.session.reader.dense) - 1

    @property
    def _classes(self) -> tuple[str, ...]:
        return self.session.dataset.class_names if self.session.dataset else DIGITS

    def _say(self, limits: Array | float) -> None:
        """Write the numbers of the legend, and how much has been learned."""
        if isinstance(limits, float):
            self.legend.show_ends(f"≤ {signed(-limits)}", f"≥ {signed(limits)}")
            self.legend.setToolTip(f"{MEANING} All units share this scale.")
        else:
            typical = _typical(limits)
            self.legend.show_ends(f"≈ {signed(-typical)}", f"≈ {signed(typical)}")
            self.legend.setToolTip(f"{MEANING} Each unit has its own scale; the numbers are those of a typical one.")
        step = self.session.snapshot.step
        if step:
            self.state.setText(f"After {step:,} {'batch' if step == 1 else 'batches'}")
        else:
            self.state.setText("As it was opened" if self.session.trained else "Before the first batch")

    def _inspect(self) -> None:
        self.inspector.show_unit(self._facts(self.view.selection))

    def _read(self) -> None:
        """Write what is under the mouse."""
        unit, source = self._pointed
        if unit is None or unit >= self.session.reader.dense[self.layer].units:
            self.readout.setText(self._sentence())
            return
        facts = self._facts(unit)
        low, high = signed(float(facts.weights.min())), signed(float(facts.weights.max()))
        text = f"{facts.title}: weights {low} to {high}, bias {signed(facts.bias)}"
        if facts.activation is not None:
            text += f", activation {facts.activation:.3g} now".replace("-", "−")
        if source is not None and self.view is self.matrix:
            text = f"{facts.title}, {facts.describe(source)}"
        self.readout.setText(text)

    def _sentence(self) -> str:
        """Return what to say while nothing is pointed at."""
        if self.controls.sort.currentData() == "activation" and self.session.drawing is None:
            return "Sorted by number: draw something to sort by activation."
        if not self.session.trained:
            return RANDOM
        return f"{INK if self.layer == 0 else INPUT} {CLOSER}"

    # --- news ---------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        if self._news:
            self.refresh()

    def _on_news(self, _news: Any) -> None:
        self._news = True

    def _on_replaced(self) -> None:
        """Another network: its layers are offered, and this is its start."""
        self._start, self._first = self.session.snapshot, None
        self._selections.clear()
        self.controls.offer(self.session.reader)
        self._on_layer()

    def _on_layer(self) -> None:
        """Show another layer, with the unit that was selected there before."""
        dense = self.session.reader.dense
        self._name_columns()
        self._pointed = (None, None)
        self.view.selection = min(self._selections.get(self.layer, 0), dense[self.layer].units - 1)
        self._on_view()

    def _name_columns(self) -> None:
        """Say what rows and columns of the matrix are."""
        self.matrix.names = self._classes if self._output else ()
        kind = "digit" if self._classes == DIGITS else "class"
        self.matrix.target = kind if self._output else f"unit of layer {self.layer + 1}"
        self.matrix.source = f"unit of layer {self.layer}"

    def _on_dataset(self, _dataset: Dataset) -> None:
        """Other data may have other classes."""
        self._name_columns()
        self._news = True

    def _on_view(self) -> None:
        self._news = True
        if self.isVisible():
            self.refresh()
            self.view.reveal()

    def _on_pointed(self, unit: int | None, source: int | None) -> None:
        self._pointed = (unit, source)
        self._read()

    def _on_selected(self, unit: int) -> None:
        self._selections[self.layer] = unit
        self._inspect()

    # --- layout -------------------------------------------------------------------------------------------

    def _arrange(self) -> None:
        self._stack = QStackedWidget()
        self._stack.addWidget(self.grid)
        self._stack.addWidget(self.matrix)
        middle = QHBoxLayout()
        middle.setSpacing(2 * theme.SPACE)
        middle.addWidget(self._stack, 1)
        middle.addWidget(self.inspector)
        below = QHBoxLayout()
        below.setSpacing(2 * theme.SPACE)
        below.addWidget(self.state, 1)
        below.addWidget(self.legend)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, 4)
        layout.setSpacing(theme.SPACE)
        layout.addWidget(self.controls)
        layout.addLayout(middle, 1)
        layout.addWidget(self.readout)
        layout.addLayout(below)


def _typical(limits: Array) -> float:
    """Return the median of 32 bit numbers, which between two that are huge would overflow."""
    return float(np.median(limits.astype(np.float64)))
