"""Layers as a compact text and back: ``conv:32:5:s2,conv:64:3:s2,dense:128,dropout:0.3``.

Layers are separated by commas, the parts of a layer by colons. The first part is its kind, a key of
:data:`engine.layers.LAYER_KINDS`. The others are, as :mod:`engine.layers` declares the settings:

- numbers, for the settings that say how large or how much, in the order of their declaration: units; filters and
  kernel; window; rate. What is left out has its default.
- in any order and place: a letter and a number for the stride (``s2``), the dropout of a dense or convolutional layer
  (``d0.3``) and the momentum of a batch normalization (``m0.99``); and the name of a choice by itself (``same``,
  ``tanh``).

``none`` means no layer at all.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Any

from engine.errors import SettingError
from engine.fields import Parameter, parameters_of
from engine.layers import LAYER_KINDS, LayerKind

NONE = "none"
LETTERS = {"stride": "s", "dropout": "d", "momentum": "m"}
LONGEST = 40
"""So much of a wrong text is repeated in a sentence about it."""


def parse_layers(text: str) -> tuple[LayerKind, ...]:
    """Return the layers that `text` describes, each legal by itself; whether they fit together is not looked at.

    Raises
    ------
    SettingError
        One sentence that names the layer's number, the text and what is legal.
    """
    if text.strip() == NONE:
        return ()
    return tuple(_layer(number, part.strip()) for number, part in enumerate(text.split(","), start=1))


def compact(layers: Iterable[LayerKind]) -> str:
    """Return the shortest text that :func:`parse_layers` turns into `layers`."""
    return ",".join(map(compact_layer, layers)) or NONE


def compact_layer(layer: LayerKind) -> str:
    """Return the text of one layer, e.g. ``"conv:32:5:s2"``."""
    words: list[str] = [layer.kind]
    for entry in parameters_of(type(layer)):
        value = getattr(layer, entry.name)
        if _is_positional(entry) or value != entry.default:
            words.append(LETTERS.get(entry.name, "") + _written(value))
    return ":".join(words)


def usage(cls: type[LayerKind]) -> str:
    """Return how a kind of layer is written, e.g. ``"max_pool:WINDOW:sSTRIDE"``."""
    words = [cls.model_fields["kind"].default]
    for entry in parameters_of(cls):
        word = entry.label.upper().replace(" ", "_")
        words.append(word if entry.kind == "choice" else LETTERS.get(entry.name, "") + word)
    return ":".join(words)


def _layer(number: int, text: str) -> LayerKind:
    kind, *parts = (part.strip() for part in text.split(":"))
    where = f"Layer {number}"
    if kind not in LAYER_KINDS:
        said = f"{_cut(kind)} is not a kind of layer" if kind else "its kind is missing"
        raise SettingError(f"{where}: {said}; it must be one of {', '.join(LAYER_KINDS)}.")
    where, cls = f"{where} ({_cut(text)})", LAYER_KINDS[kind]
    values: dict[str, Any] = {}
    for part in parts:
        entry, value = _assigned(where, cls, part, values)
        if entry.name in values:
            raise SettingError(f"{where}: {entry.label.lower()} is given twice. {_how(cls)}")
        try:
            values[entry.name] = entry.check(value)
        except SettingError as error:
            raise SettingError(f"{where}: {error.what}") from error
    return cls(**values)


def _assigned(where: str, cls: type[LayerKind], part: str, given: Container[str]) -> tuple[Parameter, str]:
    """Return the setting that a part is about, and the value it has there."""
    entries = parameters_of(cls)
    for entry in entries:
        letter = LETTERS.get(entry.name, "")
        if part in entry.choices:
            return entry, part
        if letter and part.startswith(letter) and part[1:2] in tuple("0123456789.+-"):
            return entry, part[1:]
    free = [entry for entry in entries if _is_positional(entry) and entry.name not in given]
    if free and not part[:1].isalpha():
        return free[0], part
    raise SettingError(f"{where}: {_cut(part) or 'nothing'} has no meaning here. {_how(cls)}")


def _how(cls: type[LayerKind]) -> str:
    """Return a sentence about what a kind of layer may be followed by."""
    choices = [entry for entry in parameters_of(cls) if entry.kind == "choice"]
    legal = "".join(f"; {entry.label.lower()} is {entry.legal}" for entry in choices)
    return f"It is written {usage(cls)}{legal}."


def _is_positional(entry: Parameter) -> bool:
    return entry.kind in ("int", "float") and entry.name not in LETTERS


def _written(value: Any) -> str:
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
