"""The columns of the table of runs: what they are called, what they say of a run, and what they are sorted by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from engine.datasets import without_folders
from engine.errors import DataError
from engine.runs import glance
from engine.runs.glance import RunGlance
from engine.runs.row import RunState
from gui.widgets.wording import percent

MISSING, WENT_ON = "–", "↳"
STATES = {
    RunState.RUNNING: "Running",
    RunState.PAUSED: "Paused",
    RunState.INTERRUPTED: "Interrupted",
    RunState.FINISHED: "Finished",
    RunState.STOPPED: "Stopped",
    RunState.EARLY: "Early stop",
    RunState.DIVERGED: "Diverged",
    RunState.FAILED: "Failed",
}
STATE_HELP = {
    RunState.RUNNING: "It is learning now, in this window or elsewhere.",
    RunState.PAUSED: "The window was closed while it was learning. It can go on.",
    RunState.INTERRUPTED: "The program ended while it was learning. It can go on.",
    RunState.FINISHED: "It has gone through all its epochs.",
    RunState.STOPPED: "It was stopped before its last epoch.",
    RunState.EARLY: "It ended by itself, because the validation loss no longer improved.",
    RunState.DIVERGED: "Its loss became infinite or no number at all.",
    RunState.FAILED: "An error ended it.",
}
LIVE = (RunState.RUNNING,)


@dataclass(frozen=True)
class Column:
    """A column of the table.

    Attributes
    ----------
    key : str
        What the program calls it.
    title, help : str
        Its heading, and what it means.
    width : int
        In pixels, at first.
    text : callable
        ``text(run)``: what stands in it.
    value : callable
        ``value(run)``: what it is sorted by; None is always last.
    number : bool
        Whether it is set flush right.
    shown : bool
        Whether it is shown at first.
    """

    key: str
    title: str
    help: str
    width: int
    text: Callable[[RunGlance], str]
    value: Callable[[RunGlance], Any]
    number: bool = False
    shown: bool = True


def moment(seconds: float) -> str:
    """Return a moment, in seconds since 1970 in UTC, in the time of this place, e.g. ``"2026-11-22 21:05"``."""
    found = glance.moment(seconds)
    return MISSING if found is None else f"{found:%Y-%m-%d %H:%M}"


def short_moment(seconds: float) -> str:
    """Return a moment in less room: within this year the day and the time, e.g. ``"22 Nov 21:05"``, else the date."""
    found = glance.moment(seconds)
    if found is None:
        return MISSING
    return f"{found:%d %b %H:%M}" if found.year == date.today().year else f"{found:%Y-%m-%d}"


def duration(seconds: float) -> str:
    """Return a time span, e.g. ``"4.2 s"``, ``"3:05 min"`` or ``"1:02 h"``; a dash for none."""
    if not seconds > 0:
        return MISSING
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d} min" if minutes < 60 else f"{minutes // 60:,}:{minutes % 60:02d} h"


def share(value: float | None) -> str:
    """Return a share from 0 to 1 as per cent with two decimals, without the sign; a dash for none."""
    return MISSING if value is None else percent(value, 2).removesuffix(" %")


def small_number(value: float | None) -> str:
    """Return a loss with four decimals, or in powers of ten where these would not do; a dash for none."""
    if value is None:
        return MISSING
    return f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1e3 else f"{value:.2e}"


def count(value: int) -> str:
    """Return a whole number; a dash for 0."""
    return f"{value:,}" if value else MISSING


def _star(run: RunGlance) -> str:
    return "★" if run.starred else "☆"


def _title(run: RunGlance) -> str:
    return f"{WENT_ON} {run.title}" if run.parent else run.title


def _by_title(run: RunGlance) -> str:
    return run.title.casefold()


def _starred(run: RunGlance) -> bool:
    return not run.starred  # so that an ascending order, the first click, brings the stars to the top


def _tags(run: RunGlance) -> str:
    return ", ".join(run.tags)


def _state(run: RunGlance) -> str:
    return STATES[run.state]


def _begun(run: RunGlance) -> str:
    return short_moment(run.created)


def _created(run: RunGlance) -> float:
    return run.created


@lru_cache(maxsize=512)
def data_name(word: str) -> str:
    """Return what data is called, without the folders it lies in; that of another version of this program as it is."""
    try:
        return without_folders(word)
    except DataError:
        return word


def _data(run: RunGlance) -> str:
    return data_name(run.dataset)


def _worded(
    key: str, title: str, help_text: str, width: int, words: Callable[[Any], str], shown: bool = True
) -> Column:
    """Return a column of words, sorted as people sort them."""

    def value(run: RunGlance) -> str | None:
        return words(run).casefold() or None

    return Column(key, title, help_text, width, words, value, shown=shown)


def _figures(
    key: str, title: str, help_text: str, width: int, words: Callable[[Any], str], shown: bool = True
) -> Column:
    """Return a column of the run's number `key`."""

    def text(run: RunGlance) -> str:
        return words(getattr(run, key))

    def value(run: RunGlance) -> float | None:
        return getattr(run, key)

    return Column(key, title, help_text, width, text, value, number=True, shown=shown)


def _attribute(name: str) -> Callable[[Any], str]:
    def words(run: RunGlance) -> str:
        return str(getattr(run, name))

    return words


_BEST = "Of the best epoch's weights."
COLUMNS = (
    Column("starred", "★", "Marks the runs you want to find again. Click, or press S.", 28, _star, _starred),
    Column(
        "title",
        "Name",
        "What you call the run, or else its preset and sizes. Enter or a double click renames it; an empty name brings "
        f"the preset and sizes back. {WENT_ON} marks a run that went on from a moment of another one.",
        150,
        _title,
        _by_title,
    ),
    Column("created", "Begun", "When the run began, in the time of this place.", 92, _begun, _created),
    _worded("state", "State", "How far the run has got.", 80, _state),
    _worded("dataset", "Data", "What it learned from.", 54, _data),
    _figures("epochs", "Epochs", "Whole epochs done.", 54, count),
    _figures("validation_accuracy", "Val. %", f"Right answers on the validation images, in %. {_BEST}", 58, share),
    _figures("test_accuracy", "Test %", f"Right answers on the test images, in %. {_BEST}", 58, share),
    _figures("validation_loss", "Val. loss", f"Loss on the validation images. {_BEST}", 66, small_number),
    _figures("seconds", "Time", "Time spent learning.", 74, duration),
    _figures("seed", "Seed", "What decided everything random in it.", 44, str),
    _worded("tags", "Tags", "Your own words for it, with commas between. A double click edits them.", 90, _tags),
    _worded("network", "Network", "The sizes of its layers.", 150, _attribute("network"), False),
    _worded("preset", "Preset", "The preset it began with.", 70, _attribute("preset"), False),
    _worded("experiment", "Experiment", "The experiment it belongs to.", 90, _attribute("experiment"), False),
    _figures("steps", "Batches", "Batches learned from.", 64, count, False),
    _figures("best_epoch", "Best epoch", "The epoch whose weights were best.", 72, count, False),
    _figures("train_accuracy", "Train %", f"Right answers while learning, in %. {_BEST}", 58, share, False),
    _figures("train_loss", "Train loss", f"Loss while learning. {_BEST}", 70, small_number, False),
    _figures("test_loss", "Test loss", f"Loss on the test images. {_BEST}", 66, small_number, False),
)
PLACE = {column.key: place for place, column in enumerate(COLUMNS)}


def ordered(runs: list[RunGlance], column: Column, *, descending: bool) -> list[RunGlance]:
    """Return runs in the order of a column; those of which it knows nothing come last either way."""
    known: list[tuple[Any, int]] = []
    unknown: list[tuple[Any, int]] = []
    for place, run in enumerate(runs):
        value = column.value(run)
        (unknown if value is None else known).append((value, place))
    known.sort(key=_first, reverse=descending)
    return [runs[place] for _, place in (*known, *unknown)]


def _first(pair: tuple[Any, int]) -> Any:
    return pair[0]
