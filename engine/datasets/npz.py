"""A NumPy archive laid out like the Keras files: ``x_train``, ``y_train``, ``x_test``, ``y_test``."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from engine.datasets.dataset import DIGITS, Dataset
from engine.datasets.reading import Pair, Watch, assemble, check_size, checked_file, refused, refusing

_LAYOUTS = (("x_train", "y_train", "x_test", "y_test"), ("x_train", "y_train"), ("x", "y"))
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def load(path: Path, watch: Watch) -> Dataset:
    """Load the archive `path`; without test images a random sixth becomes the test set.

    Raises
    ------
    DataError
        When it is missing, damaged, pickled, too large, or not laid out as described.
    """
    watch.say(f"Reading {path.name}…")
    return load_archive(path, f"npz:{path}", path.stem)


def load_archive(path: Path, word: str, title: str, class_names: Sequence[str] = DIGITS) -> Dataset:
    """Load an archive under the word and the title of another source."""
    checked_file(path)
    with refusing(path, "an NPZ file"), zipfile.ZipFile(path) as archive:
        names = _layout(path, archive)
        check_size(path, sum(archive.getinfo(name + ".npy").file_size for name in names))
        arrays = [_array(path, archive, name) for name in names]
    test: Pair | None = (arrays[2], arrays[3]) if len(arrays) == 4 else None
    return assemble(word, title, path, (arrays[0], arrays[1]), test, class_names=class_names)


def _layout(path: Path, archive: zipfile.ZipFile) -> tuple[str, ...]:
    members = {name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")}
    for layout in _LAYOUTS:
        if members.issuperset(layout):
            return layout
    found = ", ".join(sorted(members)[:8]) or "no arrays"
    raise refused(
        path,
        f"it holds {found}; it must hold x_train, y_train, x_test and y_test, or x_train and y_train, or x and y",
    )


def _array(path: Path, archive: zipfile.ZipFile, name: str) -> NDArray:
    size = archive.getinfo(name + ".npy").file_size
    with archive.open(name + ".npy") as member:
        _check_header(path, member, name, size)
    with archive.open(name + ".npy") as member:
        return npy.read_array(member, allow_pickle=False)


def _check_header(path: Path, member: IO[bytes], name: str, size: int) -> None:
    """Refuse an array whose header does not fit its size: NumPy believes it and reserves the room."""
    version = npy.read_magic(member)
    if version not in _HEADERS:
        raise refused(path, f"its array {name} has a header of version {version}, which is not read here")
    shape, _, dtype = _HEADERS[version](member)
    if dtype.hasobject:
        raise refused(path, f"its array {name} is a pickled Python object, which could run code when opened")
    if math.prod(shape) * np.dtype(dtype).itemsize != size - member.tell():
        raise refused(path, f"its array {name} is not as long as its header says")
