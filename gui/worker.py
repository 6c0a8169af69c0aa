"""The only file that knows threads: training, and other work that takes a while.

Both threads override ``run`` alone and speak through signals that are connected to bound methods of objects
living in the GUI thread, so Qt queues them there. What they hand over is frozen or a copy.
"""

from __future__ import annotations

import queue
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any

from PySide6.QtCore import QObject, QThread, Signal

from engine.errors import DigitLabError
from engine.network import Snapshot
from engine.reports import EndReport, EpochReport, Report
from engine.runs.keeper import Keeper
from engine.runs.row import RunState
from engine.specs import TrainingSpec
from engine.training import Training

NEWS_SECONDS = 1 / 30
COPY_SECONDS = 1 / 16


class TrainingThread(QThread):
    """Trains until the end or until told otherwise.

    Signals
    -------
    news : (int, list of Report, Snapshot or None)
        Run number, the reports since the last news, and now and then a copy of the weights.
    paused : (int,)
        The thread now waits.
    failed : (int, DigitLabError)
        Something went wrong; the thread ends.
    kept : (int,)
        Something of the run was written to disk.
    troubled : (int, DigitLabError)
        Nothing can be written at present; the training goes on.
    """

    news = Signal(int, object, object)
    paused = Signal(int)
    failed = Signal(int, object)
    kept = Signal(int)
    troubled = Signal(int, object)

    def __init__(
        self, run_id: int, training: Training, keeper: Keeper | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._run_id, self._training, self._keeper = run_id, training, keeper
        self._left: RunState | None = None
        self._kept, self._trouble = 0, ""
        self._orders: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        # How many batches may still run before a pause: None is no limit. Only this thread touches it from run() on.
        self._allowance: int | None = 0
        self._until_epoch = False
        self._waiting: list[Report] = []
        self._sent = self._copied = 0.0

    def go_on(self) -> None:
        """Train on, without a pause."""
        self._orders.put(("go", None))

    def pause(self) -> None:
        """Wait after the current batch."""
        self._orders.put(("steps", 0))

    def step(self, batches: int) -> None:
        """Train for some batches, then wait."""
        self._orders.put(("steps", batches))

    def step_epoch(self) -> None:
        """Train to the end of the epoch, then wait."""
        self._orders.put(("epoch", None))

    def stop(self) -> None:
        """End after the current batch."""
        self._orders.put(("stop", None))

    def leave(self, state: RunState) -> None:
        """Write how far it has got, as a run of such a state, and end after the current batch."""
        self._orders.put(("leave", state))

    def apply(self, settings: TrainingSpec) -> None:
        """Learn by other settings from the next batch on."""
        self._orders.put(("apply", settings))

    def run(self) -> None:
        """Train; called by Qt in the new thread."""
        try:
            if self._keeper is not None:
                self._keeper.begin()
                self._tell_kept()
            self._train(self._training.reports())
            if self._left is not None:
                self._training.rest()
                self._end_keeping(self._left)
        except DigitLabError as error:
            self._fail(error)
        except Exception as error:  # whatever it is, the window must learn of it and live on
            self._fail(_unexpected("The training", error))

    def _fail(self, error: DigitLabError) -> None:
        self._end_keeping(RunState.FAILED, str(error))
        self.failed.emit(self._run_id, error)

    def _train(self, reports: Iterator[Report]) -> None:
        self._copied = self._sent = time.monotonic()
        self._obey(told=True)  # nothing runs before the first order, and that wait is no pause
        while self._left is None:
            report = next(reports)
            self._waiting.append(report)
            self._count(report)
            self._keep(report)
            now = time.monotonic()
            if now - self._sent >= NEWS_SECONDS or isinstance(report, EndReport):
                self._send(now, copy=isinstance(report, EndReport))
            if isinstance(report, EndReport):
                return
            self._obey()

    def _keep(self, report: Report) -> None:
        if self._keeper is None:
            return
        if isinstance(report, EndReport):
            self._end_keeping(RunState(report.reason), report.message)
        else:
            self._keeper.note(report)
            self._tell_kept()

    def _end_keeping(self, state: RunState, message: str = "") -> None:
        if self._keeper is not None:
            self._keeper.leave(state, message)
            self._tell_kept()

    def _tell_kept(self) -> None:
        """Tell the window what is on disk now, or why nothing is."""
        keeper = self._keeper
        assert keeper is not None
        if keeper.written != self._kept:
            self._kept = keeper.written
            self.kept.emit(self._run_id)
        trouble = str(keeper.trouble or "")
        if trouble != self._trouble:
            self._trouble = trouble
            if keeper.trouble is not None:
                self.troubled.emit(self._run_id, keeper.trouble)

    def _count(self, report: Report) -> None:
        """Use up what may still run before the pause."""
        if isinstance(report, EpochReport):
            if self._until_epoch:
                self._allowance, self._until_epoch = 0, False
        elif self._allowance:
            self._allowance -= 1

    def _obey(self, *, told: bool = False) -> None:
        """Follow the orders given since the last batch; while there is nothing left to do, say so and wait for more."""
        while True:
            wait = self._allowance == 0
            if wait and not told and self._orders.empty():
                self._send(time.monotonic(), copy=True)
                if self._keeper is not None:
                    self._keeper.pause()
                    self._tell_kept()
                self.paused.emit(self._run_id)
                told = True
            try:
                order, value = self._orders.get(block=wait)
            except queue.Empty:
                return
            if order == "apply":
                self._training.apply(value)
            elif order == "leave":
                self._left = value
                return
            elif order == "stop":
                self._training.stop()
                # An epoch that ends before the training does would else be one to pause after.
                self._allowance, self._until_epoch = None, False
            else:
                self._allowance = value if order == "steps" else None
                self._until_epoch = order == "epoch"
                told = False

    def _send(self, now: float, *, copy: bool) -> None:
        training = self._training
        snapshot: Snapshot | None = None
        if copy or now - self._copied >= COPY_SECONDS:
            snapshot = training.snapshot()
            self._copied = now
        reports, self._waiting, self._sent = self._waiting, [], now
        self.news.emit(self._run_id, reports, snapshot)


class TaskThread(QThread):
    """Runs one function beside the window.

    The function may take the keyword ``progress`` (a callable for sentences) and ``cancelled`` (a callable that
    says whether to give up): they are passed when asked for.

    Signals
    -------
    done : (object, object)
        This thread, and the function's result; None if it was cancelled.
    failed : (object, DigitLabError)
        This thread, and what went wrong.
    progressed : (object, str)
        This thread, and a sentence about what is being done.
    """

    done = Signal(object, object)
    failed = Signal(object, object)
    progressed = Signal(object, str)

    def __init__(self, title: str, function: Callable[..., Any], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.title, self._function = title, function

    def cancel(self) -> None:
        """Ask the function to give up."""
        self.requestInterruption()

    def _tell(self, sentence: str) -> None:
        self.progressed.emit(self, sentence)

    def run(self) -> None:
        """Call the function; called by Qt in the new thread."""
        try:
            result = self._function(progress=self._tell, cancelled=self.isInterruptionRequested)
        except DigitLabError as error:
            self.failed.emit(self, error)
        except MemoryError as error:
            self.failed.emit(
                self,
                DigitLabError(f"{self.title}: there is not enough memory.", "What was open is unchanged.", repr(error)),
            )
        except Exception as error:  # whatever it is, the window must learn of it and live on
            self.failed.emit(self, _unexpected(self.title, error))
        else:
            self.done.emit(self, result)


def _unexpected(what: str, error: Exception) -> DigitLabError:
    return DigitLabError(
        f"{what} failed unexpectedly: {type(error).__name__}: {error}.",
        "Everything else still works; what was learned so far is kept.",
        "".join(traceback.format_exception(error)),
    )
