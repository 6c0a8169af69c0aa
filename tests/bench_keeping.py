"""What it costs to keep a run while it trains: the same training with and without, by turns, on all of MNIST.

    python tests/bench_keeping.py [--presets quick convolutional article] [--rounds 5]

Ratios are of medians: of seconds on the clock, and of seconds of processors, which other programs disturb less.
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

EPOCHS = {"quick": 6, "convolutional": 1, "article": 1, "best": 1, "deep": 3}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--presets", nargs="+", default=["quick", "convolutional", "article"], choices=sorted(EPOCHS))
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    allow_threads(most_threads())
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DIGITLAB_DATA"] = folder
        for preset in options.presets:
            report(preset, options.rounds)


def report(preset: str, rounds: int) -> None:
    """Print the ratios of a preset, and what is on disk in the end."""
    data = split(load_dataset("mnist"), 0.1, 0)
    run = PRESETS[preset].run.changed(training={"epochs": EPOCHS[preset]})
    found: dict[bool, list[tuple[float, float]]] = {False: [], True: []}
    film = ""
    for number in range(rounds + 1):
        for kept in (False, True) if number % 2 else (True, False):
            seconds, film = train(run, data, kept=kept, film=film)
            if number:  # the first round warms up
                found[kept].append(seconds)
    clock, processor = (
        statistics.median(times[n] for times in found[True]) / statistics.median(times[n] for times in found[False])
        for n in (0, 1)
    )
    plain = statistics.median(times[0] for times in found[False])
    ratios = f"{clock:.3f} times by the clock, {processor:.3f} of the processors"
    print(f"{preset}: {plain:.2f} s without; with: {ratios}; {film}")


def train(run, data, *, kept: bool, film: str) -> tuple[tuple[float, float], str]:
    """Train once; return the seconds by the clock and of the processors, and what the film holds."""
    training = Training(Network(run.network, run.seed), data, run.training, run.seed)
    keeper = Keeper(new_row(run), training) if kept else None
    started = time.perf_counter(), time.process_time()
    if keeper is not None:
        keeper.begin()
    for item in training.reports():
        if keeper is not None and not isinstance(item, EndReport):
            keeper.note(item)
    if keeper is not None:
        keeper.leave(RunState.FINISHED)
    seconds = time.perf_counter() - started[0], time.process_time() - started[1]
    if keeper is not None:
        with closing(sqlite3.connect(keeper.path)) as base:
            frames, size = base.execute("select count(*), sum(length(data)) from frames").fetchone()
        film = f"{frames} frames, {size / 1e6:.1f} MB; {keeper.path.stat().st_size / 1e6:.1f} MB in all"
        keeper.path.unlink()
    return seconds, film


if __name__ == "__main__":
    main()
