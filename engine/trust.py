"""Figures that say how far answers may be trusted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]

BINS = 15


def calibration_error(shares: Floats, labels: NDArray[np.uint8], bins: int = BINS) -> float:
    """Return the expected calibration error: how far "83 % sure" is from being right 83 times in a hundred.

    Parameters
    ----------
    shares : ndarray of shape (n, 10)
    labels : ndarray of shape (n,)
    bins : int
        The first guesses are sorted into so many equal intervals of their shares.

    Returns
    -------
    float
        The mean, weighted by count, of the differences between mean share and accuracy: 0 to 1. NaN when a share is no
        number.

    References
    ----------
    Naeini, Cooper, Hauskrecht (2015), "Obtaining Well Calibrated Probabilities Using Bayesian Binning"; Guo et al.
    (2017), "On Calibration of Modern Neural Networks".
    """
    if not np.isfinite(shares).all():
        return float("nan")
    sure, right = shares.max(axis=1), shares.argmax(axis=1) == labels
    places = np.clip(np.ceil(sure * bins).astype(np.intp) - 1, 0, bins - 1)
    gaps = np.bincount(places, sure, minlength=bins) - np.bincount(places, right, minlength=bins)
    return float(np.abs(gaps).sum() / max(len(labels), 1))


def auroc(digits: Floats, others: Floats) -> float:
    """Return the area under the receiver operating characteristic.

    It is the chance that a digit has a higher score than something that is none; ties count half.

    Parameters
    ----------
    digits, others : ndarray of shape (n,) and (m,)
        Scores; neither may be empty.
    """
    both = np.concatenate([digits, others])
    _, inverse, counts = np.unique(both, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    n, m = len(digits), len(others)
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m))
