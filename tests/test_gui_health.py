"""The health page with networks that are really trained: figures per layer, dead units, hints that come and go."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.datasets.dataset import Dataset
from engine.history import History
from engine.layers import BatchNormSpec, Conv2DSpec, DenseSpec
from engine.network import Network, Snapshot
from engine.optimizers import Adam
from engine.reports import BatchReport
from engine.specs import NetworkSpec, RunSpec, TrainingSpec
from gui import theme
from gui.pages.health_page import HealthPage
from gui.session import Session, State
from gui.widgets.health_rows import HEADER

# Qt's screenless platform says of every window shown that it cannot pass on its smallest size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")
GOOD = TrainingSpec(optimizer=Adam(), learning_rate=0.002, batch_size=25, epochs=1)
RUN = RunSpec(validation_split=1 / 6, network=NetworkSpec(layers=(DenseSpec(units=24),) * 2), training=GOOD)


@pytest.fixture
def session(qtbot: QtBot, small: Dataset) -> Iterator[Session]:
    theme.switch().start(QApplication.instance(), "dark")
    session = Session(RUN)
    session._on_loaded(small)
    yield session
    session.finish()


@pytest.fixture
def page(qtbot: QtBot, session: Session) -> HealthPage:
    """The page in view, after it has counted the units."""
    page = HealthPage(session)
    qtbot.addWidget(page)
    page.apply_asked.connect(session.set_run)
    page.resize(640, 560)
    page.show()
    qtbot.waitUntil(lambda: page.reading.activity != ())
    page.redraw()
    return page


def learn(qtbot: QtBot, session: Session) -> None:
    """Train for the epochs that the settings say."""
    session.train()
    qtbot.waitUntil(lambda: session.state == State.IDLE, timeout=15000)


def look(page: HealthPage, times: int = 4) -> None:
    """Look as often as it takes a hint to come or go, without waiting for the clock."""
    for _ in range(times):
        page.doctor.look()


def test_before_the_first_batch_it_says_what_to_press(page: HealthPage) -> None:
    assert page._stack.currentIndex() == 0
    assert "Press Train" in page._stack.currentWidget().text()  # type: ignore[union-attr]
    assert page.card.sentence.text().startswith("Train, and what goes wrong")
    assert not page.card.apply.isVisible()
    assert not page.card.why.isVisible()
    rows = page.reading.layers()
    assert [row.name for row in rows] == ["Layer 1", "Layer 2", "Output"]
    assert all(math.isnan(row.gradient) and not len(row.histogram.start) for row in rows)


def test_figures_of_a_training(qtbot: QtBot, page: HealthPage, session: Session) -> None:
    page.reading._clock.start()
    learn(qtbot, session)
    page.redraw()
    assert page._stack.currentIndex() == 1
    rows = page.reading.layers()
    lengths = session.history.gradients.column("layer_1")
    assert rows[0].gradient == pytest.approx(np.median(lengths[-50:]) / math.sqrt(784 * 24))
    start = Network(RUN.network, RUN.seed).weighted[1].parameters["weights"]
    assert rows[1].histogram.rms_start == pytest.approx(np.sqrt(np.mean(start**2)))
    assert rows[1].histogram.rms_now != rows[1].histogram.rms_start
    x, y = page.gradients.points("layer_1")
    assert len(x) == len(y) > 3
    assert y[-1] == pytest.approx(np.log10(rows[0].gradient), abs=0.7)


def test_updates_are_measured_from_copy_to_copy(page: HealthPage, session: Session) -> None:
    spec, first = session.snapshot.spec, session.snapshot.parameters
    page.reading._clock.start()
    page.reading._last = Snapshot(spec, first, 1, 0)
    assert not page.reading.note(Snapshot(spec, first * 1.01, 11, 0)), "too soon after the last one"
    page.reading._clock.invalidate()
    page.reading._clock.elapsed = lambda: 10_000  # type: ignore[method-assign]
    assert page.reading.note(Snapshot(spec, first * 1.01, 11, 0))
    assert [row.ratio for row in page.reading.layers()] == pytest.approx([0.001 / 1.01] * 3, rel=1e-3)
    assert not page.reading.note(Snapshot(spec, first, 5, 0)), "weights that were put back"


def test_of_a_run_that_is_gone_on_with_the_updates_say_from_where_on_they_are_known(
    page: HealthPage, session: Session
) -> None:
    assert page.updates.title.text() == "Update ÷ weight"
    network = Network(RUN.network, 5)
    history = History()
    history.extend([BatchReport(n, 1, 25 * n, 500, 1.0, 0.5, 0.1, (3.0, 2.0, 1.0), 1.0, 1) for n in range(1, 11)])
    session._replace(network, RUN, fresh=False, snapshot=network.snapshot(10, 0), history=history)
    page.redraw()
    assert "measured while it learns" in page.updates.title.text()
    assert page.rows.words_at(QPointF(240, HEADER + 10)).startswith("Not known: ")
    page.reading._clock.elapsed = lambda: 10_000  # type: ignore[method-assign]
    learned = Snapshot(RUN.network, session.snapshot.parameters * 1.01, 20, 0)
    history.extend([BatchReport(n, 1, 25 * n, 500, 1.0, 0.5, 0.1, (3.0, 2.0, 1.0), 1.0, 1) for n in range(11, 21)])
    session._take(learned, learned=True)
    assert page.reading.note(learned)
    page.redraw()
    assert "known from epoch 0.50" in page.updates.title.text()
    assert page.reading.layers()[0].ratio == pytest.approx(0.001 / 1.01, rel=1e-3)
    assert math.isnan(page.reading._ratios(9)[0]), "what was before is not made up"
    session.new_network()
    assert page.updates.title.text() == "Update ÷ weight"


def test_with_plain_descent_updates_are_exact(page: HealthPage, session: Session) -> None:
    session.set_run(RUN.changed(training={"optimizer": {"kind": "sgd"}, "learning_rate": 0.1}))
    reports = [BatchReport(n, 1, 25 * n, 500, 1.0, 0.5, 0.1, (3.0, 2.0, 1.0), 1.0, 1) for n in range(1, 11)]
    session.history.extend(reports)
    page.reading._clock.elapsed = lambda: 10_000  # type: ignore[method-assign]
    snapshot = Snapshot(session.snapshot.spec, session.snapshot.parameters, 10, 0)
    assert page.reading.note(snapshot)
    weights = Network.from_snapshot(snapshot).weighted[0].parameters["weights"]
    size = np.sqrt(np.mean(weights**2))
    assert page.reading.layers()[0].ratio == pytest.approx(0.1 * 3 / math.sqrt(784 * 24) / size, rel=1e-3)


def test_dead_units_are_shown_and_the_hint_has_its_cure(qtbot: QtBot, page: HealthPage, session: Session) -> None:
    learn(qtbot, session)
    network = Network.from_snapshot(session.snapshot)
    network.dense[0].bias[:20] = -1000
    session._take(network.snapshot(session.snapshot.step, 1), learned=True)
    page._look()
    qtbot.waitUntil(lambda: page.reading.activity[0].dead >= 20)
    page.redraw()
    place = QPointF(page.rows._cells(0, 10)[3].center().x(), HEADER + 10)
    assert "of 24 units are dead" in page.rows.words_at(place)
    look(page)
    assert page.card.hint is not None
    assert page.card.hint.kind == "dead"
    with qtbot.waitSignal(page.apply_asked) as asked:
        qtbot.mouseClick(page.card.apply, Qt.MouseButton.LeftButton)
    assert {row.activation for row in asked.args[0].network.layers} == {"leaky_relu"}
    assert session.pending
    assert "press Reset" in page.card.sentence.text()
    look(page)
    assert page.doctor.hint is None, "it waits for the new network"
    session.new_network()
    assert page.card.hint is None
    qtbot.waitUntil(lambda: page._task is None)
    learn(qtbot, session)
    look(page)
    assert page.card.hint is None


def test_a_rate_too_high_is_told_applied_and_cured(qtbot: QtBot, page: HealthPage, session: Session) -> None:
    session.set_run(RUN.changed(training={"learning_rate": 0.4, "epochs": 5}))
    learn(qtbot, session)
    look(page)
    assert page.card.hint is not None
    assert page.card.hint.kind == "rate_high"
    assert not page.card.reasons.isVisible()
    qtbot.mouseClick(page.card.why, Qt.MouseButton.LeftButton)
    assert page.card.reasons.isVisible()
    assert "The rate is 0.4" in page.card.reasons.text()
    assert "0.4 → 0.13" in page.card.apply.toolTip()
    look(page)
    assert page.card.reasons.isVisible(), "newer figures do not fold it"
    qtbot.mouseClick(page.card.apply, Qt.MouseButton.LeftButton)
    assert session.run.training.learning_rate == 0.13
    assert not page.card.apply.isVisible()
    session.set_run(session.run.changed(training={"learning_rate": 0.002, "epochs": 6}))
    session.new_network()
    learn(qtbot, session)
    look(page)
    assert page.card.hint is None
    assert page.card.sentence.text().startswith("Nothing is wrong")


def test_an_undone_cure_is_not_waited_for(qtbot: QtBot, page: HealthPage, session: Session) -> None:
    session.set_run(RUN.changed(training={"learning_rate": 0.4, "epochs": 5}))
    learn(qtbot, session)
    before = session.run
    look(page)
    qtbot.mouseClick(page.card.apply, Qt.MouseButton.LeftButton)
    assert page.doctor.applied is not None
    session.set_run(before)
    look(page)
    assert page.doctor.applied is None


def test_the_same_hint_is_not_given_before_its_cure_had_time(qtbot: QtBot, page: HealthPage, session: Session) -> None:
    session.set_run(RUN.changed(training={"learning_rate": 0.4, "epochs": 5}))
    learn(qtbot, session)
    page.reading.activity = ()  # without dead units it applies at once
    look(page)
    qtbot.mouseClick(page.card.apply, Qt.MouseButton.LeftButton)
    assert "from the next batch" in page.card.sentence.text()
    session.set_run(session.run.changed(training={"epochs": 1}))
    learn(qtbot, session)
    page.doctor.look()
    assert page.doctor.applied is not None
    session.set_run(session.run.changed(training={"epochs": 5}))
    learn(qtbot, session)
    page.doctor.look()
    assert page.doctor.applied is None


def test_after_a_rate_that_killed_units_the_card_says_what_is_in_force(
    qtbot: QtBot, page: HealthPage, session: Session
) -> None:
    session.set_run(RUN.changed(training={"learning_rate": 8.0, "epochs": 5}))
    learn(qtbot, session)
    page._look()
    qtbot.waitUntil(lambda: bool(page.reading.activity) and page.reading.activity[0].dead > 20)
    look(page)
    assert page.card.hint is not None
    assert "a new network" in page.card.hint.sentence
    qtbot.mouseClick(page.card.apply, Qt.MouseButton.LeftButton)
    assert session.built.training.learning_rate == 2.7
    assert not session.pending
    assert "in force from the next batch, but dead units stay dead" in page.card.sentence.text()
    learn(qtbot, session)
    look(page)
    assert page.doctor.applied is None, "trained on instead: the card says how it stands now"
    assert page.card.hint is not None


def test_an_opened_network_is_compared_with_how_it_was_opened(page: HealthPage, session: Session) -> None:
    other = Network(RUN.network, 5)
    session.adopt(other.snapshot(700, 9), RUN)
    page.redraw()
    session._take(Snapshot(RUN.network, other.parameters * 2, 701, 9), learned=True)
    page.redraw()
    row = page.reading.layers()[0].histogram
    assert row.rms_now == pytest.approx(2 * row.rms_start)
    assert "after batch 700" in page.note.text()


def test_a_past_moment_is_shown_with_its_place(qtbot: QtBot, page: HealthPage, session: Session) -> None:
    learn(qtbot, session)
    qtbot.waitUntil(lambda: session.film is not None and len(session.film) > 1)
    assert session.film is not None
    session.show_moment(1)
    page.redraw()
    assert page.gradients.crosshair == pytest.approx(session.film.epochs[1])
    shown = Network.from_snapshot(session.film.frame(1)).weighted[0].parameters["weights"]
    assert page.reading.layers()[0].histogram.rms_now == pytest.approx(np.sqrt(np.mean(shown**2)))
    session.show_moment(None)
    page.redraw()
    assert page.gradients.crosshair is None


def test_hidden_it_neither_draws_nor_looks(qtbot: QtBot, page: HealthPage, session: Session) -> None:
    page.hide()
    before = page.redraws
    learn(qtbot, session)
    assert page.redraws == before
    assert page._task is None
    page.show()
    assert page.redraws > before


def test_without_data_it_says_so(qtbot: QtBot) -> None:
    session = Session(RUN)
    page = HealthPage(session)
    qtbot.addWidget(page)
    page.show()
    assert "The data is not there yet" in page.note.text()
    session.finish()


def test_activity_of_batch_normalization_stands_with_its_layer(
    qtbot: QtBot, page: HealthPage, session: Session
) -> None:
    layers = (Conv2DSpec(filters=4, activation="linear"), BatchNormSpec(activation="relu"), DenseSpec(units=8))
    session.set_run(RUN.changed(network={"layers": [row.model_dump() for row in layers]}))
    session.new_network()
    page._look()
    qtbot.waitUntil(lambda: page.reading.activity != ())
    rows = page.reading.layers()
    assert [row.name for row in rows] == ["Layer 1", "Layer 3", "Output"]
    assert [row.activity.units if row.activity else 0 for row in rows] == [4, 8, 0]


@pytest.mark.parametrize("value", [0.0, 3.4e38, math.nan, math.inf, -math.inf])
def test_no_value_makes_the_page_wider_or_fails(page: HealthPage, session: Session, value: float) -> None:
    parameters = np.full_like(session.snapshot.parameters, value)
    report: Callable[[int], BatchReport] = lambda n: BatchReport(  # noqa: E731
        n, 1234, 10, 60000, 1.0, 0.1, 1e-5, (value,) * 3, 98765.4, 9999
    )
    session.history.extend([report(1), report(2)])
    page.reading._clock.elapsed = lambda: 10_000  # type: ignore[method-assign]
    snapshot = Snapshot(session.snapshot.spec, parameters, 2, 0)
    session._take(snapshot, learned=True)
    session._announce()
    page.redraw()
    look(page)
    for mode in ("light", "dark"):
        theme.switch().choose(mode)  # type: ignore[arg-type]
        assert not page.grab().isNull()
    for x in range(0, page.rows.width(), 40):
        assert page.rows.words_at(QPointF(x, HEADER + 5))
    assert page.minimumSizeHint().width() <= 630
    assert page.width() == 640
