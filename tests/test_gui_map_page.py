"""The map page: real widgets, real networks, real digits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.datasets.dataset import Dataset
from engine.layers import DenseSpec
from engine.map.features import PIXELS
from engine.network import Snapshot
from engine.presets import PRESETS
from engine.specs import NetworkSpec, RunSpec
from gui import theme
from gui.pages.map_page import COMING, NO_DATA, MapPage
from gui.session import Session, State
from gui.theme import DARK, LIGHT
from gui.widgets.map_badges import spread
from gui.widgets.map_colors import class_colours
from gui.widgets.tints import contrast


@pytest.fixture
def session(qtbot) -> Iterator[Session]:
    spec = NetworkSpec(layers=(DenseSpec(units=40), DenseSpec(units=20)))
    made = Session(RunSpec(network=spec, training=PRESETS["quick"].run.training))
    yield made
    made.finish()


@pytest.fixture
def bare(qtbot, session: Session) -> MapPage:
    """The page before there is data."""
    theme.switch().start(QApplication.instance(), "dark")
    page = MapPage(session)
    qtbot.addWidget(page)
    page.resize(640, 560)
    page.show()
    qtbot.waitExposed(page)
    return page


@pytest.fixture
def page(qtbot, bare: MapPage, small: Dataset) -> MapPage:
    bare.session._on_loaded(small)
    settle(qtbot, bare)
    return bare


def settle(qtbot, page: MapPage) -> None:
    qtbot.waitUntil(page.settled, timeout=10_000)


def take(qtbot, page: MapPage, weights: float = 0.0, step: int = 7) -> None:
    """Let the session take other weights, as a training hands them over."""
    session = page.session
    parameters = session.reader.parameters + np.float32(weights) * np.sin(np.arange(session.reader.parameters.size))
    session._take(Snapshot(session.reader.spec, parameters.astype(np.float32), step, 1), learned=True)
    session._announce()
    settle(qtbot, page)


def hover(page: MapPage, index: int) -> QPoint:
    place = page.view.place_of(index).toPoint()
    QTest.mouseMove(page.view.viewport(), place + QPoint(1, 0))
    return place


def note(page: MapPage, steps: list[int]) -> None:
    steps.append(page.work.layout.step)


def lonely(page: MapPage, mask: np.ndarray | None = None) -> int:
    """Return the point that is farthest from all others, of those that the mask allows."""
    points = page.view.points
    distance = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    nearest = distance.min(axis=1)
    return int(np.where(np.ones(len(points), bool) if mask is None else mask, nearest, -1).argmax())


def test_colours_stand_out_from_the_ground_and_from_each_other() -> None:
    for look in (DARK, LIGHT):
        colours = class_colours(look)
        assert len(set(colours)) == 10
        assert min(contrast(colour, look.surface) for colour in colours) >= 3


def test_without_data_the_page_says_so(bare: MapPage) -> None:
    assert bare._empty.text() == NO_DATA
    assert bare._stack.currentWidget() is bare._empty
    assert not bare.controls.isEnabled()


def test_with_data_the_last_hidden_layer_is_drawn(page: MapPage) -> None:
    assert page._empty.text() != COMING or page._stack.currentWidget() is page._map
    texts = [page.controls.layers.itemText(n) for n in range(page.controls.layers.count())]
    assert texts == ["Pixels: 784 numbers", "Layer 1: 40 numbers", "Layer 2: 20 numbers", "Output: 10 numbers"]
    assert page.controls.layers.currentText().startswith("Layer 2")
    assert page.controls.counts.currentText() == "200"
    assert page.view.points.shape == (200, 2)
    right = np.count_nonzero(page.work.layout.answers == page.session.dataset.test_labels[page.work.layout.rows])
    assert page.state.text().endswith(f"Before the first batch: {right} of 200 read right.")
    assert "first two principal components" in page.state.text()


def test_it_follows_the_weights_while_it_is_in_view_and_rests_while_it_is_not(qtbot, page: MapPage) -> None:
    before = page.view.points
    take(qtbot, page, 0.02)
    assert page.work.layout.step == 7
    assert not np.array_equal(page.view.points, before)
    page.hide()
    session = page.session
    session._take(replace(session.snapshot, step=8), learned=True)
    session._announce()
    qtbot.wait(150)
    assert page.work.layout.step == 7
    page.show()
    qtbot.waitUntil(lambda: page.work.layout.step == 8)


def test_a_real_training_moves_the_points(qtbot, page: MapPage) -> None:
    shown: list[int] = []
    page.work.changed.connect(partial(note, page, shown))
    page.session.train()
    qtbot.waitUntil(lambda: page.session.state == State.IDLE and page.session.trained, timeout=20_000)
    settle(qtbot, page)
    assert shown[-1] == page.session.snapshot.step > 0


def test_hovering_shows_the_digit_and_a_click_puts_it_on_the_pad(qtbot, page: MapPage) -> None:
    layout, dataset = page.work.layout, page.session.dataset
    wrong = layout.answers != dataset.test_labels[layout.rows]
    index = lonely(page, wrong)
    place = hover(page, index)
    assert page.card.isVisible()
    row = layout.rows[index]
    truth = int(dataset.test_labels[row])
    assert page.card.lines[0] == f"{truth}, read as {layout.answers[index]}"
    np.testing.assert_array_equal(page.card.image, dataset.test_images[row])
    with qtbot.waitSignal(page.image_chosen) as chosen:
        qtbot.mouseClick(page.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert chosen.args[1] == truth
    np.testing.assert_array_equal(chosen.args[0], dataset.test_images[row])
    QTest.mouseMove(page.view.viewport(), QPoint(2, 2))
    assert page.view.hovered is None
    assert not page.card.isVisible()


def test_a_digit_that_is_read_right_says_so(qtbot, page: MapPage) -> None:
    layout, dataset = page.work.layout, page.session.dataset
    index = lonely(page, layout.answers == dataset.test_labels[layout.rows])
    hover(page, index)
    assert page.card.lines[0].endswith("read right")


def test_the_drawing_lies_where_its_twin_lies(qtbot, page: MapPage) -> None:
    assert page.view.drawing_place is None
    row = page.work.layout.rows[17]
    page.session.set_drawing(page.session.dataset.test_images[row])
    settle(qtbot, page)
    there, here = page.view.points[17], page.view.drawing_place
    np.testing.assert_allclose((here.x(), here.y()), there, atol=1e-4)
    page.session.set_drawing(None)
    settle(qtbot, page)
    assert page.view.drawing_place is None


def test_other_layers_and_the_pixels(qtbot, page: MapPage) -> None:
    for number in (0, 3):
        page.controls.layers.setCurrentIndex(number)
        settle(qtbot, page)
        assert page.work.layout.layer == page.controls.layer
    page.controls.layers.setCurrentIndex(0)
    settle(qtbot, page)
    assert page.work.layout.layer == PIXELS
    before = page.view.points
    take(qtbot, page, 0.05)
    np.testing.assert_array_equal(page.view.points, before)
    assert page.work.layout.step == 7


def test_another_network_has_other_layers(qtbot, page: MapPage) -> None:
    spec = NetworkSpec(layers=(DenseSpec(units=15),))
    page.session.set_run(page.session.run.changed(run={"network": spec}))
    page.session.new_network()
    settle(qtbot, page)
    assert page.controls.layers.count() == 3
    assert page.work.layout.network.spec == spec


def test_weights_that_are_no_numbers_are_said_to_be_none(qtbot, page: MapPage) -> None:
    session = page.session
    session._take(Snapshot(session.reader.spec, np.full_like(session.reader.parameters, np.nan), 9, 1), learned=True)
    session._announce()
    settle(qtbot, page)
    assert "the training has exploded" in page.state.text()
    take(qtbot, page, step=10)  # the reader still holds no numbers
    assert "the training has exploded" in page.state.text()
    page.session.new_network()
    settle(qtbot, page)
    assert "read right" in page.state.text()


def test_one_class_stands_out_while_it_is_pointed_at_or_chosen(qtbot, page: MapPage) -> None:
    button = page.legend.buttons[3]
    button.entered.emit(True)
    assert page.view.class_shown == 3
    assert page.view._dots[4].opacity() < 0.5 < page.view._dots[3].opacity()
    button.entered.emit(False)
    assert page.view.class_shown is None
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    page.legend.buttons[5].click()
    button.entered.emit(False)
    assert page.legend.chosen == 5
    assert page.view.class_shown == 5
    other = int(np.flatnonzero(page.view.labels != 5)[0])
    found = page.view.nearest(page.view.place_of(other))
    assert found is None or page.view.labels[found] == 5
    page.legend.buttons[5].click()
    assert page.view.class_shown is None


def test_the_wheel_keys_and_double_click(qtbot, page: MapPage) -> None:
    view = page.view
    whole = view.box.viewRange()
    for key in (Qt.Key.Key_Plus, Qt.Key.Key_Left, Qt.Key.Key_Up):
        before = view.box.viewRange()
        qtbot.keyClick(view, key)
        assert view.box.viewRange() != before
    zoomed = view.box.viewRange()
    take(qtbot, page, 0.001)
    assert view.box.viewRange() == zoomed  # what the user chose stays
    qtbot.keyClick(view, Qt.Key.Key_Home)
    np.testing.assert_allclose(view.box.viewRange(), whole, rtol=0.2)
    qtbot.keyClick(view, Qt.Key.Key_Minus)
    view.show_everything()
    (left, right), (low, high) = view.box.viewRange()
    assert left <= view.points[:, 0].min() <= view.points[:, 0].max() <= right
    assert low <= view.points[:, 1].min() <= view.points[:, 1].max() <= high


def test_names_of_classes_move_apart() -> None:
    places = np.zeros((10, 2))
    moved = spread(places, [18.0] * 10)
    apart = np.abs(moved[:, None] - moved[None]).max(axis=2)
    np.fill_diagonal(apart, 99)
    assert apart.min() > 8
    gone = places.copy()
    gone[3] = np.nan
    assert np.isfinite(spread(gone, [18.0] * 10)[[0, 9]]).all()


def test_tsne_is_computed_when_asked_for_and_becomes_stale(qtbot, page: MapPage) -> None:
    said = []
    page.work.said.connect(said.append)
    page.controls.tsne.click()
    assert page.controls.run.text() == "Cancel"
    qtbot.waitUntil(lambda: not page.work.busy, timeout=30_000)
    settle(qtbot, page)
    assert page.work.layout.method == "tsne"
    assert any(sentence.endswith("%") for sentence in said)
    assert not page.controls.run.isVisible()
    page.session.set_drawing(page.session.dataset.test_images[3])
    settle(qtbot, page)
    assert page.view.drawing_place is not None
    points = page.view.points
    take(qtbot, page, 0.05, step=42)
    assert page.controls.run.text() == "Compute again"
    assert page.state.text() == "This t-SNE map is of batch 0; the weights in view are of batch 42."
    assert page.view.points is points
    page.controls.run.click()
    assert page.work.busy
    page.controls.pca.click()
    assert not page.work.busy
    settle(qtbot, page)
    assert page.work.layout.method == "pca"


def test_tsne_that_is_given_up_leaves_the_principal_components(qtbot, page: MapPage) -> None:
    page.controls.tsne.click()
    page.controls.run.click()
    assert page.controls.pca.isChecked()
    settle(qtbot, page)
    assert page.work.layout.method == "pca"
    assert page.session.tasks.titles == []


def test_it_is_never_wider_than_a_small_screen_has_room_for(qtbot, page: MapPage) -> None:
    dataset = page.session.dataset
    names = tuple(f"a name that somebody gave it who had a lot of time, number {number}" for number in range(10))
    page.session._on_loaded(replace(dataset, class_names=names))
    settle(qtbot, page)
    page.controls.show_run(busy=False, stale=True)
    hover(page, lonely(page))
    assert page.minimumSizeHint().width() <= 630
    assert page.view.rect().contains(page.card.geometry())


def test_light_and_dark(page: MapPage) -> None:
    pictures = {}
    for mode in ("light", "dark"):
        theme.switch().choose(mode)
        picture = page.view.grab().toImage()
        pictures[mode] = picture.pixelColor(2, 2).name()
        rings = page.view._rings.getData()[0]
        assert len(rings) > 0
    assert pictures == {"light": LIGHT.surface, "dark": DARK.surface}
