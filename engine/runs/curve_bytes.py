"""The curves of a run as bytes, with a check sum: a compressed file of tensors by name."""

from __future__ import annotations

import zlib

from safetensors import SafetensorError
from safetensors.numpy import load, save

from engine.runs.curve import BATCH_NAMES, EPOCH_NAMES, Curve

LEVEL = 1  # stronger compression makes noisy curves hardly smaller


def pack_curve(curve: Curve) -> bytes:
    """Return the curves as bytes."""
    parts = {"batches": curve.batches, "epochs": curve.epochs}
    tensors = {f"{part}.{name}": column for part, columns in parts.items() for name, column in columns.items()}
    return zlib.compress(save(tensors), LEVEL)


def unpack_curve(data: bytes) -> Curve:
    """Return the curves that were packed.

    Raises
    ------
    ValueError
        When the bytes are damaged.
    """
    try:
        tensors = load(zlib.decompress(data))
        return Curve(
            {name: tensors[f"batches.{name}"] for name in BATCH_NAMES},
            {name: tensors[f"epochs.{name}"] for name in EPOCH_NAMES},
        )
    except (zlib.error, SafetensorError, KeyError) as error:
        raise ValueError(str(error)) from error
