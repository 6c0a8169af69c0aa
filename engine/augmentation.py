"""Augmentation: every image of a batch turned, scaled, slanted, shifted and bent at random, each its own way.

The deformations are those of Simard, Steinkraus and Platt, "Best practices for convolutional neural networks
applied to visual document analysis" (2003): a random affine map around the centre, and a random field of
displacements that a Gaussian has smoothed.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import SIDE
from engine.fields import Settings, setting

Array = NDArray[Any]
CHUNK = 128  # images at a time, so that the memory worked in stays within a usual second-level cache
# Each image stands in a frame of zeros: with places clipped to the frame, what lies outside needs no mask.
FRAME = SIDE + 4
BEFORE = 1
CENTRE = (SIDE - 1) / 2
KEPT_VARIANCE = 0.999


class AugmentationSpec(Settings):
    """How far training images are deformed, each anew in every epoch. All of it off is the default."""

    rotation: float = setting(
        0.0,
        "Rotation",
        "Turns every image by a random angle, up to so far to either side. 0 is off.",
        low=0,
        high=45,
        unit="°",
    )
    scale: float = setting(
        0.0,
        "Scale",
        "Makes every image larger or smaller by up to so much, its width and its height each for themselves. 0 is off.",
        low=0,
        high=50,
        unit="%",
    )
    shear: float = setting(
        0.0,
        "Shear",
        "Slants every image by a random angle, up to so far to either side. 0 is off.",
        low=0,
        high=45,
        unit="°",
    )
    shift: float = setting(
        0.0,
        "Shift",
        "Moves every image by up to so far, sideways as well as up and down. 0 is off.",
        low=0,
        high=6,
        unit="pixels",
    )
    elastic: float = setting(
        0.0,
        "Elastic",
        "Bends every image: how far a pixel is pushed along each axis, as a root mean square. 0 is off.",
        low=0,
        high=10,
        unit="pixels",
    )
    smoothness: float = setting(
        4.0,
        "Smoothness",
        "How wide the bends of the elastic deformation are: the standard deviation of the Gaussian that smooths them. "
        "Small bends strokes, large bends the whole digit. It matters only while Elastic is on.",
        low=2,
        high=10,
        unit="pixels",
    )

    @property
    def active(self) -> bool:
        """Whether images are deformed at all."""
        return any((self.rotation, self.scale, self.shear, self.shift, self.elastic))


USUAL = AugmentationSpec(rotation=10, scale=10, shear=10, shift=1.5, elastic=0.8)
"""What usually helps with handwritten digits."""


class Augmenter:
    """Deforms batches of images by one set of settings, in memory that is used again.

    An augmenter belongs to one thread at a time; a few large NumPy calls, which let other threads run, do the work.

    Parameters
    ----------
    spec : AugmentationSpec
        How far to deform.

    Notes
    -----
    White noise that a Gaussian of standard deviation s has smoothed is a random field whose covariance at a distance
    d is exp(-d^2 / 4 s^2), a product of one factor per axis. With B B^T that covariance along one axis and Z
    independent random numbers, B Z B^T is such a field; a handful of columns of B, the leading eigenvectors, carry
    nearly all of it, so few random numbers are needed. The columns "1" and "place" beside them add the affine map:
    two matrix products give the place each pixel comes from.
    """

    def __init__(self, spec: AugmentationSpec) -> None:
        self.spec = spec
        bends = field_basis(spec.smoothness) if spec.elastic else np.empty((SIDE, 0))
        self._bends = bends.shape[1]
        place = np.arange(SIDE) - CENTRE
        self._basis = np.column_stack([bends, np.ones(SIDE), place]).astype(np.float32)
        self._frames = np.zeros((CHUNK, FRAME, FRAME), np.float32)
        self._starts = np.repeat(np.arange(CHUNK, dtype=np.float32) * FRAME**2, SIDE).reshape(CHUNK, SIDE)
        self._memory: dict[str, Array] = {}

    def apply(self, images: Array, rng: np.random.Generator, out: Array) -> Array:
        """Deform each image by its own random map.

        Parameters
        ----------
        images : ndarray of shape (n, 28, 28) or (n, 784)
            uint8 from 0 to 255, or floats from 0 to 1.
        rng : numpy.random.Generator
            Where chance comes from: the same state gives the same images, bit for bit.
        out : ndarray of float32 or float64, shape (n, 784) or (n, 28, 28), contiguous
            Receives the images, values from 0 to 1. It may not overlap `images`.

        Returns
        -------
        ndarray
            `out`.
        """
        source, target = images.reshape(-1, SIDE, SIDE), out.reshape(-1, SIDE, SIDE)
        if not self.spec.active:
            np.multiply(source, _unit(source, target.dtype), out=target, casting="same_kind")
            return out
        for first in range(0, len(source), CHUNK):
            part = slice(first, first + CHUNK)
            self._frame(source[part])
            self._sample(self._places(len(source[part]), rng), target[part])
        return out

    def _frame(self, images: Array) -> None:
        """Put each image into a frame of zeros."""
        inside = slice(BEFORE, BEFORE + SIDE)
        frames = self._frames[: len(images), inside, inside]
        np.multiply(images, _unit(images, frames.dtype), out=frames, casting="same_kind")

    def _places(self, n: int, rng: np.random.Generator) -> Array:
        """Return where in its frame each pixel of `n` new images comes from: (28 rows, 2 axes, n, 28 columns)."""
        columns = self._basis.shape[1]
        plan = self._buffer("plan", np.float32, columns, 2, n, columns)
        plan[...] = 0
        self._plan_affine(plan[self._bends :, :, :, self._bends :], rng)
        if self._bends:
            # Uniform numbers of variance 1, as in the paper; their sums over the basis are all but normal.
            noise = rng.random((self._bends, 2, n, self._bends), dtype=np.float32)
            noise -= np.float32(0.5)
            noise *= np.float32(self.spec.elastic * np.sqrt(12))
            plan[: self._bends, :, :, : self._bends] = noise
        rows = self._buffer("rows", np.float32, SIDE, 2 * n * columns)
        np.matmul(self._basis, plan.reshape(columns, -1), out=rows)
        places = self._buffer("places", np.float32, SIDE * 2 * n, SIDE)
        np.matmul(rows.reshape(-1, columns), self._basis.T, out=places)
        return places.reshape(SIDE, 2, n, SIDE)

    def _plan_affine(self, plan: Array, rng: np.random.Generator) -> None:
        """Draw an affine map per image and write its inverse: `plan` is indexed by (1, row), axis, n, (1, column)."""
        spec = self.spec
        angle, slant, high, wide, down, right = rng.uniform(-1, 1, (6, plan.shape[2]))
        sine, cosine = (f(np.deg2rad(spec.rotation) * angle) for f in (np.sin, np.cos))
        slope = np.tan(np.deg2rad(spec.shear) * slant)
        high, wide = (1 + spec.scale / 100 * factor for factor in (high, wide))
        plan[1, 0, :, 0], plan[0, 0, :, 1] = cosine / high, -sine / high
        plan[1, 1, :, 0], plan[0, 1, :, 1] = (sine - slope * cosine) / wide, (cosine + slope * sine) / wide
        plan[0, :, :, 0] = BEFORE + CENTRE - spec.shift * (down * plan[1, :, :, 0] + right * plan[0, :, :, 1])

    def _sample(self, places: Array, out: Array) -> None:
        """Interpolate between the four pixels around each place; `places` is used up."""
        n = places.shape[2]
        np.clip(places, 0, SIDE + BEFORE, out=places)
        whole = np.floor(places, out=self._buffer("whole", np.float32, *places.shape))
        places -= whole
        flat = whole[:, 0]
        flat *= np.float32(FRAME)
        flat += whole[:, 1]
        flat += self._starts[:n]
        index = self._buffer("index", np.intp, SIDE, n, SIDE)
        np.copyto(index, flat, casting="unsafe")
        upper = self._between(index, 0, places[:, 1], "upper")
        lower = self._between(index, FRAME, places[:, 1], "lower")
        lower -= upper
        lower *= places[:, 0]
        np.add(upper, lower, out=out.transpose(1, 0, 2))

    def _between(self, index: Array, offset: int, share: Array, name: str) -> Array:
        """Return the values between the pixels at `index + offset` and their right neighbours."""
        pixels = self._frames.reshape(-1)
        # The mode "clip" writes straight to `out`, and no index is ever outside.
        left = pixels[offset:].take(index, out=self._buffer(name, np.float32, *index.shape), mode="clip")
        right = pixels[offset + 1 :].take(index, out=self._buffer("right", np.float32, *index.shape), mode="clip")
        right -= left
        right *= share
        left += right
        return left

    def _buffer(self, name: str, dtype: type, *shape: int) -> Array:
        """Return memory of a shape, the same for the same name as long as it suffices."""
        size = int(np.prod(shape))
        if name not in self._memory or self._memory[name].size < size:
            self._memory[name] = np.empty(size, dtype)
        return self._memory[name][:size].reshape(shape)


@cache
def field_basis(smoothness: float) -> Array:
    """Return the basis B of random fields along one axis.

    Parameters
    ----------
    smoothness : float
        Standard deviation of the smoothing Gaussian, in pixels.

    Returns
    -------
    ndarray of shape (28, k), float64
        B B^T is all but the covariance exp(-d^2 / 4 smoothness^2): every row has the length 1, so that a field has
        the same variance everywhere, and the few columns carry 99.9 % of it.
    """
    distance = np.subtract.outer(np.arange(SIDE), np.arange(SIDE))
    values, vectors = np.linalg.eigh(np.exp(-(distance**2) / (4 * smoothness**2)))
    values, vectors = values[::-1], vectors[:, ::-1]
    kept = 1 + int(np.searchsorted(np.cumsum(values) / SIDE, KEPT_VARIANCE))
    basis = vectors[:, :kept] * np.sqrt(values[:kept])
    basis /= np.linalg.norm(basis, axis=1, keepdims=True)
    basis.flags.writeable = False
    return basis


def _unit(images: Array, dtype: Any) -> Any:
    """Return what to multiply images by so that they go from 0 to 1."""
    return np.dtype(dtype).type(1 / 255 if images.dtype == np.uint8 else 1)
