"""The model that comes of teaching, and what its record says of it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from numpy.typing import NDArray

from engine.model import Model, program_version
from engine.network import Snapshot

_LEARNED = re.compile(r" \+ ([\d,]+) own digits?$")


def taught_model(
    model: Model, parameters: NDArray[Any], rehearsed: str, digits: int, steps: int, test_accuracy: float
) -> Model:
    """Return the model that `model` became.

    Parameters
    ----------
    model : Model
        As it was; ink and judge stay.
    parameters : ndarray of shape (parameters,)
        The weights of now.
    rehearsed : str
        The title of the dataset.
    digits, steps : int
        How many own digits it learned, in how many steps.
    test_accuracy : float
        The share of the dataset's test images that it reads right.
    """
    before = _LEARNED.sub("", model.record.dataset) or rehearsed
    now = datetime.now(UTC).isoformat(timespec="seconds")
    record = model.record.model_copy(
        update={
            "dataset": f"{before} + {digits:,} own digit{'s' * (digits != 1)}",
            "created": now,
            "taught": now,
            "program": f"DigitLab {program_version()}",
            "steps": model.record.steps + steps,
            "best_epoch": 0,
            "scores": (),
            # These belong to the weights before.
            **dict.fromkeys(("train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "test_loss")),
            "test_accuracy": test_accuracy,
        }
    )
    network = Snapshot(model.network.spec, parameters, model.network.step + steps, model.network.epoch)
    return replace(model, network=network, record=record)


def already_taught(model: Model) -> int:
    """Return how many of somebody's digits a model has learned before; 0 if none."""
    found = _LEARNED.search(model.record.dataset)
    return int(found[1].replace(",", "")) if found else 0
