"""Ready-made runs to start from."""

from __future__ import annotations

from dataclasses import dataclass

from engine.layers import DenseSpec
from engine.optimizers import Adam
from engine.schedules import Cosine, OneCycle
from engine.specs import NetworkSpec, RunSpec, TrainingSpec


@dataclass(frozen=True)
class Preset:
    """A run with a name and the reason for its choices."""

    name: str
    title: str
    help: str
    run: RunSpec


PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            "quick",
            "Quick",
            "One hidden layer, Adam and a one-cycle schedule: about 98 % within seconds.",
            RunSpec(
                preset="quick",
                network=NetworkSpec(layers=(DenseSpec(units=350),)),
                training=TrainingSpec(
                    optimizer=Adam(), learning_rate=0.004, schedule=OneCycle(), batch_size=128, epochs=6
                ),
            ),
        ),
        Preset(
            "article",
            "Article",
            "As in the article: ReLU everywhere, the output too, squared error, one image at a time, in the file's "
            "order. A ReLU output unit can die and then never answers its digit again: try other seeds.",
            RunSpec(
                preset="article",
                validation_split=0.0,
                network=NetworkSpec(layers=(DenseSpec(units=350),), output_activation="relu"),
                training=TrainingSpec(
                    loss="mse", learning_rate=0.001, batch_size=1, epochs=1, shuffle=False, keep_best=False
                ),
            ),
        ),
        Preset(
            "deep",
            "Deep",
            "Three hidden layers with dropout, which slows learning and helps on images never seen.",
            RunSpec(
                preset="deep",
                network=NetworkSpec(
                    layers=(
                        DenseSpec(units=512, dropout=0.2),
                        DenseSpec(units=256, dropout=0.2),
                        DenseSpec(units=128),
                    )
                ),
                training=TrainingSpec(
                    optimizer=Adam(), learning_rate=0.001, schedule=Cosine(), batch_size=128, epochs=10
                ),
            ),
        ),
    )
}
DEFAULT_PRESET = "quick"


def preset_of(run: RunSpec) -> str:
    """Return the name of the preset that a run is, whatever its data and seed; empty if it is none."""
    for name, preset in PRESETS.items():
        alike = {"preset": name, "dataset": preset.run.dataset, "seed": preset.run.seed}
        if run.model_copy(update=alike) == preset.run:
            return name
    return ""


def named(run: RunSpec) -> RunSpec:
    """Return `run` under the name of the preset that it is; a name it may have borne says nothing."""
    return run.model_copy(update={"preset": preset_of(run)})
