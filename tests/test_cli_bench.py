"""The command ``bench``: everybody who is there takes turns, whoever is missing is named, and the figures agree."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pytest

from engine.bench import floor
from engine.bench.article import UnitNetwork
from engine.bench.child import warm_up_rounds
from engine.bench.contenders import CONTENDERS, Task
from engine.bench.results import figures, summary
from engine.bench.workloads import EPOCH_IMAGES, LIBRARIES, WORKLOADS, Workload
from engine.losses import LOSSES
from engine.network import Network
from engine.presets import PRESETS
from engine.terminal import bench
from engine.terminal.bench_progress import Forecast

Call = Callable[..., tuple[int, str, str]]
LITTLE = ("--images", "512", "--rounds", "2", "--threads", "1")
BROKEN = {
    "torch": "raise OSError('a part of it is missing')",
    "keras": "raise ModuleNotFoundError('no such module', name='keras')",
    "sklearn": "import os; os._exit(9)",
}


@pytest.fixture
def without_libraries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each of the libraries fail in a way of its own where a child process imports it."""
    for name, text in BROKEN.items():
        (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


def require_consistent(entry: dict[str, Any], workload: Workload, *, telling: bool = False) -> None:
    """Check that medians belong to the rounds, and ratios and demands to the medians."""
    contenders = entry["contenders"]
    for one in contenders.values():
        assert one["median"] == median(one["rounds"]) == min(one["variants"].values())
        assert 0 < one["low"] <= one["median"] <= one["high"]
        assert one["spread"] == (one["high"] - one["low"]) / one["median"]
        assert one["threads"] >= 1
    assert entry["seconds"] == contenders["ours"]["median"]
    for name in workload.contenders[1:]:
        ratio = entry["seconds"] / contenders[name]["median"] if name in contenders else None
        assert entry[f"vs_{name}"] == ratio
    assert set(entry["demands"]) == {demand.measure for demand in workload.demands}
    for measure, demand in entry["demands"].items():
        value = entry[measure]
        assert demand["value"] == value
        assert demand["met"] == (value <= demand["limit"] if telling and value is not None else None)


def test_everybody_who_is_there_takes_turns(digitlab: Call) -> None:
    code, out, err = digitlab("bench", "--json", "--quick", *LITTLE, "--only", "dense")
    result = json.loads(out)
    entry = result["workloads"]["dense"]
    assert code == 0
    assert {"ours", "floor"} <= set(entry["contenders"])
    assert set(entry["contenders"]) | set(result["absent"]) == {"ours", "floor", *LIBRARIES}
    assert set(entry["contenders"]) == set(result["versions"])
    assert all(len(one["rounds"]) == 2 for one in entry["contenders"].values())
    require_consistent(entry, WORKLOADS["dense"])
    assert (result["images"], result["rounds"], result["extrapolated_to"]) == (512, 2, EPOCH_IMAGES)
    assert (result["quick"], result["telling"]) == (True, False)
    assert result["machine"]["processors"] >= 1
    assert WORKLOADS["dense"].title in err


@pytest.mark.usefixtures("without_libraries")
def test_who_is_missing_is_named_and_the_others_go_on(digitlab: Call) -> None:
    limits = ("--images", "256", "--rounds", "1", "--threads", "1")
    code, out, err = digitlab("bench", "--json", *limits, "--only", "dense,dense-adam")
    result = json.loads(out)
    assert code == 0
    assert result["absent"] == {
        "torch": "failed: OSError: a part of it is missing",
        "keras": "not installed",
        "sklearn": "its process ended with code 9.",
    }
    for name in ("dense", "dense-adam"):
        entry = result["workloads"][name]
        assert set(entry["contenders"]) == {"ours", "floor"}
        assert [entry[f"vs_{library}"] for library in LIBRARIES] == [None] * 3
        require_consistent(entry, WORKLOADS[name])
    assert err.splitlines()[-3:] == [
        "PyTorch took no part: failed: OSError: a part of it is missing.",
        "Keras took no part: not installed. Install it with: python -m pip install keras tensorflow",
        "scikit-learn took no part: its process ended with code 9.",
    ]


def test_the_table_names_what_is_demanded(digitlab: Call) -> None:
    chosen = "article,augmented-dense,predict-dense"
    code, out, _ = digitlab("bench", "--images", "200", "--rounds", "1", "--only", chosen)
    assert code == 0
    lines = out.splitlines()
    assert lines[0] == (
        "These figures mean nothing, and nothing is judged by them: 1 round of 200 images. "
        "It takes at least 3 rounds of 12,000."
    )
    starts = [line.split("  ")[1] if line.startswith("  ") else line for line in lines]
    assert "Article, [350], one image at a time, per epoch" in starts
    assert "unit by unit (from 200 images)" in starts
    demands = [line.rsplit("at most ", 1)[1].split() for line in lines if "at most " in line and "threads." not in line]
    assert [demand[0] for demand in demands] == ["5.000", "0.0167", "1.000", "100.0"]
    assert not any("met" in line or "MISSED" in line for line in lines)


def test_enough_is_judged(digitlab: Call) -> None:
    code, out, _ = digitlab("bench", "--images", "12000", "--rounds", "3", "--only", "predict-dense")
    assert code == 0
    assert out.startswith("A glance, no proof: 3 rounds of 12,000 images.")
    assert out.splitlines()[-1].split()[-1] in ("met", "MISSED")


@pytest.mark.parametrize(
    ("workload", "images", "rounds"),
    [("dense", 60_000, 1), ("dense", 12_000, 1), ("dense", 2_000, 3), ("dense", 128, 48), ("article", 128, 1),
     ("predict-dense", 128, 1)],
)  # fmt: skip
def test_warming_up_takes_some_dozens_of_batches(workload: str, images: int, rounds: int) -> None:
    assert warm_up_rounds(Task("ours", workload, images, 1)) == rounds


def test_a_stop_prints_the_workloads_that_are_complete(digitlab: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    begin = Forecast.begin

    def interrupted(forecast: Forecast, workload: Workload) -> None:
        begin(forecast, workload)
        if workload.name == "predict-convolutional":
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Forecast, "begin", interrupted)
    code, out, err = digitlab(
        "bench", "--json", "--rounds", "1", "--images", "128", "--only", "predict-dense,predict-convolutional"
    )
    assert (code, list(json.loads(out)["workloads"])) == (130, ["predict-dense"])
    assert err.splitlines()[-1] == "digitlab: Stopped with 1 of 2 workloads complete."


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (("--only", "dense,cobol"), "Workload: cobol is not allowed; it must be one of dense, deep, "),
        (("--images", "0"), "Images: 0 is not allowed; it must be a whole number from 128 to 60,000."),
        (("--rounds", "many"), "Rounds: many is not allowed; it must be a whole number from 1 to 99."),
        (("--images", "60001"), "Images: 60001 is not allowed; "),
    ],
)
def test_bad_input_is_refused(digitlab: Call, argv: tuple[str, ...], sentence: str) -> None:
    code, out, err = digitlab("bench", *argv)
    assert (code, out) == (2, "")
    assert err.startswith("digitlab: " + sentence)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_its_children(
    digitlab: Call, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    def interrupted(_: Forecast, share: float) -> None:
        if share > 0.6:  # all children live and wait for their turns
            signal.raise_signal(number)

    monkeypatch.setattr(Forecast, "done", interrupted)
    code, out, err = digitlab("bench", "--images", "128", "--only", "article")
    assert (code, out) == (128 + number, "No workload is complete.\n")
    assert err.splitlines()[-1] == "digitlab: Stopped with 0 of 1 workloads complete."


def test_without_this_engine_there_is_nothing_to_compare(
    digitlab: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "threadpoolctl.py").write_text("raise OSError('it is broken')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    code, out, err = digitlab("bench", "--only", "predict-dense")
    assert (code, out) == (2, "")
    assert err.splitlines()[-1] == (
        "digitlab: DigitLab itself could not be timed: its process ended with code 1. OSError: it is broken"
    )


def test_the_fastest_variant_counts() -> None:
    def turn(slow: float, fast: float) -> dict[str, dict[str, Any]]:
        return {"slow": {"seconds": slow, "threads": 1}, "fast": {"seconds": fast, "threads": 2}}

    # The slow one is the fastest once, but not in the median.
    rounds = [turn(5, 2), turn(1, 3), turn(6, 4)]
    found = figures(rounds)
    assert found["variants"] == {"slow": 5, "fast": 3}
    assert (found["variant"], found["median"], found["low"], found["high"], found["threads"]) == ("fast", 3, 2, 4, 2)


def test_added_seconds_are_those_of_the_medians() -> None:
    workload = WORKLOADS["augmented-dense"]

    def rounds(*seconds: float) -> list[dict[str, dict[str, Any]]]:
        return [{"": {"seconds": taken, "threads": 1}} for taken in seconds]

    entry = summary(workload, {"ours": rounds(3, 1, 2), "plain": rounds(0.5, 0.75, 0.6)})
    assert entry["added_seconds"] == pytest.approx(1.4)
    assert entry["vs_plain"] == pytest.approx(2 / 0.6)
    assert entry["demands"]["added_seconds"] == {"limit": 1, "value": entry["added_seconds"], "met": False}
    few = summary(workload, {"ours": rounds(3), "plain": rounds(0.5)}, telling=False)
    assert few["demands"]["added_seconds"] == {"limit": 1, "value": 2.5, "met": None}


def test_the_units_of_the_article_learn_what_the_layers_learn() -> None:
    rng = np.random.default_rng(0)
    run = PRESETS["article"].run.changed(network={"dtype": "float64"})
    network, units = Network(run.network), UnitNetwork([784, 350, 10])
    for layer, dense in zip(units.layers, network.dense, strict=True):
        for unit, column in zip(layer.units, dense.weights.T, strict=True):
            unit.weights = column.copy()
    for label in (3, 7, 7):
        x = rng.random(784) * (rng.random(784) < 0.2)
        network.forward(x[None])
        network.descend(LOSSES["mse"], np.array([label], np.uint8), 0.01)
        units.learn(x, label, 0.01)
    for layer, dense in zip(units.layers, network.dense, strict=True):
        np.testing.assert_allclose([unit.weights for unit in layer.units], dense.weights.T, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose([unit.bias for unit in layer.units], dense.bias, rtol=1e-9, atol=1e-12)


def test_the_floor_multiplies_what_training_multiplies() -> None:
    task = Task("floor", "dense", 300, 1)
    X = np.ones((300, 784), np.float32)
    shapes = [(A.shape, B.shape, out.shape) for A, B, out in floor.products(X, task)]
    assert len(shapes) == 3 * 5
    assert shapes[-5:] == [  # the last batch has 44 images
        ((44, 784), (784, 350), (44, 350)),
        ((784, 44), (44, 350), (784, 350)),
        ((44, 350), (350, 10), (44, 10)),
        ((350, 44), (44, 10), (350, 10)),
        ((44, 10), (10, 350), (44, 350)),
    ]
    assert all(A.shape[1] == B.shape[0] for A, B, _ in floor.products(X, Task("floor", "convolutional", 300, 1)))


def test_every_workload_names_contenders_that_exist() -> None:
    for name, workload in WORKLOADS.items():
        assert name == workload.name
        assert workload.contenders[0] == "ours"
        assert set(workload.contenders) <= set(CONTENDERS)
        assert not workload.run.validation_split
    assert bench.ROUNDS >= 5
