"""Ready-made runs to start from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.augmentation import USUAL, AugmentationSpec
from engine.layers import Conv2DSpec, DenseSpec, MaxPool2DSpec
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


def _augmented(**settings: Any) -> TrainingSpec:
    """Return how a network learns from deformed images: until the falling learning rate has settled it, to the end."""
    return TrainingSpec(
        **{"optimizer": Adam(), "schedule": OneCycle(), "augmentation": USUAL, "keep_best": False, **settings}
    )


_STRIDED = NetworkSpec(
    layers=(
        Conv2DSpec(filters=32, kernel=5, stride=2),
        Conv2DSpec(filters=64, kernel=3, stride=2, dropout=0.1),
        DenseSpec(units=128, dropout=0.2),
    )
)
"""Two small convolutions that halve the image each."""

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
        Preset(
            "augmented",
            "Dense + augmentation",
            "Two hidden layers that see every image bent, turned and shifted anew in every epoch: over 99 % "
            "without a convolution.",
            RunSpec(
                preset="augmented",
                validation_split=0.05,
                network=NetworkSpec(layers=(DenseSpec(units=1024), DenseSpec(units=256))),
                training=_augmented(learning_rate=0.0015, batch_size=256, epochs=42),
            ),
        ),
        Preset(
            "convolutional",
            "Convolutional",
            "Two small convolutions that halve the image each, with augmentation: 99.5 % within minutes.",
            RunSpec(
                preset="convolutional",
                validation_split=0.05,
                network=_STRIDED,
                training=_augmented(learning_rate=0.003, batch_size=128, epochs=34),
            ),
        ),
        Preset(
            "best",
            "Best",
            "Four convolutions with pooling, dropout and augmentation: the most accurate, in a quarter of an hour.",
            RunSpec(
                preset="best",
                validation_split=0.05,
                network=NetworkSpec(
                    layers=(
                        Conv2DSpec(filters=32, kernel=5),
                        MaxPool2DSpec(),
                        Conv2DSpec(filters=64, kernel=3, padding="same"),
                        Conv2DSpec(filters=64, kernel=3),
                        MaxPool2DSpec(),
                        Conv2DSpec(filters=128, kernel=3, dropout=0.2),
                        DenseSpec(units=128, dropout=0.4),
                    )
                ),
                training=_augmented(learning_rate=0.002, batch_size=128, epochs=28),
            ),
        ),
        Preset(
            "reader",
            "Reader",
            "The network that comes with the program and reads the pad: made for drawings, and best with pen strokes "
            "to learn from besides MNIST (--extra hands unipen:PATH).",
            RunSpec(
                preset="reader",
                validation_split=0.1,
                network=_STRIDED,
                training=_augmented(
                    learning_rate=0.003,
                    batch_size=128,
                    epochs=18,
                    augmentation=AugmentationSpec(rotation=8, scale=10, shear=8, shift=1, elastic=0.6),
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
