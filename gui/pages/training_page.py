"""The page that shows how the training goes: key numbers and curves."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QHideEvent, QPainter, QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.errors import DigitLabError
from engine.history import History
from engine.network import Snapshot
from gui import theme
from gui.session import Session
from gui.status import best_is_back
from gui.widgets.choices import explain
from gui.widgets.figures import placeholder, sentences
from gui.widgets.key_figures import KeyFigures
from gui.widgets.picture_file import write_picture
from gui.widgets.run_plots import RunPlots
from gui.widgets.weight_layers import weighted_names
from gui.widgets.wording import after

REDRAW_MS = 42
# Numbers that change faster than this cannot be read, and gradients need not be.
TICKS_PER_FIGURE = 5
EMPTY = "Press Train (Space): the curves appear here while the network learns."
HINT = "Point at a curve to read it. The wheel zooms, dragging moves, a double click shows everything again."
PAST = "Looking back: the key numbers are those {}."
BEST = "The weights of the best epoch are back: the key numbers are those {}."


class TrainingPage(QWidget):
    """Tiles with the key numbers, and loss, accuracy and gradients as curves.

    It redraws at most thirty times a second, only if there is news, and only while it can be seen.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.redraws = 0
        self._news, self._behind = True, False
        self._ticks = 0
        self._row: int | None = None
        self.figures, self.plots = KeyFigures(), RunPlots()
        self._at_rest, self.readout = HINT, sentences(HINT)
        policy = self.readout.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.readout.setSizePolicy(policy)
        self._make_controls()
        self._arrange()
        self._timer = QTimer(self)
        self._timer.setInterval(REDRAW_MS)
        self._timer.timeout.connect(self._tick)
        session.history_changed.connect(self._on_news)
        session.network_replaced.connect(self._on_replaced)
        session.ended.connect(self._on_ended)
        session.shown_changed.connect(self._on_shown)
        session.travelled.connect(self._show_figures)
        self.plots.pointed.connect(self._on_pointed)
        self.plots.following_changed.connect(self.follow.setChecked)
        self._on_replaced()
        self._on_shown(session.shown)

    def redraw(self, *, everything: bool = True) -> None:
        """Draw what the run has reported so far: `everything`, or loss and accuracy alone."""
        self.redraws += 1
        self._news, self._behind = False, not everything
        begun = len(self.session.history.batches) > 0
        self._stack.setCurrentIndex(int(begun))
        self.readout.setVisible(begun)  # before that there is no curve to point at
        for button in (self.export_picture_button, self.export_figures_button):
            button.setEnabled(begun)
        self.plots.redraw(gradients=everything)
        if everything:
            self._show_figures()

    def export_picture(self, path: str | Path) -> None:
        """Save tiles and plots as a PNG, in twice the size of the screen; a failure is shown as a problem."""
        try:
            write_picture(path, self._picture_size, "Training", self._paint)
            self._on_exported(path)
        except DigitLabError as error:
            self.session.problem.emit(error)

    def export_figures(self, path: str | Path) -> None:
        """Save the numbers behind the curves as CSV, in the background; a failure is shown as a problem."""
        work, done = partial(_export, self.session.history, path), partial(self._on_exported, path)
        self.session.tasks.start("Exporting the figures…", work, done, self.session.problem.emit)

    def showEvent(self, event: QShowEvent) -> None:
        """Begin to redraw."""
        super().showEvent(event)
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop redrawing: nobody sees it."""
        super().hideEvent(event)
        self._timer.stop()

    # --- news ---------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        if self._news:
            self._ticks += 1
            self.redraw(everything=self._ticks % TICKS_PER_FIGURE == 1)
        elif self._behind:
            self.redraw()

    def _on_news(self) -> None:
        self._news = True

    def _on_ended(self, _report: Any) -> None:
        """Show the very last figures, whatever their turn."""
        self._ticks, self._news = 0, True

    def _on_replaced(self) -> None:
        self.plots.history = self.session.history
        self.plots.layer_names = weighted_names(self.session.built.network)
        self._on_pointed(None)
        self._ticks, self._news = 0, True
        self.plots.follow()
        self.redraw()

    def _on_exported(self, path: str | Path, _result: Any = None) -> None:
        self.session.noted.emit(f"Exported to {path}.")

    def _on_shown(self, shown: Snapshot) -> None:
        """Mark the past moment that is in view, or take the mark away."""
        film, travelling = self.session.film, self.session.travelling
        place = float(film.epochs[film.nearest(shown.step)]) if travelling and film is not None else None
        for plot in self.plots.plots:
            plot.show_moment(place)
        if travelling:
            self._show_figures()

    def _show_figures(self, _travelling: bool = False) -> None:
        """Show the figures of the weights in view, and say when that was where these are not the latest."""
        session, step = self.session, self.session.shown.step
        past = PAST if session.travelling else BEST if best_is_back(session) else ""
        self.figures.show_history(session.history, step if past else None)
        self._at_rest = f"{past.format(after(step))} {HINT}".strip()
        self._on_pointed(self._row)

    def _on_pointed(self, row: int | None) -> None:
        self._row = row
        self.readout.setText(self._at_rest if row is None else _reading(self.session.history, row))

    # --- controls -----------------------------------------------------------------------------------------

    def _make_controls(self) -> None:
        self.log_loss = _toggle(
            "Log loss", "Draws the loss on a logarithmic axis, on which small improvements late in the run show."
        )
        self.smoothing = _toggle(
            "Smooth", "Adds a running mean over about 50 batches, because single batches jump up and down by chance."
        )
        self.each_batch = _toggle(
            "Batches", "Draws every single batch. Off, only whole epochs and their validation are drawn."
        )
        self.follow = _toggle(
            "Follow", "Shows the whole run as it grows. Zooming ends it; press again or double-click a plot to return."
        )
        for button in (self.smoothing, self.each_batch, self.follow):
            button.setChecked(True)
        self.export_picture_button = _button("Export picture…", "Saves the key numbers and the plots as a PNG picture.")
        self.export_figures_button = _button(
            "Export figures…", "Saves loss, accuracy, learning rate and gradients of every batch as a CSV table."
        )
        self.log_loss.toggled.connect(self.plots.set_logarithmic_loss)
        self.smoothing.toggled.connect(self._on_view)
        self.each_batch.toggled.connect(self._on_view)
        self.follow.clicked.connect(self._on_follow)
        self.export_picture_button.clicked.connect(self._ask_for_picture)
        self.export_figures_button.clicked.connect(self._ask_for_figures)

    def _on_view(self) -> None:
        self.plots.smoothed = self.smoothing.isChecked()
        self.plots.per_batch = self.each_batch.isChecked()
        self.plots.redraw()

    def _on_follow(self) -> None:
        """Show everything; only zooming switches this off."""
        self.follow.setChecked(True)
        self.plots.follow()

    def _ask_for_picture(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, "Export the picture", "training.png", "PNG picture (*.png)")
        if path:
            self.export_picture(path)

    def _ask_for_figures(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, "Export the figures", "training.csv", "CSV table (*.csv)")
        if path:
            self.export_figures(path)

    @property
    def _picture_size(self) -> QSize:
        gap = theme.SPACE
        return QSize(self.plots.width() + 2 * gap, self.figures.height() + self.plots.height() + 3 * gap)

    def _paint(self, painter: QPainter) -> None:
        """Paint tiles and plots without the controls."""
        gap = theme.SPACE
        painter.fillRect(QRect(QPoint(), self._picture_size), QColor(theme.current().window))
        painter.drawPixmap(gap, gap, self.figures.grab())
        painter.drawPixmap(gap, self.figures.height() + 2 * gap, self.plots.grab())

    def _arrange(self) -> None:
        controls = QHBoxLayout()
        controls.setSpacing(theme.SPACE // 2)
        for widget in (self.log_loss, self.smoothing, self.each_batch, self.follow):
            controls.addWidget(widget)
        controls.addStretch(1)
        controls.addWidget(self.export_picture_button)
        controls.addWidget(self.export_figures_button)
        self._stack = QStackedWidget()
        self._stack.addWidget(placeholder(EMPTY))
        self._stack.addWidget(self.plots)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, 4)
        layout.setSpacing(theme.SPACE)
        layout.addWidget(self.figures)
        layout.addLayout(controls)
        layout.addWidget(self._stack, 1)
        layout.addWidget(self.readout)


def _toggle(text: str, help: str) -> QToolButton:  # noqa: A002
    button = QToolButton()
    button.setText(text)
    button.setCheckable(True)
    explain(button, text, help)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # after a click, Space still trains
    return button


def _button(text: str, help: str) -> QPushButton:  # noqa: A002
    button = QPushButton(text)
    explain(button, text.rstrip("…"), help)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button


def _reading(history: History, row: int) -> str:
    """Return the figures of one batch in a line."""
    batches, gradients = history.batches, history.gradients

    def value(name: str) -> float:
        return float(batches.column(name)[row])

    sizes = ", ".join(f"{gradients.column(name)[row]:.3g}" for name in gradients.columns[:6])
    return (
        f"Epoch {value('epoch'):.2f} · loss {value('loss'):.3g} (smooth {value('smooth_loss'):.3g}) · "
        f"accuracy {100 * value('accuracy'):.1f} % ({100 * value('smooth_accuracy'):.1f} %) · "
        f"gradients {sizes} · batch {value('step'):,.0f}"
    )


def _export(history: History, path: str | Path, progress: Any, cancelled: Any) -> None:
    history.export_csv(path)
