"""How the network copes with images that get worse bit by bit."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from engine.datasets.dataset import Dataset
from engine.errors import DigitLabError
from engine.memory import require_memory_to_read
from engine.network import Network, Snapshot
from engine.robustness import DISTORTIONS, SAMPLE, Robustness, measure_robustness
from gui import theme
from gui.session import Session, State
from gui.widgets.figures import sentences
from gui.widgets.robustness_plot import RobustnessPlot
from gui.worker import TaskThread

PATIENCE_MS = 400
TITLE = "Measuring robustness…"
LEARNING = "The network is learning. Its robustness is measured as soon as it rests, or when you press Measure."
MEASURE_HELP = (
    "Lets the network, as it is now, read up to {:,} test images at nine strengths of each distortion. It takes "
    "about a second, for large convolutional networks some."
)


class RobustnessView(QWidget):
    """Four curves of accuracy, measured by themselves when the view is seen and the network rests."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._task: TaskThread | None = None
        self._asked: tuple[Snapshot, Dataset] | None = None  # what is being measured, or was last
        self._step = -1
        self.result: Robustness | None = None
        self.plots = tuple(RobustnessPlot(kind) for kind in DISTORTIONS)
        self.words = sentences(lines=2)
        self.measure = QPushButton("Measure")
        self.measure.setWhatsThis(MEASURE_HELP.format(SAMPLE))
        self._later = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._arrange()
        self._later.timeout.connect(self._keep_fresh)
        self.measure.clicked.connect(self._on_button)
        for plot in self.plots:
            plot.described.connect(self._on_described)
        session.shown_changed.connect(self._on_news)
        session.state_changed.connect(self._on_news)
        session.dataset_changed.connect(self._on_replaced)
        session.network_replaced.connect(self._on_replaced)
        session.tasks.said.connect(self._on_said)
        self._say()

    def showEvent(self, event: QShowEvent) -> None:
        """Measure if that has not been done."""
        super().showEvent(event)
        self._say()
        self._later.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Give up what nobody waits for any more."""
        super().hideEvent(event)
        self._later.stop()
        self._cancel()

    # --- measuring ----------------------------------------------------------------------------------------

    def start(self) -> None:
        """Measure the weights in view, in the background."""
        self._cancel()
        session = self._session
        if session.dataset is None:
            return
        self._asked = session.shown, session.dataset
        work = partial(_measure, *self._asked)
        self._task = session.tasks.start(TITLE, work, partial(self._on_done, session.shown.step), self._on_failed)
        self._say()

    def _keep_fresh(self) -> None:
        """Measure what has not been measured, unless the network is just learning."""
        session = self._session
        rests = session.state in (State.IDLE, State.PAUSED) or session.travelling
        fresh = self._asked is not None and self._asked[0] is session.shown and self._asked[1] is session.dataset
        if self.isVisible() and rests and session.dataset is not None and not fresh:
            self.start()

    def _cancel(self) -> None:
        if self._task is not None:
            self._session.tasks.forget(self._task)
            self._task, self._asked = None, None

    def _on_button(self) -> None:
        """Measure, or stop measuring; stopped, it waits to be asked."""
        if self._task is None:
            self.start()
            return
        asked = self._asked
        self._cancel()
        self._asked = asked
        self._say()

    def _on_done(self, step: int, result: Robustness | None) -> None:
        self._task = None
        if result is not None:
            self.result, self._step = result, step
            self._show()
        self._say()

    def _on_failed(self, error: DigitLabError) -> None:
        self._task = None
        self._session.problem.emit(error)
        self._say()

    def _on_news(self, _news: Any) -> None:
        """Measure other weights, but nothing while they change all the time."""
        if self.isVisible():
            self._say()
            self._later.start()

    def _on_replaced(self, _data: Any = None) -> None:
        self._cancel()
        self.result, self._asked = None, None
        self._show()
        self._on_news(None)

    # --- what is shown ------------------------------------------------------------------------------------

    def _show(self) -> None:
        found = self.result
        for number, plot in enumerate(self.plots):
            if found is None:
                plot.show_curve(None)
            else:
                plot.show_curve(found.curves[number], found.label, self._session.names)

    def _on_described(self, text: str) -> None:
        if text:
            self.words.setText(text)
        else:
            self._say()

    def _on_said(self, sentence: str) -> None:
        """Write how far the measuring has come."""
        if self._task is not None and sentence.startswith(TITLE[:-1]):
            self.words.setText(sentence)

    def _say(self) -> None:
        """Write what was measured, or why nothing was, and what the button does."""
        session, busy = self._session, self._task is not None
        self.measure.setText("Cancel" if busy else "Measure")
        self.measure.setToolTip("Stop measuring" if busy else "Measure the robustness of the network as it is now")
        self.measure.setEnabled(session.dataset is not None)
        self.words.setText(self._sentence(busy))

    def _sentence(self, busy: bool) -> str:
        session, found = self._session, self.result
        if session.dataset is None:
            return "There are no test images yet: they are read as soon as the data is there."
        if busy:
            return TITLE
        if found is None:
            return LEARNING if session.state == State.RUNNING else "Nothing is measured yet: press Measure."
        text = f"The same {found.count:,} test images, more and more distorted. Measured after batch {self._step:,}."
        if self._step != session.shown.step:
            text += " The network in view is another by now."
        return text

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(theme.SPACE)
        head.addWidget(self.words, 1)
        head.addWidget(self.measure)
        grid = QGridLayout()
        grid.setSpacing(theme.SPACE)
        for number, plot in enumerate(self.plots):
            grid.addWidget(plot, number // 2, number % 2)
            grid.setRowStretch(number // 2, 1)
            grid.setColumnStretch(number % 2, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACE // 2)
        column.addLayout(head)
        column.addLayout(grid, 1)


def _measure(snapshot: Snapshot, dataset: Dataset, progress: Any, cancelled: Any) -> Robustness | None:
    require_memory_to_read(snapshot.spec)
    network = Network.from_snapshot(snapshot)
    return measure_robustness(network, dataset.test_images, dataset.test_labels, progress, cancelled)
