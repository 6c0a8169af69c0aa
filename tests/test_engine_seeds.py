"""The same seed gives the same run, bit for bit: on one thread or two, in one go or with pauses, looked at or not."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine import blas, pace
from engine.augmentation import USUAL
from engine.blas import allow_threads, allowed_threads, most_threads, use_threads
from engine.datasets.split import Split
from engine.evaluation import evaluate
from engine.layers import BatchNormSpec, Conv2DSpec, DenseSpec, Dropout, DropoutSpec, MaxPool2DSpec
from engine.model_files import Model, TrainingRecord, load_model, save_model
from engine.network import Network
from engine.optimizers import SGD, Adam
from engine.reports import BatchReport, Report
from engine.specs import NetworkSpec, RunSpec, TrainingSpec
from engine.training import Training

CONV = Conv2DSpec(filters=4, kernel=5, stride=3, dropout=0.2)
LINEAR = Conv2DSpec(filters=4, kernel=5, stride=3, activation="linear")
NETWORKS = {
    "dense": (DenseSpec(units=350), DenseSpec(units=33, dropout=0.3)),
    "dense_normalized": (DenseSpec(units=100, activation="linear"), BatchNormSpec(activation="relu")),
    "convolutional": (CONV, MaxPool2DSpec(), DropoutSpec(rate=0.3), DenseSpec(units=20)),
    "convolutional_normalized": (LINEAR, BatchNormSpec(activation="relu"), MaxPool2DSpec(), DropoutSpec()),
}
# 500 images in batches of 64: the last one has 52 and is divided between two lanes like the others.
SETTINGS = {
    "plain": TrainingSpec(optimizer=SGD(), learning_rate=0.05, batch_size=64, epochs=2),
    "adam": TrainingSpec(optimizer=Adam(), learning_rate=0.01, batch_size=64, epochs=2, l2=1e-4, clip=1),
    "augmented": TrainingSpec(optimizer=Adam(), learning_rate=0.01, batch_size=64, epochs=2, augmentation=USUAL),
}
RUNS = pytest.mark.parametrize(
    ("layers", "settings"), [(layers, settings) for layers in NETWORKS for settings in SETTINGS]
)


def begin(layers: str, settings: str, data: Split) -> Training:
    """Return a training of a new network."""
    return Training(Network(NetworkSpec(layers=NETWORKS[layers]), 3), data, SETTINGS[settings], 3)


def outcome(trained: Training, reports: list[Report]) -> tuple[bytes, list[dict[str, Any]]]:
    """Return the weights as bytes and the reports without what the clock says."""
    timeless = [
        {name: value for name, value in dataclasses.asdict(report).items() if "second" not in name}
        for report in reports
    ]
    return trained.network.parameters.tobytes(), timeless


def straight(layers: str, settings: str, data: Split) -> tuple[bytes, list[dict[str, Any]]]:
    """Return what comes of a training that nothing disturbs."""
    trained = begin(layers, settings, data)
    return outcome(trained, list(trained.reports()))


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    """Return what sets how many threads are allowed, up to two whatever the machine has."""
    allowed = allowed_threads()
    with monkeypatch.context() as patch:
        patch.setattr(blas, "most_threads", lambda: max(2, most_threads()))
        yield allow_threads
    allow_threads(allowed)


class Restless(pace.Pace):
    """Changes the number of threads with every step, as a measurement might, where that is allowed."""

    def step(self, seconds: float) -> None:
        if self._most > 1:
            self.threads = 3 - self.threads
            use_threads(self.threads)


@RUNS
def test_twice_and_on_one_thread_or_two(
    layers: str, settings: str, small_split: Split, threads: Callable[[int], None]
) -> None:
    found = []
    for count in (1, 2, 2):
        threads(count)
        found.append(straight(layers, settings, small_split))
    assert found[0] == found[1]
    assert found[1] == found[2]


@pytest.mark.parametrize("settings", SETTINGS)
def test_a_number_of_threads_that_changes_at_every_step_changes_nothing(
    settings: str, small_split: Split, threads: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    threads(2)
    calm = straight("dense", settings, small_split)
    monkeypatch.setattr(pace, "Pace", Restless)
    assert straight("dense", settings, small_split) == calm


@RUNS
def test_pausing_looking_and_saving_in_between_change_nothing(
    layers: str, settings: str, small_split: Split, tmp_path: Path
) -> None:
    trained, reports = begin(layers, settings, small_split), []
    data = small_split.dataset
    run = RunSpec(network=trained.network.spec, training=SETTINGS[settings])
    for report in trained.reports():
        reports.append(report)
        if len(reports) % 3:
            continue
        snapshot = trained.snapshot()
        save_model(tmp_path / "m.safetensors", Model(snapshot, run, TrainingRecord()))
        assert load_model(tmp_path / "m.safetensors").network.parameters.tobytes() == snapshot.parameters.tobytes()
        evaluate(trained.network, data.test_images, data.test_labels, "cross_entropy")
        trained.network.outputs(data.test_images[0])
        trained.apply(SETTINGS[settings].model_copy())
    assert outcome(trained, reports) == straight(layers, settings, small_split)


@RUNS
def test_stopping_and_going_on_changes_nothing(layers: str, settings: str, small_split: Split) -> None:
    # The rate is constant and the latest weights are kept, so that the length of a stretch does not matter.
    trained = begin(layers, settings, small_split)
    trained.apply(SETTINGS[settings].model_copy(update={"keep_best": False}))
    while trained.epoch < 2:
        for report in trained.reports():
            if isinstance(report, BatchReport) and report.step % 3 != 2:
                trained.stop()  # after one batch or two, also at the end of an epoch
    whole = begin(layers, settings, small_split)
    whole.apply(SETTINGS[settings].model_copy(update={"keep_best": False}))
    list(whole.reports())
    assert trained.network.parameters.tobytes() == whole.network.parameters.tobytes()


@pytest.mark.parametrize("layers", NETWORKS)
def test_another_seed_gives_another_run(layers: str, small_split: Split) -> None:
    found = []
    for seed in (3, 4):
        trained = Training(Network(NetworkSpec(layers=NETWORKS[layers]), 3), small_split, SETTINGS["augmented"], seed)
        next(trained.reports())
        found.append(trained.network.parameters.tobytes())
    assert found[0] != found[1]


def test_the_two_lanes_switch_off_different_units(small_split: Split) -> None:
    trained = begin("convolutional", "plain", small_split)
    next(trained.reports())
    lanes = trained.network._lane, trained.network._twin
    masks = [next(layer.mask for layer in lane.layers if isinstance(layer, Dropout)) for lane in lanes]
    assert masks[0].shape == masks[1].shape
    assert masks[0].tobytes() != masks[1].tobytes()
