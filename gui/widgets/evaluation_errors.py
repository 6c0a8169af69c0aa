"""Which images are read as what: the confusion matrix, figures per class, and the images behind each of its cells."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine.datasets.dataset import Dataset
from engine.evaluation import Evaluation
from gui import theme
from gui.widgets.confusion_matrix import ConfusionMatrix, header_height
from gui.widgets.digit_bars import Bar, DigitBars
from gui.widgets.evaluated_images import Choice, EvaluatedImages
from gui.widgets.figures import label, sentences
from gui.widgets.side_by_side import SideBySide
from gui.widgets.wording import many, percent

LEGEND = "Rows: the true class. Columns: the answer. Click a cell to see its images."


class EvaluationErrors(QWidget):
    """Matrix, bars and images, which follow one another.

    Attributes
    ----------
    matrix, bars, images, cell
        The confusion matrix, the recall per class, the grid of images, and the sentence about the cell pointed at.

    Signals
    -------
    chosen : (int,)
        The row of the test image that was clicked.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.matrix, self.bars, self.images = ConfusionMatrix(), DigitBars(), EvaluatedImages()
        self.cell = sentences(LEGEND)
        self.bars.setMinimumWidth(88)
        self.bars.setMaximumWidth(200)
        self.bars.setAccessibleName("Read right, per class")
        self.bars.setWhatsThis(
            "Recall: of all images of a class, the share that was read right. Hover a bar for the precision too; "
            "click it to see that class's mistakes."
        )
        sides = SideBySide("evaluation_splitter", self._matrix_side(), self.images, (390, 238), (3, 3))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(sides)
        self.matrix.described.connect(self._on_described)
        self.matrix.chosen.connect(self.images.show_choice)
        self.bars.chosen.connect(self._on_class)
        self.images.choice_changed.connect(self._on_choice)
        self.images.chosen.connect(self.chosen)

    def set_evaluation(self, evaluation: Evaluation, dataset: Dataset) -> None:
        """Show another evaluation of the test images of `dataset`."""
        self.matrix.set_confusion(evaluation.confusion, dataset.class_names)
        self.bars.set_bars(_recall_bars(evaluation, dataset), "read right", header_height(dataset.class_names))
        self.images.set_evaluation(evaluation, dataset)

    def _matrix_side(self) -> QWidget:
        side = QWidget()
        row = QHBoxLayout()
        row.setSpacing(theme.SPACE)
        row.addWidget(self.matrix, 5)
        row.addWidget(self.bars, 1)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, theme.SPACE, theme.SPACE, 0)
        column.addWidget(label("Confusion matrix", "heading"))
        column.addLayout(row, 1)
        column.addWidget(self.cell)
        return side

    def _on_choice(self, choice: Choice) -> None:
        """Mark where the images come from."""
        truth, answer = choice or (None, None)
        self.matrix.set_opened(None if truth is None or answer is None else (truth, answer))
        self.bars.set_opened(truth if answer is None else None)

    def _on_described(self, text: str) -> None:
        self.cell.setText(text or LEGEND)

    def _on_class(self, truth: int) -> None:
        """Show the mistakes with images of a class."""
        self.images.show_choice((truth, None))


def _recall_bars(evaluation: Evaluation, dataset: Dataset) -> list[Bar]:
    """Return a bar per class: how many of its images were read right."""
    names = dataset.class_names
    bars = []
    for number, (recall, precision) in enumerate(zip(evaluation.recall(), evaluation.precision(), strict=True)):
        tip = (
            f"{percent(recall)} of all {many(number, names)} were read right (recall). "
            f"{percent(precision)} of the answers “{names[number]}” were right (precision)."
        )
        bars.append(Bar(float(recall), percent(recall), tip))
    return bars
