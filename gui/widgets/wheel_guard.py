"""Keeps the mouse wheel from changing what one only wanted to scroll past."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QComboBox, QScrollBar, QWidget


class WheelGuard(QObject):
    """Watches over the controls in a scrolling form.

    The wheel scrolls the form, also over a combo box or a slider, whoever has the focus: they have keys for that. And
    Space presses a button that has the keyboard focus, even where the window gives Space another meaning.
    """

    def watch(self, form: QWidget) -> None:
        """Watch everything in `form`, and what will come into it."""
        for widget in (form, *form.findChildren(QWidget)):
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Hand the wheel on to the form; keep Space for buttons."""
        if event.type() == QEvent.Type.ChildPolished and hasattr(event, "child"):
            child = event.child()
            if isinstance(child, QWidget):
                self.watch(child)
        elif event.type() == QEvent.Type.Wheel and _moves_by_wheel(watched):
            event.ignore()
            return True
        elif isinstance(watched, QAbstractButton) and _is_space(event):
            event.accept()
            return True
        return False


def _is_space(event: QEvent) -> bool:
    override = event.type() == QEvent.Type.ShortcutOverride
    return override and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Space


def _moves_by_wheel(thing: QObject) -> bool:
    return isinstance(thing, (QComboBox, QAbstractSlider)) and not isinstance(thing, QScrollBar)
