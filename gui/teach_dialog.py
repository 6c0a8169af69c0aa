"""Learn my digits: says what will happen, teaches a copy, shows what came of it, and asks whether to use it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from PySide6.QtCore import QElapsedTimer, Signal
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from engine.datasets.dataset import DIGITS
from engine.errors import DigitLabError
from engine.own_digits.digit import OwnDigit
from engine.teaching.teach import LEAST_DIGITS, Taught
from gui.session import Session
from gui.shipped_reader import shipped_model
from gui.theme import SPACE
from gui.widgets.dialog_button import dialog_button
from gui.widgets.figures import label, placeholder
from gui.widgets.message_bar import MessageBar
from gui.widgets.teach_result import TeachResult
from gui.widgets.teach_start import TeachStart
from gui.widgets.teach_work import MNIST, Made, Share, sample_of, teach_copy, time_left

Digits = Callable[[], Sequence[OwnDigit]]
_STEPS = 1000


class TeachDialog(QDialog):
    """Stays beside the window, so that work can go on; closing it ends the teaching.

    Parameters
    ----------
    session : Session
        Knows who reads the pad, which is who learns, and the data that is rehearsed.
    digits : callable
        Returns the user's digits.
    network : callable
        Returns the model of the window's own network, with what is known of it.
    reader : callable, optional
        Returns the model of the *Reader* before it learned anybody's hand; called beside the window.

    Attributes
    ----------
    taught : Taught or None
        What the last teaching came to.
    teaches_reader : bool
        Whether it is the *Reader* that learns, or else the window's own network.

    Signals
    -------
    accepted_model : (Model,)
        The user wants this model to be used.
    """

    accepted_model = Signal(object)

    def __init__(
        self,
        session: Session,
        digits: Digits,
        network: Made,
        *,
        reader: Made = shipped_model,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Learn my digits")
        self._session, self._digits = session, digits
        self._reader, self._network = reader, network
        self._task: Any = None
        self._share, self._clock = Share(), QElapsedTimer()
        self.taught: Taught | None = None
        self.teaches_reader = True
        self.message = MessageBar(self)
        self.pages = QStackedWidget(self)
        self.empty = placeholder()
        self.start_page = TeachStart(self)
        self.outcome = TeachResult(self)
        for page in (self.empty, self.start_page, self.outcome):
            self.pages.addWidget(page)
        self._make_controls()
        self._arrange()
        self.resize(72 * SPACE, 58 * SPACE)
        self.refresh()
        session.reader_changed.connect(self.refresh)

    # --- what the user does -------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Count the digits again, and look who reads the pad; not while something is being taught or decided."""
        if self._task is not None or self.taught is not None:
            return
        self.teaches_reader = self._session.pad_reader is self._session.shipped
        found = self._digits()
        counts = np.bincount([digit.label for digit in found], minlength=10)
        who = "The Reader" if self.teaches_reader else "Your network"
        self.start_page.show_state(who, self._title, counts)
        sentence = self._hindrance(len(found))
        self.empty.setText(sentence)
        self._show(self.empty if sentence else self.start_page)

    def begin(self) -> None:
        """Teach a copy, beside the window."""
        self.refresh()
        if self._task is not None or self.pages.currentWidget() is not self.start_page:
            return
        self.message.hide()
        made = self._reader if self.teaches_reader else self._network
        dataset = self._session.dataset
        if self.teaches_reader and dataset is not None and dataset.word != MNIST:
            dataset = None  # the Reader rehearses what it once learned
        self._share, samples = Share(), [sample_of(digit) for digit in self._digits()]
        # What is in the window is copied here; what comes from a file is read over there.
        model = made if self.teaches_reader else made()
        work = partial(teach_copy, model, samples, dataset, self._share)
        self._clock.start()
        self._task = self._session.tasks.start("Learning your digits…", work, self._on_done, self._on_failed)
        self._task.progressed.connect(self._on_progress)
        self.status.setText("Learning begins…")
        self._show(self.start_page)

    def cancel(self) -> None:
        """End the teaching that runs; nothing has changed."""
        if self._task is not None:
            task, self._task = self._task, None
            self._session.tasks.forget(task)
            self.refresh()
            self.status.setText("Cancelled; nothing was changed.")

    def use(self) -> None:
        """Hand the model over that has learned, and close."""
        taught, self.taught = self.taught, None
        if taught is not None:
            self.accepted_model.emit(taught.model)
            self.accept()
            self.refresh()

    def reject(self) -> None:
        """Go back: drop what was learned, or end what runs, and close."""
        self.cancel()
        self.taught = None
        self.refresh()
        super().reject()

    # --- what happens -------------------------------------------------------------------------------------

    def _on_progress(self, thread: object, sentence: str) -> None:
        if thread is not self._task:
            return
        share = self._share.value
        self.bar.setValue(round(_STEPS * share))
        self.status.setText(f"{sentence} {time_left(share, self._clock.elapsed() / 1000)}".strip())

    def _on_done(self, taught: Taught | None) -> None:
        self._task, self.taught = None, taught
        if taught is None:
            self.refresh()
            return
        self.status.setText("")
        self.outcome.show_taught(taught, self._title)
        self.use_button.setProperty("primary", taught.worth_it)
        self.back_button.setProperty("primary", not taught.worth_it)
        for button in (self.use_button, self.back_button):
            button.style().polish(button)
        self._show(self.outcome)
        (self.use_button if taught.worth_it else self.back_button).setFocus()

    def _on_failed(self, error: DigitLabError) -> None:
        self._task = None
        self.refresh()
        self.status.setText("")
        self.message.show_error(error)

    # --- what is shown ------------------------------------------------------------------------------------

    @property
    def _title(self) -> str:
        """The data that is rehearsed."""
        dataset = self._session.dataset
        return "MNIST" if self.teaches_reader or dataset is None else dataset.title

    def _hindrance(self, count: int) -> str:
        """Return why nothing can be learned now; empty if something can."""
        if count < LEAST_DIGITS:
            have = "You have no digits of your own yet" if not count else f"You have {count} of your own"
            return (
                f"{have}; learning begins with {LEAST_DIGITS}, and does best with five of each.\n\n"
                "Draw a digit on the pad and press the key 0 to 9 that it stands for."
            )
        if self.teaches_reader:
            return ""
        if self._session.dataset is None:
            return "The data is still being loaded. Try again in a moment."
        if self._session.names != DIGITS:
            return f"Your network reads {self._session.dataset.title}, which are no digits."
        if not self._session.trained:
            return "Your network has not learned anything yet. Train it first, or let the Reader read the pad."
        return ""

    def _show(self, page: QWidget) -> None:
        """Show a page with what can be done there."""
        running = self._task is not None
        self.pages.setCurrentWidget(page)
        self.learn_button.setVisible(page is self.start_page and not running)
        self.cancel_button.setVisible(running)
        self.use_button.setVisible(page is self.outcome)
        self.back_button.setVisible(page is self.outcome)
        self.close_button.setVisible(page is not self.outcome and not running)
        self.bar.setVisible(running)
        self.bar.setValue(0)
        if page is self.start_page:
            (self.cancel_button if running else self.learn_button).setFocus()

    def _make_controls(self) -> None:
        self.bar = QProgressBar(self)
        self.bar.setRange(0, _STEPS)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("How much of the time is over")
        self.status = QLabel(self)
        self.status.setProperty("role", "muted")
        self.status.setAccessibleName("What is being done")
        self.learn_button = dialog_button("Learn my digits", "Teaches a copy; you decide afterwards.", self.begin, self)
        self.learn_button.setProperty("primary", True)
        self.learn_button.setDefault(True)
        self.cancel_button = dialog_button("Cancel", "Ends it; nothing is changed. (Esc)", self.cancel, self)
        self.use_button = dialog_button(
            "Use it", "From now on what has learned your hand reads the pad.", self.use, self
        )
        self.back_button = dialog_button(
            "Go back", "Drops what was learned; nothing is changed. (Esc)", self.reject, self
        )
        self.close_button = dialog_button("Close", "Closes this dialog. (Esc)", self.reject, self)

    def _arrange(self) -> None:
        bottom = QHBoxLayout()
        bottom.setSpacing(SPACE)
        bottom.addWidget(self.status, 1)
        for button in (self.back_button, self.use_button, self.close_button, self.learn_button, self.cancel_button):
            bottom.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        column.setSpacing(SPACE)
        column.addWidget(label("Learn my digits", "title"))
        column.addWidget(self.message)
        column.addWidget(self.pages, 1)
        column.addWidget(self.bar)
        column.addLayout(bottom)
