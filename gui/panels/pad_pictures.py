"""What comes onto the pad from elsewhere, and what is copied from it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from engine.datasets.dataset import Dataset
from engine.errors import DigitLabError
from engine.network import Network
from engine.reader import Reader
from gui.session import Session
from gui.tasks import TaskThread
from gui.widgets import given_picture
from gui.widgets.drawing import Drawing
from gui.widgets.pad import Pad

COPIED_HEIGHT = 280
_AT_A_TIME = 250


class PadPictures(QObject):
    """Puts images on a pad: of the test set, from files and from the clipboard; and copies them.

    Whoever asks for one means the pad: it has the focus at once, and nobody loses it later when the image is there.

    Parameters
    ----------
    session : Session
        Its data is where test images come from; problems go to it.
    pad : Pad
    """

    def __init__(self, session: Session, pad: Pad, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._pad = session, pad
        self._rng = np.random.default_rng()
        self._reading: TaskThread | None = None
        self._searching: TaskThread | None = None

    # --- test images --------------------------------------------------------------------------------------

    def show_image(self, image28: NDArray[np.uint8], caption: str, note: str = "taken as it is") -> None:
        """Show an image of shape (28, 28); this can be undone, and the next stroke starts afresh."""
        self._forget_search()
        self._pad.replace(Drawing(image=np.array(image28, np.uint8), caption=caption, note=note), "image")

    def show_test_image(self) -> None:
        """Show a random image of the test set."""
        self._pad.setFocus()
        dataset = self._session.dataset
        if dataset is not None and len(dataset.test_images):
            self._show_test_image(dataset, int(self._rng.integers(len(dataset.test_images))))

    def show_wrong_image(self) -> None:
        """Show a random image of the test set that whoever reads the pad now reads wrong, or say that there is none."""
        self._pad.setFocus()
        session, dataset = self._session, self._session.dataset
        if dataset is None or not len(dataset.test_images):
            return
        fresh = session.reads_itself and session.evaluated_step == session.shown.step
        if fresh and session.evaluation is not None:
            mistakes = session.evaluation.mistakes()
            found = int(self._rng.choice(mistakes)) if len(mistakes) else None
            self._on_searched(dataset, found)
            return
        self._forget_search()
        order = self._rng.permutation(len(dataset.test_images))
        work = partial(_search, copy_of(session.pad_reader), dataset, order)
        done: Callable[[Any], None] = partial(self._on_searched, dataset)
        self._searching = session.tasks.start("Looking for a mistake…", work, done, session.problem.emit)

    def _forget_search(self) -> None:
        if self._searching is not None:
            self._session.tasks.forget(self._searching)
            self._searching = None

    def _on_searched(self, dataset: Dataset, index: int | None) -> None:
        self._searching = None
        if dataset is not self._session.dataset:
            return
        if index is None:
            count = f"{len(dataset.test_images):,}"
            self._session.noted.emit(f"None of the {count} test images is read wrong: there is nothing to show.")
        else:
            self._show_test_image(dataset, index)

    def _show_test_image(self, dataset: Dataset, index: int) -> None:
        name = dataset.class_names[dataset.test_labels[index]]
        self.show_image(dataset.test_images[index], f"Test image {index + 1:,}: {name}")

    # --- pictures -----------------------------------------------------------------------------------------

    def open_picture(self, picture: Path | QImage) -> None:
        """Show a picture file, or an image of any size; one that cannot be read goes to `session.problem`."""
        self._pad.setFocus()
        if self._reading is not None:
            self._session.tasks.forget(self._reading)
        work = partial(given_picture.read, picture, self._session.pad_reader.ink)
        self._reading = self._session.tasks.start("Reading the picture…", work, self._on_picture, self._on_no_picture)

    def paste(self) -> None:
        """Show the picture that was copied, or say that there is none."""
        picture = given_picture.picture_in(QApplication.clipboard().mimeData(), any_file=True)
        if picture is None:
            self._session.problem.emit(
                DigitLabError("The clipboard holds no picture.", "Copy a picture of one digit first.")
            )
        else:
            self.open_picture(picture)

    def _on_picture(self, drawing: Drawing) -> None:
        self._reading = None
        self._pad.replace(drawing, "picture")

    def _on_no_picture(self, error: DigitLabError) -> None:
        self._reading = None
        self._session.problem.emit(error)

    # --- copies -------------------------------------------------------------------------------------------

    def copy(self) -> None:
        """Copy the drawing, white on black."""
        if not self._pad.drawing.empty:
            QApplication.clipboard().setImage(self._pad.picture(COPIED_HEIGHT))
            self._session.noted.emit("The drawing has been copied as a picture.")

    def copy_small(self) -> None:
        """Copy the image of 28x28 pixels that the network sees."""
        image = self._session.drawing
        if image is not None:
            side = len(image)
            data = np.ascontiguousarray(image).tobytes()
            small = QImage(data, side, side, side, QImage.Format.Format_Grayscale8).copy()
            QApplication.clipboard().setImage(small)
            self._session.noted.emit("What the network sees has been copied as a picture of 28×28 pixels.")


def copy_of(reader: Reader) -> Reader:
    """Return a reader with a network of its own, for another thread."""
    network = Network.from_snapshot(reader.network.snapshot())
    return Reader(network, reader.ink, reader.judge, reader.names)


def _search(reader: Reader, dataset: Dataset, order: NDArray[Any], progress: Any, cancelled: Any) -> int | None:
    """Return the first test image, in some order, that is read wrong; None if there is none."""
    for start in range(0, len(order), _AT_A_TIME):
        if cancelled():
            return None
        part = order[start : start + _AT_A_TIME]
        answers = reader.network.probabilities(dataset.test_images[part]).argmax(axis=1)
        wrong = part[answers != dataset.test_labels[part]]
        if len(wrong):
            return int(wrong[0])
    return None
