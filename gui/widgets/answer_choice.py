"""Who reads the pad."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from gui import theme
from gui.shipped_reader import ReadBy
from gui.widgets.choice_box import ChoiceBox

_AUTO = "The Reader, until your network has been trained; from then on your network, so that you can watch it learn."
_READER = "The network that comes with the program; it was trained on many people's handwriting and does not change."
_NETWORK = "The network in this window, as far as it has been trained by now."


class AnswerChoice(QWidget):
    """Chooses between the *Reader* and the present network.

    Signals
    -------
    chosen : (str,)
        ``"auto"``, ``"reader"`` or ``"network"``.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.box = ChoiceBox(
            [("auto", "Automatic", _AUTO), ("reader", "The Reader", _READER), ("network", "This network", _NETWORK)]
        )
        self.box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.box.setAccessibleName("Read by")
        label = QLabel("Read by")
        label.setProperty("role", "muted")
        label.setBuddy(self.box)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACE)
        row.addWidget(label)
        row.addWidget(self.box, 1)
        self.box.chosen.connect(self.chosen)
        self._explain("")

    def show_choice(self, who: ReadBy, by_network: bool, taught: bool, missing: str) -> None:
        """Show what was chosen, who reads now, and why the Reader cannot, if so."""
        reader = "the Reader (your hand)" if taught else "the Reader"
        self.box.setItemText(0, f"Automatic: {'this network' if by_network else reader}")
        self.box.setItemText(1, reader[0].upper() + reader[1:])
        cast(QStandardItemModel, self.box.model()).item(1).setEnabled(not missing)
        self.box.setItemData(1, missing or _READER, Qt.ItemDataRole.ToolTipRole)
        self.box.show_name(who)
        self._explain(missing)

    def _explain(self, missing: str) -> None:
        words = f"Who reads the pad. Automatic: {_AUTO[0].lower()}{_AUTO[1:]} {missing}".strip()
        self.setWhatsThis(words)
        self.box.setWhatsThis(words)
        self.box.setToolTip(self.box.explanation)
