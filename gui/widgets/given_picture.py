"""Pictures that are dropped on the pad or pasted: a file, or an image of another program."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QMimeData
from PySide6.QtGui import QImage

from engine.ink.spec import InkSpec
from engine.pictures.reading import SUFFIXES, check_pixels, prepare_picture, read_picture_closely
from gui.widgets.drawing import Drawing


def picture_in(mime: QMimeData, *, any_file: bool = False) -> Path | QImage | None:
    """Return the picture that was dropped or pasted: a file, or an image itself; None if there is none.

    With `any_file`, a file counts whatever its name ends in.
    """
    files = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
    for path in files:
        if any_file or path.suffix.lower() in SUFFIXES:
            return path
    image = mime.imageData() if mime.hasImage() and not files else None
    return image if isinstance(image, QImage) and not image.isNull() else None


def read(picture: Path | QImage, ink: InkSpec, progress: Any = None, cancelled: Any = None) -> Drawing:
    """Return a picture as a drawing; slow for large files, and made to be called in a thread.

    Parameters
    ----------
    picture : Path or QImage
    ink : InkSpec
        How drawings become images for the network that is to read it.

    Raises
    ------
    DataError
        When the file cannot be read, is too large, or the picture shows nothing.
    """
    if isinstance(picture, QImage):
        check_pixels(picture.width(), picture.height())
        reading, caption = prepare_picture(_colours(picture), ink=ink), "Pasted picture"
    else:
        reading, caption = read_picture_closely(picture, ink=ink), picture.name
    return Drawing(image=reading.image, caption=caption, note=reading.words)


def _colours(picture: QImage) -> NDArray[np.uint8]:
    """Return red, green, blue and opacity, shape (height, width, 4); brightness alone, (height, width), of a grey one.

    Opacity is left away where there is none, so that a picture and its file come to the same.
    """
    if picture.isGrayscale() and not picture.hasAlphaChannel():
        return _bytes(picture, QImage.Format.Format_Grayscale8, 1)[..., 0]
    values = _bytes(picture, QImage.Format.Format_RGBA8888, 4)
    return values if picture.hasAlphaChannel() else values[..., :3]


def _bytes(picture: QImage, kind: QImage.Format, channels: int) -> NDArray[np.uint8]:
    """Return an image converted to a format of `channels` bytes per pixel, shape (height, width, channels)."""
    made = picture.convertToFormat(kind)
    rows = np.frombuffer(made.constBits(), np.uint8).reshape(made.height(), made.bytesPerLine())
    return rows[:, : made.width() * channels].reshape(made.height(), made.width(), channels).copy()
