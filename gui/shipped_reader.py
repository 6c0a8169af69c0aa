"""The *Reader*: the model that comes with the program, or what was made of it for the user's own hand."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import as_file, files
from typing import Any, Literal

from engine.errors import DigitLabError
from engine.model import Model
from engine.model_files import load_model
from engine.reader import Reader
from engine.teaching.files import load_taught

ReadBy = Literal["auto", "reader", "network"]


@dataclass(frozen=True, eq=False)
class Found:
    """The Reader that was found.

    Attributes
    ----------
    reader : Reader
    taught : bool
        Whether it has learned the user's hand.
    problem : DigitLabError or None
        Why the one that has learned the user's hand is not this one, though there is one.
    """

    reader: Reader
    taught: bool = False
    problem: DigitLabError | None = None


def load_reader(progress: Any = None, cancelled: Any = None) -> Found:
    """Return the Reader that has learned the user's hand if there is one, or the one that comes with the program.

    Raises
    ------
    ModelFileError
        When neither can be read.
    """
    problem = None
    try:
        own = load_taught()
        if own is not None:
            return Found(Reader.of(own), taught=True)
    except DigitLabError as error:
        problem = error
    return Found(Reader.of(shipped_model()), problem=problem)


def shipped_model() -> Model:
    """Return the model of the *Reader* that comes with the program, before it learned anybody's hand.

    Raises
    ------
    ModelFileError
        When it cannot be read.
    """
    with as_file(files("resources").joinpath("models", "reader.safetensors")) as path:
        return load_model(path)
