"""What the data is called, where it is from, and how many images each of its parts has."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine.datasets import Dataset
from gui import theme
from gui.widgets.figures import ElidedLabel, figure, label

PARTS = ("Training", "Validation", "Test")
PART_HELP = (
    "The images that the network learns from.",
    "Held back from the training images, to see after every epoch how well the network does on images it did not "
    "learn. Their share is chosen on the left.",
    "Never learned from: the Evaluation page measures on them.",
)
_LICENCES = {
    "mnist": "MNIST by Yann LeCun, Corinna Cortes and Christopher Burges, licence CC BY-SA 3.0.",
    "keras:mnist": "MNIST by Yann LeCun, Corinna Cortes and Christopher Burges, licence CC BY-SA 3.0.",
    "keras:fashion_mnist": "Fashion-MNIST by Han Xiao, Kashif Rasul and Roland Vollgraf (Zalando), licence MIT.",
}


class DataHeader(QWidget):
    """Title, dataset word, note and licence of the data, and the sizes of its parts.

    Attributes
    ----------
    sizes : list of QLabel
        One per part, in the order of `PARTS`.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = ElidedLabel("", "figure")
        self.word = label("", "badge", "The word that names this data, on the command line too.")
        self.note = label("", "muted")
        self.note.setWordWrap(True)
        first = QHBoxLayout()
        first.setSpacing(theme.SPACE)
        first.addWidget(self.title)
        first.addWidget(self.word)
        first.addStretch(1)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addLayout(first)
        words.addWidget(self.note)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * theme.SPACE)
        row.addLayout(words, 1)
        self.sizes = []
        for name, tip in zip(PARTS, PART_HELP, strict=True):
            value, column = figure(name, tip)
            self.sizes.append(value)
            row.addLayout(column)

    def set_dataset(self, dataset: Dataset, sizes: Iterable[int]) -> None:
        """Show a dataset and how many images its parts have, in the order of `PARTS`."""
        metrics = self.word.fontMetrics()
        self.title.show_text(dataset.title)
        self.word.setText(metrics.elidedText(dataset.word, Qt.TextElideMode.ElideMiddle, 160))
        self.word.setToolTip(f"{dataset.word}: the word that names this data, on the command line too.")
        self.note.setText(" ".join(filter(None, (_LICENCES.get(dataset.word, ""), dataset.note))))
        for value, size in zip(self.sizes, sizes, strict=True):
            value.setText(f"{size:,}")
