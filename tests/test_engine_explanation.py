"""Explanations: each method on a case whose answer is known, and the gradient against central differences."""

from __future__ import annotations

import numpy as np
import pytest
from central_differences import Slope, pattern_of, require_equal, some_places

from engine.datasets.dataset import Dataset
from engine.explanation.gradient import input_gradient, input_times_gradient
from engine.explanation.occlusion import SIDES, occlusion, weighted_sums
from engine.explanation.patch import smallest_change
from engine.explanation.similar import remember
from engine.explanation.squares import centred_squares, whole_squares
from engine.layers import AvgPool2DSpec, BatchNormSpec, Conv2DSpec, DenseSpec, DropoutSpec, FlattenSpec, MaxPool2DSpec
from engine.network import Network, Snapshot
from engine.presets import PRESETS
from engine.specs import NetworkSpec

NETWORKS = {
    "linear": (),
    "dense": (DenseSpec(units=12, dropout=0.3), DenseSpec(units=8, activation="tanh")),
    "convolutional": (
        Conv2DSpec(filters=3, kernel=5, stride=2, dropout=0.2),
        Conv2DSpec(filters=4, kernel=3, padding="same", activation="leaky_relu"),
        DenseSpec(units=6, activation="sigmoid"),
    ),
    "pooling": (
        Conv2DSpec(filters=3, kernel=3, activation="linear"),
        MaxPool2DSpec(size=3, stride=2),
        Conv2DSpec(filters=3, kernel=3),
        AvgPool2DSpec(),
        FlattenSpec(),
    ),
    "batch normalization": (
        BatchNormSpec(),
        Conv2DSpec(filters=4, kernel=5, stride=3, activation="linear"),
        BatchNormSpec(activation="relu"),
        DropoutSpec(rate=0.4),
        DenseSpec(units=6, activation="linear"),
        BatchNormSpec(activation="tanh"),
    ),
}


def network_of(layers: tuple, output: str = "softmax", dtype: str = "float64") -> Network:
    """Return a network whose biases and running figures are not where they start."""
    network, rng = Network(NetworkSpec(layers=layers, output_activation=output, dtype=dtype), seed=1), np.random
    draw = rng.default_rng(2)
    for name, array in network.named_parameters().items():
        if not name.endswith(("weights", "variance")):
            array[...] = draw.normal(0.5 if name.endswith("gamma") else 0, 0.3, array.shape)
        if name.endswith("variance"):
            array[...] = draw.uniform(0.5, 2, array.shape)
    return network


def one_pixel(weight: float = 5.0) -> Network:
    """Return a network that answers 3 where the pixel in row 9, column 14 has ink, and else 8."""
    network = Network(NetworkSpec(layers=(), dtype="float64"), seed=None)
    network.output.bias[8] = 1.0
    network.output.weights[9 * 28 + 14, 3] = weight
    return network


@pytest.fixture
def digit(small: Dataset) -> np.ndarray:
    return small.test_images[0]


# --- input × gradient ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("output", ["softmax", "relu", "linear"])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_gradient_of_the_pixels_equals_central_differences(name: str, output: str) -> None:
    network, rng = network_of(NETWORKS[name], output), np.random.default_rng(3)
    image, direction = rng.uniform(0.1, 1, (28, 28)), rng.normal(size=10)

    def value() -> float:
        return float(weighted_sums(network, image[None])[0] @ direction)

    slope = Slope(value, lambda: pattern_of(network.layers[:-1]))
    gradient, measured = input_gradient(network, image, direction), 0
    for place in some_places(image.shape, rng, 20):
        numeric = slope.at(image, place)
        measured += numeric is not None
        if numeric is not None:
            require_equal(gradient[place], numeric, f"{name}, pixel {place}")
    assert measured > 10


def test_the_heat_map_of_a_linear_network_is_its_weights_times_its_input(digit: np.ndarray) -> None:
    network = network_of(NETWORKS["linear"])
    for number in range(10):
        heat = input_times_gradient(network, digit, number)
        np.testing.assert_array_equal(heat.ravel(), network.output.weights[:, number] * (digit.ravel() * (1 / 255)))
        total = heat.sum() + network.output.bias[number]
        assert total == pytest.approx(weighted_sums(network, digit[None])[0, number], abs=1e-12)


def test_without_biases_a_relu_network_is_divided_among_its_pixels_without_rest(digit: np.ndarray) -> None:
    network = Network(NetworkSpec(layers=(DenseSpec(units=30), DenseSpec(units=20)), dtype="float64"), seed=4)
    heat = input_times_gradient(network, digit, 6)
    assert heat.sum() == pytest.approx(weighted_sums(network, digit[None])[0, 6], abs=1e-12)
    assert not heat[digit == 0].any()


def test_asking_for_a_gradient_changes_no_weight_and_is_no_training(digit: np.ndarray) -> None:
    network = network_of(NETWORKS["batch normalization"])
    before, outputs = network.parameters.copy(), network.predict(digit[None])
    first = input_times_gradient(network, digit, 2)
    np.testing.assert_array_equal(input_times_gradient(network, digit, 2), first)
    np.testing.assert_array_equal(network.parameters, before)
    np.testing.assert_array_equal(network.predict(digit[None]), outputs)


# --- occlusion -----------------------------------------------------------------------------------------------


def test_covering_single_pixels_of_a_linear_network_gives_its_weights_times_its_input(digit: np.ndarray) -> None:
    network = network_of(NETWORKS["linear"])
    falls = occlusion(network, digit, side=1)
    assert falls is not None
    expected = network.output.weights * (digit.ravel() * (1 / 255))[:, None]
    np.testing.assert_allclose(falls.reshape(10, -1), expected.T, atol=1e-12)


@pytest.mark.parametrize("side", SIDES)
def test_covering_squares_of_a_linear_network_adds_up_what_is_below(digit: np.ndarray, side: int) -> None:
    network = network_of(NETWORKS["linear"])
    falls = occlusion(network, digit, side)
    assert falls is not None
    heat = np.pad(input_times_gradient(network, digit, 7), side // 2)
    expected = np.lib.stride_tricks.sliding_window_view(heat, (side, side)).sum(axis=(2, 3))
    np.testing.assert_allclose(falls[7], expected, atol=1e-12)


def test_covering_nothing_changes_nothing_and_is_not_even_asked(digit: np.ndarray) -> None:
    network = network_of(NETWORKS["convolutional"], dtype="float32")
    falls = occlusion(network, digit)
    assert falls is not None
    assert falls.shape == (10, 28, 28)
    assert not falls[:, 0].any()
    covered = digit.copy()
    covered[9:12, 12:15] = 0
    expected = weighted_sums(network, digit[None])[0] - weighted_sums(network, covered[None])[0]
    np.testing.assert_allclose(falls[:, 10, 13], expected, atol=1e-5)
    np.testing.assert_array_equal(occlusion(network, np.zeros((28, 28), np.uint8)), np.zeros((10, 28, 28)))


def test_what_is_cancelled_has_no_result(digit: np.ndarray, small: Dataset) -> None:
    network = network_of(NETWORKS["dense"])
    assert occlusion(network, digit, cancelled=lambda: True) is None
    assert smallest_change(network, digit, cancelled=lambda: True) is None
    assert remember(network.snapshot(), small.train_images, np.arange(600), cancelled=lambda: True) is None


# --- the smallest change --------------------------------------------------------------------------------------


def test_where_one_pixel_decides_it_is_erased(digit: np.ndarray) -> None:
    image = np.zeros((28, 28), np.uint8)
    image[5:20, 14] = 255
    found = smallest_change(one_pixel(), image)
    assert found is not None
    assert (found.side, found.row, found.column, found.erased) == (1, 9, 14, True)
    assert (found.before, found.after) == (3, 8)
    assert np.argwhere(found.image != image).tolist() == [[9, 14]]
    assert found.share == pytest.approx(one_pixel().probabilities(found.image[None])[0, 8])


def test_where_one_pixel_decides_it_is_added() -> None:
    image = np.zeros((28, 28), np.uint8)
    image[5:20, 3] = 255
    found = smallest_change(one_pixel(), image)
    assert found is not None
    assert (found.side, found.row, found.column, found.erased) == (1, 9, 14, False)
    assert (found.before, found.after) == (8, 3)
    assert found.image[9, 14] == 255


def test_a_larger_square_is_only_tried_where_no_smaller_one_changes_the_answer() -> None:
    network = Network(NetworkSpec(layers=(), dtype="float64"), seed=None)
    network.output.bias[8] = 8.5  # nine pixels of a block of ten by ten are needed
    network.output.weights.reshape(28, 28, 10)[10:20, 10:20, 3] = 1
    found = smallest_change(network, np.zeros((28, 28), np.uint8))
    assert found is not None
    assert (found.side, found.erased, found.after) == (3, False, 3)
    assert 10 <= found.row <= 17
    assert 10 <= found.column <= 17


def test_an_answer_that_nothing_changes_is_said_to_be_one() -> None:
    network = Network(NetworkSpec(layers=()), seed=None)
    network.output.bias[4] = 1
    assert smallest_change(network, np.full((28, 28), 90, np.uint8), largest=4) is None


def test_of_equally_large_squares_the_surest_new_answer_is_taken(digit: np.ndarray) -> None:
    network = network_of(NETWORKS["dense"])
    found = smallest_change(network, digit)
    assert found is not None
    for value, erased in ((0, True), (255, False)):
        images = np.where(whole_squares(found.side), np.uint8(value), digit)
        shares = network.probabilities(images)
        others = shares[shares.argmax(axis=1) != found.before]
        assert not len(others) or others.max() <= found.share + 1e-9, erased


def test_squares_lie_where_they_should() -> None:
    assert whole_squares(9).shape == (400, 28, 28)
    assert np.argwhere(whole_squares(2)[28]).tolist() == [[1, 1], [1, 2], [2, 1], [2, 2]]
    assert np.argwhere(centred_squares(3)[0]).tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert {int(mask.sum()) for mask in centred_squares(3)} == {4, 6, 9}


# --- similar images -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("measure", ["cosine", "euclidean"])
@pytest.mark.parametrize("layers", [(), NETWORKS["dense"], NETWORKS["convolutional"]])
def test_nothing_is_more_like_a_training_digit_than_itself(small: Dataset, layers: tuple, measure: str) -> None:
    network = network_of(layers, dtype="float32")
    memory = remember(network.snapshot(), small.train_images, np.arange(100, 600))
    assert memory is not None
    for row in (100, 333, 599):
        found = memory.nearest(small.train_images[row], measure=measure)  # type: ignore[arg-type]
        assert found[0].row == row
        assert found[0].value == pytest.approx(1.0 if measure == "cosine" else 0.0, abs=1e-4)
        assert len({one.row for one in found}) == 5


@pytest.mark.parametrize("measure", ["cosine", "euclidean"])
def test_the_most_alike_are_those_that_exact_numbers_name(small: Dataset, measure: str) -> None:
    network, image = network_of(NETWORKS["dense"], dtype="float32"), small.test_images[5]
    memory = remember(network.snapshot(), small.train_images, np.arange(600))
    assert memory is not None
    hidden, own = network.seen(small.train_images)[0].astype(float), network.seen(image[None])[0][0].astype(float)
    if measure == "cosine":
        values = hidden @ own / np.linalg.norm(hidden, axis=1) / np.linalg.norm(own)
    else:
        values = np.linalg.norm(hidden - own, axis=1)
    order = np.argsort(-values if measure == "cosine" else values)[:5]
    found = memory.nearest(image, measure=measure)  # type: ignore[arg-type]
    assert [one.row for one in found] == order.tolist()
    assert [one.value for one in found] == pytest.approx(values[order].tolist(), rel=1e-5)


def test_memory_is_capped_by_leaving_images_out_evenly(small: Dataset) -> None:
    network = Network(PRESETS["quick"].run.network, seed=0)
    memory = remember(network.snapshot(), small.train_images, np.arange(600), most_bytes=350 * 2 * 250)
    assert memory is not None
    assert memory.rows.tolist() == list(range(0, 600, 3))
    assert (memory.wanted, memory.directions.nbytes) == (600, 350 * 2 * 200)


def test_a_silent_layer_finds_nothing_alike_and_no_number_does_no_harm(small: Dataset) -> None:
    network = network_of(NETWORKS["dense"], dtype="float32")
    network.parameters[:] = 0
    memory = remember(network.snapshot(), small.train_images, np.arange(50))
    assert memory is not None
    assert memory.nearest(small.test_images[0]) == []
    broken = Snapshot(network.spec, np.full_like(network.parameters, np.nan))
    memory = remember(broken, small.train_images, np.arange(50))
    assert memory is not None
    assert memory.nearest(small.test_images[0]) == []
    assert smallest_change(Network.from_snapshot(broken), small.test_images[0], largest=1) is None
