"""The gradients: against central differences, against a step worked by hand, against one object per neuron."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from engine.activations import ACTIVATIONS
from engine.datasets.dataset import Dataset
from engine.datasets.split import Split, split
from engine.layers import Dense, DenseSpec, Dropout, DropoutSpec
from engine.losses import LOSSES
from engine.network import Network
from engine.optimizers import SGD
from engine.specs import NetworkSpec, TrainingSpec
from engine.training import Training, train

H = 1e-5
KINKED = ("relu", "leaky_relu")
LEGAL = [(a, n) for n, loss in LOSSES.items() for a in ACTIVATIONS if loss.fused_with in ("", a)]
HIDDEN = [name for name in ACTIVATIONS if name != "softmax"]


def central(f: Callable[[], float], array: np.ndarray, place: Any) -> float:
    """Return the derivative of `f` with respect to one entry of `array`, in place and put back."""
    kept = array[place]
    array[place] = kept + H
    above = f()
    array[place] = kept - H
    below = f()
    array[place] = kept
    return (above - below) / (2 * H)


def require_equal(analytic: float, numeric: float, what: str) -> None:
    """Fail, showing both numbers, when they differ by more than a millionth."""
    scale = max(abs(analytic), abs(numeric), 1e-3)
    error = abs(analytic - numeric) / scale
    assert error < 1e-6, f"{what}: backward gives {analytic:.12g}, central differences {numeric:.12g} ({error:.1e})"


def nearest_kink(network: Network, X: np.ndarray, seed: int | None) -> float:
    """Return the smallest |z| of all units whose activation has a kink at 0."""
    rng = None if seed is None else np.random.default_rng(seed)
    nearest = math.inf
    for layer in network.layers:
        before = np.array(X)
        X = layer.forward(X, rng)
        if isinstance(layer, Dense) and layer.activation.name in KINKED:
            z = before.reshape(len(before), -1) @ layer.weights + layer.bias
            nearest = min(nearest, float(np.abs(z).min()))
    return nearest


def away_from_kinks(network: Network, n: int, seed: int | None) -> np.ndarray:
    """Return `n` random images for which no central difference steps over a kink."""
    for attempt in range(200):
        X = np.random.default_rng([n, attempt]).uniform(0, 1, (n, 784))
        if nearest_kink(network, X, seed) > 50 * H:
            return X
    raise AssertionError("no images away from the kinks were found")


def places(network: Network, rng: np.random.Generator) -> np.ndarray:
    """Return some weights of every layer and all biases, as places in the vector of parameters."""
    chosen, start = [], 0
    for layer in network.dense:
        chosen.append(start + rng.choice(layer.weights.size, 12, replace=False))
        start += layer.weights.size
    return np.concatenate([*chosen, np.arange(network.decayed, network.parameters.size)])


def checkable(hidden: str, output: str, *, dropout: float = 0.0, first: tuple[DropoutSpec, ...] = ()) -> Network:
    """Return a float64 network with two hidden layers and biases that are not 0."""
    layers = (*first, DenseSpec(units=6, activation=hidden, dropout=dropout), DenseSpec(units=5, activation=hidden))
    spec = NetworkSpec(layers=layers, output_activation=output, initializer="glorot", dtype="float64")
    network = Network(spec, seed=1)
    network.parameters[network.decayed :] = np.random.default_rng(2).normal(0, 0.3, 21)
    return network


def check_network(network: Network, loss: str, n: int, seed: int | None) -> None:
    """Compare `backward` with central differences in single parameters and along a direction through all."""
    rng = np.random.default_rng(3)
    X = away_from_kinks(network, n, seed)
    labels = rng.integers(0, 10, n).astype(np.uint8)

    def outputs() -> np.ndarray:
        return network.forward(X, None if seed is None else np.random.default_rng(seed))

    def mean_loss() -> float:
        return LOSSES[loss].value(outputs(), labels)

    outputs()
    network.backward(LOSSES[loss], labels)
    gradients, parameters = network.gradients.copy(), network.parameters
    for place in places(network, rng):
        require_equal(gradients[place], central(mean_loss, parameters, place), f"parameter {place}")
    direction = rng.normal(size=parameters.size)
    direction /= np.linalg.norm(direction)
    kept, along = parameters.copy(), np.zeros(1)

    def loss_along() -> float:
        parameters[:] = kept + along[0] * direction
        return mean_loss()

    require_equal(gradients @ direction, central(loss_along, along, 0), "along a direction through all parameters")


@pytest.mark.parametrize("n", [1, 2, 7])
@pytest.mark.parametrize(("output", "loss"), LEGAL)
@pytest.mark.parametrize("hidden", HIDDEN)
def test_gradients_equal_central_differences(hidden: str, output: str, loss: str, n: int) -> None:
    check_network(checkable(hidden, output), loss, n, seed=None)


@pytest.mark.parametrize("n", [1, 7])
@pytest.mark.parametrize(("output", "loss"), LEGAL)
@pytest.mark.parametrize("hidden", HIDDEN)
def test_gradients_with_dropout_equal_central_differences(hidden: str, output: str, loss: str, n: int) -> None:
    check_network(checkable(hidden, output, dropout=0.3), loss, n, seed=7)


@pytest.mark.parametrize("n", [1, 7])
def test_gradients_with_dropout_on_the_image_itself(n: int) -> None:
    check_network(checkable("tanh", "softmax", first=(DropoutSpec(rate=0.4),)), "cross_entropy", n, seed=5)


@pytest.mark.parametrize(("output", "loss"), LEGAL)
def test_gradients_without_a_hidden_layer(output: str, loss: str) -> None:
    network = Network(NetworkSpec(layers=(), output_activation=output, dtype="float64", initializer="glorot"), seed=1)
    check_network(network, loss, 3, seed=None)


def test_a_smaller_batch_after_a_larger_one_has_its_own_gradient() -> None:
    network = checkable("tanh", "softmax")
    check_network(network, "cross_entropy", 7, seed=None)
    check_network(network, "cross_entropy", 3, seed=None)


@pytest.mark.parametrize("n", [1, 7])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_a_dense_layer_hands_back_the_gradient_of_its_inputs(name: str, n: int) -> None:
    rng = np.random.default_rng(11)
    layer = Dense((8,), 5, name, "float64")
    layer.weights[:], layer.bias[:] = rng.normal(0, 0.7, (8, 5)), rng.normal(0, 0.3, 5)
    X, C = rng.uniform(0, 1, (n, 8)), rng.normal(size=(n, 5))
    if name in KINKED:
        assert np.abs(X @ layer.weights + layer.bias).min() > 50 * H
    layer.forward(X)
    dX = layer.backward(C.copy())
    assert dX is not None
    assert dX.shape == X.shape
    for place in np.ndindex(*X.shape):
        numeric = central(lambda: float((C * layer.forward(X)).sum()), X, place)
        require_equal(dX[place], numeric, f"input {place}")


def test_a_dropout_layer_hands_back_the_gradient_of_its_inputs() -> None:
    layer, rng = Dropout((6,), 0.5, "float64"), np.random.default_rng(4)
    X, C = rng.normal(size=(7, 6)), rng.normal(size=(7, 6))
    layer.forward(X, np.random.default_rng(9))
    dX = layer.backward(C.copy())
    assert dX is not None
    for place in np.ndindex(*X.shape):
        numeric = central(lambda: float((C * layer.forward(X, np.random.default_rng(9))).sum()), X, place)
        require_equal(dX[place], numeric, f"input {place}")


def test_dropout_keeps_the_mean_and_switches_off_its_share() -> None:
    layer = Dropout((1000,), 0.3, "float64")
    X = np.ones((200, 1000))
    Y = layer.forward(X, np.random.default_rng(0))
    assert (Y == 0).mean() == pytest.approx(0.3, abs=0.01)
    assert Y.mean() == pytest.approx(1, abs=0.01)
    assert np.array_equal(layer.forward(X), X), "without training nothing is switched off"


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

    for place in places(network, np.random.default_rng(1)):
        require_equal(gradient[place], central(penalized, network.parameters, place), f"parameter {place}")


@pytest.mark.parametrize("batch_size", [1, 7])
def test_clipping_shortens_a_long_gradient_and_leaves_a_short_one(small: Dataset, batch_size: int) -> None:
    data, steps = split(small, 0, 0), {}
    for clip in (0, 0.01, 1000):
        settings = TrainingSpec(learning_rate=1, batch_size=batch_size, shuffle=False, l2=0.01, clip=clip)
        steps[clip] = one_step(checkable("tanh", "softmax"), data, settings)
    assert np.linalg.norm(steps[0.01]) == pytest.approx(0.01, rel=1e-9)
    assert np.allclose(steps[0.01] / 0.01, steps[0] / np.linalg.norm(steps[0]), rtol=1e-9, atol=1e-12)
    assert np.array_equal(steps[1000], steps[0])


@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize(("output", "loss"), LEGAL)
@pytest.mark.parametrize("hidden", HIDDEN)
def test_the_quick_step_of_a_single_image_equals_the_general_one(
    small: Dataset, hidden: str, output: str, loss: str, dropout: float
) -> None:
    data, found = split(small, 0, 0), []
    for clip in (0, 1000):  # a limit that is never reached leads through the general step
        network = checkable(hidden, output, dropout=dropout, first=(DropoutSpec(rate=dropout),))
        settings = TrainingSpec(loss=loss, learning_rate=0.01, batch_size=1, shuffle=False, clip=clip)
        reports = Training(network, data, settings).reports()
        lengths = [next(reports).gradients for _ in range(20)]
        found.append((network.parameters, np.array(lengths)))
    assert np.abs(found[0][0] - found[1][0]).max() < 1e-13
    assert np.allclose(found[0][1], found[1][1], rtol=1e-10, atol=1e-14)
    assert found[0][1].max() > 0


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
