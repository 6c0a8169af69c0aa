"""The floor: the matrix products that training cannot do without, and nothing else.

Forward, the gradient of the weights, and the gradient of the inputs except for the first layer, which has nobody to
pass it on to. Memory is there, batches are cut, labels are not even looked at. Convolutions are taken as the
products of their windows laid out as rows (im2col); laying them out is not counted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import blas
from engine.bench.contenders import Prepared, Task, blas_threads, in_memory, per_epoch
from engine.layers import Conv2D, Dense
from engine.network import Network

Array = NDArray[Any]
Product = tuple[Array, Array, Array]
"""A, B and where A B goes."""


class LayerProducts:
    """The products of one layer, for batches of up to `batch` samples.

    Parameters
    ----------
    rows : int
        Rows of its matrix per sample: 1, or the places of a convolution.
    inputs, outputs : int
        The shape of its weights.
    first : bool
        Whether the gradient of its inputs is of no use.
    """

    def __init__(self, rows: int, inputs: int, outputs: int, batch: int, *, first: bool) -> None:
        rng = np.random.default_rng(0)
        self._rows, self._first = rows, first
        self._X, self._W, self._dZ = (
            rng.standard_normal(shape, dtype=np.float32)
            for shape in ((batch * rows, inputs), (inputs, outputs), (batch * rows, outputs))
        )
        self._Y, self._dW, self._dX = np.empty_like(self._dZ), np.empty_like(self._W), np.empty_like(self._X)

    def of(self, n: int, X: Array | None = None) -> Iterator[Product]:
        """Yield the products for `n` samples, with inputs `X` if there are real ones."""
        rows = slice(n * self._rows)
        X = self._X[rows] if X is None else X
        yield X, self._W, self._Y[rows]
        yield X.T, self._dZ[rows], self._dW
        if not self._first:
            yield self._dZ[rows], self._W.T, self._dX[rows]


def prepare(task: Task) -> Prepared:
    """Return the products of an epoch, with one thread and with all: the better one counts."""
    X, _ = in_memory(task.images)
    prepared = list(products(X, task))

    def with_threads(count: int) -> Callable[[], float]:
        def epoch() -> float:
            blas.use_threads(count)
            started = time.perf_counter()
            for A, B, out in prepared:
                np.matmul(A, B, out=out)
            return per_epoch(time.perf_counter() - started, task.images)

        return epoch

    variants = {_name(count): with_threads(count) for count in sorted({1, task.threads})}
    return Prepared(variants, blas_threads, f"NumPy {np.__version__}, {_libraries()}")


def products(X: Array, task: Task) -> Iterator[Product]:
    """Yield all products of an epoch; the images themselves go in where the first layer is dense."""
    batch = task.work.run.training.batch_size
    layers = [_products(layer, batch, first=i == 0) for i, layer in enumerate(_layers(task))]
    flat = isinstance(_layers(task)[0], Dense)
    for start in range(0, len(X), batch):
        images = X[start : start + batch]
        for i, layer in enumerate(layers):
            yield from layer.of(len(images), images if flat and i == 0 else None)


def _layers(task: Task) -> list[Dense | Conv2D]:
    return Network(task.work.run.network, seed=None).weighted


def _products(layer: Dense | Conv2D, batch: int, *, first: bool) -> LayerProducts:
    if isinstance(layer, Conv2D):
        return LayerProducts(layer.places, layer.inputs, layer.filters, batch, first=first)
    return LayerProducts(1, layer.inputs, layer.units, batch, first=first)


def _name(threads: int) -> str:
    return "1 thread" if threads == 1 else f"{threads} threads"


def _libraries() -> str:
    return ", ".join(f"{pool['name']} {pool['version']}" for pool in blas.libraries())
