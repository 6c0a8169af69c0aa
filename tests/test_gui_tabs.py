"""The tabs: what they do before their pages are wanted."""

from __future__ import annotations

from importlib import import_module

import pytest
from PySide6.QtCore import Qt, QTimer

from gui.pages import tabs

pytest_plugins = ["whole_window"]
pytestmark = pytest.mark.usefixtures("quick_collections")


def test_the_files_of_all_pages_are_read_one_by_one_before_they_are_wanted(qtbot, opened, monkeypatch):
    read = []
    monkeypatch.setattr(tabs, "AHEAD_MS", 1)
    monkeypatch.setattr(tabs, "import_module", lambda name: read.append(name) or import_module(name))
    pages = opened().pages
    timer = pages.findChild(QTimer, options=Qt.FindChildOption.FindDirectChildrenOnly)
    qtbot.waitUntil(lambda: not timer.isActive())
    assert sorted(set(read)) == sorted(f"gui.pages.{entry.file}" for entry in tabs.PAGES)
    pages.hide()
    pages.show()
    assert not timer.isActive(), "once is enough"
