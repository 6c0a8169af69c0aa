"""A network's shares are calibrated, and drawings that are no digits are told from digits."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from pydantic import ValidationError
from real_strokes import real_digits

from engine.datasets.dataset import Dataset
from engine.datasets.split import Split, split
from engine.errors import ModelFileError
from engine.ink.spec import InkSpec
from engine.judge import MOST_UNITS, Judge, calibrated, fit_judge
from engine.judging import judge_of, non_digit_images
from engine.model import Model
from engine.model_files import load_model, save_model
from engine.network import Network
from engine.pen.non_digits import KINDS
from engine.presets import PRESETS
from engine.reader import Reader
from engine.training import Training
from engine.trust import auroc, calibration_error

INK = InkSpec()
RUN = PRESETS["quick"].run.changed(
    network={"layers": [{"kind": "dense", "units": 256}]}, training={"epochs": 4, "batch_size": 50}
)


@pytest.fixture(scope="module")
def data(mnist: Dataset) -> Split:
    """7,000 digits of MNIST, 4,200 of them held back."""
    part = replace(mnist, train_images=mnist.train_images[:7000], train_labels=mnist.train_labels[:7000])
    return split(part, 0.6, seed=0)


@pytest.fixture(scope="module")
def network(data: Split) -> Network:
    network = Network(RUN.network, RUN.seed)
    for _ in Training(network, data, RUN.training, RUN.seed).reports():
        pass
    return network


@pytest.fixture(scope="module")
def judge(network: Network, data: Split) -> Judge:
    return judge_of(network, data, INK, per_kind=60)


# --- temperature ----------------------------------------------------------------------------------------------


def honest(rng: np.random.Generator, count: int) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """Return shares that are what they say, and labels drawn by them."""
    shares = np.exp(rng.normal(0, 2, (count, 10)))
    shares /= shares.sum(axis=1, keepdims=True)
    labels = (shares.cumsum(axis=1) < rng.random((count, 1))).sum(axis=1)
    return shares, np.minimum(labels, 9).astype(np.uint8)


class Answers:
    """Stands in for a network that gives known shares, whatever it is shown."""

    def __init__(self, shares: NDArray[np.float64]) -> None:
        self.shares = shares

    def seen(self, images: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return np.zeros((len(images), 1)), self.shares


@pytest.mark.parametrize("temperature", [0.4, 0.7, 1.0, 1.6, 3.0])
def test_a_known_overconfidence_is_found_and_taken_back(temperature: float) -> None:
    true, labels = honest(np.random.default_rng(1), 6000)
    sharpened = calibrated(true, 1 / temperature)
    images = np.zeros((len(labels), 28, 28), np.uint8)
    found = fit_judge(Answers(sharpened), images, labels, images[:0])  # type: ignore[arg-type]
    assert found.temperature == pytest.approx(temperature, rel=0.08)
    assert not found.weights
    mended = calibration_error(found.shares(sharpened), labels)
    assert mended < 0.03
    if abs(np.log(temperature)) > 0.1:
        assert mended < calibration_error(sharpened, labels) / 2


@given(hnp.arrays(np.float64, (5, 10), elements=st.floats(0, 1)), st.floats(0.25, 8))
def test_calibrated_shares_add_up_and_keep_the_order(raw: NDArray[np.float64], temperature: float) -> None:
    raw = (raw + 1e-3) / (raw + 1e-3).sum(axis=1, keepdims=True)
    found = calibrated(raw, temperature)
    assert np.allclose(found.sum(axis=1), 1)
    assert (found.argmax(axis=1) == raw.argmax(axis=1)).all() or not np.diff(np.sort(raw)[:, -2:]).all()
    assert np.allclose(calibrated(raw, 1.0), raw)


def test_certainty_is_a_number_all_the_same() -> None:
    certain = np.eye(10)[:3]
    found = calibrated(certain, 2.0)
    assert np.isfinite(found).all()
    assert found.argmax(axis=1).tolist() == [0, 1, 2]
    assert found.max() < 1


def test_a_trained_network_becomes_better_calibrated(network: Network, judge: Judge, mnist: Dataset) -> None:
    raw = network.probabilities(mnist.test_images)
    assert calibration_error(judge.shares(raw), mnist.test_labels) < 0.02


# --- digit or not ---------------------------------------------------------------------------------------------


def test_digits_are_told_from_other_drawings(network: Network, judge: Judge, mnist: Dataset) -> None:
    """On digits and drawings that neither network nor judge has seen."""
    reader = Reader(network, INK, judge)
    _, digits = reader.asked(mnist.test_images[:3000])
    _, others = reader.asked(non_digit_images(INK, 15, seed=5))
    assert auroc(digits, others) >= 0.95
    assert (digits < judge.least).mean() <= 0.02
    assert (others < judge.least).mean() >= 0.5


def test_pen_digits_are_hardly_refused_by_the_judge_that_ships() -> None:
    shipped = Reader.of(load_model(Path(__file__).resolve().parents[1] / "resources/models/reader.safetensors"))
    _, digits = shipped.asked(shipped.images([drawn.strokes for drawn in real_digits()]))
    _, others = shipped.asked(non_digit_images(shipped.ink, 10, seed=9))
    assert auroc(digits, others) >= 0.97
    assert (digits < shipped.judge.least).mean() <= 0.05


def test_drawings_that_are_no_digits_are_the_same_every_time() -> None:
    few, again = non_digit_images(INK, 3), non_digit_images(INK, 3)
    assert few.shape == (3 * len(KINDS), 28, 28)
    assert np.array_equal(few, again)
    assert not np.array_equal(few, non_digit_images(INK, 3, seed=1))
    broad = non_digit_images(InkSpec(line_width=5), 3)
    assert broad.mean() > 1.4 * few.mean()


def test_it_ends_early_when_asked(network: Network, data: Split) -> None:
    assert len(non_digit_images(INK, 2, cancelled=lambda: True)) == 0
    assert judge_of(network, data, INK, cancelled=lambda: True) == Judge()


def test_clothes_have_a_temperature_and_no_digitness(network: Network, data: Split) -> None:
    clothes = replace(data.dataset, class_names=tuple("ABCDEFGHIJ"))
    found = judge_of(network, split(clothes, 0.2, 0), INK)
    assert not found.weights
    assert found.digitness(np.zeros((3, 256)), np.full((3, 10), 0.1)).tolist() == [1, 1, 1]


def test_without_images_held_back_it_judges_by_those_it_has(network: Network, data: Split) -> None:
    assert judge_of(network, split(data.dataset, 0, 0), INK, per_kind=5).weights


def test_a_network_that_came_apart_has_a_judge_that_passes_on(data: Split) -> None:
    network = Network(RUN.network, 0)
    network.parameters[:] = np.nan
    assert judge_of(network, data, INK, per_kind=5) == Judge()


def test_wide_networks_are_asked_by_their_liveliest_units(data: Split) -> None:
    wide = Network(RUN.changed(network={"layers": [{"kind": "dense", "units": 600}]}).network, 0)
    found = judge_of(wide, data, INK, per_kind=10)
    assert len(found.units) == MOST_UNITS
    assert list(found.units) == sorted(set(found.units))
    hidden, _ = wide.seen(data.dataset.train_images[data.validation_rows])
    left = np.setdiff1d(np.arange(600), found.units)
    assert hidden.var(axis=0)[left].max() <= hidden.var(axis=0)[list(found.units)].min()


# --- kept in a file -------------------------------------------------------------------------------------------


def test_a_judge_comes_back_from_json_and_from_a_model_file(network: Network, judge: Judge, tmp_path: Path) -> None:
    assert Judge.model_validate_json(judge.model_dump_json()) == judge
    path = tmp_path / "m.safetensors"
    save_model(path, Model(network.snapshot(), RUN, judge=judge))
    assert load_model(path).judge == judge


def test_a_judge_does_not_fit_a_smaller_network(network: Network, judge: Judge) -> None:
    small = Network(RUN.changed(network={"layers": [{"kind": "dense", "units": 16}]}).network, 0)
    assert judge.fits(network)
    assert not judge.fits(small)
    assert Judge().fits(small)


def test_a_file_whose_judge_belongs_to_another_network_is_refused(judge: Judge, tmp_path: Path) -> None:
    run = RUN.changed(network={"layers": [{"kind": "dense", "units": 16}]})
    path = tmp_path / "m.safetensors"
    save_model(path, Model(Network(run.network, 0).snapshot(), run, judge=judge))
    with pytest.raises(ModelFileError, match=r"m\.safetensors"):
        load_model(path)


@pytest.mark.parametrize(
    "changes",
    [
        {"temperature": 0},
        {"temperature": -1},
        {"least": 1.5},
        {"units": [1, 2], "weights": [0.0] * 11},
        {"units": [-1], "weights": [0.0] * 11},
        {"units": list(range(MOST_UNITS + 1)), "weights": [0.0] * (MOST_UNITS + 11)},
    ],
)
def test_what_makes_no_sense_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Judge.model_validate_json(json.dumps(changes))


# --- the figures ----------------------------------------------------------------------------------------------


def test_calibration_error_of_a_worked_example() -> None:
    """Two bins: at 0.9 three of four are right, at 0.55 one of two; (4 · 0.15 + 2 · 0.05) / 6."""
    shares = np.full((6, 10), 0.1 / 9)
    shares[:4, 3] = 0.9
    shares[4:] = 0.45 / 9
    shares[4:, 5] = 0.55
    labels = np.array([3, 3, 3, 0, 5, 1], np.uint8)
    assert calibration_error(shares, labels) == pytest.approx((4 * 0.15 + 2 * 0.05) / 6)


def test_calibration_error_of_honest_and_of_boastful_shares() -> None:
    shares, labels = honest(np.random.default_rng(0), 40_000)
    assert calibration_error(shares, labels) < 0.01
    assert calibration_error(np.eye(10)[np.zeros(50, int)], np.full(50, 1, np.uint8)) == 1
    assert calibration_error(np.eye(10)[np.ones(50, int)], np.full(50, 1, np.uint8)) == 0
    assert calibration_error(np.empty((0, 10)), np.empty(0, np.uint8)) == 0


def test_calibration_error_of_what_is_no_number_is_none() -> None:
    assert np.isnan(calibration_error(np.full((3, 10), np.nan), np.zeros(3, np.uint8)))


@pytest.mark.parametrize(
    ("digits", "others", "area"),
    [
        ([0.9, 0.8], [0.1, 0.2], 1.0),
        ([0.1, 0.2], [0.9, 0.8], 0.0),
        ([0.5], [0.5], 0.5),
        ([0.9, 0.4], [0.5, 0.1], 0.75),
        ([0.9, 0.5, 0.5], [0.5, 0.1], 5 / 6),
    ],
)
def test_area_under_the_curve_of_worked_examples(digits: list[float], others: list[float], area: float) -> None:
    assert auroc(np.array(digits), np.array(others)) == pytest.approx(area)


@given(hnp.arrays(float, 7, elements=st.integers(0, 4)), hnp.arrays(float, 5, elements=st.integers(0, 4)))
def test_area_is_the_share_of_pairs_in_order(digits: NDArray[np.float64], others: NDArray[np.float64]) -> None:
    pairs = digits[:, None] - others
    assert auroc(digits, others) == pytest.approx(((pairs > 0) + (pairs == 0) / 2).mean())
