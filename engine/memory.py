"""How much memory a training takes, predicted before anything is allocated.

What counts is what grows with the network and the batch: copies of the parameters, and the arrays that layers keep
for a batch. Images, libraries and the window are there already.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psutil

from engine.compact_layers import compact_layer
from engine.errors import SettingError
from engine.layers import BatchNormSpec, Conv2DSpec, DenseSpec, DropoutSpec, FlattenSpec, LayerKind
from engine.layers.conv2d import BLOCK_BYTES
from engine.layers.images import as_image, pads
from engine.layers.layer import Shape
from engine.layers.pooling import PoolSpec
from engine.network import ROWS_AT_A_TIME
from engine.specs import CLASSES, INPUT_SHAPE, NetworkSpec, RunSpec

KEPT_COPIES = 5
"""Parameters, gradients, scratch memory, the last good and the best weights."""
HANDED_OUT = 4
"""Copies outside of the training: the one that is shown, the one that reads, two that are being written down."""
GB = 1e9
CONTAINER = Path("/sys/fs/cgroup")


class Values(NamedTuple):
    """How many numbers a layer keeps for each image.

    Attributes
    ----------
    forward : int
        On the way forward, also when the network only reads.
    learned, back : int
        In addition when it learns; `back` only where a layer stands in front, which needs a gradient.
    passing : int
        For a moment while it learns.
    thread : int
        Not for each image, but for each of the engine's threads.
    """

    forward: int
    learned: int = 0
    back: int = 0
    passing: int = 0
    thread: int = 0


@dataclass(frozen=True)
class Need:
    """What a training takes, in bytes.

    Attributes
    ----------
    layers : tuple of int
        Of each hidden layer and, last, the output layer: its share of all copies, and its arrays for a batch.
    batch : int
        The images of a batch, and what deforms them.
    """

    layers: tuple[int, ...]
    batch: int

    @property
    def total(self) -> int:
        """All of it."""
        return sum(self.layers) + self.batch


def training_need(run: RunSpec) -> Need:
    """Return the memory that training by `run`, with an evaluation after each epoch, takes at its peak."""
    network, size, training = run.network, run.training.batch_size, run.training
    copies = KEPT_COPIES + HANDED_OUT + len(training.optimizer.slots) + _lanes(network) - 1
    copies += size == 1  # single images change the weights through copies of rows
    pixels = size * (1 + training.augmentation.active) + ROWS_AT_A_TIME
    return Need(_layers(network, size, copies), pixels * prod(INPUT_SHAPE) * _item(network))


def reading_need(network: NetworkSpec) -> Need:
    """Return the memory that evaluating takes: a copy of the network, and its arrays without gradients."""
    return Need(_layers(network, 0, 1 + _lanes(network)), ROWS_AT_A_TIME * prod(INPUT_SHAPE) * _item(network))


def available() -> int:
    """Return how many bytes could be used now without other programs having to make room."""
    return min([int(psutil.virtual_memory().available), *_left_in_container()])


def _left_in_container() -> Iterator[int]:
    """Yield what a container that limits memory leaves, where there is one."""
    try:
        limit, used = ((CONTAINER / name).read_text().strip() for name in ("memory.max", "memory.current"))
    except OSError:
        return
    if limit.isdigit():
        yield max(int(limit) - int(used), 0)


def require_memory(run: RunSpec) -> None:
    """Refuse a training for which there is too little memory now.

    Raises
    ------
    SettingError
        With the figures, and with the layer that takes most.
    """
    need, free = training_need(run), available()
    if need.total > free:
        smaller = f"smaller, or the batch size, which is {run.training.batch_size:,}."
        _refuse("training", run.network, need, free, smaller)


def require_memory_to_read(network: NetworkSpec) -> None:
    """Refuse an evaluation for which there is too little memory now.

    Raises
    ------
    SettingError
        With the figures, and with the layer that takes most.
    """
    need, free = reading_need(network), available()
    if need.total > free:
        _refuse("an evaluation", network, need, free, "smaller, or close other programs.")


def _refuse(what: str, network: NetworkSpec, need: Need, free: int, smaller: str) -> None:
    """Name the hidden layer that takes most, or the batch if that takes more; the output layer is always small."""
    figures = f"{what} would take about {need.total / GB:.1f} GB of memory, and {free / GB:.1f} GB are free."
    most = max(need.layers[:-1], default=0)
    if need.batch > most:
        raise SettingError(f"Batch size: {figures}", f"Make it {smaller.partition(',')[0]}.")
    index = need.layers.index(most)
    name = f"Layer {index + 1} ({compact_layer(network.layers[index])})"
    raise SettingError(f"{name} takes most, {most / GB:.1f} GB: {figures}", f"Make it {smaller}")


def _layers(network: NetworkSpec, batch: int, copies: int) -> tuple[int, ...]:
    """Return the bytes of each layer, the output layer last, for batches of `batch` images; 0 for reading alone."""
    found, passing = [], []
    shape: Shape = INPUT_SHAPE
    for index, layer in enumerate((*network.layers, DenseSpec(units=CLASSES))):
        kept = _kept(layer, shape)
        learned = kept.learned + (kept.back if index else 0)
        numbers = copies * layer.parameter_count(shape) + _lanes(network) * kept.thread
        found.append(numbers + max(batch, ROWS_AT_A_TIME) * kept.forward + batch * learned)
        passing.append(batch * kept.passing)
        shape = layer.output_shape(shape)
    found[int(np.argmax(passing))] += max(passing)  # never two of them at the same time
    return tuple(numbers * _item(network) for numbers in found)


def _kept(layer: LayerKind, shape: Shape) -> Values:
    """Return what a layer keeps that gets images of that shape."""
    inputs, outputs = prod(shape), prod(layer.output_shape(shape))
    match layer:
        case DenseSpec():
            return _with_dropout(layer, Values(2 * outputs, 0, inputs, _chain(layer, outputs)), outputs)
        case Conv2DSpec():
            return _with_dropout(layer, _convolution(layer, shape), outputs)
        case PoolSpec():
            return Values(outputs, 0, inputs + outputs)
        case BatchNormSpec():
            return Values(2 * outputs, 0, outputs, _chain(layer, outputs))
        case DropoutSpec():
            return Values(0, 2 * outputs, 0, outputs)
        case FlattenSpec():
            return Values(0)


def _convolution(layer: Conv2DSpec, shape: Shape) -> Values:
    """Return what a convolution keeps: maps, framed images, framed gradients, and windows laid out as rows."""
    height, width, channels = as_image(shape, layer.label)
    rows, columns, filters = layer.output_shape(shape)
    down, across = (sum(pads(size, layer.kernel, layer.stride, layer.padding)) for size in (height, width))
    outputs, image, rim = rows * columns * filters, height * width * channels, 2 * (layer.kernel - 1)
    framed = (height + down) * (width + across) * channels if down or across else 0
    turned = (rows + rim - down) * (columns + rim - across) * filters if layer.stride == 1 else framed
    row = layer.kernel**2 * max(rows * columns * channels, height * width * filters if layer.stride == 1 else 0)
    return Values(outputs + framed, 0, image + turned, _chain(layer, outputs), 2 * max(row, BLOCK_BYTES // 4))


def _with_dropout(layer: DenseSpec | Conv2DSpec, values: Values, outputs: int) -> Values:
    return values._replace(learned=2 * outputs) if layer.dropout else values


def _chain(layer: DenseSpec | Conv2DSpec | BatchNormSpec, outputs: int) -> int:
    """Return how many numbers the derivative of the activation takes for a moment."""
    return {"linear": 0, "sigmoid": 2 * outputs, "tanh": 2 * outputs}.get(layer.activation, outputs // 4)


def _lanes(network: NetworkSpec) -> int:
    """Return on how many threads a batch is computed, each with gradients of its own."""
    return 2 if any(layer.kind == "conv" for layer in network.layers) else 1


def _item(network: NetworkSpec) -> int:
    return np.dtype(network.dtype).itemsize
