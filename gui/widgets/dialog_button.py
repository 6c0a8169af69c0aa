"""A button of a dialog, explained when somebody points at it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QPushButton, QWidget

from gui.widgets.choices import explain


def dialog_button(text: str, help_text: str, do: Callable[[], object], parent: QWidget) -> QPushButton:
    """Return a button that does `do` and does not take Enter, which belongs to the dialog's main one or its content."""
    made = QPushButton(text, parent)
    explain(made, text.rstrip("…"), help_text)
    made.setAutoDefault(False)
    made.clicked.connect(do)
    return made
