"""Killed at any moment, a run is neither lost nor changed: see kills.py, and what the start after that does."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest

from engine import kept_models
from engine.children import environment
from engine.datasets.split import Split
from engine.errors import DigitLabError
from engine.files import atomic_write
from engine.locks import locked
from engine.model_files import Model
from engine.network import Network
from engine.presets import PRESETS
from engine.reports import EndReport
from engine.runs import keeper as keeping
from engine.runs import run_file
from engine.runs.keeper import Keeper
from engine.runs.recall import cut_off, film_of, model_of, recall, record_of
from engine.runs.row import RunState, new_row
from engine.runs.run_file import DamagedRunError, RunFile, path_of
from engine.runs.store import RunStore
from engine.training import Training

RUN = PRESETS["quick"].run.changed(
    network={"layers": [{"kind": "dense", "units": 8}]}, training={"batch_size": 50, "epochs": 2}
)
KILLS = int(os.environ.get("DIGITLAB_KILLS", "50"))


def test_killed_at_random_moments_nothing_is_lost_and_going_on_gives_the_same_weights(tmp_path: Path) -> None:
    program = [sys.executable, str(Path(__file__).with_name("kills.py")), str(KILLS)]
    surroundings = {**environment(), "TMPDIR": str(tmp_path)}
    done = subprocess.run(program, env=surroundings, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    found = json.loads(done.stdout)
    assert found["kills"] == KILLS
    assert len({"start", "begin", "train", "leave", "keep", "save"} & set(found)) >= 5
    assert list(tmp_path.iterdir()) == []


# --- between the file of a run and the list -------------------------------------------------------------------


def trained(split: Split, store: RunStore | None = None) -> Keeper:
    """Train a run to its end; with a store, the list does not hear of it, as if the process was killed before."""
    training = Training(Network(RUN.network, RUN.seed), split, RUN.training, RUN.seed)
    keeper = Keeper(new_row(RUN), training)
    keeper.begin()
    for report in training.reports():
        if isinstance(report, EndReport):
            break
        keeper.note(report)
    started = keeper.row
    keeper.leave(RunState.FINISHED)
    if store is not None:
        store.save(started.changed(state=RunState.RUNNING, steps=3))
    return keeper


def forget(store: RunStore, run_id: str) -> None:
    store.delete([run_id])
    assert [row.id for row in store.purge(-1)] == [run_id]


def test_a_run_that_had_ended_is_not_offered_again(small_split: Split) -> None:
    with RunStore() as store:
        keeper = trained(small_split, store)
        assert cut_off(store) == []
        row = store.row(keeper.row.id)
        curve = store.curve(row.id)
        assert (row.state, row.steps) == (RunState.FINISHED, 20)
        assert curve is not None
        assert len(curve.batches["loss"]) == 20


def test_a_run_the_list_never_heard_of_is_added_and_a_deleted_one_stays_deleted(small_split: Split) -> None:
    unknown, deleted = trained(small_split), trained(small_split)
    with RunStore() as store:
        forget(store, unknown.row.id)
        store.delete([deleted.row.id])
        assert cut_off(store) == []
        assert [row.id for row in store.rows()] == [unknown.row.id]
        assert store.curve(unknown.row.id) is not None


def test_the_file_of_a_run_that_never_began_goes() -> None:
    unwritten, tableless, other = path_of("unwritten"), path_of("tableless"), path_of("other")
    RunFile(unwritten, write=True).close()
    with closing(sqlite3.connect(tableless)) as base:
        base.execute("pragma journal_mode = wal")
    other.write_bytes(b"of somebody else, and no database")
    with RunStore() as store:
        assert cut_off(store) == []
        assert store.rows() == []
    assert [path.name for path in other.parent.iterdir() if path.suffix == ".run"] == ["other.run"]


def rewritten(statement: str, *values: object) -> Callable[[Path], object]:
    def change(path: Path) -> None:
        with closing(sqlite3.connect(path)) as base, base:
            base.execute(statement, values)

    return change


DAMAGES: dict[str, Callable[[Path], object]] = {
    "garbage": lambda path: path.write_bytes(b"garbage" * 1000),
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "no tables": rewritten("drop table facts"),
    "half a text": rewritten("update facts set value = '{' where name = 'state'"),
}
UNNOTICED: dict[str, Callable[[Path], object]] = {
    "half a curve": rewritten("update batches set data = x'00'"),
    "another word": rewritten("update epochs set report = replace(report, 'loss', 'lozs')"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_run_is_set_aside_told_of_once_and_never_offered(
    small_split: Split, damage: Callable[[Path], object]
) -> None:
    with RunStore() as store:
        path = trained(small_split, store).path
        damage(path)
        damaged, kept = path.read_bytes(), path.with_name(f"{path.name}.damaged")
        assert cut_off(store) == []
        (note,) = store.notes
        row = store.row(path.stem)
        assert row.state == RunState.INTERRUPTED
        assert row.message == f"The file of this run, {path}, was damaged; it is kept as {kept.name}."
        assert row.message in note
        assert (path.exists(), kept.read_bytes()) == (False, damaged)
        store.notes.clear()
        assert cut_off(store) == []
        assert store.notes == []
    with pytest.raises(DigitLabError, match=f"was damaged; it is kept as {kept.name}"):
        recall(row.id)
    with pytest.raises(DigitLabError, match=f"was damaged; it is kept as {kept.name}"):
        model_of(row, "last")


@pytest.mark.parametrize("damage", UNNOTICED.values(), ids=UNNOTICED)
def test_damage_that_comes_to_light_later_is_set_aside_then(
    small_split: Split, damage: Callable[[Path], object]
) -> None:
    keeper = trained(small_split)
    with RunStore() as store:
        store.save(store.row(keeper.row.id).changed(state=RunState.PAUSED))
        damage(keeper.path)
        assert [row.id for row in cut_off(store)] == [keeper.row.id]
        with pytest.raises(DamagedRunError, match="was damaged; it is kept as"):
            recall(keeper.row.id)
        assert "was damaged" in store.row(keeper.row.id).message
        assert cut_off(store) == []


def test_the_film_of_a_damaged_run_is_set_aside_but_not_while_it_is_trained(small_split: Split) -> None:
    path = trained(small_split).path
    path.write_bytes(b"garbage" * 1000)
    lock = locked(path)
    with pytest.raises(DamagedRunError, match="left as it is"):
        film_of(path, RUN.network)
    assert path.exists()
    lock.release()
    with pytest.raises(DamagedRunError, match="it is kept as"):
        film_of(path, RUN.network)
    assert not path.exists()


def test_a_damaged_run_that_cannot_be_renamed_is_left_and_told_of(
    small_split: Split, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = trained(small_split).path
    path.write_bytes(b"garbage" * 1000)
    monkeypatch.setattr(Path, "rename", Mock(side_effect=PermissionError(13, "Permission denied")))
    with pytest.raises(DamagedRunError, match=r"is damaged.* left as it is"):
        recall(path.stem)
    assert path.read_bytes() == b"garbage" * 1000


BEGUN = "was cut off before its first checkpoint"
NO_DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "nothing in it": (lambda path: path.write_bytes(b""), BEGUN),
    "no checkpoint": (rewritten("delete from facts where name = 'state'"), BEGUN),
    "of a newer program": (rewritten("pragma user_version = 99"), "newer DigitLab"),
    "with newer settings": (rewritten("update facts set value = '{}' where name = 'row'"), "of a newer one"),
    "of another program": (rewritten("pragma application_id = 7"), "is not a run"),
}


@pytest.mark.parametrize(("change", "said"), NO_DAMAGE.values(), ids=NO_DAMAGE)
def test_a_run_that_is_not_damaged_stays_where_it_is(
    small_split: Split, change: Callable[[Path], object], said: str
) -> None:
    keeper = trained(small_split)
    with RunStore() as store:
        store.save(store.row(keeper.row.id).changed(state=RunState.INTERRUPTED))
        change(keeper.path)
        offered = [row.id for row in cut_off(store)]
        assert offered == ([keeper.row.id] if "newer one" in said else [])
        with pytest.raises(DigitLabError, match=said):
            recall(keeper.row.id)
        assert (keeper.path.exists(), store.notes) == (True, [])


def test_a_run_that_another_program_has_locked_is_not_damaged(
    small_split: Split, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_file, "PATIENCE_SECONDS", 0)
    path = trained(small_split).path
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("pragma journal_mode = delete")
        other.execute("begin exclusive")
        with pytest.raises(DigitLabError, match="another program has locked it"):
            recall(path.stem)
        with RunStore() as store:
            assert cut_off(store) == []
    assert path.exists()
    assert recall(path.stem).row.id == path.stem


def test_a_run_that_is_being_trained_is_left_alone(small_split: Split) -> None:
    with RunStore() as store:
        keeper = trained(small_split, store)
        lock = locked(keeper.path)
        assert cut_off(store) == []
        assert store.row(keeper.row.id).state == RunState.RUNNING
        lock.release()


def test_a_clock_that_jumps_back_changes_no_order_and_loses_nothing(
    small_split: Split, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = trained(small_split)
    real = time.time
    training = Training(Network(RUN.network, RUN.seed), small_split, RUN.training, RUN.seed)
    keeper = Keeper(new_row(RUN), training)
    monkeypatch.setattr(keeping, "CHECKPOINT_SECONDS", 0.0)
    keeper.begin()
    for report in training.reports():
        if training.step == 7:
            monkeypatch.setattr(time, "time", lambda: real() - 365 * 24 * 3600)
        if isinstance(report, EndReport):
            keeper.leave(RunState.FINISHED)
            break
        keeper.note(report)
    with RunStore() as store:
        rows = store.rows()
        assert [row.id for row in rows] == [keeper.row.id, first.row.id]
        assert rows[0].state == RunState.FINISHED
        assert cut_off(store) == []
    recalled = recall(keeper.row.id)
    assert len(recalled.history.batches) == 20
    np.testing.assert_array_equal(recalled.state.arrays["parameters"], training.network.parameters)


# --- half-written files ---------------------------------------------------------------------------------------


def left(path: Path, hours: float) -> Path:
    """Make what a process leaves that was killed so many hours ago while it wrote `path`."""
    part = path.with_name(f".{path.name[:40]}.0123abcd.part")
    part.write_bytes(b"half")
    then = time.time() - 3600 * hours
    os.utime(part, (then, then))
    return part


def test_what_a_killed_process_left_half_written_goes_when_the_file_is_next_written(tmp_path: Path) -> None:
    target = tmp_path / "network [1].safetensors"
    old, other = left(target, 2), left(tmp_path / "other.safetensors", 2)
    atomic_write(target, lambda path: path.write_bytes(b"whole") and None)
    assert sorted(tmp_path.iterdir()) == sorted([target, other])
    assert not old.exists()
    young = left(target, 0.5)
    atomic_write(target, lambda path: path.write_bytes(b"whole") and None)
    assert young.exists()


def test_half_written_kept_models_go_when_the_next_one_is_kept() -> None:
    snapshot = Network(RUN.network, 0).snapshot(1, 1)
    old = left(kept_models.folder() / "20260101-000000-000000_quick_abc.safetensors", 2)
    path = kept_models.keep(Model(snapshot, RUN, record_of(new_row(RUN), snapshot)))
    assert list(kept_models.folder().iterdir()) == [path]
    assert not old.exists()
