"""The rows of the table of accuracies: what is trained, what is demanded of it, and what others have reached."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from engine.errors import SettingError
from engine.presets import PRESETS
from engine.specs import RunSpec

ARTICLE, FAITHFUL = "article", "article-faithful"

ARTICLE_ROWS = (
    (1, 0.001, (256, 128, 64), 82.06),
    (1, 0.001, (350,), 93.30),
    (1, 0.001, (256, 128, 64, 32), 75.48),
    (2, 0.001, (350,), 94.66),
    (10, 0.001, (350,), 87.77),
    (1, 0.0001, (350,), 76.05),
    (3, 0.001, (350,), 95.55),
    (4, 0.001, (350,), 77.20),
)
"""The article's table: epochs, learning rate, hidden layers, test accuracy in percent."""

ALIVE = {"output_activation": "leaky_relu", "loss": "mse"}
"""Output units that cannot die, for the article's rows: where it has ReLU and the squared error."""

LONG_ENOUGH = 4
"""From so many epochs on, no digit may be lost: the article's rows of 4 and 10 epochs are those that collapsed."""

EPOCH_SECONDS = 6.0
"""Roughly what an epoch of one image at a time takes; only the first guess of the time left depends on it."""


@dataclass(frozen=True)
class Demand:
    """What the mean over the seeds has to reach.

    Attributes
    ----------
    accuracy : float
        The least test accuracy, 0 to 1.
    seconds : float or None
        The most seconds of training.
    no_digit_lost : bool
        Whether every seed has to read every digit, see :attr:`engine.reproduction.run.Measure.lost`.
    """

    accuracy: float
    seconds: float | None = None
    no_digit_lost: bool = False


@dataclass(frozen=True)
class Row:
    """A row of the table.

    Attributes
    ----------
    name : str
        What it is chosen by; the rows of the article share theirs.
    title : str
        Its name in the table.
    run : RunSpec
        What is trained, for whatever seed.
    demand : Demand or None
        None: the row is there to be compared with.
    reference : str
        What others have reached.
    """

    name: str
    title: str
    run: RunSpec
    demand: Demand | None
    reference: str

    @property
    def epochs(self) -> int:
        """After how many epochs the network is judged."""
        return self.run.training.epochs

    @property
    def course(self) -> RunSpec:
        """What rows have in common that are stations of one longer run.

        That is only so where nothing depends on the end of the run: neither the learning rate nor the weights kept.
        """
        training = self.run.training
        if training.schedule.kind != "constant" or training.keep_best or training.early_stopping:
            return self.run
        return self.run.changed(training={"epochs": 1})

    @property
    def guess(self) -> float:
        """Roughly how many seconds a run takes."""
        limit = self.demand.seconds if self.demand else None
        return limit or EPOCH_SECONDS * self.epochs


PRESET_DEMANDS = {
    "quick": (Demand(0.98, 6), "MLP, 300 units: 95.3 % (LeCun 1998)"),
    "augmented": (Demand(0.992, 3 * 60), "MLP, 800 units, elastic: 99.3 % (Simard 2003)"),
    "convolutional": (Demand(0.994, 3 * 60), "LeNet-5: 99.05 %, with distortions 99.2 % (LeCun 1998)"),
    "best": (
        Demand(0.9965, 20 * 60),
        "convolutional, elastic: 99.6 % (Simard 2003); MLP on a GPU: 99.65 % (Ciresan 2010)",
    ),
}
"""What each preset has to reach, and what is known beside it."""


def all_rows() -> tuple[Row, ...]:
    """Return the whole table, in order."""
    presets = [
        Row(name, PRESETS[name].title, PRESETS[name].run, demand, reference)
        for name, (demand, reference) in PRESET_DEMANDS.items()
    ]
    return (*_article(ARTICLE), *_article(FAITHFUL), *presets)


def rows_named(names: Iterable[str] | None) -> tuple[Row, ...]:
    """Return the rows of these names in the table's order; all of them for None.

    Raises
    ------
    SettingError
        When there is no row of a name.
    """
    rows = all_rows()
    legal = list(dict.fromkeys(row.name for row in rows))
    chosen = legal if names is None else list(names)
    for name in chosen:
        if name not in legal:
            said = f"{name[:40]} is not allowed" if name else "a value is missing"
            raise SettingError(f"Only: {said}; it must be one of {', '.join(legal)}, or several with commas between.")
    return tuple(row for row in rows if row.name in chosen)


def _article(name: str) -> list[Row]:
    start = PRESETS["article"].run
    rows = []
    for epochs, rate, hidden, percent in ARTICLE_ROWS:
        training: dict[str, Any] = {"epochs": epochs, "learning_rate": rate}
        network: dict[str, Any] = {"layers": [{"kind": "dense", "units": units} for units in hidden]}
        demand = None
        if name == ARTICLE:
            training["loss"], network["output_activation"] = ALIVE["loss"], ALIVE["output_activation"]
            demand = Demand(round(percent / 100, 4), no_digit_lost=epochs >= LONG_ENOUGH)
        sizes = ", ".join(map(str, hidden))
        rows.append(
            Row(
                name,
                f"[{sizes}], rate {rate:g}, {epochs} epoch{'s' * (epochs > 1)}",
                start.changed(run={"preset": ""}, network=network, training=training),
                demand,
                f"article: {percent:.2f} %",
            )
        )
    return rows
