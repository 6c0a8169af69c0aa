"""Loss, accuracy and gradients of a run, side by side over the same epochs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from engine.history import History
from engine.table import Table, Thinned
from gui import theme
from gui.widgets.curve_plot import CurvePlot
from gui.widgets.legend import Line
from gui.widgets.plot_parts import round_step, with_air

LOSS_HELP = (
    "How wrong the answers are; lower is better. When the dashed validation curve turns upwards while training still "
    "falls, the network is learning its images by heart."
)
ACCURACY_HELP = (
    "The share of right answers. Training is measured while learning, validation on images that were held back."
)
GRADIENT_HELP = (
    "How hard each layer is being pushed: the length of the gradient of its weights. Near zero it hardly learns; "
    "growing without end it will explode."
)
# The accuracy of a batch of fewer images than this is noise alone.
FEW_IMAGES = 8
AIR = 0.02
BATCH = Line("batch", "batch", "accent", "band")
SMOOTH = Line("smooth", "smooth", "accent")
EPOCH = Line("epoch", "epoch", "accent", "points")
VALIDATION = Line("validation", "validation", "text", "dashed")
# A smoothed curve has a point per so many pixels; gradients have no running mean, so theirs does the smoothing.
SMOOTH_PIXELS = 3
GRADIENT_PIXELS = 8
# One wheel step or key changes the width of what is in view by this.
ZOOM = 0.7


class RunPlots(QWidget):
    """Three plots that show the same epochs, and one crosshair through all of them.

    Attributes
    ----------
    history : History
        What is drawn.
    layer_names : list of str
        What the layers with weights are called, in the order of the gradients.

    Signals
    -------
    pointed : (int or None,)
        The row of the batch under the crosshair.
    following_changed : (bool,)
        Whether the plots show everything, or a part that the user chose.
    """

    pointed = Signal(object)
    following_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.history, self.layer_names = History(), list[str]()
        self.smoothed, self.per_batch, self.following = True, True, True
        self._drawn: dict[str, tuple[tuple[Any, ...], list[Any]]] = {}
        self._summaries: dict[tuple[int, ...], Thinned] = {}  # of one redraw: plots of one width share them
        self.loss = CurvePlot("Loss", "loss", LOSS_HELP)
        self.accuracy = CurvePlot("Accuracy", "right answers, %", ACCURACY_HELP)
        self.gradients = CurvePlot("Gradient size per layer", "length", GRADIENT_HELP)
        self.plots = (self.loss, self.accuracy, self.gradients)
        self.gradients.set_logarithmic(True)
        for plot in self.plots:
            plot.moved.connect(self._on_moved)
            plot.everything.connect(self.follow)
            plot.pointed.connect(self._on_pointed)
        self._arrange()

    def redraw(self, *, gradients: bool = True) -> None:
        """Draw the present state of the history, the gradients only if asked to."""
        self._summaries.clear()
        self._set_lines()
        batches = self.history.batches
        last = float(batches.column("epoch")[-1]) if len(batches) else 1.0
        self._show_epochs(last)
        if not len(batches):
            return
        self._draw_curves()
        if gradients:
            self._draw_gradients()

    def follow(self) -> None:
        """Show everything, and keep doing so."""
        self._set_following(True)
        self.redraw()

    def set_logarithmic_loss(self, on: bool) -> None:
        """Make the axis of the loss logarithmic, or plain."""
        self.loss.set_logarithmic(on)
        self.redraw()

    def zoom(self, factor: float, shift: float = 0.0) -> None:
        """Make the width of what is in view `factor` times as large, and move by a share of it."""
        low, high = self.loss.x_range
        middle, half = (low + high) / 2 + shift * (high - low), (high - low) / 2 * factor
        last = float(self.history.batches.column("epoch")[-1]) if len(self.history.batches) else 1.0
        low, high = max(middle - half, 0.0), min(middle + half, _rounded_up(last))
        if high - low > last * 1e-6:
            self._on_moved(low, high)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Zoom with + and −, move with the arrows, show everything with Home."""
        steps: dict[int, tuple[float, float]] = {
            Qt.Key.Key_Plus: (ZOOM, 0.0),
            Qt.Key.Key_Equal: (ZOOM, 0.0),
            Qt.Key.Key_Minus: (1 / ZOOM, 0.0),
            Qt.Key.Key_Left: (1.0, -0.1),
            Qt.Key.Key_Right: (1.0, 0.1),
        }
        if event.key() == Qt.Key.Key_Home:
            self.follow()
        elif event.key() in steps:
            self.zoom(*steps[event.key()])
        else:
            super().keyPressEvent(event)

    # --- what is in view ----------------------------------------------------------------------------------

    def _show_epochs(self, last: float) -> None:
        end, epochs = _rounded_up(last), self.history.batches.column("epoch")
        end += AIR * end  # for the mark of a best epoch that is the last one
        # A network that was opened goes on where it was: what came before is not known.
        begin = math.floor(epochs[0] - 1e-9) if len(epochs) else 0.0
        for plot in self.plots:
            plot.limit_epochs(end)
            if self.following:
                plot.show_epochs(begin, end)

    def _on_moved(self, low: float, high: float) -> None:
        """One plot was moved: move the others too."""
        self._set_following(False)
        for plot in self.plots:
            plot.show_epochs(low, high)
        self.redraw()

    def _set_following(self, on: bool) -> None:
        if on != self.following:
            self.following = on
            self.following_changed.emit(on)

    def _on_pointed(self, epoch: float | None) -> None:
        """Draw the crosshair at the batch nearest to the mouse, in all plots."""
        row = None
        if epoch is not None and len(self.history.batches):
            row = self.history.row_at(epoch)
        place = None if row is None else float(self.history.batches.column("epoch")[row])
        for plot in self.plots:
            plot.show_crosshair(place)
        self.pointed.emit(row)

    # --- what is drawn ------------------------------------------------------------------------------------

    def _set_lines(self) -> None:
        lines = [BATCH] if self.per_batch else []
        if self.per_batch and self.smoothed:
            lines.append(SMOOTH)
        shown = (*lines, EPOCH, VALIDATION)
        self.loss.set_lines(shown)
        self.accuracy.set_lines(shown)
        known = zip(self.history.gradients.columns, self.layer_names, strict=False)
        layers = (Line(f"layer_{n + 1}", name.lower(), f"series:{n}") for n, (_, name) in enumerate(known))
        self.gradients.set_lines(tuple(layers))

    def _draw_curves(self) -> None:
        for plot, name, scale, bounds in (
            (self.loss, "loss", 1.0, (0.0, math.inf)),
            (self.accuracy, "accuracy", 100.0, (0.0, 100.0)),
        ):
            ends = list(self._draw_epochs(plot, name, scale))
            if self.per_batch:
                ends += self._draw_batches(plot, name, scale)
            _fit(plot, ends, (-math.inf, math.inf) if plot.logarithmic else bounds)

    def _draw_batches(self, plot: CurvePlot, name: str, scale: float) -> list[Any]:
        """Draw a curve by batch; return what must be in view: the smoothed curve rather than its noise."""
        raw = self._thinned(self.history.batches, plot, plot.width_in_pixels)
        x, y = _outline(raw, raw.mean("epoch"), name)
        if name == "accuracy" and self.history.first_batch < FEW_IMAGES and self.smoothed:
            y = np.full_like(y, np.nan)  # all wrong or all right, batch after batch: a band that says nothing
        noise = plot.draw("batch", x, y * scale)
        if not self.smoothed:
            return [noise]
        smooth = self._thinned(self.history.batches, plot, plot.width_in_pixels // SMOOTH_PIXELS)
        ends = plot.draw("smooth", smooth.mean("epoch"), smooth.mean(f"smooth_{name}") * scale)
        return [with_air(ends, noise)]

    def _draw_epochs(self, plot: CurvePlot, name: str, scale: float) -> list[Any]:
        """Draw what is known of whole epochs, if there is anything new to see, and return what must be in view."""
        drawn = (self.history, len(self.history.epochs), plot.x_range, plot.logarithmic, plot.lines)
        if self._drawn.get(name, ((), []))[0] != drawn:
            self._drawn[name] = (drawn, self._draw_epochs_anew(plot, name, scale))
            self._mark_best(plot, name, scale)
        return self._drawn[name][1]

    def _draw_epochs_anew(self, plot: CurvePlot, name: str, scale: float) -> list[Any]:
        epochs = self._thinned(self.history.epochs, plot, plot.width_in_pixels // SMOOTH_PIXELS)
        x = epochs.mean("epoch")
        low, high = plot.x_range
        inside = (x >= low) & (x <= high)
        ends = []
        for line, column in (("epoch", name), ("validation", f"validation_{name}")):
            y = epochs.mean(column) * scale
            plot.draw(line, x, y)
            ends.append(plot.ends(y[inside]))
        return ends

    def _draw_gradients(self) -> None:
        plot, ends = self.gradients, []
        gradients, batches = self.history.gradients, self.history.batches
        points = plot.width_in_pixels // (GRADIENT_PIXELS if self.smoothed else 1)
        start, stop = self._rows(batches, plot)
        thin, places = gradients.thinned(start, stop, points), batches.thinned(start, stop, points)
        for name in gradients.columns:
            x, y = places.mean("epoch"), thin.mean(name)
            if not self.smoothed:
                x, y = _outline(thin, x, name)
            ends.append(plot.draw(name, x, y))
        _fit(plot, ends, (-math.inf, math.inf))

    def _thinned(self, table: Table, plot: CurvePlot, points: int) -> Thinned:
        key = (id(table), *self._rows(table, plot), points)
        if key not in self._summaries:
            self._summaries[key] = table.thinned(*key[1:])
        return self._summaries[key]

    @staticmethod
    def _rows(table: Table, plot: CurvePlot) -> tuple[int, int]:
        """Return the first row in view and the one behind the last, and one more at either side."""
        epochs, (low, high) = table.column("epoch"), plot.x_range
        start, stop = np.searchsorted(epochs, low), np.searchsorted(epochs, high, side="right")
        return max(int(start) - 1, 0), min(int(stop) + 1, len(table))

    def _mark_best(self, plot: CurvePlot, name: str, scale: float) -> None:
        best, value = self.history.best_epoch, float("nan")
        if best:
            epochs = self.history.epochs
            row = int(np.searchsorted(epochs.column("epoch"), best))
            held_back = float(epochs.column(f"validation_{name}")[row])
            value = scale * (held_back if math.isfinite(held_back) else float(epochs.column(name)[row]))
        plot.show_best(best, value, f"Best so far: epoch {best}")

    def _arrange(self) -> None:
        upper = QSplitter(Qt.Orientation.Horizontal)
        upper.addWidget(self.loss)
        upper.addWidget(self.accuracy)
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.addWidget(upper)
        self.splitter.addWidget(self.gradients)
        self.splitter.setStretchFactor(0, 3)
        self.splitter.setStretchFactor(1, 2)
        self.splitter.setSizes([280, 220])
        for splitter in (upper, self.splitter):
            splitter.setChildrenCollapsible(False)
            splitter.setHandleWidth(theme.SPACE)
            splitter.setStyleSheet("QSplitter::handle { background: transparent; }")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.splitter)


def _rounded_up(last: float) -> float:
    """Return the end of the axis of epochs: it grows in small jumps, so that the axis is not redrawn all the time."""
    step = round_step(max(last, 1e-6), 20)
    return math.ceil(last / step) * step


def _outline(thin: Thinned, x: NDArray[np.float64], name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a line that goes through the lowest and the highest value of each block."""
    if thin.rows_per_block == 1:
        return x, thin.mean(name)
    y = np.stack([thin.low(name), thin.high(name)], axis=1)
    return np.repeat(x, 2), y.ravel()


def _fit(plot: CurvePlot, ends: list[Any], bounds: tuple[float, float]) -> None:
    """Bring everything between the lowest and the highest of some ends into view."""
    known = [pair for pair in ends if pair is not None]
    if known:
        low, high = min(pair[0] for pair in known), max(pair[1] for pair in known)
        plot.show_values(0.0 if bounds[1] == math.inf and bounds[0] == 0 else low, high, bounds)
