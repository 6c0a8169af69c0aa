"""The evaluation page: how good the network is on images it did not learn, and which ones it reads wrong."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from engine.datasets.dataset import Dataset
from engine.evaluation import Evaluation
from gui import theme
from gui.icons import icon
from gui.session import Session, State
from gui.widgets.confusion_matrix import ConfusionMatrix, header_height
from gui.widgets.digit_bars import Bar, DigitBars
from gui.widgets.evaluated_images import Choice, EvaluatedImages
from gui.widgets.evaluation_header import EvaluationHeader
from gui.widgets.figures import label, placeholder, sentences
from gui.widgets.side_by_side import SideBySide
from gui.widgets.wording import many, percent

_LEGEND = "Rows: the true class. Columns: the answer. Click a cell to see its images."


class EvaluationPage(QWidget):
    """Accuracy, figures per class, the confusion matrix, and the images behind each of its cells.

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
        self._build()
        self._connect()
        self._dress()
        self._show_evaluation()
        self._on_task()

    # --- building -----------------------------------------------------------------------------------------

    def _build(self) -> None:
        self.header = EvaluationHeader()
        self.matrix, self.bars = ConfusionMatrix(), DigitBars()
        self.bars.setMinimumWidth(88)
        self.bars.setMaximumWidth(200)
        self.bars.setAccessibleName("Read right, per class")
        self.bars.setWhatsThis(
            "Recall: of all images of a class, the share that was read right. Hover a bar for the precision too; "
            "click it to see that class's mistakes."
        )
        self.images = EvaluatedImages()
        self._empty = placeholder()
        self._sides = SideBySide("evaluation_splitter", self._matrix_side(), self.images, (390, 238), (3, 3))
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._sides)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * theme.SPACE, theme.SPACE, 2 * theme.SPACE, theme.SPACE)
        column.setSpacing(theme.SPACE)
        column.addWidget(self.header)
        column.addWidget(self._stack, 1)

    def _matrix_side(self) -> QWidget:
        side = QWidget()
        self._cell = sentences(_LEGEND)
        row = QHBoxLayout()
        row.setSpacing(theme.SPACE)
        row.addWidget(self.matrix, 5)
        row.addWidget(self.bars, 1)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, theme.SPACE, theme.SPACE, 0)
        column.addWidget(label("Confusion matrix", "heading"))
        column.addLayout(row, 1)
        column.addWidget(self._cell)
        return side

    def _connect(self) -> None:
        session = self._session
        session.evaluation_changed.connect(self._on_evaluation)
        session.dataset_changed.connect(self._on_replaced)
        session.dataset_failed.connect(self._show_empty)
        session.network_replaced.connect(self._on_replaced)
        session.state_changed.connect(self._on_state)
        session.snapshot_changed.connect(self._show_age)
        session.history_changed.connect(self._on_history)
        session.tasks.said.connect(self._on_task)
        self._later.timeout.connect(self._keep_fresh)
        self.header.evaluate.clicked.connect(session.evaluate)
        self.matrix.described.connect(self._on_described)
        self.matrix.chosen.connect(self.images.show_choice)
        self.bars.chosen.connect(self._on_class)
        self.images.choice_changed.connect(self._on_choice)
        self.images.chosen.connect(self._on_image)
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
        waiting = session.state in (State.IDLE, State.PAUSED) and not session.evaluating
        if not (self.isVisible() and waiting and session.dataset) or self._asked is session.snapshot:
            return
        if session.evaluation is None or session.evaluated_step != session.snapshot.step:
            self._asked = session.snapshot
            session.evaluate()

    def _on_history(self) -> None:
        """After an epoch, measure the network as it is by now."""
        session = self._session
        epoch = session.history.last_epoch
        if epoch is self._epoch:
            return
        self._epoch = epoch
        training = session.state == State.RUNNING and not session.evaluating
        if epoch is not None and self.isVisible() and training:
            session.evaluate()

    def _on_replaced(self) -> None:
        self._asked = None
        self.images.show_mistakes()
        self._on_task()
        self._later.start()

    def _on_state(self) -> None:
        self._show_age()
        self._later.start()

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
        if evaluation is None or dataset is None:
            self._stack.setCurrentWidget(self._empty)
            self._show_empty()
            return
        self._stack.setCurrentWidget(self._sides)
        self.matrix.set_confusion(evaluation.confusion, dataset.class_names)
        self.bars.set_bars(_recall_bars(evaluation, dataset), "read right", header_height(dataset.class_names))
        self.images.set_evaluation(evaluation, dataset)

    def _on_choice(self, choice: Choice) -> None:
        """Mark where the images come from."""
        truth, answer = choice or (None, None)
        self.matrix.set_opened(None if truth is None or answer is None else (truth, answer))
        self.bars.set_opened(truth if answer is None else None)

    def _show_age(self) -> None:
        """Say which weights the figures are about."""
        if not self.isVisible():
            return
        session = self._session
        training = session.state == State.RUNNING
        now = session.snapshot.step
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

    def _on_described(self, text: str) -> None:
        self._cell.setText(text or _LEGEND)

    def _on_class(self, truth: int) -> None:
        """Show the mistakes with images of a class."""
        self.images.show_choice((truth, None))

    def _on_image(self, row: int) -> None:
        dataset = self._session.dataset
        if dataset is not None:
            self.image_chosen.emit(dataset.test_images[row], int(dataset.test_labels[row]))


def _recall_bars(evaluation: Evaluation, dataset: Dataset) -> list[Bar]:
    """Return a bar per class: how many of its images were read right."""
    names = dataset.class_names
    bars = []
    for number, (recall, precision) in enumerate(zip(evaluation.recall(), evaluation.precision(), strict=True)):
        tip = (
            f"{percent(recall)} of all {many(number, names)} were read right (recall). "
            f"{percent(precision)} of the answers “{names[number]}” were right (precision)."
        )
        bars.append(Bar(float(recall), percent(recall), tip))
    return bars
