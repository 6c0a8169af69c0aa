"""The key numbers of a run as a row of tiles."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QWidget

from engine.history import History
from engine.reports import BatchReport, EpochReport
from gui import theme
from gui.widgets.tile import NOTHING, Tile

_TILES = {
    "loss": ("Loss", "How wrong the answers are on the images being learned: a running mean over about 50 batches."),
    "accuracy": (
        "Accuracy",
        "The share of right answers on the images being learned: a running mean over about 50 batches.",
    ),
    "validation": (
        "Validation",
        "The share of right answers on the images that were held back, after the latest whole epoch.",
    ),
    "rate": ("Learning rate", "How far each step goes at the moment, the schedule included."),
    "seconds": (
        "Epoch time",
        "The time that going through all training images once takes, without pauses; ≈ is an estimate.",
    ),
    "speed": ("Images/s", "How many images per second are being learned from, without pauses."),
}


class KeyFigures(QWidget):
    """Loss, accuracy, validation accuracy, learning rate, time per epoch and speed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tiles = {name: Tile(label, text) for name, (label, text) in _TILES.items()}
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE)
        for tile in self.tiles.values():
            layout.addWidget(tile, 1)

    def show_history(self, history: History, step: int | None = None) -> None:
        """Show the figures of a run after so many batches, else the latest ones; dashes where there are none."""
        figures = _figures(history, step)
        for name, tile in self.tiles.items():
            tile.show_figure(figures.get(name, NOTHING))


def _figures(history: History, step: int | None) -> dict[str, str]:
    last, batches = history.last, history.batches
    if last is None:
        return {}
    step = last.step if step is None else step
    row = int(np.searchsorted(batches.column("step"), step, side="right")) - 1
    if row < 0:
        return {}
    found = {
        "loss": _loss(float(batches.column("smooth_loss")[row])),
        "accuracy": f"{100 * batches.column('smooth_accuracy')[row]:.1f} %",
        "rate": _rate(float(batches.column("learning_rate")[row])),
    }
    epoch = next((report for report in reversed(history.reports) if report.step <= step), None)
    return found | _epoch_figures(epoch) | (_pace(last, estimated=epoch is None) if step >= last.step else {})


def _epoch_figures(epoch: EpochReport | None) -> dict[str, str]:
    """Return what is known of a whole epoch."""
    if epoch is None:
        return {}
    found = {"seconds": _seconds(epoch.seconds), "speed": f"{epoch.images_per_second:,.0f}"}
    if epoch.validation_accuracy is not None:
        found["validation"] = _percent(epoch.validation_accuracy)
    return found


def _pace(last: BatchReport, *, estimated: bool) -> dict[str, str]:
    """Return the speed at the latest batch, and the time of the first epoch as far as it can be told."""
    seconds = {"seconds": f"≈{_seconds(last.seconds * last.size / last.seen)}"} if estimated else {}
    return {"speed": f"{last.seen / max(last.seconds, 1e-9):,.0f}", **seconds}


def _loss(value: float) -> str:
    if not math.isfinite(value) or value >= 1e4:
        return f"{value:.2g}"
    return f"{value:.4f}" if value < 1 else f"{value:.3f}"


def _percent(share: float) -> str:
    """Return a share in per cent with two places; all of them need none."""
    return "100 %" if share == 1 else f"{100 * share:.2f} %"


def _rate(value: float) -> str:
    """Return a learning rate in six figures at most: there is no room for more."""
    if value >= 1e-3 or value == 0:
        return f"{value:.3g}" if value >= 1e-2 else f"{value:.2g}"
    factor, exponent = f"{value:.1e}".split("e")
    return f"{factor}e{int(exponent)}".replace("-", "−")


def _seconds(value: float) -> str:
    return f"{value:.2f} s" if value < 10 else f"{value:.1f} s" if value < 100 else f"{value:,.0f} s"
