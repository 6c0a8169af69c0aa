"""Whole networks in 64 bits: the gradient of the loss equals central differences, in one lane and in two."""

from __future__ import annotations

import numpy as np
import pytest
from central_differences import Slope, check, pattern_of

from engine.activations import ACTIVATIONS
from engine.layers import AvgPool2DSpec, BatchNormSpec, Conv2DSpec, DenseSpec, DropoutSpec, FlattenSpec, MaxPool2DSpec
from engine.losses import LOSSES
from engine.network import LEAST_TO_DIVIDE, Network
from engine.specs import NetworkSpec

LEGAL = [(a, n) for n, loss in LOSSES.items() for a in ACTIVATIONS if loss.fused_with in ("", a)]
HIDDEN = [name for name in ACTIVATIONS if name != "softmax"]
HALVES = [LEAST_TO_DIVIDE - 1, LEAST_TO_DIVIDE, LEAST_TO_DIVIDE + 1]


def network_of(*layers: object, output: str = "softmax") -> Network:
    """Return a network of 64 bits whose biases, shifts and running means are not 0."""
    spec = NetworkSpec(layers=layers, output_activation=output, initializer="glorot", dtype="float64")
    network, rng = Network(spec, seed=1), np.random.default_rng(2)
    for name, array in network.named_parameters().items():
        if not name.endswith(("weights", "gamma", "variance")):
            array[...] = rng.normal(0, 0.3, array.shape)
    return network


def dense(hidden: str, output: str, *, dropout: float = 0.0) -> Network:
    """Return a network with two hidden layers."""
    first = DenseSpec(units=6, activation=hidden, dropout=dropout)
    return network_of(first, DenseSpec(units=5, activation=hidden), output=output)


def convolutional(hidden: str, output: str = "softmax") -> Network:
    """Return a network with convolutions of both paddings and both kinds of pooling."""
    return network_of(
        Conv2DSpec(filters=3, kernel=5, stride=2, activation=hidden),
        MaxPool2DSpec(size=3, stride=2),
        Conv2DSpec(filters=4, kernel=3, padding="same", activation=hidden),
        AvgPool2DSpec(size=2, stride=2),
        FlattenSpec(),
        DenseSpec(units=5, activation=hidden),
        output=output,
    )


def check_network(network: Network, loss: str, n: int, seed: int | None = None, factor: float = 1.0) -> None:
    """Compare `backward` for a random batch with central differences; with a seed it is a training pass."""
    rng = np.random.default_rng([n, 3])
    X, labels = rng.uniform(0, 1, (n, 784)), rng.integers(0, 10, n).astype(np.uint8)

    def value() -> float:
        outputs = network.forward(X, None if seed is None else np.random.default_rng(seed))
        return LOSSES[loss].value(outputs, labels) * factor

    def pattern() -> bytes:
        twin = network._twin.layers if network._twin and network._divided else []
        return pattern_of([*network.layers, *twin])

    slope = Slope(value, pattern)
    network.backward(LOSSES[loss], labels, factor)
    arrays, end, pairs = network.named_parameters(), 0, {}
    gradients = {
        id(layer.parameters[name]): layer.gradients[name] for layer in network.layers for name in layer.parameters
    }
    for name, array in arrays.items():
        end += array.size
        if not name.endswith(("mean", "variance")):  # these only follow the batches: they are not learned
            pairs[name] = array, gradients[id(array)].copy()
    assert end == network.parameters.size
    check(slope, pairs, rng)


@pytest.mark.parametrize("n", [1, 2, 7])
@pytest.mark.parametrize(("output", "loss"), LEGAL)
@pytest.mark.parametrize("hidden", HIDDEN)
def test_dense(hidden: str, output: str, loss: str, n: int) -> None:
    check_network(dense(hidden, output), loss, n)


@pytest.mark.parametrize("n", [1, 7])
@pytest.mark.parametrize(("output", "loss"), LEGAL)
@pytest.mark.parametrize("hidden", HIDDEN)
def test_dense_with_dropout(hidden: str, output: str, loss: str, n: int) -> None:
    check_network(dense(hidden, output, dropout=0.3), loss, n, seed=7)


@pytest.mark.parametrize("n", [1, 7])
def test_dropout_on_the_image_itself(n: int) -> None:
    check_network(network_of(DropoutSpec(rate=0.4), DenseSpec(units=6, activation="tanh")), "cross_entropy", n, seed=5)


@pytest.mark.parametrize(("output", "loss"), LEGAL)
def test_without_a_hidden_layer(output: str, loss: str) -> None:
    check_network(network_of(output=output), loss, 3)


@pytest.mark.parametrize("n", [1, 3])
@pytest.mark.parametrize(("output", "loss"), LEGAL)
@pytest.mark.parametrize("hidden", HIDDEN)
def test_convolutional(hidden: str, output: str, loss: str, n: int) -> None:
    check_network(convolutional(hidden, output), loss, n)


@pytest.mark.parametrize("n", HALVES)
@pytest.mark.parametrize("hidden", HIDDEN)
def test_convolutional_in_two_lanes(hidden: str, n: int) -> None:
    network = convolutional(hidden)
    check_network(network, "cross_entropy", n)
    assert network._divided == (0 if n < LEAST_TO_DIVIDE else (n + 1) // 2)


@pytest.mark.parametrize("n", [3, *HALVES])
def test_convolutional_with_dropout_has_a_fixed_mask_in_each_lane(n: int) -> None:
    conv = Conv2DSpec(filters=3, kernel=3, stride=3, activation="tanh", dropout=0.3)
    check_network(network_of(conv, DropoutSpec(rate=0.2), DenseSpec(units=5)), "cross_entropy", n, seed=7)


@pytest.mark.parametrize("seed", [None, 7])
@pytest.mark.parametrize("n", [2, 7, 33])
@pytest.mark.parametrize(("output", "loss"), LEGAL)
def test_batch_normalization_of_units(output: str, loss: str, n: int, seed: int | None) -> None:
    hidden = DenseSpec(units=6, activation="linear"), BatchNormSpec(activation="leaky_relu"), DropoutSpec(rate=0.2)
    check_network(network_of(*hidden, output=output), loss, n, seed)


@pytest.mark.parametrize("seed", [None, 7])
@pytest.mark.parametrize("n", [1, 7, 33])
@pytest.mark.parametrize("hidden", HIDDEN)
def test_batch_normalization_of_feature_maps(hidden: str, n: int, seed: int | None) -> None:
    conv = Conv2DSpec(filters=3, kernel=3, stride=3, activation="linear")
    network = network_of(conv, BatchNormSpec(activation=hidden), MaxPool2DSpec(), DenseSpec(units=5))
    check_network(network, "cross_entropy", n, seed)
    assert (network._divided == 0) == (seed is not None or n < LEAST_TO_DIVIDE), "a batch is normalized in one place"


def test_batch_normalization_of_the_image_itself() -> None:
    check_network(network_of(BatchNormSpec(), DenseSpec(units=5, activation="tanh")), "cross_entropy", 7, seed=1)


@pytest.mark.parametrize("build", [dense, convolutional])
def test_a_last_batch_that_is_smaller_has_its_own_gradient(build: type) -> None:
    network = build("tanh", "softmax")
    for n in (40, 33, 3, 1, 40):
        check_network(network, "cross_entropy", n)


@pytest.mark.parametrize("n", [1, 7, 33])
@pytest.mark.parametrize("build", [dense, convolutional])
def test_a_factor_on_the_loss_is_one_on_the_gradient(build: type, n: int) -> None:
    check_network(build("tanh", "softmax"), "cross_entropy", n, factor=0.03)


def test_two_lanes_give_the_gradient_of_one() -> None:
    rng = np.random.default_rng(0)
    X, labels = rng.uniform(0, 1, (40, 784)), rng.integers(0, 10, 40).astype(np.uint8)
    whole, halves = convolutional("relu"), convolutional("relu")
    outputs = whole._lane.forward(X)  # all of it in the first lane, as a batch that is not divided
    whole._lane.backward(LOSSES["cross_entropy"], labels, 40)
    assert np.allclose(halves.forward(X), outputs, rtol=1e-12, atol=1e-15)
    halves.backward(LOSSES["cross_entropy"], labels)
    assert np.allclose(halves.gradients, whole.gradients, rtol=1e-10, atol=1e-14)
