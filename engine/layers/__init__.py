"""The kinds of layer a network is built from, one file each."""

from typing import Annotated

from pydantic import Discriminator

from engine.layers.dense import Dense, DenseSpec
from engine.layers.dropout import Dropout, DropoutSpec
from engine.layers.layer import Layer

LayerSpec = Annotated[DenseSpec | DropoutSpec, Discriminator("kind")]
LAYER_KINDS: dict[str, type[DenseSpec] | type[DropoutSpec]] = {"dense": DenseSpec, "dropout": DropoutSpec}

__all__ = ["LAYER_KINDS", "Dense", "DenseSpec", "Dropout", "DropoutSpec", "Layer", "LayerSpec"]
