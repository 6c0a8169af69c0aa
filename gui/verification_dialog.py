"""Check against TensorFlow: asks how, shows the progress, and what came out."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from engine.datasets.split import Split
from engine.errors import DigitLabError
from engine.fields import parameter
from engine.network import Network, Snapshot
from engine.specs import RunSpec
from engine.verification import CheckSettings, Comparison, Watch, verify
from gui.session import Session
from gui.theme import CONTROL_HEIGHT, SPACE
from gui.widgets.choice_box import ChoiceBox
from gui.widgets.comparison_view import ComparisonView
from gui.widgets.figures import placeholder
from gui.widgets.message_bar import MessageBar
from gui.widgets.setting_field import SettingField

_ABOUT = (
    "Trains a copy of the network and a twin that Keras builds, from the same weights on the same batches, and "
    "compares them step by step. What is open is not changed."
)
_NOW, _FRESH = "now", "fresh"
_STARTS = (
    (_NOW, "The weights as they are now", "Begins with what the network has learned so far."),
    (_FRESH, "Fresh weights", "Begins with the random weights that the seed gives."),
)


class VerificationDialog(QDialog):
    """Stays beside the window, so that work can go on; closing it ends the check.

    Attributes
    ----------
    found : Comparison or None
        What the last check has found.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Check against TensorFlow")
        self._session = session
        self._task: Any = None
        self.found: Comparison | None = None
        self._make_controls()
        self.message = MessageBar(self)
        self.view, self.empty = ComparisonView(self), placeholder(_ABOUT)
        self.pages = QStackedWidget(self)
        self.pages.addWidget(self.empty)
        self.pages.addWidget(self.view)
        self._arrange()
        self._show_state()
        self.resize(84 * SPACE, 84 * SPACE)

    def _make_controls(self) -> None:
        self.start = ChoiceBox(_STARTS, self)
        self.start.setAccessibleName("Begin with")
        self.start.setToolTip("Which weights both begin with.")
        self.steps = SettingField(parameter(CheckSettings, "steps"), self)
        self.steps.proposed.connect(self.steps.show_value)
        self.check = _button("Check", "Trains both and compares them. TensorFlow takes a few seconds to start.", self)
        self.check.setProperty("primary", True)
        self.check.setDefault(True)
        self.check.clicked.connect(self.begin)
        self.stop = _button("Stop", "Ends the check; nothing is changed.", self)
        self.stop.clicked.connect(self.cancel)
        self.copy = _button("Copy", "Copies verdict and figures as text.", self)
        self.copy.clicked.connect(self._copy)
        self.close_button = _button("Close", "Closes this dialog; a check that runs is ended.", self)
        self.close_button.clicked.connect(self.reject)
        self.progress = QLabel(self)
        self.progress.setProperty("role", "muted")
        self.progress.setAccessibleName("Progress of the check")

    # --- what the user does -------------------------------------------------------------------------------

    def begin(self) -> None:
        """Start a check."""
        session = self._session
        if session.parts is None:
            self.message.show_error(DigitLabError("The data is still being loaded.", "Try again in a moment."))
            return
        self.message.hide()
        start = session.snapshot if self.start.name == _NOW else None
        work = partial(_verify, session.built, start, session.parts, self.steps.value)
        self._task = session.tasks.start("Checking against TensorFlow…", work, self._on_done, self._on_failed)
        self._task.progressed.connect(self._on_progress)
        self._show_state()

    def cancel(self) -> None:
        """End the check that runs, if any."""
        if self._task is not None:
            task, self._task = self._task, None
            self._session.tasks.forget(task)
            self._show_state()

    def reject(self) -> None:
        """Close, and end the check that runs."""
        self.cancel()
        super().reject()

    def _copy(self) -> None:
        if self.found is not None:
            lines = [f"{name}: {text}" for name, text in self.found.rows()]
            QGuiApplication.clipboard().setText("\n".join(lines))

    # --- what happens -------------------------------------------------------------------------------------

    def _on_progress(self, thread: object, sentence: str) -> None:
        if thread is self._task:
            self.progress.setText(sentence)

    def _on_done(self, found: Comparison) -> None:
        self._task, self.found = None, found
        self.view.show_comparison(found)
        self.pages.setCurrentWidget(self.view)
        self._show_state()

    def _on_failed(self, error: DigitLabError) -> None:
        self._task = None
        self.message.show_error(error)
        self._show_state()

    def _show_state(self) -> None:
        """Offer what is possible now."""
        running = self._task is not None
        self.check.setVisible(not running)
        self.stop.setVisible(running)
        self.start.setEnabled(not running)
        self.steps.setEnabled(not running)
        self.copy.setEnabled(self.found is not None)
        self.progress.setText("The check begins…" if running else "")

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(2 * SPACE)
        name = QLabel("Begin with", self)
        name.setFixedHeight(CONTROL_HEIGHT)
        for widget in (name, self.start, self.steps):
            top.addWidget(widget, 0, Qt.AlignmentFlag.AlignTop)
        top.addStretch(1)
        for button in (self.check, self.stop):
            top.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        bottom = QHBoxLayout()
        bottom.addWidget(self.progress, 1)
        bottom.addWidget(self.copy)
        bottom.addWidget(self.close_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        column.setSpacing(SPACE)
        column.addLayout(top)
        column.addWidget(self.message)
        column.addWidget(self.pages, 1)
        column.addLayout(bottom)


def _button(text: str, help_text: str, parent: QWidget) -> QPushButton:
    made = QPushButton(text, parent)
    made.setToolTip(help_text)
    made.setWhatsThis(help_text)
    made.setAutoDefault(False)
    return made


def _verify(run: RunSpec, start: Snapshot | None, data: Split, steps: int, progress: Any, cancelled: Any) -> Comparison:
    start = start or Network(run.network, run.seed).snapshot()
    return verify(run, start, data, steps, Watch(progress, cancelled))
