"""Keeps the mouse wheel from changing what one only wanted to scroll past."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QComboBox, QScrollBar, QWidget


class WheelGuard(QObject):
    """Watches over the controls in a scrolling form.

    The wheel reaches a combo box or a slider only when it has the focus; else it scrolls the form. And Space
    presses a button that has the keyboard focus, even where the window gives Space another meaning.
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
    controls = isinstance(thing, (QComboBox, QAbstractSlider)) and not isinstance(thing, QScrollBar)
    return controls and isinstance(thing, QWidget) and not thing.hasFocus()
