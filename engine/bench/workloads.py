"""What is measured: workloads, who takes part in each, and what is demanded of this engine there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.augmentation import USUAL, AugmentationSpec
from engine.layers import DenseSpec
from engine.optimizers import SGD, Adam, OptimizerSpec
from engine.presets import PRESETS
from engine.specs import NetworkSpec, RunSpec, TrainingSpec

EPOCH_IMAGES = 60_000
"""What every figure per epoch is for; a contender that is timed on fewer images is extrapolated."""
LIBRARIES = ("torch", "keras", "sklearn")


@dataclass(frozen=True)
class Demand:
    """What one figure of a workload must be at most, measured on two processors.

    Attributes
    ----------
    measure : str
        ``"seconds"``, ``"added_seconds"`` or the name of a ratio, e.g. ``"vs_floor"``.
    limit : float
        In seconds, or as a ratio of ours to theirs.
    """

    measure: str
    limit: float


@dataclass(frozen=True)
class Workload:
    """Something that is done by several contenders, of whom ``"ours"`` is always one.

    Attributes
    ----------
    name, title : str
        The word on the command line and in the result, and the line for people.
    run : RunSpec
        Network and training.
    contenders : tuple of str
        Who takes part, in the order of their turns; see :mod:`engine.bench.contenders`.
    demands : tuple of Demand
        None where nothing is demanded.
    seconds : float
        Roughly what a round of all contenders takes, for the forecast of the time that is left.
    unit : str
        What the seconds are for: an epoch of 60,000 images, or the reading of one.
    """

    name: str
    title: str
    run: RunSpec
    contenders: tuple[str, ...]
    demands: tuple[Demand, ...]
    seconds: float
    unit: Literal["epoch", "image"] = "epoch"


ONE_LAYER = NetworkSpec(layers=(DenseSpec(units=350),))
THREE_LAYERS = NetworkSpec(layers=tuple(DenseSpec(units=units) for units in (256, 128, 64)))
CONVOLUTIONAL = PRESETS["convolutional"].run.network
BESIDE_OTHERS = ("ours", "floor", *LIBRARIES)
FASTER_THAN_ALL = tuple(Demand(f"vs_{name}", 1.0) for name in LIBRARIES)


def _plain_sgd(network: NetworkSpec) -> RunSpec:
    return _run(network, SGD(), 0.1)


def _adam(network: NetworkSpec, augmentation: AugmentationSpec | None = None) -> RunSpec:
    return _run(network, Adam(), 0.001, augmentation)


def _run(
    network: NetworkSpec, optimizer: OptimizerSpec, rate: float, augmentation: AugmentationSpec | None = None
) -> RunSpec:
    """Return a run of one epoch over all images in batches of 128."""
    training = TrainingSpec(
        optimizer=optimizer,
        learning_rate=rate,
        batch_size=128,
        epochs=1,
        augmentation=augmentation or AugmentationSpec(),
    )
    return RunSpec(validation_split=0.0, network=network, training=training)


WORKLOADS: dict[str, Workload] = {
    workload.name: workload
    for workload in (
        Workload(
            "dense",
            "[784,350,10], batch 128, SGD",
            _plain_sgd(ONE_LAYER),
            BESIDE_OTHERS,
            (Demand("vs_floor", 1.20), Demand("vs_torch", 0.83), Demand("vs_keras", 0.58), Demand("vs_sklearn", 0.62)),
            3.5,
        ),
        Workload(
            "deep",
            "[784,256,128,64,10], batch 128, SGD",
            _plain_sgd(THREE_LAYERS),
            BESIDE_OTHERS,
            (Demand("vs_floor", 1.25), *FASTER_THAN_ALL),
            4,
        ),
        Workload("dense-adam", "[784,350,10], batch 128, Adam", _adam(ONE_LAYER), BESIDE_OTHERS, FASTER_THAN_ALL, 6),
        Workload(
            "deep-adam",
            "[784,256,128,64,10], batch 128, Adam",
            _adam(THREE_LAYERS),
            BESIDE_OTHERS,
            FASTER_THAN_ALL,
            6,
        ),
        Workload(
            "article",
            "Article, [350], one image at a time",
            PRESETS["article"].run,
            ("ours", "article"),
            (Demand("seconds", 5), Demand("vs_article", 1 / 60)),
            5.5,
        ),
        Workload(
            "convolutional",
            "Convolutional, batch 128, Adam",
            _adam(CONVOLUTIONAL),
            ("ours", "floor", "torch", "keras"),
            (Demand("vs_torch", 1.0),),
            25,
        ),
        Workload(
            "augmented-dense",
            "[784,350,10], Adam, augmented",
            _adam(ONE_LAYER, USUAL),
            ("ours", "plain"),
            (Demand("added_seconds", 1),),
            2.5,
        ),
        Workload(
            "augmented-convolutional",
            "Convolutional, augmented",
            _adam(CONVOLUTIONAL, USUAL),
            ("ours", "plain"),
            (Demand("vs_plain", 1.3),),
            7,
        ),
        Workload(
            "predict-dense",
            "One image, [784,350,10]",
            _plain_sgd(ONE_LAYER),
            ("ours",),
            (Demand("seconds", 100e-6),),
            0.5,
            "image",
        ),
        Workload(
            "predict-convolutional",
            "One image, Convolutional",
            _adam(CONVOLUTIONAL),
            ("ours",),
            (Demand("seconds", 1e-3),),
            1,
            "image",
        ),
    )
}
