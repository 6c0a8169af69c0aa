"""What can be done with runs, as a menu at the mouse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu, QWidget


def show_menu(parent: QWidget, deeds: Mapping[str, Callable[[], object]], place: QPoint) -> None:
    """Open a menu at a place of the screen, with an entry for each of `deeds`: its words, a tab and its key."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    for words, do in deeds.items():
        menu.addAction(words).triggered.connect(partial(_do, do))
    menu.popup(place)


def _do(what: Callable[[], object], _checked: bool = False) -> None:
    what()
