"""The work behind the map: layouts are computed beside the window, one at a time, and the drawing is found on them."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from engine.datasets.dataset import Dataset
from engine.errors import DigitLabError
from engine.map.features import PIXELS
from engine.map.layout import Layout, Method, lay_out, lay_out_neighbours
from engine.network import Snapshot
from gui.session import Session, State
from gui.worker import TaskThread

# While the network learns, the map leaves it most of the time.
REST_WHILE_LEARNING = 0.25


class MapWork(QObject):
    """Keeps one layout up to date with the weights in view.

    Principal components follow the weights; a t-SNE map is computed when it is asked for.

    Signals
    -------
    changed : ()
        There is another layout, or none.
    placed : ()
        The drawing lies elsewhere.
    said : (str,)
        How far a t-SNE map is.
    finished : ()
        No t-SNE map is being computed any more.

    Attributes
    ----------
    layout : Layout or None
        What is to be shown.
    trouble : DigitLabError or None
        Why there is no newer one.
    place : ndarray of shape (2,), or None
        Where the drawing lies on it.
    """

    changed = Signal()
    placed = Signal()
    said = Signal(str)
    finished = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.layout: Layout | None = None
        self.trouble: DigitLabError | None = None
        self.place: NDArray[np.float32] | None = None
        self._method: Method = "pca"
        self._layer, self._rows = PIXELS, np.empty(0, np.intp)
        self._news = self._moved = True
        self._begun = 0.0
        self._following: TaskThread | None = None
        self._embedding: TaskThread | None = None
        session.shown_changed.connect(self._on_news)
        session.drawing_changed.connect(self._on_drawing)

    # --- what is wanted -----------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether a t-SNE map is being computed."""
        return self._embedding is not None

    @property
    def fits(self) -> bool:
        """Whether the layout is of the layer, the digits and the method that are wanted."""
        layout = self.layout
        return layout is not None and layout.method == self._method and layout.is_of(self._layer, self._rows)

    @property
    def stale(self) -> bool:
        """Whether the layout is of other weights than those in view, and does not follow them."""
        layout = self.layout
        follows = layout is None or layout.method == "pca" or layout.weighs_nothing
        return not follows and layout is not None and layout.step != self._session.shown.step

    @property
    def settled(self) -> bool:
        """Whether nothing is left to do."""
        return not (self._news or self._moved or self._following or self._embedding)

    def want(self, layer: int, count: int, method: Method) -> None:
        """Show a layer's view of so many test digits by a method; a t-SNE map that is missing is computed."""
        dataset = self._session.dataset
        self.cancel()
        self._layer, self._method = layer, method
        self._rows = np.empty(0, np.intp) if dataset is None else _chosen(dataset, count)
        self._news = True
        if method == "tsne" and not self.fits:
            self.embed()

    def forget(self) -> None:
        """Drop what was shown: it is of other data, or of another network."""
        self.cancel()
        if self._following is not None:
            self._session.tasks.forget(self._following)
            self._following = None
        self.layout, self.place, self.trouble = None, None, None
        self._news = self._moved = True
        self.changed.emit()

    # --- following ----------------------------------------------------------------------------------------

    def work(self) -> None:
        """Begin what is to be done next; called again and again while the map is in view."""
        if self._news and self._following is None:
            self._follow()
        if self._moved:
            self._locate()

    def _follow(self) -> None:
        session, dataset = self._session, self._session.dataset
        learning = session.state == State.RUNNING and not session.travelling
        early = learning and time.monotonic() - self._begun < REST_WHILE_LEARNING
        if early or dataset is None or not len(self._rows):
            self._news = self._news and dataset is not None
            return
        self._news = False
        fixed = self.layout is not None and self.layout.weighs_nothing
        if self._method == "tsne" and self.fits and not fixed:
            self.changed.emit()  # another moment: the map has become stale, or is so no longer
            return
        if self.busy:
            return
        self._begun = time.monotonic()
        # It has no title: a sentence four times a second would say nothing.
        work = partial(lay_out, session.shown, dataset.test_images, self._rows, self._layer, self._usable())
        self._following = session.tasks.start("", work, partial(self._on_layout, dataset), self._on_failed)

    def _usable(self) -> Layout | None:
        """Return what a new layout may begin with: a t-SNE map of pixels is kept only where t-SNE is wanted."""
        layout = self.layout
        if layout is not None and layout.weighs_nothing and layout.method != self._method:
            return None
        return layout

    def _on_layout(self, dataset: Dataset, layout: Layout | None) -> None:
        self._following = None
        wanted = layout is not None and layout.method == self._method and layout.is_of(self._layer, self._rows)
        if not wanted or dataset is not self._session.dataset:
            self._news = self._news or not self.busy
            return
        self._show(layout)

    def _on_failed(self, error: DigitLabError) -> None:
        self._following, self.trouble = None, error
        self.changed.emit()

    def _show(self, layout: Layout | None) -> None:
        self.layout, self.trouble, self._moved = layout, None, True
        self.changed.emit()

    def _on_news(self, _snapshot: Snapshot) -> None:
        self._news = True

    # --- t-SNE --------------------------------------------------------------------------------------------

    def embed(self) -> None:
        """Compute the t-SNE map of the weights in view."""
        session, dataset = self._session, self._session.dataset
        if self.busy or dataset is None or not len(self._rows):
            return
        images = dataset.test_images
        work = partial(lay_out_neighbours, session.shown, images, self._rows, self._layer, self.layout)
        self._embedding = session.tasks.start(
            "Computing the t-SNE map…", work, partial(self._on_embedded, dataset), self._on_not_embedded
        )
        self._embedding.progressed.connect(self._on_progress)

    def cancel(self) -> None:
        """Give up the t-SNE map that is being computed."""
        if self._embedding is not None:
            self._session.tasks.forget(self._embedding)
            self._end_embedding()

    def _on_embedded(self, dataset: Dataset, layout: Layout | None) -> None:
        if layout is not None and dataset is self._session.dataset and layout.is_of(self._layer, self._rows):
            self._show(layout)
        self._news = True
        self._end_embedding()

    def _on_not_embedded(self, error: DigitLabError) -> None:
        self._end_embedding()
        self._session.problem.emit(error)

    def _end_embedding(self) -> None:
        self._embedding = None
        if not self.fits:
            self._method = "pca"
        self._news = True
        self.finished.emit()

    def _on_progress(self, thread: TaskThread, sentence: str) -> None:
        if thread is self._embedding:
            self.said.emit(sentence)

    @property
    def method(self) -> Method:
        """The method in force: principal components again after a t-SNE map was given up."""
        return self._method

    # --- the drawing --------------------------------------------------------------------------------------

    def _on_drawing(self, _drawing: Any) -> None:
        self._moved = True

    def _locate(self) -> None:
        """Find the drawing on the map."""
        layout, drawing = self.layout, self._session.drawing
        self._moved, self.place = False, None
        if layout is not None and drawing is not None:
            try:
                self.place = layout.locate(drawing)
            except DigitLabError as error:  # these weights read digits, but this drawing makes them overflow
                self.trouble = error
                self.changed.emit()
        self.placed.emit()


def _chosen(dataset: Dataset, count: int) -> NDArray[np.intp]:
    """Return which test images are drawn: always the same ones, and the first of a larger number are the smaller."""
    return np.random.default_rng(0).permutation(len(dataset.test_images))[:count]
