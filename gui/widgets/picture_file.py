"""What the window paints as a picture for a report: PNG or SVG."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgGenerator

from engine.files import atomic_write

RATIO = 2  # a PNG has so many pixels per pixel of the screen
Paint = Callable[[QPainter], object]


def write_picture(path: str | Path, size: QSize, title: str, paint: Paint) -> None:
    """Write a picture to a file, as SVG if the name ends so, else as PNG.

    Parameters
    ----------
    path : str or Path
        The file.
    size : QSize
        Width and height in pixels of the screen; a PNG has twice as many.
    title : str
        What an SVG says of itself.
    paint : callable(QPainter)
        Paints all of it.

    Raises
    ------
    DigitLabError
        When the file cannot be written; what was there before is unchanged.
    """
    is_svg = Path(path).suffix.lower() == ".svg"
    atomic_write(path, partial(_write_svg, size, title, paint) if is_svg else partial(_write_png, size, paint))


def _write_png(size: QSize, paint: Paint, path: Path) -> None:
    picture = QImage(size * RATIO, QImage.Format.Format_RGB32)
    picture.setDevicePixelRatio(RATIO)
    with QPainter(picture) as painter:
        paint(painter)
    if not picture.save(str(path), "PNG"):  # type: ignore[call-overload]
        raise OSError("the picture could not be encoded")


def _write_svg(size: QSize, title: str, paint: Paint, path: Path) -> None:
    file = QSvgGenerator()
    file.setFileName(str(path))
    file.setSize(size)
    file.setViewBox(QRect(QPoint(0, 0), size))
    file.setTitle(title)
    file.setResolution(round(QGuiApplication.primaryScreen().logicalDotsPerInch()))  # else texts shrink
    painter = QPainter()
    if not painter.begin(file):
        raise OSError("the picture could not be encoded")
    paint(painter)
    painter.end()
