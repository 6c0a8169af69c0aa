"""Which number of which layer is worked out on the arithmetic page, and in which order."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import create_model
from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from engine.fields import Parameter, Settings, parameter, setting
from gui import theme
from gui.widgets.arithmetic_words import WorkedLayer
from gui.widgets.choices import box, explain, half
from gui.widgets.diagram_number import NumberLine
from gui.widgets.field import ErrorLine
from gui.widgets.figures import label
from gui.widgets.value_edit import value_text

_LAYER_HELP = "Which layer is worked out, counted as in the list of layers. The first one sees the pixels."
_SHARES_HELP = "From the weighted sums of all ten output units to the ten shares, step by step."
_UNIT_HELP = "What a single unit makes of its inputs, number by number."
_PLACES = {
    "unit": ("Unit", "Which unit, filter or map, counted from 1."),
    "row": ("Row", "The row of its map, counted from the top."),
    "column": ("Column", "The column of its map, counted from the left."),
}
_STEP_HELP = "The arrow keys and the wheel step through them."
_NOTCH = 120
"""So much a mouse wheel tells for each of its notches."""
_ORDER_HELP = "Strongest first: the inputs that add or take away most. By place: as they lie in the image."


class ArithmeticControls(QWidget):
    """Two rows of choices.

    Signals
    -------
    layer_changed : ()
        Another layer was chosen, or the other half of the output layer.
    number_changed : ()
        Another output of it was chosen.
    changed : ()
        Another order was chosen.
    strongest : ()
        The output with the largest value is wanted.
    """

    layer_changed = Signal()
    number_changed = Signal()
    changed = Signal()
    strongest = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._offered: Sequence[WorkedLayer] = ()
        self.layers, self.order = box("Layer", _LAYER_HELP), box("Order", _ORDER_HELP)
        self.order.addItems(["Strongest first", "By place"])
        self.shares, self.one = half("Shares", _SHARES_HELP), half("One unit", _UNIT_HELP)
        self.shares.setChecked(True)
        self.places, self._names = {key: _PlaceLine(*about) for key, about in _PLACES.items()}, {}
        self.error = ErrorLine(self)
        for key, line in self.places.items():
            self._names[key] = label(_PLACES[key][0], "muted")
            self._names[key].setBuddy(line)
            line.changed.connect(self._on_number)
        self.best = QPushButton("Strongest")
        explain(self.best, "Strongest", "Goes to the unit, or the place of this map, that answers your drawing most.")
        self.best.clicked.connect(self.strongest)
        self.layers.currentIndexChanged.connect(self._on_layer)
        self.order.currentIndexChanged.connect(self._on_choice)
        self.shares.toggled.connect(self._on_layer)
        self._arrange()

    @property
    def layer(self) -> WorkedLayer:
        """The layer that is chosen."""
        return self._offered[max(self.layers.currentIndex(), 0)]

    @property
    def number(self) -> int:
        """Which of its outputs is chosen, counted from 0."""
        return self.layer.number(*(line.value - 1 for line in self.places.values()))

    @property
    def shows_shares(self) -> bool:
        """Whether the steps to the ten shares are wanted."""
        return self.layer.is_output and self.shares.isChecked()

    @property
    def by_strength(self) -> bool:
        """Whether the strongest inputs come first."""
        return self.order.currentIndex() == 0

    def offer(self, layers: Sequence[WorkedLayer]) -> None:
        """Offer the layers of another network; the choice stays as far as possible, and nothing is signalled."""
        keep = min(max(self.layers.currentIndex(), 0), len(layers) - 1)
        self._offered = layers
        with QSignalBlocker(self.layers):
            self.layers.clear()
            self.layers.addItems([layer.title for layer in layers])
            self.layers.setCurrentIndex(keep)
        self._show_places()

    def show_number(self, number: int) -> None:
        """Choose an output without telling anybody."""
        for line, value in zip(self.places.values(), self.layer.place(number), strict=True):
            line.show_number(value + 1)
        self._say()

    def _on_layer(self) -> None:
        self._show_places()
        self.layer_changed.emit()

    def _on_number(self) -> None:
        self._say()
        self.number_changed.emit()

    def _on_choice(self) -> None:
        self.changed.emit()

    def _show_places(self) -> None:
        """Offer as many units, rows and columns as the layer has, and nothing where there is no choice."""
        layer = self.layer
        counts = dict(zip(self.places, (layer.units, *layer.places), strict=True))
        for side in (self.shares, self.one):
            side.setVisible(layer.is_output)
        self._names["unit"].setText(layer.unit.capitalize())
        for key, line in self.places.items():
            line.offer(self._names[key].text(), counts[key])
            for part in (line, self._names[key]):
                part.setVisible(counts[key] > 1 and not self.shows_shares)
        self._say()
        self.best.setVisible(not self.shows_shares)
        self.order.setVisible(not self.shows_shares)

    def _say(self) -> None:
        """Say what is wrong with a number that was typed."""
        self.error.say(next(filter(None, (line.complaint for line in self.places.values())), ""))

    def _arrange(self) -> None:
        above, below, halves = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        halves.setSpacing(0)
        halves.addWidget(self.shares)
        halves.addWidget(self.one)
        name = label("Layer", "muted")
        name.setBuddy(self.layers)
        above.addWidget(name)
        above.addWidget(self.layers)
        above.addSpacing(theme.SPACE)
        above.addLayout(halves)
        for key, line in self.places.items():
            below.addWidget(self._names[key])
            below.addWidget(line)
        below.addWidget(self.best)
        below.addSpacing(theme.SPACE)
        below.addWidget(self.order)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACE // 2)
        for row in (above, below):
            row.setSpacing(theme.SPACE)
            row.addStretch(1)
            column.addLayout(row)
        column.addWidget(self.error)


class _PlaceLine(NumberLine):
    """A line for one of so many, counted from 1; beyond the last comes the first."""

    def __init__(self, name: str, about: str) -> None:
        super().__init__(_place(name, about, 1), 0)
        self._about, self._turned = about, 0

    def offer(self, name: str, count: int) -> None:
        """Ask for one of `count`; the number that is shown stays as far as possible."""
        self.use(_place(name, self._about, count))
        longest = f"{count}{self.parameter.unit}"
        self.setFixedWidth(self.fontMetrics().horizontalAdvance(longest) + 4 * theme.SPACE)
        self.show_number(min(self.value, count))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Step by the notches of the wheel."""
        self._turned += event.angleDelta().y()
        steps = int(self._turned / _NOTCH)
        self._turned -= steps * _NOTCH
        if steps:
            self._step(steps)
        event.accept()

    def _step(self, steps: int) -> None:
        text = value_text((self.value - 1 + steps) % self.parameter.high + 1)
        self.setText(text)
        self.stepped.emit(text)


def _place(name: str, about: str, count: int) -> Parameter:
    declared = setting(1, name, f"{about} {_STEP_HELP}", low=1, high=count, unit=f"of {count:,}")
    return parameter(create_model("Place", __base__=Settings, number=(int, declared)), "number")
