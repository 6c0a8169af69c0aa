"""My digits in the window: every change can be undone, and the dialog shows and changes what there is."""

import sqlite3
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QItemSelectionModel, QPoint, QSettings, Qt
from PySide6.QtWidgets import QFileDialog, QPushButton, QToolButton

from engine.datasets.sources import DATASET_WORDS
from engine.ink.drawing import image_of
from engine.ink.spec import InkSpec
from engine.network import Network
from engine.own_digits.digit import pack_strokes
from engine.own_digits.store import OwnDigits
from engine.pen import Drawn
from engine.pen.files import read_pen_file, write_unipen
from engine.pen.hands import draw_digit
from engine.presets import PRESETS
from engine.reader import Reader as EngineReader
from gui import theme
from gui.main_window import MainWindow
from gui.my_digits import MyDigits
from gui.my_digits_dialog import NOTHING, MyDigitsDialog
from gui.tasks import Tasks
from gui.widgets.digit_model import IMAGE_ROLE, picture_of
from gui.widgets.drawing import PEN_WIDTH

PATIENCE = 10_000
IMAGE = np.zeros((28, 28), np.uint8)
IMAGE[4:24, 12:16] = 255
FIRST = (3, 7, 3, 0, 9)


def drawing(label, seed=0):
    return Drawn(draw_digit(label, np.random.default_rng(seed)), label)


@pytest.fixture
def mine(qtbot, tmp_path):
    tasks = Tasks()
    made = MyDigits(tasks, tmp_path / "mine.sqlite")
    made.problems, made.notes = [], []
    made.problem.connect(made.problems.append)
    made.noted.connect(made.notes.append)
    yield made
    tasks.finish()
    made.close()


@pytest.fixture
def settings(tmp_path):
    return QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)


class Reader:
    """Answers with one digit, whatever it sees, and remembers what that was."""

    def __init__(self):
        self.answer, self.seen = 3, []

    def __call__(self, images):
        self.seen.extend(images)
        return np.full(len(images), self.answer)


@pytest.fixture
def reader():
    return Reader()


@pytest.fixture
def dialog(qtbot, mine, settings, reader):
    for number, label in enumerate(FIRST):
        mine.add(drawing(label, number), label)
    made = MyDigitsDialog(mine, settings, reader)
    qtbot.addWidget(made)
    shown(qtbot, made)
    yield made
    made.close()


def shown(qtbot, dialog):
    with qtbot.waitActive(dialog):
        dialog.show()
        dialog.activateWindow()
    looked(qtbot, dialog)


def looked(qtbot, dialog):
    """Wait until there is nothing more to make a picture of."""
    dialog.view.viewport().repaint()
    qtbot.waitUntil(lambda: not dialog.model._wanted, timeout=PATIENCE)


def labels(mine):
    return [digit.label for digit in mine.digits]


def facts(mine):
    return [
        (d.id, d.label, None if d.drawn is None else pack_strokes(d.drawn.strokes), d.created, d.source)
        for d in mine.digits
    ]


def stored(mine):
    with OwnDigits(mine._path) as own:
        return [(digit.id, digit.label) for digit in own.all()]


def select(dialog, *rows):
    dialog.view.clearSelection()
    for row in rows:
        flag = QItemSelectionModel.SelectionFlag.Select
        dialog.view.selectionModel().select(dialog.model.index(row), flag)
    dialog.view.setFocus()


def captions(dialog):
    return [dialog.model.index(row).data() for row in range(dialog.model.rowCount())]


def rest(qtbot, mine):
    qtbot.waitUntil(lambda: not mine._tasks.titles, timeout=PATIENCE)


# --- the store of the window ------------------------------------------------------------------------------


def test_nothing_is_opened_before_it_is_asked_for(mine):
    assert not mine._path.exists()
    assert mine.digits == []
    assert mine._path.exists()
    assert mine.counts.tolist() == [0] * 10


def test_what_is_added_is_told_and_kept(qtbot, mine):
    with qtbot.waitSignal(mine.changed):
        added = mine.add(drawing(7), 3)
    assert (added.label, added.drawn.label, added.source) == (3, 3, "pad")
    image = mine.add(IMAGE, 1)
    assert (image.drawn, image.source) == (None, "picture")
    assert stored(mine) == [(added.id, 3), (image.id, 1)]
    assert mine.counts.tolist() == [0, 1, 0, 1, 0, 0, 0, 0, 0, 0]


def test_every_change_can_be_undone_and_done_again(mine):
    states = [facts(mine)]

    def did():
        states.append(facts(mine))

    for number, label in enumerate(FIRST):
        mine.add(drawing(label, number), label)
        did()
    ids = [digit.id for digit in mine.digits]
    mine.relabel(ids[:3], 5)
    did()
    mine.delete(ids[1:4])
    did()
    mine.add(IMAGE, 2)
    did()
    mine.add(drawing(3), 8)  # it is there already
    did()
    mine.relabel(ids, 6)
    did()
    for state in reversed(states[:-1]):
        mine.undo_stack.undo()
        assert facts(mine) == state
        assert stored(mine) == [fact[:2] for fact in state]
    for state in states[1:]:
        mine.undo_stack.redo()
        assert facts(mine) == state
        assert stored(mine) == [fact[:2] for fact in state]
    assert mine.problems == []


def test_what_changes_nothing_cannot_be_undone(mine):
    added = mine.add(drawing(7), 7)
    count = mine.undo_stack.count()
    mine.relabel([added.id], 7)
    mine.delete([])
    mine.delete([999])
    assert mine.undo_stack.count() == count


def test_the_same_drawing_joins_only_once(mine):
    first, others = mine.add(drawing(7), 7), [mine.add(drawing(7, seed), 7) for seed in (1, 2)]
    count = mine.undo_stack.count()
    larger = Drawn(tuple(points * [3, 3, 1] + [5, 7, 0] for points in drawing(7).strokes))
    assert mine.add(larger, 7).id == first.id
    assert mine.undo_stack.count() == count
    assert (mine.add(larger, 1).id, labels(mine)) == (first.id, [1, 7, 7])
    assert stored(mine) == [(first.id, 1), *((other.id, 7) for other in others)]
    mine.undo_stack.undo()
    assert labels(mine) == [7, 7, 7]
    image = mine.add(IMAGE, 1)
    assert mine.add(IMAGE.copy(), 4).id == image.id
    assert labels(mine) == [7, 7, 7, 4]


def test_a_refused_drawing_is_a_problem_and_changes_nothing(mine):
    assert mine.add(Drawn(()), 3) is None
    assert mine.add(np.zeros((28, 28), np.uint8), 3) is None
    assert mine.add(drawing(3), 11) is None
    assert [str(error).split(".")[0][:20] for error in mine.problems] == [
        "There is nothing to ",
        "There is nothing to ",
        "11 is not allowed as",
    ]
    assert mine.undo_stack.count() == 0
    assert mine.add(drawing(3), 3) is not None


def test_another_program_that_writes_is_seen(qtbot, mine):
    mine.add(drawing(1), 1)
    assert labels(mine) == [1]
    with qtbot.assertNotEmitted(mine.changed):
        mine.refresh()
    with OwnDigits(mine._path) as other:
        other.add(drawing(2))
    with qtbot.waitSignal(mine.changed):
        mine.refresh()
    assert labels(mine) == [1, 2]


def test_a_lock_is_a_problem_and_undo_says_so_too(mine):
    added = mine.add(drawing(1), 1)
    mine._store.close()
    mine._store = OwnDigits(mine._path, patience=0.01)
    other = sqlite3.connect(mine._path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    mine.undo_stack.undo()
    other.execute("ROLLBACK")
    other.close()
    assert "another program has locked it" in str(mine.problems[0])
    assert stored(mine) == [(added.id, 1)]
    assert facts(mine)[0][0] == added.id
    mine.delete([added.id])
    assert stored(mine) == []


def test_a_damaged_database_is_told_once_and_begun_anew(mine):
    mine._path.write_bytes(b"no database" * 200)
    assert mine.digits == []
    assert len(mine.problems) == 1
    assert "were damaged" in str(mine.problems[0])
    assert mine.add(drawing(3), 3) is not None
    assert len(mine.problems) == 1


def test_without_a_place_the_program_goes_on(qtbot, tmp_path, settings):
    (tmp_path / "file").write_text("no folder")
    mine, problems = MyDigits(Tasks(), tmp_path / "file" / "mine.sqlite"), []
    mine.problem.connect(problems.append)
    dialog = MyDigitsDialog(mine, settings)
    qtbot.addWidget(dialog)
    dialog.show()
    assert "cannot be used" in dialog.message.sentence
    assert dialog.view.empty == NOTHING
    assert mine.add(drawing(3), 3) is None
    mine.import_file(tmp_path / "none.unipen")
    assert all("cannot be used" in str(error) for error in problems)
    dialog.close()


def test_import_can_be_undone(qtbot, mine, tmp_path):
    mine.add(drawing(1), 1)
    before = facts(mine)
    write_unipen(tmp_path / "some.unipen", [drawing(digit, digit) for digit in range(1, 10)] + [drawing(1)])
    mine.import_file(tmp_path / "some.unipen")
    rest(qtbot, mine)
    assert mine.notes == ["9 digits imported; 1 known already left out."]
    assert sorted(labels(mine)) == [1, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert mine.undo_stack.undoText() == "importing 9 digits"
    mine.undo_stack.undo()
    assert facts(mine) == before
    mine.undo_stack.redo()
    assert len(stored(mine)) == 10


def test_a_bad_file_is_named_and_keeps_everything(qtbot, mine, tmp_path):
    mine.add(drawing(1), 1)
    (tmp_path / "bad.unipen").write_text("this is no pen file")
    mine.import_file(tmp_path / "bad.unipen")
    rest(qtbot, mine)
    assert "bad.unipen" in str(mine.problems[0])
    assert labels(mine) == [1]
    assert mine.undo_stack.count() == 1


def test_export_says_what_it_left_out(qtbot, mine, tmp_path):
    for label in (1, 5):
        mine.add(drawing(label), label)
    mine.add(IMAGE, 1)
    mine.export(tmp_path / "mine.unipen")
    rest(qtbot, mine)
    assert mine.notes == ["2 digits exported; 1 left out, being an image without strokes."]
    assert [drawn.label for drawn in read_pen_file(tmp_path / "mine.unipen")] == [1, 5]


# --- the dialog -------------------------------------------------------------------------------------------


def test_it_shows_all_digits_the_newest_first(dialog, mine, reader):
    assert [digit.label for digit in dialog.model.digits] == list(reversed(FIRST))
    assert dialog.heading.text() == "5 digits of yours"
    assert dialog.counts.text() == "0 ×1, 3 ×2, 7 ×1, 9 ×1"
    assert dialog.filter.buttons[3].text() == "3\n×2"
    assert dialog.filter.buttons[None].text() == "All\n5"
    seen = {image.tobytes() for image in reader.seen}
    assert seen == {picture_of(digit, InkSpec()).tobytes() for digit in mine.digits}


def test_what_is_read_otherwise_is_marked(qtbot, dialog, reader):
    assert captions(dialog) == ["9, read as 3", "0, read as 3", "3", "7, read as 3", "3"]
    assert "The network reads a 3." in dialog.model.index(0).data(Qt.ItemDataRole.ToolTipRole)
    assert "The network reads it so." in dialog.model.index(2).data(Qt.ItemDataRole.ToolTipRole)
    reader.answer = 9
    dialog.read_again()
    assert captions(dialog)[2] == "3"  # the answers of before stay until there are others
    qtbot.waitUntil(lambda: captions(dialog)[2] == "3, read as 9", timeout=PATIENCE)
    assert captions(dialog)[0] == "9"


def test_the_mark_is_painted_in_the_colour_of_errors(qtbot, dialog):
    def reds(row):
        box = dialog.view.visualRect(dialog.model.index(row))
        picture = dialog.view.viewport().grab(box).toImage()
        bad = theme.rgb(theme.current().bad)
        pixels = [picture.pixelColor(x, y) for x in range(picture.width()) for y in range(picture.height())]
        return sum(abs(p.red() - bad[0]) + abs(p.green() - bad[1]) + abs(p.blue() - bad[2]) < 60 for p in pixels)

    assert reds(0) > 10
    assert reds(2) == 0


def test_before_there_are_any_it_says_how_to_begin(qtbot, mine, settings):
    dialog = MyDigitsDialog(mine, settings)
    qtbot.addWidget(dialog)
    shown(qtbot, dialog)
    assert dialog.view.empty == NOTHING
    assert dialog.heading.text() == "No digits of yours yet"
    assert not dialog.learn_button.isEnabled()
    assert not dialog.export_button.isEnabled()
    assert not dialog.delete_button.isEnabled()
    assert dialog.import_button.isEnabled()
    picture = dialog.view.viewport().grab().toImage()
    middle = range(picture.height() // 2 - 20, picture.height() // 2 + 20)
    assert len({picture.pixel(x, y) for y in middle for x in range(picture.width())}) > 10
    mine.add(drawing(4), 4)
    assert captions(dialog) == ["4"]
    assert dialog.learn_button.isEnabled()
    dialog.close()


def test_a_filter_shows_one_digit(qtbot, dialog):
    qtbot.mouseClick(dialog.filter.buttons[3], Qt.MouseButton.LeftButton)
    assert [digit.label for digit in dialog.model.digits] == [3, 3]
    qtbot.mouseClick(dialog.filter.buttons[5], Qt.MouseButton.LeftButton)
    assert dialog.model.rowCount() == 0
    assert "No digit of yours stands for 5 yet" in dialog.view.empty
    qtbot.mouseClick(dialog.filter.buttons[None], Qt.MouseButton.LeftButton)
    assert dialog.model.rowCount() == 5


def test_keys_relabel_what_is_selected_and_undo_takes_it_back(qtbot, dialog, mine):
    select(dialog, 0, 1)
    assert dialog.status.text().startswith("2 digits selected")
    qtbot.keyClick(dialog.view, Qt.Key.Key_8)
    assert labels(mine) == [3, 7, 3, 8, 8]
    assert len(dialog.view.selected) == 2
    qtbot.keyClick(dialog.view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert labels(mine) == list(FIRST)
    qtbot.keyClick(dialog.view, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert labels(mine) == [3, 7, 3, 8, 8]


def test_keys_without_a_selection_change_nothing(qtbot, dialog, mine):
    dialog.view.clearSelection()
    for key in (Qt.Key.Key_8, Qt.Key.Key_Delete):
        qtbot.keyClick(dialog.view, key)
    assert labels(mine) == list(FIRST)
    assert dialog.message.isHidden()


def test_deleting_offers_to_undo(qtbot, dialog, mine):
    qtbot.keyClick(dialog.view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(dialog.view, Qt.Key.Key_Delete)
    assert labels(mine) == []
    assert dialog.view.empty == NOTHING
    assert dialog.message.sentence == "5 digits deleted."
    qtbot.mouseClick(dialog.message.action, Qt.MouseButton.LeftButton)
    assert labels(mine) == list(FIRST)
    assert dialog.message.isHidden()
    select(dialog, 4)
    qtbot.mouseClick(dialog.delete_button, Qt.MouseButton.LeftButton)
    assert labels(mine) == list(FIRST[1:])
    mine.add(drawing(1), 1)  # the button of the message would undo this now
    assert dialog.message.isHidden()


def test_mouse_and_keyboard_select_several(qtbot, dialog):
    view = dialog.view
    place = [view.visualRect(dialog.model.index(row)).center() for row in range(5)]
    click, port = qtbot.mouseClick, view.viewport()
    click(port, Qt.MouseButton.LeftButton, pos=place[0])
    click(port, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, place[2])
    assert len(view.selected) == 3
    click(port, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, place[1])
    assert [digit.label for digit in view.selected] == [9, 3]
    end = QPoint(place[3].x(), port.height() - 4)
    qtbot.mousePress(port, Qt.MouseButton.LeftButton, pos=end)
    qtbot.mouseMove(port, (end + place[0]) / 2)
    qtbot.mouseMove(port, place[2])
    qtbot.mouseRelease(port, Qt.MouseButton.LeftButton, pos=place[2])
    assert [digit.label for digit in view.selected] == [3, 7]  # a rubber band


def test_enter_and_double_click_choose(qtbot, dialog):
    chosen = []
    dialog.chosen.connect(chosen.append)
    select(dialog, 1)
    dialog.view.setCurrentIndex(dialog.model.index(1))
    qtbot.keyClick(dialog.view, Qt.Key.Key_Return)
    place = dialog.view.visualRect(dialog.model.index(3)).center()
    qtbot.mouseClick(dialog.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(dialog.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert [digit.label for digit in chosen] == [0, 7]


def test_selection_and_place_stay_when_a_digit_is_added(qtbot, dialog, mine):
    for seed in range(80):
        mine.add(drawing(seed % 10, seed), seed % 10)
    select(dialog, 40)
    chosen = dialog.view.selected[0].id
    dialog.view.verticalScrollBar().setValue(200)
    mine.add(drawing(1), 1)
    assert [digit.id for digit in dialog.view.selected] == [chosen]
    assert dialog.view.verticalScrollBar().value() == 200


def test_import_and_export_ask_for_a_file(qtbot, dialog, mine, tmp_path, monkeypatch, settings):
    path = tmp_path / "folder" / "mine.unipen"
    path.parent.mkdir()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    qtbot.mouseClick(dialog.export_button, Qt.MouseButton.LeftButton)
    rest(qtbot, mine)
    assert dialog.message.sentence == "5 digits exported."
    assert settings.value("my_digits/folder") == str(path.parent)
    mine.delete([mine.digits[0].id])
    asked = []

    def answer(_parent, _title, _folder, patterns):
        asked.append(patterns)
        return str(path), ""

    monkeypatch.setattr(QFileDialog, "getOpenFileName", answer)
    qtbot.mouseClick(dialog.import_button, Qt.MouseButton.LeftButton)
    rest(qtbot, mine)
    assert dialog.message.sentence == "1 digit imported; 4 known already left out."
    assert all(
        pattern in asked[0] for source in DATASET_WORDS if source.name == "unipen" for pattern in source.patterns
    )
    assert dialog.message.isVisible()
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    qtbot.mouseClick(dialog.import_button, Qt.MouseButton.LeftButton)
    assert mine._tasks.titles == []


def test_learning_is_asked_for(qtbot, dialog):
    with qtbot.waitSignal(dialog.learn_asked):
        qtbot.mouseClick(dialog.learn_button, Qt.MouseButton.LeftButton)


def test_the_size_is_remembered(qtbot, dialog, mine, settings):
    dialog.resize(700, 500)
    dialog.close()
    other = MyDigitsDialog(mine, settings)
    qtbot.addWidget(other)
    assert (other.width(), other.height()) == (700, 500)


def test_while_it_is_closed_it_asks_nothing_of_the_network(qtbot, dialog, mine, reader):
    dialog.close()
    reader.seen.clear()
    mine.add(drawing(5), 5)
    dialog.read_again()
    assert not dialog._soon.isActive()
    assert reader.seen == []
    shown(qtbot, dialog)
    assert captions(dialog)[0] == "5, read as 3"


@pytest.mark.parametrize("size", [(640, 480), (1200, 800)])
def test_everything_fits_and_explains_itself(qtbot, dialog, size):
    dialog.resize(*size)
    qtbot.waitUntil(lambda: (dialog.width(), dialog.height()) == size, timeout=PATIENCE)
    buttons = dialog.findChildren(QPushButton) + dialog.findChildren(QToolButton)
    for button in (button for button in buttons if button.isVisible()):
        corner = button.mapTo(dialog, button.rect().bottomRight())
        assert dialog.rect().contains(corner)
        assert button.width() >= button.fontMetrics().size(0, button.text()).width()
        assert button.toolTip()
        assert button.accessibleName()
    assert dialog.view.whatsThis()
    assert dialog.view.accessibleName()
    assert dialog.view.visualRect(dialog.model.index(4)).bottom() < dialog.view.viewport().height()


def test_thousands_of_digits_cost_only_what_is_seen(qtbot, dialog, mine, reader):
    reader.seen.clear()
    strokes = [drawing(seed % 10, seed) for seed in range(20)]
    with OwnDigits(mine._path) as other, other._writing() as connection:
        for number in range(2000):
            drawn = strokes[number % 20]
            row = (drawn.label, pack_strokes(drawn.strokes), "2026-01-01T00:00:00+00:00", "pad")
            connection.execute("INSERT INTO digits (label, strokes, created, source) VALUES (?, ?, ?, ?)", row)
    mine.refresh()
    looked(qtbot, dialog)
    assert dialog.model.rowCount() == 2005
    assert 0 < len(reader.seen) < 200


# --- in the window ----------------------------------------------------------------------------------------


@pytest.fixture
def window(qtbot, settings):
    made = MainWindow(settings)
    qtbot.addWidget(made)
    made.session.shipped = EngineReader(Network(PRESETS["quick"].run.network, 5), InkSpec(line_width=5, smoothing=2))
    made.session.reader_changed.emit()
    yield made
    made.document.saved = True
    made.close()


def test_it_marks_what_reads_the_pad_gets_wrong_and_shows_what_that_sees(qtbot, window, small):
    session, ink = window.session, window.session.shipped.ink
    drawn = [drawing(digit, digit) for digit in range(10)]
    for one in drawn:
        window.my_digits.add(one, one.label)
    drawn = [digit.drawn for digit in window.my_digits.digits]

    def read_by(network, ink):
        images = np.stack([image_of(one.strokes, ink, dot_below=PEN_WIDTH) for one in reversed(drawn)])
        answers = network.probabilities(images).argmax(axis=1)
        truth = range(9, -1, -1)
        return [f"{t}, read as {a}" if a != t else f"{t}" for t, a in zip(truth, answers, strict=True)]

    window.menus._show_my_digits()
    dialog = window.menus.my_digits
    shown(qtbot, dialog)
    assert captions(dialog) == read_by(session.shipped.network, ink)
    seen = [dialog.model.index(9 - row).data(IMAGE_ROLE) for row in range(10)]
    np.testing.assert_array_equal(seen, [image_of(one.strokes, ink, dot_below=PEN_WIDTH) for one in drawn])
    plain = [str(digit) for digit in range(9, -1, -1)]
    session.read_by("network")  # which has learned nothing: it only guesses
    qtbot.waitUntil(lambda: captions(dialog) == plain, timeout=PATIENCE)
    trained = Network(PRESETS["quick"].run.network, 6)
    session.adopt(trained.snapshot(step=1), PRESETS["quick"].run)
    qtbot.waitUntil(lambda: captions(dialog) == read_by(trained, InkSpec()), timeout=PATIENCE)
    first = dialog.model.index(0).data(IMAGE_ROLE)
    np.testing.assert_array_equal(first, image_of(drawn[9].strokes, InkSpec(), dot_below=PEN_WIDTH))
    session._on_loaded(replace(small, class_names=tuple("abcdefghij")))
    qtbot.waitUntil(lambda: captions(dialog) == plain, timeout=PATIENCE)
    dialog.close()


def said(qtbot, window, drawn, label):
    """Show a drawing on the pad and say what it is; None brings back the one before."""
    panel = window.drawing_panel
    if drawn is not None:
        panel.show_strokes(drawn)
    else:
        panel.show_strokes(drawing(5, 99))
        qtbot.waitUntil(lambda: not panel._soon.isActive())
        panel.undo_stack.undo()
    qtbot.waitUntil(lambda: not panel._soon.isActive())
    panel.labels.say(label)


def test_what_comes_back_on_the_pad_joins_no_second_time(qtbot, window):
    mine, panel = window.my_digits, window.drawing_panel
    said(qtbot, window, drawing(7), 7)
    said(qtbot, window, None, 7)
    assert (labels(mine), panel.labels.state) == ([7], "kept")
    said(qtbot, window, None, 1)
    assert labels(mine) == [1]
    window.hand.undo(panel.undo_stack)
    assert labels(mine) == [7]
    assert panel.labels.kept.text().startswith("Taken back: it is a 7 in My digits again.")


def test_taking_a_label_back_leaves_other_digits_alone(qtbot, window):
    mine, panel = window.my_digits, window.drawing_panel
    said(qtbot, window, drawing(7), 7)
    said(qtbot, window, drawing(3), 3)
    panel.undo_stack.undo()
    qtbot.waitUntil(lambda: not panel._soon.isActive())
    panel.labels.say(7)  # nothing new
    window.hand.undo(panel.undo_stack)
    assert (labels(mine), panel.labels.state) == ([3], "taken back")
    window.hand.redo(panel.undo_stack)
    assert (sorted(labels(mine)), panel.labels.state) == ([3, 7], "kept")
    panel.labels.say(2)  # another mind
    assert sorted(labels(mine)) == [2, 3]
    window.hand.undo(panel.undo_stack)
    assert labels(mine) == [3]
