"""The window: PySide6 and pyqtgraph. It may use the engine; nothing but ``main.py`` and the tests uses it."""
