"""A copy of a network with what it learns somebody's hand from, and what is measured on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import Dataset
from engine.model import Model
from engine.score import Score
from engine.teaching.head import Head, Lesson
from engine.teaching.images import Sample, variants
from engine.teaching.plan import Plan, Progress

MOST_VARIANTS, MOST_IMAGES = 24, 2400
"""Variants of one digit, and of all of them together, which is also the most digits that are learned at once."""
MOST_REHEARSED, MOST_TESTED = 10_000, 10_000
FEATURE_BYTES = 2**26
"""The most memory for the features of what is learned, and for those of what is rehearsed."""
LEAST_STEPS = 100
_TRIED = 40
_TESTED_AT_A_TIME = 512
_GUESSES = {"drawing": 0.0004, "reading": 0.00005, "steps": 0.003}

Array = NDArray[Any]


class Teacher:
    """Holds what learning needs: digits and what is rehearsed, as features.

    Parameters
    ----------
    model, digits, dataset, seed
        As for :func:`engine.teaching.teach`.
    labels : ndarray of shape (n,), uint8
        What the digits are.
    watch : tuple
        Whoever is told of progress, whoever may cancel, and the number of steps to come.

    Attributes
    ----------
    head : Head
        The layers that learn, and those that do not.
    plan : Plan
        How far all this is.
    images : ndarray of shape (n, 28, 28), uint8
        The digits as the network sees them.
    before : ndarray of shape (n,), uint8
        What the network took them for before it learned.
    """

    def __init__(
        self,
        model: Model,
        digits: Sequence[Sample],
        labels: NDArray[np.uint8],
        dataset: Dataset,
        seed: int,
        watch: tuple[Progress | None, Callable[[], bool], int],
    ) -> None:
        self.head, self._dataset, self._seed, self._ink = Head(model), dataset, seed, model.run.ink
        at_once = max(FEATURE_BYTES // (self.head.width * self.head.dtype.itemsize), 1)
        count = max(min(MOST_VARIANTS, MOST_IMAGES // len(digits), at_once // len(digits)), 1)
        rows = np.random.default_rng([seed, 12]).permutation(len(dataset.train_images))[: min(MOST_REHEARSED, at_once)]
        self._tests = slice(min(MOST_TESTED, len(dataset.test_images)))
        read = len(digits) * count + len(rows) + len(dataset.test_images[self._tests])
        units = {"drawing": len(digits), "reading": read, "steps": watch[2]}
        self.plan = Plan(units, _GUESSES | {"drawing": count * _GUESSES["drawing"]}, *watch[:2])
        self.plan.say("Drawing your digits as you might have drawn them…")
        drawn = self._drawn(digits, count)
        self.images = drawn[:, 0].copy()
        self.plan.say(f"Looking at them and at {dataset.title}…")
        did = partial(self.plan.did, "reading")
        own = self.head.features(drawn.reshape(-1, *drawn.shape[2:]), did).reshape(len(digits), count, -1)
        rehearsed = self.head.features(dataset.train_images[rows], did)
        self.lesson = Lesson(own, labels, rehearsed, self.head.outputs(rehearsed, self.head.start))
        self.before = self._answers(np.arange(len(digits)), self.head.start)

    def learn(self, rows: NDArray[np.intp], steps: int) -> tuple[Array, ...]:
        """Return what the layers become that learn the digits in `rows`."""
        return self.head.learn(self.lesson, rows, steps, self._seed, partial(self.plan.did, "steps"))

    def affordable(self, steps: int, networks: int, seconds: float) -> int:
        """Return how many of `steps` each of some networks may take, for all to be over within so many seconds.

        On a busy machine that is less than on an idle one; never less than 100.
        """
        started = self.plan.elapsed
        self.learn(np.arange(len(self.lesson.labels)), min(_TRIED, steps))
        each = (self.plan.elapsed - started) / min(_TRIED, steps)
        left = seconds - self.plan.elapsed - self.plan.to_come("reading")
        steps = min(max(int(left / (networks * each)), LEAST_STEPS), steps)
        self.plan.expect("steps", networks * steps)
        return steps

    def held_back(self, fold_of: NDArray[np.intp], steps: int) -> NDArray[np.uint8]:
        """Return what each digit is taken for by a network that learned only those of other folds."""
        found, count = np.empty(len(fold_of), np.uint8), fold_of.max() + 1
        for fold in range(count):
            self.plan.say(f"Measuring: part {fold + 1} of {count} held back…")
            held = np.flatnonzero(fold_of == fold)
            found[held] = self._answers(held, self.learn(np.flatnonzero(fold_of != fold), steps))
        return found

    def test(self, state: tuple[Array, ...]) -> tuple[Score, Score]:
        """Return the scores on the dataset's test images before and after."""
        self.plan.say(f"Reading the test images of {self._dataset.title}…")
        labels = self._dataset.test_labels[self._tests]
        images, right = self._dataset.test_images[self._tests], np.zeros(2, int)
        for begin in range(0, len(images), _TESTED_AT_A_TIME):  # their features are not kept
            part = slice(begin, begin + _TESTED_AT_A_TIME)
            features = self.head.features(images[part], partial(self.plan.did, "reading"))
            right += self._right(features, labels[part], state)
        title = f"{self._dataset.title}, test images"
        before, after = (Score(title=title, right=int(found), count=len(labels)) for found in right)
        return before, after

    def errors(self, digits: Sequence[Sample], labels: NDArray[np.uint8], state: tuple[Array, ...]) -> tuple[int, int]:
        """Return how many of other digits are read wrong before and after."""
        images = np.concatenate([variants(digit, self._ink, 1, np.random.default_rng(0)) for digit in digits])
        right = self._right(self.head.features(images, partial(self.plan.did, "reading")), labels, state)
        return len(labels) - right[0], len(labels) - right[1]

    def _right(self, features: Array, labels: NDArray[np.uint8], state: tuple[Array, ...]) -> list[int]:
        outputs = (self.head.outputs(features, which) for which in (self.head.start, state))
        return [int((Y.argmax(axis=1) == labels).sum()) for Y in outputs]

    def _answers(self, rows: NDArray[np.intp], state: tuple[Array, ...]) -> NDArray[np.uint8]:
        return self.head.outputs(self.lesson.own[rows, 0], state).argmax(axis=1).astype(np.uint8)

    def _drawn(self, digits: Sequence[Sample], count: int) -> NDArray[np.uint8]:
        drawn = []
        for number, digit in enumerate(digits):
            drawn.append(variants(digit, self._ink, count, np.random.default_rng([self._seed, 13, number])))
            self.plan.did("drawing")
        return np.stack(drawn)
