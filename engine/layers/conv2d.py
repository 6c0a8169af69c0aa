"""The convolutional layer: the same small weights at every place of an image (LeCun et al. 1989)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import numpy as np

from engine.activations import ACTIVATION_HELP, ACTIVATIONS, HiddenActivationName
from engine.fields import setting
from engine.layers.dropout import DropoutSpec
from engine.layers.images import Frame, as_image, output_size, pads, require_fit, spread, windows
from engine.layers.layer import Array, Layer, LayerSettings, Shape, add_up

PADDING_HELP = {
    "valid": "Windows stay inside the image, which therefore shrinks.",
    "same": "Zeros around the image: with stride 1 it keeps its size.",
}
BLOCK_BYTES = 2**20
"""So much is laid out as rows at a time: it stays in the processor's second-level cache until it is multiplied."""

WORTH_TURNING = 1.5


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
        self.pads = (
            pads(height, spec.kernel, spec.stride, spec.padding),
            pads(width, spec.kernel, spec.stride, spec.padding),
        )
        self.activation = ACTIVATIONS[spec.activation]
        for name, shape in (("weights", (self.kernel, self.kernel, channels, self.filters)), ("bias", (self.filters,))):
            self.parameters[name] = np.zeros(shape, self.dtype)
            self.gradients[name] = np.zeros(shape, self.dtype)
        self.inputs = self.kernel**2 * channels
        rows, columns, _ = self.output_shape
        self.places = rows * columns
        # Turned kernels make more products the smaller the maps are beside the image; windows are slow to put back.
        self._turns = self.stride == 1 and height * width <= WORTH_TURNING * self.places
        self._frame = Frame(self.image, self.pads, self.dtype)
        rest = tuple((self.kernel - 1 - before, self.kernel - 1 - after) for before, after in self.pads)
        self._back_frame = Frame(self.output_shape, rest, self.dtype)  # type: ignore[arg-type]

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
        self.X = self._frame.around(X.reshape(n, *self.image))
        self.Y = self.buffer("Y", n, self.places * self.filters)
        maps, matrix = self.Y.reshape(n, self.places, self.filters), self.weights.reshape(self.inputs, self.filters)
        for part, rows in self._laid_out(self.X, self.stride):
            Z = maps[part].reshape(-1, self.filters)
            np.matmul(rows, matrix, out=Z)
            Z += self.bias
            self.activation.apply(Z)
        return self.Y.reshape(n, *self.output_shape)

    def backward(self, dY: Array, *, first: bool = False) -> Array | None:
        """Fill the gradients and return dX, from dY of shape (n, …)."""
        dZ = dY.reshape(len(dY), self.places, self.filters)
        self.activation.chain(self.Y.reshape(dZ.shape), dZ)
        add_up(dZ.reshape(-1, self.filters), self.gradients["bias"])
        gradient = self.gradients["weights"].reshape(self.inputs, self.filters)
        gradient[...] = 0
        share = np.empty_like(gradient)
        for part, rows in self._laid_out(self.X, self.stride):
            gradient += np.matmul(rows.T, dZ[part].reshape(-1, self.filters), out=share)
        if first:
            return None
        return self._back_by_kernels(dZ) if self._turns else self._back_by_windows(dZ)

    def release(self) -> None:
        """Give the reused arrays back and forget the last batch, as other layers do."""
        super().release()
        self._frame.release()
        self._back_frame.release()

    def _back_by_kernels(self, dZ: Array) -> Array:
        """Return dX for the stride 1: a convolution of dZ with the kernels turned round."""
        turned = self.weights[::-1, ::-1].swapaxes(2, 3).reshape(-1, self.image[2])
        framed = self._back_frame.around(dZ.reshape(-1, *self.output_shape))
        dX = self.buffer("dX", len(dZ), int(np.prod(self.image))).reshape(len(dZ), *self.image)
        for part, rows in self._laid_out(framed, 1):
            np.matmul(rows, turned, out=dX[part].reshape(-1, self.image[2]))
        return dX

    def _back_by_windows(self, dZ: Array) -> Array:
        """Return dX for any stride: what each window has goes back to the pixels that it was taken from."""
        n, matrix = len(dZ), self.weights.reshape(self.inputs, self.filters)
        height, width, _ = self.output_shape
        framed = self.buffer("dX", n, self.X[0].size).reshape(n, *self.X.shape[1:])
        framed[...] = 0
        at_a_time = self._at_a_time(self.places * self.inputs)
        for start in range(0, n, at_a_time):
            part = dZ[start : start + at_a_time].reshape(-1, self.filters)
            rows = np.matmul(part, matrix.T, out=self.buffer("rows", at_a_time * self.places, self.inputs)[: len(part)])
            spread(
                rows.reshape(-1, height, width, self.kernel, self.kernel, self.image[2]),
                framed[start : start + at_a_time],
                self.stride,
            )
        return np.ascontiguousarray(self._frame.inside(framed))

    def _laid_out(self, X: Array, stride: int) -> Iterator[tuple[slice, Array]]:
        """Yield the windows of images as rows, some images at a time and in memory that is used again."""
        everything = windows(X, self.kernel, stride)
        width = everything[0, 0, 0].size
        at_a_time = self._at_a_time(everything[0].size)
        for start in range(0, len(X), at_a_time):
            part = slice(start, start + at_a_time)
            some = everything[part]
            rows = self.buffer(f"rows of {width}", at_a_time * everything[0, :, :, 0, 0, 0].size, width)
            rows = rows[: some.size // width]
            np.copyto(rows.reshape(some.shape), some)
            yield part, rows

    def _at_a_time(self, numbers: int) -> int:
        """Return of how many images that many numbers each fit into a block."""
        return max(1, BLOCK_BYTES // (numbers * self.dtype.itemsize))
