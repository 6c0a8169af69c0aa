"""The sentence that says how things stand and what to press next."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject

from engine.errors import DigitLabError
from engine.evaluation import Evaluation
from engine.model import Model
from engine.reports import EndReport
from engine.specs import NetworkSpec
from gui.document import Document
from gui.session import Session, State
from gui.widgets.message_bar import MessageBar

LEARNING = "Draw a digit and see it read while the network learns."
OTHER = "The form describes another network; Reset builds it."
PENDING = "The form describes another network; Train goes on with the old one. Reset builds the new one."
OLD_LEARNS = (
    "The form describes another network, but it is the old one that learns on, by the form's settings for training. "
    "Ctrl+Z brings the former settings back; Reset builds the new network, and what the old one has learned is kept."
)


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
        self._holds = self._warned = False
        session.problem.connect(message.show_error)
        session.noted.connect(message.show_hint)
        session.tasks.said.connect(self._on_task)
        session.state_changed.connect(self._on_state)
        session.network_replaced.connect(self.refresh)
        session.dataset_changed.connect(self._on_data)
        session.pending_changed.connect(self._on_pending)
        session.remarked.connect(self.refresh)
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
            what = "Learning" if session.remarks else f"Learning: {title(built)}"
            self._set(f"{what}. {session.remarks or (OTHER if session.pending else LEARNING)}")
        elif session.state == State.STOPPING:
            self._set("Stopping after this batch…")
        elif session.remarks or session.pending:
            self._set("Paused. " * (session.state == State.PAUSED) + (session.remarks or PENDING))
        elif session.state == State.PAUSED:
            self._set("Paused. Press Train to go on, + Batch for one step, or Stop.")
        elif not session.trained:
            self._set(f"New network: {title(built)}, {built.learned_count:,} parameters to learn. Press Train.")
        else:
            self._set("Press Train to learn more, or look at Evaluation.")

    def hold(self) -> None:
        """Leave the message where it is when the next data comes: it says why it is these."""
        self._holds = True

    def _set(self, sentence: str) -> None:
        self._sentence = sentence
        self._say(f"{self._task} {self._session.remarks}".strip() if self._task else sentence)

    def _on_task(self, title: str) -> None:
        self._task = title
        self._set(self._sentence)

    def _on_state(self, state: str) -> None:
        if state == State.RUNNING and not self._session.travelling:  # of that the time bar has just spoken
            self._on_running()
        self.refresh()

    def _on_running(self) -> None:
        """Take the message away, which has been read or no longer matters; say once which network it is that learns."""
        self._message.dismiss()
        self._warn()

    def _warn(self) -> None:
        """Say, once for each change, that it is not the network of the form that learns."""
        if self._session.pending and not self._warned:
            self._warned = True
            self._message.show_hint(OLD_LEARNS, "Reset", self._session.new_network)

    def _on_data(self, _dataset: object) -> None:
        if not self._holds and not self._message.offers:
            self._message.dismiss()
        self._holds = False
        self.refresh()

    def _on_pending(self, pending: bool) -> None:
        if self._warned and not pending:
            self._warned = False
            if self._message.sentence == OLD_LEARNS:
                self._message.dismiss()
        elif self._session.state == State.RUNNING:
            self._warn()
        self.refresh()

    def _on_ended(self, report: EndReport) -> None:
        self._set(f"{report.message} {PENDING}" if self._session.pending else report.message)
        if report.reason == "diverged":
            self._message.show_error(DigitLabError(report.message))
        elif report.reason == "early" or report.best_epoch:
            self._message.show_hint(report.message)

    def _on_evaluation(self, evaluation: Evaluation | None) -> None:
        session = self._session
        if session.travelling:  # what was measured is a moment of the past
            return
        if evaluation is not None and session.state == State.IDLE and session.trained:
            self._set(
                f"{100 * evaluation.accuracy:.2f} % of {evaluation.count:,} test images read right. "
                + (PENDING if self._session.pending else "Press Train to learn more, or Reset to begin anew.")
            )

    def _on_opened(self, model: Model) -> None:
        self._message.dismiss()
        record = model.record
        known = [f"{record.epochs:,} epochs" if record.epochs else ""]
        known.append(f"{100 * record.test_accuracy:.2f} % of the test images right" if record.test_accuracy else "")
        what = ", ".join([title(model.network.spec), *filter(None, known)])
        self._set(f"Opened: {what}. Draw a digit, or press Train to go on.")

    def _on_saved(self, path: Path) -> None:
        self._message.dismiss()
        self._set(f"Saved to {path}.")


def best_is_back(session: Session) -> bool:
    """Whether the present weights are older than the last batch: a training has ended, and its best ones are back."""
    last = session.history.last
    return session.state == State.IDLE and last is not None and 0 < session.snapshot.step < last.step


def title(spec: NetworkSpec) -> str:
    """Return the sizes of a network in a line, and the number of its layers where the sizes do not show them all."""
    sizes = spec.title.replace("28x28", "28 × 28")
    if all(layer.short for layer in spec.layers):
        return sizes
    return f"{sizes} ({len(spec.layers)} hidden layers)"
