"""What came of saying which digit a drawing is."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from gui import theme

ENOUGH = 10
"""From so many digits on, learning them is offered."""


class AnswerKept(QLabel):
    """A sentence with links.

    Attributes
    ----------
    state : str
        ``"kept"`` or ``"taken back"`` after a drawing has been labelled, else empty.

    Signals
    -------
    undo_asked, redo_asked, learn_asked : ()
        A link was clicked.
    """

    undo_asked = Signal()
    redo_asked = Signal()
    learn_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.state = ""
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByMouse | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setFont(theme.font(9))
        self.setProperty("role", "muted")
        self.setAccessibleName("What became of the drawing")
        self.setWhatsThis(
            "You said which digit the drawing is: it has joined My digits, which you find in the menu Digits."
        )
        self.linkActivated.connect(self._follow)
        theme.switch().changed.connect(self._dress)
        self._words: tuple[str, ...] = ()

    def show_kept(self, name: str, count: int) -> None:
        """Say that the drawing is kept, with `count` others."""
        links = ["undo|Undo", *(["learn|Learn my digits"] if count >= ENOUGH else [])]
        self._say("kept", f"Kept as a {name} in My digits ({count:,}). Ctrl+Z takes it back.", *links)

    def show_taken_back(self) -> None:
        """Say that the drawing is kept no more."""
        self._say("taken back", "Taken back: it is not in My digits.", "redo|Keep it after all")

    def say(self, sentence: str) -> None:
        """Say something else about the drawing."""
        self._say("", sentence)

    def _say(self, state: str, *words: str) -> None:
        self.state, self._words = state, words
        self._dress()

    def _dress(self) -> None:
        if not self._words:
            return
        colour = theme.current().accent
        links = [
            f"<a href='{where}' style='color:{colour}'>{words.replace(' ', '&nbsp;')}</a>"
            for where, words in (link.split("|") for link in self._words[1:])
        ]
        self.setText(" &nbsp;".join([self._words[0], *links]))

    def _follow(self, link: str) -> None:
        signals = {"undo": self.undo_asked, "redo": self.redo_asked, "learn": self.learn_asked}
        signals[link].emit()
