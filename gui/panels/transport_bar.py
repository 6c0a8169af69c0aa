"""The transport: reset, train or pause, step, stop, and how far the training is."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QProgressBar, QToolBar, QToolButton, QWidget

from engine.reports import BatchReport
from gui import theme
from gui.icons import icon
from gui.session import Session, State
from gui.status import best_is_back
from gui.theme import SPACE
from gui.widgets.field import set_look

EMPTY = "No training yet"
READABLE_MS = 90


class TransportBar(QToolBar):
    """Drives a session and shows its progress.

    Attributes
    ----------
    reset, train, batch, epoch, stop : QAction
        What the buttons do; the Run menu shows the same actions.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("Transport", parent)
        self.setObjectName("transport")
        self.setMovable(False)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setIconSize(QSize(18, 18))
        self._session = session
        self._known: BatchReport | None = None
        self._first = 0  # the epochs that were done when Train was pressed
        self._soon = QTimer(self, singleShot=True, interval=READABLE_MS)
        self._soon.timeout.connect(self._show_progress)
        self._make_actions()
        self._make_progress()
        session.state_changed.connect(self._show_state)
        session.history_changed.connect(self._on_news)
        session.network_replaced.connect(self._show_progress)
        session.pending_changed.connect(self._on_pending)
        theme.switch().changed.connect(self._draw_icons)
        self._draw_icons()
        self._show_state(session.state)
        self._show_progress()

    def _make_actions(self) -> None:
        session = self._session
        self.reset = self._action(
            "Reset",
            "Ctrl+R",
            "Makes a new network from the forms, with fresh random weights. What the present one learned is kept "
            "and can be opened again from File › Kept models.",
        )
        self.reset.triggered.connect(session.new_network)
        self.train = self._action("Train", "Space", "Lets the network learn, or go on learning. Space does the same.")
        self.train.triggered.connect(session.toggle)
        self.batch = self._action(
            "+ Batch", "F10", "Learns from one batch of images, then waits: one single step of gradient descent."
        )
        self.batch.triggered.connect(session.step_batch)
        self.epoch = self._action(
            "+ Epoch",
            "Shift+F10",
            "Learns to the end of this epoch, when every training image has been seen, then waits.",
        )
        self.epoch.triggered.connect(session.step_epoch)
        self.stop = self._action(
            "Stop",
            "Ctrl+.",
            "Ends the training after the present batch. If Keep the best epoch is on, the best weights come back.",
        )
        self.stop.triggered.connect(session.stop)

    def _action(self, text: str, shortcut: str, help_text: str) -> QAction:
        action = QAction(text, self)
        action.setShortcut(shortcut)
        action.setToolTip(f"{help_text} ({shortcut})")
        action.setWhatsThis(help_text)
        self.addAction(action)
        button = self.widgetForAction(action)
        assert isinstance(button, QToolButton)
        button.setAccessibleName(text)
        button.setWhatsThis(help_text)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return action

    def _make_progress(self) -> None:
        self.place = QLabel(self)
        self.place.setFont(theme.font(10))
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.setMaximumWidth(40 * SPACE)
        self.bar.setAccessibleName("Progress of the training")
        self.bar.setWhatsThis("How much of the training that was asked for is done.")
        self.pace = QLabel(self)
        self.pace.setProperty("role", "muted")
        # Fixed sizes: with any other, each new text would make the whole window arrange itself anew.
        for text, width in ((self.place, self._width_of_places()), (self.pace, 20 * SPACE)):
            text.setFixedSize(width, text.fontMetrics().height() + SPACE // 2)
        for widget in (self.place, self.bar, self.pace):
            gap = QWidget(self)
            gap.setFixedWidth(2 * SPACE)
            self.addWidget(gap)
            self.addWidget(widget)

    def _width_of_places(self) -> int:
        return self.place.fontMetrics().horizontalAdvance("epoch 10 / 10 · batch 10,000") + SPACE

    @staticmethod
    def _write(label: QLabel, text: str) -> None:
        """Show a text, in a wider label if it needs more room than any before."""
        label.setText(text)
        if label.sizeHint().width() > label.width():
            label.setFixedWidth(label.sizeHint().width())

    def _draw_icons(self) -> None:
        running, pending = self._session.state == State.RUNNING, self._session.pending
        self.reset.setIcon(icon("mdi6.restart", accent=pending))
        self.train.setIcon(icon("mdi6.pause" if running else "mdi6.play", accent=not pending))
        self.batch.setIcon(icon("mdi6.step-forward"))
        self.epoch.setIcon(icon("mdi6.skip-forward"))
        self.stop.setIcon(icon("mdi6.stop"))
        for action, primary in ((self.reset, pending), (self.train, not pending)):
            button = self.widgetForAction(action)
            set_look(button, "primary", primary)
            button.setMinimumWidth(11 * SPACE)  # bold or not, nothing beside it moves

    def _on_pending(self, pending: bool) -> None:
        """Emphasize Reset while the forms describe another network."""
        if bool(self.widgetForAction(self.reset).property("primary")) != pending:
            self._draw_icons()

    def _show_state(self, state: str) -> None:
        running = state == State.RUNNING
        self.train.setText("Pause" if running else "Train")
        self.train.setEnabled(state != State.STOPPING)
        for action in (self.batch, self.epoch):
            action.setEnabled(state in (State.IDLE, State.PAUSED))
        self.stop.setEnabled(state in (State.RUNNING, State.PAUSED))
        self._draw_icons()
        self._show_progress()

    def _on_news(self) -> None:
        """Show no more numbers in a second than can be read."""
        last = self._session.history.last
        if last is not None and last is not self._known:  # settings that are changed later say nothing of this run
            self._known, self._first = last, last.goal - self._session.built.training.epochs
        if self._session.state != State.RUNNING:
            self._show_progress()
        elif not self._soon.isActive():
            self._soon.start()

    def _show_progress(self) -> None:
        last, known = self._session.history.last, self._session.snapshot
        if last is None:
            self._write(self.place, f"epoch {known.epoch:,} · batch {known.step:,}" if known.step else EMPTY)
            self.bar.setValue(0)
            self.pace.setText("")
            return
        self.bar.setValue(round(1000 * self._done(last)))
        best = best_is_back(self._session)
        epoch, step = (known.epoch, known.step) if best else (last.epoch, last.step)
        self._write(self.place, f"{'best ' * best}epoch {epoch:,} / {last.goal:,} · batch {step:,}")
        self._write(self.pace, self._pace(last))

    def _done(self, last: BatchReport) -> float:
        """Return the share of the planned training that is done."""
        passed = last.epoch - 1 - self._first + last.seen / last.size
        return min(max(passed / max(last.goal - self._first, 1), 0.0), 1.0)

    def _pace(self, last: BatchReport) -> str:
        speed = last.seen / max(last.seconds, 1e-9)
        text = f"{speed:,.0f} images/s"
        if self._session.state not in (State.RUNNING, State.PAUSED):
            return text
        images_left = (last.goal - last.epoch) * last.size + last.size - last.seen
        return f"{text} · {duration(images_left / speed)} left"


def duration(seconds: float) -> str:
    """Return a time span in words, e.g. ``"12 s"`` or ``"3 min 05 s"``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
