"""What is known of a run at a glance: a row of the library."""

from __future__ import annotations

import platform
import secrets
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import numpy as np
from pydantic import Field

from engine.fields import Settings
from engine.model import finite, program_version
from engine.specs import RunSpec

Number = float | None


class RunState(StrEnum):
    """How far a run has got: it goes on somewhere, can go on, or has ended for one of five reasons.

    Paused is what a window was closed on, interrupted what ended with its process.
    """

    RUNNING = "running"
    PAUSED = "paused"
    INTERRUPTED = "interrupted"
    FINISHED = "finished"
    STOPPED = "stopped"
    EARLY = "early"
    DIVERGED = "diverged"
    FAILED = "failed"


class RunRow(Settings):
    """One run of the library; immutable, :meth:`changed` makes another one.

    Attributes
    ----------
    id : str
        Names the run and its file; begins with the time in UTC, so that sorting by it is sorting by age.
    created, updated : float
        Seconds since 1970 in UTC.
    state : RunState
        How far it has got.
    name, starred, tags
        What the user says of it.
    spec : RunSpec
        Everything that determined it, seed and data included.
    parent : str
        The run whose network it went on with; empty if it began anew.
    experiment : str
        The experiment it belongs to; empty if to none.
    epochs, steps, best_epoch : int
        Whole epochs and batches done, and the epoch whose weights were best; 0 if none.
    train_loss, train_accuracy, validation_loss, validation_accuracy, test_loss, test_accuracy : float or None
        Of the best weights; accuracies from 0 to 1.
    seconds : float
        Time spent learning.
    versions : dict of str to str
        What it was computed with: DigitLab, Python, NumPy, and the machine.
    model : str
        The file name, in the folder of kept models, of its best weights; empty if there is none.
    message : str
        What was said at its end.
    """

    id: str
    created: float
    updated: float = 0.0
    state: RunState = RunState.RUNNING
    name: str = Field(default="", max_length=200)
    starred: bool = False
    tags: tuple[str, ...] = ()
    spec: RunSpec
    parent: str = ""
    experiment: str = ""
    epochs: int = 0
    steps: int = 0
    best_epoch: int = 0
    train_loss: Number = None
    train_accuracy: Number = None
    validation_loss: Number = None
    validation_accuracy: Number = None
    test_loss: Number = None
    test_accuracy: Number = None
    seconds: float = 0.0
    versions: dict[str, str] = Field(default_factory=dict)
    model: str = ""
    message: str = ""

    @property
    def title(self) -> str:
        """What it is called: by its user, or else after its preset and sizes."""
        return self.name or f"{self.spec.preset} {self.spec.network.title}".strip()

    def changed(self, **values: Any) -> RunRow:
        """Return a validated copy with some values replaced; a loss that is no finite number becomes None."""
        known = {name: finite(value) if isinstance(value, float) else value for name, value in values.items()}
        return RunRow.model_validate({**{name: getattr(self, name) for name in RunRow.model_fields}, **known})


def new_row(spec: RunSpec, *, parent: str = "", experiment: str = "") -> RunRow:
    """Return the row of a run that begins now, under an id that no other run has."""
    now = datetime.now(UTC)
    return RunRow(
        id=f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(4)}",
        created=now.timestamp(),
        updated=now.timestamp(),
        spec=spec,
        parent=parent,
        experiment=experiment,
        versions=versions(),
    )


def versions() -> dict[str, str]:
    """Return what a run is computed with."""
    return {
        "DigitLab": program_version(),
        "Python": platform.python_version(),
        "NumPy": np.__version__,
        "machine": f"{platform.system()} {platform.machine()}",
    }
