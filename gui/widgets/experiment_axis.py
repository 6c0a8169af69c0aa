"""A row of the form of an experiment: one setting that varies, and its values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QLayout, QStackedWidget, QToolButton, QWidget

from gui import theme
from gui.icons import icon
from gui.widgets.check_box import CheckBox
from gui.widgets.experiment_draft import AxisDraft
from gui.widgets.experiment_fields import PlanEdit, SettingPicker, combo
from gui.widgets.experiment_settings import Offer
from gui.widgets.field import ErrorLine, set_look

VALUES, RANGE = "values", "range"
END_WIDTH, POINTS_WIDTH = 64, 40
LEAST_WIDTH, WIDE = 340, 620
LOG_HELP = "Equal steps are equal factors: right for settings such as the learning rate."


class ExperimentAxis(QWidget):
    """The setting, its values or its range, a button that takes it away, and what is wrong with it.

    Signals
    -------
    edited : (AxisDraft, str)
        Something else stands in the row, and in which of its fields.
    removed : ()
        It is to be taken away.
    """

    edited = Signal(object, str)
    removed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.draft = AxisDraft("")
        self._offer: Offer | None = None
        self.setting = SettingPicker(self)
        self.mode = combo(
            (("Values", VALUES), ("Range", RANGE)),
            "Values or range",
            "Listed values, or a range of numbers: a random search draws from it, a grid divides it.",
        )
        self.values = PlanEdit("Values", "")
        self.low = PlanEdit("Low end", "Where the range begins.", width=END_WIDTH)
        self.high = PlanEdit("High end", "Where the range ends.", width=END_WIDTH)
        self.points = PlanEdit("Points", "How many values of the range a grid has.", width=POINTS_WIDTH)
        self.log = CheckBox("log")
        self.log.setToolTip(LOG_HELP)
        self.log.setWhatsThis(LOG_HELP)
        self.log.setAccessibleName("Logarithmic range")
        self.remove = QToolButton(self)
        self.remove.setToolTip("Takes this setting away: it does not vary then. Ctrl+Z brings it back.")
        self.remove.setAccessibleName("Take this setting away")
        for control in (self.log, self.remove):
            control.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.error = ErrorLine(self)
        self._arrange()
        self._connect()
        self._dress()

    def show_axis(self, draft: AxisDraft, offers: Mapping[str, Offer], search: str) -> None:
        """Show a setting with its values, among all that could vary."""
        self.draft, offer = draft, offers.get(draft.path)
        self._offer = offer
        self.setting.offer(offers, draft.path)
        numeric = offer is None or offer.numeric
        with QSignalBlocker(self.mode), QSignalBlocker(self.log):
            self.mode.setCurrentIndex(self.mode.findData(RANGE if draft.ranged else VALUES))
            self.log.setChecked(draft.log)
        self.mode.setEnabled(numeric or draft.ranged)
        for field, text in ((self.values, draft.values), (self.low, draft.low), (self.high, draft.high)):
            field.show_text(text)
        self.points.show_text(draft.points)
        for widget in (self.points, self._points_label):
            widget.setVisible(search == "grid")
        self._stack.setCurrentIndex(int(draft.ranged))
        self._explain()

    def complain(self, sentence: str) -> None:
        """Say what is wrong, below the row; nothing if that is empty."""
        self.error.say(sentence)
        for field in (self.values, self.low, self.high):
            set_look(field, "wrong", bool(sentence))
            field.setAccessibleDescription(sentence or field.toolTip())

    def _explain(self) -> None:
        if self._offer is None:
            return
        apart = "semicolons" if self._offer.kind == "layers" else "commas"
        legal = self._offer.legal[:1].upper() + self._offer.legal[1:]
        help_text = f"{self._offer.label}: values with {apart} between. {legal}."
        self.values.setToolTip(help_text)
        self.values.setWhatsThis(help_text)
        self.values.setPlaceholderText(self._offer.example)

    # --- the user -----------------------------------------------------------------------------------------

    def _on_setting(self, path: str) -> None:
        """Another setting: what was listed for the one before means nothing for it."""
        self._say(AxisDraft(path), "")

    def _on_mode(self) -> None:
        ranged = self.mode.currentData() == RANGE
        log = self._offer is not None and self._offer.log and not self.draft.low
        self._say(replace(self.draft, ranged=ranged, log=log or self.draft.log), "")

    def _on_log(self, on: bool) -> None:
        self._say(replace(self.draft, log=on), "")

    def _on_text(self, name: str, text: str) -> None:
        changes: dict[str, Any] = {name: text}
        self._say(replace(self.draft, **changes), name)

    def _say(self, draft: AxisDraft, field: str) -> None:
        if draft != self.draft:
            self.draft = draft
            self.edited.emit(draft, field)

    # --- construction -------------------------------------------------------------------------------------

    def _connect(self) -> None:
        self.setting.chosen.connect(self._on_setting)
        self.mode.currentIndexChanged.connect(self._on_mode)
        self.log.toggled.connect(self._on_log)
        self.remove.clicked.connect(self.removed)
        for name in ("values", "low", "high", "points"):
            getattr(self, name).textEdited.connect(partial(self._on_text, name))
        theme.switch().changed.connect(self._dress)

    def _dress(self) -> None:
        self.remove.setIcon(icon("mdi6.close"))

    def _arrange(self) -> None:
        self._stack = QStackedWidget()
        self._stack.addWidget(self.values)
        self._stack.addWidget(self._range())
        self._stack.setFixedHeight(theme.CONTROL_HEIGHT)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(theme.SPACE)
        self._grid.setVerticalSpacing(theme.SPACE // 2)
        self._grid.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        self._grid.addWidget(self.setting, 0, 0)
        self._grid.addWidget(self.mode, 0, 1)
        self._grid.addWidget(self.remove, 0, 3)
        self._grid.addWidget(self.error, 2, 0, 1, 4)
        self.setMinimumWidth(LEAST_WIDTH)
        self._place_values(wide=False)

    def _place_values(self, *, wide: bool) -> None:
        """Put the values behind the setting where there is room for that, else below it."""
        if wide:
            self._grid.addWidget(self._stack, 0, 2)
        else:
            self._grid.addWidget(self._stack, 1, 0, 1, 4)
        self._grid.setColumnStretch(0, 2 if wide else 1)
        self._grid.setColumnStretch(2, 3 if wide else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Use one line or two."""
        super().resizeEvent(event)
        if (event.size().width() >= WIDE) != (event.oldSize().width() >= WIDE):
            self._place_values(wide=event.size().width() >= WIDE)

    def _range(self) -> QWidget:
        made = QWidget()
        row = QHBoxLayout(made)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACE // 2)
        self._points_label = QLabel("points")
        for widget in (self.low, QLabel("to"), self.high, self.log):
            row.addWidget(widget)
        row.addSpacing(theme.SPACE // 2)
        for part in (self.points, self._points_label):
            row.addWidget(part)
        row.addStretch(1)
        row.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        return made
