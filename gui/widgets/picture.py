"""Small grey images, scaled and with rounded corners, kept for the next time they are painted."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QImage, QPainter

from engine.datasets import SIDE

_RADIUS = 4


def paint_picture(painter: QPainter, frame: QRectF, image: NDArray[Any]) -> None:
    """Paint an image of shape (28, 28), uint8, into a square frame."""
    ratio = painter.device().devicePixelRatio()
    ready = _ready(image.tobytes(), round(frame.width() * ratio), ratio)
    painter.drawImage(frame.topLeft().toPoint(), ready)


# Scaling and rounding take ten times as long as painting; 256 images are more than a window shows, and some MB.
@lru_cache(maxsize=256)
def _ready(data: bytes, side: int, ratio: float) -> QImage:
    """Return a picture `side` device pixels wide of the 784 bytes of an image."""
    grey = QImage(data, SIDE, SIDE, SIDE, QImage.Format.Format_Grayscale8)
    smooth = Qt.TransformationMode.SmoothTransformation
    scaled = grey.scaled(side, side, Qt.AspectRatioMode.IgnoreAspectRatio, smooth)
    ready = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    ready.fill(Qt.GlobalColor.transparent)
    painter = QPainter(ready)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QBrush(scaled))
    painter.drawRoundedRect(0, 0, side, side, _RADIUS * ratio, _RADIUS * ratio)
    painter.end()
    ready.setDevicePixelRatio(ratio)
    return ready
