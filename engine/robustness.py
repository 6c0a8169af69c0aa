"""How a network copes with images that get worse bit by bit: noise, rotation, line width, shift.

References
----------
Hendrycks, Dietterich (2019), "Benchmarking Neural Network Robustness to Common Corruptions and Perturbations";
Mu, Gilmer (2019), "MNIST-C: A Robustness Benchmark for Computer Vision".
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import SIDE
from engine.network import Network

Images = NDArray[np.float32]
CENTRE = (SIDE - 1) / 2
SAMPLE = 1000
SEED = 0
TURNS = 8
"""Images are shifted into so many directions, one after the other."""


@dataclass(frozen=True)
class Distortion:
    """A way to make images worse.

    Attributes
    ----------
    name, label, unit, about : str
        Its key, its name for people, what its strength is counted in, and what it does.
    strengths : tuple of float
        The strengths that are measured, in rising order; 0 leaves images as they are.
    apply : callable
        ``apply(images, strength)`` returns distorted copies of images of shape (n, 28, 28), float32 from 0 to 1.
        The same images and strength give the same result.
    """

    name: str
    label: str
    unit: str
    about: str
    strengths: tuple[float, ...]
    apply: Callable[[Images, float], Images]


@dataclass(frozen=True, eq=False)
class Curve:
    """What became of the answers with one kind of distortion.

    Attributes
    ----------
    distortion : Distortion
        Which.
    accuracy : tuple of float
        The share of right answers at each of its strengths, 0 to 1.
    examples : ndarray of shape (strengths, 28, 28), float32
        One image of the sample at each of its strengths.
    answers : tuple of int
        What the network took these for.
    """

    distortion: Distortion
    accuracy: tuple[float, ...]
    examples: Images
    answers: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Robustness:
    """How a network copes with every distortion.

    Attributes
    ----------
    curves : tuple of Curve
        One per distortion.
    count : int
        How many images were read at each strength.
    label : int
        The class of the images in `examples`.
    """

    curves: tuple[Curve, ...]
    count: int
    label: int


def measure_robustness(
    network: Network,
    images: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    progress: Callable[[str], None] = lambda _sentence: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Robustness | None:
    """Let a network read the same images at rising strengths of each distortion.

    Parameters
    ----------
    network : Network
        Its buffers are used: it must not be training at the same time.
    images : ndarray of shape (n, 28, 28), uint8
        Of more than `SAMPLE`, evenly spaced ones are used.
    labels : ndarray of shape (n,)
        Their classes.
    progress, cancelled : callable
        Told what is being done, and asked between strengths; the answer True ends it, and nothing is returned.
    """
    rows = np.unique(np.linspace(0, len(images) - 1, min(SAMPLE, len(images))).round().astype(np.intp))
    sample, truth = images[rows].astype(np.float32) / np.float32(255), labels[rows]
    total, done, curves = sum(len(kind.strengths) for kind in DISTORTIONS), 0, []
    plain = network.predict(sample).argmax(axis=1)
    example = int(np.argmax(plain == truth))  # the first one it reads, so that one sees when it no longer does
    for kind in DISTORTIONS:
        found = []
        for strength in kind.strengths:
            if cancelled():
                return None
            progress(f"Measuring robustness: {kind.label.lower()}, {100 * done / total:.0f} %…")
            distorted = kind.apply(sample, strength) if strength else sample
            answers = network.predict(distorted).argmax(axis=1) if strength else plain
            found.append((float((answers == truth).mean()), distorted[example].copy(), int(answers[example])))
            done += 1
        accuracy, examples, answered = zip(*found, strict=True)
        curves.append(Curve(kind, accuracy, np.stack(examples), answered))
    return Robustness(tuple(curves), len(sample), int(truth[example]))


def with_noise(images: Images, strength: float) -> Images:
    """Add Gaussian noise of standard deviation `strength` to every pixel, and cut off what is below 0 or above 1."""
    noise = np.random.default_rng(SEED).standard_normal(images.shape, np.float32)
    noise *= np.float32(strength)
    noise += images
    return np.clip(noise, 0, 1, out=noise)


def rotated(images: Images, strength: float) -> Images:
    """Turn images around their centre by `strength` degrees, clockwise."""
    sine, cosine = math.sin(math.radians(strength)), math.cos(math.radians(strength))
    down, right = np.meshgrid(np.arange(SIDE) - CENTRE, np.arange(SIDE) - CENTRE, indexing="ij")
    return _sampled(images, cosine * down - sine * right + CENTRE, sine * down + cosine * right + CENTRE)


def shifted(images: Images, strength: float) -> Images:
    """Move images by `strength` pixels: the first one to the right, each next one an eighth of a turn further."""
    moved = np.empty_like(images)
    down, right = np.meshgrid(np.arange(SIDE, dtype=float), np.arange(SIDE, dtype=float), indexing="ij")
    for turn in range(TURNS):
        angle = 2 * math.pi * turn / TURNS
        rows, columns = down - strength * math.sin(angle), right - strength * math.cos(angle)
        moved[turn::TURNS] = _sampled(images[turn::TURNS], rows, columns)
    return moved


def with_line_width(images: Images, strength: float) -> Images:
    """Make lines wider by `strength` pixels, narrower if it is negative, by grey morphology with a soft disc.

    References
    ----------
    Sternberg (1986), "Grayscale Morphology".
    """
    if strength < 0:
        return 1 - _dilated(1 - images, -strength / 2, beyond=1.0)
    return _dilated(images, strength / 2, beyond=0.0)


def _dilated(images: Images, radius: float, beyond: float) -> Images:
    """Return the largest value around every pixel, those near the rim of the disc counting less."""
    reach = math.ceil(radius)
    padded = np.pad(images, ((0, 0), (reach, reach), (reach, reach)), constant_values=beyond)
    out = images.copy()
    for down in range(-reach, reach + 1):
        for right in range(-reach, reach + 1):
            weight = min(max(radius + 1 - math.hypot(down, right), 0.0), 1.0)
            if weight > 0 and (down or right):
                top, left = reach + down, reach + right
                near = padded[:, top : top + SIDE, left : left + SIDE]
                np.maximum(out, near * np.float32(weight), out=out)
    return out


def _sampled(images: Images, rows: NDArray[np.float64], columns: NDArray[np.float64]) -> Images:
    """Return what lies at some places of each image, between pixels by bilinear interpolation, 0 outside.

    `rows` and `columns` of shape (28, 28) say where each pixel comes from.
    """
    top, left = np.floor(rows).astype(np.intp), np.floor(columns).astype(np.intp)
    down, right = rows - top, columns - left
    flat, out = images.reshape(len(images), -1), np.zeros((len(images), SIDE * SIDE), np.float32)
    for row, column, weight in (
        (top, left, (1 - down) * (1 - right)),
        (top, left + 1, (1 - down) * right),
        (top + 1, left, down * (1 - right)),
        (top + 1, left + 1, down * right),
    ):
        inside = (row >= 0) & (row < SIDE) & (column >= 0) & (column < SIDE)
        places = np.where(inside, row * SIDE + column, 0).ravel()
        out += flat[:, places] * (weight * inside).ravel().astype(np.float32)
    return out.reshape(images.shape)


DISTORTIONS: tuple[Distortion, ...] = (
    Distortion(
        "noise",
        "Noise",
        "standard deviation",
        "Gaussian noise on every pixel, which goes from 0 to 1.",
        (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8),
        with_noise,
    ),
    Distortion(
        "rotation",
        "Rotation",
        "degrees",
        "Turned around the centre; clockwise is positive.",
        (-60.0, -45.0, -30.0, -15.0, 0.0, 15.0, 30.0, 45.0, 60.0),
        rotated,
    ),
    Distortion(
        "line_width",
        "Line width",
        "pixels more",
        "Lines made wider or, below 0, narrower. Those of MNIST are 2 to 3 pixels wide.",
        (-1.5, -0.75, 0.0, 0.75, 1.5, 2.25, 3.0, 3.75, 4.5),
        with_line_width,
    ),
    Distortion(
        "shift",
        "Shift",
        "pixels",
        "Moved, each image into another of eight directions; what leaves the image is lost.",
        (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0),
        shifted,
    ),
)
"""All distortions that are measured."""
