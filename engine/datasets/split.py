"""Which training images are learned from and which are held back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import Dataset
from engine.errors import SettingError


@dataclass(frozen=True)
class Split:
    """A dataset with its training images divided in two.

    Attributes
    ----------
    train_rows, validation_rows : ndarray of int
        Rows of ``dataset.train_images``, each in the file's order. No row is in both.
    """

    dataset: Dataset
    train_rows: NDArray[np.intp]
    validation_rows: NDArray[np.intp]

    def require_batch(self, batch_size: int) -> None:
        """Refuse a batch that is larger than the data."""
        if batch_size > len(self.train_rows):
            raise SettingError(
                f"Batch size: {batch_size:,} is not allowed; there are {len(self.train_rows):,} images to learn from, "
                f"so it must be a whole number from 1 to {len(self.train_rows):,}."
            )

    def fitting(self, batch_size: int) -> int:
        """Return `batch_size` or, if there are fewer images, a power of two of which there are about four batches."""
        count = len(self.train_rows)
        return batch_size if batch_size <= count else 1 << max(count // 4, 1).bit_length() - 1


def split(dataset: Dataset, validation_split: float, seed: int) -> Split:
    """Hold back a random share of the training images, the same one for the same seed.

    Where the writers of images are known, all images of a share of the writers are held back: several images may show
    one drawing, and a hand that is learned from is no stranger.

    Parameters
    ----------
    dataset : Dataset
        Where the images are.
    validation_split : float
        The share to hold back, 0 to 0.9.
    seed : int
        Decides which.
    """
    count = len(dataset.train_images)
    writers = np.array(dataset.train_writers or [""] * count)
    rng = np.random.default_rng([seed, 2])
    held = _share(rng, np.flatnonzero(writers == ""), validation_split)
    names = np.unique(writers[writers != ""])
    if len(names) > 1 and validation_split > 0:
        chosen = rng.permutation(names)[: max(1, round(len(names) * validation_split))]
        held = np.concatenate([held, np.flatnonzero(np.isin(writers, chosen))])
    if validation_split > 0 and not 0 < len(held) < count:
        raise SettingError(
            f"Validation share: {validation_split:g} of {count:,} images leaves one part empty; "
            "choose another share or 0."
        )
    return Split(dataset, np.setdiff1d(np.arange(count), held), np.sort(held))


def split_if_possible(dataset: Dataset, validation_split: float, seed: int) -> Split:
    """Hold back a share as :func:`split` does, or nothing where the data is too small for it."""
    try:
        return split(dataset, validation_split, seed)
    except SettingError:
        return split(dataset, 0.0, seed)


def _share(rng: np.random.Generator, rows: NDArray[np.intp], share: float) -> NDArray[np.intp]:
    return rows[rng.permutation(len(rows))[: round(len(rows) * share)]]
