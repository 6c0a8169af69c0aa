"""A trained network together with how it came about: what a model file holds."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from pydantic import Field

from engine.datasets.dataset import Dataset
from engine.errors import DigitLabError, ModelFileError
from engine.evaluation import Evaluation
from engine.fields import Settings
from engine.files import reason
from engine.judge import Judge
from engine.network import Snapshot
from engine.reports import EpochReport
from engine.score import Score
from engine.specs import MAX_PARAMETERS, RunSpec

KEPT = "What was open stays open, unchanged."
FROM_FOLDER = "(from this folder)"
MAX_BYTES = MAX_PARAMETERS * 8 + 2**24
"""The most bytes a model file may have: every parameter in float64, and room for the description."""


class TrainingRecord(Settings):
    """What is known of how a network was trained. Whatever is unknown is empty, 0 or None.

    Attributes
    ----------
    dataset : str
        The title of the data.
    created : str
        When, in ISO 8601 and UTC.
    program : str
        The program and its version.
    epochs, steps : int
        Whole epochs and batches learned from.
    best_epoch : int
        The epoch whose weights these are; 0 if they are the latest ones.
    seconds_per_epoch : tuple of float
        One number per epoch.
    train_loss, train_accuracy, validation_loss, validation_accuracy : float or None
        Of the epoch whose weights these are; accuracies from 0 to 1.
    test_loss, test_accuracy : float or None
        On the test images.
    scores : tuple of Score
        How these weights read what they did not learn from.
    taught : str
        When the network last learned somebody's own digits, in ISO 8601 and UTC; empty if it never did.
    """

    dataset: str = ""
    created: str = ""
    program: str = ""
    epochs: int = Field(default=0, ge=0)
    steps: int = Field(default=0, ge=0)
    best_epoch: int = Field(default=0, ge=0)
    seconds_per_epoch: tuple[float, ...] = ()
    train_loss: float | None = None
    train_accuracy: float | None = None
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    test_loss: float | None = None
    test_accuracy: float | None = None
    scores: tuple[Score, ...] = Field(default=(), max_length=1000)
    taught: str = ""


@dataclass(frozen=True)
class Model:
    """A network at one moment, the run it belongs to, and the record of its training.

    Attributes
    ----------
    network : Snapshot
        Architecture and parameters; ``network.spec`` equals ``run.network``.
    run : RunSpec
        Everything that determined the run.
    record : TrainingRecord
        What came of it.
    judge : Judge
        How far its answers are to be trusted.
    """

    network: Snapshot
    run: RunSpec
    record: TrainingRecord = field(default_factory=TrainingRecord)
    judge: Judge = field(default_factory=Judge)


def record_training(
    dataset: Dataset,
    epochs: Sequence[EpochReport],
    *,
    steps: int,
    best_epoch: int = 0,
    test: Evaluation | None = None,
    scores: Sequence[Score] = (),
) -> TrainingRecord:
    """Return the record of a training that ends now.

    Parameters
    ----------
    dataset : Dataset
        What was learned from.
    epochs : sequence of EpochReport
        The reports of all its epochs so far.
    steps : int
        Batches learned from.
    best_epoch : int
        The epoch whose weights the network has; 0 for the latest.
    test : Evaluation, optional
        On the test images.
    scores : sequence of Score
        How the network reads what it did not learn from.
    """
    shown = next((e for e in epochs if e.epoch == best_epoch), epochs[-1] if epochs else None)
    return TrainingRecord(
        dataset=dataset.title,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        program=f"DigitLab {program_version()}",
        epochs=len(epochs),
        steps=steps,
        best_epoch=best_epoch,
        seconds_per_epoch=tuple(round(e.seconds, 4) for e in epochs),
        train_loss=finite(shown.loss) if shown else None,
        train_accuracy=shown.accuracy if shown else None,
        validation_loss=finite(shown.validation_loss) if shown else None,
        validation_accuracy=shown.validation_accuracy if shown else None,
        test_loss=finite(test.loss) if test else None,
        test_accuracy=test.accuracy if test else None,
        scores=tuple(scores),
    )


def finite(value: float | None) -> float | None:
    """Return `value`, or None when it is not a finite number: JSON knows no others."""
    return value if value is not None and math.isfinite(value) else None


def program_version() -> str:
    """Return the version of the installed program, or that of its folder when it is started from there."""
    try:
        return metadata.version("digitlab")
    except metadata.PackageNotFoundError:
        return f"{_folder_version()} {FROM_FOLDER}".strip()


def _folder_version() -> str:
    """Return the version that the program's folder declares; nothing where it declares none."""
    try:
        declared = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
        return str(declared["project"]["version"])
    except (OSError, ValueError, KeyError):
        return ""


def refused(path: str | Path, why: str, details: str = "") -> ModelFileError:
    """Return the error that refuses the model file `path`; `why` is a clause without full stop."""
    return ModelFileError(f"{path} cannot be opened: {why}.", KEPT, details)


def checked_size(path: Path) -> int:
    """Return the size in bytes of the model file `path`; refuse folders, devices, empty and enormous files."""
    size = path.stat().st_size
    if not path.is_file():
        raise refused(path, "it is a folder, not a file" if path.is_dir() else "it is not an ordinary file")
    if size == 0:
        raise refused(path, "it is empty")
    if size > MAX_BYTES:
        raise refused(path, f"it has {size / 2**20:,.0f} MB; a model has at most {MAX_BYTES / 2**20:,.0f} MB")
    return size


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn whatever a reader stumbles over into one sentence about the model file `path`.

    The readers of foreign formats document only some of the exceptions that damaged bytes make them raise,
    so every one of them counts as damage; its text is kept as the error's details.
    """
    try:
        yield
    except DigitLabError:
        raise
    except MemoryError as error:
        raise refused(path, "it does not fit into memory") from error
    except FileNotFoundError as error:
        raise refused(path, "there is no file of that name") from error
    except PermissionError as error:
        raise refused(path, "it may not be read") from error
    except OSError as error:
        raise refused(path, reason(error), str(error)) from error
    except Exception as error:
        details = f"{type(error).__name__}: {error}"
        raise refused(path, "it is damaged, cut short or not a model file", details) from error
