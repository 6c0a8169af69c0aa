"""How quick a library of thousands of runs is: ``python tests/bench_runs.py [--runs N] [--json]``.

It is built in a folder of its own, which goes when it is done. Every figure is the best and the median of several
rounds, in milliseconds, of a store that is open; the last one is that of opening it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from engine.presets import PRESETS
from engine.runs.curve import BATCH_NAMES, EPOCH_NAMES, POINTS, Curve
from engine.runs.differences import differing
from engine.runs.export import export_csv
from engine.runs.row import RunRow, RunState, new_row
from engine.runs.store import RunStore

COMMAND = "python tests/bench_runs.py"
ROUNDS = 15


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5000, help="how many runs there are")
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        with RunStore(folder) as store:
            fill(store, options.runs)
            found = measured(store, folder)
        size = sum(path.stat().st_size for path in folder.glob("runs.sqlite*")) / 2**20
    if options.json:
        print(
            json.dumps({"command": COMMAND, "runs": options.runs, "megabytes": round(size, 1), "milliseconds": found})
        )
        return
    print(f"{options.runs:,} runs with their curves: {size:.1f} MB on disk\n")
    print(f"{'':32}{'best':>9}{'median':>9}   ms")
    for name, (best, usual) in found.items():
        print(f"{name:32}{best:9.2f}{usual:9.2f}")


def fill(store: RunStore, count: int) -> None:
    """Add so many finished runs of all presets, each with a noisy curve."""
    rng = np.random.default_rng(0)
    rows = [made(number, rng) for number in range(count)]
    store.rebuild(rows)
    for row in rows:
        store.save_curve(row.id, noisy_curve(rng, row.epochs))


def made(number: int, rng: np.random.Generator) -> RunRow:
    """Return a finished run."""
    presets = list(PRESETS.values())
    spec = presets[number % len(presets)].run
    accuracy = float(rng.uniform(0.9, 0.99))
    row = new_row(spec.changed(run={"seed": number}, training={"learning_rate": float(rng.uniform(0.001, 0.1))}))
    return row.changed(
        state=RunState.FINISHED,
        name=f"Try {number}" if number % 7 == 0 else "",
        epochs=int(rng.integers(1, 40)),
        steps=number,
        validation_accuracy=accuracy,
        test_accuracy=accuracy,
        test_loss=1 - accuracy,
        seconds=12.5,
    )


def noisy_curve(rng: np.random.Generator, epochs: int) -> Curve:
    """Return a curve of the most points there are."""
    return Curve(
        {name: rng.random(POINTS, np.float32) for name in BATCH_NAMES},
        {name: rng.random(epochs, np.float32) for name in EPOCH_NAMES},
    )


def measured(store: RunStore, folder: Path) -> dict[str, tuple[float, float]]:
    """Return the milliseconds of everything a page does."""
    rows = store.rows()
    ids = [row.id for row in rows]
    some, twenty = ids[: len(ids) // 10], ids[:: max(len(ids) // 20, 1)][:20]
    deletion = {"delete": partial(store.delete, some), "undelete": partial(store.undelete, some)}
    times: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        timed(times, f"rows(), all {len(ids):,}", store.rows)
        timed(times, "version", lambda: store.version)
        timed(times, "row()", partial(store.row, ids[len(ids) // 2]))
        timed(times, "save()", partial(store.save, store.row(ids[0])))
        timed(times, "mark()", partial(store.mark, ids[0], starred=True))
        for name, work in deletion.items():
            timed(times, f"{name}() of {len(some):,}", work)
        timed(times, "curves of 20", lambda: [store.curve(one) for one in twenty])
        timed(times, "settings of 20 that differ", lambda: differing([store.row(one).spec for one in twenty]))
        timed(times, "opening the file", lambda: RunStore(folder).close())
    timed(times, "check(), every page", store.check)
    timed(times, f"CSV of all {len(ids):,}", partial(export_csv, folder / "runs.csv", rows))
    return {name: (min(all_), median(all_)) for name, all_ in times.items()}


def timed(times: dict[str, list[float]], name: str, work: Callable[[], Any]) -> None:
    """Do something and note how many milliseconds it took."""
    start = time.perf_counter()
    work()
    times.setdefault(name, []).append(1000 * (time.perf_counter() - start))


if __name__ == "__main__":
    main()
