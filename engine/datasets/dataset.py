"""Labelled 28x28 images in memory, and the word that names where they come from."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

SIDE = 28
CLASSES = 10
DIGITS = tuple(str(digit) for digit in range(CLASSES))


@dataclass(frozen=True)
class Dataset:
    """Training and test images with their labels, kept as bytes and converted batch by batch.

    Attributes
    ----------
    word : str
        The dataset word that loads it again, e.g. ``"mnist"`` or ``"csv:/path/to/file.csv"``.
    title : str
        Its name for people.
    train_images, test_images : ndarray of shape (n, 28, 28), uint8
        0 is background, 255 full ink.
    train_labels, test_labels : ndarray of shape (n,), uint8
        Class numbers from 0 to 9.
    class_names : tuple of str
        One name per class.
    note : str
        What a reader should know of how it was read, e.g. which part became the test set.
    """

    word: str
    title: str
    train_images: NDArray[np.uint8]
    train_labels: NDArray[np.uint8]
    test_images: NDArray[np.uint8]
    test_labels: NDArray[np.uint8]
    class_names: tuple[str, ...] = field(default=DIGITS)
    note: str = ""
