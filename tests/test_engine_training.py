"""The training: repeatable, stoppable, changeable while it runs, and safe when it goes wrong."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from engine.datasets.dataset import Dataset
from engine.datasets.split import Split, split
from engine.errors import SettingError
from engine.evaluation import evaluate, loss_and_accuracy
from engine.layers import DenseSpec, DropoutSpec
from engine.losses import LOSSES
from engine.network import Network
from engine.optimizers import SGD, Adam, Momentum, Nesterov
from engine.presets import PRESETS
from engine.reports import BatchReport, EndReport, EpochReport, Report
from engine.schedules import OneCycle
from engine.specs import NetworkSpec, TrainingSpec
from engine.training import Training, train

LITTLE = NetworkSpec(layers=(DenseSpec(units=16, dropout=0.2),))
SETTINGS = TrainingSpec(optimizer=Adam(), learning_rate=0.01, schedule=OneCycle(), batch_size=32, epochs=3)


def begin(data: Split, settings: TrainingSpec = SETTINGS, spec: NetworkSpec = LITTLE, seed: int = 0) -> Training:
    """Return a training of a new network."""
    return Training(Network(spec, seed), data, settings, seed)


def finish(reports: Iterator[Report]) -> tuple[list[BatchReport], list[EpochReport], EndReport]:
    """Exhaust a training; return its reports by kind."""
    every = list(reports)
    end = every[-1]
    assert isinstance(end, EndReport)
    assert not any(isinstance(report, EndReport) for report in every[:-1])
    batches = [report for report in every if isinstance(report, BatchReport)]
    return batches, [report for report in every if isinstance(report, EpochReport)], end


def plain(**changes: Any) -> TrainingSpec:
    """Return settings that keep the latest weights, with some changes."""
    return TrainingSpec(**{"learning_rate": 0.05, "batch_size": 32, "epochs": 1, "keep_best": False, **changes})


def without_time(reports: list) -> list[dict]:
    """Return reports as dicts, without what depends on the clock."""
    return [
        {key: value for key, value in dataclasses.asdict(report).items() if "second" not in key} for report in reports
    ]


def spy_on_rows(training: Training, monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    """Return a list that fills with the images which the network learns from, as bytes."""
    seen: list[np.ndarray] = []
    forward = training.network.forward

    def watched(X: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        if rng is not None:
            seen.append(np.rint(X * 255).astype(np.uint8))
        return forward(X, rng)

    monkeypatch.setattr(training.network, "forward", watched)
    return seen


def test_the_same_seed_gives_the_same_run_bit_for_bit(small_split: Split) -> None:
    first, second = begin(small_split), begin(small_split)
    reports = finish(first.reports()), finish(second.reports())
    assert first.network.parameters.tobytes() == second.network.parameters.tobytes()
    assert without_time(reports[0][0]) == without_time(reports[1][0])
    assert without_time(reports[0][1]) == without_time(reports[1][1])


def test_another_seed_gives_another_order_and_other_dropout(small_split: Split) -> None:
    dropout_alone = LITTLE, plain(shuffle=False)
    order_alone = NetworkSpec(layers=(DenseSpec(units=16),)), plain()
    for spec, settings in (dropout_alone, order_alone):
        ends = []
        for seed in (0, 1):
            training = Training(Network(spec, 0), small_split, settings, seed)
            finish(training.reports())
            ends.append(training.network.parameters.tobytes())
        assert ends[0] != ends[1]


def test_pausing_looking_and_applying_the_same_settings_change_nothing(small_split: Split) -> None:
    straight, disturbed = begin(small_split), begin(small_split)
    finish(straight.reports())
    for _ in disturbed.reports():
        snapshot = disturbed.network.snapshot(disturbed.step, disturbed.epoch)
        Network.from_snapshot(snapshot).predict(small_split.dataset.test_images[:3])
        disturbed.network.predict(small_split.dataset.test_images[:3])
        disturbed.apply(SETTINGS.model_copy())
    assert disturbed.network.parameters.tobytes() == straight.network.parameters.tobytes()


def test_stopping_and_going_on_within_an_epoch_changes_nothing(small_split: Split) -> None:
    straight, stopped = begin(small_split, plain()), begin(small_split, plain())
    finish(straight.reports())
    for report in stopped.reports():
        if isinstance(report, BatchReport) and report.step == 7:
            stopped.stop()
    assert stopped.step == 7
    batches, epochs, end = finish(stopped.reports())
    assert batches[0].step == 8
    assert (len(epochs), end.reason) == (1, "finished")
    assert stopped.network.parameters.tobytes() == straight.network.parameters.tobytes()


def test_stop_ends_after_the_current_batch(small_split: Split) -> None:
    training = begin(small_split, plain())
    reports = training.reports()
    assert [next(reports).step for _ in range(3)] == [1, 2, 3]
    before = training.network.parameters.copy()
    training.stop()
    batches, epochs, end = finish(reports)
    assert (batches, epochs) == ([], [])
    assert end == EndReport("stopped", "Stopped.", 0, 3, 0)
    assert np.array_equal(training.network.parameters, before)


def test_a_stop_before_the_first_batch_is_not_lost(small_split: Split) -> None:
    training = begin(small_split)
    reports = training.reports()
    training.stop()
    assert finish(reports)[2].reason == "stopped"
    assert training.step == 0


def test_one_can_step_by_a_batch(small_split: Split) -> None:
    straight, stepped = begin(small_split, plain()), begin(small_split, plain())
    list(straight.reports())
    steps = 0
    while stepped.epoch < 1:  # a new round for every batch, as the step button does
        report = next(stepped.reports())
        assert isinstance(report, BatchReport)
        assert report.step == (steps := steps + 1)
        if report.seen == report.size:
            break
    assert steps == 16
    assert stepped.network.parameters.tobytes() == straight.network.parameters.tobytes()


def test_two_stretches_of_one_epoch_equal_one_of_two(small_split: Split) -> None:
    whole, parts = begin(small_split, plain(epochs=2)), begin(small_split, plain(epochs=1))
    finish(whole.reports())
    first, second = finish(parts.reports()), finish(parts.reports())
    assert whole.network.parameters.tobytes() == parts.network.parameters.tobytes()
    assert [report.epoch for _, epochs, _ in (first, second) for report in epochs] == [1, 2]
    assert [report.goal for report in (first[0][0], second[0][0])] == [1, 2]
    assert second[0][0].step == len(first[0]) + 1


def test_reports_count_and_measure(small_split: Split) -> None:
    batches, epochs, end = finish(begin(small_split).reports())
    assert [report.step for report in batches] == list(range(1, 49))
    assert [report.seen for report in batches[:16]] == [*range(32, 481, 32), 500], "500 images: the last batch has 20"
    assert {report.size for report in batches} == {500}
    assert [report.epoch for report in batches] == [1] * 16 + [2] * 16 + [3] * 16
    for epoch, report in enumerate(epochs, 1):
        mine = [batch for batch in batches if batch.epoch == epoch]
        sizes = [32] * 15 + [20]
        assert report.step == 16 * epoch
        assert report.loss == pytest.approx(np.average([batch.loss for batch in mine], weights=sizes))
        assert report.accuracy == pytest.approx(np.average([batch.accuracy for batch in mine], weights=sizes))
        assert [batch.seconds for batch in mine] == sorted(batch.seconds for batch in mine)
        assert report.seconds >= mine[-1].seconds > 0
        assert report.images_per_second == pytest.approx(500 / mine[-1].seconds)
    assert all(len(batch.gradients) == 2 and min(batch.gradients) > 0 for batch in batches)
    assert (end.reason, end.epoch, end.step) == ("finished", 3, 48)


def test_the_validation_figures_are_those_of_the_held_back_images(small_split: Split) -> None:
    training = begin(small_split, plain())
    _, (epoch,), _ = finish(training.reports())
    data = small_split.dataset
    assert (epoch.validation_loss, epoch.validation_accuracy) == loss_and_accuracy(
        training.network, data.train_images, data.train_labels, LOSSES["cross_entropy"], small_split.validation_rows
    )


def test_reports_are_frozen(small_split: Split) -> None:
    batches, epochs, end = finish(begin(small_split, plain()).reports())
    for report in (batches[0], epochs[0], end):
        with pytest.raises(dataclasses.FrozenInstanceError):
            report.step = 0  # type: ignore[misc]
        assert json.loads(json.dumps(dataclasses.asdict(report)))["step"] == report.step


def test_the_split_is_the_seeds_and_has_no_image_twice(small: Dataset) -> None:
    parts, again, other = split(small, 0.25, 3), split(small, 0.25, 3), split(small, 0.25, 4)
    assert np.array_equal(np.union1d(parts.train_rows, parts.validation_rows), np.arange(600))
    assert (len(parts.train_rows), len(parts.validation_rows)) == (450, 150)
    assert np.array_equal(parts.validation_rows, again.validation_rows)
    assert not np.array_equal(parts.validation_rows, other.validation_rows)
    with pytest.raises(SettingError, match=r"Validation share: 0\.0001 of 600"):
        split(small, 0.0001, 0)


def test_held_back_images_are_never_learned_from(small: Dataset) -> None:
    changed = small.train_images.copy()
    rows = split(small, 0.2, 0).validation_rows
    changed[rows] = 255 - changed[rows]
    labels = small.train_labels.copy()
    labels[rows] = (labels[rows] + 1) % 10
    parameters = []
    for dataset in (small, dataclasses.replace(small, train_images=changed, train_labels=labels)):
        training = begin(split(dataset, 0.2, 0), plain(epochs=2))
        _, epochs, _ = finish(training.reports())
        parameters.append((training.network.parameters.tobytes(), epochs[-1].validation_loss))
    assert parameters[0][0] == parameters[1][0]
    assert parameters[0][1] != parameters[1][1], "they were looked at, though"


def test_test_images_are_never_looked_at(small: Dataset, small_split: Split) -> None:
    blind = dataclasses.replace(small, test_images=small.test_images[:0], test_labels=small.test_labels[:0])
    first, second = begin(small_split), begin(dataclasses.replace(small_split, dataset=blind))
    assert without_time(finish(first.reports())[1]) == without_time(finish(second.reports())[1])


def test_shuffling_takes_every_image_once_in_another_order_each_epoch(
    small_split: Split, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = begin(small_split, plain(epochs=2))
    seen = spy_on_rows(training, monkeypatch)
    finish(training.reports())
    first, second = np.concatenate(seen[:16]), np.concatenate(seen[16:])
    expected = small_split.dataset.train_images[small_split.train_rows].reshape(500, -1)
    for order in (first, second):
        assert sorted(map(bytes, order)) == sorted(map(bytes, expected))
        assert not np.array_equal(order, expected)
    assert not np.array_equal(first, second)


def test_without_shuffling_the_order_of_the_file_is_kept(small_split: Split, monkeypatch: pytest.MonkeyPatch) -> None:
    training = begin(small_split, plain(epochs=2, shuffle=False))
    seen = spy_on_rows(training, monkeypatch)
    finish(training.reports())
    expected = small_split.dataset.train_images[small_split.train_rows].reshape(500, -1)
    assert np.array_equal(np.concatenate(seen[:16]), expected)
    assert np.array_equal(np.concatenate(seen[16:]), expected)


def test_a_batch_size_changed_within_an_epoch_still_takes_every_image_once(
    small_split: Split, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = begin(small_split, plain())
    seen = spy_on_rows(training, monkeypatch)
    sizes = {1: 1, 3: 7, 9: 200}
    for report in training.reports():
        if isinstance(report, BatchReport) and report.step in sizes:
            training.apply(plain(batch_size=sizes[report.step]))
    assert [len(rows) for rows in seen] == [32, 1, 1] + [7] * 6 + [200, 200, 24]
    expected = small_split.dataset.train_images[small_split.train_rows].reshape(500, -1)
    assert sorted(map(bytes, np.concatenate(seen))) == sorted(map(bytes, expected))


@pytest.mark.parametrize("batch_size", [1, 499, 500])
def test_batches_of_one_of_nearly_all_and_of_all(small_split: Split, batch_size: int) -> None:
    batches, epochs, end = finish(begin(small_split, plain(batch_size=batch_size)).reports())
    assert len(batches) == math.ceil(500 / batch_size)
    assert batches[-1].seen == 500
    assert (len(epochs), end.reason) == (1, "finished")


def test_a_batch_larger_than_the_data_is_refused(small_split: Split) -> None:
    with pytest.raises(SettingError, match=r"Batch size: 501 is not allowed; .* a whole number from 1 to 500"):
        begin(small_split, plain(batch_size=501))
    training = begin(small_split, plain())
    next(training.reports())
    with pytest.raises(SettingError, match="Batch size: 501"):
        training.apply(plain(batch_size=501))
    assert training.settings == plain(), "and the old settings stay"


def test_a_loss_that_does_not_fit_the_output_is_refused(small_split: Split) -> None:
    with pytest.raises(SettingError, match="Cross-entropy needs Softmax as the output activation, not ReLU"):
        begin(small_split, plain(), NetworkSpec(layers=(), output_activation="relu"))
    training = begin(small_split, plain(loss="mse"), NetworkSpec(layers=(), output_activation="relu"))
    with pytest.raises(SettingError, match="Cross-entropy needs"):
        training.apply(plain())
    assert training.settings.loss == "mse"


def test_a_learning_rate_changed_while_running_counts_from_the_next_batch(small_split: Split) -> None:
    training = begin(small_split, plain(shuffle=False), NetworkSpec(layers=(), dtype="float64"))
    rates = []
    for report in training.reports():
        if not isinstance(report, BatchReport):
            break
        rates.append(report.learning_rate)
        if report.step == 3:
            parameters = training.network.parameters.copy()
            training.apply(plain(shuffle=False, learning_rate=1e-6))
        if report.step == 4:
            slow = np.abs(training.network.parameters - parameters).max()
            assert 0 < slow < 1e-5
    assert rates == [0.05] * 3 + [1e-6] * 13


def test_another_kind_of_optimizer_starts_with_an_empty_memory(small_split: Split) -> None:
    spec = NetworkSpec(layers=(), dtype="float64")
    heavy = plain(optimizer=Momentum(momentum=0.9), shuffle=False)
    changed, fresh = begin(small_split, heavy, spec), begin(small_split, plain(optimizer=SGD(), shuffle=False), spec)
    ongoing = changed.reports()
    for _ in range(5):
        next(ongoing)
    changed.apply(plain(optimizer=Nesterov(momentum=0.9), shuffle=False))
    before = changed.network.parameters.copy()
    next(ongoing)
    # With an empty memory Nesterov's first step is (1 + μ) times that of plain descent.
    reports = fresh.reports()
    for _ in range(5):
        next(reports)
    fresh.network.parameters[:] = before
    next(reports)
    plain_step = fresh.network.parameters - before
    assert np.allclose(changed.network.parameters - before, 1.9 * plain_step, rtol=1e-10, atol=1e-15)


def test_other_numbers_of_the_same_optimizer_keep_its_memory(small_split: Split) -> None:
    kept, same = begin(small_split, plain(optimizer=Momentum())), begin(small_split, plain(optimizer=Momentum()))
    for training in (kept, same):
        reports = training.reports()
        for _ in range(5):
            next(reports)
        if training is kept:
            training.apply(plain(optimizer=Momentum(momentum=0.5)))
            training.apply(plain(optimizer=Momentum()))
        next(reports)
    assert kept.network.parameters.tobytes() == same.network.parameters.tobytes()


def test_early_stopping_ends_after_so_many_epochs_without_improvement(small_split: Split) -> None:
    # All labels are 0 and the network is sure of 0 from the start: there is nothing to improve.
    data = dataclasses.replace(small_split.dataset, train_labels=np.zeros(600, np.uint8))
    still = dataclasses.replace(small_split, dataset=data)
    training = begin(still, plain(early_stopping=2, epochs=50), NetworkSpec(layers=(), initializer="zeros"))
    training.network.output.bias[:] = np.where(np.arange(10) == 0, 200, 0)  # p = 1 in float32: loss and gradient 0
    _, epochs, end = finish(training.reports())
    assert (end.reason, end.epoch) == ("early", 3)
    assert [report.best for report in epochs] == [True, False, False]
    assert "no improvement for 2 epochs" in end.message
    assert finish(training.reports())[2].epoch == 5, "going on waits anew"


def worsening(small: Dataset) -> Split:
    """Return a split whose held-back labels contradict the others: the more is learned, the worse it looks."""
    parts = split(small, 1 / 6, 0)
    labels = small.train_labels.copy()
    labels[parts.validation_rows] = (labels[parts.validation_rows] + 5) % 10
    return dataclasses.replace(parts, dataset=dataclasses.replace(small, train_labels=labels))


@pytest.mark.parametrize("keep", [True, False])
def test_the_best_epoch_comes_back_at_the_end_if_that_is_wanted(small: Dataset, keep: bool) -> None:
    training = begin(worsening(small), plain(epochs=4, keep_best=keep))
    kept: dict[int, np.ndarray] = {}
    for report in training.reports():
        if isinstance(report, EpochReport):
            kept[report.epoch] = training.network.parameters.copy()
            assert report.best == (report.epoch == 1)
    assert isinstance(report, EndReport)
    assert training.best_epoch == 1
    assert report.best_epoch == (1 if keep else 0)
    assert np.array_equal(training.network.parameters, kept[1 if keep else 4])
    assert ("epoch 1, the best one, are back" in report.message) == keep


def test_when_the_last_epoch_is_the_best_nothing_is_put_back(small_split: Split) -> None:
    _, epochs, end = finish(begin(small_split, plain(keep_best=True, epochs=2, learning_rate=0.01)).reports())
    assert epochs[-1].best
    assert (end.best_epoch, end.message) == (0, "Finished.")


LINEAR = NetworkSpec(layers=(DenseSpec(units=16, activation="linear"),) * 2, output_activation="linear")


@pytest.mark.parametrize("validation", [0, 0.2])
def test_a_rate_of_10_ends_in_a_sentence_and_finite_weights(small: Dataset, validation: float) -> None:
    training = begin(split(small, validation, 0), plain(loss="mse", learning_rate=10), LINEAR)
    batches, epochs, end = finish(training.reports())
    assert (end.reason, epochs) == ("diverged", [])
    assert "learning rate 10 is probably too large: try 1." in end.message
    assert f"in epoch 1 after batch {len(batches)}" in end.message
    assert np.isfinite(training.network.parameters).all()
    found = evaluate(training.network, small.test_images, small.test_labels, "mse")
    assert found is not None
    assert np.isfinite(found.loss)


def test_after_a_divergence_one_can_go_on_with_a_smaller_rate(small: Dataset) -> None:
    training = begin(split(small, 0, 0), plain(loss="mse", learning_rate=10, optimizer=Momentum()), LINEAR)
    finish(training.reports())
    training.apply(plain(loss="mse", learning_rate=1e-3, optimizer=Momentum(), epochs=3))
    _, epochs, end = finish(training.reports())
    assert end.reason == "finished"
    assert epochs[-1].loss < epochs[0].loss
    assert epochs[-1].accuracy > 0.3


def test_a_divergence_brings_back_the_best_epoch_so_far(small_split: Split) -> None:
    training = begin(small_split, plain(loss="mse", learning_rate=1e-3, epochs=2, keep_best=True), LINEAR)
    _, epochs, _ = finish(training.reports())
    assert epochs[-1].best
    best = training.network.parameters.copy()
    training.apply(plain(loss="mse", learning_rate=10))
    _, _, end = finish(training.reports())
    assert (end.reason, end.best_epoch) == ("diverged", 2)
    assert "The weights of epoch 2 were kept." in end.message
    assert np.array_equal(training.network.parameters, best)
    assert (training.snapshot().step, training.snapshot().epoch) == (epochs[-1].step, 2)


def test_a_large_start_and_exploding_gradients_are_named_as_causes(small: Dataset) -> None:
    data, deep = split(small, 0, 0), (DenseSpec(units=30, activation="linear"),) * 8
    loud = NetworkSpec(layers=deep, output_activation="linear", initializer_scale=50)
    assert (
        "initial weights are scaled by 50: try 1." in finish(begin(data, plain(loss="mse"), loud).reports())[2].message
    )
    quiet = NetworkSpec(layers=deep, output_activation="linear", initializer_scale=3)
    end = finish(begin(data, plain(loss="mse", learning_rate=0.01), quiet).reports())[2]
    assert end.reason == "diverged"
    assert "try gradient clipping at 1" in end.message
    clipped = begin(data, plain(loss="mse", learning_rate=0.01, clip=1), quiet)
    assert finish(clipped.reports())[2].reason == "finished"


def about_to_overflow(data: Split, **changes: Any) -> Training:
    """Return a training whose first loss is finite and whose first step is not: huge values times tiny weights."""
    spec = NetworkSpec(layers=(DenseSpec(units=4, activation="linear"),), output_activation="linear")
    training = begin(data, plain(loss="mse", **changes), spec)
    training.network.dense[0].weights[:] = 1e25  # hidden values about 1e27
    training.network.output.weights[:] = 1e-14  # outputs about 1e13, gradients about 1e40: no float32
    return training


@pytest.mark.parametrize("validation", [0, 1 / 6])
def test_a_step_along_an_endless_gradient_is_taken_back_and_not_reported(small: Dataset, validation: float) -> None:
    training = about_to_overflow(split(small, validation, 0))
    before = training.network.parameters.copy()
    batches, epochs, end = finish(training.reports())
    assert len(batches) == len(epochs) == 0
    assert end.reason == "diverged"
    assert "in epoch 1 after batch 0" in end.message
    assert np.array_equal(training.network.parameters, before)


def test_stopping_does_not_keep_broken_weights(small: Dataset) -> None:
    training = begin(split(small, 0, 0), plain())
    reports = training.reports()
    next(reports)
    training.network.parameters[0] = np.inf
    training.stop()
    end = finish(reports)[2]
    assert end.reason == "diverged"
    assert np.isfinite(training.network.parameters).all()


def test_weights_broken_by_the_last_step_of_an_epoch_are_noticed(small: Dataset) -> None:
    training = begin(split(small, 0, 0), plain(batch_size=600))
    reports = training.reports()
    next(reports)
    training.network.parameters[0] = np.inf
    _, epochs, end = finish(reports)
    assert not epochs[0].best
    assert end.reason == "diverged"
    assert np.isfinite(training.network.parameters).all()


def test_going_on_after_a_stop_within_an_epoch_keeps_its_place(small_split: Split) -> None:
    """The best epoch's weights come back, but no curve runs backwards."""
    training = begin(small_split, plain(epochs=2, keep_best=True, batch_size=50, learning_rate=0.01))
    reports = training.reports()
    first = [next(reports) for _ in range(14)]  # ten batches, the report of their epoch, and three of the next
    training.stop()
    assert finish(reports)[2].best_epoch == 1
    batches, _, _ = finish(training.reports())
    places = [r.epoch + r.seen / r.size for r in (*first, *batches) if isinstance(r, BatchReport)]
    assert places == sorted(places)
    assert len(set(places)) == len(places)


def test_everything_is_float64_on_request_and_float32_otherwise(small_split: Split) -> None:
    losses = {}
    for dtype in ("float32", "float64"):
        spec = NetworkSpec(layers=(DropoutSpec(rate=0.1), DenseSpec(units=8, dropout=0.2)), dtype=dtype)
        training = begin(small_split, plain(optimizer=Adam(), learning_rate=0.001, l2=0.001, clip=1), spec)
        batches, _, _ = finish(training.reports())
        assert training.network.parameters.dtype == training.network.gradients.dtype == dtype
        assert training.network.predict(small_split.dataset.test_images).dtype == dtype
        losses[dtype] = batches[-1].loss
    assert losses["float32"] == pytest.approx(losses["float64"], rel=1e-3)
    assert losses["float32"] != losses["float64"]


def test_l2_keeps_weights_smaller(small_split: Split) -> None:
    lengths = []
    for l2 in (0, 0.1):
        training = begin(small_split, plain(l2=l2, epochs=3))
        finish(training.reports())
        lengths.append(np.linalg.norm(training.network.parameters[: training.network.decayed]))
    assert lengths[1] < 0.8 * lengths[0]


def test_a_run_goes_on_counting_where_a_loaded_network_was(small_split: Split) -> None:
    training = Training(Network(LITTLE), small_split, plain(), step=160, epoch=10)
    batches, epochs, end = finish(training.reports())
    assert (batches[0].step, batches[0].epoch, batches[0].goal) == (161, 11, 11)
    assert (epochs[0].epoch, end.epoch, end.step) == (11, 11, 176)


def test_one_epoch_of_the_quick_preset_on_10_000_images_reads_9_of_10_digits(mnist: Dataset) -> None:
    run = PRESETS["quick"].run
    part = dataclasses.replace(
        mnist, train_images=mnist.train_images[:10_000], train_labels=mnist.train_labels[:10_000]
    )
    network = Network(run.network, run.seed)
    settings = run.changed(training={"epochs": 1}).training
    finish(train(network, split(part, run.validation_split, run.seed), settings, run.seed))
    found = evaluate(network, mnist.test_images, mnist.test_labels, settings.loss)
    assert found is not None
    assert found.accuracy > 0.9


def test_the_articles_way_learns_too(mnist: Dataset) -> None:
    # After a tenth of its one epoch some ReLU outputs still sleep, so it is far from the 93 % it reaches later.
    run, count = PRESETS["article"].run, 6_000
    part = dataclasses.replace(mnist, train_images=mnist.train_images[:count], train_labels=mnist.train_labels[:count])
    network = Network(run.network, run.seed)
    finish(train(network, split(part, run.validation_split, run.seed), run.training, run.seed))
    found = evaluate(network, mnist.test_images[:2_000], mnist.test_labels[:2_000], "mse")
    assert found is not None
    assert found.accuracy > 0.5


def test_a_snapshot_says_which_weights_it_holds(small_split: Split) -> None:
    training = begin(small_split, plain(epochs=2, keep_best=True, batch_size=50, learning_rate=0.01))
    reports = training.reports()
    for _ in range(14):  # ten batches, the report of their epoch, and three of the next
        next(reports)
    assert (training.snapshot().step, training.snapshot().epoch) == (13, 1)
    training.stop()
    assert finish(reports)[2].best_epoch == 1
    assert (training.snapshot().step, training.snapshot().epoch) == (10, 1)
    next(training.reports())
    assert training.snapshot().step == 14
