"""The dialog that checks the engine against TensorFlow."""

from __future__ import annotations

import os

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel
from whole_window import PATIENCE, QUICK

from engine.verification import WHY_FLOAT64, Check, Comparison, Course
from gui.session import Session
from gui.verification_dialog import VerificationDialog
from gui.widgets.comparison_view import ComparisonView

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
    assert view.losses.title.text() == "Loss, float32"
    assert len(view.apart.points("losses")[0]) == 10
    assert view.apart.points("weights")[0].tolist() == [10]
    assert view.apart.logarithmic
    assert [tile.figure == "–" for tile in view.tiles.values()] == [False, False, True, True]
    assert "Speeds are given from 50 steps on" in view.notes.text()
    assert any("TensorFlow is being started" in sentence for sentence in told)
    assert (session.snapshot.parameters == before).all()
    press(qtbot, dialog.copy)
    assert f"Verdict: {found.verdict}" in QGuiApplication.clipboard().text()
    assert dialog.progress.text() == "Verdict and figures were copied."
    press(qtbot, dialog.check)  # what is on the screen is not taken for what comes of this check
    assert dialog.found is None
    assert not dialog.copy.isEnabled()
    assert dialog.pages.currentWidget() is dialog.empty
    assert dialog.bar.isVisible()
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    dialog.show()
    assert "Closing this dialog stopped the check" in dialog.progress.text()


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
    assert "after the steps of DigitLab; nothing was changed." in dialog.progress.text()
    assert dialog.bar.isHidden()


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
    assert not dialog.check.isEnabled()
    qtbot.keyClick(dialog.steps.editor, Qt.Key.Key_Return)
    assert dialog._task is None
    dialog.steps.editor.clear()
    qtbot.keyClicks(dialog.steps.editor, "20")
    assert dialog.check.isEnabled()
    assert dialog.steps.value == 20


def test_everything_that_can_be_pressed_explains_itself(dialog):
    pressed = (dialog.start, dialog.check, dialog.stop, dialog.copy, dialog.close_button)
    for widget in (*pressed, dialog.steps, dialog.progress, dialog.bar, dialog.view.verdict, dialog.view.how):
        assert widget.whatsThis()
    assert all(tile.whatsThis() for tile in dialog.view.tiles.values())
    assert dialog.empty.findChildren(QLabel) == []
    assert "is not changed" in dialog.empty.text()


def course(losses, weight, speed=20_000.0):
    return Course(losses, np.full(len(losses), 0.1), {"dense_1.weights": np.full((2, 2), weight)}, speed)


def compared(dtype, apart, weight_apart):
    """A check whose losses come apart by `apart`, of shape (steps,)."""
    losses = np.linspace(2.3, 0.4, len(apart))
    return Check(dtype, course(losses * (1 + apart), 1 + weight_apart), course(losses, 1.0))


def test_where_float64_decides_the_plots_show_float64(qtbot):
    view = ComparisonView()
    qtbot.addWidget(view)
    exact = np.where(np.arange(60) < 20, 0.0, 1e-14)
    found = Comparison((compared("float32", np.full(60, 0.01), 0.02), compared("float64", exact, 1e-12)))
    view.show_comparison(found, beside_training=True)
    assert found.agrees
    assert [view.losses.title.text(), view.apart.title.text()] == [
        "Loss, float64",
        "Largest difference so far, float64",
    ]
    np.testing.assert_allclose(view.losses.points("ours")[1], found.last.ours.losses)
    drawn = view.apart.points("losses")[1]
    assert np.isnan(drawn[:20]).all()  # no floor that nobody has measured
    np.testing.assert_allclose(drawn[20:], -14, atol=0.1)
    for sentence in ("kink of a ReLU", "Up to step 20 the losses do not differ at all", "A training ran in the window"):
        assert sentence in view.notes.text()
    assert view.tiles["ours"].figure == "20,000"
    assert ("Why float64", WHY_FLOAT64) in found.rows()


def test_losses_that_never_differ_have_no_line_but_a_sentence(qtbot):
    view = ComparisonView()
    qtbot.addWidget(view)
    view.show_comparison(Comparison((compared("float64", np.zeros(60), 0.0),)))
    assert "The losses do not differ at all" in view.notes.text()
    assert view.apart.points("losses")[0].size == 0
    view.show_comparison(Comparison((compared("float64", np.full(60, 1e-15), 0.0),)))
    assert view.notes.isHidden()


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
