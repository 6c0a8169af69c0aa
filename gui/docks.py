"""The panels at the sides of the window."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QDockWidget, QMainWindow, QWidget

SETTINGS_WIDTH, DRAWING_WIDTH, WIDE_DRAWING_WIDTH = 310, 300, 420


def make_dock(window: QMainWindow, title: str, panel: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
    """Put a panel at a side of a window; it can be moved and closed."""
    dock = QDockWidget(title, window)
    dock.setObjectName(title)
    dock.setWidget(panel)
    dock.setFeatures(QDockWidget.DockWidgetFeature.DockWidgetMovable | QDockWidget.DockWidgetFeature.DockWidgetClosable)
    window.addDockWidget(area, dock)
    for button in dock.findChildren(QAbstractButton, options=Qt.FindChildOption.FindDirectChildrenOnly):
        button.setToolTip(f"Closes this panel; View › {title} brings it back.")
    return dock


def usual_widths(window: QMainWindow, settings: QDockWidget, drawing: QDockWidget) -> None:
    """Give both panels the widths they have at first."""
    window.resizeDocks([settings, drawing], [SETTINGS_WIDTH, DRAWING_WIDTH], Qt.Orientation.Horizontal)


def fit_dock(window: QMainWindow, dock: QDockWidget, wide: bool) -> None:
    """Give the panel with the pad the width that suits the pad's shape, as far as the window has room for it."""
    if dock.width() <= WIDE_DRAWING_WIDTH:  # else somebody wants it larger than this
        window.resizeDocks([dock], [WIDE_DRAWING_WIDTH if wide else DRAWING_WIDTH], Qt.Orientation.Horizontal)
