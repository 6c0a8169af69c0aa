"""How many samples of each digit there are to learn from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from gui import theme
from gui.widgets.field import set_look
from gui.widgets.figures import label

_CLASSES = 10


class TeachCounts(QWidget):
    """The ten digits, each with its count; a digit without samples is shown as a dash."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.figures: list[QLabel] = []
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(theme.SPACE)
        grid.setVerticalSpacing(0)
        for digit in range(_CLASSES):
            figure = label("–", "figure")
            self.figures.append(figure)
            for row, shown in enumerate((label(str(digit), "muted"), figure)):
                grid.addWidget(shown, row, digit, Qt.AlignmentFlag.AlignHCenter)
            grid.setColumnStretch(digit, 1)

    def show_counts(self, counts: NDArray[np.int64]) -> None:
        """Show how many there are of each digit, shape (10,)."""
        for digit, (figure, count) in enumerate(zip(self.figures, counts, strict=True)):
            words = f"{count:,} of your digits {'is a' if count == 1 else 'are a'} {digit}" if count else ""
            figure.setText(f"{count:,}" if count else "–")
            set_look(figure, "role", "figure" if count else "muted")
            figure.setToolTip(words or f"There is no {digit} of yours yet.")
            figure.setAccessibleName(figure.toolTip())
        self.setAccessibleName("Samples of each digit: " + ", ".join(f"{d}: {c:,}" for d, c in enumerate(counts)))


def missing_sentence(counts: NDArray[np.int64]) -> str:
    """Return what it means that there is none of some digits; empty when there are some of each."""
    missing = [f"no {digit}" for digit in np.flatnonzero(counts == 0)]
    if not missing:
        few = np.flatnonzero(counts < 5)
        return "" if not len(few) else "Five or more of each digit do best."
    listed = missing[0] if len(missing) == 1 else f"{', '.join(missing[:-1])} and {missing[-1]}"
    what = "it is" if len(missing) == 1 else "these are"
    return f"There is {listed} of yours. That works too: {what} read nearly as before."
