"""Below the answer: who reads the pad, and, once somebody has said which digit the drawing is, what came of that."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QStackedLayout, QWidget

from engine.datasets.dataset import DIGITS
from gui import theme
from gui.panels.pad_reading import PadReading
from gui.widgets.answer_choice import AnswerChoice
from gui.widgets.answer_kept import AnswerKept
from gui.widgets.pad import Pad

READ_MS = 6000


class PadLabels(QWidget):
    """Takes the digit that a drawing is said to be, and confirms what became of it.

    Parameters
    ----------
    pad : Pad
        Whose drawing it is.
    reading : PadReading
        Which digit of a number is meant.

    Attributes
    ----------
    choice : AnswerChoice
        Who reads the pad.
    kept : AnswerKept
        What came of a label.

    Signals
    -------
    labelled : (Drawn or ndarray of shape (28, 28), int)
        Somebody said which digit the drawing is.
    asked : ()
        What is on the pad now has to be looked at before that.
    """

    asked = Signal()
    labelled = Signal(object, int)

    def __init__(self, pad: Pad, reading: PadReading, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pad, self._reading = pad, reading
        self.choice, self.kept = AnswerChoice(), AnswerKept()
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self.choice)
        self._pages.addWidget(self.kept)
        self.kept.linkActivated.connect(self._on_link)
        self._read = QTimer(self, singleShot=True, interval=READ_MS)
        self._read.timeout.connect(self._on_read)
        self.setFixedHeight(theme.CONTROL_HEIGHT + theme.SPACE // 2)

    @property
    def possible(self) -> bool:
        """Whether there is a drawing, and what reads it knows digits."""
        return self._reading.reading is not None and self._reading.names == DIGITS

    @property
    def state(self) -> str:
        """What became of the drawing that is shown: ``"kept"``, ``"taken back"`` or nothing of that kind."""
        return self.kept.state

    def say(self, label: int) -> None:
        """Say which digit the drawing is, or that digit of a number that is shown in detail."""
        self._pad.finish()
        self.asked.emit()
        drawn = self._reading.drawn()
        if drawn is not None and self.possible:
            self.labelled.emit(drawn, label)

    def take_key(self, event: QKeyEvent) -> bool:
        """Use a key that nobody else wanted; return whether it was a digit for the drawing."""
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if not plain or event.isAutoRepeat() or event.text() not in DIGITS or not self.possible:
            return False
        self.say(DIGITS.index(event.text()))
        return True

    def show_kept(self, label: int, count: int) -> None:
        """Confirm that the drawing is kept among the user's `count` digits; the next stroke begins another."""
        if self._reading.number is None:
            self._pad.begin_afresh()
        self.kept.show_kept(DIGITS[label], count)
        self._confirm()

    def show_taken_back(self) -> None:
        """Confirm that the drawing is kept no more."""
        self.kept.show_taken_back()
        self._confirm()

    def say_instead(self, sentence: str) -> None:
        """Say something else about what became of the drawing."""
        self.kept.say(sentence)
        self._confirm()

    def show_choice(self) -> None:
        """Forget what became of a drawing: it is another one."""
        self.kept.say("")
        self._pages.setCurrentWidget(self.choice)

    def _confirm(self) -> None:
        self._pages.setCurrentWidget(self.kept)
        self._read.start()

    def _on_link(self, _link: str) -> None:
        self._pad.setFocus()  # or the confirmation would stay for its link's sake

    def _on_read(self) -> None:
        """Offer to choose who reads again, unless somebody is about to follow a link."""
        if self.kept.underMouse() or self.kept.hasFocus():
            self._read.start()
        else:
            self._pages.setCurrentWidget(self.choice)
