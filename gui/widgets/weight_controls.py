"""What is shown of the weights: which layer, when, in which order and scale."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QWidget

from engine.network import Network
from gui import theme
from gui.widgets.figures import label

SHOW = {"now": "Now", "start": "At the start", "change": "Change"}
SORT = {"number": "Number", "length": "Weight length", "activation": "Activation"}
SCALE = {"unit": "Each unit", "layer": "Whole layer"}


class WeightControls(QWidget):
    """A row of choices.

    Signals
    -------
    layer_changed : ()
        Another layer was chosen.
    changed : ()
        Anything else was chosen.
    """

    layer_changed = Signal()
    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.layers = _choice({}, "Layer", "Which layer's weights are shown. The first one sees the pixels.")
        self.show_what = _choice(
            SHOW,
            "Show",
            "The weights as they are now, as they were when the network was new, or what has changed since.",
        )
        self.sort = _choice(
            SORT,
            "Sort by",
            "The order of the units: by number, by the length of their weights, or by how strongly each responds "
            "to your drawing.",
        )
        self.scale = _choice(
            SCALE,
            "Colours",
            "Each unit: its own largest weight has the full colour, so every pattern shows. Whole layer: one scale "
            "for all units, so that strong and weak ones can be compared.",
        )
        self.layers.currentIndexChanged.connect(self._on_layer)
        for box in (self.show_what, self.sort, self.scale):
            box.currentIndexChanged.connect(self._on_choice)
        self._arrange()

    @property
    def layer(self) -> int:
        """Which dense layer is chosen, counted from 0."""
        return max(self.layers.currentIndex(), 0)

    def offer(self, network: Network) -> None:
        """Offer the layers of another network; the choice stays as far as possible, and nothing is signalled."""
        names = [f"Layer {n + 1}" for n in range(len(network.dense) - 1)] + ["Output"]
        pairs = zip(names, network.dense, strict=True)
        keep = min(self.layer, len(names) - 1)
        self.layers.blockSignals(True)
        self.layers.clear()
        self.layers.addItems([f"{name}: {layer.inputs:,} → {layer.units:,}" for name, layer in pairs])
        self.layers.setCurrentIndex(keep)
        self.layers.blockSignals(False)

    def _on_layer(self) -> None:
        self.layer_changed.emit()

    def _on_choice(self) -> None:
        self.changed.emit()

    def _arrange(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(theme.SPACE)
        grid.setVerticalSpacing(2)
        for column, box in enumerate((self.layers, self.show_what, self.sort, self.scale)):
            name = label(box.accessibleName(), "muted")
            name.setBuddy(box)
            grid.addWidget(name, 0, column)
            grid.addWidget(box, 1, column)
        grid.setColumnStretch(4, 1)


def _choice(items: dict[str, str], name: str, help: str) -> QComboBox:  # noqa: A002
    box = QComboBox()
    for key, text in items.items():
        box.addItem(text, key)
    box.setAccessibleName(name)
    box.setToolTip(help)
    box.setWhatsThis(help)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return box
