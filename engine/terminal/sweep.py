"""Run an experiment: train with many settings in worker processes, keep every run, and compare them.

Each run is kept in the library as soon as it has ended, to be opened and gone on with there: Ctrl+C, SIGTERM or a crash
lose only what was at work, and the same command, given again, goes on where it was. The exit code is 130 or 143 after a
stop.
"""

from __future__ import annotations

import argparse
from typing import Any

from engine.errors import SettingError
from engine.runs.experiments import Experiment
from engine.runs.store import RunStore
from engine.sweep.built_in import BUILT_IN
from engine.sweep.checkpoints import why_no_checkpoints
from engine.sweep.events import Control, Event, TrialFailed
from engine.sweep.keeping import open_experiment
from engine.sweep.pool import MOST_WORKERS
from engine.sweep.reading import find_sweep
from engine.sweep.spec import SweepSpec
from engine.sweep.sweep import Sweep
from engine.terminal.output import complain, say, show, table
from engine.terminal.signals import InterruptedBySignal, noted
from engine.terminal.sweep_display import Display
from engine.terminal.sweep_table import Entry, entries_of, report, table_lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "spec",
        metavar="SPEC",
        nargs="?",
        help='a JSON file such as {"base": {"preset": "quick"}, "axes": [{"path": "training.learning_rate", "values": '
        f'[0.001, 0.01]}}], "seeds": [0, 1]}}, or one of the built-in experiments {", ".join(BUILT_IN)}',
    )
    parser.add_argument("--list", action="store_true", help="name the built-in experiments and do nothing")
    parser.add_argument(
        "--workers",
        metavar="N",
        type=_workers,
        help=f"how many trials are trained at once, 1 to {MOST_WORKERS} (default: as many as --threads, which they "
        "share); results do not depend on it",
    )
    parser.add_argument(
        "--anew", action="store_true", help="begin another experiment, although the same was begun or done before"
    )
    parser.add_argument(
        "--backend",
        metavar="B",
        choices=("loky", "dask"),
        default="loky",
        help="loky: processes of this machine; dask: a Dask cluster, on whose machines the program and the data files "
        "must be in the same places (default: loky)",
    )
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of the Dask cluster, such as tcp://127.0.0.1:8786")


def run(options: argparse.Namespace) -> int:
    """Do whatever is not done yet, and print the table."""
    if options.list:
        return _list(as_json=options.json)
    if not options.spec:
        raise SettingError("SPEC is missing: name a JSON file or a built-in experiment; --list names those.")
    spec = find_sweep(options.spec)
    with RunStore() as store, noted() as signals:
        experiment = open_experiment(store, spec, anew=options.anew)
        failures = _work(spec, store, experiment, options, signals)
        for note in store.notes:
            say(note)
        entries = entries_of(spec, store, experiment.id)
        show(_result(spec, experiment, store, entries), table_lines(entries), as_json=options.json)
    for failure in failures:
        complain(f"{failure.trial.label}: {failure.message}")
    if signals:
        done = sum(entry.is_done for entry in entries)
        complain(f"Stopped with {done} of {len(entries)} trials done. The same command goes on from there.")
        return InterruptedBySignal(signals[0]).exit_code
    return 2 if failures else 0


def _work(
    spec: SweepSpec, store: RunStore, experiment: Experiment, options: argparse.Namespace, signals: list[int]
) -> list[TrialFailed]:
    """Run the experiment, show how far it is, and return what failed."""
    sweep = Sweep(spec, store, experiment.id, options.workers, backend=options.backend, scheduler=options.scheduler)
    control, display = Control(), Display(spec)
    failures: list[TrialFailed] = []
    if why := why_no_checkpoints(spec, len(spec.trials())):
        say(why)

    def on_event(event: Event) -> None:
        if signals:
            control.cancel()
        if isinstance(event, TrialFailed):
            failures.append(event)
        display.show(event)

    try:
        sweep.run(on_event, control)
    finally:
        display.close()
    return failures


def _result(spec: SweepSpec, experiment: Experiment, store: RunStore, entries: list[Entry]) -> dict[str, Any]:
    return {
        "experiment": experiment.id,
        "name": spec.name,
        "library": str(store.path),
        **report(entries),
        "spec": spec.model_dump(mode="json"),
    }


def _list(*, as_json: bool) -> int:
    found = [
        {"name": name, "title": spec.name, "trials": len(spec.trials()), "search": spec.search}
        for name, spec in BUILT_IN.items()
    ]
    lines = table((row["name"], f"{row['title']}: {row['trials']} trials") for row in found)  # type: ignore[misc]
    show({"experiments": found}, lines, as_json=as_json)
    return 0


def _workers(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= MOST_WORKERS):
        raise SettingError(f"Workers: {text[:40]} is not allowed; it must be a whole number from 1 to {MOST_WORKERS}.")
    return int(text)
