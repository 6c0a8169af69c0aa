"""The arithmetic of a layer, number by number, done again in 64 bits: what any of its outputs is made of."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.activations import LEAK, Activation
from engine.layers import AvgPool2D, BatchNorm, Conv2D, Dense, Dropout, Layer, MaxPool2D
from engine.layers.batch_norm import SMALL
from engine.layers.pooling import Pool
from engine.network import Network, as_floats

Floats = NDArray[np.float64]
Kind = Literal["sum", "largest", "mean", "one"]
OUTSIDE = -1
"""The number of an input that lies outside the image: padding, which is 0."""


@dataclass(frozen=True)
class Step:
    """What is done with what came before.

    Attributes
    ----------
    name : str
        What it gives, e.g. ``"Weighted sum"``.
    formula : str
        How, with the numbers, e.g. ``"1.2000 + 0.3000"``.
    value : float
        What it gives.
    about : str
        The same as a formula without numbers, or as a sentence.
    """

    name: str
    formula: str
    value: float
    about: str


@dataclass(frozen=True, eq=False)
class Working:
    """How one output of a layer comes about.

    Attributes
    ----------
    kind : {"sum", "largest", "mean", "one"}
        What happens to the inputs: they are weighted and added up, the largest is taken, or their mean, or there is
        but one.
    numbers : ndarray of shape (n,), int
        Which of the layer's inputs are looked at, counted from 0 in the order (row, column, map); `OUTSIDE` for
        padding.
    inputs, weights, products : ndarray of shape (n,), float64
        The inputs; what each is multiplied by, 1 where there are no weights; and what that gives.
    steps : tuple of Step
        What follows, up to the output.
    """

    kind: Kind
    numbers: NDArray[np.intp]
    inputs: Floats
    weights: Floats
    steps: tuple[Step, ...]

    @property
    @np.errstate(all="ignore")
    def products(self) -> Floats:
        """What each input comes to."""
        return self.inputs * self.weights

    @property
    def value(self) -> float:
        """The output."""
        return self.steps[-1].value


@dataclass(frozen=True, eq=False)
class Passage:
    """An image on its way through a network.

    Attributes
    ----------
    layers : tuple of Layer
    inputs, outputs : tuple of ndarray
        What each gets and gives, of its `input_shape` and `output_shape`, as the network computed it.
    """

    layers: tuple[Layer, ...]
    inputs: tuple[NDArray[Any], ...]
    outputs: tuple[NDArray[Any], ...]

    @np.errstate(all="ignore")
    def working(self, layer: int, number: int) -> Working:
        """Return how output `number` of a layer comes about, counted from 0 in the order (row, column, map)."""
        return _working(self.layers[layer], np.asarray(self.inputs[layer], np.float64), number)

    @property
    @np.errstate(all="ignore")
    def sums(self) -> Floats:
        """The weighted sums of the ten outputs, shape (10,)."""
        output = self.layers[-1]
        assert isinstance(output, Dense)
        return np.asarray(self.inputs[-1], np.float64).ravel() @ output.weights.astype(np.float64) + output.bias


def passage(network: Network, image: NDArray[Any]) -> Passage:
    """Return what each layer of a network makes of an image of shape (28, 28).

    The weights are those of the network: ask of it while they are as they were.
    """
    outputs = network.outputs(image)
    shaped = [as_floats(image, network.output.dtype), *outputs[:-1]]
    inputs = [x.reshape(layer.input_shape) for x, layer in zip(shaped, network.layers, strict=True)]
    return Passage(tuple(network.layers), tuple(inputs), tuple(outputs))


def figure(value: float) -> str:
    """Return a number with four decimals, or with four figures where these would hide it; a real minus sign."""
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else "−∞" if value < 0 else "∞"
    size = abs(value)
    if size == 0:
        return "0"
    if size >= 1e6 or size < 5e-5:
        text = f"{value:.1e}"
    else:
        text = f"{value:.4f}" if size < 100 else f"{value:,.2f}"
    return text.replace("-", "−")


def _working(layer: Layer, x: Floats, number: int) -> Working:
    if isinstance(layer, Dense):
        return _dense(layer, x, number)
    if isinstance(layer, Conv2D):
        return _conv(layer, x, number)
    if isinstance(layer, Pool):
        return _pool(layer, x, number)
    if isinstance(layer, BatchNorm):
        return _batch_norm(layer, x, number)
    value = float(x.flat[number])
    why = "While a network reads, dropout is off" if isinstance(layer, Dropout) else "The same numbers, in a row"
    return _single(value, number, (Step("Output", figure(value), value, f"{why}: every input is passed on as it is"),))


def _single(value: float, number: int, steps: tuple[Step, ...]) -> Working:
    return Working("one", np.array([number]), np.array([value]), np.ones(1), steps)


def _dense(layer: Dense, x: Floats, unit: int) -> Working:
    weights = layer.weights[:, unit].astype(np.float64)
    others = None
    if layer.activation.name == "softmax":
        others = x.ravel() @ layer.weights.astype(np.float64) + layer.bias
    steps = _weighted(float(x.ravel() @ weights), float(layer.bias[unit]), layer.activation, others)
    return Working("sum", np.arange(layer.inputs), x.ravel(), weights, steps)


def _conv(layer: Conv2D, x: Floats, number: int) -> Working:
    row, column, unit = np.unravel_index(number, layer.output_shape)
    tops = (int(row) * layer.stride - layer.pads[0][0], int(column) * layer.stride - layer.pads[1][0])
    numbers = _window(layer.image, tops, layer.kernel, range(layer.image[2]))
    inputs = np.where(numbers == OUTSIDE, 0.0, x.ravel()[numbers])
    weights = layer.weights[:, :, :, unit].astype(np.float64).ravel()
    steps = _weighted(float(inputs @ weights), float(layer.bias[unit]), layer.activation)
    return Working("sum", numbers, inputs, weights, steps)


def _pool(layer: Pool, x: Floats, number: int) -> Working:
    row, column, channel = (int(part) for part in np.unravel_index(number, layer.output_shape))
    numbers = _window(layer.image, (row * layer.stride, column * layer.stride), layer.size, range(channel, channel + 1))
    inputs = x.ravel()[numbers]
    if isinstance(layer, MaxPool2D):
        value = float(inputs.max())
        step = Step("Output", f"the largest of {len(inputs)}", value, "max(inputs)")
        return Working("largest", numbers, inputs, np.ones(len(inputs)), (step,))
    assert isinstance(layer, AvgPool2D)
    total, count = float(inputs.sum()), len(inputs)
    value = total / count
    steps = (
        Step("Sum", f"the {count} inputs added up", total, "Σ inputs"),
        Step("Output", f"{figure(total)} ÷ {count}", value, "the mean: the sum divided by how many there are"),
    )
    return Working("mean", numbers, inputs, np.ones(count), steps)


def _window(image: tuple[int, int, int], corner: tuple[int, int], side: int, channels: range) -> NDArray[np.intp]:
    """Return the numbers of the pixels in a window, by row, column and map; `OUTSIDE` beyond the image."""
    height, width, maps = image
    rows, columns = (np.arange(start, start + side) for start in corner)
    inside = ((rows >= 0) & (rows < height))[:, None] & ((columns >= 0) & (columns < width))[None, :]
    places = rows[:, None] * width + columns[None, :]
    return np.where(inside[:, :, None], places[:, :, None] * maps + np.array(channels), OUTSIDE).ravel()


def _weighted(products: float, bias: float, activation: Activation, others: Floats | None = None) -> tuple[Step, ...]:
    """Return the steps from the sum of the products to the activation; softmax needs the `others`, its own included."""
    total = products + bias
    return (
        Step("Sum of the products", "all of the above added up", products, "Σ input × weight"),
        Step("Bias", figure(bias), bias, "the number that the unit adds whatever it sees"),
        Step("Weighted sum", f"{figure(products)} + {bracketed(bias)}", total, "z = Σ input × weight + bias"),
        _activation(total, activation, others),
    )


def bracketed(value: float) -> str:
    """Return a number as it stands behind an operator: in brackets if it is negative."""
    return f"({figure(value)})" if value < 0 else figure(value)


def _activation(z: float, activation: Activation, others: Floats | None = None) -> Step:
    about, text = activation.help, figure(z)
    if others is not None:
        total = float(np.exp(others - others.max()).sum())
        value = float(np.exp(z - others.max()) / total)
        formula = f"e^({text} − {bracketed(float(others.max()))}) ÷ {figure(total)}"
        return Step(activation.label, formula, value, about)
    held = np.array([[z]])
    activation.apply(held)
    formula = {
        "relu": f"max(0, {text})",
        "leaky_relu": text if z >= 0 else f"{LEAK:g} × {bracketed(z)}",
        "sigmoid": f"1 ÷ (1 + e^{bracketed(-z)})",
        "tanh": f"tanh({text})",
    }.get(activation.name, text)
    return Step(activation.label, formula, float(held[0, 0]), about)


def _batch_norm(layer: BatchNorm, x: Floats, number: int) -> Working:
    value, feature = float(x.flat[number]), number % layer.features
    gamma, beta, mean, variance = (
        float(layer.parameters[name][feature]) for name in ("gamma", "beta", "mean", "variance")
    )
    spread = math.sqrt(variance + SMALL) if variance + SMALL >= 0 else math.nan
    centred = value - mean
    normal = float(np.divide(centred, spread))
    scaled = normal * gamma
    z = scaled + beta
    steps = (
        Step("− mean", f"{figure(value)} − {bracketed(mean)}", centred, "the running mean of the batches seen"),
        Step("÷ spread", f"{figure(centred)} ÷ √({figure(variance)} + {SMALL:g})", normal,
             "the running variance, and a little so that it is never 0"),
        Step("× γ", f"{figure(normal)} × {bracketed(gamma)}", scaled, "a scale that is learned"),
        Step("+ β", f"{figure(scaled)} + {bracketed(beta)}", z, "a shift that is learned"),
        _activation(z, layer.activation),
    )  # fmt: skip
    return _single(value, number, steps)
