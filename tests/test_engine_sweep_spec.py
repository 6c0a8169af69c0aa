"""What an experiment is: its axes, its trials, its keys, and what it refuses before anything starts."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import DigitLabError, SettingError
from engine.presets import PRESETS
from engine.reproduction.rows import ARTICLE_ROWS, FAITHFUL, rows_named
from engine.runs.row import new_row
from engine.runs.store import RunStore
from engine.specs import RunSpec
from engine.sweep.axis import Axis
from engine.sweep.built_in import BUILT_IN
from engine.sweep.left import LATEST, Estimate, usual_pace
from engine.sweep.link import Told
from engine.sweep.paths import applied, shown
from engine.sweep.reading import MAX_BYTES, checked_sweep, find_sweep, read_sweep
from engine.sweep.rough import rough_seconds
from engine.sweep.spec import SweepSpec, key_of

RATE, UNITS = "training.learning_rate", "network.layers.0.units"
QUICK = PRESETS["quick"].run


def sweep(*axes: dict[str, Any], **more: Any) -> SweepSpec:
    return checked_sweep({"axes": list(axes), **more})


def axis(path: str, *values: Any, **more: Any) -> dict[str, Any]:
    return {"path": path, "values": list(values), **more}


def test_a_grid_is_every_value_with_every_other_and_every_seed() -> None:
    trials = sweep(axis(RATE, 0.01, 0.1), axis(UNITS, 8, 16, 32), seeds=[3, 4]).trials()
    assert [trial.index for trial in trials] == list(range(12))
    assert trials[1].values == {RATE: 0.01, UNITS: 8, "seed": 4}
    assert len({trial.key for trial in trials}) == 12
    for trial in trials:
        layer = trial.run.network.layers[0]
        assert layer.kind == "dense"
        assert (trial.run.training.learning_rate, layer.units) == (trial.values[RATE], trial.values[UNITS])
        assert trial.run.seed == trial.values["seed"]
        assert trial.run.training.optimizer == QUICK.training.optimizer
    assert sweep().trials()[0].run == QUICK.changed(run={"seed": 0})
    assert sweep().trials()[0].label == "as it is"


def test_a_range_is_divided_and_drawn_from() -> None:
    logarithmic = Axis(path=RATE, low=1e-4, high=1, log=True, points=5)
    assert logarithmic.grid() == pytest.approx((1e-4, 1e-3, 1e-2, 1e-1, 1))
    assert Axis(path=UNITS, low=1, high=4, whole=True, points=10).grid() == (1, 2, 3, 4)
    search = {"search": "random", "count": 200}
    spec = sweep({"path": RATE, "low": 1e-5, "high": 1e-1, "log": True}, **search, search_seed=1)
    rates = [trial.run.training.learning_rate for trial in spec.trials()]
    assert rates == [trial.run.training.learning_rate for trial in checked_sweep(spec.model_dump()).trials()]
    assert len(set(rates)) == 200
    assert 70 < sum(rate < 1e-3 for rate in rates) < 130
    assert all(rate == float(f"{rate:.4g}") for rate in rates)
    other = sweep({"path": RATE, "low": 1e-5, "high": 1e-1, "log": True}, **search, search_seed=2)
    assert [trial.key for trial in other.trials()] != [trial.key for trial in spec.trials()]
    few = sweep({"path": UNITS, "low": 1, "high": 3, "whole": True}, axis(RATE, 0.1, 0.2), **search)
    assert len(few.trials()) == 6, "there are no more"


@given(
    low=st.floats(1e-6, 1e5),
    factor=st.floats(1.01, 1e4),
    log=st.booleans(),
    whole=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_no_draw_leaves_its_range(low: float, factor: float, log: bool, whole: bool, seed: int) -> None:
    if whole and math.floor(low * factor) <= math.ceil(low):
        return
    drawn = Axis(path="x", low=low, high=low * factor, log=log, whole=whole, points=7)
    value = drawn.draw(np.random.default_rng(seed))
    assert all(low <= number <= low * factor for number in (value, *drawn.grid()))  # type: ignore[operator]
    assert isinstance(value, int if whole else float)


def test_a_path_names_a_setting_or_a_whole_part() -> None:
    many = applied(QUICK, {"network.layers": "conv:8:3,dense:16:tanh", "network.layers.1.dropout": 0.5})
    assert many.network.title == "28x28 → conv 8 → 16 → 10"
    assert many.network.layers[1].model_dump()["dropout"] == 0.5
    assert applied(QUICK, {"network.layers": [256, 128]}).network.title == "784 → 256 → 128 → 10"
    assert applied(QUICK, {"network.layers": []}).network.title == "784 → 10"
    momentum = applied(QUICK, {"training.optimizer.momentum": 0.5, "training.optimizer": "momentum"}).training
    assert (momentum.optimizer.kind, momentum.learning_rate) == ("momentum", 0.05), "and its usual rate"
    assert momentum.optimizer.model_dump()["momentum"] == 0.5
    named = applied(QUICK, {"training.optimizer.kind": "sgd", RATE: 0.3}).training
    assert (named.optimizer.kind, named.learning_rate) == ("sgd", 0.3)
    assert applied(QUICK, {"training.optimizer": "adam"}) == QUICK
    deep = applied(QUICK.changed(run={"seed": 7}), {"preset": "deep", RATE: 0.02})
    assert (deep.seed, deep.training.epochs, deep.training.learning_rate) == (7, 10, 0.02)
    assert applied(QUICK, {"dataset": "npz:a.npz"}).dataset == f"npz:{Path('a.npz').absolute()}"


def test_values_are_shown_in_few_characters() -> None:
    found = [shown(value) for value in (0.00123456789, True, "sgd", 12, [256, 64], [], {"kind": "adam", "beta": 0.9})]
    assert found == ["0.00123457", "on", "sgd", "12", "256,64", "none", "adam beta 0.9"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"axes": [axis(RATE, 0.1, 50)]}, f"{RATE} = 50: Learning rate: 50 is not allowed; it must be a number from"),
        ({"axes": [{"path": RATE, "low": 1, "high": 50}], "search": "random", "count": 1}, f"{RATE} = 50: Learning"),
        ({"axes": [axis("learning_rate", 1)]}, f"Perhaps {RATE} is meant."),
        ({"axes": [axis("training.lerning_rate", 1)]}, f"there is no such setting. Perhaps {RATE} is meant."),
        ({"axes": [axis("network.layers.1.units", 1)]}, "network.layers.1.units: there is no such setting."),
        ({"axes": [axis("training.optimizer.momentum", 1)]}, "there is no such setting."),
        ({"axes": [axis("training.optimizer", "adaml")]}, "it must be one of sgd, momentum"),
        ({"axes": [axis("preset", "fast")]}, "Preset: fast is not allowed; it must be one of quick"),
        ({"axes": [axis("network.output_activation", "relu")]}, "Cross-entropy needs Softmax"),
        ({"axes": [axis("network.layers", "blob")]}, "it must be one of dense"),
        ({"axes": [{"path": RATE, "low": 0.1, "high": 1}]}, "a grid needs values, or a range and points"),
        ({"axes": [{"path": RATE, "low": 1, "high": 0.1}]}, "low, 1, must be less than high, 0.1."),
        ({"axes": [{"path": RATE, "low": 0, "high": 1, "log": True}]}, "must be more than 0 on a logarithmic scale"),
        ({"axes": [{"path": RATE}]}, "it needs values, or both low and high."),
        ({"axes": [axis(RATE, 1, low=1)]}, "it has values and a range"),
        ({"axes": [{"path": RATE, "low": 1.2, "high": 2.8, "whole": True}]}, "at least two whole numbers"),
        ({"axes": [axis(RATE, 1, 1)]}, "1 is named twice"),
        ({"axes": [axis(RATE, 1), axis(RATE, 2)]}, f"Axes: {RATE} is named twice"),
        ({"axes": [axis("seed", 1)]}, "seeds are no axis"),
        ({"axes": [{"pith": RATE}]}, "Axes, number 1: "),
        ({"axes": 3}, "Axes: it must be a list."),
        ({"seeds": [1, 1]}, "Seeds: 1 is named twice"),
        ({"seeds": [-1]}, "Seeds: it must be a list of 1 to 1,000 whole numbers from 0 to 4,294,967,295."),
        ({"seeds": []}, "Seeds: it must be a list"),
        ({"search": "list"}, "a list needs cases"),
        ({"cases": [{"values": {}}]}, "a grid search has axes, no cases."),
        ({"search": "list", "cases": [{"values": {}}, {"values": {}}]}, "Trial 2 (as it is) is the same as another"),
        ({"search": "maze"}, "it must be one of grid, random, list."),
        ({"base": {"training": {"epochs": 0}}}, "Base: Epochs: 0 is not allowed"),
        ({"base": {"preset": "fast"}}, "Preset: fast is not allowed"),
        ({"base": 1}, "Base: it must be a JSON object"),
        ({"axes": [axis(RATE, *np.linspace(1, 2, 101)), axis(UNITS, *range(1, 101))]}, "Trials: 10,100 are too many"),
        ({"sedes": [1]}, "'sedes' is not a setting that this version knows."),
    ],
)
def test_what_cannot_be_trained_is_refused_before_anything_starts(data: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingError) as refusal:
        checked_sweep(data)
    assert said in refusal.value.what


def test_an_experiment_survives_the_way_through_json() -> None:
    for spec in (*BUILT_IN.values(), sweep(axis(RATE, 0.01), seeds=[1, 2], name="a name")):
        again = checked_sweep(json.loads(spec.model_dump_json()))
        assert again == spec
        assert again.id == spec.id
        assert [trial.key for trial in again.trials()] == [trial.key for trial in spec.trials()]
    first, second = sweep(axis(RATE, 0.01, 0.1)), sweep(axis(RATE, 0.1))
    assert first.id != second.id
    assert first.trials()[1].key == second.trials()[0].key
    assert key_of(QUICK) == key_of(RunSpec.model_validate_json(QUICK.model_dump_json()))
    assert key_of(QUICK) == key_of(QUICK.model_copy(update={"preset": ""})), "a name changes nothing"


def test_what_is_left_out_is_that_of_the_preset(tmp_path: Path) -> None:
    path = tmp_path / "spec.json"
    path.write_text(json.dumps({"base": {"preset": "deep", "training": {"optimizer": {"kind": "sgd"}, "epochs": 2}}}))
    base = find_sweep(str(path)).base
    assert (base.network, base.training.epochs) == (PRESETS["deep"].run.network, 2)
    assert base.training.optimizer.kind == "sgd"
    assert sweep().base == QUICK


def test_the_articles_table_is_built_in_with_its_figures() -> None:
    trials = BUILT_IN["article"].trials()
    rows = rows_named([FAITHFUL])
    assert [trial.reference for trial in trials] == [pytest.approx(row[3] / 100) for row in ARTICLE_ROWS]
    assert [trial.title for trial in trials] == [row.title for row in rows]
    assert [trial.key for trial in trials] == [key_of(row.run) for row in rows]
    for name, count in (("article", 8), ("learning-rate", 12), ("optimizers", 12), ("depth", 8)):
        assert len(find_sweep(name).trials()) == count
        assert find_sweep(name).name


@given(st.binary(max_size=200) | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps))
def test_no_file_brings_the_reader_down(tmp_path_factory: pytest.TempPathFactory, content: bytes | str) -> None:
    path = tmp_path_factory.getbasetemp() / "spec.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DigitLabError) as refusal:
        read_sweep(path)
    assert str(path) in refusal.value.what


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5) | st.just(RATE),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["path", "values", "kind"]), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*SweepSpec.model_fields]), _JSON, max_size=4))
def test_whatever_json_says_is_refused_with_a_sentence(data: dict[str, Any]) -> None:
    said = "."
    try:
        assert checked_sweep(data).trials()
    except SettingError as error:
        said = error.what
    assert said.endswith((".", "?"))


def test_files_are_refused_with_their_names(tmp_path: Path) -> None:
    with pytest.raises(DigitLabError, match="neither a file nor a built-in experiment; these are article"):
        find_sweep("nothing")
    with pytest.raises(DigitLabError, match=r"there is a folder|cannot be read"):
        read_sweep(tmp_path)
    large = tmp_path / "large.json"
    large.write_bytes(b" " * (MAX_BYTES + 1))
    with pytest.raises(DigitLabError, match="it is too large"):
        read_sweep(large)


def test_the_time_left_is_guessed_by_the_settings_and_then_learned() -> None:
    one, two = QUICK.changed(training={"epochs": 1}), QUICK.changed(training={"epochs": 2})
    assert rough_seconds(two) == pytest.approx(2 * rough_seconds(one))
    assert rough_seconds(PRESETS["convolutional"].run) > 10 * rough_seconds(QUICK)
    estimate = Estimate({0: one, 1: two, 2: two})
    assert estimate.left({}, 2) == pytest.approx(5 * rough_seconds(one) / 2)
    assert estimate.left({}, 9) == pytest.approx(rough_seconds(two)), "no trial is divided"
    assert estimate.left({0: Told(0.5, 3.0)}, 1) == pytest.approx(3 + 12 + 12)
    estimate.took(0, 6.0)
    assert estimate.left({}, 1) == pytest.approx(24)
    assert estimate.share({}) == pytest.approx(6 / 30)
    assert estimate.share({1: Told(0.5, 6.0)}) == pytest.approx(12 / 30)
    assert Estimate({0: one}, usual=1.5).left({}, 1) == pytest.approx(1.5 * rough_seconds(one))
    estimate.took(1, 0.0)
    estimate.took(2, 12.0)
    assert (estimate.left({}, 2), estimate.share({})) == (0, 1)
    again = Estimate({5: two}, [(one, 10.0)])
    assert again.left({}, 1) == pytest.approx(20)


def test_the_example_in_the_readme_is_one() -> None:
    text = (Path(__file__).resolve().parent.parent / "README.md").read_text(encoding="utf-8")
    example = json.loads(re.search(r"```json\n(.+?)```", text, re.DOTALL)[1])
    assert len(checked_sweep(example).trials()) == 27


def test_the_pace_is_that_of_the_latest_runs_that_learned_from_the_same() -> None:
    each = rough_seconds(QUICK) / QUICK.training.epochs
    with RunStore() as store:
        assert usual_pace(store, "mnist") is None
        for known in (
            {"state": "running", "seconds": 2 * each, "epochs": 1},
            {"state": "failed"},
            {"state": "stopped", "seconds": 70 * each, "epochs": 70},  # of which most belong to a run before it
            {"state": "interrupted", "seconds": each, "epochs": 5, "parent": "another"},
        ):
            store.add(new_row(QUICK).changed(**known))
        assert usual_pace(store, "mnist") == pytest.approx(2)
        assert usual_pace(store, "fashion") is None
        for _ in range(LATEST):
            seconds = 3 * rough_seconds(QUICK)
            store.add(new_row(QUICK).changed(state="finished", seconds=seconds, epochs=70))
        assert usual_pace(store, "mnist") == pytest.approx(3)
