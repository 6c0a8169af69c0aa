"""How long a run takes, roughly, before anything has been measured."""

from __future__ import annotations

from math import prod

from engine.layers import Conv2DSpec
from engine.specs import INPUT_SHAPE, RunSpec

# Measured on one core: seconds per weight and image, per layer of a step, and per image that is deformed.
# A convolution takes longer for each of its products than a dense layer.
PER_PRODUCT, PER_STEP, PER_DEFORMED, CONVOLVED = 4e-11, 6e-5, 8e-6, 2.0
PER_UPDATE = 1e-9  # of each weight, by any optimizer but plain SGD
MNIST_IMAGES = 60_000


def rough_seconds(run: RunSpec, images: int = MNIST_IMAGES) -> float:
    """Return about how many seconds a run takes that learns from `images` images, validation images included."""
    learned = images * (1 - run.validation_split)
    steps = learned / run.training.batch_size
    deformed = PER_DEFORMED if run.training.augmentation.active else 0.0
    update = 0.0 if run.training.optimizer.kind == "sgd" else PER_UPDATE * run.network.parameter_count
    epoch = learned * (_products(run) * PER_PRODUCT + deformed) + steps * (PER_STEP * len(run.network.layers) + update)
    return epoch * run.training.epochs


def _products(run: RunSpec) -> float:
    """Return how many multiplications an image takes, convolutions weighted by how much longer theirs take."""
    shapes = [INPUT_SHAPE, *(shape for shape, _ in run.network.rows())]
    counts = [count for _, count in run.network.rows()]
    total = 0.0
    for number, count in enumerate(counts):
        layer = run.network.layers[number] if number < len(run.network.layers) else None
        places = prod(shapes[number + 1][:2]) * CONVOLVED if isinstance(layer, Conv2DSpec) else 1
        total += count * places
    return total
