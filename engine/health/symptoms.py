"""What can be seen of a training that may be ailing: the evidence that hints are based on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.health.activity import UnitActivity
from engine.health.measures import per_weight
from engine.history import History
from engine.specs import RunSpec

Floats = NDArray[np.float64]
RECENT = 50
"""Gradients are judged by so many batches."""


@dataclass(frozen=True, eq=False)
class Symptoms:
    """A training as it looks since its settings were last changed.

    Attributes
    ----------
    run : RunSpec
        The settings that are in force.
    losses : ndarray of shape (batches,)
        The loss of each batch.
    epoch_losses, epoch_accuracies : ndarray of shape (epochs,)
        Of the training images, as means over each whole epoch.
    validation_losses, validation_accuracies : ndarray of shape (epochs,)
        Of the held-back images; NaN where there are none.
    gradients : tuple of float
        Root mean square of the gradient per weight, of each layer with weights: its median over the last batches.
    activity : tuple of UnitActivity
        Dead and saturated units, by layer.
    names : dict of int to str
        What the layers are called, by their place in the network.
    held_back : int
        How many validation images there are.
    epochs : int
        Whole epochs since the network was new.
    diverged : bool
        Whether training ended because the loss was no longer a finite number.
    """

    run: RunSpec
    losses: Floats
    epoch_losses: Floats
    epoch_accuracies: Floats
    validation_losses: Floats
    validation_accuracies: Floats
    gradients: tuple[float, ...] = ()
    activity: tuple[UnitActivity, ...] = ()
    names: dict[int, str] | None = None
    held_back: int = 0
    epochs: int = 0
    diverged: bool = False

    def called(self, activity: UnitActivity) -> str:
        """Return what a layer is called."""
        return (self.names or {}).get(activity.index, f"layer {activity.index + 1}")


def symptoms(
    history: History,
    run: RunSpec,
    sizes: tuple[int, ...],
    *,
    since: int = 0,
    activity: tuple[UnitActivity, ...] = (),
    names: dict[int, str] | None = None,
    held_back: int = 0,
    diverged: bool = False,
) -> Symptoms:
    """Gather what a history shows after step `since`.

    Parameters
    ----------
    history : History
        Of the present network.
    run : RunSpec
        What its batches are learned by.
    sizes : tuple of int
        Weights per layer, as :func:`engine.health.measures.weight_sizes` gives them.
    since : int
        The step at which the settings were last changed; what was before proves nothing about them.
    activity, names, held_back, diverged
        See :class:`Symptoms`.
    """
    batches, epochs = history.batches, history.epochs
    row = int(np.searchsorted(batches.column("step"), since, side="right"))
    # An epoch in which the settings changed was learned by both: the first whole one after it counts.
    first = int(np.searchsorted(epochs.column("step"), since, side="right")) + bool(since)
    lengths = [history.gradients.column(name)[row:][-RECENT:] for name in history.gradients.columns]
    typical = tuple(float(np.median(length)) for length in lengths if len(length))
    whole: dict[str, Any] = {
        name: epochs.column(column)[first:].copy()
        for name, column in (
            ("epoch_losses", "loss"),
            ("epoch_accuracies", "accuracy"),
            ("validation_losses", "validation_loss"),
            ("validation_accuracies", "validation_accuracy"),
        )
    }
    return Symptoms(
        run=run,
        losses=batches.column("loss")[row:].copy(),
        gradients=per_weight(typical, sizes),
        activity=activity,
        names=names,
        held_back=held_back,
        epochs=len(epochs),
        diverged=diverged,
        **whole,
    )
