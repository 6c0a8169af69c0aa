"""Pictures that are dropped on the pad or pasted: a file, or an image of another program."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QMimeData, QSize, Qt
from PySide6.QtGui import QImage, QImageReader, QPainter

from engine.pictures import SUFFIXES, picture_to_ink_image, read_picture
from gui.widgets.drawing import Drawing

_LARGEST_SIDE = 280
_UNCHANGED = QSize(28, 28)
_AS_IT_IS = "28×28 already: taken as it is"
_PREPARED = "cropped, scaled to 20×20, centred"


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


def read(picture: Path | QImage, progress: Any = None, cancelled: Any = None) -> Drawing:
    """Return a picture as a drawing; slow for large files, and made to be called in a thread.

    Raises
    ------
    DataError
        When the file cannot be read, or the picture shows nothing.
    """
    if isinstance(picture, QImage):
        image, size, caption = picture_to_ink_image(_grey(picture)), picture.size(), "Pasted picture"
    else:
        image, size, caption = read_picture(picture), QImageReader(str(picture)).size(), picture.name
    return Drawing(image=image, caption=caption, note=_AS_IT_IS if size == _UNCHANGED else _PREPARED)


def _grey(picture: QImage) -> NDArray[np.uint8]:
    """Return the brightness of a picture, its longer side at most `_LARGEST_SIDE` pixels."""
    if max(picture.width(), picture.height()) > _LARGEST_SIDE:
        picture = picture.scaled(
            _LARGEST_SIDE, _LARGEST_SIDE, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
    return _bytes(_on_paper(picture) if picture.hasAlphaChannel() else picture, QImage.Format.Format_Grayscale8)


def _on_paper(picture: QImage) -> QImage:
    """Lay a transparent picture on white, or on black when its own ink is light."""
    opacity = _bytes(picture, QImage.Format.Format_Alpha8).astype(np.float64)
    brightness = _bytes(picture.convertToFormat(QImage.Format.Format_RGB32), QImage.Format.Format_Grayscale8)
    light = (brightness * opacity).sum() > 128 * opacity.sum()
    paper = QImage(picture.size(), QImage.Format.Format_RGB32)
    paper.fill(Qt.GlobalColor.black if light else Qt.GlobalColor.white)
    with QPainter(paper) as painter:
        painter.drawImage(0, 0, picture)
    return paper


def _bytes(picture: QImage, kind: QImage.Format) -> NDArray[np.uint8]:
    """Return an image converted to a format of one byte per pixel, shape (height, width)."""
    made = picture.convertToFormat(kind)
    rows = np.frombuffer(made.constBits(), np.uint8).reshape(made.height(), made.bytesPerLine())
    return rows[:, : made.width()].copy()
