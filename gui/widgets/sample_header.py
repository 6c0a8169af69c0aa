"""Which images of the data are looked at: the part, the class, and others."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from gui import theme
from gui.icons import icon
from gui.widgets.data_header import PARTS
from gui.widgets.figures import sentences


class SampleHeader(QWidget):
    """Two choices, a button, and a sentence about how many images there are.

    Attributes
    ----------
    part, class_filter : QComboBox
        The part of the data, and the class.
    others : QPushButton
        Asks for other images.
    count : QLabel
        The sentence.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.part = _choice("Part", "Which part of the data to look at")
        self.part.addItems(PARTS)
        self.class_filter = _choice("Class", "Which class to look at")
        # The names of the classes may be of any length.
        self.class_filter.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.class_filter.setMinimumContentsLength(8)
        self.others = QPushButton("Show others")
        self.others.setToolTip("Show other images, in a new random order")
        self.others.setWhatsThis("Puts the images into a new random order and starts again at the top.")
        self.count = sentences(lines=1)
        row = QHBoxLayout()
        row.addWidget(self.part)
        row.addWidget(self.class_filter)
        row.addStretch(1)
        row.addWidget(self.others)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addWidget(self.count)
        theme.switch().changed.connect(self._dress)
        self._dress()

    def name_classes(self, names: tuple[str, ...]) -> None:
        """Offer other classes; all of them are chosen, without a signal."""
        self.class_filter.blockSignals(True)
        self.class_filter.clear()
        self.class_filter.addItems(["All classes", *names])
        self.class_filter.blockSignals(False)

    def _dress(self) -> None:
        self.others.setIcon(icon("mdi6.shuffle-variant"))


def _choice(name: str, help_text: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setToolTip(help_text)
    box.setWhatsThis(f"{help_text}: the images, the counts and the mean images follow.")
    return box
