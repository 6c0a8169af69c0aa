"""The engine itself: an epoch as ``train`` does it, without the window; or one image as the drawing pad has it read."""

from __future__ import annotations

import platform
import time
from collections import deque
from collections.abc import Callable
from statistics import median

import numpy as np

from engine import blas
from engine.augmentation import AugmentationSpec
from engine.bench.contenders import Prepared, Task, blas_threads, load, per_epoch
from engine.datasets.split import split
from engine.errors import DigitLabError
from engine.model import program_version
from engine.network import Network
from engine.reports import EndReport
from engine.training import Training

CALLS = 2000


def prepare(task: Task) -> Prepared:
    """Return the engine, ready to train or to read; the contender ``"plain"`` leaves the augmentation away."""
    blas.allow_threads(task.threads)
    network = Network(task.work.run.network, task.work.run.seed)
    version = f"{program_version()}, NumPy {np.__version__}, Python {platform.python_version()}"
    if task.work.unit == "image":
        return Prepared({"": _reading(network)}, lambda: 1, version)
    return Prepared({"": _learning(network, task)}, lambda: _threads(network), version)


def _learning(network: Network, task: Task) -> Callable[[], float]:
    run = task.work.run
    settings = run.training
    if task.contender == "plain":
        settings = settings.model_copy(update={"augmentation": AugmentationSpec()})
    training = Training(network, split(load(task.images), run.validation_split, run.seed), settings, run.seed)

    def epoch() -> float:
        started = time.perf_counter()
        last = deque(training.reports(), maxlen=1).pop()
        seconds = time.perf_counter() - started
        if not isinstance(last, EndReport) or last.reason != "finished":
            raise DigitLabError(f"The epoch that was timed did not come to its end: {last}")
        return per_epoch(seconds, task.images)

    return epoch


def _reading(network: Network) -> Callable[[], float]:
    images = np.multiply(load(1).test_images, 1 / 255, dtype=np.float32)  # the pad has floats

    def read() -> float:
        taken = []
        for number in range(CALLS):
            image = images[number]
            started = time.perf_counter()
            network.predict(image[None])
            taken.append(time.perf_counter() - started)
        return median(taken)

    return read


def _threads(network: Network) -> int:
    """Return how many threads compute: convolutions divide batches themselves, dense layers leave it to the BLAS."""
    if network.has_images:
        return min(2, blas.allowed_threads())
    return blas_threads()
