"""Columns, connections and exciting images, against what can be computed by hand or by brute force."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from engine.datasets.dataset import Dataset
from engine.inspection.columns import columns_of, reaching
from engine.inspection.connections import contributions, strongest, weights_between
from engine.inspection.exciting import most_exciting
from engine.layers import BatchNormSpec, Conv2DSpec, DenseSpec, FlattenSpec, MaxPool2DSpec
from engine.network import Network
from engine.specs import NetworkSpec

NETWORKS = {
    "dense": NetworkSpec(layers=(DenseSpec(units=12, activation="tanh"), DenseSpec(units=7, dropout=0.3))),
    "convolutional": NetworkSpec(
        layers=(
            Conv2DSpec(filters=5, kernel=5, stride=2, padding="same"),
            MaxPool2DSpec(),
            Conv2DSpec(filters=6, kernel=3, activation="leaky_relu"),
            BatchNormSpec(),
            FlattenSpec(),
            DenseSpec(units=8),
        )
    ),
    "shrunk": NetworkSpec(layers=(MaxPool2DSpec(), FlattenSpec(), DenseSpec(units=4))),
}


def network_of(name: str) -> Network:
    network = Network(NETWORKS[name], seed=3)
    for layer in network.weighted:
        layer.parameters["bias"][:] = np.linspace(-0.3, 0.4, len(layer.parameters["bias"]))
    return network


def test_columns_are_the_image_and_the_layers_with_weights() -> None:
    dense = columns_of(network_of("dense"))
    assert [(c.index, c.kind, c.units, c.shape, c.steps) for c in dense] == [
        (-1, "image", 784, (28, 28), ()),
        (0, "dense", 12, (), ()),
        (1, "dense", 7, (), (2,)),
        (3, "dense", 10, (), ()),
    ]
    image, first, second, _, output = columns_of(network_of("convolutional"))
    assert (image.shape, first.shape, second.shape, output.units) == ((28, 28), (14, 14), (5, 5), 10)
    assert (first.steps, second.steps) == ((1,), (3, 4))
    shrunk = columns_of(network_of("shrunk"))[0]
    assert (shrunk.shape, shrunk.units, shrunk.steps) == ((14, 14), 196, (0, 1))


@pytest.mark.parametrize("name", NETWORKS)
def test_what_all_sources_say_and_the_bias_make_the_weighted_sum(name: str, small: Dataset) -> None:
    network, image = network_of(name), small.train_images[5]
    outputs, columns = network.outputs(image), columns_of(network)
    np.testing.assert_allclose(outputs[-1], network.predict(image[None])[0], rtol=1e-5)
    for before, column in itertools.pairwise(columns):
        layer, X = network.layers[column.index], reaching(network, column, image, outputs)
        said = contributions(layer, X, outputs[column.index], before.units, np.arange(column.units))
        assert said.shape == (before.units, column.units)
        sums = (said.sum(axis=0) + layer.parameters["bias"])[np.newaxis]
        layer.activation.apply(sums)  # type: ignore[attr-defined]
        answers = outputs[column.index].reshape(-1, column.units).max(axis=0)
        np.testing.assert_allclose(sums[0], answers, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", NETWORKS)
def test_some_connections_are_a_part_of_all(name: str, small: Dataset) -> None:
    network, image = network_of(name), small.train_images[2]
    outputs, columns = network.outputs(image), columns_of(network)
    for before, column in itertools.pairwise(columns):
        layer, X, Y = (
            network.layers[column.index],
            reaching(network, column, image, outputs),
            outputs[column.index],
        )
        of, into = np.array([before.units - 1, 0, 2]), np.array([3, 1])
        everything = np.arange(column.units)
        said = contributions(layer, X, Y, before.units, everything)[np.ix_(of, into)]
        np.testing.assert_allclose(contributions(layer, X, Y, before.units, into, of), said, rtol=1e-5, atol=1e-6)
        weights = weights_between(layer, before.units, everything)[np.ix_(of, into)]
        np.testing.assert_allclose(weights_between(layer, before.units, into, of), weights, rtol=1e-5)


def test_the_connections_of_a_known_network() -> None:
    network = Network(NetworkSpec(layers=(DenseSpec(units=2),)), seed=None)
    first, output = network.dense
    first.weights[30, 0], first.weights[31, 1], output.weights[0, 4], output.weights[1, 4] = 2, 3, 0.5, -1
    image = np.zeros((28, 28), np.float32)
    image[1, 2], image[1, 3] = 0.5, 0.25  # pixels 30 and 31
    outputs = network.outputs(image)
    said = contributions(first, image, outputs[0], 784, np.arange(2))
    assert {(row, column): said[row, column] for row, column in strongest(said, 60)} == {(30, 0): 1, (31, 1): 0.75}
    behind = contributions(output, outputs[0], outputs[1], 2, np.arange(10))
    assert strongest(behind, 60) == [(1, 4), (0, 4)]
    assert (behind[1, 4], behind[0, 4]) == (-0.75, 0.5)
    assert weights_between(output, 2, np.array([4])).ravel().tolist() == [0.5, -1]


def test_the_strongest_are_finite_and_no_zeros() -> None:
    values = np.array([[0.0, -3.0, np.nan], [2.0, np.inf, 0.5]])
    assert strongest(values, 2) == [(0, 1), (1, 0)]
    assert strongest(values, 60) == [(0, 1), (1, 0), (1, 2)]
    assert strongest(np.zeros((3, 2)), 60) == []


@pytest.mark.parametrize(("name", "index"), [("dense", 0), ("dense", 3), ("convolutional", 2)])
def test_exciting_images_are_those_of_the_largest_answers(name: str, index: int, small: Dataset) -> None:
    network = network_of(name)
    told: list[str] = []
    images = np.concatenate([small.train_images, small.test_images])
    found = most_exciting(network.snapshot(), index, images, 9, told.append)
    assert found is not None
    answers = np.array([network.outputs(image)[index].reshape(-1, found.rows.shape[1]).max(axis=0) for image in images])
    expected = -np.sort(-answers, axis=0)[:9]
    np.testing.assert_allclose(found.activations, expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(np.take_along_axis(answers, found.rows, 0), expected, rtol=1e-4, atol=1e-6)
    assert told


def test_exciting_images_of_few_images_and_after_a_cancel(small: Dataset) -> None:
    snapshot = network_of("dense").snapshot()
    found = most_exciting(snapshot, 0, small.train_images[:4])
    assert found is not None
    assert sorted(found.rows[:, 0].tolist()) == [0, 1, 2, 3]
    assert most_exciting(snapshot, 0, small.train_images, cancelled=lambda: True) is None
