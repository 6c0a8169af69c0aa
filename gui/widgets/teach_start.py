"""What will happen when the user's digits are learned, and what there is to learn from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.theme import SPACE
from gui.widgets.figures import label
from gui.widgets.teach_counts import TeachCounts, missing_sentence


class TeachStart(QWidget):
    """A page of two sentences and the number of samples of each digit.

    Attributes
    ----------
    about, missing : QLabel
        What will happen; and which digits there are none of.
    counts : TeachCounts
        How many there are of each.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.about, self.missing = label("", ""), label("", "muted")
        self.counts = TeachCounts(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * SPACE)
        for line in (self.about, self.missing):
            line.setWordWrap(True)
        for widget in (self.about, self.counts, self.missing):
            column.addWidget(widget)
        column.addStretch(1)

    def show_state(self, who: str, title: str, counts: NDArray[np.int64]) -> None:
        """Show who learns, the data that is rehearsed, and how many there are of each digit, shape (10,)."""
        self.about.setText(
            f"{who} learns your hand from your {counts.sum():,} digits, within seconds. Meanwhile it rehearses "
            f"{title}, so that nothing is forgotten.\n\nThen you see what has become better, measured on digits of "
            "yours that were held back, and what that costs elsewhere. Nothing changes until you say so."
        )
        self.counts.show_counts(counts)
        self.missing.setText(missing_sentence(counts))
