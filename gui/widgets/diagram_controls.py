"""What is shown of a network's diagram: which units, how many connections, and one unit by its number."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine.fields import Settings, parameter, setting
from gui import theme
from gui.widgets.choices import box
from gui.widgets.diagram_number import NumberLine
from gui.widgets.diagram_reading import EVERY
from gui.widgets.diagram_scene import Spot
from gui.widgets.field import ErrorLine
from gui.widgets.figures import label

ORDER_HELP = (
    "Which units of a large layer are in view: those that the drawing excites most, or one after another. The wheel "
    "over a column brings others into view."
)
FIND_HELP = "The layer in which a unit is looked for by its number."


class Wishes(Settings):
    """What the diagram is asked for."""

    connections: int = setting(
        60,
        "Connections",
        "How many connections are drawn: the strongest between units in view, as many between any two columns.",
        low=0,
        high=300,
    )
    unit: int = setting(1, "Unit", "The number of a unit to look at closely, in the layer beside.", low=1, high=8192)


class DiagramControls(QWidget):
    """A row of choices above the diagram.

    Signals
    -------
    changed : ()
        Other units, or more or fewer connections, are wanted.
    asked : (Spot,)
        A unit is wanted by its number.
    """

    changed = Signal()
    asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counts: Sequence[int] = ()
        self.order = box("Units in view", ORDER_HELP, EVERY)
        self.connections = NumberLine(parameter(Wishes, "connections"), 56)
        self.layers = box("Find in layer", FIND_HELP)
        self.unit = NumberLine(parameter(Wishes, "unit"), 56)
        self.error = ErrorLine(self)
        self._finding: list[QWidget] = []
        self._arrange()
        self.order.currentIndexChanged.connect(self._on_changed)
        self.connections.changed.connect(self._on_changed)
        self.unit.changed.connect(self._say)
        self.unit.returnPressed.connect(self._on_find)
        self.unit.stepped.connect(self._on_find)

    def offer(self, names: Sequence[str], counts: Sequence[int]) -> None:
        """Offer the hidden layers of another network, with how many units they have; nothing without any."""
        self._counts = counts
        for widget in self._finding:
            widget.setVisible(bool(names))
        with QSignalBlocker(self.layers):
            self.layers.clear()
            self.layers.addItems(names)

    def show_spot(self, spot: Spot) -> None:
        """Show which unit is looked at; an output unit needs no finding."""
        if spot[0] > len(self._counts):
            return
        with QSignalBlocker(self.layers):
            self.layers.setCurrentIndex(spot[0] - 1)
        self.unit.show_number(spot[1] + 1)
        self._say()

    def _on_changed(self) -> None:
        self._say()
        self.changed.emit()

    def _on_find(self) -> None:
        layer = self.layers.currentIndex()
        if self.unit.complaint or layer < 0:
            return
        if self.unit.value > self._counts[layer]:
            most = self._counts[layer]
            self.error.say(f"Unit: {self.layers.currentText()} has no unit {self.unit.value:,}; its last is {most:,}.")
            return
        self.asked.emit((layer + 1, self.unit.value - 1))

    def _say(self) -> None:
        self.error.say(self.connections.complaint or self.unit.complaint)

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(theme.SPACE)
        for words, widget in (
            ("Units", self.order),
            ("Connections", self.connections),
            ("Find", self.layers),
            ("unit", self.unit),
        ):
            name = label(words, "muted", widget.toolTip())
            name.setBuddy(widget)
            row.addWidget(name)
            row.addWidget(widget)
            if widget in (self.layers, self.unit):
                self._finding += [name, widget]
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.error)
