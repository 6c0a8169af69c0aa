"""What a network does with the digits of writers it never learned from, and with drawings that are no digits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.crossvalidation.folds import Fold
from engine.datasets.dataset import Dataset
from engine.judge import fit_judge
from engine.judging import non_digit_images
from engine.model import Model
from engine.pen.drawn import Drawn, Strokes
from engine.pen.non_digits import KINDS, draw_non_digit
from engine.pen.number_answer import number_in
from engine.pen.number_score import NumberScore, measure_numbers
from engine.pen.numbers import Read
from engine.reader import Reader
from engine.teaching.teach import SimulatedWriter, simulate
from engine.trust import auroc, calibration_error

NON_DIGITS = 200
"""Drawings of each kind that is no digit, over all folds."""
READ_AS_NUMBERS = 0.5
"""The share of as many that the pad is asked about: it takes longer."""
NUMBERS = 1000
"""Numbers of three digits that are read, over all folds."""
PER_DIGIT = 5
"""How many of a writer's samples of each digit a network is taught in the simulation."""
_FITTED = 3000
FRESH = 1
"""The seed of the drawings that are measured on: others than those a judge is fitted on."""


@dataclass(frozen=True, eq=False)
class Answers:
    """What the networks of some folds answered; every digit was read by one that never saw its writer.

    Attributes
    ----------
    writers : tuple of str
        Per digit, who wrote it.
    labels : ndarray of shape (n,), uint8
    shares : ndarray of shape (n, 10)
        Calibrated.
    digitness, refused : ndarray of shape (n,)
        How surely each is a digit, and whether it was taken for none.
    other_digitness, other_refused : ndarray of shape (m,)
        The same of drawings that are no digits.
    other_numbers : ndarray of shape (k,)
        Whether the pad for one digit takes such a drawing for a number and is sure of every digit.
    new_kinds : tuple of float
        Per fold the area under the curve for kinds of drawing that the judge was not fitted on.
    mnist : tuple of float
        The accuracy on the base's test images, one per fold.
    """

    writers: tuple[str, ...]
    labels: NDArray[np.uint8]
    shares: NDArray[np.float64]
    digitness: NDArray[np.float64]
    refused: NDArray[np.bool_]
    other_digitness: NDArray[np.float64]
    other_refused: NDArray[np.bool_]
    other_numbers: NDArray[np.bool_]
    new_kinds: tuple[float, ...]
    mnist: tuple[float, ...]

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether the first guess is right, per digit."""
        return np.asarray(self.shares.argmax(axis=1) == self.labels)

    def by_writer(self) -> dict[str, tuple[int, int]]:
        """Return how many of each writer's digits are right, and how many there are, by name."""
        names = np.array(self.writers)
        return {
            str(name): (int(self.right[names == name].sum()), int((names == name).sum())) for name in np.unique(names)
        }

    @property
    def calibration_error(self) -> float:
        """The expected calibration error, 0 to 1."""
        return calibration_error(self.shares, self.labels)

    @property
    def auroc(self) -> float:
        """How well digits are told from other drawings."""
        return auroc(self.digitness, self.other_digitness)


def answers(model: Model, fold: Fold, digits: Sequence[Drawn], dataset: Dataset) -> Answers:
    """Let the network of a fold read the digits of the writers it never saw.

    Parameters
    ----------
    model : Model
    fold : Fold
        Seeds the drawings that are no digits.
    digits : sequence of Drawn
        All with label and writer.
    dataset : Dataset
        Its test images are read as well.
    """
    reader = Reader.of(model)
    images = reader.images([drawn.strokes for drawn in digits])
    shares, digitness = reader.asked(images)
    _, others = reader.asked(non_digit_images(model.run.ink, NON_DIGITS // fold.count, seed=FRESH + fold.number))
    test = reader.network.probabilities(dataset.test_images).argmax(axis=1) == dataset.test_labels
    return Answers(
        tuple(drawn.writer for drawn in digits),
        np.array([drawn.label for drawn in digits], np.uint8),
        shares,
        digitness,
        digitness < reader.judge.least,
        others,
        others < reader.judge.least,
        _others_as_numbers(reader, fold),
        (_new_kinds(reader, images, dataset),),
        (float(test.mean()),),
    )


def joined(parts: Iterable[Answers]) -> Answers:
    """Return the answers of several folds as one."""
    found = list(parts)
    return Answers(
        tuple(name for part in found for name in part.writers),
        np.concatenate([part.labels for part in found]),
        np.concatenate([part.shares for part in found]),
        np.concatenate([part.digitness for part in found]),
        np.concatenate([part.refused for part in found]),
        np.concatenate([part.other_digitness for part in found]),
        np.concatenate([part.other_refused for part in found]),
        np.concatenate([part.other_numbers for part in found]),
        tuple(area for part in found for area in part.new_kinds),
        tuple(accuracy for part in found for accuracy in part.mnist),
    )


def _others_as_numbers(reader: Reader, fold: Fold) -> NDArray[np.bool_]:
    """Return which drawings are sure numbers to the pad; two digits side by side may well be."""
    count = max(round(READ_AS_NUMBERS * NON_DIGITS / fold.count), 1)
    rng = np.random.default_rng([FRESH + fold.number, 7])
    kinds = [kind for kind in KINDS if kind != "two digits"]
    return np.array([_sure_number(reader, draw_non_digit(kind, rng)) for kind in kinds for _ in range(count)])


def _sure_number(reader: Reader, strokes: Strokes) -> bool:
    """Return whether the pad for one digit answers with a number of which every digit is sure."""
    found = number_in(strokes, _reads(reader), reader.judge.least)
    parts = () if found is None else reader.read_images(reader.images([part.strokes for part in found.digits]))
    return found is not None and all(part.verdict == "sure" for part in parts)


def _reads(reader: Reader) -> Read:
    return lambda groups: reader.asked(reader.images(groups))


def _new_kinds(reader: Reader, images: NDArray[np.uint8], dataset: Dataset) -> float:
    """Return the area for kinds that no judge was fitted on: one is fitted on each half of them, asked of the other."""
    areas = []
    hidden, raw = reader.network.seen(images)
    for part in (0, 1):
        fitted = non_digit_images(reader.ink, NON_DIGITS, kinds=KINDS[part::2])
        judge = fit_judge(reader.network, dataset.train_images[:_FITTED], dataset.train_labels[:_FITTED], fitted)
        others = non_digit_images(reader.ink, NON_DIGITS, kinds=KINDS[1 - part :: 2])
        areas.append(auroc(judge.digitness(hidden, raw), judge.digitness(*reader.network.seen(others))))
    return float(np.mean(areas))


@dataclass(frozen=True)
class Measured:
    """All that is measured of one fold."""

    fold: Fold
    answers: Answers
    numbers: NumberScore
    taught: tuple[SimulatedWriter, ...]


def measure(model: Model, fold: Fold, digits: Sequence[Drawn], dataset: Dataset) -> Measured:
    """Measure the network of a fold on the digits of the writers it never saw; see `answers`."""
    reader = Reader.of(model)
    by_writer = {name: [drawn for drawn in digits if drawn.writer == name] for name in fold.writers}
    return Measured(
        fold,
        answers(model, fold, digits, dataset),
        _numbers(reader, fold, digits),
        tuple(simulate(model, own, dataset, per_digit=PER_DIGIT, seed=fold.number) for own in by_writer.values()),
    )


def _numbers(reader: Reader, fold: Fold, digits: Sequence[Drawn]) -> NumberScore:
    count, least = NUMBERS // fold.count, reader.judge.least
    return measure_numbers(digits, _reads(reader), count=count, seed=fold.number, least=least)
