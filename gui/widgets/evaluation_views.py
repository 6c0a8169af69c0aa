"""A row of joined buttons that choose one of several views."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QWidget


class ViewChoice(QWidget):
    """One button per view, of which one is down.

    Parameters
    ----------
    views : dict of str to str
        The names on the buttons, and what each view shows.
    name : str
        What is chosen, for those who cannot see it.

    Signals
    -------
    chosen : (int,)
        The number of the view that the user wants, counted from 0.
    """

    chosen = Signal(int)

    def __init__(self, views: dict[str, str], name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for number, (text, help_text) in enumerate(views.items()):
            button = QPushButton(text)
            button.setCheckable(True)
            button.setToolTip(help_text)
            button.setWhatsThis(help_text)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            self._group.addButton(button, number)
            row.addWidget(button)
        row.addStretch(1)
        self._group.button(0).setChecked(True)
        self._group.idClicked.connect(self.chosen)

    @property
    def current(self) -> int:
        """The number of the view that is chosen."""
        return self._group.checkedId()

    def choose(self, number: int) -> None:
        """Press the button of a view without telling anybody; a number that there is not is the first one's."""
        button = self._group.button(number) or self._group.button(0)
        button.setChecked(True)
