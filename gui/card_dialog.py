"""The card of a network: what it is, how it was made, and how much it reads right of what one has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from engine.card import Card, card_of
from engine.errors import DigitLabError
from engine.measuring import Measured, measured_on, with_scores
from engine.model import Model
from engine.own_digits.digit import OwnDigit
from engine.score import Score
from gui.model_writing import alike
from gui.tasks import Tasks
from gui.theme import SPACE
from gui.widgets.dialog_button import dialog_button
from gui.widgets.figures import label
from gui.widgets.message_bar import MessageBar, breakable
from gui.widgets.page_view import PageView

_MEASURING = "Measuring…"


class CardDialog(QDialog):
    """Stays beside the window; closing it ends a measurement.

    Parameters
    ----------
    title : str
        What the dialog is called.
    tasks : Tasks
        Measures beside the window.
    model : callable
        Returns the model whose card is shown.
    files, digits : callable
        Return the pen files and the digits that the user has.
    page : str
        A page of Markdown that stands before what the model itself says.

    Attributes
    ----------
    card : Card or None
        What is shown, scores that were just measured included.

    Signals
    -------
    scored : (Model, tuple of Score)
        A model was measured.
    """

    scored = Signal(object, object)

    def __init__(
        self,
        title: str,
        tasks: Tasks,
        model: Callable[[], Model],
        files: Callable[[], Sequence[Path]],
        digits: Callable[[], Sequence[OwnDigit]],
        page: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self._tasks, self._model, self._files, self._digits, self._page = tasks, model, files, digits, page
        self._task: Any = None
        self._shown: Model | None = None
        self._scores: tuple[Score, ...] = ()
        self.card: Card | None = None
        self.message = MessageBar(self)
        self.view = PageView(title, self)
        self._make_controls()
        self._arrange()
        self.resize(80 * SPACE, 70 * SPACE)

    # --- what the user does -------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show the model as it is now, if anybody can see it."""
        if not self.isVisible():
            return
        model = self._model()
        if self._shown is not None and not alike(self._shown.network, model.network):
            self.cancel()
            self._scores = ()  # of other weights
            self._say("")
        self._shown = model
        card = card_of(model)
        self.card = replace(card, scores=with_scores(card.scores, self._scores))
        self.view.show_page(self._markdown())
        self._show_state()

    def measure(self) -> None:
        """Measure on what the user has, beside the window."""
        if self._shown is None or self._task is not None:
            return
        self.message.hide()
        work = partial(measured_on, self._shown, list(self._files()), list(self._digits()))
        done = partial(self._on_measured, self._shown)
        self._task = self._tasks.start(_MEASURING, work, done, self._on_failed)
        self._task.progressed.connect(self._on_progress)
        self._say(_MEASURING)
        self._show_state()

    def cancel(self) -> None:
        """End the measurement that runs, if any."""
        if self._task is not None:
            task, self._task = self._task, None
            self._tasks.forget(task)
            self._say("Cancelled; nothing was measured.")
            self._show_state()

    def copy(self) -> None:
        """Copy the card as plain text."""
        if self.card is not None:
            QGuiApplication.clipboard().setText(f"{self.windowTitle()}\n\n{self.card.text}\n")
            self._say("The card was copied.")

    def reject(self) -> None:
        """Close, and end what runs."""
        self.cancel()
        super().reject()

    def showEvent(self, event: Any) -> None:
        """Look at the model anew whenever the dialog appears."""
        super().showEvent(event)
        self.refresh()

    # --- what happens -------------------------------------------------------------------------------------

    def _on_progress(self, thread: object, sentence: str) -> None:
        if thread is self._task:
            self._say(sentence)

    def _on_measured(self, model: Model, found: Measured) -> None:
        self._task = None
        self._scores = with_scores(self._scores, found.scores)
        self._say(" ".join(found.remarks) or "Measured.")
        self.scored.emit(model, found.scores)
        self.refresh()

    def _on_failed(self, error: DigitLabError) -> None:
        self._task = None
        self._say("")
        self.message.show_error(error)
        self._show_state()

    # --- what is shown ------------------------------------------------------------------------------------

    def _markdown(self) -> str:
        assert self.card is not None
        if not self._page:
            return f"# {self.card.title}\n\n{self.card.markdown}"
        return f"{self._page}\n\n# What its file says\n\n{self.card.markdown}"

    def _say(self, text: str) -> None:
        self.status.setText(breakable(text))
        self.status.setVisible(bool(text))

    def _show_state(self) -> None:
        """Offer what is possible now."""
        running = self._task is not None
        learned = self._shown is not None and self._shown.network.step > 0
        self.measure_button.setVisible(not running and learned and bool(self._files() or self._digits()))
        self.cancel_button.setVisible(running)

    def _make_controls(self) -> None:
        self.status = label("", "muted")
        self.status.setWordWrap(True)
        self.status.setAccessibleName("What was done")
        self.status.hide()
        self.measure_button = dialog_button(
            "Measure on my pen files and digits",
            "Lets the network read the pen files that were loaded as data, and My digits, as far as it did not learn "
            "from them.",
            self.measure,
            self,
        )
        self.cancel_button = dialog_button("Cancel", "Ends the measurement; nothing is changed.", self.cancel, self)
        self.copy_button = dialog_button(
            "Copy as text", "Copies the facts and the scores as plain text.", self.copy, self
        )
        self.close_button = dialog_button("Close", "Closes this dialog. (Esc)", self.reject, self)

    def _arrange(self) -> None:
        bottom = QHBoxLayout()
        bottom.setSpacing(SPACE)
        for button in (self.measure_button, self.cancel_button):
            bottom.addWidget(button)
        bottom.addStretch(1)
        for button in (self.copy_button, self.close_button):
            bottom.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        column.setSpacing(SPACE)
        column.addWidget(self.message)
        column.addWidget(self.view, 1)
        column.addWidget(self.status)
        column.addLayout(bottom)
