"""Which weights everybody sees: the latest copy, or those of a past moment of the run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from engine.errors import DigitLabError
from engine.judge import Judge
from engine.network import Network, Snapshot
from engine.runs.film import Film
from engine.runs.recall import film_of


class Moments(QObject):
    """Holds the latest weights, the film of the run, and the moment of it that is being looked at.

    Attributes
    ----------
    snapshot : Snapshot
        The latest copy of the weights, frozen.
    start : Snapshot
        The weights the present network had when it was new, or opened.
    shown : Snapshot
        What every page, picture and the pad show: the latest copy, or a frame of the film.
    reader : Network
        A network of the GUI thread that holds what is shown.
    film : Film or None
        The frames that were kept of this run; None while there are none.
    judge : Judge
        How far the present network's answers are to be trusted; while it goes on learning, that of the weights before.
    judge_is_provisional : bool
        Whether no judge has been fitted to the weights that are shown.
    """

    snapshot_changed = Signal(object)  # Snapshot: the latest weights are others
    shown_changed = Signal(object)  # Snapshot: the weights in view are others
    film_changed = Signal()  # more frames, another film, or none
    travelled = Signal(bool)  # whether a past moment is in view from now on
    reader_changed = Signal()  # somebody else reads the pad from now on
    problem = Signal(object)  # DigitLabError

    def __init__(self, network: Network, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.reader = Network(network.spec, seed=None)
        self.judge, self._judged = Judge(), False
        self.film: Film | None = None
        self.frame: int | None = None
        self.start = self.snapshot = network.snapshot()
        self._look_at(self.snapshot)

    @property
    def travelling(self) -> bool:
        """Whether a past moment is in view."""
        return self.frame is not None

    @property
    def judge_is_provisional(self) -> bool:
        """Whether no judge has been fitted to the weights that are shown."""
        return self.travelling or not self._judged

    def read(self, image: NDArray[Any]) -> NDArray[Any]:
        """Return the shares of the ten digits for one image of shape (28, 28), by the weights in view."""
        return self.reader.probabilities(image[None])[0]

    def show_moment(self, index: int | None) -> None:
        """Look at frame number `index` of the film; None is the present."""
        film, before = self.film, self.travelling
        frame = index if film is not None and len(film) else None
        try:
            found = self.snapshot if frame is None or film is None else film.frame(frame)
        except DigitLabError as error:
            frame, found = None, self.snapshot
            self.problem.emit(error)
        self.frame = frame
        self._look_at(found)
        if before != self.travelling:
            self.travelled.emit(self.travelling)
        self.shown_changed.emit(found)

    def judge_by(self, judge: Judge) -> None:
        """Trust the present weights as far as a judge says that was fitted to them."""
        self.judge, self._judged = judge, judge != Judge()
        self.reader_changed.emit()

    def set_film(self, film: Film | None) -> None:
        """Look through another film from now on, or through none; an old one is closed."""
        if self.film is not None and self.film is not film:
            self.film.close()
        self.film = film
        if self.travelling:
            self.show_moment(None)
        self.film_changed.emit()

    def show_film(self, path: Path) -> None:
        """Look through the film in the file of a run, as far as it has got; without it, through none."""
        if self.film is not None and self.film.path == path and self.film.there:
            if self.film.refresh():
                if self.travelling:  # frames may have been taken out before it
                    self.frame = self.film.nearest(self.shown.step)
                self.film_changed.emit()
            return
        try:
            self.set_film(film_of(path, self.snapshot.spec))
        except DigitLabError as error:
            self.set_film(None)
            self.problem.emit(error)

    def _take(self, snapshot: Snapshot, *, learned: bool = False) -> None:
        """Make a copy of the weights the latest one; `learned` says it is the network before, further on.

        What a judge knows of a network nearly holds for it a little later; it knows nothing of another network.
        Whoever looks at a past moment of the same network goes on doing so.
        """
        if not learned:
            self.judge, self._judged, self.start = Judge(), False, snapshot
            was, self.frame = self.travelling, None
            if was:
                self.travelled.emit(False)
        elif not np.array_equal(snapshot.parameters, self.snapshot.parameters):
            self._judged = False
        self.snapshot = snapshot
        if not self.travelling:
            self._look_at(snapshot)

    def _announce(self) -> None:
        """Tell everybody that the latest weights are others."""
        self.snapshot_changed.emit(self.snapshot)
        if not self.travelling:
            self.shown_changed.emit(self.snapshot)

    def _look_at(self, snapshot: Snapshot) -> None:
        self.shown = snapshot
        if self.reader.spec != snapshot.spec:
            self.reader = Network(snapshot.spec, seed=None)
        self.reader.parameters[:] = snapshot.parameters
