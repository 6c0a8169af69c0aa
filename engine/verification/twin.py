"""The twin: the same network, built and trained by Keras on TensorFlow, in a process of its own.

``python -m engine.verification.twin FOLDER`` trains one twin for every case below FOLDER, see
:mod:`engine.verification.exchange`. Layers, losses, optimizers, schedules, L2 and clipping are Keras' own: of this
engine it takes nothing but the start, the batches, and which units dropout switched off.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from engine.activations import LEAK
from engine.layers import (
    AvgPool2DSpec,
    BatchNormSpec,
    Conv2DSpec,
    DenseSpec,
    DropoutSpec,
    FlattenSpec,
    LayerKind,
    MaxPool2DSpec,
)
from engine.specs import CLASSES, INPUT_SHAPE, NetworkSpec, TrainingSpec
from engine.verification import exchange
from engine.verification.exchange import Course, Request

Array = NDArray[Any]
NOT_IMPORTED = 3
PROGRESS = "progress.txt"
SAY_SECONDS = 0.1
EPSILON = 1e-7
BATCH_NORM_EPSILON = 1e-3
VARIABLES = {
    "dense": {"weights": "kernel", "bias": "bias"},
    "conv": {"weights": "kernel", "bias": "bias"},
    "batch_norm": {"gamma": "gamma", "beta": "beta", "mean": "moving_mean", "variance": "moving_variance"},
}


class Twin:
    """A Keras model of a network, whose inputs are images and one mask for every dropout layer.

    Parameters
    ----------
    spec : NetworkSpec
        The network.
    l2 : float
        The L2 regularization of its weights.
    sums : bool
        Whether to give the weighted sums of the output layer: Keras computes the cross-entropy best from these.

    Attributes
    ----------
    model : keras.Model
    variables : dict of str to keras.Variable
        All arrays by the names that model files use.
    """

    def __init__(self, spec: NetworkSpec, l2: float, *, sums: bool) -> None:
        import keras

        keras.config.set_floatx(spec.dtype)
        keras.config.set_dtype_policy(spec.dtype)
        self._layers, self._counts = keras.layers, Counter[str]()
        # λ w in the gradient is what l2 · w² with l2 = λ / 2 adds to the loss.
        self._decay = keras.regularizers.L2(l2 / 2) if l2 else None
        self.variables: dict[str, Any] = {}
        self._inputs = [keras.Input((int(np.prod(INPUT_SHAPE)),))]
        shape: tuple[int, ...] = INPUT_SHAPE
        Y = self._layers.Reshape((*INPUT_SHAPE, 1))(self._inputs[0])
        for row in spec.layers:
            Y, shape = self._add(row, Y, shape), row.output_shape(shape)
        Y = self._dense(CLASSES, "linear" if sums else spec.output_activation, Y)
        self.model = keras.Model(self._inputs, Y)

    def _add(self, row: LayerKind, X: Any, shape: tuple[int, ...]) -> Any:
        """Return the output of a layer for inputs `X`, which have `shape` in the engine."""
        layers = self._layers
        match row:
            case DenseSpec():
                return self._dropped(row.dropout, self._dense(row.units, row.activation, X))
            case Conv2DSpec():
                layer = layers.Conv2D(row.filters, row.kernel, row.stride, row.padding, kernel_regularizer=self._decay)
                return self._dropped(row.dropout, self._activated(row.activation, self._named("conv", layer, X)))
            case MaxPool2DSpec():
                return layers.MaxPooling2D(row.size, row.stride)(X)
            case AvgPool2DSpec():
                return layers.AveragePooling2D(row.size, row.stride)(X)
            case FlattenSpec():
                return layers.Flatten()(X)
            case DropoutSpec():
                return self._dropped(row.rate, X)
            case BatchNormSpec():
                pixels = len(shape) == 2  # an image without channels: every pixel is a feature
                layer = layers.BatchNormalization(momentum=row.momentum, epsilon=BATCH_NORM_EPSILON)
                Y = self._named("batch_norm", layer, layers.Flatten()(X) if pixels else X)
                return self._activated(row.activation, layers.Reshape(X.shape[1:])(Y) if pixels else Y)

    def _dense(self, units: int, activation: str, X: Any) -> Any:
        layer = self._layers.Dense(units, kernel_regularizer=self._decay)
        return self._activated(activation, self._named("dense", layer, self._layers.Flatten()(X)))

    def _activated(self, activation: str, X: Any) -> Any:
        if activation == "leaky_relu":
            return self._layers.LeakyReLU(negative_slope=LEAK)(X)
        return self._layers.Activation(activation)(X)

    def _dropped(self, rate: float, X: Any) -> Any:
        """Multiply by a mask that is another input of the model: so both networks drop the same values."""
        if rate == 0:
            return X
        mask = self._layers.Input((int(np.prod(X.shape[1:])),))
        self._inputs.append(mask)
        return self._layers.Multiply()([X, self._layers.Reshape(X.shape[1:])(mask)])

    def _named(self, kind: str, layer: Any, X: Any) -> Any:
        """Return the layer's output, and note its variables under the names that model files use."""
        Y = layer(X)
        self._counts[kind] += 1
        for ours, theirs in VARIABLES[kind].items():
            self.variables[f"{kind}_{self._counts[kind]}.{ours}"] = getattr(layer, theirs)
        return Y


def optimizer_of(settings: TrainingSpec, undecayed: list[Any]) -> Any:
    """Return Keras' own optimizer for these settings; `undecayed` are the variables that AdamW leaves alone."""
    from keras import optimizers

    rule: Any = settings.optimizer
    common = {"learning_rate": settings.learning_rate, "global_clipnorm": settings.clip or None}
    match rule.kind:
        case "sgd":
            return optimizers.SGD(**common)
        case "momentum" | "nesterov":
            return optimizers.SGD(momentum=rule.momentum, nesterov=rule.kind == "nesterov", **common)
        case "rmsprop":
            return optimizers.RMSprop(rho=rule.rho, epsilon=EPSILON, **common)
        case "adam":
            return optimizers.Adam(beta_1=rule.beta1, beta_2=rule.beta2, epsilon=EPSILON, **common)
    decay = {"weight_decay": rule.weight_decay, "epsilon": EPSILON}
    made = optimizers.AdamW(beta_1=rule.beta1, beta_2=rule.beta2, **decay, **common)
    made.exclude_from_weight_decay(var_list=undecayed)
    return made


def schedule_of(settings: TrainingSpec, size: int) -> Callable[[Any], Any]:
    """Return Keras' own schedule: the learning rate as a function of the images seen since the start.

    Keras has no one-cycle schedule: it is put together from two of its cosines, the first one turned over.
    """
    from keras.optimizers import schedules

    rate, schedule, images = settings.learning_rate, cast(Any, settings.schedule), settings.epochs * size
    match schedule.kind:
        case "step":
            return schedules.ExponentialDecay(rate, schedule.every * size, schedule.drop, staircase=True)
        case "cosine":
            return schedules.CosineDecay(rate, images, alpha=schedule.final)
        case "one_cycle":
            warm = schedule.warmup * images
            up = schedules.CosineDecay(rate, warm, alpha=schedule.initial)
            down = schedules.CosineDecay(rate, images - warm, alpha=schedule.final)
            return partial(_one_cycle, up, down, warm, rate * (1 + schedule.initial))
    return schedules.ExponentialDecay(rate, images, 1.0)


def _one_cycle(up: Any, down: Any, warm: float, ends: float, seen: Any) -> Any:
    import tensorflow as tf

    return tf.where(seen < warm, ends - up(seen), down(seen - warm))


def loss_of(name: str, labels: Any, Y: Any) -> Any:
    """Return the mean loss of outputs `Y` of shape (n, 10); for the cross-entropy, of their weighted sums."""
    from keras import losses, ops

    if name == "cross_entropy":
        return ops.mean(losses.sparse_categorical_crossentropy(labels, Y, from_logits=True))
    error = Y - ops.one_hot(labels, CLASSES, dtype=Y.dtype)
    return ops.mean(ops.sum(ops.square(error), axis=1)) / 2


def train(folder: Path, say: Callable[[int, int], None]) -> None:
    """Train the twin of the case in `folder`, and leave there what came of it.

    Parameters
    ----------
    folder : path
        Where the engine has recorded its training.
    say : callable
        Told after every step how many are done, and of how many.
    """
    request = Request.model_validate_json((folder / exchange.REQUEST).read_text(encoding="utf-8"))
    spec, settings = request.run.network, request.run.training
    twin = Twin(spec, settings.l2, sums=settings.loss == "cross_entropy")
    for name, array in exchange.load_arrays(folder / exchange.START).items():
        twin.variables[name].assign(array)
    number = np.dtype(spec.dtype).type
    scales = [number(1 / (1 - rate)) for rate in exchange.dropout_rates(spec)]
    step = _step_of(twin, settings)
    losses, counts, seconds = [], [], []
    for batch in exchange.read_batches(folder / exchange.BATCHES, request.steps, len(scales)):
        started = time.perf_counter()
        masks = [kept.astype(spec.dtype) * scale for kept, scale in zip(batch.kept, scales, strict=True)]
        losses.append(float(step(batch.images, batch.labels.astype(np.int32), number(batch.rate), *masks)))
        seconds.append(time.perf_counter() - started)
        counts.append(len(batch.labels))
        say(len(losses), request.steps)
    speed = sum(counts[1:]) / max(sum(seconds[1:]), 1e-9)
    seen = np.cumsum([0, *counts[:-1]], dtype=np.float32)
    rates = np.broadcast_to(schedule_of(settings, request.size)(seen), seen.shape)
    parameters = {name: np.asarray(variable) for name, variable in twin.variables.items()}
    Course(np.array(losses), rates, parameters, speed).save(folder / exchange.THEIRS)


def _step_of(twin: Twin, settings: TrainingSpec) -> Any:
    """Return a compiled function that takes one step at a learning rate and returns the loss before it."""
    import tensorflow as tf

    model, variables = twin.model, twin.model.trainable_variables
    weights = {id(variable) for name, variable in twin.variables.items() if name.endswith(".weights")}
    optimizer = optimizer_of(settings, [variable for variable in variables if id(variable) not in weights])
    optimizer.build(variables)

    @tf.function(reduce_retracing=True, autograph=False)
    def step(images: Any, labels: Any, rate: Any, *masks: Any) -> Any:
        optimizer.learning_rate.assign(rate)
        with tf.GradientTape() as tape:
            outputs = model([images, *masks], training=True)
            loss = loss_of(settings.loss, labels, outputs)
            total = tf.add_n([loss, *model.losses])
        optimizer.apply(tape.gradient(total, variables), variables)
        return loss

    return step


def main(root: str) -> int:
    """Train a twin for every case below `root`: what the child process does.

    Returns
    -------
    int
        The exit code: 0, or 3 when TensorFlow cannot be imported.
    """
    os.environ["KERAS_BACKEND"] = "tensorflow"  # whatever the user has chosen for other programs
    try:
        import keras
        import tensorflow  # noqa: F401

        keras.config.set_image_data_format("channels_last")
    except Exception as error:
        # A broken installation raises anything from ImportError to TypeError.
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return NOT_IMPORTED
    folders = sorted(path.parent for path in Path(root).glob(f"*/{exchange.REQUEST}"))
    with (Path(root) / PROGRESS).open("w", buffering=1, encoding="ascii") as file:
        for folder in folders:
            train(folder, partial(print, file=file))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
