"""Ctrl+C and SIGTERM: most commands end at once, a training first finishes its batch and keeps its model."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

HANDLED = (signal.SIGINT, signal.SIGTERM)


class InterruptedBySignal(BaseException):
    """The command was told to end.

    Parameters
    ----------
    number : int
        The signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    @property
    def exit_code(self) -> int:
        """What a shell reports: 128 and the signal, e.g. 130 for Ctrl+C."""
        return 128 + self.number


@contextmanager
def ending_at_once() -> Iterator[None]:
    """Raise `InterruptedBySignal` wherever the program is when a signal comes."""

    def end(number: int, _: FrameType | None) -> None:
        raise InterruptedBySignal(number)

    with _handling(end):
        yield


@contextmanager
def noted() -> Iterator[list[int]]:
    """Only note the signals that come, in the list that is handed out."""
    seen: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        seen.append(number)

    with _handling(note):
        yield seen


@contextmanager
def _handling(handler: Callable[[int, FrameType | None], Any]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():  # signals arrive in the main thread alone
        yield
        return
    before = [signal.signal(number, handler) for number in HANDLED]
    try:
        yield
    finally:
        for number, handled in zip(HANDLED, before, strict=True):
            signal.signal(number, handled)
