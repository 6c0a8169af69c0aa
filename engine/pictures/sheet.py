"""A sheet of paper, or a board, that does not fill the picture: where it lies.

References
----------
Otsu (1979), "A threshold selection method from gray-level histograms".
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.pictures.regions import Mask, filled, highest, narrowed, regions

_LEAST_SHARE = 0.2
_FOUR_CORNERED = 0.85
_SHARP = 0.5
_NEARLY_ALL = 0.85


def find_sheet(grey: NDArray) -> Mask:
    """Return where the sheet lies that carries the ink; everywhere when there is no other ground beside it.

    A sheet is the largest region of one of two brightnesses, has four corners and sharp edges, covers a good
    part of the picture but not most of its border, and there is ink on it.

    Parameters
    ----------
    grey : ndarray of shape (h, w)
        Brightness.

    Returns
    -------
    ndarray of shape (h, w), bool
    """
    everywhere = np.ones(grey.shape, bool)
    light = grey > otsu(grey)
    for ground in (light, ~light):
        sheet = _largest(ground)
        if sheet is not None and _is_sheet(grey, sheet, ground):
            return narrowed(sheet, max(2, max(grey.shape) // 60))
    return everywhere


def otsu(values: NDArray) -> float:
    """Return the threshold that divides `values` into the two most compact classes (Otsu 1979)."""
    counts, edges = np.histogram(values, 128)
    centres = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)[:-1].astype(np.float64)
    above = below[-1] + counts[-1] - below
    sums = np.cumsum(counts * centres)
    means = sums[:-1] / np.maximum(below, 1), (sums[-1] - sums[:-1]) / np.maximum(above, 1)
    between = below * above * (means[1] - means[0]) ** 2
    best = np.flatnonzero(between >= between.max() * (1 - 1e-9))
    return float(edges[1:-1][best].mean())


def _largest(ground: Mask) -> Mask | None:
    parts = regions(ground, diagonal=False)
    if len(parts.areas) == 0:
        return None
    return filled(parts.labels == parts.areas.argmax())


def _is_sheet(grey: NDArray, sheet: Mask, ground: Mask) -> bool:
    border = np.ones_like(sheet)
    border[1:-1, 1:-1] = False
    written = sheet & ~ground
    return bool(
        sheet.mean() >= _LEAST_SHARE
        and sheet[border].mean() <= 0.7
        and 0 < written.sum() < 0.4 * sheet.sum()
        and _FOUR_CORNERED <= _corners_span(sheet) / sheet.sum() <= 1 / _FOUR_CORNERED
        and _is_writing(written)
        and _edge_is_sharp(grey, sheet)
    )


def _is_writing(written: Mask) -> bool:
    """Return whether the largest thing on a sheet is a line: the hole of a thick 0 is no writing on that 0."""
    extent = int(regions(written).extents.max())
    return extent >= 0.08 * max(written.shape) and not narrowed(written, max(1, round(0.15 * extent))).any()


def _corners_span(mask: Mask) -> float:
    """Return the larger area of two figures with four corners: what lies farthest out straight, and aslant."""
    y, x = np.nonzero(mask)
    spans = []
    for one, other in ((x, y), (x + y, x - y)):
        ends = np.array([one.argmin(), other.argmin(), one.argmax(), other.argmax()])
        px, py = x[ends].astype(float), y[ends].astype(float)
        spans.append(abs(np.dot(px, np.roll(py, 1)) - np.dot(py, np.roll(px, 1))) / 2)
    return float(max(spans))


def _edge_is_sharp(grey: NDArray, sheet: Mask) -> bool:
    """Return whether brightness jumps nearly all along the sheet's edge: that of a shadow is soft."""
    edge = sheet & ~narrowed(sheet, 1)
    if not edge.any() or sheet.all():
        return False
    whole = abs(float(np.median(grey[sheet])) - float(np.median(grey[~sheet])))
    jump = highest(grey, 2) + highest(-grey, 2)
    return float((jump[edge] >= _SHARP * whole).mean()) >= _NEARLY_ALL
