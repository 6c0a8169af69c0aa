"""The data page: what the images look like, how many there are of each class, and how they are divided."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from engine.datasets import CLASSES, SIDE, Dataset
from engine.datasets.class_means import class_means
from engine.errors import DigitLabError
from gui import theme
from gui.session import Session
from gui.widgets.augmentation_preview import MOST, AugmentationPreview
from gui.widgets.data_drop import DataDrop
from gui.widgets.data_header import PARTS, DataHeader
from gui.widgets.digit_bars import Bar, DigitBars
from gui.widgets.figures import ElidedLabel, label, placeholder
from gui.widgets.image_grid import ImageGrid
from gui.widgets.sample_header import SampleHeader
from gui.widgets.side_by_side import SideBySide
from gui.widgets.wording import many, percent
from gui.worker import TaskThread

_OWN = (
    "Own images: choose them under Data on the left, or drop them here. An .npz file with x_train, y_train, x_test "
    "and y_test; a folder with the four IDX files; a .csv file with a label and 784 pixels per line; a folder "
    "with one sub-folder of pictures per class; or pen strokes in a UNIPEN or InkML file."
)


class DataPage(DataDrop):
    """Samples of the data in use, counts and mean image per class, and the sizes of its parts.

    Signals
    -------
    image_chosen : (ndarray of shape (28, 28), int)
        An image that was clicked, and its true class.
    """

    image_chosen = Signal(object, int)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._averaging: TaskThread | None = None
        self.means: NDArray[Any] | None = None
        self._stale = True
        self._random = np.random.default_rng()
        self._build()
        self._connect()
        self._on_data()

    # --- building -----------------------------------------------------------------------------------------

    def _build(self) -> None:
        self._empty = placeholder()
        sides = SideBySide("data_splitter", self._class_side(), self._sample_side(), (260, 368), (2, 3))
        content = QWidget()
        inner = QVBoxLayout(content)
        inner.setContentsMargins(0, 0, 0, 0)
        self.header = DataHeader()
        inner.addWidget(self.header)
        inner.addWidget(sides, 1)
        self.preview = AugmentationPreview()
        inner.addWidget(self.preview)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(content)
        own = label(_OWN, "muted")
        own.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE)
        column.addWidget(self._stack, 1)
        column.addWidget(own)

    def _class_side(self) -> QWidget:
        side = QWidget()
        self.bars = DigitBars()
        self.bars.setMinimumWidth(200)
        self.bars.setAccessibleName("Images per class")
        self.bars.setWhatsThis(
            "How many images each class has, and their mean: the grey value of every pixel averaged over all of them. "
            "Click a class to see only its images; click it again to see all."
        )
        column = QVBoxLayout(side)
        column.setContentsMargins(0, theme.SPACE, theme.SPACE, 0)
        column.addWidget(ElidedLabel("Images per class, and their mean", "heading"))
        column.addWidget(self.bars, 1)
        return side

    def _sample_side(self) -> QWidget:
        side = QWidget()
        self.samples = SampleHeader()
        self.part, self.class_filter = self.samples.part, self.samples.class_filter
        self.others = self.samples.others
        self.grid = ImageGrid(side=56)
        self.grid.setAccessibleName("Images")
        self.grid.setWhatsThis("Images of the data in random order. Click one, or press Enter, to put it on the pad.")
        column = QVBoxLayout(side)
        column.setContentsMargins(theme.SPACE, theme.SPACE, 0, 0)
        column.addWidget(self.samples)
        column.addWidget(self.grid, 1)
        return side

    def _connect(self) -> None:
        session = self._session
        session.dataset_changed.connect(self._on_data)
        session.dataset_failed.connect(self._show_empty)
        session.network_replaced.connect(self._on_data)
        session.tasks.said.connect(self._show_empty)
        self.part.currentIndexChanged.connect(self._on_part)
        self.class_filter.currentIndexChanged.connect(self.show_others)
        self.others.clicked.connect(self.show_others)
        self.bars.chosen.connect(self._on_class)
        self.grid.chosen.connect(self._on_image)
        self.dropped.connect(session.load)
        self.refused.connect(session.problem)
        for signal in (session.pending_changed, session.run_changed):
            signal.connect(self._on_run)
        self.preview.chosen.connect(self.image_chosen)

    # --- what is shown ------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what happened while nobody looked."""
        super().showEvent(event)
        self._on_run()
        if self._stale:
            self._on_data()

    def _on_data(self) -> None:
        """Show other data, or the same divided anew."""
        self._stale = not self.isVisible()
        dataset = self._session.dataset
        self._stack.setCurrentIndex(int(dataset is not None))
        self._show_empty()
        if dataset is None or self._stale:
            return
        self.header.set_dataset(dataset, (len(self._rows(part)) for part in range(len(PARTS))))
        self.samples.name_classes(dataset.class_names)
        self._on_part()

    def _on_run(self) -> None:
        """Deform by the settings of today, if anybody looks."""
        if self.isVisible():
            self.preview.set_spec(self._session.run.training.augmentation)

    def _rows(self, part: int) -> NDArray[np.intp]:
        """Return the rows of a part, in the array that `_part` returns for it."""
        dataset, parts = self._session.dataset, self._session.parts
        assert dataset is not None
        assert parts is not None
        return (parts.train_rows, parts.validation_rows, np.arange(len(dataset.test_images)))[part]

    def _part(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.intp]]:
        """Return images, labels and rows of the chosen part."""
        dataset = self._session.dataset
        assert dataset is not None
        part = self.part.currentIndex()
        if PARTS[part] == "Test":
            return dataset.test_images, dataset.test_labels, self._rows(part)
        return dataset.train_images, dataset.train_labels, self._rows(part)

    def _on_part(self) -> None:
        if self._session.dataset is None:
            return
        self.means = None
        self._show_bars()
        self._average()
        self.show_others()

    def show_others(self) -> None:
        """Show the images of the chosen part and class in a new random order."""
        dataset = self._session.dataset
        if dataset is None:
            return
        images, labels, rows = self._part()
        number = self.class_filter.currentIndex() - 1
        if number >= 0:
            rows = rows[labels[rows] == number]
        kind = "images" if number < 0 else many(number, dataset.class_names)
        self.samples.count.setText(f"{len(rows):,} {kind} in random order")
        self.bars.set_opened(number if number >= 0 else None)
        rows = self._random.permutation(rows)
        self.grid.show_images(images, rows, self._caption, self._tip, self._nothing(kind))
        some, learned = rows[:MOST], PARTS[self.part.currentIndex()] == "Training"
        self.preview.set_images(images[some], labels[some], dataset.class_names, learned=learned)

    def _nothing(self, kind: str) -> str:
        if PARTS[self.part.currentIndex()] == "Validation" and not len(self._rows(1)):
            return "No images are held back. Choose a validation share on the left, then press Reset."
        return f"There are no {kind} in this part of the data."

    def _caption(self, row: int) -> tuple[str, ...]:
        dataset = self._session.dataset
        assert dataset is not None
        tested = PARTS[self.part.currentIndex()] == "Test"
        return (dataset.class_names[(dataset.test_labels if tested else dataset.train_labels)[row]],)

    def _tip(self, row: int) -> str:
        dataset = self._session.dataset
        assert dataset is not None
        tested = PARTS[self.part.currentIndex()] == "Test"
        writers = dataset.test_writers if tested else dataset.train_writers
        hand = f", by writer {writers[row]}" if writers and writers[row] else ""
        kind = "Test" if tested else "Training"
        return f"{kind} image {row + 1:,}: {self._caption(row)[0]}{hand}. Click to put it on the pad."

    def _show_bars(self) -> None:
        dataset = self._session.dataset
        assert dataset is not None
        _, labels, rows = self._part()
        counts = np.bincount(labels[rows], minlength=CLASSES)
        self.bars.set_bars([self._bar(dataset, number, counts) for number in range(CLASSES)])

    def _bar(self, dataset: Dataset, number: int, counts: NDArray[Any]) -> Bar:
        count, total = int(counts[number]), int(counts.sum())
        name = dataset.class_names[number]
        tip = f"{name}: {count:,} of {total:,} images, {percent(count / max(total, 1))}."
        image = np.zeros((SIDE, SIDE), np.uint8) if self.means is None else self.means[number]
        return Bar(count / max(int(counts.max()), 1), f"{count:,}", tip, name, image)

    def _show_empty(self) -> None:
        if self._session.loading:
            text = "The data is being loaded. Its images will be shown here in a moment."
        else:
            text = "There is no data yet. Choose some in the panel on the left, or drop a file or folder here."
        self._empty.setText(text)

    # --- mean images --------------------------------------------------------------------------------------

    def _average(self) -> None:
        """Compute the mean image of every class beside the window."""
        tasks = self._session.tasks
        if self._averaging is not None:
            tasks.forget(self._averaging)
        work = partial(_class_means, *self._part())
        self._averaging = tasks.start("Averaging the images…", work, self._on_means, self._on_means_failed)

    def _on_means(self, means: NDArray[Any] | None) -> None:
        self._averaging = None
        self.means = means
        self._show_bars()

    def _on_means_failed(self, error: DigitLabError) -> None:
        self._averaging = None
        self._session.problem.emit(error)

    # --- clicks -------------------------------------------------------------------------------------------

    def _on_class(self, number: int) -> None:
        chosen = self.class_filter.currentIndex() - 1
        self.class_filter.setCurrentIndex(0 if chosen == number else number + 1)

    def _on_image(self, row: int) -> None:
        images, labels, _ = self._part()
        self.image_chosen.emit(images[row], int(labels[row]))


def _class_means(
    images: NDArray[Any], labels: NDArray[Any], rows: NDArray[np.intp], progress: Any, cancelled: Any
) -> NDArray[Any] | None:
    return class_means(images, labels, rows, cancelled)
