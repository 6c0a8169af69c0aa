"""What came of the table: rows with their mean and spread, whether they reached what is demanded, and a file of it."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import numpy as np
from pydantic import ConfigDict, ValidationError

from engine.errors import DigitLabError
from engine.fields import Settings
from engine.files import atomic_write, check_target, reason
from engine.model import FROM_FOLDER, program_version
from engine.reproduction.rows import Demand, Row
from engine.reproduction.run import Job, Measure, Result

MAX_BYTES = 2**24
MNIST_IMAGES = 60_000
FORMER = "DigitLab (not installed)"
"""What files of before say of a program that was started from its folder."""


@dataclass(frozen=True)
class Plan:
    """Which runs the table needs.

    Attributes
    ----------
    rows : tuple of Row
    seeds : tuple of int
        Each row is the mean over these.
    threads : int
        How many threads a run may use that does not learn from one image at a time.
    images : int or None
        Learn from so many images only, to try the command; the figures then mean nothing.
    """

    rows: tuple[Row, ...]
    seeds: tuple[int, ...]
    threads: int
    images: int | None = None

    @cached_property
    def _stations(self) -> dict[Any, tuple[int, ...]]:
        stations: dict[Any, set[int]] = {}
        for row in self.rows:
            stations.setdefault(row.course, set()).add(row.epochs)
        return {course: tuple(sorted(epochs)) for course, epochs in stations.items()}

    def job(self, row: Row, seed: int) -> Job:
        """Return the run in which a row gets its figure for a seed."""
        stations = self._stations[row.course]
        run = row.run.changed(run={"seed": seed}, training={"epochs": stations[-1]})
        threads = 1 if run.training.batch_size == 1 else self.threads
        return Job(run=run, stations=stations, threads=threads, images=self.images)

    @cached_property
    def guesses(self) -> dict[Job, float]:
        """All runs in order, and roughly how many seconds each takes."""
        guesses: dict[Job, float] = {}
        part = 1.0 if self.images is None else self.images / MNIST_IMAGES
        for row in self.rows:
            for seed in self.seeds:
                job = self.job(row, seed)
                guesses[job] = max(row.guess * part, guesses.get(job, 0.0))
        return guesses


@dataclass(frozen=True)
class Figures:
    """A row with what was measured, one measure per seed."""

    row: Row
    seeds: tuple[int, ...]
    results: tuple[Result, ...]

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What was measured, per seed."""
        return tuple(result.at(self.row.epochs) for result in self.results)

    @property
    def accuracies(self) -> tuple[float, ...]:
        """Test accuracy, 0 to 1, per seed."""
        return tuple(measure.accuracy for measure in self.measures)

    @property
    def mean(self) -> float:
        """The mean accuracy."""
        return fmean(self.accuracies)

    @property
    def deviation(self) -> float | None:
        """The standard deviation of the accuracies, estimated from these seeds; None for a single one."""
        return stdev(self.accuracies) if len(self.accuracies) > 1 else None

    @property
    def seconds(self) -> float:
        """The mean of the seconds."""
        return fmean(measure.seconds for measure in self.measures)

    def meets(self, demand: Demand) -> bool:
        """Say whether everything that is demanded was reached."""
        # Rounded, because three times 0.98 may have a mean that is a hair smaller.
        accurate = round(self.mean, 9) >= demand.accuracy
        quick = demand.seconds is None or self.seconds <= demand.seconds
        whole = not (demand.no_digit_lost and any(measure.lost for measure in self.measures))
        return accurate and quick and whole


def figures(plan: Plan, results: Iterable[Result]) -> tuple[Figures, ...]:
    """Return the rows whose runs are all done, in the plan's order."""
    done = {result.job: result for result in results}
    found = []
    for row in plan.rows:
        jobs = [plan.job(row, seed) for seed in plan.seeds]
        if all(job in done for job in jobs):
            found.append(Figures(row, plan.seeds, tuple(done[job] for job in jobs)))
    return tuple(found)


def report(plan: Plan, results: Iterable[Result]) -> dict[str, Any]:
    """Return the table as one JSON object: the rows whose runs are all done, and where they were done."""
    done = figures(plan, results)
    return {
        **_where(),
        "seeds": list(plan.seeds),
        "threads": plan.threads,
        "images": plan.images,
        "complete": len(done) == len(plan.rows),
        "rows_demanded": sum(row.demand is not None for row in plan.rows),
        "rows_met": sum(_met(plan, entry) is True for entry in done),
        "rows": [_entry(plan, entry) for entry in done],
    }


def _where() -> dict[str, Any]:
    machine = {
        "processors": os.cpu_count() or 1,
        "system": platform.system(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
        "numpy": np.__version__,
    }
    return {"program": f"DigitLab {program_version()}", "machine": machine}


def _met(plan: Plan, entry: Figures) -> bool | None:
    """Return whether a row reached its demand; None where there is none, or the figures mean nothing."""
    if entry.row.demand is None or plan.images is not None:
        return None
    return entry.meets(entry.row.demand)


def _entry(plan: Plan, entry: Figures) -> dict[str, Any]:
    row, demand = entry.row, entry.row.demand
    return {
        "name": row.name,
        "title": row.title,
        "epochs": row.epochs,
        "mean": entry.mean,
        "spread": {
            "lowest": min(entry.accuracies),
            "highest": max(entry.accuracies),
            "standard_deviation": entry.deviation,
        },
        "seconds": entry.seconds,
        "demand": None
        if demand is None
        else {"accuracy": demand.accuracy, "seconds": demand.seconds, "no_digit_lost": demand.no_digit_lost},
        "met": _met(plan, entry),
        "reference": row.reference,
        "seeds": [
            {"seed": seed, "outcome": result.outcome, **measure.model_dump(mode="json", exclude={"epochs"})}
            for seed, result, measure in zip(entry.seeds, entry.results, entry.measures, strict=True)
        ],
        "settings": row.run.model_dump(mode="json", exclude={"seed"}),
    }


class _File(Settings):
    """What is read again of a file that was written in the middle of it all."""

    model_config = ConfigDict(extra="ignore")

    program: str
    machine: dict[str, str | int]
    runs: tuple[Result, ...]


def write(path: Path, plan: Plan, results: Iterable[Result]) -> None:
    """Write the table so far, and all runs, so that :func:`read` finds them again.

    Raises
    ------
    DigitLabError
        When the file cannot be written; what stood there is still there.
    """
    runs = tuple(results)
    kept = {**report(plan, runs), "runs": [run.model_dump(mode="json") for run in runs]}
    text = json.dumps(kept, allow_nan=False, indent=1)
    atomic_write(path, lambda part: _fill(part, text))


def _fill(part: Path, text: str) -> None:
    part.write_text(text + "\n", encoding="utf-8")


def read(path: Path) -> tuple[Result, ...]:
    """Return the runs in a file of :func:`write`; none if there is no file yet.

    Raises
    ------
    DigitLabError
        When it is no such file, or its runs were done by another version or on another machine.
    """
    do = "Nothing was trained. Name another file, or remove this one."
    try:
        if not path.exists():
            return ()
        check_target(path)
        if path.stat().st_size > MAX_BYTES:
            raise DigitLabError(f"{path} is too large to be a table of accuracies.", do)
        found = _File.model_validate_json(path.read_bytes())
    except OSError as error:
        raise DigitLabError(f"{path} cannot be read: {reason(error)}.", do) from error
    except ValidationError as error:
        raise DigitLabError(f"{path} exists and is no table of accuracies of this program.", do, str(error)) from error
    here = _where()
    if not _same_program(found.program, here["program"]) or found.machine != here["machine"]:
        raise DigitLabError(f"The runs in {path} were done by another version or on another machine.", do)
    return found.runs


def _same_program(said: str, here: str) -> bool:
    return said == here or (said == FORMER and here.endswith(FROM_FOLDER))
