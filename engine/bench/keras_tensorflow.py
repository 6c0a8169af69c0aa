"""Keras on TensorFlow, on the processor: the same network in its own layers, taught by ``model.fit``."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

from engine.bench.contenders import Prepared, Task, in_memory, per_epoch
from engine.layers import Conv2DSpec, DenseSpec, LayerKind
from engine.layers.batch_norm import SMALL, BatchNormSpec
from engine.layers.dropout import DropoutSpec
from engine.layers.pooling import MaxPool2DSpec, PoolSpec
from engine.specs import CLASSES, INPUT_SHAPE, NetworkSpec, TrainingSpec


def prepare(task: Task) -> Prepared:
    """Return a compiled model; whether XLA compiles its steps is left to Keras, as it comes."""
    os.environ["KERAS_BACKEND"] = "tensorflow"
    import keras
    import tensorflow

    tensorflow.config.threading.set_intra_op_parallelism_threads(task.threads)
    tensorflow.config.threading.set_inter_op_parallelism_threads(task.threads)
    version = f"{keras.__version__}, TensorFlow {tensorflow.__version__}"
    return Prepared({"": _epoch(keras, task)}, lambda: task.threads, version)


def _epoch(keras: Any, task: Task) -> Callable[[], float]:
    run = task.work.run
    X, labels = in_memory(task.images)
    if any(layer.kind == "conv" for layer in run.network.layers):
        X = X.reshape(-1, *INPUT_SHAPE, 1)
    model = keras.Sequential([keras.Input(X.shape[1:]), *_network(keras.layers, run.network)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=_optimizer(keras.optimizers, run.training), loss=loss)
    clock = _clock(keras)

    def epoch() -> float:
        model.fit(X, labels, batch_size=run.training.batch_size, shuffle=True, verbose=0, callbacks=[clock])
        return per_epoch(clock.seconds, task.images)

    return epoch


def _clock(keras: Any) -> Any:
    """Return a callback that times an epoch, but not what ``fit`` prepares once before its first."""

    class Clock(keras.callbacks.Callback):
        seconds = 0.0

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self._started = time.perf_counter()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.seconds = time.perf_counter() - self._started

    return Clock()


def _optimizer(optimizers: Any, training: TrainingSpec) -> Any:
    kind = {"sgd": optimizers.SGD, "adam": optimizers.Adam}[training.optimizer.kind]
    return kind(training.learning_rate)


def _network(layers: Any, spec: NetworkSpec) -> list[Any]:
    """Return the layers of a network that ends with the weighted sums of its output layer."""
    rows = (*spec.layers, DenseSpec(units=CLASSES, activation="linear"))
    return [layer for row in rows for layer in _layers(layers, row)]


def _layers(layers: Any, row: LayerKind) -> list[Any]:
    """Return the Keras layers of one of ours."""
    if isinstance(row, DenseSpec):  # to flatten what is flat already costs nothing
        return [layers.Flatten(), layers.Dense(row.units, row.activation), *_dropout(layers, row.dropout)]
    if isinstance(row, Conv2DSpec):
        convolution = layers.Conv2D(row.filters, row.kernel, row.stride, row.padding, activation=row.activation)
        return [convolution, *_dropout(layers, row.dropout)]
    if isinstance(row, PoolSpec):
        kind = layers.MaxPooling2D if isinstance(row, MaxPool2DSpec) else layers.AveragePooling2D
        return [kind(row.size, row.stride)]
    if isinstance(row, BatchNormSpec):
        return [layers.BatchNormalization(momentum=row.momentum, epsilon=SMALL), layers.Activation(row.activation)]
    return _dropout(layers, row.rate) if isinstance(row, DropoutSpec) else [layers.Flatten()]


def _dropout(layers: Any, rate: float) -> list[Any]:
    return [layers.Dropout(rate)] if rate else []
