"""The buttons beside the pad, or below it where it is wide."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QToolButton, QWidget

from gui import theme

BUTTON = QSize(28, 22)
_GAP = theme.SPACE // 4
_LOOK = "QToolButton { padding: 2px 4px; min-height: 16px; }"
"""Lower than other buttons: eight of them stand beside a pad of 200 pixels."""


class PadTools(QWidget):
    """Two groups of small buttons: a column, two columns where it is short, or a row.

    Parameters
    ----------
    first, last : sequence of QAction
        What they do; the first ones stand at the top or left, the others at the bottom or right.
    """

    def __init__(self, first: Sequence[QAction], last: Sequence[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setStyleSheet(_LOOK)
        self._row = False
        self._first = [self._button(action) for action in first]
        self._last = [self._button(action) for action in last]

    def set_row(self, row: bool) -> None:
        """Stand side by side, or one below the other."""
        self._row = row
        self.updateGeometry()
        self._place()

    def width_at(self, height: int) -> int:
        """Return how wide the buttons are in a place of some height."""
        return BUTTON.width() if height >= self._long(BUTTON.height()) else 2 * BUTTON.width() + _GAP

    def minimumSizeHint(self) -> QSize:
        """Return the smallest size in pixels: a row, or two columns."""
        if self._row:
            return QSize(self._long(BUTTON.width()), BUTTON.height())
        rows = max(len(self._first), len(self._last))
        return QSize(self.width_at(0), rows * (BUTTON.height() + _GAP) - _GAP)

    def sizeHint(self) -> QSize:
        """Return the usual size in pixels: a row, or a column."""
        return self.minimumSizeHint() if self._row else QSize(BUTTON.width(), self._long(BUTTON.height()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place the buttons."""
        super().resizeEvent(event)
        self._place()

    def _long(self, button: int) -> int:
        """Return how long all buttons are in one line, with a larger gap between the groups."""
        return (len(self._first) + len(self._last)) * (button + _GAP) + _GAP

    def _place(self) -> None:
        wide, high = BUTTON.width() + _GAP, BUTTON.height() + _GAP
        single = self.width_at(self.height()) == BUTTON.width()
        for index, button in enumerate(self._first):
            button.move(index * wide if self._row else 0, 0 if self._row else index * high)
        for index, button in enumerate(self._last):
            back = len(self._last) - index
            if self._row:
                button.move(self.width() + _GAP - back * wide, 0)
            elif single:
                button.move(0, self.height() + _GAP - back * high)
            else:
                button.move(wide, index * high)

    def _button(self, action: QAction) -> QToolButton:
        button = QToolButton(self)
        button.setDefaultAction(action)
        button.setAccessibleName(action.text())
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setFixedSize(BUTTON)
        return button
