"""Changes of single units on a copy, against what they must mean for the answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.datasets.dataset import Dataset
from engine.errors import SettingError
from engine.evaluation import evaluate
from engine.layers import BatchNormSpec, Conv2DSpec, DenseSpec, MaxPool2DSpec
from engine.network import Network, Snapshot, as_floats
from engine.specs import NetworkSpec
from engine.surgery import Edit, Prune, PruneSmallest, Scale, Shift, SwitchOff, effect, operate

SPEC = NetworkSpec(
    layers=(
        Conv2DSpec(filters=5, kernel=5, stride=2),
        MaxPool2DSpec(),
        Conv2DSpec(filters=6, kernel=3),
        BatchNormSpec(),
        DenseSpec(units=8, dropout=0.2),
    )
)


@pytest.fixture
def snapshot() -> Snapshot:
    return replace(Network(SPEC, seed=5).snapshot(), step=7, epoch=1)


def answers_without(snapshot: Snapshot, index: int, unit: int, images: np.ndarray) -> np.ndarray:
    """Return what the network answers if what a unit passes on is 0, computed layer by layer."""
    network = Network.from_snapshot(snapshot)
    X = as_floats(images)
    for number, layer in enumerate(network.layers):
        X = layer.forward(X)
        following = network.layers[number + 1] if number + 1 < len(network.layers) else None
        if number >= index and (following is None or following in network.weighted):
            X = X.copy()
            X[..., unit] = 0
            index = len(network.layers)
    return X


@pytest.mark.parametrize("index", [0, 2, 4])
def test_switching_off_is_a_forward_pass_with_the_unit_at_0(index: int, snapshot: Snapshot, small: Dataset) -> None:
    images = small.test_images[:20]
    expected = answers_without(snapshot, index, 3, images)
    for edit in (SwitchOff(index, 3), Prune(index, 3)):
        changed = Network.from_snapshot(operate(snapshot, [edit])).predict(images)
        np.testing.assert_allclose(changed, expected, rtol=1e-4, atol=1e-6)
    assert not np.allclose(expected, Network.from_snapshot(snapshot).predict(images))


def test_the_network_itself_stays_as_it_is(snapshot: Snapshot) -> None:
    before = snapshot.parameters.copy()
    changed = operate(snapshot, [Shift(0, 1, 0.5), Prune(2, 0), PruneSmallest(4, 0.5)])
    assert np.array_equal(snapshot.parameters, before)
    assert not np.array_equal(changed.parameters, before)
    assert (changed.spec, changed.step, changed.epoch) == (snapshot.spec, 7, 1)
    assert np.array_equal(operate(snapshot, []).parameters, before)


def test_shift_and_scale_change_one_unit(snapshot: Snapshot) -> None:
    plain = Network.from_snapshot(snapshot)
    changed = Network.from_snapshot(operate(snapshot, [Shift(4, 2, 0.5), Scale(4, 2, -2), Scale(0, 1, 0.5)]))
    dense, conv = plain.layers[4], plain.layers[0]
    assert changed.layers[4].parameters["bias"][2] == dense.parameters["bias"][2] + 0.5
    np.testing.assert_array_equal(changed.layers[4].parameters["weights"][:, 2], -2 * dense.parameters["weights"][:, 2])
    np.testing.assert_array_equal(
        changed.layers[0].parameters["weights"][..., 1], conv.parameters["weights"][..., 1] / 2
    )
    assert np.count_nonzero(changed.parameters != plain.parameters) == 1 + 25 + len(dense.parameters["weights"])


def test_pruning_by_size_takes_the_smallest(snapshot: Snapshot) -> None:
    weights = Network.from_snapshot(snapshot).layers[2].parameters["weights"]
    pruned = Network.from_snapshot(operate(snapshot, [PruneSmallest(2, 0.3)])).layers[2].parameters["weights"]
    gone = pruned == 0
    assert gone.sum() == round(0.3 * weights.size)
    assert np.abs(weights[gone]).max() <= np.abs(weights[~gone]).min()
    assert np.array_equal(pruned[~gone], weights[~gone])
    assert not Network.from_snapshot(operate(snapshot, [PruneSmallest(2, 1)])).layers[2].parameters["weights"].any()


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (SwitchOff(6, 3), "output unit has nothing behind it"),
        (Shift(1, 0, 1), "number 1 has no weights"),
        (Shift(40, 0, 1), "number 40 has no weights"),
        (Prune(4, 8), "from 0 to 7"),
        (Shift(4, 0, 2000), "from -1,000 to 1,000"),
        (Scale(4, 0, float("nan")), "from -1,000 to 1,000"),
        (PruneSmallest(4, 1.5), "from 0 to 1"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(edit: Edit, words: str, snapshot: Snapshot) -> None:
    with pytest.raises(SettingError, match=words):
        operate(snapshot, [edit])


def test_changes_say_what_they_do() -> None:
    edits = [Shift(0, 1, -0.5), Scale(0, 1, 2), SwitchOff(0, 1), Prune(0, 1), PruneSmallest(0, 0.2)]
    assert [edit.words for edit in edits] == [
        "bias −0.5",
        "weights × 2",
        "switched off",
        "pruned",
        "smallest 20 % of the weights → 0",
    ]


def test_the_effect_names_the_class_that_lost_most(small: Dataset) -> None:
    spec = NetworkSpec(layers=(DenseSpec(units=10),))
    network = Network(spec, seed=None)
    means = np.array([small.train_images[small.train_labels == digit].mean(axis=0).ravel() for digit in range(10)])
    network.dense[0].weights[:] = (means / np.linalg.norm(means, axis=1, keepdims=True)).T
    network.dense[1].weights[:] = np.eye(10)
    snapshot = network.snapshot()
    changed = operate(snapshot, [SwitchOff(0, 0)])
    measured = effect(snapshot, changed, small.test_images, small.test_labels, "cross_entropy")
    assert measured is not None
    assert measured.before.accuracy > 0.6
    assert measured.worst == 0
    assert measured.after.recall()[0] == 0
    known = evaluate(network, small.test_images, small.test_labels, "cross_entropy")
    assert known is not None
    again = effect(known, snapshot, small.test_images, small.test_labels, "cross_entropy")
    assert again is not None
    assert again.worst is None
    assert effect(snapshot, changed, small.test_images, small.test_labels, "cross_entropy", lambda: True) is None
