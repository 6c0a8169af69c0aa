"""Measure this engine beside PyTorch, Keras, scikit-learn and the bare matrix products: medians of several rounds.

Every contender has a process of its own; they take turns. pip install -e ".[bench]" brings what may be missing.
Progress goes to stderr, the result to stdout. Nothing else should run meanwhile.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

from engine.bench.contenders import CONTENDERS
from engine.bench.results import Result, machine, summary
from engine.bench.rounds import Field, Plan, compete
from engine.bench.workloads import EPOCH_IMAGES, WORKLOADS
from engine.errors import SettingError
from engine.terminal.bench_progress import forecast_for
from engine.terminal.bench_table import lines
from engine.terminal.output import say, show

ROUNDS, MAX_ROUNDS = 5, 99
QUICK_ROUNDS, QUICK_IMAGES = 3, 12_000
LEAST_IMAGES = 128  # a batch


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--quick",
        action="store_true",
        help=f"a glance within a minute or two: {QUICK_ROUNDS} rounds of {QUICK_IMAGES:,} images",
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
        help=f"how often everybody has a turn, 1 to {MAX_ROUNDS} (default: {ROUNDS})",
    )
    parser.add_argument(
        "--images",
        metavar="N",
        type=_whole("Images", LEAST_IMAGES, EPOCH_IMAGES),
        help=f"how many images are gone through; the figures are extrapolated to {EPOCH_IMAGES:,} "
        f"(default: {EPOCH_IMAGES:,})",
    )


def run(options: argparse.Namespace) -> int:
    """Let everybody take turns, and print."""
    plan = Plan(
        images=options.images or (QUICK_IMAGES if options.quick else EPOCH_IMAGES),
        rounds=options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS),
        threads=options.threads,
    )
    field, results, started = Field(), {}, time.monotonic()
    chosen = [WORKLOADS[name] for name in options.only]
    with forecast_for(chosen) as forecast:
        for workload in chosen:
            forecast.begin(workload)
            results[workload.name] = summary(workload, compete(workload, plan, field, forecast.done))
    for name, why in field.absent.items():
        say(_absence(name, why))
    result = _result(plan, field, results) | {"quick": options.quick, "seconds": time.monotonic() - started}
    show(result, lines(result), as_json=options.json)
    return 0


def _result(plan: Plan, field: Field, results: dict[str, Result]) -> Result:
    return {
        "workloads": results,
        "absent": field.absent,
        "versions": field.versions,
        "machine": machine(),
        "threads": plan.threads,
        "rounds": plan.rounds,
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
