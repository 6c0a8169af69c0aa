"""How a training shows its progress on stderr: a bar on a terminal, a line per epoch elsewhere."""

from __future__ import annotations

import sys
from typing import Protocol

from tqdm import tqdm

from engine.reports import BatchReport, EpochReport
from engine.terminal.output import number, percent, say

_POSTFIX_EVERY = 50


class Progress(Protocol):
    """Something that is told of every batch and every epoch."""

    def batch(self, report: BatchReport) -> None:
        """Show that a batch is done."""

    def epoch(self, report: EpochReport, goal: int) -> None:
        """Show that an epoch is done, out of `goal`."""

    def close(self) -> None:
        """Leave the terminal tidy."""


class Lines:
    """A line per epoch."""

    def batch(self, report: BatchReport) -> None:
        """Show nothing: files and pipes keep every line."""

    def epoch(self, report: EpochReport, goal: int) -> None:
        """Print the epoch's line."""
        say(epoch_line(report, goal))

    def close(self) -> None:
        """Nothing is open."""


class Bar:
    """A bar over all images, and a line above it per epoch.

    Parameters
    ----------
    images : int
        How many images the whole training goes through.
    """

    def __init__(self, images: int) -> None:
        self._bar = tqdm(total=images, unit=" images", unit_scale=True, file=sys.stderr, dynamic_ncols=True)
        self._seen = 0

    def batch(self, report: BatchReport) -> None:
        """Move the bar on."""
        if report.step % _POSTFIX_EVERY == 1:
            self._bar.set_postfix_str(f"loss {report.loss:.4f}", refresh=False)
        done = (report.epoch - 1) * report.size + report.seen
        self._bar.update(done - self._seen)
        self._seen = done

    def epoch(self, report: EpochReport, goal: int) -> None:
        """Print the epoch's line above the bar."""
        self._bar.write(epoch_line(report, goal), file=sys.stderr)

    def close(self) -> None:
        """Leave the bar as it stands."""
        self._bar.close()


def progress_for(images: int) -> Progress:
    """Return what suits where stderr goes."""
    return Bar(images) if sys.stderr.isatty() else Lines()


def epoch_line(report: EpochReport, goal: int) -> str:
    """Return an epoch in a line."""
    parts = [
        f"epoch {report.epoch}/{goal}",
        f"loss {number(report.loss)}",
        f"accuracy {percent(report.accuracy)}",
    ]
    if report.validation_accuracy is not None:
        parts += [
            f"validation loss {number(report.validation_loss)}",
            f"validation accuracy {percent(report.validation_accuracy)}",
        ]
    return "  ".join([*parts, f"{report.seconds:.2f} s", f"{report.images_per_second:,.0f} images/s"])
