"""The images of an epoch in their order, batch by batch, as floats; deformed ones are made ahead."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.augmentation import AugmentationSpec, Augmenter
from engine.datasets.split import Split
from engine.threads import ahead

Array = NDArray[Any]
Labels = NDArray[np.uint8]


@dataclass(frozen=True)
class Place:
    """Which batch is meant, and how its images are made."""

    epoch: int
    start: int
    size: int
    augmentation: AugmentationSpec


class Batches:
    """The training images of a split, in an order that seed and epoch alone decide.

    Deformed images are made one batch ahead on another thread, while the batch before is learned from. Each batch
    has random numbers of its own, so that it does not matter who makes it and when.

    Attributes
    ----------
    position, size : int
        Images of this epoch handed out so far, and in all; the first may be set, to go on there.
    shuffled : bool
        Whether this epoch has an order of its own.
    """

    def __init__(self, data: Split, dtype: str, seed: int) -> None:
        images = data.dataset.train_images
        self._rows, self._labels = data.train_rows, data.dataset.train_labels
        self._images = images.reshape(len(images), -1)
        self._dtype, self._seed = np.dtype(dtype), seed
        self._bytes = np.empty((0, 0), np.uint8)
        self._memory: list[Array] = [np.empty((0, 0), self._dtype)] * 2
        self._augmenter = Augmenter(AugmentationSpec())
        self._made: tuple[Place, Future[Array]] | None = None
        self.position, self.size, self.shuffled = 0, len(self._rows), False

    def begin(self, epoch: int, *, shuffle: bool) -> None:
        """Go to the start of epoch number `epoch`, counted from 0."""
        self.position, self._epoch, self.shuffled = 0, epoch, shuffle
        self._order = self._rows
        if shuffle:
            self._order = np.random.default_rng([self._seed, 4, epoch]).permutation(self._rows)

    def take(self, size: int, augmentation: AugmentationSpec) -> tuple[Array, Labels]:
        """Return the next images as floats of shape (n, 784), and their digits; the last ones may be fewer.

        The images stay as they are until the next call.
        """
        place = Place(self._epoch, self.position, size, augmentation)
        rows = self._order[place.start : place.start + size]
        images = self._made_ahead(place)
        if images is None:
            images = self._make(place) if augmentation.active else self._plain(rows)
        self.position += len(rows)
        if augmentation.active and self.position < self.size:
            following = Place(self._epoch, self.position, size, augmentation)
            self._made = following, ahead(lambda: self._make(following))
        return images, self._labels[rows]

    def _plain(self, rows: NDArray[np.intp]) -> Array:
        out = self._buffer(0, len(rows))
        if len(self._bytes) < len(rows):
            self._bytes = np.empty((len(rows), self._images.shape[1]), np.uint8)
        # The mode "clip" writes straight to `out`, and no row is ever outside.
        picked = self._images.take(rows, axis=0, out=self._bytes[: len(rows)], mode="clip")
        return np.multiply(picked, self._dtype.type(1 / 255), out=out)

    def _made_ahead(self, place: Place) -> Array | None:
        """Return what was made ahead, if it is what is wanted now."""
        made, self._made = self._made, None
        if made is None:
            return None
        images = made[1].result()  # also when it is not wanted: its memory is used again
        return images if made[0] == place else None

    def _make(self, place: Place) -> Array:
        rows = self._order[place.start : place.start + place.size]
        if self._augmenter.spec != place.augmentation:
            self._augmenter = Augmenter(place.augmentation)
        # Two memories by turns: one is being learned from.
        out = self._buffer(place.start // place.size % 2, len(rows))
        rng = np.random.default_rng([self._seed, 5, place.epoch, place.start])
        return self._augmenter.apply(self._images[rows], rng, out)

    def _buffer(self, index: int, rows: int) -> Array:
        if len(self._memory[index]) < rows:
            self._memory[index] = np.empty((rows, self._images.shape[1]), self._dtype)
        return self._memory[index][:rows]
