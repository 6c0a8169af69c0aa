"""How an experiment stands, in a sentence."""

from __future__ import annotations

from engine.sweep.events import SweepProgress
from gui.widgets.experiment_entries import Known
from gui.widgets.experiment_time import duration

STARTING = "The worker processes are being started…"
ENDING = "The experiment is being ended; what is done stays…"


def counted(runs: int) -> str:
    """Return a number of runs in words."""
    return "1 run" if runs == 1 else f"{runs:,} runs"


def running_words(progress: SweepProgress | None, *, paused: bool, ending: bool) -> str:
    """Return how far an experiment is that runs."""
    if ending:
        return ENDING
    if progress is None:
        return STARTING
    far = f"{progress.done:,} of {counted(progress.total)} done"
    if paused:
        return f"Paused: {far}. Press Go on, or Cancel to keep what is done."
    left = "" if progress.seconds_left <= 0 else f", about {duration(progress.seconds_left)} left"
    return f"{far}, {progress.running} running{left}."


def resting_words(known: Known, count: int, seconds: float | None, workers: int, *, kept: bool) -> str:
    """Return how an experiment stands that does not run; `seconds` is about how long all of it takes, if known."""
    if not kept:
        about = "" if seconds is None else f" · about {duration(seconds)}"
        at_once = f" with {workers} at once" if workers > 1 and count > 1 else ""
        return f"{counted(count)}{about}{at_once}. Press Run."
    total, done, failed = len(known.trials), known.done, known.failed
    if not total:
        return f"{counted(count)}: being looked up…"
    if done == total:
        return f"All {counted(total)} are done." if total > 1 else "The run is done."
    said = f"{done:,} of {counted(total)} {'is' if done == 1 else 'are'} done"
    if failed:
        said += f", {failed:,} could not be done (the table says why)"
    return f"{said}. Press Resume for the other {total - done:,}." if done else f"{said}. Press Run."
