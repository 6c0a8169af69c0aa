"""Models that are kept by themselves: the best one of every run, in the user's data folder."""

from __future__ import annotations

import os
import re
import secrets
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import ModelFileError
from engine.files import data_folder, reason, sweep
from engine.model_files import SUFFIX, Model, save_model

if TYPE_CHECKING:
    from engine.runs.row import RunRow
    from engine.runs.store import RunStore


_NAME = re.compile(r"(\d{8}-\d{4})\d{2}-\d+_(.+?)(?:_(\d+\.\d))?_[0-9a-f]+")


def folder() -> Path:
    """Return the folder of the kept models, made if need be.

    Raises
    ------
    DigitLabError
        When it cannot be made.
    """
    return data_folder("models")


def check_room(size: int) -> None:
    """Find out whether `size` bytes can be written beside the kept models, by doing it.

    Raises
    ------
    DigitLabError
        When they cannot.
    """
    place = folder()
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(bytes(size))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise ModelFileError(f"Nothing can be kept in {place}: {reason(error)}.") from error


def keep(model: Model) -> Path:
    """Write `model` to a file of its own in the data folder and return its path.

    Raises
    ------
    DigitLabError
        When it cannot be written.
    """
    path = folder() / _name(model)
    save_model(path, model)
    sweep(path.parent)
    return path


def kept() -> list[Path]:
    """Return the kept models, the newest first (by the times in their names)."""
    return sorted(folder().glob(f"*{SUFFIX}"), key=lambda path: path.name, reverse=True)


def save_owner(store: RunStore, row: RunRow) -> None:
    """Save a run with the model that is kept of it now; the one that was kept of it before goes.

    That one stays if another run names it as well, or if it has a name that a person has chosen.

    Raises
    ------
    DigitLabError
        When the store cannot be written to.
    """
    former = store.model(row.id)
    store.save(row)
    if former and _NAME.fullmatch(Path(former).stem) and not store.is_named(former):
        with suppress(OSError):  # it goes with its run, or is thrown away by hand
            (folder() / former).unlink(missing_ok=True)


def title(path: Path) -> str:
    """Return what the name of a kept model says: ``"quick 784-350-10 · 98.3 % · 2026-11-22 14:05"``.

    The share is that of the validation images; a file of any other name keeps its name.
    """
    found = _NAME.fullmatch(path.stem)
    try:
        when = datetime.strptime(found[1], "%Y%m%d-%H%M") if found else None
    except ValueError:  # digits that are no date
        when = None
    if found is None or when is None:
        return path.name
    words = [re.sub(r"^([a-z]+)-", r"\1 ", found[2]), f"{found[3]} %" if found[3] else ""]
    return " · ".join([*filter(None, words), f"{when.replace(tzinfo=UTC).astimezone():%Y-%m-%d %H:%M}"])


def _name(model: Model) -> str:
    """Return a name no other has: the clock may jump, and two programs may write at the same moment."""
    title = f"{model.run.preset} {model.network.spec.title}"
    words = re.sub(r"[^A-Za-z0-9]+", "-", title).strip("-")[:80]
    if model.record.validation_accuracy is not None:
        words += f"_{100 * model.record.validation_accuracy:.1f}"
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}_{words}_{secrets.token_hex(3)}{SUFFIX}"
