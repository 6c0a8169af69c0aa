"""What the tests of the whole window share: a window opened as the program does, on the first images of MNIST.

A test file takes the fixtures by ``pytest_plugins = ["whole_window"]`` and imports the rest. There are no assertions
in here: PYTEST_DONT_REWRITE keeps pytest from warning that this module was imported before it became a plugin.
"""

import gc

import pytest
from PySide6.QtCore import QEvent, QSettings
from PySide6.QtWidgets import QApplication

from engine.datasets import load_dataset
from engine.presets import PRESETS
from gui import theme
from gui.app import make_window
from gui.session import State

PATIENCE = 20_000
LONG = {"epochs": 10_000}
QUICK = PRESETS["quick"].run.changed(
    network={"layers": [{"kind": "dense", "units": 16}]}, training={"batch_size": 20, "epochs": 2}
)


@pytest.fixture
def settings(tmp_path):
    return QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def part_of_mnist(monkeypatch, small):
    """Load the first images of MNIST when the window asks for MNIST; everything else as always."""

    def load(word, **listeners):
        return small if word == "mnist" else load_dataset(word, **listeners)

    monkeypatch.setattr("gui.desk.load_dataset", load)


@pytest.fixture(scope="module")
def quick_collections():
    """Keep the collector, which is called after every window, from looking at what was there before."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(scope="module")
def look(qapp):
    """Choose the look of the program again for the next tests; its style sheet stays.

    Taking a style sheet off while widgets are being collected crashes Qt now and then.
    """
    switch = theme.switch()
    mode, colours = switch.mode, switch.theme
    yield
    switch.mode, switch.theme = mode, colours


@pytest.fixture
def opened(qtbot, settings, part_of_mnist, look):
    """Return a function that opens a window as the program does, and delete those windows in the end."""
    windows = []

    def make():
        made = make_window(settings)
        windows.append(made)
        with qtbot.waitActive(made):
            made.show()
            made.activateWindow()
        with qtbot.waitSignal(made.library.changed, timeout=PATIENCE):  # it has looked for what can go on
            made.begin([])
        qtbot.waitUntil(lambda: made.session.dataset is not None, timeout=PATIENCE)
        made.problems = []
        made.session.problem.connect(made.problems.append)
        return made

    yield make
    for made in windows:
        made.close()
        delete(made)


@pytest.fixture
def window(opened):
    made = opened()
    made.settings_panel.set_run(QUICK)
    return made


def delete(window):
    """Delete a window now: a change of the style sheet dresses all there are, and must not meet what is garbage."""
    window.deleteLater()
    QApplication.sendPostedEvents(window, QEvent.Type.DeferredDelete)
    gc.collect()


def rest(qtbot, window):
    """Wait until nothing runs beside the window."""
    session = window.session
    qtbot.waitUntil(
        lambda: session.state == State.IDLE and not session.tasks.titles and not session.trainer.leaving,
        timeout=PATIENCE,
    )


def train(qtbot, window):
    with qtbot.waitSignal(window.session.ended, timeout=PATIENCE):
        window.transport.train.trigger()
    rest(qtbot, window)
