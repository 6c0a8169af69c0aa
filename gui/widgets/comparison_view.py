"""What a check against TensorFlow has found: a verdict, key figures, both curves and how far they are apart."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from engine.verification import LIMIT, Check, Comparison
from gui import theme
from gui.widgets.curve_plot import CurvePlot
from gui.widgets.field import set_look
from gui.widgets.legend import Line
from gui.widgets.tile import Tile

_TILES = {
    "losses": ("Losses apart", "The largest difference between the two losses of a step, relative to the loss."),
    "weights": (
        "Weights apart",
        "The largest difference between two weights after the last step, relative to the weight or, where that is "
        "small, to the usual size of its layer's weights.",
    ),
    "ours": (
        "DigitLab, images/s",
        "Images learned from per second by this program, without the making of the batches.",
    ),
    "theirs": (
        "TensorFlow, images/s",
        "Images learned from per second by TensorFlow, without its start and the making of the batches. It is handed "
        "what dropout switches off and need not draw it.",
    ),
}
_LOSSES = (Line("ours", "DigitLab", "accent"), Line("theirs", "TensorFlow", "series:1", "dashed"))
_FLOOR = 1e-12  # what is drawn at the bottom: whatever is smaller, and 0, which has no logarithm


class ComparisonView(QWidget):
    """Shows one comparison after the other; empty before the first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.verdict = QLabel(self)
        self.verdict.setWordWrap(True)
        self.verdict.setTextFormat(Qt.TextFormat.PlainText)
        self.verdict.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.verdict.setAccessibleName("Verdict")
        self.tiles = {name: Tile(title, help_text) for name, (title, help_text) in _TILES.items()}
        self.losses = CurvePlot("Loss", "loss", "The loss of each batch, before its step, by both.", across="step")
        self.apart = CurvePlot(
            "Largest difference so far",
            "relative",
            "How far apart the losses of the two have been up to each step. What is below 1e-12 is drawn there.",
            across="step",
        )
        self.losses.set_lines(_LOSSES)
        self.apart.set_logarithmic(True)
        self._arrange()

    def show_comparison(self, found: Comparison) -> None:
        """Show what was found."""
        self.verdict.setText(found.verdict)
        set_look(self.verdict, "role", "heading" if found.agrees else "error")
        figures = {
            "losses": f"{found.last.largest_loss_difference:.1e}",
            "weights": f"{found.last.largest_weight_difference:.1e}",
            "ours": f"{found.first.ours.images_per_second:,.0f}",
            "theirs": f"{found.first.theirs.images_per_second:,.0f}",
        }
        for name, text in figures.items():
            self.tiles[name].show_figure(text.replace("e-", "e−"))
        self._draw_losses(found.first)
        self._draw_differences(found)

    def _draw_losses(self, check: Check) -> None:
        steps = np.arange(1.0, len(check.ours.losses) + 1)
        self._show_steps(self.losses, len(steps))
        ends = [self.losses.draw("ours", steps, check.ours.losses)]
        ends.append(self.losses.draw("theirs", steps, check.theirs.losses))
        known = [end for end in ends if end is not None]
        if known:
            self.losses.show_values(min(low for low, _ in known), max(high for _, high in known), (0, math.inf))

    def _draw_differences(self, found: Comparison) -> None:
        """Draw a line for every precision, and the limit."""
        lines = [Line("limit", f"Limit {LIMIT:g}", "muted")]
        lines += [
            Line(check.dtype, check.dtype, f"series:{number}")
            for number, check in zip((2, 4), found.checks, strict=False)
        ]
        self.apart.set_lines(tuple(lines))
        steps = np.arange(1.0, found.steps + 1)
        self._show_steps(self.apart, found.steps)
        ends = [self.apart.draw("limit", steps, np.full(len(steps), LIMIT))]
        for check in found.checks:
            largest = np.maximum(np.maximum.accumulate(check.loss_differences), _FLOOR)
            ends.append(self.apart.draw(check.dtype, steps, largest))
        known = [end for end in ends if end is not None]
        self.apart.show_values(min(low for low, _ in known), max(high for _, high in known))

    @staticmethod
    def _show_steps(plot: CurvePlot, steps: int) -> None:
        plot.limit_epochs(steps)
        plot.show_epochs(0, steps)

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
        for plot in (self.losses, self.apart):
            plot.moved.connect(plot.show_epochs)
            plot.everything.connect(self._show_all)

    def _show_all(self) -> None:
        for plot in (self.losses, self.apart):
            plot.show_epochs(0, plot.points("ours" if plot is self.losses else "limit")[0][-1])
