"""The convolutional layer: the same small weights at every place of an image (LeCun et al. 1989)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from engine.activations import ACTIVATION_HELP, ACTIVATIONS, HiddenActivationName
from engine.fields import setting
from engine.layers.dropout import DropoutSpec
from engine.layers.images import as_image, output_size, pads, require_fit, spread, windows
from engine.layers.layer import Array, Layer, LayerSettings, Shape
from engine.products import product

PADDING_HELP = {
    "valid": "Windows stay inside the image, which therefore shrinks.",
    "same": "Zeros around the image: with stride 1 it keeps its size.",
}
BLOCK_BYTES = 2**20
"""So much is laid out as rows at a time: it stays in the processor's second-level cache until it is multiplied."""


class Conv2DSpec(LayerSettings):
    """What a convolutional layer is."""

    kind: Literal["conv"] = "conv"
    label = "Convolution"
    about = "Looks for small patterns, each at every place of the image."
    filters: int = setting(
        32, "Filters", "How many patterns the layer looks for, each giving one feature map.", low=1, high=1024,
        rebuilds=True,
    )  # fmt: skip
    kernel: int = setting(
        3, "Kernel", "The side of the square of pixels that a filter sees at once.", low=1, high=28, unit="pixels",
        rebuilds=True,
    )  # fmt: skip
    stride: int = setting(
        1, "Stride", "How many pixels a filter moves on from place to place; 2 halves the image.", low=1, high=28,
        unit="pixels", rebuilds=True,
    )  # fmt: skip
    padding: Literal["valid", "same"] = setting(
        "valid", "Padding", "What happens at the image's border.", rebuilds=True, choice_help=PADDING_HELP
    )
    activation: HiddenActivationName = setting(
        "relu",
        "Activation",
        "What each filter does with its weighted sums.",
        rebuilds=True,
        choice_help=ACTIVATION_HELP,
    )
    dropout: float = setting(
        0.0,
        "Dropout",
        "The share of this layer's outputs that is switched off at random while training, against overfitting.",
        low=0,
        high=0.9,
        rebuilds=True,
    )

    @property
    def short(self) -> str:
        """The layer in a line that lists a network: its filters."""
        return f"conv {self.filters}"

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (height, width, filters) of one sample behind the layer.

        Raises
        ------
        SettingError
            When the inputs are no image or smaller than the kernel.
        """
        height, width, _ = as_image(input_shape, "Convolution")
        if self.padding == "valid":
            require_fit("Convolution", "kernel", self.kernel, height, width)
        sizes = (output_size(size, self.kernel, self.stride, self.padding) for size in (height, width))
        return (*sizes, self.filters)

    def parameter_count(self, input_shape: Shape) -> int:
        """Return how many weights and biases the layer has."""
        return (self.kernel**2 * as_image(input_shape, "Convolution")[2] + 1) * self.filters

    def build(self, input_shape: Shape, dtype: str) -> list[Layer]:
        """Return the layer, and its dropout if it has any."""
        layers: list[Layer] = [Conv2D(input_shape, self, dtype)]
        if self.dropout:
            layers += DropoutSpec(rate=self.dropout).build(self.output_shape(input_shape), dtype)
        return layers


class Conv2D(Layer):
    """Y = f(X * W + b): each filter sees every window of the image through the same weights.

    Windows are laid out as rows, so that one matrix product does the work; a few images at a time, so that the
    rows are still in the cache when they are multiplied (im2col; Chellapilla et al. 2006).

    Attributes
    ----------
    weights : ndarray of shape (kernel, kernel, channels, filters)
    bias : ndarray of shape (filters,)
    """

    kind = "conv"

    def __init__(self, input_shape: Shape, spec: Conv2DSpec, dtype: str = "float32") -> None:
        self.image = height, width, channels = as_image(input_shape, "Convolution")
        super().__init__(input_shape, spec.output_shape(input_shape), dtype)
        self.kernel, self.stride, self.filters = spec.kernel, spec.stride, spec.filters
        self.pads = tuple(pads(size, spec.kernel, spec.stride, spec.padding) for size in (height, width))
        self.activation = ACTIVATIONS[spec.activation]
        for name, shape in (("weights", (self.kernel, self.kernel, channels, self.filters)), ("bias", (self.filters,))):
            self.parameters[name] = np.zeros(shape, self.dtype)
            self.gradients[name] = np.zeros(shape, self.dtype)
        self.inputs = self.kernel**2 * channels
        self.places = self.output_shape[0] * self.output_shape[1]
        row_bytes = self.places * self.inputs * self.dtype.itemsize
        self.at_a_time = max(1, BLOCK_BYTES // row_bytes)

    def __repr__(self) -> str:
        height, width, _ = self.image
        return f"Conv2D({height}x{width} → {self.output_shape}, {self.kernel}x{self.kernel}, {self.activation.name})"

    @property
    def weights(self) -> Array:
        """Return the kernels of shape (kernel, kernel, channels, filters)."""
        return self.parameters["weights"]

    @property
    def bias(self) -> Array:
        """Return the biases of shape (filters,)."""
        return self.parameters["bias"]

    def initialize(self, rng: np.random.Generator, draw: Callable[..., Array], scale: float) -> None:
        """Give the kernels their random start, and the biases 0."""
        weights = draw(rng, self.inputs, self.filters, self.kernel**2 * self.filters)
        self.weights[...] = weights.reshape(self.weights.shape) * scale

    def forward(self, X: Array, rng: np.random.Generator | None = None) -> Array:
        """Return feature maps of shape (n, rows, columns, filters) for `X` of shape (n, …)."""
        n = len(X)
        self.X = self._padded(X.reshape(n, *self.image))
        self.Y = self.buffer("Y", n, self.places * self.filters)
        maps, matrix = self.Y.reshape(n * self.places, self.filters), self.weights.reshape(self.inputs, self.filters)
        for start in range(0, n, self.at_a_time):
            rows = self._rows(start, min(start + self.at_a_time, n))
            Z = maps[start * self.places : start * self.places + len(rows)]
            product(rows, matrix, Z)
            Z += self.bias
            self.activation.apply(Z)
        return self.Y.reshape(n, *self.output_shape)

    def backward(self, dY: Array, *, first: bool = False) -> Array | None:
        """Fill the gradients and return dX, from dY of shape (n, …)."""
        n = len(dY)
        dZ = dY.reshape(n * self.places, self.filters)
        self.activation.chain(self.Y.reshape(dZ.shape), dZ)
        gradient = self.gradients["weights"].reshape(self.inputs, self.filters)
        gradient[...] = 0
        part, matrix = np.empty_like(gradient), self.weights.reshape(self.inputs, self.filters)
        np.sum(dZ, axis=0, out=self.gradients["bias"])
        dX = None if first else self._empty_gradient(n)
        for start in range(0, n, self.at_a_time):
            end = min(start + self.at_a_time, n)
            rows = self._rows(start, end)
            dZ_part = dZ[start * self.places : end * self.places]
            gradient += np.matmul(rows.T, dZ_part, out=part)
            if dX is not None:
                np.matmul(dZ_part, matrix.T, out=rows)  # what the rows held is no longer needed
                spread(self._unfolded(rows), dX[start:end], self.stride)
        return None if dX is None else self._cropped(dX)

    def _rows(self, start: int, end: int) -> Array:
        """Return the windows of some images as rows, in memory that is used again."""
        rows = self.buffer("rows", self.at_a_time * self.places, self.inputs)[: (end - start) * self.places]
        np.copyto(self._unfolded(rows), windows(self.X[start:end], self.kernel, self.stride))
        return rows

    def _unfolded(self, rows: Array) -> Array:
        height, width, _ = self.output_shape
        return rows.reshape(-1, height, width, self.kernel, self.kernel, self.image[2])

    def _padded(self, X: Array) -> Array:
        """Return `X` with its zeros around it."""
        if not any(map(any, self.pads)):
            return X
        framed = self._framed("padded", len(X))
        self._inside(framed)[...] = X
        return framed

    def _framed(self, name: str, n: int) -> Array:
        (top, bottom), (left, right) = self.pads
        height, width, channels = self.image
        shape = (height + top + bottom, width + left + right, channels)
        fresh = name not in self._buffers or len(self._buffers[name]) < n
        held = self.buffer(name, n, int(np.prod(shape))).reshape(n, *shape)
        if fresh:  # nobody writes to the frame: it stays 0
            self._buffers[name][...] = 0
        return held

    def _inside(self, framed: Array) -> Array:
        height, width, _ = self.image
        (top, _), (left, _) = self.pads
        return framed[:, top : top + height, left : left + width]

    def _empty_gradient(self, n: int) -> Array:
        dX = self._framed("dX", n)
        dX[...] = 0
        return dX

    def _cropped(self, dX: Array) -> Array:
        if not any(map(any, self.pads)):
            return dX
        inside = self.buffer("inside", len(dX), int(np.prod(self.image))).reshape(len(dX), *self.image)
        inside[...] = self._inside(dX)
        return inside
