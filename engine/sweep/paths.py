"""Settings of a run by path, such as ``training.learning_rate`` or ``network.layers.0.units``."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from engine.compact_layers import parse_layers
from engine.datasets import DATASET_WORDS, joined, words_of
from engine.errors import SettingError
from engine.fields import Settings
from engine.layers import LAYER_KINDS
from engine.optimizers import OPTIMIZERS
from engine.presets import PRESETS, named
from engine.schedules import SCHEDULES
from engine.specs import RunSpec, checked_run

PRESET, DATASET, LAYERS, SEED = "preset", "dataset", "network.layers", "seed"
OPTIMIZER, RATE = "training.optimizer", "training.learning_rate"
KIND = "kind"
_LONGEST = 40
_KINDS: dict[str, type[Settings]] = {**OPTIMIZERS, **SCHEDULES, **LAYER_KINDS}


def applied(run: RunSpec, values: Mapping[str, JsonValue]) -> RunSpec:
    """Return `run` with other values at some paths.

    A path may name a single setting or a whole part: layers as in ``train --layers`` or as a list of units, an
    optimizer or schedule by its kind, a preset by its name. As in ``train``, another optimizer brings its usual
    learning rate, unless `values` say one.

    Raises
    ------
    SettingError
        When there is no such setting, a value is outside its range, or two values contradict each other.
    """
    if PRESET in values:
        run = _preset(values[PRESET]).model_copy(update={DATASET: run.dataset, SEED: run.seed})
    data = run.model_dump(mode="json")
    # What decides which settings there are comes first: the kind of optimizer before its momentum.
    for path in sorted(values, key=_depth):
        if path != PRESET:
            _put(data, path, values[path])
    changed = checked_run(data)
    optimizer = changed.training.optimizer
    if optimizer.kind != run.training.optimizer.kind and RATE not in values:
        changed = changed.changed(training={"learning_rate": OPTIMIZERS[optimizer.kind].usual_rate})
    return named(changed.model_copy(update={DATASET: found_from_anywhere(changed.dataset)}))


def shown(value: JsonValue) -> str:
    """Return a value in a few characters, for a table."""
    if isinstance(value, dict):
        inner = ", ".join(f"{name} {shown(part)}" for name, part in value.items() if name != KIND)
        return f"{value[KIND]} {inner}".strip() if KIND in value else inner
    if isinstance(value, list):
        return ",".join(map(shown, value)) or "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def found_from_anywhere(word: str) -> str:
    """Return a dataset word whose files are named with their whole paths."""
    return joined.SIGN.join(map(_with_folder, words_of(word)))


def _with_folder(word: str) -> str:
    for source in DATASET_WORDS:
        if source.needs and word.startswith(source.name + ":"):
            return source.word(Path(word.removeprefix(source.name + ":")).expanduser().absolute())
    return word


def _preset(name: JsonValue) -> RunSpec:
    if not isinstance(name, str) or name not in PRESETS:
        raise SettingError(f"Preset: {str(name)[:_LONGEST]} is not allowed; it must be one of {', '.join(PRESETS)}.")
    return PRESETS[name].run


def _depth(path: str) -> int:
    return path.removesuffix(f".{KIND}").count(".")


def _put(data: dict[str, Any], path: str, value: JsonValue) -> None:
    """Write `value` to its place in `data`, which must have that place already."""
    *parents, last = path.removesuffix(f".{KIND}").split(".")
    place: Any = data
    for name in parents:
        place = place[_key(place, name, path, data)]
    key = _key(place, last, path, data)
    before = place[key]
    if path == LAYERS:
        place[key] = _layers(value)
    elif isinstance(before, dict) and KIND in before:
        place[key] = before if before[KIND] == value else _complete({KIND: value} if isinstance(value, str) else value)
    else:
        place[key] = value


def _key(place: Any, name: str, path: str, data: dict[str, Any]) -> str | int:
    if isinstance(place, dict) and name in place:
        return name
    if isinstance(place, list) and name.isdecimal() and int(name) < len(place):
        return int(name)
    known = [known for known, _ in _walk("", data)]
    alike = difflib.get_close_matches(path, known, 1) or [k for k in known if k.endswith(f".{path}")]
    hint = f" Perhaps {alike[0]} is meant." if alike else ""
    raise SettingError(f"{path[:80]}: there is no such setting.{hint}")


def _layers(value: JsonValue) -> JsonValue:
    """Return layers as the list of their settings; units alone mean dense layers."""
    if isinstance(value, str):
        return [layer.model_dump(mode="json") for layer in parse_layers(value)]
    if isinstance(value, list):
        return [_complete({KIND: "dense", "units": row} if isinstance(row, int) else row) for row in value]
    return value


def _complete(part: JsonValue) -> JsonValue:
    """Return a layer, an optimizer or a schedule with all its settings, so that each of them has its path."""
    if not isinstance(part, dict) or not isinstance(part.get(KIND), str):
        return part
    cls = _KINDS.get(str(part[KIND]))
    fields = cls.model_fields.items() if cls else ()
    return {**{name: field.default for name, field in fields if not field.is_required()}, **part}


def _walk(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if path:
        yield path, value
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in inner:
        yield from _walk(f"{path}.{name}" if path else str(name), part)
