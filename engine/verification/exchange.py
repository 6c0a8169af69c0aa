"""The files through which a check and its child process speak: JSON and plain arrays, nothing that can run code.

A folder holds one case: ``request.json`` and ``start.npz`` (what to train), ``batches.npy`` (array after array: what
each step saw), ``ours.npz`` and ``theirs.npz`` (what came out).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from engine.fields import Settings
from engine.layers import DropoutSpec
from engine.specs import NetworkSpec, RunSpec

Array = NDArray[Any]
REQUEST, START, BATCHES, OURS, THEIRS = "request.json", "start.npz", "batches.npy", "ours.npz", "theirs.npz"
_PARAMETER = "parameter "


class Request(Settings):
    """What a twin is asked for.

    Attributes
    ----------
    run : RunSpec
        Network, loss, optimizer, schedule and the rest.
    steps : int
        So many batches were recorded.
    size : int
        Images in an epoch.
    """

    run: RunSpec
    steps: int
    size: int


@dataclass(frozen=True)
class Course:
    """What came of a training.

    Attributes
    ----------
    losses, rates : ndarray of shape (steps,), float64
        The loss of each batch before its step, and the learning rate that its own schedule gives for the step.
    parameters : dict of str to ndarray
        All arrays of the network in the end, by the names that model files use.
    images_per_second : float
        Its speed, without the first step and without the making of the batches, which both are handed.
    """

    losses: Array
    rates: Array
    parameters: dict[str, Array]
    images_per_second: float

    def save(self, path: Path) -> None:
        """Write it to `path`."""
        arrays = {_PARAMETER + name: array for name, array in self.parameters.items()}
        save_arrays(
            path, arrays | {"losses": self.losses, "rates": self.rates, "speed": np.array(self.images_per_second)}
        )

    @classmethod
    def load(cls, path: Path) -> Course:
        """Read it from `path`."""
        found = load_arrays(path)
        named = {name.removeprefix(_PARAMETER): array for name, array in found.items() if name.startswith(_PARAMETER)}
        return cls(found["losses"], found["rates"], named, float(found["speed"]))


@dataclass(frozen=True)
class Batch:
    """What one step saw.

    Attributes
    ----------
    images : ndarray of shape (n, 784)
        As floats, deformed if that was asked for.
    labels : ndarray of shape (n,), uint8
        Their digits.
    rate : float
        The learning rate of the step.
    kept : list of ndarray of shape (n, values), bool
        What each dropout layer let pass.
    """

    images: Array
    labels: Array
    rate: float
    kept: list[Array]

    def write(self, file: IO[bytes]) -> None:
        """Add it to a file."""
        for array in (self.images, self.labels, np.array(self.rate)):
            np.save(file, array)
        for kept in self.kept:
            np.save(file, np.array(kept.shape))
            np.save(file, np.packbits(kept))


def read_batches(path: Path, steps: int, dropouts: int) -> Iterator[Batch]:
    """Yield `steps` batches with the masks of so many dropout layers each."""
    with path.open("rb") as file:
        for _ in range(steps):
            images, labels, rate = (_next(file) for _ in range(3))
            yield Batch(images, labels, float(rate), [_next_mask(file) for _ in range(dropouts)])


def dropout_rates(spec: NetworkSpec) -> list[float]:
    """Return the rates of the dropout layers in order; those that never drop anything are left out."""
    rates = [row.rate if isinstance(row, DropoutSpec) else getattr(row, "dropout", 0.0) for row in spec.layers]
    return [rate for rate in rates if rate > 0]


def save_arrays(path: Path, arrays: dict[str, Array]) -> None:
    """Write arrays by name."""
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def load_arrays(path: Path) -> dict[str, Array]:
    """Read arrays by name."""
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def _next(file: IO[bytes]) -> Array:
    return np.load(file, allow_pickle=False)


def _next_mask(file: IO[bytes]) -> Array:
    shape = _next(file)
    return np.unpackbits(_next(file), count=int(shape.prod())).reshape(shape).astype(bool)
