"""How a check says what it does, and how it learns that it should stop."""

from __future__ import annotations

import time
from collections.abc import Callable

from engine.errors import DigitLabError

SAY_SECONDS = 0.2


class CheckCancelledError(DigitLabError):
    """The user has stopped the check."""


class Watch:
    """Tells how far a check is.

    Parameters
    ----------
    progress : callable, optional
        Receives a sentence for people, a few times a second.
    cancelled : callable, optional
        Returns whether to stop.

    Attributes
    ----------
    remark : str
        What is said of every step besides, e.g. ``" in float64"``.
    who : str
        Whose step was last; empty before the first.
    done, total : int
        How many steps that one has taken, and of how many; 0 while nobody takes steps.
    """

    remark = who = ""
    done = total = 0

    def __init__(
        self, progress: Callable[[str], None] | None = None, cancelled: Callable[[], bool] | None = None
    ) -> None:
        self._progress, self._cancelled = progress, cancelled
        self._text = ""
        self._since = self._said = 0.0
        self._first = 0

    def check(self) -> None:
        """Raise a CheckCancelledError when the user has asked to stop."""
        if self._cancelled is not None and self._cancelled():
            raise CheckCancelledError("The check was stopped; nothing was changed.")

    def say(self, text: str) -> None:
        """Report `text`, once."""
        self.check()
        self.done = self.total = 0
        self._tell(text)

    def _tell(self, text: str) -> None:
        if self._progress is not None and text != self._text:
            self._text = text
            self._progress(text)

    def step(self, who: str, done: int, total: int) -> None:
        """Report that `who` has done so many steps of `total`, and how long the rest will take."""
        self.check()
        now, who = time.monotonic(), who + self.remark
        self.done, self.total = done, total
        if who != self.who:  # the first step takes longer than any other: it says nothing about the rest
            self.who, self._since, self._first = who, now, done
        elif now - self._said >= SAY_SECONDS and done > self._first:
            self._said = now
            left = (now - self._since) / (done - self._first) * (total - done)
            self._tell(f"{who}: step {done:,} of {total:,}, {left:,.0f} s left")
