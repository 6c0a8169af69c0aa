"""A picture file made into the 28x28 image that a network trained on MNIST expects."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from engine.datasets.reading import checked_file, refused, refusing
from engine.errors import DataError
from engine.ink.drawing import BOX, SIDE, centre_picture
from engine.ink.slant import straight_mask
from engine.ink.spec import LINE_WIDTH, InkSpec
from engine.pictures.line_width import with_line_width
from engine.pictures.paper import ADVICE, LEAST_CONTRAST, lift_ink

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm"})
"""The file names, by their endings, that are read as pictures."""

MAX_PIXELS = 50_000_000
"""The largest picture, in pixels; its header is asked before anything is unpacked."""

# Others, such as EPS, would start a foreign program.
_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
_KIND = "a picture (PNG, JPEG, BMP, GIF, TIFF, WebP or PGM)"
_LARGEST_SIDE = 1024
_NO_BRIGHTNESS = "A picture must be a two-dimensional array of brightness from 0 to 255."
_AS_IT_IS = "28×28 already: taken as it is"


@dataclass(frozen=True, eq=False)
class PictureReading:
    """A picture as a network sees it, and what was done to it.

    Attributes
    ----------
    image : ndarray of shape (28, 28), uint8
        0 is background, 255 full ink.
    light_paper : bool
        Whether the ink was darker than the paper.
    line_width : float
        The width of the line as it was found, in pixels of the box of 20x20 that holds the digit.
    specks : int
        How many other things were left out: dirt, rules, the edge of the page, other digits.
    words : str
        All of it in a line, e.g. ``"cropped, scaled to 20×20, centred, line 6.1 → 2.4 px, paper removed"``.
    """

    image: NDArray[np.uint8]
    light_paper: bool
    line_width: float
    specks: int
    words: str


def read_picture(path: str | Path, *, light_paper: bool | None = None, ink: InkSpec | None = None) -> NDArray[np.uint8]:
    """Return the image alone of `read_picture_closely`, shape (28, 28)."""
    return read_picture_closely(path, light_paper=light_paper, ink=ink).image


def read_picture_closely(
    path: str | Path, *, light_paper: bool | None = None, ink: InkSpec | None = None
) -> PictureReading:
    """Read a picture file as a network's input.

    A picture of 28x28 pixels passes as it is, inverted when its ink is dark. In every other the ink of one
    digit is told from paper, shadows, rules and dirt, straightened up where it leans too much, its line brought
    to the width that the network knows, and all scaled to a box of 20x20 pixels and centred by mass, as MNIST's
    digits are.

    Parameters
    ----------
    path : str or path
        A PNG, JPEG, BMP, GIF, TIFF, WebP or PGM file: grey, colour, 16 bit or transparent; the first picture
        of those that move.
    light_paper : bool, optional
        Whether the ink is darker than the paper; by default the picture says.
    ink : InkSpec, optional
        How drawings become images for the network that is to read it: line width and largest slant; the usual way
        by default. A picture has no path to be smoothed along.

    Raises
    ------
    DataError
        When the file is missing, no picture, too large, or shows nothing.
    """
    path = Path(path)
    picture = _load(path)
    try:
        return _reading(picture, light_paper, ink or InkSpec())
    except DataError as error:
        raise DataError(f"{path}: {error.what}", error.do) from error


def is_light_paper(path: str | Path) -> bool:
    """Return whether the border of the picture file `path` is lighter than what it surrounds.

    Raises
    ------
    DataError
        When the file cannot be read.
    """
    return _border_is_light(np.asarray(_load(Path(path)).convert("L"), np.float32))


def prepare_picture(pixels: NDArray, *, light_paper: bool | None = None, ink: InkSpec | None = None) -> PictureReading:
    """Make a picture in memory into a network's input; see `read_picture_closely`.

    Parameters
    ----------
    pixels : ndarray of shape (h, w), (h, w, 3) or (h, w, 4)
        Brightness from 0, black, to 255, white; or red, green, blue (and opacity) as uint8.
    light_paper : bool, optional
        Whether the ink is darker than the paper; by default the picture says.
    ink : InkSpec, optional
        How drawings become images for the network that is to read it; the usual way by default.

    Raises
    ------
    DataError
        When it is no such array, too large, or shows nothing.
    """
    values = np.asarray(pixels)
    in_bytes = values.dtype == np.uint8
    colour = values.ndim == 3 and values.shape[2] in (3, 4) and in_bytes
    if not (values.ndim == 2 or colour) or values.size == 0:
        raise DataError(_NO_BRIGHTNESS, ADVICE)
    check_pixels(values.shape[1], values.shape[0])
    if not in_bytes:
        if not ((values >= 0) & (values <= 255)).all():
            raise DataError(_NO_BRIGHTNESS, ADVICE)
        values = np.rint(values).astype(np.uint8)
    return _reading(_plain(Image.fromarray(values)), light_paper, ink or InkSpec())


def check_pixels(width: int, height: int, where: str | Path = "The picture") -> None:
    """Refuse a picture of more than `MAX_PIXELS` pixels.

    Raises
    ------
    DataError
    """
    if width * height > MAX_PIXELS:
        why = f"it has more than the {MAX_PIXELS:,} pixels allowed"
        raise refused(where, why, "Make the picture smaller.")


def _reading(picture: Image.Image, light_paper: bool | None, spec: InkSpec) -> PictureReading:
    if picture.size == (SIDE, SIDE):
        return _as_it_is(np.asarray(picture.convert("L")), light_paper)
    ink = lift_ink(picture, light_paper)
    straight, degrees = straight_mask(ink.mask, spec.steepest)
    line = with_line_width(straight, spec.line_width / BOX)
    image = centre_picture(line.ink)
    if image is None:
        raise DataError("The picture shows nothing that stands out from its background.", ADVICE)
    width = line.found * BOX
    said = ["cropped, scaled to 20×20, centred", f"line {width:.1f} → {spec.line_width:.1f} px"]
    if abs(degrees) >= 1:
        said.append(f"{abs(degrees):.0f}° less slanted")
    if ink.paper:
        said.append("paper removed")
    if ink.specks:
        said.append(f"{ink.specks:,} speck{'s' * (ink.specks > 1)} left out")
    return PictureReading(image, ink.light_paper, width, ink.specks, ", ".join(said))


def _as_it_is(grey: NDArray[np.uint8], light_paper: bool | None) -> PictureReading:
    if int(grey.max()) - int(grey.min()) < LEAST_CONTRAST:
        raise DataError("The picture shows nothing: it is all of one brightness.", ADVICE)
    light = _border_is_light(grey.astype(np.float32)) if light_paper is None else light_paper
    image = 255 - grey if light else grey.copy()
    finely = np.asarray(Image.fromarray(image).resize((4 * SIDE, 4 * SIDE), Image.Resampling.BICUBIC))
    line = with_line_width(finely > (int(image.max()) + int(image.min())) / 2, LINE_WIDTH / BOX)
    return PictureReading(image, light, line.found * BOX, 0, _AS_IT_IS)


def _load(path: Path) -> Image.Image:
    """Return a picture file in grey ("L") or colour ("RGB"), its longer side at most `_LARGEST_SIDE` pixels."""
    checked_file(path)
    with refusing(path, _KIND), warnings.catch_warnings():
        # Pillow warns on stderr of large sizes, which are refused below, and of odd metadata.
        warnings.simplefilter("ignore")
        try:
            picture = Image.open(path, formats=_FORMATS)
        except Image.DecompressionBombError:
            check_pixels(MAX_PIXELS, 2, path)
            raise
        with picture:
            check_pixels(picture.width, picture.height, path)
            picture.draft(None, (_LARGEST_SIDE // 2, _LARGEST_SIDE // 2))
            return ImageOps.exif_transpose(_plain(_shallow(path, picture)))


def _shallow(path: Path, picture: Image.Image) -> Image.Image:
    """Return a picture of more than 8 bits as one of 8."""
    if not picture.mode.startswith(("I", "F")):
        return picture
    shallow = Image.fromarray(_deep_to_bytes(path, np.asarray(picture, np.float32)))
    shallow.info["exif"] = picture.getexif().tobytes()
    return shallow


def _plain(picture: Image.Image) -> Image.Image:
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
    elif picture.mode != "L":
        picture = picture.convert("RGB")
    picture.thumbnail((_LARGEST_SIDE, _LARGEST_SIDE), Image.Resampling.BOX)
    return _on_paper(picture).convert("RGB") if picture.mode == "RGBA" else picture


def _deep_to_bytes(path: Path, values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Scale brightness of more than 8 bits to bytes, by the smallest usual range that holds it."""
    low, high = float(values.min()), float(values.max())
    top = next((top for top in (1, 255, 65535) if high <= top), None)
    if top is None or not low >= 0:
        raise refused(path, f"its brightness reaches from {low:g} to {high:g}; it must lie in 0 to 65,535", ADVICE)
    return np.rint(values * (255 / top)).astype(np.uint8)


def _on_paper(picture: Image.Image) -> Image.Image:
    """Lay a transparent picture on white paper, or on black when its own colours are light."""
    values = np.asarray(picture, np.float32)
    opacity = values[..., 3].sum()
    brightness = (values[..., :3].mean(axis=2) * values[..., 3]).sum() / max(opacity, 1.0)
    paper = Image.new("RGBA", picture.size, "white" if brightness < 128 else "black")
    return Image.alpha_composite(paper, picture)


def _border_is_light(grey: NDArray[np.float32]) -> bool:
    middle = (float(grey.min()) + float(grey.max())) / 2
    height, width = grey.shape
    inside = np.zeros(grey.shape, bool)
    thickness = max(1, min(height, width) // 20)
    inside[thickness : height - thickness, thickness : width - thickness] = True
    return float(np.median(grey[~inside])) > middle
