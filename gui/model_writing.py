"""The work behind the model file, beside the window: reading it, writing it, and measuring what is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.datasets.dataset import Dataset
from engine.errors import SettingError
from engine.measuring import measured, measured_on, with_scores
from engine.model_files import Model, load_model, save_model
from engine.network import Snapshot
from engine.own_digits.digit import OwnDigit

Written = tuple[Path, Model]
"""Where a model lies now, and the model with what was found out about it."""


def alike(one: Snapshot, other: Snapshot) -> bool:
    """Whether two copies hold the same weights of the same network."""
    return one.spec == other.spec and np.array_equal(one.parameters, other.parameters)


def open_model(path: Path, progress: Any, cancelled: Any) -> Model:
    """Read a model file."""
    return load_model(path)


def save_to(path: Path, model: Model) -> Path:
    """Write a model to `path`, and return that."""
    save_model(path, model)
    return path


def write_measured(
    write: Callable[[Model], Path], model: Model, dataset: Dataset | None, progress: Any, cancelled: Any
) -> Written:
    """Write a model; then measure it, which takes a while, and write it once more with what was found."""
    path = write(model)
    if dataset is None:
        return path, model
    progress("Measuring how much the network reads right…")
    try:
        found = measured(model, dataset, cancelled)
    except SettingError:  # too little memory, which the evaluation has said already
        return path, model
    if found is not model:
        save_model(path, found)
    return path, found


def measure_more(
    path: Path, model: Model, files: Sequence[Path], digits: Sequence[OwnDigit], progress: Any, cancelled: Any
) -> Written:
    """Measure a model that was kept on what the user has, and write those scores into its file."""
    found = measured_on(model, files, digits, progress, cancelled)
    scores = with_scores(model.record.scores, found.scores)
    model = replace(model, record=model.record.model_copy(update={"scores": scores}))
    if found.scores and path.exists():  # else it was thrown away meanwhile
        save_model(path, model)
    return path, model
