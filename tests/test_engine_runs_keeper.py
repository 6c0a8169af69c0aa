"""A run is kept while it is trained: what is on disk is always one moment, and it can go on from there."""

import math
import sqlite3
import time
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest

from engine import kept_models
from engine.errors import DigitLabError
from engine.history import History
from engine.locks import locked
from engine.network import Network
from engine.presets import PRESETS
from engine.reports import BatchReport, EndReport, EpochReport
from engine.runs import keeper as keeping
from engine.runs import room
from engine.runs.curve import POINTS
from engine.runs.figures import Thinning, figures_of, history_of, reports_of
from engine.runs.film import Film
from engine.runs.frames import MOST_BYTES, Frames, half
from engine.runs.keeper import Keeper
from engine.runs.recall import cut_off, model_of, recall
from engine.runs.row import RunState, new_row
from engine.runs.run_file import Entry, RunFile, path_of
from engine.runs.store import RunStore
from engine.training import Training

RUN = PRESETS["quick"].run.changed(
    network={"layers": [{"kind": "dense", "units": 8, "dropout": 0.2}]}, training={"batch_size": 20, "epochs": 3}
)


def begin(split, run=RUN):
    training = Training(Network(run.network, run.seed), split, run.training, run.seed)
    return training, Keeper(new_row(run), training)


def train(training, keeper, batches=math.inf):
    """Train, and let go without a word after so many reports, as a process does that is killed."""
    keeper.begin()
    history = History()
    for count, report in enumerate(training.reports(), start=1):
        history.extend([report])
        if isinstance(report, EndReport):
            keeper.leave(RunState(report.reason), report.message)
            return history
        keeper.note(report)
        if count >= batches:
            break
    die(keeper)
    return history


def die(keeper):
    keeping.writing(keeper._close).result()


@pytest.mark.parametrize("reports", [1, 13, 26, 27, 40])
def test_a_run_that_was_cut_off_goes_on_to_the_same_weights_and_curves(small_split, reports):
    whole, whole_keeper = begin(small_split)
    expected = train(whole, whole_keeper)
    training, keeper = begin(small_split)
    train(training, keeper, reports)
    with closing(RunStore()) as store:
        (row,) = [row for row in cut_off(store) if row.id == keeper.row.id]
        assert row.state == RunState.INTERRUPTED
    recalled = recall(row.id)
    assert recalled.row.steps == recalled.state.numbers["step"] <= reports
    again = recalled.training(small_split)
    new = train(again, Keeper(recalled.row, again))
    np.testing.assert_array_equal(again.network.parameters, whole.network.parameters)
    with closing(RunFile(path_of(row.id))) as file:
        history = history_of(file)
    for name in ("step", "epoch", "loss", "accuracy", "learning_rate", "smooth_loss"):
        np.testing.assert_allclose(history.batches.column(name), expected.batches.column(name), rtol=1e-5)
    np.testing.assert_allclose(history.gradients.column("layer_1"), expected.gradients.column("layer_1"), rtol=1e-5)
    assert [r.validation_loss for r in history.reports] == [r.validation_loss for r in expected.reports]
    assert len(new.batches) == len(expected.batches) - recalled.row.steps


def test_a_finished_run_says_what_it_was_and_how_it_went(small_split):
    training, keeper = begin(small_split)
    history = train(training, keeper)
    with closing(RunStore()) as store:
        row, curve = store.row(keeper.row.id), store.curve(keeper.row.id)
        assert cut_off(store) == []
    assert (row.state, row.epochs, row.steps, row.spec) == (RunState.FINISHED, 3, 75, RUN)
    best = next(report for report in history.reports if report.epoch == training.best_epoch)
    assert (row.best_epoch, row.validation_accuracy) == (training.best_epoch, best.validation_accuracy)
    assert row.seconds == pytest.approx(sum(report.seconds for report in history.reports))
    assert set(row.versions) == {"DigitLab", "Python", "NumPy", "machine"}
    assert len(curve.batches["loss"]) == 75
    assert curve.epochs["validation_accuracy"].tolist() == pytest.approx(
        [report.validation_accuracy for report in history.reports]
    )


def test_settings_that_change_on_the_way_are_those_it_goes_on_with(small_split):
    training, keeper = begin(small_split)
    keeper.begin()
    reports = training.reports()
    for count, report in enumerate(reports, start=1):
        if count == 5:
            training.apply(RUN.training.model_copy(update={"learning_rate": 0.123}))
        keeper.note(report)
        if isinstance(report, EpochReport):
            break
    keeper.leave(RunState.PAUSED)
    assert recall(keeper.row.id).run.training.learning_rate == 0.123


def test_the_best_and_the_last_network_of_a_run_can_be_opened(small_split):
    run = RUN.changed(training={"keep_best": False, "learning_rate": 0.03, "epochs": 4})
    training, keeper = begin(small_split, run)
    train(training, keeper)
    best, last = model_of(keeper.row, "best"), model_of(keeper.row, "last")
    np.testing.assert_array_equal(last.network.parameters, training.network.parameters)
    np.testing.assert_array_equal(best.network.parameters, training.best.snapshot.parameters)
    assert (last.network.step, best.network.epoch) == (100, training.best_epoch)


def test_what_was_measured_and_kept_of_a_run_that_goes_on_is_not_taken_for_the_new_weights(small_split):
    training, keeper = begin(small_split)
    train(training, keeper)
    row = keeper.row.changed(test_accuracy=0.5, test_loss=2.0)
    model = model_of(row, "best")
    row = row.changed(model=kept_models.keep(model).name)
    np.testing.assert_array_equal(model_of(row, "best").network.parameters, model.network.parameters)
    keeper = Keeper(row, training)
    train(training, keeper)
    assert keeper.row.best_epoch > row.best_epoch
    assert (keeper.row.test_accuracy, keeper.row.test_loss, keeper.row.model) == (None, None, row.model)
    assert model_of(keeper.row, "best").network.epoch == keeper.row.best_epoch
    path_of(row.id).unlink()
    assert model_of(keeper.row, "best").network.epoch == row.best_epoch, "better than nothing"


def test_the_film_shows_the_start_and_ever_rarer_moments(small_split):
    training, keeper = begin(small_split)
    start = training.network.parameters.copy()
    train(training, keeper)
    with closing(Film(RunFile(keeper.path), RUN.network)) as film:
        assert film.steps[:5].tolist() == [0, 1, 2, 3, 4]
        assert film.epochs[-1] == pytest.approx(film.steps[-1] / 25)
        frame = film.frame(0)
        np.testing.assert_array_equal(frame.parameters, half(start).astype(np.float32))
        assert film.frame(len(film) - 1).step == film.steps[-1]
        assert film.nearest(3) == 3


@pytest.mark.parametrize(
    ("parameters", "steps"), [(4_000, 2_500), (300_000, 3_000), (3_000_000, 500), (8_000_000, 500)]
)
def test_a_film_never_outgrows_its_room_however_long_the_run(parameters, steps):
    frames, kept = Frames(parameters, steps), []
    for step in range(20 * steps):
        if step >= frames.due:
            dropped = frames.take(step)
            kept = [old for old in [*kept, step] if old not in dropped]
    assert 2 * parameters * len(kept) <= MOST_BYTES
    assert kept[0] == 0
    gaps = np.diff(np.log1p(kept))
    assert len(kept) == len(gaps) + 1 > 2
    assert gaps[2:].max(initial=0) < 6 * max(np.median(gaps), 0.02) + 0.7


def test_a_network_too_large_for_a_film_has_none():
    assert Frames(20_000_000, 100).due == math.inf


def test_numbers_beyond_half_precision_are_cut_off():
    assert half(np.array([1e9, -1e9, 0.5], np.float32)).tolist() == [65504, -65504, 0.5]


def test_reports_come_back_as_they_were(small_split):
    training, _ = begin(small_split)
    reports = [report for report in training.reports() if isinstance(report, BatchReport)]
    back = list(reports_of(1, figures_of(reports)))
    assert [(r.step, r.epoch, r.seen, r.size, r.goal) for r in back] == [
        (r.step, r.epoch, r.seen, r.size, r.goal) for r in reports
    ]
    assert [r.loss for r in back] == pytest.approx([r.loss for r in reports])


def test_a_long_curve_is_thinned_out_and_keeps_its_shape():
    thinning, count = Thinning(), 50_000
    places = np.arange(1, count + 1)
    figures = np.column_stack(
        [np.ones(count), places, np.full(count, count), 1 / places, places / count, places, places]
    )
    for part in np.array_split(figures.astype(np.float32), 37):
        thinning.add(part)
    curve = thinning.curve()
    assert POINTS // 3 < len(curve.batches["loss"]) <= POINTS
    np.testing.assert_allclose(curve.batches["accuracy"], curve.batches["epoch"], atol=1e-3)


def test_a_run_is_trained_in_one_place_at_a_time(small_split):
    _, keeper = begin(small_split)
    keeper.begin()
    with pytest.raises(DigitLabError, match="another window"):
        recall(keeper.row.id)
    keeper.leave(RunState.PAUSED)
    locked(keeper.path).release()
    assert recall(keeper.row.id).row.state == RunState.PAUSED


def test_other_data_than_it_learned_from_is_refused(small_split, small):
    training, keeper = begin(small_split)
    train(training, keeper)
    labels = small.train_labels.copy()
    labels[0] ^= 1
    other = replace(small_split, dataset=replace(small, train_labels=labels))
    with pytest.raises(DigitLabError, match="other images now"):
        recall(keeper.row.id).training(other)


def test_what_could_not_be_written_is_written_later(small_split, monkeypatch, user_folders):
    training, keeper = begin(small_split)
    monkeypatch.setenv("DIGITLAB_DATA", str(user_folders.parent / "file" / "below"))
    (user_folders.parent / "file").write_text("no folder")
    keeper.begin()
    assert "cannot be made" in str(keeper.trouble)
    for report in training.reports():
        if isinstance(report, EndReport):
            break
        keeper.note(report)
    monkeypatch.setenv("DIGITLAB_DATA", str(user_folders))
    keeper.leave(RunState.FINISHED)
    assert keeper.trouble is None
    recalled = recall(keeper.row.id)
    assert len(recalled.history.batches) == recalled.row.steps == 75


def test_too_little_memory_to_write_is_said_and_nothing_is_lost(small_split, monkeypatch):
    training, keeper = begin(small_split)
    with monkeypatch.context() as patched:
        patched.setattr(RunFile, "write", _no_memory)
        keeper.begin()
        assert "not enough memory" in str(keeper.trouble)
    train(training, keeper)
    assert keeper.trouble is None
    assert len(recall(keeper.row.id).history.batches) == 75


def test_a_deleted_run_that_is_trained_on_is_back_in_the_list(small_split):
    training, keeper = begin(small_split)
    train(training, keeper)
    with closing(RunStore()) as store:
        store.delete([keeper.row.id])
        assert store.rows() == []
        train(training, keeper)
        assert [(row.id, row.steps) for row in store.rows()] == [(keeper.row.id, 150)]


def _no_memory(*_given):
    raise MemoryError


@pytest.mark.parametrize("damage", ["garbage", "cut", "empty", "newer", "foreign"])
def test_a_run_file_that_cannot_be_used_is_a_sentence_and_keeps_its_bytes(small_split, damage):
    training, keeper = begin(small_split)
    train(training, keeper)
    path = keeper.path
    if damage == "garbage":
        path.write_bytes(b"\x00garbage" * 1000)
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:5000])
    elif damage == "empty":
        path.write_bytes(b"")
    else:
        with closing(sqlite3.connect(path)) as base:
            base.execute("pragma user_version = 99" if damage == "newer" else "pragma application_id = 7")
    before = path.read_bytes()
    with pytest.raises(DigitLabError) as caught:
        recall(keeper.row.id)
    assert str(path) in str(caught.value) or "first checkpoint" in str(caught.value)
    kept = path.with_name(f"{path.name}.damaged") if damage in ("garbage", "cut") else path
    assert kept.read_bytes() == before
    assert path.exists() == (kept == path)


def test_an_entry_is_written_whole_or_not_at_all(tmp_path):
    with closing(RunFile(tmp_path / "a.run", write=True)) as file:
        file.write(Entry(facts={"a": 1}, arrays={"x": np.zeros(3)}))
        with pytest.raises(DigitLabError):
            file.write(Entry(facts={"a": 2}, arrays={"x": np.ones(3)}, epochs=[{"no": "epoch"}]))
        assert file.facts() == {"a": 1}
        assert file.arrays()["x"].tolist() == [0, 0, 0]


def test_old_films_make_room_and_what_was_deleted_long_ago_goes(small_split, monkeypatch):
    monkeypatch.setattr(room, "WORTH_BYTES", 100_000)
    keepers = []
    for _ in range(4):
        training, keeper = begin(small_split, RUN.changed(network={"layers": [{"kind": "dense", "units": 60}]}))
        train(training, keeper)
        keepers.append(keeper)
    oldest, starred, third, newest = sorted(keeper.path for keeper in keepers)  # within a second by chance
    sizes = [path.stat().st_size for path in (oldest, starred, third, newest)]
    with closing(RunStore()) as store:
        store.mark(starred.stem, starred=True)
        assert room.tidy(store, most=sum(sizes)) == []
        (sentence,) = room.tidy(store, most=sum(sizes) - 1000)
        assert "an old run" in sentence
        assert oldest.stat().st_size < sizes[0] / 2
        when = oldest.stat().st_mtime_ns
        room.tidy(store, most=0)
        assert [path.stat().st_size for path in (starred, newest)] == [sizes[1], sizes[3]]
        assert oldest.stat().st_mtime_ns == when  # not written again: there is no film in it any more
        recalled = recall(oldest.stem)
        assert len(recalled.history.batches) == recalled.row.steps
        monkeypatch.setattr(room, "DELETED_SECONDS", -10.0)
        store.delete([third.stem])
        room.tidy(store)
        assert not third.exists()
        assert oldest.exists()


def test_a_clock_that_jumps_ahead_removes_nothing(small_split, monkeypatch):
    training, keeper = begin(small_split)
    train(training, keeper)
    clock, days = time.time(), 0.0
    monkeypatch.setattr(time, "time", lambda: clock + 86_400 * days)
    with closing(RunStore()) as store:
        store.delete([keeper.row.id])
        for days in (0.1, 35, 0.2, -400, 29, 40):  # noqa: B007 (the clock reads it)
            room.tidy(store)
            assert keeper.path.exists()
        days = 41
        room.tidy(store)
        assert not keeper.path.exists(), "a month has passed, and it had at the last look, too"
