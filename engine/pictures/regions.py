"""Connected regions of black-and-white pictures, and what grows or shrinks them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Regions:
    """The connected regions of a mask.

    Attributes
    ----------
    labels : ndarray of shape (h, w), intp
        The number of the region that each pixel belongs to, from 0; -1 outside the mask.
    areas : ndarray of shape (n,), intp
        Pixels per region.
    boxes : ndarray of shape (n, 4), intp
        First row, first column, row behind the last, column behind the last.
    """

    labels: NDArray[np.intp]
    areas: NDArray[np.intp]
    boxes: NDArray[np.intp]

    @cached_property
    def extents(self) -> NDArray[np.intp]:
        """The longer side of each region's box, shape (n,)."""
        return (self.boxes[:, 2:] - self.boxes[:, :2]).max(axis=1)

    def sums(self, values: NDArray) -> NDArray[np.float64]:
        """Return the sum of `values`, shape (h, w), over each region; shape (n,)."""
        inside = self.labels >= 0
        return np.bincount(self.labels[inside], values[inside], len(self.areas)).astype(np.float64)

    def mask(self, chosen: NDArray[np.bool_]) -> Mask:
        """Return where the `chosen` regions lie, a mask of shape (n,)."""
        return np.append(chosen, False)[self.labels]


def regions(mask: Mask, *, diagonal: bool = True) -> Regions:
    """Find the connected regions of `mask`, by joining the runs of neighbouring rows.

    Parameters
    ----------
    mask : ndarray of shape (h, w), bool
    diagonal : bool
        Whether pixels that meet at a corner are connected.
    """
    rows, starts, ends = _runs(mask)
    above, below = _touching(mask.shape[1], rows, starts, ends, int(diagonal))
    _, owner = np.unique(_joined(len(rows), above, below), return_inverse=True)
    count = int(owner.max(initial=-1)) + 1
    labels = np.full(mask.shape, -1, np.intp)
    labels[mask] = np.repeat(owner, ends - starts)
    low, high = np.full((count, 2), max(mask.shape), np.intp), np.zeros((count, 2), np.intp)
    for axis, (first, behind) in enumerate([(rows, rows + 1), (starts, ends)]):
        np.minimum.at(low[:, axis], owner, first)
        np.maximum.at(high[:, axis], owner, behind)
    areas = np.bincount(owner, ends - starts, count).astype(np.intp)
    return Regions(labels, areas, np.concatenate([low, high], axis=1))


def holes(mask: Mask) -> int:
    """Return how many holes `mask` has: regions of its ground that are cut off from the border."""
    return len(regions(~np.pad(mask, 1), diagonal=False).areas) - 1


def filled(mask: Mask) -> Mask:
    """Return `mask` with its holes filled."""
    ground = regions(~np.pad(mask, 1), diagonal=False)
    return (ground.labels != ground.labels[0, 0])[1:-1, 1:-1]


def widened(mask: Mask, by: int) -> Mask:
    """Return `mask` grown by `by` pixels up, down and to the sides: a dilation by a square."""
    return highest(mask, by)


def narrowed(mask: Mask, by: int) -> Mask:
    """Return `mask` shrunk by `by` pixels: an erosion by a square. Beyond the picture it goes on."""
    return ~highest(~mask, by)


def highest(values: NDArray, reach: int) -> NDArray:
    """Return the largest value in the square of `reach` pixels around each pixel of `values`, shape (h, w)."""
    return _highest_below(_highest_below(values, reach).T, reach).T


def _runs(mask: Mask) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Return row, first column and column behind the last of every run of pixels, in reading order."""
    steps = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, starts = np.nonzero(steps == 1)
    return rows, starts, np.nonzero(steps == -1)[1]


def _touching(
    width: int, rows: NDArray[np.intp], starts: NDArray[np.intp], ends: NDArray[np.intp], reach: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the pairs of runs that touch: one in some row, one in the row below it."""
    stride = width + 4
    below = (rows + 1) * stride
    first = np.searchsorted(rows * stride + ends, below + starts - reach, side="right")
    behind = np.searchsorted(rows * stride + starts, below + ends + reach, side="left")
    counts = np.maximum(behind - first, 0)
    upper = np.repeat(np.arange(len(rows)), counts)
    return upper, np.arange(len(upper)) - np.repeat(np.cumsum(counts) - counts - first, counts)


def _joined(count: int, one: NDArray[np.intp], other: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return for each of `count` things the least of those it is connected with, through any number of pairs."""
    least = np.arange(count)
    while True:
        smaller = np.minimum(least[one], least[other])
        joined = least.copy()
        np.minimum.at(joined, least[one], smaller)
        np.minimum.at(joined, least[other], smaller)
        joined = joined[joined]
        if np.array_equal(joined, least):
            return least
        least = joined


def _highest_below(values: NDArray, reach: int) -> NDArray:
    """Return the largest value within `reach` rows: windows of doubled length are laid over one another."""
    length, target = 1, 2 * reach + 1
    best = np.pad(values, ((reach, reach), (0, 0)), mode="edge")
    while length < target:
        step = min(length, target - length)
        best = np.maximum(best[:-step], best[step:])
        length += step
    return best
