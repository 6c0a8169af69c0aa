"""A file of pen strokes, UNIPEN or InkML, drawn as the pad's drawings are and divided by writer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import SIDE, Dataset
from engine.datasets.reading import Watch, refused
from engine.ink.drawing import image_of
from engine.ink.spec import InkSpec
from engine.pen.drawn import Drawn
from engine.pen.files import read_pen_file

_AT_ONCE = 50
_TEST_SHARE = 6


def load(path: Path, watch: Watch, ink: InkSpec) -> Dataset:
    """Load the digits of the pen file `path`; what is labelled otherwise is left out, and the note says how many.

    Parameters
    ----------
    path : path
        UNIPEN or InkML, plain or gzip-compressed.
    watch : Watch
        Told how far it is, several times a second.
    ink : InkSpec
        How strokes become images.

    Returns
    -------
    Dataset
        `whole`, because no part of such a file is meant for tests: all digits of a random sixth of the writers, the
        same at every time, become the test set. With fewer than two writers it is a random sixth of the digits.

    Raises
    ------
    DataError
        When the file cannot be read or holds fewer than two digits.
    """
    drawings = read_pen_file(path, watch)
    digits = [drawing for drawing in drawings if drawing.label is not None]
    if len(digits) < 2:
        found = f"{len(drawings):,} drawings, {len(digits)} of which has a digit from 0 to 9 for its label"
        raise refused(path, f"it holds {found}; training and test need at least one each")
    images = _images(path, digits, watch, ink)
    labels = np.array([drawing.label for drawing in digits], np.uint8)
    chosen, note = _test_part([drawing.writer for drawing in digits])
    notes = [note]
    if len(digits) < len(drawings):
        notes.append(f"{len(drawings) - len(digits):,} drawings without a digit for their label were left out.")
    writers = _writers(digits)
    return Dataset(
        f"unipen:{path}",
        _title(path),
        images[~chosen],
        labels[~chosen],
        images[chosen],
        labels[chosen],
        note=" ".join(notes),
        train_writers=tuple(writers[~chosen].tolist()) if writers.size else (),
        test_writers=tuple(writers[chosen].tolist()) if writers.size else (),
        whole=True,
    )


def _images(path: Path, digits: Sequence[Drawn], watch: Watch, ink: InkSpec) -> NDArray[np.uint8]:
    images = np.empty((len(digits), SIDE, SIDE), np.uint8)
    for number, drawing in enumerate(digits):
        if number % _AT_ONCE == 0:
            watch.say(f"Drawing {path.name}… {number:,} of {len(digits):,} digits")
        images[number] = image_of(drawing.strokes, ink)
    return images


def _writers(digits: Sequence[Drawn]) -> NDArray[np.str_]:
    """Return the writer of every digit; nothing when the file names none."""
    writers = [drawing.writer for drawing in digits]
    return np.array(writers if any(writers) else [], np.str_)


def _test_part(writers: Sequence[str]) -> tuple[NDArray[np.bool_], str]:
    """Return which digits are for the test, (n,), and the sentence that says why."""
    rng = np.random.default_rng(0)
    names = sorted(set(writers))
    if len(names) < 2:
        chosen = np.zeros(len(writers), bool)
        chosen[rng.permutation(len(writers))[: max(1, len(writers) // _TEST_SHARE)]] = True
        return chosen, (
            f"It names no test part and no two writers, so {chosen.sum():,} of its {len(writers):,} digits became the "
            "test set (a random sixth, always the same)."
        )
    tested = rng.permutation(np.array(names))[: max(1, len(names) // _TEST_SHARE)]
    chosen = np.isin(writers, tested)
    return chosen, (
        f"It names no test part, so the {chosen.sum():,} digits of {len(tested):,} of its {len(names):,} writers "
        "became the test set (a random sixth of the writers, always the same); no writer is in both parts."
    )


def _title(path: Path) -> str:
    name = path.name.removesuffix(".gz")
    return Path(name).stem or path.name
