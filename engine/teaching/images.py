"""A person's digits as a network learns them: each drawn many times, as the same hand might have drawn it again."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.augmentation import AugmentationSpec, Augmenter
from engine.errors import DataError
from engine.ink.drawing import image_of
from engine.ink.spec import SIDE, InkSpec
from engine.own_digits.digit import checked_label
from engine.pen.drawn import Drawn, Strokes

Images = NDArray[np.uint8]
Sample = Drawn | tuple[Images, int]
"""A drawing that has a label; or an image of shape (28, 28) and its label, where a picture was pasted."""

DEFORMED = AugmentationSpec(rotation=8, scale=10, shear=8, shift=1, elastic=0.8)
"""What is done to the pixels, after the strokes have been varied."""

_EACH = 3  # so many images share the same strokes: deforming pixels costs a tenth of drawing strokes
_TURN, _SLANT, _STRETCH = math.radians(8), 0.15, 0.15
_THINNER, _WIDER = 0.75, 1.33
_SHARPER, _SMOOTHER = -0.2, 0.6


def labels_of(samples: Sequence[Sample]) -> NDArray[np.uint8]:
    """Return the digits that samples stand for, shape (n,), uint8.

    Raises
    ------
    DataError
        When one has no label, or one that is no digit.
    """
    return np.array([checked_label(s.label if isinstance(s, Drawn) else s[1]) for s in samples], np.uint8)


def variants(sample: Sample, ink: InkSpec, count: int, rng: np.random.Generator) -> Images:
    """Return a sample as it is and as it might have been.

    Parameters
    ----------
    sample : Drawn or tuple of an image and its label
        Strokes are turned, slanted, stretched, smoothed and drawn at other widths; the pixels of both are deformed.
    ink : InkSpec
        How drawings become images, of which the variants are variants.
    count : int
        How many images.
    rng : numpy.random.Generator
        Where chance comes from.

    Returns
    -------
    ndarray of shape (count, 28, 28), uint8
        The first one is what the network sees when the drawing is on the pad.
    """
    first, others = _plain(sample, ink), count - 1
    if not others:
        return first[np.newaxis]
    drawn = [first]
    if isinstance(sample, Drawn):
        drawn += [_again(sample.strokes, ink, rng) for _ in range(math.ceil(count / _EACH) - 1)]
    deformed = np.empty((others, SIDE, SIDE), np.float32)
    Augmenter(DEFORMED).apply(np.stack(drawn)[np.arange(others) % len(drawn)], rng, deformed)
    return np.concatenate([first[np.newaxis], np.rint(deformed * 255).astype(np.uint8)])


def _plain(sample: Sample, ink: InkSpec) -> Images:
    if isinstance(sample, Drawn):
        return image_of(sample.strokes, ink)
    image = sample[0]
    if image.shape != (SIDE, SIDE) or image.dtype != np.uint8:
        raise DataError(f"An image must be of {SIDE}×{SIDE} bytes; this one is of {image.shape} {image.dtype}.")
    return image


def _again(strokes: Strokes, ink: InkSpec, rng: np.random.Generator) -> Images:
    """Draw strokes once more, a little otherwise."""
    turn, slant, stretch = rng.uniform(-1, 1, 3) * (_TURN, _SLANT, _STRETCH)
    cosine, sine, wide = math.cos(turn), math.sin(turn), math.exp(stretch)
    change = np.array([[cosine, -sine], [sine, cosine]]) @ np.array([[wide, slant], [0, 1 / wide]])
    width = float(np.clip(ink.line_width * rng.uniform(_THINNER, _WIDER), 1, 6))
    smoothing = float(np.clip(ink.smoothing + rng.uniform(_SHARPER, _SMOOTHER), 0, 3))
    other = ink.model_copy(update={"line_width": width, "smoothing": smoothing})
    return image_of([points[:, :2] @ change.T for points in strokes], other)
