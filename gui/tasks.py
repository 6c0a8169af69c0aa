"""Work beside the window that is not training: loading, evaluating, saving."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal

from engine.errors import DigitLabError
from gui.worker import TaskThread

Done = Callable[[Any], None]
Failed = Callable[[DigitLabError], None]


class Tasks(QObject):
    """Starts threads for functions, hands their results to callbacks in the GUI thread, and ends them.

    Signals
    -------
    said : (str,)
        What is being done now; empty when nothing is.
    """

    said = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._running: dict[TaskThread, tuple[Done, Failed]] = {}
        self._over = False

    @property
    def titles(self) -> list[str]:
        """What is running and has not been forgotten; work without a title is nobody's business."""
        return [thread.title for thread, (done, _) in self._running.items() if thread.title and done is not _ignore]

    def start(self, title: str, function: Callable[..., Any], done: Done, failed: Failed) -> TaskThread:
        """Call ``function(progress=…, cancelled=…)`` in a thread; later `done` or `failed` here, unless forgotten.

        After :meth:`finish` nothing is started any more: what a closing window still asks for has no one to see it.
        """
        thread = TaskThread(title, function, self)
        if self._over:
            return thread
        self._running[thread] = (done, failed)
        thread.done.connect(self._on_done)
        thread.failed.connect(self._on_failed)
        thread.progressed.connect(self._on_progress)
        thread.finished.connect(thread.deleteLater)
        self._tell()
        thread.start()
        return thread

    def forget(self, thread: TaskThread) -> None:
        """Cancel a task and drop its result."""
        if thread in self._running:
            self._running[thread] = (_ignore, _ignore)
            thread.cancel()
            self._tell()

    def finish(self) -> None:
        """Cancel everything, wait until it has ended, and start nothing more."""
        self._over = True
        for thread in list(self._running):
            self.forget(thread)
            thread.wait()
        self._running.clear()

    def _on_progress(self, thread: TaskThread, sentence: str) -> None:
        if thread.title and self._running.get(thread, (_ignore, _ignore))[0] is not _ignore:
            self.said.emit(sentence)

    def _on_done(self, thread: TaskThread, result: Any) -> None:
        done, _ = self._running.pop(thread, (_ignore, _ignore))
        done(result)
        self._tell()

    def _on_failed(self, thread: TaskThread, error: DigitLabError) -> None:
        _, failed = self._running.pop(thread, (_ignore, _ignore))
        failed(error)
        self._tell()

    def _tell(self) -> None:
        """Say what is still running; after the callback, so that whoever listens sees what came of it."""
        self.said.emit(self.titles[-1] if self.titles else "")


def _ignore(_result: Any) -> None:
    """Take a result that nobody wants any more."""
