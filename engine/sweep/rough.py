"""How long a run takes, and how much room on disk, roughly, before anything has been measured."""

from __future__ import annotations

from itertools import zip_longest
from math import prod

import numpy as np

from engine.layers import Conv2DSpec
from engine.runs.figures import COLUMNS
from engine.specs import RunSpec

# Measured on one core: seconds per product of a weight and a value, a convolution's take longer; per value that is
# computed or, for a convolution, copied; per image, and per one that is deformed; per layer of a step.
PER_PRODUCT, CONVOLVED, PER_VALUE, PER_IMAGE, PER_DEFORMED, PER_STEP = 4.5e-11, 1.5, 2.5e-9, 7e-7, 1.7e-5, 3e-5
PER_UPDATE = 2.5e-9  # of each weight, by any optimizer but plain SGD
MNIST_IMAGES = 60_000
VECTORS = 3  # the weights, those of the best epoch, and the last that gave finite numbers
SQUEEZED = 0.6  # what is left of the figures of batches in their file


def rough_seconds(run: RunSpec) -> float:
    """Return about how many seconds a run takes on one core of an idle computer, with as many images as MNIST has.

    What other computers and other data take is proportional: see :func:`engine.sweep.left.usual_pace`.
    """
    learned = MNIST_IMAGES * (1 - run.validation_split) * run.training.epochs
    image = PER_IMAGE + _work(run) + (PER_DEFORMED if run.training.augmentation.active else 0.0)
    update = 0.0 if run.training.optimizer.kind == "sgd" else PER_UPDATE * run.network.parameter_count
    return learned * image + _steps(run) * (PER_STEP * (len(run.network.layers) + 1) + update)


def checkpoint_bytes(run: RunSpec) -> float:
    """Return about how many bytes it takes to go on with a run that learned from as many images as MNIST has."""
    vectors = (VECTORS + len(run.training.optimizer.slots)) * np.dtype(run.network.dtype).itemsize
    figures = (len(COLUMNS) + len(run.network.layers) + 1) * np.dtype(np.float32).itemsize
    return run.network.parameter_count * vectors + _steps(run) * figures * SQUEEZED


def _steps(run: RunSpec) -> float:
    return MNIST_IMAGES * (1 - run.validation_split) / run.training.batch_size * run.training.epochs


def _work(run: RunSpec) -> float:
    """Return how many seconds an image takes in all layers."""
    total = 0.0
    for layer, (shape, count) in zip_longest(run.network.layers, run.network.rows()):
        values, products = prod(shape), float(count)
        if isinstance(layer, Conv2DSpec):
            products *= prod(shape[:2])
            total += products / layer.filters * PER_VALUE
            products *= CONVOLVED
        total += values * PER_VALUE + products * PER_PRODUCT
    return total
