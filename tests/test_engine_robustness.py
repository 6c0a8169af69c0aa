"""Distortions with known answers, what they do to a network, and how far its confidence is to be trusted."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.datasets.dataset import Dataset
from engine.datasets.split import Split
from engine.evaluation import evaluate
from engine.network import Network
from engine.optimizers import Adam
from engine.robustness import DISTORTIONS, measure_robustness, rotated, shifted, with_line_width, with_noise
from engine.specs import NetworkSpec, TrainingSpec
from engine.training import Training
from engine.trust import calibration_error, coverage, reliability


@pytest.fixture(scope="module")
def network(small_split: Split) -> Network:
    network = Network(NetworkSpec(), 0)
    settings = TrainingSpec(optimizer=Adam(), learning_rate=0.002, batch_size=25)
    list(islice(Training(network, small_split, settings).reports(), 80))
    return network


@pytest.fixture(scope="module")
def floats(small: Dataset) -> np.ndarray:
    return small.test_images.astype(np.float32) / np.float32(255)


@pytest.mark.parametrize("kind", DISTORTIONS, ids=lambda kind: kind.name)
def test_strengths_rise_and_pass_through_none(kind, floats) -> None:  # type: ignore[no-untyped-def]
    assert list(kind.strengths) == sorted(set(kind.strengths))
    assert 0 in kind.strengths
    assert 7 <= len(kind.strengths) <= 9
    assert np.allclose(kind.apply(floats, 0.0), floats, atol=1e-6)


@pytest.mark.parametrize("kind", DISTORTIONS, ids=lambda kind: kind.name)
def test_distorted_images_are_images_and_always_the_same(kind, floats) -> None:  # type: ignore[no-untyped-def]
    before = floats.copy()
    for strength in (kind.strengths[0], kind.strengths[-1]):
        made = kind.apply(floats, strength)
        assert (made.shape, made.dtype) == (floats.shape, np.float32)
        assert made.min() >= -1e-6
        assert made.max() <= 1 + 1e-6
        assert np.array_equal(made, kind.apply(floats, strength))
    assert np.array_equal(floats, before)


def test_a_quarter_turn_is_that_of_numpy(floats: np.ndarray) -> None:
    assert np.allclose(rotated(floats, 90), np.rot90(floats, -1, axes=(1, 2)), atol=1e-5)
    assert np.allclose(rotated(floats, -90), np.rot90(floats, 1, axes=(1, 2)), atol=1e-5)


def test_shifts_go_into_eight_directions_and_lose_what_leaves(floats: np.ndarray) -> None:
    moved = shifted(floats, 3.0)
    assert np.allclose(moved[0, :, 3:], floats[0, :, :-3], atol=1e-6)
    assert np.allclose(moved[2, 3:], floats[2, :-3], atol=1e-6)
    assert np.allclose(moved[8 + 4, :, :-3], floats[8 + 4, :, 3:], atol=1e-6)
    assert not moved[0, :, :3].any()
    dot = np.zeros((8, 28, 28), np.float32)
    dot[:, 14, 14] = 1
    for turn, image in enumerate(shifted(dot, 4.0)):
        place = np.array([(image * np.arange(28)[:, None]).sum(), (image * np.arange(28)).sum()]) / image.sum()
        assert np.hypot(*(place - 14)) == pytest.approx(4, abs=1e-5), turn


def test_noise_has_the_strength_it_says() -> None:
    grey = np.full((50, 28, 28), 0.5, np.float32)
    noise = with_noise(grey, 0.1) - grey
    assert noise.std() == pytest.approx(0.1, rel=0.02)
    assert abs(noise.mean()) < 0.002


def test_a_line_becomes_as_much_wider_as_it_says() -> None:
    line = np.zeros((1, 28, 28), np.float32)
    line[0, 4:24, 12:16] = 1

    def width(strength: float) -> float:
        return float(with_line_width(line, strength)[0, 14].sum())

    for strength in (-2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0):
        assert width(strength) == pytest.approx(4 + strength, abs=1e-5)


def test_line_width_rises_with_its_strength(floats: np.ndarray) -> None:
    kind = next(kind for kind in DISTORTIONS if kind.name == "line_width")
    ink = [kind.apply(floats, strength).mean() for strength in kind.strengths]
    assert np.all(np.diff(ink) > 0)


def test_a_network_gets_worse_from_its_own_accuracy_on(network: Network, small: Dataset) -> None:
    said: list[str] = []
    found = measure_robustness(network, small.test_images, small.test_labels, said.append)
    measured = evaluate(network, small.test_images, small.test_labels, "cross_entropy")
    assert found is not None
    assert measured is not None
    assert (found.count, len(said)) == (200, 36)
    assert measured.accuracy > 0.75
    for curve in found.curves:
        none = curve.distortion.strengths.index(0.0)
        assert curve.accuracy[none] == pytest.approx(measured.accuracy)
        assert min(curve.accuracy[0], curve.accuracy[-1]) < 0.6
        assert curve.examples.shape == (9, 28, 28)
        assert curve.answers[none] == found.label
    assert "noise, 0 %" in said[0]


def test_measuring_can_be_cancelled_and_takes_even_samples(
    network: Network, small: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert measure_robustness(network, small.test_images, small.test_labels, cancelled=lambda: True) is None
    monkeypatch.setattr("engine.robustness.SAMPLE", 50)
    found = measure_robustness(network, small.test_images, small.test_labels)
    assert found is not None
    assert found.count == 50


# --- trust ------------------------------------------------------------------------------------------------


def shares_of(network: Network, small: Dataset) -> np.ndarray:
    return network.probabilities(small.test_images)


def test_the_diagram_holds_all_answers_and_agrees_with_the_error(network: Network, small: Dataset) -> None:
    shares = shares_of(network, small)
    found = reliability(shares, small.test_labels)
    sure, right = shares.max(axis=1), shares.argmax(axis=1) == small.test_labels
    assert found.counts.sum() == len(sure)
    inside = (sure > found.edges[12]) & (sure <= found.edges[13])
    assert found.counts[12] == inside.sum() > 0
    assert found.accuracy[12] == pytest.approx(right[inside].mean())
    assert found.confidence[12] == pytest.approx(sure[inside].mean())
    known = found.counts > 0
    gaps = np.abs(found.accuracy - found.confidence)[known] * found.counts[known]
    assert gaps.sum() / len(sure) == pytest.approx(found.error, abs=1e-6)
    assert found.error == calibration_error(shares, small.test_labels)


def test_coverage_of_a_few_answers() -> None:
    shares = np.full((4, 10), 0.0)
    shares[:, 3] = (0.9, 0.5, 0.7, 0.5)
    found = coverage(shares, np.array([3, 3, 1, 1], np.uint8))
    assert [found.answered(t) for t in (0.0, 0.5, 0.51, 0.9, 0.95)] == [4, 4, 2, 1, 0]
    assert [found.right_of(n) for n in (0, 1, 2, 4)] == [0, 1, 1, 2]
    share, right = found.curve()
    assert share.tolist() == [0.25, 0.5, 1.0], "the two equally sure ones go together"
    assert right.tolist() == [1.0, 0.5, 0.5]


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=60), st.floats(0, 1))
def test_coverage_is_that_of_counting(answers: list[tuple[int, bool]], threshold: float) -> None:
    shares = np.zeros((len(answers), 10))
    shares[:, 0] = [sure / 20 for sure, _ in answers]
    labels = np.array([0 if right else 1 for _, right in answers], np.uint8)
    found = coverage(shares, labels)
    kept = [right for sure, right in answers if sure / 20 >= threshold]
    assert found.answered(threshold) == len(kept)
    assert found.right_of(len(kept)) == sum(kept)
    share, right = found.curve(10)
    assert len(share) == len(right) <= 10
    assert np.all(np.diff(share) > 0)


def test_shares_that_are_no_numbers_are_left_out() -> None:
    shares = np.full((3, 10), np.nan)
    shares[0] = 0.1
    labels = np.array([0, 1, 2], np.uint8)
    assert coverage(shares, labels).count == 1
    assert reliability(shares, labels).counts.sum() == 1
    assert np.isnan(reliability(shares, labels).error)
