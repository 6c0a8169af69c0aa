"""Batches: every image once, in the order of the seed, the same whether they were made ahead or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

import numpy as np
import pytest

from engine import batches
from engine.augmentation import USUAL, AugmentationSpec, Augmenter
from engine.batches import Batches
from engine.datasets.split import Split

OFF = AugmentationSpec()
OTHER = AugmentationSpec(shift=2)
SEED = 6


class Late(Future):  # type: ignore[type-arg]
    """Work that is done when somebody asks for it, and not a moment earlier."""

    def __init__(self, call: Callable[[], Any]) -> None:
        super().__init__()
        self._call = call

    def result(self, timeout: float | None = None) -> Any:
        """Do the work now, if it has not been done."""
        if not self.done():
            self.set_result(self._call())
        return super().result(timeout)


@pytest.fixture
def lazy(monkeypatch: pytest.MonkeyPatch) -> list[Late]:
    """Make nothing ahead; return a list that fills with what would have been."""
    asked: list[Late] = []

    def late(call: Callable[[], Any]) -> Late:
        asked.append(Late(call))
        return asked[-1]

    monkeypatch.setattr(batches, "ahead", late)
    return asked


def begun(data: Split, epoch: int = 0, *, shuffle: bool = True, dtype: str = "float32") -> Batches:
    """Return batches at the start of an epoch."""
    found = Batches(data, dtype, SEED)
    found.begin(epoch, shuffle=shuffle)
    return found


def an_epoch(source: Batches, size: int, augmentation: AugmentationSpec) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield copies of all batches that are left of the epoch."""
    while source.position < source.size:
        images, labels = source.take(size, augmentation)
        yield images.copy(), labels.copy()


def expected(data: Split, epoch: int, start: int, size: int, augmentation: AugmentationSpec) -> np.ndarray:
    """Return a batch of the shuffled epoch, made here and now."""
    rows = np.random.default_rng([SEED, 4, epoch]).permutation(data.train_rows)[start : start + size]
    images = data.dataset.train_images[rows].reshape(len(rows), -1)
    rng = np.random.default_rng([SEED, 5, epoch, start])
    return Augmenter(augmentation).apply(images, rng, np.empty(images.shape, np.float32))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_in_the_order_of_the_file_with_a_smaller_batch_at_the_end(small_split: Split, dtype: str) -> None:
    source = begun(small_split, shuffle=False, dtype=dtype)
    taken = list(an_epoch(source, 128, OFF))
    assert [len(images) for images, _ in taken] == [128, 128, 128, 116]
    assert (source.position, source.size) == (500, 500)
    rows, data = small_split.train_rows, small_split.dataset
    images = np.concatenate([images for images, _ in taken])
    assert images.dtype == dtype
    assert np.allclose(images, data.train_images[rows].reshape(500, 784) / 255, rtol=0, atol=1e-7)
    assert np.array_equal(np.concatenate([labels for _, labels in taken]), data.train_labels[rows])


def test_the_order_is_decided_by_seed_and_epoch_alone(small_split: Split) -> None:
    orders = {}
    for epoch in (0, 1):
        parts = {size: list(an_epoch(begun(small_split, epoch), size, OFF)) for size in (1, 128, 500)}
        whole = {size: np.concatenate([images for images, _ in taken]) for size, taken in parts.items()}
        assert np.array_equal(whole[1], whole[128])
        assert np.array_equal(whole[1], whole[500])
        orders[epoch] = whole[1]
    assert not np.array_equal(orders[0], orders[1])
    assert sorted(map(bytes, orders[0])) == sorted(map(bytes, orders[1])), "every image once"


@pytest.mark.parametrize("epoch", [0, 3])
def test_deformed_images_are_those_of_their_place(small_split: Split, epoch: int) -> None:
    for index, (images, labels) in enumerate(an_epoch(begun(small_split, epoch), 128, USUAL)):
        assert np.array_equal(images, expected(small_split, epoch, 128 * index, 128, USUAL))
        rows = np.random.default_rng([SEED, 4, epoch]).permutation(small_split.train_rows)[128 * index :][:128]
        assert np.array_equal(labels, small_split.dataset.train_labels[rows])


def test_made_ahead_or_not_they_are_the_same(small_split: Split, lazy: list[Late]) -> None:
    late = list(an_epoch(begun(small_split), 64, USUAL))
    assert len(lazy) == 7, "all of the eight but the first"
    assert all(future.done() for future in lazy)
    for index, (images, _) in enumerate(late):
        assert np.array_equal(images, expected(small_split, 0, 64 * index, 64, USUAL))


def test_a_batch_stays_as_it_is_while_the_next_one_is_made(small_split: Split) -> None:
    source = begun(small_split)
    while source.position < source.size:
        images, _ = source.take(64, USUAL)
        kept = images.copy()
        if source._made is not None:
            source._made[1].result()
        assert np.array_equal(images, kept)


def test_every_epoch_deforms_anew(small_split: Split) -> None:
    source = begun(small_split, shuffle=False)
    first = [images for images, _ in an_epoch(source, 128, USUAL)]
    source.begin(1, shuffle=False)
    second = [images for images, _ in an_epoch(source, 128, USUAL)]
    assert not any(np.array_equal(one, other) for one, other in zip(first, second, strict=True))


@pytest.mark.parametrize("made_ahead", [True, False])
def test_settings_changed_in_the_middle_count_from_the_next_batch(
    small_split: Split, made_ahead: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not made_ahead:
        monkeypatch.setattr(batches, "ahead", Late)
    source = begun(small_split)
    plan = [(64, USUAL), (64, OTHER), (30, OTHER), (7, OFF), (64, OFF), (64, USUAL), (33, USUAL), (200, OTHER)]
    for size, augmentation in plan:
        start = source.position
        images, labels = source.take(size, augmentation)
        assert np.array_equal(images, expected(small_split, 0, start, size, augmentation))
        assert len(images) == len(labels) == min(size, 500 - start)
    assert source.position == 500


def test_what_was_made_ahead_in_vain_is_waited_for(small_split: Split, lazy: list[Late]) -> None:
    source = begun(small_split)
    source.take(64, USUAL)
    source.take(64, USUAL)  # the third batch is being made, in the memory that the first one had
    images, _ = source.take(64, OFF)
    assert all(future.done() for future in lazy), "or it would write into the images that are being learned from"
    assert np.array_equal(images, expected(small_split, 0, 128, 64, OFF))
