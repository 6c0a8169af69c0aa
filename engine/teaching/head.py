"""The last layers of a network, which learn somebody's hand, behind the others, which stay as they are.

What the convolutions find in an image is what every hand needs, and is most of the work: they compute it once per
image. Beside the new digits the network rehearses others, with the answers it gave before as what to aim at, so that
it goes on giving them (Li, Hoiem 2016, "Learning without Forgetting"). In the end a part of the way is taken back:
weights between the old and the new ones keep more of what was known than they lose of what is new (Wortsman et al.
2022, "Robust fine-tuning of zero-shot models").
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError
from engine.lane import Lane
from engine.layers import Conv2D, Dense
from engine.layers.layer import Layer
from engine.losses import LOSSES
from engine.model import Model
from engine.network import ROWS_AT_A_TIME, Network, as_floats
from engine.optimizers import Adam
from engine.pace import Pace
from engine.specs import CLASSES
from engine.threads import both

Array = NDArray[Any]
MOST_WEIGHTS = 300_000
"""Earlier layers stay as they are when there would be more weights to learn than this."""
BATCH, OWN = 128, 16
"""Images per step, and how many of them are one's own; the others are rehearsed."""
RATE, WARM_UP = 1e-3, 10
FAR = 0.85
"""How far the weights go from what they were to what they became."""
_RULE = Adam()


@dataclass(frozen=True, eq=False)
class Lesson:
    """What is learned and what is rehearsed, as features.

    Attributes
    ----------
    own : ndarray of shape (n, variants, features)
        The first variant is the digit as it was drawn.
    labels : ndarray of shape (n,), uint8
    rehearsed : ndarray of shape (m, features)
    answers : ndarray of shape (m, 10)
        The network's outputs for them before it learns.
    """

    own: Array
    labels: NDArray[np.uint8]
    rehearsed: Array
    answers: Array


class Head:
    """Makes features of images with the layers that stay, and outputs of features with those that learn.

    Parameters
    ----------
    model : Model
        Its weights are copied.

    Attributes
    ----------
    width : int
        Features per image.
    start : tuple of ndarray
        The weights and the other parameters of the layers that learn, as they came.
    """

    def __init__(self, model: Model) -> None:
        self._network = Network.from_snapshot(model.network)
        self._lanes = tuple(Lane(model.network.spec, self._network.parameters) for _ in range(2))
        layers = self._network.layers
        self._first = _first_to_learn(layers)
        self._layers = layers[self._first :]
        self._fused = LOSSES[model.run.training.loss].fused_with == self._network.output.activation.name
        self.width, self.dtype = int(np.prod(self._layers[0].input_shape)), self._network.output.dtype
        weights, others = (_count(layers[: self._first], kind) for kind in (True, False))
        decayed = self._network.decayed
        self._parts = slice(weights, decayed), slice(decayed + others, len(self._network.parameters))
        self._network.gradients[:] = 0  # of what no gradient moves
        self._pace = Pace(model.network.spec.dtype)
        self.start = self._state()

    def features(self, images: NDArray[np.uint8], did: Callable[[int], None]) -> Array:
        """Return the features of images of shape (n, 28, 28), shape (n, width); `did` hears how many were made."""
        found = np.empty((len(images), self.width), self.dtype)
        for begin in range(0, len(images), ROWS_AT_A_TIME):
            part = images[begin : begin + ROWS_AT_A_TIME]
            self._make(part, found[begin : begin + ROWS_AT_A_TIME])
            did(len(part))
        return found

    def outputs(self, features: Array, state: tuple[Array, ...]) -> Array:
        """Return the outputs of shape (n, 10) for features, with the parameters `state` of the layers that learn."""
        self._set(state)
        found = np.empty((len(features), CLASSES), self.dtype)
        for begin in range(0, len(features), ROWS_AT_A_TIME):
            part = slice(begin, begin + ROWS_AT_A_TIME)
            found[part] = self._forward(features[part])
        return found

    def learn(
        self, lesson: Lesson, rows: NDArray[np.intp], steps: int, seed: int, did: Callable[[], None]
    ) -> tuple[Array, ...]:
        """Return what the layers become that learn some of the digits, from the weights as they came.

        Parameters
        ----------
        lesson : Lesson
        rows : ndarray of int
            Which of the own digits are learned; nothing else is known of the others.
        steps, seed : int
            How many batches, and the source of chance.
        did : callable
            Called after every step.

        Raises
        ------
        DataError
            When the numbers grew without end.
        """
        self._set(self.start)
        memory = [{name: np.zeros(part.size, self.dtype) for name in _RULE.slots} for part in self.start]
        scratch = [np.empty_like(part) for part in self.start]
        rng = np.random.default_rng([seed, 11])
        with np.errstate(over="ignore", invalid="ignore"):
            for step in range(steps):
                started = time.perf_counter()
                self._gradient(*_batch(lesson, rows, rng))
                rate = RATE * (1 - step / steps) * min(1.0, (step + 1) / WARM_UP)
                w, g = self._network.parameters, self._network.gradients
                for part, known, spare in zip(self._parts, memory, scratch, strict=True):
                    _RULE.update(w[part], g[part], known, rate, step + 1, 0, spare)
                self._pace.step(time.perf_counter() - started)
                did()
        return self._checked(
            tuple(old + self.dtype.type(FAR) * (new - old) for old, new in zip(self.start, self._state(), strict=True))
        )

    def parameters(self, state: tuple[Array, ...]) -> Array:
        """Return a copy of all parameters of the network, those that learn as in `state`."""
        self._set(state)
        return self._network.parameters.copy()

    def _make(self, images: NDArray[np.uint8], out: Array) -> None:
        cut = (len(images) + 1) // 2
        here, beside = self._lanes

        def first() -> None:
            out[:cut] = self._seen(here, images[:cut])

        def second() -> None:
            out[cut:] = self._seen(beside, images[cut:])

        both(first, second)

    def _seen(self, lane: Lane, images: NDArray[np.uint8]) -> Array:
        X = as_floats(images, self.dtype)
        for layer in lane.layers[: self._first]:
            X = layer.forward(X)
        return X.reshape(len(images), self.width)

    def _forward(self, X: Array) -> Array:
        X = X.reshape(len(X), *self._layers[0].input_shape)
        for layer in self._layers:
            X = layer.forward(X)
        return X

    def _gradient(self, X: Array, targets: Array) -> None:
        """Go forward and back; the gradient of either loss is the outputs minus what they are to be."""
        d = (self._forward(X) - targets) / self.dtype.type(len(X))
        output, alone = self._network.output, len(self._layers) == 1
        d = (output.backward_from_sums if self._fused else output.backward)(d, first=alone)
        for index in range(len(self._layers) - 2, -1, -1):
            d = self._layers[index].backward(d, first=index == 0)  # type: ignore[arg-type]

    def _state(self) -> tuple[Array, ...]:
        return tuple(self._network.parameters[part].copy() for part in self._parts)

    def _set(self, state: tuple[Array, ...]) -> None:
        for part, values in zip(self._parts, state, strict=True):
            self._network.parameters[part] = values

    def _checked(self, state: tuple[Array, ...]) -> tuple[Array, ...]:
        if all(np.isfinite(part).all() for part in state):
            return state
        raise DataError(
            "Nothing was learned: the network's numbers grew without end. Nothing was changed.",
            "Train it with a smaller learning rate first, or open another one.",
        )


def _batch(lesson: Lesson, rows: NDArray[np.intp], rng: np.random.Generator) -> tuple[Array, Array]:
    """Return features and what is to be answered, of some own digits and of some that are rehearsed."""
    own, old = rng.choice(rows, OWN), rng.integers(0, len(lesson.rehearsed), BATCH - OWN)
    which = rng.integers(0, lesson.own.shape[1], OWN)
    targets = np.zeros((BATCH, CLASSES), lesson.answers.dtype)
    targets[np.arange(OWN), lesson.labels[own]] = 1
    targets[OWN:] = lesson.answers[old]
    return np.concatenate([lesson.own[own, which], lesson.rehearsed[old]]), targets


def _first_to_learn(layers: list[Layer]) -> int:
    """Return from which layer on a network learns: dense layers at the end that have not too many weights."""
    weights, found = 0, len(layers) - 1
    for index in range(len(layers) - 1, -1, -1):
        layer = layers[index]
        weights += math.prod(layer.parameters["weights"].shape) if "weights" in layer.parameters else 0
        if index < len(layers) - 1 and (weights > MOST_WEIGHTS or isinstance(layer, Conv2D)):
            break
        found = index if isinstance(layer, Dense) else found
    return found


def _count(layers: list[Layer], weights: bool) -> int:
    """Return how many weights layers have, or how many other parameters."""
    return sum(
        array.size for layer in layers for name, array in layer.parameters.items() if (name == "weights") == weights
    )
