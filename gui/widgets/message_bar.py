"""A line across the window for what went wrong or is worth knowing."""

from __future__ import annotations

import re
from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QGridLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from engine.errors import DigitLabError
from gui.theme import SPACE
from gui.widgets.field import set_look

LONG_WORD = re.compile(r"\S{41,}")


class MessageBar(QFrame):
    """Shows one message at a time: a sentence, perhaps something to press, and details that unfold.

    Attributes
    ----------
    sentence : str
        What it says, or said last.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "tile")
        self.setAccessibleName("Message")
        self.sentence = ""
        self._do: Callable[[], None] | None = None
        self.label = QLabel(self)
        self.label.setWordWrap(True)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.action = QPushButton(self)
        self.action.setAccessibleName("What is offered")
        self.details = QPushButton("Details", self)
        self.details.setCheckable(True)
        self.details.setToolTip("Shows the technical text behind the message.")
        self.close_button = QPushButton("Close", self)
        self.close_button.setToolTip("Takes the message away.")
        self.text = QPlainTextEdit(self)
        self.text.setReadOnly(True)
        self.text.setMinimumHeight(6 * SPACE)
        self.text.setMaximumHeight(15 * SPACE)
        self.text.setAccessibleName("Details of the message")
        self.text.setToolTip("The technical text behind the message; it can be copied.")
        self._arrange()
        self.action.clicked.connect(self._act)
        self.details.toggled.connect(self.text.setVisible)
        self.close_button.clicked.connect(self.dismiss)
        self.hide()

    def dismiss(self) -> None:
        """Go away without handing the focus to what comes next, which might be a form that arrow keys change."""
        focus = QApplication.focusWidget()
        if focus is not None and self.isAncestorOf(focus):
            focus.clearFocus()
        self.hide()

    def show_error(self, error: DigitLabError) -> None:
        """Show what happened, what was kept and what to do."""
        self._show(str(error), error.details, "error")

    @property
    def offers(self) -> bool:
        """Whether it shows a button that does something: that stays until it is pressed, closed or replaced."""
        return not self.isHidden() and self._do is not None

    def show_hint(self, sentence: str, button: str = "", do: Callable[[], None] | None = None) -> None:
        """Show something worth knowing, perhaps with a button that does something about it."""
        self._show(sentence, "", "")
        self._do = do
        self.action.setText(button)
        self.action.setAccessibleName(button)
        self.action.setToolTip(sentence)
        self.action.setVisible(do is not None)

    def _show(self, sentence: str, details: str, role: str) -> None:
        self._do, self.sentence = None, sentence
        self.label.setText(breakable(sentence))
        self.label.setAccessibleName(sentence)
        set_look(self.label, "role", role)
        self.action.hide()
        self.details.setChecked(False)
        self.details.setVisible(bool(details))
        self.text.setPlainText(details)
        self.text.hide()
        self.show()

    def _act(self) -> None:
        do, self._do = self._do, None
        self.dismiss()
        if do is not None:
            do()

    def _arrange(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(SPACE, SPACE // 2, SPACE, SPACE // 2)
        for column, widget in enumerate((self.label, self.action, self.details, self.close_button)):
            grid.addWidget(widget, 0, column)
        grid.addWidget(self.text, 1, 0, 1, 4)
        grid.setColumnStretch(0, 1)


def breakable(text: str) -> str:
    """Return `text` with places for a line to end in very long words, such as paths; these would widen the window."""
    return LONG_WORD.sub(_with_breaks, text)


def _with_breaks(word: re.Match[str]) -> str:
    return re.sub(".{8}", "\\g<0>\N{ZERO WIDTH SPACE}", word[0])
