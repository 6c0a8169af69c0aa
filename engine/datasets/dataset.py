"""Labelled 28x28 images in memory, and the word that names where they come from."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

SIDE = 28
CLASSES = 10
DIGITS = tuple(str(digit) for digit in range(CLASSES))

PartName = Literal["train", "test", "all"]
PARTS: tuple[PartName, ...] = ("train", "test", "all")


class Part(NamedTuple):
    """Some of a dataset's images, (n, 28, 28), with their labels, (n,), and writers, n or none."""

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    writers: tuple[str, ...]


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
    train_writers, test_writers : tuple of str
        Who wrote each image; empty when that is not known of any.
    whole : bool
        Whether the source names no test part of its own, so that all of it may be measured on by a network that
        learned from other data.
    """

    word: str
    title: str
    train_images: NDArray[np.uint8]
    train_labels: NDArray[np.uint8]
    test_images: NDArray[np.uint8]
    test_labels: NDArray[np.uint8]
    class_names: tuple[str, ...] = field(default=DIGITS)
    note: str = ""
    train_writers: tuple[str, ...] = ()
    test_writers: tuple[str, ...] = ()
    whole: bool = False

    def part(self, name: PartName) -> Part:
        """Return the images to learn from, those to test with, or all of them, the former first."""
        parts = [
            Part(self.train_images, self.train_labels, self.train_writers),
            Part(self.test_images, self.test_labels, self.test_writers),
        ]
        if name != "all":
            return parts[PARTS.index(name)]
        images, labels, writers = zip(*parts, strict=True)
        named = [part.writers or ("",) * len(part.labels) for part in parts] if any(writers) else []
        return Part(np.concatenate(images), np.concatenate(labels), tuple(itertools.chain.from_iterable(named)))
