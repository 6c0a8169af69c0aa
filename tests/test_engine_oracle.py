"""The engine beside TensorFlow: 200 steps from the same weights on the same batches, in float32, end at the same place.

All cases are recorded first and then trained by Keras in one child process, because its start takes seconds.

Learning rates are modest on purpose. A ReLU turns a rounding error into another branch as soon as a sum is that close
to 0, and Adam divides gradients by their own size, the tiny ones too: at large rates these differences double every few
steps whatever the program, and after 200 steps nothing is left to compare. The same holds for the bias in front of a
batch normalization, which subtracts it again: its gradient is 0 and all that moves it is rounding, which Adam would
blow up to whole steps.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.datasets.split import Split
from engine.errors import DigitLabError
from engine.network import Network
from engine.specs import RunSpec
from engine.verification import LIMIT, Check, CheckCancelledError, Comparison, Course, Watch, record, train_twins
from engine.verification.comparison import relative_differences, scale_of
from engine.verification.exchange import BATCHES, REQUEST, THEIRS, Request, read_batches

pytestmark = pytest.mark.timeout(300)  # for the one test that waits for all trainings, on a machine that is busy
STEPS = 200
DENSE = ({"kind": "dense", "units": 24, "activation": "tanh"},)
NORM = {"kind": "batch_norm", "activation": "tanh"}
HEAD = {"kind": "conv", "filters": 3, "kernel": 7, "stride": 3, "activation": "tanh"}


def case(*layers: Any, output: str = "softmax", **training: Any) -> RunSpec:
    """Return a run: dense by default, batches of 20, 8 epochs of 25 batches."""
    start: dict[str, Any] = {"batch_size": 20, "epochs": 8, "learning_rate": 0.05} | training
    return RunSpec().changed(
        network={"layers": layers or DENSE, "output_activation": output}, training=start, run={"seed": 3}
    )


def rule(kind: str, **settings: Any) -> dict[str, Any]:
    return {"kind": kind, **settings}


def conv(**settings: Any) -> dict[str, Any]:
    return {"kind": "conv", "filters": 3, "kernel": 5, "stride": 2, "activation": "tanh", **settings}


OPTIMIZERS = {
    "sgd": case(),
    "momentum": case(optimizer=rule("momentum"), learning_rate=0.01),
    "nesterov": case(optimizer=rule("nesterov", momentum=0.8), learning_rate=0.01),
    "rmsprop": case(optimizer=rule("rmsprop", rho=0.8), learning_rate=0.001),
    "adam": case(optimizer=rule("adam"), learning_rate=0.001),
    "adam with other betas": case(optimizer=rule("adam", beta1=0.8, beta2=0.95), learning_rate=0.001),
    "adamw": case(optimizer=rule("adamw", weight_decay=0.1), learning_rate=0.001),
}
ACTIVATIONS = {
    name: case({"kind": "dense", "units": 24, "activation": name}, {"kind": "dense", "units": 12, "activation": name})
    for name in ("relu", "leaky_relu", "sigmoid", "tanh", "linear")
}
LOSSES = {
    f"squared error, {output} output": case(loss="mse", output=output, learning_rate=0.02)
    for output in ("relu", "leaky_relu", "sigmoid", "tanh", "linear", "softmax")
}
SCHEDULES = {
    "step schedule": case(schedule=rule("step", every=2, drop=0.5)),
    "cosine schedule": case(schedule=rule("cosine", final=0.1)),
    "one-cycle schedule": case(schedule=rule("one_cycle", warmup=0.3)),
    "schedule over ragged batches": case(schedule=rule("one_cycle"), batch_size=21),
}
REGULARIZATION = {
    "L2": case(l2=0.01),
    "L2, Adam": case(l2=0.01, optimizer=rule("adam"), learning_rate=0.001),
    "clipping": case(clip=0.5),
    "L2 and clipping, momentum": case(l2=0.01, clip=0.3, optimizer=rule("momentum"), learning_rate=0.02),
    "dropout": case({"kind": "dropout", "rate": 0.1}, {"kind": "dense", "units": 24, "dropout": 0.4}),
    "augmentation": case(augmentation={"rotation": 10, "shift": 2, "elastic": 1}),
}
LAYERS = {
    "conv valid": case(conv()),
    "conv same": case(conv(padding="same", kernel=4, stride=3)),
    "conv same, stride 1": case(conv(padding="same", kernel=3, stride=1, filters=2)),
    # At 0.05 one sum crosses 0 in step 151 in one of the two programs alone; in float64 in neither.
    "two convs": case(conv(activation="relu"), conv(kernel=3, filters=4, padding="same"), learning_rate=0.02),
    "max pool": case(conv(), {"kind": "max_pool"}, {"kind": "flatten"}, *DENSE),
    "max pool, overlapping": case(conv(), {"kind": "max_pool", "size": 3, "stride": 2}),
    "avg pool": case({"kind": "avg_pool"}, conv(stride=1), {"kind": "avg_pool", "size": 3, "stride": 2}),
    "batch norm, dense": case(*DENSE, NORM, *DENSE),
    "batch norm, conv": case(conv(activation="linear"), NORM | {"momentum": 0.8}),
    "batch norm of pixels": case({"kind": "batch_norm"}, *DENSE, batch_size=50, epochs=20),
    "dropout in two lanes": case(conv(dropout=0.3), {"kind": "dense", "units": 16, "dropout": 0.5}, batch_size=50),
    "everything": case(
        conv(dropout=0.1), NORM, {"kind": "max_pool"}, {"kind": "dense", "units": 16, "dropout": 0.2},
        optimizer=rule("adam"), learning_rate=0.001, schedule=rule("cosine"), l2=1e-4, clip=1.0, batch_size=33,
    ),
}  # fmt: skip
SIZES = {
    "single images": case(batch_size=1, learning_rate=0.01),
    "single images, convolutional": case(conv(), batch_size=1, learning_rate=0.01),
    "ragged batches": case(batch_size=96, epochs=40),
    "ragged batches, convolutional": case(conv(), batch_size=96, epochs=40),
    "no hidden layer": case({"kind": "flatten"}),
}
CASES = OPTIMIZERS | ACTIVATIONS | LOSSES | SCHEDULES | REGULARIZATION | LAYERS | SIZES


# What a twin is told instead of the truth: each of these it must find out.
LIES: dict[str, tuple[str, dict[str, Any]]] = {
    "another L2": ("L2", {"l2": 0.011}),
    "another momentum": ("momentum", {"optimizer": rule("momentum", momentum=0.91)}),
    "a weight decay": ("adam", {"optimizer": rule("adamw", weight_decay=0.01)}),
    "another schedule": ("cosine schedule", {"schedule": rule("cosine", final=0.2)}),
}


@pytest.fixture(scope="module")
def checks(small_split: Split, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Check]:
    """Train everything here, then its twins in a child."""
    root = tmp_path_factory.mktemp("oracle")
    ours: dict[str, Course] = {}
    for name, run in (CASES | {lie: CASES[truth] for lie, (truth, _) in LIES.items()}).items():
        folder = root / f"{len(ours):03}"
        folder.mkdir()
        ours[name] = record(run, Network(run.network, run.seed).snapshot(), small_split, STEPS, folder, Watch())
        if name in LIES:
            request = Request.model_validate_json((folder / REQUEST).read_text())
            told = request.model_copy(update={"run": request.run.changed(training=LIES[name][1])})
            (folder / REQUEST).write_text(told.model_dump_json())
    train_twins(root, Watch())
    theirs = [Course.load(root / f"{number:03}" / THEIRS) for number in range(len(ours))]
    return {name: Check("float32", ours[name], course) for name, course in zip(ours, theirs, strict=True)}


@pytest.mark.parametrize("name", CASES)
def test_losses_and_weights_stay_together(checks: dict[str, Check], name: str) -> None:
    check = checks[name]
    assert len(check.ours.losses) == len(check.theirs.losses) == STEPS
    assert check.ours.parameters.keys() == check.theirs.parameters.keys()
    assert check.largest_loss_difference < LIMIT
    assert check.largest_weight_difference < LIMIT, check.weight_differences
    assert check.agrees
    assert not np.array_equal(check.ours.losses[:5], check.ours.losses[-5:]), "something was learned"


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_gives_the_rates_of_keras(checks: dict[str, Check], name: str) -> None:
    check = checks[name]
    assert len(set(check.ours.rates)) > 3
    assert check.rate_differences.max() < 1e-6


@pytest.mark.parametrize("name", ["batch norm, dense", "batch norm, conv", "batch norm of pixels", "everything"])
def test_running_statistics_are_compared_too(checks: dict[str, Check], name: str) -> None:
    check = checks[name]
    for kind, start in (("mean", 0), ("variance", 1)):
        assert np.abs(check.ours.parameters[f"batch_norm_1.{kind}"] - start).max() > 0.1
        assert check.weight_differences[f"batch_norm_1.{kind}"] < LIMIT


@pytest.mark.parametrize("name", LIES)
def test_a_twin_that_learns_by_other_settings_is_found_out(checks: dict[str, Check], name: str) -> None:
    assert not checks[name].agrees


def test_the_verdict_names_a_schedule_that_differs(checks: dict[str, Check]) -> None:
    assert re.search(r"learning rates by \d", Comparison((checks["another schedule"],)).verdict)
    assert "rates" not in Comparison((checks["cosine schedule"],)).verdict


def test_masks_of_both_lanes_are_recorded(small_split: Split, tmp_path: Path) -> None:
    run = CASES["dropout in two lanes"]
    record(run, Network(run.network, run.seed).snapshot(), small_split, 3, tmp_path, Watch())
    batches = list(read_batches(tmp_path / BATCHES, 3, 2))
    assert [kept.shape for kept in batches[0].kept] == [(50, 12 * 12 * 3), (50, 16)]
    assert np.mean([kept.mean() for batch in batches for kept in batch.kept[:1]]) == pytest.approx(0.7, abs=0.02)
    first, second = batches[0].kept[0][:25], batches[0].kept[0][25:]
    assert not np.array_equal(first, second), "each lane draws its own"


def test_a_difference_counts_relative_to_the_number_or_to_its_kind() -> None:
    ours, theirs = np.array([1.0, 2.0, 1e-9]), np.array([1.0, 2.002, 0.0])
    np.testing.assert_allclose(relative_differences(ours, theirs, 0.5), [0, 0.002 / 2.002, 2e-9])
    assert relative_differences(np.zeros(2), np.zeros(2), 0.0).tolist() == [0, 0]
    assert relative_differences(np.array([np.nan, 1]), np.array([1, np.inf]), 1.0).tolist() == [np.inf, np.inf]


def test_biases_and_running_means_count_on_the_scale_of_what_they_are_added_to() -> None:
    parameters = {
        "dense_1.weights": np.full(3, 2.0),
        "dense_1.bias": np.zeros(1),
        "batch_norm_1.mean": np.zeros(4),
        "batch_norm_1.variance": np.full(4, 8.0),
    }
    assert scale_of("dense_1.weights", parameters) == 2
    assert scale_of("dense_1.bias", parameters) == pytest.approx(np.sqrt(3))
    assert scale_of("batch_norm_1.mean", parameters) == 2
    assert scale_of("batch_norm_1.variance", parameters) == 8


def test_what_has_nothing_to_compare_says_so(small_split: Split, tmp_path: Path) -> None:
    run = case(learning_rate=10, loss="mse", output="linear")
    with pytest.raises(DigitLabError, match=r"nothing to compare after \d+ steps: .*no longer a finite number"):
        record(run, Network(run.network, run.seed).snapshot(), small_split, STEPS, tmp_path, Watch())


def test_the_steps_may_be_more_than_the_run_has_epochs(small_split: Split, tmp_path: Path) -> None:
    run = case(epochs=1, early_stopping=1)
    course = record(run, Network(run.network, run.seed).snapshot(), small_split, 60, tmp_path, Watch())
    assert len(course.losses) == 60
    assert Request.model_validate_json((tmp_path / REQUEST).read_text()).run.training.epochs == 3


def test_progress_is_told_with_the_time_left_and_a_check_can_be_stopped(small_split: Split, tmp_path: Path) -> None:
    told: list[str] = []
    watch = Watch(told.append)
    watch.step("DigitLab", 1, 10)
    watch.step("DigitLab", 2, 10)
    watch.say("once")
    watch.say("once")
    assert re.fullmatch(r"DigitLab: step 2 of 10, \d+ s left", told[0])
    assert told[1:] == ["once"]
    with pytest.raises(CheckCancelledError, match="nothing was changed"):
        record(
            CASES["sgd"], Network(CASES["sgd"].network).snapshot(), small_split, 10, tmp_path, Watch(None, lambda: True)
        )
