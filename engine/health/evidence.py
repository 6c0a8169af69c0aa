"""What the curves of a training say: whether its loss leaps, rises, stands still, or falls by heart only."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.health.symptoms import Floats, Symptoms
from engine.specs import CLASSES

GUESS = {"cross_entropy": math.log(CLASSES), "mse": 0.5 * (1 - 1 / CLASSES)}
"""The loss of answers that are right as often as blind guesses, with the same share for every class."""
LEAST_BATCHES, BATCHES, IMAGES = 60, 200, 10_000
WINDOW, WINDOWS = 20, 10
STUCK, GAIN = 0.6, 0.4
GAP, WORSE, EPOCHS = 0.005, 1.02, 3
STILL, FINISHED = 0.01, 0.01


@dataclass(frozen=True)
class ByHeart:
    """How far a network has learned its images by heart.

    Attributes
    ----------
    epochs : int
        How many epochs ago the validation loss was lowest.
    best, now : float
        The validation loss then and now.
    gap_before, gap : float
        Training accuracy minus validation accuracy then and now, 0 to 1.
    """

    epochs: int
    best: float
    now: float
    gap_before: float
    gap: float


def guess(seen: Symptoms) -> float:
    """Return the loss of blind guessing."""
    return GUESS[seen.run.training.loss]


def is_enough(seen: Symptoms) -> bool:
    """Whether there are enough batches to judge the loss by."""
    return len(seen.losses) >= LEAST_BATCHES


def latest(seen: Symptoms) -> float:
    """Return the mean loss of the last tenth of the batches."""
    return float(_windows(seen.losses)[-1])


def lowest(seen: Symptoms) -> float:
    """Return the lowest mean loss of any tenth of the batches."""
    return float(_windows(seen.losses).min())


def highest(seen: Symptoms) -> float:
    """Return the highest mean loss of any twenty batches in a row."""
    sums = np.cumsum(np.concatenate([[0.0], seen.losses]))
    return float((sums[WINDOW:] - sums[:-WINDOW]).max() / WINDOW)


def gain(seen: Symptoms) -> float:
    """Return by which share the loss has fallen since the first batches; negative if it has risen."""
    first = float(seen.losses[:WINDOW].mean())
    return 1 - latest(seen) / first


def rise(seen: Symptoms) -> float:
    """Return how many times the lowest loss the latest is; 1 where the difference may be chance."""
    means = _windows(seen.losses)
    size = len(seen.losses) // len(means)
    low = int(means.argmin())
    count = len(seen.losses)
    parts = [seen.losses[count - (len(means) - n) * size :][:size] for n in (low, len(means) - 1)]
    error = math.sqrt(sum(float(part.var()) for part in parts) / size)
    return float(means[-1] / means[low]) if means[-1] - means[low] > 4 * error else 1.0


def is_stuck(seen: Symptoms, ease: float) -> bool:
    """Whether the loss is hardly better than guessing after it had time enough, and hardly falls."""
    batches = max(BATCHES, IMAGES // seen.run.training.batch_size)
    if len(seen.losses) < batches:
        return False
    return latest(seen) > STUCK * ease * guess(seen) and gain(seen) < GAIN / ease and rise(seen) <= 1.3


def learned_by_heart(seen: Symptoms, *, lax: bool) -> ByHeart | None:
    """Return how far the images were learned by heart; None if they were not, or nothing is held back."""
    held_back = seen.validation_losses
    if len(held_back) <= EPOCHS or not np.isfinite(held_back).all():
        return None
    best = int(held_back.argmin())
    ago = len(held_back) - 1 - best
    gaps = seen.epoch_accuracies - seen.validation_accuracies
    worse = held_back[-1] > held_back[best] * (1.0 if lax else WORSE)
    falls = seen.epoch_losses[-1] < seen.epoch_losses[best]
    apart = gaps[-1] > GAP and gaps[-1] > gaps[best]
    if ago < EPOCHS or not (worse and falls and apart):
        return None
    return ByHeart(ago, float(held_back[best]), float(held_back[-1]), float(gaps[best]), float(gaps[-1]))


def stands_still(seen: Symptoms, *, lax: bool) -> bool:
    """Whether the training loss has hardly fallen for three epochs, and is large enough to fall."""
    losses = seen.epoch_losses
    if len(losses) <= EPOCHS or losses[-1] < FINISHED * guess(seen):
        return False
    return bool(losses[-1] > (1 - STILL * (2 if lax else 1)) * losses[-1 - EPOCHS])


def _windows(losses: Floats) -> Floats:
    """Return the means of at most ten stretches of equal length that end with the last batch, of twenty at least."""
    count = max(min(WINDOWS, len(losses) // WINDOW), 1)
    size = len(losses) // count
    return losses[len(losses) - count * size :].reshape(count, size).mean(axis=1)
