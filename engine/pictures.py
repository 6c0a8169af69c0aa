"""A picture file made into the 28x28 image that a network trained on MNIST expects."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from engine.datasets.reading import checked_file, refused, refusing
from engine.errors import DataError
from engine.ink import SIDE, centre_picture

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm"})
"""The file names, by their endings, that are read as pictures."""

MAX_PIXELS = 50_000_000
"""The largest picture, in pixels; its header is asked before anything is unpacked."""

# Others, such as EPS, would start a foreign program.
_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
_KIND = "a picture (PNG, JPEG, BMP, GIF, TIFF, WebP or PGM)"
_WORKING_SIDE = 280
_LEAST_CONTRAST = 16
_PAPER_UP_TO, _INK_FROM = 0.25, 0.6
_ADVICE = "Choose a picture of one digit."

_Grey = NDArray[np.float32]


def read_picture(path: str | Path, *, light_paper: bool | None = None) -> NDArray[np.uint8]:
    """Read a picture file as a network's input.

    A picture of 28x28 pixels passes as it is, inverted when its ink is dark. Every other is freed of
    its background, cropped, scaled to a box of 20x20 pixels and centred by mass, as MNIST's digits are.

    Parameters
    ----------
    path : str or path
        A PNG, JPEG, BMP, GIF, TIFF, WebP or PGM file: grey, colour, 16 bit or transparent.
    light_paper : bool, optional
        Whether the ink is darker than the paper; by default the picture's border decides.

    Returns
    -------
    ndarray of shape (28, 28), uint8
        0 is background, 255 full ink.

    Raises
    ------
    DataError
        When the file is missing, no picture, too large, or shows nothing.
    """
    path = Path(path)
    grey = _load_grey(path)
    try:
        return picture_to_ink_image(grey, light_paper=light_paper)
    except DataError as error:
        raise DataError(f"{path}: {error.what}", error.do) from error


def is_light_paper(path: str | Path) -> bool:
    """Return whether the border of the picture file `path` is lighter than what it surrounds.

    Raises
    ------
    DataError
        When the file cannot be read.
    """
    return _border_is_light(_load_grey(Path(path)))


def picture_to_ink_image(grey: NDArray, *, light_paper: bool | None = None) -> NDArray[np.uint8]:
    """Make a grey picture into a network's input; see `read_picture`.

    Parameters
    ----------
    grey : ndarray of shape (h, w)
        Brightness from 0, black, to 255, white.
    light_paper : bool, optional
        Whether the ink is darker than the paper; by default the picture's border decides.

    Returns
    -------
    ndarray of shape (28, 28), uint8

    Raises
    ------
    DataError
        When it is no such array or shows nothing.
    """
    values = np.asarray(grey, np.float32)
    if values.ndim != 2 or values.size == 0 or not ((values >= 0) & (values <= 255)).all():
        raise DataError("A picture must be a two-dimensional array of brightness from 0 to 255.", _ADVICE)
    if np.ptp(values) < _LEAST_CONTRAST:
        raise DataError("The picture shows nothing: it is all of one brightness.", _ADVICE)
    light = _border_is_light(values) if light_paper is None else light_paper
    bright_ink = 255 - values if light else values
    if values.shape == (SIDE, SIDE):
        return np.rint(bright_ink).astype(np.uint8)
    image = centre_picture(_without_paper(bright_ink))
    if image is None:
        raise DataError("The picture shows nothing that stands out from its background.", _ADVICE)
    return image


def _load_grey(path: Path) -> _Grey:
    """Return the brightness of a picture file, its longer side at most `_WORKING_SIDE` pixels."""
    checked_file(path)
    with refusing(path, _KIND), warnings.catch_warnings():
        # Pillow warns on stderr of large sizes, which are refused below, and of odd metadata.
        warnings.simplefilter("ignore")
        try:
            picture = Image.open(path, formats=_FORMATS)
        except Image.DecompressionBombError as error:
            raise _too_large(path) from error
        with picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise _too_large(path)
            picture.draft("L", (2 * _WORKING_SIDE, 2 * _WORKING_SIDE))
            return _grey(path, ImageOps.exif_transpose(picture))


def _too_large(path: Path) -> DataError:
    return refused(path, f"it has more than the {MAX_PIXELS:,} pixels allowed", "Make the picture smaller.")


def _grey(path: Path, picture: Image.Image) -> _Grey:
    if picture.mode.startswith(("I", "F")):
        picture = Image.fromarray(_deep_to_bytes(path, np.asarray(picture, np.float32)))
    elif picture.has_transparency_data:
        picture = picture.convert("RGBA")
    elif picture.mode != "L":
        picture = picture.convert("RGB")
    picture.thumbnail((_WORKING_SIDE, _WORKING_SIDE), Image.Resampling.BOX)
    if picture.mode == "RGBA":
        picture = _on_paper(picture)
    return np.asarray(picture.convert("L"), np.float32)


def _deep_to_bytes(path: Path, values: _Grey) -> NDArray[np.uint8]:
    """Scale brightness of more than 8 bits to bytes, by the smallest usual range that holds it."""
    low, high = float(values.min()), float(values.max())
    top = next((top for top in (1, 255, 65535) if high <= top), None)
    if top is None or not low >= 0:
        raise refused(path, f"its brightness reaches from {low:g} to {high:g}; it must lie in 0 to 65,535", _ADVICE)
    return np.rint(values * (255 / top)).astype(np.uint8)


def _on_paper(picture: Image.Image) -> Image.Image:
    """Lay a transparent picture on white paper, or on black when its own colours are light."""
    values = np.asarray(picture, np.float32)
    opacity = values[..., 3].sum()
    brightness = (values[..., :3].mean(axis=2) * values[..., 3]).sum() / max(opacity, 1.0)
    paper = Image.new("RGBA", picture.size, "white" if brightness < 128 else "black")
    return Image.alpha_composite(paper, picture)


def _border_is_light(grey: _Grey) -> bool:
    middle = (float(grey.min()) + float(grey.max())) / 2
    return float(np.median(grey[_border(grey.shape)])) > middle


def _border(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    height, width = shape
    inside = np.zeros(shape, bool)
    thickness = max(1, min(height, width) // 20)
    inside[thickness : height - thickness, thickness : width - thickness] = True
    return ~inside


def _without_paper(values: _Grey) -> _Grey:
    """Return the ink from 0 to 1: what stands out from a plane laid through the border.

    A plane follows the shadow that lies on most photographs; it is laid twice, the second time without
    the parts of the border that ink crosses.
    """
    border = _border(values.shape)
    above = values - _plane(values, border)
    above = values - _plane(values, border & (above <= np.median(above[border]) + _LEAST_CONTRAST))
    strength = above / max(float(np.percentile(above, 99.5)), float(above.max()) / 2, 1e-6)
    return np.clip((strength - _PAPER_UP_TO) / (_INK_FROM - _PAPER_UP_TO), 0, 1)


def _plane(values: _Grey, where: NDArray[np.bool_]) -> _Grey:
    height, width = values.shape
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    basis = np.stack([np.ones_like(x), x, y], axis=-1).astype(np.float32)
    weights = np.linalg.lstsq(basis[where], values[where], rcond=None)[0]
    return basis @ weights
