"""Measure this engine beside PyTorch, Keras, scikit-learn and the bare matrix products: medians of several rounds.

Every contender has a process of its own; they take turns. pip install -e ".[bench]" brings what may be missing.
Progress goes to stderr, the result to stdout. Nothing else should run meanwhile. Ctrl+C or SIGTERM ends it and still
prints the workloads that are complete; the exit code is then 130 or 143.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence

from engine.bench.contenders import CONTENDERS
from engine.bench.results import Result, machine, summary
from engine.bench.rounds import TELLING_IMAGES, TELLING_ROUNDS, Field, Plan, compete
from engine.bench.workloads import EPOCH_IMAGES, WORKLOADS, Workload
from engine.errors import SettingError
from engine.terminal.bench_progress import forecast_for
from engine.terminal.bench_table import lines
from engine.terminal.output import complain, say, show
from engine.terminal.signals import InterruptedBySignal

ROUNDS, MAX_ROUNDS = 5, 99
LEAST_IMAGES = 128  # a batch


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--quick",
        action="store_true",
        help=f"a glance within a minute or two: {TELLING_ROUNDS} rounds of {TELLING_IMAGES:,} images",
    )
    parser.add_argument(
        "--only",
        metavar="W,W,…",
        type=_workloads,
        default=list(WORKLOADS),
        help=f"which workloads (default: all), of {', '.join(WORKLOADS)}",
    )
    parser.add_argument(
        "--rounds",
        metavar="N",
        type=_whole("Rounds", 1, MAX_ROUNDS),
        help=f"how often everybody has a turn, 1 to {MAX_ROUNDS} (default: {ROUNDS}); "
        f"with fewer than {TELLING_ROUNDS} the figures mean nothing",
    )
    parser.add_argument(
        "--images",
        metavar="N",
        type=_whole("Images", LEAST_IMAGES, EPOCH_IMAGES),
        help=f"how many images are gone through; the figures are extrapolated to {EPOCH_IMAGES:,} "
        f"(default: {EPOCH_IMAGES:,}); with fewer than {TELLING_IMAGES:,} they mean nothing",
    )


def run(options: argparse.Namespace) -> int:
    """Let everybody take turns, and print."""
    plan = Plan(
        images=options.images or (TELLING_IMAGES if options.quick else EPOCH_IMAGES),
        rounds=options.rounds or (TELLING_ROUNDS if options.quick else ROUNDS),
        threads=options.threads,
    )
    field, started = Field(), time.monotonic()
    results: dict[str, Result] = {}
    chosen = [WORKLOADS[name] for name in options.only]
    stopped = _measure(chosen, plan, field, results)
    for name, why in field.absent.items():
        say(_absence(name, why))
    result = _result(plan, field, results) | {"quick": options.quick, "seconds": time.monotonic() - started}
    show(result, lines(result), as_json=options.json)
    if stopped is None:
        return 0
    complain(f"Stopped with {len(results)} of {len(chosen)} workloads complete.")
    return stopped.exit_code


def _measure(
    chosen: Sequence[Workload], plan: Plan, field: Field, results: dict[str, Result]
) -> InterruptedBySignal | None:
    """Add each workload to `results` as soon as it is complete; return the signal that ended it all, if one did."""
    try:
        with forecast_for(chosen) as forecast:
            for workload in chosen:
                forecast.begin(workload)
                rounds = compete(workload, plan, field, forecast.done)
                results[workload.name] = summary(workload, rounds, telling=plan.telling)
    except InterruptedBySignal as signal:
        return signal
    return None


def _result(plan: Plan, field: Field, results: dict[str, Result]) -> Result:
    return {
        "workloads": results,
        "absent": field.absent,
        "versions": field.versions,
        "machine": machine(),
        "threads": plan.threads,
        "rounds": plan.rounds,
        "telling": plan.telling,
        "images": plan.images,
        "extrapolated_to": EPOCH_IMAGES,
    }


def _absence(name: str, why: str) -> str:
    """Return the sentence about a contender that took no part."""
    contender = CONTENDERS[name]
    cure = f" Install it with: python -m pip install {contender.packages}" if why == "not installed" else ""
    return f"{contender.title} took no part: {why.rstrip('.')}.{cure}"


def _workloads(text: str) -> list[str]:
    names = [part.strip() for part in text.split(",")]
    for name in names:
        if name not in WORKLOADS:
            raise SettingError(f"Workload: {name[:40]} is not allowed; it must be one of {', '.join(WORKLOADS)}.")
    return [name for name in WORKLOADS if name in names]


def _whole(label: str, low: int, high: int) -> Callable[[str], int]:
    def check(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 9 and low <= int(text) <= high):
            raise SettingError(
                f"{label}: {text[:40]} is not allowed; it must be a whole number from {low} to {high:,}."
            )
        return int(text)

    return check
