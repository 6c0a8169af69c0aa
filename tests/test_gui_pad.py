"""The drawing pad: strokes, undo, eraser, test images, pictures, and an answer that is always up to date."""

from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QMimeData, QObject, QPoint, QPointF, QRect, QSettings, Qt, QUrl
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDropEvent,
    QFontMetricsF,
    QImage,
    QInputDevice,
    QMouseEvent,
    QPointingDevice,
    QPointingDeviceUniqueId,
    QRegion,
    QTabletEvent,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLineEdit, QPushButton, QToolButton, QWidget

from engine.errors import DigitLabError
from engine.fields import parameter
from engine.ink.drawing import prepare, render
from engine.ink.spec import Corrections
from engine.model import Model
from engine.model_files import save_model
from engine.network import Network
from engine.pen.composed import compose_number
from engine.pen.drawn import Drawn
from engine.pen.hands import draw_digit
from engine.pen.variation import Hand
from engine.presets import PRESETS
from engine.reader import Reader, Reading
from engine.specs import TrainingSpec
from engine.teaching.files import keep_taught, taught_path
from gui import desk, shipped_reader, theme
from gui.main_window import MainWindow
from gui.panels.drawing_panel import DrawingPanel
from gui.panels.pad_labels import READ_MS
from gui.session import Session
from gui.shipped_reader import Found, load_reader
from gui.widgets import answer_view, pad_corrections
from gui.widgets.answer_timeline import KEPT, AnswerTimeline
from gui.widgets.answer_words import digit_answer, number_answer
from gui.widgets.canvas import WIDE
from gui.widgets.drawing import PEN_WIDTH, Drawing, placed, smooth
from gui.widgets.pad_replay import LONGEST, course
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
    made.resize(300, 576)
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
    np.testing.assert_allclose(panel.bars.shares, expected, atol=1e-6)
    first, second = np.argsort(-expected)[:2]
    assert panel.answer.sign == f"{first}?"
    assert panel.answer.lines[0] == f"Not sure: {first} or {second}"
    assert panel.answer.lines[2] == "An untrained network: it guesses."


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
    assert panel.answer.sign[0].isdigit()
    panel.pad.clear()
    settle(qtbot, panel)
    assert session.drawing is None
    assert panel.answer.sign == "?"
    assert panel.bars.shares is None


@pytest.mark.parametrize("share", [0.1, np.nan])
def test_equal_outputs_are_no_answer(share):
    answer = digit_answer(Reading(np.full(10, share), 1.0, "unsure", CLOTHES))
    assert answer.sign == "?"
    assert answer.lines[0] == "No answer:"


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
    assert panel.size().toTuple() == (300, 576)
    assert panel.pad.width() == side
    assert side >= 200
    shown = (panel.pad, panel.view, panel.corrections, panel.bars, panel.answer, panel.labels, panel.timeline)
    for child in (*shown, *panel.findChildren(QToolButton)):
        assert panel.rect().contains(QRect(child.mapTo(panel, QPoint(0, 0)), child.size())), child


def test_dot_is_ink_too(qtbot, panel, session):
    QTest.mouseClick(panel.pad, Qt.MouseButton.LeftButton, pos=panel.pad.rect().center())
    settle(qtbot, panel)
    assert 0 < session.drawing.astype(bool).sum() < 30


def test_what_is_drawn_outside_stays_at_the_edge(qtbot, panel):
    draw(qtbot, panel, [(0.5, 0.5), (1.8, 0.5), (1.8, -0.6)])
    points = np.concatenate(panel.strokes())[:, :2]
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
    np.testing.assert_array_equal(session.drawing, prepare(panel.strokes(), dot_below=PEN_WIDTH).image)
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
    np.testing.assert_allclose(panel.strokes()[0][-1, :2], SEVEN[-1], atol=0.01)
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
    assert panel.answer.lines[2] == "An untrained network: it guesses."
    with qtbot.waitSignal(session.snapshot_changed):
        session.train()
    assert not np.array_equal(panel.bars.shares, untrained)
    np.testing.assert_allclose(panel.bars.shares, session.read(session.drawing), atol=1e-6)
    assert panel.answer.lines[2] == "Not calibrated yet."
    qtbot.waitUntil(lambda: len(panel.timeline.steps) > 2)
    assert panel.timeline.steps == sorted(panel.timeline.steps)
    with qtbot.waitSignal(session.ended, timeout=20_000):
        session.stop()
    assert panel.bars.shares.sum() == pytest.approx(1, abs=1e-5)


def test_a_long_training_is_on_the_timeline_from_its_first_answer_to_the_latest(qtbot):
    timeline = AnswerTimeline()
    qtbot.addWidget(timeline)
    for step in range(1000):
        timeline.add(step, np.eye(10)[step % 10])
        assert timeline.steps[0] == 0
        assert timeline.steps[-1] == step
        gaps = np.diff(timeline.steps)
        assert len(timeline.steps) <= KEPT
        assert step == 0 or (gaps[:-1] == gaps[0]).all(), "even in time, but for the way to the latest"


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


def test_the_timeline_draws_all_ten_lines_and_names_the_one_under_the_mouse(qtbot, panel):
    timeline = panel.timeline
    timeline.clear()
    small = np.array([0.01, 0.03, 0, 0, 0, 0, 0, 0, 0.04, 0.92])
    for step in range(3):
        timeline.add(step, small)
    drawn = []
    path = timeline._path
    timeline._path = lambda table: drawn.append(table.shape[1]) or path(table)
    timeline.grab()
    assert sum(drawn) == 10  # nine others, and the answer
    timeline.resize(timeline.width(), 300)
    plot = timeline._plot()
    place = QPointF(plot.center().x(), plot.bottom() - small[1] * plot.height())
    assert timeline.line_at(place) == 1
    assert timeline.line_at(QPointF(place.x(), plot.center().y())) == -1
    assert timeline.words_at(place) == "Batch 1: 9 92 %, 8 4 %, the line here: 1 3 %"
    plain = timeline.grab().toImage()
    button = Qt.MouseButton.NoButton
    move = QMouseEvent(QEvent.Type.MouseMove, place, place, button, button, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(timeline, move)
    assert timeline.grab().toImage() != plain
    QApplication.sendEvent(timeline, QEvent(QEvent.Type.Leave))
    assert timeline.grab().toImage() == plain


def test_hidden_panel_catches_up_when_it_is_shown(qtbot, panel, session):
    draw(qtbot, panel, SEVEN)
    before = panel.bars.shares
    panel.hide()
    session.set_run(session.run.changed(run={"seed": 7}))
    np.testing.assert_array_equal(panel.bars.shares, before)
    panel.show()
    np.testing.assert_allclose(panel.bars.shares, session.read(session.drawing), atol=1e-6)


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
    assert panel.bars.words_at(QPointF(0, 1)).startswith(f"0: {100 * panel.bars.shares[0]:.2f} %. Click")
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
def test_a_second_guess_of_nearly_nothing_is_not_named(second, words):
    shares = np.zeros(10)
    shares[7], shares[3] = 1 - second, second
    assert digit_answer(Reading(shares, 1.0, "sure")).lines[1] == (words or "nothing else reaches 1 %")


def test_second_guess():
    assert best_two(np.array([0.1, 0.5, 0.0, 0.4, 0, 0, 0, 0, 0, 0])) == (1, 3)


def test_everything_explains_itself(panel):
    shown = (panel.pad, panel.view, panel.corrections, panel.bars, panel.answer, panel.timeline)
    for widget in (*shown, panel.labels.choice.box, panel.labels.kept, *panel.findChildren(QToolButton)):
        assert widget.accessibleName()
        assert widget.whatsThis()


# --- strokes with times, pressure, thousands of points --------------------------------------------------------


def test_strokes_carry_the_time_and_it_never_goes_back(qtbot, panel):
    draw(qtbot, panel, SEVEN)
    draw(qtbot, panel, [(0.3, 0.5), (0.7, 0.5)])
    first, second = panel.strokes()
    assert first.shape[1] == second.shape[1] == 3
    assert first[0, 2] == pytest.approx(0, abs=1e-6)
    clock = np.concatenate([first[:, 2], second[:, 2]])
    assert (np.diff(clock) >= 0).all()
    assert second[0, 2] > first[-1, 2]


def test_smoothing_carries_whatever_belongs_to_the_points():
    path = np.column_stack([np.linspace(0, 1, 6) ** 2, np.linspace(0, 0.5, 6), np.linspace(3, 4, 6)])
    curve = smooth(path)
    assert curve.shape[1] == 3
    assert curve[0, 2] == 3
    assert curve[-1, 2] == 4
    assert (np.diff(curve[:, 2]) >= 0).all()


def test_time_goes_on_in_a_drawing_that_undo_brought_back(qtbot, panel):
    late = placed(Drawn((np.array([[0.0, 0, 50], [1, 1, 60]]),)), 1)
    panel.pad.replace(late, "drawing")
    draw(qtbot, panel, [(0.3, 0.5), (0.7, 0.5)])
    assert panel.strokes()[1][0, 2] > 60


def test_thousands_of_points_make_one_short_stroke(qtbot, panel, session):
    turns = np.linspace(0, 12 * np.pi, 4000)
    spiral = 0.5 + np.column_stack([np.cos(turns), np.sin(turns)]) * np.linspace(0.05, 0.45, 4000)[:, None]
    side = panel.pad.width()
    panel.pad.put_down(QPointF(*spiral[0] * side), erasing=False)
    for place in spiral[1:] * side:
        panel.pad.move_to(QPointF(*place))
    panel.pad.lift()
    settle(qtbot, panel)
    (stroke,) = panel.strokes()
    assert np.hypot(*np.diff(stroke[:, :2], axis=0).T).max() < 0.0061
    whole = smooth(spiral)
    for end in (0, 700, 1400, len(whole) - 1):  # cut into pieces on the way, it is the same curve
        assert np.hypot(*(stroke[:, :2] - whole[end]).T).min() < 0.004
    assert session.drawing.any()


def test_a_move_repaints_a_small_part_of_the_pad(qtbot, panel):
    areas = []

    class Watch(QObject):
        def eventFilter(self, watched, event):
            if event.type() == QEvent.Type.Paint:
                areas.append(event.rect().width() * event.rect().height())
            return False

    watch = Watch()
    panel.pad.put_down(QPointF(40, 40), erasing=False)
    settle(qtbot, panel)
    QApplication.processEvents()
    panel.pad.installEventFilter(watch)
    for step in range(1, 11):
        panel.pad.move_to(QPointF(40 + 8 * step, 40 + 8 * step))
        QApplication.processEvents()
    panel.pad.lift()
    assert len(areas) >= 10
    assert max(areas) < 0.3 * panel.pad.width() ** 2


def test_a_pen_that_is_pressed_draws_wider(qtbot, panel):
    def width_at(pressure):
        panel.pad.clear()
        panel.pad.put_down(QPointF(20, 100), erasing=False, pressure=pressure)
        for x in range(25, 180, 5):
            panel.pad.move_to(QPointF(x, 100), pressure)
        panel.pad.lift()
        shown = panel.pad.picture(200)
        return sum(shown.pixelColor(100, y).value() > 127 for y in range(200))

    soft, hard = width_at(0.1), width_at(0.9)
    assert hard > 1.5 * soft
    assert panel.pad.drawing.pressures[0].max() == pytest.approx(0.9)
    settle(qtbot, panel)
    before = panel.session.drawing
    panel.pad.replace(Drawing(panel.strokes()), "without pressure")
    settle(qtbot, panel)
    np.testing.assert_array_equal(panel.session.drawing, before)  # never needed


def test_the_eraser_cuts_pressures_as_well():
    stroke = np.column_stack([np.full(50, 0.5), np.linspace(0.1, 0.9, 50), np.linspace(0, 1, 50)])
    left = Drawing((stroke,), (np.linspace(0, 1, 50),)).erased(np.array([0.4, 0.5]), np.array([0.6, 0.5]), 0.07)
    assert len(left.strokes) == len(left.pressures) == 2
    for part, pressure in left.lines():
        np.testing.assert_allclose(part[:, 2], pressure)


def test_every_move_counts_while_the_pen_is_down(qtbot, panel):
    kind = Qt.ApplicationAttribute.AA_CompressHighFrequencyEvents
    before = QCoreApplication.testAttribute(kind)
    QCoreApplication.setAttribute(kind, True)
    QTest.mousePress(panel.pad, Qt.MouseButton.LeftButton, pos=QPoint(50, 50))
    down = QCoreApplication.testAttribute(kind)
    QTest.mouseRelease(panel.pad, Qt.MouseButton.LeftButton, pos=QPoint(90, 90))
    up = QCoreApplication.testAttribute(kind)
    QCoreApplication.setAttribute(kind, before)
    assert (down, up) == (False, True)


def test_the_pen_is_lifted_when_its_release_never_comes(qtbot, panel):
    QTest.mousePress(panel.pad, Qt.MouseButton.LeftButton, pos=QPoint(50, 50))
    QTest.mouseMove(panel.pad, QPoint(90, 90))
    panel.hide()
    assert panel.undo_stack.count() == 1
    assert not panel.pad.drawing_now


# --- honest answers -------------------------------------------------------------------------------------------


class Scripted(Reader):
    """Gives the answers it is told to, to see how the pad says them."""

    def __init__(self, shares, digitness=1.0):
        super().__init__(Network(PRESETS["quick"].run.network))
        self.judge = self.judge.model_copy(update={"least": 0.5})
        self.told = np.array(shares, float), digitness

    def asked(self, images):
        shares, digitness = self.told
        return np.tile(shares, (len(images), 1)), np.full(len(images), digitness)


def shares_of(**shares):
    found = np.zeros(10)
    for name, share in shares.items():
        found[int(name[1:])] = share
    return found


def read_by(session, *script):
    session.shipped, session.missing = Scripted(*script), ""
    session.read_by("reader")
    session.reader_changed.emit()


@pytest.mark.parametrize(
    ("shares", "digitness", "sign", "line"),
    [
        (shares_of(d4=0.83, d9=0.17), 1.0, "4", "83 % sure"),
        (shares_of(d4=0.5, d9=0.45, d7=0.05), 1.0, "4?", "Not sure: 4 or 9"),
        (shares_of(d4=0.83, d9=0.17), 0.1, "?", "This may not be a digit."),
    ],
)
def test_the_answer_is_honest(qtbot, panel, session, shares, digitness, sign, line):
    read_by(session, shares, digitness)
    draw(qtbot, panel, SEVEN)
    assert panel.answer.sign == sign
    assert panel.answer.lines[0] == line
    assert panel.answer.accessibleDescription().startswith(f"{sign}, {line}")
    np.testing.assert_allclose(panel.bars.shares, shares)
    assert not panel.grab().isNull()


def test_the_bars_are_faint_when_it_may_be_no_digit(qtbot, panel, session):
    def colours():
        shown = panel.bars.grab().toImage()
        return {shown.pixelColor(x, y).name() for x in range(0, shown.width(), 3) for y in range(shown.height())}

    read_by(session, shares_of(d4=0.83, d9=0.17))
    draw(qtbot, panel, SEVEN)
    assert theme.current().accent in colours()
    read_by(session, shares_of(d4=0.83, d9=0.17), 0.0)
    assert theme.current().accent not in colours()


@pytest.mark.parametrize(
    ("signs", "sure", "number", "words"),
    [
        (("2", "0", "2", "5"), 0.71, "2025", "71 % sure"),
        (("2", "4?", "?"), 0.31, "24?", "31 % sure"),
        (("1", "0"), 0.9991, "10", "over 99 % sure"),
    ],
)
def test_a_number_in_words(signs, sure, number, words):
    answer = number_answer(signs, sure)
    assert (answer.sign, answer.lines[0]) == (number, words)
    assert ("unsure" in answer.lines[1]) == (answer.tone == "unsure") == ("?" in "".join(signs))


@pytest.mark.parametrize("width", [264, 300])
@pytest.mark.parametrize("sign", ["7", "123", "204786", "2047?6", "204786204786"])
def test_no_word_beside_the_answer_is_cut_off(qtbot, panel, monkeypatch, width, sign):
    cut = []

    def watched(painter, area, words, font, colour, place=None):
        if QFontMetricsF(font).horizontalAdvance(words) > area.width():
            cut.append(words)

    for module in (answer_view, pad_corrections):
        monkeypatch.setattr(module, "paint_line", watched)
    panel.resize(width, 620)
    panel.answer.show_answer(number_answer(tuple(sign), 0.3 if "?" in sign else 0.999))
    panel.corrections.show_corrections(Corrections(10.3, -0.24, 0.32, -22.0, 2.5))
    panel.answer.grab()
    panel.corrections.grab()
    assert cut == []


def test_what_was_corrected_is_shown_and_said(qtbot, panel):
    draw(qtbot, panel, [(0.7, 0.6), (0.75, 0.9)])
    corrections = panel.reading.corrections
    assert corrections.scale > 1.5
    assert panel.corrections.words == corrections.words
    said = [panel.corrections.words_at(QPointF(x, y)) for y in (1, 25) for x in (2, 100)]
    assert [words.split(":")[0] for words in said] == ["Size", "Place", "Slant", "Line"]
    assert "to the left and" in said[1]
    assert "up" in said[1]
    panel.show_image(np.eye(28, dtype=np.uint8) * 255, "a line")
    settle(qtbot, panel)
    assert panel.corrections.words == "taken as it is"
    panel.corrections.show_corrections(Corrections(1.0, 0.0, 0.0, 0.0, 2.4))
    assert panel.corrections.words_at(QPointF(100, 1)) == "Place: not moved"


# --- who reads ------------------------------------------------------------------------------------------------


def test_the_reader_answers_until_the_network_has_learned(qtbot, panel, session, mnist):
    session._on_loaded(mnist)
    draw(qtbot, panel, SEVEN)
    assert session.reads_itself
    session.shipped, session.missing = Scripted(shares_of(d7=0.9, d1=0.1)), ""
    session.reader_changed.emit()
    assert panel.answer.sign == "7"
    assert panel.labels.choice.box.currentText() == "Automatic: the Reader"
    with qtbot.waitSignal(session.snapshot_changed):
        session.train()
    assert session.reads_itself
    np.testing.assert_allclose(panel.bars.shares, session.read(session.drawing), atol=1e-6)
    assert panel.labels.choice.box.currentText() == "Automatic: this network"
    session.stop()
    with qtbot.waitSignal(session.ended, timeout=20_000):
        pass
    session.new_network()
    assert panel.answer.sign == "7"


def test_the_choice_of_the_reader_is_remembered(qtbot, panel, session, tmp_path):
    settings = QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)
    panel.remember_in(settings)
    box = panel.labels.choice.box
    assert not box.model().item(1).isEnabled()  # it has not been loaded
    session.shipped, session.missing = Scripted(shares_of(d7=1.0)), ""
    session.reader_changed.emit()
    assert box.model().item(1).isEnabled()
    box.setCurrentIndex(2)
    assert session.reading_by == "network"
    assert session.reads_itself
    panel.wide_action.trigger()
    other = DrawingPanel(session)
    qtbot.addWidget(other)
    session.read_by("auto")
    other.remember_in(settings)
    assert session.reading_by == "network"
    assert other.wide_action.isChecked()
    assert other.pad.aspect == WIDE


def test_without_its_file_the_reader_says_what_is_missing(qtbot, panel, session, monkeypatch):
    def missing(progress=None, cancelled=None):
        raise DigitLabError("reader.safetensors cannot be opened: there is no file of that name.")

    monkeypatch.setattr(desk, "load_reader", missing)
    with qtbot.waitSignal(session.reader_changed):
        session.load_reader()
    assert session.reads_itself
    assert "no file of that name" in panel.labels.choice.whatsThis()
    assert "no file of that name" in panel.labels.choice.box.itemData(1, Qt.ItemDataRole.ToolTipRole)


def test_the_reader_reads_digits_only_unless_asked(panel, session, mnist):
    session.shipped = Scripted(shares_of(d7=1.0))
    session._on_loaded(replace(mnist, class_names=CLOTHES))
    assert session.reads_itself
    session.read_by("reader")
    assert not session.reads_itself
    assert panel.bars.names == tuple("0123456789")


# --- whole numbers --------------------------------------------------------------------------------------------

TWENTY = (
    [(0.15, 0.3), (0.25, 0.2), (0.4, 0.22), (0.42, 0.4), (0.15, 0.8), (0.45, 0.8)],
    [(0.85, 0.25), (0.7, 0.4), (0.7, 0.65), (0.85, 0.8), (1.0, 0.65), (1.0, 0.4), (0.85, 0.25)],
    [(1.5, 0.2), (1.5, 0.8)],
)


@pytest.fixture
def wide(qtbot, panel, session):
    read_by(session, shares_of(d2=0.9, d0=0.1))
    panel.wide_action.trigger()
    QApplication.processEvents()
    return panel


def write(qtbot, panel):
    for stroke in TWENTY:
        draw(qtbot, panel, [(x / WIDE, y * panel.pad.frame.height() / panel.pad.width()) for x, y in stroke])
    qtbot.waitUntil(lambda: panel.reading.number is not None and len(panel.reading.number.strokes) == 3)


def test_the_wide_pad_fits_and_has_room_for_digits(qtbot, wide):
    frame = wide.pad.frame
    assert frame.width() == pytest.approx(WIDE * frame.height(), abs=1)
    assert frame.width() >= 240
    for child in (wide.pad, wide.view, wide.bars, wide.answer, wide.labels, *wide.findChildren(QToolButton)):
        assert wide.rect().contains(QRect(child.mapTo(wide, QPoint(0, 0)), child.size())), child
    assert wide.pad.hint == "Write a number here."


def test_a_number_is_read_digit_by_digit(qtbot, wide, session):
    write(qtbot, wide)
    assert wide.answer.sign == "222"
    assert wide.answer.lines[0].endswith("% sure")
    groups = wide.pad.groups
    assert [group.sign for group in groups] == ["2", "2", "2"]
    assert groups[0].right < groups[1].left < groups[1].right < groups[2].left
    assert wide.reading.shown == 2  # the last one, until another is pointed at
    last = session.drawing
    side = wide.pad.frame.height()
    QTest.mouseMove(wide.pad, QPoint(round(0.3 * side), 40))
    assert wide.reading.shown == 0
    assert not np.array_equal(session.drawing, last)
    assert not wide.grab().isNull()
    wide.pad.clear()
    settle(qtbot, wide)
    assert wide.answer.sign == "?"
    assert wide.pad.groups == ()


def test_slow_division_runs_beside_the_window(qtbot, wide, session):
    wide.reading.numbers._seconds = 1.0
    draw(qtbot, wide, [(x / WIDE, y / 2) for x, y in TWENTY[0]])
    assert wide.reading.reading is not None  # answered at once
    write(qtbot, wide)
    assert wide.answer.sign.startswith("2")
    qtbot.waitUntil(lambda: not session.tasks.titles)


def test_one_digit_of_a_number_can_be_said(qtbot, wide):
    write(qtbot, wide)
    with qtbot.waitSignal(wide.labelled) as told:
        QTest.keyClick(wide.pad, Qt.Key.Key_1)
    drawn, label = told.args
    assert label == 1
    points = np.concatenate(drawn.strokes)
    assert points[:, 0].min() > 1.3


def test_a_square_pad_shows_a_wide_drawing_whole(qtbot, wide):
    write(qtbot, wide)
    before = wide.strokes()
    wide.wide_action.trigger()
    points = np.concatenate(wide.strokes())
    assert points[:, 0].min() >= PEN_WIDTH / 2
    assert points[:, 0].max() <= 1 - PEN_WIDTH / 2
    assert points[:, 1].min() > 0.2
    np.testing.assert_array_equal(points[:, 2], np.concatenate(before)[:, 2])


def test_what_was_drawn_at_the_right_of_a_wide_pad_keeps_its_size():
    one = np.column_stack([np.full(10, 1.9), np.linspace(0.2, 0.8, 10), np.arange(10)])
    fitted = Drawing((one,)).fitted(1).strokes[0]
    np.testing.assert_allclose(fitted[:, 1:], one[:, 1:])
    assert fitted[0, 0] == pytest.approx(1 - PEN_WIDTH / 2, abs=0.02)
    at_the_edge = Drawing((one - np.array([0.9, 0, 0]),))
    assert at_the_edge.fitted(1) is at_the_edge


def test_crossed_sevens_stay_sevens_when_the_pad_gets_narrow(qtbot, by_the_reader):
    panel = by_the_reader
    panel.wide_action.trigger()
    rng, hand = np.random.default_rng(0), Hand(0.08, 0.0, 1.0, 0.008, 0.2, 0.0, 3.0, 0.03, 100.0)
    digits = [Drawn(draw_digit(digit, rng, manner, hand=hand), digit) for digit, manner in ((7, "crossed"),) * 6]
    number = compose_number(digits, rng, gap=(0.2, 0.2), touching=0, joined=0, delayed=0)
    # Short bars, which a blot of a pen as wide as the square pad's would cover.
    strokes = [
        stroke if np.ptp(stroke[:, 1]) > 0.5 else stroke.mean(axis=0) + 0.7 * (stroke - stroke.mean(axis=0))
        for stroke in number.strokes
    ]
    panel.show_strokes(Drawn(tuple(strokes)))
    qtbot.waitUntil(lambda: panel.answer.sign == "777777")
    panel.wide_action.trigger()
    settle(qtbot, panel)
    qtbot.waitUntil(lambda: not panel.reading.numbers.busy)
    assert panel.answer.sign == "777777"
    assert [len(strokes) for strokes in panel.reading.number.strokes] == [2] * 6


def test_many_strokes_are_always_divided_beside_the_window(qtbot, by_the_reader):
    panel = by_the_reader
    panel.wide_action.trigger()
    for count, beside in ((3, False), (4, True)):
        panel.pad.clear()
        settle(qtbot, panel)
        panel.reading.numbers._seconds = 0.0
        one = np.column_stack([np.full(10, 0.2), np.linspace(0.2, 0.8, 10), np.arange(10)])
        panel.pad.replace(Drawing(tuple(one + np.array([0.3 * n, 0, 10 * n]) for n in range(count))), "ones")
        panel._prepare()
        assert panel.reading.numbers.busy == beside
        qtbot.waitUntil(lambda: not panel.reading.numbers.busy)
        assert panel.answer.sign == count * "1"


def test_a_drawing_with_too_many_strokes_says_so(qtbot, wide):
    stroke = np.column_stack([np.full(10, 0.1), np.linspace(0.2, 0.8, 10), np.linspace(0, 1, 10)])
    wide.pad.replace(Drawing(tuple(stroke + np.array([0.03 * i, 0, 2 * i]) for i in range(60))), "many")
    settle(qtbot, wide)
    qtbot.waitUntil(lambda: "48" in wide.answer.lines[2])


# --- replay, copies -------------------------------------------------------------------------------------------


def test_a_replay_keeps_the_time_without_long_pauses():
    line = np.column_stack([np.linspace(0, 1, 11), np.zeros(11), np.linspace(0, 1, 11)])
    run = course(Drawing((line, line + np.array([0, 0.5, 60]))))
    assert run.seconds == pytest.approx(2.4, abs=0.01)
    half = run.until(0.5)
    assert len(half.strokes) == 1
    assert len(half.strokes[0]) == 6
    assert run.until(5) is run.drawing
    assert course(Drawing((line * (1, 1, 30),))).seconds <= LONGEST
    assert course(Drawing()).seconds == 0


def test_r_draws_it_again_and_ends_with_the_very_drawing(qtbot, panel, session):
    draw(qtbot, panel, SEVEN)
    drawing, image = panel.pad.drawing, session.drawing
    points = len(drawing.strokes[0])
    panel.pad.replace(Drawing((drawing.strokes[0] * (1, 1, 0) + np.linspace(0, 0.3, points)[:, None] * (0, 0, 1),)), "")
    whole = panel.pad.drawing
    QTest.keyClick(panel.pad, Qt.Key.Key_R)
    assert panel.pad.replaying
    assert len(panel.strokes()[0]) < points
    qtbot.waitUntil(lambda: not panel.pad.replaying)
    assert panel.pad.drawing is whole
    settle(qtbot, panel)
    np.testing.assert_array_equal(session.drawing, image)
    assert panel.undo_stack.count() == 2


def test_a_pen_that_comes_down_ends_the_replay(qtbot, panel):
    draw(qtbot, panel, SEVEN)
    stroke = panel.strokes()[0]
    panel.pad.replace(Drawing((np.column_stack([stroke[:, :2], np.linspace(0, 3, len(stroke))]),)), "slow")
    panel.replay_action.trigger()
    draw(qtbot, panel, [(0.3, 0.5), (0.7, 0.5)])
    assert not panel.pad.replaying
    assert len(panel.strokes()) == 2
    assert len(panel.strokes()[0]) == len(stroke)
    panel.pad.clear()
    panel.replay_action.trigger()
    assert not panel.pad.replaying


def test_the_drawing_is_copied_as_a_picture(qtbot, panel, session):
    assert not panel.copy_action.isEnabled()
    draw(qtbot, panel, SEVEN)
    QTest.keyClick(panel.pad, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    copied = QApplication.clipboard().image()
    assert copied.size().toTuple() == (280, 280)
    assert copied.pixelColor(140, 56) == QColor("white")
    assert copied.pixelColor(5, 5) == QColor("black")
    image = session.drawing
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(panel.pad, Qt.Key.Key_C, both)
    small = QApplication.clipboard().image()
    assert small.size().toTuple() == (28, 28)
    assert small.pixelColor(14, 14).value() == image[14, 14]
    panel.paste_action.trigger()  # and back again
    qtbot.waitUntil(lambda: panel.pad.drawing.image is not None)
    np.testing.assert_array_equal(panel.pad.drawing.image, image)


# --- what is read wrong ---------------------------------------------------------------------------------------


def test_shift_e_shows_one_that_the_reader_reads_wrong(qtbot, panel, session, small):
    session._on_loaded(small)
    QTest.keyClick(panel.pad, Qt.Key.Key_E, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: panel.pad.drawing.image is not None)
    settle(qtbot, panel)
    label = panel.pad.drawing.caption[-1]
    assert int(label) != panel.bars.shares.argmax()
    shown = panel.pad.drawing
    session.evaluate()
    with qtbot.waitSignal(session.evaluation_changed):
        pass
    panel.wrong_action.trigger()  # from what is known already
    assert panel.pad.drawing is not shown
    number = int(panel.pad.drawing.caption.split()[2].rstrip(":").replace(",", "")) - 1
    assert number in session.evaluation.mistakes()


def test_where_nothing_is_read_wrong_it_says_so(qtbot, panel, session, small):
    only = small.test_labels == 7
    session._on_loaded(replace(small, test_images=small.test_images[only], test_labels=small.test_labels[only]))
    session.reader.output.parameters["bias"][:] = 1000 * (np.arange(10) == 7)
    session.shipped, session.missing = Reader(session.reader), ""
    session.read_by("reader")
    with qtbot.waitSignal(session.noted) as told:
        panel.wrong_action.trigger()
    assert "nothing to show" in told.args[0]
    assert panel.pad.drawing.empty


# --- saying which digit it is ---------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["pad", "keypad", "panel", "bar"])
def test_a_digit_key_or_a_bar_says_what_it_is(qtbot, panel, how):
    draw(qtbot, panel, SEVEN)
    with qtbot.waitSignal(panel.labelled) as told:
        if how == "bar":
            row = QPoint(30, round(panel.bars.height() * 0.75))
            assert panel.bars.words_at(QPointF(row)).endswith("Click to say that it is a 7.")
            QTest.mouseClick(panel.bars, Qt.MouseButton.LeftButton, pos=row)
        else:
            keypad = Qt.KeyboardModifier.KeypadModifier if how == "keypad" else Qt.KeyboardModifier.NoModifier
            QTest.keyClick(panel if how == "panel" else panel.pad, Qt.Key.Key_7, keypad)
    drawn, label = told.args
    assert label == 7
    assert drawn.strokes is panel.strokes()


def test_nothing_can_be_said_of_an_empty_pad_or_of_clothes(qtbot, panel, session, mnist):
    told = []
    panel.labelled.connect(partial(list.append, told))
    QTest.keyClick(panel.pad, Qt.Key.Key_7)
    QTest.mouseClick(panel.bars, Qt.MouseButton.LeftButton)
    session._on_loaded(replace(mnist, class_names=CLOTHES))
    draw(qtbot, panel, SEVEN)
    QTest.keyClick(panel.pad, Qt.Key.Key_7)
    QTest.keyClick(panel.pad, Qt.Key.Key_7, Qt.KeyboardModifier.ControlModifier)
    assert told == []


def test_what_is_kept_is_confirmed_and_the_next_stroke_begins_afresh(qtbot, panel):
    draw(qtbot, panel, SEVEN)
    panel.labels.show_kept(7, 12)
    assert panel.labels.state == "kept"
    text = panel.labels.kept.text()
    assert "Kept as a 7 in My digits (12). Ctrl+Z takes it back." in text
    assert "Learn&nbsp;my&nbsp;digits" in text
    assert panel.labels.height() <= 30
    assert panel.labels.kept.heightForWidth(panel.labels.width()) <= panel.labels.height()
    with qtbot.waitSignal(panel.labels.kept.learn_asked):
        panel.labels.kept.linkActivated.emit("learn")
    draw(qtbot, panel, ONE)
    assert len(panel.strokes()) == 1
    assert panel.labels.state == ""
    draw(qtbot, panel, ONE)
    assert len(panel.strokes()) == 2
    panel.undo_action.trigger()
    panel.undo_action.trigger()
    np.testing.assert_allclose(panel.strokes()[0][-1, :2], SEVEN[-1], atol=0.01)


def test_few_digits_are_not_offered_for_learning(panel):
    panel.labels.show_kept(7, 9)
    assert "Learn" not in panel.labels.kept.text()


def test_an_image_is_labelled_as_the_image_it_is(qtbot, panel, mnist):
    panel.show_image(mnist.test_images[0], "a 7")
    settle(qtbot, panel)
    with qtbot.waitSignal(panel.labelled) as told:
        QTest.keyClick(panel.pad, Qt.Key.Key_7)
    np.testing.assert_array_equal(told.args[0], mnist.test_images[0])


def test_strokes_of_any_size_are_shown_in_the_middle(qtbot, panel):
    panel.show_strokes(Drawn((np.array([[100.0, 100, 0], [300, 500, 1]]), np.array([[200.0, 300, 2]]))))
    points = np.concatenate(panel.strokes())
    np.testing.assert_allclose(points[0], [0.3, 0.1, 0], atol=1e-9)
    np.testing.assert_allclose(points[1], [0.7, 0.9, 1], atol=1e-9)
    np.testing.assert_allclose(points[2], [0.5, 0.5, 2], atol=1e-9)


# --- in the window --------------------------------------------------------------------------------------------


@pytest.fixture
def window(qtbot, tmp_path):
    made = MainWindow(QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat))
    qtbot.addWidget(made)
    made.resize(1280, 720)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    made.drawing_panel.pad.setFocus()
    yield made
    made.session.finish()
    made.my_digits.close()


def test_a_label_joins_my_digits_and_can_be_taken_back(qtbot, window):
    panel = window.drawing_panel
    draw(qtbot, panel, SEVEN)
    QTest.keyClick(panel.pad, Qt.Key.Key_7)
    (kept,) = window.my_digits.digits
    assert kept.label == 7
    np.testing.assert_allclose(kept.drawn.strokes[0], panel.strokes()[0], atol=1e-6)
    assert panel.labels.state == "kept"
    QTest.keyClick(panel.pad, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.my_digits.digits == []
    assert panel.labels.state == "taken back"
    assert panel.strokes()
    QTest.keyClick(panel.pad, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert [digit.label for digit in window.my_digits.digits] == [7]
    panel.labels.kept.linkActivated.emit("undo")
    assert window.my_digits.digits == []
    panel.labels.kept.linkActivated.emit("redo")
    assert len(window.my_digits.digits) == 1
    draw(qtbot, panel, ONE)
    QTest.keyClick(panel.pad, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)  # this is about the stroke again
    assert len(window.my_digits.digits) == 1
    window.show_own_digit(window.my_digits.digits[0])
    settle(qtbot, panel)
    assert len(panel.strokes()) == 1


def test_another_key_changes_the_label_and_the_same_key_does_nothing(qtbot, window):
    panel = window.drawing_panel
    draw(qtbot, panel, SEVEN)
    for key in (Qt.Key.Key_1, Qt.Key.Key_1, Qt.Key.Key_7):
        QTest.keyClick(panel.pad, key)
    assert [digit.label for digit in window.my_digits.digits] == [7]
    panel.show_image(np.eye(28, dtype=np.uint8) * 255, "a line")
    settle(qtbot, panel)
    QTest.keyClick(panel.pad, Qt.Key.Key_7)
    QTest.keyClick(panel.pad, Qt.Key.Key_1)
    assert [digit.label for digit in window.my_digits.digits] == [7, 1]


def test_a_key_in_the_middle_of_a_stroke_or_a_replay_keeps_the_whole_drawing(qtbot, window):
    panel = window.drawing_panel
    start, middle, _ = places(panel, SEVEN)
    QTest.mousePress(panel.pad, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(panel.pad, middle)
    settle(qtbot, panel)
    QTest.keyClick(panel.pad, Qt.Key.Key_7)
    settle(qtbot, panel)
    assert panel.labels.state == "kept"
    QTest.mouseRelease(panel.pad, Qt.MouseButton.LeftButton, pos=middle)
    panel.pad.replace(Drawing((panel.strokes()[0] * (1, 1, 1000),)), "slow")
    settle(qtbot, panel)
    whole = panel.pad.drawing
    panel.replay_action.trigger()
    settle(qtbot, panel)
    QTest.keyClick(panel.pad, Qt.Key.Key_1)
    settle(qtbot, panel)
    assert panel.pad.drawing is whole
    assert panel.labels.state == "kept"
    kept = window.my_digits.digits[-1].drawn.strokes[0]
    np.testing.assert_allclose(kept[:, :2], whole.strokes[0][:, :2], rtol=1e-6)
    panel.replay_action.trigger()
    qtbot.waitUntil(lambda: not panel.pad.replaying)
    settle(qtbot, panel)
    assert panel.labels.state == "kept"


def test_only_the_label_is_taken_back_whatever_else_was_done_to_my_digits(qtbot, window):
    panel = window.drawing_panel
    draw(qtbot, panel, ONE)
    QTest.keyClick(panel.pad, Qt.Key.Key_1)
    draw(qtbot, panel, SEVEN)
    QTest.keyClick(panel.pad, Qt.Key.Key_7)
    window.my_digits.relabel([window.my_digits.digits[0].id], 4)  # elsewhere
    window.settings_panel.findChild(QLineEdit, "epochs").setFocus()
    window.undo()  # this is about the forms
    assert len(window.my_digits.digits) == 2
    panel.pad.setFocus()
    window.undo()
    assert [digit.label for digit in window.my_digits.digits] == [4]
    window.redo()
    assert [digit.label for digit in window.my_digits.digits] == [4, 7]


def test_digits_are_typed_where_text_is_and_label_only_beside_the_drawing(qtbot, window):
    panel, epochs = window.drawing_panel, window.settings_panel.findChild(QLineEdit, "epochs")
    draw(qtbot, panel, SEVEN)
    epochs.setFocus()
    epochs.selectAll()
    QTest.keyClicks(epochs, "12")
    assert epochs.text() == "12"
    assert window.my_digits.digits == []
    button = window.transport.widgetForAction(window.transport.train)
    for elsewhere in (button, window.pages.tabBar(), window.settings_panel.network.layers.rows[0], window):
        elsewhere.setFocus()
        QTest.keyClick(elsewhere, Qt.Key.Key_7)
    assert window.my_digits.digits == []
    QTest.mouseClick(panel.answer, Qt.MouseButton.LeftButton)
    assert panel.pad.hasFocus()
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_7)
    assert [digit.label for digit in window.my_digits.digits] == [7]


def test_whoever_asks_for_an_image_on_the_pad_means_the_pad(qtbot, window, small, tmp_path):
    panel, tabs = window.drawing_panel, window.pages.tabBar()
    window.session._on_loaded(small)
    picture = tmp_path / "one.png"
    panel.pad.picture(60).save(str(picture))
    QApplication.clipboard().setImage(QImage(str(picture)))
    window.pages.setCurrentWidget(window.pages.page("Data"))
    QApplication.processEvents()
    for ask in (panel.test_action.trigger, panel.wrong_action.trigger, panel.paste_action.trigger):
        tabs.setFocus()
        ask()
        assert panel.pad.hasFocus()
    tabs.setFocus()
    window.open_path(picture)
    assert panel.pad.hasFocus()
    qtbot.waitUntil(lambda: not window.session.tasks.titles)
    grid = window.pages.page("Data").grid
    grid.setFocus()
    window.pages.image_chosen.emit(small.test_images[0], 7)
    assert grid.hasFocus(), "whoever goes through images goes on doing so"


def test_the_confirmation_gives_way_and_can_still_be_undone(qtbot, window):
    panel = window.drawing_panel
    draw(qtbot, panel, SEVEN)
    QTest.keyClick(panel.pad, Qt.Key.Key_7)
    labels = panel.labels
    assert labels.kept.isVisible()
    labels.kept.setFocus()
    labels._read.timeout.emit()
    assert labels.kept.isVisible(), "somebody may be about to follow a link"
    for link in ("undo", "redo"):
        labels.kept.linkActivated.emit(link)
    assert panel.pad.hasFocus()
    labels._read.setInterval(0)
    labels._read.start()
    qtbot.waitUntil(labels.choice.isVisible)
    QTest.keyClick(panel.pad, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.my_digits.digits == []
    assert labels.kept.isVisible()
    qtbot.waitUntil(labels.choice.isVisible)
    QTest.keyClick(panel.pad, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert [digit.label for digit in window.my_digits.digits] == [7]
    assert labels.kept.isVisible()
    assert READ_MS >= 5000


def test_the_dock_makes_room_for_numbers(qtbot, window):
    panel = window.drawing_panel
    before = window.drawing_dock.width()
    QTest.keyClick(panel.pad, Qt.Key.Key_W)
    qtbot.waitUntil(lambda: window.drawing_dock.width() > before)
    qtbot.waitUntil(lambda: panel.pad.frame.width() >= 300)
    assert window.size().toTuple() == (1280, 720)
    QTest.keyClick(panel.pad, Qt.Key.Key_W)
    qtbot.waitUntil(lambda: window.drawing_dock.width() <= before)
    assert panel.pad.frame.width() >= 200


def test_the_dialog_that_teaches_opens_once(qtbot, window):
    window.learn_digits()
    dialog = window.hand.dialog
    assert dialog.isVisible()
    window.learn_digits()
    assert window.hand.dialog is dialog
    dialog.close()


def test_what_the_reader_learned_is_used_forgotten_and_brought_back(qtbot, window, monkeypatch):
    session, network = window.session, Network(PRESETS["quick"].run.network)
    told, run = [], PRESETS["quick"].run
    monkeypatch.setattr(desk, "load_reader", lambda **_: Found(Reader(network), taught=taught_path().exists()))
    session.noted.connect(told.append)
    window.forget_hand()
    assert "nothing to forget" in told[-1]
    window.learn_digits()
    window.hand.dialog.teaches_reader = True
    with qtbot.waitSignal(session.reader_changed):
        window.hand.dialog.accepted_model.emit(Model(network.snapshot(step=1), run))
    assert session.taught
    assert window.drawing_panel.labels.choice.box.currentText() == "Automatic: the Reader (your hand)"
    with qtbot.waitSignal(session.reader_changed):
        window.forget_hand()
    assert not session.taught
    with qtbot.waitSignal(session.reader_changed):
        window.message.action.click()
    assert session.taught
    window.hand.dialog.teaches_reader = False
    window.hand.dialog.accepted_model.emit(Model(network.snapshot(step=9), run))
    assert session.snapshot.step == 9
    assert session.reads_itself
    window.hand.dialog.close()


def test_a_damaged_reader_of_the_own_hand_gives_way_to_the_one_of_the_program(tmp_path, monkeypatch):
    run = PRESETS["quick"].run
    (tmp_path / "models").mkdir()
    save_model(tmp_path / "models" / "reader.safetensors", Model(Network(run.network).snapshot(), run))
    monkeypatch.setattr(shipped_reader, "files", lambda _package: tmp_path)
    assert not load_reader().taught
    keep_taught(Model(Network(run.network).snapshot(step=3), run))
    assert load_reader().taught
    taught_path().write_bytes(b"nothing of the kind")
    found = load_reader()
    assert not found.taught
    assert "comes with the program" in str(found.problem)


# --- the Reader that comes with the program -------------------------------------------------------------------


@pytest.fixture
def by_the_reader(qtbot, panel, session):
    with qtbot.waitSignal(session.reader_changed):
        session.load_reader()
    return panel


def test_the_reader_reads_digits_of_many_hands(qtbot, by_the_reader):
    panel, rng, right = by_the_reader, np.random.default_rng(4), 0
    for digit in (*range(10), *range(10)):
        panel.show_strokes(Drawn(draw_digit(digit, rng)))
        settle(qtbot, panel)
        right += panel.answer.sign[0] == str(digit)
    assert right >= 18


@pytest.mark.parametrize(
    "strokes",
    [
        ([(0.2, 0.1), (0.8, 0.9)], [(0.8, 0.1), (0.2, 0.9)]),
        ([(0.3, 0.1), (0.3, 0.9)], [(0.7, 0.1), (0.7, 0.9)], [(0.3, 0.5), (0.7, 0.5)]),
        ([(0.5, 0.1), (0.1, 0.9)], [(0.5, 0.1), (0.9, 0.9)], [(0.1, 0.9), (0.9, 0.9)]),
        ([(0.2, 0.1), (0.5, 0.9)], [(0.8, 0.1), (0.5, 0.9)]),
        ([(0.2, 0.9), (0.2, 0.1)], [(0.2, 0.1), (0.7, 0.9)], [(0.7, 0.9), (0.7, 0.1)]),
    ],
    ids=["X", "H", "triangle", "V", "N"],
)
def test_the_reader_takes_no_letter_for_a_sure_number(qtbot, by_the_reader, strokes):
    panel = by_the_reader
    for stroke in strokes:
        draw(qtbot, panel, stroke)
    qtbot.waitUntil(lambda: not panel.reading.numbers.busy)
    assert panel.reading.number is None
    assert panel.answer.lines[0] == "This may not be a digit."


def test_the_reader_refuses_a_square_and_reads_a_number(qtbot, by_the_reader):
    panel = by_the_reader
    draw(qtbot, panel, [(0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75), (0.25, 0.25)])
    assert panel.answer.lines[0] == "This may not be a digit."
    panel.pad.clear()
    panel.wide_action.trigger()
    QApplication.processEvents()
    write(qtbot, panel)
    assert panel.answer.sign == "201"
