"""How far answers may be trusted: the reliability diagram, and what is left when unsure answers are withheld."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QHBoxLayout, QSlider, QVBoxLayout, QWidget

from engine.evaluation import Evaluation
from engine.trust import Coverage, coverage, reliability
from gui import theme
from gui.widgets.choices import explain
from gui.widgets.curve_plot import CurvePlot
from gui.widgets.figures import label, sentences
from gui.widgets.legend import Line
from gui.widgets.trust_reliability import HELP, ReliabilityDiagram
from gui.widgets.wording import counted, percent

STEPS = 1000
"""The slider has so many places between 0 and 100 %."""
KEY = "evaluation/threshold"
COVERAGE_HELP = (
    "The more unsure answers are withheld, the more of the others are right: from right to left, all answers to the "
    "surest ones alone. The mark is where the slider stands."
)
SLIDER_HELP = "Withhold every answer that the network is less sure of than this. What is left is said below."
CURVE = Line("curve", "all thresholds", "accent")
NOW = Line("now", "this threshold", "text", "points")
BALANCED = 0.005
"""Confidence and accuracy that are no farther apart than this go well together."""


class TrustView(QWidget):
    """Reliability at the left, coverage with its slider at the right; the threshold is remembered."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._coverage: Coverage | None = None
        self.diagram = ReliabilityDiagram()
        self.plot = CurvePlot("", "right of those, %", COVERAGE_HELP, across="answered, %")
        self.plot.set_lines((CURVE, NOW))
        self.plot.title.hide()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, STEPS)
        self.slider.setPageStep(STEPS // 20)
        explain(self.slider, "Least confidence", SLIDER_HELP)
        self.threshold = label("", "heading")
        self.calibration, self.outcome = sentences(lines=3), sentences(lines=3)
        for text, name in ((self.calibration, "Calibration"), (self.outcome, "Outcome of the threshold")):
            text.setAccessibleName(name)
        self._arrange()
        self.slider.setValue(int(float(QSettings().value(KEY, 0.9, float)) * STEPS))  # type: ignore[arg-type]
        self.slider.valueChanged.connect(self._on_moved)
        self.plot.moved.connect(self.plot.show_epochs)
        self.plot.everything.connect(self._show_all)
        self._show_threshold()

    def set_evaluation(self, evaluation: Evaluation) -> None:
        """Show how far the answers of an evaluation may be trusted."""
        found = reliability(evaluation.probabilities, evaluation.labels)
        self.diagram.show_reliability(found)
        self._coverage = coverage(evaluation.probabilities, evaluation.labels)
        accuracy, sure = evaluation.accuracy, float(evaluation.probabilities.max(axis=1).mean())
        self.calibration.setText(calibration_words(found.error, sure, accuracy))
        self._show_all()
        self._draw()

    @property
    def least(self) -> float:
        """The confidence from which on answers are given, 0 to 1."""
        return self.slider.value() / STEPS

    def _on_moved(self, _value: int) -> None:
        QSettings().setValue(KEY, self.least)
        self._show_threshold()

    def _show_all(self) -> None:
        self.plot.limit_epochs(101)
        self.plot.show_epochs(0, 101)

    def _draw(self) -> None:
        """Draw the curve: over it and the mark, the axis goes from its lowest point to 100 %."""
        assert self._coverage is not None
        share, right = self._coverage.curve()
        # The very surest few say nothing: one mistake among ten would govern the axis.
        known = share * self._coverage.count >= min(50, self._coverage.count)
        ends = self.plot.draw("curve", 100 * share[known], 100 * right[known])
        if ends is not None:
            self.plot.show_values(ends[0], 100, (-math.inf, 100.0))
        self._show_threshold()

    def _show_threshold(self) -> None:
        self.threshold.setText(f"Answer only when at least {percent(self.least)} sure")
        found = self._coverage
        if found is None or not found.count:
            return
        answered = found.answered(self.least)
        right = found.right_of(answered)
        point = ([answered / found.count], [right / answered]) if answered else ([], [])
        self.plot.draw("now", 100 * np.array(point[0]), 100 * np.array(point[1]))
        self.outcome.setText(outcome_words(found, self.least))

    def _arrange(self) -> None:
        left, right = QVBoxLayout(), QVBoxLayout()
        for column in (left, right):
            column.setSpacing(theme.SPACE // 2)
        left.addWidget(label("Reliability", "heading", HELP))
        left.addWidget(self.diagram, 1)
        left.addWidget(self.calibration)
        right.addWidget(self.threshold)
        right.addWidget(self.slider)
        right.addWidget(self.plot, 1)
        right.addWidget(self.outcome)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, theme.SPACE, 0, 0)
        row.setSpacing(2 * theme.SPACE)
        row.addLayout(left, 1)
        row.addLayout(right, 1)


def calibration_words(error: float, sure: float, accuracy: float) -> str:
    """Return the expected calibration error in a sentence, and which way it goes."""
    if math.isnan(error):
        return "The shares are no numbers: the network gives no confidence."
    gap = sure - accuracy
    verdict = (
        "too sure of itself" if gap > BALANCED else "less sure than it could be" if gap < -BALANCED else "balanced"
    )
    return (
        f"{percent(sure)} sure on average and {percent(accuracy)} right: {verdict}. Over the intervals the two are "
        f"{100 * error:.1f} points apart (expected calibration error)."
    )


def outcome_words(found: Coverage, least: float) -> str:
    """Return what a threshold does to the answers, in a sentence."""
    answered = found.answered(least)
    right, right_of_all = found.right_of(answered), found.right_of(found.count)
    if not answered:
        return "It answers nothing: it is never that sure. Choose a lower threshold."
    wrong, before = answered - right, found.count - right_of_all
    mistakes = counted(wrong, "mistake")
    if answered == found.count:
        return f"It answers all {found.count:,} images, and {percent(right / answered)} of those right: {mistakes}."
    withheld = found.count - answered
    return (
        f"It answers {percent(answered / found.count)} of the images, and {percent(right / answered, 2)} of those "
        f"right: {mistakes} instead of {before:,}. Of the {withheld:,} withheld answers {before - wrong:,} were wrong."
    )
