"""What a check against TensorFlow has found: a verdict, key figures, both curves and how far they are apart."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from engine.verification import HOW, LIMIT, UNTIMED, WHY_FLOAT64, Check, Comparison
from gui import theme
from gui.widgets.comparison_plots import SMALLEST, DifferencePlot, PairPlot
from gui.widgets.curve_plot import CurvePlot
from gui.widgets.field import set_look
from gui.widgets.figures import label
from gui.widgets.legend import Line
from gui.widgets.tile import NOTHING, Tile

BESIDE_TRAINING = "A training ran in the window meanwhile, so both speeds are too low."
_TILES = {
    "losses": (
        "Losses apart",
        "The largest difference between the two losses of a step, relative to the loss or, where that is small, to "
        "the root mean square of all losses.",
    ),
    "weights": (
        "Weights apart",
        "The largest difference between two weights after the last step, relative to the weight or, where that is "
        "small, to the usual size of its layer's weights.",
    ),
    "ours": (
        "DigitLab, images/s",
        "Images learned from per second by this program, without the making of the batches, in the precision of the "
        "network. " + UNTIMED,
    ),
    "theirs": (
        "TensorFlow, images/s",
        "Images learned from per second by TensorFlow, without its start and the making of the batches, in the "
        "precision of the network. It is handed what dropout switches off and need not draw it. " + UNTIMED,
    ),
}
_LOSSES = (Line("ours", "DigitLab", "accent", "band"), Line("theirs", "TensorFlow", "series:1", "dashed"))
_ROOM = 1.01  # a little more than all steps, for the mark at the last one
_APART = (
    Line("limit", f"Limit {LIMIT:g}", "muted"),
    Line("losses", "Losses", "series:2"),
    Line("weights", "Weights, at the end", "series:4", "points"),
)


class ComparisonView(QWidget):
    """Shows one comparison after the other; empty before the first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._steps = 1
        self.verdict = QLabel(self)
        self.verdict.setWordWrap(True)
        self.verdict.setTextFormat(Qt.TextFormat.PlainText)
        self.verdict.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.verdict.setAccessibleName("Verdict")
        self.verdict.setWhatsThis(
            f"They agree when no loss, weight or learning rate differs by more than {LIMIT:g}. {WHY_FLOAT64}"
        )
        self.tiles = {name: Tile(title, help_text) for name, (title, help_text) in _TILES.items()}
        self.losses = PairPlot(
            "Loss",
            "loss",
            "The loss of each batch, before its step, by both: DigitLab's is the wide line, and TensorFlow's the "
            "dashed one on top of it.",
            across="step",
        )
        self.apart = DifferencePlot(
            "Largest difference so far",
            "relative",
            "The largest difference between the two losses of a step, of all steps up to here. Weights are compared "
            "once, after the last step: they are the mark at the right end. " + HOW,
            across="step",
        )
        self.losses.set_lines(_LOSSES)
        self.apart.set_logarithmic(True)
        self.apart.set_lines(_APART)
        self.notes, self.how = _small_print(WHY_FLOAT64), _small_print(HOW)
        self.how.setText("Both had the same start, batches, dropout and learning rates; point here for how it is done.")
        self._arrange()

    def show_comparison(self, found: Comparison, *, beside_training: bool = False) -> None:
        """Show what was found, and whether a training ran meanwhile, which makes both speeds too low."""
        self.verdict.setText(found.verdict)
        set_look(self.verdict, "role", "heading" if found.agrees else "error")
        ours, theirs = (f"{speed:,.0f}" for speed in found.speeds) if found.speeds else (NOTHING, NOTHING)
        figures = {
            "losses": f"{found.last.largest_loss_difference:.1e}",
            "weights": f"{found.last.largest_weight_difference:.1e}",
            "ours": ours,
            "theirs": theirs,
        }
        for name, text in figures.items():
            self.tiles[name].show_figure(text.replace("e-", "e−"))
        self._show_title(self.losses, "Loss", found)
        self._show_title(self.apart, "Largest difference so far", found)
        self._draw_losses(found.last)
        self._draw_differences(found.last)
        self.notes.setText(" ".join(_notes(found, beside_training)))
        self.notes.setVisible(bool(self.notes.text()))

    @staticmethod
    def _show_title(plot: CurvePlot, title: str, found: Comparison) -> None:
        """Name the precision: where both learned twice, the curves are those of the run that decides."""
        plot.title.setText(f"{title}, {found.last.dtype}")

    def _draw_losses(self, check: Check) -> None:
        steps = self._show_steps(self.losses, check)
        ends = [self.losses.draw("ours", steps, check.ours.losses)]
        ends.append(self.losses.draw("theirs", steps, check.theirs.losses))
        known = [end for end in ends if end is not None]
        if known:
            self.losses.show_values(min(low for low, _ in known), max(high for _, high in known), (0, math.inf))

    def _draw_differences(self, check: Check) -> None:
        """Draw the losses' differences, that of the weights where it is known, and the limit."""
        steps = self._show_steps(self.apart, check)
        largest = np.maximum.accumulate(check.loss_differences)
        ends = [
            self.apart.draw("limit", steps, np.full(len(steps), LIMIT)),
            self.apart.draw("losses", steps, largest),
            self.apart.draw("weights", steps[-1:], np.array([check.largest_weight_difference])),
        ]
        known = [end for end in ends if end is not None]
        self.apart.show_values(min(low for low, _ in known), max(high for _, high in known))

    def _show_steps(self, plot: CurvePlot, check: Check) -> np.ndarray:
        """Bring all steps into view, and return their numbers, of shape (steps,)."""
        self._steps = len(check.ours.losses)
        plot.limit_epochs(self._steps * _ROOM)
        plot.show_epochs(0, self._steps * _ROOM)
        return np.arange(1.0, self._steps + 1)

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(theme.SPACE)
        for tile in self.tiles.values():
            row.addWidget(tile, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACE)
        column.addWidget(self.verdict)
        column.addLayout(row)
        column.addWidget(self.losses, 6)
        column.addWidget(self.apart, 5)
        column.addWidget(self.notes)
        column.addWidget(self.how)
        for plot in (self.losses, self.apart):
            plot.moved.connect(plot.show_epochs)
            plot.everything.connect(self._show_all)

    def _show_all(self) -> None:
        for plot in (self.losses, self.apart):
            plot.show_epochs(0, self._steps * _ROOM)


def _notes(found: Comparison, beside_training: bool) -> list[str]:
    """Return what has to be said besides: why float64, what is not drawn, what is wrong with the speeds."""
    notes = [WHY_FLOAT64] if found.again else []
    hidden = int(np.count_nonzero(np.maximum.accumulate(found.last.loss_differences) < SMALLEST))
    if hidden == found.steps:
        notes.append("The losses do not differ at all, so there is no line of their differences.")
    elif hidden:
        notes.append(f"Up to step {hidden:,} the losses do not differ at all: their line begins after it.")
    if found.speeds is None:
        notes.append(UNTIMED)
    elif beside_training:
        notes.append(BESIDE_TRAINING)
    return notes


def _small_print(help_text: str) -> QLabel:
    made = label("", "muted", help_text)
    made.setWordWrap(True)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    return made
