"""The network and its neurons: one vector of parameters, views, copies, predictions."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.activations import ACTIVATIONS
from engine.datasets.dataset import Dataset
from engine.initializers import INITIALIZERS
from engine.layers import (
    AvgPool2DSpec,
    BatchNormSpec,
    Conv2DSpec,
    DenseSpec,
    DropoutSpec,
    FlattenSpec,
    MaxPool2DSpec,
)
from engine.losses import LOSSES
from engine.network import Network, as_floats, as_shares
from engine.specs import NetworkSpec

TWO = NetworkSpec(layers=(DenseSpec(units=12, activation="tanh", dropout=0.5), DenseSpec(units=7)))


def test_the_parameters_are_one_vector_and_the_layers_hold_views_of_it() -> None:
    network = Network(TWO, seed=1)
    assert network.parameters.size == TWO.parameter_count == 784 * 12 + 12 + 12 * 7 + 7 + 7 * 10 + 10
    assert network.decayed == 784 * 12 + 12 * 7 + 7 * 10
    for layer in network.dense:
        for name in ("weights", "bias"):
            assert np.shares_memory(layer.parameters[name], network.parameters)
            assert np.shares_memory(layer.gradients[name], network.gradients)
    network.parameters[:] = np.arange(network.parameters.size)
    in_order = [layer.weights.ravel() for layer in network.dense] + [layer.bias for layer in network.dense]
    assert np.array_equal(np.concatenate(in_order), network.parameters)
    network.dense[1].bias[3] = -5
    assert network.parameters[network.decayed + 12 + 3] == -5


@given(
    st.lists(
        st.one_of(
            st.builds(DenseSpec, units=st.integers(1, 40), dropout=st.sampled_from([0.0, 0.5])),
            st.builds(DropoutSpec, rate=st.floats(0, 0.9)),
        ),
        max_size=4,
    )
)
def test_any_stack_of_layers_has_the_shapes_and_counts_that_its_spec_says(layers: list) -> None:
    spec = NetworkSpec(layers=tuple(layers))
    network = Network(spec)
    assert network.parameters.size == spec.parameter_count
    assert [shape for shape, count in spec.rows() if count] == [(layer.units,) for layer in network.dense]
    assert [count for _, count in spec.rows() if count] == [
        sum(array.size for array in layer.parameters.values()) for layer in network.dense
    ]
    outputs = network.forward(np.ones((3, 784), np.float32), np.random.default_rng(0))
    assert outputs.shape == (3, 10)
    assert network.predict(np.zeros((2, 28, 28), np.uint8)).shape == (2, 10)


@pytest.mark.parametrize("initializer", INITIALIZERS)
def test_weights_start_with_the_variance_of_their_initializer(initializer: str) -> None:
    spec = NetworkSpec(layers=(DenseSpec(units=200),), initializer=initializer, initializer_scale=2, dtype="float64")
    weights = Network(spec, seed=4).dense[0].weights
    variance = {"he": 2 / 784, "glorot": 2 / 984, "lecun": 1 / 784, "zeros": 0}[initializer]
    assert weights.mean() == pytest.approx(0, abs=1e-3)
    assert weights.var() == pytest.approx(4 * variance, rel=0.02)
    if initializer == "glorot":
        assert np.abs(weights).max() <= 2 * np.sqrt(6 / 984)


def test_the_seed_decides_the_start_and_biases_are_0() -> None:
    first, again, other = Network(TWO, 5), Network(TWO, 5), Network(TWO, 6)
    assert np.array_equal(first.parameters, again.parameters)
    assert not np.array_equal(first.parameters, other.parameters)
    assert not first.parameters[first.decayed :].any()


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_each_activation_equals_its_definition(activation: str) -> None:
    z = np.array([[-800.0, -3.0, -0.5, 0.0, 0.5, 3.0, 800.0]])
    with np.errstate(over="ignore"):
        expected = {
            "relu": np.where(z > 0, z, 0),
            "leaky_relu": np.where(z > 0, z, 0.01 * z),
            "sigmoid": 1 / (1 + np.exp(-z)),
            "tanh": np.tanh(z),
            "linear": z,
            "softmax": np.array([[0, 0, 0, 0, 0, 0, 1.0]]),
        }[activation]
    for dtype in (np.float32, np.float64):
        a = z.astype(dtype)
        ACTIVATIONS[activation].apply(a)
        assert a.dtype == dtype
        assert np.allclose(a, expected, rtol=1e-6, atol=1e-7)


def test_softmax_is_the_same_for_shifted_sums() -> None:
    z = np.random.default_rng(0).normal(0, 3, (4, 10))
    shifted = z + 1000
    ACTIVATIONS["softmax"].apply(z)
    ACTIVATIONS["softmax"].apply(shifted)
    assert np.allclose(z, shifted, rtol=1e-10)
    assert np.allclose(z.sum(axis=1), 1)


def test_a_neuron_shares_the_memory_of_its_layer() -> None:
    network = Network(TWO, seed=2)
    neuron = network.neuron(0, 5)
    neuron.weights[100] = 42
    assert network.dense[0].weights[100, 5] == 42
    network.dense[0].bias[5] = 0.25
    assert neuron.bias == 0.25


def test_a_neuron_of_the_first_layer_has_an_image_of_28_by_28() -> None:
    network = Network(TWO, seed=2)
    image = network.neuron(0, 3).image()
    assert image.shape == (28, 28)
    assert image[2, 5] == network.dense[0].weights[2 * 28 + 5, 3]
    assert network.neuron(1, 6).image().shape == (1, 12)
    behind_dropout = Network(NetworkSpec(layers=(DropoutSpec(), DenseSpec(units=4))))
    assert behind_dropout.neuron(0, 3).image().shape == (28, 28)


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "sigmoid", "tanh", "linear"])
def test_a_neuron_answers_as_its_layer_does(small: Dataset, activation: str) -> None:
    spec = NetworkSpec(layers=(DenseSpec(units=6, activation=activation), DenseSpec(units=5)), dtype="float64")
    network = Network(spec, seed=3)
    network.parameters[network.decayed :] = np.random.default_rng(0).normal(size=21)
    image = small.test_images[0]
    hidden, deeper, outputs = network.activations(image)
    for unit in range(6):
        assert network.neuron(0, unit).forward(image / 255) == pytest.approx(hidden[unit], abs=1e-12)
    for unit in range(5):
        assert network.neuron(1, unit).forward(hidden) == pytest.approx(deeper[unit], abs=1e-12)
    sums = np.array([network.neuron(2, digit).forward(deeper) for digit in range(10)])
    assert np.allclose(np.exp(sums) / np.exp(sums).sum(), outputs, atol=1e-12), "a softmax unit gives its sum"


@pytest.mark.parametrize("unit", [-1, 12])
def test_a_neuron_that_is_not_there_is_refused(unit: int) -> None:
    with pytest.raises(IndexError, match="units 0 to 11"):
        Network(TWO).neuron(0, unit)


def test_a_snapshot_is_not_touched_by_what_follows(small: Dataset) -> None:
    network = Network(TWO, seed=2)
    before = network.predict(small.test_images)
    snapshot = network.snapshot(step=7, epoch=1)
    network.parameters += 1
    copy = Network.from_snapshot(snapshot)
    assert (snapshot.step, snapshot.epoch) == (7, 1)
    assert np.array_equal(copy.predict(small.test_images), before)
    copy.parameters[:] = 0
    assert snapshot.parameters.any()


@pytest.mark.parametrize("output", ACTIVATIONS)
def test_probabilities_add_up_to_1_for_every_output(small: Dataset, output: str) -> None:
    network = Network(NetworkSpec(layers=(DenseSpec(units=8),), output_activation=output), seed=1)
    outputs, shares = network.predict(small.test_images), network.probabilities(small.test_images)
    assert shares.shape == (200, 10)
    assert (shares >= 0).all()
    assert np.allclose(shares.sum(axis=1), 1, atol=1e-6)
    positive = (outputs > 0).any(axis=1)
    assert np.array_equal(shares[positive].argmax(axis=1), outputs[positive].argmax(axis=1))


def test_outputs_without_anything_positive_give_every_digit_a_tenth() -> None:
    spec = NetworkSpec(output_activation="linear")
    outputs = np.array([[-1.0] * 10, [-1.0] * 9 + [3.0], [0.0] * 10, [1.0] * 4 + [0.0] * 6])
    shares = as_shares(outputs, spec)
    assert np.allclose(shares, [[0.1] * 10, [0.0] * 9 + [1.0], [0.1] * 10, [0.25] * 4 + [0.0] * 6])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_bytes_and_floats_give_the_same_prediction(small: Dataset, dtype: str) -> None:
    network = Network(NetworkSpec(layers=(DenseSpec(units=16),), dtype=dtype), seed=1)
    floats = as_floats(small.test_images, dtype)
    assert floats.dtype == dtype
    assert floats.max() == 1
    assert network.predict(small.test_images).dtype == dtype
    assert np.array_equal(network.predict(small.test_images), network.predict(floats))
    assert np.allclose(network.predict(small.test_images), network.predict(small.test_images / 255), atol=1e-6)


def test_a_prediction_does_not_depend_on_what_is_predicted_along_with_it(mnist: Dataset) -> None:
    network = Network(TWO, seed=1)
    together = network.predict(mnist.test_images[:1100])
    alone = np.concatenate([network.predict(mnist.test_images[row : row + 1]) for row in (0, 511, 512, 1099)])
    assert np.allclose(alone, together[[0, 511, 512, 1099]], atol=1e-6)


def test_a_prediction_uses_no_dropout_and_leaves_parameters_and_images_alone(small: Dataset) -> None:
    network = Network(TWO, seed=1)
    before = network.parameters.copy()
    floats = as_floats(small.test_images)
    kept = floats.copy()
    assert np.array_equal(network.predict(floats), network.predict(floats))
    assert np.array_equal(network.parameters, before)
    assert np.array_equal(floats, kept)


def test_a_network_that_blew_up_still_answers_without_a_warning(small: Dataset) -> None:
    network = Network(NetworkSpec(layers=(DenseSpec(units=8),) * 2, output_activation="linear"), seed=1)
    for value in (3e38, np.inf, np.nan):
        network.parameters[:] = value
        assert network.predict(small.test_images).shape == (200, 10)
        assert network.probabilities(small.test_images).shape == (200, 10)


ALL_KINDS = NetworkSpec(
    layers=(
        Conv2DSpec(filters=4, kernel=5, stride=2, activation="tanh", dropout=0.5),
        BatchNormSpec(activation="relu"),
        MaxPool2DSpec(size=2, stride=2),
        Conv2DSpec(filters=6, kernel=3, padding="same", activation="linear"),
        AvgPool2DSpec(size=2, stride=2),
        DropoutSpec(rate=0.3),
        FlattenSpec(),
        DenseSpec(units=7),
    ),
    dtype="float64",
)


def test_the_outputs_of_all_layers_are_copies_in_their_shapes(small: Dataset) -> None:
    network, image = Network(ALL_KINDS, seed=1), small.test_images[0]
    outputs = network.outputs(image)
    assert [array.shape for array in outputs] == [layer.output_shape for layer in network.layers]
    kept = [array.copy() for array in outputs]
    network.predict(small.test_images[1:9])
    assert all(np.array_equal(*pair) for pair in zip(outputs, kept, strict=True))
    assert np.allclose(outputs[-1], network.predict(image[np.newaxis])[0], atol=1e-12)
    hidden, answer = network.activations(image)
    assert np.array_equal(hidden, outputs[-2])
    assert np.array_equal(answer, outputs[-1])


def test_a_feature_map_is_what_the_filter_makes_of_every_window(small: Dataset) -> None:
    network, pixels = Network(ALL_KINDS, seed=1), small.test_images[0] / 255
    network.layers[0].parameters["bias"][2] = 0.25
    kernel = network.layers[0].parameters["weights"][:, :, 0, 2]
    feature_map = network.outputs(small.test_images[0])[0][:, :, 2]
    for row, column in ((0, 0), (3, 7), (11, 11)):
        window = pixels[2 * row : 2 * row + 5, 2 * column : 2 * column + 5]
        assert feature_map[row, column] == pytest.approx(np.tanh((window * kernel).sum() + 0.25), abs=1e-7)


def learn(network: Network, data: Dataset, rng: np.random.Generator) -> bytes:
    """Go forward and backward through 64 images; return the gradient."""
    network.forward(as_floats(data.train_images[:64], network.output.dtype), rng)
    network.backward(LOSSES["cross_entropy"], data.train_labels[:64])
    return network.gradients.tobytes()


DIVIDED = NetworkSpec(
    layers=(*(layer for layer in ALL_KINDS.layers if layer.kind != "batch_norm"), DenseSpec(units=600)), dtype="float64"
)


@pytest.mark.parametrize("spec", [DIVIDED, ALL_KINDS], ids=["two lanes", "one lane"])
def test_released_memory_of_both_lanes_is_free_again(small: Dataset, spec: NetworkSpec) -> None:
    network, rng = Network(spec, seed=1), np.random.default_rng(0)
    learn(network, small, rng)
    network.predict(small.test_images)
    network.release()  # what all networks share from here on, such as the second thread, is not counted
    tracemalloc.start()
    try:
        learn(network, small, rng)
        network.predict(small.test_images)
        held, _ = tracemalloc.get_traced_memory()
        network.release()
        left, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held > 1_000_000
    assert left < 50_000


@pytest.mark.parametrize("spec", [TWO, DIVIDED, ALL_KINDS])
def test_releasing_in_between_changes_no_bit(small: Dataset, spec: NetworkSpec) -> None:
    found = []
    for release in (False, True):
        network, rng = Network(spec, seed=1), np.random.default_rng(0)
        gradients = []
        for _ in range(3):
            gradients.append(learn(network, small, rng))
            if release:
                network.release()
        found.append((gradients, network.predict(small.test_images).tobytes()))
    assert found[0] == found[1]
