"""What hints change: groups of settings for a run, each with a label that says what it does."""

from __future__ import annotations

from typing import Any

from engine.augmentation import USUAL
from engine.fields import parameter
from engine.specs import RunSpec, TrainingSpec

Change = dict[str, dict[str, Any]]
L2, PATIENCE = 1e-4, 3


def bounded(run: RunSpec, factor: float) -> float:
    """Return the learning rate times `factor`, of two digits; 0 where that is no legal rate."""
    rate, legal = float(f"{run.training.learning_rate * factor:.2g}"), parameter(TrainingSpec, "learning_rate")
    return rate if (legal.low or 0) <= rate <= (legal.high or 0) else 0.0


def rescaled_rate(run: RunSpec, factor: float) -> tuple[Change | None, str]:
    """Return what multiplies the learning rate by a factor, as far as that is legal."""
    rate = bounded(run, factor)
    if not rate:
        return None, ""
    return {"training": {"learning_rate": rate}}, f"Learning rate {run.training.learning_rate:g} → {rate:g}"


def other_activation(run: RunSpec, instead: dict[str, str]) -> tuple[Change | None, str]:
    """Return what gives hidden layers another activation, and its initial weights where they become ReLU."""
    rows: list[dict[str, Any]] = []
    names: set[tuple[str, str]] = set()
    for row in run.network.layers:
        values = row.model_dump()
        before = values.get("activation", "")
        if before in instead:
            values["activation"] = instead[before]
            names.add((before, instead[before]))
        rows.append(values)
    if not names:
        return None, ""
    change: Change = {"network": {"layers": rows}}
    if "relu" in instead.values():
        change["network"]["initializer"] = "he"
    words = ", ".join(f"{old} → {new.replace('_', ' ')}" for old, new in sorted(names))
    return change, f"Activation {words}"


def with_other_output(run: RunSpec) -> tuple[Change, str]:
    """Return what gives the output layer softmax, and the loss that goes with it."""
    change: Change = {"network": {"output_activation": "softmax"}, "training": {"loss": "cross_entropy"}}
    return change, "Output activation relu → softmax, loss → cross-entropy"


def with_normalization(run: RunSpec) -> tuple[Change | None, str]:
    """Return what puts batch normalization behind every hidden layer with weights; it takes over the activation."""
    rows: list[dict[str, Any]] = []
    for row in run.network.layers:
        values = row.model_dump()
        rows.append(values)
        if row.kind in ("dense", "conv") and values["activation"] != "linear":
            rows.append({"kind": "batch_norm", "activation": values["activation"]})
            values["activation"] = "linear"
    if len(rows) == len(run.network.layers) or len(rows) > 32 or run.training.batch_size < 2:
        return None, ""
    return {"network": {"layers": rows}}, "Batch normalization behind every layer"


def against_learning_by_heart(run: RunSpec) -> tuple[Change | None, str]:
    """Return the first of these that is not in use: augmentation, L2, early stopping."""
    training = run.training
    if not training.augmentation.active:
        return {"training": {"augmentation": USUAL.model_dump()}}, "Deform every image anew (augmentation)"
    if not training.l2 and training.optimizer.kind != "adamw":
        return {"training": {"l2": L2}}, f"L2 regularization 0 → {L2:g}"
    if not training.early_stopping:
        return {"training": {"early_stopping": PATIENCE}}, f"Stop after {PATIENCE} epochs without improvement"
    return None, ""
