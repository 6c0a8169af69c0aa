"""The drawing pad: strokes, undo, eraser, test images, pictures, and an answer that is always up to date."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, QRect, Qt, QUrl
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDropEvent,
    QImage,
    QInputDevice,
    QPointingDevice,
    QPointingDeviceUniqueId,
    QRegion,
    QTabletEvent,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLineEdit, QPushButton, QToolButton, QWidget

from engine.fields import parameter
from engine.ink import render
from engine.network import Network
from engine.presets import PRESETS
from engine.specs import TrainingSpec
from gui import theme
from gui.panels.drawing_panel import DrawingPanel
from gui.session import Session
from gui.widgets.drawing import PEN_WIDTH, Drawing, smooth
from gui.widgets.shares import best_two
from gui.widgets.value_edit import ValueEdit
from gui.widgets.wording import percent

# The platform without a screen says so of every window that has a smallest size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

ONE = [(0.30, 0.10), (0.31, 0.50), (0.30, 0.80)]
SEVEN = [(0.25, 0.2), (0.75, 0.2), (0.45, 0.85)]
CLOTHES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")


@pytest.fixture
def session(qtbot):
    made = Session(PRESETS["quick"].run)
    yield made
    made.finish()


@pytest.fixture
def panel(qtbot, session):
    made = DrawingPanel(session)
    qtbot.addWidget(made)
    made.resize(300, 560)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    made.pad.setFocus()
    return made


def places(panel, points):
    side = panel.pad.width()
    return [QPoint(round(x * side), round(y * side)) for x, y in points]


def draw(qtbot, panel, points, button=Qt.MouseButton.LeftButton):
    corners = places(panel, points)
    QTest.mousePress(panel.pad, button, pos=corners[0])
    for start, end in pairwise(corners):
        for part in np.linspace(0, 1, 9)[1:]:
            QTest.mouseMove(panel.pad, start + QPoint(*(round(part * v) for v in (end - start).toTuple())))
    QTest.mouseRelease(panel.pad, button, pos=corners[-1])
    settle(qtbot, panel)


def settle(qtbot, panel):
    qtbot.waitUntil(lambda: not panel._soon.isActive())


def drop(panel, mime):
    position = QPointF(panel.pad.rect().center())
    arguments = (Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    enter = QDragEnterEvent(position.toPoint(), *arguments)
    QApplication.sendEvent(panel.pad, enter)
    if enter.isAccepted():
        QApplication.sendEvent(panel.pad, QDropEvent(position, *arguments))
    return enter.isAccepted()


def files(*paths):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return mime


@pytest.fixture
def picture(tmp_path):
    """A black 7 on white paper, in a file."""
    ink = render([np.array(SEVEN)], 200)
    path = tmp_path / "seven.png"
    grey = (255 - ink).tobytes()
    QImage(grey, 200, 200, 200, QImage.Format.Format_Grayscale8).save(str(path))
    return path


# --- drawing --------------------------------------------------------------------------------------------------


def test_drawn_digit_becomes_a_centred_image(qtbot, panel, session):
    draw(qtbot, panel, ONE)
    image = session.drawing
    assert image.shape == (28, 28)
    assert image.dtype == np.uint8
    axis = np.arange(28)
    total = image.sum(dtype=float)
    assert image.sum(axis=0) @ axis / total == pytest.approx(14, abs=0.6)
    assert image.sum(axis=1) @ axis / total == pytest.approx(14, abs=0.6)
    assert np.flatnonzero(image.any(axis=1)).size in (19, 20, 21)
    assert panel.view.image is image


def test_answer_is_the_networks_own(qtbot, panel, session):
    draw(qtbot, panel, SEVEN)
    expected = Network.from_snapshot(session.snapshot).probabilities(session.drawing[np.newaxis])[0]
    np.testing.assert_array_equal(panel.bars.shares, expected)
    assert panel.answer.sign == str(expected.argmax())
    assert panel.answer.lines[0] == f"{100 * expected.max():.0f} % sure"


def test_answer_comes_while_the_pen_is_down(qtbot, panel, session):
    start, end = places(panel, ONE)[:2]
    QTest.mousePress(panel.pad, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(panel.pad, end)
    settle(qtbot, panel)
    assert panel.bars.shares is not None
    assert panel.undo_stack.count() == 0
    QTest.mouseRelease(panel.pad, Qt.MouseButton.LeftButton, pos=end)
    assert panel.undo_stack.count() == 1


def test_many_moves_at_once_are_answered_once(qtbot, panel, session):
    told = []
    session.drawing_changed.connect(told.append)
    draw(qtbot, panel, SEVEN)
    assert len(told) == 1


def test_empty_pad_is_a_question_mark(qtbot, panel, session):
    assert session.drawing is None
    assert panel.answer.sign == "?"
    assert panel.bars.shares is None
    draw(qtbot, panel, SEVEN)
    assert panel.answer.sign.isdigit()
    panel.pad.clear()
    settle(qtbot, panel)
    assert session.drawing is None
    assert panel.answer.sign == "?"
    assert panel.bars.shares is None


def test_equal_outputs_are_no_answer(panel):
    panel.answer.show_answer(np.full(10, 0.1), CLOTHES)
    assert panel.answer.sign == "?"
    panel.answer.show_answer(np.full(10, np.nan), CLOTHES)
    assert panel.answer.sign == "?"


def test_pad_is_black_and_strokes_are_white_in_both_themes(qtbot, panel, monkeypatch):
    draw(qtbot, panel, [(0.5, 0.2), (0.5, 0.8)])
    for look in (theme.LIGHT, theme.DARK):
        monkeypatch.setattr(theme.switch(), "theme", look)
        theme.switch().changed.emit()
        shown = panel.pad.grab().toImage()
        assert shown.pixelColor(shown.rect().center()) == QColor("white")
        assert shown.pixelColor(shown.width() // 4, shown.height() // 2) == QColor("black")


def test_repainting_a_part_gives_the_same_picture(qtbot, panel):
    draw(qtbot, panel, SEVEN)
    whole = panel.pad.grab().toImage()
    part = QRect(60, 20, 50, 90)
    again = QImage(whole)
    panel.pad.render(again, part.topLeft(), QRegion(part))
    assert again.pixelColor(part.center()) == whole.pixelColor(part.center())
    assert sum(again.copy(part).pixel(x, y) != whole.copy(part).pixel(x, y) for x in range(50) for y in range(90)) < 5


def test_resizing_keeps_the_strokes(qtbot, panel, session):
    draw(qtbot, panel, SEVEN)
    before, image, side = panel.strokes(), session.drawing, panel.pad.width()
    panel.resize(420, 800)
    assert panel.pad.width() > side
    assert panel.pad.width() == panel.pad.height()
    assert panel.strokes() is before
    assert session.drawing is image


def test_panel_fits_a_small_screen_whatever_it_shows(qtbot, panel):
    side = panel.pad.width()
    draw(qtbot, panel, SEVEN)
    assert panel.size().toTuple() == (300, 560)
    assert panel.pad.width() == side
    for child in (panel.pad, panel.view, panel.bars, panel.answer, panel.timeline, *panel.findChildren(QToolButton)):
        assert panel.rect().contains(QRect(child.mapTo(panel, QPoint(0, 0)), child.size())), child


def test_dot_is_ink_too(qtbot, panel, session):
    QTest.mouseClick(panel.pad, Qt.MouseButton.LeftButton, pos=panel.pad.rect().center())
    settle(qtbot, panel)
    assert 0 < session.drawing.astype(bool).sum() < 30


def test_what_is_drawn_outside_stays_at_the_edge(qtbot, panel):
    draw(qtbot, panel, [(0.5, 0.5), (1.8, 0.5), (1.8, -0.6)])
    points = np.concatenate(panel.strokes())
    assert points.min() >= 0
    assert points.max() <= 1


def test_curves_are_smooth_and_end_where_the_pen_did():
    corners = np.array([(0.1, 0.1), (0.5, 0.1), (0.5, 0.5), (0.9, 0.5)])
    curve = smooth(corners)
    np.testing.assert_allclose(curve[[0, -1]], corners[[0, -1]])
    steps = np.diff(curve, axis=0)
    turns = np.abs(np.diff(np.unwrap(np.arctan2(steps[:-1, 1], steps[:-1, 0]))))
    assert turns.max() < 0.3
    assert np.hypot(*steps.T).max() < 0.0061


# --- undo, clear, eraser --------------------------------------------------------------------------------------


def test_undo_and_redo_go_stroke_by_stroke(qtbot, panel, session):
    draw(qtbot, panel, SEVEN)
    seven = session.drawing
    draw(qtbot, panel, [(0.3, 0.5), (0.7, 0.5)])
    crossed = session.drawing
    panel.undo_action.trigger()
    settle(qtbot, panel)
    np.testing.assert_array_equal(session.drawing, seven)
    panel.undo_action.trigger()
    settle(qtbot, panel)
    assert session.drawing is None
    assert not panel.undo_action.isEnabled()
    panel.redo_action.trigger()
    panel.redo_action.trigger()
    settle(qtbot, panel)
    np.testing.assert_array_equal(session.drawing, crossed)


@pytest.mark.parametrize("how", ["right button", "Del", "button"])
def test_clearing_can_be_undone(qtbot, panel, session, how):
    draw(qtbot, panel, SEVEN)
    drawn = panel.strokes()
    if how == "right button":
        QTest.mouseClick(panel.pad, Qt.MouseButton.RightButton)
    elif how == "Del":
        QTest.keyClick(panel.pad, Qt.Key.Key_Delete)
    else:
        button = next(b for b in panel.findChildren(QToolButton) if b.defaultAction() is panel.clear_action)
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    settle(qtbot, panel)
    assert session.drawing is None
    panel.undo_action.trigger()
    assert panel.strokes() is drawn


def test_undo_in_the_middle_of_a_stroke_drops_it(qtbot, panel):
    draw(qtbot, panel, SEVEN)
    start, middle, end = places(panel, SEVEN)
    QTest.mousePress(panel.pad, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(panel.pad, middle)
    panel.undo_action.trigger()
    QTest.mouseMove(panel.pad, end)
    QTest.mouseRelease(panel.pad, Qt.MouseButton.LeftButton, pos=end)
    assert panel.strokes() == ()
    panel.redo_action.trigger()
    assert len(panel.strokes()) == 1


def test_clearing_nothing_leaves_nothing_to_undo(panel):
    QTest.mouseClick(panel.pad, Qt.MouseButton.RightButton)
    assert panel.undo_stack.count() == 0


def test_eraser_cuts_a_stroke(qtbot, panel, session):
    draw(qtbot, panel, [(0.5, 0.1), (0.5, 0.9)])
    whole = session.drawing
    QTest.keyClick(panel.pad, Qt.Key.Key_X)
    assert panel.eraser_action.isChecked()
    draw(qtbot, panel, [(0.3, 0.5), (0.7, 0.5)])
    assert len(panel.strokes()) == 2
    assert not np.array_equal(session.drawing, whole)
    middle = session.drawing[14]
    assert middle.max() == 0
    panel.undo_action.trigger()
    settle(qtbot, panel)
    np.testing.assert_array_equal(session.drawing, whole)
    QTest.keyClick(panel.pad, Qt.Key.Key_X)
    assert not panel.pad.eraser


def test_eraser_that_meets_nothing_changes_nothing(qtbot, panel):
    draw(qtbot, panel, [(0.2, 0.1), (0.2, 0.9)])
    panel.eraser_action.trigger()
    draw(qtbot, panel, [(0.7, 0.3), (0.8, 0.5)])
    assert panel.undo_stack.count() == 1


def test_eraser_wipes_an_image_too():
    image = np.full((28, 28), 255, np.uint8)
    left = Drawing(image=image).erased(np.array([0.5, 0.0]), np.array([0.5, 1.0]), 0.07).image
    assert left[:, 13:15].max() == 0
    assert left[:, 0].min() == 255
    assert image.min() == 255


# --- images ---------------------------------------------------------------------------------------------------


def test_e_shows_a_test_image(qtbot, panel, session, mnist):
    assert not panel.test_action.isEnabled()
    session._on_loaded(mnist)
    QTest.keyClick(panel.pad, Qt.Key.Key_E)
    settle(qtbot, panel)
    matches = np.flatnonzero((mnist.test_images == session.drawing).all(axis=(1, 2)))
    assert matches.size == 1
    label = mnist.test_labels[matches[0]]
    assert panel.pad.drawing.caption == f"Test image {matches[0] + 1:,}: {label}"


@pytest.fixture
def beside(qtbot, session, mnist):
    """A window with a panel, a line for text, one for a number and a button."""
    session._on_loaded(mnist)
    window = QWidget()
    qtbot.addWidget(window)
    row = QHBoxLayout(window)
    rate = ValueEdit(parameter(TrainingSpec, "learning_rate"))
    panel, line, button = DrawingPanel(session), QLineEdit(), QPushButton("Button")
    for widget in (panel, line, rate, button):
        row.addWidget(widget)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    return window, panel, line, rate, button


def test_e_works_in_the_whole_window(qtbot, session, beside):
    _, panel, *_, button = beside
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_E)
    settle(qtbot, panel)
    assert session.drawing is not None
    assert panel.undo_stack.count() == 1


def test_where_text_is_typed_e_is_a_letter(qtbot, session, beside):
    _, panel, line, rate, _ = beside
    for edit in (line, rate):
        edit.setFocus()
        edit.clear()
        QTest.keyClicks(edit, "1e-3")
        assert edit.text() == "1e-3"
    settle(qtbot, panel)
    assert session.drawing is None


def test_drawing_on_an_image_starts_afresh(qtbot, panel, session, mnist):
    panel.show_image(mnist.test_images[0], "a 7")
    settle(qtbot, panel)
    np.testing.assert_array_equal(session.drawing, mnist.test_images[0])
    draw(qtbot, panel, ONE)
    np.testing.assert_array_equal(session.drawing, render(panel.strokes(), dot_below=PEN_WIDTH))
    panel.undo_action.trigger()
    settle(qtbot, panel)
    np.testing.assert_array_equal(session.drawing, mnist.test_images[0])


def test_dropped_picture_is_prepared(qtbot, panel, session, picture):
    assert drop(panel, files(picture))
    qtbot.waitUntil(lambda: session.drawing is not None)
    expected = render([np.array(SEVEN)])
    assert np.corrcoef(session.drawing.ravel(), expected.ravel())[0, 1] > 0.9
    assert panel.pad.drawing.caption == "seven.png"
    panel.undo_action.trigger()
    settle(qtbot, panel)
    assert session.drawing is None


@pytest.mark.parametrize("clear", [False, True])
def test_pasted_picture_is_prepared(qtbot, panel, session, picture, clear):
    image = QImage(str(picture))
    if clear:
        ink = image.copy()
        ink.invertPixels()
        image = QImage(image.size(), QImage.Format.Format_ARGB32)
        image.fill(QColor("black"))
        image.setAlphaChannel(ink)
    QApplication.clipboard().setImage(image)
    QTest.keyClick(panel.pad, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: session.drawing is not None)
    assert np.corrcoef(session.drawing.ravel(), render([np.array(SEVEN)]).ravel())[0, 1] > 0.9


def test_file_of_another_kind_is_left_to_the_window(panel, tmp_path):
    assert not drop(panel, files(tmp_path / "model.safetensors"))


def test_damaged_picture_is_a_problem_and_changes_nothing(qtbot, panel, session, tmp_path):
    draw(qtbot, panel, SEVEN)
    before = session.drawing
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"\x89PNG\r\n\x1a\nand then nothing of the kind")
    with qtbot.waitSignal(session.problem) as told:
        drop(panel, files(bad))
    assert "bad.png" in str(told.args[0])
    assert session.drawing is before


def test_pasting_no_picture_is_a_problem(qtbot, panel, session):
    QApplication.clipboard().setText("seven")
    with qtbot.waitSignal(session.problem) as told:
        panel.paste_action.trigger()
    assert "no picture" in str(told.args[0])


# --- finger and pen -------------------------------------------------------------------------------------------


def test_a_finger_draws(qtbot, panel, session):
    device = QTest.createTouchDevice()
    start, middle, end = places(panel, SEVEN)
    QTest.touchEvent(panel.pad, device).press(0, start, panel.pad).commit()
    QTest.touchEvent(panel.pad, device).move(0, middle, panel.pad).commit()
    QTest.touchEvent(panel.pad, device).move(0, end, panel.pad).commit()
    QTest.touchEvent(panel.pad, device).release(0, end, panel.pad).commit()
    settle(qtbot, panel)
    assert len(panel.strokes()) == 1
    np.testing.assert_allclose(panel.strokes()[0][-1], SEVEN[-1], atol=0.01)
    assert panel.undo_stack.count() == 1


def test_a_pen_draws_and_its_other_end_erases(qtbot, panel):
    def stroke(points, end):
        kind = QInputDevice.DeviceType.Stylus
        features = QInputDevice.Capability.Position | QInputDevice.Capability.Pressure
        pen = QPointingDevice("pen", 1, kind, end, features, 1, 2, "", QPointingDeviceUniqueId())
        moves = [QEvent.Type.TabletMove] * (len(points) - 2)
        left = Qt.MouseButton.LeftButton
        for what, place in zip(
            (QEvent.Type.TabletPress, *moves, QEvent.Type.TabletRelease), places(panel, points), strict=True
        ):
            at, none = QPointF(place), Qt.KeyboardModifier.NoModifier
            globally = QPointF(panel.pad.mapToGlobal(place))
            QApplication.sendEvent(
                panel.pad, QTabletEvent(what, pen, at, globally, 0.5, 0, 0, 0, 0, 0, none, left, left)
            )

    stroke([(0.5, 0.1), (0.5, 0.5), (0.5, 0.9), (0.5, 0.9)], QPointingDevice.PointerType.Pen)
    assert len(panel.strokes()) == 1
    stroke([(0.3, 0.5), (0.7, 0.5), (0.7, 0.5)], QPointingDevice.PointerType.Eraser)
    assert len(panel.strokes()) == 2


# --- the network at work --------------------------------------------------------------------------------------


def test_prediction_follows_the_network_that_is_training(qtbot, panel, session, mnist):
    session._on_loaded(mnist)
    panel.show_image(mnist.test_images[0], "a 7")
    settle(qtbot, panel)
    untrained = panel.bars.shares
    assert panel.answer.lines[2] == "This network is untrained: it guesses."
    with qtbot.waitSignal(session.snapshot_changed):
        session.train()
    assert not np.array_equal(panel.bars.shares, untrained)
    np.testing.assert_array_equal(panel.bars.shares, session.read(session.drawing))
    assert panel.answer.lines[2] == ""
    qtbot.waitUntil(lambda: len(panel.timeline.steps) > 2)
    assert panel.timeline.steps == sorted(panel.timeline.steps)
    with qtbot.waitSignal(session.ended, timeout=20_000):
        session.stop()
    assert panel.bars.shares.sum() == pytest.approx(1, abs=1e-5)


def test_timeline_begins_anew_with_drawing_and_network(qtbot, panel, session, mnist):
    draw(qtbot, panel, SEVEN)
    panel.timeline.add(5, np.eye(10)[7])
    assert panel.timeline.steps == [0, 5]
    assert panel.timeline.words_at(QPointF(panel.timeline.width(), 0)).startswith("Batch 5: 7 100 %")
    draw(qtbot, panel, ONE)
    assert panel.timeline.steps == [0]
    panel.timeline.add(5, np.eye(10)[7])
    session.new_network()
    assert panel.timeline.steps == [0]


def test_hidden_panel_catches_up_when_it_is_shown(qtbot, panel, session):
    draw(qtbot, panel, SEVEN)
    before = panel.bars.shares
    panel.hide()
    session.set_run(session.run.changed(run={"seed": 7}))
    np.testing.assert_array_equal(panel.bars.shares, before)
    panel.show()
    np.testing.assert_array_equal(panel.bars.shares, session.read(session.drawing))


def test_classes_have_their_names(qtbot, panel, session, mnist):
    session._on_loaded(replace(mnist, class_names=CLOTHES))
    assert "Trouser" in panel.pad.hint
    draw(qtbot, panel, SEVEN)
    assert panel.answer.sign in CLOTHES
    assert panel.bars.names == CLOTHES
    assert panel.bars.words_at(QPointF()).startswith("T-shirt/top: ")
    assert not panel.grab().isNull()


def test_hovering_tells_values(qtbot, panel, session):
    draw(qtbot, panel, ONE)
    assert panel.bars.words_at(QPointF(0, 1)) == f"0: {100 * panel.bars.shares[0]:.2f} %"
    assert panel.view.words_at(QPointF(1, 1)) == "Row 1, column 1: 0 of 255"


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.834, "83 %"), (0.0, "0 %"), (1.0, "100 %"), (0.9991, "> 99 %"), (0.12, "12 %"), (0.003, "< 1 %")],
)
def test_shares_in_words(share, words):
    assert percent(share, 0) == words


@pytest.mark.parametrize(
    ("second", "words"), [(0.3, "or 3, 30 %"), (0.006, "or 3, 1 %"), (0.004, ""), (1e-9, ""), (0.0, "")]
)
def test_a_second_guess_of_nearly_nothing_is_not_named(panel, second, words):
    shares = np.zeros(10)
    shares[7], shares[3] = 1 - second, second
    panel.answer.show_answer(shares, tuple("0123456789"))
    assert panel.answer.lines[1] == (words or "nothing else reaches 1 %")


def test_second_guess():
    assert best_two(np.array([0.1, 0.5, 0.0, 0.4, 0, 0, 0, 0, 0, 0])) == (1, 3)


def test_everything_explains_itself(panel):
    for widget in (panel.pad, panel.view, panel.bars, panel.answer, panel.timeline, *panel.findChildren(QToolButton)):
        assert widget.accessibleName()
        assert widget.whatsThis()
