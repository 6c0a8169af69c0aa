"""Each layer alone, in 64 bits: what it hands back equals central differences, for inputs and parameters."""

from __future__ import annotations

import numpy as np
import pytest
from central_differences import Slope, check, pattern_of

from engine.activations import ACTIVATIONS
from engine.layers import (
    AvgPool2DSpec,
    BatchNormSpec,
    Conv2DSpec,
    Dense,
    DenseSpec,
    DropoutSpec,
    FlattenSpec,
    Layer,
    LayerKind,
    MaxPool2DSpec,
)
from engine.layers.conv2d import BLOCK_BYTES
from engine.layers.layer import Shape

HIDDEN = [name for name in ACTIVATIONS if name != "softmax"]
KERNELS, STRIDES, PADDINGS = (1, 2, 3, 4, 5), (1, 2, 3), ("valid", "same")
IMAGE = (7, 6, 2)  # neither square nor a multiple of any stride: borders are left over


def built(spec: LayerKind, shape: Shape) -> Layer:
    """Return a layer of 64 bits with random parameters: spreads and scales stay positive."""
    (layer,) = spec.build(shape, "float64")
    rng = np.random.default_rng(1)
    for name, array in layer.parameters.items():
        positive = name in ("gamma", "variance")
        array[...] = rng.uniform(0.5, 1.5, array.shape) if positive else rng.normal(0, 0.5, array.shape)
    return layer


def check_layer(layer: Layer, n: int, *, training: bool = False, sparse: bool = False) -> None:
    """Compare dX and all gradients of Σ C ⊙ Y, with C random, with central differences."""
    rng = np.random.default_rng([n, 5])
    X = rng.normal(size=(n, *layer.input_shape))
    if sparse:
        X *= rng.random(X.shape) < 0.2
    C = rng.normal(size=(n, *layer.output_shape))

    def value() -> float:
        return float((C * layer.forward(X, np.random.default_rng(8) if training else None)).sum())

    slope = Slope(value, lambda: pattern_of([layer]))
    value()
    dX = layer.backward(C.copy())
    assert dX is not None
    assert dX.size == X.size
    learned = layer.parameters.keys() - {"mean", "variance"}
    pairs = {"X": (X, dX.reshape(X.shape).copy())}
    pairs |= {name: (layer.parameters[name], layer.gradients[name].copy()) for name in sorted(learned)}
    check(slope, pairs, rng)
    value()
    layer.backward(C.copy(), first=True)
    for name in learned:
        assert np.array_equal(layer.gradients[name], pairs[name][1]), "the first layer's gradients are no others"


@pytest.mark.parametrize("activation", HIDDEN)
@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("stride", STRIDES)
@pytest.mark.parametrize("kernel", KERNELS)
def test_convolution(kernel: int, stride: int, padding: str, activation: str) -> None:
    spec = Conv2DSpec(filters=3, kernel=kernel, stride=stride, padding=padding, activation=activation)
    for n in (1, 3):
        check_layer(built(spec, IMAGE), n)


@pytest.mark.parametrize(("shape", "spec"), [
    ((5, 5), Conv2DSpec(filters=2, kernel=5)),
    ((6, 9), Conv2DSpec(filters=1, kernel=6, stride=2, padding="same")),
    ((3, 3, 1), Conv2DSpec(filters=4, kernel=5, padding="same", activation="tanh")),
    ((1, 1, 3), Conv2DSpec(filters=2, kernel=1, stride=4)),
    ((9, 4, 2), Conv2DSpec(filters=2, kernel=2, stride=5, padding="same", activation="sigmoid")),
    ((4, 4, 30), Conv2DSpec(filters=3, kernel=4, activation="tanh")),
])  # fmt: skip
def test_convolution_of_unusual_sizes(shape: Shape, spec: Conv2DSpec) -> None:
    for n in (1, 4):
        check_layer(built(spec, shape), n)


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("n", [1, 9, 10, 20])
def test_convolution_of_more_images_than_are_laid_out_at_once(n: int, padding: str) -> None:
    layer = built(Conv2DSpec(filters=2, kernel=5, padding=padding, activation="tanh"), (28, 28))
    assert 10 * layer.places * layer.inputs * 8 > BLOCK_BYTES > layer.places * layer.inputs * 8
    check_layer(layer, n)


def test_convolution_of_a_smaller_batch_after_a_larger_one_and_the_other_way_round() -> None:
    layer = built(Conv2DSpec(filters=2, kernel=4, padding="same", activation="tanh"), IMAGE)
    for n in (5, 2, 5, 7):
        check_layer(layer, n)


@pytest.mark.parametrize("kind", [MaxPool2DSpec, AvgPool2DSpec])
@pytest.mark.parametrize("size", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("stride", [1, 2, 3, 5])
def test_pooling_apart_overlapping_and_with_borders_left_over(kind: type, size: int, stride: int) -> None:
    for n in (1, 3):
        check_layer(built(kind(size=size, stride=stride), IMAGE), n)
    check_layer(built(kind(size=size, stride=stride), (6, 6)), 2)


@pytest.mark.parametrize("kind", [MaxPool2DSpec, AvgPool2DSpec])
def test_pooling_of_a_smaller_batch_after_a_larger_one(kind: type) -> None:
    layer = built(kind(size=3, stride=2), IMAGE)
    for n in (5, 2, 5):
        check_layer(layer, n)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("activation", HIDDEN)
@pytest.mark.parametrize("shape", [(5,), (4, 3, 2), (3, 4)])
def test_batch_normalization(shape: Shape, activation: str, training: bool) -> None:
    layer = built(BatchNormSpec(activation=activation), shape)
    for n in (7, 3, 8):
        check_layer(layer, n, training=training)
    assert not layer.gradients["mean"].any()
    assert not layer.gradients["variance"].any()


def test_batch_normalization_of_a_single_sample() -> None:
    check_layer(built(BatchNormSpec(activation="tanh"), (4, 3, 2)), 1, training=True)
    for training in (True, False):
        check_layer(built(BatchNormSpec(), (5,)), 1, training=training)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", [(6,), (3, 3, 2), (4, 4)])
def test_dropout_with_a_fixed_mask(shape: Shape, training: bool) -> None:
    for n in (1, 7):
        check_layer(built(DropoutSpec(rate=0.5), shape), n, training=training)


@pytest.mark.parametrize("shape", [(3, 4), (3, 4, 2)])
def test_flatten(shape: Shape) -> None:
    for n in (1, 3):
        check_layer(built(FlattenSpec(), shape), n)


@pytest.mark.parametrize("activation", HIDDEN)
@pytest.mark.parametrize("shape", [(8,), (4, 4), (2, 3, 2), (20, 30)])
def test_dense(shape: Shape, activation: str) -> None:
    for n in (1, 7):
        check_layer(built(DenseSpec(units=5, activation=activation), shape), n)


def test_dense_of_a_single_image_that_is_mostly_dark() -> None:
    check_layer(built(DenseSpec(units=60, activation="tanh"), (28, 28)), 1, sparse=True)


def test_softmax() -> None:
    for n in (1, 7):
        layer = Dense((8,), 5, "softmax", "float64")
        layer.parameters["weights"][...] = np.random.default_rng(2).normal(size=(8, 5))
        check_layer(layer, n)
