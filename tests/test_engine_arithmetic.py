"""The arithmetic of every kind of layer: each output done again by hand equals what the network computed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.activations import ACTIVATIONS
from engine.arithmetic import OUTSIDE, bracketed, figure, passage
from engine.datasets.dataset import Dataset
from engine.explanation.shares import share_columns
from engine.layers import AvgPool2DSpec, BatchNormSpec, Conv2DSpec, DenseSpec, DropoutSpec, FlattenSpec, MaxPool2DSpec
from engine.network import Network, as_shares
from engine.specs import NetworkSpec

HIDDEN = ("relu", "leaky_relu", "sigmoid", "tanh", "linear")
EVERYTHING = (
    BatchNormSpec(),
    DropoutSpec(rate=0.3),
    Conv2DSpec(filters=3, kernel=5, stride=2, padding="same", activation="linear"),
    BatchNormSpec(activation="leaky_relu"),
    MaxPool2DSpec(size=3, stride=2),
    Conv2DSpec(filters=4, kernel=3, dropout=0.2),
    AvgPool2DSpec(),
    FlattenSpec(),
    DenseSpec(units=7, activation="tanh", dropout=0.2),
    BatchNormSpec(activation="sigmoid"),
)


def network_of(*layers: object, output: str = "softmax", dtype: str = "float64") -> Network:
    network, rng = Network(NetworkSpec(layers=layers, output_activation=output, dtype=dtype), 1), np.random
    draw = rng.default_rng(2)
    for name, array in network.named_parameters().items():
        if not name.endswith("weights"):
            array[...] = draw.uniform(0.3, 1.5, array.shape) * (
                1 if name.endswith("variance") else draw.choice([-1, 1])
            )
    return network


@pytest.fixture
def digit(small: Dataset) -> np.ndarray:
    return small.test_images[3]


def check_outputs(network: Network, image: np.ndarray, most: int = 40) -> None:
    """Compare outputs of all layers with those of the network."""
    seen, outputs, rng = passage(network, image), network.outputs(image), np.random.default_rng(5)
    for index, output in enumerate(outputs):
        for number in rng.permutation(output.size)[:most].tolist():
            working = seen.working(index, number)
            assert working.value == pytest.approx(float(output.flat[number]), abs=1e-6, rel=1e-6), network.layers[index]


def test_every_kind_of_layer_gives_what_the_network_gives(digit: np.ndarray) -> None:
    network = network_of(*EVERYTHING)
    assert len({type(layer) for layer in network.layers}) == 7
    check_outputs(network, digit)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_gives_what_the_network_gives(name: str, digit: np.ndarray) -> None:
    hidden = (DenseSpec(units=9, activation=name),) if name in HIDDEN else ()
    check_outputs(network_of(*hidden, output=name), digit)


def test_in_32_bits_the_network_is_only_rounded(digit: np.ndarray) -> None:
    network = network_of(*EVERYTHING, dtype="float32")
    seen = passage(network, digit)
    for index, output in enumerate(network.outputs(digit)):
        assert seen.working(index, 1).value == pytest.approx(float(output.flat[1]), abs=1e-4)


@pytest.mark.parametrize("layer", range(13))
def test_the_products_add_up_to_the_sum(layer: int, digit: np.ndarray) -> None:
    working = passage(network_of(*EVERYTHING), digit).working(layer, 0)
    if working.kind in ("sum", "mean"):
        assert working.products.sum() == pytest.approx(working.steps[0].value, abs=1e-9)
    elif working.kind == "largest":
        assert working.products.max() == working.value
    else:
        assert len(working.inputs) == 1


def test_a_convolution_looks_at_its_window_and_at_zeros_beyond_the_border(digit: np.ndarray) -> None:
    network = network_of(Conv2DSpec(filters=2, kernel=5, padding="same"))
    corner, middle = (passage(network, digit).working(0, (row * 28 + row) * 2 + 1) for row in (0, 14))
    assert (corner.numbers == OUTSIDE).sum() == 25 - 9
    assert not corner.inputs[corner.numbers == OUTSIDE].any()
    assert corner.numbers[12] == 0
    assert middle.numbers.reshape(5, 5)[2, 2] == 14 * 28 + 14
    np.testing.assert_allclose(middle.inputs.reshape(5, 5), digit[12:17, 12:17] / 255, atol=1e-12)
    np.testing.assert_array_equal(middle.weights.reshape(5, 5), network.layers[0].parameters["weights"][:, :, 0, 1])


def test_pooling_names_the_window(digit: np.ndarray) -> None:
    network = network_of(Conv2DSpec(filters=3, kernel=3), MaxPool2DSpec())
    seen = passage(network, digit)
    working = seen.working(1, (6 * 13 + 7) * 3 + 2)
    np.testing.assert_array_equal(working.inputs, seen.outputs[0][12:14, 14:16, 2].ravel())
    assert next(np.unravel_index(n, (26, 26, 3)) for n in working.numbers) == (12, 14, 2)


def test_the_formulas_carry_the_numbers(digit: np.ndarray) -> None:
    working = passage(network_of(DenseSpec(units=4), output="linear"), digit).working(0, 2)
    products, bias, total, output = working.steps
    assert total.formula == f"{figure(products.value)} + {bracketed(bias.value)}"
    assert total.value == pytest.approx(products.value + bias.value)
    assert output.formula == f"max(0, {figure(total.value)})"
    assert output.name == "ReLU"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"), (-0.0132, "−0.0132"), (0.63, "0.6300"), (1234.5678, "1,234.57"), (1e-5, "1.0e−05"),
        (-2.5e8, "−2.5e+08"), (math.nan, "not a number"), (math.inf, "∞"), (-math.inf, "−∞"), (99.99999, "100.0000"),
    ],
)  # fmt: skip
def test_numbers_are_written_alike(value: float, text: str) -> None:
    assert figure(value) == text


# --- shares ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("output", ACTIVATIONS)
def test_with_temperature_one_the_shares_are_those_of_the_network(output: str, digit: np.ndarray) -> None:
    network = network_of(DenseSpec(units=9), output=output)
    columns = share_columns(passage(network, digit).sums, output)
    np.testing.assert_allclose(columns[-1].values, network.probabilities(digit[None])[0], atol=2e-6)
    assert columns[-1].values.sum() == pytest.approx(1)


@pytest.mark.parametrize("output", ACTIVATIONS)
@pytest.mark.parametrize("temperature", [0.1, 0.7, 10.0])
def test_a_temperature_divides_the_logarithms_of_the_shares(output: str, temperature: float) -> None:
    sums = np.array([0.5, -1, 2, 0.1, 0.2, 0.3, 1.9, 0.7, 0.4, 0.6])
    raw = share_columns(sums, output)[-1].values
    logs = np.log(np.maximum(raw, 1e-7)) / temperature
    expected = np.exp(logs) / np.exp(logs).sum()
    np.testing.assert_allclose(share_columns(sums, output, temperature)[-1].values, expected, rtol=1e-4)


def test_where_no_output_is_above_zero_every_digit_gets_a_tenth() -> None:
    columns = share_columns(-np.ones(10), "relu", 2.0)
    np.testing.assert_allclose(columns[-1].values, 0.1)
    assert columns[3].with_numbers(columns, 4, 2.0) == "1 ÷ 10"
    network = Network(NetworkSpec(layers=(), output_activation="relu"), seed=None)
    np.testing.assert_allclose(as_shares(-np.ones((1, 10)), network.spec), 0.1)


def test_the_formulas_of_the_shares_carry_their_numbers() -> None:
    sums = np.array([1.0, -2, 0, 0, 0, 0, 0, 0, 0, 3])
    columns = share_columns(sums, "softmax", 0.5)
    assert [column.name for column in columns] == ["Weighted sum", "− largest", "÷ T", "eˣ", "Share"]
    assert [column.with_numbers(columns, 1, 0.5) for column in columns[:4]] == [
        "−2.0000", "−2.0000 − 3.0000", "−5.0000 ÷ 0.5", "e^(−10.0000)",
    ]  # fmt: skip
    assert columns[4].with_numbers(columns, 9, 0.5) == f"1.0000 ÷ {figure(columns[4].total)}"
    assert columns[4].total == pytest.approx(columns[3].values.sum())


def test_huge_sums_and_numbers_that_are_none_are_shown_as_such() -> None:
    sums = np.array([1e300, 0, 0, 0, 0, 0, 0, 0, 0, -1e300])
    assert share_columns(sums, "softmax")[-1].values[0] == 1
    broken = share_columns(np.full(10, np.nan), "softmax")
    assert np.isnan(broken[-1].values).all()
    assert "not a number" in broken[2].with_numbers(broken, 0, 1.0)
