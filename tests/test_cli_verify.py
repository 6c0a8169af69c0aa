"""The command that checks the engine against TensorFlow."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.datasets.dataset import Dataset
from engine.model_files import Model, save_model
from engine.network import Network
from engine.specs import RunSpec
from engine.terminal import main

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def verify(capsys: pytest.CaptureFixture[str]) -> Call:
    """Run the command in this process; return exit code, stdout and stderr."""

    def call(*argv: str | Path) -> tuple[int, str, str]:
        code = main(["verify", *(str(part) for part in argv)])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return code, out, err

    return call


@pytest.fixture(scope="module")
def digits(small: Dataset, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("digits") / "small.npz"
    np.savez(path, x_train=small.train_images, y_train=small.train_labels, x_test=small.test_images,
             y_test=small.test_labels)  # fmt: skip
    return f"npz:{path}"


@pytest.fixture
def model(digits: str, tmp_path: Path) -> Path:
    """A small float64 network that learns by Adam."""
    run = RunSpec().changed(
        run={"dataset": digits},
        network={"layers": [{"kind": "dense", "units": 8}], "dtype": "float64"},
        training={"optimizer": {"kind": "adam"}, "learning_rate": 0.003, "batch_size": 25},
    )
    path = tmp_path / "small.safetensors"
    save_model(path, Model(Network(run.network, 5).snapshot(), run))
    return path


def refused(result: tuple[int, str, str]) -> str:
    code, out, err = result
    assert (code, out, err.count("digitlab: ")) == (2, "", 1), err
    return err[err.index("digitlab: ") :]


def test_a_preset_agrees_and_json_has_both_curves(verify: Call, digits: str) -> None:
    code, out, err = verify("--preset", "quick", "--dataset", digits, "--steps", "12", "--json")
    result = json.loads(out)
    assert (code, result["agrees"], result["steps"], result["batch_size"]) == (0, True, 12, 128)
    assert result["largest_difference"] < result["limit"] == 1e-4
    check = result["checks"][0]
    assert check["precision"] == "float32"
    ours, theirs = check["losses"]["digitlab"], check["losses"]["tensorflow"]
    assert len(ours) == len(theirs) == len(check["loss_differences"]) == 12
    np.testing.assert_allclose(ours, theirs, rtol=1e-4)
    assert set(check["weight_differences"]) == {"dense_1.weights", "dense_1.bias", "dense_2.weights", "dense_2.bias"}
    assert result["decided_in"] == "float32"
    assert result["images_per_second"] is None
    assert "TensorFlow is being started" in err


def test_a_mistake_in_the_engine_is_found(verify: Call, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.optimizers.SMALL", 1e-4)
    code, out, _ = verify(model, "--steps", "20")
    assert code == 1
    assert "They do not agree: losses differ by at most" in out
    assert "Speeds are given from 50 steps on" in out


def test_without_tensorflow_it_is_a_sentence(
    verify: Call, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "keras.py").write_text("raise ImportError('there is no keras')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    said = refused(verify(model, "--steps", "2", "--json"))
    assert "needs TensorFlow, which cannot be imported here" in said
    assert "pip install tensorflow" in said


def test_a_child_that_dies_is_a_sentence(
    verify: Call, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "keras.py").write_text("import os; os._exit(9)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert "ended with code 9" in refused(verify(model, "--steps", "2"))


def test_a_missing_tensorflow_is_found_out_before_anything_else(verify: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    said = refused(verify("--preset", "quick", "--dataset", "npz:missing.npz"))
    assert "needs TensorFlow, which cannot be imported here" in said


def test_the_help_says_what_decides(verify: Call) -> None:
    code, out, _ = verify("--help")
    said = " ".join(out.split())
    assert code == 0
    assert "once more in float64, which takes at least the same time again and decides" in said
    assert "The exit code is 1" in said


@pytest.mark.parametrize(
    ("argv", "why"),
    [
        ((), "MODEL --preset is required"),
        (("m.safetensors", "--preset", "quick"), "not allowed with argument MODEL"),
        (("--preset", "nope"), "Preset: nope is not allowed; it must be one of quick,"),
        (("--preset", "quick", "--steps", "1"), "Steps: 1 is not allowed; it must be a whole number from 2 to 10,000"),
        (("--preset", "quick", "--steps", "many"), "Steps: many is not allowed"),
        (("missing.safetensors",), "missing.safetensors cannot be opened"),
    ],
)
def test_bad_input_is_refused(verify: Call, argv: tuple[str, ...], why: str) -> None:
    assert why in refused(verify(*argv))
