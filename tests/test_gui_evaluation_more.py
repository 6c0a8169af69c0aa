"""The views of the evaluation page beside the errors: trust in the answers, and robustness."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np
import pytest
from evaluated import evaluated, session_of
from PySide6.QtCore import QPointF, Qt
from pytestqt.qtbot import QtBot

from engine.datasets.dataset import Dataset
from engine.datasets.split import Split
from engine.network import Network, Snapshot
from engine.presets import PRESETS
from engine.training import Training
from engine.trust import coverage
from gui.pages.evaluation_page import EvaluationPage
from gui.session import Session, State
from gui.widgets.trust_view import calibration_words, outcome_words

# Qt's screenless platform says of every window shown that it cannot pass on its smallest size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")
RUN = PRESETS["quick"].run.changed(training={"batch_size": 25})
ERRORS, TRUST, ROBUSTNESS = range(3)


@pytest.fixture(scope="module")
def trained(small_split: Split) -> Snapshot:
    network = Network(RUN.network, RUN.seed)
    list(islice(Training(network, small_split, RUN.training, RUN.seed).reports(), 60))
    return network.snapshot(60, 3)


@pytest.fixture
def session(qtbot: QtBot, small: Dataset, trained: Snapshot) -> Iterator[Session]:
    with session_of(trained, RUN, small) as session:
        yield session


@pytest.fixture
def page(qtbot: QtBot, session: Session) -> EvaluationPage:
    return evaluated(qtbot, session, 640)


def choose(qtbot: QtBot, page: EvaluationPage, view: int) -> None:
    qtbot.mouseClick(page.views._group.button(view), Qt.MouseButton.LeftButton)


def test_the_view_is_remembered(qtbot: QtBot, page: EvaluationPage, session: Session) -> None:
    assert page._stack.currentWidget() is page.errors
    choose(qtbot, page, TRUST)
    assert page._stack.currentWidget() is page.trust
    again = EvaluationPage(session)
    qtbot.addWidget(again)
    assert again.views.current == TRUST
    assert again._stack.currentWidget() is again.trust


def test_the_slider_says_what_is_left(qtbot: QtBot, page: EvaluationPage, session: Session) -> None:
    choose(qtbot, page, TRUST)
    view, evaluation = page.trust, session.evaluation
    assert evaluation is not None
    view.slider.setValue(700)
    kept = evaluation.confidences >= 0.7
    right = evaluation.labels == evaluation.answers
    assert view.threshold.text() == "Answer only when at least 70.0 % sure"
    assert f"{100 * kept.mean():.1f} % of the images" in view.outcome.text()
    assert f"{100 * right[kept].mean():.2f} %" in view.outcome.text()
    assert f"{(~right[kept]).sum()} mistake" in view.outcome.text()
    x, y = view.plot.points("now")
    assert (x[0], y[0]) == pytest.approx((100 * kept.mean(), 100 * right[kept].mean()))
    view.slider.setFocus()
    qtbot.keyClick(view.slider, Qt.Key.Key_Home)
    assert view.outcome.text().startswith("It answers all 200 images")
    again = EvaluationPage(session)
    qtbot.addWidget(again)
    assert again.trust.least == 0


def test_the_diagram_says_its_bars(qtbot: QtBot, page: EvaluationPage, session: Session) -> None:
    choose(qtbot, page, TRUST)
    view, evaluation = page.trust.diagram, session.evaluation
    assert evaluation is not None
    area = view._area()
    words = view.words_at(QPointF(area.right() - 2, area.center().y()))
    assert words.startswith("93 to 100 % sure: ")
    assert f"{(evaluation.confidences > 14 / 15).sum()} answer" in words
    assert view.words_at(QPointF(area.left() + 2, 20)) == "0 to 7 % sure: no answer."
    assert "dashed diagonal" in view.words_at(QPointF(2, 2))
    assert words in view.accessibleDescription()


def test_words_about_confidence() -> None:
    assert "too sure" in calibration_words(0.05, 0.95, 0.9)
    assert "less sure" in calibration_words(0.05, 0.9, 0.95)
    assert "balanced" in calibration_words(0.01, 0.9, 0.901)
    assert "no numbers" in calibration_words(float("nan"), 0.9, 0.9)
    shares = np.zeros((2, 10))
    shares[:, 0] = 0.5
    assert "never that sure" in outcome_words(coverage(shares, np.zeros(2, np.uint8)), 0.6)


def test_trust_follows_the_evaluation(qtbot: QtBot, page: EvaluationPage, session: Session) -> None:
    choose(qtbot, page, TRUST)
    before = page.trust.calibration.text()
    session.new_network()
    assert page._stack.currentWidget() is page._empty
    qtbot.waitUntil(lambda: session.evaluation is not None)
    assert page._stack.currentWidget() is page.trust
    assert page.trust.calibration.text() != before


def test_robustness_is_measured_when_it_is_looked_at(qtbot: QtBot, page: EvaluationPage, session: Session) -> None:
    assert page.robustness.result is None
    choose(qtbot, page, ROBUSTNESS)
    view = page.robustness
    qtbot.waitUntil(lambda: view.result is not None)
    assert session.evaluation is not None
    assert view.result is not None
    assert "The same 200 test images" in view.words.text()
    assert "after batch 60" in view.words.text()
    x, y = view.plots[1].plot.points("accuracy")
    assert x.tolist() == list(view.result.curves[1].distortion.strengths)
    assert y[4] == pytest.approx(100 * session.evaluation.accuracy)
    view.plots[1].plot.canvas.pointed.emit(-28.0)
    assert view.words.text().startswith("Rotation −30 degrees: ")
    view.plots[1].plot.canvas.pointed.emit(None)
    assert "after batch 60" in view.words.text()
    strip = view.plots[0].strip
    box = strip._boxes()[0]
    assert strip.words_at(box.center()).endswith("is read right.")
    assert not page.grab().isNull()


def test_measuring_can_be_stopped_and_asked_for(qtbot: QtBot, page: EvaluationPage, session: Session) -> None:
    choose(qtbot, page, ROBUSTNESS)
    view = page.robustness
    view.start()
    assert view.measure.text() == "Cancel"
    qtbot.mouseClick(view.measure, Qt.MouseButton.LeftButton)
    assert (view.measure.text(), view.result) == ("Measure", None)
    view._keep_fresh()
    assert view._task is None, "who stopped it does not want it to begin by itself"
    qtbot.mouseClick(view.measure, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: view.result is not None)


def test_robustness_of_other_weights_is_measured_anew(qtbot: QtBot, page: EvaluationPage, session: Session) -> None:
    choose(qtbot, page, ROBUSTNESS)
    view = page.robustness
    qtbot.waitUntil(lambda: view.result is not None)
    session.step_batch()
    qtbot.waitUntil(lambda: session.state == State.PAUSED)
    qtbot.waitUntil(lambda: view._step == 61)
    page.hide()
    session.step_batch()
    qtbot.waitUntil(lambda: session.snapshot.step == 62)
    assert view._task is None
    session.new_network()
    assert view.result is None
    assert not len(view.plots[0].plot.points("accuracy")[0])


def test_a_past_moment_gets_figures_of_its_own(qtbot: QtBot, page: EvaluationPage, session: Session) -> None:
    session.new_network()
    session.set_run(RUN.changed(training={"epochs": 1}))
    session.train()
    qtbot.waitUntil(lambda: session.state == State.IDLE and session.film is not None and len(session.film) > 1)
    qtbot.waitUntil(lambda: session.evaluated_step == session.snapshot.step)
    session.show_moment(0)
    qtbot.waitUntil(lambda: session.evaluated_step == 0)
    session.show_moment(None)
    qtbot.waitUntil(lambda: session.evaluated_step == session.snapshot.step)


def test_nothing_is_wider_than_a_small_screen(qtbot: QtBot, page: EvaluationPage) -> None:
    for view in (ERRORS, TRUST, ROBUSTNESS):
        choose(qtbot, page, view)
        assert page.minimumSizeHint().width() <= 630
        assert page.minimumSizeHint().height() <= 560
