"""The buttons above the list of layers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWidget

from engine.layers import LAYER_KINDS
from gui import theme
from gui.icons import icon

BUTTONS = {
    "add": (
        "mdi6.plus",
        "Add a layer",
        "Adds a hidden layer behind the selected one, or as near to it as it fits.",
        "Insert",
    ),
    "duplicate": ("mdi6.content-copy", "Duplicate the layer", "Adds a layer like the selected one.", "Ctrl+D"),
    "remove": ("mdi6.delete-outline", "Remove the layer", "Takes the selected layer out.", "Delete"),
    "up": ("mdi6.arrow-up", "Move the layer up", "Moves the selected layer towards the input.", "Alt+Up"),
    "down": ("mdi6.arrow-down", "Move the layer down", "Moves the selected layer towards the output.", "Alt+Down"),
}


class LayerButtons(QWidget):
    """Add, duplicate, remove and move layers.

    Signals
    -------
    asked : (str,)
        duplicate, remove, up or down.
    added : (str,)
        A layer of this kind is wanted.
    opened : ()
        The menu of kinds is about to be shown.
    """

    asked = Signal(str)
    added = Signal(str)
    opened = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACE // 2)
        self.buttons = {action: self._button(action) for action in BUTTONS}
        for button in self.buttons.values():
            row.addWidget(button)
        self.menu = self._menu()
        self.buttons["add"].setMenu(self.menu)
        self.buttons["add"].setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._dress()
        theme.switch().changed.connect(self._dress)

    def set_possible(self, actions: set[str]) -> None:
        """Enable the buttons of these actions alone."""
        for action, button in self.buttons.items():
            button.setEnabled(action in actions)

    def set_refusals(self, reasons: Mapping[str, str]) -> None:
        """Offer the kinds without a reason against them; the others say it in the tooltip."""
        for entry in self.menu.actions():
            reason = reasons.get(entry.objectName(), "")
            entry.setEnabled(not reason)
            entry.setToolTip(reason or entry.whatsThis())

    def _button(self, action: str) -> QToolButton:
        _, name, help_text, key = BUTTONS[action]
        button = QToolButton(self)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setIconSize(QSize(16, 16))
        button.setFixedSize(28, theme.CONTROL_HEIGHT)
        button.setAccessibleName(name)
        button.setToolTip(f"{name} ({key})")
        button.setWhatsThis(f"{help_text} With a layer selected, {key} does the same.")
        if action != "add":
            button.clicked.connect(partial(self.asked.emit, action))
        return button

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        menu.aboutToShow.connect(self.opened)
        for kind, cls in LAYER_KINDS.items():
            entry = menu.addAction(f"{cls.label}\t{cls.about}")
            entry.setWhatsThis(cls.about)
            entry.setToolTip(cls.about)
            entry.setObjectName(kind)
            entry.triggered.connect(partial(self.added.emit, kind))
        return menu

    def _dress(self) -> None:
        for action, button in self.buttons.items():
            button.setIcon(icon(BUTTONS[action][0]))
