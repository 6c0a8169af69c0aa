"""What a widget inside a scroll area needs of it."""

from __future__ import annotations

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QScrollArea, QWidget


def area_around(widget: QWidget) -> QScrollArea | None:
    """Return the scroll area that `widget` lies in, if any."""
    area = widget.parentWidget()
    while area is not None and not isinstance(area, QScrollArea):
        area = area.parentWidget()
    return area


def reveal_widget(widget: QWidget, margin: int) -> None:
    """Scroll until all of `widget` is in view, with `margin` pixels above and below."""
    if area := area_around(widget):
        area.ensureWidgetVisible(widget, 0, margin)


def reveal_place(widget: QWidget, place: QPoint, margin: int) -> None:
    """Scroll what `widget` lies in until a place on the screen is in view."""
    area = area_around(widget)
    form = area.widget() if area is not None else None
    if area is not None and form is not None:
        inside = form.mapFromGlobal(place)
        area.ensureVisible(inside.x(), inside.y(), 0, margin)
