"""The results of an experiment as files: a table, and a picture of the plot."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPoint, QRect, QSize
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QWidget

from engine.files import atomic_write
from gui.widgets.experiment_results import MISSING, SCORES, Entry, value_words

PICTURES = "Pictures (*.png *.svg)"
TABLES = "Tables (*.csv)"
SCALE = 2
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_table(entries: Sequence[Entry], labels: dict[str, str], path: Path) -> None:
    """Write a line per run: the settings that vary, the seed, what others have reached, the scores, and its state.

    Raises
    ------
    DigitLabError
        When the file cannot be written; what was there stays.
    """
    referenced = any(entry.reference is not None for entry in entries)
    heading = ["Number", *labels.values(), "Seed", *(["Theirs, %"] if referenced else [])]
    lines = [[*heading, *(score.heading for score in SCORES), "State", "Run"]]
    for entry in entries:
        theirs = [_figure(entry.reference)] if referenced else []
        settings = [_harmless(value_words(entry.values.get(name))) for name in labels]
        scores = [_figure(score.of(entry.run)) for score in SCORES]
        lines.append([str(entry.number + 1), *settings, str(entry.seed), *theirs, *scores, entry.state, entry.id])
    atomic_write(path, partial(_write_lines, lines))


def write_picture(widget: QWidget, path: Path) -> None:
    """Write what a widget shows: as lines for the ending ``.svg``, else in twice as many pixels as on the screen.

    Raises
    ------
    DigitLabError
        When the file cannot be written; what was there stays.
    """
    content = _svg(widget) if path.suffix.lower() == ".svg" else _png(widget)
    atomic_write(path, partial(_write_bytes, content))


def _png(widget: QWidget) -> bytes:
    image = QImage(widget.size() * SCALE, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(SCALE)
    widget.render(image)
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(content.data())


def _svg(widget: QWidget) -> bytes:
    from PySide6.QtSvg import QSvgGenerator

    content = QByteArray()
    buffer = QBuffer(content)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(QSize(widget.width(), widget.height()))
    generator.setViewBox(QRect(0, 0, widget.width(), widget.height()))
    generator.setTitle(widget.accessibleName())
    with QPainter(generator) as painter:
        widget.render(painter, QPoint())
    return bytes(content.data())


def _write_bytes(content: bytes, path: Path) -> None:
    path.write_bytes(content)


def _write_lines(lines: list[list[str]], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(lines)


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def _harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula; numbers stay numbers."""
    if text == MISSING:
        return ""
    try:
        float(text)
    except ValueError:
        return f"'{text}" if text.startswith(FORMULA) else text
    return text
