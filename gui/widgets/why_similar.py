"""The training images most like the drawing, in a row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine.errors import DigitLabError
from engine.explanation.similar import Measure, Similar
from gui import theme
from gui.session import Session, State
from gui.widgets.choice_box import ChoiceBox
from gui.widgets.figures import ElidedLabel, label
from gui.widgets.image_grid import ImageGrid
from gui.widgets.why_memory import WhyMemory
from gui.widgets.why_subject import Subject
from gui.widgets.why_words import SIMILAR_HELP, measured, memory_words

REST_MS = 400
"""So long other weights wait before the training images are looked at by them."""
SILENT = "The last hidden layer is silent for this drawing: no image is like it."
LOOKING = "Looking at the training images…"
LOADING = "The training images are being loaded…"
_SIDE = 72
_MEASURES: tuple[tuple[str, str, str], ...] = (
    (
        "cosine",
        "Cosine",
        "The cosine of the angle between what the layer makes of both: 1 is the same direction, however strong.",
    ),
    ("euclidean", "Distance", "The Euclidean distance between what the layer makes of both: 0 is the same."),
)


class WhySimilar(QWidget):
    """Five images with their classes and how alike they are.

    Signals
    -------
    chosen : (ndarray of shape (28, 28), int)
        The image that was clicked, and its true class.
    """

    chosen = Signal(object, int)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self.work = session, WhyMemory(session.tasks, self)
        self._subject: Subject | None = None
        self._image: NDArray[np.uint8] | None = None
        self._values: dict[int, float] = {}
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self.state = ElidedLabel("", "muted")
        self.measure_box = ChoiceBox(_MEASURES)
        self.measure_box.setAccessibleName("Alike by")
        for explain in (self.measure_box.setToolTip, self.measure_box.setWhatsThis):
            explain("How it is measured which images are alike: by the angle, or by the distance.")
        self.grid = ImageGrid(_SIDE)
        self.grid.setAccessibleName("Most similar training images")
        self.grid.setWhatsThis(SIMILAR_HELP)
        self.grid.setFixedHeight(_SIDE + 46 + 2)  # two lines below each
        self.grid.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._arrange()
        self._rest.timeout.connect(self._remember)
        self.grid.chosen.connect(self._on_chosen)
        self.measure_box.chosen.connect(self._compare)
        self.work.changed.connect(self._on_memory)
        self.work.compared.connect(self._on_compared)
        self.work.failed.connect(self._on_failed)

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(theme.SPACE)
        row.addWidget(label("Most similar training images", "heading", SIMILAR_HELP))
        row.addWidget(self.state, 1)
        row.addWidget(label("Alike by", "muted"))
        row.addWidget(self.measure_box)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACE // 2)
        column.addLayout(row)
        column.addWidget(self.grid, 1)

    @property
    def measure(self) -> Measure:
        """How images are compared."""
        return "cosine" if self.measure_box.name == "cosine" else "euclidean"

    def follow(self, subject: Subject, image: NDArray[np.uint8], *, anew: bool) -> None:
        """Compare an image as a network sees it; `anew` if it is another one than before."""
        other = self._subject is None or self._subject.is_own != subject.is_own
        self._subject, self._image = subject, image
        if other:
            self.work.forget()
        if anew or other:
            self._compare()
        self._keep_memory()

    def stop(self) -> None:
        """Drop what is not done yet: nobody sees it, or there is no image."""
        self._rest.stop()
        self.work.stop()
        self._image = None

    def forget(self) -> None:
        """Forget the training images: they, or the network, are others."""
        self._subject = None
        self.work.forget()

    # --- remembering ----------------------------------------------------------------------------------------

    def _keep_memory(self) -> None:
        """See to it that the training images are known; while a training runs, as they were once is good enough."""
        session, subject, work = self._session, self._subject, self.work
        if session.dataset is None or session.parts is None or subject is None:
            return
        images = session.dataset.train_images
        if work.knows(subject.snapshot, images):
            return
        held = work.memory
        usable = held is not None and held.images is images and held.snapshot.spec == subject.snapshot.spec
        if session.state == State.RUNNING and (usable or work.busy):
            return
        if not self._rest.isActive():
            self._rest.start()

    def _remember(self) -> None:
        dataset, parts = self._session.dataset, self._session.parts
        if self._image is not None and self._subject is not None and dataset is not None and parts is not None:
            self.work.remember(self._subject.snapshot, dataset.train_images, parts.train_rows)
            self._say()

    def _on_memory(self) -> None:
        self._compare()
        self._say()

    def _on_failed(self, error: DigitLabError) -> None:
        self._show([], str(error))

    # --- comparing ------------------------------------------------------------------------------------------

    def _compare(self, _name: str = "") -> None:
        if self.work.memory is not None and self._image is not None:
            self.work.compare(self._image, self.measure)
        self._say()

    def _on_compared(self, found: list[Similar]) -> None:
        """Show what is alike, unless the data has become another meanwhile."""
        dataset, memory = self._session.dataset, self.work.memory
        if dataset is not None and memory is not None and memory.images is dataset.train_images:
            self._show(found, SILENT)

    def _say(self) -> None:
        """Say among how many images, or why there are none."""
        memory, subject = self.work.memory, self._subject
        older = memory is not None and subject is not None and memory.snapshot is not subject.snapshot
        self.state.show_text(memory_words(memory, older=older))
        if memory is None:
            self._show([], LOADING if self._session.dataset is None else LOOKING)

    def _show(self, found: Sequence[Similar], empty: str) -> None:
        """Show training images, or a sentence where there are none."""
        dataset = self._session.dataset
        self._values = {one.row: one.value for one in found}
        images = np.empty((0, 28, 28), np.uint8) if dataset is None else dataset.train_images
        self.grid.show_images(images, np.array(list(self._values), np.intp), self._caption, self._tip, empty)

    def _caption(self, row: int) -> tuple[str, ...]:
        return self._name(row), measured(self._values.get(row, np.nan), self.measure)

    def _tip(self, row: int) -> str:
        return f"Training image {row + 1:,}: {self._name(row)}, {measured(self._values[row], self.measure)}"

    def _name(self, row: int) -> str:
        dataset = self._session.dataset
        return "" if dataset is None else dataset.class_names[int(dataset.train_labels[row])]

    def _on_chosen(self, row: int) -> None:
        dataset = self._session.dataset
        if dataset is not None:
            self.chosen.emit(dataset.train_images[row], int(dataset.train_labels[row]))
