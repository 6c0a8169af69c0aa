"""A step downhill: L2, clipping, and the quick ways of plain gradient descent, which must lead to the same place."""

from __future__ import annotations

import numpy as np
import pytest
from central_differences import Slope, require_equal, some_places

from engine.activations import ACTIVATIONS
from engine.datasets.dataset import Dataset
from engine.datasets.split import Split, split
from engine.layers import BatchNormSpec, Conv2DSpec, DenseSpec, DropoutSpec
from engine.losses import LOSSES
from engine.network import Network
from engine.optimizers import SGD, Momentum
from engine.specs import NetworkSpec, TrainingSpec
from engine.training import Training

LEGAL = [(a, n) for n, loss in LOSSES.items() for a in ACTIVATIONS if loss.fused_with in ("", a)]
HIDDEN = [name for name in ACTIVATIONS if name != "softmax"]


def checkable(hidden: str, output: str, *, dropout: float = 0.0, units: int = 6) -> Network:
    """Return a float64 network with two hidden layers and biases that are not 0."""
    first = () if not dropout else (DropoutSpec(rate=dropout),)
    layers = (*first, DenseSpec(units=units, activation=hidden, dropout=dropout), DenseSpec(units=5, activation=hidden))
    spec = NetworkSpec(layers=layers, output_activation=output, initializer="glorot", dtype="float64")
    network = Network(spec, seed=1)
    biases = network.parameters[network.decayed :]
    biases[...] = np.random.default_rng(2).normal(0, 0.3, biases.size)
    return network


def one_step(network: Network, data: Split, settings: TrainingSpec) -> np.ndarray:
    """Return by how much one step of plain gradient descent at rate 1 moved the parameters, turned round."""
    before = network.parameters.copy()
    next(Training(network, data, settings).reports())
    return before - network.parameters


@pytest.mark.parametrize("batch_size", [1, 7])
def test_l2_is_the_gradient_of_half_lambda_times_the_squared_weights(small: Dataset, batch_size: int) -> None:
    network, data = checkable("tanh", "softmax"), split(small, 0, 0)
    X = small.train_images[:batch_size].reshape(batch_size, -1) / 255
    labels = small.train_labels[:batch_size]
    start = network.parameters.copy()
    settings = TrainingSpec(optimizer=SGD(), learning_rate=1, batch_size=batch_size, shuffle=False, l2=0.05)
    gradient = one_step(network, data, settings)
    network.parameters[:] = start

    def penalized() -> float:
        weights = network.parameters[: network.decayed]
        return LOSSES["cross_entropy"].value(network.forward(X), labels) + 0.05 / 2 * float(weights @ weights)

    slope = Slope(penalized, lambda: b"")  # tanh and softmax have no kinks
    for array in (network.parameters[: network.decayed], network.parameters[network.decayed :]):
        first = 0 if array.size == network.decayed else network.decayed
        for (place,) in some_places(array.shape, np.random.default_rng(1), 20):
            numeric = slope.at(array, (place,))
            assert numeric is not None
            require_equal(gradient[first + place], numeric, f"parameter {first + place}")


@pytest.mark.parametrize("batch_size", [1, 7])
def test_clipping_shortens_a_long_gradient_and_leaves_a_short_one(small: Dataset, batch_size: int) -> None:
    data, steps = split(small, 0, 0), {}
    for clip in (0, 0.01, 1000):
        settings = TrainingSpec(learning_rate=1, batch_size=batch_size, shuffle=False, l2=0.01, clip=clip)
        steps[clip] = one_step(checkable("tanh", "softmax"), data, settings)
    assert np.linalg.norm(steps[0.01]) == pytest.approx(0.01, rel=1e-9)
    assert np.allclose(steps[0.01] / 0.01, steps[0] / np.linalg.norm(steps[0]), rtol=1e-9, atol=1e-12)
    assert np.array_equal(steps[1000], steps[0])


@pytest.mark.parametrize("units", [6, 60])  # of the larger layer only the weights of lit pixels are touched
@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize(("output", "loss"), LEGAL)
@pytest.mark.parametrize("hidden", HIDDEN)
def test_the_quick_step_of_a_single_image_equals_the_general_one(
    small: Dataset, hidden: str, output: str, loss: str, dropout: float, units: int
) -> None:
    data, found = split(small, 0, 0), []
    for clip in (0, 1000):  # a limit that is never reached leads through the general step
        network = checkable(hidden, output, dropout=dropout, units=units)
        settings = TrainingSpec(loss=loss, learning_rate=0.01, batch_size=1, shuffle=False, clip=clip)
        reports = Training(network, data, settings).reports()
        lengths = [next(reports).gradients for _ in range(20)]
        found.append((network.parameters, np.array(lengths)))
    assert np.abs(found[0][0] - found[1][0]).max() < 1e-13
    assert np.allclose(found[0][1], found[1][1], rtol=1e-10, atol=1e-14)
    assert found[0][1].max() > 0


CONVOLUTIONAL = (Conv2DSpec(filters=3, kernel=5, stride=3), BatchNormSpec(), DenseSpec(units=5))


@pytest.mark.parametrize("layers", [(DenseSpec(units=6, dropout=0.2),), CONVOLUTIONAL[::2], CONVOLUTIONAL])
@pytest.mark.parametrize("batch_size", [1, 7, 40])
def test_a_plain_step_equals_the_general_one(small: Dataset, layers: tuple, batch_size: int) -> None:
    data, found = split(small, 0, 0), []
    for optimizer in (SGD(), Momentum(momentum=0)):
        network = Network(NetworkSpec(layers=layers, dtype="float64"), seed=1)
        settings = TrainingSpec(optimizer=optimizer, learning_rate=0.01, batch_size=batch_size)
        reports = Training(network, data, settings).reports()
        lengths = [next(reports).gradients for _ in range(10)]
        found.append((network.parameters, np.array(lengths)))
    assert np.allclose(found[0][0], found[1][0], rtol=1e-10, atol=1e-12)
    assert np.allclose(found[0][1], found[1][1], rtol=1e-10, atol=1e-13)
    assert found[0][1].max() > 0
