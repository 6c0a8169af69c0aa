"""The kinds of layer a network is built from, one file each."""

from typing import Annotated

from pydantic import Discriminator

from engine.layers.batch_norm import BatchNorm, BatchNormSpec
from engine.layers.conv2d import Conv2D, Conv2DSpec
from engine.layers.dense import Dense, DenseSpec
from engine.layers.dropout import Dropout, DropoutSpec
from engine.layers.flatten import Flatten, FlattenSpec
from engine.layers.layer import Layer
from engine.layers.pooling import AvgPool2D, AvgPool2DSpec, MaxPool2D, MaxPool2DSpec

LayerKind = DenseSpec | Conv2DSpec | MaxPool2DSpec | AvgPool2DSpec | FlattenSpec | DropoutSpec | BatchNormSpec
LayerSpec = Annotated[LayerKind, Discriminator("kind")]
LAYER_KINDS: dict[str, type[LayerKind]] = {
    "dense": DenseSpec,
    "conv": Conv2DSpec,
    "max_pool": MaxPool2DSpec,
    "avg_pool": AvgPool2DSpec,
    "flatten": FlattenSpec,
    "dropout": DropoutSpec,
    "batch_norm": BatchNormSpec,
}

__all__ = [
    "LAYER_KINDS",
    "AvgPool2D",
    "AvgPool2DSpec",
    "BatchNorm",
    "BatchNormSpec",
    "Conv2D",
    "Conv2DSpec",
    "Dense",
    "DenseSpec",
    "Dropout",
    "DropoutSpec",
    "Flatten",
    "FlattenSpec",
    "Layer",
    "LayerKind",
    "LayerSpec",
    "MaxPool2D",
    "MaxPool2DSpec",
]
