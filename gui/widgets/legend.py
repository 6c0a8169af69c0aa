"""What the lines of a plot mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from gui.widgets.tints import mix

Style = Literal["band", "line", "points", "dashed"]
SAMPLE = 10
GAP = 3
BETWEEN = 6


@dataclass(frozen=True)
class Entry:
    """A line of a plot: its name, its colour as ``#rrggbb``, and how it is drawn."""

    label: str
    colour: str
    style: Style = "line"


@dataclass(frozen=True)
class Line:
    """A line of a plot.

    Attributes
    ----------
    name, label : str
        What the program and what the legend calls it.
    colour : str
        The name of a colour of the theme, or ``series:3`` for the fourth of its series.
    style : {"band", "line", "points", "dashed"}
        Faint and thin; a line; a line with marks; a dashed line with marks.
    """

    name: str
    label: str
    colour: str
    style: Style = "line"

    def paint(self) -> str:
        """Return the colour as ``#rrggbb`` in the theme of now; a band is mixed with its background."""
        look = theme.current()
        kind, _, number = self.colour.partition(":")
        colour = look.series[int(number) % len(look.series)] if kind == "series" else getattr(look, kind)
        if self.style == "band":
            # Mixed, not transparent: where bands lie over each other they do not add up.
            return mix(look.surface, colour, 0.42 if look.name == "dark" else 0.36)
        return colour


class Legend(QWidget):
    """A row of line samples with their names, as many as there is room for."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        # The style sheet would overrule a font of the widget.
        self._font = theme.font(8)
        self._metrics = QFontMetrics(self._font)
        self._entries: tuple[Entry, ...] = ()

    def show_entries(self, entries: tuple[Entry, ...]) -> None:
        """Explain other lines."""
        if entries != self._entries:
            self._entries = entries
            self.setAccessibleName("Legend: " + ", ".join(entry.label for entry in entries))
            self.update()

    def sizeHint(self) -> QSize:
        """Return the size that holds every entry."""
        return QSize(sum(self._width(entry) for entry in self._entries), self._metrics.height() + 2)

    def minimumSizeHint(self) -> QSize:
        """Return the height of a line; the width gives way."""
        return QSize(0, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the entries from the right end, so that they stand away from the title."""
        painter = QPainter(self)
        painter.setFont(self._font)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shown = self._fitting()
        x = self.width() - sum(self._width(entry) for entry in shown)
        for entry in shown:
            self._draw(painter, x, entry)
            x += self._width(entry)

    def _fitting(self) -> list[Entry]:
        """Return the entries there is room for; where some have to go, "…" says so."""
        shown = list(self._entries)
        while len(shown) > 2 and sum(self._width(entry) for entry in shown) > self.width():
            shown = [*shown[:-2], Entry("…", theme.current().muted)]
        return shown

    def _width(self, entry: Entry) -> int:
        return SAMPLE + GAP + self._metrics.horizontalAdvance(entry.label) + BETWEEN

    def _draw(self, painter: QPainter, x: float, entry: Entry) -> None:
        middle, colour = self.height() / 2, QColor(entry.colour)
        pen = QPen(colour, 6 if entry.style == "band" else 2)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        if entry.style == "dashed":
            pen.setDashPattern([1.5, 1])
        painter.setPen(pen)
        painter.drawLine(QPointF(x, middle), QPointF(x + SAMPLE, middle))
        if entry.style in ("points", "dashed"):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            painter.drawEllipse(QPointF(x + SAMPLE / 2, middle), 3, 3)
        painter.setPen(QColor(theme.current().muted))
        place = self.rect().adjusted(int(x) + SAMPLE + GAP, 0, 0, 0)
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, entry.label)
