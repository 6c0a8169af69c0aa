"""Two parts of a page side by side, with a thin line between them that can be moved."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QWidget


class SideBySide(QSplitter):
    """A splitter whose two parts can be made narrow but not made to vanish.

    Parameters
    ----------
    name : str
        The name under which the place of the line is remembered.
    left, right : QWidget
        The parts.
    sizes : tuple of int
        Their widths at first, in pixels; only their ratio counts.
    shares : tuple of int
        How they divide what the page gains in width.
    """

    def __init__(
        self, name: str, left: QWidget, right: QWidget, sizes: tuple[int, int], shares: tuple[int, int]
    ) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setObjectName(name)
        self.setChildrenCollapsible(False)
        self.setHandleWidth(1)
        for index, part in enumerate((left, right)):
            self.addWidget(part)
            self.setStretchFactor(index, shares[index])
        self.setSizes(list(sizes))
