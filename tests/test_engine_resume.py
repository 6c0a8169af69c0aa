"""A training that was cut off goes on, elsewhere, exactly as if it had never been."""

import json

import numpy as np
import pytest

from engine.errors import DigitLabError
from engine.network import Network
from engine.presets import PRESETS
from engine.reports import BatchReport, EndReport, EpochReport
from engine.state import TrainingState
from engine.training import Training

QUICK = PRESETS["quick"].run
DENSE = [{"kind": "dense", "units": 12, "dropout": 0.3}]
CONV = [{"kind": "conv", "filters": 3, "kernel": 5, "stride": 2}, {"kind": "dropout", "rate": 0.2}]
NORM = [{"kind": "dense", "units": 8}, {"kind": "batch_norm"}]
DEFORMED = {"rotation": 10, "shift": 2}
CASES = {
    "adam and dropout": ({"layers": DENSE}, {"optimizer": {"kind": "adam"}, "batch_size": 40, "epochs": 3}),
    "two lanes": ({"layers": CONV}, {"optimizer": {"kind": "momentum"}, "batch_size": 64, "epochs": 2}),
    "batch norm, schedule": (
        {"layers": NORM},
        {"schedule": {"kind": "cosine"}, "l2": 1e-3, "clip": 1.0, "batch_size": 50, "epochs": 3},
    ),
    "one at a time": (
        {"layers": [{"kind": "dense", "units": 6}]},
        {"optimizer": {"kind": "sgd"}, "batch_size": 1, "epochs": 1, "shuffle": False, "learning_rate": 0.01},
    ),
    "deformed": ({"layers": DENSE}, {"augmentation": DEFORMED, "batch_size": 40, "epochs": 2}),
    "stops early": (
        {"layers": DENSE},
        {"learning_rate": 0.1, "optimizer": {"kind": "adam"}, "batch_size": 40, "epochs": 30, "early_stopping": 2},
    ),
}


def begin(split, case):
    network, training = CASES[case]
    run = QUICK.changed(network=network, training=training)
    return Training(Network(run.network, 0), split, run.training, 0)


def through_a_file(state):
    """Return a state as it comes back from disk."""
    arrays = {name: np.frombuffer(array.tobytes(), array.dtype) for name, array in state.arrays.items()}
    return TrainingState(json.loads(json.dumps(state.numbers)), arrays)


def figures(reports):
    """Return what reports say, without times."""
    found = []
    for report in reports:
        if isinstance(report, BatchReport):
            found.append((report.step, report.seen, report.loss, report.accuracy, report.learning_rate, report.goal))
        elif isinstance(report, EpochReport):
            found.append((report.epoch, report.loss, report.accuracy, report.validation_loss, report.best))
        else:
            found.append((report.reason, report.message, report.epoch, report.step, report.best_epoch))
    return found


@pytest.mark.parametrize("case", CASES)
def test_going_on_gives_the_same_weights_and_figures_as_never_having_stopped(small_split, case):
    whole = begin(small_split, case)
    expected = figures(whole.reports())
    # Also right after an epoch, right before the end, and before the first batch.
    epoch_ends = [n + 1 for n, row in enumerate(expected) if isinstance(row[-1], bool)]
    cuts = {0, 1, len(expected) // 3, epoch_ends[0], epoch_ends[0] + 1, epoch_ends[-1], len(expected) - 1}
    for cut in cuts - {len(expected)}:
        first = begin(small_split, case)
        reports = first.reports()
        before = figures(next(reports) for _ in range(cut))
        state = through_a_file(first.state())
        second = begin(small_split, case)
        second.restore(state)
        assert before + figures(second.reports()) == expected, cut
        np.testing.assert_array_equal(second.network.parameters, whole.network.parameters)
        np.testing.assert_array_equal(second.best_snapshot().parameters, whole.best_snapshot().parameters)


def test_taking_the_state_changes_nothing(small_split):
    plain, watched = begin(small_split, "adam and dropout"), begin(small_split, "adam and dropout")
    expected = figures(plain.reports())
    found = []
    for report in watched.reports():
        watched.state()
        found.append(report)
    assert figures(found) == expected


def test_a_finished_training_goes_on_for_more_epochs_as_it_would_have(small_split):
    whole = begin(small_split, "batch norm, schedule")
    list(whole.reports())
    state = through_a_file(whole.state())
    other = begin(small_split, "batch norm, schedule")
    other.restore(state)
    assert figures(other.reports()) == figures(whole.reports())
    np.testing.assert_array_equal(other.network.parameters, whole.network.parameters)


def test_a_training_that_diverges_after_going_on_keeps_the_same_weights(small_split):
    def explosive():
        run = QUICK.changed(
            network={"layers": [{"kind": "dense", "units": 6}], "output_activation": "linear"},
            training={"loss": "mse", "optimizer": {"kind": "sgd"}, "learning_rate": 9, "batch_size": 5, "epochs": 2},
        )
        return Training(Network(run.network, 0), small_split, run.training, 0)

    whole = explosive()
    expected = list(whole.reports())
    assert isinstance(expected[-1], EndReport)
    assert expected[-1].reason == "diverged"
    first, second = explosive(), explosive()
    reports = first.reports()
    for _ in range(len(expected) - 1):
        next(reports)
    second.restore(through_a_file(first.state()))
    assert figures(second.reports()) == figures(expected[-1:])
    np.testing.assert_array_equal(second.network.parameters, whole.network.parameters)


def test_the_state_of_another_network_is_refused(small_split):
    other = begin(small_split, "deformed").state()
    with pytest.raises(DigitLabError, match="does not fit the network"):
        begin(small_split, "two lanes").restore(other)
