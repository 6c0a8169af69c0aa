"""What the network sees of the training images when they are deformed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from engine.augmentation import AugmentationSpec, Augmenter
from gui import theme
from gui.icons import icon
from gui.widgets.augmented_images import AugmentedImages
from gui.widgets.figures import ElidedLabel, label

ROWS = 3
MOST = 64  # more columns than any screen has room for
OFF = "Off: the images are learned as they are. Switch it on under Augmentation on the left."
ON = "Top: the images as they are. Below: as they are learned."
OTHER_PART = "The images of this part are never deformed. Choose Training above."
NO_IMAGES = "There are no images here to deform."


class AugmentationPreview(QWidget):
    """Some training images, each as it is and deformed anew twice; a sentence where nothing is deformed.

    Signals
    -------
    chosen : (ndarray of shape (28, 28), int)
        An image that was clicked, and its true class.
    """

    chosen = Signal(object, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._random = np.random.default_rng()
        self.spec = AugmentationSpec()
        self._images: NDArray[Any] = np.empty((0, 28, 28), np.uint8)
        self._labels: list[int] = []
        self._names: tuple[str, ...] = ()
        self._learned = True
        self.note = ElidedLabel("", "muted")
        self.again = QPushButton("Deform anew")
        self.again.setToolTip("Deform the same images once more, each its own way")
        self.again.setWhatsThis("Deforms the same images once more, each its own way, as every epoch does.")
        self.view = AugmentedImages(ROWS)
        self.view.setAccessibleName("Deformed images")
        self.view.setWhatsThis(
            "Training images as they are, and below each what augmentation makes of it. It follows the settings under "
            "Augmentation on the left. Click one, or press Enter, to put it on the pad."
        )
        self._arrange()
        self.again.clicked.connect(self.renew)
        self.view.chosen.connect(self._on_chosen)
        theme.switch().changed.connect(self._dress)
        self._dress()
        self.renew()

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(theme.SPACE)
        row.addWidget(label("Augmentation", "heading"))
        row.addWidget(self.note, 1)
        row.addWidget(self.again)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, theme.SPACE, 0, 0)
        column.addLayout(row)
        column.addWidget(self.view, 1)

    def _dress(self) -> None:
        self.again.setIcon(icon("mdi6.refresh"))

    def set_spec(self, spec: AugmentationSpec) -> None:
        """Deform by other settings."""
        if spec != self.spec:
            self.spec = spec
            self.renew()

    def set_images(self, images: NDArray[Any], labels: NDArray[Any], names: tuple[str, ...], *, learned: bool) -> None:
        """Show other images.

        Parameters
        ----------
        images : ndarray of shape (n, 28, 28), uint8
            The first `MOST` of them are shown.
        labels : ndarray of shape (n,)
            Their true classes.
        names : tuple of str
            The name of each class.
        learned : bool
            Whether the network learns from them: others are never deformed.
        """
        self._images, self._labels = images[:MOST], [int(number) for number in labels[:MOST]]
        self._names, self._learned = names, learned
        self.renew()

    def renew(self) -> None:
        """Deform the images anew, each its own way."""
        shown = self.spec.active and self._learned and len(self._images) > 0
        self.note.show_text(self._sentence())
        self.view.setVisible(shown)
        self.again.setVisible(shown)
        if shown:
            self.view.show_images(self._deformed(), [self._names[number] for number in self._labels])

    def _sentence(self) -> str:
        if not self._learned:
            return OTHER_PART
        if not self.spec.active:
            return OFF
        return ON if len(self._images) else NO_IMAGES

    def _deformed(self) -> NDArray[np.uint8]:
        """Return the images as they are and, in the rows below, deformed: shape (ROWS, n, 28, 28)."""
        originals = np.broadcast_to(self._images, (ROWS - 1, *self._images.shape)).reshape(-1, 28, 28)
        deformed = np.empty(originals.shape, np.float32)
        Augmenter(self.spec).apply(originals, self._random, deformed)
        below = np.rint(255 * deformed).astype(np.uint8).reshape(ROWS - 1, *self._images.shape)
        return np.concatenate([self._images[np.newaxis], below])

    def _on_chosen(self, cell: tuple[int, int]) -> None:
        self.chosen.emit(self.view.image(cell), self._labels[cell[1]])
