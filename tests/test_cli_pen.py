"""Pen files on the command line: what a model makes of other people's hands, and of each of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.datasets import Dataset, load_dataset
from engine.evaluation import evaluate, wilson
from engine.ink.spec import InkSpec
from engine.model import Model
from engine.model_files import load_model, save_model
from engine.network import Network
from engine.pen import Drawn
from engine.pen.files import write_unipen
from engine.pen.hands import draw_digit
from engine.presets import PRESETS

Call = Callable[..., tuple[int, str, str]]
WRITERS = 6


@pytest.fixture(scope="session")
def drawings() -> list[Drawn]:
    rng = np.random.default_rng(8)
    return [Drawn(draw_digit(n % 10, rng), n % 10, f"hand {n // 20}") for n in range(20 * WRITERS)]


@pytest.fixture(scope="session")
def pen(drawings: list[Drawn], tmp_path_factory: pytest.TempPathFactory) -> str:
    """The dataset word of 120 digits by six writers."""
    path = tmp_path_factory.mktemp("pen") / "own.unp"
    write_unipen(path, drawings)
    return f"unipen:{path}"


def saved(path: Path, dataset: str, ink: InkSpec) -> Path:
    """Save a model that never learned, and says that it learned from `dataset`."""
    run = PRESETS["quick"].run.changed(run={"dataset": dataset, "ink": ink.model_dump()})
    save_model(path, Model(Network(run.network, run.seed).snapshot(), run))
    return path


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return saved(tmp_path / "m.safetensors", "mnist", InkSpec())


def expected(model: Path, dataset: Dataset, part: str) -> tuple[float, int]:
    images, labels, _ = dataset.part(part)  # type: ignore[arg-type]
    found = evaluate(Network.from_snapshot(load_model(model).network), images, labels, "cross_entropy")
    assert found is not None
    return found.accuracy, found.count


def test_all_digits_of_a_pen_file_are_measured_and_those_of_each_writer(digitlab: Call, model: Path, pen: str) -> None:
    code, out, err = digitlab("evaluate", model, "--dataset", pen, "--json")
    result = json.loads(out)
    assert code == 0
    assert (result["accuracy"], result["count"]) == expected(model, load_dataset(pen), "all")
    assert (result["count"], result["part"]) == (20 * WRITERS, "all")
    assert np.sum(result["confusion"], axis=1).tolist() == [2 * WRITERS] * 10
    assert {row["writer"] for row in result["writers"]} == {f"hand {n}" for n in range(WRITERS)}
    for row in result["writers"]:
        assert row["count"] == 20
        assert row["interval"] == list(wilson(round(row["accuracy"] * 20), 20))
    assert np.mean([row["accuracy"] for row in result["writers"]]) == pytest.approx(result["accuracy"])
    assert "Measured on all of its digits" in err


@pytest.mark.parametrize(("part", "count"), [("test", 20), ("train", 20 * (WRITERS - 1)), ("all", 20 * WRITERS)])
def test_a_part_can_be_asked_for(digitlab: Call, model: Path, pen: str, part: str, count: int) -> None:
    result = json.loads(digitlab("evaluate", model, "--dataset", pen, "--part", part, "--json")[1])
    assert (result["accuracy"], result["count"]) == expected(model, load_dataset(pen), part)
    assert (result["part"], result["count"], len(result["writers"])) == (part, count, count // 20)


def test_people_see_best_worst_and_mean(digitlab: Call, model: Path, pen: str) -> None:
    code, out, _ = digitlab("evaluate", model, "--dataset", pen)
    lines = out.splitlines()
    assert code == 0
    assert "120 of own, all of them" in out
    head = next(n for n, line in enumerate(lines) if line.startswith("6 writers: "))
    assert "the worst" in lines[head]
    rows = lines[head + 2 :]
    assert [row.split()[0] for row in rows] == ["hand"] * WRITERS
    shares = [float(row.split()[3]) for row in rows]
    assert shares == sorted(shares)
    assert f"{shares[0]:.2f} % the worst, {shares[-1]:.2f} % the best" in lines[head]


def test_a_model_that_learned_from_the_file_is_measured_on_the_rest(digitlab: Call, pen: str, tmp_path: Path) -> None:
    own = saved(tmp_path / "own.safetensors", pen, InkSpec())
    result = json.loads(digitlab("evaluate", own, "--json")[1])
    assert (result["part"], result["count"]) == ("test", 20)
    assert "learned from these very images" in digitlab("evaluate", own, "--part", "all")[2]
    mixed = saved(tmp_path / "mixed.safetensors", f"mnist + {pen}", InkSpec())
    assert "learned from these images" in digitlab("evaluate", mixed, "--dataset", pen)[2]


def test_strokes_are_drawn_as_the_model_is_used_to(digitlab: Call, pen: str, tmp_path: Path) -> None:
    broad = InkSpec(line_width=4.5)
    model = saved(tmp_path / "broad.safetensors", "mnist", broad)
    result = json.loads(digitlab("evaluate", model, "--dataset", pen, "--json")[1])
    images, labels, _ = load_dataset(pen, ink=broad).part("all")
    found = evaluate(Network.from_snapshot(load_model(model).network), images, labels, "cross_entropy")
    assert found is not None
    assert result["loss"] == found.loss


def test_other_data_has_no_writers(digitlab: Call, model: Path, small: Dataset, tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x=small.train_images[:120], y=small.train_labels[:120])
    result = json.loads(digitlab("evaluate", model, "--dataset", f"npz:{tmp_path / 'd.npz'}", "--json")[1])
    assert (result["count"], result["part"], "writers" in result) == (20, "test", False)
    code, _, err = digitlab("evaluate", model, "--part", "some")
    assert code == 2
    assert "some" in err


def test_data_tells_how_many_people_wrote(digitlab: Call, pen: str) -> None:
    result = json.loads(digitlab("data", "--dataset", pen, "--json")[1])
    assert (result["train"], result["test"], result["train_writers"], result["test_writers"]) == (100, 20, 5, 1)
    out = digitlab("data", "--dataset", pen)[1]
    assert "Writers: 5 of the images to learn from, 1 of those to test with" in out
    assert "unipen:PATH" in out
    assert "Writers" not in digitlab("data", "--dataset", "mnist")[1]


def test_a_damaged_pen_file_is_one_sentence(digitlab: Call, model: Path, tmp_path: Path) -> None:
    path = tmp_path / "bad.tra"
    path.write_text('.SEGMENT DIGIT 0 ? "8"\n.PEN_DOWN\n1 2\n3 four\n')
    for command in (("data",), ("evaluate", model)):
        code, out, err = digitlab(*command, "--dataset", f"unipen:{path}")
        assert (code, out) == (2, "")
        assert "bad.tra cannot be used: line 4 holds 'four' as Y; it must be a number" in err
