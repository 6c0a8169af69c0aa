"""The images behind an evaluation: all mistakes, those of one class, or a cell of the confusion matrix."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from engine.datasets import Dataset
from engine.evaluation import Evaluation
from gui import theme
from gui.widgets.figures import label
from gui.widgets.image_grid import ImageGrid
from gui.widgets.wording import counted, many, one, percent, shares_table, some

# True class and answer; without an answer all mistakes of the class; None for all mistakes.
Choice = tuple[int, int | None] | None


class EvaluatedImages(QWidget):
    """A grid of test images with true class, answer and confidence, under a heading that says which they are.

    Signals
    -------
    chosen : (int,)
        The row of the test image that was clicked.
    choice_changed : (Choice,)
        Other images are shown.
    """

    chosen = Signal(int)
    choice_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._evaluation: Evaluation | None = None
        self._dataset: Dataset | None = None
        self.choice: Choice = None
        self.heading = label("", "heading")
        self.heading.setWordWrap(True)
        self.all_mistakes = QPushButton("All mistakes")
        self.all_mistakes.setToolTip("Show every image that was read wrong, the surest mistakes first")
        self.all_mistakes.setWhatsThis(
            "Shows all the test images that the network read wrong, those it was surest of first."
        )
        self.grid = ImageGrid()
        self.grid.setAccessibleName("Test images")
        self.grid.setWhatsThis(
            "Test images with their true class, the network's answer and how sure it was. Hover one for all ten "
            "shares; click it, or press Enter, to put it on the pad."
        )
        row = QHBoxLayout()
        row.addWidget(self.heading, 1)
        row.addWidget(self.all_mistakes, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.SPACE, theme.SPACE, 0, 0)
        column.addLayout(row)
        column.addWidget(self.grid, 1)
        self.all_mistakes.clicked.connect(self.show_mistakes)
        self.grid.chosen.connect(self.chosen)

    def set_evaluation(self, evaluation: Evaluation, dataset: Dataset) -> None:
        """Show the same choice of images from another evaluation of the test images of `dataset`."""
        self._evaluation, self._dataset = evaluation, dataset
        self.show_choice(self.choice)

    def show_mistakes(self) -> None:
        """Show all mistakes, the surest first."""
        self.show_choice(None)

    def show_choice(self, choice: Choice) -> None:
        """Show all mistakes, those of a class, or what is behind a cell; the surest first."""
        self.choice = choice
        self.all_mistakes.setVisible(choice is not None)
        if self._evaluation is not None and self._dataset is not None:
            rows = _rows(self._evaluation, choice)
            self.heading.setText(self._title(len(rows)))
            self.grid.show_images(self._dataset.test_images, rows, self._caption, self._tip, self._nothing())
        self.choice_changed.emit(choice)

    @property
    def _known(self) -> tuple[Evaluation, tuple[str, ...]]:
        assert self._evaluation is not None
        assert self._dataset is not None
        return self._evaluation, self._dataset.class_names

    def _title(self, count: int) -> str:
        _, names = self._known
        end = ", surest first" if count > 1 else ""
        if self.choice is None:
            return f"{counted(count, 'mistake')}{end}"
        truth, answer = self.choice
        said = "wrong" if answer is None else "right" if truth == answer else f"as {one(answer, names)}"
        start = some(count, truth, names)
        return f"{start[0].upper()}{start[1:]} read {said}{end}"

    def _nothing(self) -> str:
        """Return why there is no image to show."""
        _, names = self._known
        if self.choice is None:
            return "No mistake: every test image was read right."
        truth, answer = self.choice
        if answer is None:
            return f"No mistake: all {many(truth, names)} were read right."
        return f"None of the {many(truth, names)} got this answer."

    def _caption(self, row: int) -> tuple[str, ...]:
        evaluation, names = self._known
        truth, answer = names[evaluation.labels[row]], names[evaluation.answers[row]]
        sure = percent(float(evaluation.probabilities[row, evaluation.answers[row]]), 0)
        if max(len(truth), len(answer)) > 1:
            return f"true {truth}", f"said {answer}", sure
        return f"true {truth}, said {answer}", sure

    def _tip(self, row: int) -> str:
        evaluation, names = self._known
        title = f"Test image {row + 1:,}: {', '.join(self._caption(row))} sure"
        return shares_table(title, evaluation.probabilities[row], names, theme.current())


def _rows(evaluation: Evaluation, choice: Choice) -> NDArray[np.intp]:
    if choice is None:
        return evaluation.mistakes()
    truth, answer = choice
    if answer is not None:
        return evaluation.rows(truth, answer)
    wrong = evaluation.mistakes()
    return wrong[evaluation.labels[wrong] == truth]
