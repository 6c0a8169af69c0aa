"""Killed at any moment, a library of runs is whole when it is next opened: as Unix kills, with ``kill -9``."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_engine_runs_trouble import RUNS, filled, older, overwritten

from engine.children import environment
from engine.runs.store import RunStore
from engine.specs import RunSpec

# Dies at the n-th statement, copy or renaming of what opens a library, for as many n as there are.
KILLED = """
import os, shutil, signal, sqlite3, sys
from pathlib import Path
from engine.runs.store import RunStore

original, work, every = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
step, last = 0, 0

def counted():
    global step
    step += 1
    if step == last:
        os.kill(os.getpid(), signal.SIGKILL)

def dying(function):
    def call(*values, **named):
        counted()
        return function(*values, **named)
    return call

class Connection(sqlite3.Connection):
    execute = dying(sqlite3.Connection.execute)
    backup = dying(sqlite3.Connection.backup)

def killed_at(folder, number):
    global last
    child = os.fork()
    if child:
        return os.WIFSIGNALED(os.waitpid(child, 0)[1])
    last, connect = number, sqlite3.connect
    sqlite3.connect = lambda *values, **named: connect(*values, factory=Connection, **named)
    os.replace, Path.rename = dying(os.replace), dying(Path.rename)
    RunStore(folder).close()
    os._exit(0)

number, times = 1, 0
while True:
    folder = work / str(number)
    shutil.copytree(original, folder)
    if not killed_at(folder, number):
        break
    with RunStore(folder) as store:
        store.check()
        aside, copies = (len(list(folder.glob(name))) for name in ("*.damaged-*[0-9]", "*.v1.bak"))
        print(len(store.rows()), aside, copies)
        store.add(store.rows()[0].row().changed(id="new"))
    left = {path.name.split("damaged")[0] for path in folder.iterdir()}
    assert left <= {"runs.sqlite", "runs.sqlite.", "runs.sqlite.lock", "runs.sqlite.v1.bak"}, left
    shutil.rmtree(folder)
    number += every
"""


def killed(original: Path, work: Path, every: int) -> list[tuple[int, ...]]:
    """Kill what opens a library at every step, or every so many; return what the next one found each time."""
    command = [sys.executable, "-c", KILLED, str(original), str(work), str(every)]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return [tuple(map(int, line.split())) for line in done.stdout.splitlines()]


def test_killed_in_the_midst_of_a_migration_nothing_is_lost(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    older(tmp_path / "old")
    found = killed(tmp_path / "old", tmp_path, every=2)
    assert len(found) > 8
    assert set(found) == {(5, 0, 1)}


def test_killed_in_the_midst_of_mending_what_can_be_read_is_kept(tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    filled(library)
    path = library / "runs.sqlite"
    data = path.read_bytes()
    page = data.index(b'"learning_rate"') // 4096 * 4096
    path.write_bytes(overwritten(page, page + 4096)(data))
    shutil.copytree(library, tmp_path / "whole")
    with RunStore(tmp_path / "whole") as store:
        readable = len(store.rows())
    assert 0 < readable < RUNS
    found = killed(library, tmp_path, every=19)
    assert len(found) > 5
    assert set(found) == {(readable, 1, 0)}


SAVING = """
import sys
from pathlib import Path
from engine.runs.row import new_row
from engine.runs.store import RunStore
from engine.specs import RunSpec
row = new_row(RunSpec())
with RunStore(Path(sys.argv[1])) as store:
    for number in range(10**6):
        store.save(row.changed(id=str(number)))
        print(number, flush=True)
"""


@pytest.fixture
def saving(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", SAVING, str(tmp_path)]
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def test_what_was_saved_outlives_a_kill(tmp_path: Path, saving: subprocess.Popen[str]) -> None:
    assert saving.stdout is not None
    said = [saving.stdout.readline() for _ in range(100)]
    saving.kill()
    said += saving.stdout.readlines()
    last = int([line for line in said if line.endswith("\n")][-1])
    with RunStore(tmp_path) as store:
        store.check()
        ids = {row.id for row in store.rows()}
        assert ids >= {str(number) for number in range(last + 1)}
        assert len(ids) <= last + 2
        assert store.notes == []
        assert store.row("0").spec == RunSpec()
