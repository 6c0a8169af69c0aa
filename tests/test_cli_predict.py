"""`predict` reads pictures of any kind, answers in the order they were given, and says which ones it cannot read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.datasets import Dataset
from engine.terminal import main

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def digitlab(capsys: pytest.CaptureFixture[str]) -> Call:
    """Run a command in this process; return exit code, stdout and stderr."""

    def call(*argv: str | Path) -> tuple[int, str, str]:
        code = main([str(part) for part in argv])
        return code, *capsys.readouterr()

    return call


@pytest.fixture(scope="module")
def digits(small: Dataset, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The dataset word of a small part of MNIST."""
    path = tmp_path_factory.mktemp("digits") / "small.npz"
    parts = {"x_train": small.train_images, "y_train": small.train_labels}
    np.savez(path, **parts, x_test=small.test_images, y_test=small.test_labels)
    return f"npz:{path}"


@pytest.fixture
def model(digitlab: Call, digits: str, tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    options = ("--hidden", "32", "--epochs", "6", "--batch-size", "20", "--out", path)
    assert digitlab("train", "--dataset", digits, *options)[0] == 0
    return path


def as_photo(digit: np.ndarray) -> Image.Image:
    """Return a digit as a pen wrote it in blue on paper, in light that falls from the left."""
    large = np.asarray(Image.fromarray(digit).resize((280, 280), Image.Resampling.BICUBIC)) / 255.0
    strength = np.pad(large, ((40, 90), (120, 30)))[..., None]
    light = np.linspace(1, 0.6, strength.shape[1])[None, :, None]
    values = (strength * [40, 60, 150] + (1 - strength) * [240, 235, 225]) * light
    return Image.fromarray(values.astype(np.uint8))


def test_photographs_are_read_as_the_digits_on_them(
    digitlab: Call, model: Path, small: Dataset, tmp_path: Path
) -> None:
    paths = []
    for number, digit in enumerate(small.test_images[:20]):
        paths += [tmp_path / f"{number}.png", tmp_path / f"{number}.jpg"]
        Image.fromarray(digit).save(paths[-2])
        as_photo(digit).save(paths[-1], quality=80)
    code, out, err = digitlab("predict", model, *paths, "--json")
    assert (code, err) == (0, "")
    result = json.loads(out)
    assert result["model"] == str(model)
    assert [entry["image"] for entry in result["predictions"]] == [str(path) for path in paths]
    said = np.array([entry["digit"] for entry in result["predictions"]]).reshape(-1, 2)
    assert np.mean(said[:, 0] == said[:, 1]) >= 0.8
    for entry in result["predictions"]:
        assert set(entry) == {"image", "digit", "probabilities"}
        assert sum(entry["probabilities"]) == pytest.approx(1)
        assert entry["digit"] == int(np.argmax(entry["probabilities"]))


def test_order_stays_when_some_cannot_be_read(digitlab: Call, model: Path, small: Dataset, tmp_path: Path) -> None:
    good, blank, broken = tmp_path / "good.png", tmp_path / "blank.png", tmp_path / "broken.jpg"
    Image.fromarray(small.test_images[0]).save(good)
    Image.new("L", (90, 70), 200).save(blank)
    as_photo(small.test_images[1]).save(broken)
    broken.write_bytes(broken.read_bytes()[:900])
    code, out, err = digitlab("predict", model, blank, good, broken, good, "--json")
    assert code == 2
    first, second, third, fourth = json.loads(out)["predictions"]
    assert (set(first), set(third)) == ({"image", "error"}, {"image", "error"})
    assert "shows nothing" in first["error"]
    assert "cut short" in third["error"]
    assert second == fourth
    assert [name in line for name, line in zip(("blank.png", "broken.jpg"), err.splitlines(), strict=True)] == [
        True
    ] * 2


def test_with_nothing_to_say_stdout_stays_empty(digitlab: Call, model: Path, tmp_path: Path) -> None:
    code, out, err = digitlab("predict", model, tmp_path / "none.png")
    assert (code, out) == (2, "")
    assert "nothing of that name" in err
