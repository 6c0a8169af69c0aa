"""The settings of a run as a flat table, and those in which several runs differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from engine.activations import ACTIVATIONS
from engine.compact_layers import compact
from engine.fields import Parameter, Settings, parameters_of
from engine.losses import LOSSES
from engine.specs import RunSpec

LAYERS = "network.layers"
NONE = "–"
_GROUPS = {"training.optimizer": "Optimizer", "training.schedule": "Schedule", "preset": "Preset", LAYERS: "Layers"}
"""What is a setting without being declared as one: a choice between groups of settings."""
CHOICES: dict[str, str] = {
    **{name: activation.label for name, activation in ACTIVATIONS.items()},
    **{name: loss.label for name, loss in LOSSES.items()},
    "he": "He",
    "glorot": "Glorot",
    "lecun": "LeCun",
    "zeros": "Zeros",
    "valid": "Valid",
    "same": "Same",
}
"""What people call the values of settings that choose from a list."""


@dataclass(frozen=True)
class Setting:
    """One setting of one run.

    Attributes
    ----------
    path : str
        Where it stands, e.g. ``"training.learning_rate"`` or ``"network.layers.0.units"``.
    label : str
        Its name as forms show it, e.g. ``"Learning rate"`` or ``"Layer 1: Units"``.
    value : bool, int, float or str
        What it is.
    text : str
        The same as forms show it, with its unit.
    """

    path: str
    label: str
    value: Any
    text: str


@dataclass(frozen=True)
class Difference:
    """A setting in which runs differ.

    Attributes
    ----------
    path, label : str
        Where it stands, and its name as forms show it.
    values : tuple of str
        One per run, as forms show it; a dash where a run has no such setting.
    """

    path: str
    label: str
    values: tuple[str, ...]


def settings_of(spec: RunSpec) -> dict[str, Any]:
    """Return all settings of a run by path.

    ``"network.layers"`` is all layers as a compact text (see :mod:`engine.compact_layers`); beside it stand the
    settings of each, such as ``"network.layers.0.units"``. ``"training.optimizer"`` and ``"training.schedule"`` are
    their kinds.
    """
    return {setting.path: setting.value for setting in listed(spec)}


def listed(spec: RunSpec) -> list[Setting]:
    """Return all settings of a run in the order of the forms."""
    return [Setting("preset", "Preset", spec.preset, spec.preset or NONE), *_walk(spec, "", "")]


def differing(specs: Sequence[RunSpec]) -> list[Difference]:
    """Return the settings in which runs differ, in the order of the forms.

    Layers are compared one by one where all runs have the same kinds of them, and as a whole where they have not. The
    preset is left out: it only names settings that are compared anyway.
    """
    tables = [{setting.path: setting for setting in listed(spec)} for spec in specs]
    alike = len({tuple(layer.kind for layer in spec.network.layers) for spec in specs}) < 2
    found = []
    for path in _paths(tables):
        of_a_layer = path.startswith(LAYERS + ".")
        if path == "preset" or (path == LAYERS and alike) or (of_a_layer and not alike):
            continue
        values = [table.get(path) for table in tables]
        if len({None if value is None else value.value for value in values}) > 1:
            label = next(value.label for value in values if value is not None)
            found.append(Difference(path, label, tuple(NONE if value is None else value.text for value in values)))
    return found


def _paths(tables: list[dict[str, Setting]]) -> list[str]:
    """Return every path of any table, each behind the one it follows in the first table that has it."""
    order: list[str] = []
    for table in tables:
        place = 0
        for path in table:
            if path in order:
                place = order.index(path) + 1
            else:
                order.insert(place, path)
                place += 1
    return order


def _walk(settings: Settings, path: str, prefix: str) -> Iterator[Setting]:
    """Yield the declared settings of a group, and behind them those of the groups in it."""
    for entry in parameters_of(type(settings)):
        value = getattr(settings, entry.name)
        yield Setting(path + entry.name, prefix + entry.label, value, value_text(entry, value))
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        here = path + name
        if isinstance(value, Settings):
            yield from _group(value, here)
        elif here == LAYERS:
            yield Setting(LAYERS, _GROUPS[LAYERS], compact(value), compact(value))
            for number, layer in enumerate(value):
                yield from _walk(layer, f"{LAYERS}.{number}.", f"Layer {number + 1}: ")


def _group(settings: Settings, path: str) -> Iterator[Setting]:
    label = _GROUPS.get(path, "")
    if label:
        kind = str(getattr(settings, "kind", ""))
        yield Setting(path, label, kind, str(getattr(settings, "label", kind)))
    yield from _walk(settings, f"{path}.", f"{label}: " if label else "")


def value_text(entry: Parameter, value: Any) -> str:
    """Return the value of a setting the way forms show it, with its unit, e.g. ``"128 images"``."""
    if entry.kind == "bool":
        return "on" if value else "off"
    if entry.kind == "choice":
        return CHOICES.get(value, value)
    text = f"{value:.10g}" if isinstance(value, float) else str(value) or NONE
    return f"{text} {entry.unit}" if entry.unit else text
