"""A line for a number that is checked with every key, and says what is wrong with it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from engine.errors import SettingError
from engine.fields import Parameter
from gui.widgets.choices import explain
from gui.widgets.field import set_look
from gui.widgets.value_edit import ValueEdit, value_text


class NumberLine(ValueEdit):
    """A number that takes effect while it is typed; a wrong one stays, is marked, and `complaint` says why.

    Signals
    -------
    changed : ()
        There is another number, or another complaint.
    """

    changed = Signal()

    def __init__(self, parameter: Parameter, width: int, parent: QWidget | None = None) -> None:
        super().__init__(parameter, parent)
        self.complaint = ""
        self.setFixedWidth(width)
        self.setText(value_text(parameter.default))
        for signal in (self.typed, self.stepped):
            signal.connect(self._on_text)
        self.given_up.connect(self._on_given_up)

    def use(self, parameter: Parameter) -> None:
        """Ask for the value of a parameter, and explain it."""
        super().use(parameter)
        explain(self, parameter.label, f"{parameter.help} {parameter.legal.capitalize()}.")

    def show_number(self, value: Any) -> None:
        """Show another number without telling anybody."""
        self.value, self.complaint = value, ""
        self.setText(value_text(value))
        set_look(self, "wrong", False)

    def _on_text(self, text: str) -> None:
        try:
            self.value, self.complaint = self.parameter.check(text), ""
        except SettingError as error:
            self.complaint = str(error)
        set_look(self, "wrong", bool(self.complaint))
        self.changed.emit()

    def _on_given_up(self) -> None:
        self.show_number(self.value)
        self.changed.emit()
