"""The user's own hand: digits that are said to be one, what is learned from them, and how both are taken back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack
from PySide6.QtWidgets import QWidget

from engine.errors import DigitLabError
from engine.model import Model
from engine.own_digits.digit import OwnDigit
from engine.own_digits.same import alike
from engine.pen.drawn import Drawn
from engine.teaching.files import forget_taught, keep_taught, restore_taught
from gui.document import Document
from gui.my_digits import MyDigits
from gui.panels.drawing_panel import DrawingPanel
from gui.session import Session
from gui.teach_dialog import TeachDialog
from gui.widgets.message_bar import MessageBar

Image = NDArray[np.uint8]


class Hand(QObject):
    """Connects the pad, My digits, and the networks that learn from them.

    Parameters
    ----------
    session : Session
        Hears of problems and of what was done.
    document : Document
        Knows the window's own network and how it came about.
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

    def __init__(
        self,
        session: Session,
        document: Document,
        panel: DrawingPanel,
        message: MessageBar,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._session, self._document, self._panel = session, document, panel
        self._message, self._window = message, window
        self.dialog: TeachDialog | None = None
        self._latest: OwnDigit | None = None  # the last one that was labelled on the pad
        self._drawn: Drawn | Image | None = None  # and what was drawn for it
        self._change: QUndoCommand | None = None  # and what that changed, if anything
        self.my_digits = MyDigits(session.tasks, parent=self)
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
            self.dialog = TeachDialog(self._session, self._digits, self._network, parent=self._window)
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

    def _network(self) -> Model:
        return self._document.model

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
        again = self._panel.labels.state == "kept" and self._drawn is not None and alike(drawn, self._drawn)
        if again and self._is_latest and self._latest is not None and label != self._latest.label:
            self._take_back()
        self._keep(drawn, label)

    def _keep(self, drawn: Drawn | Image, label: int) -> None:
        before = self.my_digits.latest_change
        digit = self.my_digits.add(drawn, label)
        if digit is None:
            return
        if self.my_digits.latest_change is not before:
            self._change = self.my_digits.latest_change
        elif self._latest is None or digit.id != self._latest.id:
            self._change = None  # it has long been there
        self._latest, self._drawn = digit, drawn
        self._panel.labels.show_kept(digit.label, len(self.my_digits.digits))

    @property
    def _is_latest(self) -> bool:
        """Whether nothing was done since a drawing was labelled."""
        return self._change is not None and self._change is self.my_digits.latest_change

    def _take_back(self) -> None:
        """Undo what the last label did; if something else was done since, remove the digit as one more change."""
        if self._latest is None:
            return
        if self._is_latest:
            self.my_digits.undo_stack.undo()
        else:
            self.my_digits.delete([self._latest.id])
        left = next((digit for digit in self.my_digits.digits if digit.id == self._latest.id), None)
        if left is None:
            self._panel.labels.show_taken_back()
        else:  # it had long been there
            self._panel.labels.say_instead(f"Taken back: it is a {left.label} in My digits again.")

    def _keep_after_all(self) -> None:
        stack = self.my_digits.undo_stack
        if self._latest is None or self._drawn is None:
            return
        if self._change is not None and stack.command(stack.index()) is self._change:
            stack.redo()
            self._panel.labels.show_kept(self._latest.label, len(self.my_digits.digits))
        else:
            self._keep(self._drawn, self._latest.label)
