"""The session and its training thread: every order at every moment."""

import dataclasses
import threading

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QThread
from PySide6.QtGui import QUndoStack

from engine.datasets import load_dataset
from engine.errors import DigitLabError, SettingError
from engine.ink.spec import InkSpec
from engine.judge import Judge
from engine.network import Network
from engine.pen.drawn import Drawn
from engine.pen.files import write_unipen
from engine.pen.hands import draw_digit
from engine.pictures.reading import prepare_picture
from engine.presets import PRESETS
from engine.reports import BatchReport
from engine.training import Training
from gui.panels.pad_pictures import PadPictures
from gui.session import Session, State
from gui.widgets.pad import Pad
from gui.worker import TrainingThread

QUICK = PRESETS["quick"].run.changed(
    network={"layers": [{"kind": "dense", "units": 16}]}, training={"batch_size": 20, "epochs": 2}
)


@pytest.fixture
def session(qtbot, small):
    made = Session(QUICK)
    made._on_loaded(small)
    problems = []
    made.problem.connect(problems.append)
    made.problems = problems
    yield made
    made.finish()


def until(qtbot, session, state):
    qtbot.waitUntil(lambda: session.state == state, timeout=20_000)


def test_a_training_runs_to_its_end_and_is_evaluated(qtbot, session):
    with qtbot.waitSignals([session.ended, session.evaluation_changed], timeout=20_000):
        session.train()
        assert session.state == State.RUNNING
    assert session.state == State.IDLE
    assert len(session.history.epochs) == 2
    assert session.history.last.step == session.snapshot.step
    assert session.evaluation.count == len(session.dataset.test_images)
    assert session.problems == []


def test_it_computes_the_same_as_the_engine_alone(qtbot, session):
    with qtbot.waitSignal(session.ended, timeout=20_000):
        session.train()
    alone = Network(QUICK.network, QUICK.seed)
    for _ in Training(alone, session.parts, QUICK.training, QUICK.seed).reports():
        pass
    np.testing.assert_array_equal(session.snapshot.parameters, alone.parameters)


def test_a_stop_at_the_last_batch_of_a_stepped_epoch_ends_the_training(session, monkeypatch):
    training = Training(Network(QUICK.network, QUICK.seed), session.parts, QUICK.training, QUICK.seed)
    thread = TrainingThread(1, training)

    def reports():
        for report in Training.reports(training):
            if isinstance(report, BatchReport) and report.seen == report.size:
                thread.stop()
            yield report

    monkeypatch.setattr(training, "reports", reports)
    thread.step_epoch()
    thread.run()  # here and now: it would wait for another order for ever, and the closing window for it
    assert training.epoch == 1


def test_pausing_and_stepping_changes_nothing(qtbot, session):
    run = QUICK.changed(training={"epochs": 40})  # long enough to be paused before its end on a busy machine
    session.set_run(run)
    for count in (1, 2, 3):
        session.step_batch()
        until(qtbot, session, State.PAUSED)
        assert session.history.last.step == count == session.snapshot.step
    session.step_epoch()
    until(qtbot, session, State.PAUSED)
    assert len(session.history.epochs) == 1
    session.train()
    session.pause()
    until(qtbot, session, State.PAUSED)
    with qtbot.waitSignal(session.ended, timeout=20_000):
        session.train()
    alone = Network(run.network, run.seed)
    for _ in Training(alone, session.parts, run.training, run.seed).reports():
        pass
    np.testing.assert_array_equal(session.snapshot.parameters, alone.parameters)


def test_stop_ends_after_the_present_batch(qtbot, session):
    session.set_run(QUICK.changed(training={"epochs": 10_000}))
    session.train()
    qtbot.waitUntil(lambda: len(session.history.batches) > 5, timeout=20_000)
    with qtbot.waitSignal(session.ended, timeout=20_000) as ended:
        session.stop()
        assert session.state == State.STOPPING
        session.train()  # too late: it is stopping already
        assert session.state == State.STOPPING
    assert ended.args[0].reason == "stopped"
    assert session.state == State.IDLE


def test_training_goes_on_for_more_epochs(qtbot, session):
    for epochs in (2, 4):
        with qtbot.waitSignal(session.ended, timeout=20_000):
            session.train()
        assert len(session.history.epochs) == epochs


def test_the_learning_rate_changes_while_it_runs(qtbot, session):
    session.set_run(QUICK.changed(training={"epochs": 10_000, "schedule": {"kind": "constant"}}))
    session.train()
    qtbot.waitUntil(lambda: len(session.history.batches) > 5, timeout=20_000)
    session.set_run(session.run.changed(training={"learning_rate": 0.000123}))
    qtbot.waitUntil(lambda: session.history.last.learning_rate == 0.000123, timeout=20_000)
    assert session.state == State.RUNNING


def test_other_layers_wait_for_a_new_network_once_it_has_learned(qtbot, session):
    wider = QUICK.changed(network={"layers": [{"kind": "dense", "units": 24}]})
    session.set_run(wider)
    assert session.snapshot.spec == wider.network, "an untrained network follows the forms"
    assert not session.pending
    session.step_batch()
    until(qtbot, session, State.PAUSED)
    session.set_run(QUICK)
    assert session.pending
    assert session.snapshot.spec == wider.network
    session.new_network()
    assert not session.pending
    assert session.snapshot.spec == QUICK.network
    assert session.snapshot.step == 0
    assert len(session.history.batches) == 0


def test_a_batch_larger_than_the_data_is_refused_and_changes_nothing(qtbot, session):
    before = session.run
    with pytest.raises(SettingError, match="Batch size: 100,000 is not allowed"):
        session.set_run(QUICK.changed(training={"batch_size": 100_000}))
    assert session.run is before


def test_a_loss_that_does_not_suit_the_present_output_waits_too(qtbot, session):
    squared = QUICK.changed(network={"output_activation": "relu"}, training={"loss": "mse"})
    session.set_run(squared)
    session.step_batch()
    until(qtbot, session, State.PAUSED)
    session.set_run(QUICK)  # cross-entropy, but the network that is there has ReLU outputs
    assert session.built.training.loss == "mse"
    session.step_batch()
    until(qtbot, session, State.PAUSED)
    assert np.isfinite(session.history.last.loss)


def test_training_before_the_data_is_there_says_so(qtbot):
    session = Session(QUICK)
    with qtbot.waitSignal(session.problem) as problem:
        session.train()
    assert "still being loaded" in str(problem.args[0])
    assert session.state == State.IDLE
    session.finish()


def test_beginning_anew_fifty_times_while_it_runs(qtbot, session):
    session.set_run(QUICK.changed(training={"epochs": 10_000}))
    left = []
    session.left.connect(lambda training, history: left.append((training, threading.current_thread())))
    for turn in range(50):
        session.train()
        if turn % 3:
            qtbot.waitUntil(lambda: len(session.history.batches) > 0, timeout=20_000)
        if turn % 5 == 0:
            session.pause()
        session.new_network()
        assert session.state == State.IDLE
        assert len(session.history.batches) == 0
    qtbot.waitUntil(lambda: not session.trainer.leaving, timeout=20_000)
    assert all(thread is threading.main_thread() for _, thread in left)
    assert session.snapshot.step == 0
    assert session.problems == []


def test_late_reports_of_an_old_run_are_dropped(qtbot, session):
    session.train()
    qtbot.waitUntil(lambda: len(session.history.batches) > 0, timeout=20_000)
    old = session.trainer._run_id
    session.new_network()
    session.trainer._on_news(old, [], session.snapshot)
    session.trainer._on_paused(old)
    session.trainer._on_failed(old, DigitLabError("late"))
    assert session.state == State.IDLE
    assert session.problems == []


@pytest.mark.parametrize("moment", ["at once", "running", "paused", "stopping"])
def test_closing_at_any_moment_hands_over_what_was_learned(qtbot, session, moment):
    session.set_run(QUICK.changed(training={"epochs": 10_000}))
    left = []
    session.left.connect(lambda training, history: left.append(training.step))
    session.train()
    if moment != "at once":
        qtbot.waitUntil(lambda: len(session.history.batches) > 3, timeout=20_000)
    if moment == "paused":
        session.pause()
        until(qtbot, session, State.PAUSED)
    if moment == "stopping":
        session.stop()
    session.finish()
    assert len(left) == 1
    assert left[0] > 0 or moment == "at once"
    assert session.tasks.titles == []


def test_an_error_in_the_thread_becomes_a_sentence(qtbot, session, monkeypatch):
    monkeypatch.setattr(Training, "reports", broken)
    with qtbot.waitSignal(session.problem) as problem:
        session.train()
    assert "ZeroDivisionError" in str(problem.args[0])
    assert "Traceback" in problem.args[0].details
    assert "Traceback" not in str(problem.args[0])
    assert session.state == State.IDLE


def broken(training):
    yield 1 // 0


def test_other_data_keeps_the_network_and_the_run_that_was_going_on(qtbot, session, small):
    session.train()
    qtbot.waitUntil(lambda: len(session.history.batches) > 3, timeout=20_000)
    before = session.snapshot
    with qtbot.waitSignal(session.left, timeout=20_000):
        session._on_loaded(small)
    assert session.snapshot is before
    assert session.state == State.IDLE
    session.step_batch()
    until(qtbot, session, State.PAUSED)
    assert session.history.last.step > before.step


def test_bad_data_leaves_the_old(qtbot, session):
    before = session.dataset
    with qtbot.waitSignals([session.dataset_failed, session.problem], timeout=20_000):
        session.load("npz:/there/is/no/such/file.npz")
    assert session.dataset is before


def test_reading_uses_the_latest_copy(qtbot, session):
    image = session.dataset.test_images[0]
    before = session.read(image)
    session.step_epoch()
    until(qtbot, session, State.PAUSED)
    after = session.read(image)
    assert not np.array_equal(before, after)
    np.testing.assert_allclose(after, Network.from_snapshot(session.snapshot).probabilities(image[None])[0])


def test_closing_in_the_moment_a_training_ends_starts_nothing_more(qtbot, session):
    session.ended.connect(session.finish)
    with qtbot.waitSignal(session.ended, timeout=20_000):
        session.train()
    assert session.tasks.titles == []


def test_other_data_never_leaves_two_threads_with_one_network(qtbot, session, small):
    session.train()
    qtbot.waitUntil(lambda: len(session.history.batches) > 3, timeout=20_000)
    busy = session.trainer.training.network
    session._on_loaded(small)
    assert session._network is not busy
    np.testing.assert_array_equal(session._network.parameters, session.snapshot.parameters)


def test_curves_never_run_backwards(qtbot, session, small):
    """Neither after a stop within an epoch that brings the best epoch back, nor with other data."""
    session.set_run(QUICK.changed(training={"epochs": 50}))
    for turn in range(3):
        session.train()
        qtbot.waitUntil(lambda n=turn: len(session.history.batches) > 40 * (n + 1), timeout=20_000)
        with qtbot.waitSignal(session.ended, timeout=20_000):
            session.stop()
        if turn == 1:
            session._on_loaded(small)
    places = session.history.batches.column("epoch")
    assert np.all(np.diff(places) > 0)


def test_an_opened_network_counts_as_trained(qtbot, session):
    assert not session.trained
    session.adopt(session.snapshot, QUICK)  # such as the article's files, which do not say how long they learned
    assert session.trained
    session.new_network()
    assert not session.trained


def test_a_name_of_a_preset_that_is_not_one_says_nothing(qtbot, session):
    session.adopt(session.snapshot, QUICK.model_copy(update={"preset": "handwriting"}))
    assert session.run.preset == ""
    session.set_run(
        PRESETS["quick"].run.model_copy(update={"preset": "deep", "training": PRESETS["quick"].run.training})
    )
    assert session.run.preset == "quick"


def test_loading_that_is_no_longer_wanted_is_given_up(qtbot, session, monkeypatch):
    asked = []

    def slow(word, *, progress, cancelled, ink):
        while not cancelled():
            progress(f"Reading {word}")
            QThread.msleep(5)
        asked.append(word)
        return session.dataset

    monkeypatch.setattr("gui.desk.load_dataset", slow)
    said = []
    session.load("first")
    qtbot.waitUntil(lambda: session.tasks.titles != [], timeout=5_000)
    session.load("second")
    session.tasks.said.connect(said.append)
    session.finish()
    assert sorted(asked) == ["first", "second"]
    assert "Reading first" not in said


def test_small_data_makes_the_preset_s_batch_smaller_and_says_so(qtbot, small):
    session = Session(PRESETS["quick"].run)
    noted = []
    session.noted.connect(noted.append)
    session._on_loaded(
        dataclasses.replace(small, train_images=small.train_images[:60], train_labels=small.train_labels[:60])
    )
    assert session.run.training.batch_size == session.built.training.batch_size == 8
    assert "a batch has 8 now" in noted[0]
    assert session.fitted(PRESETS["deep"].run).training.batch_size == 8
    with qtbot.waitSignal(session.ended, timeout=20_000):
        session.train()
    session._on_loaded(small)
    assert session.run.training.batch_size == session.built.training.batch_size == 128, "as it was"
    session._on_loaded(small)
    session.set_run(session.run.changed(training={"batch_size": 4}))
    session._on_loaded(small)
    assert session.run.training.batch_size == 4, "what was chosen since stays"
    session.finish()


# --- ink and judges -------------------------------------------------------------------------------------------


@pytest.fixture
def pen(tmp_path):
    rng = np.random.default_rng(4)
    path = tmp_path / "own.unp"
    write_unipen(path, [Drawn(draw_digit(n % 10, rng), n % 10, f"hand {n // 10}") for n in range(40)])
    return path


def test_pen_strokes_are_drawn_again_with_the_ink_of_a_new_network(qtbot, session, pen):
    with qtbot.waitSignal(session.dataset_changed, timeout=20_000):
        session.load(f"unipen:{pen}")
    thin = session.dataset.train_images
    session._fresh = False
    session.set_run(session.run.changed(ink={"line_width": 4}, training={"batch_size": 4}))
    assert not session.loading, "it waits for a new network"
    with qtbot.waitSignal(session.dataset_changed, timeout=20_000):
        session.new_network()
    assert session.dataset.train_images.sum() > 1.2 * thin.sum()
    assert session.dataset.word == f"unipen:{pen}"
    session.new_network()
    assert not session.loading, "it is the same ink"
    assert session.problems == []


def test_data_without_ink_is_not_loaded_again_and_data_on_its_way_is(qtbot, session, small, pen):
    session.set_run(session.run.changed(ink={"line_width": 3}))
    assert session.built.ink.line_width == 3
    assert session.dataset is small
    assert not session.loading
    session.load(f"unipen:{pen}")
    with qtbot.waitSignal(session.dataset_changed, timeout=20_000):
        session.set_run(session.run.changed(ink={"line_width": 5}))
    expected = load_dataset(f"unipen:{pen}", ink=InkSpec(line_width=5))
    np.testing.assert_array_equal(session.dataset.test_images, expected.test_images)


def test_the_judge_stays_provisionally_while_a_network_goes_on_learning(qtbot, session):
    judge = Judge(temperature=2.0)
    assert session.judge_is_provisional
    session.step_batch()
    until(qtbot, session, State.PAUSED)
    session.judge_by(judge)
    assert not session.judge_is_provisional
    session.step_batch()
    qtbot.waitUntil(lambda: session.snapshot.step == 2, timeout=20_000)
    assert session.judge == session.own.judge == judge
    assert session.judge_is_provisional
    session.judge_by(judge)
    session.new_network()
    assert session.judge == Judge()
    assert session.judge_is_provisional


def test_a_picture_is_prepared_for_whoever_reads_the_pad(qtbot, session, tmp_path):
    pad = Pad(QUndoStack(session))
    qtbot.addWidget(pad)
    pictures = PadPictures(session, pad)
    values = np.full((120, 90), 255, np.uint8)
    values[20:100, 40:48] = 0
    Image.fromarray(values).save(tmp_path / "one.png")
    session.set_run(session.run.changed(ink={"line_width": 5}))
    pictures.open_picture(tmp_path / "one.png")
    qtbot.waitUntil(lambda: not pad.drawing.empty, timeout=20_000)
    assert "→ 5.0 px" in pad.drawing.note
    np.testing.assert_array_equal(pad.drawing.image, prepare_picture(values, ink=InkSpec(line_width=5)).image)
