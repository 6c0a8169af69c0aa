"""*Learn my digits*: a network learns somebody's hand in seconds, and what came of it is measured honestly.

What it will do with that person's next digits is estimated on digits that were held back: they are divided in three,
and each third is read by a network that learned the others alone. With fewer than ten each single one is held back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.blas import use_threads
from engine.datasets.dataset import Dataset
from engine.errors import DataError
from engine.model import Model
from engine.pen.drawn import Drawn
from engine.score import Score
from engine.teaching.images import Sample, labels_of
from engine.teaching.plan import GivenUpError, Progress
from engine.teaching.record import already_taught, taught_model
from engine.teaching.teacher import MOST_IMAGES, Teacher

LEAST_DIGITS = 5
"""Fewer digits are not worth learning from."""
FOLDS, LEAST_FOR_FOLDS = 3, 10
STEPS, MOST_STEPS = 300, 1200
"""Steps of one network, and of all of them together."""
AFFORDABLE = 0.002
"""The share of the dataset's test images that learning a hand may cost."""


@dataclass(frozen=True, eq=False)
class Taught:
    """What came of learning somebody's digits.

    Attributes
    ----------
    model : Model
        Has learned all of them; its record says so.
    images : ndarray of shape (n, 28, 28), uint8
        The digits as the network sees them.
    labels, answers_before, answers_after : ndarray of shape (n,), uint8
        What they are, what the network took them for, and what one takes each for that did not learn it.
    mnist_before, mnist_after : Score
        On the dataset's test images.
    method : str
        How all this was measured, in a sentence.
    seconds : float
        How long it took.
    """

    model: Model
    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    answers_before: NDArray[np.uint8]
    answers_after: NDArray[np.uint8]
    mnist_before: Score
    mnist_after: Score
    method: str
    seconds: float

    @property
    def own_before(self) -> Score:
        """How many of the digits were read right."""
        return _score(self.answers_before, self.labels)

    @property
    def own_after(self) -> Score:
        """How many of them are read right by networks that did not learn them."""
        return _score(self.answers_after, self.labels)

    @property
    def mnist_change(self) -> float:
        """The difference in the share of right test images, after minus before."""
        return self.mnist_after.accuracy - self.mnist_before.accuracy

    @property
    def affordable(self) -> bool:
        """Whether the test images are read as well as before, or hardly worse."""
        return round(self.mnist_change, 9) >= -AFFORDABLE

    @property
    def worth_it(self) -> bool:
        """Whether it reads more of the digits, and the test images hardly worse."""
        return self.own_after.right > self.own_before.right and self.affordable

    @property
    def changed(self) -> NDArray[np.intp]:
        """Which digits are read differently."""
        return np.flatnonzero(self.answers_before != self.answers_after)


@dataclass(frozen=True)
class SimulatedWriter:
    """What learning some digits of one writer does for the others.

    Attributes
    ----------
    errors_before, errors_after : int
        Among the writer's digits that were not learned.
    count : int
        How many these are.
    mnist_before, mnist_after : float
        The share of the dataset's test images that is read right, 0 to 1.
    seconds : float
        How long learning took, without measuring.
    """

    errors_before: int
    errors_after: int
    count: int
    mnist_before: float
    mnist_after: float
    seconds: float


def teach(
    model: Model,
    digits: Sequence[Sample],
    dataset: Dataset,
    *,
    seed: int = 0,
    within: float | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Taught | None:
    """Let a copy of a network learn somebody's digits, and measure what came of it.

    Parameters
    ----------
    model : Model
        Is not changed. If it has learned such digits before, nothing can be held back honestly: `method` says so.
    digits : sequence of Drawn, or of tuples of an image of shape (28, 28), uint8, and its label
        At least 5, all with labels. Of more than 2,400 a random part is learned.
    dataset : Dataset
        Its training images are rehearsed meanwhile, and its first 10,000 test images tell what was forgotten.
    seed : int
        The source of chance: the same one gives the same weights, where time does not matter.
    within : float, optional
        About how many seconds it may take: a machine that is too busy for all steps takes fewer.
    progress : callable, optional
        Receives sentences, and numbers from 0 to 1: how much of the time is over.
    cancelled : callable
        Asked some hundred times a second; the answer True ends it, and nothing is returned.

    Raises
    ------
    DataError
        When there are too few digits, one has no label, or the network cannot learn.
    """
    _require_enough(digits, dataset)
    digits = _some(digits, seed)
    labels = labels_of(digits)
    fold_of = _folds(labels, seed)
    networks = int(fold_of.max()) + 2
    steps = min(STEPS, MOST_STEPS // networks)
    try:
        teacher = Teacher(model, digits, labels, dataset, seed, (progress, cancelled, networks * steps))
        if within is not None:
            steps = teacher.affordable(steps, networks, within)
        return _taught(teacher, model, fold_of, steps, dataset.title)
    except GivenUpError:
        return None
    finally:
        use_threads(1)


def _taught(teacher: Teacher, model: Model, fold_of: NDArray[np.intp], steps: int, title: str) -> Taught:
    """Let networks learn all parts but one, and one learn them all; return what came of it."""
    labels = teacher.lesson.labels
    after = teacher.held_back(fold_of, steps)
    teacher.plan.say("Learning all of them…")
    state = teacher.learn(np.arange(len(labels)), steps)
    before_test, after_test = teacher.test(state)
    parameters = teacher.head.parameters(state)
    return Taught(
        taught_model(model, parameters, title, len(labels), steps, after_test.accuracy),
        teacher.images,
        labels,
        teacher.before,
        after,
        before_test,
        after_test,
        _method(model, len(labels), int(fold_of.max()) + 1, after_test.count, title),
        teacher.plan.elapsed,
    )


def simulate(
    model: Model, drawings: Sequence[Drawn], dataset: Dataset, per_digit: int = 5, seed: int = 0
) -> SimulatedWriter:
    """Let a copy of a network learn some of one writer's digits, and read the others.

    Parameters
    ----------
    model : Model
        A network that never saw this writer.
    drawings : sequence of Drawn
        All by one writer, with labels.
    dataset : Dataset
        Rehearsed, and tested on.
    per_digit : int
        How many samples of each digit are learned; of a digit with no more than that, all but one.
    seed : int
        Decides which, and everything else that is random.

    Raises
    ------
    DataError
        When there are too few digits.
    """
    labels = labels_of(drawings)
    learned = _chosen(labels, per_digit, seed)
    rest = np.setdiff1d(np.arange(len(labels)), learned)
    samples = [drawings[row] for row in learned]
    _require_enough(samples, dataset)
    started = time.perf_counter()
    try:
        teacher = Teacher(model, samples, labels[learned], dataset, seed, (None, lambda: False, STEPS))
        state = teacher.learn(np.arange(len(learned)), STEPS)
        seconds = time.perf_counter() - started
        before, after = teacher.errors([drawings[row] for row in rest], labels[rest], state)
        before_test, after_test = teacher.test(state)
    finally:
        use_threads(1)
    return SimulatedWriter(before, after, len(rest), before_test.accuracy, after_test.accuracy, seconds)


def _require_enough(digits: Sequence[Sample], dataset: Dataset) -> None:
    if len(digits) < LEAST_DIGITS:
        raise DataError(
            f"There are {len(digits)} digits to learn from; at least {LEAST_DIGITS} are needed.",
            "Draw some more and say which digits they are.",
        )
    if not len(dataset.train_images) or not len(dataset.test_images):
        raise DataError(f"{dataset.title} has no images to rehearse or none to test with.", "Load other data.")


def _some(digits: Sequence[Sample], seed: int) -> Sequence[Sample]:
    """Return all digits, or a random part of too many."""
    if len(digits) <= MOST_IMAGES:
        return digits
    rows = np.sort(np.random.default_rng([seed, 14]).permutation(len(digits))[:MOST_IMAGES])
    return [digits[row] for row in rows]


def _folds(labels: NDArray[np.uint8], seed: int) -> NDArray[np.intp]:
    """Return in which fold each digit is held back: each digit alone, or thirds with the same share of every class."""
    if len(labels) < LEAST_FOR_FOLDS:
        return np.arange(len(labels))
    shuffled = np.random.default_rng([seed, 15]).permutation(len(labels))
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    found = np.empty(len(labels), np.intp)
    found[by_class] = np.arange(len(labels)) % FOLDS
    return found


def _chosen(labels: NDArray[np.uint8], per_digit: int, seed: int) -> NDArray[np.intp]:
    """Return which digits a simulated writer gives to be learned."""
    rng, found = np.random.default_rng([seed, 16]), []
    for digit in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == digit))
        found.append(rows[: min(per_digit, len(rows) - 1)])
    return np.sort(np.concatenate(found))


def _score(answers: NDArray[np.uint8], labels: NDArray[np.uint8]) -> Score:
    return Score(title="My digits, held back", right=int((answers == labels).sum()), count=len(labels))


def _method(model: Model, digits: int, folds: int, tests: int, title: str) -> str:
    held = "each digit was read by a network that had learned all others but not this one"
    if folds < digits:
        held = f"each of {folds} parts was read by a network that had learned the others but not this one"
    known = already_taught(model)
    # Since it learned them it may have been trained on, which leaves only the day on record.
    some = f"{known:,}" if known else "some" if model.record.taught else ""
    before = f" It had learned {some} of your digits before, which flatters both scores." if some else ""
    return f"Held back while measuring: {held}.{before} {title}: the first {tests:,} test images."
