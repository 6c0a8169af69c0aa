"""The mean image of every class."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import CLASSES, SIDE

_AT_A_TIME = 512


def class_means(
    images: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    rows: NDArray[np.intp],
    cancelled: Callable[[], bool] = lambda: False,
) -> NDArray[np.uint8] | None:
    """Return the mean image of every class, of shape (10, 28, 28), uint8; black where a class has no image.

    Parameters
    ----------
    images : ndarray of shape (n, 28, 28), uint8
    labels : ndarray of shape (n,), uint8
    rows : ndarray of int
        Which of them to average.
    cancelled : callable
        Asked between parts; the answer True ends it, and nothing is returned.
    """
    means = np.zeros((CLASSES, SIDE, SIDE), np.uint8)
    for number in range(CLASSES):
        own = rows[labels[rows] == number]
        total = np.zeros((SIDE, SIDE), np.int64)
        for start in range(0, len(own), _AT_A_TIME):  # piece by piece: memory stays small, and it can be cancelled
            if cancelled():
                return None
            total += images[own[start : start + _AT_A_TIME]].sum(axis=0, dtype=np.int64)
        if len(own):
            means[number] = np.rint(total / len(own))
    return means
