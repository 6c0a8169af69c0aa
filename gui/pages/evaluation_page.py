"""The evaluation page: how good the network is on images it did not learn, and which ones it reads wrong."""

from __future__ import annotations

from PySide6.QtCore import QSettings, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from gui import theme
from gui.icons import icon
from gui.session import Session, State
from gui.widgets.evaluation_errors import EvaluationErrors
from gui.widgets.evaluation_header import EvaluationHeader
from gui.widgets.evaluation_views import ViewChoice
from gui.widgets.figures import placeholder
from gui.widgets.robustness_view import RobustnessView
from gui.widgets.trust_view import TrustView

VIEWS = {
    "Errors": "Which images are read as what: the confusion matrix, and the images behind each of its cells.",
    "Trust": "How far its confidence is to be believed, and what is left when unsure answers are withheld.",
    "Robustness": "How it copes with noise, rotation, other line widths and shifts.",
}
KEY = "evaluation/view"
SETTLED_MS = 250
"""Moments of the past that are passed more quickly than this are not measured."""


class EvaluationPage(QWidget):
    """Accuracy in figures, and one of three views: errors by class, trust in the answers, robustness.

    It measures by itself whenever it is in view, nothing is being trained, and the figures are not those of the
    present network; during training it measures after every epoch.

    Signals
    -------
    image_chosen : (ndarray of shape (28, 28), int)
        An image that was clicked, and its true class.
    """

    image_chosen = Signal(object, int)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._asked: object = None  # the copy of the weights that this page last asked to be measured
        self._epoch: object = None  # the epoch report that was last seen
        self._stale = True
        self._later = QTimer(self, singleShot=True, interval=0)
        self._settled = QTimer(self, singleShot=True, interval=SETTLED_MS)
        self._build()
        self._connect()
        self._dress()
        self.views.choose(int(QSettings().value(KEY, 0, int)))  # type: ignore[call-overload]
        self._show_evaluation()
        self._on_task()

    # --- building -----------------------------------------------------------------------------------------

    def _build(self) -> None:
        self.header, self.views = EvaluationHeader(), ViewChoice(VIEWS, "What of the evaluation is shown")
        self.errors, self.trust = EvaluationErrors(), TrustView()
        self.robustness = RobustnessView(self._session)
        self.matrix, self.bars, self.images = self.errors.matrix, self.errors.bars, self.errors.images
        self._empty = placeholder()
        self._stack = QStackedWidget()
        for view in (self.errors, self.trust, self.robustness, self._empty):
            self._stack.addWidget(view)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE)
        column.setSpacing(theme.SPACE // 2)
        column.addWidget(self.header)
        column.addWidget(self.views)
        column.addWidget(self._stack, 1)

    def _connect(self) -> None:
        session = self._session
        session.evaluation_changed.connect(self._on_evaluation)
        session.dataset_changed.connect(self._on_replaced)
        session.dataset_failed.connect(self._show_empty)
        session.network_replaced.connect(self._on_replaced)
        session.state_changed.connect(self._on_state)
        session.shown_changed.connect(self._on_shown)
        session.history_changed.connect(self._on_history)
        session.tasks.said.connect(self._on_task)
        for timer in (self._later, self._settled):
            timer.timeout.connect(self._keep_fresh)
        self.header.evaluate.clicked.connect(session.evaluate)
        self.errors.chosen.connect(self._on_image)
        self.views.chosen.connect(self._on_view)
        theme.switch().changed.connect(self._dress)

    def _dress(self) -> None:
        self.header.evaluate.setIcon(icon("mdi6.clipboard-check-outline"))

    # --- when to measure ----------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what happened while nobody looked."""
        super().showEvent(event)
        if self._stale:
            self._show_evaluation()
        self._show_age()
        self._later.start()

    def _keep_fresh(self) -> None:
        """Measure the network if what is shown is not about it; after a failure, only when asked."""
        session = self._session
        rests = session.state in (State.IDLE, State.PAUSED) or session.travelling
        waiting = rests and not session.evaluating
        if not (self.isVisible() and waiting and session.dataset) or self._asked is session.shown:
            return
        if session.evaluation is None or session.evaluated_step != session.shown.step:
            self._asked = session.shown
            session.evaluate()

    def _on_history(self) -> None:
        """After an epoch, measure the network as it is by now."""
        session = self._session
        epoch = session.history.last_epoch
        if epoch is self._epoch:
            return
        self._epoch = epoch
        training = session.state == State.RUNNING and not session.evaluating
        if epoch is not None and self.isVisible() and training and not session.travelling:
            session.evaluate()

    def _on_replaced(self) -> None:
        self._asked = None
        self.images.show_mistakes()
        self._on_task()
        self._later.start()

    def _on_state(self) -> None:
        self._show_age()
        self._later.start()

    def _on_shown(self) -> None:
        """Say how old the figures are; a moment of the past that is being looked at gets figures of its own."""
        self._show_age()
        if self.isVisible() and (self._session.travelling or self._session.state != State.RUNNING):
            self._settled.start()

    def _on_view(self, number: int) -> None:
        QSettings().setValue(KEY, number)
        self._show_evaluation()

    def _on_task(self) -> None:
        self.header.evaluate.setEnabled(self._session.dataset is not None and not self._session.evaluating)
        self._show_empty()

    def _on_evaluation(self) -> None:
        if self.isVisible():
            self._show_evaluation()
            self._later.start()
        else:
            self._stale = True

    # --- what is shown ------------------------------------------------------------------------------------

    def _show_evaluation(self) -> None:
        """Bring everything up to the session's evaluation."""
        self._stale = False
        evaluation, dataset = self._session.evaluation, self._session.dataset
        self.header.set_evaluation(evaluation)
        self._show_age()
        view = (self.errors, self.trust, self.robustness)[self.views.current]
        if isinstance(view, RobustnessView):
            self._stack.setCurrentWidget(view)
        elif evaluation is None or dataset is None:
            self._stack.setCurrentWidget(self._empty)
            self._show_empty()
        else:
            self._stack.setCurrentWidget(view)
            if isinstance(view, EvaluationErrors):
                view.set_evaluation(evaluation, dataset)
            else:
                view.set_evaluation(evaluation)

    def _show_age(self) -> None:
        """Say which weights the figures are about."""
        if not self.isVisible():
            return
        session = self._session
        training = session.state == State.RUNNING
        now = session.shown.step
        self.header.set_age(session.evaluated_step, now, trained=session.trained, training=training)

    def _show_empty(self) -> None:
        """Say why there is nothing to see, and what to do."""
        if self._session.dataset is None and self._session.loading:
            text = "The data is being loaded. The network will be tested as soon as it is there."
        elif self._session.dataset is None:
            text = "There are no test images yet. Choose the data in the panel on the left."
        elif self._session.evaluating:
            text = "The network is reading the test images…"
        else:
            text = "Nothing has been measured yet. Press Evaluate to let the network read the test images."
        self._empty.setText(text)

    def _on_image(self, row: int) -> None:
        dataset = self._session.dataset
        if dataset is not None:
            self.image_chosen.emit(dataset.test_images[row], int(dataset.test_labels[row]))
