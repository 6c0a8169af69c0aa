"""Keeps one-key shortcuts such as Space from taking keys away from the widget that has the focus."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QComboBox

PRESSABLE = (QAbstractButton, QComboBox, QAbstractItemView)


class KeyGuard(QObject):
    """An event filter for the application: what can be pressed with Space gets Space."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Claim Space for a focused button, list or box before the window's shortcut sees it."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Space
            and event.modifiers() == Qt.KeyboardModifier.NoModifier
            and isinstance(watched, PRESSABLE)
        ):
            event.accept()
            return True
        return False
