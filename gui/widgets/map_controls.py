"""Of which layer, of how many digits and by which method a map is drawn."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from engine.map.features import MOST_FEATURES, PIXELS, feature_count, mapped_layers
from engine.map.layout import Method
from engine.network import Network
from gui import theme
from gui.widgets.choices import box, explain, half
from gui.widgets.field import set_look
from gui.widgets.figures import label
from gui.widgets.weight_layers import layer_numbers

COUNTS, USUAL = (500, 2000, 5000), 2000
LAYER_HELP = (
    "Whose view of the digits is drawn: the pixels as they are, what a hidden layer makes of them, or the ten "
    f"outputs. Feature maps of more than {MOST_FEATURES:,} numbers are averaged over small squares first."
)
COUNT_HELP = "How many of the test digits are drawn, always the same ones. More take longer."
PCA_HELP = (
    "Principal components: the flat view in which the digits differ most. It follows the weights while the network "
    "learns. (Pearson, 1901)"
)
TSNE_HELP = (
    "t-SNE: digits that the layer finds alike become neighbours, which shows groups far better; distances between "
    "groups mean little. It takes some seconds, so it does not follow. (van der Maaten & Hinton, 2008)"
)
COMPUTE_HELP = "Computes the t-SNE map of the weights in view. What was drawn before stays until it is there."
CANCEL_HELP = "Stops the computation of the t-SNE map; what is drawn stays."


class MapControls(QWidget):
    """A row of choices.

    Signals
    -------
    changed : ()
        Another layer, number or method was chosen.
    compute : ()
        The t-SNE map is wanted.
    cancelled : ()
        It is wanted no longer.
    """

    changed = Signal()
    compute = Signal()
    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.layers, self.counts = box("Layer", LAYER_HELP), box("Digits", COUNT_HELP)
        self.pca, self.tsne = half("PCA", PCA_HELP), half("t-SNE", TSNE_HELP)
        self.pca.setChecked(True)
        self.run = QPushButton("Compute again")
        self.run.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._busy = False
        self.offer_counts(max(COUNTS) + 1)
        self.show_run(busy=False, stale=False)
        for choice in (self.layers, self.counts):
            choice.currentIndexChanged.connect(self._on_choice)
        for method in (self.pca, self.tsne):
            method.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            method.clicked.connect(self._on_choice)
        self.run.clicked.connect(self._on_run)
        self._arrange()

    @property
    def layer(self) -> int:
        """The number of the chosen layer, or :data:`engine.map.features.PIXELS`."""
        found = self.layers.currentData()
        return PIXELS if found is None else int(found)

    @property
    def count(self) -> int:
        """How many digits are wanted."""
        return int(self.counts.currentData() or USUAL)

    @property
    def method(self) -> Method:
        """How the map is wanted."""
        return "tsne" if self.tsne.isChecked() else "pca"

    def show_method(self, method: Method) -> None:
        """Show a method as chosen without telling anybody."""
        (self.tsne if method == "tsne" else self.pca).setChecked(True)

    def offer_layers(self, network: Network) -> None:
        """Offer the layers of a network; the last hidden one is chosen. Nothing is signalled."""
        numbers, last = layer_numbers(network.spec), len(network.layers) - 1
        with QSignalBlocker(self.layers):
            self.layers.clear()
            for layer in mapped_layers(network):
                name = "Pixels" if layer == PIXELS else "Output" if layer == last else f"Layer {numbers[layer]}"
                self.layers.addItem(f"{name}: {feature_count(network, layer):,} numbers", layer)
            self.layers.setCurrentIndex(max(self.layers.count() - 2, 0))

    def offer_counts(self, available: int) -> None:
        """Offer as many digits as there are. Nothing is signalled."""
        wanted = self.count
        offered: Sequence[int] = [count for count in COUNTS if count < available]
        if len(offered) < len(COUNTS):
            offered = [*offered, available]
        with QSignalBlocker(self.counts):
            self.counts.clear()
            for count in offered:
                self.counts.addItem(f"{count:,}", count)
            near = min(range(len(offered)), key=[abs(count - wanted) for count in offered].__getitem__)
            self.counts.setCurrentIndex(near)

    def show_run(self, *, busy: bool, stale: bool) -> None:
        """Offer to compute again where the t-SNE map is `stale`, or to cancel while it is being computed."""
        self._busy = busy
        text, help_text = ("Cancel", CANCEL_HELP) if busy else ("Compute again", COMPUTE_HELP)
        self.run.setText(text)
        explain(self.run, f"{text}: t-SNE", help_text)
        self.run.setVisible(busy or stale)
        set_look(self.run, "primary", stale and not busy)

    def _on_choice(self) -> None:
        self.changed.emit()

    def _on_run(self) -> None:
        (self.cancelled if self._busy else self.compute).emit()

    def _arrange(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACE)
        digits = label("Digits", "muted")
        digits.setBuddy(self.counts)
        for widget in (self.layers, digits, self.counts):
            row.addWidget(widget)
        halves = QHBoxLayout()
        halves.setSpacing(0)
        halves.addWidget(self.pca)
        halves.addWidget(self.tsne)
        row.addSpacing(theme.SPACE)
        row.addLayout(halves)
        row.addWidget(self.run)
        row.addStretch(1)
