"""Model files: one ``.safetensors`` file with the weights by name and everything else in its metadata.

Safetensors holds numbers and text only, so that opening a file cannot run anything. Besides these files the
article's own ``.npy`` models are read, by :mod:`engine.article_file`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from safetensors import safe_open
from safetensors.numpy import save

from engine import article_file
from engine.errors import DigitLabError, ModelFileError
from engine.fields import Settings, explain
from engine.files import atomic_write
from engine.judge import Judge
from engine.model import Model, TrainingRecord, checked_size, reading, record_training, refused
from engine.network import Network
from engine.specs import INPUT_SHAPE, RunSpec

__all__ = ["SUFFIX", "Model", "TrainingRecord", "load_model", "record_training", "save_model"]

SUFFIX = ".safetensors"
FORMAT = "digitlab-model"
FORMAT_VERSION = 1
PREPROCESSING = {"input_shape": list(INPUT_SHAPE), "scale": "bytes / 255", "ink": "mnist-20x20-centre-of-mass"}
_MAX_HEADER = 2**24
_TYPES = {"float32": "F32", "float64": "F64"}

S = TypeVar("S", bound=Settings)


def save_model(path: str | Path, model: Model) -> None:
    """Write `model` to one file, so that at any moment either the old or the new file stands complete.

    Parameters
    ----------
    path : path
        The target, usually ending in ``.safetensors``.
    model : Model
        What to keep. Tensors are named ``dense_1.weights`` of shape (inputs, units), ``dense_1.bias`` of shape
        (units,) and so on, the output layer the last dense one, in the network's own precision; see
        :meth:`engine.network.Network.named_parameters`.

    Raises
    ------
    ModelFileError
        When the file cannot be written; whatever stood at `path` is still there.
    """
    if not np.isfinite(model.network.parameters).all():
        raise ModelFileError(f"{path} was not written: the network holds numbers that are not finite.")
    content = save(Network.from_snapshot(model.network).named_parameters(), metadata=_metadata(model))

    def write(temporary: Path) -> None:
        temporary.write_bytes(content)

    try:
        atomic_write(path, write)
    except DigitLabError as error:
        raise ModelFileError(error.what, error.do, error.details) from error


def load_model(path: str | Path) -> Model:
    """Read a model file, or a model of the article's (recognised by content, whatever its name).

    Raises
    ------
    ModelFileError
        When it is missing, damaged, foreign, enormous, written by a newer version or not what its own
        description says: one sentence that names the file and what is wrong.
    """
    path = Path(path)
    with reading(path):
        size = checked_size(path)
        with path.open("rb") as file:
            start = file.read(8)
        if article_file.is_article_file(path, start):
            return article_file.load_article_model(path)
        _check_start(path, start, size)
        return _load(path, size)


def _metadata(model: Model) -> dict[str, str]:
    return {
        "format": FORMAT,
        "format_version": str(FORMAT_VERSION),
        "spec": model.run.model_dump_json(),
        "preprocessing": json.dumps({**PREPROCESSING, **model.run.ink.model_dump()}),
        "training": model.record.model_dump_json(),
        "judge": model.judge.model_dump_json(),
    }


def _check_start(path: Path, start: bytes, size: int) -> None:
    """Refuse by the first 8 bytes, the length of the header, what would make the reader reserve much room."""
    length = int.from_bytes(start, "little")
    if len(start) < 8 or length + 8 > size:
        raise refused(path, "it is damaged, cut short or not a model file")
    if length > _MAX_HEADER:
        raise refused(path, f"its description has {length / 2**20:,.0f} MB, far too much for a model")


def _load(path: Path, size: int) -> Model:
    with safe_open(path, framework="np") as file:
        about = file.metadata() or {}
        _check_format(path, about)
        run = _parsed(path, about, "spec", RunSpec)
        record = _parsed(path, about, "training", TrainingRecord)
        # A file of before there were judges has none: its shares count as they are.
        judge = _parsed(path, about, "judge", Judge) if "judge" in about else Judge()
        if run.network.parameter_count * np.dtype(run.network.dtype).itemsize > size:
            raise refused(path, "it holds fewer weights than its description says")
        network = Network(run.network)
        named = network.named_parameters()
        _check_tensors(path, file, named)
        for name, array in named.items():
            array[...] = file.get_tensor(name)
    if not np.isfinite(network.parameters).all():
        raise refused(path, "it holds weights that are not finite numbers")
    for name, array in named.items():
        if name.endswith(".variance") and (array < 0).any():
            raise refused(path, f"{name} holds negative numbers, which no variance is")
    if not judge.fits(network):
        raise refused(path, "what it says of how surely it reads does not belong to its network")
    return Model(network.snapshot(record.steps, record.epochs), run, record, judge)


def _check_format(path: Path, about: dict[str, str]) -> None:
    if about.get("format") != FORMAT:
        raise refused(path, "it is a safetensors file, but not one that DigitLab wrote")
    version = about.get("format_version", "")
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        raise refused(path, "it does not say which version of the file format it has")
    if int(version) > FORMAT_VERSION:
        newer = (
            f"it was written by a newer DigitLab (file format {int(version)}; this one reads up to {FORMAT_VERSION})"
        )
        raise refused(path, newer)
    shape = json.loads(about["preprocessing"])["input_shape"]
    if shape != list(INPUT_SHAPE):
        shown = "x".join(map(str, shape))
        raise refused(path, f"it is for inputs of {shown[:40]}; this program works on images of 28x28 pixels")


def _parsed(path: Path, about: dict[str, str], key: str, cls: type[S]) -> S:
    try:
        return cls.model_validate_json(about[key])
    except ValidationError as error:
        why = explain(error, cls).what.rstrip(".")
        raise refused(path, f"its description is not valid ({why})", str(error)) from error


def _check_tensors(path: Path, file: Any, named: dict[str, NDArray[Any]]) -> None:
    """Compare names, shapes and types with what the description demands, before any weight is read."""
    if set(file.keys()) != set(named):
        odd = sorted(set(file.keys()) ^ set(named))[0]
        raise refused(path, f"its weights do not belong to its description (see {odd[:60]!r})")
    for name, array in named.items():
        found = file.get_slice(name)
        shape, dtype = tuple(found.get_shape()), found.get_dtype()
        if shape != array.shape:
            why = f"{name} has the shape {shape}, but {array.shape} is needed"
            raise refused(path, why + _inputs(shape, array.shape))
        if dtype != _TYPES[array.dtype.name]:
            raise refused(path, f"{name} is of type {dtype}, but {_TYPES[array.dtype.name]} is needed")


def _inputs(shape: tuple[int, ...], needed: tuple[int, ...]) -> str:
    """Explain the most likely wrong shape: a network for other pictures."""
    pixels = INPUT_SHAPE[0] * INPUT_SHAPE[1]
    if len(shape) != 2 or len(needed) != 2 or needed[0] != pixels or shape[0] == pixels:
        return ""
    return f": it is for {shape[0]:,} inputs, and an image of 28x28 has {pixels}"
