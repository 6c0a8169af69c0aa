"""Looking back over a run, and going on with runs of the library, in the whole window."""

from contextlib import closing

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from whole_window import LONG, PATIENCE, QUICK, rest, train

from engine.model_files import load_model
from engine.network import Network
from engine.runs.frames import half
from engine.runs.row import RunState
from engine.runs.run_file import RunFile
from engine.surgery import SwitchOff
from gui.panels.time_bar import GOES_ON
from gui.session import State

pytest_plugins = ["whole_window"]


def rows(window):
    return window.library.store.rows()


@pytest.fixture
def run(qtbot, window):
    """A window with a run of two epochs, 54 batches, and a test image on the pad."""
    window.drawing_panel.show_test_image()
    train(qtbot, window)
    return window


def test_every_page_and_the_pad_go_to_a_moment_and_back(qtbot, run):
    session, film = run.session, run.session.film
    assert film.steps[0] == 0
    latest = session.snapshot
    now = session.read(session.drawing)
    heard = []
    session.shown_changed.connect(heard.append)
    session.show_moment(0)
    assert session.travelling
    start = Network(QUICK.network, QUICK.seed)
    np.testing.assert_array_equal(session.shown.parameters, half(start.parameters).astype(np.float32))
    np.testing.assert_array_equal(session.reader.parameters, session.shown.parameters)
    assert session.snapshot is latest
    assert run.document.model.network is latest  # what is saved is what was learned, not what is looked at
    assert run.transport.isEnabled()
    assert "Looking back" in run.time_bar.where.text()
    session.show_moment(None)
    assert not session.travelling
    np.testing.assert_array_equal(session.read(session.drawing), now)
    assert [snapshot.step for snapshot in heard] == [0, latest.step]


def test_the_answer_on_the_pad_is_that_of_the_moment(qtbot, run):
    session = run.session
    session.show_moment(0)
    expected = session.own.read(session.drawing).shares
    qtbot.waitUntil(
        lambda: np.allclose(run.drawing_panel.reading.reading.shares, expected, atol=1e-6), timeout=PATIENCE
    )
    steps = run.drawing_panel.timeline.steps
    session.show_moment(2)
    assert run.drawing_panel.timeline.steps == steps  # its past is not written anew


def test_the_confusion_matrix_follows(qtbot, run):
    session = run.session
    run.pages.setCurrentWidget(run.pages.page("Evaluation"))
    session.show_moment(0)
    qtbot.waitUntil(lambda: session.evaluation is not None and session.evaluated_step == 0, timeout=PATIENCE)
    low = session.evaluation.accuracy
    session.show_moment(None)
    qtbot.waitUntil(lambda: session.evaluated_step == session.snapshot.step, timeout=PATIENCE)
    assert session.evaluation.accuracy > low
    rest(qtbot, run)


def test_training_goes_on_while_the_past_is_in_view_and_learns_the_same(qtbot, run):
    session = run.session
    session.show_moment(1)
    shown = session.shown
    session.train()
    assert run.message.isVisible()
    assert run.message.sentence == GOES_ON
    with qtbot.waitSignal(session.ended, timeout=PATIENCE):
        pass
    rest(qtbot, run)
    assert session.shown is shown
    assert session.snapshot.step == 108
    run.session.new_network()
    assert not session.travelling
    assert session.film is None
    rest(qtbot, run)


def test_one_goes_on_from_the_moment_in_view_as_another_run(qtbot, run):
    session, menu = run.session, run.menus.branch
    said = []
    session.noted.connect(said.append)
    before, latest = rows(run)[0].id, session.snapshot
    assert not menu.isEnabled()
    session.show_moment(3)
    shown = session.shown
    train(qtbot, run)
    assert said[-1] == GOES_ON
    menu.trigger()
    rest(qtbot, run)
    assert not menu.isEnabled()
    assert "batch 3 now" in said[-1]
    np.testing.assert_array_equal(session.snapshot.parameters, shown.parameters)
    assert session.parent_run == before
    train(qtbot, run)
    assert session.snapshot.step == 3 + 54
    (new, old) = rows(run)
    assert (new.parent, old.id, old.steps) == (before, before, 2 * latest.step)


def test_new_frames_come_while_it_trains(qtbot, window):
    window.settings_panel.set_run(QUICK.changed(training={"epochs": 10_000}))
    window.session.train()
    qtbot.waitUntil(lambda: window.session.film is not None and len(window.session.film) > 30, timeout=PATIENCE)
    count = len(window.session.film)
    qtbot.waitUntil(lambda: len(window.session.film) > count, timeout=PATIENCE)
    window.session.stop()
    rest(qtbot, window)


def test_a_run_is_in_the_library_with_its_model_and_its_scores(qtbot, run):
    (glance,) = rows(run)
    assert (glance.state, glance.epochs, glance.steps) == (RunState.FINISHED, 2, 54)
    qtbot.waitUntil(lambda: bool(rows(run)[0].model), timeout=PATIENCE)
    assert rows(run)[0].test_accuracy == pytest.approx(run.session.evaluation.accuracy)


def test_continuing_a_finished_run_trains_it_on_as_if_it_had_never_been_left(qtbot, run, opened):
    row = run.library.store.row(rows(run)[0].id)
    train(qtbot, run)  # two more epochs at once
    curves = run.session.history.batches.column("loss")
    run.close()
    again = opened()
    rest(qtbot, again)
    fresh = again.library.store.row(row.id)
    assert fresh.steps == 108
    with qtbot.waitSignal(again.session.ended, timeout=PATIENCE):
        again.library.continue_run(fresh)
    rest(qtbot, again)
    np.testing.assert_allclose(again.session.history.batches.column("loss")[:108], curves, rtol=1e-5)
    assert again.library.store.row(row.id).steps == 162
    assert len(rows(again)) == 1
    assert again.session.film.steps[0] == 0


def test_continuing_the_run_in_view_trains_it_on(qtbot, run):
    row = run.library.store.row(rows(run)[0].id)
    with qtbot.waitSignal(run.session.ended, timeout=PATIENCE):
        run.library.continue_run(row)
    rest(qtbot, run)
    assert run.problems == []
    assert run.library.store.row(row.id).steps == 108
    assert len(rows(run)) == 1
    page = run.pages.page("Training")
    assert page.plots.history is run.session.history
    page.redraw()
    places = page.plots.loss.points("smooth")[0]
    assert places[0] < 1 < 3 < places[-1]


def test_the_best_and_the_last_network_of_a_run_are_opened_with_their_film(qtbot, run):
    row = run.library.store.row(rows(run)[0].id)
    learned = run.session.snapshot.parameters
    run.session.new_network()
    for which in ("last", "best"):
        with qtbot.waitSignal(run.session.network_replaced, timeout=PATIENCE):
            run.library.open_model(row, which)
        rest(qtbot, run)
        np.testing.assert_array_equal(run.session.snapshot.parameters, learned)
        assert len(run.session.film) > 10
        assert run.session.parent_run == row.id
    train(qtbot, run)
    newest = run.library.store.row(rows(run)[0].id)
    assert newest.parent == row.id


def test_settings_of_a_run_come_back_into_the_forms_and_can_be_taken_back(qtbot, run):
    row = run.library.store.row(rows(run)[0].id)
    other = QUICK.changed(training={"learning_rate": 0.123})
    run.settings_panel.set_run(other)
    run.library.restore_settings(row)
    assert run.session.run.training == row.spec.training
    run.settings_panel.undo_stack.undo()
    assert run.session.run.training.learning_rate == 0.123


def test_closing_while_it_trains_asks_nothing_and_the_next_window_goes_on(qtbot, window, opened):
    run = QUICK.changed(training={"epochs": 40, "keep_best": False})
    window.settings_panel.set_run(run)
    window.session.train()
    qtbot.waitUntil(lambda: window.session.history.last_epoch is not None, timeout=PATIENCE)
    assert window.close()
    second = opened()
    qtbot.waitUntil(lambda: second.message.action.text() == "Go on", timeout=PATIENCE)
    assert second.message.sentence.startswith("You closed the window in epoch ")
    with qtbot.waitSignal(second.session.ended, timeout=PATIENCE):
        second.message.action.click()
    rest(qtbot, second)
    assert second.session.snapshot.step == 40 * 27
    third = opened()
    third.settings_panel.set_run(run)
    train(qtbot, third)
    np.testing.assert_array_equal(third.session.snapshot.parameters, second.session.snapshot.parameters)
    assert [row.state for row in rows(third)] == [RunState.FINISHED] * 2


def test_a_run_that_trains_in_another_window_cannot_be_gone_on_with(qtbot, window, opened):
    window.settings_panel.set_run(QUICK.changed(training=LONG))
    window.session.train()
    qtbot.waitUntil(lambda: bool(rows(window)), timeout=PATIENCE)
    second = opened()
    rest(qtbot, second)
    assert second.message.action.text() != "Go on"
    second.library.continue_run(second.library.store.row(rows(second)[0].id))
    qtbot.waitUntil(lambda: bool(second.problems), timeout=PATIENCE)
    assert "another window" in str(second.problems[0])
    assert window.session.state == State.RUNNING


def test_undo_in_a_page_with_changes_of_its_own(qtbot, run):
    page = run.pages.page("Runs")
    run.pages.setCurrentWidget(page)
    page.setFocus()
    run.pages.tabBar().setFocus()
    QTest.keyClick(run, Qt.Key.Key_F3)
    assert run._undo_stack() is page.undo_stack


def test_training_a_run_on_without_a_better_epoch_leaves_its_model_and_scores(qtbot, run):
    qtbot.waitUntil(lambda: bool(rows(run)[0].model), timeout=PATIENCE)
    before = rows(run)[0]
    run.settings_panel.set_run(QUICK.changed(training={"learning_rate": 5}))
    train(qtbot, run)
    after = rows(run)[0]
    assert (after.model, after.test_accuracy) == (before.model, before.test_accuracy)
    assert after.steps > before.steps


def test_a_pause_is_on_disk(qtbot, window):
    window.settings_panel.set_run(QUICK.changed(training=LONG))
    window.session.train()
    qtbot.waitUntil(lambda: len(window.session.history.batches) > 30, timeout=PATIENCE)
    with qtbot.waitSignal(window.session.trainer.paused, timeout=PATIENCE):
        window.session.pause()
    with closing(RunFile(window.session.trainer.keeper.path)) as file:
        assert file.facts()["state"]["step"] == window.session.snapshot.step > 0


def test_a_run_that_was_left_by_closing_can_be_continued_and_deleted_in_the_library(qtbot, window, opened):
    window.settings_panel.set_run(QUICK.changed(training=LONG))
    window.session.train()
    qtbot.waitUntil(lambda: len(window.session.history.batches) > 30, timeout=PATIENCE)
    window.close()
    second = opened()
    page = second.pages.page("Runs")
    second.pages.setCurrentWidget(page)
    qtbot.waitUntil(lambda: page.model.rowCount() == 1, timeout=PATIENCE)
    page.table.selectAll()
    assert rows(second)[0].state == RunState.PAUSED
    buttons = page.actions_row.continue_button, page.actions_row.delete_button
    qtbot.waitUntil(lambda: all(button.isEnabled() for button in buttons), timeout=PATIENCE)


def test_the_end_of_a_training_is_measured_also_while_the_past_is_in_view(qtbot, run):
    session = run.session
    session.show_moment(0)
    train(qtbot, run)
    qtbot.waitUntil(lambda: session.evaluated is session.snapshot, timeout=PATIENCE)
    run.pages.setCurrentWidget(run.pages.page("Evaluation"))
    qtbot.waitUntil(lambda: session.evaluated_step == 0, timeout=PATIENCE)
    run.pages.setCurrentWidget(run.pages.page("Training"))
    session.show_moment(None)
    qtbot.waitUntil(lambda: session.evaluated is session.snapshot, timeout=PATIENCE)
    rest(qtbot, run)


def test_a_changed_copy_that_became_the_network_is_kept(qtbot, run, user_folders):
    rest(qtbot, run)
    kept = set((user_folders / "models").iterdir())
    surgeon, parent = run.pages.page("Network").surgeon, run.session.history.run_id
    surgeon.do(SwitchOff(layer=0, unit=3), "Unit 4")
    surgeon.keep()
    rest(qtbot, run)
    (new,) = set((user_folders / "models").iterdir()) - kept
    np.testing.assert_array_equal(load_model(new).network.parameters, run.session.snapshot.parameters)
    assert run.session.parent_run == parent
