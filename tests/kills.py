"""Kills the program with ``kill -9`` at random moments, and looks each time at what the next start finds.

``python tests/kills.py [KILLS] [--seed N]``

A process trains, is kept, and saves its network over an older file, in a library that an older program began; it is
killed in a random phase, at a random moment of it. The next one looks whether the library, the files of all runs and
all models are whole, and goes on with the run that was cut off, until that is killed, too. Every run that reaches its
end must have the weights of a run that was never disturbed. Prints how many kills landed where, as JSON.
"""

from __future__ import annotations

import argparse
import json
import mmap
import os
import select
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"  # with threads, nothing may be forked

import numpy as np
from test_engine_runs_trouble import older

from engine import files, kept_models
from engine.datasets.dataset import Dataset
from engine.datasets.split import Split, split
from engine.model_files import Model, load_model, save_model
from engine.network import Network
from engine.pace import pace_for
from engine.presets import PRESETS
from engine.runs import keeper as keeping
from engine.runs import run_file, store
from engine.runs.film import Film
from engine.runs.keeper import Keeper
from engine.runs.recall import cut_off, model_of, recall, record_of
from engine.runs.row import RunRow, RunState, new_row
from engine.runs.run_file import RunFile
from engine.runs.store import RunStore
from engine.terminal.keeping import note_model
from engine.training import Training

PHASES = ("start", "begin", "train", "leave", "keep", "save")
TOLD = (*PHASES, "end")
SHARES = (0.2, 0.1, 0.35, 0.1, 0.15, 0.1)
OLD_RUNS, FOLDER_KILLS, WHOLE_EVERY = 5, 7, 5
IN_WRITING, LOOKS, LOOK_SECONDS = 0.6, 100, 3e-4
RUN = PRESETS["quick"].run.changed(
    network={"layers": [{"kind": "dense", "units": 12, "dropout": 0.2}]},
    training={"batch_size": 50, "epochs": 4, "optimizer": {"kind": "adam"}, "keep_best": False},
)


class Life:
    """What one process does, from its start to its end, and what tells the others how far it has got.

    Parameters
    ----------
    folder : path
        The data folder.
    data : Split
    busy : mmap
        A byte that is shared: how many writings are under way.
    """

    def __init__(self, folder: Path, data: Split, busy: mmap.mmap) -> None:
        self.folder, self.data, self.busy = folder, data, busy
        self.target = folder.parent / "network.safetensors"

    def live(self, enter: Callable[[str], None]) -> None:
        """Start, go on with what was cut off or begin anew, train to the end, keep the network and save it."""
        os.environ["DIGITLAB_DATA"] = str(self.folder)
        keeping.CHECKPOINT_SECONDS = keeping.FRAME_SECONDS = 0.0
        self.watch_writings()
        enter("start")
        training, row = self.found()
        enter("begin")
        keeper = Keeper(row, training)
        keeper.begin()
        enter("train")
        for report in training.reports():
            keeper.note(report)
        enter("leave")
        keeper.leave(RunState.FINISHED)
        require(keeper.trouble is None, str(keeper.trouble))
        snapshot = training.snapshot()
        model = Model(snapshot, RUN, record_of(keeper.row, snapshot))
        enter("keep")
        note_model(keeper.row.id, kept_models.keep(model), model.record)
        enter("save")
        save_model(self.target, model)
        enter("end")

    def found(self) -> tuple[Training, RunRow]:
        """Return the run that was cut off, or a new one."""
        with RunStore() as library:
            waiting = cut_off(library)
        require(len(waiting) < 2, f"{len(waiting)} runs were cut off, where one was killed")
        if not waiting:
            return Training(Network(RUN.network, RUN.seed), self.data, RUN.training, RUN.seed), new_row(RUN)
        recalled = recall(waiting[0].id)
        return recalled.training(self.data), recalled.row

    def watch_writings(self) -> None:
        """Let :attr:`busy` say whether something is being written."""
        busy = self.busy
        busy[0] = 0

        def watched(method: Any) -> Any:
            def call(*values: Any, **named: Any) -> Any:
                busy[0] += 1
                try:
                    return method(*values, **named)
                finally:
                    busy[0] -= 1

            return call

        run_file.RunFile.write = watched(run_file.RunFile.write)  # type: ignore[method-assign]
        store.RunStore._write = watched(store.RunStore._write)  # type: ignore[method-assign]
        files._flush = watched(files._flush)

    # --- what the next one finds --------------------------------------------------------------------------

    def check(self, weights: np.ndarray, before: np.ndarray) -> None:
        """Look at everything that is on disk; `before` are the weights of the file that is saved over."""
        os.environ["DIGITLAB_DATA"] = str(self.folder)
        with RunStore() as library:
            library.check()
            require(library.notes == [], f"the library had to be mended: {library.notes}")
            waiting = cut_off(library)
            rows = [glance.row() for glance in library.rows()]
            require(sum(row.name == "named" for row in rows) == OLD_RUNS, "old runs are missing")
            for row in rows:
                self.check_row(row, library, weights)
        for path in run_file.folder().glob("*.run"):
            self.check_run(path, {row.id for row in rows})
        for row in waiting:
            recall(row.id).training(self.data)
        for path in kept_models.kept():
            require(np.array_equal(load_model(path).network.parameters, weights), f"{path} has other weights")
        saved = load_model(self.target).network.parameters
        require(any(np.array_equal(saved, one) for one in (weights, before)), "the saved model is neither old nor new")

    def check_row(self, row: RunRow, library: RunStore, weights: np.ndarray) -> None:
        """Look whether a run is what it says it is."""
        library.curve(row.id)
        require(row.state in (RunState.FINISHED, RunState.INTERRUPTED), f"{row.id} is {row.state}")
        if row.name != "named" and row.state == RunState.FINISHED:
            for which in ("best", "last") if row.model else ("last",):
                found = model_of(row, which).network.parameters  # type: ignore[arg-type]
                require(np.array_equal(found, weights), f"{row.id} has other weights than a run never disturbed")

    def check_run(self, path: Path, known: set[str]) -> None:
        """Look whether the file of a run is whole, the film to be seen, and the run in the library."""
        require(path.stem in known, f"{path.name} is not in the library")
        with closing(sqlite3.connect(path)) as base:
            (found,) = base.execute("pragma integrity_check").fetchone()
            require(found == "ok", f"{path.name}: {found}")
        with closing(Film(RunFile(path), RUN.network)) as film:
            for index in range(len(film)):
                film.frame(index)


def require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise AssertionError(otherwise)


# --- processes ------------------------------------------------------------------------------------------------


def born(work: Callable[[], None]) -> int:
    """Start a process that does some work; return its number."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        work()
        code = 0
    except BaseException:
        traceback.print_exc()
    sys.stderr.flush()
    os._exit(code)


def outlive(child: int) -> None:
    """Wait for a process that has to end well."""
    require(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, "a process that was not killed failed")


class Watched:
    """A process that says which phase it enters."""

    def __init__(self, life: Life) -> None:
        self._reading, writing = os.pipe()
        self.id = born(lambda: life.live(lambda phase: tell(writing, phase)))
        os.close(writing)  # so that its end is the end of the pipe

    def wait_for(self, phase: str) -> float:
        """Wait until it enters a phase; return when that was."""
        while said := os.read(self._reading, 1):
            if TOLD[said[0]] == phase:
                return time.perf_counter()
        raise AssertionError("a process ended before its time")

    def has_ended(self, seconds: float) -> bool:
        """Wait so long, or until it has ended."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            if select.select([self._reading], [], [], left)[0] and not os.read(self._reading, 64):
                return True
        return False

    def close(self) -> None:
        os.close(self._reading)


def tell(writing: int, phase: str) -> None:
    os.write(writing, bytes([TOLD.index(phase)]))


def durations(life: Life) -> dict[str, float]:
    """Return how long each phase of an undisturbed life takes, in seconds."""
    child = Watched(life)
    times = [child.wait_for(phase) for phase in TOLD]
    outlive(child.id)
    child.close()
    return dict(zip(PHASES, np.diff(times).tolist(), strict=True))


def killed(life: Life, phase: str, delay: float, in_writing: bool) -> bool:
    """Start a life and kill it so many seconds after a phase has begun; return whether it lived until then.

    If that is wanted, and soon the case, it is killed while it writes.
    """
    child = Watched(life)
    child.wait_for(phase)
    ended = child.has_ended(delay)
    for _ in range(LOOKS if in_writing else 0):
        if ended or life.busy[0]:
            break
        ended = child.has_ended(LOOK_SECONDS)
    os.kill(child.id, signal.SIGKILL)
    status = os.waitpid(child.id, 0)[1]
    child.close()
    if os.WIFSIGNALED(status):
        return True
    require(os.waitstatus_to_exitcode(status) == 0, "a process failed before it was killed")
    return False


# --- all of it ------------------------------------------------------------------------------------------------


def begun(place: Path, before: Model) -> Path:
    """Return a data folder with a library of an older program, and beside it a model that will be saved over."""
    folder = place / "data"
    folder.mkdir(parents=True)
    older(folder, OLD_RUNS)
    save_model(place / "network.safetensors", before)
    return folder


def campaign(place: Path, kills: int, seed: int) -> dict[str, Any]:
    """Kill so often; return what came of it."""
    rng, data = np.random.default_rng(seed), small()
    busy = mmap.mmap(-1, 1)
    new = Network(RUN.network, RUN.seed + 1).snapshot(0, 0)
    before = Model(new, RUN, record_of(new_row(RUN), new))
    life = Life(begun(place / "reference", before), data, busy)
    pace_for(Network(RUN.network), RUN.training.batch_size)  # found out once: whoever is born knows it
    took = durations(life)
    weights = load_model(life.target).network.parameters
    where: Counter[str] = Counter()
    writing = folders = 0
    while sum(where.values()) < kills:
        if sum(where.values()) % FOLDER_KILLS == 0 or folders == 0:
            life = Life(begun(place / str(folders), before), data, busy)
            folders += 1
        phase = str(rng.choice(PHASES, p=SHARES))
        if killed(life, phase, rng.uniform(0, took[phase]), in_writing=rng.random() < IN_WRITING):
            where[phase] += 1
            writing += bool(busy[0])
        outlive(born(lambda life=life: life.check(weights, new.parameters)))  # type: ignore[misc]
        if sum(where.values()) % WHOLE_EVERY == 0:
            whole(life, weights, new.parameters)
    return {"kills": sum(where.values()), "while_writing": writing, "libraries": folders, **where}


def whole(life: Life, weights: np.ndarray, before: np.ndarray) -> None:
    """Let what was cut off go on to its end, and look whether it came to the same."""
    outlive(born(lambda: life.live(lambda _phase: None)))
    outlive(born(lambda: life.check(weights, before)))
    require(np.array_equal(load_model(life.target).network.parameters, weights), "going on came to other weights")


def small() -> Split:
    """Return a part of MNIST, some of it held back."""
    return split(small_part(), 1 / 6, seed=0)


def small_part() -> Dataset:
    """Return the first images of MNIST, those of the fixture `small`."""
    with np.load(Path(__file__).resolve().parents[1] / "resources/data/mnist.npz", allow_pickle=False) as file:
        arrays = [
            file[name][:count] for name, count in (("x_train", 600), ("y_train", 600), ("x_test", 200), ("y_test", 200))
        ]
    return Dataset("mnist", "MNIST, a part", *arrays)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kills", nargs="?", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    place, start = Path(tempfile.mkdtemp(prefix="digitlab-kills-")), time.monotonic()
    try:
        found = campaign(place, options.kills, options.seed)
    except AssertionError as error:
        print(f"{error}; see {place}", file=sys.stderr)
        return 1
    shutil.rmtree(place)
    print(json.dumps({**found, "seconds": round(time.monotonic() - start, 1)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
