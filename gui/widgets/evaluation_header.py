"""The key figures of an evaluation, how old they are, and the button that measures anew."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from engine.evaluation import Evaluation
from gui import theme
from gui.widgets.figures import ElidedLabel, figure, label, sentences
from gui.widgets.wording import percent

_RIGHT, _UNSEEN = "right", "on images it did not learn"


class EvaluationHeader(QWidget):
    """Accuracy in large figures with its interval, loss, errors, mean confidence.

    Attributes
    ----------
    evaluate : QPushButton
        The button that measures anew.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.accuracy = label("–", "big", "The share of the test images that was read right.")
        self.right, self.interval = ElidedLabel(_RIGHT, "heading"), ElidedLabel(_UNSEEN, "muted")
        self.interval.setWhatsThis("If the network read many more such images, its accuracy would lie in here.")
        self.loss, loss = figure("Loss", "The mean loss on the test images: what training makes small.")
        self.errors, errors = figure("Mistakes", "How many test images were read wrong.")
        self.confidence, confidence = figure(
            "Confidence", "How sure the network is on average. Well above the accuracy means that it is too sure."
        )
        self.age = sentences()
        self.evaluate = QPushButton("Evaluate")
        self.evaluate.setEnabled(False)
        self.evaluate.setToolTip("Let the network read all test images now")
        self.evaluate.setWhatsThis(
            "Lets the network, as it is now, read all the test images: images it never learns from. "
            "This is the honest measure of how good it is."
        )
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addStretch(1)
        words.addWidget(self.right)
        words.addWidget(self.interval)
        words.addStretch(1)
        top = QHBoxLayout()
        top.setSpacing(2 * theme.SPACE)
        top.addWidget(self.accuracy)
        top.addLayout(words)
        top.addStretch(1)
        for column in (loss, errors, confidence):
            top.addLayout(column)
        bottom = QHBoxLayout()
        bottom.addWidget(self.age, 1)
        bottom.addWidget(self.evaluate)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(theme.SPACE // 2)
        whole.addLayout(top)
        whole.addLayout(bottom)

    def set_evaluation(self, evaluation: Evaluation | None) -> None:
        """Show the figures of an evaluation, or dashes."""
        if evaluation is None:
            for value in (self.accuracy, self.loss, self.errors, self.confidence):
                value.setText("–")
            self.right.show_text(_RIGHT)
            self.interval.show_text(_UNSEEN)
            return
        low, high = evaluation.interval
        self.accuracy.setText(percent(evaluation.accuracy))
        self.right.show_text(f"right, of {evaluation.count:,} test images")
        self.interval.show_text(f"95 % interval {100 * low:.1f} to {percent(high)}")
        self.loss.setText(f"{evaluation.loss:.4g}")
        self.errors.setText(f"{evaluation.count - round(evaluation.accuracy * evaluation.count):,}")
        self.confidence.setText(percent(float(evaluation.confidences.mean())))

    def set_age(self, measured: int, now: int, *, trained: bool, training: bool) -> None:
        """Say after which batch the figures were measured, and whether the network is another one by now.

        Parameters
        ----------
        measured, now : int
            The batch after which the figures were taken, -1 for none, and the batch the network is at.
        trained, training : bool
            Whether it has learned anything by now, and whether it is learning right now.
        """
        stale = 0 <= measured != now
        text = "" if measured < 0 else f"Measured after batch {measured:,}."
        if measured == 0:
            text = f"Measured before {'any training here.' if trained else 'the first batch: it can only guess.'}"
        if stale and training:
            text += " The network learns on; the next measure comes after the epoch."
        elif stale:
            text += " The network has learned on since: press Evaluate."
        self.age.setText(text)
        role = "" if stale and not training else "muted"
        if self.age.property("role") != role:
            self.age.setProperty("role", role)
            self.age.style().polish(self.age)
