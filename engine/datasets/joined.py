"""One dataset to be measured on, and others to learn from besides: ``"mnist + unipen:PATH"``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import DIGITS, SIDE, Dataset
from engine.datasets.reading import Watch, refused
from engine.errors import DataError
from engine.ink.spec import InkSpec
from engine.pen.drawn import Drawn
from engine.pen.renditions import renditions

SIGN = " + "
RENDITIONS = 5
"""Images per pen drawing to learn from."""
_AT_ONCE = 50


def parts(word: str, names: Iterable[str]) -> list[str]:
    """Return the dataset words that `word` joins.

    Parameters
    ----------
    word : str
        Words with " + " between them.
    names : iterable of str
        What a dataset word can begin with: a plus sign within a file's name divides nothing.
    """
    starts = "|".join(map(re.escape, names))
    return [part.strip() for part in re.split(rf" \+ (?=\s*(?:{starts})(?::|\s*$|\s+\+ ))", word)]


def with_images(base: Dataset, extra: Dataset) -> Dataset:
    """Return `base` with all images of `extra`, its test images too, to learn from.

    The test images of `base` alone stay what is measured on.

    Raises
    ------
    DataError
        When one of them has other classes than the digits.
    """
    _require_digits(base, extra)
    images = np.concatenate([extra.train_images, extra.test_images])
    labels = np.concatenate([extra.train_labels, extra.test_labels])
    return _with(base, extra.word, extra.title, images, labels, [""] * len(images))


def with_drawings(
    base: Dataset, word: str, title: str, drawings: Sequence[Drawn], watch: Watch, ink: InkSpec
) -> Dataset:
    """Return `base` with several renditions of each drawing to learn from.

    Parameters
    ----------
    base : Dataset
    word, title : str
        The dataset word and the name of the drawings' file.
    drawings : sequence of Drawn
        Those that have a label are used.
    watch, ink
        Told how far it is; how strokes are drawn.

    Raises
    ------
    DataError
        When `base` has other classes than the digits, or no drawing has a label.
    """
    _require_digits(base)
    digits = [drawn for drawn in drawings if drawn.label is not None]
    if not digits:
        raise refused(title, f"none of its {len(drawings):,} drawings has a digit from 0 to 9 for its label")
    rng = np.random.default_rng([len(base.train_images), 6])
    images = np.empty((len(digits), RENDITIONS, SIDE, SIDE), np.uint8)
    for row, drawn in enumerate(digits):
        if row % _AT_ONCE == 0:
            watch.say(f"Drawing {title} in {RENDITIONS} ways: {row:,} of {len(digits):,}…")
        images[row] = renditions(drawn.strokes, ink, RENDITIONS, rng)
    labels = np.repeat(np.array([drawn.label for drawn in digits], np.uint8), RENDITIONS)
    # The names of two files' writers may be the same.
    names = [f"{title}: {drawn.writer}" if drawn.writer else "" for drawn in digits]
    return _with(base, word, title, images.reshape(-1, SIDE, SIDE), labels, np.repeat(names, RENDITIONS).tolist())


def _require_digits(*datasets: Dataset) -> None:
    for part in datasets:
        if part.class_names != DIGITS:
            raise DataError(
                f"{part.title} has the classes {', '.join(part.class_names)}; only data of the digits 0 to 9 can be "
                "joined."
            )


def _with(
    base: Dataset, word: str, title: str, images: NDArray[np.uint8], labels: NDArray[np.uint8], writers: list[str]
) -> Dataset:
    known = list(base.train_writers) or [""] * len(base.train_labels)
    note = f"{len(images):,} images of {title} are learned from besides; no test image is."
    return replace(
        base,
        word=base.word + SIGN + word,
        title=base.title + SIGN + title,
        train_images=np.concatenate([base.train_images, images]),
        train_labels=np.concatenate([base.train_labels, labels]),
        train_writers=tuple(known + writers) if any(known) or any(writers) else (),
        whole=False,
        note=f"{base.note} {note}".strip(),
    )
