"""The line of a drawing: how wide it is, the path of the pen under it, and how it is made thinner or thicker.

References
----------
Guo and Hall (1989), "Parallel thinning with two-subiteration algorithms".
Felzenszwalb and Huttenlocher (2012), "Distance transforms of sampled functions".
"""

from __future__ import annotations

import functools
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.pictures.regions import Mask, holes

Pixel = tuple[int, int]

# A stroke that ends in corners forks towards them. Such a branch is as long as the diagonal of half a width, and
# no more than 0.41 of half a width of it lies beyond the circle that touches both sides of the stroke.
_SPUR = 0.6
_AROUND = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))


@dataclass(frozen=True, eq=False)
class Line:
    """A drawing whose line has been given another width.

    Attributes
    ----------
    ink : ndarray of shape (h, w), float32
        0 to 1, with soft edges.
    found : float
        The width that the line had, in shares of the drawing's longer side: the median along the centre lines.
    """

    ink: NDArray[np.float32]
    found: float


def with_line_width(mask: Mask, wanted: float) -> Line:
    """Thin or thicken the line of a drawing.

    It is thinned evenly from both sides, so that a loop which a thick pen has filled stays heavy, but never
    beyond the path of the pen; it is thickened no further than leaves every hole open.

    Parameters
    ----------
    mask : ndarray of shape (h, w), bool
        Where there is ink; not empty.
    wanted : float
        The width, in shares of the longer side of the drawing that results.
    """
    depth = distance(mask)
    lines = centre_lines(mask, depth)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    extent = float(max(np.ptp(rows), np.ptp(columns)) + 1)
    width = max(1.0, float(2 * np.median(depth[lines]) - 1))
    # The drawing shrinks with its line: width - 2 off = wanted (extent - 2 off).
    off = (width - wanted * extent) / (2 * (1 - wanted))
    ink = _thinner(depth, lines, off, width) if off > 0 else _thicker(mask, -off)
    return Line(ink, width / extent)


def centre_lines(mask: Mask, depth: NDArray[np.float32]) -> Mask:
    """Return the centre lines of a mask that is not empty, one pixel wide; `depth` is its `distance`.

    Branches that hardly reach beyond the line itself, which the corners of its ends and its unevenness cause,
    are left out.
    """
    paths = _without_spurs(_paths(thinned(mask)), depth)
    lines = np.zeros_like(mask)
    for path in paths:
        lines[tuple(np.array(path).T)] = True
    return lines


def _thinner(depth: NDArray[np.float32], lines: Mask, off: float, width: float) -> NDArray[np.float32]:
    even = np.clip(depth - off, 0, 1)
    # Where the line is thinner than elsewhere nothing would be left of it but its path.
    path = np.clip(max(width - 2 * off, 1.0) / 2 + 0.5 - distance(~lines, beyond=True), 0, 1)
    return np.maximum(even, path)


def _thicker(mask: Mask, on: float) -> NDArray[np.float32]:
    padded = np.pad(mask, int(on) + 2)
    away, count = distance(~padded, beyond=True), holes(mask)
    for _ in range(6):
        ink = np.clip(on + 1 - away, 0, 1)
        if holes(ink >= 0.5) >= count:
            return ink
        on /= 2
    return padded.astype(np.float32)


def distance(mask: Mask, *, beyond: bool = False) -> NDArray[np.float32]:
    """Return how far each pixel of `mask` is from the nearest pixel outside it, in pixels; 0 outside.

    What lies beyond the picture belongs to the mask or, unless told so, does not. The squares are exact: first
    along the columns, then along the rows.
    """
    padded = np.pad(mask, 1, constant_values=beyond)
    height, width = padded.shape
    row, far = np.arange(height)[:, None], 4 * (height + width)
    above = row - np.maximum.accumulate(np.where(padded, -far, row), axis=0)
    below = np.minimum.accumulate(np.where(padded, far, row)[::-1], axis=0)[::-1] - row
    vertical = (np.minimum(above, below).astype(np.float32) ** 2)[1:-1]
    column = np.arange(width, dtype=np.float32)
    across = (column[:, None] - column) ** 2
    return np.sqrt(np.stack([(line + across).min(axis=1) for line in vertical]))[:, 1:-1]


def thinned(mask: Mask) -> Mask:
    """Thin `mask` to lines of one pixel with as many parts and holes as it has (Guo and Hall 1989)."""
    left = np.pad(mask, 1).astype(np.uint8)
    while True:
        before = int(left.sum())
        for table in _thinning_tables():
            left[1:-1, 1:-1] &= table[_neighbourhoods(left)]
        if int(left.sum()) == before:
            return left[1:-1, 1:-1].astype(bool)


def _neighbourhoods(padded: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the eight neighbours of each pixel as the bits of a byte, clockwise from the top."""
    height, width = padded.shape
    code = np.zeros((height - 2, width - 2), np.uint8)
    for bit, (down, right) in enumerate(_AROUND):
        code |= padded[1 + down : height - 1 + down, 1 + right : width - 1 + right] << bit
    return code


@functools.cache
def _thinning_tables() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return for both half steps whether a pixel stays (1) or goes (0), by its neighbourhood."""
    n, ne, e, se, s, sw, w, nw = ((np.arange(256) >> bit & 1).astype(bool) for bit in range(8))
    parts = sum(
        (~side & (corner | following)).astype(int)
        for side, corner, following in ((n, ne, e), (e, se, s), (s, sw, w), (w, nw, n))
    )
    one = sum(pair.astype(int) for pair in (nw | n, ne | e, se | s, sw | w))
    other = sum(pair.astype(int) for pair in (n | ne, e | se, s | sw, w | nw))
    few = np.minimum(one, other)
    edge = (parts == 1) & (few >= 2) & (few <= 3)
    first, second = edge & ~((s | sw | ~nw) & w), edge & ~((n | ne | ~se) & e)
    return (~first).astype(np.uint8), (~second).astype(np.uint8)


def _paths(skeleton: Mask) -> list[list[Pixel]]:
    """Cut a skeleton at its ends and crossings into paths of neighbouring pixels (row, column)."""
    pixels = set(zip(*(axis.tolist() for axis in np.nonzero(skeleton)), strict=True))
    near = {pixel: _neighbours(pixel, pixels) for pixel in pixels}
    knots = [pixel for pixel in sorted(pixels) if len(near[pixel]) != 2]
    seen: set[tuple[Pixel, Pixel]] = set()
    paths = [[knot] for knot in knots if not near[knot]]
    for knot in knots:
        paths += [_walk(knot, step, near, seen) for step in near[knot] if (knot, step) not in seen]
    # What has neither an end nor a crossing is a ring.
    for pixel in sorted(pixels - {pixel for path in paths for pixel in path}):
        if (pixel, near[pixel][0]) not in seen:
            paths.append(_walk(pixel, near[pixel][0], near, seen))
    return paths


def _neighbours(pixel: Pixel, pixels: set[Pixel]) -> list[Pixel]:
    """Return the neighbours, without a corner that a side leads to: it would make crossings of bends."""
    row, column = pixel
    around = [(row + down, column + right) in pixels for down, right in _AROUND]
    return [
        (row + down, column + right)
        for place, (down, right) in enumerate(_AROUND)
        if around[place] and (place % 2 == 0 or not (around[place - 1] or around[(place + 1) % 8]))
    ]


def _walk(start: Pixel, step: Pixel, near: dict[Pixel, list[Pixel]], seen: set[tuple[Pixel, Pixel]]) -> list[Pixel]:
    path = [start, step]
    while len(near[path[-1]]) == 2 and path[-1] != start:
        one, other = near[path[-1]]
        path.append(other if one == path[-2] else one)
    seen |= set(pairwise(path)) | set(pairwise(path[::-1]))
    return path


def _without_spurs(paths: list[list[Pixel]], depth: NDArray[np.float32]) -> list[list[Pixel]]:
    meetings = Counter(end for path in paths for end in (path[0], path[-1]))
    half = float(np.median([depth[pixel] for path in paths for pixel in path]))

    def is_spur(path: list[Pixel]) -> bool:
        root, tip = sorted((path[0], path[-1]), key=meetings.__getitem__, reverse=True)
        if meetings[tip] > 1 or meetings[root] == 1:
            return False
        length = np.hypot(root[0] - tip[0], root[1] - tip[1])
        return bool(length + depth[tip] - depth[root] <= _SPUR * half)

    # Of a spot only spurs are left: its longest line then stays.
    return [path for path in paths if not is_spur(path)] or [max(paths, key=len)]
