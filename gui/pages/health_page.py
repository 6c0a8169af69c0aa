"""The page that shows how well a network learns, layer by layer, and says what goes wrong."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QElapsedTimer, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from engine.errors import DigitLabError
from engine.health import Hint, UnitActivity, examine
from engine.memory import require_memory_to_read
from engine.network import Network, Snapshot
from engine.table import Table
from gui import theme
from gui.session import Session, State
from gui.widgets.figures import placeholder, sentences
from gui.widgets.health_doctor import Doctor
from gui.widgets.health_hint import HintCard
from gui.widgets.health_plot import HealthPlot
from gui.widgets.health_reading import HealthReading
from gui.widgets.health_rows import BAND, HealthRows
from gui.worker import TaskThread

REDRAW_MS, LOOK_MS = 200, 1000
REST = 10
"""Units are examined in a tenth of the time at most: the training has the rest."""
SAMPLE = 500
GRADIENT_HELP = (
    "How hard the weights of each layer are pushed: the root mean square of the gradient of one weight. Curves that "
    "fall to nothing in the first layers mean that these hardly learn; curves that grow without end explode."
)
UPDATE_HELP = (
    "How far a weight moves per step, divided by the size of the weights. In the shaded part, around a thousandth, "
    "steps are usually of a good size. It is measured between two copies of the weights, from when this page was first "
    "opened, or the run was gone on with; what was before is not known."
)
NO_BATCH = "Press Train (Space): the sizes of gradients and updates appear here while the network learns."
NO_DATA = "The data is not there yet: dead and saturated units are looked for as soon as it is."
OPENED = "The start is not known: the line shows the weights as they were opened, after batch {:,}."
LOOKED = "Units are counted on {:,} images that it learns from."


class HealthPage(QWidget):
    """A hint if something goes wrong, gradients and updates as curves, and a row of figures per layer.

    It is drawn anew at most five times a second and looks for dead units at most once a second, only if there is
    news, and only while it can be seen.

    Signals
    -------
    apply_asked : (RunSpec,)
        The user wants these settings in the forms.
    """

    apply_asked = Signal(object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.reading = session, HealthReading(session)
        self.doctor = Doctor(session, self.reading, self)
        self.redraws = 0
        self._news = True
        self._task: TaskThread | None = None
        self._examined: Snapshot | None = None
        self._clock, self._rest = QElapsedTimer(), 0
        self._following = True
        self.card, self.rows = HintCard(), HealthRows()
        self.gradients = HealthPlot("Gradient per weight", "root mean square", GRADIENT_HELP)
        self.updates = HealthPlot("Update ÷ weight", "per step", UPDATE_HELP, BAND)
        self.note = sentences(lines=1)
        self._arrange()
        self._timer, self._looks = QTimer(self), QTimer(self)
        for timer, pause, tick in ((self._timer, REDRAW_MS, self._tick), (self._looks, LOOK_MS, self._look)):
            timer.setInterval(pause)
            timer.timeout.connect(tick)
        self._connect()
        self._on_replaced()

    def redraw(self) -> None:
        """Show the moment in view."""
        self.redraws += 1
        self._news = False
        history, sizes = self.session.history, self.reading.sizes
        self._stack.setCurrentIndex(int(len(history.batches) > 0))
        self._show_epochs(history.batches)
        if len(history.gradients.columns) in (0, len(sizes)):
            self.gradients.draw_table(history.batches, history.gradients, tuple(map(math.sqrt, sizes)))
        self.updates.draw_table(self.reading.ratios, self.reading.ratios, (1.0,) * len(sizes))
        self.updates.say(self._known())
        shown = self.reading.epoch_of(self.session.shown.step) if self.session.travelling else None
        for plot in (self.gradients, self.updates):
            plot.show_crosshair(shown)
        try:
            self.rows.show_rows(self.reading.layers())
        except DigitLabError as error:
            self.session.problem.emit(error)
        self._say()

    def showEvent(self, event: QShowEvent) -> None:
        """Begin to follow the training."""
        super().showEvent(event)
        self._timer.start()
        self._looks.start()
        self._tick()
        self._look()

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop following it: nobody sees it."""
        super().hideEvent(event)
        self._timer.stop()
        self._looks.stop()
        self._forget()

    # --- news ---------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        session = self.session
        session.snapshot_changed.connect(self._on_snapshot)
        session.shown_changed.connect(self._on_news)
        session.history_changed.connect(self._on_news)
        session.film_changed.connect(self._on_news)
        session.dataset_changed.connect(self._on_dataset)
        session.network_replaced.connect(self._on_replaced)
        self.doctor.changed.connect(self._show_hint)
        self.doctor.apply_asked.connect(self.apply_asked)
        self.card.applied.connect(self.doctor.apply)
        for plot in (self.gradients, self.updates):
            plot.moved.connect(self._on_moved)
            plot.everything.connect(self._follow)

    def _tick(self) -> None:
        if self._news:
            self.redraw()

    def _on_news(self, _news: Any = None) -> None:
        self._news = True

    def _on_snapshot(self, snapshot: Snapshot) -> None:
        self._news = self.reading.note(snapshot) or self._news

    def _on_dataset(self, _dataset: Any) -> None:
        self._examined = None

    def _on_replaced(self) -> None:
        self._forget()
        self._rest = 0
        self.reading.restart()
        self.doctor.restart()
        for plot in (self.gradients, self.updates):
            plot.show_layers(len(self.reading.sizes))
        self._news = True
        self._follow()

    # --- looking ------------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Examine the units of the weights in view, unless that has been done, and look for what goes wrong."""
        self.doctor.look()
        shown, images = self.session.shown, self._sample()
        rested = not self._clock.isValid() or self._clock.elapsed() >= self._rest
        if self._task is None and images is not None and shown is not self._examined and rested:
            self._examined = shown
            self._clock.start()
            # Without a title: it is over in a moment, and nobody has to wait for it.
            self._task = self.session.tasks.start(
                "", partial(_examine, shown, images), self._on_examined, self._on_failed
            )

    def _sample(self) -> NDArray[np.uint8] | None:
        """Return images evenly spread over those that are learned from; None while there are none."""
        parts = self.session.parts
        if parts is None:
            return None
        rows = parts.train_rows[:: max(len(parts.train_rows) // SAMPLE, 1)][:SAMPLE]
        return parts.dataset.train_images[rows]

    def _on_examined(self, activity: tuple[UnitActivity, ...] | None) -> None:
        self._task = None
        self._rest = REST * self._clock.elapsed() if self.session.state == State.RUNNING else 0
        if activity is not None:
            self.reading.activity = activity
            self._news = True

    def _on_failed(self, error: DigitLabError) -> None:
        self._task = None
        self.session.problem.emit(
            DigitLabError("Dead and saturated units could not be looked for.", error.do, f"{error}\n{error.details}")
        )

    def _forget(self) -> None:
        if self._task is not None:
            self.session.tasks.forget(self._task)
            self._task, self._examined = None, None

    def _show_hint(self) -> None:
        hint: Hint | None = self.doctor.hint
        if self.doctor.applied is not None:
            self.card.show_applied(self.doctor.applied)
        elif hint is not None:
            self.card.show_hint(hint)
        elif self.doctor.waits:
            self.card.show_waiting()
        else:
            self.card.show_none(trained=len(self.session.history.batches) > 0)

    # --- what is in view ----------------------------------------------------------------------------------

    def _show_epochs(self, batches: Table) -> None:
        epochs = batches.column("epoch")
        last = float(epochs[-1]) if len(batches) else 1.0
        first = math.floor(float(epochs[0]) - 1e-9) if len(batches) else 0.0
        for plot in (self.gradients, self.updates):
            plot.limit_epochs(last * 1.02)
            if self._following:
                plot.show_epochs(max(first, 0.0), last * 1.02)

    def _on_moved(self, low: float, high: float) -> None:
        self._following = False
        for plot in (self.gradients, self.updates):
            plot.show_epochs(low, high)

    def _follow(self) -> None:
        self._following = True
        self.redraw()

    def _known(self) -> str:
        """Return from where on updates are known, if there is anything before that."""
        begin = self.reading.measured_from
        if begin is None:
            return ""
        return f"known from epoch {begin:.2f}" if len(self.reading.ratios) else "measured while it learns"

    def _say(self) -> None:
        """Say what has to be known about the figures, the most important thing first."""
        session, start, sample = self.session, self.session.start, self._sample()
        if session.dataset is None:
            self.note.setText(NO_DATA)
        elif start.step and self.reading.start is start:
            self.note.setText(OPENED.format(start.step))
        else:
            self.note.setText(LOOKED.format(len(sample)) if self.reading.activity and sample is not None else "")

    def _arrange(self) -> None:
        both = QWidget()
        plots = QHBoxLayout(both)
        plots.setContentsMargins(0, 0, 0, 0)
        plots.setSpacing(theme.SPACE)
        self._stack = QStackedWidget()
        self._stack.addWidget(placeholder(NO_BATCH))
        self._stack.addWidget(both)
        for plot in (self.gradients, self.updates):
            plot.setMinimumHeight(150)
            plot.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
            plots.addWidget(plot, 1)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setWidget(self.rows)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, 4)
        layout.setSpacing(theme.SPACE)
        layout.addWidget(self.card)
        layout.addWidget(self._stack, 2)
        layout.addWidget(self._area, 3)
        layout.addWidget(self.note)


def _examine(
    snapshot: Snapshot, images: NDArray[np.uint8], progress: Any, cancelled: Any
) -> tuple[UnitActivity, ...] | None:
    require_memory_to_read(snapshot.spec)
    return examine(Network.from_snapshot(snapshot), images, cancelled)
