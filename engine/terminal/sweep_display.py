"""How the terminal shows an experiment while it runs: a bar, or lines where stderr is no terminal."""

from __future__ import annotations

import sys
import time

from tqdm import tqdm

from engine.runs.row import RunRow, RunState
from engine.sweep.events import Event, SweepProgress, TrialDone, TrialFailed, TrialRepeated
from engine.sweep.spec import SweepSpec
from engine.terminal.output import percent, say
from engine.terminal.reproduce_display import duration

LINE_SECONDS = 60
"""How often a log is told how far it all is, where there is no bar."""


class Display:
    """Shows what an experiment says.

    Parameters
    ----------
    spec : SweepSpec
        The experiment.
    """

    def __init__(self, spec: SweepSpec) -> None:
        self._name = spec.name or "Experiment"
        self._bar: tqdm | None = None
        self._progress: SweepProgress | None = None
        self._said = time.monotonic()

    def show(self, event: Event) -> None:
        """Show one event."""
        if isinstance(event, SweepProgress):
            self._move(event)
        elif isinstance(event, TrialDone):
            self._say(f"{event.trial.label}: {outcome_words(event.row)}")
        elif isinstance(event, TrialFailed):
            self._say(f"{event.trial.label}: failed")
        elif isinstance(event, TrialRepeated):
            self._say(event.message)

    def close(self) -> None:
        """Leave the terminal tidy."""
        if self._bar is not None:
            self._bar.close()

    def _move(self, progress: SweepProgress) -> None:
        if self._progress is None:
            done = f", {progress.done} of them done before" if progress.done else ""
            self._say(f"{self._name}: {progress.total} trials{done}.")
            self._bar = self._opened()
        self._progress = progress
        left = f"about {duration(progress.seconds_left)} left"
        words = f"{progress.done} of {progress.total} trials, {left}"
        if self._bar is not None:
            self._bar.n = progress.share
            self._bar.set_description_str(words)
        elif progress.done < progress.total and time.monotonic() - self._said > LINE_SECONDS:
            self._say(f"{words}.")

    @staticmethod
    def _opened() -> tqdm | None:
        if not sys.stderr.isatty():
            return None
        form = "{percentage:3.0f}%|{bar}| {desc}"
        return tqdm(total=1.0, file=sys.stderr, dynamic_ncols=True, bar_format=form, leave=False)

    def _say(self, text: str) -> None:
        self._said = time.monotonic()
        if self._bar is not None:
            self._bar.clear()
        say(text)


def outcome_words(row: RunRow) -> str:
    """Return what came of a trial in a few words."""
    ended = "" if row.state == RunState.FINISHED else f" ({row.state.value})"
    epochs = f"{row.epochs} epoch{'s' * (row.epochs != 1)}"
    return f"{percent(row.test_accuracy)} after {epochs}{ended}, {duration(row.seconds)}"
