"""`predict` reads pictures of any kind, answers in the order they were given, and says which ones it cannot read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from engine.datasets import Dataset
from engine.ink.spec import InkSpec
from engine.judge import Judge
from engine.model_files import load_model, save_model
from engine.pen import Drawn
from engine.pen.files import write_unipen
from engine.pen.hands import draw_digit
from engine.pictures.reading import read_picture
from engine.reader import Reader
from engine.trust import calibration_error

Call = Callable[..., tuple[int, str, str]]
SHIPPED = Path(__file__).resolve().parents[1] / "resources" / "models" / "reader.safetensors"


@pytest.fixture(scope="module")
def digits(small: Dataset, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The dataset word of a small part of MNIST."""
    path = tmp_path_factory.mktemp("digits") / "small.npz"
    parts: dict[str, Any] = {"x_train": small.train_images, "y_train": small.train_labels}
    np.savez(path, x_test=small.test_images, y_test=small.test_labels, **parts)
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
        assert set(entry) == {"image", "digit", "probabilities", "sure", "verdict", "words", "digitness"}
        assert entry["sure"] == max(entry["probabilities"])
        assert 0 <= entry["digitness"] <= 1
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


# --- how sure it is -------------------------------------------------------------------------------------------


@pytest.fixture
def drawn(tmp_path: Path) -> Callable[..., Path]:
    """Draw dark lines through some points of a light square of 100 and return the picture's file."""

    def draw(name: str, *points: tuple[int, int]) -> Path:
        image = Image.new("L", (300, 300), 235)
        ImageDraw.Draw(image).line([(60 + 1.8 * x, 60 + 1.8 * y) for x, y in points], fill=30, width=14, joint="curve")
        image.save(tmp_path / name)
        return tmp_path / name

    return draw


def test_the_reader_that_ships_says_what_is_no_digit(digitlab: Call, drawn: Callable[..., Path]) -> None:
    seven = drawn("seven.png", (10, 5), (80, 5), (35, 100))
    square = drawn("square.png", (0, 0), (100, 0), (100, 100), (0, 100), (0, 0))
    code, out, err = digitlab("predict", SHIPPED, seven, square)
    assert (code, err) == (0, "")
    first, second = out.splitlines()
    assert first == f"{seven}: 7, over 99 % sure"
    assert re.fullmatch(rf"{re.escape(str(square))}: this may not be a digit \(closest to [0-9]\)", second)
    found = json.loads(digitlab("predict", SHIPPED, seven, square, "--json")[1])["predictions"]
    assert [entry["verdict"] for entry in found] == ["sure", "no digit"]
    assert found[0]["digit"] == 7
    assert found[0]["words"].endswith("% sure")
    assert found[1]["words"] == "this may not be a digit"
    assert found[0]["digitness"] > 0.9 > 0.2 > found[1]["digitness"]


def test_pictures_become_images_by_the_ink_of_the_model(
    digitlab: Call, model: Path, drawn: Callable[..., Path]
) -> None:
    seven, ink = drawn("seven.png", (10, 5), (80, 5), (35, 100)), InkSpec(line_width=5)
    given = load_model(model)
    save_model(model, replace(given, run=given.run.changed(ink=ink.model_dump())))
    (entry,) = json.loads(digitlab("predict", model, seven, "--json")[1])["predictions"]
    expected = load_and_read(model, read_picture(seven, ink=ink))
    assert entry["probabilities"] == pytest.approx(expected.tolist())
    assert not np.allclose(expected, load_and_read(model, read_picture(seven)), atol=1e-3)


def judged(model: Path, judge: Judge) -> Path:
    """Save a model with another judge, and return where."""
    given = load_model(model)
    save_model(model, replace(given, judge=judge))
    return model


def test_shares_are_calibrated(digitlab: Call, model: Path, small: Dataset, tmp_path: Path) -> None:
    Image.fromarray(small.test_images[0]).save(tmp_path / "a.png")
    reader = Reader.of(load_model(judged(model, Judge(temperature=2.5))))
    (entry,) = json.loads(digitlab("predict", model, tmp_path / "a.png", "--json")[1])["predictions"]
    raw = reader.network.probabilities(small.test_images[:1])
    assert entry["probabilities"] == pytest.approx(reader.judge.shares(raw)[0].tolist())
    assert entry["sure"] < raw.max()


def test_what_it_is_not_sure_of_is_said_with_both_guesses(
    digitlab: Call, model: Path, small: Dataset, tmp_path: Path
) -> None:
    Image.fromarray(small.test_images[0]).save(tmp_path / "a.png")
    code, out, _ = digitlab("predict", judged(model, Judge(temperature=60)), tmp_path / "a.png")
    shares = load_and_read(model, small.test_images[0])
    first, second = np.argsort(-shares, kind="stable")[:2]
    assert code == 0
    figures = f"{first} {100 * shares[first]:.0f} %, {second} {100 * shares[second]:.0f} %"
    assert out == f"{tmp_path / 'a.png'}: not sure: {first} or {second} ({figures})\n"


def load_and_read(model: Path, image: np.ndarray) -> np.ndarray:
    """Return the shares that a model gives an image."""
    return Reader.of(load_model(model)).read(image).shares


def test_evaluate_says_how_far_a_model_may_be_trusted(digitlab: Call, model: Path, digits: str, small: Dataset) -> None:
    reader = Reader.of(load_model(model))
    shares, digitness = reader.asked(small.test_images)
    result = json.loads(digitlab("evaluate", model, "--json")[1])
    assert result["calibration_error"] == pytest.approx(calibration_error(shares, small.test_labels), abs=1e-6)
    assert result["refused"] == (digitness < reader.judge.least).mean()
    boastful = judged(model, Judge(temperature=0.25))
    worse = json.loads(digitlab("evaluate", boastful, "--json")[1])
    assert worse["accuracy"] == result["accuracy"]
    assert worse["calibration_error"] > result["calibration_error"]
    assert worse["refused"] == 0
    lines = digitlab("evaluate", boastful)[1].splitlines()
    assert f"Calibration error   {100 * worse['calibration_error']:.2f} %" in lines
    assert "Taken for no digit  0.00 %" in lines


def test_a_judge_that_takes_nothing_for_a_digit_refuses_all(digitlab: Call, model: Path) -> None:
    severe = judged(model, Judge(weights=(0.0,) * 10, bias=-3, least=0.5))
    assert json.loads(digitlab("evaluate", severe, "--json")[1])["refused"] == 1


def test_a_network_that_came_apart_is_measured_without_a_word_too_much(digitlab: Call, model: Path) -> None:
    given = load_model(model)
    huge = replace(given.network, parameters=np.full_like(given.network.parameters, 3e38))
    save_model(model, replace(given, network=huge, judge=Judge()))
    code, out, _ = digitlab("evaluate", model, "--json")
    assert code == 0
    assert json.loads(out)["calibration_error"] is None


def named(model: Path, word: str) -> Path:
    """Save a model that says it learned from the data of another word."""
    given = load_model(model)
    save_model(model, replace(given, run=given.run.changed(run={"dataset": word})))
    return model


def test_what_was_learned_from_besides_need_not_be_there(digitlab: Call, model: Path, digits: str) -> None:
    code, out, _ = digitlab("evaluate", named(model, f"{digits} + unipen:gone.tra.gz + hands"), "--json")
    result = json.loads(out)
    assert code == 0
    assert (result["dataset"], result["part"], result["count"]) == (digits, "test", 200)


def test_files_are_known_again_without_their_folders(digitlab: Call, model: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    path = tmp_path / "own.unp"
    write_unipen(path, [Drawn(draw_digit(n % 10, rng), n % 10, f"hand {n // 10}") for n in range(30)])
    word = f"unipen:{path}"
    _, out, err = digitlab("evaluate", named(model, "mnist + unipen:own.unp"), "--dataset", word, "--json")
    assert json.loads(out)["count"] == 30
    assert "learned from these images" in err
    _, out, _ = digitlab("evaluate", named(model, "unipen:own.unp + hands"), "--dataset", word, "--json")
    assert (json.loads(out)["part"], json.loads(out)["count"]) == ("test", 10)
    _, out, err = digitlab("evaluate", named(model, "unipen:other.unp"), "--dataset", word, "--json")
    assert json.loads(out)["count"] == 30
    assert "learned from" not in err
