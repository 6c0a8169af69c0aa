"""The dialog that checks the engine against TensorFlow."""

from __future__ import annotations

import os

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel
from whole_window import PATIENCE, QUICK

from gui.session import Session
from gui.verification_dialog import VerificationDialog

pytest_plugins = ["whole_window"]
CHILD = 60_000  # TensorFlow may take its time to start on a busy machine


@pytest.fixture
def session(qtbot, part_of_mnist):
    made = Session(QUICK)
    made.load("mnist")
    qtbot.waitUntil(lambda: made.dataset is not None, timeout=PATIENCE)
    yield made
    made.finish()


@pytest.fixture
def dialog(qtbot, session):
    made = VerificationDialog(session)
    qtbot.addWidget(made)
    made.show()
    made.steps.editor.clear()
    qtbot.keyClicks(made.steps.editor, "10")
    return made


def press(qtbot, button):
    assert button.isVisible()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def ended(qtbot, dialog):
    qtbot.waitUntil(lambda: dialog._task is None, timeout=CHILD)


@pytest.fixture
def child_folder(tmp_path, monkeypatch):
    """A folder from which the child imports first."""
    folder = tmp_path / "first"
    folder.mkdir()
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return folder


@pytest.mark.timeout(150)
def test_a_check_shows_both_curves_and_a_verdict(qtbot, dialog, session):
    before = session.snapshot.parameters.copy()
    told = []
    session.tasks.said.connect(told.append)
    press(qtbot, dialog.check)
    assert dialog.stop.isVisible()
    assert not dialog.check.isVisible()
    ended(qtbot, dialog)
    assert dialog.message.isHidden(), dialog.message.sentence
    found = dialog.found
    assert found.agrees
    assert found.steps == 10
    view = dialog.view
    assert view.isVisible()
    assert view.verdict.text() == found.verdict
    for name in ("ours", "theirs"):
        assert len(view.losses.points(name)[0]) == 10
    assert len(view.apart.points("float32")[0]) == 10
    assert view.apart.logarithmic
    assert all(tile.figure not in ("", "–") for tile in view.tiles.values())
    assert any("TensorFlow is being started" in sentence for sentence in told)
    assert (session.snapshot.parameters == before).all()
    press(qtbot, dialog.copy)
    assert f"Verdict: {found.verdict}" in QGuiApplication.clipboard().text()
    assert "TensorFlow: " in QGuiApplication.clipboard().text()


def test_without_tensorflow_the_dialog_says_so_and_can_try_again(qtbot, dialog, child_folder):
    (child_folder / "keras.py").write_text("raise ImportError('there is no keras')")
    dialog.start.setCurrentIndex(1)
    press(qtbot, dialog.check)
    ended(qtbot, dialog)
    assert "needs TensorFlow, which cannot be imported here" in dialog.message.sentence
    assert "there is no keras" in dialog.message.text.toPlainText()
    assert dialog.check.isVisible()
    assert dialog.found is None
    assert not dialog.copy.isEnabled()


@pytest.mark.parametrize("how", ["stop", "close_button"])
def test_a_check_can_be_stopped_and_ends_its_child(qtbot, dialog, session, child_folder, tmp_path, how):
    alive = tmp_path / "alive"
    (child_folder / "keras.py").write_text(
        f"import os, pathlib\npathlib.Path({str(alive)!r}).write_text(str(os.getpid()))\n"
        "import threading; threading.Event().wait()\n"
    )
    press(qtbot, dialog.check)
    qtbot.waitUntil(lambda: alive.exists() and bool(alive.read_text()), timeout=CHILD)
    press(qtbot, getattr(dialog, how))
    qtbot.waitUntil(lambda: not session.tasks._running, timeout=PATIENCE)
    with pytest.raises(OSError, match=r"\S"):
        os.kill(int(alive.read_text()), 0)
    assert dialog.message.isHidden()
    assert not dialog.stop.isVisible()


def test_before_the_data_is_there_it_says_so(qtbot):
    session = Session(QUICK)
    dialog = VerificationDialog(session)
    qtbot.addWidget(dialog)
    dialog.show()
    press(qtbot, dialog.check)
    assert "still being loaded" in dialog.message.sentence
    session.finish()


def test_a_wrong_number_of_steps_is_refused_beside_the_field(qtbot, dialog):
    dialog.steps.editor.clear()
    qtbot.keyClicks(dialog.steps.editor, "0")
    assert "from 2 to 10,000" in dialog.steps.error.text()
    assert dialog.steps.value != 0


def test_everything_that_can_be_pressed_explains_itself(dialog):
    for widget in (dialog.start, dialog.check, dialog.stop, dialog.copy, dialog.close_button):
        assert widget.toolTip() or widget.whatsThis()
    assert all(tile.whatsThis() for tile in dialog.view.tiles.values())
    assert dialog.empty.findChildren(QLabel) == []
    assert "is not changed" in dialog.empty.text()


def test_the_run_menu_opens_one_dialog(qtbot, window):
    action = next(a for a in window.menus.window.findChildren(type(window.menus.undo)) if "TensorFlow" in a.text())
    action.trigger()
    first = window.menus.verification
    assert first.isVisible()
    first.close()
    action.trigger()
    assert window.menus.verification is first
    assert first.isVisible()
    first.close()
