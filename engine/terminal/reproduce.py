"""Reproduce the table of accuracies: train every row anew with several seeds, and show mean, spread and demand.

Ctrl+C or SIGTERM ends it and still prints the rows that are complete; the exit code is then 130 or 143. With --out the
same command, given again, goes on where it was.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.errors import DigitLabError, SettingError
from engine.fields import parameter
from engine.reproduction import outcome
from engine.reproduction.outcome import MNIST_IMAGES, Plan
from engine.reproduction.rows import Row, all_rows, rows_named
from engine.reproduction.run import Result
from engine.reproduction.runs import perform_all
from engine.specs import RunSpec
from engine.terminal.output import complain, say, show
from engine.terminal.reproduce_display import Display, table_lines
from engine.terminal.signals import InterruptedBySignal, noted

SEEDS = (0, 1, 2)
LEAST_IMAGES, MOST_IMAGES = 200, MNIST_IMAGES
_SEED = parameter(RunSpec, "seed")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    names = ", ".join(dict.fromkeys(row.name for row in all_rows()))
    parser.add_argument(
        "--only",
        metavar="NAME[,NAME]",
        type=_rows,
        default=rows_named(None),
        help=f"these rows only: {names} (default: all, which takes more than an hour)",
    )
    parser.add_argument(
        "--seeds",
        metavar="N[,N]",
        type=_seeds,
        default=SEEDS,
        help=f"the seeds over which the mean is taken, {_SEED.legal} each (default: {','.join(map(str, SEEDS))})",
    )
    parser.add_argument(
        "--images",
        metavar="N",
        type=_images,
        help=f"learn from the first N training images only, {LEAST_IMAGES} to {MOST_IMAGES:,}, to try the command: the "
        "figures of fewer than all mean nothing (default: all)",
    )
    parser.add_argument(
        "--out",
        metavar="FILE",
        type=_file,
        help="a JSON file that is written after every run; runs that are in it already are not done again",
    )


def run(options: argparse.Namespace) -> int:
    """Do whatever is not done yet, and print the table."""
    plan = Plan(options.only, options.seeds, options.threads, options.images)
    results = list(outcome.read(options.out)) if options.out else []
    if options.out:
        outcome.write(options.out, plan, results)  # whether that is possible is found out before all training
    if plan.images is not None:
        say(f"Only {plan.images:,} images are learned from: the figures mean nothing.")
    with noted() as signals:
        trouble = _train(plan, results, options.out, signals)
    show(outcome.report(plan, results), table_lines(plan, results), as_json=options.json)
    if signals:
        done = len(outcome.figures(plan, results))
        kept = f"What was done is in {options.out}." if options.out else "Nothing else was kept: --out would do so."
        complain(f"Stopped with {done} of {len(plan.rows)} rows complete. {kept}")
        return InterruptedBySignal(signals[0]).exit_code
    for error in trouble:
        complain(error)
    return 2 if trouble else 0


def _train(plan: Plan, results: list[Result], out: Path | None, signals: list[int]) -> list[DigitLabError]:
    """Do the runs that are not among `results` and add them there; return what went wrong."""
    trouble: list[DigitLabError] = []
    display = Display(plan, results)
    try:
        for result in perform_all(display.jobs_left, plan.threads, lambda: bool(signals), display.moved):
            results.append(result)
            display.finished(result, results)
            trouble = _write(out, plan, results)
    except DigitLabError as error:
        trouble.append(error)
    finally:
        display.close()
    return trouble


def _write(out: Path | None, plan: Plan, results: list[Result]) -> list[DigitLabError]:
    """Write what is done; return why that failed, which ends no training: the next attempt writes all of it."""
    if out is None:
        return []
    try:
        outcome.write(out, plan, results)
    except DigitLabError as error:
        return [error]
    return []


def _rows(text: str) -> tuple[Row, ...]:
    return rows_named(part.strip() for part in text.split(","))


def _seeds(text: str) -> tuple[int, ...]:
    seeds = tuple(_SEED.check(part.strip()) for part in text.split(","))
    for seed in seeds:
        if seeds.count(seed) > 1:
            raise SettingError(f"Seeds: {seed} is named twice; each counts once.")
    return seeds


def _images(text: str) -> int | None:
    """Return how many images are learned from; None for all of them."""
    if not (text.isascii() and text.isdigit() and len(text) < 6 and LEAST_IMAGES <= int(text) <= MOST_IMAGES):
        raise SettingError(
            f"Images: {text[:40]} is not allowed; it must be a whole number from {LEAST_IMAGES} to {MOST_IMAGES:,}."
        )
    return int(text) if int(text) < MOST_IMAGES else None


def _file(text: str) -> Path:
    if not text.strip():
        raise argparse.ArgumentTypeError("a file name is missing")
    return Path(text)
