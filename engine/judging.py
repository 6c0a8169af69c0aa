"""Fits the judge of a trained network: on digits it did not learn from, and on drawings that are none."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import DIGITS
from engine.datasets.split import Split
from engine.ink.drawing import image_of
from engine.ink.spec import SIDE, InkSpec
from engine.judge import Judge, fit_judge
from engine.network import Network
from engine.pen.non_digits import KINDS, draw_non_digit

PER_KIND = 60
"""Drawings of each kind that is no digit: 120 or 250 of each told no better."""
MOST_DIGITS = 12_000


def judge_of(
    network: Network,
    data: Split,
    ink: InkSpec,
    *,
    per_kind: int = PER_KIND,
    cancelled: Callable[[], bool] = lambda: False,
) -> Judge:
    """Return the judge of a network that was trained on `data`.

    Parameters
    ----------
    network : Network
        Its buffers are used: it must not be training at the same time.
    data : Split
        Its validation images are judged by; of the training images a random part where there are none, which
        makes the network seem surer than it is.
    ink : InkSpec
        How drawings become its images.
    per_kind : int
        How many drawings of each kind that is no digit.
    cancelled : callable
        Asked while drawings are made; the answer True ends it with a judge that passes everything on as it is.
    """
    rows = _rows(data)
    if not len(rows) or cancelled():
        return Judge()
    dataset = data.dataset
    digits = dataset.class_names == DIGITS
    others = non_digit_images(ink, per_kind, cancelled=cancelled) if digits else np.empty((0, SIDE, SIDE), np.uint8)
    if cancelled():
        return Judge()
    drawn = np.array([bool(name) for name in dataset.train_writers] or [False] * len(dataset.train_labels))
    return fit_judge(network, dataset.train_images[rows], dataset.train_labels[rows], others, drawn[rows])


def _rows(data: Split) -> NDArray[np.intp]:
    """Return images to judge by: the validation images, or, where there are none, training images."""
    rows = data.validation_rows if len(data.validation_rows) else data.train_rows
    return np.sort(np.random.default_rng(0).permutation(rows)[:MOST_DIGITS])


def non_digit_images(
    ink: InkSpec,
    per_kind: int,
    *,
    kinds: Sequence[str] = KINDS,
    seed: int = 0,
    cancelled: Callable[[], bool] = lambda: False,
) -> NDArray[np.uint8]:
    """Return images of drawings that are no digits, `per_kind` of each kind, shape (n, 28, 28), uint8.

    Made once and kept for the next call; fewer when `cancelled` said so.
    """
    found = [_of_kind(kind, ink, per_kind, seed) for kind in kinds if not cancelled()]
    return np.concatenate(found) if found else np.empty((0, SIDE, SIDE), np.uint8)


@functools.lru_cache(maxsize=256)
def _of_kind(kind: str, ink: InkSpec, count: int, seed: int) -> NDArray[np.uint8]:
    rng = np.random.default_rng([seed, 7, KINDS.index(kind)])
    images = np.stack([image_of(draw_non_digit(kind, rng), ink) for _ in range(count)])
    images.flags.writeable = False
    return images
