"""The sentence that says how things stand and what to press next."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject

from engine.errors import DigitLabError
from engine.evaluation import Evaluation
from engine.model import Model
from engine.reports import EndReport
from gui.document import Document
from gui.session import Session, State
from gui.widgets.message_bar import MessageBar


class Status(QObject):
    """Turns what the session does into one sentence at a time, and what must not be missed into a message."""

    def __init__(
        self,
        session: Session,
        document: Document,
        say: Callable[[str], None],
        message: MessageBar,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._say, self._message = session, say, message
        self._holds = False
        session.problem.connect(message.show_error)
        session.noted.connect(message.show_hint)
        session.tasks.said.connect(self._on_task)
        session.state_changed.connect(self._on_state)
        session.network_replaced.connect(self.refresh)
        session.dataset_changed.connect(self._on_data)
        session.pending_changed.connect(self._on_pending)
        session.ended.connect(self._on_ended)
        session.evaluation_changed.connect(self._on_evaluation)
        document.saved_to.connect(self._on_saved)
        document.opened.connect(self._on_opened)
        self._task = ""
        self._sentence = ""
        self.refresh()

    def refresh(self) -> None:
        """Say how things stand now."""
        session = self._session
        built = session.built.network
        if session.state == State.RUNNING:
            self._set(f"Learning: {built.title}. Draw a digit and see it read while the network learns.")
        elif session.state == State.PAUSED:
            self._set("Paused. Press Train to go on, + Batch for one step, or Stop.")
        elif session.state == State.STOPPING:
            self._set("Stopping after this batch…")
        elif session.pending:
            self._set("The forms describe another network. Press Reset to build it.")
        elif not session.trained:
            self._set(f"New network: {built.title}, {built.parameter_count:,} parameters to learn. Press Train.")
        else:
            self._set("Press Train to learn more, or look at Evaluation.")

    def hold(self) -> None:
        """Leave the message where it is when the next data comes: it says why it is these."""
        self._holds = True

    def _set(self, sentence: str) -> None:
        self._sentence = sentence
        self._say(self._task or sentence)

    def _on_task(self, title: str) -> None:
        self._task = title
        self._say(self._task or self._sentence)

    def _on_state(self, state: str) -> None:
        if state == State.RUNNING:  # what was said before has been read, or no longer matters
            self._message.hide()
        self.refresh()

    def _on_data(self, _dataset: object) -> None:
        if not self._holds:
            self._message.hide()
        self._holds = False
        self.refresh()

    def _on_pending(self, _pending: bool) -> None:
        self.refresh()

    def _on_ended(self, report: EndReport) -> None:
        self._set(report.message)
        if report.reason == "diverged":
            self._message.show_error(DigitLabError(report.message))
        elif report.reason == "early" or report.best_epoch:
            self._message.show_hint(report.message)

    def _on_evaluation(self, evaluation: Evaluation | None) -> None:
        if evaluation is not None and self._session.state == State.IDLE and self._session.trained:
            self._set(
                f"{100 * evaluation.accuracy:.2f} % of {evaluation.count:,} test images read right. "
                "Press Train to learn more, or Reset to begin anew."
            )

    def _on_opened(self, model: Model) -> None:
        self._message.hide()
        record = model.record
        known = [f"{record.epochs:,} epochs" if record.epochs else ""]
        known.append(f"{100 * record.test_accuracy:.2f} % of the test images right" if record.test_accuracy else "")
        what = ", ".join([model.network.spec.title, *filter(None, known)])
        self._set(f"Opened: {what}. Draw a digit, or press Train to go on.")

    def _on_saved(self, path: Path) -> None:
        self._message.hide()
        self._set(f"Saved to {path}.")
