"""Numbers, names and grid of a plot."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsPathItem, QGraphicsScene, QGraphicsSimpleTextItem

from gui import theme
from gui.widgets.plot_parts import ACROSS, UPRIGHT, ticks
from gui.widgets.tints import mix

Range = tuple[float, float]
# The room left of and below the curves, in pixels.
LEFT, BOTTOM = 58.0, 36.0
TICK, GAP = 3.0, 5.0
FONT_SIZE = 8.5


class PlotAxes:
    """Two axes with round numbers and a grid, made of Qt's own items, which are touched only when a range changes.

    Parameters
    ----------
    scene : QGraphicsScene
        Where the items go.
    across, upright : str
        What the axes are called.

    Attributes
    ----------
    logarithmic : bool
        Whether the values are powers of ten.
    """

    def __init__(self, scene: QGraphicsScene, across: str, upright: str) -> None:
        self.logarithmic = False
        self._scene = scene
        self._grid, self._edge = QGraphicsPathItem(), QGraphicsPathItem()
        self._names = QGraphicsSimpleTextItem(across), QGraphicsSimpleTextItem(upright)
        self._names[1].setRotation(-90)
        for item in (self._grid, self._edge, *self._names):
            item.setZValue(-10)
            scene.addItem(item)
        self._numbers: list[QGraphicsSimpleTextItem] = []

    def dress(self) -> None:
        """Put on the colours and the font of the theme."""
        look = theme.current()
        # Mixed, not transparent: lines that cross do not add up.
        self._grid.setPen(QPen(QColor(mix(look.surface, look.line, 0.35 if look.name == "dark" else 0.55)), 1))
        self._edge.setPen(QPen(QColor(look.line), 1))
        for text in (*self._names, *self._numbers):
            self._dress_text(text)

    def lay(self, area: QRectF, x_range: Range, y_range: Range) -> None:
        """Draw everything around `area`, in pixels of the scene."""
        grid, edge, numbers = QPainterPath(), QPainterPath(), []
        edge.addPolygon(QPolygonF([area.topLeft(), area.bottomLeft(), area.bottomRight()]))
        for place, text in ticks(*x_range, area.width() / ACROSS):
            x = _sharp(area.left() + (place - x_range[0]) / (x_range[1] - x_range[0]) * area.width())
            _line(grid, QPointF(x, area.top()), QPointF(x, area.bottom()))
            _line(edge, QPointF(x, area.bottom()), QPointF(x, area.bottom() + TICK))
            numbers.append((QPointF(x, area.bottom() + GAP), text, Qt.AlignmentFlag.AlignHCenter))
        for place, text in ticks(*y_range, area.height() / UPRIGHT, logarithmic=self.logarithmic):
            y = _sharp(area.bottom() - (place - y_range[0]) / (y_range[1] - y_range[0]) * area.height())
            _line(grid, QPointF(area.left(), y), QPointF(area.right(), y))
            _line(edge, QPointF(area.left() - TICK, y), QPointF(area.left(), y))
            numbers.append((QPointF(area.left() - GAP, y), text, Qt.AlignmentFlag.AlignVCenter))
        self._grid.setPath(grid)
        self._edge.setPath(edge)
        self._write(numbers)
        self._name(area)

    def _write(self, numbers: list[tuple[QPointF, str, Qt.AlignmentFlag]]) -> None:
        """Write the numbers, centred below a place or at its left, all of them within the scene."""
        while len(self._numbers) < len(numbers):
            self._numbers.append(QGraphicsSimpleTextItem())
            self._dress_text(self._numbers[-1])
            self._scene.addItem(self._numbers[-1])
        for item in self._numbers[len(numbers) :]:
            item.setVisible(False)
        whole = self._scene.sceneRect()
        for item, (place, text, side) in zip(self._numbers, numbers, strict=False):
            item.setText(text)
            size = item.boundingRect()
            across = side == Qt.AlignmentFlag.AlignHCenter
            x = place.x() - size.width() * (0.5 if across else 1.0)
            y = place.y() - (0.0 if across else size.height() / 2)
            item.setPos(min(x, whole.right() - size.width()), max(y, whole.top()))
            item.setVisible(True)

    def _name(self, area: QRectF) -> None:
        """Write the names at the outer edges, in the middle of their axes."""
        across, upright = (name.boundingRect() for name in self._names)
        bottom = self._scene.sceneRect().bottom()
        self._names[0].setPos(area.center().x() - across.width() / 2, bottom - across.height())
        self._names[1].setPos(0, area.center().y() + upright.width() / 2)

    def _dress_text(self, text: QGraphicsSimpleTextItem) -> None:
        text.setFont(_font())
        text.setBrush(QColor(theme.current().muted))


def _font() -> QFont:
    return theme.font(FONT_SIZE)


def _sharp(place: float) -> float:
    """Return the middle of a pixel: a line there is one pixel wide instead of two half ones."""
    return int(place) + 0.5


def _line(path: QPainterPath, start: QPointF, end: QPointF) -> None:
    path.moveTo(start)
    path.lineTo(end)
