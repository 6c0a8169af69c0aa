"""Keeps shortcuts of the window from taking keys away from the widget that has the focus."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QUndoStack
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QApplication, QComboBox, QWidget

from gui.widgets.value_edit import REDO, UNDO

PRESSABLE = (QAbstractButton, QComboBox, QAbstractItemView)


class KeyGuard(QObject):
    """Watches the widget with the focus, and no other: what can be pressed with Space gets Space."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._on_focus)
        self._on_focus(None, app.focusWidget())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Claim Space for a focused button, list or box before the window's shortcut sees it."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Space
            and event.modifiers() == Qt.KeyboardModifier.NoModifier
        ):
            event.accept()
            return True
        return False

    def _on_focus(self, before: QWidget | None, now: QWidget | None) -> None:
        if before is not None:
            before.removeEventFilter(self)
        if isinstance(now, PRESSABLE):
            now.installEventFilter(self)


class UndoKeys(QObject):
    """Gives the keys for undo and redo to the changes of a widget while the focus is within it."""

    def __init__(self, widget: QWidget, stack: QUndoStack) -> None:
        super().__init__(widget)
        self._stack = stack
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Claim the keys before the window takes them as its shortcuts; undo, or do again."""
        if event.type() not in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress) or not isinstance(event, QKeyEvent):
            return False
        undo, redo = event.matches(UNDO), event.matches(REDO) or _is_control_y(event)
        if event.type() == QEvent.Type.KeyPress and (undo or redo):
            (self._stack.undo if undo else self._stack.redo)()
        if undo or redo:
            event.accept()
        return undo or redo


def _is_control_y(event: QKeyEvent) -> bool:
    """Whether it is Ctrl+Y, which does again everywhere, not only where the system has it."""
    return event.key() == Qt.Key.Key_Y and event.modifiers() == Qt.KeyboardModifier.ControlModifier
