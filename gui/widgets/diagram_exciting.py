"""The training images that excite a unit most."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.datasets.dataset import Dataset
from engine.errors import DigitLabError
from engine.inspection.exciting import Exciting, most_exciting
from engine.memory import require_memory_to_read
from engine.network import Snapshot
from gui import theme
from gui.session import Session, State
from gui.tasks import Tasks
from gui.widgets.figures import label
from gui.widgets.image_grid import ImageGrid
from gui.widgets.surgery_stack import Surgeon
from gui.widgets.wording import after
from gui.worker import TaskThread

SIDE, ROWS, LINE = 46, 3, 15
HEIGHT, WIDTH = ROWS * (SIDE + LINE + 2 * theme.SPACE), 3 * (SIDE + 2 * theme.SPACE) + 30
HELP = "The training images that this unit answers most strongly, the strongest first. Click one to put it on the pad."


class ExcitingImages(QWidget):
    """Nine training images with the unit's activation below; found in the background, for all units of a layer at once.

    Signals
    -------
    chosen : (ndarray of shape (28, 28), int)
        An image that was clicked, and its true class.
    """

    chosen = Signal(object, int)

    def __init__(self, session: Session, surgeon: Surgeon, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._surgeon = session, surgeon
        self._unit: tuple[int, int] | None = None
        self._found: dict[int, tuple[Snapshot, Dataset, Exciting]] = {}
        self._looking: tuple[TaskThread, int] | None = None
        self.heading, self.note = label("Excited most by", "heading", HELP), label("", "muted")
        self.note.setWordWrap(True)
        self.grid = ImageGrid(SIDE)
        self.grid.setAccessibleName("Training images that excite the unit most")
        self.grid.setWhatsThis(HELP)
        self.grid.setFixedHeight(HEIGHT)
        self.grid.setMaximumWidth(WIDTH)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACE // 2)
        for widget in (self.heading, self.grid, self.note):
            column.addWidget(widget)
        self.grid.chosen.connect(self._on_chosen)

    def show_unit(self, layer: int, unit: int) -> None:
        """Show what excites a unit of a layer; look for it if that is not known."""
        self._unit = layer, unit
        self._show()
        self.catch_up()

    def forget(self) -> None:
        """Forget everything about the network before."""
        self._stop()
        self._unit = None
        self._found.clear()

    def catch_up(self) -> None:
        """Look again if the weights are others; while the network learns, only for a layer nothing is known of."""
        dataset = self._surgeon.dataset
        if self._unit is None or dataset is None:
            return
        layer = self._unit[0]
        known, looking = self._known(), self._looking
        fresh = known is not None and known[0] is self._surgeon.shown
        learning = known is not None and self._session.state == State.RUNNING
        if fresh or learning or (looking is not None and looking[1] == layer):
            return
        self._stop()
        shown = self._surgeon.shown
        work = partial(_look, shown, layer, dataset)
        done = partial(self._on_found, shown, layer, dataset)
        thread = self._tasks.start("Looking for the most exciting images…", work, done, self._on_failed)
        self._looking = thread, layer
        self._show()

    @property
    def _tasks(self) -> Tasks:
        return self._session.tasks

    def _known(self) -> tuple[Snapshot, Dataset, Exciting] | None:
        """Return what is known of the layer in view, on the data in use."""
        found = None if self._unit is None else self._found.get(self._unit[0])
        return found if found is not None and found[1] is self._surgeon.dataset else None

    def _stop(self) -> None:
        if self._looking is not None:
            self._tasks.forget(self._looking[0])
            self._looking = None

    def _on_found(self, shown: Snapshot, layer: int, dataset: Dataset, found: Exciting | None) -> None:
        self._looking = None
        if found is not None:
            self._found[layer] = shown, dataset, found
        self._show()
        self.catch_up()

    def _on_failed(self, error: DigitLabError) -> None:
        self._looking = None
        self.note.setText(str(error))

    # --- what is shown ------------------------------------------------------------------------------------

    def _show(self) -> None:
        known, dataset = self._known(), self._surgeon.dataset
        if known is None or dataset is None or self._unit is None:
            images = np.zeros((0, 28, 28), np.uint8) if dataset is None else dataset.train_images
            self.grid.show_images(images, np.zeros(0, np.intp), self._caption, self._tip, self._reason())
            self.note.setText("")
            return
        rows = self._rows(known[2], self._unit[1])
        self.grid.show_images(dataset.train_images, rows, self._caption, self._tip, "No training image excites it.")
        old = known[0] is not self._surgeon.shown
        self.note.setText(
            f"{after(known[0].step).capitalize()}; looked for again when the weights rest." if old else ""
        )

    def _reason(self) -> str:
        return "The data is being loaded." if self._surgeon.dataset is None else "Looking through the training images…"

    def _rows(self, found: Exciting, unit: int) -> NDArray[np.intp]:
        """Return the images whose activation is above the smallest possible: none for a unit that never answers."""
        kept = np.isfinite(found.activations[:, unit]) & (found.activations[:, unit] != 0)
        return found.rows[kept, unit]

    def _activation(self, row: int) -> float:
        known = self._known()
        assert known is not None
        assert self._unit is not None
        unit = self._unit[1]
        place = int(np.flatnonzero(known[2].rows[:, unit] == row)[0])
        return float(known[2].activations[place, unit])

    def _caption(self, row: int) -> tuple[str, ...]:
        return (f"{self._activation(row):.3g}".replace("-", "−"),)

    def _tip(self, row: int) -> str:
        dataset = self._surgeon.dataset
        assert dataset is not None
        name = dataset.class_names[dataset.train_labels[row]]
        return f"Training image {row + 1:,}, true {name}: activation {self._caption(row)[0]}. Click: put it on the pad."

    def _on_chosen(self, row: int) -> None:
        dataset = self._surgeon.dataset
        if dataset is not None:
            self.chosen.emit(dataset.train_images[row], int(dataset.train_labels[row]))


def _look(shown: Snapshot, layer: int, dataset: Dataset, progress: Any, cancelled: Any) -> Exciting | None:
    require_memory_to_read(shown.spec)
    return most_exciting(shown, layer, dataset.train_images, progress=progress, cancelled=cancelled)
