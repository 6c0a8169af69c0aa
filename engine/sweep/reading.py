"""Experiments from JSON: written by hand, where much may be left out, or kept by the program."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from engine.errors import DataError, SettingError
from engine.fields import Settings, explain
from engine.files import reason
from engine.presets import DEFAULT_PRESET, PRESETS
from engine.specs import RunSpec, checked_run
from engine.sweep.axis import Axis
from engine.sweep.built_in import BUILT_IN
from engine.sweep.paths import KIND, PRESET
from engine.sweep.spec import Case, SweepSpec

MAX_BYTES = 2**24
_LISTED: dict[str, type[Settings]] = {"axes": Axis, "cases": Case}


def checked_sweep(data: Mapping[str, Any]) -> SweepSpec:
    """Return the experiment that `data` describes.

    Parameters
    ----------
    data : mapping
        The fields of a `SweepSpec`. Its ``base`` may leave settings out: they are those of the preset that it names,
        or else of the quick one.

    Raises
    ------
    SettingError
        When a value is outside its range or a trial would be illegal; nothing was started.
    """
    parts = {**data, "base": _base(data.get("base", {}))}
    for name, cls in _LISTED.items():
        parts[name] = [_row(cls, name, number, row) for number, row in enumerate(_list(data, name), start=1)]
    try:
        spec = SweepSpec.model_validate(parts)
    except ValidationError as error:
        raise _explained(error) from error
    spec.trials()
    return spec


def read_sweep(path: str | Path) -> SweepSpec:
    """Return the experiment in the JSON file `path`.

    Raises
    ------
    DigitLabError
        When it cannot be read, with a sentence that names the file.
    """
    try:
        data = json.loads(_content(Path(path)))
    except (OSError, ValueError, RecursionError) as error:
        why = reason(error) if isinstance(error, OSError) else "it is not JSON"
        raise DataError(f"{path} cannot be read: {why}.", "Nothing was trained.", details=str(error)) from error
    if not isinstance(data, dict):
        raise DataError(f"{path} is no experiment: it must be a JSON object with a base and axes.")
    try:
        return checked_sweep(data)
    except SettingError as error:
        raise DataError(f"{path}: {error.what}", "Nothing was trained.") from error


def find_sweep(name: str) -> SweepSpec:
    """Return the built-in experiment of this name, or the one in the file of this name."""
    if name in BUILT_IN:
        return BUILT_IN[name]
    if not Path(name).exists():
        raise DataError(
            f"{name} is neither a file nor a built-in experiment; these are {', '.join(BUILT_IN)}.",
            "Nothing was trained.",
        )
    return read_sweep(name)


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        text = file.read(MAX_BYTES + 1)
    if len(text) > MAX_BYTES:
        raise DataError(f"{path} cannot be read: it is too large to be an experiment.", "Nothing was trained.")
    return text


def _base(given: Any) -> RunSpec:
    if isinstance(given, RunSpec):
        return given
    if not isinstance(given, Mapping):
        raise SettingError("Base: it must be a JSON object with the settings of a run.")
    name = given.get(PRESET) or DEFAULT_PRESET
    if not isinstance(name, str) or name not in PRESETS:
        raise SettingError(f"Preset: {str(name)[:40]} is not allowed; it must be one of {', '.join(PRESETS)}.")
    try:
        return checked_run(_merged(PRESETS[name].run.model_dump(mode="json"), given))
    except SettingError as error:
        raise SettingError(f"Base: {error.what}") from error


def _merged(start: Any, given: Any) -> Any:
    """Return `start` with what is `given` in its place; another kind leaves nothing of the one before."""
    if not isinstance(start, Mapping) or not isinstance(given, Mapping):
        return given
    if given.get(KIND, start.get(KIND)) != start.get(KIND):
        return given
    return {**start, **{name: _merged(start.get(name), value) for name, value in given.items()}}


def _list(data: Mapping[str, Any], name: str) -> list[Any]:
    rows = data.get(name, [])
    if not isinstance(rows, list | tuple):
        raise SettingError(f"{name.capitalize()}: it must be a list.")
    return list(rows)


def _row(cls: type[Settings], name: str, number: int, row: Any) -> Settings:
    try:
        return cls.model_validate(row)
    except ValidationError as error:
        found = explain(error, cls)
        where = "" if found.what.startswith("Axis ") else f"{name.capitalize()}, number {number}: "
        raise SettingError(f"{where}{found.what}") from error


def _explained(error: ValidationError) -> SettingError:
    """Return a sentence about a field of the experiment itself; lists of numbers have no name for each."""
    first = error.errors()[0]
    if first["loc"][:1] == ("seeds",) and first["type"] != "value_error":
        return SettingError("Seeds: it must be a list of 1 to 1,000 whole numbers from 0 to 4,294,967,295.")
    return explain(error, SweepSpec)
