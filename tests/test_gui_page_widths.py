"""No page ever asks for more width than a small screen has, whatever its values are and whatever things are called."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from engine.datasets.dataset import Dataset
from engine.evaluation import evaluate
from engine.layers import DenseSpec
from engine.network import Snapshot
from engine.presets import PRESETS
from engine.reports import BatchReport, EpochReport
from engine.specs import NetworkSpec, RunSpec
from gui import theme
from gui.pages.data_page import DataPage
from gui.pages.evaluation_page import EvaluationPage
from gui.pages.training_page import TrainingPage
from gui.pages.weights_page import WeightsPage
from gui.session import Session, State

# Qt's screenless platform says of every window shown that it cannot pass on its smallest size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")
WIDEST = 630  # what 1280 pixels leave between the forms and the pad
VALUES = (0.0, 1.5e17, 3.4e38, 1e-30, -1.2345678e-5, math.nan, math.inf, -math.inf)
LONG = "a name that somebody gave it who had a lot of time, number"


@pytest.fixture
def session(qtbot: QtBot, small: Dataset) -> Iterator[Session]:
    theme.switch().start(QApplication.instance(), "dark")
    layers = tuple(DenseSpec(units=units, activation="leaky_relu") for units in (1000, 20, 20, 20, 20))
    session = Session(RunSpec(network=NetworkSpec(layers=layers), training=PRESETS["quick"].run.training))
    session._on_loaded(
        replace(
            small,
            title=f"{LONG} 1",
            word=f"npz:{LONG}.npz",
            note=LONG,
            class_names=tuple(f"{LONG} {number}" for number in range(10)),
        )
    )
    yield session
    session.finish()


def shown(qtbot: QtBot, page: QWidget) -> None:
    qtbot.addWidget(page)
    page.resize(660, 560)
    page.show()
    qtbot.waitExposed(page)


def check_width(page: QWidget) -> None:
    QTest.qWait(0)
    assert page.minimumSizeHint().width() <= WIDEST
    assert page.width() == 660


def reports(value: float) -> list[BatchReport | EpochReport]:
    batches = [
        BatchReport(1234567 + n, 1234, 10, 60000, value, 0.12345, 1.2345e-5, (value,) * 6, 98765.4, 9999)
        for n in range(3)
    ]
    return [*batches, EpochReport(1234, 1234570, value, 0.1, value, 0.12345, 98765.4, 0.5, True)]


def training(qtbot: QtBot, session: Session, value: float) -> QWidget:
    page = TrainingPage(session)
    shown(qtbot, page)
    session.history.extend(reports(value))
    page.redraw()
    page._on_pointed(1)
    return page


def weights(qtbot: QtBot, session: Session, value: float) -> QWidget:
    page = WeightsPage(session)
    shown(qtbot, page)
    session.set_drawing(np.full((28, 28), 200, np.uint8))
    parameters = np.full_like(session.snapshot.parameters, value)
    session._take(Snapshot(session.snapshot.spec, parameters, 123456789, 1234))
    for layer in (0, 1, 5):
        page.controls.layers.setCurrentIndex(layer)
        page.refresh()
        page._on_pointed(3, 7)
        page.inspector._on_pointed(7)
        check_width(page)
    return page


def evaluation(qtbot: QtBot, session: Session, value: float) -> QWidget:
    page = EvaluationPage(session)
    shown(qtbot, page)
    assert session.dataset is not None
    measured = evaluate(session.reader, session.dataset.test_images, session.dataset.test_labels, "cross_entropy")
    assert measured is not None
    session.state = State.RUNNING
    session._set_evaluation(replace(measured, loss=value), 123456789)
    page.images.show_choice((3, None))
    page.matrix.described.emit(page.matrix.words((3, 5)))
    return page


def data(qtbot: QtBot, session: Session, _value: float) -> QWidget:
    page = DataPage(session)
    shown(qtbot, page)
    page.class_filter.setCurrentIndex(3)
    qtbot.waitUntil(lambda: page.means is not None)
    return page


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("make", [training, weights, evaluation, data])
def test_no_value_makes_a_page_wider(
    qtbot: QtBot, session: Session, make: Callable[[QtBot, Session, float], QWidget], value: float
) -> None:
    page = make(qtbot, session, value)
    check_width(page)
    page.grab()


@pytest.mark.parametrize("value", VALUES)
def test_the_figures_of_a_unit_are_never_cut_off(qtbot: QtBot, session: Session, value: float) -> None:
    page = weights(qtbot, session, value)
    assert isinstance(page, WeightsPage)
    shown = [figure for figure in page.inspector.values.values() if figure.isVisible()]
    assert len(shown) >= 6
    for figure in shown:
        assert isinstance(figure, QLabel)
        assert figure.width() >= figure.sizeHint().width()
        assert figure.geometry().right() < page.inspector.width()
