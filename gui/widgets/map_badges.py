"""Names of the classes on a map, each in the middle of its points."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QGraphicsPathItem, QGraphicsSimpleTextItem

from gui import theme
from gui.widgets.map_colors import class_colours
from gui.widgets.tints import readable
from gui.widgets.wording import shortened

HEIGHT, PADDING, ROUNDS = 18.0, 5.0, 12
LONGEST = 9


class Badge(QGraphicsPathItem):
    """A name on a ground of its class's colour, of the same size however near one looks."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number
        self._text = QGraphicsSimpleTextItem(self)
        self._text.setFont(theme.font(8.5, bold=True))
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIgnoresTransformations)
        self.setZValue(50)

    @property
    def width(self) -> float:
        """How wide it is, in pixels."""
        return float(self.path().boundingRect().width())

    def show_name(self, name: str) -> None:
        """Show a name, its beginning if it is long."""
        self._text.setText(shortened(name, LONGEST))
        text = self._text.boundingRect()
        width = max(text.width() + 2 * PADDING, HEIGHT)
        path = QPainterPath()
        path.addRoundedRect(QRectF(-width / 2, -HEIGHT / 2, width, HEIGHT), HEIGHT / 2, HEIGHT / 2)
        self.setPath(path)
        self._text.setPos(QPointF(-text.width() / 2, -text.height() / 2))

    def dress(self) -> None:
        """Put on the colours of the theme."""
        look = theme.current()
        ground = class_colours(look)[self._number]
        self.setBrush(QColor(ground))
        self.setPen(QPen(QColor(look.surface), 1.5))
        self._text.setBrush(readable(ground, look))


def middles(points: NDArray[np.float32], labels: NDArray[np.uint8], classes: int) -> NDArray[np.float64]:
    """Return the median of each class's points, of shape (classes, 2); NaN where a class has none."""
    found = np.full((classes, 2), np.nan)
    for number in range(classes):
        own = points[labels == number]
        if len(own):
            found[number] = np.median(own, axis=0)
    return found


def spread(places: NDArray[np.float64], widths: Sequence[float]) -> NDArray[np.float64]:
    """Return places of shape (n, 2), in pixels, moved apart so that badges of these widths hardly overlap."""
    moved, room = places.copy(), np.add.outer(widths, widths) / 2 + 1
    for _ in range(ROUNDS):
        apart = moved[:, None] - moved[None]
        overlap = np.minimum(room - np.abs(apart[..., 0]), HEIGHT + 1 - np.abs(apart[..., 1]))
        np.fill_diagonal(overlap, 0)
        overlap = np.nan_to_num(np.maximum(overlap, 0))
        # Along the line between the two; two at the very same place go apart in the order of their numbers.
        order = np.sign(np.arange(len(moved))[:, None] - np.arange(len(moved)))
        apart[..., 1] += 1e-3 * order
        length = np.hypot(apart[..., 0], apart[..., 1])
        way = np.nan_to_num(apart / np.where(length > 0, length, 1)[..., None])
        moved = moved + 0.3 * (way * overlap[..., None]).sum(axis=1)
    return moved
