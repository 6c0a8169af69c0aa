"""What training makes small.

Both losses share one gradient, the outputs minus the one-hot target. For the squared error it belongs to the
activations; for the cross-entropy of a softmax it belongs to the weighted sums (Bridle 1990), which spares the
softmax's own derivative and its rounding errors.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.activations import ACTIVATIONS

Array = NDArray[Any]
LossName = Literal["cross_entropy", "mse"]


@dataclass(frozen=True)
class Loss:
    """A loss of outputs Y against class numbers.

    Attributes
    ----------
    name, label, help : str
        Its key, its name for people, and what it measures.
    values : callable
        ``values(Y, labels)`` gives one loss per sample, shape (n,).
    single : callable
        The same for one sample, outputs as a list and its class.
    fused_with : str
        The output activation whose derivative :func:`difference` already contains; empty if none.
    """

    name: LossName
    label: str
    help: str
    values: Callable[[Array, NDArray[np.uint8]], Array]
    single: Callable[[list[float], int], float]
    fused_with: str

    def value(self, Y: Array, labels: NDArray[np.uint8]) -> float:
        """Return the mean loss of outputs `Y` of shape (n, classes) for `labels` of shape (n,)."""
        if len(labels) == 1:  # ten numbers are faster without NumPy
            return self.single(Y[0].tolist(), int(labels[0]))
        return float(np.add.reduce(self.values(Y, labels))) / len(labels)  # .mean() costs more than a small loss


def difference(Y: Array, labels: NDArray[np.uint8], out: Array, count: float) -> Array:
    """Write (Y - one-hot labels) / count into `out`: the gradient of either loss, averaged over the batch.

    Parameters
    ----------
    Y, out : ndarray of shape (n, classes)
        The outputs, and where the gradient goes.
    labels : ndarray of shape (n,)
        Class numbers.
    count : float
        What to divide by: the size of the batch, of which these may be a part.
    """
    np.multiply(Y, 1 / count, out=out)
    if len(Y) == 1:
        out[0, labels[0]] -= 1 / count  # an index of arrays would cost more than all the rest
    else:
        out[np.arange(len(Y)), labels] -= 1 / count
    return out


def count_right(Y: Array, labels: NDArray[np.uint8]) -> int:
    """Return for how many samples the largest of the outputs `Y` of shape (n, classes) is that of the class."""
    if len(labels) == 1:
        return int(Y.argmax() == labels[0])
    return int(np.count_nonzero(Y.argmax(axis=1) == labels))


def _cross_entropy(Y: Array, labels: NDArray[np.uint8]) -> Array:
    chosen = Y[np.arange(len(Y)), labels]
    # A probability that rounded to 0 would cost infinitely much; NaN passes through and is noticed.
    return -np.log(np.maximum(chosen, np.finfo(Y.dtype).tiny))


def _cross_entropy_of_one(y: list[float], label: int) -> float:
    return -math.log(max(y[label], sys.float_info.min)) if y[label] == y[label] else math.nan


def _squared_error(Y: Array, labels: NDArray[np.uint8]) -> Array:
    # ½ Σ (y - t)² with t one-hot, expanded so that the one-hot matrix need not be built.
    return 0.5 * (np.einsum("ij,ij->i", Y, Y) + 1) - Y[np.arange(len(Y)), labels]


def _squared_error_of_one(y: list[float], label: int) -> float:
    return 0.5 * (math.fsum(value * value for value in y) + 1) - y[label]


LOSSES: dict[str, Loss] = {
    loss.name: loss
    for loss in (
        Loss(
            "cross_entropy",
            "Cross-entropy",
            "−log of the probability given to the right digit; needs a softmax output. Learns fast.",
            _cross_entropy,
            _cross_entropy_of_one,
            "softmax",
        ),
        Loss(
            "mse",
            "Squared error",
            "½ Σ (output − target)², averaged over the batch, with target 1 for the right digit and 0 elsewhere.",
            _squared_error,
            _squared_error_of_one,
            "",
        ),
    )
}


def misfit(loss: str, output_activation: str) -> str:
    """Return why a loss cannot be had with an output activation, in a sentence; empty if it can."""
    needed = LOSSES[loss].fused_with
    if needed in ("", output_activation):
        return ""
    label, output = ACTIVATIONS[needed].label, ACTIVATIONS[output_activation].label
    return (
        f"Loss: {LOSSES[loss].label} needs {label} as the output activation, not {output}. "
        f"Choose {label}, or {LOSSES['mse'].label} (mse) as the loss."
    )


LOSS_HELP = {name: loss.help for name, loss in LOSSES.items()}
