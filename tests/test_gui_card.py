"""Every network that is trained in the window is judged and measured; its card, and that of the Reader, show it."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextTable
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton
from whole_window import PATIENCE, QUICK, rest, train

from engine.judge import Judge
from engine.measuring import measured_on
from engine.model import Model, TrainingRecord
from engine.model_files import load_model
from engine.network import Network
from engine.pen.drawn import Drawn
from engine.pen.files import write_unipen
from engine.pen.hands import draw_digit
from engine.score import Score
from gui import cards, theme
from gui.card_dialog import CardDialog
from gui.cards import reader_page
from gui.model_writing import measure_more
from gui.remembered_files import RememberedFiles
from gui.session import State
from gui.tasks import Tasks

pytest_plugins = ["whole_window"]
pytestmark = pytest.mark.usefixtures("quick_collections", "part_of_mnist", "look")
TEST_TITLE = "MNIST, a part, test images"


@pytest.fixture
def drawings():
    rng = np.random.default_rng(4)
    return [Drawn(draw_digit(n % 10, rng), n % 10, f"hand {n // 10}") for n in range(30)]


@pytest.fixture
def pen(drawings, tmp_path):
    path = tmp_path / "own.unp"
    write_unipen(path, drawings)
    return path


def kept(user_folders):
    return [load_model(path) for path in sorted((user_folders / "models").glob("*"))]


def titles(dialog):
    return [score.title for score in dialog.card.scores]


def tables(dialog):
    frames = dialog.view.document().rootFrame().childFrames()
    return [frame for frame in frames if isinstance(frame, QTextTable)]


def cell(table, row, column):
    return table.cellAt(row, column).firstCursorPosition().block().text()


def network_card(qtbot, window):
    QTest.keyClick(window, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    dialog = window.menus.cards.network
    qtbot.waitUntil(dialog.isVisible)
    return dialog


# --- judged and measured --------------------------------------------------------------------------------------


def test_a_run_that_ends_is_judged_measured_and_kept_so(qtbot, window, user_folders, drawings):
    assert window.session.judge == Judge()
    train(qtbot, window)
    [model] = kept(user_folders)
    assert window.session.judge == model.judge
    assert model.judge.weights
    assert window.session.own.judge == model.judge
    assert [score.title for score in model.record.scores] == [TEST_TITLE]
    assert model.record.scores[0].accuracy == window.session.evaluation.accuracy == model.record.test_accuracy
    reading = window.session.pad_reader.read_many([drawings[7].strokes])[0]
    assert reading.digitness < 1, "the network of one's own may say that this is no digit"


def test_saving_fits_no_second_judge_and_opening_brings_it_back(qtbot, window, monkeypatch, tmp_path):
    train(qtbot, window)
    judge, scores = window.session.judge, window.document.model.record.scores
    monkeypatch.setattr("gui.model_writing.measured", None)  # nobody measures these weights again
    with qtbot.waitSignal(window.document.saved_to, timeout=PATIENCE):
        window.document.save(tmp_path / "a.safetensors")
    saved = load_model(tmp_path / "a.safetensors")
    assert (saved.judge, saved.record.scores) == (judge, scores)
    window.session.new_network()
    assert window.session.judge == Judge()
    with qtbot.waitSignal(window.document.opened, timeout=PATIENCE):
        window.document.open(tmp_path / "a.safetensors")
    assert window.session.judge == judge
    assert window.document.model.record == saved.record
    rest(qtbot, window)
    assert window.problems == []


def test_weights_that_go_on_learning_keep_the_old_judge_until_they_are_saved(qtbot, window, tmp_path):
    train(qtbot, window)
    first = window.session.judge
    assert not window.session.judge_is_provisional
    window.transport.batch.trigger()
    qtbot.waitUntil(lambda: window.session.state == State.PAUSED, timeout=PATIENCE)
    assert window.session.judge == first
    assert window.session.judge_is_provisional
    assert window.document.model.judge == Judge()
    assert window.document.model.record.scores == ()
    with qtbot.waitSignal(window.document.saved_to, timeout=PATIENCE):
        window.document.save(tmp_path / "b.safetensors")
    saved = load_model(tmp_path / "b.safetensors")
    assert saved.judge.weights
    assert saved.judge == window.session.judge != first
    assert not window.session.judge_is_provisional
    assert [score.title for score in saved.record.scores] == [TEST_TITLE]


def test_a_network_that_learned_a_hand_is_taken_over_with_its_judge_and_kept(qtbot, window, user_folders):
    train(qtbot, window)
    model = window.document.model
    record = model.record.model_copy(update={"scores": (), "taught": "2026-01-01T00:00:00+00:00"})
    other = replace(model.network, parameters=model.network.parameters * np.float32(0.5))
    window.document.take(Model(other, model.run, record, model.judge))
    rest(qtbot, window)
    assert window.session.judge == model.judge
    assert window.document.model.record == record
    assert window.isWindowModified()
    assert len(kept(user_folders)) == 2
    train(qtbot, window)
    assert window.document.model.record.taught == record.taught


def test_pen_files_that_were_loaded_are_remembered(qtbot, window, settings, pen):
    assert window.document.pen_files.paths == []
    with qtbot.waitSignal(window.session.dataset_changed, timeout=PATIENCE):
        window.session.load(f"unipen:{pen}")
    assert window.document.pen_files.paths == [pen]
    files = RememberedFiles(settings, "pen_files", 2)
    for name in ("a", "b", "a"):
        files.add(pen.with_name(name))
    assert files.paths == [pen.with_name("a"), pen.with_name("b")]


# --- the card of the network ----------------------------------------------------------------------------------


def test_the_card_follows_the_network(qtbot, window):
    dialog = network_card(qtbot, window)
    assert dialog.windowTitle() == "Card of this network"
    assert "Nothing has been measured yet." in dialog.view.toPlainText()
    assert not dialog.measure_button.isVisible()
    train(qtbot, window)
    table = tables(dialog)[0]
    score = window.document.model.record.scores[0]
    assert [cell(table, 0, column) for column in range(1, 4)] == ["Right", "95 % interval", "Drawings"]
    assert [cell(table, 1, column) for column in range(4)] == [TEST_TITLE, *score.words]
    assert cell(tables(dialog)[1], 0, 0) == "Network", "a heading that says nothing is left out"
    assert "--layers dense:16 --batch-size 20 --epochs 2" in dialog.view.toPlainText()
    dialog.copy_button.click()
    copied = QApplication.clipboard().text()
    assert copied.startswith("Card of this network\n\nWhat it is\n  Network ")
    assert score.words[1] in copied
    window.session.new_network()
    assert titles(dialog) == []
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_the_network_is_measured_on_pen_files_and_own_digits(qtbot, window, pen, drawings, tmp_path):
    train(qtbot, window)
    for drawn in drawings[:4]:
        window.my_digits.add(drawn, drawn.label)
    window.document.pen_files.add(pen)
    dialog = network_card(qtbot, window)
    assert dialog.measure_button.isVisible()
    dialog.measure_button.click()
    assert dialog.cancel_button.isVisible()
    assert not dialog.measure_button.isVisible()
    qtbot.waitUntil(lambda: len(titles(dialog)) == 3, timeout=PATIENCE)
    assert titles(dialog) == [TEST_TITLE, "own.unp, 3 writers", "My digits"]
    assert dialog.card.scores[1:] == measured_on(window.document.model, [pen], window.my_digits.digits).scores
    assert dialog.status.text() == "Measured."
    rest(qtbot, window)
    with qtbot.waitSignal(window.document.saved_to, timeout=PATIENCE):
        window.document.save(tmp_path / "a.safetensors")
    assert [score.title for score in load_model(tmp_path / "a.safetensors").record.scores] == titles(dialog)
    with qtbot.waitSignal(window.document.opened, timeout=PATIENCE):
        window.document.open(tmp_path / "a.safetensors")
    assert len(titles(dialog)) == 3


def test_a_run_that_is_kept_is_measured_by_itself_on_pen_files_and_own_digits(
    qtbot, window, user_folders, pen, drawings, tmp_path
):
    for drawn in drawings[:4]:
        window.my_digits.add(drawn, drawn.label)
    window.document.pen_files.add(pen)
    dialog = network_card(qtbot, window)
    train(qtbot, window)
    expected = [TEST_TITLE, "own.unp, 3 writers", "My digits"]
    assert titles(dialog) == expected
    [model] = kept(user_folders)
    assert [score.title for score in model.record.scores] == expected
    assert model.judge == window.session.judge == window.document.model.judge
    assert window.document.model.record.scores == model.record.scores
    assert window.problems == []


def test_a_model_that_was_thrown_away_while_it_was_measured_stays_away(qtbot, window, user_folders, pen):
    train(qtbot, window)
    [path] = (user_folders / "models").glob("*")
    path.unlink()
    written, model = measure_more(path, window.document.model, [pen], [], str, lambda: False)
    assert [score.title for score in model.record.scores] == [TEST_TITLE, "own.unp, 3 writers"]
    assert written == path
    assert not path.exists()


def test_what_was_measured_amid_a_training_takes_no_judge_away(qtbot, window, pen, tmp_path):
    window.document.pen_files.add(pen)
    window.transport.epoch.trigger()
    qtbot.waitUntil(lambda: window.session.state == State.PAUSED, timeout=PATIENCE)
    dialog = network_card(qtbot, window)
    dialog.measure()
    qtbot.waitUntil(lambda: titles(dialog) == ["own.unp, 3 writers"], timeout=PATIENCE)
    with qtbot.waitSignal(window.document.saved_to, timeout=PATIENCE):
        window.document.save(tmp_path / "a.safetensors")
    saved = load_model(tmp_path / "a.safetensors")
    assert saved.judge.weights
    assert saved.judge == window.session.judge
    assert [score.title for score in saved.record.scores] == titles(dialog) == [TEST_TITLE, "own.unp, 3 writers"]


def test_what_cannot_be_measured_on_is_said(qtbot, window, pen, tmp_path):
    train(qtbot, window)
    window.document.pen_files.add(tmp_path / "gone.unp")
    dialog = network_card(qtbot, window)
    dialog.measure_button.click()
    qtbot.waitUntil(lambda: "gone.unp" in dialog.status.text().replace("\N{ZERO WIDTH SPACE}", ""), timeout=PATIENCE)
    assert titles(dialog) == [TEST_TITLE]
    assert dialog.measure_button.isVisible()


def test_a_measurement_ends_with_cancel_and_with_other_weights(qtbot, window, pen):
    train(qtbot, window)
    window.document.pen_files.add(pen)
    dialog = network_card(qtbot, window)
    for end in (dialog.cancel_button.click, window.session.new_network):
        dialog.measure()
        end()
        rest(qtbot, window)
        assert "own.unp, 3 writers" not in titles(dialog)
    assert dialog.status.text() == ""


# --- the card of the Reader -----------------------------------------------------------------------------------


def test_the_card_of_the_reader_is_its_page_and_what_its_file_says(qtbot, window):
    [entry] = [
        action for action in window.menus.window.menuBar().actions()[-1].menu().actions() if "Reader" in action.text()
    ]
    entry.trigger()
    dialog = window.menus.cards.reader
    qtbot.waitUntil(dialog.isVisible)
    text = dialog.view.toPlainText()
    for words in ("What it cannot do", "CC BY 4.0", "CC BY-SA 3.0", "What its file says", "225,546"):
        assert words in text
    assert not dialog.measure_button.isVisible()
    assert window.problems == []


def test_a_reader_that_cannot_be_read_is_a_sentence(qtbot, window, monkeypatch, tmp_path):
    monkeypatch.setattr(cards, "shipped_model", lambda: load_model(tmp_path / "none.safetensors"))
    window.menus.cards.show_reader()
    assert "there is no file of that name" in window.message.sentence
    assert window.menus.cards.reader is None


def test_the_taught_reader_has_the_card_of_its_own_file(qtbot, window, monkeypatch):
    record = TrainingRecord(dataset="MNIST + 12 own digits", steps=1)
    taught = Model(Network(QUICK.network, 0).snapshot(1, 1), QUICK, record)
    monkeypatch.setattr(cards, "load_taught", lambda: taught)
    window.session.taught = True
    window.menus.cards.show_reader()
    assert "12 own digits" in window.menus.cards.reader.view.toPlainText()


# --- looks ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_nothing_is_cut_off_at_640_by_560(qtbot, look, mode):
    scores = tuple(
        Score(title=f"A rather long name of a file {n}.tra.gz, 30 writers", right=n, count=99) for n in range(3)
    )
    model = Model(Network(QUICK.network, 0).snapshot(1, 1), QUICK, TrainingRecord(steps=1, scores=scores))
    tasks = Tasks()
    dialog = CardDialog("Card of the Reader", tasks, lambda: model, list, list, reader_page())
    qtbot.addWidget(dialog)
    theme.switch().choose(mode)
    dialog.resize(640, 560)
    with qtbot.waitExposed(dialog):
        dialog.show()
    assert (dialog.width(), dialog.height()) == (640, 560)
    assert dialog.view.document().size().width() <= dialog.view.viewport().width() + 2
    for button in dialog.findChildren(QPushButton):
        assert not button.isVisible() or button.width() >= button.sizeHint().width()
    place = dialog.view.verticalScrollBar()
    place.setValue(place.maximum() // 2)
    before = place.value()
    theme.switch().changed.emit()
    assert place.value() == before
