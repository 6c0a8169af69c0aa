"""Trains on a disk that becomes full, and looks what that does to the training and to what was there before.

``python tests/full_disk.py tmpfs|limit FOLDER``: ``tmpfs`` wants a file system of its own on FOLDER, of some megabytes;
``limit`` lets the system refuse to let any file grow, as it does where a quota is used up.
"""

from __future__ import annotations

import hashlib
import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from kills import RUN, require, small

from engine import kept_models
from engine.errors import DigitLabError
from engine.files import data_folder
from engine.history import History
from engine.model_files import Model, save_model
from engine.network import Network
from engine.own_digits.store import OwnDigits
from engine.reports import EndReport
from engine.runs import keeper as keeping
from engine.runs.film import Film
from engine.runs.keeper import Keeper
from engine.runs.recall import cut_off, model_of, recall, record_of
from engine.runs.row import RunRow, RunState, new_row
from engine.runs.run_file import RunFile, path_of
from engine.runs.store import RunStore
from engine.training import Training

LIMIT = 4096
DATA = small()


def main() -> None:
    os.environ["DIGITLAB_DATA"] = sys.argv[2]
    keeping.CHECKPOINT_SECONDS = keeping.FRAME_SECONDS = 0.0
    disk = Tmpfs() if sys.argv[1] == "tmpfs" else Limit()
    before = {path: digest(path) for path in standing()}
    whole = weights_of(train(*begin()))
    for case in (full_on_the_way, full_from_the_start, killed_while_full):
        case(disk, whole)
        print(case.__name__)
    require({path: digest(path) for path in before} == before, "what was there before has changed")
    with OwnDigits() as own:
        require(len(own.all()) == 1, "the own digits have changed")
    left = [path.name for path in data_folder().rglob("*.part")]
    require(not left, f"half-written files are left: {left}")


class Tmpfs:
    """A small file system, filled by a file."""

    def fill(self) -> None:
        with (data_folder() / "filler").open("wb", buffering=0) as file:
            size = 2**16
            while size:
                try:
                    file.write(bytes(size))
                except OSError:
                    size //= 2

    def free(self) -> None:
        (data_folder() / "filler").unlink()


class Limit:
    """A limit on the length of every file; the system's own way to use up a quota in one process."""

    def __init__(self) -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        self.usual = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, self.usual[1]))

    def free(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, self.usual)


# --- cases ----------------------------------------------------------------------------------------------------


def full_on_the_way(disk: Tmpfs | Limit, whole: np.ndarray) -> None:
    """The disk becomes full in the middle of a run, nothing else can be kept either, and there is room again."""
    training, keeper = begin()
    keeper.begin()
    require(keeper.trouble is None, f"{keeper.trouble}")
    said = set()
    for count, report in enumerate(training.reports()):
        if count == 10:
            disk.fill()
        elif count == 30:
            refuses_to_keep(training)
            disk.free()
        if isinstance(report, EndReport):
            keeper.leave(RunState(report.reason), report.message)
            break
        keeper.note(report)
        said.add(str(keeper.trouble or ""))
    said.discard("")
    require(bool(said), "nobody said that the disk is full")
    require(all("full" in sentence and "Traceback" not in sentence for sentence in said), f"{said}")
    complete(training, keeper, whole)


def full_from_the_start(disk: Tmpfs | Limit, whole: np.ndarray) -> None:
    """The disk is full before the run begins, and until it has ended: there is room when it is let go."""
    training, keeper = begin()
    disk.fill()
    keeper.begin()
    require(keeper.trouble is not None, "a full disk was not noticed")
    for report in training.reports():
        if isinstance(report, EndReport):
            break
        keeper.note(report)
    disk.free()
    keeper.leave(RunState.FINISHED)
    complete(training, keeper, whole)


def killed_while_full(disk: Tmpfs | Limit, whole: np.ndarray) -> None:
    """The process ends while the disk is full: the next one goes on from the last checkpoint before."""
    training, keeper = begin()
    keeper.begin()
    for count, report in enumerate(training.reports()):
        if count == 30:
            break
        keeper.note(report)
        if count == 20:
            keeper.pause()  # so that there is a checkpoint, however slow the disk is
            disk.fill()
    keeping.writing(keeper._close).result()
    require(keeper.trouble is not None, "a full disk was not noticed")
    disk.free()
    with RunStore() as store:
        (row,) = cut_off(store)
    recalled = recall(row.id)
    require(0 < recalled.row.steps < 30, f"{recalled.row.steps} batches are kept")
    again = recalled.training(DATA)
    complete(*train(again, Keeper(recalled.row, again)), whole)


# --- steps ----------------------------------------------------------------------------------------------------


def standing() -> Iterator[Path]:
    """Make what stands in the folder before: digits of one's own, a kept network."""
    add_digit()
    yield data_folder() / "my-digits.sqlite"
    snapshot = Network(RUN.network, 5).snapshot(1, 1)
    yield kept_models.keep(Model(snapshot, RUN, record_of(new_row(RUN), snapshot)))


def add_digit() -> None:
    with OwnDigits() as own:
        own.add_image(np.eye(28, dtype=np.uint8) * 255, 7)


def begin(row: RunRow | None = None) -> tuple[Training, Keeper]:
    training = Training(Network(RUN.network, RUN.seed), DATA, RUN.training, RUN.seed)
    return training, Keeper(row or new_row(RUN), training)


def train(training: Training, keeper: Keeper) -> tuple[Training, Keeper]:
    keeper.begin()
    for report in training.reports():
        if not isinstance(report, EndReport):
            keeper.note(report)
    keeper.leave(RunState.FINISHED)
    return training, keeper


def weights_of(pair: tuple[Training, Keeper]) -> np.ndarray:
    return pair[0].network.parameters.copy()


def refuses_to_keep(training: Training) -> None:
    """Try to keep and to save a network, and to add a digit: a sentence each, and what is there stays as it is."""
    snapshot = training.snapshot()
    model = Model(snapshot, RUN, record_of(new_row(RUN), snapshot))
    (kept,) = kept_models.kept()
    before = digest(kept)
    for write in (lambda: kept_models.keep(model), lambda: save_model(kept, model), add_digit):
        try:
            write()
        except DigitLabError as error:
            require("could not be written" in str(error) or "the disk is full" in str(error), str(error))
        else:
            raise AssertionError("a full disk took a model or a digit")
    require(digest(kept) == before, "a model that could not be replaced has changed")


def complete(training: Training, keeper: Keeper, whole: np.ndarray) -> None:
    """Look whether all of a run is on disk, and its weights are those of one never disturbed."""
    require(keeper.trouble is None, f"{keeper.trouble}")
    require(np.array_equal(training.network.parameters, whole), "the weights differ")
    with RunStore() as store:
        row, curve = store.row(keeper.row.id), store.curve(keeper.row.id)
    require(row.state == RunState.FINISHED and row.steps == training.step, f"{row.state} after {row.steps}")
    history: History = recall(row.id).history
    require(len(history.batches) == training.step, f"{len(history.batches)} batches are kept")
    require(curve is not None and len(curve.batches["loss"]) == training.step, "the curve is not complete")
    require(np.array_equal(model_of(row, "last").network.parameters, whole), "other weights are kept")
    with closing(Film(RunFile(path_of(row.id)), RUN.network)) as film:
        require([film.frame(index).step for index in range(len(film))] == film.steps.tolist(), "the film is damaged")


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    main()
