"""The beat at which a run is played."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

TICK_MS = 83  # twelve times a second: pages can follow
SPEEDS = (0.5, 1.0, 2.0)


class TimePlayer(QObject):
    """Tells when to go on, and by how many frames.

    Signals
    -------
    stepped : (int,)
        Go on by so many frames.
    changed : (bool,)
        Whether it plays from now on.

    Attributes
    ----------
    speed : float
        How many frames per tick.
    """

    stepped = Signal(int)
    changed = Signal(bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.speed, self._ticks = 1.0, 0
        self._timer = QTimer(self, interval=TICK_MS)
        self._timer.timeout.connect(self._tick)

    @property
    def playing(self) -> bool:
        """Whether it plays."""
        return self._timer.isActive()

    def start(self) -> None:
        """Play."""
        self._ticks = 0
        self._timer.start()
        self.changed.emit(True)

    def stop(self) -> None:
        """Pause."""
        if self.playing:
            self._timer.stop()
            self.changed.emit(False)

    def change_speed(self) -> None:
        """Play at the next of the speeds; after the fastest comes the slowest."""
        self.speed = SPEEDS[(SPEEDS.index(self.speed) + 1) % len(SPEEDS)]
        self._ticks = 0

    def _tick(self) -> None:
        self._ticks += 1
        frames = int(self._ticks * self.speed) - int((self._ticks - 1) * self.speed)
        if frames:
            self.stepped.emit(frames)
