"""The settings that an experiment may vary, by their labels, and how people write values for them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from engine.compact_layers import parse_layers
from engine.errors import SettingError
from engine.fields import Parameter, Settings, parameters_of
from engine.optimizers import OPTIMIZERS
from engine.presets import PRESETS
from engine.schedules import SCHEDULES
from engine.specs import RunSpec
from gui.widgets.choice_box import label_of
from gui.widgets.value_edit import value_text

LAYERS, OPTIMIZER, SCHEDULE, PRESET = "network.layers", "training.optimizer", "training.schedule", "preset"
SEED = "seed"
_UNITS = re.compile(r"\s*\d+(\s*,\s*\d+)*\s*")
_ON, _OFF = ("on", "true", "yes", "1"), ("off", "false", "no", "0")
Value = Any
"""A number, a text, a truth value, or a list of units."""


@dataclass(frozen=True)
class Offer:
    """A setting that can vary.

    Attributes
    ----------
    path : str
        What the engine knows it by, e.g. ``"training.learning_rate"``.
    label, help : str
        Its name and its explanation.
    kind : {"int", "float", "bool", "choice", "text", "layers"}
        What its values are.
    choices : dict of str to str
        The legal names with their labels, where it is a choice.
    parameter : Parameter or None
        Its declaration, where it is a simple setting.
    """

    path: str
    label: str
    help: str
    kind: Literal["int", "float", "bool", "choice", "text", "layers"]
    choices: Mapping[str, str]
    parameter: Parameter | None = None

    @property
    def numeric(self) -> bool:
        """Whether a range of its values makes sense."""
        return self.kind in ("int", "float")

    @property
    def log(self) -> bool:
        """Whether it is best looked at on a logarithmic scale."""
        return self.parameter is not None and self.parameter.log

    @property
    def legal(self) -> str:
        """What its values may be, in words."""
        if self.kind == "layers":
            return "layers such as 350 or 256,128 or conv:32:5,dense:128, several of them with ; between"
        if self.parameter is not None and self.kind != "choice":
            return self.parameter.legal
        return "one of " + ", ".join(self.choices.values())

    @property
    def example(self) -> str:
        """What could be typed."""
        if self.kind == "layers":
            return "350; 256,128; none"
        if self.kind == "bool":
            return "on, off"
        if self.kind == "choice":
            return ", ".join(list(self.choices.values())[:2])
        return "values, with commas between"

    def parse(self, text: str) -> tuple[Value, ...]:
        """Return the values in a text.

        Raises
        ------
        SettingError
            When one of them is not legal; the sentence names the setting, the value and the legal range.
        """
        parts = [part.strip() for part in text.split(";" if self.kind == "layers" else ",")]
        if parts == [""]:
            raise SettingError(f"{self.label}: a value is missing; it must be {self.legal}.")
        values: list[Value] = []
        for part in parts:
            value = self.value(part)
            if value in values:
                raise SettingError(f"{self.label}: {part} is there twice; each value counts once.")
            values.append(value)
        return tuple(values)

    def value(self, text: str) -> Value:
        """Return the value that one text stands for, or raise a SettingError."""
        if self.kind == "layers":
            return self._layers(text)
        if self.kind == "choice":
            return self._choice(text)
        if self.kind == "bool":
            found = {**dict.fromkeys(_ON, True), **dict.fromkeys(_OFF, False)}.get(text.lower())
            if found is None:
                raise self._refused(text)
            return found
        assert self.parameter is not None
        return self.parameter.check(text)

    def text(self, value: Value) -> str:
        """Return a value the way it is typed and shown."""
        if isinstance(value, bool):
            return "on" if value else "off"
        if isinstance(value, list | tuple):
            return ",".join(map(str, value)) or "none"
        return self.choices.get(value, value) if isinstance(value, str) else value_text(value)

    def _choice(self, text: str) -> str:
        for name, label in self.choices.items():
            if text.lower() in (name.lower(), label.lower()):
                return name
        raise self._refused(text)

    def _layers(self, text: str) -> Value:
        if _UNITS.fullmatch(text):
            return [int(units) for units in text.split(",")]
        try:
            parse_layers(text)
        except SettingError as error:
            raise SettingError(f"{self.label}: {error.what}") from error
        return text

    def _refused(self, text: str) -> SettingError:
        said = f"{text[:40]} is not allowed" if text else "a value is missing"
        return SettingError(f"{self.label}: {said}; it must be {self.legal}.")


def offers_of(run: RunSpec) -> dict[str, Offer]:
    """Return everything that can vary in `run` besides the seed, by path: what is used most comes first."""
    kinds = (
        _kind(OPTIMIZER, "Optimizer", "The rule that turns a gradient into a step.", OPTIMIZERS),
        _kind(SCHEDULE, "Schedule", "How the learning rate moves over the run.", SCHEDULES),
    )
    presets = {name: preset.title for name, preset in PRESETS.items()}
    whole = (
        Offer(LAYERS, "Layers", "The hidden layers, in order.", "layers", {}),
        *kinds,
        Offer(PRESET, "Preset", "All settings of a preset at once.", "choice", presets),
    )
    found = [*_simple("training", run.training, ""), *whole, *_simple("network", run.network, "")]
    found += _simple("training.optimizer", run.training.optimizer, run.training.optimizer.label)
    found += _simple("training.schedule", run.training.schedule, f"{run.training.schedule.label} schedule")
    for number, layer in enumerate(run.network.layers):
        found += _simple(f"{LAYERS}.{number}", layer, f"Layer {number + 1}, {layer.label.lower()}")
    found += _simple("training.augmentation", run.training.augmentation, "Augmentation")
    found += [offer for offer in _simple("", run, "") if offer.path != SEED]
    found += _simple("ink", run.ink, "Ink")
    return {offer.path: offer for offer in found}


def labels_of(paths: list[str], run: RunSpec) -> dict[str, str]:
    """Return the labels of some settings, of those too that `run` itself does not have."""
    offers = offers_of(run)
    return {path: offers[path].label if path in offers else _words(path) for path in paths}


def _words(path: str) -> str:
    return path.rsplit(".", 1)[-1].replace("_", " ").capitalize()


def _kind(path: str, label: str, help_text: str, kinds: Mapping[str, Any]) -> Offer:
    return Offer(path, label, help_text, "choice", {name: cls.label for name, cls in kinds.items()})


def _simple(prefix: str, part: Settings, group: str) -> Iterator[Offer]:
    """Yield the simple settings of a part of a run, named after the group that they belong to."""
    for entry in parameters_of(type(part)):
        label = f"{group}: {entry.label}" if group else entry.label
        choices = {name: label_of(name) for name in entry.choices}
        path = f"{prefix}.{entry.name}" if prefix else entry.name
        yield Offer(path, label, entry.help, entry.kind, choices, entry)
