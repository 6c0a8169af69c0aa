"""What a training says as it goes: frozen reports that may cross threads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class BatchReport:
    """One step.

    Attributes
    ----------
    step : int
        Batches since the network was new, from 1.
    epoch : int
        The epoch this batch belongs to, from 1.
    seen, size : int
        Images of this epoch learned from so far, and in all.
    loss, accuracy : float
        Of this batch, before the step; accuracy from 0 to 1.
    learning_rate : float
        The rate of this step, schedule included.
    gradients : tuple of float
        The length of the gradient of the weights, per dense or convolutional layer, before clipping.
    seconds : float
        Time spent computing in this epoch so far; pauses do not count.
    goal : int
        The epoch after which this training will end.
    """

    step: int
    epoch: int
    seen: int
    size: int
    loss: float
    accuracy: float
    learning_rate: float
    gradients: tuple[float, ...]
    seconds: float
    goal: int


@dataclass(frozen=True, slots=True)
class EpochReport:
    """One epoch.

    Attributes
    ----------
    epoch, step : int
        The epoch that ended, from 1, and the step it ended with.
    loss, accuracy : float
        Means over the epoch's batches, each taken before its step.
    validation_loss, validation_accuracy : float or None
        On the held-back images after the epoch; None if none are held back.
    seconds, images_per_second : float
        Time spent computing, validation included, and images learned from per second of learning.
    best : bool
        Whether this is the best epoch so far.
    """

    epoch: int
    step: int
    loss: float
    accuracy: float
    validation_loss: float | None
    validation_accuracy: float | None
    seconds: float
    images_per_second: float
    best: bool


@dataclass(frozen=True, slots=True)
class EndReport:
    """The last report of a training.

    Attributes
    ----------
    reason : str
        ``"finished"``, ``"stopped"``, ``"early"`` (early stopping) or ``"diverged"``.
    message : str
        What happened and which weights the network has now, in a sentence or two.
    epoch, step : int
        Whole epochs and batches done.
    best_epoch : int
        The epoch whose weights are back in the network; 0 if it has the latest weights.
    """

    reason: Literal["finished", "stopped", "early", "diverged"]
    message: str
    epoch: int
    step: int
    best_epoch: int


Report = BatchReport | EpochReport | EndReport
