"""The digits of a whole number on the pad: which strokes make each, and what it is read as."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from gui import theme
from gui.widgets.canvas import HINT_COLOUR

STRIP = 18.0
"""Height in pixels of the strip at the pad's foot that names the digits."""
_APART = 2.0


@dataclass(frozen=True)
class Group:
    """One digit of a number.

    Attributes
    ----------
    left, right : float
        From where to where it reaches, in heights of the pad.
    sign : str
        What it is read as, such as ``"4"`` or ``"4?"``.
    """

    left: float
    right: float
    sign: str


def group_at(groups: Sequence[Group], x: float) -> int:
    """Return the group that lies at `x`, in heights of the pad; -1 for none."""
    return next((index for index, group in enumerate(groups) if group.left <= x <= group.right), -1)


def foot(frame: QRectF) -> QRectF:
    """Return the strip in which groups are named."""
    return QRectF(frame.left(), frame.bottom() - STRIP, frame.width(), STRIP)


def paint_groups(painter: QPainter, frame: QRectF, groups: Sequence[Group], chosen: int) -> None:
    """Paint a line below each group and its reading under that; the chosen one in the accent colour."""
    strip, side = foot(frame), frame.height()
    for index, group in enumerate(groups):
        left, right = (frame.left() + edge * side for edge in (group.left, group.right))
        colour = QColor(theme.DARK.accent if index == chosen else HINT_COLOUR)
        painter.setPen(QPen(colour, 2 if index == chosen else 1))
        painter.drawLine(QPointF(left + _APART, strip.top()), QPointF(right - _APART, strip.top()))
        painter.setFont(theme.font(9, bold=index == chosen))
        area = QRectF(left - 20, strip.top(), right - left + 40, STRIP)
        painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter), group.sign)
