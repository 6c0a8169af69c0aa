"""A square with a narrow column at its right, or a wide field with the same as a row below it."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from gui.widgets.canvas import Canvas
from gui.widgets.pad_tools import PadTools


class SquareRow(QWidget):
    """Gives `field` the largest room of its shape that fits beside `tools`, or above them where it is wide.

    No layout of Qt's can do this: those that keep a height for a width do not shrink when the height is short.
    """

    def __init__(self, field: Canvas, tools: PadTools, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._field, self._tools = field, tools
        field.setParent(self)
        tools.setParent(self)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def arrange(self) -> None:
        """Place both, now that the field has another shape."""
        self._tools.set_row(self._wide)
        self.updateGeometry()
        self._place()

    def minimumSizeHint(self) -> QSize:
        """Return the smallest size in pixels."""
        return self._around(self._field.minimumSize(), self._tools.minimumSizeHint())

    def sizeHint(self) -> QSize:
        """Return the usual size in pixels."""
        return self._around(self._field.sizeHint(), self._tools.sizeHint())

    @property
    def _wide(self) -> bool:
        return self._field.aspect > 1

    def _around(self, field: QSize, tools: QSize) -> QSize:
        if self._wide:
            return QSize(max(field.width(), tools.width()), field.height() + theme.SPACE + tools.height())
        return QSize(field.width() + theme.SPACE + tools.width(), max(field.height(), tools.height()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place both."""
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        """Place both; ask for no more height than the field can use."""
        tools = self._tools.minimumSizeHint().height()
        if self._wide:
            highest = int(self.width() / self._field.aspect)
            height = max(1, min(highest, self.height() - theme.SPACE - tools))
            self._field.setGeometry(0, 0, self.width(), height)
            self._tools.setGeometry(0, height + theme.SPACE, self.width(), tools)
            self.setMaximumHeight(highest + theme.SPACE + tools)
            return
        beside = self._tools.width_at(self.height())
        highest = max(1, self.width() - beside - theme.SPACE)
        side = min(highest, self.height())
        self._field.setGeometry(0, 0, side, side)
        self._tools.setGeometry(self.width() - beside, 0, beside, max(side, tools))
        self.setMaximumHeight(max(highest, tools))
