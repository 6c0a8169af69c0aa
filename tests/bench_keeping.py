"""What it costs to keep a run while it trains: the same training plain, with checkpoints and with its film, by turns.

    python tests/bench_keeping.py [--presets quick article deep convolutional] [--rounds 5]

The first figure is a ratio of medians by the clock, which other programs disturb; the second is what the keeper itself
computed, in the thread that trains and in the one that writes, as a share of what the training computed; what
reading the clock takes, 54,000 times in an epoch of single images, does not count.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from engine.blas import allow_threads, most_threads
from engine.datasets import load_dataset
from engine.datasets.split import split
from engine.network import Network
from engine.presets import PRESETS
from engine.reports import EndReport
from engine.runs.keeper import Keeper
from engine.runs.row import RunState, new_row
from engine.training import Training

EPOCHS = {"quick": 6, "article": 1, "deep": 10, "convolutional": 10, "best": 1}


def clock() -> float:
    """Return the seconds of the processor that pass between two looks at them."""
    looks = [time.thread_time() for _ in range(20_001)]
    return (looks[-1] - looks[0]) / (len(looks) - 1)


class Counted(Keeper):
    """A keeper that counts the seconds of processors it takes."""

    here = beside = 0.0
    looking = clock()

    def begin(self) -> None:
        self._count(super().begin)

    def note(self, report) -> None:
        started = time.thread_time()
        super().note(report)
        self.here += time.thread_time() - started - self.looking

    def leave(self, state, message="") -> None:
        self._count(super().leave, state, message)

    def _write_all(self, *given) -> None:
        started = time.thread_time()
        super()._write_all(*given)
        self.beside += time.thread_time() - started

    def _count(self, call, *given) -> None:
        started = time.thread_time()
        call(*given)
        self.here += time.thread_time() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--presets", nargs="+", default=["quick", "article", "deep", "convolutional"], choices=sorted(EPOCHS)
    )
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    allow_threads(most_threads())
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DIGITLAB_DATA"] = folder
        for preset in options.presets:
            report(preset, options.rounds)


WAYS = ("plain", "checkpoints", "film")


def report(preset: str, rounds: int) -> None:
    """Print the ratios of a preset, and what is on disk in the end."""
    data = split(load_dataset("mnist"), 0.1, 0)
    run = PRESETS[preset].run.changed(training={"epochs": EPOCHS[preset]})
    found: dict[str, list[tuple[float, float, float]]] = {way: [] for way in WAYS}
    film = ""
    for number in range(rounds + 1):
        for way in WAYS if number % 2 else WAYS[::-1]:
            seconds, film = train(run, data, way=way, film=film)
            if number:  # the first round warms up
                found[way].append(seconds)
    plain, checkpoints, whole = (
        [statistics.median(column) for column in zip(*found[way], strict=True)] for way in WAYS
    )
    share, rest = (100 * (some[2] - less) / plain[1] for some, less in ((whole, checkpoints[2]), (checkpoints, 0.0)))
    print(
        f"{preset}: {plain[0]:.2f} s, kept {whole[0] / plain[0]:.3f} times that; of its computing {share:.1f} % for "
        f"the film, {rest:.1f} % for checkpoints and curves; {film}"
    )


def train(run, data, *, way: str, film: str) -> tuple[tuple[float, float, float], str]:
    """Train once; return the seconds by the clock and of the processors, and what the film holds."""
    training = Training(Network(run.network, run.seed), data, run.training, run.seed)
    keeper = Counted(new_row(run), training, film=way == "film") if way != "plain" else None
    started = time.perf_counter(), time.process_time()
    if keeper is not None:
        keeper.begin()
    for item in training.reports():
        if keeper is not None and not isinstance(item, EndReport):
            keeper.note(item)
    if keeper is not None:
        keeper.leave(RunState.FINISHED)
    own = keeper.here + keeper.beside if keeper else 0.0
    seconds = time.perf_counter() - started[0], time.process_time() - started[1], own
    if keeper is not None:
        if way == "film":
            with closing(sqlite3.connect(keeper.path)) as base:
                frames, size = base.execute("select count(*), sum(length(data)) from frames").fetchone()
            film = f"{frames} frames, {size / 1e6:.1f} MB; {keeper.path.stat().st_size / 1e6:.1f} MB in all"
        keeper.path.unlink()
    return seconds, film


if __name__ == "__main__":
    main()
