"""One unit, enlarged: its weights or its feature map, and what it says to the drawing."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gui import theme
from gui.widgets.color_legend import ColorLegend, signed
from gui.widgets.figures import ElidedLabel, label
from gui.widgets.unit_facts import NORMALIZATION, UnitFacts
from gui.widgets.unit_picture import UnitPicture

ROWS = ("Weights", "Places", "Range", "Strongest", "Length", "Bias", "Weighted sum", "Activation", *NORMALIZATION)
SMALL = 68  # the side of the small picture in pixels
POINT_AT_WEIGHTS = "Point at a cell to read its weight."
POINT_AT_MAP = "Point at a place to read its value."


class UnitInspector(QWidget):
    """The selected unit, enlarged, with its figures.

    Of a filter, the kernel and its feature map are shown: one large, the other one small below.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._facts: UnitFacts | None = None
        self._number: int | None = None
        self._small_number: int | None = None
        self.title, self.legend = ElidedLabel("", "title"), ColorLegend("This unit")
        self.picture = UnitPicture(
            "Weights or feature map of the selected unit",
            "The weights of the selected unit, large, or the feature map of the selected filter. Point at a cell to "
            "read its value.",
        )
        self.small = UnitPicture(
            "The other picture of the selected filter",
            "The feature map that goes with the kernel above, or the kernel that made the feature map above. Its "
            "largest value has the full colour.",
        )
        self.caption, self.readout, self.hint = label("", "muted"), label("", "muted"), label("", "muted")
        self.names = {name: ElidedLabel(name, "muted") for name in ROWS}
        self.values = {name: QLabel() for name in ROWS}
        self._rows = {name: QWidget() for name in ROWS}
        for sentence in (self.caption, self.readout, self.hint):
            sentence.setWordWrap(True)
        self.readout.setMinimumHeight(32)
        self.readout.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.small.setFixedSize(SMALL, SMALL)
        self._arrange()
        for part in (*self._rows.values(), self.small):  # most of them are not for every kind of unit
            part.hide()
        self.picture.pointed.connect(self._on_pointed)
        self.small.pointed.connect(self._on_small_pointed)

    def show_unit(self, facts: UnitFacts, kind: str) -> None:
        """Show a unit, which is called `kind`, with full colour at the limit of its numbers."""
        self._facts = facts
        low, high = facts.large.ends
        self.picture.show_picture(facts.large)
        self.legend.show_ends(signed(low), signed(high), f"This {kind}")
        if facts.small is not None:
            self.small.show_picture(facts.small)
            self.caption.setText(f"{facts.small.name}\n{facts.small.sizes}\n{facts.small.range}")
        for widget in (self.small, self.caption):
            widget.setVisible(facts.small is not None)
        self._write(facts)
        self._read()

    def _write(self, facts: UnitFacts) -> None:
        self.title.show_text(facts.title)
        for name, row in self._rows.items():
            self.values[name].setText(facts.figures.get(name, ""))
            row.setVisible(name in facts.figures)
        self.names["Activation"].show_text(f"{facts.activation_name} activation")
        self.hint.setText(facts.hint)
        self.hint.setVisible(bool(facts.hint))

    def _on_pointed(self, number: int | None) -> None:
        self._number = number
        self._read()

    def _on_small_pointed(self, number: int | None) -> None:
        self._small_number = number
        self._read()

    def _read(self) -> None:
        """Write what is under the mouse, live."""
        facts = self._facts
        if facts is None:
            return
        for shown, number in ((facts.large, self._number), (facts.small, self._small_number)):
            if shown is not None and number is not None and number < len(shown.values):
                text = shown.describe(number)
                self.readout.setText(text[0].upper() + text[1:])
                return
        point = POINT_AT_WEIGHTS if facts.large.noun else POINT_AT_MAP
        self.readout.setText(f"{point} {facts.large.shape.square}".strip())

    def _arrange(self) -> None:
        table = QVBoxLayout()
        table.setSpacing(3)
        for name, value in self.values.items():
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            value.setFont(theme.font(10))
            # No columns: a short name leaves its room to a long value.
            row = QHBoxLayout(self._rows[name])
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(theme.SPACE // 2)
            row.addWidget(self.names[name])
            row.addStretch(1)
            row.addWidget(value)
            table.addWidget(self._rows[name])
        beside = QHBoxLayout()
        beside.setSpacing(theme.SPACE)
        beside.addWidget(self.small)
        beside.addWidget(self.caption, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE)
        for widget in (self.title, self.picture, self.legend, self.readout):
            layout.addWidget(widget)
        layout.addLayout(table)
        layout.addLayout(beside)
        layout.addWidget(self.hint)
        layout.addStretch(1)
