"""`crossvalidate` trains a network without some writers in turn, measures it on them, and keeps the networks."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.crossvalidation import folds, measure
from engine.crossvalidation.folds import Fold, folds_of, kept_out, read_pens, without
from engine.datasets import Dataset, joined, load_dataset
from engine.datasets.reading import Watch
from engine.judging import judge_of
from engine.model_files import load_model
from engine.pen import Drawn
from engine.pen.files import write_unipen
from engine.pen.hands import draw_digit
from engine.teaching import teach as teaching
from engine.terminal import crossvalidate

Call = Callable[..., tuple[int, str, str]]
WRITERS, EACH = 4, 20


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure on few numbers and few drawings that are no digits, and learn and teach little."""
    monkeypatch.setattr(joined, "RENDITIONS", 2)
    monkeypatch.setattr(teaching, "STEPS", 20)
    monkeypatch.setattr(folds, "judge_of", partial(judge_of, per_kind=6))
    monkeypatch.setattr(measure, "NUMBERS", 10)
    monkeypatch.setattr(measure, "PER_DIGIT", 1)
    monkeypatch.setattr(measure, "NON_DIGITS", 6)


@pytest.fixture(scope="module")
def base(small: Dataset, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("base") / "small.npz"
    parts: dict[str, Any] = {"x_train": small.train_images, "y_train": small.train_labels}
    np.savez(path, x_test=small.test_images, y_test=small.test_labels, **parts)
    return f"npz:{path}"


@pytest.fixture(scope="module")
def pen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """80 digits by four writers."""
    rng = np.random.default_rng(8)
    path = tmp_path_factory.mktemp("pen") / "own.unp"
    write_unipen(path, [Drawn(draw_digit(n % 10, rng), n % 10, f"hand {n // EACH}") for n in range(WRITERS * EACH)])
    return path


def command(base: str, pen: Path | str, *more: str | Path) -> list[str | Path]:
    """Return the arguments of a run that is over soon."""
    sizes = ["--folds", "2", "--layers", "dense:16", "--epochs", "1", "--batch-size", "64"]
    return ["crossvalidate", "--dataset", base, "--extra", f"unipen:{pen}", *sizes, *more]


def test_every_writer_is_measured_by_a_network_that_never_saw_them(
    digitlab: Call, base: str, pen: Path, tmp_path: Path
) -> None:
    models = tmp_path / "models"
    code, out, err = digitlab(*command(base, pen, "--models", models, "--json"))
    result = json.loads(out)
    assert code == 0
    assert set(result) == {
        *("digits", "accuracy", "interval", "folds", "writers", "mnist", "calibration_error", "auroc"),
        *(
            "auroc_of_new_kinds",
            "digits_refused",
            "others_refused",
            "others_read_as_numbers",
            "numbers",
            "teaching",
            "spec",
        ),
    }
    assert result["digits"] == WRITERS * EACH
    assert len(result["folds"]) == len(result["mnist"]) == len(result["auroc_of_new_kinds"]) == 2
    assert {row["writer"] for row in result["writers"]} == {f"own.unp: hand {n}" for n in range(WRITERS)}
    assert [row["count"] for row in result["writers"]] == [EACH] * WRITERS
    assert result["accuracy"] == pytest.approx(np.mean([row["accuracy"] for row in result["writers"]]))
    assert [row["accuracy"] for row in result["writers"]] == sorted(row["accuracy"] for row in result["writers"])
    assert result["interval"][0] <= result["accuracy"] <= result["interval"][1]
    assert result["numbers"]["count"] == 10
    assert (result["teaching"]["writers"], result["teaching"]["digits"]) == (WRITERS, WRITERS * (EACH - 10))
    assert "Fold 2 of 2" in err
    kept = [load_model(path) for path in sorted(models.iterdir())]
    assert [path.name for path in sorted(models.iterdir())] == [f"fold-{n}-of-2.safetensors" for n in (1, 2)]
    assert all(model.run.dataset == f"{base} + unipen:{pen}" and model.judge.weights for model in kept)
    assert not np.array_equal(kept[0].network.parameters, kept[1].network.parameters)

    stamps = [path.stat().st_mtime_ns for path in sorted(models.iterdir())]
    code, again, err = digitlab(*command(base, pen, "--models", models, "--json"))
    assert code == 0
    assert "images, 2 writers kept out" not in err
    assert [path.stat().st_mtime_ns for path in sorted(models.iterdir())] == stamps
    second = json.loads(again)
    for timed in (result, second):
        timed["teaching"].pop("longest_seconds")
    assert second == result

    code, out, err = digitlab(*command(base, pen, "--models", models, "--learning-rate", "0.02"))
    assert (code, out) == (2, "")
    assert "fold-1-of-2.safetensors was trained by another recipe. Name another folder" in err


def test_people_see_a_table_with_the_worst_writer_first(digitlab: Call, base: str, pen: Path) -> None:
    code, out, _ = digitlab(*command(base, pen))
    assert code == 0
    for name in ("Digits of unseen writers", "Worst writer", "Calibration error", "Three-digit numbers", "Taught five"):
        assert any(line.startswith(name) for line in out.splitlines())
    assert "Writers, the worst first:" in out
    assert out.count("own.unp: hand") == WRITERS + 1


def test_it_ends_between_two_folds_when_told_to(
    digitlab: Call, base: str, pen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = crossvalidate._train

    def interrupted(fold: Fold, *rest: Any) -> Any:
        if fold.number == 2:
            signal.raise_signal(signal.SIGINT)
        return real(fold, *rest)

    monkeypatch.setattr(crossvalidate, "_train", interrupted)
    code, out, err = digitlab(*command(base, pen, "--models", tmp_path / "m", "--json"))
    assert code == 130
    assert len(json.loads(out)["folds"]) == 1
    assert f"Stopped with 1 of 2 folds measured. The networks are in {tmp_path / 'm'}." in err
    assert [path.name for path in (tmp_path / "m").iterdir()] == ["fold-1-of-2.safetensors"]


def test_stopped_before_anything_was_measured_nothing_is_printed(
    digitlab: Call, base: str, pen: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crossvalidate, "_train", lambda *_: signal.raise_signal(signal.SIGINT))
    code, out, err = digitlab(*command(base, pen))
    assert (code, out) == (130, "")
    assert "Stopped with 0 of 2 folds measured. Nothing was kept: --models FOLDER would do so." in err


@pytest.mark.parametrize("text", ["1", "0", "-2", "101", "two", "2.0", "١"])
def test_an_impossible_number_of_folds_is_a_sentence(digitlab: Call, base: str, pen: Path, text: str) -> None:
    code, out, err = digitlab("crossvalidate", "--extra", f"unipen:{pen}", f"--folds={text}")
    assert (code, out) == (2, "")
    assert "it must be a whole number from 2 to 100" in err


def test_more_folds_than_writers_are_a_sentence(digitlab: Call, base: str, pen: Path) -> None:
    code, out, err = digitlab("crossvalidate", "--dataset", base, "--extra", f"unipen:{pen}", "--folds", "5")
    assert (code, out) == (2, "")
    assert "Folds: 5 is not allowed; the files have 4 writers" in err


@pytest.mark.parametrize("extra", [(), ("--extra", "hands")])
def test_without_a_pen_file_it_says_what_is_missing(digitlab: Call, base: str, extra: tuple[str, ...]) -> None:
    code, out, err = digitlab("crossvalidate", "--dataset", base, *extra)
    assert (code, out) == (2, "")
    assert "Extra: unipen:PATH is missing" in err


def test_a_pen_file_that_is_not_there_is_a_sentence(digitlab: Call, base: str, tmp_path: Path) -> None:
    code, out, err = digitlab(*command(base, tmp_path / "none.unp"))
    assert (code, out) == (2, "")
    assert "none.unp" in err


def test_a_pen_file_without_writers_is_a_sentence(digitlab: Call, base: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    write_unipen(tmp_path / "anonymous.unp", [Drawn(draw_digit(n, rng), n) for n in range(10)])
    code, out, err = digitlab(*command(base, tmp_path / "anonymous.unp"))
    assert (code, out) == (2, "")
    assert "anonymous.unp does not say who wrote each of its digits" in err


# --- folds ----------------------------------------------------------------------------------------------------


def test_every_writer_is_kept_out_once_and_learned_from_otherwise(pen: Path, base: str) -> None:
    pens = read_pens([pen], Watch())
    found = folds_of(pens, 3, seed=1)
    assert sorted(name for fold in found for name in fold.writers) == [f"own.unp: hand {n}" for n in range(WRITERS)]
    assert found == folds_of(pens, 3, seed=1)
    assert found != folds_of(pens, 3, seed=2)
    data = load_dataset(f"{base} + unipen:{pen}")
    for fold in found:
        left = without(data, fold)
        assert set(fold.writers) == {drawn.writer for drawn in kept_out(pens, fold)}
        assert len(kept_out(pens, fold)) == EACH * len(fold.writers)
        assert not set(left.train_writers) & set(fold.writers)
        assert len(left.train_images) == len(left.train_labels) == len(left.train_writers)
        assert len(data.train_images) - len(left.train_images) == 2 * EACH * len(fold.writers)


def test_writers_of_the_same_name_in_two_files_are_two(pen: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    write_unipen(tmp_path / "b.unp", [Drawn(draw_digit(n, rng), n, "hand 1") for n in range(10)])
    names = [name for fold in folds_of(read_pens([pen, tmp_path / "b.unp"], Watch()), 5, 0) for name in fold.writers]
    assert {"own.unp: hand 1", "b.unp: hand 1"} <= set(names)
