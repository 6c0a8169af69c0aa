"""How a training fares: figures per weight, units that no longer learn, and hints from real trainings."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.augmentation import USUAL
from engine.datasets.split import Split, split
from engine.health import (
    Hint,
    SteadyHint,
    Symptoms,
    UnitActivity,
    compare_weights,
    examine,
    hints,
    movement,
    per_weight,
    symptoms,
    weight_sizes,
)
from engine.health.measures import MOST
from engine.history import History
from engine.layers import BatchNormSpec, Conv2DSpec, DenseSpec, MaxPool2DSpec
from engine.network import Network, Snapshot
from engine.optimizers import Adam
from engine.presets import PRESETS
from engine.reports import BatchReport, EndReport
from engine.specs import NetworkSpec, RunSpec, TrainingSpec
from engine.training import Training

SMALL = TrainingSpec(optimizer=Adam(), learning_rate=0.002, batch_size=25, epochs=4)


def run_of(*layers: Any, training: TrainingSpec = SMALL, **network: Any) -> RunSpec:
    return RunSpec(network=NetworkSpec(layers=layers or (DenseSpec(units=32),), **network), training=training)


class Watched:
    """A training whose symptoms can be looked at."""

    def __init__(self, run: RunSpec, data: Split) -> None:
        self.run, self.data = run, data
        self.network, self.history = Network(run.network, run.seed), History()
        self.training = Training(self.network, data, run.training, run.seed)
        self.reason, self.since = "", 0

    def learn(self, batches: int = 10**9) -> Watched:
        """Learn from so many batches, or to the end."""
        for report in self.training.reports():
            self.history.extend([report])
            if isinstance(report, EndReport):
                self.reason = report.reason
            batches -= isinstance(report, BatchReport)
            if not batches:
                break
        return self

    def apply(self, hint: Hint) -> None:
        assert hint.change is not None
        self.run = self.run.changed(**hint.change)
        self.training.apply(self.run.training)
        self.since = self.training.step

    @property
    def seen(self) -> Symptoms:
        images = self.data.dataset.train_images[self.data.train_rows][:200]
        return symptoms(
            self.history,
            self.run,
            weight_sizes(self.network),
            since=self.since,
            activity=examine(self.network, images) or (),
            held_back=len(self.data.validation_rows),
            diverged=self.reason == "diverged",
        )

    @property
    def kinds(self) -> list[str]:
        return [hint.kind for hint in hints(self.seen)]


def found(watched: Watched, kind: str) -> Hint:
    return next(hint for hint in hints(watched.seen) if hint.kind == kind)


# --- figures ----------------------------------------------------------------------------------------------


def test_gradients_are_divided_by_the_root_of_the_number_of_weights() -> None:
    network = Network(NetworkSpec(layers=(Conv2DSpec(filters=4), DenseSpec(units=9))))
    sizes = weight_sizes(network)
    assert sizes == (3 * 3 * 4, 26 * 26 * 4 * 9, 90)
    assert per_weight([6.0, 1.0, 3.0], sizes)[0] == 1.0


def test_a_movement_is_the_change_of_a_weight_per_step() -> None:
    spec = NetworkSpec(layers=(DenseSpec(units=5),))
    network = Network(spec, seed=None)
    network.weighted[0].parameters["weights"][...] = 2
    before = network.snapshot(10)
    network.weighted[0].parameters["weights"][...] += np.where(np.arange(5) % 2, 0.5, -0.5).astype("f4")
    network.dense[0].bias[...] = 9  # of weights alone is spoken
    went = movement(before, network.snapshot(15), weight_sizes(network))
    assert went.steps == 5
    assert went.updates == pytest.approx((0.1, 0.0))
    assert went.ratios[0] == pytest.approx(0.1 / math.sqrt((3 * 1.5**2 + 2 * 2.5**2) / 5))
    assert math.isnan(went.ratios[1])


def test_a_histogram_holds_all_weights_of_its_layer_now_and_at_the_start() -> None:
    spec = NetworkSpec(layers=(DenseSpec(units=100),))
    start, now = Network(spec, 0).parameters, 2 * Network(spec, 0).parameters
    first, last = compare_weights(now, start, weight_sizes(Network(spec)))
    for shown in (first, last):
        assert (shown.now.sum(), shown.start.sum()) == pytest.approx((1, 1))
        assert shown.rms_now == pytest.approx(2 * shown.rms_start)
    assert first.rms_start == pytest.approx(math.sqrt(2 / 784), rel=0.02)
    weights = now[: 784 * 100]
    assert np.quantile(np.abs(weights), 0.999) == pytest.approx(first.limit, rel=0.05)
    assert first.now[20] == pytest.approx((np.abs(weights) < first.limit / 41).mean(), abs=0.01)
    assert MOST < 784 * 100, "large layers are judged by a part of their weights"


def test_unknown_and_broken_weights_leave_the_histogram_standing() -> None:
    shown = compare_weights(np.array([np.nan, np.inf, 1, -1], "f4"), None, (4,))[0]
    assert not len(shown.start)
    assert math.isnan(shown.rms_start)
    assert (shown.limit, shown.now[0], shown.now[-1]) == (1.0, 0.5, 0.5)


# --- units ------------------------------------------------------------------------------------------------


def test_dead_units_and_filters_are_counted(small_split: Split) -> None:
    network = Network(NetworkSpec(layers=(Conv2DSpec(filters=6), MaxPool2DSpec(), DenseSpec(units=8))), 0)
    images = small_split.dataset.train_images[:150]
    assert [each.dead for each in examine(network, images) or ()] == [0, 0]
    network.weighted[0].parameters["bias"][2:] = -1000
    network.dense[0].weights[...] = np.abs(network.dense[0].weights)
    network.dense[0].bias[:3] = -1000
    conv, dense = examine(network, images) or ()
    assert (conv.index, conv.units, conv.dead, dense.index, dense.dead) == (0, 6, 4, 2, 3)
    assert conv.dead_share == pytest.approx(4 / 6)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_saturated_units_are_counted_on_both_sides(small_split: Split, activation: Any) -> None:
    network = Network(NetworkSpec(layers=(DenseSpec(units=8, activation=activation),)), 0)
    images = small_split.dataset.train_images[:100]
    assert [each.saturated for each in examine(network, images) or ()] == [0]
    network.dense[0].bias[:3] = (-1000, 1000, 1000)
    assert [(each.saturated, each.dead) for each in examine(network, images) or ()] == [(3, 0)]


def test_units_are_looked_for_where_the_activation_is(small_split: Split) -> None:
    layers = (DenseSpec(units=8, activation="linear"), BatchNormSpec(activation="relu"), DenseSpec(units=8))
    network = Network(NetworkSpec(layers=layers), 0)
    found = examine(network, small_split.dataset.train_images[:50]) or ()
    assert [(each.index, each.activation) for each in found] == [(1, "relu"), (2, "relu")]
    assert examine(network, small_split.dataset.train_images[:50], lambda: True) is None


# --- hints from real trainings ----------------------------------------------------------------------------


def test_a_training_that_goes_well_gets_no_hint(small_split: Split) -> None:
    watched = Watched(run_of(), small_split).learn()
    assert watched.history.epochs.column("accuracy")[-1] > 0.85
    assert watched.kinds == []


@pytest.mark.parametrize(("optimizer", "rate"), [("sgd", 5.0), ("adam", 0.5)])
def test_a_rate_too_high_is_found_and_goes_after_it_was_applied(
    small_split: Split, optimizer: str, rate: float
) -> None:
    training = SMALL.model_dump() | {"optimizer": {"kind": optimizer}, "learning_rate": rate}
    watched = Watched(run_of(training=TrainingSpec.model_validate(training)), small_split).learn(80)
    hint = hints(watched.seen)[0]
    assert hint.kind == "rate_high"
    assert hint.change == {"training": {"learning_rate": float(f"{rate / 3:.2g}")}}
    for _ in range(6):  # a third at a time, each with a new network as the hint says
        watched = Watched(watched.run.changed(**(hint.change or {})), small_split).learn(80)
        hint = next(iter(hints(watched.seen)), hint)
        if not watched.kinds:
            break
    assert watched.kinds == []
    assert watched.run.training.learning_rate < rate / 3


def test_a_loss_that_rises_again_is_a_rate_too_high_until_it_is_lowered(small_split: Split) -> None:
    watched = Watched(run_of(), small_split).learn(60)
    watched.run = watched.run.changed(training={"learning_rate": 0.3})
    watched.training.apply(watched.run.training)
    watched.learn(20)
    hint = found(watched, "rate_high")
    assert "the loss" in hint.why.lower()
    watched.apply(hint)
    watched.run = watched.run.changed(training={"learning_rate": 0.002})
    watched.training.apply(watched.run.training)
    watched.learn(120)
    assert "rate_high" not in watched.kinds


def test_diverging_is_a_rate_too_high(small_split: Split) -> None:
    training = TrainingSpec(learning_rate=10, batch_size=25, loss="mse", epochs=1)
    watched = Watched(run_of(training=training, output_activation="linear"), small_split).learn()
    assert watched.reason == "diverged"
    assert found(watched, "rate_high").why.startswith("Training ended because")


def test_a_rate_too_low_is_found_and_goes_after_it_was_applied(small_split: Split) -> None:
    training = SMALL.model_copy(update={"learning_rate": 3e-6, "epochs": 100})
    watched = Watched(run_of(training=training), small_split).learn(420)
    hint = found(watched, "rate_low")
    assert hint.change == {"training": {"learning_rate": 9e-6}}
    watched.apply(hint)
    watched.run = watched.run.changed(training={"learning_rate": 0.002})
    watched.training.apply(watched.run.training)
    assert watched.kinds == []
    watched.learn(420)
    assert "rate_low" not in watched.kinds


def test_learning_by_heart_is_found_and_goes_after_it_was_applied(small_split: Split) -> None:
    training = SMALL.model_copy(update={"learning_rate": 0.01, "epochs": 14, "keep_best": False})
    watched = Watched(run_of(DenseSpec(units=64), training=training), small_split).learn()
    hint = found(watched, "overfitting")
    assert hint.change == {"training": {"augmentation": USUAL.model_dump()}}
    assert hint.applies == "now"
    watched.apply(hint)
    assert watched.kinds == []
    watched.learn(20 * 8)
    assert len(watched.seen.epoch_losses) >= 6
    assert "overfitting" not in watched.kinds


def test_images_that_are_always_deformed_are_not_learned_by_heart(small_split: Split) -> None:
    training = SMALL.model_copy(update={"epochs": 8, "augmentation": USUAL})
    assert "overfitting" not in Watched(run_of(training=training), small_split).learn().kinds


def test_every_way_against_learning_by_heart_is_offered_in_turn(small_split: Split) -> None:
    base = symptoms(History(), run_of(), (1,))
    by_heart: dict[str, Any] = {
        "epoch_losses": np.array([1, 0.5, 0.4, 0.3, 0.2]),
        "validation_losses": np.array([1, 0.5, 0.6, 0.7, 0.8]),
        "epoch_accuracies": np.array([0.8, 0.9, 0.95, 0.97, 0.99]),
        "validation_accuracies": np.array([0.8, 0.89, 0.9, 0.9, 0.9]),
    }
    run, labels = base.run, []
    for _ in range(4):
        found = hints(Symptoms(**{**vars(base), **by_heart, "run": run, "held_back": 1}))[0]
        labels.append(found.label)
        run = run.changed(**(found.change or {}))
    assert [label.split()[0] for label in labels[:3]] == ["Deform", "L2", "Stop"]
    assert labels[3] == ""


def test_dead_units_are_found_and_go_with_a_new_network(small_split: Split) -> None:
    watched = Watched(run_of(DenseSpec(units=32)), small_split).learn(20)
    assert "dead" not in watched.kinds
    watched.network.dense[0].bias[:20] = -1000
    hint = found(watched, "dead")
    assert hint.applies == "new network"
    assert "% of the units of layer 1 are dead" in hint.sentence
    again = Watched(watched.run.changed(**(hint.change or {})), small_split).learn(20)
    assert again.run.network.layers[0].activation == "leaky_relu"  # type: ignore[union-attr]
    again.network.dense[0].bias[:20] = -1000
    assert "dead" not in again.kinds


def test_units_that_died_of_long_steps_ask_for_shorter_ones(small_split: Split) -> None:
    training = TrainingSpec(learning_rate=2.0, batch_size=25)
    watched = Watched(run_of(training=training), small_split).learn(30)
    assert watched.seen.activity[0].dead_share > 0.9
    hint = found(watched, "dead")
    assert hint.change == {"training": {"learning_rate": 0.67}}
    assert hint.applies == "partly now"


def test_a_dead_output_unit_is_told_once_it_had_its_chance(small_split: Split) -> None:
    run = run_of(training=SMALL.model_copy(update={"loss": "mse", "epochs": 30}), output_activation="relu")
    watched = Watched(run, small_split).learn(100)
    watched.network.output.bias[4] = -1000
    assert "output_dead" not in watched.kinds
    watched.learn(320)
    hint = found(watched, "output_dead")
    assert re.match(r"\d of the 10 output units (is|are) dead", hint.sentence)
    cured = watched.run.changed(**(hint.change or {}))
    assert (cured.network.output_activation, cured.training.loss) == ("softmax", "cross_entropy")


def test_saturated_units_are_found_and_go_with_a_new_network(small_split: Split) -> None:
    layers = (DenseSpec(units=32, activation="tanh"),)
    watched = Watched(run_of(*layers, initializer_scale=40.0), small_split).learn(10)
    hint = found(watched, "saturated")
    again = Watched(watched.run.changed(**(hint.change or {})), small_split).learn(10)
    assert again.run.network.initializer_scale == 1
    assert "saturated" not in again.kinds


def test_vanishing_gradients_are_found_and_go_with_a_new_network(small_split: Split) -> None:
    training = TrainingSpec(batch_size=50, epochs=100)
    layers = (DenseSpec(units=32, activation="sigmoid"),) * 4
    watched = Watched(run_of(*layers, training=training), small_split).learn(220)
    hint = found(watched, "vanishing")
    again = Watched(watched.run.changed(**(hint.change or {})), small_split).learn(220)
    assert {row.activation for row in again.run.network.layers} == {"relu"}  # type: ignore[union-attr]
    assert "vanishing" not in again.kinds


def test_a_plateau_is_found_where_a_constant_rate_circles(small_split: Split) -> None:
    seen = symptoms(History(), run_of(), (1,), held_back=1)
    still = Symptoms(**{**vars(seen), "epoch_losses": np.array([0.9, 0.5, 0.301, 0.3, 0.3, 0.3])})
    assert [hint.kind for hint in hints(still)] == ["plateau"]
    falling = Symptoms(**{**vars(seen), "epoch_losses": np.array([0.9, 0.5, 0.3, 0.28, 0.26, 0.24])})
    assert hints(falling) == []
    gliding = Symptoms(**{**vars(still), "run": still.run.changed(**(hints(still)[0].change or {}))})
    assert hints(gliding) == []


def test_missing_validation_images_are_told_after_an_epoch(small_split: Split) -> None:
    whole = split(small_split.dataset, 0.0, 0)
    watched = Watched(run_of(), whole)
    assert watched.learn(10).kinds == []
    assert watched.learn(20).kinds == ["unvalidated"]


@pytest.mark.parametrize("name", ["quick", "deep", "convolutional"])
def test_presets_get_no_hint_at_their_start(small_split: Split, name: str) -> None:
    run = PRESETS[name].run
    assert Watched(run.changed(training={"batch_size": 50}), small_split).learn(10).kinds == []


# --- hints in general -------------------------------------------------------------------------------------


@pytest.mark.parametrize("preset", ["quick", "article", "deep", "best"])
@pytest.mark.parametrize("kind", ["rate_high", "rate_low", "dead"])
def test_every_change_makes_a_legal_run(preset: str, kind: str) -> None:
    """Whatever the symptoms: the worst of everything, on all kinds of networks."""
    run = PRESETS[preset].run
    units = tuple(UnitActivity(n, 10, "relu", 9, 9) for n in range(3))
    worst = Symptoms(
        run,
        np.full(20_000, 2.3 if kind != "rate_high" else 9.0),
        np.array([2.0, 1.0, 0.9, 0.9, 0.9]),
        np.array([0.2, 0.5, 0.6, 0.7, 0.8]),
        np.array([2.0, 1.0, 1.1, 1.2, 1.3]),
        np.full(5, 0.3),
        gradients=(1e-9, 1e-6, 1e-2),
        activity=units if kind == "dead" else (),
        epochs=5,
    )
    for hint in hints(worst):
        assert hint.sentence.endswith(".")
        assert hint.why.endswith(".")
        if hint.change is not None:
            changed = run.changed(**hint.change)
            assert changed != run
            assert hint.label
            same_network = changed.network == run.network and changed.validation_split == run.validation_split
            assert (hint.applies != "new network") == same_network


@given(st.lists(st.floats(0, 3e38), max_size=400), st.booleans())
def test_no_loss_is_too_strange(losses: Sequence[float], diverged: bool) -> None:
    seen = symptoms(History(), run_of(), (1,), diverged=diverged)
    found = hints(Symptoms(**{**vars(seen), "losses": np.array(losses)}))
    assert ("rate_high" in [hint.kind for hint in found]) or not diverged


def _hint(kind: Any) -> Hint:
    return Hint(kind, f"{kind}.", "Why.", None, "")


def test_a_hint_comes_and_goes_slowly_and_there_is_one_at_a_time() -> None:
    steady, rate, dead = SteadyHint(), _hint("rate_high"), _hint("dead")
    assert steady.look([dead]) is None
    assert steady.look([dead]) is dead
    newer = _hint("dead")
    assert steady.look([rate, newer]) is newer, "a graver one must last, too"
    assert steady.look([rate, newer]) is rate
    assert steady.look([newer]) is rate
    assert steady.look([]) is rate
    assert steady.look([]) is None
    assert steady.look([rate]) is None


def test_a_shown_hint_has_laxer_limits() -> None:
    units = (UnitActivity(0, 100, "relu", 35, 0),)
    seen = Symptoms(**{**vars(symptoms(History(), run_of(), (1,), activity=units)), "losses": np.full(30, 0.5)})
    assert hints(seen) == []
    assert [hint.kind for hint in hints(seen, "dead")] == ["dead"]


def test_what_was_before_a_change_of_settings_proves_nothing(small_split: Split) -> None:
    watched = Watched(run_of(), small_split).learn(50)
    watched.since = 30
    seen = watched.seen
    assert len(seen.losses) == 20
    assert len(seen.epoch_losses) == 0, "the second epoch began before the change"
    assert isinstance(watched.network.snapshot(), Snapshot)
