"""One unit of the diagram, closely: its weights and figures, its connections, what excites it, and how to change it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QToolButton, QVBoxLayout, QWidget

from engine.inspection.connections import strongest
from engine.surgery import Edit, PruneSmallest
from gui import theme
from gui.icons import icon
from gui.session import Session
from gui.widgets.diagram_exciting import ExcitingImages
from gui.widgets.diagram_links import DiagramLinks, Link
from gui.widgets.diagram_reading import DiagramReading
from gui.widgets.diagram_scene import Spot
from gui.widgets.figures import label
from gui.widgets.surgery_panel import SurgeryPanel
from gui.widgets.surgery_stack import Surgeon
from gui.widgets.unit_inspector import UnitInspector
from gui.widgets.weight_layers import ShownLayer
from gui.widgets.weight_reading import Look, WeightReading

Array = NDArray[Any]
MOST_LINKS = 5
SUMMED = " Between a map and a unit, the weights of all places are added up."


class DiagramInspector(QWidget):
    """Shows the selected unit of the network that a surgeon shows.

    Signals
    -------
    spot_chosen : (Spot,)
        Somebody wants to look at a unit at the other end of a connection.
    closed : ()
        Nobody wants to look closely any more.
    """

    spot_chosen = Signal(object)
    closed = Signal()

    def __init__(
        self, session: Session, surgeon: Surgeon, diagram: DiagramReading, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._surgeon, self._diagram = surgeon, diagram
        self.reading = WeightReading(surgeon)
        self.spot: Spot | None = None
        self.unit, self.surgery = UnitInspector(), SurgeryPanel()
        self.exciting = ExcitingImages(session, surgeon)
        self.incoming = DiagramLinks("Incoming weights", f"The largest weights of this unit.{SUMMED}")
        self.outgoing = DiagramLinks("Outgoing weights", f"The largest weights by which others see it.{SUMMED}")
        self._headings = label("", "heading"), label("", "heading")
        self.close_button = QToolButton()
        self.close_button.setToolTip("Close (Esc)")
        self.close_button.setWhatsThis("Closes the unit and gives the whole width to the diagram.")
        self.close_button.setAccessibleName("Close the unit")
        self.close_button.setAutoRaise(True)
        self._arrange()
        self._dress()
        self.close_button.clicked.connect(self.closed)
        self.surgery.asked.connect(self._on_asked)
        for links in (self.incoming, self.outgoing):
            links.chosen.connect(self.spot_chosen)
        theme.switch().changed.connect(self._dress)

    def restart(self) -> None:
        """Forget the network before."""
        self.reading.restart()
        self.exciting.forget()
        self.spot = None

    def show_spot(self, spot: Spot) -> None:
        """Look at another unit."""
        self.spot = spot
        layer = self._layer(spot[0])
        self.surgery.set_unit(layer.index, spot[1], is_output=layer.is_output)
        self.refresh()
        self.exciting.show_unit(layer.index, spot[1])

    def refresh(self) -> None:
        """Show the unit as it is now."""
        if self.spot is None:
            return
        index, unit = self.spot
        layer = self._layer(index)
        facts = self.reading.facts(Look(layer, False, "now", "number"), unit)
        if facts is not None:
            self.unit.show_unit(facts, layer.unit)
        self._show_links(self._incoming(index, unit), self._outgoing(index, unit))

    def name(self, spot: Spot) -> str:
        """Return what a unit is called."""
        return self.reading.name(self._layer(spot[0]), spot[1])

    # --- connections --------------------------------------------------------------------------------------

    def _incoming(self, index: int, unit: int) -> list[Link]:
        """Return the largest weights of a unit; those of pixels are in its picture."""
        if index == 1:
            return []
        into = np.array([unit])
        weights, said = self._diagram.weights(index, into)[:, 0], self._diagram.said(index, into)
        return self._links(index - 1, weights, None if said is None else said[:, 0])

    def _outgoing(self, index: int, unit: int) -> list[Link]:
        """Return the largest weights by which units of the next column see this one; the output has none."""
        columns, of = self._diagram.columns, np.array([unit])
        if index + 1 == len(columns):
            return []
        into = np.arange(columns[index + 1].units)
        weights, said = self._diagram.weights(index + 1, into, of)[0], self._diagram.said(index + 1, into, of)
        return self._links(index + 1, weights, None if said is None else said[0])

    def _links(self, column: int, weights: Array, said: Array | None) -> list[Link]:
        """Return the largest of some weights, which lead to or from all units of a column."""
        units = [unit for unit, _ in strongest(weights[:, np.newaxis], MOST_LINKS)]
        return [
            Link(
                self._short_name((column, unit)),
                (column, unit),
                float(weights[unit]),
                None if said is None else float(said[unit]),
            )
            for unit in units
        ]

    def _short_name(self, spot: Spot) -> str:
        """Return what a unit is called where its layer is named already."""
        layer = self._layer(spot[0])
        return str(self.reading.classes[spot[1]]) if layer.is_output else f"{layer.unit.capitalize()} {spot[1] + 1}"

    def _show_links(self, *both: list[Link]) -> None:
        for heading, view, links in zip(self._headings, (self.incoming, self.outgoing), both, strict=True):
            view.show_links(links)
            if links:
                other = self._layer(links[0].spot[0]).name.lower()
                heading.setText(f"Weights {'from' if view is self.incoming else 'to'} {other}")
            heading.setVisible(bool(links))
            view.setVisible(bool(links))

    def _layer(self, column: int) -> ShownLayer:
        index = self._diagram.columns[column].index
        return next(layer for layer in self.reading.layers if layer.index == index)

    def _on_asked(self, edit: Edit) -> None:
        if self.spot is not None:
            whole = isinstance(edit, PruneSmallest)
            self._surgeon.do(edit, self._layer(self.spot[0]).name if whole else self.name(self.spot))

    # --- layout -------------------------------------------------------------------------------------------

    def _dress(self) -> None:
        self.close_button.setIcon(icon("mdi6.close"))

    def _arrange(self) -> None:
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, theme.SPACE // 2, 0)
        column.setSpacing(theme.SPACE)
        for widget in (self.unit, self.surgery, self.exciting):
            column.addWidget(widget)
        for heading, links in zip(self._headings, (self.incoming, self.outgoing), strict=True):
            column.addWidget(heading)
            column.addWidget(links)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        scroll.setWidget(content)
        above = QHBoxLayout()
        above.addWidget(self.unit.title, 1)  # stays in view while the rest is scrolled
        above.addWidget(self.close_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(above)
        layout.addWidget(scroll, 1)
