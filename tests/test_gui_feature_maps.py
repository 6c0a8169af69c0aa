"""The weights page of a convolutional network: kernels, feature maps, and what lies behind them; real widgets."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.datasets.dataset import Dataset
from engine.layers import (
    AvgPool2DSpec,
    BatchNormSpec,
    Conv2DSpec,
    DenseSpec,
    DropoutSpec,
    FlattenSpec,
    LayerKind,
    MaxPool2DSpec,
)
from engine.network import Snapshot
from engine.presets import PRESETS
from engine.specs import NetworkSpec, RunSpec
from gui import theme
from gui.pages.weights_page import NO_DRAWING, WeightsPage
from gui.session import Session, State
from gui.widgets.color_legend import signed
from gui.widgets.unit_shape import UnitShape
from gui.widgets.weight_colors import LINE
from gui.widgets.weight_layers import weighted_names
from gui.widgets.weight_reading import NO_MAP

WIDEST = 630  # what 1280 pixels leave between the forms and the pad
LAYERS: tuple[LayerKind, ...] = (
    Conv2DSpec(filters=6, kernel=5, dropout=0.1),
    MaxPool2DSpec(size=2, stride=2),
    DropoutSpec(rate=0.2),
    Conv2DSpec(filters=8, kernel=3, activation="linear"),
    BatchNormSpec(activation="relu"),
    AvgPool2DSpec(size=2, stride=2),
    FlattenSpec(),
    DenseSpec(units=12, dropout=0.2),
)
FIRST, POOL, SECOND, NORMAL = range(4)  # places among the layers that are offered


def session_of(*layers: LayerKind) -> Session:
    training = PRESETS["quick"].run.training.model_copy(update={"batch_size": 20})
    return Session(RunSpec(network=NetworkSpec(layers=layers), training=training))


@pytest.fixture
def session(qtbot: QtBot) -> Iterator[Session]:
    made = session_of(*LAYERS)
    yield made
    made.finish()


@pytest.fixture
def page(qtbot: QtBot, session: Session) -> WeightsPage:
    theme.switch().start(QApplication.instance(), "dark")
    made = WeightsPage(session)
    qtbot.addWidget(made)
    made.resize(660, 560)
    made.show()
    qtbot.waitExposed(made)
    return made


def show(page: WeightsPage, layer: int, *, maps: bool = False) -> None:
    page.controls.layers.setCurrentIndex(layer)
    (page.controls.maps if maps else page.controls.kernels).setChecked(True)


def choose(box, text: str) -> None:
    box.setCurrentIndex(box.findText(text))


def draw(page: WeightsPage, image: np.ndarray | None) -> None:
    page.session.set_drawing(image)
    page._tick()


def parameters(page: WeightsPage) -> dict[str, np.ndarray]:
    """Return the arrays of the layer in view."""
    return page.session.reader.layers[page.layer.index].parameters


def take(page: WeightsPage) -> None:
    """Let the session take the reader's parameters as a copy of its own, as a training would hand them over."""
    network = page.session.reader
    snapshot = Snapshot(network.spec, network.parameters.copy(), 7, 1)
    page.session._take(snapshot)
    page.session._announce()
    page._tick()


def pixels(page: WeightsPage) -> QImage:
    return page.view.viewport().grab().toImage()


@given(
    st.builds(UnitShape, st.integers(1, 6), st.integers(1, 6), st.integers(1, 12)),
    st.integers(1, 5),
)
def test_every_number_of_a_unit_lies_where_its_picture_shows_it(shape: UnitShape, times: int) -> None:
    numbers = np.arange(shape.count)
    low, high = (part.astype(np.uint8)[:, None] for part in (numbers % 200 + 2, numbers // 200 + 2))
    pictures = [shape.pictures(part, times)[0].astype(int) for part in (low, high)]
    assert pictures[0].shape == shape.size(times)
    drawn = np.where(pictures[0] <= LINE, -1, pictures[0] - 2 + 200 * (pictures[1] - 2))
    assert set(drawn.ravel()) - {-1} == set(numbers)
    for y, x in np.ndindex(drawn.shape):
        number = shape.at(y, x, times)
        assert drawn[y, x] in (number, -1) if number is not None else drawn[y, x] == -1
    assert shape.at(*shape.size(times), times) is None
    assert shape.fitting(*shape.size(times)) >= times


def test_the_layers_are_counted_as_in_the_list_of_layers(page: WeightsPage) -> None:
    boxes = page.controls.layers
    assert [boxes.itemText(n) for n in range(boxes.count())] == [
        "Layer 1: convolution 5x5, 1 → 6",
        "Layer 2: max pooling, 6 maps of 12x12",
        "Layer 4: convolution 3x3, 6 → 8",
        "Layer 5: batch normalization, 8 maps of 10x10",
        "Layer 6: average pooling, 8 maps of 5x5",
        "Layer 8: 200 → 12",
        "Output: 12 → 10",
    ]
    assert weighted_names(page.session.reader.spec) == ["Layer 1", "Layer 4", "Layer 8", "Output"]
    assert len(weighted_names(page.session.reader.spec)) == len(page.session.reader.weighted)


def test_a_kernel_is_drawn_with_its_weights_in_place(page: WeightsPage) -> None:
    weights = parameters(page)["weights"]
    weights[...] = 0
    weights[3, 1, 0, 2] = 0.7
    take(page)
    assert page._stack.currentWidget() is page.grid
    place, cell = page.grid.rectangle(2), page.grid._times
    before, _ = page.grid._around
    spot = place.topLeft() + QPoint(before + cell + cell // 2, before + 3 * cell + cell // 2)
    image = pixels(page)
    assert image.pixelColor(spot).name() == theme.current().positive
    assert image.pixelColor(spot + QPoint(cell, 0)).name() == theme.current().surface
    QTest.mouseMove(page.grid.viewport(), spot)
    assert page.grid.at(spot) == (2, 3 * 5 + 1)
    page._on_pointed(2, 3 * 5 + 1)
    assert page.readout.text() == "Filter 3 of layer 1, row 4, column 2: weight +0.7"


def test_a_deeper_filter_has_a_square_for_each_input_map(page: WeightsPage) -> None:
    show(page, SECOND)
    weights = parameters(page)["weights"]
    weights[...] = 0
    weights[2, 0, 4, 7] = -0.5
    take(page)
    assert page.grid.values.shape == (3 * 3 * 6, 8)
    place = page.grid.rectangle(7)
    found = {page.grid.at(QPoint(x, y)) for x in range(place.left(), place.right()) for y in range(*edges(place))}
    assert {number for unit, number in found if unit == 7 and number is not None} == set(range(54))
    number = int(np.ravel_multi_index((2, 0, 4), (3, 3, 6)))
    facts = page.reading.facts(page.look, 7)
    assert facts is not None
    assert facts.large.describe(number) == "input map 5, row 3, column 1: weight −0.5"
    page.grid.select(7)
    page._on_selected(7)
    assert page.inspector.title.text() == "Filter 8 of layer 4"
    assert page.inspector.values["Weights"].text() == "54"
    assert page.inspector.values["Range"].text() == "−0.5 to 0"


def edges(place) -> tuple[int, int]:
    return place.top(), place.bottom()


def test_two_thousand_kernels_can_still_be_told_apart(qtbot: QtBot) -> None:
    session = session_of(Conv2DSpec(filters=32, kernel=5, stride=2), Conv2DSpec(filters=64, kernel=3, stride=2))
    page = WeightsPage(session)
    qtbot.addWidget(page)
    page.resize(642, 560)
    page.show()
    qtbot.waitExposed(page)
    show(page, 1)
    assert page.grid._times * page.grid._scale >= 2
    assert page.grid.verticalScrollBar().maximum() == 0
    session.finish()


def test_feature_maps_are_what_the_filters_make_of_the_drawing(page: WeightsPage, mnist: Dataset) -> None:
    show(page, FIRST, maps=True)
    assert page._stack.currentWidget() is page.empty
    assert page.empty.text() == NO_DRAWING
    assert page.inspector.hint.text() == NO_MAP
    assert not page.legend.isVisible()
    draw(page, mnist.test_images[0])
    assert page._stack.currentWidget() is page.grid
    assert not page.inspector.hint.isVisible()
    outputs = page.session.reader.outputs(mnist.test_images[0])
    np.testing.assert_array_equal(page.grid.values, outputs[0].reshape(-1, 6))
    before = pixels(page)
    draw(page, mnist.test_images[1])
    assert pixels(page) != before
    value = page.session.reader.outputs(mnist.test_images[1])[0][9, 11, 3]
    page._on_pointed(3, 9 * 24 + 11)
    assert page.readout.text() == f"Filter 4 of layer 1, row 10, column 12: {signed(float(value))}"
    draw(page, None)
    assert page._stack.currentWidget() is page.empty


def test_feature_maps_follow_the_training(qtbot: QtBot, page: WeightsPage, small: Dataset) -> None:
    page.session._on_loaded(small)
    show(page, SECOND, maps=True)
    draw(page, small.test_images[0])
    before = pixels(page)
    page.session.step_batch()
    qtbot.waitUntil(lambda: page.session.state == State.PAUSED and page.session.snapshot.step == 1, timeout=20000)
    qtbot.waitUntil(lambda: page.state.text() == "After 1 batch")
    assert pixels(page) != before
    index = page.layer.index
    outputs = page.session.reader.outputs(small.test_images[0])
    np.testing.assert_array_equal(page.grid.values, outputs[index].reshape(-1, 8))


def test_a_filter_shows_its_kernel_and_its_map_together(page: WeightsPage, mnist: Dataset) -> None:
    inspector, image = page.inspector, mnist.test_images[0]
    parameters(page)["bias"][0] = 0.125
    take(page)
    assert not inspector.small.isVisible()
    draw(page, image)
    answer = page.session.reader.outputs(image)[0][:, :, 0]
    ends = f"{signed(float(answer.min()))} to {signed(float(answer.max()))}"
    assert inspector.small.isVisible()
    assert inspector.caption.text() == f"Feature map\n24 × 24\n{ends}"
    assert inspector.values["Bias"].text() == "+0.125"
    inspector._on_small_pointed(24 * 3 + 5)
    assert inspector.readout.text() == f"Row 4, column 6: {signed(float(answer[3, 5]))}"
    inspector._on_small_pointed(None)
    show(page, FIRST, maps=True)
    row, column = np.unravel_index(answer.argmax(), answer.shape)
    assert inspector.values["Range"].text() == ends
    assert inspector.values["Strongest"].text() == f"row {row + 1}, column {column + 1}"
    assert inspector.caption.text().startswith("Kernel\n5 × 5\n")
    show(page, SECOND, maps=True)
    assert "3 × 3, for each of 6 maps" in inspector.caption.text()


def test_pointing_at_the_enlarged_pictures_reads_a_number(qtbot: QtBot, page: WeightsPage, mnist: Dataset) -> None:
    draw(page, mnist.test_images[0])
    weight = signed(float(parameters(page)["weights"][2, 2, 0, 0]))

    def read(picture) -> str:
        QTest.mouseMove(picture, picture._place().center())  # which moves until the small picture has its room
        return page.inspector.readout.text()

    qtbot.waitUntil(lambda: read(page.inspector.picture) == f"Row 3, column 3: weight {weight}")
    qtbot.waitUntil(lambda: read(page.inspector.small).startswith("Row 12, column 12: "))


def test_layers_without_weights_offer_their_maps_alone(page: WeightsPage, mnist: Dataset) -> None:
    for layer, units in ((POOL, 6), (NORMAL, 8), (4, 8)):
        draw(page, None)
        show(page, layer)
        assert not page.controls.kernels.isVisible()
        assert not page.controls.maps.isVisible()
        assert not page.inspector.isVisible()
        assert page._stack.currentWidget() is page.empty
        draw(page, mnist.test_images[0])
        assert page.inspector.isVisible()
        assert page.inspector.title.text().startswith("Map 1 of layer ")
        outputs = page.session.reader.outputs(mnist.test_images[0])
        np.testing.assert_array_equal(page.grid.values, outputs[page.layer.index].reshape(-1, units))
    choose(page.controls.sort, "Weight length")
    assert page.readout.text() == "Sorted by number: this layer has no weights to sort by."
    assert (page.grid.order == np.arange(8)).all()


def test_sorting_by_length_is_offered_where_there_are_weights(page: WeightsPage) -> None:
    item = page.controls.sort.model().item(page.controls.sort.findData("length"))
    offered = []
    for layer in range(page.controls.layers.count()):
        show(page, layer)
        offered.append(item.isEnabled())
        assert bool(item.toolTip()) != item.isEnabled()
    assert offered == [True, False, True, False, False, True, True]


def test_layers_without_a_picture_are_named(page: WeightsPage) -> None:
    said = "Layers 3 and 7 (dropout, flatten) have no picture."
    assert page.controls.layers.toolTip().startswith(said)
    assert page.controls.layers.whatsThis().startswith(said)
    page.session.set_run(RunSpec(network=NetworkSpec(layers=(DropoutSpec(), DenseSpec(units=5)))))
    assert page.controls.layers.toolTip().startswith("Layer 1 (dropout) has no picture.")
    page.session.set_run(RunSpec(network=NetworkSpec(layers=(DenseSpec(units=5),))))
    assert page.controls.layers.toolTip().startswith("Which layer is shown")


def test_maps_without_negative_values_are_scaled_from_zero(page: WeightsPage, mnist: Dataset) -> None:
    draw(page, mnist.test_images[0])
    show(page, FIRST, maps=True)
    assert page.legend.ends[0] == page.inspector.legend.ends[0] == "0"
    assert (page.legend.caption, page.inspector.legend.caption) == ("Typical filter", "This filter")
    assert "blue" not in page.legend.accessibleName()
    most = float(page.grid.values[:, 0].max())
    assert page.inspector.legend.ends[1] == signed(most)
    ground = theme.current().surface
    # From 0 on, the left end of the bar has the colour of zero, and never that of negative numbers.
    left = page.legend.grab().toImage().pixelColor(sum(page.legend._rooms()[:2]) + 3, page.legend.height() // 2)
    assert abs(left.red() - QColor(ground).red()) + abs(left.blue() - QColor(ground).blue()) < 30
    show(page, SECOND, maps=True)
    assert page.legend.ends[0].startswith("≈ −")
    show(page, FIRST)
    assert page.legend.ends[0].startswith("≈ −")


def test_a_map_of_tiny_values_stays_faint(page: WeightsPage, mnist: Dataset) -> None:
    draw(page, mnist.test_images[0])
    show(page, NORMAL, maps=True)
    held = parameters(page)
    held["gamma"][0], held["beta"][0] = 0, 1e-4
    take(page)
    values = page.grid.values
    assert values[:, 0].max() == pytest.approx(1e-4)
    assert page.grid.limits[0] == pytest.approx(np.abs(values).max() / 20)
    facts = page.reading.facts(page.look, 0)
    assert facts is not None
    assert facts.large.limit == pytest.approx(float(page.grid.limits[0]))


def test_batch_normalization_shows_what_it_keeps_of_a_feature(page: WeightsPage, mnist: Dataset) -> None:
    draw(page, mnist.test_images[0])
    show(page, NORMAL, maps=True)
    for number, name in enumerate(("gamma", "beta", "mean", "variance"), start=1):
        parameters(page)[name][2] = number / 8
    take(page)
    page._on_selected(2)
    page.grid.select(2)
    page._inspect()
    rows = ("Scale γ", "Shift β", "Running mean", "Running variance")
    assert [page.inspector.values[row].text() for row in rows] == ["+0.125", "+0.25", "+0.375", "+0.5"]
    assert all(page.inspector.values[row].isVisible() for row in rows)
    show(page, POOL)
    assert not any(page.inspector.values[row].isVisible() for row in rows)


def test_squares_of_input_maps_are_parted_by_lines(page: WeightsPage) -> None:
    show(page, SECOND)
    parameters(page)["weights"][...] = 0
    take(page)
    inside = page.grid.rectangle(0).adjusted(4, 4, -4, -4)
    lines = QColor(theme.current().muted).name()
    for image, place in (
        (pixels(page), inside),
        (page.inspector.picture.grab().toImage(), page.inspector.picture._place()),
    ):
        row = {image.pixelColor(x, place.center().y()).name() for x in range(place.left() + 2, place.right() - 2)}
        column = {image.pixelColor(place.left() + 5, y).name() for y in range(place.top() + 2, place.bottom() - 2)}
        assert lines in row | column


def test_the_choice_of_feature_maps_is_remembered(page: WeightsPage, tmp_path, qtbot: QtBot) -> None:
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    page.remember_in(settings)
    assert not page.controls.shows_maps
    qtbot.mouseClick(page.controls.maps, Qt.MouseButton.LeftButton)
    assert page.controls.shows_maps
    page.controls.layers.setCurrentIndex(6)
    assert not page.controls.shows_maps
    assert not page.controls.maps.isVisible()
    page.controls.layers.setCurrentIndex(SECOND)
    assert page.controls.shows_maps
    settings.sync()
    again = WeightsPage(page.session)
    qtbot.addWidget(again)
    again.remember_in(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
    assert again.controls.shows_maps


def test_filters_are_sorted_by_their_strongest_place_and_by_length(page: WeightsPage, mnist: Dataset) -> None:
    draw(page, mnist.test_images[0])
    show(page, SECOND, maps=True)
    choose(page.controls.sort, "Activation")
    strongest = page.grid.values.max(axis=0)
    assert (np.diff(strongest[page.grid.order]) <= 0).all()
    choose(page.controls.sort, "Weight length")
    lengths = np.linalg.norm(parameters(page)["weights"].reshape(-1, 8), axis=0)
    assert (np.diff(lengths[page.grid.order]) <= 1e-6).all()


def test_start_and_change_are_of_maps_as_well(page: WeightsPage, mnist: Dataset) -> None:
    image = mnist.test_images[0]
    draw(page, image)
    show(page, FIRST, maps=True)
    start = page.grid.values.copy()
    choose(page.controls.show_what, "Change")
    assert not page.grid.values.any()
    parameters(page)["bias"][:] += 0.5
    take(page)
    assert page.grid.values.max() == pytest.approx(0.5, abs=1e-5)
    choose(page.controls.show_what, "At the start")
    np.testing.assert_array_equal(page.grid.values, start)
    assert page.inspector.title.text() == "Filter 1 of layer 1 (at the start)"
    show(page, FIRST)
    choose(page.controls.show_what, "Change")
    assert not page.grid.values.any()


def test_dense_layers_behind_maps_are_matrices_that_know_their_maps(page: WeightsPage, mnist: Dataset) -> None:
    page.controls.layers.setCurrentIndex(5)
    draw(page, mnist.test_images[0])
    assert page._stack.currentWidget() is page.matrix
    assert page.matrix.values.shape == (200, 12)
    assert (page.matrix.target, page.matrix.source) == ("unit of layer 8", "value of layer 6: 8 maps, place by place")
    outputs = page.session.reader.outputs(mnist.test_images[0])
    pooled = outputs[page.layer.index - 1]
    weights = parameters(page)["weights"]
    total = float(pooled.ravel() @ weights[:, 0] + parameters(page)["bias"][0])
    assert page.inspector.values["Weighted sum"].text() == signed(total)
    facts = page.reading.facts(page.look, 0)
    assert facts is not None
    number = int(np.ravel_multi_index((4, 1, 6), (5, 5, 8)))
    weight, seen = float(weights[number, 0]), float(pooled.ravel()[number])
    said = f"input map 7, row 5, column 2: weight {signed(weight)} × input {seen:.2f} = {signed(weight * seen)}"
    assert facts.large.describe(number) == said
    assert page.inspector.readout.text() == "Point at a cell to read its weight. Square 8 is input map 8."


def test_the_selected_filter_stays_selected_among_maps_and_layers(qtbot: QtBot, page: WeightsPage, mnist) -> None:
    draw(page, mnist.test_images[0])
    qtbot.mouseClick(page.grid.viewport(), Qt.MouseButton.LeftButton, pos=page.grid.rectangle(4).center())
    assert page.inspector.title.text() == "Filter 5 of layer 1"
    show(page, FIRST, maps=True)
    assert page.inspector.title.text() == "Filter 5 of layer 1"
    page.controls.layers.setCurrentIndex(POOL)
    assert page.inspector.title.text() == "Map 1 of layer 2"
    page.controls.layers.setCurrentIndex(FIRST)
    assert page.grid.selection == 4


def test_one_sentence_says_what_the_colours_mean(page: WeightsPage, mnist: Dataset) -> None:
    take(page)
    draw(page, mnist.test_images[0])
    said = {}
    for layer, maps in ((FIRST, False), (SECOND, False), (SECOND, True), (POOL, True), (5, False)):
        show(page, layer, maps=maps)
        said[layer, maps] = page.readout.text()
    assert list(said.values()) == [
        "Orange: ink there speaks for the filter; blue: against it. Click a filter to look closer.",
        "Square 6 is input map 6. Orange: that input speaks for the filter; blue: against it.",
        "Orange: a positive answer there; blue: a negative one. Click a filter to look closer.",
        "The more orange, the stronger the answer there. Click a map to look closer.",
        "Enlarged: square 8 is input map 8. Orange: that input speaks for the unit; blue: against it.",
    ]


@pytest.mark.parametrize("value", [3.4e38, np.nan, -np.inf, 1e-30])
def test_no_value_breaks_the_page_or_makes_it_wider(page: WeightsPage, mnist: Dataset, value: float) -> None:
    page.session.reader.parameters[:] = value
    take(page)
    draw(page, mnist.test_images[0])
    for layer in range(page.controls.layers.count()):
        for maps in (False, True):
            for text in ("Now", "Change"):
                choose(page.controls.show_what, text)
                show(page, layer, maps=maps)
                page._on_pointed(3, 7)
                page.grab()
                assert page.minimumSizeHint().width() <= WIDEST
                assert page.minimumSizeHint().height() <= 560


def test_another_network_without_convolutions_offers_its_own_layers(page: WeightsPage) -> None:
    show(page, SECOND, maps=True)
    page.session.set_run(RunSpec(network=NetworkSpec(layers=(DropoutSpec(), DenseSpec(units=5)))))
    boxes = page.controls.layers
    assert [boxes.itemText(n) for n in range(boxes.count())] == ["Layer 2: 784 → 5", "Output: 5 → 10"]
    boxes.setCurrentIndex(0)
    assert page._stack.currentWidget() is page.grid
    assert page.inspector.title.text() == "Unit 1 of layer 2"
    assert not page.controls.maps.isVisible()


def test_the_choice_explains_itself(page: WeightsPage) -> None:
    for widget in (page.controls.kernels, page.controls.maps, page.inspector.small):
        assert widget.whatsThis()
        assert widget.accessibleName()
