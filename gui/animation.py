"""Animated pictures of a run: frame after frame is brought into view and caught, then all are written to one file."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QBuffer, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage

from engine.errors import DigitLabError
from engine.files import atomic_write
from gui.session import Session

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = {".gif": "GIF", ".png": "PNG", ".webp": "WEBP"}
MOST_FRAMES, MOST_PIXELS = 150, 40_000_000
LAST_SECONDS = 1.5
POLL_MS, LEAST_S, UNKNOWN_S, MOST_S = 30, 0.13, 0.5, 10.0


@dataclass(frozen=True)
class Recording:
    """How a run is to be recorded.

    Attributes
    ----------
    path : Path
        The file; its ending, ``.gif``, ``.png`` or ``.webp``, says the format.
    frames : int
        How many moments at most, 2 to 150, spread evenly over the film.
    width : int
        How many pixels wide at most; the height goes with it.
    rate : float
        Frames a second.
    """

    path: Path
    frames: int = 60
    width: int = 640
    rate: float = 12.0


class Recorder(QObject):
    """Goes through the film of a session, catches a picture of each moment, and writes them as an animation.

    One picture is taken per turn of the event loop, so that the window lives on; the file is written in a task.
    Whatever happens, the moment that was in view before comes back.

    Signals
    -------
    progressed : (int, int)
        How many pictures are taken, and of how many.
    writing : ()
        All are taken; the file is being written.
    finished : (object,)
        The path of the file; None when it was cancelled.
    failed : (DigitLabError,)
        Why there is no file.
    """

    progressed = Signal(int, int)
    writing = Signal()
    finished = Signal(object)
    failed = Signal(object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._steps: list[int] = []
        self._pictures: list[bytes] = []
        self._size: QSize | None = None
        self._before: int | None = None
        self._since = 0.0
        self._task: Any = None
        self._busy = False
        self._timer = QTimer(self, interval=POLL_MS)
        self._timer.timeout.connect(self._tick)

    @property
    def busy(self) -> bool:
        """Whether it is recording or writing."""
        return self._busy

    def start(
        self, recording: Recording, grab: Callable[[], QImage], settled: Callable[[], bool] | None = None
    ) -> None:
        """Begin to record.

        Parameters
        ----------
        recording : Recording
        grab : callable
            Returns what is in view.
        settled : callable, optional
            Says whether what is in view is of the moment that was last chosen. Without it, half a second has to do.
        """
        film = self._session.film
        if self._busy or film is None or not len(film):
            return
        self._recording, self._grab, self._settled = recording, grab, settled
        self._steps = [int(film.steps[index]) for index in spread(len(film), min(recording.frames, MOST_FRAMES))]
        self._pictures, self._size = [], None
        self._before = int(self._session.shown.step) if self._session.travelling else None
        self._busy = True
        self._show_next()
        self._timer.start()

    def cancel(self) -> None:
        """Give up; nothing is written."""
        if not self._busy:
            return
        if self._task is not None:
            self._session.tasks.forget(self._task)
        self._end()
        self.finished.emit(None)

    def _show_next(self) -> None:
        film = self._session.film
        if film is None or not len(film):
            self._end()
            self.failed.emit(
                DigitLabError("The recording ended: the run is no longer there.", "Train, then try again.")
            )
            return
        self._session.show_moment(film.nearest(self._steps[len(self._pictures)]))
        self._since = time.monotonic()

    def _tick(self) -> None:
        """Take a picture if the moment is in view, and go on to the next one."""
        if not self._ready():
            return
        self._pictures.append(self._encoded(self._grab()))
        self.progressed.emit(len(self._pictures), len(self._steps))
        if len(self._pictures) < len(self._steps):
            self._show_next()
        else:
            self._write()

    def _ready(self) -> bool:
        waited = time.monotonic() - self._since
        if self._settled is None:
            return waited >= UNKNOWN_S
        return waited >= LEAST_S and (self._settled() or waited >= MOST_S)

    def _encoded(self, picture: QImage) -> bytes:
        """Return a picture as the bytes of a PNG, all of one size: as wide as asked for if that is not too much."""
        if self._size is None:
            self._size = fitting(picture.size(), self._recording.width, len(self._steps))
        smooth = Qt.TransformationMode.SmoothTransformation
        picture.setDevicePixelRatio(1)
        scaled = picture.scaled(self._size, Qt.AspectRatioMode.IgnoreAspectRatio, smooth)
        buffer = QBuffer()
        buffer.open(QBuffer.OpenModeFlag.WriteOnly)
        # The fastest compression: this is read again in a moment.
        scaled.convertToFormat(QImage.Format.Format_RGB32).save(buffer, "PNG", 90)  # type: ignore[call-overload]
        return bytes(buffer.data().data())

    def _write(self) -> None:
        self._restore()
        work = partial(_write_task, self._recording, self._pictures)
        self._task = self._session.tasks.start("Writing the animation…", work, self._on_written, self._on_failed)
        self.writing.emit()

    def _on_written(self, written: bool) -> None:
        path = self._recording.path if written else None
        self._end()
        self.finished.emit(path)

    def _on_failed(self, error: DigitLabError) -> None:
        self._end()
        self.failed.emit(error)

    def _restore(self) -> None:
        """Bring the moment back that was in view before."""
        self._timer.stop()
        film, before = self._session.film, self._before
        known = before is not None and film is not None and len(film) > 0
        self._session.show_moment(film.nearest(before) if known and film is not None and before is not None else None)

    def _end(self) -> None:
        if self._timer.isActive():
            self._restore()
        self._busy, self._task, self._pictures = False, None, []


def spread(count: int, most: int) -> list[int]:
    """Return at most `most` of the numbers 0 to `count` - 1, evenly spread, the first and the last among them."""
    return [int(index) for index in np.unique(np.linspace(0, count - 1, min(count, most)).round())]


def fitting(size: QSize, width: int, frames: int) -> QSize:
    """Return the size of the pictures of an animation: not wider than asked for, and not too many pixels in all."""
    scale = min(width / size.width(), (MOST_PIXELS / frames / (size.width() * size.height())) ** 0.5, 1.0)
    return QSize(max(round(size.width() * scale), 1), max(round(size.height() * scale), 1))


class _CancelledError(Exception):
    """Nobody wants the animation any more."""


def write_animation(
    path: str | Path,
    pictures: Sequence[bytes],
    rate: float,
    progress: Callable[[str], None],
    cancelled: Callable[[], bool],
) -> bool:
    """Write pictures as an animation that repeats for ever; the last one stays a moment longer.

    Parameters
    ----------
    path : path
        Its ending, ``.gif``, ``.png`` (APNG) or ``.webp``, says the format.
    pictures : sequence of bytes
        At least one PNG file, all of the same size.
    rate : float
        Pictures a second.
    progress, cancelled : callable
        Takes sentences; says whether to give up.

    Returns
    -------
    bool
        Whether it was written; not if it was cancelled.

    Raises
    ------
    DigitLabError
        When the ending is another one, or the file cannot be written; what was there before is unchanged.
    """
    format = FORMATS.get(Path(path).suffix.lower())  # noqa: A001
    if format is None:
        legal = ", ".join(FORMATS)
        raise DigitLabError(f"{path} is no name for an animation.", f"Let it end in one of {legal}.")
    frames = _Frames(pictures, format, progress, cancelled)
    durations = [round(1000 / rate)] * (len(pictures) - 1) + [round(1000 * LAST_SECONDS)]
    try:
        atomic_write(path, partial(_save, frames, format, durations))
    except _CancelledError:
        return False
    return True


def _write_task(recording: Recording, pictures: Sequence[bytes], progress: Any, cancelled: Any) -> bool:
    return write_animation(recording.path, pictures, recording.rate, progress, cancelled)


@dataclass(frozen=True)
class _Frames:
    """Pictures that are uncompressed one by one, as often as somebody goes through them: few fit into memory."""

    pictures: Sequence[bytes]
    format: str
    progress: Callable[[str], None]
    cancelled: Callable[[], bool]
    skipped: int = 0

    def __iter__(self) -> Iterator[Image]:
        from PIL import Image

        for number, data in enumerate(self.pictures[self.skipped :], start=self.skipped + 1):
            if self.cancelled():
                raise _CancelledError
            self.progress(f"Writing the animation: {number} of {len(self.pictures)} pictures…")
            with Image.open(io.BytesIO(data)) as file:
                picture = file.convert("RGB")
            yield picture.quantize(256, dither=Image.Dither.NONE) if self.format == "GIF" else picture


def _save(frames: _Frames, format: str, durations: list[int], path: Path) -> None:  # noqa: A002
    options: dict[str, Any] = {"WEBP": {"quality": 85, "method": 3}}.get(format, {})
    first, rest = next(iter(frames)), replace(frames, skipped=1)
    if len(durations) == 1:
        first.save(path, format=format, **options)
        return
    first.save(path, format=format, save_all=True, append_images=rest, duration=durations, loop=0, **options)
