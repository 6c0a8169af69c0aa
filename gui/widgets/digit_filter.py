"""A row of buttons that choose which of the user's digits are shown."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QSizePolicy, QToolButton, QWidget

from gui import theme


class DigitFilter(QWidget):
    """All, and each of the ten digits, with how many there are.

    Attributes
    ----------
    label : int or None
        The digit whose drawings are shown; None for all.

    Signals
    -------
    chosen : ()
        Others are to be shown.
    """

    chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label: int | None = None
        self.buttons: dict[int | None, QToolButton] = {}
        group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACE // 2)
        for label in (None, *range(10)):
            button = self.buttons[label] = QToolButton(self)
            button.setCheckable(True)
            button.setChecked(label is None)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.clicked.connect(partial(self._choose, label))
            group.addButton(button)
            row.addWidget(button, 1)
        self.show_counts(np.zeros(10, np.int64))

    def show_counts(self, counts: NDArray[np.int64]) -> None:
        """Show how many there are of each digit, shape (10,)."""
        for label, button in self.buttons.items():
            count = int(counts.sum() if label is None else counts[label])
            name = "All" if label is None else str(label)
            button.setText(f"{name}\n{'' if label is None else '×'}{count:,}")
            words = "Shows all your digits" if label is None else f"Shows only the digits that stand for {label}"
            button.setToolTip(f"{words}: there {'is' if count == 1 else 'are'} {count:,}.")
            button.setWhatsThis(button.toolTip())
            button.setAccessibleName(f"{name}, {count:,}")

    def _choose(self, label: int | None) -> None:
        self.label = label
        self.chosen.emit()
