"""Every layer on numbers small enough to check by hand, with the arithmetic; and the article's neurons, one by one."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from engine.datasets.dataset import Dataset
from engine.datasets.split import Split, split
from engine.layers import (
    AvgPool2DSpec,
    BatchNormSpec,
    Conv2DSpec,
    DenseSpec,
    Dropout,
    FlattenSpec,
    Layer,
    LayerKind,
    MaxPool2DSpec,
)
from engine.layers.layer import Shape
from engine.network import Network
from engine.specs import NetworkSpec, TrainingSpec
from engine.training import Training, train

SQUARE = [[1.0, 2.0, 0.0],
          [0.0, 1.0, 3.0],
          [2.0, 0.0, 1.0]]  # fmt: skip
KERNEL = [[1.0, 0.0],
          [-1.0, 2.0]]  # fmt: skip
MOUNTAINS = [[1.0, 5.0, 2.0],
             [4.0, 3.0, 0.0],
             [6.0, 1.0, 7.0]]  # fmt: skip


def built(spec: LayerKind, shape: Shape, **parameters: object) -> Layer:
    """Return a layer of 64 bits with these parameters."""
    (layer,) = spec.build(shape, "float64")
    for name, value in parameters.items():
        layer.parameters[name][...] = np.reshape(value, layer.parameters[name].shape)
    return layer


def forward(layer: Layer, X: object, rng: np.random.Generator | None = None) -> list:
    """Return what a layer makes of one single-channel image or of rows, as lists."""
    array = np.array(X)
    return layer.forward(array.reshape(-1, *layer.input_shape), rng).squeeze().tolist()


def backward(layer: Layer, dY: object) -> list:
    """Return what a layer hands back, as lists."""
    dX = layer.backward(np.reshape(np.array(dY, dtype=float), (-1, *layer.output_shape)))
    assert dX is not None
    return dX.squeeze().tolist()


def test_convolution_of_3_by_3_with_2_by_2() -> None:
    layer = built(Conv2DSpec(filters=1, kernel=2), (3, 3), weights=KERNEL, bias=0.5)
    # Upper left  1·1 + 0·2 − 1·0 + 2·1 + 0.5 = 3.5      upper right  1·2 + 0·0 − 1·1 + 2·3 + 0.5 = 7.5
    # Lower left  1·0 + 0·1 − 1·2 + 2·0 + 0.5 = −1.5     lower right  1·1 + 0·3 − 1·0 + 2·1 + 0.5 = 3.5
    # ReLU cuts the −1.5.
    assert forward(layer, SQUARE) == [[3.5, 7.5], [0.0, 3.5]]
    dX = backward(layer, [[1, -1], [2, 3]])
    # What is 0 behind ReLU passes nothing back: dZ = 1, −1 / 0, 3.
    # dW: each entry of the kernel saw a 2x2 part of the image; that part times dZ:
    #   1·1 − 1·2 + 3·1 = 2       1·2 − 1·0 + 3·3 = 11
    #   1·0 − 1·1 + 3·0 = −1      1·1 − 1·3 + 3·1 = 1       db = 1 − 1 + 0 + 3 = 3
    assert layer.gradients["weights"].squeeze().tolist() == [[2, 11], [-1, 1]]
    assert layer.gradients["bias"].tolist() == [3]
    # dX: the kernel times each dZ, laid over one another where its window was:
    #   1·kernel upper left      −1·kernel upper right       3·kernel lower right
    #    1  0  .                  . −1  0                     .  .  .
    #   −1  2  .                  .  1 −2                     .  3  0
    #    .  .  .                  .  .  .                     . −3  6
    assert dX == [[1, -1, 0], [-1, 6, -2], [0, -3, 6]]


def test_convolution_with_padding_and_stride_2() -> None:
    spec = Conv2DSpec(filters=1, kernel=2, stride=2, padding="same", activation="linear")
    layer = built(spec, (3, 3), weights=KERNEL)
    # ⌈3/2⌉ = 2 windows along a side need 4 pixels: one row and one column of zeros, behind.
    #   1 2 | 0 .      1·1 − 1·0 + 2·1 = 3      −1·3 = −3
    #   0 1 | 3 .
    #   ----+----
    #   2 0 | 1 .      1·2 = 2                   1·1 = 1
    #   . . | . .
    assert forward(layer, SQUARE) == [[3, -3], [2, 1]]
    dX = backward(layer, [[1, 1], [1, 1]])
    # The windows do not overlap: each holds the kernel, as far as it lies inside the image.
    assert dX == [[1, 0, 1], [-1, 2, -1], [1, 0, 1]]
    # dW: 1 + 0 + 2 + 1 = 4     2 + 0 = 2     0 + 3 = 3     1
    assert layer.gradients["weights"].squeeze().tolist() == [[4, 2], [3, 1]]
    assert layer.gradients["bias"].tolist() == [4]


def test_convolution_of_two_channels_with_two_filters() -> None:
    spec = Conv2DSpec(filters=2, kernel=1, activation="linear")
    layer = built(spec, (1, 2, 2), weights=[[1, 2], [0.5, -1]], bias=[0, 1])
    # Pixel (1, 2):   filter 1  1·1 + 0.5·2 = 2       filter 2  2·1 − 1·2 + 1 = 1
    # Pixel (3, −1):            1·3 − 0.5·1 = 2.5               2·3 + 1·1 + 1 = 8
    assert forward(layer, [[1.0, 2.0], [3.0, -1.0]]) == [[2, 1], [2.5, 8]]
    # dX = W dY:   first pixel, dY = (1, 0): (1, 0.5)      second, dY = (2, 1): (1·2 + 2·1, 0.5·2 − 1·1) = (4, 0)
    assert backward(layer, [[1, 0], [2, 1]]) == [[1, 0.5], [4, 0]]
    # dW = Σ x dYᵀ = (1, 2)(1, 0)ᵀ + (3, −1)(2, 1)ᵀ
    assert layer.gradients["weights"].squeeze().tolist() == [[1 + 6, 3], [2 - 2, -1]]
    assert layer.gradients["bias"].tolist() == [3, 1]


def test_max_pooling_of_overlapping_windows() -> None:
    layer = built(MaxPool2DSpec(size=2, stride=1), (3, 3))
    # Largest of 1 5 4 3: 5, of 5 2 3 0: 5, of 4 3 6 1: 6, of 3 0 1 7: 7. The 5 is the largest of two windows.
    assert forward(layer, MOUNTAINS) == [[5, 5], [6, 7]]
    assert backward(layer, [[1, 2], [3, 4]]) == [[0, 1 + 2, 0], [0, 0, 0], [3, 0, 4]]


def test_max_pooling_leaves_the_border_over_and_gives_a_tie_to_the_first() -> None:
    layer = built(MaxPool2DSpec(size=2, stride=2), (3, 3))
    assert forward(layer, [[2.0, 4.0, 9.0], [4.0, 4.0, 9.0], [9.0, 9.0, 9.0]]) == 4
    assert backward(layer, [[5]]) == [[0, 5, 0], [0, 0, 0], [0, 0, 0]]


def test_average_pooling_of_overlapping_windows() -> None:
    layer = built(AvgPool2DSpec(size=2, stride=1), (3, 3))
    # (1 + 5 + 4 + 3)/4 = 3.25     (5 + 2 + 3 + 0)/4 = 2.5     (4 + 3 + 6 + 1)/4 = 3.5     (3 + 0 + 1 + 7)/4 = 2.75
    assert forward(layer, MOUNTAINS) == [[3.25, 2.5], [3.5, 2.75]]
    # A quarter of each dY goes to each of its four pixels; the middle one lies in all windows: 1 + 2 + 3 + 4.
    assert backward(layer, [[4, 8], [12, 16]]) == [[1, 3, 2], [4, 10, 6], [3, 7, 4]]


def test_flatten_takes_rows_then_columns_then_channels() -> None:
    layer = built(FlattenSpec(), (2, 2, 2))
    image = [[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]
    assert forward(layer, image) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert backward(layer, [1, 2, 3, 4, 5, 6, 7, 8]) == image


def test_batch_normalization_while_training() -> None:
    layer = built(BatchNormSpec(momentum=0.9), (1,), gamma=2, beta=5, mean=0, variance=3)
    # The batch is 1 and 3: mean 2, variance 1. Normalized: ∓1/√1.001. Then times 2, plus 5.
    normal = 1 / math.sqrt(1.001)
    assert forward(layer, [1.0, 3.0], np.random.default_rng(0)) == pytest.approx([5 - 2 * normal, 5 + 2 * normal])
    # Running: 0.9 · 0 + 0.1 · 2 = 0.2 and 0.9 · 3 + 0.1 · 1 = 2.8
    assert layer.parameters["mean"] == pytest.approx(0.2)
    assert layer.parameters["variance"] == pytest.approx(2.8)
    # dY = (1, 0): dβ = 1, dγ = −normal.
    # dX = γ/√1.001 · (dY − mean(dY) − normalized · mean(dY · normalized))
    #    = 2/√1.001 · (1 − ½ − ½ normal²,  0 − ½ + ½ normal²),   and ½ − ½ normal² = ½ · 0.001/1.001
    left = 2 * normal * 0.0005 / 1.001
    assert backward(layer, [1, 0]) == pytest.approx([left, -left], rel=1e-9)
    assert layer.gradients["beta"] == pytest.approx(1)
    assert layer.gradients["gamma"] == pytest.approx(-normal)


def test_batch_normalization_while_reading() -> None:
    layer = built(BatchNormSpec(), (1,), gamma=3, beta=1, mean=1, variance=0.249)
    # (2 − 1)/√(0.249 + 0.001) = 1/0.5 = 2, times 3, plus 1: 7. And (0.5 − 1)/0.5 = −1: −2.
    assert forward(layer, [2.0, 0.5]) == pytest.approx([7, -2], rel=1e-12)
    # Mean and variance stand still, so each sample is on its own: dX = 3/0.5 · dY
    assert backward(layer, [1, -2]) == pytest.approx([6, -12], rel=1e-12)
    assert layer.parameters["mean"].tolist() == [1]
    assert layer.parameters["variance"].tolist() == [0.249]


def test_batch_normalization_of_feature_maps_counts_every_pixel() -> None:
    layer = built(BatchNormSpec(momentum=0), (1, 2, 2), gamma=[1, 1])
    # Channel 1 of two images holds 0, 2, 4, 6: mean 3, variance (9 + 1 + 1 + 9)/4 = 5. Channel 2 is 7 throughout.
    layer.forward(np.array([[[[0.0, 7.0], [2.0, 7.0]]], [[[4.0, 7.0], [6.0, 7.0]]]]), np.random.default_rng(0))
    assert layer.parameters["mean"].tolist() == [3, 7]
    assert layer.parameters["variance"].tolist() == [5, 0]


class Chosen(np.random.Generator):
    """A generator whose numbers are chosen."""

    def random(self, size: object = None, dtype: object = None, out: object = None) -> np.ndarray:
        return np.array([[0.1, 0.5, 0.9, 0.3]])


def test_dropout_with_a_chosen_mask() -> None:
    layer = Dropout((4,), 0.5, "float64")
    # Kept is where the number is 0.5 or more: the second and the third; times 1/(1 − 0.5) = 2.
    assert forward(layer, [1.0, 2.0, 3.0, 4.0], Chosen(np.random.PCG64(0))) == [0, 4, 6, 0]
    assert backward(layer, [5, 6, 7, 8]) == [0, 12, 14, 0]
    assert forward(layer, [1.0, 2.0, 3.0, 4.0]) == [1, 2, 3, 4], "reading, nothing is switched off"


def test_dropout_keeps_the_mean_and_switches_off_its_share() -> None:
    layer = Dropout((1000,), 0.3, "float64")
    X = np.ones((200, 1000))
    Y = layer.forward(X, np.random.default_rng(0))
    assert (Y == 0).mean() == pytest.approx(0.3, abs=0.01)
    assert Y.mean() == pytest.approx(1, abs=0.01)
    assert np.array_equal(layer.forward(X), X), "without training nothing is switched off"


def hand_made(images: np.ndarray, labels: Sequence[int]) -> Split:
    """Return a split that learns from just these images."""
    y = np.array(labels, np.uint8)
    return split(Dataset("hand", "By hand", images, y, images, y), 0, 0)


def test_one_step_worked_by_hand_with_relu_and_squared_error() -> None:
    # Two pixels are lit: x = (255/255, 51/255) = (1, 0.2). The digit is a 3.
    image = np.zeros((1, 28, 28), np.uint8)
    image[0, 0, 0], image[0, 0, 1] = 255, 51
    spec = NetworkSpec(layers=(DenseSpec(units=2),), output_activation="relu", dtype="float64")
    network = Network(spec)
    network.parameters[:] = 0
    hidden, output = network.dense
    hidden.weights[:2] = [[0.5, -1.0], [1.0, 0.5]]
    hidden.bias[:] = [0.1, 0.0]
    output.weights[:, 3], output.bias[3] = [0.5, 2.0], 0.2
    output.weights[:, 7] = [1.0, -1.0]
    # Hidden:  h0 = relu(0.5·1 + 1·0.2 + 0.1) = 0.8      h1 = relu(−1·1 + 0.5·0.2) = relu(−0.9) = 0
    # Outputs: y3 = relu(0.5·0.8 + 2·0 + 0.2) = 0.6      y7 = relu(1·0.8 − 1·0) = 0.8      all others 0
    # Loss:    ½ [(0.6 − 1)² + 0.8²] = ½ (0.16 + 0.64) = 0.4
    settings = TrainingSpec(loss="mse", learning_rate=0.1, batch_size=1, shuffle=False)
    report = next(train(network, hand_made(image, [3]), settings))
    assert report.loss == pytest.approx(0.4, abs=1e-15)
    assert report.accuracy == 0, "it answered 7"
    # Outputs: dz3 = 0.6 − 1 = −0.4      dz7 = 0.8 − 0 = 0.8      the others stand at relu's 0: no gradient
    #          dW[h0, 3] = 0.8 · −0.4 = −0.32      dW[h0, 7] = 0.8 · 0.8 = 0.64      h1 = 0 gives 0
    #          new W[h0, 3] = 0.5 + 0.032 = 0.532      W[h0, 7] = 1 − 0.064 = 0.936
    #          new b3 = 0.2 + 0.04 = 0.24      b7 = 0 − 0.08 = −0.08
    # Hidden:  dh0 = 0.5 · −0.4 + 1 · 0.8 = 0.6      h1 is off: 0
    #          new w0 = (0.5 − 0.1·0.6·1, 1 − 0.1·0.6·0.2) = (0.44, 0.988)      b0 = 0.1 − 0.06 = 0.04
    expected = np.zeros_like(output.weights)
    expected[:, 3], expected[:, 7] = [0.532, 2.0], [0.936, -1.0]
    assert np.allclose(output.weights, expected, rtol=0, atol=1e-15)
    assert np.allclose(output.bias, [0, 0, 0, 0.24, 0, 0, 0, -0.08, 0, 0], rtol=0, atol=1e-15)
    assert np.allclose(hidden.weights[:2], [[0.44, -1.0], [0.988, 0.5]], rtol=0, atol=1e-15)
    assert not hidden.weights[2:].any(), "pixels that are dark teach nothing"
    assert np.allclose(hidden.bias, [0.04, 0], rtol=0, atol=1e-15)
    # Lengths: hidden √(0.6² + 0.12²) = 0.6 √1.04, outputs √(0.32² + 0.64²) = 0.32 √5
    assert report.gradients == pytest.approx((0.6 * math.sqrt(1.04), 0.32 * math.sqrt(5)), rel=1e-14)


def test_one_step_worked_by_hand_with_softmax_and_cross_entropy() -> None:
    # Two images, each with one pixel lit fully; all weights 0, so every digit has p = 0.1 and the loss is ln 10.
    images = np.zeros((2, 28, 28), np.uint8)
    images[0, 0, 0] = images[1, 0, 1] = 255
    network = Network(NetworkSpec(layers=(), initializer="zeros", dtype="float64"))
    settings = TrainingSpec(learning_rate=1, batch_size=2, shuffle=False)
    report = next(train(network, hand_made(images, [4, 6]), settings))
    assert report.loss == pytest.approx(math.log(10), rel=1e-15)
    # dz = (p − t) / 2: −0.45 for the right digit, 0.05 for the nine others. Each pixel is lit in one image only;
    # the bias sees both: −0.45 + 0.05 = −0.4 for 4 and 6, 0.1 for the others. The rate is 1.
    first, second, bias = np.full(10, -0.05), np.full(10, -0.05), np.full(10, -0.1)
    first[4] = second[6] = 0.45
    bias[[4, 6]] = 0.4
    assert np.allclose(network.output.weights[:2], [first, second], rtol=0, atol=1e-15)
    assert not network.output.weights[2:].any()
    assert np.allclose(network.output.bias, bias, rtol=0, atol=1e-15)


class ArticleNeuron:
    """One neuron as the article has it: its own weights and bias, ReLU, the delta rule."""

    def __init__(self, weights: list[float], bias: float) -> None:
        self.weights, self.bias = weights, bias
        self.inputs: list[float] = []
        self.output = 0.0

    def forward(self, inputs: list[float]) -> float:
        """z = w·x + b, then ReLU."""
        self.inputs = inputs
        z = sum(w * x for w, x in zip(self.weights, inputs, strict=True)) + self.bias
        self.output = z if z > 0 else 0.0
        return self.output

    def backward(self, slope: float, rate: float) -> list[float]:
        """Learn from dE/dy; return what each input gets, by the weights from before the step."""
        delta = slope if self.output > 0 else 0.0
        passed = [delta * w for w in self.weights]
        self.weights = [w - rate * delta * x for w, x in zip(self.weights, self.inputs, strict=True)]
        self.bias -= rate * delta
        return passed


class ArticleLayer:
    """Neurons side by side."""

    def __init__(self, weights: np.ndarray, bias: np.ndarray) -> None:
        self.neurons = [ArticleNeuron(list(w), b) for w, b in zip(weights.T.tolist(), bias.tolist(), strict=True)]

    def forward(self, inputs: list[float]) -> list[float]:
        """Ask every neuron."""
        return [neuron.forward(inputs) for neuron in self.neurons]

    def backward(self, slopes: list[float], rate: float) -> list[float]:
        """Teach every neuron, and add up what they hand back."""
        passed = [neuron.backward(slope, rate) for neuron, slope in zip(self.neurons, slopes, strict=True)]
        return [sum(column) for column in zip(*passed, strict=True)]


class ArticleNetwork:
    """Layers one after the other, E = ½ Σ (y − t)², one image at a time."""

    def __init__(self, network: Network) -> None:
        self.layers = [ArticleLayer(layer.weights, layer.bias) for layer in network.dense]

    def learn(self, image: np.ndarray, label: int, rate: float) -> float:
        """Forward, backward, step; return the error before it."""
        values = [pixel / 255 for pixel in image.ravel().tolist()]
        for layer in self.layers:
            values = layer.forward(values)
        slopes = [y - (digit == label) for digit, y in enumerate(values)]
        error = sum(slope * slope for slope in slopes) / 2
        for layer in reversed(self.layers):
            slopes = layer.backward(slopes, rate)
        return error


@pytest.mark.parametrize("hidden", [(8,), (6, 5)])
def test_the_engine_equals_one_object_per_neuron(small: Dataset, hidden: tuple[int, ...]) -> None:
    layers = tuple(DenseSpec(units=units) for units in hidden)
    network = Network(NetworkSpec(layers=layers, output_activation="relu", dtype="float64"), seed=1)
    start, article = network.parameters.copy(), ArticleNetwork(network)
    settings = TrainingSpec(loss="mse", learning_rate=0.01, batch_size=1, shuffle=False)
    reports = Training(network, split(small, 0, 0), settings).reports()
    for image, label in zip(small.train_images[:40], small.train_labels[:40].tolist(), strict=True):
        assert next(reports).loss == pytest.approx(article.learn(image, label, 0.01), rel=1e-9)
    assert np.abs(network.parameters - start).max() > 0.01, "it learned something"
    for ours, theirs in zip(network.dense, article.layers, strict=True):
        for index, neuron in enumerate(theirs.neurons):
            assert np.abs(ours.weights[:, index] - neuron.weights).max() < 1e-10
            assert abs(ours.bias[index] - neuron.bias) < 1e-10
