"""One declaration per hyperparameter, from which forms, command line, file format and help derive."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from engine.errors import SettingError


class Settings(BaseModel):
    """Base of everything that describes a network or a run: immutable, validated, JSON both ways."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def setting(
    default: Any,
    label: str,
    help: str,  # noqa: A002  (the word a form shows)
    *,
    low: float | None = None,
    high: float | None = None,
    unit: str = "",
    log: bool = False,
    rebuilds: bool = False,
    choice_help: dict[str, str] | None = None,
) -> Any:
    """Declare a hyperparameter: its default, name, explanation, legal range and unit.

    Parameters
    ----------
    default : object
        The value when nothing is said.
    label, help : str
        Its name and its explanation, as shown in forms and in ``--help``.
    low, high : float, optional
        The legal range, ends included.
    unit : str
        The unit shown behind the value, e.g. ``"epochs"``.
    log : bool
        Whether a slider for it moves on a logarithmic scale.
    rebuilds : bool
        Whether a change needs a new network to take effect.
    choice_help : dict of str to str, optional
        One explanation per choice, for settings that choose from a list.
    """
    extra = {"unit": unit, "log": log, "rebuilds": rebuilds, "choice_help": choice_help or {}}
    return Field(default, title=label, description=help, ge=low, le=high, json_schema_extra=typing.cast(dict, extra))


@dataclass(frozen=True)
class Parameter:
    """What a form or a command line needs to know of one hyperparameter."""

    name: str
    label: str
    help: str
    kind: Literal["int", "float", "bool", "choice", "text"]
    default: Any
    low: float | None
    high: float | None
    unit: str
    log: bool
    rebuilds: bool
    choices: tuple[str, ...]
    choice_help: dict[str, str]
    field: FieldInfo

    @property
    def legal(self) -> str:
        """The legal values in words, e.g. ``"a number from 1e-06 to 10"``."""
        if self.kind == "choice":
            return "one of " + ", ".join(self.choices)
        if self.kind in ("bool", "text"):
            return {"bool": "on or off", "text": "a text"}[self.kind]
        noun = "a whole number" if self.kind == "int" else "a number"
        if self.low is not None and self.high is not None:
            return f"{noun} from {self.low:,g} to {self.high:,.10g}"
        return noun if self.low is None else f"{noun} of at least {self.low:g}"

    def check(self, value: Any) -> Any:
        """Return `value` converted to the setting's type.

        Raises
        ------
        SettingError
            When it is outside the legal range; the sentence names the field, the value and the range.
        """
        try:
            declared: Any = typing.Annotated[self.field.annotation, self.field]
            return TypeAdapter(declared).validate_python(value)
        except ValidationError as error:
            raise SettingError(self.complaint(value)) from error

    def complaint(self, value: Any) -> str:
        """Return the sentence that refuses `value`."""
        # In full: 10.0000001 cut to six digits would refuse "10" for not being at most 10.
        shown = repr(value).removesuffix(".0") if isinstance(value, float) else str(value).strip()
        shown = shown if len(shown) <= 40 else shown[:37] + "…"
        said = f"{shown} is not allowed" if shown else "a value is missing"
        return f"{self.label}: {said}; it must be {self.legal}.{self._pointed(value)}"

    def _pointed(self, value: Any) -> str:
        """Return the advice to write a point where only a decimal comma makes `value` illegal."""
        if self.kind != "float" or not isinstance(value, str) or "," not in value:
            return ""
        pointed = value.strip().replace(",", ".")
        try:
            self.check(pointed)
        except SettingError:
            return ""
        return f" Write {pointed} with a point."


def parameters_of(cls: type[Settings]) -> tuple[Parameter, ...]:
    """Return the simple hyperparameters that `cls` declares, in order."""
    return tuple(
        _parameter(name, field)
        for name, field in cls.model_fields.items()
        if field.title and _kind(field.annotation) is not None
    )


def parameter(cls: type[Settings], name: str) -> Parameter:
    """Return the declaration of the hyperparameter `name` of `cls`."""
    return _parameter(name, cls.model_fields[name])


def explain(error: ValidationError, cls: type[Settings]) -> SettingError:
    """Turn pydantic's report about `cls` into one sentence about its first problem."""
    first = error.errors()[0]
    if first["type"] == "value_error":
        return SettingError(str(first["ctx"]["error"]) if "ctx" in first else first["msg"])
    where, found = _locate(cls, first["loc"])
    if first["type"].startswith("union_tag"):
        return SettingError(where + _wrong_kind(first))
    if first["type"] == "extra_forbidden":
        return SettingError(f"{where}{first['loc'][-1]!r} is not a setting that this version knows.")
    if first["type"] == "too_long":
        context = first["ctx"]
        return SettingError(
            f"{_words(first)}: {context['actual_length']} are too many; at most {context['max_length']}."
        )
    if found is None:
        return SettingError(f"{where}{_words(first)}: this is not a description of it.")
    if first["type"] == "missing":
        return SettingError(f"{where}{found.label} is missing; it must be {found.legal}.")
    return SettingError(where + found.complaint(first["input"]))


def _wrong_kind(problem: Any) -> str:
    """Return the sentence about a layer, optimizer or schedule whose kind is unknown or not said."""
    name = "Kind of layer" if "layers" in problem["loc"] else _words(problem)
    if "expected_tags" not in problem["ctx"]:
        return f"{name} is missing."
    legal = problem["ctx"]["expected_tags"].replace("'", "")
    return f"{name}: {problem['ctx']['tag']} is not allowed; it must be one of {legal}."


def _words(problem: Any) -> str:
    """Return the name of what a problem is about, e.g. ``"Layers"``."""
    names = [str(step) for step in problem["loc"] if isinstance(step, str)]
    return (names[-1] if names else "Run").replace("_", " ").capitalize()


def _locate(cls: Any, path: tuple[int | str, ...]) -> tuple[str, Parameter | None]:
    """Follow pydantic's path of an error to the declaration that was violated."""
    where, found, current = "", None, [cls]
    for step in path:
        if isinstance(step, int):
            where = f"Layer {step + 1}: "
            continue
        tagged = [c for c in current if "kind" in c.model_fields and c.model_fields["kind"].default == step]
        if tagged and len(current) > 1:  # the kind is chosen once: a setting may bear the same name
            current = tagged
            continue
        owner = next((c for c in current if step in c.model_fields), None)
        if owner is None:
            break
        field = owner.model_fields[step]
        found = _parameter(str(step), field) if field.title and _kind(field.annotation) else None
        current = list(_settings_in(field.annotation))
    return where, found


def _settings_in(annotation: Any) -> Iterator[type[Settings]]:
    """Yield the Settings classes that occur in a type annotation."""
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from _settings_in(argument)


def _kind(annotation: Any) -> Any:
    if typing.get_origin(annotation) is Literal:
        return "choice"
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return None
    return {int: "int", float: "float", bool: "bool", str: "text"}.get(annotation)


def _parameter(name: str, field: FieldInfo) -> Parameter:
    extra = typing.cast(dict[str, Any], field.json_schema_extra or {})
    kind = _kind(field.annotation)
    bounds = {key: getattr(rule, key) for rule in field.metadata for key in ("ge", "le") if hasattr(rule, key)}
    return Parameter(
        name=name,
        label=field.title or name,
        help=field.description or "",
        kind=kind,
        default=field.default,
        low=bounds.get("ge"),
        high=bounds.get("le"),
        unit=extra.get("unit", ""),
        log=extra.get("log", False),
        rebuilds=extra.get("rebuilds", False),
        choices=typing.get_args(field.annotation) if kind == "choice" else (),
        choice_help=extra.get("choice_help", {}),
        field=field,
    )
