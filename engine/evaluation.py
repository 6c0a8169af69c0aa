"""How good a network is on images it did not learn."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.losses import LOSSES, Loss, count_right
from engine.network import ROWS_AT_A_TIME, Network, as_floats, as_shares
from engine.specs import CLASSES

Array = NDArray[Any]
Z95 = 1.959964


@dataclass(frozen=True)
class Evaluation:
    """What a network did with a set of images.

    Attributes
    ----------
    count : int
        How many images.
    loss : float
        The mean loss.
    confusion : ndarray of shape (10, 10), int
        Row: the true digit, column: the answer.
    probabilities : ndarray of shape (count, 10), float32
        The share given to each digit.
    labels, answers : ndarray of shape (count,), uint8
        True digits and answers.
    """

    count: int
    loss: float
    confusion: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    labels: NDArray[np.uint8]
    answers: NDArray[np.uint8]

    @property
    def accuracy(self) -> float:
        """The share of right answers, 0 to 1."""
        return float(np.trace(self.confusion)) / self.count

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % confidence interval of the accuracy (Wilson 1927)."""
        return wilson(int(np.trace(self.confusion)), self.count)

    @property
    def confidences(self) -> NDArray[np.float32]:
        """The share given to the answer, per image."""
        return self.probabilities[np.arange(self.count), self.answers]

    def recall(self) -> Array:
        """Return, per digit, the share of its images that were read right; NaN where there are none."""
        return _ratio(np.diag(self.confusion), self.confusion.sum(axis=1))

    def precision(self) -> Array:
        """Return, per digit, the share of right ones among the answers; NaN where there are none."""
        return _ratio(np.diag(self.confusion), self.confusion.sum(axis=0))

    def rows(self, truth: int, answer: int) -> NDArray[np.intp]:
        """Return the images of digit `truth` that were read as `answer`, the surest first."""
        found = np.flatnonzero((self.labels == truth) & (self.answers == answer))
        return found[np.argsort(-self.confidences[found], kind="stable")]

    def mistakes(self) -> NDArray[np.intp]:
        """Return the wrongly read images, those it was most sure of first."""
        wrong = np.flatnonzero(self.labels != self.answers)
        return wrong[np.argsort(-self.confidences[wrong], kind="stable")]


@np.errstate(over="ignore", invalid="ignore")
def evaluate(
    network: Network,
    images: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    loss: str,
    cancelled: Callable[[], bool] = lambda: False,
) -> Evaluation | None:
    """Let `network` read `images` and compare with `labels`.

    Parameters
    ----------
    network : Network
        Its buffers are used: it must not be training at the same time.
    images : ndarray of shape (n, 28, 28), uint8
    labels : ndarray of shape (n,), uint8
    loss : str
        The name of the loss to report.
    cancelled : callable
        Asked between parts; the answer True ends it, and nothing is returned.
    """
    outputs = np.empty((len(images), CLASSES), np.float32)
    losses = np.empty(len(images))
    for start in range(0, len(images), ROWS_AT_A_TIME):
        if cancelled():
            return None
        part = slice(start, start + ROWS_AT_A_TIME)
        Y = network.forward(as_floats(images[part], network.output.dtype))
        outputs[part] = Y
        losses[part] = LOSSES[loss].values(Y, labels[part])
    answers = outputs.argmax(axis=1).astype(np.uint8)
    confusion = np.bincount(labels * np.intp(CLASSES) + answers, minlength=CLASSES * CLASSES)
    shares = as_shares(outputs, network.spec)
    return Evaluation(len(images), float(losses.mean()), confusion.reshape(CLASSES, CLASSES), shares, labels, answers)


def loss_and_accuracy(
    network: Network, images: NDArray[np.uint8], labels: NDArray[np.uint8], loss: Loss, rows: NDArray[np.intp]
) -> tuple[float, float]:
    """Return mean loss and accuracy on some rows of `images`, without keeping anything."""
    total, right = 0.0, 0
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, len(rows), ROWS_AT_A_TIME):
            part = rows[start : start + ROWS_AT_A_TIME]
            Y = network.forward(as_floats(images[part], network.output.dtype))
            total += float(loss.values(Y, labels[part]).sum())
            right += count_right(Y, labels[part])
    return total / len(rows), right / len(rows)


def wilson(right: int, count: int) -> tuple[float, float]:
    """Return the 95 % interval of a share of `right` out of `count` (Wilson 1927)."""
    share, spread = right / count, Z95 * Z95 / count
    middle = (share + spread / 2) / (1 + spread)
    half = Z95 * math.sqrt(share * (1 - share) / count + spread / (4 * count)) / (1 + spread)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def _ratio(part: Array, whole: Array) -> Array:
    return np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)
