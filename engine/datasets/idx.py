"""A folder with the four IDX files in which MNIST was first published, plain or gzip-compressed."""

from __future__ import annotations

import gzip
import itertools
import math
import struct
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import SIDE, Dataset
from engine.datasets.reading import (
    Pair,
    Watch,
    assemble,
    check_size,
    checked_file,
    checked_folder,
    refused,
    refusing,
)

_UNSIGNED_BYTES = 0x08
_DIMENSIONS = {"images": 3, "labels": 1}
_MOST_DIMENSIONS = 4


def load(folder: Path, watch: Watch) -> Dataset:
    """Load the IDX files of `folder`; without ``t10k-…`` a random sixth becomes the test set.

    Raises
    ------
    DataError
        When the folder or one of the files is missing, damaged, or not what its name says.
    """
    checked_folder(folder)
    train = _pair(folder, "train", watch)
    if train is None:
        raise refused(
            folder,
            "it holds no train-images-idx3-ubyte and train-labels-idx1-ubyte (a dot before idx, or .gz "
            "behind, is fine)",
        )
    return assemble(f"idx:{folder}", folder.name, folder, train, _pair(folder, "t10k", watch))


def _pair(folder: Path, part: str, watch: Watch) -> Pair | None:
    """Read the images and labels of one part; None when the folder has neither."""
    found = {what: _find(folder, part, what) for what in _DIMENSIONS}
    if not any(found.values()):
        return None
    for what, path in found.items():
        if path is None:
            raise refused(folder, f"it holds no {part}-{what}-idx{_DIMENSIONS[what]}-ubyte")
        watch.say(f"Reading {path.name}…")
    images, labels = (read_idx(cast(Path, found[what]), _DIMENSIONS[what]) for what in _DIMENSIONS)
    return images, labels


def _find(folder: Path, part: str, what: str) -> Path | None:
    for dot, zipped in itertools.product("-.", ("", ".gz")):
        path = folder / f"{part}-{what}{dot}idx{_DIMENSIONS[what]}-ubyte{zipped}"
        with refusing(path, "an IDX file"):
            if path.exists():
                return path
    return None


def read_idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """Read one IDX file of unsigned bytes.

    Parameters
    ----------
    path : path
        The file; a name that ends in ``.gz`` is unpacked.
    dimensions : int
        3 for images, 1 for labels.

    Returns
    -------
    ndarray, uint8
        Of shape (n, 28, 28) or (n,); not writable.

    Raises
    ------
    DataError
        When the header is not that of such a file, or the file is not as long as the header says.
    """
    checked_file(path)
    with refusing(path, "an IDX file"), _opened(path) as file:
        shape = _header(path, file, dimensions)
        count = math.prod(shape)
        check_size(path, count)
        content = file.read(count)
        if len(content) < count:
            raise refused(path, f"its header promises {count:,} bytes but only {len(content):,} follow")
        if file.read(1):
            raise refused(path, f"more bytes follow than the {count:,} that its header promises")
    return np.frombuffer(content, np.uint8).reshape(shape)


def _opened(path: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _header(path: Path, file: IO[bytes], dimensions: int) -> tuple[int, ...]:
    zeros, kind, count = struct.unpack(">HBB", file.read(4))
    if zeros != 0 or count > _MOST_DIMENSIONS:
        raise refused(path, "it does not begin like an IDX file")
    if kind != _UNSIGNED_BYTES:
        raise refused(path, f"it holds values of IDX type {kind:#04x}; they must be unsigned bytes (0x08)")
    if count != dimensions:
        raise refused(path, f"it has {count} dimensions; it must have {dimensions}")
    shape = struct.unpack(f">{count}I", file.read(4 * count))
    if shape[1:] not in ((), (SIDE, SIDE)):
        raise refused(path, f"its images are {shape[1]}x{shape[2]} pixels; they must be 28x28")
    return shape
