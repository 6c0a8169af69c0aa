"""What a network makes of the training images, remembered and looked up in the background."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from engine.explanation.similar import Measure, Memory, remember
from engine.memory import require_memory_to_read
from engine.network import Snapshot
from gui.tasks import Tasks
from gui.widgets.why_latest import Latest

Image = NDArray[np.uint8]


class WhyMemory(QObject):
    """Remembers the training images for one copy of the weights at a time.

    Attributes
    ----------
    memory : Memory or None
        What is remembered.

    Signals
    -------
    compared : (list of Similar,)
        The training images most like the image that was asked about last.
    changed : ()
        There is another memory, or none.
    failed : (DigitLabError,)
        What went wrong.
    """

    compared = Signal(object)
    changed = Signal()
    failed = Signal(object)

    def __init__(self, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.memory: Memory | None = None
        self._at: tuple[Snapshot, Image] | None = None  # what is being looked at, or could not be
        self._comparing, self._learning = Latest(tasks, parent=self), Latest(tasks, "Comparing training images…", self)
        for job in (self._comparing, self._learning):
            job.failed.connect(self.failed)

    @property
    def busy(self) -> bool:
        """Whether the training images are being looked at."""
        return self._learning.busy

    def knows(self, snapshot: Snapshot, images: Image) -> bool:
        """Whether what these weights make of these images is remembered, is being found out, or cannot be."""
        held = self.memory
        if held is not None and held.snapshot is snapshot and held.images is images:
            return True
        return self._at is not None and self._at[0] is snapshot and self._at[1] is images

    def remember(self, snapshot: Snapshot, images: Image, rows: NDArray[np.intp]) -> None:
        """Let a network look at training images; what it was looking at is dropped."""
        self._learning.drop()
        self._at = (snapshot, images)
        self._learning.ask(partial(_remember, snapshot, images, rows), self._on_remembered)

    def compare(self, image: Image, measure: Measure) -> None:
        """Find the training images most like an image, if they are remembered."""
        if self.memory is not None:
            self._comparing.ask(partial(_compare, self.memory, image, measure), self.compared.emit)

    def stop(self) -> None:
        """Drop everything that is not done yet; what is remembered stays."""
        self._comparing.drop()
        self._learning.drop()
        self._at = None

    def forget(self) -> None:
        """Forget the training images."""
        self.stop()
        self.memory = None
        self.changed.emit()

    def _on_remembered(self, memory: Memory | None) -> None:
        self._at = None
        if memory is not None:
            self.memory = memory
            self.changed.emit()


def _compare(memory: Memory, image: Image, measure: Measure, progress: Any = None, cancelled: Any = None) -> Any:
    return memory.nearest(image, measure=measure)


def _remember(
    snapshot: Snapshot, images: Image, rows: NDArray[np.intp], progress: Any = None, cancelled: Any = None
) -> Memory | None:
    require_memory_to_read(snapshot.spec)
    return remember(snapshot, images, rows, progress=progress, cancelled=cancelled)
