"""A folder with one sub-folder of pictures per class."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import CLASSES, DIGITS, SIDE, Dataset
from engine.datasets.reading import Pair, Watch, assemble, check_size, checked_folder, refused, refusing
from engine.ink.spec import InkSpec
from engine.pictures.reading import SUFFIXES, is_light_paper, read_picture

_PARTS = ({"train", "training"}, {"test", "testing"})
_POLLED = 200
_TOLD_EVERY = 100


def load(folder: Path, watch: Watch, ink: InkSpec | None = None) -> Dataset:
    """Load the pictures of `folder`.

    Sub-folders named 0 to 9 stand for those classes; otherwise the sorted names count from 0 and become
    the class names. Two sub-folders ``train`` and ``test`` with such sub-folders give both parts;
    otherwise a random sixth becomes the test set. Whether ink is dark on light paper is decided once,
    by the borders of a sample, because single pictures may fill their border. `ink` says how pictures of other sizes
    than 28x28 become images.

    Raises
    ------
    DataError
        When there are no or more than ten sub-folders, no pictures, or one that cannot be read.
    """
    checked_folder(folder)
    parts = _parts(folder)
    names = sorted({child.name for part in parts for child in _folders(part)})
    if not 1 <= len(names) <= CLASSES:
        raise refused(folder, f"it has {len(names)} sub-folders; it must have one per class, 1 to {CLASSES}")
    class_names = DIGITS if set(names) <= set(DIGITS) else tuple(names)
    found = [_pictures(part, class_names) for part in parts]
    light = _light_paper([path for part in found for path, _ in part])
    pairs = [_read(where, part, light, watch, ink) for where, part in zip(parts, found, strict=True)]
    return assemble(
        f"images:{folder}",
        folder.name,
        folder,
        *pairs,
        class_names=_ten(class_names),
        notes=_notes(light, sum(map(len, found)), _others(parts)),
    )


def _parts(folder: Path) -> list[Path]:
    """Return the folders of the training and the test part, or the folder itself when it has none."""
    children = {child.name.lower(): child for child in _folders(folder)}
    chosen = [children[name] for names in _PARTS for name in sorted(names & children.keys())]
    return chosen if len(chosen) == len(children) == len(_PARTS) else [folder]


def _folders(folder: Path) -> list[Path]:
    return [child for child in _visible(folder) if child.is_dir()]


def _visible(folder: Path) -> list[Path]:
    with refusing(folder, "a folder"):
        return sorted(child for child in folder.iterdir() if not child.name.startswith("."))


def _pictures(part: Path, class_names: tuple[str, ...]) -> list[tuple[Path, int]]:
    found = [
        (path, class_names.index(child.name))
        for child in _folders(part)
        for path in _visible(child)
        if path.suffix.lower() in SUFFIXES
    ]
    if not found:
        raise refused(part, f"its sub-folders hold no pictures ({', '.join(sorted(SUFFIXES))})")
    check_size(part, len(found) * SIDE * SIDE)
    return found


def _others(parts: Iterable[Path]) -> int:
    """Return how many files were passed over because their names are not those of pictures."""
    files = (path for part in parts for child in _folders(part) for path in _visible(child))
    return sum(path.suffix.lower() not in SUFFIXES for path in files)


def _light_paper(paths: list[Path]) -> bool:
    sample = paths[:: max(1, len(paths) // _POLLED)]
    return sum(map(is_light_paper, sample)) > len(sample) / 2


def _read(where: Path, found: list[tuple[Path, int]], light: bool, watch: Watch, ink: InkSpec | None) -> Pair:
    images: NDArray[np.uint8] = np.empty((len(found), SIDE, SIDE), np.uint8)
    for number, (path, _) in enumerate(found):
        if number % _TOLD_EVERY == 0:
            watch.say(f"Reading {where.name}… {number:,} of {len(found):,} pictures")
        images[number] = read_picture(path, light_paper=light, ink=ink)
    return images, np.array([label for _, label in found], np.uint8)


def _ten(names: tuple[str, ...]) -> tuple[str, ...]:
    """Name the classes that have no folder too: a network always has ten outputs."""
    return names + tuple(f"(no class {number})" for number in range(len(names), CLASSES))


def _notes(light: bool, count: int, others: int) -> list[str]:
    notes = [f"{count:,} pictures were read as {'dark ink on light' if light else 'light ink on dark'} ground."]
    if others:
        notes.append(f"{others:,} files that are no pictures were passed over.")
    return notes
