"""Combo boxes and pairs of buttons that choose what is shown, and explain themselves."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QPushButton, QWidget


def explain(widget: QWidget, name: str, help: str) -> None:  # noqa: A002
    """Name a widget for whoever does not see it, and explain it to whoever points at it or asks."""
    widget.setAccessibleName(name)
    widget.setToolTip(help)
    widget.setWhatsThis(help)


def box(name: str, help: str, items: Mapping[str, str] | None = None) -> QComboBox:  # noqa: A002
    """Return a combo box as wide as its contents; `items` are texts by their data."""
    made = QComboBox()
    for key, text in (items or {}).items():
        made.addItem(text, key)
    explain(made, name, help)
    made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return made


def half(text: str, help: str) -> QPushButton:  # noqa: A002
    """Return one of two buttons of which one is down."""
    made = QPushButton(text)
    made.setCheckable(True)
    made.setAutoExclusive(True)
    explain(made, text, help)
    return made
