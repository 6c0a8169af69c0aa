"""The whole way of a newcomer in a real window on a real X server, with real mouse clicks and keys.

Not part of the usual run, because it needs Xvfb and xdotool: ``pytest tests/x11_workbench.py``.
"""

import itertools
import os
import subprocess
import time

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit

READY_SECONDS = 20


@pytest.fixture(scope="session")
def screen():
    """A screen of its own."""
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x720x24", "-nolisten", "tcp"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as pipe:
        number = pipe.readline().strip()
    os.environ["DISPLAY"] = f":{number}"
    os.environ["QT_QPA_PLATFORM"] = "xcb"
    yield
    application = QApplication.instance()
    if application is not None:
        application.processEvents()
    server.terminate()
    server.wait(timeout=READY_SECONDS)


@pytest.fixture(scope="session")
def qapp_args(screen):
    """Arguments of the application, which must not exist before the screen does."""
    return ["digitlab"]


@pytest.fixture
def window(qtbot):
    from gui.app import application, make_window

    assert application().platformName() == "xcb"
    made = make_window(QSettings())
    qtbot.addWidget(made)
    made.show()
    made.resize(1280, 720)
    made.begin([])
    qtbot.waitUntil(lambda: made.session.dataset is not None, timeout=20_000)
    xdo("windowmove", made.winId(), 0, 0)
    xdo("windowfocus", made.winId())
    qtbot.waitUntil(made.isActiveWindow, timeout=5_000)
    yield made
    made.close()


def xdo(*words):
    subprocess.run(["xdotool", *map(str, words)], check=True, timeout=30)


def at(widget, x=0.5, y=0.5):
    """Return a place within a widget, in pixels of the screen."""
    place = widget.mapToGlobal(QPoint(round(widget.width() * x), round(widget.height() * y)))
    return place.x(), place.y()


def click(widget, x=0.5, y=0.5):
    xdo("mousemove", *at(widget, x, y), "click", 1)


def press(key):
    xdo("key", "--clearmodifiers", key)


def draw(qtbot, pad, points):
    """Draw one stroke through points given as shares of the pad."""
    xdo("mousemove", *at(pad, *points[0]), "mousedown", 1)
    for x, y in points[1:]:
        xdo("mousemove", *at(pad, x, y))
        qtbot.wait(5)
    xdo("mouseup", 1)


def line(*corners):
    """Return points along straight lines from corner to corner."""
    path = []
    for (x0, y0), (x1, y1) in itertools.pairwise(corners):
        path += [(x0 + (x1 - x0) * t, y0 + (y1 - y0) * t) for t in np.linspace(0, 1, 12)]
    return path


SEVEN = line((0.25, 0.22), (0.75, 0.22), (0.45, 0.8))


def test_from_the_form_to_the_saved_model(qtbot, window, tmp_path, monkeypatch):
    session, transport, pad = window.session, window.transport, window.drawing_panel.pad

    # form: choose another number of units with the keyboard
    field = window.settings_panel.findChild(QLineEdit, "units")
    click(field)
    press("ctrl+a")
    xdo("type", "48")
    press("Tab")
    qtbot.waitUntil(lambda: session.snapshot.spec.layers[0].units == 48, timeout=5_000)

    # Train, by a click; the curve has points
    start = session.snapshot.parameters.copy()
    click(transport.widgetForAction(transport.train))
    qtbot.waitUntil(lambda: len(session.history.batches) > 20, timeout=20_000)
    qtbot.waitUntil(lambda: len(window.pages.page("Training").plots.loss.points("smooth")[0]) > 10, timeout=5_000)

    # the weights change, in the network and on the page
    press("ctrl+3")
    qtbot.waitUntil(lambda: window.pages.currentWidget() is window.pages.page("Weights"), timeout=5_000)
    assert not np.array_equal(session.snapshot.parameters, start)
    before = window.pages.page("Weights").grab().toImage()
    qtbot.waitUntil(lambda: window.pages.page("Weights").grab().toImage() != before, timeout=5_000)

    # draw while it learns: the answer is there, and changes with the weights
    draw(qtbot, pad, SEVEN)
    qtbot.waitUntil(lambda: session.drawing is not None, timeout=5_000)
    assert session.state == "running"
    first = np.array(session.read(session.drawing))
    qtbot.waitUntil(lambda: not np.allclose(session.read(session.drawing), first, atol=1e-7), timeout=10_000)

    # pause by the space bar, stop by a click
    press("space")
    qtbot.waitUntil(lambda: session.state == "paused", timeout=5_000)
    with qtbot.waitSignal(session.ended, timeout=10_000):
        click(transport.widgetForAction(transport.stop))
    qtbot.waitUntil(lambda: session.evaluation is not None, timeout=10_000)
    answer = session.read(session.drawing)

    # save, make another network, reopen: the same predictions
    target = tmp_path / "mine.safetensors"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    with qtbot.waitSignal(window.document.saved_to, timeout=10_000):
        press("ctrl+s")
    press("ctrl+n")
    qtbot.waitUntil(lambda: session.snapshot.step == 0, timeout=5_000)
    assert not np.array_equal(session.read(session.drawing), answer)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(target), ""))
    with qtbot.waitSignal(window.document.opened, timeout=10_000):
        press("ctrl+o")
    np.testing.assert_array_equal(session.read(session.drawing), answer)

    # the right button clears the pad
    xdo("mousemove", *at(pad), "click", 3)
    qtbot.waitUntil(lambda: session.drawing is None, timeout=5_000)


def test_closing_the_window_while_it_learns_keeps_the_network(qtbot, window, user_folders):
    click(window.transport.widgetForAction(window.transport.train))
    qtbot.waitUntil(lambda: window.session.snapshot.step > 20, timeout=20_000)
    began = time.monotonic()
    press("ctrl+q")
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=10_000)
    assert time.monotonic() - began < 10
    assert len(list((user_folders / "models").glob("*.safetensors"))) == 1


def test_the_keyboard_reaches_everything(qtbot, window):
    """Tab comes by the forms, the transport and the pad."""
    window.settings_panel.setFocus(Qt.FocusReason.TabFocusReason)
    seen = set()
    for _ in range(150):
        press("Tab")
        qtbot.wait(1)
        widget = QApplication.focusWidget()
        for name, part in (
            ("forms", window.settings_panel),
            ("transport", window.transport),
            ("pad", window.drawing_panel),
            ("pages", window.pages),
        ):
            if widget is not None and part.isAncestorOf(widget):
                seen.add(name)
        if len(seen) == 4:
            break
    assert seen == {"forms", "transport", "pad", "pages"}
