"""The controls that change one unit, or prune its layer."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from engine.fields import parameter
from engine.surgery import Amounts, Prune, PruneSmallest, Scale, Shift, SwitchOff
from gui import theme
from gui.widgets.diagram_number import NumberLine
from gui.widgets.dialog_button import dialog_button
from gui.widgets.field import ErrorLine
from gui.widgets.figures import label

OFF = "What comes behind sees 0 instead of this unit: its outgoing weights become 0."
NOTHING_BEHIND = "An output unit has nothing behind it. Prune it, or shift its bias."
EDIT_WIDTH = 52


class SurgeryPanel(QWidget):
    """Shifts, scales, switches off and prunes a unit, and prunes its layer.

    Signals
    -------
    asked : (Edit,)
        Somebody wants this change.
    """

    asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layer = self._unit = 0
        self.shift, self.scale, self.percent = (
            NumberLine(parameter(Amounts, name), EDIT_WIDTH) for name in ("shift", "scale", "percent")
        )
        self.shift_button = self._button("Shift", "Adds the number to the bias of this unit.", self._on_shift)
        self.scale_button = self._button("Scale", "Multiplies the weights of this unit.", self._on_scale)
        self.off_button = self._button("Switch off", OFF, self._on_off)
        self.prune_button = self._button(
            "Prune", "Takes this unit out: its weights, its bias and its outgoing weights become 0.", self._on_prune
        )
        self.layer_button = self._button(
            "Prune layer", "Sets the smallest weights of the whole layer to 0 (magnitude pruning).", self._on_layer
        )
        self.error = ErrorLine(self)
        for line in (self.shift, self.scale, self.percent):
            line.changed.connect(self._check)
        self._arrange()

    def set_unit(self, layer: int, unit: int, *, is_output: bool) -> None:
        """Choose which unit is changed, by its layer among the network's."""
        self._layer, self._unit = layer, unit
        self.off_button.setEnabled(not is_output)
        self.off_button.setToolTip(NOTHING_BEHIND if is_output else OFF)

    def _check(self) -> None:
        """Say what is wrong, and let only what is right be used."""
        pairs = ((self.shift, self.shift_button), (self.scale, self.scale_button), (self.percent, self.layer_button))
        for line, button in pairs:
            button.setEnabled(not line.complaint)
        self.error.say(next((line.complaint for line, _ in pairs if line.complaint), ""))

    def _on_shift(self) -> None:
        self.asked.emit(Shift(self._layer, self._unit, self.shift.value))

    def _on_scale(self) -> None:
        self.asked.emit(Scale(self._layer, self._unit, self.scale.value))

    def _on_off(self) -> None:
        self.asked.emit(SwitchOff(self._layer, self._unit))

    def _on_prune(self) -> None:
        self.asked.emit(Prune(self._layer, self._unit))

    def _on_layer(self) -> None:
        self.asked.emit(PruneSmallest(self._layer, self.percent.value / 100))

    def _button(self, text: str, help: str, do: Callable[[], None]) -> QPushButton:  # noqa: A002
        button = dialog_button(text, f"{help} Only on a copy: the network itself stays as it is.", do, self)
        button.setStyleSheet("padding-left: 4px; padding-right: 4px")
        return button

    def _arrange(self) -> None:
        grid = QGridLayout()
        grid.setSpacing(theme.SPACE // 2)
        grid.setColumnStretch(2, 1)
        rows = (
            ("Bias +", self.shift, self.shift_button),
            ("Weights ×", self.scale, self.scale_button),
            ("Smallest", self.percent, self.layer_button),
        )
        for row, (words, line, button) in enumerate(rows):
            name = label(words, "muted", line.toolTip())
            name.setBuddy(line)
            for column, widget in enumerate((name, line, button)):
                grid.addWidget(widget, row, column)
        both = QHBoxLayout()
        both.setSpacing(theme.SPACE // 2)
        both.addWidget(self.off_button, 1)
        both.addWidget(self.prune_button, 1)
        column_layout = QVBoxLayout(self)
        column_layout.setContentsMargins(0, 0, 0, 0)
        column_layout.setSpacing(theme.SPACE // 2)
        column_layout.addWidget(label("Change it, on a copy", "heading"))
        column_layout.addLayout(both)
        column_layout.addLayout(grid)
        column_layout.addWidget(self.error)
