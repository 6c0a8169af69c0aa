"""What of runs goes into tables: the settings in which they differ, and the files for other programs."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from engine.compact_layers import compact, parse_layers
from engine.errors import DigitLabError
from engine.presets import PRESETS
from engine.runs.curve import BATCH_NAMES, EPOCH_NAMES, Curve
from engine.runs.differences import Difference, differing, listed, settings_of
from engine.runs.export import export_csv, export_json
from engine.runs.row import RunRow, RunState, new_row
from engine.runs.store import RunStore
from engine.specs import RunSpec, checked_run

QUICK, ARTICLE, SMALL = PRESETS["quick"].run, PRESETS["article"].run, RunSpec()


def layered(text: str) -> RunSpec:
    return SMALL.changed(network={"layers": parse_layers(text)})


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_every_setting_of_a_run_has_its_path(preset) -> None:  # type: ignore[no-untyped-def]
    found = settings_of(preset.run)
    data = preset.run.model_dump()
    for path, value in found.items():
        place = data
        for step in path.split("."):
            place = place[int(step)] if step.isdigit() else place[step]
        if path == "network.layers":
            assert value == compact(preset.run.network.layers)
        elif isinstance(place, dict):
            assert value == place["kind"]
        else:
            assert value == place

    def leaves(place: object, path: str = "") -> set[str]:
        items = (
            place.items() if isinstance(place, dict) else enumerate(place) if isinstance(place, list | tuple) else ()
        )
        inner = {leaf for name, part in items for leaf in leaves(part, f"{path}.{name}")}
        return inner or ({path[1:]} if not isinstance(place, dict | list | tuple) else set())

    assert {path for path in leaves(data) if not path.endswith(".kind")} <= set(found)
    assert len({setting.label for setting in listed(preset.run)}) == len(found)


def test_only_what_differs_is_told_as_forms_show_it() -> None:
    other = SMALL.changed(
        run={"seed": 7},
        training={"learning_rate": 0.025, "batch_size": 64, "shuffle": False, "optimizer": {"kind": "adam"}},
    )
    assert differing([SMALL, other, SMALL]) == [
        Difference("seed", "Seed", ("0", "7", "0")),
        Difference("training.learning_rate", "Learning rate", ("0.1", "0.025", "0.1")),
        Difference("training.batch_size", "Batch size", ("128 images", "64 images", "128 images")),
        Difference("training.shuffle", "Shuffle", ("on", "off", "on")),
        Difference("training.optimizer", "Optimizer", ("SGD", "Adam", "SGD")),
        Difference("training.optimizer.beta1", "Optimizer: β₁", ("–", "0.9", "–")),
        Difference("training.optimizer.beta2", "Optimizer: β₂", ("–", "0.999", "–")),
    ]
    assert differing([SMALL, SMALL]) == differing([SMALL]) == differing([]) == []


def test_presets_that_differ_in_name_only_do_not_differ() -> None:
    assert differing([QUICK, QUICK.changed(run={"preset": ""})]) == []
    found = {row.path: row.values for row in differing([QUICK, ARTICLE])}
    assert found["training.loss"] == ("Cross-entropy", "Squared error")
    assert found["network.output_activation"] == ("Softmax", "ReLU")


def test_layers_are_compared_one_by_one_where_they_are_alike() -> None:
    assert differing([layered("dense:256,dense:64"), layered("dense:256,dense:32:tanh")]) == [
        Difference("network.layers.1.units", "Layer 2: Units", ("64", "32")),
        Difference("network.layers.1.activation", "Layer 2: Activation", ("ReLU", "Tanh")),
    ]
    assert differing([layered("dense:256,dense:64"), layered("dense:256"), layered("none")]) == [
        Difference("network.layers", "Layers", ("dense:256,dense:64", "dense:256", "none"))
    ]


# --- files ----------------------------------------------------------------------------------------------------


@pytest.fixture
def rows() -> list[RunRow]:
    first = new_row(QUICK).changed(
        name='=HYPERLINK("http://example.org")', tags=("@home", "b,c"), state=RunState.FINISHED, test_accuracy=0.9812
    )
    second = new_row(QUICK.changed(training={"learning_rate": 1e-05})).changed(
        name='ü "quoted", 🙂\nline', starred=True, created=-1e18, train_loss=-0.5
    )
    return [first, second]


def test_csv_has_a_line_per_run_and_columns_for_what_differs(tmp_path: Path, rows: list[RunRow]) -> None:
    export_csv(tmp_path / "runs.csv", rows)
    with (tmp_path / "runs.csv").open(newline="", encoding="utf-8") as file:
        first, second = csv.DictReader(file)
    assert (first["name"], first["tags"]) == ('\'=HYPERLINK("http://example.org")', "'@home b,c")
    assert (second["name"], second["starred"]) == ('ü "quoted", 🙂\nline', "1")
    assert (first["training.learning_rate"], second["training.learning_rate"]) == ("0.004", "1e-05")
    assert (first["test_accuracy"], second["test_accuracy"], second["train_loss"]) == ("0.9812", "", "-0.5")
    assert (first["state"], first["preset"], second["created"]) == ("finished", "quick", "")
    assert first["created"].endswith("+00:00")
    assert [name for name in first if "." in name] == ["training.learning_rate"]


def test_the_store_and_its_rows_are_written_alike(tmp_path: Path, rows: list[RunRow]) -> None:
    with RunStore(tmp_path) as store:
        store.rebuild(rows)
        glances = {row.id: row for row in store.rows()}
    for name, listed_rows in (("rows", rows), ("glances", [glances[row.id] for row in rows])):
        export_csv(tmp_path / f"{name}.csv", listed_rows)
        export_json(tmp_path / f"{name}.json", listed_rows, {})
    for end in ("csv", "json"):
        assert (tmp_path / f"rows.{end}").read_bytes() == (tmp_path / f"glances.{end}").read_bytes()


def test_json_holds_everything_and_no_nan(tmp_path: Path, rows: list[RunRow]) -> None:
    column = np.array([0.1, np.nan, np.inf], np.float32)
    curve = Curve(dict.fromkeys(BATCH_NAMES, column), dict.fromkeys(EPOCH_NAMES, column))
    export_json(tmp_path / "runs.json", rows, {rows[0].id: curve, rows[1].id: None})
    found = json.loads((tmp_path / "runs.json").read_text(encoding="utf-8"), parse_constant=pytest.fail)
    assert found["program"].startswith("DigitLab")
    first, second = found["runs"]
    assert first["curve"]["batches"]["loss"] == [0.1, None, None]
    assert "curve" not in second
    for row, written in zip(rows, found["runs"], strict=True):
        assert checked_run(written["spec"]) == row.spec
        written.pop("curve", None)
        assert RunRow.model_validate(written) == row


def test_no_runs_make_a_table_of_no_lines(tmp_path: Path) -> None:
    export_csv(tmp_path / "runs.csv", [])
    assert (tmp_path / "runs.csv").read_text(encoding="utf-8").startswith("id,name,")
    export_json(tmp_path / "runs.json", [], {})
    assert json.loads((tmp_path / "runs.json").read_text(encoding="utf-8"))["runs"] == []


def test_a_file_that_cannot_be_written_is_a_sentence_and_the_old_one_stays(tmp_path: Path, rows: list[RunRow]) -> None:
    with pytest.raises(DigitLabError, match="the folder does not exist"):
        export_csv(tmp_path / "missing" / "runs.csv", rows)
    (tmp_path / "taken").mkdir()
    with pytest.raises(DigitLabError, match="there is a folder of that name"):
        export_json(tmp_path / "taken", rows, {})
