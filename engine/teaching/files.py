"""Where the Reader is kept that has learned the user's hand."""

from __future__ import annotations

import os
from pathlib import Path

from engine.errors import ModelFileError
from engine.files import data_folder, reason
from engine.model import Model
from engine.model_files import load_model, save_model

_INSTEAD = "The Reader that comes with the program reads instead; Learn my digits makes another."


def taught_path() -> Path:
    """Return where the Reader is kept that has learned the user's hand."""
    return data_folder() / "taught_reader.safetensors"


def keep_taught(model: Model) -> Path:
    """Keep a Reader that has learned the user's hand, in place of the one before; return its path.

    Raises
    ------
    DigitLabError
        When it cannot be written; the one before is still there.
    """
    path = taught_path()
    save_model(path, model)
    return path


def forget_taught() -> bool:
    """Move the Reader that has learned the user's hand away; return whether there was one.

    Raises
    ------
    ModelFileError
        When it cannot be moved.
    """
    return _move(taught_path(), _away())


def restore_taught() -> bool:
    """Bring the Reader back that was moved away last; return whether there was one.

    Raises
    ------
    ModelFileError
        When it cannot be moved.
    """
    return _move(_away(), taught_path())


def load_taught() -> Model | None:
    """Return the Reader that has learned the user's hand; None when there is none.

    Raises
    ------
    ModelFileError
        When it is damaged; the sentence says that the one that comes with the program reads instead.
    """
    path = taught_path()
    if not path.exists():
        return None
    try:
        return load_model(path)
    except ModelFileError as error:
        raise ModelFileError(error.what, _INSTEAD, error.details) from error


def _away() -> Path:
    return taught_path().with_name("taught_reader_away.safetensors")


def _move(source: Path, target: Path) -> bool:
    try:
        os.replace(source, target)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise ModelFileError(
            f"{source} could not be moved: {reason(error)}. It is where it was.", "Make its folder writable."
        ) from error
    return True
