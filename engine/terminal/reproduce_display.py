"""How the table of accuracies is shown: the way there on stderr, the table itself as aligned columns."""

from __future__ import annotations

import sys
import textwrap
import time
from collections.abc import Iterable, Mapping, Sequence

from tqdm import tqdm

from engine.reproduction.outcome import Figures, Plan, figures
from engine.reproduction.rows import Demand
from engine.reproduction.run import Job, Result
from engine.reproduction.runs import Estimate
from engine.terminal.output import percent, say

LINE_SECONDS = 60
"""How often a log is told how far it all is, where there is no bar."""
HEAD = ("mean", "low to high", "time", "demand", "met")
WIDTH, INDENT = 100, "  "
NONE_LOST = "none lost"


class Display:
    """Shows how far the table is: a bar on a terminal, a line a minute elsewhere, and what is done at once.

    Parameters
    ----------
    plan : Plan
        What is to be done.
    results : iterable of Result
        What is done already.

    Attributes
    ----------
    jobs_left : tuple of Job
        What is left to do, in order.
    """

    def __init__(self, plan: Plan, results: Iterable[Result]) -> None:
        self._plan, self._estimate = plan, Estimate(plan.guesses, plan.threads)
        done = {result.job: result for result in results if result.job in plan.guesses}
        for job, result in done.items():
            self._estimate.took(job, result.seconds)
        self.jobs_left = tuple(job for job in plan.guesses if job not in done)
        self._shown = {entry.row for entry in figures(plan, done.values())}
        self._running: Mapping[Job, tuple[float, float]] = {}
        self._said = time.monotonic()
        if done:
            say(f"{len(done)} of {len(plan.guesses)} runs were done before.")
        self._bar = tqdm(
            total=1.0,
            file=sys.stderr,
            disable=None if self.jobs_left else True,
            dynamic_ncols=True,
            bar_format="{percentage:3.0f}%|{bar}| {desc}",
        )

    def moved(self, running: Mapping[Job, tuple[float, float]]) -> None:
        """Show how far it is; told by job the share that is done and the seconds it took."""
        self._running = running
        self._bar.n = self._estimate.share(running)
        self._bar.set_description_str(self._left())
        if self._bar.disable and running and time.monotonic() - self._said > LINE_SECONDS:
            self._say(f"{self._estimate.share(running):.0%} of it all is done, {self._left()}.")

    def finished(self, result: Result, results: Iterable[Result]) -> None:
        """Say that a run is done, and with it perhaps a row."""
        self._estimate.took(result.job, result.seconds)
        self._running = {job: at for job, at in self._running.items() if job != result.job}
        self._say(f"{run_line(result)}; {self._left()}")
        for entry in figures(self._plan, results):
            if entry.row not in self._shown:
                self._shown.add(entry.row)
                self._say(row_line(self._plan, entry))

    def close(self) -> None:
        """Leave the terminal tidy."""
        self._bar.leave = False
        self._bar.close()

    def _left(self) -> str:
        return f"about {duration(self._estimate.left(self._running))} left"

    def _say(self, text: str) -> None:
        self._said = time.monotonic()
        self._bar.clear()
        say(text)


def run_line(result: Result) -> str:
    """Return what came of a run in a line."""
    run = result.job.run
    name = (
        f"{run.preset}: {run.network.title}"
        if run.preset
        else f"{run.network.title}, rate {run.training.learning_rate:g}"
    )
    found = ", ".join(percent(measure.accuracy) for measure in result.measures)
    stations = ", ".join(str(measure.epochs) for measure in result.measures)
    ended = "" if result.outcome == "finished" else f" ({result.outcome})"
    plural = "s" * (result.job.stations != (1,))
    return f"{name}, seed {run.seed}: {found} after {stations} epoch{plural}{ended}, {duration(result.seconds)}"


def row_line(plan: Plan, entry: Figures) -> str:
    """Return a row that is complete in a line, as it is told on the way."""
    name = "" if entry.row.run.preset else f"{entry.row.name}: "
    return f"= {name}" + "  ".join(cell.strip() for cell in _cells(plan, entry) if cell)


def table_lines(plan: Plan, results: Iterable[Result]) -> list[str]:
    """Return the table for people: the rows whose runs are all done."""
    found = figures(plan, results)
    if not found:
        return ["No row is complete."]
    seeds = ", ".join(map(str, plan.seeds))
    head = (f"row (seed{'s' * (len(plan.seeds) > 1)} {seeds})", *HEAD)
    lines = _aligned([head, *(_cells(plan, entry) for entry in found)])
    shown, name = lines[:1], ""
    for line, entry in zip(lines[1:], found, strict=True):
        if not entry.row.run.preset and entry.row.name != name:
            name = entry.row.name
            shown.append(name)
        shown += [line, *_beside(entry)]
    return [*shown, "", *_remarks(plan, found)]


def duration(seconds: float) -> str:
    """Return a time as people say it, e.g. ``"4.2 s"``, ``"12 min"`` or ``"1 h 05 min"``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"


def _cells(plan: Plan, entry: Figures) -> tuple[str, ...]:
    low, high = (f"{100 * accuracy:.2f}" for accuracy in (min(entry.accuracies), max(entry.accuracies)))
    row = entry.row
    met = ""
    if row.demand is not None and plan.images is None:
        met = "yes" if entry.meets(row.demand) else "NO"
    return (
        row.title if row.run.preset else INDENT + row.title,
        percent(entry.mean),
        f"{low} to {high}" if len(entry.seeds) > 1 else "",
        duration(entry.seconds),
        _demand(row.demand),
        met,
    )


def _beside(entry: Figures) -> list[str]:
    """Return what stands below a row: what others have reached, and what befell single seeds."""
    text = "; ".join(filter(None, [entry.row.reference, _befell(entry)]))
    indent = (1 if entry.row.run.preset else 2) * INDENT
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent)


def _remarks(plan: Plan, found: Sequence[Figures]) -> list[str]:
    """Return what stands below the table: what the figures are, and how many demands they meet."""
    demands = [(entry, entry.row.demand) for entry in found if entry.row.demand is not None]
    lines = ["Accuracies are those on the test images; below each row stands what others have reached."]
    if any(demand.no_digit_lost for _, demand in demands):
        lines.append(f"{NONE_LOST}: every seed reads at least half of the images of every digit.")
    if plan.images is not None:
        lines.append(f"Learned from only {plan.images:,} images: these figures mean nothing.")
    elif demands:
        met = sum(entry.meets(demand) for entry, demand in demands)
        lines.append(f"{met} of {len(demands)} demands are met.")
    return lines


def _demand(demand: Demand | None) -> str:
    if demand is None:
        return ""
    limit = f" in {duration(demand.seconds)}" if demand.seconds else ""
    return f"≥ {percent(demand.accuracy)}{limit}{f', {NONE_LOST}' * demand.no_digit_lost}"


def _befell(entry: Figures) -> str:
    """Return which seeds lost digits or ended early."""
    remarks = []
    for seed, result, measure in zip(entry.seeds, entry.results, entry.measures, strict=True):
        if measure.lost:
            remarks.append(f"seed {seed} lost {', '.join(map(str, measure.lost))}")
        if result.outcome != "finished":
            remarks.append(f"seed {seed} {result.outcome}")
    return "; ".join(remarks)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return lines in which each column is as wide as its widest cell; columns with a title alone are left out."""
    columns = [column for column in zip(*rows, strict=True) if any(column[1:])]
    widths = [max(map(len, column)) for column in columns]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in zip(*columns, strict=True)
    ]
