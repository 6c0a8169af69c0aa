"""Check against TensorFlow: asks how, shows the progress, and what came out."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from engine.datasets.split import Split
from engine.errors import DigitLabError
from engine.fields import parameter
from engine.network import Network, Snapshot
from engine.specs import RunSpec
from engine.verification import HOW, CheckSettings, Comparison, Watch, verify
from gui.session import Session, State
from gui.theme import CONTROL_HEIGHT, SPACE
from gui.widgets.choice_box import ChoiceBox
from gui.widgets.comparison_view import BESIDE_TRAINING, ComparisonView
from gui.widgets.dialog_button import dialog_button
from gui.widgets.figures import placeholder
from gui.widgets.message_bar import MessageBar
from gui.widgets.setting_field import SettingField
from gui.widgets.value_edit import ValueEdit

_ABOUT = (
    "Trains a copy of the network and a twin that Keras builds, from the same weights on the same batches, and "
    "compares them step by step. What is open is not changed.\n\n"
    "Where a network in float32 comes apart, which rounding alone may cause, both learn once more in float64, which "
    f"takes at least the same time again and decides.\n\n{HOW}"
)
_START_HELP = "Which weights both begin with: those of now, or the random ones that the seed gives."
_PROGRESS_HELP = "What the check is doing; first this program learns, then TensorFlow."
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
        self._watch = _SharedWatch()
        self._beside_training = False
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
        self._make_steps()
        self.check = dialog_button(
            "Check",
            "Trains both and compares them. TensorFlow takes a few seconds to start, and a second run in float64 may "
            "follow.",
            self.begin,
            self,
        )
        self.check.setProperty("primary", True)
        self.check.setDefault(True)
        self.stop = dialog_button("Stop", "Ends the check; nothing is changed.", self.cancel, self)
        self.copy = dialog_button("Copy", "Copies verdict and figures as text.", self._copy, self)
        self.close_button = dialog_button("Close", "Closes this dialog; a check that runs is ended.", self.reject, self)
        self.progress = QLabel(self)
        self.progress.setProperty("role", "muted")
        self.progress.setAccessibleName("Progress of the check")
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("How much of the check is done")
        for widget, text in ((self.start, _START_HELP), (self.progress, _PROGRESS_HELP), (self.bar, _PROGRESS_HELP)):
            widget.setToolTip(text)
            widget.setWhatsThis(text)

    def _make_steps(self) -> None:
        self.steps = SettingField(parameter(CheckSettings, "steps"), self)
        self.steps.proposed.connect(self.steps.show_value)
        self.steps.reverted.connect(self.steps.show_value)
        editor = self.steps.editor
        assert isinstance(editor, ValueEdit)
        for signal in (editor.typed, editor.stepped, editor.given_up):
            signal.connect(self._allow)

    # --- what the user does -------------------------------------------------------------------------------

    def begin(self) -> None:
        """Start a check."""
        session = self._session
        if session.parts is None:
            self.message.show_error(DigitLabError("The data is still being loaded.", "Try again in a moment."))
            return
        self.message.hide()
        self.found = None  # what is on the screen must not look like what comes of this check
        self.pages.setCurrentWidget(self.empty)
        self._watch, self._beside_training = _SharedWatch(), session.state is State.RUNNING
        start = session.snapshot if self.start.name == _NOW else None
        work = partial(_verify, session.built, start, session.parts, self.steps.value, self._watch)
        self._task = session.tasks.start("Checking against TensorFlow…", work, self._on_done, self._on_failed)
        self._task.progressed.connect(self._on_progress)
        self._show_state("The check begins…")

    def cancel(self) -> None:
        """End the check that runs, if any."""
        self._end("Stopped")

    def _end(self, how: str) -> None:
        if self._task is not None:
            task, self._task = self._task, None
            self._session.tasks.forget(task)
            self._show_state(f"{how} {self._watch.place}; nothing was changed.")

    def reject(self) -> None:
        """Close, and end the check that runs; who opens the dialog again is told."""
        self._end("Closing this dialog stopped the check")
        super().reject()

    def _copy(self) -> None:
        if self.found is not None:
            lines = [f"{name}: {text}" for name, text in self.found.rows()]
            if self.found.speeds and self._beside_training:
                lines.append(f"Speeds: {BESIDE_TRAINING}")
            QGuiApplication.clipboard().setText("\n".join(lines))
            self.progress.setText("Verdict and figures were copied.")

    # --- what happens -------------------------------------------------------------------------------------

    def _on_progress(self, thread: object, sentence: str) -> None:
        if thread is self._task:
            self.progress.setText(sentence)
            self.bar.setMaximum(self._watch.total)  # 0, before the first step, is a bar that moves to and fro
            self.bar.setValue(self._watch.done)
            self._beside_training = self._beside_training or self._session.state is State.RUNNING

    def _on_done(self, found: Comparison) -> None:
        self._task, self.found = None, found
        self.view.show_comparison(found, beside_training=self._beside_training)
        self.pages.setCurrentWidget(self.view)
        self._show_state()

    def _on_failed(self, error: DigitLabError) -> None:
        self._task = None
        self.message.show_error(error)
        self._show_state()

    def _allow(self) -> None:
        """Let nobody start a check with a number of steps that was refused."""
        self.check.setEnabled(not self.steps.wrong)

    def _show_state(self, sentence: str = "") -> None:
        """Offer what is possible now, and say what is going on."""
        running = self._task is not None
        self.check.setVisible(not running)
        self.stop.setVisible(running)
        self.start.setEnabled(not running)
        self.steps.setEnabled(not running)
        self.copy.setEnabled(self.found is not None)
        self.progress.setText(sentence)
        self.bar.setRange(0, 0)
        self.bar.setVisible(running)

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
        bottom.setSpacing(SPACE)
        bottom.addWidget(self.bar)
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


class _SharedWatch(Watch):
    """A watch that the thread of the check fills in, and the window reads."""

    @property
    def place(self) -> str:
        """How far the check has come, in words."""
        if self.total:
            return f"after {self.done:,} of {self.total:,} steps of {self.who}"
        return f"after the steps of {self.who}" if self.who else "before the first step"

    def report_to(self, progress: Any, cancelled: Any) -> None:
        """Take what the thread hands to its function."""
        self._progress, self._cancelled = progress, cancelled


def _verify(
    run: RunSpec, start: Snapshot | None, data: Split, steps: int, watch: _SharedWatch, progress: Any, cancelled: Any
) -> Comparison:
    watch.report_to(progress, cancelled)
    start = start or Network(run.network, run.seed).snapshot()
    return verify(run, start, data, steps, watch)
