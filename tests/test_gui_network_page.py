"""The network page: a live diagram, one unit closely, and changes of single units on a copy; real widgets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from engine.datasets.dataset import Dataset
from engine.layers import BatchNormSpec, Conv2DSpec, DenseSpec, FlattenSpec, MaxPool2DSpec
from engine.network import Network, Snapshot
from engine.presets import PRESETS
from engine.specs import NetworkSpec, RunSpec
from engine.surgery import SwitchOff, operate
from gui import theme
from gui.pages.network_page import NetworkPage
from gui.session import Session
from gui.widgets.diagram_layout import MOST
from gui.widgets.diagram_words import EMPTY, REST
from gui.widgets.surgery_stack import ADOPTED, GONE

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")
DENSE = (DenseSpec(units=60), DenseSpec(units=12, dropout=0.2))
CONVOLUTIONAL = (
    Conv2DSpec(filters=6, kernel=5, stride=2),
    MaxPool2DSpec(),
    BatchNormSpec(),
    FlattenSpec(),
    DenseSpec(units=8),
)


def session_of(layers: tuple, small: Dataset) -> Session:
    session = Session(RunSpec(network=NetworkSpec(layers=layers), training=PRESETS["quick"].run.training))
    session._on_loaded(small)
    return session


def shown(qtbot: QtBot, session: Session, width: int = 660) -> NetworkPage:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.switch().start(app, "dark")
    page = NetworkPage(session)
    qtbot.addWidget(page)
    page.resize(width, 560)
    page.show()
    qtbot.waitExposed(page)
    return page


@pytest.fixture
def session(qtbot: QtBot, small: Dataset) -> Iterator[Session]:
    made = session_of(DENSE, small)
    yield made
    made.finish()


@pytest.fixture
def page(qtbot: QtBot, session: Session, small: Dataset) -> NetworkPage:
    session.set_drawing(small.test_images[0])
    return shown(qtbot, session)


@pytest.fixture
def convolutional(qtbot: QtBot, small: Dataset) -> Iterator[NetworkPage]:
    session = session_of(CONVOLUTIONAL, small)
    session.set_drawing(small.test_images[0])
    yield shown(qtbot, session)
    session.finish()


def learn(session: Session, step: int = 7) -> Snapshot:
    """Let the session take other weights, as a training would hand them over."""
    network = Network(session.shown.spec, seed=step)
    snapshot = network.snapshot(step, 1)
    session._take(snapshot, learned=True)
    session._announce()
    return snapshot


def texts(page: NetworkPage) -> str:
    return " ".join(label.text() for label in page.findChildren(QLabel) if label.isVisible())


def measured(qtbot: QtBot, page: NetworkPage) -> None:
    qtbot.waitUntil(lambda: page.surgeon.effect is not None)


# --- the diagram ------------------------------------------------------------------------------------------------


def test_an_empty_pad_has_a_sentence_and_grey_structure(qtbot: QtBot, session: Session) -> None:
    page = shown(qtbot, session)
    assert page.readout.text() == EMPTY
    scene = page.view.scene
    assert scene is not None
    assert scene.image is None
    assert scene.shares is None
    assert all(view.tones is None for view in scene.columns)
    assert scene.lines
    assert [view.note for view in scene.columns] == ["28 × 28", f"{MOST} of 60", "12", "10"]
    assert scene.columns[2].steps == ("Dropout 0.2",)


def test_the_diagram_shows_what_the_network_makes_of_the_drawing(page: NetworkPage, small: Dataset) -> None:
    scene, network = page.view.scene, page.session.reader
    assert scene is not None
    assert page.readout.text() == REST
    assert scene.shares is not None
    np.testing.assert_allclose(scene.shares, network.probabilities(small.test_images[:1])[0], rtol=1e-5)
    outputs = network.outputs(small.test_images[0])
    in_view = scene.columns[1].units
    assert set(in_view) == set(np.argsort(-outputs[0], kind="stable")[:MOST])
    assert len(scene.lines) == 60
    for line in scene.lines:
        if line.target[0] == 2:
            weight = network.dense[1].weights[line.source[1], line.target[1]]
            np.testing.assert_allclose(line.value, outputs[0][line.source[1]] * weight, rtol=1e-4)


def test_it_follows_the_drawing_and_the_weights_while_it_can_be_seen(
    qtbot: QtBot, page: NetworkPage, small: Dataset
) -> None:
    before, image = page.view.scene, small.test_images[1]
    page.session.set_drawing(image)
    qtbot.waitUntil(lambda: page.view.scene is not before)
    assert page.view.scene is not None
    assert page.view.scene.image is image
    snapshot = learn(page.session)
    qtbot.waitUntil(lambda: page.state.text() == "After 7 batches")
    expected = Network.from_snapshot(snapshot).probabilities(small.test_images[1:2])[0]
    assert page.view.scene.shares is not None
    np.testing.assert_allclose(page.view.scene.shares, expected, rtol=1e-5)
    page.hide()
    count = page.refreshes
    page.session.set_drawing(None)
    assert not page._timer.isActive()
    assert page.refreshes == count
    page.show()
    assert page.readout.text() == EMPTY


def test_pointing_dims_what_is_not_connected(qtbot: QtBot, page: NetworkPage) -> None:
    scene = page.view.scene
    assert scene is not None
    spot = (1, int(scene.columns[1].units[3]))
    box = page.view.box(spot)
    assert box is not None
    qtbot.mouseMove(page.view, box.center().toPoint())
    scene = page.view.scene
    assert scene is not None
    assert scene.hovered == spot
    assert scene.lines
    assert all(spot in (line.source, line.target) for line in scene.lines)
    assert scene.lit is not None
    assert spot in scene.lit
    assert not any(column == 1 and unit != spot[1] for column, unit in scene.lit)
    assert page.readout.text().startswith(f"Unit {spot[1] + 1} of layer 1: activation")
    qtbot.mouseMove(page.view, QPoint(1, page.view.height() - 1))
    assert page.view.scene is not None
    assert page.view.scene.lit is None


def test_the_wheel_and_the_order_bring_other_units_into_view(page: NetworkPage) -> None:
    page.controls.order.setCurrentIndex(page.controls.order.findData("number"))
    assert page.view.scene is not None
    assert page.view.scene.columns[1].units.tolist() == list(range(MOST))
    box = page.view.box((1, 5))
    assert box is not None
    wheel = QWheelEvent(
        box.center(),
        QPointF(page.view.mapToGlobal(box.center().toPoint())),
        QPoint(),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(page.view, wheel)
    assert page.view.scene.columns[1].units.tolist() == list(range(MOST // 4, MOST // 4 + MOST))
    assert page.view.scene.columns[1].note == "7–30 of 60"


def test_keys_move_from_unit_to_unit_and_open_one(page: NetworkPage) -> None:
    page.view.setFocus()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Left):
        QTest.keyClick(page.view, key)
    assert page.choice.hovered is not None
    assert page.choice.hovered[0] == 2
    QTest.keyClick(page.view, Qt.Key.Key_Return)
    assert page.inspector.isVisible()
    QTest.keyClick(page.view, Qt.Key.Key_Escape)
    assert not page.inspector.isVisible()


def test_the_number_of_connections_is_checked_while_it_is_typed(page: NetworkPage) -> None:
    line = page.controls.connections
    line.selectAll()
    QTest.keyClicks(line, "9")
    assert page.view.scene is not None
    assert len(page.view.scene.lines) == 9
    QTest.keyClicks(line, "99")
    assert page.controls.error.text() == "Connections: 999 is not allowed; it must be a whole number from 0 to 300."
    assert len(page.view.scene.lines) == 99


def test_a_convolution_is_shown_as_feature_maps(convolutional: NetworkPage, small: Dataset) -> None:
    scene = convolutional.view.scene
    assert scene is not None
    maps = scene.columns[1].maps
    assert maps is not None
    assert maps.shape == (6, 12, 12)
    assert scene.columns[1].steps == ("Max pooling 2 × 2", "Batch normalization", "Flatten")
    convolutional.look_at((1, 4))
    assert convolutional.inspector.unit.title.text() == "Filter 5 of layer 1"
    convolutional.look_at((2, 3))
    network = convolutional.session.reader
    weights = network.dense[0].weights[:, 3].reshape(-1, 6).sum(axis=0)
    links = convolutional.inspector.incoming.links
    assert links[0].name == f"Filter {np.abs(weights).argmax() + 1}"
    np.testing.assert_allclose(links[0].weight, weights[np.abs(weights).argmax()], rtol=1e-5)
    assert sum(link.said or 0 for link in links) != 0


# --- one unit closely -------------------------------------------------------------------------------------------


def test_a_click_opens_the_unit_with_its_figures_and_connections(qtbot: QtBot, page: NetworkPage) -> None:
    box = page.view.box((2, 4))
    assert box is not None
    qtbot.mouseClick(page.view, Qt.MouseButton.LeftButton, pos=box.center().toPoint())
    inspector, network = page.inspector, page.session.reader
    assert inspector.isVisible()
    assert inspector.unit.title.text() == "Unit 5 of layer 2"
    assert page.session.drawing is not None
    activation = network.outputs(page.session.drawing)[1][4]
    assert inspector.unit.values["Activation"].text() == f"{activation:.3g}"
    weights = network.dense[1].weights[:, 4]
    order = np.argsort(-np.abs(weights))[:5]
    assert [link.name for link in inspector.incoming.links] == [f"Unit {unit + 1}" for unit in order]
    assert all(link.spot[0] == 3 for link in inspector.outgoing.links)
    qtbot.mouseClick(inspector.incoming, Qt.MouseButton.LeftButton, pos=QPoint(10, 5))
    assert inspector.unit.title.text() == f"Unit {order[0] + 1} of layer 1"
    assert not inspector.incoming.isVisible()  # the pixels are in its picture
    assert (page.controls.layers.currentText(), page.controls.unit.text()) == ("Layer 1", str(order[0] + 1))


def test_a_unit_is_found_by_its_number_and_comes_into_view(page: NetworkPage) -> None:
    line = page.controls.unit
    line.selectAll()
    QTest.keyClicks(line, "47")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert page.inspector.unit.title.text() == "Unit 47 of layer 1"
    assert page.view.scene is not None
    assert 46 in page.view.scene.columns[1].units
    line.selectAll()
    QTest.keyClicks(line, "61")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert page.controls.error.text() == "Unit: Layer 1 has no unit 61; its last is 60."


def test_the_most_exciting_training_images_go_onto_the_pad(qtbot: QtBot, page: NetworkPage, small: Dataset) -> None:
    page.look_at((1, 7))
    grid = page.inspector.exciting.grid
    qtbot.waitUntil(lambda: len(grid.rows) == 9)
    answers = np.array([page.session.reader.outputs(image)[0][7] for image in small.train_images])
    assert grid.rows.tolist() == np.argsort(-answers, kind="stable")[:9].tolist()
    with qtbot.waitSignal(page.image_chosen) as chosen:
        grid.chosen.emit(int(grid.rows[0]))
    assert chosen.args[0] is not None
    assert np.array_equal(chosen.args[0], small.train_images[grid.rows[0]])
    assert chosen.args[1] == small.train_labels[grid.rows[0]]
    page.look_at((1, 8))  # the whole layer is known by now
    assert len(grid.rows) == 9
    assert not page.session.tasks.titles
    learn(page.session)
    expected = np.argsort(
        -np.array([page.session.reader.outputs(image)[0][8] for image in small.train_images]), kind="stable"
    )
    qtbot.waitUntil(lambda: grid.rows.tolist() == expected[:9].tolist())


# --- operations -------------------------------------------------------------------------------------------------


def test_a_unit_is_switched_off_on_a_copy_and_on_again(qtbot: QtBot, page: NetworkPage, small: Dataset) -> None:
    session, parameters = page.session, page.session.shown.parameters.copy()
    assert not page.banner.isVisible()
    page.look_at((1, 7))
    page.inspector.surgery.off_button.click()
    expected = Network.from_snapshot(operate(session.shown, [SwitchOff(0, 7)])).probabilities(small.test_images[:1])
    assert page.view.scene is not None
    assert page.view.scene.shares is not None
    np.testing.assert_allclose(page.view.scene.shares, expected[0], rtol=1e-5)
    assert page.banner.title.text() == "Edited copy: 1 change"
    assert np.array_equal(session.shown.parameters, parameters)
    assert np.array_equal(session.reader.parameters, parameters)
    measured(qtbot, page)
    assert page.banner.effect.text().startswith("Test accuracy ")
    page.inspector.surgery.shift.setText("-2")
    page.inspector.surgery.shift.typed.emit("-2")
    page.inspector.surgery.shift_button.click()
    assert [edit.words for edit in page.surgeon.edits] == ["switched off", "bias −2"]
    assert page.banner.undo.toolTip() == "Undo: Unit 8 of layer 1: bias −2"
    page.undo_stack.undo()
    page.banner.undo.click()
    assert page.surgeon.edits == []
    assert page.view.scene.shares is not None
    np.testing.assert_allclose(
        page.view.scene.shares, session.reader.probabilities(small.test_images[:1])[0], rtol=1e-5
    )
    page.banner.redo.click()
    assert [edit.words for edit in page.surgeon.edits] == ["switched off"]


def test_every_operation_has_its_button(page: NetworkPage) -> None:
    page.look_at((1, 2))
    surgery = page.inspector.surgery
    for button in (surgery.scale_button, surgery.prune_button, surgery.layer_button):
        button.click()
    texts = [page.undo_stack.text(number) for number in range(3)]
    assert texts == [
        "Unit 3 of layer 1: weights × 0.5",
        "Unit 3 of layer 1: pruned",
        "Layer 1: smallest 20 % of the weights → 0",
    ]
    page.look_at((3, 2))
    assert not surgery.off_button.isEnabled()
    assert "nothing behind it" in surgery.off_button.toolTip()
    surgery.scale.setText("many")
    surgery.scale.typed.emit("many")
    assert surgery.error.text() == "Weights: many is not allowed; it must be a number from -1,000 to 1,000."
    assert not surgery.scale_button.isEnabled()
    page.banner.undo_all.click()
    assert page.surgeon.edits == []
    assert page.banner.isVisible()  # for redo
    assert page.banner.redo.isEnabled()


def test_changes_are_made_again_to_newer_weights(qtbot: QtBot, page: NetworkPage) -> None:
    page.look_at((1, 7))
    page.inspector.surgery.prune_button.click()
    measured(qtbot, page)
    snapshot = learn(page.session, 9)
    expected = operate(snapshot, page.surgeon.edits)
    assert np.array_equal(page.surgeon.shown.parameters, expected.parameters)
    assert page.session.shown is snapshot
    qtbot.waitUntil(lambda: page.surgeon.effect_step == 9)
    assert page.banner.effect.text().endswith("(after 9 batches)")


def test_the_copy_can_be_kept_and_another_network_ends_it(qtbot: QtBot, page: NetworkPage) -> None:
    notes: list[str] = []
    page.session.noted.connect(notes.append)
    page.look_at((1, 7))
    page.inspector.surgery.prune_button.click()
    changed = page.surgeon.shown.parameters.copy()
    page.banner.keep.click()
    assert notes == [ADOPTED]
    assert np.array_equal(page.session.snapshot.parameters, changed)
    assert page.surgeon.edits == []
    assert not page.banner.isVisible()
    assert not page.inspector.isVisible()
    page.look_at((1, 7))
    page.inspector.surgery.shift_button.click()
    page.session.new_network()
    assert notes == [ADOPTED, GONE]
    assert page.undo_stack.count() == 0


def test_numbers_that_are_none_and_long_names_break_nothing(qtbot: QtBot, session: Session, small: Dataset) -> None:
    session._on_loaded(replace(small, class_names=tuple(f"a very long name, number {n}" for n in range(10))))
    session.set_drawing(small.test_images[0])
    page = shown(qtbot, session)
    page.look_at((2, 3))
    page.inspector.surgery.layer_button.click()
    for value in (np.nan, np.inf, 3e38):
        network = Network(session.shown.spec, seed=1)
        network.parameters[::7] = value
        session._take(network.snapshot(3, 1), learned=True)
        session._announce()
        page.refresh()
        page.grab()
    assert page.minimumSizeHint().width() <= 630
    assert "nan" in texts(page)
    session.tasks.finish()  # nobody holds the page any longer


def test_everything_has_a_name_and_an_explanation(page: NetworkPage) -> None:
    surgery = page.inspector.surgery
    for widget in (
        page.view,
        page.controls.order,
        page.controls.connections,
        page.controls.layers,
        page.controls.unit,
        surgery.shift,
        surgery.scale,
        surgery.percent,
        surgery.off_button,
        page.banner.keep,
        page.inspector.incoming,
        page.inspector.exciting.grid,
        page.inspector.close_button,
    ):
        assert widget.accessibleName()
        assert widget.whatsThis()
