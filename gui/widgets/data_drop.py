"""A widget on which files and folders of data can be dropped."""

from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from engine.datasets import DATASET_WORDS
from engine.errors import DataError
from gui import theme

_BEGINNING = 2**16
# No number of a table is a dot followed by a word.
_PEN_STROKES = re.compile(rb"^[ \t]*\.[A-Z_]{2,}\b|\A(\xef\xbb\xbf)?\s*<", re.MULTILINE)


class DataDrop(QWidget):
    """Accepts what could be data, and shows a frame while it is held over the widget.

    Signals
    -------
    dropped : (str,)
        The dataset word of a file or folder.
    refused : (DataError,)
        Why what was dropped cannot be used.
    """

    dropped = Signal(str)
    refused = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._dragging = False
        self.setAcceptDrops(True)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take what could be data; leave the rest to the window."""
        if any(word_for(path) for path in _paths(event)):
            event.acceptProposedAction()
            self._set_dragging(True)
        else:
            event.ignore()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Take the frame away."""
        self._set_dragging(False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Pass on what was dropped."""
        self._set_dragging(False)
        event.acceptProposedAction()
        paths = _paths(event)
        word = word_for(paths[0]) if len(paths) == 1 else None
        if word is None:
            what = f"{len(paths)} files were dropped, but data is one file or one folder; the data in use stays."
            self.refused.emit(DataError(what, "Drop a single one."))
        else:
            self.dropped.emit(word)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Frame the widget while a file is held over it."""
        super().paintEvent(event)
        if self._dragging:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme.current().accent), 2, Qt.PenStyle.DashLine))
            painter.drawRoundedRect(self.rect().adjusted(3, 3, -4, -4), 6, 6)

    def _set_dragging(self, dragging: bool) -> None:
        self._dragging = dragging
        self.update()


def word_for(path: Path) -> str | None:
    """Return the dataset word for a file or folder, or None if it cannot be data."""
    if path.is_dir():
        return f"{'idx' if any(path.glob('*-ubyte*')) else 'images'}:{path}"
    if "-ubyte" in path.name:
        return f"idx:{path.parent}"
    fitting = [source for source in DATASET_WORDS if path.suffix and f"*{path.suffix.lower()}" in source.patterns]
    if len(fitting) > 1:  # a table and pen strokes may bear the same ending
        fitting = [source for source in fitting if source.drawn == _holds_pen_strokes(path)]
    return fitting[0].word(path) if fitting else None


def _holds_pen_strokes(path: Path) -> bool:
    """Return whether a text begins as UNIPEN does, with keywords behind dots, or as InkML."""
    try:
        with path.open("rb") as file:
            start = file.read(_BEGINNING)
    except OSError:
        return False  # whoever loads it says why
    return _PEN_STROKES.search(start) is not None


def _paths(event: QDropEvent) -> list[Path]:
    return [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
