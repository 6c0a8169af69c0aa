"""The weights page: units as pictures, matrices, one unit enlarged; real widgets, real training."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.datasets.dataset import Dataset
from engine.layers import DenseSpec
from engine.network import Snapshot
from engine.presets import PRESETS
from engine.specs import NetworkSpec, RunSpec
from gui import theme
from gui.help_strip import HelpStrip
from gui.pages.weights_page import RANDOM, WeightsPage
from gui.session import Session, State
from gui.widgets.color_legend import signed
from gui.widgets.weight_colors import color_table, largest, to_bytes
from gui.widgets.weight_reading import NOTHING_DRAWN


def session_of(*units: int) -> Session:
    spec = NetworkSpec(layers=tuple(DenseSpec(units=count) for count in units))
    quick = PRESETS["quick"].run
    return Session(RunSpec(network=spec, training=quick.training))


@pytest.fixture
def session(qtbot) -> Iterator[Session]:
    made = session_of(60, 40)
    yield made
    made.finish()


def shown(qtbot, session: Session) -> WeightsPage:
    theme.switch().start(QApplication.instance(), "dark")
    page = WeightsPage(session)
    qtbot.addWidget(page)
    page.resize(660, 560)
    page.show()
    qtbot.waitExposed(page)
    return page


@pytest.fixture
def page(qtbot, session: Session) -> WeightsPage:
    return shown(qtbot, session)


def change(page: WeightsPage, weights: np.ndarray | None = None, step: int = 7) -> None:
    """Let the session take other weights for the layer in view, as a training would hand them over."""
    network = page.session.reader
    if weights is not None:
        network.layers[page.layer.index].parameters["weights"][:] = weights
    snapshot = Snapshot(network.spec, network.parameters.copy(), step, 1)
    page.session._take(snapshot)
    page.session._announce()
    page._tick()


def pixels(page: WeightsPage) -> QImage:
    return page.view.viewport().grab().toImage()


def click(qtbot, page: WeightsPage, unit: int) -> None:
    qtbot.mouseClick(page.view.viewport(), Qt.MouseButton.LeftButton, pos=page.view.rectangle(unit).center())


def choose(box, text: str) -> None:
    box.setCurrentIndex(box.findText(text))


def test_bytes_hold_sign_and_size_and_survive_what_is_no_number() -> None:
    values = np.array([[-2, -1, -0.5, 0, 0.5, 1, 9, np.nan, np.inf]], np.float32)
    assert to_bytes(values, 1.0).tolist() == [[2, 2, 65, 128, 192, 255, 255, 128, 255]]
    assert largest(np.array([[1], [-3]], np.float32)).tolist() == [3]
    assert largest(np.zeros((2, 2), np.float32)).tolist() == [1, 1]
    assert largest(np.array([[1, np.nan, 2]], np.float32)).tolist() == [1, 1, 2]


def test_the_scale_of_a_unit_is_at_least_a_twentieth_of_the_layers() -> None:
    limits = largest(np.array([[1, 0, 0.2, 0.001], [-4, 0, 0.3, 0.001]], np.float32))
    assert limits.tolist() == pytest.approx([4, 0.2, 0.3, 0.2])
    assert to_bytes(np.array([0.001], np.float32), limits[3:]).tolist() == [129]


def test_zero_has_the_colour_of_the_surface_and_the_ends_are_orange_and_blue(page: WeightsPage) -> None:
    table = [QColor(value).name() for value in color_table()]
    assert table[128] == theme.current().surface
    assert table[255] == theme.current().positive
    # The first two bytes lie between units and between their squares, so blue begins two steps later.
    assert table[:2] == [theme.current().window, theme.current().muted]
    assert QColor(table[2]).blue() == pytest.approx(QColor(theme.current().negative).blue(), abs=3)


def test_the_first_layer_is_pictures_and_the_deeper_ones_matrices(page: WeightsPage) -> None:
    assert [page.controls.layers.itemText(n) for n in range(3)] == [
        "Layer 1: 784 → 60",
        "Layer 2: 60 → 40",
        "Output: 40 → 10",
    ]
    assert page._stack.currentWidget() is page.grid
    page.controls.layers.setCurrentIndex(1)
    assert page._stack.currentWidget() is page.matrix
    assert page.matrix.values.shape == (60, 40)


def test_a_network_without_hidden_layers_shows_ten_pictures(qtbot) -> None:
    session = session_of()
    page = shown(qtbot, session)
    assert page._stack.currentWidget() is page.grid
    assert len(page.grid.order) == 10
    assert page.inspector.title.text() == "Output unit for 0"
    session.finish()


def test_one_unit_is_drawn_with_its_weights_in_place(page: WeightsPage) -> None:
    weights = np.zeros((784, 60), np.float32)
    weights[3 * 28 + 5, 2] = 0.7
    change(page, weights)
    place = page.view.rectangle(2)
    size = place.width() / 31
    spot = place.topLeft() + QPoint(int((1 + 5.5) * size), int((1 + 3.5) * size))
    colour = pixels(page).pixelColor(spot)
    assert colour.red() > colour.blue() + 60
    assert page.view.at(spot) == (2, 3 * 28 + 5)


def test_a_new_snapshot_changes_the_pixels(page: WeightsPage) -> None:
    assert page.readout.text() == RANDOM
    before = pixels(page)
    change(page, np.random.default_rng(1).normal(size=(784, 60)))
    assert pixels(page) != before
    assert page.state.text() == "After 7 batches"


def test_a_real_training_is_followed_live(qtbot, page: WeightsPage, small: Dataset) -> None:
    page.session._on_loaded(small)
    before = pixels(page)
    page.session.train()
    qtbot.waitUntil(lambda: page.session.state == State.IDLE and page.session.trained, timeout=20000)
    qtbot.waitUntil(lambda: page.state.text() == f"After {page.session.snapshot.step:,} batches")
    assert pixels(page) != before


def test_a_hidden_page_is_left_alone(qtbot, page: WeightsPage) -> None:
    page.hide()
    before = page.refreshes
    page.session._announce()
    assert not page._timer.isActive()
    QTest.qWait(250)
    assert page.refreshes == before
    page.show()
    assert page.refreshes == before + 1


def test_a_click_enlarges_the_unit(qtbot, page: WeightsPage) -> None:
    page.session.reader.dense[0].bias[17] = 0.25
    click(qtbot, page, 17)
    neuron = page.session.reader.neuron(0, 17)
    assert page.inspector.title.text() == "Unit 18 of layer 1"
    assert page.inspector.values["Bias"].text() == "+0.25"
    assert page.inspector.values["Weights"].text() == "784"
    assert f"{np.linalg.norm(neuron.weights):.4g}" == page.inspector.values["Length"].text()
    assert page.inspector.values["Activation"].text() == "–"
    assert page.inspector.hint.text() == NOTHING_DRAWN
    assert page.inspector.hint.isVisible()


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_the_drawing_gives_sum_and_activation(page: WeightsPage, mnist: Dataset, layer: int) -> None:
    page.controls.layers.setCurrentIndex(layer)
    image = mnist.test_images[0]
    page.session.set_drawing(image)
    page._tick()
    outputs = page.session.reader.activations(image)
    inputs = image.ravel() / 255 if layer == 0 else outputs[layer - 1]
    total = page.session.reader.neuron(layer, 0).weighted_sum(inputs)
    assert page.inspector.values["Weighted sum"].text() == signed(total)
    assert page.inspector.values["Activation"].text() == f"{outputs[layer][0]:.3g}".replace("-", "−")
    function = "Softmax" if layer == 2 else "ReLU"
    assert page.inspector.names["Activation"].text() == f"{function} activation"
    assert not page.inspector.hint.isVisible()


def test_hovering_a_unit_reads_it(qtbot, page: WeightsPage, mnist: Dataset) -> None:
    page.session.set_drawing(mnist.test_images[0])
    page._tick()
    QTest.mouseMove(page.view.viewport(), page.view.rectangle(5).center())
    qtbot.waitUntil(lambda: page.readout.text().startswith("Unit 6 of layer 1: weights −"))
    assert "bias 0" in page.readout.text()
    assert "activation" in page.readout.text()


def test_hovering_the_enlarged_unit_reads_a_weight(qtbot, page: WeightsPage) -> None:
    click(qtbot, page, 4)
    picture = page.inspector.picture
    cell = picture._place().width() // 28
    QTest.mouseMove(picture, QPoint(10 * cell + 2, 7 * cell + 2))
    weight = page.session.reader.neuron(0, 4).weights[7 * 28 + 10]
    expected = f"Row 8, column 11: weight {weight:+.3g}".replace("-", "−")
    qtbot.waitUntil(lambda: page.inspector.readout.text() == expected)


def test_hovering_the_matrix_reads_a_weight_and_a_click_selects_its_unit(qtbot, page: WeightsPage) -> None:
    page.controls.layers.setCurrentIndex(1)
    place = page.view.rectangle(3)
    spot = QPoint(place.center().x(), place.top() + 5 * page.matrix._cell[1] + 1)
    assert page.view.at(spot) == (3, 5)
    QTest.mouseMove(page.view.viewport(), spot)
    weight = f"{page.session.reader.dense[1].weights[5, 3]:+.3g}".replace("-", "−")
    qtbot.waitUntil(lambda: page.readout.text() == f"Unit 4 of layer 2, input 6: weight {weight}")
    qtbot.mouseClick(page.view.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert page.inspector.title.text() == "Unit 4 of layer 2"


def test_the_arrow_keys_move_the_selection(qtbot, page: WeightsPage) -> None:
    click(qtbot, page, 0)
    columns = page.grid.columns
    for key, unit in (
        (Qt.Key.Key_Right, 1),
        (Qt.Key.Key_Down, 1 + columns),
        (Qt.Key.Key_Left, columns),
        (Qt.Key.Key_Up, 0),
        (Qt.Key.Key_Up, 0),
        (Qt.Key.Key_End, 59),
        (Qt.Key.Key_Home, 0),
    ):
        qtbot.keyClick(page.grid, key)
        assert page.grid.selection == unit
    assert page.inspector.title.text() == "Unit 1 of layer 1"


def test_units_are_sorted_by_length_and_by_activation(page: WeightsPage, mnist: Dataset) -> None:
    choose(page.controls.sort, "Weight length")
    lengths = np.linalg.norm(page.session.reader.dense[0].weights, axis=0)
    assert (np.diff(lengths[page.grid.order]) <= 1e-6).all()
    choose(page.controls.sort, "Activation")
    assert "draw something" in page.readout.text()
    page.session.set_drawing(mnist.test_images[0])
    page._tick()
    activations = page.session.reader.activations(mnist.test_images[0])[0]
    assert (np.diff(activations[page.grid.order]) <= 0).all()


def test_the_start_stays_and_the_change_begins_at_zero(page: WeightsPage) -> None:
    start = page.session.reader.dense[0].weights.copy()
    choose(page.controls.show_what, "Change")
    assert not page.grid.values.any()
    change(page, start + 0.5)
    np.testing.assert_allclose(page.grid.values, 0.5, rtol=1e-4)
    choose(page.controls.show_what, "At the start")
    np.testing.assert_array_equal(page.grid.values, start)
    assert page.inspector.title.text() == "Unit 1 of layer 1 (at the start)"


def test_one_scale_for_the_layer_shows_its_numbers(page: WeightsPage) -> None:
    choose(page.controls.scale, "Whole layer")
    limit = float(np.median(largest(page.session.reader.dense[0].weights)))
    assert page.legend.ends == (f"≤ −{limit:.3g}", f"≥ +{limit:.3g}")
    assert page.legend.caption == "All units"


def test_the_two_legends_say_whose_numbers_they_are(page: WeightsPage) -> None:
    assert page.legend.caption == "Typical unit"
    assert "“≈” says that the numbers are those of a typical one" in page.legend.toolTip()
    assert page.inspector.legend.caption == "This unit"
    assert page.inspector.legend.accessibleName().startswith("This unit: blue −")
    own = float(np.abs(page.session.reader.dense[0].weights[:, 0]).max())
    assert page.inspector.legend.ends == (signed(-own), signed(own))


def test_many_units_are_scrolled_and_only_what_is_seen_is_drawn(qtbot) -> None:
    session = session_of(2000)
    page = shown(qtbot, session)
    bar = page.grid.verticalScrollBar()
    assert bar.maximum() > 0
    assert page.grid._image.height() < page.height() + 70
    before = pixels(page)
    bar.setValue(bar.maximum())
    assert pixels(page) != before
    click(qtbot, page, 1999)
    assert page.inspector.title.text() == "Unit 2000 of layer 1"
    qtbot.keyClick(page.grid, Qt.Key.Key_Home)
    assert bar.value() == 0
    session.finish()


def test_a_wide_matrix_is_scrolled(qtbot) -> None:
    session = session_of(600, 500)
    page = shown(qtbot, session)
    page.controls.layers.setCurrentIndex(1)
    assert page.matrix.horizontalScrollBar().maximum() > 0
    assert page.matrix._image.width() < page.width()
    click(qtbot, page, 0)
    qtbot.keyClick(page.matrix, Qt.Key.Key_End)
    assert page.inspector.title.text() == "Unit 500 of layer 2"
    assert page.matrix.horizontalScrollBar().value() == page.matrix.horizontalScrollBar().maximum()
    session.finish()


def test_another_network_is_another_page(qtbot, page: WeightsPage) -> None:
    page.controls.layers.setCurrentIndex(2)
    click(qtbot, page, 9)
    page.session.set_run(RunSpec(network=NetworkSpec(layers=(DenseSpec(units=5),))))
    assert [page.controls.layers.itemText(n) for n in range(page.controls.layers.count())] == [
        "Layer 1: 784 → 5",
        "Output: 5 → 10",
    ]
    page.controls.layers.setCurrentIndex(0)
    assert len(page.grid.order) == 5
    assert page.inspector.title.text() == "Unit 1 of layer 1"


def test_units_and_inputs_are_counted_from_one_and_outputs_named_by_their_class(
    page: WeightsPage, small: Dataset
) -> None:
    page.controls.layers.setCurrentIndex(1)
    assert (page.matrix._name(0), page.matrix._name(39)) == ("1", "40")
    assert page.reading.facts(page.look, 0).large.describe(59).startswith("input 60: ")
    assert (page.matrix.target, page.matrix.source) == ("unit of layer 2", "unit of layer 1")
    page.controls.layers.setCurrentIndex(2)
    assert (page.matrix._name(0), page.matrix.target) == ("0", "digit")
    page.session._on_loaded(replace(small, class_names=("apple", "pear", *"23456789")))
    page._tick()
    assert (page.matrix._name(1), page.matrix.target) == ("pear", "class")
    assert page.inspector.title.text() == "Output unit for apple"
    page.controls.layers.setCurrentIndex(0)
    page.controls.layers.setCurrentIndex(1)
    assert page.matrix._name(0) == "1"


def test_every_number_of_the_matrix_stands_at_its_own_row_and_column(page: WeightsPage, monkeypatch) -> None:
    page.controls.layers.setCurrentIndex(1)
    written: list[tuple[QRect, str]] = []

    class Pen(QPainter):
        def drawText(self, place: QRect, _flags: object, text: str) -> None:
            written.append((place, text))

    monkeypatch.setattr("gui.widgets.matrix_view.QPainter", Pen)
    page.matrix.viewport().grab()
    numbers = [(place, int(text)) for place, text in written if text.isdigit()]
    assert len(numbers) > 10
    for place, number in numbers:
        above = place.bottom() < page.matrix.rectangle(0).top()
        at = (place.center().x(), 50) if above else (50, place.center().y())
        unit, source = page.matrix.at(QPoint(*at))
        assert number == (unit if above else source) + 1


def test_one_wording_says_what_the_colours_mean(page: WeightsPage) -> None:
    change(page)
    assert (
        page.readout.text() == "Orange: ink there speaks for the unit; blue: against it. Click a unit to look closer."
    )
    page.controls.layers.setCurrentIndex(1)
    assert page.readout.text().startswith("Orange: that input speaks for the unit; blue: against it.")
    assert "Orange: ink there speaks for the unit; blue: against it." in page.grid.whatsThis()
    assert "Orange: that input speaks for the unit; blue: against it." in page.matrix.whatsThis()


def test_an_opened_network_without_steps_is_no_random_start(page: WeightsPage) -> None:
    assert (page.readout.text(), page.state.text()) == (RANDOM, "Before the first batch")
    snapshot = page.session.snapshot
    page.session.adopt(Snapshot(snapshot.spec, snapshot.parameters, 0, 0), page.session.built)
    page._tick()
    assert page.readout.text() != RANDOM
    assert page.state.text() == "As it was opened"


def test_weights_that_are_no_numbers_do_not_break_the_page(page: WeightsPage) -> None:
    weights = np.ones((784, 60), np.float32)
    weights[0, 0], weights[1, 1] = np.nan, np.inf
    change(page, weights)
    for scale in ("Whole layer", "Each unit"):
        choose(page.controls.scale, scale)
        page.grab()


def test_the_pictures_follow_the_theme(page: WeightsPage) -> None:
    change(page, np.zeros((784, 60), np.float32))
    for mode, look in (("light", theme.LIGHT), ("dark", theme.DARK)):
        theme.switch().choose(mode)
        assert pixels(page).pixelColor(page.view.rectangle(3).center()).name() == look.surface


def test_the_help_of_the_page_fits_the_strip_of_a_small_window(qtbot, page: WeightsPage) -> None:
    strip = HelpStrip()
    qtbot.addWidget(strip)
    strip.resize(1280, strip.height())
    strip.show()
    qtbot.waitExposed(strip)
    controls, inspector = page.controls, page.inspector
    boxes = (controls.layers, controls.show_what, controls.sort, controls.scale, controls.kernels, controls.maps)
    for widget in (page.grid, page.matrix, page.legend, inspector.picture, inspector.small, *boxes):
        strip._explain(widget)
        assert strip.explanation.text() == widget.whatsThis()


def test_everything_explains_itself(page: WeightsPage) -> None:
    for box in (page.controls.layers, page.controls.show_what, page.controls.sort, page.controls.scale):
        assert box.toolTip()
        assert box.whatsThis()
        assert box.accessibleName()
    for widget in (page.grid, page.matrix, page.inspector.picture, page.legend):
        assert widget.whatsThis()
        assert widget.accessibleName()
