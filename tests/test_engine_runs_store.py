"""The library of runs as its users see it: what is kept, what is said, what may never be overwritten."""

from __future__ import annotations

import sqlite3
import string
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.children import environment
from engine.errors import DigitLabError, SettingError
from engine.presets import PRESETS
from engine.runs import row as row_file
from engine.runs.curve import BATCH_NAMES, EPOCH_NAMES, Curve
from engine.runs.experiments import Experiment
from engine.runs.glance import moment
from engine.runs.row import RunRow, RunState, new_row
from engine.runs.store import RunStore
from engine.specs import RunSpec

QUICK = PRESETS["quick"].run


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    with RunStore(tmp_path) as opened:
        yield opened


def added(store: RunStore, count: int = 1, **values: Any) -> list[RunRow]:
    rows = [new_row(QUICK).changed(**values) for _ in range(count)]
    for row in rows:
        store.add(row)
    return rows


def curve(points: int = 50) -> Curve:
    rng = np.random.default_rng(points)
    found = Curve(
        {name: rng.random(points, np.float32) for name in BATCH_NAMES},
        {name: rng.random(3, np.float32) for name in EPOCH_NAMES},
    )
    found.epochs["validation_loss"][:] = np.nan
    return found


# --- rows -----------------------------------------------------------------------------------------------------

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
numbers = st.floats(allow_nan=False, allow_infinity=False)
counts = st.integers(0, 2**63 - 1)
scores = st.none() | numbers
run_rows = st.builds(
    RunRow,
    id=words,
    created=numbers,
    updated=numbers,
    state=st.sampled_from(RunState),
    name=words,
    starred=st.booleans(),
    tags=st.lists(words, max_size=4).map(tuple),
    spec=st.sampled_from([preset.run for preset in PRESETS.values()]),
    parent=words,
    experiment=words,
    epochs=counts,
    steps=counts,
    best_epoch=counts,
    **dict.fromkeys(
        [f"{part}_{kind}" for part in ("train", "validation", "test") for kind in ("loss", "accuracy")], scores
    ),
    seconds=numbers,
    versions=st.dictionaries(words, words, max_size=3),
    model=words,
    message=words,
)


@given(run_rows, words, st.booleans())
def test_any_run_comes_back_as_it_was_kept(row: RunRow, name: str, starred: bool) -> None:
    with TemporaryDirectory() as folder, RunStore(Path(folder)) as store:
        store.save(row)
        assert store.row(row.id) == row
        glance = store.rows()[0]
        assert glance.row() == row
        for field in RunRow.model_fields.keys() - {"spec"}:
            assert getattr(glance, field) == getattr(row, field)
        assert (glance.title, glance.spec, glance.network) == (row.title, row.spec, row.spec.network.title)
        store.mark(row.id, name=name, starred=starred, tags=(name,))
        store.save(row)
        assert store.row(row.id) == row.changed(name=name, starred=starred, tags=(name,))


def test_a_training_never_overwrites_what_the_user_says(store: RunStore) -> None:
    [row] = added(store)
    store.mark(row.id, name="The 'best' \"one\" 🙂\0; DROP TABLE runs", starred=True, tags=("a,b", "ü"))
    store.save(row.changed(state=RunState.FINISHED, epochs=3, name="no", starred=False, tags=("no",)))
    kept = store.row(row.id)
    assert (kept.name, kept.starred, kept.tags) == ("The 'best' \"one\" 🙂\0; DROP TABLE runs", True, ("a,b", "ü"))
    assert (kept.state, kept.epochs) == (RunState.FINISHED, 3)
    store.mark(row.id, starred=False)
    assert (store.row(row.id).name, store.row(row.id).starred) == (kept.name, False)


def test_the_newest_comes_first_whatever_the_clock_says(store: RunStore) -> None:
    times = [0.0, 4e9, -1e18, 1e300, 1.7e9]
    rows = [row.changed(created=when) for row, when in zip([new_row(QUICK) for _ in times], times, strict=True)]
    for row in rows:
        store.add(row)
    with closing(sqlite3.connect(store.path)) as other, other:
        other.execute("UPDATE runs SET created = ? WHERE id = ?", (float("nan"), rows[0].id))
    found = store.rows()
    assert [row.id for row in found] == [row.id for row in reversed(rows)]
    assert [row.began is None for row in found] == [False, True, True, False, False]
    assert found[-1].row().created == 0
    assert moment(float("nan")) is None
    assert moment(0.0) == datetime(1970, 1, 1, tzinfo=UTC)


def test_ids_differ_even_if_the_clock_stands_still(monkeypatch: pytest.MonkeyPatch, store: RunStore) -> None:
    class Stopped(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime(2026, 11, 22, tzinfo=tz)

    monkeypatch.setattr(row_file, "datetime", Stopped)
    rows = added(store, 20)
    assert len({row.id for row in store.rows()}) == len(rows)
    with pytest.raises(DigitLabError, match=f"There is a run {rows[0].id} already"):
        store.add(rows[0])


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"name": "half \ud83d"}, r"Name: '\\ud83d' is not allowed"),
        ({"tags": ("fine", "\udcff")}, "Tags: "),
        ({"name": "x" * 201}, "Name: 201 characters are too many; at most 200"),
    ],
)
def test_what_cannot_be_kept_is_refused(store: RunStore, values: dict[str, Any], sentence: str) -> None:
    [row] = added(store, name="before")
    with pytest.raises(SettingError, match=sentence):
        store.mark(row.id, **values)
    assert store.row(row.id) == row
    with pytest.raises(SettingError, match=r"Steps: .* must be at most 9,223"):
        store.save(row.changed(steps=2**63))
    assert store.row(row.id) == row


def test_settings_of_another_version_are_refused_and_listed_all_the_same(store: RunStore) -> None:
    first, second = added(store, 2)
    with closing(sqlite3.connect(store.path)) as other, other:
        other.execute("UPDATE runs SET spec = replace(spec, 'learning_rate', 'haste') WHERE id = ?", (first.id,))
    with pytest.raises(DigitLabError, match=r"'haste' is not a setting that this version knows. The run is kept"):
        store.row(first.id)
    assert [row.title for row in store.rows()] == [second.title, first.title]


# --- deleting -------------------------------------------------------------------------------------------------


def test_deleting_can_be_undone_until_it_is_long_ago(store: RunStore) -> None:
    kept, gone = added(store, 2)
    store.save_curve(gone.id, curve())
    store.delete([gone.id, "nobody"])
    store.save(gone.changed(epochs=5))  # a training that still goes on brings nothing back
    assert [row.id for row in store.rows()] == [kept.id]
    assert store.purge(60) == []
    store.undelete([gone.id])
    assert [row.id for row in store.rows()] == [gone.id, kept.id]
    store.delete([gone.id])
    assert [row.id for row in store.purge(-1)] == [gone.id]
    assert store.curve(gone.id) is None
    for ask in (store.row, store.mark, lambda name: store.save_curve(name, curve())):
        with pytest.raises(DigitLabError, match=f"There is no run {gone.id}"):
            ask(gone.id)
    [another] = added(store)
    assert store.curve(another.id) is None  # nobody inherits a curve


# --- curves ---------------------------------------------------------------------------------------------------


def test_curves_come_back_bit_for_bit_and_are_replaced(store: RunStore) -> None:
    [row] = added(store)
    assert store.curve(row.id) is None
    for points in (0, 400, 7):
        wanted = curve(points)
        store.save_curve(row.id, wanted)
        found = store.curve(row.id)
        assert found is not None
        for there, here in ((found.batches, wanted.batches), (found.epochs, wanted.epochs)):
            assert {name: c.tobytes() for name, c in there.items()} == {name: c.tobytes() for name, c in here.items()}


@pytest.mark.parametrize("change", [bytes(10), b"", None])
def test_damaged_curves_are_a_sentence(store: RunStore, change: bytes | None) -> None:
    [row] = added(store)
    store.save_curve(row.id, curve())
    with closing(sqlite3.connect(store.path)) as other, other:
        data = bytearray(other.execute("SELECT data FROM curves").fetchone()[0])
        data[len(data) // 2] ^= 1
        other.execute("UPDATE curves SET data = ?", (bytes(data) if change is None else change,))
    with pytest.raises(DigitLabError, match=f"The curves of the run {row.id} are damaged"):
        store.curve(row.id)


# --- news -----------------------------------------------------------------------------------------------------


def test_the_version_tells_of_every_change(store: RunStore, tmp_path: Path) -> None:
    [row] = added(store)
    seen = store.version
    assert store.version == seen
    store.mark(row.id, starred=True)
    assert store.version > seen
    seen = store.version
    with RunStore(tmp_path) as other:
        assert store.version == seen
        other.mark(row.id, starred=False)
        assert store.version > seen


WRITER = """
import sys
from pathlib import Path
from engine.runs.row import new_row
from engine.runs.store import RunStore
from engine.specs import RunSpec
row = new_row(RunSpec())
with RunStore(Path(sys.argv[1]), patience=60) as store:
    for number in range(200):
        store.save(row.changed(id=f"{sys.argv[2]}-{number}", seconds=number))
"""


@contextmanager
def child(*command: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([sys.executable, *command], env=environment(), stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stderr is not None:
            process.stderr.close()


def test_two_programs_write_at_once_and_nothing_is_lost(tmp_path: Path) -> None:
    with child("-c", WRITER, str(tmp_path), "a") as first, child("-c", WRITER, str(tmp_path), "b") as second:
        assert first.communicate()[1] == ""
        assert second.communicate()[1] == ""
    with RunStore(tmp_path) as store:
        store.check()
        assert {row.id for row in store.rows()} == {f"{who}-{number}" for who in "ab" for number in range(200)}
        assert store.notes == []


# --- refilling and experiments --------------------------------------------------------------------------------


def test_rebuilding_adds_what_is_missing_in_the_order_of_age(store: RunStore) -> None:
    [known] = added(store, name="mine")
    rows = [
        new_row(QUICK).changed(created=float(age), id=letter)
        for age, letter in zip((30, 10, 20), string.ascii_letters, strict=False)
    ]
    assert store.rebuild([*rows, known.changed(name="not mine")]) == 3
    assert store.rebuild(rows) == store.rebuild([]) == 0
    assert [row.id for row in store.rows()] == ["a", "c", "b", known.id]
    assert store.row(known.id).name == "mine"


def test_experiments_are_kept_beside_their_runs(store: RunStore) -> None:
    one, two = Experiment("1", "Rates ü", 1.5, '{"axes": []}', "running"), Experiment("2", "Seeds", 2.5, "{}")
    store.add_experiment(one)
    store.save_experiment(two)
    assert store.experiments() == [two, one]
    with pytest.raises(DigitLabError, match="There is an experiment 1 already"):
        store.add_experiment(one)
    finished = Experiment("1", "Rates", 1.5, '{"axes": []}', "finished")
    store.save_experiment(finished)
    assert store.experiment("1") == finished
    store.add(new_row(QUICK, experiment="1"))
    store.add(new_row(QUICK))
    assert [row.experiment for row in store.rows("1")] == ["1"]
    assert len(store.rows()) == 2
    store.delete_experiment("1")
    assert store.experiments() == [two]
    assert len(store.rows("1")) == 1
    with pytest.raises(DigitLabError, match="There is no experiment 1"):
        store.experiment("1")
    with pytest.raises(SettingError, match="Name: "):
        store.add_experiment(Experiment("3", "\udcff", 0.0, ""))


def test_the_store_lies_in_the_data_folder(user_folders: Path) -> None:
    with RunStore() as store:
        store.add(new_row(RunSpec()))
        assert store.path == user_folders / "runs.sqlite"
    assert store.rows()[0].state is RunState.RUNNING  # closed is only let go of
    store.close()
    assert sorted(path.name for path in user_folders.iterdir()) == ["runs.sqlite"]
