"""Derivatives by central differences, for tests that compare them with what backward computes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from engine.layers import BatchNorm, Conv2D, Dense, Layer, MaxPool2D
from engine.layers.images import windows

H = 1e-5
TOLERANCE = 1e-6
SMALL = 1e-4
"""Below this size a derivative's error is compared with this size: rounding alone is 1e-11 here."""
KINKED = ("relu", "leaky_relu")
Pattern = Callable[[], bytes]


def relative_error(analytic: float, numeric: float) -> float:
    """Return |a - n| / max(|a| + |n|, SMALL)."""
    return abs(analytic - numeric) / max(abs(analytic) + abs(numeric), SMALL)


def require_equal(analytic: float, numeric: float, what: str) -> None:
    """Fail, showing both numbers, when they differ by a millionth or more."""
    error = relative_error(analytic, numeric)
    assert error < TOLERANCE, f"{what}: backward {analytic:.12g}, central differences {numeric:.12g} ({error:.1e})"


def pattern_of(layers: Iterable[Layer]) -> bytes:
    """Return on which side of every kink the last forward pass was: of each ReLU, and which maximum was largest."""
    found = []
    for layer in layers:
        if isinstance(layer, Dense | Conv2D | BatchNorm) and layer.activation.name in KINKED:
            found.append(np.packbits(layer.Y > 0))
        if isinstance(layer, MaxPool2D):
            seen = windows(layer.X, layer.size, layer.stride)
            found.append(np.packbits(seen == layer.Y[:, :, :, np.newaxis, np.newaxis]))
    return b"".join(map(bytes, found))


class Slope:
    """The derivative of a number, measured; None where a kink lies on the way.

    Parameters
    ----------
    value : callable
        Computes the number.
    pattern : callable
        Returns on which side of every kink the last computation was.
    """

    def __init__(self, value: Callable[[], float], pattern: Pattern) -> None:
        self._value, self._pattern = value, pattern
        value()
        self._here = pattern()

    def along(self, moves: list[tuple[np.ndarray, np.ndarray]]) -> float | None:
        """Return the derivative when each array moves along its direction, all at once; they are put back."""
        kept = [array.copy() for array, _ in moves]
        values = []
        for way in (H, -H):
            for (array, direction), start in zip(moves, kept, strict=True):
                array[...] = start + way * direction
            values.append(self._value())
            if self._pattern() != self._here:
                values.append(np.nan)
        for (array, _), start in zip(moves, kept, strict=True):
            array[...] = start
        return None if len(values) > 2 else (values[0] - values[1]) / (2 * H)

    def at(self, array: np.ndarray, place: tuple[int, ...]) -> float | None:
        """Return the derivative with respect to one entry, which is put back."""
        kept, values, smooth = array[place], [], True
        for way in (H, -H):
            array[place] = kept + way
            values.append(self._value())
            smooth = smooth and self._pattern() == self._here
        array[place] = kept
        return (values[0] - values[1]) / (2 * H) if smooth else None


def some_places(shape: tuple[int, ...], rng: np.random.Generator, most: int) -> Iterator[tuple[int, ...]]:
    """Yield up to `most` different places of an array of that shape, at random."""
    size = int(np.prod(shape))
    for index in rng.choice(size, min(most, size), replace=False):
        yield tuple(int(part) for part in np.unravel_index(index, shape))


def check(
    slope: Slope, pairs: dict[str, tuple[np.ndarray, np.ndarray]], rng: np.random.Generator, most: int = 6
) -> None:
    """Compare gradients with measured slopes: in some entries of each array, and along a direction through all.

    Parameters
    ----------
    slope : Slope
        Of the number that the gradients belong to.
    pairs : dict of str to (ndarray, ndarray)
        Arrays by name, each with its gradient.
    rng : numpy.random.Generator
        Chooses entries and direction.
    most : int
        So many entries of each array; those that stand at a kink are left out, but never most of them.
    """
    tried = measured = 0
    for name, (array, gradient) in pairs.items():
        for place in some_places(array.shape, rng, most):
            numeric = slope.at(array, place)
            tried, measured = tried + 1, measured + (numeric is not None)
            if numeric is not None:
                require_equal(gradient[place], numeric, f"{name}{list(place)}")
    assert measured > tried / 2, f"only {measured} of {tried} entries are away from the kinks"
    for _ in range(60):
        moves = [(array, rng.normal(size=array.shape)) for array, _ in pairs.values()]
        length = np.sqrt(sum(float((direction**2).sum()) for _, direction in moves))
        moves = [(array, direction / length) for array, direction in moves]
        numeric = slope.along(moves)
        if numeric is not None:
            analytic = sum(float((g * d).sum()) for (_, g), (_, d) in zip(pairs.values(), moves, strict=True))
            return require_equal(analytic, numeric, "along a direction through " + ", ".join(pairs))
    raise AssertionError("no direction away from the kinks was found")
