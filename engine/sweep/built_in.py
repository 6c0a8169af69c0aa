"""The experiments that come with the program."""

from __future__ import annotations

from engine.presets import PRESETS
from engine.reproduction.rows import ARTICLE_ROWS
from engine.sweep.axis import Axis
from engine.sweep.paths import LAYERS, RATE
from engine.sweep.spec import Case, SweepSpec

EPOCHS = "training.epochs"


def _article() -> SweepSpec:
    """Return the article's table: its settings as they are, so that its ReLU outputs may die here, too."""
    cases = [
        Case(
            values={LAYERS: list(hidden), RATE: rate, EPOCHS: epochs},
            title=f"[{', '.join(map(str, hidden))}], rate {rate:g}, {epochs} epoch{'s' * (epochs > 1)}",
            reference=round(percent / 100, 4),
        )
        for epochs, rate, hidden, percent in ARTICLE_ROWS
    ]
    return SweepSpec(
        name="The article's table", base=PRESETS["article"].run, search="list", cases=tuple(cases), seeds=(0,)
    )


_QUICK = PRESETS["quick"].run
_CONSTANT = _QUICK.changed(training={"schedule": {"kind": "constant"}, "epochs": 3})

BUILT_IN: dict[str, SweepSpec] = {
    "article": _article(),
    "learning-rate": SweepSpec(
        name="Learning rates",
        base=_CONSTANT,
        search="random",
        axes=(Axis(path=RATE, low=1e-5, high=0.1, log=True),),
        count=12,
    ),
    "optimizers": SweepSpec(
        name="Optimizers",
        base=_CONSTANT,
        axes=(Axis(path="training.optimizer", values=("sgd", "momentum", "rmsprop", "adam")),),
        seeds=(0, 1, 2),
    ),
    "depth": SweepSpec(
        name="Depth",
        base=_QUICK,
        axes=(Axis(path=LAYERS, values=("none", "dense:128", "dense:128,dense:128", "dense:128,dense:128,dense:128")),),
        seeds=(0, 1),
    ),
}
"""By the name that the terminal knows them by."""
