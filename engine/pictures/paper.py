"""Ink told from paper, in pictures of any kind: scans, photographs in bad light, drawings, chalk on a board.

A picture is looked at twice. First as a whole, small: a sheet that lies on a table is found, the light of the
paper is followed by a surface, ink is whatever departs from it on one side, and what belongs to the digit is
told from rules, specks and shadows. Then the digit alone, finely: its own surroundings say what is paper.

References
----------
Holland, Welsch (1977), "Robust regression using iteratively reweighted least-squares".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from engine.errors import DataError
from engine.pictures.regions import Mask, Regions, filled, highest, narrowed, regions, widened
from engine.pictures.sheet import find_sheet, otsu

Grey = NDArray[np.float32]

LEAST_CONTRAST = 16
"""How many of 255 levels ink must differ from its paper."""

BOX = 80
"""The longer side of the digit in the mask that is returned, in pixels."""

ADVICE = "Choose a picture of one digit."
_NOTHING = "The picture shows nothing that stands out from its background."
_SMALL = 240
_MARGIN = 0.2
_NOISE = 4.0
_SURROUNDINGS = 1.5


@dataclass(frozen=True, eq=False)
class Ink:
    """The ink of one digit.

    Attributes
    ----------
    mask : ndarray of shape (h, w), bool
        Where there is ink; the digit's longer side takes `BOX` pixels.
    light_paper : bool
        Whether the ink is darker than the paper.
    specks : int
        How many other things were left out: dirt, rules, the edge of the page, other digits.
    paper : bool
        Whether the background was not of one brightness.
    """

    mask: Mask
    light_paper: bool
    specks: int
    paper: bool


@dataclass(frozen=True, eq=False)
class _Found:
    """The digit in the small picture: where it is, how strong in all and by pixel, and how much was left out."""

    light_paper: bool
    mask: Mask
    weight: float
    specks: int


def lift_ink(picture: Image.Image, light_paper: bool | None = None) -> Ink:
    """Find the ink of one digit in a picture.

    Parameters
    ----------
    picture : PIL.Image.Image
        Grey ("L") or colour ("RGB").
    light_paper : bool, optional
        Whether the ink is darker than the paper; by default the picture says.

    Raises
    ------
    DataError
        When nothing stands out from the background.
    """
    colours = _of_size(picture, _SMALL / max(picture.size))
    axis = _strongest_axis(colours)
    grey = _brightness(colours, axis)
    if np.ptp(grey) < LEAST_CONTRAST:
        raise DataError("The picture shows nothing: it is all of one brightness.", ADVICE)
    sheet = find_sheet(grey)
    surface = paper_surface(grey, sheet)
    sides = [side for side in (True, False) if light_paper in (None, side)]
    candidates = [_found(grey, surface, sheet, side) for side in sides]
    best = max((found for found in candidates if found), key=lambda found: found.weight, default=None)
    if best is None:
        raise DataError(_NOTHING, ADVICE)
    uneven = float(np.ptp(surface[sheet])) >= LEAST_CONTRAST or not sheet.all()
    return Ink(_closely(picture, axis, best), best.light_paper, best.specks, uneven or best.specks > 0)


def paper_surface(grey: Grey, inside: Mask) -> Grey:
    """Return the brightness of the paper under the ink: a paraboloid laid through most of what is `inside`.

    Light falls off in one direction, and towards the corners of a photograph; ink, which is little or at least
    not at the border, departs from that and counts less with every round (least squares weighted after Cauchy).
    """
    step = max(1, max(grey.shape) // 60)
    basis = _basis(grey.shape)
    x, y, kept = basis[::step, ::step].reshape(-1, 6), grey[::step, ::step].ravel(), inside[::step, ::step]
    importance = kept.astype(np.float32)
    edge = kept & ~narrowed(np.pad(kept, 1), max(1, min(kept.shape) // 20))[1:-1, 1:-1]
    importance[edge] *= max(1.0, kept.sum() / max(edge.sum(), 1))
    weight = importance = importance.ravel()
    fit = np.full(len(y), _median(y, importance), np.float32)
    for terms in (1, 3, 3, 3, 6, 6, 6, 6, 6):
        spread = max(2.0, 1.5 * _median(np.abs(y - fit), importance))
        weight = importance / (1 + ((y - fit) / spread) ** 2)
        weighted = x[:, :terms] * weight[:, None]
        ridge = 1e-3 * weight.sum() * np.diag([0.0, 1, 1, 5, 5, 5][:terms])
        solution = np.linalg.solve(weighted.T @ x[:, :terms] + ridge + 1e-6 * np.eye(terms), weighted.T @ y)
        fit = (x[:, :terms] @ solution).astype(np.float32)
    return np.asarray(basis @ solution, np.float32)


def _of_size(picture: Image.Image, scale: float) -> Image.Image:
    size = [max(1, round(side * scale)) for side in picture.size]
    kind = Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC
    return picture.resize((size[0], size[1]), kind)


def _strongest_axis(colours: Image.Image) -> NDArray[np.float32] | None:
    """Return the mixture of red, green and blue in which neighbouring colours differ most; None for grey.

    It is the first principal axis of the colours freed of their surroundings, so that red ink on blue
    paper of the same brightness is seen too.
    """
    if colours.mode == "L":
        return None
    blurred = colours.filter(ImageFilter.BoxBlur(max(colours.size) / 8))
    detail = (np.asarray(colours, np.float32) - np.asarray(blurred, np.float32)).reshape(-1, 3)
    axis = np.linalg.eigh(detail.T @ detail)[1][:, -1]
    return np.asarray(axis * (1 if axis.sum() >= 0 else -1), np.float32)


def _brightness(colours: Image.Image, axis: NDArray[np.float32] | None) -> Grey:
    """Return brightness from 0 to 255 along `axis`."""
    values = np.asarray(colours, np.float32)
    if axis is None:
        return values
    low, high = 255 * np.minimum(axis, 0).sum(), 255 * np.maximum(axis, 0).sum()
    return np.asarray((values @ axis - low) * (255 / (high - low)), np.float32)


def _basis(shape: tuple[int, ...]) -> Grey:
    y, x = np.meshgrid(*(np.linspace(-1, 1, length, dtype=np.float32) for length in shape), indexing="ij")
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)


def _median(values: NDArray, weights: NDArray) -> float:
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(total, total[-1] / 2)])


def _blurred(grey: Grey, radius: float) -> Grey:
    # Pillow blurs bytes only.
    picture = Image.fromarray(np.rint(np.clip(grey, 0, 255)).astype(np.uint8))
    return np.asarray(picture.filter(ImageFilter.GaussianBlur(radius)), np.float32)


def _found(grey: Grey, surface: Grey, sheet: Mask, light: bool) -> _Found | None:
    """Return the digit that is darker, or lighter, than the paper."""
    above = (surface - grey if light else grey - surface) * sheet
    strength = _blurred(np.maximum(above, 0), 1.0)
    noise = 1.5 * float(np.median(np.abs(above[sheet])))
    least = max(LEAST_CONTRAST / 2, min(_NOISE * noise, float(strength.max()) / 2))
    best: _Found | None = None
    level = least
    for _ in range(3):
        over = strength[sheet & (strength > level)]
        if over.size < 8 or over.max() - level < LEAST_CONTRAST / 2:
            break
        level = max(least, otsu(strength[sheet])) if best is None else otsu(over)
        parts = regions(strength > level)
        if len(parts.areas) == 0:
            break
        found, cut_off = _digit(parts, strength, sheet, light)
        if best is None or (not cut_off and found.weight > 0.1 * best.weight):
            best = found
        if not cut_off:
            break
    return best


def _digit(parts: Regions, strength: Grey, sheet: Mask, light: bool) -> tuple[_Found, bool]:
    """Choose the regions of the digit; also return whether the border cuts it off.

    Shadows, tables and edges of pages run along the border; rules are flat and run from one side to the other.
    The digit is the heaviest of the rest, with what is near to it and not much smaller: the hat of a 5, the bar
    of a 7.
    """
    inner = narrowed(np.pad(sheet, 1), 3)[1:-1, 1:-1]
    contact = parts.sums(~inner) / 3
    weight, extent = parts.sums(strength), parts.extents
    flat = (parts.boxes[:, 2:] - parts.boxes[:, :2]).min(axis=1) < 0.1 * extent
    crosses = flat & (contact > 0) & (extent > 0.9 * max(sheet.shape))
    foreign = (contact > 0.8 * extent) | crosses
    large = extent >= 0.08 * max(sheet.shape)
    if not (large & ~foreign).any():
        foreign = np.zeros_like(foreign)
    weight = weight * np.where(contact > 0, 0.3, 1.0) * ~foreign
    main = int(weight.argmax())
    chosen = _near(parts, main) & ~foreign
    chosen &= (contact == 0) | (contact[main] > 0)
    cut_off = bool(contact[main] > 0 or weight[chosen].sum() < 0.3 * parts.sums(strength).sum())
    specks = int((~chosen & (parts.areas >= 2)).sum())
    return _Found(light, parts.mask(chosen), float(weight[chosen].sum()), specks), cut_off


def _near(parts: Regions, main: int) -> NDArray[np.bool_]:
    """Return which regions are close to the one numbered `main`, and of comparable size."""
    low, high = parts.boxes[:, :2], parts.boxes[:, 2:]
    gap = np.maximum(low - high[main], low[main] - high).max(axis=1)
    size = parts.extents[main]
    chosen = (gap < 0.3 * size) & (parts.extents >= 0.15 * size) & (parts.areas >= 0.03 * parts.areas[main])
    chosen[main] = True
    return chosen


def _closely(picture: Image.Image, axis: NDArray[np.float32] | None, found: _Found) -> Mask:
    """Return the ink of the digit that was found, from the picture at its finest."""
    rows, columns = np.flatnonzero(found.mask.any(axis=1)), np.flatnonzero(found.mask.any(axis=0))
    extent = max(np.ptp(rows), np.ptp(columns)) + 1
    margin = _MARGIN * extent + 2
    scale = np.array([picture.height, picture.width]) / found.mask.shape
    low = np.maximum(np.array([rows[0], columns[0]]) - margin, 0) * scale
    high = np.minimum(np.array([rows[-1], columns[-1]]) + 1 + margin, found.mask.shape) * scale
    box = (low[1], low[0], high[1], high[0])
    finely = BOX / extent / scale
    size = (max(1, round((box[2] - box[0]) * finely[1])), max(1, round((box[3] - box[1]) * finely[0])))
    grey = _brightness(picture.resize(size, Image.Resampling.BICUBIC, box, reducing_gap=2.0), axis)
    coarse = Image.fromarray(found.mask).convert("L")
    small_box = (box[0] / scale[1], box[1] / scale[0], box[2] / scale[1], box[3] / scale[0])
    where = np.asarray(coarse.resize(size, Image.Resampling.BILINEAR, small_box)) > 127
    return _ink_near(grey if found.light_paper else 255 - grey, where, max(2, round(1.5 * BOX / extent)))


def _ink_near(dark: Grey, where: Mask, reach: int) -> Mask:
    """Return the dark ink at and around `where`, half as strong as its middle at least.

    The paper is what remains when dark lines are painted over by the light beside them (a closing), which
    follows a shadow's edge through the digit.
    """
    dark = _blurred(dark, 1.0)
    thickness = 2 * where.sum() / max((where & ~narrowed(where, 1)).sum(), 1)
    window = int(np.clip(_SURROUNDINGS * thickness, 6, max(dark.shape)))
    paper = -highest(-highest(dark, window), window)
    strength = 1 - dark / np.maximum(paper, 1)
    around = widened(where, reach)
    core = strength[where]
    ink = around & (strength > 0.5 * float(np.percentile(core, 60)))
    parts = regions(ink)
    if len(parts.areas) == 0:
        return where
    return _without_pinholes(parts.mask(parts.areas >= min(0.5 * thickness**2, parts.areas.max())), thickness)


def _without_pinholes(mask: Mask, thickness: float) -> Mask:
    holes = regions(filled(mask) & ~mask, diagonal=False)
    return mask | holes.mask(holes.areas < max(4.0, 0.02 * thickness**2))
