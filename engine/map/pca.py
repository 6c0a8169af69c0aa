"""Principal component analysis: the few directions in which images differ most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
SPARE, ROUNDS = 8, 7


@dataclass(frozen=True)
class Components:
    """The first k principal components of some features.

    Attributes
    ----------
    mean : ndarray of shape (d,)
        The middle of all rows.
    axes : ndarray of shape (d, k)
        Orthonormal columns, those of the largest variance first.
    shares : ndarray of shape (k,)
        The share of the whole variance that lies along each, 0 to 1.
    """

    mean: Floats
    axes: Floats
    shares: Floats

    def project(self, features: NDArray[Any]) -> Floats:
        """Return the coordinates, of shape (n, k), of features of shape (n, d)."""
        return np.asarray((features - self.mean) @ self.axes, np.float32)


def principal_components(features: NDArray[Any], count: int = 2) -> Components:
    """Return the first `count` principal components of features of shape (n, d); fewer where n or d is smaller.

    They are found by a randomized singular value decomposition with power iterations (Halko, Martinsson & Tropp,
    2011, *SIAM Review* 53(2)), whose random start is always the same. In each component the largest entry is
    positive, so that the same features always give the same signs.
    """
    mean = features.mean(axis=0, dtype=np.float64).astype(np.float32)
    centred = features - mean
    size = float(np.abs(centred).max(initial=0)) or 1.0
    centred /= size  # so that no product overflows
    rows, columns = centred.shape
    width = min(count + SPARE, rows, columns)
    basis = np.random.default_rng(0).standard_normal((columns, width), np.float32)
    for _ in range(ROUNDS):
        basis = np.linalg.qr(centred.T @ np.linalg.qr(centred @ basis)[0])[0]
    _, lengths, axes = np.linalg.svd(centred @ basis, full_matrices=False)
    axes = (axes @ basis.T)[:count]
    tops = np.take_along_axis(axes, np.abs(axes).argmax(axis=1)[:, None], axis=1)
    axes *= np.where(tops < 0, -1, 1)
    whole = float(np.square(centred, dtype=np.float64).sum()) or 1.0
    return Components(mean, axes.T.astype(np.float32), (lengths[:count] ** 2 / whole).astype(np.float32))


def turn_like(points: NDArray[Any], model: NDArray[Any]) -> Floats:
    """Return the rotation or reflection, of shape (k, k), that brings `points` closest to `model`, both (n, k).

    Principal components have no signs of their own, and two of nearly the same variance change places all the time:
    turned like the moment before, a map moves instead of jumping. This is the orthogonal Procrustes problem
    (Schönemann, 1966, *Psychometrika* 31(1)); ``points @ turn`` is the result.
    """
    left, _, right = np.linalg.svd(np.asarray(points, float).T @ np.asarray(model, float))
    return (left @ right).astype(np.float32)
