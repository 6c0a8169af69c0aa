"""What is drawn of the selected runs: which curve, over what, on which kind of axis."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from gui import theme
from gui.widgets.choice_box import ChoiceBox
from gui.widgets.choices import explain
from gui.widgets.runs_points import QUANTITIES, Across, Quantity

_ACROSS = (
    ("epoch", "over epochs", "One pass through the images after another."),
    ("seconds", "over time", "The time spent learning: it also tells which run is faster."),
)
_LOG_HELP = "Draws on a logarithmic axis, on which small improvements late in a run show."


class RunsCurveControls(QWidget):
    """A row of choices.

    Signals
    -------
    changed : ()
        Something else was chosen.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.quantities = ChoiceBox([(one.key, one.title, one.help) for one in QUANTITIES.values()])
        self.axis = ChoiceBox(_ACROSS)
        self.log = QToolButton()
        self.log.setText("Log")
        self.log.setCheckable(True)
        self.log.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # after a click, Space still trains
        for control, name, tip in (
            (self.quantities, "Curve", "Which curve is drawn of every run."),
            (self.axis, "Horizontal axis", "What the horizontal axis counts."),
            (self.log, "Logarithmic axis", _LOG_HELP),
        ):
            explain(control, name, tip)
        self.quantities.show_name("validation_accuracy")
        for box in (self.quantities, self.axis):
            box.chosen.connect(self._on_choice)
        self.log.toggled.connect(self._on_choice)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACE // 2)
        for widget in (self.quantities, self.axis, self.log):
            row.addWidget(widget)
        row.addStretch(1)

    @property
    def quantity(self) -> Quantity:
        """What is drawn."""
        return QUANTITIES[self.quantities.name]

    @property
    def across(self) -> Across:
        """What the horizontal axis counts."""
        return cast(Across, self.axis.name)

    def _on_choice(self) -> None:
        self.changed.emit()
