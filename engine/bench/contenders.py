"""Who takes part: the registry of contenders, and what each of them offers to the process that times it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import blas
from engine.bench.workloads import EPOCH_IMAGES, WORKLOADS, Workload
from engine.datasets import Dataset, load_dataset

Array = NDArray[Any]


@dataclass(frozen=True)
class Task:
    """What one process times.

    Attributes
    ----------
    contender, workload : str
        Their names.
    images : int
        How many images an epoch has, 1 to 60,000.
    threads : int
        The most threads to compute with.
    """

    contender: str
    workload: str
    images: int
    threads: int

    @property
    def work(self) -> Workload:
        """The workload itself."""
        return WORKLOADS[self.workload]


@dataclass(frozen=True)
class Prepared:
    """A contender that is ready to start.

    Attributes
    ----------
    variants : mapping of str to callable
        Ways to do the same, of which the fastest counts. Each call does the work once and returns the seconds for
        an epoch of 60,000 images, or for one image.
    threads : callable
        Returns how many threads the last call computed with at most.
    version : str
        Of the library.
    """

    variants: Mapping[str, Callable[[], float]]
    threads: Callable[[], int]
    version: str


@dataclass(frozen=True)
class Contender:
    """One of those who are compared.

    Attributes
    ----------
    title : str
        Its name for people.
    module : str
        The file that offers ``prepare(task)``; it is imported in the contender's own process.
    packages : str
        What ``pip install`` would have to be told if it is missing; empty if nothing can be missing.
    """

    title: str
    module: str
    packages: str = ""

    def prepare(self, task: Task) -> Prepared:
        """Load what it needs, and build and fill what is timed."""
        prepared: Prepared = import_module(f"engine.bench.{self.module}").prepare(task)
        return prepared


CONTENDERS: dict[str, Contender] = {
    "ours": Contender("DigitLab", "ours"),
    "plain": Contender("not augmented", "ours"),
    "floor": Contender("matrix products", "floor"),
    "article": Contender("unit by unit", "article"),
    "torch": Contender("PyTorch", "pytorch", "torch"),
    "keras": Contender("Keras", "keras_tensorflow", "keras tensorflow"),
    "sklearn": Contender("scikit-learn", "scikit_learn", "scikit-learn"),
}


def load(images: int) -> Dataset:
    """Return MNIST with its first `images` training images."""
    mnist = load_dataset("mnist")
    return Dataset(
        mnist.word,
        mnist.title,
        mnist.train_images[:images],
        mnist.train_labels[:images],
        mnist.test_images,
        mnist.test_labels,
    )


def in_memory(images: int) -> tuple[Array, Array]:
    """Return training images as contiguous float32 of shape (n, 784), 0 to 1, and labels as int64 of shape (n,)."""
    data = load(images)
    X = data.train_images.reshape(len(data.train_images), -1)
    return np.multiply(X, 1 / 255, dtype=np.float32), data.train_labels.astype(np.int64)


def per_epoch(seconds: float, images: int) -> float:
    """Return what an epoch of 60,000 images takes if `images` of them took `seconds`."""
    return seconds * EPOCH_IMAGES / images


def blas_threads() -> int:
    """Return how many threads NumPy's matrix products use now."""
    return max((int(pool["threads"]) for pool in blas.libraries()), default=1)
