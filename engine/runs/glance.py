"""A run as a list shows it: a light, read-only view of its row, of which the settings are read only when asked for."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, NamedTuple

from pydantic import ValidationError

from engine.errors import DigitLabError, SettingError
from engine.fields import explain
from engine.runs.row import RunRow, RunState
from engine.runs.schema import COLUMNS
from engine.specs import RunSpec

LARGEST = 2**63 - 1
_STATES = {state.value: state for state in RunState}


class _Columns(NamedTuple):
    """A row as the database gives it, in the order of `engine.runs.schema.COLUMNS`."""

    id: str
    created: float
    updated: float
    state_text: str
    name: str
    star: int
    tags_text: str
    preset: str
    network: str
    dataset: str
    seed: int
    epochs: int
    steps: int
    best_epoch: int
    train_loss: float | None
    train_accuracy: float | None
    validation_loss: float | None
    validation_accuracy: float | None
    test_loss: float | None
    test_accuracy: float | None
    seconds: float
    model: str
    parent: str
    experiment: str
    message: str
    versions_text: str
    spec_text: str


class RunGlance(_Columns):
    """A run at a glance: whatever a :class:`engine.runs.row.RunRow` has, under the same names.

    Attributes
    ----------
    network : str
        The sizes in a line.
    dataset : str
        The word that names the data.
    """

    @property
    def state(self) -> RunState:
        """How far it has got; a state that this program does not know counts as interrupted."""
        return _STATES.get(self.state_text, RunState.INTERRUPTED)

    @property
    def starred(self) -> bool:
        """Whether the user has starred it."""
        return bool(self.star)

    @property
    def title(self) -> str:
        """What it is called: by its user, or else after its preset and sizes."""
        return self.name or f"{self.preset} {self.network}".strip()

    @property
    def began(self) -> datetime | None:
        """When it was begun, in the time of this place; None where the clock said what is no date."""
        return moment(self.created)

    @cached_property
    def tags(self) -> tuple[str, ...]:
        """The user's tags."""
        return tuple(map(str, _read(self.tags_text, [])))

    @cached_property
    def versions(self) -> dict[str, str]:
        """What it was computed with."""
        return {name: str(value) for name, value in _read(self.versions_text, {}).items()}

    @cached_property
    def spec(self) -> RunSpec:
        """Everything that determined it.

        Raises
        ------
        DigitLabError
            When this program does not know such settings.
        """
        try:
            return RunSpec.model_validate_json(self.spec_text)
        except ValidationError as error:
            why = explain(error, RunSpec).what
            raise DigitLabError(f"The settings of the run {self.id} cannot be read: {why} The run is kept.") from error

    def row(self) -> RunRow:
        """Return all of it.

        Raises
        ------
        DigitLabError
            When this program does not know such settings.
        """
        values = {name: getattr(self, name) for name in RunRow.model_fields}
        try:
            return RunRow.model_validate(values)
        except ValidationError as error:
            why = explain(error, RunRow).what
            raise DigitLabError(f"The run {self.id} cannot be read: {why} It is kept.") from error


def columns_of(row: RunRow) -> tuple[Any, ...]:
    """Return what is kept of a run, in the order of `engine.runs.schema.COLUMNS`.

    Raises
    ------
    SettingError
        When a count is larger than a database can keep.
    """
    for name in ("epochs", "steps", "best_epoch"):
        if abs(getattr(row, name)) > LARGEST:
            raise SettingError(f"{_label(name)}: {getattr(row, name)} is not allowed; it must be at most {LARGEST:,}.")
    derived = {
        "state": row.state.value,
        "starred": int(row.starred),
        "tags": written(row.tags),
        "preset": row.spec.preset,
        "network": row.spec.network.title,
        "dataset": row.spec.dataset,
        "seed": row.spec.seed,
        "versions": written(row.versions),
        "spec": row.spec.model_dump_json(),
    }
    return tuple(derived[name] if name in derived else getattr(row, name) for name in COLUMNS)


def check_text(name: str, value: Any) -> None:
    """Refuse a text, or a group of texts, that cannot be kept: one with half of a character that is made of two.

    Raises
    ------
    SettingError
        A sentence that begins with `name`.
    """
    try:
        written(value).encode()
    except UnicodeEncodeError as error:
        part = error.object[error.start : error.end]
        raise SettingError(
            f"{_label(name)}: {part!a} is not allowed; it is half of a character and cannot be kept in a file."
        ) from error


def _read(text: str, nothing: Any) -> Any:
    """Return what is written as JSON; `nothing` where a damaged file has no such thing there."""
    try:
        found = json.loads(text)
    except (ValueError, TypeError):
        return nothing
    return found if isinstance(found, type(nothing)) else nothing


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()


def written(value: Any) -> str:
    """Return a value as JSON."""
    return json.dumps(value, ensure_ascii=False)


def moment(seconds: float) -> datetime | None:
    """Return seconds since 1970 as a time of this place; None where they are no date, as of a clock that ran wild."""
    try:
        return datetime.fromtimestamp(seconds, UTC).astimezone()
    except (ValueError, OverflowError, OSError):
        return None
