"""The key numbers of a run as a row of tiles."""

from __future__ import annotations

import math

from PySide6.QtWidgets import QHBoxLayout, QWidget

from engine.history import History
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

    def show_history(self, history: History) -> None:
        """Show the latest figures of a run, or dashes before it has begun."""
        figures = _figures(history)
        for name, tile in self.tiles.items():
            tile.show_figure(figures.get(name, NOTHING))


def _figures(history: History) -> dict[str, str]:
    last, epoch = history.last, history.last_epoch
    if last is None:
        return {}
    found = {
        "loss": _loss(float(history.batches.column("smooth_loss")[-1])),
        "accuracy": f"{100 * history.batches.column('smooth_accuracy')[-1]:.1f} %",
        "rate": _rate(last.learning_rate),
        "speed": f"{last.seen / max(last.seconds, 1e-9):,.0f}",
    }
    if epoch is None:
        found["seconds"] = f"≈{_seconds(last.seconds * last.size / last.seen)}"
        return found
    found["seconds"] = _seconds(epoch.seconds)
    if epoch.validation_accuracy is not None:
        found["validation"] = _percent(epoch.validation_accuracy)
    return found


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
