"""Runs as files for other programs: a table as CSV, and everything as JSON."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from engine.errors import DigitLabError
from engine.files import atomic_write
from engine.model import program_version
from engine.runs.curve import Curve
from engine.runs.differences import settings_of
from engine.runs.glance import RunGlance
from engine.runs.row import RunRow
from engine.runs.schema import SCORES

Run = RunRow | RunGlance
FORMULA = ("=", "+", "-", "@", "\t", "\r")
ABOUT = ("id", "name", "starred", "tags", "state", "created", "preset", "experiment", "parent")


def export_csv(path: str | Path, rows: Sequence[Run]) -> None:
    """Write a table with a line per run: what it is, the settings in which the runs differ, and all scores.

    Columns of settings are named by their paths, e.g. ``training.learning_rate``; accuracies go from 0 to 1, times
    are in ISO 8601 and UTC. A text that a spreadsheet would take for a formula gets an apostrophe in front.

    Raises
    ------
    DigitLabError
        When the file cannot be written; one that was there is unchanged.
    """
    atomic_write(path, partial(_write_lines, lines=_lines(rows)))


def export_json(path: str | Path, rows: Sequence[Run], curves: Mapping[str, Curve | None]) -> None:
    """Write all there is to know of some runs; a number that is missing or not finite is null.

    Parameters
    ----------
    path : path
    rows : sequence of RunRow or RunGlance
    curves : mapping of str to Curve or None
        Their curves by id, where there are any.

    Raises
    ------
    DigitLabError
        When the file cannot be written; one that was there is unchanged.
    """
    runs = [_described(row, curves.get(row.id)) for row in rows]
    everything = {"program": f"DigitLab {program_version()}", "runs": runs}
    text = json.dumps(everything, ensure_ascii=False, allow_nan=False, indent=1)
    atomic_write(path, partial(_write_text, text=text))


def _lines(rows: Sequence[Run]) -> Iterator[list[Any]]:
    tables = [_settings(row) for row in rows]
    paths = [path for path in dict.fromkeys(path for table in tables for path in table) if path not in ABOUT]
    differ = [path for path in paths if len({table.get(path) for table in tables}) > 1]
    yield [*ABOUT, *differ, *SCORES]
    for row, table in zip(rows, tables, strict=True):
        about = [_when(row.created) if name == "created" else _said(row, table, name) for name in ABOUT]
        yield [_cell(value) for value in (*about, *map(table.get, differ), *(getattr(row, name) for name in SCORES))]


def _settings(row: Run) -> dict[str, Any]:
    """Return the settings of a run; none where this program does not know them."""
    try:
        return settings_of(row.spec)
    except DigitLabError:
        return {}


def _said(row: Run, table: dict[str, Any], name: str) -> Any:
    if name == "preset":
        return table.get("preset", "")
    return " ".join(row.tags) if name == "tags" else getattr(row, name)


def _when(seconds: float) -> str:
    """Return a time in ISO 8601; empty where the clock said what is no date."""
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        return ""


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float):
        return "" if not math.isfinite(value) else repr(value).removesuffix(".0")
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _described(row: Run, curve: Curve | None) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in RunRow.model_fields if name != "spec"}
    values = {name: _finite(value) for name, value in values.items()} | {"spec": row.spec.model_dump(mode="json")}
    if curve is not None:
        parts = {"batches": curve.batches, "epochs": curve.epochs}
        values["curve"] = {part: {name: _numbers(c) for name, c in columns.items()} for part, columns in parts.items()}
    return values


def _numbers(column: NDArray[Any]) -> list[float | None]:
    """Return numbers as short as float32 tells them apart."""
    return [_finite(float(str(value))) for value in column]


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _write_lines(path: Path, lines: Iterator[list[Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(lines)


def _write_text(path: Path, text: str) -> None:
    path.write_text(text + "\n", encoding="utf-8")
