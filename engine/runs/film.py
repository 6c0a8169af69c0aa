"""The film of a run: its weights at moments that lie ever further apart, in half precision."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.errors import DigitLabError
from engine.network import Snapshot
from engine.runs.run_file import RunFile
from engine.specs import NetworkSpec


class Film:
    """The frames of a run, read from its file one by one; more may come while it is being trained.

    Attributes
    ----------
    steps : ndarray of shape (n,), int64
        After how many batches each frame was taken, in order.
    epochs : ndarray of shape (n,), float64
        The same on the axis of epochs: 1.5 is the middle of the second one.
    """

    def __init__(self, file: RunFile, spec: NetworkSpec) -> None:
        self._file, self._spec = file, spec
        self._held: tuple[int, Snapshot] | None = None
        self.steps: NDArray[np.int64] = np.empty(0, np.int64)
        self.epochs: NDArray[np.float64] = np.empty(0)
        self.refresh()

    @property
    def path(self) -> Path:
        """The file of the run."""
        return self._file.path

    @property
    def there(self) -> bool:
        """Whether the file is still the one that lies there."""
        return self._file.there

    def __len__(self) -> int:
        return len(self.steps)

    def refresh(self) -> bool:
        """Look for frames that were added or taken out; return whether there are any such."""
        rows = self._file.frame_list()
        steps = np.array([step for step, _ in rows], np.int64)
        changed = not np.array_equal(steps, self.steps)
        self.steps, self.epochs = steps, np.array([place for _, place in rows], float)
        return changed

    def frame(self, index: int) -> Snapshot:
        """Return the weights of frame number `index`, counted from 0, in the precision of the network.

        Raises
        ------
        DigitLabError
            When it cannot be read.
        """
        step = int(self.steps[index])
        if self._held is None or self._held[0] != step:
            half = self._file.frame(step)
            if len(half) != self._spec.parameter_count:
                raise DigitLabError("This moment of the run cannot be shown: its frame is damaged.", "Choose another.")
            snapshot = Snapshot(self._spec, half.astype(self._spec.dtype), step, int(self.epochs[index]))
            self._held = step, snapshot
        return self._held[1]

    def nearest(self, step: int) -> int:
        """Return the frame nearest to a step."""
        return int(np.abs(self.steps - step).argmin())

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
