"""What can befall the file of the runs: each time a sentence, nothing deleted, and whatever can be read is kept."""

from __future__ import annotations

import contextlib
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import DigitLabError
from engine.presets import PRESETS
from engine.runs import schema
from engine.runs.curve import Curve
from engine.runs.experiments import Experiment
from engine.runs.row import new_row
from engine.runs.store import RunStore

QUICK = PRESETS["quick"].run
RUNS = 30
ASIDE = re.compile(r"runs\.sqlite\.damaged-\d{8}-\d{6}(-\d+)?")


def filled(folder: Path, runs: int = RUNS) -> list[str]:
    """Make a library; return the ids of its runs in the order in which they were added."""
    rows = [new_row(QUICK, experiment="e") for _ in range(runs)]
    with RunStore(folder) as store:
        store.rebuild(rows)
        for row in rows[::4]:
            store.save_curve(row.id, Curve(epochs=dict.fromkeys(Curve().epochs, np.ones(400, np.float32))))
        store.add_experiment(Experiment("e", "An experiment", 1.0, "{}"))
        return [row.id for row in reversed(store.rows())]


def set_aside(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if ASIDE.fullmatch(path.name))


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a sound library, not to be changed."""
    folder = tmp_path_factory.mktemp("library")
    filled(folder)
    return folder


@pytest.fixture
def library(original: Path, tmp_path: Path) -> Path:
    """A folder with a copy of it."""
    return Path(shutil.copytree(original, tmp_path / "library"))


# --- damage ---------------------------------------------------------------------------------------------------


def overwritten(start: int, stop: int, byte: int = 0xA5) -> Callable[[bytes], bytes]:
    return lambda data: data[:start] + bytes([byte]) * (min(stop, len(data)) - start) + data[stop:]


DAMAGES = {
    "another kind of file": (lambda data: b"This is a letter, not a database.\n" * 300, 0),
    "a header of garbage": (overwritten(0, 100), RUNS),
    "no names of tables": (overwritten(0, 4096, 0), RUNS),
    "cut short": (lambda data: data[: len(data) * 3 // 4], 1),
    "cut in the header": (lambda data: data[:70], 0),
    "no tables": (overwritten(100, 4096), RUNS),
    "a page of the list": (overwritten(5 * 4096, 6 * 4096), 1),
    "zeros in the middle": (lambda data: overwritten(len(data) // 2, len(data) // 2 + 8192, 0)(data), 1),
}


@pytest.mark.parametrize(("damage", "least"), DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_set_aside_and_what_can_be_read_is_carried_over(
    library: Path, damage: Callable[[bytes], bytes], least: int
) -> None:
    path = library / "runs.sqlite"
    with RunStore(library) as store:
        before = {row.id: row for row in store.rows()}
    damaged = damage(path.read_bytes())
    path.write_bytes(damaged)
    with RunStore(library) as store:
        store.check()
        [note] = store.notes
        [kept] = set_aside(library)
        assert kept.name in note
        assert f"The list of runs in {path} was damaged." in note
        assert kept.read_bytes() == damaged
        found = store.rows()
        assert len(found) >= least
        assert f"{len(found)} run" in note
        assert all(before[row.id] == row for row in found)
        store.add(new_row(QUICK))
        assert len(store.rows()) == len(found) + 1
    with RunStore(library) as store:
        store.check()
        assert store.notes == []
    assert {item.name for item in library.iterdir()} == {"runs.sqlite", "runs.sqlite.lock", kept.name}


def test_most_runs_outlive_a_lost_page(library: Path) -> None:
    path = library / "runs.sqlite"
    size = 4096
    data = path.read_bytes()
    with RunStore(library) as store:
        before = {row.id for row in store.rows()}
    for page in range(1, len(data) // size):
        path.write_bytes(overwritten(page * size, (page + 1) * size)(data))
        with RunStore(library) as store:
            store.check()
            lost = before - {row.id for row in store.rows()}
            assert len(lost) <= (RUNS if page <= 3 else 4), page


places = st.integers(0, 110) | st.integers(0, 8192) | st.integers(0, 200_000)


@given(st.lists(st.tuples(places, st.binary(min_size=1, max_size=600)), min_size=1, max_size=6))
@settings(max_examples=12)
def test_no_garbage_anywhere_makes_more_than_a_sentence(
    original: Path, tmp_path_factory: pytest.TempPathFactory, garbage: list[tuple[int, bytes]]
) -> None:
    folder = tmp_path_factory.mktemp("garbage")
    data = bytearray((original / "runs.sqlite").read_bytes())
    for place, piece in garbage:
        at = place % (len(data) - len(piece))
        data[at : at + len(piece)] = piece
    (folder / "runs.sqlite").write_bytes(data)
    with contextlib.suppress(DigitLabError), RunStore(folder) as store:
        store.check()
        for row in store.rows():
            assert isinstance(f"{row.title} {row.began} {row.state} {row.tags} {row.versions}", str)
            with contextlib.suppress(DigitLabError):
                store.curve(row.id)
            with contextlib.suppress(DigitLabError):
                row.row()
        store.add(new_row(QUICK))
    assert [path.read_bytes() for path in set_aside(folder)] in ([], [bytes(data)])
    shutil.rmtree(folder)


def test_damage_that_comes_to_light_later_is_mended_then(library: Path) -> None:
    with RunStore(library) as store:
        ids = [row.id for row in store.rows()]
    path = library / "runs.sqlite"
    with closing(sqlite3.connect(path)) as raw:
        page = raw.execute("SELECT rootpage FROM sqlite_master WHERE name = 'curves'").fetchone()[0]
    path.write_bytes(overwritten((page - 1) * 4096, page * 4096)(path.read_bytes()))
    with RunStore(library) as store:
        assert store.notes == []
        assert store.curve(ids[0]) is None
        assert [row.id for row in store.rows()] == ids
        assert f"{RUNS} runs could be carried over" in store.notes[0]


def test_two_that_find_the_same_damage_mend_it_once(library: Path) -> None:
    with RunStore(library) as first, RunStore(library) as second:
        path = library / "runs.sqlite"
        first.close()
        second.close()
        path.write_bytes(overwritten(4096, 8192)(path.read_bytes()))
        first.rows()
        first.add(new_row(QUICK))
        assert [row.id for row in second.rows()] == [row.id for row in first.rows()]
        assert (len(first.notes), second.notes) == (1, [])
    assert len(set_aside(library)) == 1


def test_nothing_set_aside_is_ever_overwritten(library: Path) -> None:
    for text in (b"first " * 999, b"second " * 999, b"third " * 999):
        (library / "runs.sqlite").write_bytes(text)
        RunStore(library).close()
    assert sorted(path.read_bytes()[:5] for path in set_aside(library)) == [b"first", b"secon", b"third"]


def test_a_renewal_that_was_cut_off_is_finished(library: Path) -> None:
    with RunStore(library) as store:
        ids = [row.id for row in store.rows()]
    path = library / "runs.sqlite"
    path.rename(library / "runs.sqlite.renewed")
    path.write_bytes(b"damaged")
    with RunStore(library) as store:
        assert [row.id for row in store.rows()] == ids
        assert "was damaged" in store.notes[0]
    assert [kept.read_bytes() for kept in set_aside(library)] == [b"damaged"]


# --- files of others ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("PRAGMA user_version = 77", "written by a newer version of this program: its tables are of version 77, and"),
        ("PRAGMA application_id = 12345", "is a database of another program"),
        ("PRAGMA application_id = 0", "is a database of another program"),
    ],
)
def test_a_file_of_a_newer_or_another_program_stays_as_it_is(library: Path, change: str, sentence: str) -> None:
    path = library / "runs.sqlite"
    with closing(sqlite3.connect(path)) as other:
        other.execute(change)
    before = path.read_bytes()
    with pytest.raises(DigitLabError, match=sentence) as caught:
        RunStore(library)
    assert str(path) in caught.value.what
    assert "Everything else works" in caught.value.do
    assert path.read_bytes() == before
    assert [item.name for item in library.iterdir()] == ["runs.sqlite"]


# --- an older file --------------------------------------------------------------------------------------------


def older(folder: Path, runs: int = 5) -> list[str]:
    """Make a library as version 1 of its tables was; return the ids of its runs."""
    rows = [new_row(QUICK) for _ in range(runs)]
    with closing(sqlite3.connect(folder / "runs.sqlite")) as raw, raw:
        raw.execute("PRAGMA journal_mode = WAL")
        for statement in schema.MIGRATIONS[0]:
            raw.execute(statement)
        raw.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        raw.execute("PRAGMA user_version = 1")
        for row in rows:
            values = (row.id, row.created, "finished", "named", row.spec.model_dump_json())
            raw.execute("INSERT INTO runs (id, created, state, name, spec) VALUES (?, ?, ?, ?, ?)", values)
    return [row.id for row in rows]


def test_an_older_file_is_brought_up_to_date_and_a_copy_of_it_kept(tmp_path: Path) -> None:
    ids = older(tmp_path)
    with RunStore(tmp_path) as store:
        assert [row.id for row in store.rows()] == ids[::-1]
        assert store.row(ids[0]).name == "named"
        store.mark(ids[0], tags=("new",))
        store.add_experiment(Experiment("e", "", 0.0, ""))
        assert store.notes == []
    with closing(sqlite3.connect(tmp_path / "runs.sqlite.v1.bak")) as copy:
        assert copy.execute("PRAGMA user_version").fetchone() == (1,)
        assert [row[0] for row in copy.execute("SELECT id FROM runs ORDER BY number")] == ids
    assert {path.name for path in tmp_path.iterdir()} == {"runs.sqlite", "runs.sqlite.v1.bak"}


def test_a_damaged_older_file_is_read_too(tmp_path: Path) -> None:
    ids = older(tmp_path, 30)
    path = tmp_path / "runs.sqlite"
    data = path.read_bytes()
    page = data.index(b'"learning_rate"') // 4096 * 4096
    path.write_bytes(overwritten(page, page + 4096)(data))
    with RunStore(tmp_path) as store:
        found = {row.id for row in store.rows()}
        assert found < set(ids)
        assert len(found) > 20
        assert f"{len(found)} runs could be carried over" in store.notes[0]


# --- the disk and other programs ------------------------------------------------------------------------------


def test_a_full_disk_is_a_sentence_and_passes(tmp_path: Path) -> None:
    ids = filled(tmp_path)
    with RunStore(tmp_path) as store:
        connection = store._connected()
        connection.execute("PRAGMA max_page_count = 1")  # where SQLite finds no more room
        with pytest.raises(DigitLabError, match=r"cannot be used: the disk is full. Nothing was changed") as caught:
            store.rebuild([new_row(QUICK) for _ in range(200)])
        assert "Make room" in caught.value.do
        assert [row.id for row in store.rows()] == ids[::-1]
        store.add(new_row(QUICK))
        assert len(store.rows()) == len(ids) + 1


def test_a_lock_held_too_long_is_a_sentence_and_passes(tmp_path: Path) -> None:
    [run] = filled(tmp_path, 1)
    with (
        RunStore(tmp_path, patience=0.05) as store,
        closing(sqlite3.connect(store.path, isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DigitLabError, match="another program has locked it for too long"):
            store.mark(run, name="new")
        assert [row.id for row in store.rows()] == [run]  # who reads never waits
        other.execute("ROLLBACK")
        store.mark(run, name="new")
        assert store.row(run).name == "new"


def test_a_folder_that_vanishes_is_a_sentence_until_it_is_back(tmp_path: Path) -> None:
    folder = tmp_path / "drive"
    folder.mkdir()
    [run] = filled(folder, 1)
    with RunStore(folder) as store:
        folder.rename(tmp_path / "elsewhere")
        calls: list[Callable[[], object]] = [
            store.rows,
            lambda: store.row(run),
            lambda: store.curve(run),
            lambda: store.add(new_row(QUICK)),
            lambda: store.save(new_row(QUICK)),
            lambda: store.save_curve(run, Curve()),
            lambda: store.mark(run, name="x"),
            lambda: store.delete([run]),
            lambda: store.undelete([run]),
            lambda: store.purge(0),
            lambda: store.rebuild([new_row(QUICK)]),
            lambda: store.version,
            store.check,
            store.experiments,
            lambda: store.experiment("e"),
            lambda: store.add_experiment(Experiment("f", "", 0.0, "")),
            lambda: store.save_experiment(Experiment("f", "", 0.0, "")),
            lambda: store.delete_experiment("e"),
        ]
        for call in calls:
            with pytest.raises(DigitLabError, match=f"The runs in {store.path} cannot be used: the folder does not"):
                call()
        (tmp_path / "elsewhere").rename(folder)
        assert [row.id for row in store.rows()] == [run]
        store.mark(run, name="back")
        shutil.rmtree(folder)
        folder.mkdir()
        assert store.rows() == []
        store.add(new_row(QUICK))
    with RunStore(folder) as store:
        assert len(store.rows()) == 1


def test_a_file_that_vanishes_is_begun_anew_and_said_so(tmp_path: Path) -> None:
    filled(tmp_path, 1)
    with RunStore(tmp_path) as store:
        for path in tmp_path.iterdir():
            path.unlink()
        store.add(new_row(QUICK))
        assert store.notes == [f"The list of runs {store.path} was no longer there; a new one was begun."]
        assert len(store.rows()) == 1


@pytest.mark.parametrize("place", ["missing/folder", "file", "."])
def test_a_place_where_no_file_can_be_is_a_sentence(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("no folder")
    (tmp_path / "runs.sqlite").mkdir()
    with pytest.raises(DigitLabError, match="cannot be used: ") as caught:
        RunStore(tmp_path / place)
    assert "SQLite" not in caught.value.what
