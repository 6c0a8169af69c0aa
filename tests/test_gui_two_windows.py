"""Two windows at once, of one program or of two: both train and keep, and neither takes the other's run."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from whole_window import LONG, PATIENCE, QUICK, rest, train

from engine.children import environment
from engine.runs.recall import cut_off, model_of
from engine.runs.row import RunState
from engine.runs.run_file import path_of
from engine.runs.store import RunStore

pytest_plugins = ["whole_window"]
pytestmark = pytest.mark.usefixtures("quick_collections", "part_of_mnist", "look")

CONTINUING = """
import sys
from engine.errors import DigitLabError
from engine.runs.recall import cut_off, recall
from engine.runs.row import new_row
from engine.runs.store import RunStore
from engine.specs import RunSpec

with RunStore() as store:
    print([row.id for row in cut_off(store)])
    try:
        recall(sys.argv[1])
    except DigitLabError as error:
        print(error)
    for number in range(50):
        store.save(new_row(RunSpec()))
"""


@pytest.fixture
def windows(opened):
    """Two windows of one program, with networks of different seeds."""
    made = opened(), opened()
    for seed, window in enumerate(made):
        window.settings_panel.set_run(QUICK.changed(run={"seed": seed}))
    return made


def start(qtbot, window):
    window.settings_panel.set_run(window.session.run.changed(training=LONG))
    window.transport.train.trigger()
    qtbot.waitUntil(lambda: window.session.snapshot.step > 5, timeout=PATIENCE)
    return window.session.history.run_id


def stop(qtbot, window):
    window.transport.stop.trigger()
    rest(qtbot, window)


def test_both_train_and_keep_at_once(qtbot, windows):
    for window in windows:
        window.transport.train.trigger()
    for window in windows:
        qtbot.waitUntil(lambda window=window: window.session.history.last_epoch is not None, timeout=PATIENCE)
        rest(qtbot, window)
        assert window.problems == []
    with RunStore() as store:
        rows = {glance.id: glance.row() for glance in store.rows()}
        assert cut_off(store) == []
        assert store.notes == []
    assert [row.state for row in rows.values()] == [RunState.FINISHED] * 2
    for window in windows:
        session, row = window.session, rows[window.session.history.run_id]
        assert row.spec.seed == session.built.seed
        np.testing.assert_array_equal(model_of(row, "best").network.parameters, session.snapshot.parameters)
        qtbot.waitUntil(lambda session=session: len(session.film) > 3, timeout=PATIENCE)
        assert session.film.path == path_of(row.id)


def test_the_run_that_one_window_trains_is_not_for_the_other(qtbot, windows):
    training, other = windows
    run_id = start(qtbot, training)
    before = other.session.snapshot
    with RunStore() as store:
        row = store.row(run_id)
        assert cut_off(store) == []
    training.library.continue_run(row)
    assert [str(problem) for problem in training.problems] == ["This run is being trained in this window already."]
    training.problems.clear()
    other.library.continue_run(row)
    qtbot.waitUntil(lambda: bool(other.problems), timeout=PATIENCE)
    assert str(other.problems[0]) == "This run is being trained in another window. Go on with it there."
    rest(qtbot, other)
    assert other.session.snapshot is before
    train(qtbot, other)  # and goes on with its own
    stop(qtbot, training)
    other.library.continue_run(row)
    qtbot.waitUntil(lambda: other.session.history.run_id == run_id, timeout=PATIENCE)
    qtbot.waitUntil(lambda: other.session.snapshot.step > training.session.snapshot.step, timeout=PATIENCE)
    stop(qtbot, other)
    assert training.problems == []
    assert len(other.problems) == 1


def test_another_program_leaves_what_is_trained_alone_and_writes_at_the_same_time(qtbot, windows):
    window, _ = windows
    run_id = start(qtbot, window)
    command = [sys.executable, "-c", CONTINUING, run_id]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True)
    offered, refusal = done.stdout.splitlines()
    assert offered == "[]"
    assert "is being trained in another window" in refusal
    stop(qtbot, window)
    assert window.problems == []
    with RunStore() as store:
        assert len(store.rows()) == 51
        assert store.row(run_id).state == RunState.STOPPED
