"""The dialog that teaches the user's digits: what it says before, meanwhile and afterwards."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QSettings, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLabel

from engine.datasets.split import split
from engine.errors import ModelFileError
from engine.model import Model, TrainingRecord
from engine.model_files import save_model
from engine.network import Network
from engine.own_digits.digit import OwnDigit
from engine.pen.drawn import Drawn
from engine.pen.hands import MANNERS, draw_digit
from engine.presets import PRESETS
from engine.reader import Reader
from engine.score import Score
from engine.teaching import teach as teaching
from engine.teaching import teacher as teaching_teacher
from engine.teaching.record import already_taught
from engine.training import train
from gui import theme
from gui.main_window import MainWindow
from gui.session import Session
from gui.shipped_reader import shipped_model
from gui.teach_dialog import TeachDialog
from gui.widgets.teach_counts import missing_sentence
from gui.widgets.teach_result import judgement
from gui.widgets.teach_work import time_left

PATIENCE = 20_000
TINY = PRESETS["quick"].run.changed(
    network={"layers": [{"kind": "dense", "units": 24}]}, training={"batch_size": 32, "epochs": 4}
)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(teaching, "STEPS", 30)
    monkeypatch.setattr(teaching_teacher, "MOST_VARIANTS", 3)


@pytest.fixture(scope="module")
def model(small):
    network = Network(TINY.network, 0)
    for _ in train(network, split(small, 0.0, 0), TINY.training):
        pass
    return Model(network.snapshot(76, 4), TINY, TrainingRecord(dataset=small.title, steps=76, epochs=4))


@pytest.fixture(scope="module")
def digits(small):
    rng = np.random.default_rng(0)
    found = []
    for number in range(20):
        label = number % 10
        drawn = Drawn(draw_digit(label, rng, MANNERS[label][0]), label)
        found.append(OwnDigit(number + 1, label, drawn, None, "", "pad"))
    found.append(OwnDigit(21, int(small.test_labels[0]), None, small.test_images[0], "", "picture"))
    return found


@pytest.fixture
def session(qtbot, small, model):
    made = Session(TINY)
    made._on_loaded(small)
    made.shipped, made.reading_by = Reader.of(model), "reader"
    yield made
    made.finish()


@pytest.fixture
def mine(digits):
    return list(digits)


@pytest.fixture
def dialog(qtbot, session, model, mine):
    made = TeachDialog(session, lambda: mine, lambda: model, reader=lambda: model)
    qtbot.addWidget(made)
    made.taken = []
    made.accepted_model.connect(made.taken.append)
    made.show()
    return made


def press(qtbot, button):
    assert button.isVisible()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def escape(dialog):
    QApplication.sendEvent(dialog, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier))


def ended(qtbot, dialog):
    qtbot.waitUntil(lambda: dialog._task is None, timeout=PATIENCE)


def texts(widget):
    return " ".join(found.text() for found in widget.findChildren(QLabel) if found.isVisible())


def test_it_says_what_will_happen_and_what_there_is(dialog):
    shown = texts(dialog)
    assert "The Reader learns your hand from your 21 digits" in shown
    assert "rehearses MNIST" in shown
    assert "Nothing changes until you say so." in shown
    counts = [figure.text() for figure in dialog.start_page.counts.figures]
    assert sorted(counts) == ["2"] * 9 + ["3"]
    assert "Five or more of each digit do best." in shown
    assert dialog.learn_button.isVisible()
    assert not dialog.use_button.isVisible()
    assert not dialog.bar.isVisible()


def test_classes_that_are_missing_are_named(dialog, mine):
    mine[:] = [digit for digit in mine if digit.label not in (3, 8)]
    dialog.refresh()
    assert "There is no 3 and no 8 of yours. That works too" in texts(dialog)
    assert dialog.start_page.counts.figures[3].text() == "–"
    assert missing_sentence(np.array([1] * 9 + [0])).startswith("There is no 9 of yours. That works too: it is")
    assert missing_sentence(np.full(10, 5)) == ""


@pytest.mark.parametrize(("count", "said"), [(0, "You have no digits of your own yet"), (4, "You have 4 of your own")])
def test_too_few_digits_are_an_empty_state(dialog, mine, digits, count, said):
    mine[:] = digits[:count]
    dialog.refresh()
    assert dialog.empty.isVisible()
    assert said in dialog.empty.text()
    assert "press the key 0 to 9" in dialog.empty.text()
    assert not dialog.learn_button.isVisible()
    dialog.begin()
    assert dialog._task is None


def test_learning_shows_before_and_after_and_hands_the_model_over(qtbot, dialog, session, model):
    before = session.shipped.network.parameters.copy()
    told = []
    session.tasks.said.connect(told.append)
    press(qtbot, dialog.learn_button)
    assert dialog.cancel_button.isVisible()
    assert dialog.bar.isVisible()
    assert not dialog.close_button.isVisible()
    dialog.begin()  # a second time does nothing
    ended(qtbot, dialog)
    assert dialog.message.isHidden(), dialog.message.sentence
    taught, result = dialog.taught, dialog.outcome
    assert result.isVisible()
    own, test = ([line.text() for line in result.rows[name]] for name in ("own", "test"))
    assert own[:2] == [f"{score.right} of 21" for score in (taught.own_before, taught.own_after)]
    assert test[0] == f"{100 * taught.mnist_before.accuracy:.2f} %"
    assert result.judgement.text() == judgement(taught, "MNIST")
    assert "held back while measuring" in texts(result)
    assert result.method.text().startswith("Held back while measuring: each of 3 parts")
    assert result.grid.rows.tolist() == taught.changed.tolist()
    assert [result.grid.caption(index)[0] for index in range(len(taught.changed))] == [
        f"{taught.answers_before[row]} → {taught.answers_after[row]}" for row in taught.changed
    ]
    assert any("Measuring: part 2 of 3" in sentence for sentence in told)
    press(qtbot, dialog.use_button)
    assert [already_taught(taken) for taken in dialog.taken] == [21]
    assert not dialog.isVisible()
    np.testing.assert_array_equal(session.shipped.network.parameters, before)
    assert already_taught(model) == 0


@pytest.mark.parametrize("how", ["button", "Esc"])
def test_going_back_changes_nothing(qtbot, dialog, how):
    press(qtbot, dialog.learn_button)
    ended(qtbot, dialog)
    if how == "button":
        press(qtbot, dialog.back_button)
    else:
        escape(dialog)
    assert not dialog.isVisible()
    assert dialog.taken == []
    assert dialog.taught is None
    dialog.show()
    assert dialog.start_page.isVisible()


def test_cancelling_ends_at_once(qtbot, dialog, session, monkeypatch):
    monkeypatch.setattr(teaching, "STEPS", 100_000)
    monkeypatch.setattr(teaching, "MOST_STEPS", 1_000_000)
    press(qtbot, dialog.learn_button)
    task = dialog._task
    qtbot.waitUntil(lambda: "Measuring" in dialog.status.text(), timeout=PATIENCE)
    qtbot.waitUntil(lambda: dialog.bar.value() > 0 and "s left" in dialog.status.text(), timeout=PATIENCE)
    press(qtbot, dialog.cancel_button)
    qtbot.waitUntil(lambda: task not in session.tasks._running, timeout=1000)
    assert dialog.status.text() == "Cancelled; nothing was changed."
    assert dialog.start_page.isVisible()
    assert dialog.learn_button.isVisible()
    assert dialog.taught is None
    press(qtbot, dialog.learn_button)
    escape(dialog)
    assert not dialog.isVisible()
    assert dialog._task is None


def test_a_reader_that_cannot_be_read_is_a_sentence(qtbot, session, mine):
    def missing():
        raise ModelFileError("reader.safetensors cannot be opened: there is no file of that name.")

    dialog = TeachDialog(session, lambda: mine, missing, reader=missing)
    qtbot.addWidget(dialog)
    dialog.show()
    press(qtbot, dialog.learn_button)
    ended(qtbot, dialog)
    assert "there is no file of that name" in dialog.message.sentence
    assert dialog.learn_button.isVisible()


def test_the_windows_own_network_learns_where_it_reads_the_pad(qtbot, dialog, session, model, small):
    session.read_by("network")
    assert "has not learned anything yet" in dialog.empty.text()
    session.adopt(model.network, model.run)
    dialog.refresh()
    assert "Your network learns your hand" in texts(dialog)
    assert "rehearses MNIST, a part" in texts(dialog)
    assert not dialog.teaches_reader
    press(qtbot, dialog.learn_button)
    ended(qtbot, dialog)
    assert dialog.taught.mnist_before.count == len(small.test_images)
    press(qtbot, dialog.use_button)
    assert dialog.taken[0].network.spec == session.snapshot.spec
    session.adopt(dialog.taken[0].network, dialog.taken[0].run)
    np.testing.assert_array_equal(session.snapshot.parameters, dialog.taken[0].network.parameters)


def test_teaching_ones_own_network_again_says_that_this_flatters(qtbot, tmp_path, small, model, digits):
    window = MainWindow(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
    qtbot.addWidget(window)
    window.session._on_loaded(small)
    window.document.take(model)
    window.session.read_by("network")
    for digit in digits[:20]:
        window.my_digits.add(digit.drawn, digit.label)
    methods = []
    for _ in range(2):
        window.learn_digits()
        dialog = window.hand.dialog
        press(qtbot, dialog.learn_button)
        ended(qtbot, dialog)
        methods.append(dialog.taught.method)
        press(qtbot, dialog.use_button)
    assert ["It had learned 20 of your digits before, which flatters" in method for method in methods] == [False, True]
    record = window.document.model.record
    assert (record.dataset, record.epochs) == ("MNIST, a part + 20 own digits", 4)
    assert record.steps == window.session.snapshot.step > 76
    qtbot.waitUntil(lambda: not window.session.tasks.titles, timeout=PATIENCE)
    window.document.saved = True
    window.close()


def test_a_network_for_other_things_is_not_taught_digits(dialog, session, small):
    session.read_by("network")
    session.dataset = dataclasses.replace(small, title="Fashion", class_names=tuple("abcdefghij"))
    dialog.refresh()
    assert dialog.empty.text() == "Your network reads Fashion, which are no digits."


def test_judgements_are_plain(qtbot, dialog):
    press(qtbot, dialog.learn_button)
    ended(qtbot, dialog)
    labels = np.arange(10, dtype=np.uint8)
    wrong_two, wrong_one = labels.copy(), labels.copy()
    wrong_two[:2], wrong_one[0] = 9, 9
    even, fair, dear = (Score(title="MNIST", right=right, count=10_000) for right in (9940, 9930, 9900))

    def say(before, after, test=even):
        made = dataclasses.replace(
            dialog.taught,
            images=dialog.taught.images[:10],
            labels=labels,
            answers_before=before,
            answers_after=after,
            mnist_before=even,
            mnist_after=test,
        )
        dialog.outcome.show_taught(made, "MNIST")
        return dialog.outcome.judgement.text(), made.worth_it

    assert say(wrong_two, labels) == (
        "It reads all 2 that it got wrong, and MNIST as well as before. Worth using.",
        True,
    )
    assert say(wrong_two, wrong_one, fair) == (
        "It reads 1 more of your digits, and MNIST nearly as well as before. Worth using.",
        True,
    )
    assert say(wrong_two, labels, dear) == (
        "It costs 0.40 points of MNIST, more than learning a hand should. Going back is better.",
        False,
    )
    assert say(wrong_one, wrong_two)[0].startswith("It would read fewer of your digits.")
    assert say(wrong_one, wrong_one)[0].startswith("It reads no more of your digits than before.")
    assert say(labels, labels) == ("All of your digits were read right already; there is little to gain.", False)
    assert "no change" in dialog.outcome.rows["test"][2].text()
    say(wrong_one, wrong_two, dear)
    for mode in ("light", "dark"):
        theme.switch().choose(mode)
        assert theme.current().bad in dialog.outcome.rows["own"][2].text()
        assert "−0.40 points" in dialog.outcome.rows["test"][2].text()


def test_the_time_left_is_said_once_it_is_known():
    assert time_left(0.01, 1.0) == ""
    assert time_left(0.5, 4.0) == "About 4 s left."
    assert time_left(1.0, 4.0) == "About 1 s left."


def test_the_reader_that_ships_is_read_or_named(tmp_path, monkeypatch, model):
    monkeypatch.setattr("gui.shipped_reader.files", lambda _package: tmp_path)
    with pytest.raises(ModelFileError, match=r"reader\.safetensors cannot be opened: there is no file of that name"):
        shipped_model()
    (tmp_path / "models").mkdir()
    save_model(tmp_path / "models" / "reader.safetensors", model)
    np.testing.assert_array_equal(shipped_model().network.parameters, model.network.parameters)
