"""Which number of which layer is worked out on the arithmetic page, and in which order."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QSpinBox, QVBoxLayout, QWidget

from gui import theme
from gui.widgets.arithmetic_words import WorkedLayer
from gui.widgets.figures import label

_LAYER_HELP = "Which layer is worked out, counted as in the list of layers. The first one sees the pixels."
_SHARES_HELP = "From the weighted sums of all ten output units to the ten shares, step by step."
_UNIT_HELP = "What a single unit makes of its inputs, number by number."
_PLACES = {
    "unit": ("Unit", "Which unit, filter or map, counted from 1."),
    "row": ("Row", "The row of its map, counted from the top."),
    "column": ("Column", "The column of its map, counted from the left."),
}
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
        self.layers, self.order = QComboBox(), QComboBox()
        _explain(self.layers, "Layer", _LAYER_HELP)
        _explain(self.order, "Order", _ORDER_HELP)
        self.order.addItems(["Strongest first", "By place"])
        for box in (self.layers, self.order):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
            box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.shares, self.one = _half("Shares", _SHARES_HELP), _half("One unit", _UNIT_HELP)
        self.shares.setChecked(True)
        self.spins, self._names = {}, {}
        for key, (name, about) in _PLACES.items():
            self.spins[key], self._names[key] = _spin(name, about), label(name, "muted")
            self._names[key].setBuddy(self.spins[key])
            self.spins[key].valueChanged.connect(self._on_number)
        self.best = QPushButton("Strongest")
        _explain(self.best, "Strongest", "Goes to the unit, or the place of this map, that answers your drawing most.")
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
        return self.layer.number(*(spin.value() - 1 for spin in self.spins.values()))

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
        for spin, value in zip(self.spins.values(), self.layer.place(number), strict=True):
            with QSignalBlocker(spin):
                spin.setValue(value + 1)

    def _on_layer(self) -> None:
        self._show_places()
        self.layer_changed.emit()

    def _on_number(self) -> None:
        self.number_changed.emit()

    def _on_choice(self) -> None:
        self.changed.emit()

    def _show_places(self) -> None:
        """Offer as many units, rows and columns as the layer has, and nothing where there is no choice."""
        layer = self.layer
        counts = dict(zip(self.spins, (layer.units, *layer.places), strict=True))
        for half in (self.shares, self.one):
            half.setVisible(layer.is_output)
        for key, spin in self.spins.items():
            with QSignalBlocker(spin):
                spin.setRange(1, counts[key])
            spin.setSuffix(f" of {counts[key]:,}")
            spin.updateGeometry()
            for part in (spin, self._names[key]):
                part.setVisible(counts[key] > 1 and not self.shows_shares)
        self._names["unit"].setText(layer.unit.capitalize())
        self.spins["unit"].setAccessibleName(layer.unit.capitalize())
        self.best.setVisible(not self.shows_shares)
        self.order.setVisible(not self.shows_shares)

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
        for key, spin in self.spins.items():
            below.addWidget(self._names[key])
            below.addWidget(spin)
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


def _half(text: str, about: str) -> QPushButton:
    """Return one of two buttons of which one is down."""
    button = QPushButton(text)
    button.setCheckable(True)
    button.setAutoExclusive(True)
    _explain(button, text, about)
    return button


class _NumberBox(QSpinBox):
    """A spin box without buttons, whose text the style sheet would otherwise leave a single pixel."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the text fill it."""
        super().resizeEvent(event)
        self.lineEdit().setGeometry(self.rect())

    def changeEvent(self, event: QEvent) -> None:
        """Let the text fill it in another look, too."""
        super().changeEvent(event)
        self.lineEdit().setGeometry(self.rect())

    def sizeHint(self) -> QSize:
        """Return the room for the longest text."""
        text = self.textFromValue(self.maximum()) + self.suffix()
        return QSize(self.fontMetrics().horizontalAdvance(text) + 3 * theme.SPACE, theme.CONTROL_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """Return the same: half a number is none."""
        return self.sizeHint()


def _spin(name: str, about: str) -> QSpinBox:
    spin = _NumberBox()
    spin.setRange(1, 1)
    spin.lineEdit().setTextMargins(theme.SPACE // 2, 0, 0, 0)
    spin.setWrapping(True)
    spin.setKeyboardTracking(False)
    spin.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
    _explain(spin, name, f"{about} The arrow keys and the wheel step through them.")
    return spin


def _explain(widget: QWidget, name: str, about: str) -> None:
    widget.setAccessibleName(name)
    widget.setToolTip(about)
    widget.setWhatsThis(about)
