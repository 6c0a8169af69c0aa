"""What came of an experiment: a table sorted by the score, and the same as one JSON object."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from engine.runs.glance import RunGlance
from engine.runs.row import RunState
from engine.runs.schema import SCORES
from engine.runs.store import RunStore
from engine.sweep.keeping import FINAL, Keeper
from engine.sweep.paths import SEED, shown
from engine.sweep.spec import SweepSpec, Trial
from engine.terminal.output import percent
from engine.terminal.reproduce_display import duration

_FIGURES = ("id", *SCORES, "message")


@dataclass(frozen=True)
class Entry:
    """A trial and its run.

    Attributes
    ----------
    trial : Trial
    run : RunGlance or None
        None when it has not ended yet.
    """

    trial: Trial
    run: RunGlance | None

    @property
    def is_done(self) -> bool:
        """Whether it need not be done any more."""
        return self.run is not None and self.run.state in FINAL

    @property
    def score(self) -> float | None:
        """The test accuracy, 0 to 1."""
        return self.run.test_accuracy if self.run is not None and self.is_done else None


def entries_of(spec: SweepSpec, store: RunStore, experiment: str) -> list[Entry]:
    """Return all trials of an experiment with their runs, in the order of the trials."""
    known = Keeper(store, experiment).known()
    return [Entry(trial, known.get(trial.key)) for trial in spec.trials()]


def report(entries: Sequence[Entry]) -> dict[str, Any]:
    """Return what came of the trials, the best first."""
    ordered = sorted(entries, key=lambda entry: _falling(entry.score))
    return {"complete": all(entry.is_done for entry in entries), "trials": [_described(entry) for entry in ordered]}


def _described(entry: Entry) -> dict[str, Any]:
    trial, run = entry.trial, entry.run
    return {
        "trial": trial.index,
        "title": trial.title,
        "values": dict(trial.values),
        "seed": trial.run.seed,
        "state": run.state.value if run is not None else None,
        "reference": trial.reference,
        **{name: getattr(run, name, None) for name in _FIGURES},
    }


def table_lines(entries: Sequence[Entry]) -> list[str]:
    """Return the table for people: a line per combination of settings, the mean over its seeds, the best first."""
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        combination = {path: value for path, value in entry.trial.values.items() if path != SEED}
        groups.setdefault(entry.trial.title or repr(combination), []).append(entry)
    done = [_Group(group) for group in groups.values() if any(entry.score is not None for entry in group)]
    if not done:
        return ["No trial is done."]
    paths = list(dict.fromkeys(path for group in done for path in group.settings))
    head = (*map(_short, paths), "accuracy", "low to high", "theirs", "validation", "time", "")
    rows = [(*(shown_cell(group.settings, path) for path in paths), *group.cells) for group in sorted(done, key=_place)]
    return [*_aligned([head, *rows]), "", *_remarks(done, entries)]


def shown_cell(settings: dict[str, Any], path: str) -> str:
    """Return the value of a setting for the table; empty where a trial has none."""
    return shown(settings[path]) if path in settings else ""


class _Group:
    """A combination of settings with its seeds."""

    def __init__(self, entries: list[Entry]) -> None:
        self._entries = [entry for entry in entries if entry.score is not None]
        self._runs = [entry.run for entry in self._entries if entry.run is not None]
        self.settings = {path: value for path, value in entries[0].trial.values.items() if path != SEED}
        self.reference = entries[0].trial.reference
        self._scores = [entry.score for entry in self._entries if entry.score is not None]
        self.mean = fmean(self._scores)

    @property
    def cells(self) -> tuple[str, ...]:
        spread = f"{100 * min(self._scores):.2f} to {100 * max(self._scores):.2f}" if len(self._scores) > 1 else ""
        seconds = duration(fmean(run.seconds for run in self._runs))
        return percent(self.mean), spread, percent(self.reference), self._validation(), seconds, self._befell()

    def _validation(self) -> str:
        found = [run.validation_accuracy for run in self._runs if run.validation_accuracy is not None]
        return percent(fmean(found)) if found else ""

    def _befell(self) -> str:
        """Return what ended otherwise than by having done all epochs."""
        states = Counter(run.state for run in self._runs if run.state != RunState.FINISHED)
        many = len(self._runs) > 1
        return ", ".join(f"{state.value}{f' {count} of {len(self._runs)}' * many}" for state, count in states.items())


def _remarks(groups: Sequence[_Group], entries: Sequence[Entry]) -> list[str]:
    seeds = sorted({entry.trial.run.seed for entry in entries})
    over = f", means over the seeds {', '.join(map(str, seeds))}" if len(seeds) > 1 else ""
    lines = [f"Accuracies are those on the test images{over}."]
    missing = sum(not entry.is_done for entry in entries)
    if missing:
        lines.append(f"{missing} of {len(entries)} trials are not done.")
    with_reference = [group for group in groups if group.reference is not None]
    if with_reference:
        better = sum(group.mean >= (group.reference or 0) for group in with_reference)
        lines.append(f"{better} of {len(with_reference)} are at least as accurate as theirs.")
    return lines


def _place(group: _Group) -> float:
    return -group.mean


def _falling(score: float | None) -> tuple[bool, float]:
    return score is None, -(score or 0.0)


def _short(path: str) -> str:
    """Return a path without what every path begins with."""
    return path.removeprefix("training.").removeprefix("network.")


def _aligned(rows: Iterable[Sequence[str]]) -> list[str]:
    """Return lines in which each column is as wide as its widest cell; columns with a title alone are left out."""
    columns = [column for column in zip(*rows, strict=True) if any(column[1:])]
    widths = [max(map(len, column)) for column in columns]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in zip(*columns, strict=True)
    ]
