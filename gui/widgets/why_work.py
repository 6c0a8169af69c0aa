"""What explaining a drawing takes longer than a moment for: it is covered and changed in the background."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from engine.explanation.occlusion import occlusion
from engine.explanation.patch import smallest_change
from engine.network import Network, Snapshot
from gui.tasks import Tasks
from gui.widgets.why_latest import Latest
from gui.widgets.why_subject import Subject

Image = NDArray[np.uint8]
REST_MS = 60
"""So long a drawing must rest before what takes longer begins."""
AGAIN_MS = 400
"""So long other weights wait for it while they go on changing."""


class WhyWork(QObject):
    """Covers and changes a drawing when it rests; what is asked for another one drops what is not done yet.

    Signals
    -------
    covered : (ndarray of shape (10, 28, 28),)
        What each digit loses when a square around each pixel is covered.
    changed : (Change or None,)
        The smallest change of the drawing that changes the answer.
    failed : (DigitLabError,)
        What went wrong.
    """

    covered = Signal(object)
    changed = Signal(object)
    failed = Signal(object)

    def __init__(self, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._subject: Subject | None = None
        self._image: Image | None = None
        self._side = 3
        self._job = Latest(tasks, parent=self)
        self._job.failed.connect(self.failed)
        self._later = QTimer(self, singleShot=True)
        self._later.timeout.connect(self._cover)

    @property
    def busy(self) -> bool:
        """Whether something is still to come."""
        return self._job.busy or self._later.isActive()

    def follow_drawing(self, subject: Subject, image: Image, side: int) -> None:
        """Explain another drawing, or the same by other means; what is not done yet is dropped."""
        self._subject, self._image, self._side = subject, image, side
        self._job.drop()
        self._later.start(REST_MS)

    def follow_weights(self, subject: Subject) -> None:
        """Explain the same drawing by other weights, when there is time for it."""
        self._subject = subject
        if not self._later.isActive():
            self._later.start(AGAIN_MS)

    def stop(self) -> None:
        """Drop everything that is not done yet."""
        self._later.stop()
        self._job.drop()

    def _cover(self) -> None:
        if self._subject is not None and self._image is not None:
            snapshot, image = self._subject.snapshot, self._image
            work = partial(_cover, snapshot, image, self._side)
            self._job.ask(work, partial(self._on_covered, snapshot, image))

    def _on_covered(self, snapshot: Snapshot, image: Image, falls: NDArray[Any] | None) -> None:
        if falls is not None:
            self.covered.emit(falls)
            self._job.ask(partial(_change, snapshot, image), self.changed.emit)


def _cover(snapshot: Snapshot, image: Image, side: int, progress: Any = None, cancelled: Any = None) -> Any:
    return occlusion(Network.from_snapshot(snapshot), image, side, cancelled)


def _change(snapshot: Snapshot, image: Image, progress: Any = None, cancelled: Any = None) -> Any:
    return smallest_change(Network.from_snapshot(snapshot), image, cancelled=cancelled)
