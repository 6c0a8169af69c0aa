"""What is shown of a network's layers: which one, weights or feature maps, when, in which order and scale."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gui import theme
from gui.widgets.choices import box, half
from gui.widgets.figures import label
from gui.widgets.weight_layers import ShownLayer

SHOW = {"now": "Now", "start": "At the start", "change": "Change"}
SORT = {"number": "Number", "length": "Weight length", "activation": "Activation"}
SCALE = {"unit": "Each unit", "layer": "Whole layer"}
KERNELS_HELP = "The weights through which each filter of this layer sees what comes before it."
LAYER_HELP = "Which layer is shown, counted as in the list of layers. The first one sees the pixels."
NO_LENGTH = "This layer has no weights to sort by."
SHOW_HELP = "What is so now, what was so when the network was new, or what has changed since."
SORT_HELP = (
    "The order of the units: by number, by the length of their weights, or by how strongly each responds to your "
    "drawing; filters and maps by their strongest place."
)
SCALE_HELP = (
    "Each unit: its own largest value has the full colour; far weaker units than the others stay faint. Whole layer: "
    "one scale for all, so that strong and weak ones can be compared."
)
MAPS_HELP = "What each filter of this layer makes of your drawing, live while you draw and while the network learns."


class WeightControls(QWidget):
    """Two rows of choices.

    Signals
    -------
    layer_changed : ()
        Another layer was chosen, or the other of its kernels and feature maps.
    changed : ()
        Anything else was chosen.
    """

    layer_changed = Signal()
    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._offered: Sequence[ShownLayer] = ()
        self.layers = box("Layer", LAYER_HELP)
        self.kernels, self.maps = half("Kernels", KERNELS_HELP), half("Feature maps", MAPS_HELP)
        self.kernels.setChecked(True)
        self.show_what, self.sort = box("Show", SHOW_HELP, SHOW), box("Sort by", SORT_HELP, SORT)
        self.scale = box("Colours", SCALE_HELP, SCALE)
        self.layers.currentIndexChanged.connect(self._on_layer)
        self.maps.toggled.connect(self._on_layer)
        for choice in (self.show_what, self.sort, self.scale):
            choice.currentIndexChanged.connect(self._on_choice)
        self._arrange()

    @property
    def layer(self) -> int:
        """Which of the layers that are offered is chosen, counted from 0."""
        return max(self.layers.currentIndex(), 0)

    @property
    def shows_maps(self) -> bool:
        """Whether feature maps are shown: those of a filter if that was chosen, and of what has nothing else."""
        shown = self._offered[self.layer]
        return shown.maps is not None and (shown.source is None or self.maps.isChecked())

    def offer(self, layers: Sequence[ShownLayer], missing: str = "") -> None:
        """Offer the layers of another network, and say which are `missing` among them.

        The choice stays as far as possible, and nothing is signalled.
        """
        keep = min(self.layer, len(layers) - 1)
        self._offered = layers
        with QSignalBlocker(self.layers):
            self.layers.clear()
            self.layers.addItems([shown.title for shown in layers])
            self.layers.setCurrentIndex(keep)
        for explain in (self.layers.setToolTip, self.layers.setWhatsThis):
            explain(f"{missing} {LAYER_HELP}".strip())
        self._show_halves()

    def _on_layer(self) -> None:
        self._show_halves()
        self.layer_changed.emit()

    def _on_choice(self) -> None:
        self.changed.emit()

    def _show_halves(self) -> None:
        """Let the user choose between kernels and feature maps where there are both."""
        shown = self._offered[self.layer]
        for choice in (self.kernels, self.maps):
            choice.setVisible(shown.source is not None and shown.maps is not None)
        self._offer_length(shown.source is not None)

    def _offer_length(self, has_weights: bool) -> None:
        """Let the user sort by the length of weights where there are some."""
        items, place = self.sort.model(), self.sort.findData("length")
        assert isinstance(items, QStandardItemModel)
        items.item(place).setEnabled(has_weights)
        items.item(place).setToolTip("" if has_weights else NO_LENGTH)

    def _arrange(self) -> None:
        above, below = QHBoxLayout(), QHBoxLayout()
        for row, boxes in ((above, (self.layers,)), (below, (self.show_what, self.sort, self.scale))):
            row.setSpacing(theme.SPACE)
            for choice in boxes:
                name = label(choice.accessibleName(), "muted")
                name.setBuddy(choice)
                row.addWidget(name)
                row.addWidget(choice)
                row.addSpacing(theme.SPACE)
        halves = QHBoxLayout()
        halves.setSpacing(0)
        halves.addWidget(self.kernels)
        halves.addWidget(self.maps)
        above.addLayout(halves)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACE // 2)
        for row in (above, below):
            row.addStretch(1)
            column.addLayout(row)
