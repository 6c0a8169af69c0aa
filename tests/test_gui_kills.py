"""Whatever ends the program or befalls its folder, the next window goes on where it was."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from test_engine_runs_read_only import rights, unprivileged
from test_engine_runs_trouble import older, overwritten
from whole_window import LONG, PATIENCE, QUICK, rest, train

from engine.children import environment
from engine.network import Network
from engine.runs.row import RunState
from engine.runs.run_file import RunFile, path_of
from engine.runs.store import RunStore
from engine.training import Training
from gui.session import State

pytest_plugins = ["whole_window"]
pytestmark = pytest.mark.usefixtures("quick_collections", "part_of_mnist", "look")

RUN = QUICK.changed(training={"epochs": 24, "keep_best": False})


def undisturbed(session) -> np.ndarray:
    """Return the weights of a training that nothing disturbs."""
    training = Training(Network(RUN.network, RUN.seed), session.parts, RUN.training, RUN.seed)
    for _ in training.reports():
        pass
    return training.network.parameters


def go_on(qtbot, window, said) -> None:
    """Take the offer to go on, which says why it was not done, and wait for the end."""
    offer = window.message
    qtbot.waitUntil(lambda: offer.offers and offer.sentence.startswith(said), timeout=PATIENCE)
    (row,) = rows()
    place = f"in epoch {row.epochs + 1} of {RUN.training.epochs}, after {row.steps:,} batches: {row.title}."
    assert offer.sentence == f"{said} {place} It can go on exactly there."
    assert offer.action.text() == "Go on"
    with qtbot.waitSignal(window.session.ended, timeout=PATIENCE):
        offer.action.click()
    rest(qtbot, window)


def start(qtbot, window, step=5, **changed) -> None:
    window.settings_panel.set_run(RUN.changed(**changed))
    window.transport.train.trigger()
    qtbot.waitUntil(lambda: window.session.snapshot.step > step, timeout=PATIENCE)


def rows():
    with RunStore() as store:
        return store.rows()


def test_closing_while_it_trains_asks_nothing_and_the_next_window_goes_on_to_the_same_weights(qtbot, opened):
    first = opened()
    start(qtbot, first, step=40)
    assert first.close()
    assert not first.message.offers
    (row,) = rows()
    assert row.state == RunState.PAUSED
    second = opened()
    go_on(qtbot, second, "You closed the window")
    np.testing.assert_array_equal(second.session.snapshot.parameters, undisturbed(second.session))
    assert second.problems == []
    assert len(second.session.history.batches) == second.session.snapshot.step
    (row,) = rows()
    assert (row.state, row.steps) == (RunState.FINISHED, second.session.snapshot.step)


TRAINING = """
import sys
sys.path.insert(0, sys.argv[1])
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
import gui.app, gui.desk, main
from engine.specs import RunSpec
from kills import small_part

gui.desk.load_dataset = lambda word, **listeners: small_part()

def window():
    return next(widget for widget in QApplication.topLevelWidgets() if hasattr(widget, "settings_panel"))

def press_train():
    if window().session.dataset is None:
        QTimer.singleShot(20, press_train)
        return
    window().settings_panel.set_run(RunSpec.model_validate_json(sys.argv[2]))
    window().session.run_kept.connect(tell)
    window().transport.train.trigger()

def tell(run_id):
    print(window().session.trainer.keeper.row.steps, flush=True)

begin = gui.app._begin
def begin_and_train(*values):
    begin(*values)
    press_train()
gui.app._begin = begin_and_train
sys.exit(main.main([]))
"""


def test_the_program_is_killed_while_it_trains_and_the_next_window_goes_on_to_the_same_weights(qtbot, opened):
    command = [sys.executable, "-c", TRAINING, str(Path(__file__).parent), RUN.model_dump_json()]
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while int(process.stdout.readline() or -1) < 40:
            assert process.poll() is None
        process.send_signal(signal.SIGKILL)
    window = opened()
    go_on(qtbot, window, "A training was cut off")
    np.testing.assert_array_equal(window.session.snapshot.parameters, undisturbed(window.session))
    (row,) = rows()
    assert row.state == RunState.FINISHED


# --- the data folder ------------------------------------------------------------------------------------------


def test_a_data_folder_that_vanishes_while_it_trains_is_begun_anew(qtbot, window, user_folders):
    start(qtbot, window, training=LONG)
    shutil.rmtree(user_folders)
    step = window.session.snapshot.step
    qtbot.waitUntil(lambda: any("was removed" in str(error) for error in window.problems), timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.session.snapshot.step > step + 100, timeout=PATIENCE)
    window.transport.stop.trigger()
    rest(qtbot, window)
    (row,) = rows()
    assert row.state == RunState.STOPPED
    assert window.session.film.there
    with closing(RunFile(path_of(row.id))) as file:
        np.testing.assert_array_equal(file.facts()["state"]["step"], row.steps)
        assert {"row", "state", "data"} <= set(file.facts())
    window.session.new_network()
    window.settings_panel.set_run(QUICK)
    train(qtbot, window)
    assert [row.state for row in rows()] == [RunState.FINISHED, RunState.STOPPED]


def test_where_nothing_may_be_written_any_more_it_says_so_and_trains_on(qtbot, window, monkeypatch):
    with tempfile.TemporaryDirectory() as name, unprivileged(Path(name)):
        folder = Path(name)
        monkeypatch.setenv("DIGITLAB_DATA", name)
        start(qtbot, window, training=LONG)
        qtbot.waitUntil(lambda: bool(rows()), timeout=PATIENCE)
        window.session.new_network()
        rest(qtbot, window)
        with rights(folder / "runs", 0o500), rights(folder, 0o500):
            window.session.train()
            qtbot.waitUntil(lambda: bool(window.problems), timeout=PATIENCE)
            assert str(folder) in str(window.problems[0])
            step = window.session.snapshot.step
            qtbot.waitUntil(lambda: window.session.snapshot.step > step + 50, timeout=PATIENCE)
        qtbot.waitUntil(lambda: len(rows()) == 2, timeout=PATIENCE)  # what was missed is written
        window.transport.stop.trigger()
        rest(qtbot, window)
        assert [row.state for row in rows()] == [RunState.STOPPED] * 2
        window.close()


DAMAGE = {
    "damaged": lambda path: path.write_bytes(overwritten(0, 200)(path.read_bytes())),
    "newer": lambda path: set_version(path, 99),
    "older": lambda path: (path.unlink(), older(path.parent)),
}


def set_version(path, version):
    with closing(sqlite3.connect(path)) as base:
        base.execute(f"pragma user_version = {version}")


@pytest.mark.parametrize("what", DAMAGE)
def test_a_list_of_runs_that_cannot_be_used_is_a_sentence_and_the_window_works(qtbot, opened, user_folders, what):
    rows()
    path = user_folders / "runs.sqlite"
    DAMAGE[what](path)
    before = path.read_bytes()
    window = opened()
    window.settings_panel.set_run(QUICK)
    rest(qtbot, window)
    window.pages.setCurrentWidget(window.pages.page("Runs"))
    train(qtbot, window)
    assert window.session.evaluation is not None
    said = [str(error) for error in window.problems]
    assert not any("Traceback" in sentence for sentence in said)
    if what == "newer":
        assert path.read_bytes() == before
        assert any("newer version" in sentence for sentence in [*said, window.message.sentence])
    else:
        assert len(rows()) == (6 if what == "older" else 1)
        assert said == []
    if what == "damaged":
        (kept,) = user_folders.glob("runs.sqlite.damaged-*[0-9]")
        assert kept.read_bytes() == before
    assert window.session.state == State.IDLE
    assert os.environ["DIGITLAB_DATA"] == str(user_folders)
