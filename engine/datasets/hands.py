"""Digits that the program draws itself, in many manners of writing: see `engine.pen.hands`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import CLASSES, SIDE, Dataset
from engine.datasets.reading import Watch
from engine.ink.drawing import image_of
from engine.ink.spec import InkSpec
from engine.pen.hands import draw_digit

LEARNED, TESTED = 8_000, 2_000
_AT_ONCE = 100


def load(_path: object, watch: Watch, ink: InkSpec) -> Dataset:
    """Draw 8,000 digits to learn from and 2,000 to test with, the same at every time.

    Parameters
    ----------
    watch : Watch
        Told how far it is, several times a second.
    ink : InkSpec
        How strokes become images.
    """
    images, labels = _drawn(watch, ink)
    return Dataset(
        "hands",
        "Drawn hands",
        images[:LEARNED],
        labels[:LEARNED],
        images[LEARNED:],
        labels[LEARNED:],
        note="The program drew these digits itself, in many manners of writing.",
    )


def _drawn(watch: Watch, ink: InkSpec) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    rng = np.random.default_rng(9)
    count = LEARNED + TESTED
    images, labels = np.empty((count, SIDE, SIDE), np.uint8), (np.arange(count) % CLASSES).astype(np.uint8)
    for row, digit in enumerate(labels.tolist()):
        if row % _AT_ONCE == 0:
            watch.say(f"Drawing digits: {row:,} of {count:,}…")
        images[row] = image_of(draw_digit(digit, rng), ink)
    return images, labels
