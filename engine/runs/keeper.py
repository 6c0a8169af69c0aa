"""Keeps a run on disk while it is being trained: whatever happens to the process, little is lost, and nothing is wrong.

A checkpoint is taken between two batches, as copies, and written by another thread: at every epoch and at least every
thirty seconds. While one is still being written no other begins; where epochs are shorter than that, the next one
holds the moment at which the disk is ready for it. The weights that result are the same with and without a keeper.
"""

from __future__ import annotations

import time
import weakref
import zlib
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.datasets.dataset import Dataset
from engine.errors import DigitLabError
from engine.locks import locked
from engine.reports import BatchReport, EpochReport, Report
from engine.runs.figures import Figures, Thinning, figures_of
from engine.runs.frames import Frames, half
from engine.runs.row import RunRow, RunState
from engine.runs.run_file import NOTHING, Entry, RunFile, path_of
from engine.runs.store import RunStore
from engine.threads import writing
from engine.training import Training

if TYPE_CHECKING:
    from filelock import FileLock

CHECKPOINT_SECONDS = 30.0
FRAME_SECONDS = 1.0
MOST_REPORTS = 1024


@dataclass
class _Waiting:
    """What has happened since the last writing."""

    batches: list[BatchReport] = field(default_factory=list)
    chunks: list[tuple[int, Figures]] = field(default_factory=list)
    epochs: list[EpochReport] = field(default_factory=list)
    frames: list[tuple[int, float, Any]] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)

    def pack(self) -> None:
        """Make a table of the reports of batches: thousands of objects would keep Python's collector busy."""
        if self.batches:
            self.chunks.append((self.batches[0].step, figures_of(self.batches)))
            self.batches = []


class Keeper:
    """Keeps one run; all methods are called by whoever trains, between two batches.

    Parameters
    ----------
    row : RunRow
        The run.
    training : Training
        What is trained.
    film : bool
        Whether weights are kept to look back on.
    before : Entry
        What is known of it from another run that it goes on with: written as soon as it begins.

    Attributes
    ----------
    row : RunRow
        What is known of the run by now.
    written : int
        How often something was written; another number says that there is news on disk.
    trouble : DigitLabError or None
        Why nothing can be kept at present; the training goes on, and it is tried again and again.
    """

    def __init__(self, row: RunRow, training: Training, *, film: bool = True, before: Entry = NOTHING) -> None:
        self.row, self._training, self._film = row, training, film
        self.trouble: DigitLabError | None = None
        self.written = 0
        self._path: Path | None = None
        self._file: RunFile | None = None
        self._store: RunStore | None = None
        self._lock: FileLock | None = None
        self._frames: Frames | None = None
        self._now, self._unsaved = _Waiting(), before
        self._job: Future[None] | None = None
        self._due, self._anew = False, False
        self._saved_at = self._filmed_at = 0.0
        self._thinning = Thinning()
        self._data: dict[str, Any] = {}
        self._lost: DigitLabError | None = None  # what is to be said once the run is kept anew

    @property
    def path(self) -> Path:
        """Where the run's file lies, or would lie."""
        return self._path or path_of(self.row.id)

    def begin(self) -> None:
        """Open the run's file, or make it; where that cannot be, :attr:`trouble` says why.

        A run that was deleted, and is trained on all the same, is back in the library.
        """
        self._filmed_at, self._anew = time.monotonic(), True
        self.row = self.row.changed(state=RunState.RUNNING, message="")
        self._data = fingerprint(self._training.data.dataset)
        self._save(wait=True)
        taken = [] if self._file is None else [step for step, _ in self._file.frame_list()]
        step, training = self._training.step, self._training
        if self._film:
            self._now.dropped += [later for later in taken if later > step]
            batches = -(-len(training.data.train_rows) // training.settings.batch_size)
            before = [earlier for earlier in taken if earlier <= step]
            self._frames = Frames(training.network.parameters.size, step + batches * training.settings.epochs, before)
            if not before and self._frames.due == 0:
                self._take_frame(training.epoch)

    def note(self, report: Report) -> None:
        """Take note of what the training reports, and write when it is time."""
        now, waiting = time.monotonic(), self._now
        if isinstance(report, BatchReport):
            waiting.batches.append(report)
            if len(waiting.batches) >= MOST_REPORTS:
                waiting.pack()
            if self._frames is not None and report.step >= self._frames.due:
                self._take_frame(report.epoch - 1 + report.seen / report.size)
        elif isinstance(report, EpochReport):
            waiting.epochs.append(report)
            self._due = True
        if self._due or now - self._saved_at >= CHECKPOINT_SECONDS:
            self._save(wait=False)
        elif waiting.frames and now - self._filmed_at >= FRAME_SECONDS and not self._busy(wait=False):
            self._write({}, {}, wait=False)  # frames alone: they are to be seen while it trains

    def pause(self) -> None:
        """Write how far it has got: nobody knows how long the pause will be."""
        if self._now.batches or self._now.chunks or self._now.epochs:
            self._save(wait=True)

    def leave(self, state: RunState, message: str = "") -> None:
        """Write how far it has got, and let go of the file; it can go on from there."""
        self.row = self.row.changed(state=state, message=message)
        self._save(wait=True)
        writing(self._close).result()

    # --- in the thread that trains ------------------------------------------------------------------------

    def _take_frame(self, place: float) -> None:
        assert self._frames is not None
        step = self._training.step
        self._now.dropped += self._frames.take(step)
        self._now.frames.append((step, place, self._training.network.parameters.copy()))

    def _save(self, *, wait: bool) -> None:
        """Write a checkpoint and everything since the one before, as soon as the last writing is over."""
        if self._busy(wait):
            return
        self.row = _brought_up(self.row, self._training, self._now)
        self._saved_at, self._due = time.monotonic(), False
        entry = checkpoint(self._training, self._data).of(self.row)
        self._write(entry.facts, entry.arrays, wait=wait)

    def _busy(self, wait: bool) -> bool:
        if self._job is not None and not wait and not self._job.done():
            return True
        if self._job is not None:
            self._job.result()
        return False

    def _write(self, facts: dict[str, Any], arrays: dict[str, Any], *, wait: bool) -> None:
        waiting, self._now = self._now, _Waiting()
        if not facts:  # curves belong to a checkpoint
            for name in ("batches", "chunks", "epochs"):
                setattr(self._now, name, getattr(waiting, name))
                setattr(waiting, name, [])
        self._filmed_at = time.monotonic()
        self._job = writing(partial(self._write_all, facts, arrays, waiting, self.row))
        if wait:
            self._job.result()

    # --- in the thread that writes ------------------------------------------------------------------------

    def _write_all(self, facts: dict[str, Any], arrays: dict[str, Any], waiting: _Waiting, row: RunRow) -> None:
        """Write; what could not be written is kept for the next time."""
        before = self._unsaved
        waiting.pack()
        self._unsaved = Entry(
            before.facts | facts,
            arrays or before.arrays,
            [*before.batches, *waiting.chunks],
            [*before.epochs, *map(asdict, waiting.epochs)],
            [*before.frames, *((step, place, half(weights)) for step, place, weights in waiting.frames)],
            [*before.dropped, *waiting.dropped],
        )
        try:
            self._write_file()
            if facts:
                self._write_row(row)
        except DigitLabError as error:
            self.trouble = error
        except MemoryError:
            self.trouble = DigitLabError("There is not enough memory to keep this run on disk.", "It trains on.")
        else:
            self.trouble, self._lost, self.written = self._lost, None, self.written + 1

    def _write_file(self) -> None:
        if self._file is not None and not self._file.there:
            what = f"{self.path} was removed while the run was being kept there."
            self._lost = DigitLabError(what, "It is kept anew from here on; its earlier curves and moments are lost.")
            self._close()
        if self._file is None:
            self._open()
        assert self._file is not None
        self._file.write(self._unsaved)
        self._learn(self._unsaved.batches, self._unsaved.epochs)
        self._unsaved = NOTHING

    def _write_row(self, row: RunRow) -> None:
        self._store = self._store or RunStore()
        self._store.save(row)
        self._store.save_curve(row.id, self._thinning.curve())
        if self._anew:
            self._store.undelete([row.id])
            self._anew = False

    def _open(self) -> None:
        self._path = path = path_of(self.row.id)  # again: the folder may have to be made anew
        lock = locked(path)
        try:
            self._file = file = RunFile(path, write=True)
            if batches := file.batches():
                self._thinning = Thinning()
                self._learn(batches, file.epochs())
        except BaseException:
            lock.release()
            raise
        self._lock = lock

    def _close(self) -> None:
        for held in (self._file, self._store):
            if held is not None:
                held.close()
        self._file = self._store = None
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _learn(self, batches: Sequence[tuple[int, Figures]], epochs: Sequence[dict[str, Any]]) -> None:
        for _, figures in batches:
            self._thinning.add(figures)
        self._thinning.add_epochs([EpochReport(**report) for report in epochs])


def checkpoint(training: Training, data: dict[str, Any]) -> Entry:
    """Return what it takes to go on with a training that learns from such data, as copies; only between two reports."""
    state = training.state()
    return Entry({"state": state.numbers, "data": data}, state.arrays)


def fingerprint(dataset: Dataset) -> dict[str, Any]:
    """Return how many training images there are, and a sum over their bytes and labels that tells others apart.

    The last answer is remembered: a window asks again at every run.
    """
    global _known
    if _known is None or _known[0]() is not dataset.train_images or _known[1]() is not dataset.train_labels:
        images, labels = (np.ascontiguousarray(array) for array in (dataset.train_images, dataset.train_labels))
        found = {"images": len(images), "sum": zlib.crc32(labels.data, zlib.crc32(images.data))}
        _known = weakref.ref(dataset.train_images), weakref.ref(dataset.train_labels), found
    return _known[2]


_known: tuple[weakref.ref[Any], weakref.ref[Any], dict[str, Any]] | None = None


def _brought_up(row: RunRow, training: Training, waiting: _Waiting) -> RunRow:
    """Return the row as it is now: with the figures of the best epoch among those that have just ended."""
    known: dict[str, Any] = {"epochs": training.epoch, "steps": training.step, "best_epoch": training.best_epoch}
    known["seconds"] = row.seconds + sum(report.seconds for report in waiting.epochs)
    known["updated"] = time.time()
    if training.step != row.steps:  # what was measured is of other weights
        known |= {"test_loss": None, "test_accuracy": None}
    shown = [report for report in waiting.epochs if report.best or not training.settings.keep_best]
    for report in shown[-1:]:
        known |= {"train_loss": report.loss, "train_accuracy": report.accuracy}
        known |= {"validation_loss": report.validation_loss, "validation_accuracy": report.validation_accuracy}
    run = row.spec
    if run.training != training.settings:
        known["spec"] = run.model_copy(update={"training": training.settings})
    return row.changed(**known)
