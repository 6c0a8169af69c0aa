"""A combo box over names, each shown by its label and explained."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QSizePolicy, QWidget

from engine.runs.differences import CHOICES


def label_of(name: str) -> str:
    """Return the name of a choice for people."""
    return CHOICES.get(name, name)


class ChoiceBox(QComboBox):
    """Chooses one of several names.

    Signals
    -------
    chosen : (str,)
        Another name was chosen.
    """

    chosen = Signal(str)

    def __init__(self, choices: Iterable[tuple[str, str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        for name, label, help_text in choices:
            self.addItem(label, name)
            self.setItemData(self.count() - 1, help_text, Qt.ItemDataRole.ToolTipRole)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.currentIndexChanged.connect(self._on_index)

    def fit(self, width: int) -> None:
        """Be `width` pixels wide, or wider where a choice would be cut off."""
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.setMinimumWidth(width)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    @property
    def name(self) -> str:
        """The name that is shown as chosen."""
        return str(self.currentData())

    @property
    def explanation(self) -> str:
        """What the choice that is shown means."""
        return str(self.currentData(Qt.ItemDataRole.ToolTipRole) or "")

    def show_name(self, name: str) -> None:
        """Show `name` as chosen without telling anybody."""
        with QSignalBlocker(self):
            self.setCurrentIndex(self.findData(name))

    def _on_index(self, index: int) -> None:
        if index >= 0:
            self.chosen.emit(self.name)
