"""A row of buttons that choose which answer is explained."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QSizePolicy, QToolButton, QWidget

from engine.datasets.dataset import CLASSES, DIGITS
from gui import theme
from gui.widgets.choices import explain
from gui.widgets.wording import shortened

_LONGEST = 6


class WhyDigits(QWidget):
    """The first guess, and each of the ten classes.

    Attributes
    ----------
    choice : int or None
        The class that was chosen; None for the first guess.

    Signals
    -------
    chosen : ()
        Another one was chosen.
    """

    chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.choice: int | None = None
        self.buttons: dict[int | None, QToolButton] = {}
        self._seen: object = None
        group, row = QButtonGroup(self), QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACE // 2)
        for choice in (None, *range(CLASSES)):
            button = self.buttons[choice] = QToolButton(self)
            button.setCheckable(True)
            button.setChecked(choice is None)
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            button.clicked.connect(partial(self._choose, choice))
            group.addButton(button)
            row.addWidget(button, 3 if choice is None else 1)
        self.show_names(DIGITS, None)

    def show_names(self, names: Sequence[str], first: int | None) -> None:
        """Show what the classes are called, and which one is the first guess."""
        if (tuple(names), first) == self._seen:
            return
        self._seen = tuple(names), first
        for choice, button in self.buttons.items():
            name = "" if first is None and choice is None else names[first or 0 if choice is None else choice]
            short = shortened(name, _LONGEST)
            button.setText(short if choice is not None else f"First guess: {short}" if name else "First guess")
            what = "whatever is read first" if choice is None else name
            called = f"First guess: {name}" if choice is None else name
            explain(button, called, f"Shows what speaks for and against {what}.")

    def _choose(self, choice: int | None) -> None:
        self.choice = choice
        self.chosen.emit()
