"""A slider over the frames of a run, with ticks where epochs begin; its right end is the present."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSlider, QWidget

from gui import theme

HANDLE, TICK, NEAREST = 12, 4, 7


class TimeSlider(QSlider):
    """Chooses one of n frames, or the present.

    Frames lie ever further apart while a run goes on, so the slider gives its beginning the room it deserves.

    Signals
    -------
    chosen : (int or None,)
        The user moved the handle to this frame; None is the present.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._epochs: NDArray[np.float64] = np.empty(0)
        self._begins: list[tuple[int, int]] = []
        self.setRange(0, 0)
        self.setPageStep(10)
        self.setMinimumWidth(80)
        self.setFixedHeight(theme.CONTROL_HEIGHT)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Moment of the run")
        self.valueChanged.connect(self._on_moved)
        theme.switch().changed.connect(self.update)

    @property
    def frame(self) -> int | None:
        """The frame under the handle; None for the present."""
        return self.value() if self.value() < self.maximum() else None

    def show_frames(self, epochs: NDArray[np.float64], frame: int | None) -> None:
        """Offer frames at these places on the axis of epochs, in order, and stand on one of them; tells nobody."""
        self._epochs = epochs
        whole = np.floor(epochs + 1e-9).astype(int)
        firsts = np.flatnonzero(np.diff(whole, prepend=0) > 0)
        self._begins = [(int(index), int(whole[index])) for index in firsts]
        with QSignalBlocker(self):
            self.setRange(0, len(epochs))
            self.setValue(len(epochs) if frame is None else frame)
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Bring the handle to the mouse at once, and hold it: Qt's own slider would go there page by page."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self._follow(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Take the handle along."""
        if self.isSliderDown():
            self._follow(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go of the handle."""
        self.setSliderDown(False)

    def _follow(self, event: QMouseEvent) -> None:
        share = (event.position().x() - HANDLE / 2) / max(self.width() - HANDLE, 1)
        self.setValue(round(min(max(share, 0.0), 1.0) * self.maximum()))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the slider, and under it a tick at each epoch as far as there is room."""
        super().paintEvent(event)
        with QPainter(self) as painter:
            painter.setPen(QColor(theme.current().muted))
            bottom = self.height() // 2 + 8
            for x in self.ticks():
                painter.drawLine(x, bottom, x, bottom + TICK - 1)

    def ticks(self) -> list[int]:
        """Return where epochs begin, in pixels from the left; only some of them where they would touch."""
        places = [(self._place(index), epoch) for index, epoch in self._begins]
        for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000):
            kept = [x for x, epoch in places if epoch % step == 0]
            if all(right - left >= NEAREST for left, right in pairwise(kept)):
                return kept
        return []

    def _place(self, index: int) -> int:
        return round(HANDLE / 2 + index / max(self.maximum(), 1) * (self.width() - HANDLE))

    def _on_moved(self, _value: int) -> None:
        self.chosen.emit(self.frame)
