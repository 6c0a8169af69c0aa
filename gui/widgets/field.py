"""What a form control must be able to do so that a run can be edited through it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from engine.errors import SettingError


class Field(QWidget):
    """A control for one value of a run.

    It offers values and is told what became of them: `show_value` when the run has changed, by this field or by
    another, or `refuse`. A refused value stays on the screen with the reason beside it.

    Signals
    -------
    proposed : (object,)
        The user wants this value.
    withdrawn : ()
        What the field shows is no value at all any more, so a refused offer no longer stands.
    reverted : (object,)
        What was being typed has turned out wrong: this value, from before, shall be in force. An offer still stands.
    sealed : ()
        What comes next is another step for undo.
    """

    proposed = Signal(object)
    withdrawn = Signal()
    reverted = Signal(object)
    sealed = Signal()
    title = ""

    @property
    def complaint(self) -> str:
        """Why what is shown is not in force; empty if it is."""
        return ""

    def show_value(self, value: Any, *, fresh: bool = False) -> None:
        """Take the value that is in force; a `fresh` one also replaces what was refused."""
        raise NotImplementedError

    def refuse(self, error: SettingError) -> None:
        """Show why the last offer was not taken."""
        raise NotImplementedError

    def show_built(self, value: Any) -> None:
        """Take the value of the present network and mark what waits for a new one."""
        raise NotImplementedError


class ErrorLine(QLabel):
    """A sentence under a field, which takes no room while there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "error")
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.setAccessibleName("Error")
        self.hide()

    def say(self, sentence: str) -> None:
        """Show `sentence`; nothing if it is empty."""
        self.setText(sentence)
        self.setToolTip(sentence)
        self.setVisible(bool(sentence))


def set_look(widget: QWidget, name: str, value: object) -> None:
    """Set a property that the style sheet looks at, and dress the widget anew if that changes it."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)
