"""PyTorch on the processor: the same network in its own layers, the whole data in memory, a new order every epoch."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import product
from math import prod
from typing import Any

from engine.bench.contenders import Prepared, Task, in_memory, per_epoch
from engine.layers import Conv2DSpec, DenseSpec, LayerKind
from engine.layers.batch_norm import SMALL, BatchNormSpec, features_of
from engine.layers.dropout import DropoutSpec
from engine.layers.images import as_image, pads
from engine.layers.layer import Shape
from engine.layers.pooling import MaxPool2DSpec, PoolSpec
from engine.specs import CLASSES, INPUT_SHAPE, NetworkSpec, TrainingSpec


def prepare(task: Task) -> Prepared:
    """Return PyTorch with its optimizers as they come and fused, and for images in both orders of memory."""
    import torch

    torch.set_num_threads(task.threads)
    convolutional = any(layer.kind == "conv" for layer in task.work.run.network.layers)
    orders = ("channels first", "channels last") if convolutional else ("",)
    variants = {
        ", ".join(filter(None, (order, "fused" if fused else ""))) or "as it comes": _epoch(torch, task, order, fused)
        for order, fused in product(orders, (convolutional,) if convolutional else (False, True))
    }
    return Prepared(variants, torch.get_num_threads, str(torch.__version__))


def _epoch(torch: Any, task: Task, order: str, fused: bool) -> Callable[[], float]:
    run = task.work.run
    X, labels = map(torch.from_numpy, in_memory(task.images))
    network = torch.nn.Sequential(*_network(torch.nn, run.network))
    if order:
        X = X.reshape(-1, 1, *INPUT_SHAPE)
    if order == "channels last":
        network, X = (thing.to(memory_format=torch.channels_last) for thing in (network, X))
    optimizer = _optimizer(torch.optim, network, run.training, fused)
    loss, size = torch.nn.functional.cross_entropy, run.training.batch_size

    def epoch() -> float:
        started = time.perf_counter()
        order = torch.randperm(len(X))
        for start in range(0, len(X), size):
            rows = order[start : start + size]
            optimizer.zero_grad()
            loss(network(X[rows]), labels[rows]).backward()
            optimizer.step()
        return per_epoch(time.perf_counter() - started, task.images)

    return epoch


def _optimizer(optim: Any, network: Any, training: TrainingSpec, fused: bool) -> Any:
    kind = {"sgd": optim.SGD, "adam": optim.Adam}[training.optimizer.kind]
    return kind(network.parameters(), lr=training.learning_rate, fused=fused or None)


def _network(nn: Any, spec: NetworkSpec) -> list[Any]:
    """Return the modules of a network that ends with the weighted sums of its output layer."""
    modules: list[Any] = []
    shape: Shape = INPUT_SHAPE
    for row in (*spec.layers, DenseSpec(units=CLASSES, activation="linear")):
        modules += _modules(nn, row, shape)
        shape = row.output_shape(shape)
    return modules


def _modules(nn: Any, row: LayerKind, shape: Shape) -> list[Any]:
    """Return the modules of one layer for inputs of a shape."""
    if isinstance(row, DenseSpec):
        flatten = [nn.Flatten()] if len(shape) > 1 else []
        return [*flatten, nn.Linear(prod(shape), row.units), *_bend(nn, row.activation), *_dropout(nn, row.dropout)]
    if isinstance(row, Conv2DSpec):
        return [*_convolution(nn, row, shape), *_bend(nn, row.activation), *_dropout(nn, row.dropout)]
    if isinstance(row, PoolSpec):
        return [(nn.MaxPool2d if isinstance(row, MaxPool2DSpec) else nn.AvgPool2d)(row.size, row.stride)]
    if isinstance(row, BatchNormSpec):
        kind = nn.BatchNorm2d if len(shape) == 3 else nn.BatchNorm1d
        return [kind(features_of(shape), eps=SMALL, momentum=1 - row.momentum), *_bend(nn, row.activation)]
    return _dropout(nn, row.rate) if isinstance(row, DropoutSpec) else [nn.Flatten()]


def _convolution(nn: Any, row: Conv2DSpec, shape: Shape) -> list[Any]:
    height, width, channels = as_image(shape, "Convolution")
    down, right = (pads(size, row.kernel, row.stride, row.padding) for size in (height, width))
    frame = [nn.ZeroPad2d((*right, *down))] if any((*right, *down)) else []
    return [*frame, nn.Conv2d(channels, row.filters, row.kernel, row.stride)]


def _bend(nn: Any, activation: str) -> list[Any]:
    kinds = {"relu": nn.ReLU, "leaky_relu": nn.LeakyReLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh}
    return [kinds[activation]()] if activation in kinds else []


def _dropout(nn: Any, rate: float) -> list[Any]:
    return [nn.Dropout(rate)] if rate else []
