"""What came of an experiment, as lines of a table: one per run, or one per setting with the mean over its seeds."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

from engine.optimizers import OPTIMIZERS
from engine.presets import PRESETS
from engine.runs.row import RunState
from engine.schedules import SCHEDULES
from engine.sweep.paths import shown
from gui.widgets.choice_box import label_of
from gui.widgets.runs_columns import STATES
from gui.widgets.value_edit import value_text

MISSING = "–"
WAITING, RUNNING = "waiting", "running"
OVER = ("finished", "early", "diverged")
_LABELS = {
    **{name: preset.title for name, preset in PRESETS.items()},
    **{name: kind.label for name, kind in OPTIMIZERS.items()},
    **{name: kind.label for name, kind in SCHEDULES.items()},
}


@dataclass(frozen=True)
class Score:
    """A figure that runs are compared by.

    Attributes
    ----------
    name, label, help : str
        The attribute of a run, its name and its explanation for people.
    unit : str
        ``"%"``, ``"s"`` or nothing.
    higher : bool
        Whether more is better.
    """

    name: str
    label: str
    help: str
    unit: str = ""
    higher: bool = False

    def of(self, run: Any) -> float | None:
        """Return the figure of a run, in its unit; None where it is not known."""
        value = getattr(run, self.name, None) if run is not None else None
        if value is None or not math.isfinite(value):
            return None
        return 100 * value if self.unit == "%" else float(value)

    def text(self, value: float) -> str:
        """Return a figure as it stands in a column."""
        if self.unit == "%":
            return f"{value:.2f}"
        return f"{value:,.1f}" if self.unit == "s" else f"{value:.4f}"

    @property
    def heading(self) -> str:
        """Its name with its unit."""
        return f"{self.label}, {self.unit}" if self.unit else self.label

    @property
    def short(self) -> str:
        """The same for a narrow column."""
        return self.heading.replace(" accuracy", "")


SCORES = (
    Score("test_accuracy", "Test accuracy", "Right answers on the test images, by the best weights.", "%", True),
    Score("validation_accuracy", "Validation accuracy", "Right answers on the images held back.", "%", True),
    Score("test_loss", "Test loss", "The mean loss on the test images; lower is better."),
    Score("validation_loss", "Validation loss", "The mean loss on the images held back; lower is better."),
    Score("train_loss", "Training loss", "The mean loss on the images learned from; lower is better."),
    Score("seconds", "Time", "Seconds spent learning.", "s"),
)


@dataclass(frozen=True)
class Entry:
    """One run of an experiment, done or still to come.

    Attributes
    ----------
    number : int
        Its place in the experiment, from 0.
    values : dict of str to object
        The settings that vary, by path; the seed is not among them.
    seed : int
        Its seed.
    state : str
        ``"waiting"``, or how far the run has got.
    run : RunRow or RunGlance or None
        What is known of it.
    reference : float or None
        What others have reached: test accuracy in percent.
    note : str
        How far it is by now, while it is going on.
    """

    number: int
    values: dict[str, Any]
    seed: int
    state: str = WAITING
    run: Any = None
    reference: float | None = None
    note: str = ""

    @property
    def id(self) -> str:
        """The id of its run; empty while there is none."""
        return "" if self.run is None else str(self.run.id)

    @property
    def word(self) -> str:
        """How far it has got, as the list of runs says it."""
        return "Waiting" if self.state == WAITING else STATES[RunState(self.state)]


@dataclass(frozen=True)
class Cell:
    """A text of the table and what it is sorted by; None is missing and comes last."""

    text: str
    key: float | str | None = None


@dataclass(frozen=True)
class Column:
    """A column of the table: a name, an explanation, and what it makes of the entries of a line."""

    name: str
    heading: str
    help: str
    cell: Callable[[Sequence[Entry]], Cell]
    numeric: bool = True


Line = tuple[Entry, ...]
"""The runs that a line of the table stands for."""


def value_words(value: Any) -> str:
    """Return a value of a setting as forms show it."""
    if isinstance(value, str):
        return _LABELS.get(value) or label_of(value)
    if value is None:
        return MISSING
    return value_text(value) if is_number(value) else shown(value)


def is_number(value: Any) -> bool:
    """Whether a value of a setting is a number that can stand on an axis."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def grouped(entries: Iterable[Entry]) -> list[tuple[Entry, ...]]:
    """Return the entries that differ by nothing but their seed together, in order of their first one."""
    groups: dict[tuple[Any, ...], list[Entry]] = {}
    for entry in entries:
        groups.setdefault(tuple(map(repr, entry.values.values())), []).append(entry)
    return [tuple(group) for group in groups.values()]


def columns_of(labels: dict[str, str], *, means: bool, seeds: bool, referenced: bool) -> list[Column]:
    """Return the columns of the table.

    Parameters
    ----------
    labels : dict of str to str
        The settings that vary, path to label.
    means : bool
        Whether a line stands for all seeds.
    seeds : bool
        Whether there are several seeds.
    referenced : bool
        Whether there is something to compare with.
    """
    found = [
        Column(path, label, f"{label}: a setting that varies.", _setting(path), False) for path, label in labels.items()
    ]
    seed = Column("seed", "Seeds" if means else "Seed", "What decides everything that is random.", _seeds(means))
    scores = [Column(score.name, score.short, score.help, score_cell(score)) for score in SCORES]
    against = [
        Column("reference", "Theirs, %", "The test accuracy that was published.", _reference),
        Column("difference", "Difference", "Ours less theirs, in percentage points.", _difference),
    ]
    state = Column("state", "State", "How far the run has got.", _state)
    first, rest = scores[:1], scores[1:]
    return [*found, *([seed] if seeds else []), *first, *(against if referenced else []), state, *rest]


def sorted_lines(lines: Iterable[Line], column: Column, *, descending: bool) -> list[Line]:
    """Return lines sorted by a column; what is missing there comes last either way."""
    keyed = [(column.cell(line).key, line) for line in lines]
    known = sorted((pair for pair in keyed if pair[0] is not None), key=_order, reverse=descending)
    return [line for _, line in known] + [line for key, line in keyed if key is None]


def _order(keyed: tuple[Any, Line]) -> tuple[bool, Any]:
    """Return what puts numbers before words."""
    return isinstance(keyed[0], str), keyed[0]


def mean_of(score: Score, entries: Iterable[Entry]) -> tuple[float | None, float | None, int]:
    """Return mean, standard deviation (None for fewer than two) and number of the known figures."""
    known = [value for entry in entries if (value := score.of(entry.run)) is not None]
    if not known:
        return None, None, 0
    return fmean(known), stdev(known) if len(known) > 1 else None, len(known)


def _setting(path: str) -> Callable[[Sequence[Entry]], Cell]:
    def cell(entries: Sequence[Entry]) -> Cell:
        value = entries[0].values.get(path)
        key = value if is_number(value) else None if value is None else value_words(value)
        return Cell(value_words(value), key)

    return cell


def _seeds(means: bool) -> Callable[[Sequence[Entry]], Cell]:
    def cell(entries: Sequence[Entry]) -> Cell:
        return Cell(f"{len(entries):,}", len(entries)) if means else Cell(str(entries[0].seed), entries[0].seed)

    return cell


def score_cell(score: Score) -> Callable[[Sequence[Entry]], Cell]:
    """Return what makes a cell of some runs: a score of one, or mean ± standard deviation of several."""

    def cell(entries: Sequence[Entry]) -> Cell:
        mean, spread, _ = mean_of(score, entries)
        if mean is None:
            return Cell(MISSING)
        around = "" if spread is None else f" ± {score.text(spread)}"
        return Cell(f"{score.text(mean)}{around}", mean)

    return cell


def _reference(entries: Sequence[Entry]) -> Cell:
    value = entries[0].reference
    return Cell(MISSING) if value is None else Cell(f"{value:.2f}", value)


def _difference(entries: Sequence[Entry]) -> Cell:
    mean, _, _ = mean_of(SCORES[0], entries)
    theirs = entries[0].reference
    if mean is None or theirs is None:
        return Cell(MISSING)
    return Cell(f"{mean - theirs:+.2f}".replace("-", "−"), mean - theirs)


def _state(entries: Sequence[Entry]) -> Cell:
    if len(entries) == 1:
        return Cell(entries[0].note or entries[0].word, entries[0].state)
    over = sum(entry.state in OVER for entry in entries)
    return Cell(f"{over} of {len(entries)} done", over)
