"""The evaluation: counts made independently, and intervals from the literature."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from engine.datasets.dataset import Dataset
from engine.datasets.split import split
from engine.evaluation import Evaluation, evaluate, loss_and_accuracy, wilson
from engine.layers import DenseSpec
from engine.losses import LOSSES
from engine.network import Network
from engine.specs import NetworkSpec, TrainingSpec
from engine.training import train


@pytest.fixture(scope="module")
def trained(small: Dataset) -> Network:
    """A network that is right more often than not, and often wrong."""
    network = Network(NetworkSpec(layers=(DenseSpec(units=16),)), seed=1)
    for _ in train(network, split(small, 0, 0), TrainingSpec(batch_size=20, epochs=2)):
        pass
    return network


@pytest.fixture(scope="module")
def result(trained: Network, mnist: Dataset) -> Evaluation:
    """What it does with 1,100 images, more than two parts of 512."""
    found = evaluate(trained, mnist.test_images[:1100], mnist.test_labels[:1100], "cross_entropy")
    assert found is not None
    return found


def test_the_confusion_matrix_equals_a_count_by_hand(trained: Network, mnist: Dataset, result: Evaluation) -> None:
    answers = trained.predict(mnist.test_images[:1100]).argmax(axis=1).tolist()
    truths = mnist.test_labels[:1100].tolist()
    pairs = Counter(zip(truths, answers, strict=True))
    assert result.confusion.shape == (10, 10)
    assert all(result.confusion[truth, answer] == pairs[truth, answer] for truth in range(10) for answer in range(10))
    right = sum(truth == answer for truth, answer in zip(truths, answers, strict=True))
    assert 500 < right < 1000, "something to count on both sides"
    assert result.accuracy == right / 1100
    assert result.count == 1100


def test_the_loss_is_the_mean_over_all_images(trained: Network, mnist: Dataset, result: Evaluation) -> None:
    images, labels = mnist.test_images[:1100], mnist.test_labels[:1100]
    outputs = trained.predict(images).astype(float)
    assert result.loss == pytest.approx(-np.log(outputs[np.arange(1100), labels]).mean(), rel=1e-5)
    squared = evaluate(trained, images, labels, "mse")
    assert squared is not None
    assert squared.loss == pytest.approx(((outputs - np.eye(10)[labels]) ** 2).sum(axis=1).mean() / 2, rel=1e-5)


def test_recall_and_precision_per_digit(result: Evaluation) -> None:
    recall, precision = result.recall(), result.precision()
    for digit in range(10):
        its, called = result.labels == digit, result.answers == digit
        assert recall[digit] == pytest.approx((its & called).sum() / its.sum())
        assert precision[digit] == pytest.approx((its & called).sum() / called.sum())


def test_a_digit_that_never_occurs_has_no_recall_and_no_precision(trained: Network, small: Dataset) -> None:
    kept = small.test_labels < 3
    network = Network.from_snapshot(trained.snapshot())
    network.output.bias[3:] = -1e3
    found = evaluate(network, small.test_images[kept], small.test_labels[kept], "cross_entropy")
    assert found is not None
    assert np.isnan(found.recall()[3:]).all()
    assert np.isnan(found.precision()[3:]).all()
    assert np.isfinite(found.recall()[:3]).all()


def test_the_images_behind_a_cell_come_surest_first(result: Evaluation) -> None:
    assert result.confidences == pytest.approx(result.probabilities.max(axis=1))
    for truth in range(10):
        for answer in range(10):
            rows = result.rows(truth, answer)
            assert len(rows) == result.confusion[truth, answer]
            assert (result.labels[rows] == truth).all()
            assert (result.answers[rows] == answer).all()
            assert (np.diff(result.confidences[rows]) <= 0).all()


def test_mistakes_are_all_wrong_ones_surest_first(result: Evaluation) -> None:
    mistakes = result.mistakes()
    assert sorted(mistakes.tolist()) == np.flatnonzero(result.labels != result.answers).tolist()
    assert (np.diff(result.confidences[mistakes]) <= 0).all()


# Newcombe, Statistics in Medicine 17 (1998), table I, method 3: four examples with their score intervals.
@pytest.mark.parametrize(
    ("right", "count", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_equals_published_ones(right: int, count: int, low: float, high: float) -> None:
    assert wilson(right, count) == pytest.approx((low, high), abs=5e-5)
    mirrored = wilson(count - right, count)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=5e-5)


def test_the_interval_stays_in_range_and_around_the_share() -> None:
    for count in (1, 7, 10_000):
        for right in (0, count // 2, count):
            low, high = wilson(right, count)
            assert 0 <= low <= right / count <= high <= 1


def test_the_interval_of_an_evaluation_is_that_of_its_counts(result: Evaluation) -> None:
    assert result.interval == wilson(round(result.accuracy * 1100), 1100)


def test_a_cancelled_evaluation_gives_nothing(trained: Network, mnist: Dataset) -> None:
    answers = iter([False, True])
    images, labels = mnist.test_images[:1100], mnist.test_labels[:1100]
    assert evaluate(trained, images, labels, "mse", cancelled=lambda: next(answers)) is None


def test_loss_and_accuracy_of_some_rows_equal_those_of_an_evaluation(trained: Network, mnist: Dataset) -> None:
    rows = np.arange(3, 3000, 3)
    found = evaluate(trained, mnist.train_images[rows], mnist.train_labels[rows], "cross_entropy")
    loss, accuracy = loss_and_accuracy(trained, mnist.train_images, mnist.train_labels, LOSSES["cross_entropy"], rows)
    assert found is not None
    assert accuracy == found.accuracy
    assert loss == pytest.approx(found.loss, rel=1e-6)


def test_a_network_that_blew_up_is_evaluated_without_a_warning(small: Dataset) -> None:
    network = Network(NetworkSpec(layers=(DenseSpec(units=8),) * 2, output_activation="linear"), seed=1)
    network.parameters[:] = 3e38
    found = evaluate(network, small.test_images, small.test_labels, "mse")
    assert found is not None
    assert found.confusion.sum() == 200
    assert not np.isfinite(found.loss)
