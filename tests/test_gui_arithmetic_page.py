"""The arithmetic page: every number is the network's, every cell explains itself, live."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from engine.arithmetic import figure
from engine.datasets.dataset import Dataset
from engine.judge import Judge
from engine.network import Network, Snapshot
from engine.presets import PRESETS
from engine.specs import RunSpec
from gui import theme
from gui.pages.arithmetic_page import CLICK, NO_DRAWING, ArithmeticPage
from gui.session import Session
from gui.shipped_reader import Found

# Qt's screenless platform says of every window shown that it cannot pass on its smallest size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")
WIDEST = 630
CONVOLUTIONAL = (
    {"kind": "conv", "filters": 3, "kernel": 5, "padding": "same"},
    {"kind": "max_pool"},
    {"kind": "conv", "filters": 4, "kernel": 3, "activation": "linear", "dropout": 0.1},
    {"kind": "batch_norm", "activation": "relu"},
    {"kind": "avg_pool"},
    {"kind": "flatten"},
    {"kind": "dense", "units": 9, "activation": "tanh"},
)
KINDS = {
    "dense": {"layers": ({"kind": "dense", "units": 40},)},
    "relu outputs": {"layers": ({"kind": "dense", "units": 40},), "output_activation": "relu"},
    "convolutional": {"layers": CONVOLUTIONAL},
}


def run_of(kind: str) -> RunSpec:
    return PRESETS["quick"].run.changed(network={**KINDS[kind], "dtype": "float64"}, training={"loss": "mse"})


@pytest.fixture(scope="module", autouse=True)
def dressed(qapp: QApplication) -> None:
    theme.switch().start(qapp, "dark")


@pytest.fixture
def kind() -> str:
    return "dense"


@pytest.fixture
def session(qtbot: QtBot, kind: str, small: Dataset) -> Iterator[Session]:
    run = run_of(kind)
    network, rng = Network(run.network, 3), np.random.default_rng(4)
    for name, array in network.named_parameters().items():
        if not name.endswith("weights"):
            array += rng.uniform(0, 0.3, array.shape)
    session = Session(run)
    session.adopt(network.snapshot(12, 0), run)
    session._on_loaded(small)
    session.set_drawing(small.test_images[0])
    yield session
    session.finish()


@pytest.fixture
def page(qtbot: QtBot, session: Session) -> ArithmeticPage:
    page = ArithmeticPage(session)
    qtbot.addWidget(page)
    page.resize(640, 560)
    page.show()
    qtbot.waitExposed(page)
    return page


def texts(page: ArithmeticPage, table: str) -> list[list[str]]:
    cells = getattr(page, table).numbers.cells
    return [[cells.text(row, column) for column in range(len(cells.headers))] for row in range(cells.rows)]


def type_into(qtbot: QtBot, line: QLineEdit, text: str) -> None:
    line.selectAll()
    qtbot.keyClicks(line, text)


def choose_layer(page: ArithmeticPage, name: str) -> None:
    page.controls.layers.setCurrentIndex(page.controls.layers.findText(name, Qt.MatchFlag.MatchStartsWith))


def take(session: Session, parameters: np.ndarray, step: int = 13) -> None:
    session._take(Snapshot(session.shown.spec, parameters, step, 0), learned=True)
    session._announce()


@pytest.mark.parametrize("kind", KINDS)
def test_the_last_step_of_every_layer_is_what_the_network_gives(page: ArithmeticPage, session: Session) -> None:
    page.controls.one.setChecked(True)
    outputs = session.reader.outputs(session.drawing)
    for index, output in enumerate(outputs):
        page.controls.layers.setCurrentIndex(index)
        for number in (0, output.size // 2, output.size - 1):
            page.pictures.output_chosen.emit(number)
            steps = page.steps.numbers.cells
            assert steps.steps[-1].value == pytest.approx(float(output.flat[number]), abs=1e-6)
            assert page.title.text().endswith(f": {figure(steps.steps[-1].value)}")
        page.grab()


@pytest.mark.parametrize("kind", KINDS)
def test_the_shares_are_those_of_the_network(page: ArithmeticPage, session: Session) -> None:
    choose_layer(page, "Output")
    shares = session.read(session.drawing)
    shown = [float(row[-1].removesuffix(" %")) / 100 for row in texts(page, "shares")[:-1]]
    assert shown == pytest.approx(shares.tolist(), abs=6e-5)
    assert [page.shares.numbers.cells.is_strong(row) for row in range(10)].index(True) == shares.argmax()


def test_the_inputs_that_are_not_zero_come_first_and_the_others_in_a_row(page: ArithmeticPage) -> None:
    rows, lit = texts(page, "terms"), int(np.count_nonzero(page._session.drawing))
    assert len(rows) == lit + 1
    sizes = [abs(float(row[3].replace("−", "-"))) for row in rows[:-1]]
    assert sizes == sorted(sizes, reverse=True)
    assert rows[-1][0] == f"{784 - lit} others"
    page.terms.choose(lit, 3)
    assert page.sentence.text() == f"{784 - lit} of 784 inputs are 0: 0 × any weight = 0, so they add nothing"
    page.controls.order.setCurrentIndex(1)
    places = [tuple(map(int, re.findall(r"\d+", row[0]))) for row in texts(page, "terms")[:-1]]
    assert places == sorted(places)


def test_the_running_sum_ends_where_the_steps_begin(page: ArithmeticPage) -> None:
    assert texts(page, "terms")[-1][-1] == texts(page, "steps")[0][-1]
    names = [row[0] for row in texts(page, "steps")]
    assert names == ["Sum of the products", "Bias", "Weighted sum", "ReLU"]


def test_a_click_on_a_number_explains_it_with_its_numbers(qtbot: QtBot, page: ArithmeticPage) -> None:
    assert page.sentence.text() == CLICK
    index = page.terms.numbers.index(2, 3)
    qtbot.mouseClick(page.terms.viewport(), Qt.MouseButton.LeftButton, pos=page.terms.visualRect(index).center())
    place, value, weight, product, _ = texts(page, "terms")[2]
    row, column = re.findall(r"\d+", place)
    assert page.sentence.text() == f"{value} × {weight} = {product}: pixel in row {row}, column {column}"
    qtbot.keyClick(page.terms, Qt.Key.Key_Left)
    assert page.sentence.text() == f"{weight}: the weight that was learned for the pixel in row {row}, column {column}"
    index = page.steps.numbers.index(2, 1)
    qtbot.mouseClick(page.steps.viewport(), Qt.MouseButton.LeftButton, pos=page.steps.visualRect(index).center())
    steps = texts(page, "steps")
    assert page.sentence.text().startswith(f"Weighted sum: {steps[2][1]} = {steps[2][2]}. ")
    assert page.terms.explanation == ""


@pytest.mark.parametrize("kind", KINDS)
def test_every_cell_of_every_table_has_a_sentence(page: ArithmeticPage) -> None:
    for index in range(page.controls.layers.count()):
        page.controls.layers.setCurrentIndex(index)
        for table in (page.shares,) if page.controls.shows_shares else (page.terms, page.steps):
            cells = table.numbers.cells
            for row in {0, cells.rows // 2, cells.rows - 1}:
                for column in range(len(cells.headers)):
                    assert len(cells.sentence(row, column)) > 3
                    assert "{" not in cells.sentence(row, column)


def test_the_chosen_number_follows_the_drawing_and_the_weights(
    qtbot: QtBot, page: ArithmeticPage, session: Session, small: Dataset
) -> None:
    page.terms.choose(0, 3)
    said = page.sentence.text()
    place = said.split(": ")[1]
    take(session, session.shown.parameters * 2)
    qtbot.waitUntil(lambda: page.sentence.text() != said)
    assert page.sentence.text().split(": ")[1] == place
    assert page.state.text().startswith("After 13 batches")
    before = page.title.text()
    session.set_drawing(small.test_images[1])
    qtbot.waitUntil(lambda: page.title.text() != before)


def test_nothing_drawn_says_so_and_nothing_is_worked_out_while_nobody_looks(
    qtbot: QtBot, page: ArithmeticPage, session: Session, small: Dataset
) -> None:
    session.set_drawing(None)
    qtbot.waitUntil(page.empty.isVisible)
    assert page.empty.text() == NO_DRAWING
    page.hide()
    count = page.refreshes
    session.set_drawing(small.test_images[2])
    page.controls.order.setCurrentIndex(1)
    assert page.refreshes == count
    page.show()
    assert page.refreshes == count + 1
    assert not page.empty.isVisible()


def test_the_temperature_makes_less_sure_and_the_measured_one_can_be_had(
    page: ArithmeticPage, session: Session
) -> None:
    choose_layer(page, "Output")
    raw = session.read(session.drawing)
    assert not page.temperature.measured.isEnabled()
    session.judge_by(Judge(temperature=1.32))
    page._tick()
    assert page.temperature.measured.text() == "T = 1.32 (measured)"
    assert page.temperature.slider.marks == (1.0, 1.32)
    page.temperature.measured.click()
    expected = session.judge.shares(raw[None])[0]
    shown = [float(row[-1].removesuffix(" %")) / 100 for row in texts(page, "shares")[:-1]]
    assert shown == pytest.approx(expected.tolist(), abs=6e-5)
    page.shares.choose(4, 3)
    assert "÷ 1.3 = " in page.sentence.text()
    page.temperature.slider.setValue(page.temperature.slider.maximum())
    assert page.temperature.value == 10
    page.temperature.plain.click()
    assert page.temperature.figure.text() == "1"
    page.grab()


@pytest.mark.parametrize("kind", ["relu outputs"])
def test_other_outputs_show_the_steps_that_are_really_taken(page: ArithmeticPage) -> None:
    choose_layer(page, "Output")
    headers = [name for name, _ in page.shares.numbers.cells.headers]
    assert headers == ["", "Weighted sum", "ReLU", "Cut off", "÷ sum", "ln ÷ T", "eˣ", "Share"]


def test_a_click_in_the_pictures_chooses_an_output_and_a_product(qtbot: QtBot, page: ArithmeticPage) -> None:
    outputs, products = page.pictures.outputs, page.pictures.products
    place = outputs.cell_rect(17).center().toPoint()
    qtbot.mouseClick(outputs, Qt.MouseButton.LeftButton, pos=place)
    assert page.controls.number == 17
    assert page.title.text().startswith("Unit 18 of layer 1: ")
    qtbot.mouseMove(outputs, outputs.cell_rect(3).center().toPoint())
    qtbot.waitUntil(lambda: page.sentence.text().startswith("Unit 4 of layer 1: "))
    row, column = np.argwhere(page._session.drawing)[5].tolist()
    spot = QPoint(round((column + 0.5) * products.width() / 28), round((row + 0.5) * products.width() / 28))
    qtbot.mouseClick(products, Qt.MouseButton.LeftButton, pos=spot)
    assert page.sentence.text().endswith(f": pixel in row {row + 1}, column {column + 1}")


def test_a_unit_that_is_not_there_is_refused_in_a_sentence(qtbot: QtBot, page: ArithmeticPage) -> None:
    line, error = page.controls.places["unit"], page.controls.error
    type_into(qtbot, line, "7")
    assert page.title.text().startswith("Unit 7 of layer 1: ")
    for wrong in ("41", "0", "-3", "2.5", "zzz"):
        type_into(qtbot, line, wrong)
        assert error.isVisible()
        assert error.text() == f"Unit: {wrong} is not allowed; it must be a whole number from 1 to 40."
        assert line.wrong, "it stays, and is marked"
    assert page.controls.number in range(40)
    before = page.controls.number
    qtbot.keyClick(line, Qt.Key.Key_Escape)
    assert (line.text(), error.isVisible(), line.wrong) == (str(before + 1), False, False)
    type_into(qtbot, line, "zzz")
    page.controls.best.click()
    assert (line.text(), error.isVisible()) == (str(page.controls.number + 1), False)


def test_the_arrow_keys_and_the_wheel_step_round_the_units(qtbot: QtBot, page: ArithmeticPage) -> None:
    line = page.controls.places["unit"]
    type_into(qtbot, line, "39")
    shown = []
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageDown):
        qtbot.keyClick(line, key)
        shown.append(page.controls.number + 1)
    for turn in (-120, -60, -60, 240):
        turn_wheel(line, turn)
        shown.append(page.controls.number + 1)
    assert shown == [40, 1, 40, 30, 29, 29, 28, 30]
    assert page.title.text().startswith("Unit 30 of layer 1: ")


def turn_wheel(line: QLineEdit, turn: int) -> None:
    place = QPointF(line.rect().center())
    buttons, keys = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(
        *(place, line.mapToGlobal(place), QPoint(), QPoint(0, turn)), buttons, keys, Qt.ScrollPhase.NoScrollPhase, False
    )
    QApplication.sendEvent(line, event)


@pytest.mark.parametrize("kind", ["convolutional"])
def test_a_place_of_a_map_is_chosen_by_filter_row_and_column(qtbot: QtBot, page: ArithmeticPage) -> None:
    for key, value in (("unit", 2), ("row", 1), ("column", 28)):
        type_into(qtbot, page.controls.places[key], str(value))
    assert page.title.text().startswith("Filter 2 of layer 1, row 1, column 28: ")
    cells = page.terms.numbers.cells
    assert "of them padding" in cells.sentence(cells.rows - 1, 0)
    page.controls.best.click()
    strongest = page._passage.outputs[0].argmax()
    assert page.controls.number == strongest
    choose_layer(page, "Layer 2")
    assert page.title.text().startswith("Map ")
    assert [name for name, _ in page.terms.numbers.cells.headers] == ["Input", "Value"]
    choose_layer(page, "Layer 1")
    assert page.controls.number == strongest, "each layer remembers what was looked at"
    choose_layer(page, "Layer 7")
    assert page.terms.numbers.cells.text(0, 0).startswith("map ") or "value" in page.terms.numbers.cells.text(0, 0)


def test_when_somebody_else_reads_the_pad_it_says_so(qtbot: QtBot, page: ArithmeticPage, session: Session) -> None:
    session._on_reader(Found(replace_reader(session)))
    session.read_by("reader")
    qtbot.waitUntil(lambda: "read by the Reader" in page.state.text())


def replace_reader(session: Session):
    """Return a reader of its own, standing in for the one that comes with the program."""
    reader = session.own
    reader.network = Network.from_snapshot(session.shown)
    return reader


@pytest.mark.parametrize("kind", KINDS)
def test_no_weights_harm_it_or_make_it_wider(qtbot: QtBot, page: ArithmeticPage, session: Session) -> None:
    for value in (np.nan, np.inf, 1e30, 0.0):
        take(session, np.full_like(session.shown.parameters, value))
        for index in range(page.controls.layers.count()):
            page.controls.layers.setCurrentIndex(index)
            page.terms.choose(0, 1)
            assert page.minimumSizeHint().width() <= WIDEST
        page.grab()
    page.controls.one.setChecked(True)
    assert page.minimumSizeHint().width() <= WIDEST


def test_long_names_of_classes_do_not_make_it_wider(page: ArithmeticPage, session: Session, small: Dataset) -> None:
    session._on_loaded(replace(small, class_names=tuple(f"a name that takes a lot of room, {n}" for n in range(10))))
    choose_layer(page, "Output")
    page.controls.one.setChecked(True)
    assert page.minimumSizeHint().width() <= WIDEST
    assert "a name that takes" in page.title.text()


def test_another_network_has_other_layers(page: ArithmeticPage, session: Session) -> None:
    session.set_run(run_of("convolutional"))
    session.new_network()
    page._tick()
    assert page.controls.layers.count() == len(session.reader.layers)
    assert page.state.text() == "Before the first batch: random weights."
