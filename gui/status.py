"""The sentence that says how things stand and what to press next."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject

from engine.evaluation import Evaluation
from engine.reports import EndReport
from gui.document import Document
from gui.session import Session, State


class Status(QObject):
    """Turns what the session does into one sentence at a time."""

    def __init__(
        self, session: Session, document: Document, say: Callable[[str], None], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._say = session, say
        session.tasks.said.connect(self._on_task)
        session.state_changed.connect(self._on_state)
        session.network_replaced.connect(self.refresh)
        session.dataset_changed.connect(self._on_data)
        session.pending_changed.connect(self._on_pending)
        session.ended.connect(self._on_ended)
        session.evaluation_changed.connect(self._on_evaluation)
        document.saved_to.connect(self._on_saved)
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

    def _set(self, sentence: str) -> None:
        self._sentence = sentence
        self._say(self._task or sentence)

    def _on_task(self, title: str) -> None:
        self._task = title
        self._say(self._task or self._sentence)

    def _on_state(self, _state: str) -> None:
        self.refresh()

    def _on_data(self, _dataset: object) -> None:
        self.refresh()

    def _on_pending(self, _pending: bool) -> None:
        self.refresh()

    def _on_ended(self, report: EndReport) -> None:
        self._set(report.message)

    def _on_evaluation(self, evaluation: Evaluation | None) -> None:
        if evaluation is not None and self._session.state == State.IDLE and self._session.trained:
            self._set(
                f"{100 * evaluation.accuracy:.2f} % of {evaluation.count:,} test images read right. "
                "Press Train to learn more, or Reset to begin anew."
            )

    def _on_saved(self, path: Path) -> None:
        self._set(f"Saved to {path}.")
