"""Opens the model that a command was given."""

from __future__ import annotations

from pathlib import Path

from engine.errors import ModelFileError
from engine.model import Model
from engine.model_files import load_model


def opened(path: str | Path) -> Model:
    """Return the model in a file.

    Raises
    ------
    ModelFileError
        When it cannot be read. Nothing is said of what was open before, because in a terminal nothing was.
    """
    try:
        return load_model(path)
    except ModelFileError as error:
        raise ModelFileError(error.what, details=error.details) from error
