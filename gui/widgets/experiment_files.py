"""The results of an experiment as files: a table, and a picture of the plot."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QPoint
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from engine.files import atomic_write
from gui.widgets import picture_file
from gui.widgets.experiment_results import MISSING, SCORES, Entry, value_words

PICTURES = "Pictures (*.png *.svg)"
TABLES = "Tables (*.csv)"
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
    """Write what a widget shows, see :func:`gui.widgets.picture_file.write_picture`."""
    picture_file.write_picture(path, widget.size(), widget.accessibleName(), partial(_paint, widget))


def _paint(widget: QWidget, painter: QPainter) -> None:
    widget.render(painter, QPoint())


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
