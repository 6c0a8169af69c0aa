"""The page that shows what the units have learned to look for."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray
from PySide6.QtCore import QSettings
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from engine.datasets.dataset import DIGITS, Dataset
from gui import theme
from gui.pages.live_page import LivePage
from gui.session import Session
from gui.widgets.color_legend import ANSWER, INK, INPUT, MEANING, STRENGTH, ColorLegend, signed
from gui.widgets.figures import label, placeholder, sentences
from gui.widgets.matrix_view import MatrixView
from gui.widgets.unit_inspector import UnitInspector
from gui.widgets.unit_view import UnitView
from gui.widgets.weight_colors import largest, typical
from gui.widgets.weight_controls import WeightControls
from gui.widgets.weight_grid import WeightGrid
from gui.widgets.weight_layers import ShownLayer, remark
from gui.widgets.weight_reading import Look, WeightReading
from gui.widgets.wording import after

Array = NDArray[Any]
REFRESH_MS = 100
# The enlarged unit is 7 or 10 pixels per weight.
NARROW, WIDE, WIDE_FROM = 204, 284, 900
RANDOM = "Random start: train to see patterns appear."
CLOSER = "Click a unit to look closer."
NO_DRAWING = "Nothing is drawn. Draw a digit, and see what this layer makes of it."
ONE_SCALE = "All units share this scale."
OWN_SCALES = (
    "Each unit has its own scale: “≈” says that the numbers are those of a typical one, the median of the layer."
)
REMEMBERED = "feature_maps"


class WeightsPage(LivePage):
    """The weights or the feature maps of one layer, live, and one of its units enlarged.

    Kernels, feature maps and the weights of units that see an image are shown as pictures, others as a matrix. It is
    drawn anew at most ten times a second, only if the weights or the drawing changed, and only while it can be seen.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(REFRESH_MS, parent)
        self.session, self.reading = session, WeightReading(session)
        self._settings: QSettings | None = None
        self._pointed: tuple[int | None, int | None] = (None, None)
        self._selections: dict[int, int] = {}
        self.grid, self.matrix, self.inspector = WeightGrid(), MatrixView(), UnitInspector()
        self.legend, self.readout, self.state = ColorLegend(), sentences(lines=1), label("", "muted")
        self.empty, self.controls = placeholder(NO_DRAWING), WeightControls()
        self._arrange()
        for view in (self.grid, self.matrix):
            view.pointed.connect(self._on_pointed)
            view.selected.connect(self._on_selected)
        self.controls.layer_changed.connect(self._on_layer)
        self.controls.maps.toggled.connect(self._on_maps)
        self.controls.changed.connect(self._on_view)
        session.shown_changed.connect(self._on_news)
        session.drawing_changed.connect(self._on_news)
        session.dataset_changed.connect(self._on_dataset)
        session.network_replaced.connect(self._on_replaced)
        self._on_replaced()

    def remember_in(self, settings: QSettings) -> None:
        """Show kernels or feature maps as `settings` say, and keep the choice there from now on."""
        self._settings = settings
        feature_maps = settings.value(REMEMBERED, False, bool)
        (self.controls.maps if feature_maps else self.controls.kernels).setChecked(True)

    @property
    def layer(self) -> ShownLayer:
        """The layer that is shown."""
        return self.reading.layers[self.controls.layer]

    @property
    def look(self) -> Look:
        """What is looked at."""
        choices = (box.currentData() for box in (self.controls.show_what, self.controls.sort))
        return Look(self.layer, self.controls.shows_maps, *choices)

    @property
    def view(self) -> UnitView:
        """The view of what is shown."""
        return self.grid if self.controls.shows_maps or self.layer.is_pictured else self.matrix

    def refresh(self) -> None:
        """Show the present copy of the weights."""
        super().refresh()
        look, view = self.look, self.view
        values = self.reading.values(look)
        self._stack.setCurrentWidget(self.empty if values is None else view)
        if values is not None:
            limits = self._limits(values)
            view.show_values(values, limits, self.reading.order(look), look.shape)
            self._show_limits(limits)
        self.legend.setVisible(values is not None)
        self._say()
        self._inspect()
        self._read()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the enlarged unit what room there is."""
        super().resizeEvent(event)
        self.inspector.setFixedWidth(WIDE if self.width() >= WIDE_FROM else NARROW)

    # --- what is shown ------------------------------------------------------------------------------------

    def _limits(self, values: Array) -> Array | float:
        """Return the number at which colours are full: of each unit, or the typical one of the layer."""
        each = largest(values)
        return each if self.controls.scale.currentData() == "unit" else typical(each)

    def _show_limits(self, limits: Array | float) -> None:
        """Write the numbers of the legend, and whose they are."""
        unit, common = self.layer.unit, isinstance(limits, float)
        limit = limits if isinstance(limits, float) else typical(limits)
        low, high, caption = ("≤", "≥", f"All {unit}s") if common else ("≈", "≈", f"Typical {unit}")
        low = f"{low} {signed(-limit)}" if self._has_negative else "0"
        self.legend.show_ends(low, f"{high} {signed(limit)}", caption)
        self.legend.setToolTip(f"{MEANING} {ONE_SCALE if common else OWN_SCALES}".replace("unit", unit))

    @property
    def _has_negative(self) -> bool:
        """Whether there can be negative numbers in view: a map may have none."""
        return not self.look.maps or bool((self.view.values < 0).any())

    def _say(self) -> None:
        """Write how much has been learned."""
        step = self.session.shown.step
        opened = not step and self.session.trained
        self.state.setText("As it was opened" if opened else after(step).capitalize())

    def _inspect(self) -> None:
        facts = self.reading.facts(self.look, self.view.selection)
        self.inspector.setVisible(facts is not None)
        if facts is not None:
            self.inspector.show_unit(facts, self.layer.unit)

    def _read(self) -> None:
        """Write what is under the mouse."""
        unit, number = self._pointed
        known = unit is not None and unit < self.layer.units
        facts = self.reading.facts(self.look, unit) if known and unit is not None else None
        if facts is None:
            self.readout.setText(self._sentence())
        elif number is None or (self.layer.unit == "unit" and self.view is self.grid):
            self.readout.setText(f"{facts.title}: {facts.summary}")
        elif number >= len(facts.large.values):  # what was pointed at has gone with the drawing
            self.readout.setText(self._sentence())
        else:
            self.readout.setText(f"{facts.title}, {facts.large.describe(number)}")

    def _sentence(self) -> str:
        """Return what to say while nothing is pointed at."""
        look, layer = self.look, self.layer
        if look.sort == "activation" and self.session.drawing is None:
            return "Sorted by number: draw something to sort by activation."
        if look.sort == "length" and layer.source is None:
            return "Sorted by number: this layer has no weights to sort by."
        if look.maps:
            return f"{ANSWER if self._has_negative else STRENGTH} {CLOSER.replace('unit', layer.unit)}"
        if not self.session.trained:
            return RANDOM
        meaning = (INPUT if layer.before else INK).replace("the unit", f"the {layer.unit}")
        if look.shape.has_squares:
            square = look.shape.square
            return f"{square if layer.is_pictured else f'Enlarged: {square.lower()}'} {meaning}"
        return f"{meaning} {CLOSER.replace('unit', layer.unit)}"

    # --- news ---------------------------------------------------------------------------------------------

    def _on_replaced(self) -> None:
        """Another network: its layers are offered, and this is its start."""
        self.reading.restart()
        self._selections.clear()
        self.controls.offer(self.reading.layers, remark(self.session.reader.spec, self.reading.layers))
        self._on_layer()

    def _on_layer(self) -> None:
        """Show another layer, with the unit that was selected there before."""
        self._name_columns()
        self._pointed = (None, None)
        self.view.selection = min(self._selections.get(self.layer.index, 0), self.layer.units - 1)
        self._on_view()

    def _on_maps(self, on: bool) -> None:
        if self._settings is not None:
            self._settings.setValue(REMEMBERED, on)

    def _name_columns(self) -> None:
        """Say what rows and columns of the matrix are."""
        layer, classes = self.layer, self.reading.classes
        self.matrix.names = classes if layer.is_output else ()
        kind = "digit" if classes == DIGITS else "class"
        self.matrix.target = kind if layer.is_output else f"unit of {layer.name.lower()}"
        maps = f": {layer.source.channels} maps, place by place" if layer.source and layer.source.has_squares else ""
        self.matrix.source = f"{'unit' if layer.is_row else 'value'} of {layer.before.lower()}{maps}"

    def _on_dataset(self, _dataset: Dataset) -> None:
        """Other data may have other classes."""
        self._name_columns()
        self._news = True

    def _on_view(self) -> None:
        self._redraw()
        if self.isVisible():
            self.view.reveal()

    def _on_pointed(self, unit: int | None, number: int | None) -> None:
        self._pointed = (unit, number)
        self._read()

    def _on_selected(self, unit: int) -> None:
        self._selections[self.layer.index] = unit
        self._inspect()

    # --- layout -------------------------------------------------------------------------------------------

    def _arrange(self) -> None:
        self._stack = QStackedWidget()
        for widget in (self.grid, self.matrix, self.empty):
            self._stack.addWidget(widget)
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
