"""The user's own hand: digits that are said to be one, what is learned from them, and how both are taken back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack
from PySide6.QtWidgets import QWidget

from engine.errors import DigitLabError
from engine.model import Model
from engine.own_digits.digit import OwnDigit
from engine.pen.drawn import Drawn
from engine.teaching.files import forget_taught, keep_taught, restore_taught
from gui.my_digits import MyDigits
from gui.panels.drawing_panel import DrawingPanel
from gui.session import Session
from gui.teach_dialog import TeachDialog
from gui.widgets.message_bar import MessageBar

Image = NDArray[np.uint8]


class Hand(QObject):
    """Connects the pad, My digits and the Reader.

    Parameters
    ----------
    session : Session
        Hears of problems and of what was done.
    panel : DrawingPanel
        Where digits come from.
    message : MessageBar
        Offers to undo.
    window : QWidget
        The parent of dialogs.

    Attributes
    ----------
    my_digits : MyDigits
        The user's own digits.
    dialog : TeachDialog or None
        The one in which they are learned, once it has been opened.

    Signals
    -------
    network_taught : (Model,)
        The window's network has learned the user's digits, and what came of it was accepted.
    """

    network_taught = Signal(object)

    def __init__(self, session: Session, panel: DrawingPanel, message: MessageBar, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._panel, self._message, self._window = session, panel, message, window
        self.dialog: TeachDialog | None = None
        self._latest: OwnDigit | None = None  # the last one that was labelled on the pad
        self._drawn: Drawn | Image | None = None  # and what was drawn for it
        self._place = 0  # of that in the stack of what can be undone
        self.my_digits = MyDigits(session.tasks, parent=self)
        self.my_digits.added.connect(self._on_added)
        self.my_digits.noted.connect(session.noted)
        self.my_digits.problem.connect(session.problem)
        panel.labelled.connect(self._on_labelled)
        panel.labels.kept.undo_asked.connect(self._take_back)
        panel.labels.kept.redo_asked.connect(self._keep_after_all)
        panel.labels.kept.learn_asked.connect(self.learn)

    def undo(self, stack: QUndoStack) -> None:
        """Undo what `stack` holds, unless a label was given last on the pad: that is taken back first."""
        if stack is self._panel.undo_stack and self._panel.labels.state == "kept":
            self._take_back()
        else:
            stack.undo()

    def redo(self, stack: QUndoStack) -> None:
        """Do again what was undone last: a label, or what `stack` holds."""
        if stack is self._panel.undo_stack and self._panel.labels.state == "taken back":
            self._keep_after_all()
        else:
            stack.redo()

    def show_digit(self, digit: OwnDigit) -> None:
        """Put one of the user's digits on the pad."""
        if digit.drawn is not None:
            self._panel.show_strokes(digit.drawn)
        elif digit.image is not None:
            self._panel.show_image(digit.image, f"My digit: {digit.label}")

    def learn(self) -> None:
        """Open the dialog that teaches whoever reads the pad the user's digits; there is one at most."""
        if self.dialog is None:
            self.dialog = TeachDialog(self._session, self._digits, parent=self._window)
            self.dialog.accepted_model.connect(self._use)
            self.my_digits.changed.connect(self.dialog.refresh)
        self.dialog.refresh()
        self.dialog.show()
        self.dialog.activateWindow()

    def forget(self) -> None:
        """Let the Reader read as it came with the program; this can be undone."""
        try:
            forgotten = forget_taught()
        except DigitLabError as error:
            self._session.problem.emit(error)
            return
        if forgotten:
            self._session.load_reader()
            self._message.show_hint("The Reader reads as it came with the program.", "Undo", self._remember_again)
        else:
            self._session.noted.emit("There is nothing to forget: the Reader has not learned your hand.")

    def close(self) -> None:
        """Let go of the files."""
        self.my_digits.close()

    def _digits(self) -> list[OwnDigit]:
        return self.my_digits.digits

    def _use(self, model: Model) -> None:
        """Read with a model that has learned the user's hand from now on."""
        assert self.dialog is not None
        if not self.dialog.teaches_reader:
            self.network_taught.emit(model)
            self._session.judge_by(model.judge)
            self._session.noted.emit("Your network has learned your digits.")
            return
        try:
            keep_taught(model)
        except DigitLabError as error:
            self._session.problem.emit(error)
            return
        self._session.load_reader()
        self._session.noted.emit("The Reader has learned your digits. Digits › Forget what was learned takes it back.")

    def _remember_again(self) -> None:
        try:
            restore_taught()
        except DigitLabError as error:
            self._session.problem.emit(error)
        self._session.load_reader()

    def _on_labelled(self, drawn: Drawn | Image, label: int) -> None:
        """Keep a drawing; one that was kept before under another label changes its mind."""
        if self._panel.labels.state == "kept" and _same(drawn, self._drawn):
            if self._latest is not None and label == self._latest.label:
                return
            self._take_back()
        self._drawn = drawn
        self.my_digits.add(drawn, label)

    def _on_added(self, digit: OwnDigit) -> None:
        self._latest, self._place = digit, self.my_digits.undo_stack.index()
        self._panel.labels.show_kept(digit.label, len(self.my_digits.digits))

    def _take_back(self) -> None:
        """Remove the last digit that was labelled; if something else was done since, as one more change."""
        stack = self.my_digits.undo_stack
        if stack.index() == self._place:
            stack.undo()
        elif self._latest is not None:
            self.my_digits.delete([self._latest.id])
        self._panel.labels.show_taken_back()

    def _keep_after_all(self) -> None:
        stack = self.my_digits.undo_stack
        if self._latest is not None and stack.canRedo() and stack.index() == self._place - 1:
            stack.redo()
            self._panel.labels.show_kept(self._latest.label, len(self.my_digits.digits))
        elif self._latest is not None and self._drawn is not None:
            self.my_digits.add(self._drawn, self._latest.label)


def _same(one: Drawn | Image, other: Drawn | Image | None) -> bool:
    """Return whether two drawings are the same ink."""
    if isinstance(one, Drawn) and isinstance(other, Drawn):
        return len(one.strokes) == len(other.strokes) and all(map(np.array_equal, one.strokes, other.strokes))
    return isinstance(one, np.ndarray) and isinstance(other, np.ndarray) and np.array_equal(one, other)
