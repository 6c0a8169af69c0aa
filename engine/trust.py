"""Figures that say how far answers may be trusted."""

from __future__ import annotations

import math
from dataclasses import dataclass

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
    return reliability(shares, labels, bins).error


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


@dataclass(frozen=True, eq=False)
class Reliability:
    """How often answers of a given confidence are right.

    Attributes
    ----------
    edges : ndarray of shape (bins + 1,)
        The intervals of confidence, 0 to 1; a confidence at an edge belongs to the interval below.
    counts : ndarray of shape (bins,), int
        How many answers fall into each.
    confidence, accuracy : ndarray of shape (bins,)
        Mean confidence, and the share of right answers; NaN where there are none.
    error : float
        The expected calibration error, see :func:`calibration_error`.

    References
    ----------
    DeGroot, Fienberg (1983), "The Comparison and Evaluation of Forecasters"; Niculescu-Mizil, Caruana (2005),
    "Predicting Good Probabilities with Supervised Learning".
    """

    edges: NDArray[np.float64]
    counts: NDArray[np.intp]
    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    error: float


def reliability(shares: Floats, labels: NDArray[np.uint8], bins: int = BINS) -> Reliability:
    """Sort answers by their confidence into equal intervals, and compare it with how often they are right.

    Parameters
    ----------
    shares : ndarray of shape (n, 10)
        Shares that are no numbers are left out.
    labels : ndarray of shape (n,)
    bins : int
        How many intervals.
    """
    sure, right = _answers(shares, labels)
    places = np.clip(np.ceil(sure * bins).astype(np.intp) - 1, 0, bins - 1)
    counts = np.bincount(places, minlength=bins)
    sums = [np.bincount(places, values, minlength=bins) for values in (sure, right)]
    confidence, accuracy = (np.divide(s, counts, out=np.full(bins, np.nan), where=counts > 0) for s in sums)
    all_known = len(sure) == len(labels)
    error = float(np.abs(sums[0] - sums[1]).sum() / max(len(labels), 1)) if all_known else math.nan
    return Reliability(np.linspace(0, 1, bins + 1), counts, confidence, accuracy, error)


@dataclass(frozen=True, eq=False)
class Coverage:
    """What remains, and how much of it is right, when only answers of enough confidence are given.

    Attributes
    ----------
    confidences : ndarray of shape (n,), float64
        Of all answers, the surest first.
    right : ndarray of shape (n,), int
        How many of the answers up to each of them are right.

    References
    ----------
    El-Yaniv, Wiener (2010), "On the Foundations of Noise-free Selective Classification".
    """

    confidences: NDArray[np.float64]
    right: NDArray[np.intp]

    @property
    def count(self) -> int:
        """How many answers there are in all."""
        return len(self.confidences)

    def answered(self, threshold: float) -> int:
        """Return how many answers have at least this confidence, 0 to 1."""
        return int(np.searchsorted(-self.confidences, -threshold, side="right"))

    def right_of(self, answered: int) -> int:
        """Return how many of the surest `answered` answers are right."""
        return int(self.right[answered - 1]) if answered else 0

    def curve(self, points: int = 400) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return shares answered, and shares of these that are right, both of shape (points,) or shorter.

        Answers of one confidence are given together or not at all, so the curve has no points between them.
        """
        ends = np.flatnonzero(np.append(self.confidences[1:] < self.confidences[:-1], True))[: self.count]
        if len(ends) > points:
            ends = ends[np.unique(np.linspace(0, len(ends) - 1, points).round().astype(np.intp))]
        return (ends + 1) / max(self.count, 1), self.right[ends] / (ends + 1)


def coverage(shares: Floats, labels: NDArray[np.uint8]) -> Coverage:
    """Return how coverage and accuracy go against one another.

    Parameters
    ----------
    shares : ndarray of shape (n, 10)
        Shares that are no numbers are left out.
    labels : ndarray of shape (n,)
    """
    sure, right = _answers(shares, labels)
    order = np.argsort(-sure, kind="stable")
    return Coverage(sure[order], np.cumsum(right[order], dtype=np.intp))


def _answers(shares: Floats, labels: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the confidence of each answer, and whether it is right, both of shape (n,)."""
    known = np.isfinite(shares).all(axis=1)
    shares, labels = shares[known], labels[known]
    return shares.max(axis=1).astype(float), shares.argmax(axis=1) == labels
