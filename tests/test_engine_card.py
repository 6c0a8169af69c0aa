"""Cards of models: scores on what was not learned from, the command that repeats a run, and the page of the Reader."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.augmentation import AugmentationSpec
from engine.card import NO_SCORES, SCORES, card_of
from engine.command import PROGRAM, command_of
from engine.datasets import Dataset, load_dataset
from engine.datasets.joined import RENDITIONS, with_drawings
from engine.datasets.reading import LoadingCancelledError, Watch
from engine.datasets.split import split
from engine.evaluation import evaluate, wilson
from engine.ink.spec import InkSpec
from engine.judge import Judge
from engine.measuring import MNIST_TEST, OWN_DIGITS, findings, measured, measured_on, pen_files, with_scores
from engine.model import Model, TrainingRecord, record_training
from engine.model_files import load_model, save_model
from engine.network import Network
from engine.optimizers import OPTIMIZERS
from engine.own_digits.digit import OwnDigit
from engine.pen.drawn import Drawn
from engine.pen.files import write_unipen
from engine.pen.hands import draw_digit
from engine.presets import PRESETS, named
from engine.reader import Reader
from engine.schedules import SCHEDULES
from engine.score import Score
from engine.specs import RunSpec
from engine.terminal import command_line
from engine.terminal.arguments import run_from
from engine.training import Training

ROOT = Path(__file__).resolve().parent.parent
QUICK = PRESETS["quick"].run.changed(
    network={"layers": [{"kind": "dense", "units": 16}]}, training={"batch_size": 20, "epochs": 3}
)
WRITERS = 4
EACH = 10

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="session")
def drawings() -> list[Drawn]:
    """Ten digits of each of four hands."""
    rng = np.random.default_rng(3)
    return [Drawn(draw_digit(n % EACH, rng), n % EACH, f"hand {n // EACH}") for n in range(EACH * WRITERS)]


@pytest.fixture
def pen(drawings: list[Drawn], tmp_path: Path) -> Path:
    path = tmp_path / "own.unp"
    write_unipen(path, drawings)
    return path


def trained(dataset: Dataset, run: RunSpec = QUICK) -> Model:
    """Return a network that was trained and not measured yet."""
    network = Network(run.network, run.seed)
    training = Training(network, split(dataset, run.validation_split, run.seed), run.training, run.seed)
    for _ in training.reports():
        pass
    return Model(
        network.snapshot(training.step, training.epoch), run, record_training(dataset, [], steps=training.step)
    )


@pytest.fixture(scope="session")
def plain(small: Dataset) -> Model:
    return trained(small)


# --- scores ---------------------------------------------------------------------------------------------------


@given(st.integers(1, 100_000), st.data())
def test_a_score_says_how_sure_it_is(count: int, data: st.DataObject) -> None:
    score = Score(title="Some", right=data.draw(st.integers(0, count)), count=count)
    assert score.interval == wilson(score.right, count)
    assert score.interval[0] - 1e-9 <= score.accuracy <= score.interval[1] + 1e-9
    assert score.words[2] == f"{score.right:,} of {count:,}"
    assert Score.model_validate_json(score.model_dump_json()) == score


@pytest.mark.parametrize(("right", "count"), [(2, 1), (-1, 3), (0, 0)])
def test_more_right_answers_than_drawings_are_refused(right: int, count: int) -> None:
    with pytest.raises(ValueError, match=r"right|count"):
        Score(title="Some", right=right, count=count)


def test_a_new_score_takes_the_place_of_one_of_the_same_title() -> None:
    first, again, other = (Score(title=title, right=right, count=9) for title, right in (("a", 1), ("a", 2), ("b", 3)))
    assert with_scores([first, other], [again]) == (again, other)


# --- what is found out at the end of a training ---------------------------------------------------------------


def test_a_model_is_measured_with_judge_and_test_images(plain: Model, small: Dataset) -> None:
    found = measured(plain, small)
    network = Network.from_snapshot(plain.network)
    right = int((network.probabilities(small.test_images).argmax(axis=1) == small.test_labels).sum())
    assert found.record.scores == (Score(title="MNIST, a part, test images", right=right, count=200),)
    assert found.record.test_accuracy == right / 200
    assert found.judge.weights
    assert found.judge.fits(network)
    assert found.network is plain.network


def test_what_is_cancelled_untrained_or_not_finite_stays_unmeasured(plain: Model, small: Dataset) -> None:
    assert measured(plain, small, lambda: True) is plain
    fresh = Model(Network(QUICK.network, 0).snapshot(), QUICK)
    assert measured(fresh, small) is fresh
    asked = iter([False] * 3)
    assert measured(plain, small, lambda: next(asked, True)) is plain
    broken = replace(plain, network=replace(plain.network, parameters=plain.network.parameters * np.nan))
    assert measured(broken, small) is broken


def test_answers_that_are_no_numbers_are_not_judged(plain: Model, small: Dataset) -> None:
    network = Network.from_snapshot(plain.network)
    network.parameters[:] = np.inf
    with np.errstate(all="ignore"):
        test = evaluate(network, small.test_images, small.test_labels, "cross_entropy")
    data = split(small, 0.1, 0)
    assert findings(network, data, QUICK, test).judge == Judge()
    assert findings(network, data, QUICK, None).scores == ()


def test_writers_held_back_are_scored_once_per_drawing(small: Dataset, drawings: list[Drawn]) -> None:
    both = with_drawings(small, "unipen:own.unp", "own.unp", drawings, Watch(), InkSpec())
    model = measured(trained(both), both)
    test, held_back = model.record.scores
    assert (test.title, test.count) == ("MNIST, a part, test images", 200)
    assert (held_back.title, held_back.count) == ("Pen digits of 1 writer held back", EACH)
    rows = split(both, QUICK.validation_split, QUICK.seed).validation_rows
    rows = rows[rows >= len(small.train_images)]
    assert len(rows) == EACH * RENDITIONS
    answers = Network.from_snapshot(model.network).probabilities(both.train_images[rows[::RENDITIONS]]).argmax(axis=1)
    assert held_back.right == int((answers == both.train_labels[rows[::RENDITIONS]]).sum())


def test_a_pen_file_that_is_measured_on_names_its_writers(pen: Path) -> None:
    dataset = load_dataset(f"unipen:{pen}")
    scores = measured(trained(dataset), dataset).record.scores
    titles = ["own, 1 writer held back", "Pen digits of 1 writer held back", MNIST_TEST]
    assert [score.title for score in scores] == titles
    assert [score.count for score in scores] == [EACH, EACH, 10_000]


def test_whatever_reads_digits_is_measured_on_those_of_mnist_that_it_did_not_learn_from(
    plain: Model, small: Dataset, mnist: Dataset
) -> None:
    network = Network.from_snapshot(plain.network)

    def scores(dataset: Dataset) -> dict[str, Score]:
        test = evaluate(network, dataset.test_images, dataset.test_labels, "cross_entropy")
        return {score.title: score for score in findings(network, split(dataset, 0.1, 0), QUICK, test).scores}

    right = int((network.probabilities(mnist.test_images).argmax(axis=1) == mnist.test_labels).sum())
    own = replace(small, word="csv:/own.csv", title="own")
    assert scores(own)[MNIST_TEST] == Score(title=MNIST_TEST, right=right, count=10_000)
    partly = replace(own, train_images=mnist.test_images[:600])
    assert scores(partly)[MNIST_TEST].count == 9_400
    assert list(scores(small)) == ["MNIST, a part, test images"], "its own test images are those of MNIST"
    assert MNIST_TEST not in scores(replace(own, class_names=tuple("abcdefghij")))
    assert MNIST_TEST not in scores(replace(own, train_images=mnist.test_images, train_labels=mnist.test_labels))


# --- what the user has ----------------------------------------------------------------------------------------


def own(drawings: Sequence[Drawn], created: str = "2030-01-01T00:00:00+00:00") -> list[OwnDigit]:
    return [OwnDigit(n, drawn.label or 0, drawn, None, created, "pad") for n, drawn in enumerate(drawings)]


def test_pen_files_and_own_digits_are_read_as_the_reader_reads_them(
    plain: Model, pen: Path, drawings: list[Drawn]
) -> None:
    said: list[str] = []
    picture = OwnDigit(99, 7, None, np.full((28, 28), 200, np.uint8), "2030-01-01T00:00:00+00:00", "picture")
    found = measured_on(plain, [pen], [*own(drawings[:5]), picture], said.append)
    readings = Reader.of(plain).read_many([drawn.strokes for drawn in drawings])
    right = [reading.digit == drawn.label for reading, drawn in zip(readings, drawings, strict=True)]
    first, second = found.scores
    assert (first.title, first.right, first.count) == ("own.unp, 4 writers", sum(right), len(drawings))
    assert (second.title, second.count) == (OWN_DIGITS, 6)
    assert sum(right[:5]) <= second.right <= sum(right[:5]) + 1
    assert found.remarks == ()
    assert "Reading 6 of your digits…" in said


def test_what_a_network_learned_from_is_not_measured_on(plain: Model, pen: Path, drawings: list[Drawn]) -> None:
    run = plain.run.changed(run={"dataset": "mnist + hands + unipen:own.unp"})
    taught = replace(plain, run=run, record=plain.record.model_copy(update={"taught": "2026-05-05T10:00:00+00:00"}))
    before, after = own(drawings[:3], "2026-05-05T10:00:00+00:00"), own(drawings[3:5], "2026-05-05T10:00:01+00:00")
    found = measured_on(taught, [pen], before + after)
    assert [(score.title, score.count) for score in found.scores] == [(OWN_DIGITS, 2)]
    assert found.remarks == ("own.unp is not measured on: the network learned from it.",)
    assert measured_on(taught, [], before).remarks == (
        "My digits are not measured on: the network learned all of them.",
    )


def test_a_file_that_is_gone_is_named_and_the_rest_is_measured(plain: Model, pen: Path, tmp_path: Path) -> None:
    found = measured_on(plain, [tmp_path / "gone.unp", pen], [])
    assert len(found.scores) == 1
    assert "gone.unp" in found.remarks[0]
    with pytest.raises(LoadingCancelledError):
        measured_on(plain, [pen], [], cancelled=lambda: True)


def test_pen_files_are_found_in_dataset_words() -> None:
    assert pen_files("mnist") == []
    assert pen_files("mnist + hands + unipen:/a/b c.tra + unipen:d + e.gz") == [Path("/a/b c.tra"), Path("d + e.gz")]
    assert pen_files("unipen:x.tra") == [Path("x.tra")]


# --- the command ----------------------------------------------------------------------------------------------


def parsed(command: str) -> RunSpec:
    assert command.startswith(f"{PROGRAM} ")
    return run_from(command_line.parser().parse_args(["train", *shlex.split(command.removeprefix(f"{PROGRAM} "))]))


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_repeated_by_its_name(name: str) -> None:
    assert command_of(PRESETS[name].run) == f"{PROGRAM} --preset {name}"
    assert parsed(command_of(PRESETS[name].run)) == named(PRESETS[name].run)


@given(
    optimizer=st.sampled_from(list(OPTIMIZERS)),
    schedule=st.sampled_from(list(SCHEDULES)),
    loss=st.sampled_from(["cross_entropy", "mse"]),
    training=st.fixed_dictionaries(
        {},
        optional={
            "learning_rate": st.floats(1e-6, 10),
            "batch_size": st.integers(2, 500),
            "shuffle": st.booleans(),
            "keep_best": st.booleans(),
            "l2": st.floats(0, 1),
            "early_stopping": st.integers(0, 9),
        },
    ),
    augmentation=st.builds(AugmentationSpec, rotation=st.floats(0, 20), elastic=st.sampled_from([0.0, 1.0])),
    ink=st.builds(InkSpec, line_width=st.floats(1, 6), smoothing=st.floats(0, 3)),
    dataset=st.sampled_from(["mnist", "hands", "unipen:/a b/c's.tra", "mnist + hands + unipen:x y.tra"]),
    preset=st.sampled_from(list(PRESETS)),
)
def test_any_run_is_repeated_by_its_command(
    optimizer: str,
    schedule: str,
    loss: str,
    training: dict[str, object],
    augmentation: AugmentationSpec,
    ink: InkSpec,
    dataset: str,
    preset: str,
) -> None:
    run = PRESETS[preset].run.changed(
        run={"dataset": dataset, "ink": ink.model_dump(), "seed": 5, "validation_split": 0.25},
        network={"output_activation": "softmax" if loss == "cross_entropy" else "sigmoid"},
        training={
            "loss": loss,
            "optimizer": {"kind": optimizer},
            "schedule": {"kind": schedule},
            "augmentation": augmentation.model_dump(),
            **training,
        },
    )
    assert parsed(command_of(run)) == named(run)


def test_a_portable_command_names_no_folder() -> None:
    run = QUICK.changed(run={"dataset": "mnist + unipen:/some/where/x.tra"})
    assert "/some/where/x.tra" in command_of(run)
    assert command_of(run, portable=True) == (
        f"{PROGRAM} --preset quick --extra unipen:x.tra --layers dense:16 --batch-size 20 --epochs 3"
    )


# --- cards ----------------------------------------------------------------------------------------------------


def test_a_card_says_what_how_and_how_much(plain: Model, small: Dataset) -> None:
    card = card_of(measured(plain, small), size=50_000)
    rows = {name: value for section in card.sections for name, value in section.rows}
    assert card.title == rows["Network"] == "784 → 16 → 10"
    assert (rows["Parameters"], rows["File"], rows["Data"]) == ("12,730", "0.05 MB", "MNIST, a part")
    assert rows["Line width"] == "2.4 pixels"
    assert rows["Held back"].startswith("10 % ")
    assert rows["Calibration"].startswith("temperature ")
    for text in (card.text, card.markdown):
        assert "MNIST, a part, test images" in text
        assert card.scores[0].words[1] in text
        assert card.command in text
        assert all(section.title in text for section in card.sections)
    assert "| Parameters | 12,730 |" in card.markdown


def test_the_card_of_a_network_that_learned_nothing_says_so() -> None:
    card = card_of(Model(Network(QUICK.network, 0).snapshot(), QUICK))
    assert NO_SCORES in card.text
    assert NO_SCORES in card.markdown
    rows = {name: value for section in card.sections for name, value in section.rows}
    assert rows["Learned"] == "nothing yet"
    assert rows["May be no digit"] == "it cannot tell"
    assert "What came of it" not in card.text


def test_marks_in_names_do_not_break_the_page() -> None:
    record = TrainingRecord(dataset="a|b *c* _d_ <e>", steps=1, scores=(Score(title="x | y", right=1, count=2),))
    page = card_of(Model(Network(QUICK.network, 0).snapshot(), QUICK, record)).markdown
    assert r"| Data | a\|b \*c\* \_d\_ \<e\> |" in page
    assert r"| x \| y | 50.00 % |" in page


def test_a_file_keeps_scores_and_they_are_printed(digitlab: Call, plain: Model, small: Dataset, tmp_path: Path) -> None:
    path, model = tmp_path / "m.safetensors", measured(plain, small)
    save_model(path, model)
    assert load_model(path).record == model.record
    card = json.loads(digitlab("info", path, "--json")[1])
    score = model.record.scores[0]
    assert card["scores"] == [
        {**score.model_dump(), "accuracy": score.accuracy, "interval": list(score.interval)},
    ]
    assert card["command"] == command_of(QUICK)
    assert card["tells_what_is_no_digit"]
    shown = digitlab("info", path)[1]
    assert SCORES in shown
    assert "MNIST, a part, test images" in shown
    assert command_of(QUICK) in shown


def test_training_with_pen_files_prints_and_keeps_the_score_of_writers_held_back(
    digitlab: Call, pen: Path, tmp_path: Path
) -> None:
    out = tmp_path / "m.safetensors"
    argv = ("train", "--dataset", f"unipen:{pen}", "--hidden", "8", "--epochs", "1", "--batch-size", "5", "--out", out)
    result = json.loads(digitlab(*argv, "--json")[1])
    titles = ["own, 1 writer held back", "Pen digits of 1 writer held back", MNIST_TEST]
    assert [score["title"] for score in result["scores"]] == titles
    assert [score.title for score in load_model(out).record.scores] == titles
    printed = digitlab(*argv)[1]
    assert titles[1] in printed
    assert "95 % interval" in printed


# --- the page of the Reader -----------------------------------------------------------------------------------


def test_the_page_of_the_reader_says_what_its_file_says() -> None:
    page = (ROOT / "resources/models/reader.md").read_text(encoding="utf-8")
    path = ROOT / "resources/models/reader.safetensors"
    model = load_model(path)
    assert path.stat().st_size < 2e6
    assert f"{model.network.spec.parameter_count:,} parameters in {model.network.spec.dtype}" in page
    assert f"{path.stat().st_size / 1e6:.2f} MB" in page
    assert f"{model.record.epochs} epochs" in page
    assert f"{command_of(model.run, portable=True)} --portable --out resources/models/reader.safetensors" in page
    assert model.run == PRESETS["reader"].run.changed(run={"dataset": model.run.dataset})
    assert model.judge.weights
