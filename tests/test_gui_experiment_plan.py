"""What stands in the form of an experiment, what it comes to, and where its results lie in table and plot."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import SettingError
from engine.presets import PRESETS
from engine.runs.row import new_row
from engine.sweep.axis import Axis
from engine.sweep.built_in import BUILT_IN
from engine.sweep.events import SweepProgress, TrialDone, TrialFailed, TrialProgress
from engine.sweep.link import Told
from engine.sweep.spec import SweepSpec
from gui.widgets.experiment_draft import FORMS, AxisDraft, Draft, checked, draft_of, parse_seeds, seeds_text
from gui.widgets.experiment_entries import Known
from gui.widgets.experiment_files import write_table
from gui.widgets.experiment_points import MOST_PLACES, NUMBER, SEED, can_colour, points_of, score_scale, setting_scale
from gui.widgets.experiment_results import SCORES, Entry, columns_of, grouped, mean_of, sorted_lines, value_words
from gui.widgets.experiment_settings import labels_of, offers_of
from gui.widgets.experiment_time import duration, rough_seconds, rough_total
from gui.widgets.experiment_words import resting_words, running_words

QUICK = PRESETS["quick"].run
RATE = "training.learning_rate"
ACCURACY, LOSS = SCORES[0], SCORES[2]


def entry(
    number: int, accuracy: float | None = None, seed: int = 0, reference: float | None = None, **values: Any
) -> Entry:
    run = None if accuracy is None else SimpleNamespace(id=f"run {number}", test_accuracy=accuracy, message="")
    return Entry(number, values, seed, "waiting" if run is None else "finished", run, reference)


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_ready_made_experiment_is_the_same_after_the_form(name: str) -> None:
    spec = BUILT_IN[name]
    found = checked(draft_of(spec), QUICK)
    assert not found.complaints
    assert found.spec is not None
    assert found.spec.id == spec.id
    assert found.count == len(spec.trials())


@pytest.mark.parametrize("preset", PRESETS)
def test_every_setting_of_a_run_but_the_seed_may_vary(preset: str) -> None:
    run = PRESETS[preset].run
    offers = offers_of(run)
    assert "seed" not in offers
    assert {"training.learning_rate", "training.optimizer", "network.layers", "training.augmentation.rotation"} <= set(
        offers
    )
    assert len({offer.label for offer in offers.values()}) == len(offers)
    for offer in offers.values():
        value = offer.parameter.default if offer.parameter is not None else next(iter(offer.choices), "8")
        assert offer.value(offer.text(value)) in (value, [8])


def test_labels_of_settings_that_a_run_lacks_are_their_last_word() -> None:
    labels = labels_of([RATE, "training.optimizer.momentum"], QUICK)
    assert labels == {RATE: "Learning rate", "training.optimizer.momentum": "Momentum"}


@pytest.mark.parametrize(
    ("path", "text", "values"),
    [
        (RATE, "0.1, 1e-3", (0.1, 0.001)),
        ("training.batch_size", "32,64", (32, 64)),
        ("training.shuffle", "on, off", (True, False)),
        ("training.optimizer", "Adam, sgd", ("adam", "sgd")),
        ("network.layers", "350; 256,128; none; conv:8:5,dense:16", ([350], [256, 128], "none", "conv:8:5,dense:16")),
    ],
)
def test_values_are_written_as_people_say_them(path: str, text: str, values: tuple[Any, ...]) -> None:
    offer = offers_of(QUICK)[path]
    assert offer.parse(text) == values
    sign = "; " if offer.kind == "layers" else ", "
    assert offer.parse(sign.join(map(offer.text, values))) == values


@pytest.mark.parametrize(
    ("path", "text", "sentence"),
    [
        (RATE, "", "Learning rate: a value is missing; it must be a number from 1e-06 to 10."),
        (RATE, "0.1, 0.1", "Learning rate: 0.1 is there twice; each value counts once."),
        ("training.epochs", "1, 2.5", "Epochs: 2.5 is not allowed; it must be a whole number from 1 to 10,000."),
        ("training.shuffle", "perhaps", "Shuffle: perhaps is not allowed; it must be on or off."),
        ("training.optimizer", "Magic", "Optimizer: Magic is not allowed; it must be one of SGD, Momentum,"),
        ("network.layers", "8; fog:3", "Layers: Layer 1: fog is not a kind of layer"),
    ],
)
def test_a_wrong_value_is_refused_in_a_sentence(path: str, text: str, sentence: str) -> None:
    with pytest.raises(SettingError) as caught:
        offers_of(QUICK)[path].parse(text)
    assert str(caught.value).startswith(sentence)


@given(st.sets(st.integers(0, 2**32 - 1), min_size=1, max_size=20).map(sorted).map(tuple))
def test_seeds_survive_being_written(seeds: tuple[int, ...]) -> None:
    assert parse_seeds(seeds_text(seeds)) == seeds


@given(st.text(alphabet="0123456789,-– x", max_size=12))
def test_seeds_are_understood_or_refused(text: str) -> None:
    try:
        seeds: tuple[int, ...] | str = parse_seeds(text)
    except SettingError as error:
        seeds = str(error)
    assert seeds.startswith("Seeds: ") if isinstance(seeds, str) else 1 <= len(seeds) == len(set(seeds)) <= 1000


def test_seeds_are_listed_or_spanned() -> None:
    assert parse_seeds("0-4, 7") == (0, 1, 2, 3, 4, 7)
    assert (seeds_text((3, 4, 5)), seeds_text((1, 5))) == ("3-5", "1, 5")


@pytest.mark.parametrize("text", ["0-1000", "5-3", "1, 1", "", "-1", "4294967296"])
def test_seeds_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(SettingError, match="Seeds: "):
        parse_seeds(text)


@pytest.mark.parametrize(
    ("draft", "field", "sentence"),
    [
        (Draft(axes=(AxisDraft(RATE, True, low="0.1", high="0.01"),)), "axis 0", "the range must end above 0.1"),
        (Draft(axes=(AxisDraft(RATE, True, low="x", high="1"),)), "axis 0", "Learning rate: x is not allowed"),
        (Draft(axes=(AxisDraft("training.l2", True, low="0", high="1", log=True),)), "axis 0", "must begin above 0"),
        (Draft(axes=(AxisDraft(RATE, True, low="0.1", high="1", points="1"),)), "axis 0", "Points: 1 is not allowed"),
        (Draft(axes=(AxisDraft("training.magic", values="1"),)), "axis 0", "no such setting"),
        (Draft(axes=(AxisDraft(RATE, values="1"), AxisDraft(RATE, values="2"))), "axis 1", "it varies already"),
        (Draft(search="random", count="0", axes=(AxisDraft(RATE, values="1"),)), "count", "from 1 to 10,000"),
        (Draft(search="random"), "whole", "needs a setting that varies"),
        (Draft(seeds="a"), "seeds", "Seeds: a is not allowed"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_beside_its_field(draft: Draft, field: str, sentence: str) -> None:
    found = checked(draft, QUICK)
    assert found.spec is None
    assert sentence in found.complaints[field]


def test_a_plan_begins_with_the_forms_a_preset_or_its_own_settings() -> None:
    forms = QUICK.changed(training={"epochs": 9})
    own = replace(draft_of(BUILT_IN["optimizers"]), axes=())
    assert Draft(base=FORMS).run(forms) is forms
    assert Draft(base="deep").run(forms).network == PRESETS["deep"].run.network
    assert own.run(forms) is BUILT_IN["optimizers"].base


# --- results --------------------------------------------------------------------------------------------------


def test_lines_sort_by_value_with_what_is_missing_last() -> None:
    entries = [entry(0, 0.5, rate=0.1), entry(1, None, rate=0.01), entry(2, 0.9, rate="none"), entry(3, 0.7, rate=0.2)]
    columns = {
        column.name: column for column in columns_of({"rate": "Rate"}, means=False, seeds=True, referenced=False)
    }
    lines = [(one,) for one in entries]
    for descending, numbers in ((False, [0, 3, 2, 1]), (True, [2, 3, 0, 1])):
        found = sorted_lines(lines, columns["test_accuracy"], descending=descending)
        assert [line[0].number for line in found] == numbers
    assert [line[0].number for line in sorted_lines(lines, columns["rate"], descending=False)] == [1, 0, 3, 2]


def test_means_and_spread_over_seeds_are_those_of_numpy() -> None:
    values = (0.91, 0.93, 0.98)
    entries = [entry(n, value, seed=n, rate=0.1) for n, value in enumerate(values)] + [entry(3, None, seed=3, rate=0.1)]
    (group,) = grouped(entries)
    mean, spread, count = mean_of(ACCURACY, group)
    assert mean == pytest.approx(100 * np.mean(values))
    assert spread == pytest.approx(100 * np.std(values, ddof=1))
    assert count == 3
    columns = {column.name: column for column in columns_of({"rate": "Rate"}, means=True, seeds=True, referenced=False)}
    assert columns["test_accuracy"].cell(group).text == "94.00 ± 3.61"
    assert columns["state"].cell(group).text == "3 of 4 done"


def test_ours_stands_beside_theirs() -> None:
    columns = {column.name: column for column in columns_of({}, means=False, seeds=True, referenced=True)}
    line = (entry(0, 0.9, reference=93.3),)
    assert [columns[name].cell(line).text for name in ("test_accuracy", "reference", "difference")] == [
        "90.00",
        "93.30",
        "−3.30",
    ]


def test_an_axis_suits_the_values_of_a_setting() -> None:
    assert setting_scale([0.001, 0.01, 0.1]).kind == "log"
    assert setting_scale([0.1, 0.2, 0.3]).kind == "plain"
    assert setting_scale(["adam", "sgd", "adam"]).words == ("Adam", "SGD")
    assert setting_scale([True, False]).words == ("on", "off")
    assert [text for _, text in setting_scale([1, 2, 3]).ticks(12)] == ["1", "2", "3"]
    assert score_scale(np.array([0.01, 5.0])).kind == "log"
    assert score_scale(np.array([90.0, 99.9]), most=100.0).high <= 100.5
    assert score_scale(np.empty(0)).low < score_scale(np.empty(0)).high


def test_points_lie_at_their_values_and_the_line_at_their_means() -> None:
    entries = [entry(n, 0.9 + 0.01 * n, seed=n % 2, rate=rate) for n, rate in enumerate((0.1, 0.1, 0.2, 0.2))]
    points = points_of([*entries, entry(9, None, rate=0.3)], "rate", ACCURACY)
    assert points.x.tolist() == [0.1, 0.1, 0.2, 0.2]
    assert points.y == pytest.approx([90, 91, 92, 93])
    places, means = points.lines[0]
    assert (places.tolist(), means.tolist()) == ([0.1, 0.2], pytest.approx([90.5, 92.5]))
    assert points.nearest(0.2, 93.0) == 3
    assert not points_of(entries, SEED, LOSS).entries
    assert points_of(entries, NUMBER, ACCURACY).x.tolist() == [1, 2, 3, 4]


def test_words_have_dashes_and_seeds_side_by_side() -> None:
    entries = [entry(n, 0.9, seed=n % 2, kind=kind) for n, kind in enumerate(("adam", "adam", "sgd", "sgd"))]
    points = points_of(entries, "kind", ACCURACY)
    assert points.x == pytest.approx([-0.12, 0.12, 0.88, 1.12])
    assert np.isnan(points.lines[0][0][2::3]).all()


def test_colours_stand_for_a_setting_with_few_values() -> None:
    entries = [entry(n, 0.9, rate=n, kind=("adam", "sgd")[n % 2]) for n in range(20)]
    assert can_colour(entries, "kind")
    assert not can_colour(entries, "rate")
    points = points_of(entries, "rate", ACCURACY, "kind")
    assert points.names == ("Adam", "SGD")
    assert points.series.tolist() == [0, 1] * 10


def test_theirs_are_drawn_for_the_test_accuracy_alone() -> None:
    entries = [entry(0, 0.9, reference=93.3), entry(1, None, reference=76.05)]
    assert points_of(entries, NUMBER, ACCURACY).theirs[1].tolist() == [93.3, 76.05]
    assert not len(points_of(entries, NUMBER, LOSS).theirs[0])


@pytest.mark.parametrize(
    ("value", "words"),
    [(True, "on"), ([256, 128], "256,128"), ("adam", "Adam"), (0.001, "0.001"), (None, "–"), ("none", "none")],
)
def test_values_are_shown_as_forms_show_them(value: Any, words: str) -> None:
    assert value_words(value) == words


def test_no_text_in_a_table_file_is_a_formula(tmp_path: Any) -> None:
    path = tmp_path / "table.csv"
    write_table([entry(0, 0.9, kind="=1+1"), entry(1, None, kind=-0.5)], {"kind": "Kind"}, path)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[1].startswith("1,'=1+1,0,90,")
    assert lines[2].startswith("2,-0.5,0,,")


def test_what_is_heard_of_one_run_leaves_the_others_as_they_are() -> None:
    trials = SweepSpec(axes=(Axis(path=RATE, values=(0.001, 0.01, 0.1)),)).trials()
    known = Known(trials)
    before = known.entries()
    assert (known.done, known.failed) == (0, 0)
    known.hear([TrialProgress(trials[1], Told(0.5, 2.0))])
    assert known.entries()[1].note == "50 %"
    done, failed = (
        new_row(trial.run).changed(state=state) for trial, state in zip(trials[1:], ("finished", "failed"), strict=True)
    )
    known.hear([TrialDone(trials[1], done), TrialFailed(trials[2], failed, "")])
    after = known.entries()
    assert after[0] is before[0]
    assert [entry.state for entry in after] == ["waiting", "finished", "failed"]
    assert (known.done, known.failed) == (1, 1)


def test_so_many_places_are_a_cloud_and_no_line() -> None:
    def line(places: int) -> int:
        runs = [entry(2 * n + seed, 0.5, seed, rate=0.001 * (n + 1)) for n in range(places) for seed in (0, 1)]
        ((x, _),) = points_of(runs, "rate", ACCURACY).lines
        return len(x)

    assert (line(MOST_PLACES), line(MOST_PLACES + 1)) == (MOST_PLACES, 0)


# --- time and words -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 s"), (40, "40 s"), (720, "12 min"), (4800, "1 h 20 min"), (7200, "2 h"), (3e5, "3 days")],
)
def test_durations_are_said_in_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_a_guess_grows_with_the_work() -> None:
    assert rough_seconds(PRESETS["best"].run) > 20 * rough_seconds(PRESETS["augmented"].run) / 10
    assert rough_seconds(QUICK.changed(training={"epochs": 12})) == pytest.approx(2 * rough_seconds(QUICK))
    assert rough_total([QUICK, QUICK], 2) == pytest.approx(rough_seconds(QUICK))
    assert rough_total([QUICK], 2) == pytest.approx(rough_seconds(QUICK)), "no run is divided"


def test_how_an_experiment_stands_is_a_sentence() -> None:
    progress = SweepProgress(14, 24, 2, 0.5, 720)
    assert running_words(progress, paused=False, ending=False) == "14 of 24 runs done, 2 running, about 12 min left."
    assert running_words(progress, paused=True, ending=False).startswith("Paused: 14 of 24 runs done.")
    assert running_words(None, paused=False, ending=False).startswith("The worker processes")
    assert running_words(progress, paused=False, ending=True).startswith("The experiment is being ended")
    trials: list[Any] = [SimpleNamespace(key=str(n), index=n) for n in range(3)]
    runs = {
        "0": SimpleNamespace(state=SimpleNamespace(value="finished")),
        "1": SimpleNamespace(state=SimpleNamespace(value="failed")),
    }
    words = resting_words(Known(trials, runs), 3, 60, 2, kept=True)
    assert words == "1 of 3 runs is done, 1 could not be done (the table says why). Press Resume for the other 2."
