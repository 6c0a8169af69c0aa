"""Work beside the window of which only the latest counts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal

from engine.errors import DigitLabError
from gui.tasks import Tasks
from gui.worker import TaskThread


class Latest(QObject):
    """Does one thing after another in a thread; of what is asked for meanwhile, only the latest.

    Signals
    -------
    failed : (DigitLabError,)
        What went wrong.
    """

    failed = Signal(object)

    def __init__(self, tasks: Tasks, title: str = "", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks, self._title = tasks, title
        self._running: TaskThread | None = None
        self._waiting: tuple[Callable[..., Any], Callable[[Any], None]] | None = None

    @property
    def busy(self) -> bool:
        """Whether something is being done."""
        return self._running is not None

    def ask(self, work: Callable[..., Any], done: Callable[[Any], None]) -> None:
        """Do something as soon as what is being done is over."""
        self._waiting = work, done
        if self._running is None:
            self._go_on()

    def drop(self) -> None:
        """Cancel what is being done, and want nothing more."""
        self._waiting = None
        if self._running is not None:
            self._tasks.forget(self._running)
            self._running = None

    def _go_on(self) -> None:
        if self._waiting is not None:
            (work, done), self._waiting = self._waiting, None
            self._running = self._tasks.start(self._title, work, partial(self._on_done, done), self._on_failed)

    def _on_done(self, done: Callable[[Any], None], result: Any) -> None:
        self._running = None
        done(result)
        self._go_on()

    def _on_failed(self, error: DigitLabError) -> None:
        self._running = None
        self.failed.emit(error)
        self._go_on()
