"""The strongest connections of one unit as a list: who is at the other end, and how strong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from gui.widgets.color_legend import signed
from gui.widgets.diagram_scene import Spot
from gui.widgets.painted import PaintedWidget
from gui.widgets.painted_text import RIGHT, paint_line

ROW, FIGURE, BAR = 20, 62, 44


@dataclass(frozen=True)
class Link:
    """One connection.

    Attributes
    ----------
    name : str
        The unit at the other end.
    spot : Spot
        Where that is.
    weight : float
        The weight between them, added up where there are several.
    said : float or None
        What it adds to the weighted sum for the drawing; None without one.
    """

    name: str
    spot: Spot
    weight: float
    said: float | None


class DiagramLinks(PaintedWidget):
    """A row for each connection: name, a bar in the colour of its sign, and the weight.

    Signals
    -------
    chosen : (Spot,)
        Somebody wants to look at the unit at the other end.
    """

    chosen = Signal(object)

    def __init__(self, name: str, help: str, parent: QWidget | None = None) -> None:  # noqa: A002
        super().__init__(parent)
        self.links: tuple[Link, ...] = ()
        self._row = -1
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)
        self.setWhatsThis(f"{help} Click a row, or press Enter, to look at the unit at the other end.")

    def show_links(self, links: Sequence[Link]) -> None:
        """Show other connections."""
        if len(links) != len(self.links):
            self.setFixedHeight(ROW * len(links))
        self.links = tuple(links)
        self.setAccessibleDescription("; ".join(f"{link.name} {signed(link.weight)}" for link in links))
        self.update()

    def sizeHint(self) -> QSize:
        """Return a row for each connection."""
        return QSize(0, ROW * len(self.links))

    def words_at(self, place: QPointF) -> str:
        """Return one connection in words."""
        row = int(place.y()) // ROW
        if not 0 <= row < len(self.links):
            return ""
        link = self.links[row]
        now = "" if link.said is None else f" For this drawing it adds {signed(link.said)} to the weighted sum."
        return f"{link.name}: weight {signed(link.weight)}.{now}"

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the rows; the longest bar is that of the largest weight."""
        look, most = theme.current(), max((abs(link.weight) for link in self.links), default=0) or 1
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for number, link in enumerate(self.links):
                self._paint_row(painter, QRectF(0, number * ROW, self.width(), ROW), link, most, look)
                if number == self._row:
                    painter.setBrush(Qt.BrushStyle.NoBrush)
                    painter.setPen(QPen(QColor(look.accent), 1))
                    painter.drawRoundedRect(QRectF(0.5, number * ROW + 0.5, self.width() - 1, ROW - 1), 4, 4)

    def _paint_row(self, painter: QPainter, area: QRectF, link: Link, most: float, look: theme.Theme) -> None:
        figure = QRectF(area.right() - FIGURE - 4, area.top(), FIGURE, area.height())
        middle = figure.left() - BAR / 2 - 4
        paint_line(painter, QRectF(4, area.top(), middle - BAR / 2 - 8, ROW), link.name, theme.font(9), look.text)
        paint_line(painter, figure, signed(link.weight), theme.font(9), look.text, RIGHT)
        length = BAR / 2 * max(-1.0, min(1.0, link.weight / most))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(look.positive if length > 0 else look.negative))
        painter.drawRect(QRectF(middle + min(length, 0), area.center().y() - 3, abs(length), 6))
        painter.setPen(QColor(look.line))
        painter.drawLine(QPointF(middle, area.top() + 3), QPointF(middle, area.bottom() - 3))

    # --- events -------------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Mark the row under the mouse."""
        self._mark(int(event.position().y()) // ROW)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the unit of the row."""
        row = int(event.position().y()) // ROW
        if event.button() == Qt.MouseButton.LeftButton and 0 <= row < len(self.links):
            self.chosen.emit(self.links[row].spot)

    def leaveEvent(self, event: QEvent) -> None:
        """Mark nothing."""
        self._mark(-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move from row to row; Enter goes to a unit."""
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        key = Qt.Key(event.key())
        if key in steps and self.links:
            self._mark(min(max(self._row + steps[key], 0), len(self.links) - 1))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and 0 <= self._row < len(self.links):
            self.chosen.emit(self.links[self._row].spot)
        else:
            super().keyPressEvent(event)

    def _mark(self, row: int) -> None:
        if row != self._row:
            self._row = row
            self.update()
