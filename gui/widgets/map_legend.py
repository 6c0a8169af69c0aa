"""Which colour is which class, and how many of it were read right; one can be made to stand out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QEnterEvent, QIcon, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QGridLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from engine.datasets.dataset import CLASSES
from gui import theme
from gui.widgets.choices import explain
from gui.widgets.figures import label
from gui.widgets.map_colors import class_colours
from gui.widgets.wording import many, percent, shortened

MARK, LONGEST = 12, 12


class ClassButton(QToolButton):
    """A class's colour and name.

    Signals
    -------
    entered : (bool,)
        Whether the mouse is on it from now on.
    """

    entered = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setAutoRaise(True)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setIconSize(QSize(MARK, MARK))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFont(theme.font())
        self.setStyleSheet(
            "QToolButton { padding: 1px 4px; }"
            "QToolButton:!hover:!checked:!focus { background: none; border-color: transparent; }"
        )

    def enterEvent(self, event: QEnterEvent) -> None:
        """Tell that the mouse has come."""
        super().enterEvent(event)
        self.entered.emit(True)

    def leaveEvent(self, event: QEvent) -> None:
        """Tell that it has left."""
        super().leaveEvent(event)
        self.entered.emit(False)


class MapLegend(QWidget):
    """A column of ten classes; what rings and star mean below.

    Signals
    -------
    highlighted : (int or None,)
        The class that is to stand out: the one under the mouse, else the one that was clicked.
    """

    highlighted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.buttons = [ClassButton() for _ in range(CLASSES)]
        self.figures = [label("", "muted") for _ in range(CLASSES)]
        for figure in self.figures:
            figure.setMinimumWidth(figure.fontMetrics().horizontalAdvance("100 %") + 2)
        self._hovered: int | None = None
        self._ring, self._star = QLabel(), QLabel()
        self._arrange()
        for number, button in enumerate(self.buttons):
            button.entered.connect(partial(self._on_entered, number))
            button.clicked.connect(partial(self._on_clicked, number))
        theme.switch().changed.connect(self.dress)
        self.dress()

    @property
    def chosen(self) -> int | None:
        """The class that was clicked, if any."""
        return next((number for number, button in enumerate(self.buttons) if button.isChecked()), None)

    def show_names(self, names: Sequence[str]) -> None:
        """Show what the classes are called."""
        for number, (button, name) in enumerate(zip(self.buttons, names, strict=True)):
            button.setText(shortened(name, LONGEST))
            these = many(number, names)
            explain(button, f"Highlight {these}", f"Lets {these} stand out while you point here; a click keeps it so.")

    def show_right(self, labels: NDArray[Any], right: NDArray[np.bool_], names: Sequence[str]) -> None:
        """Show which share of each class was read right; both arrays have shape (n,)."""
        for number, figure in enumerate(self.figures):
            own = right[labels == number]
            share = float(own.mean()) if len(own) else float("nan")
            text = percent(share, 0)
            if figure.text() != text:
                figure.setText(text)
            figure.setToolTip(
                f"{int(own.sum()):,} of the {len(own):,} {many(number, names)} on the map are read right."
            )

    def dress(self) -> None:
        """Put on the colours of the theme."""
        look = theme.current()
        for button, colour in zip(self.buttons, class_colours(look), strict=True):
            button.setIcon(QIcon(_disc(QColor(colour), None)))
        self._ring.setPixmap(_disc(None, QColor(look.text)))
        self._star.setText("★")
        self._star.setStyleSheet(f"color: {look.accent}; font-size: 12pt;")

    def _on_entered(self, number: int, entered: bool) -> None:
        self._hovered = number if entered else None
        self._tell()

    def _on_clicked(self, number: int) -> None:
        """Let at most one class be chosen."""
        for other, button in enumerate(self.buttons):
            button.setChecked(button.isChecked() and other == number)
        self._tell()

    def _tell(self) -> None:
        self.highlighted.emit(self.chosen if self._hovered is None else self._hovered)

    def _arrange(self) -> None:
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(theme.SPACE // 2)
        grid.setVerticalSpacing(0)
        for row, (button, figure) in enumerate(zip(self.buttons, self.figures, strict=True)):
            grid.addWidget(button, row, 0, Qt.AlignmentFlag.AlignLeft)
            grid.addWidget(figure, row, 1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        marks = QGridLayout()
        marks.setHorizontalSpacing(theme.SPACE // 2)
        for row, (mark, text) in enumerate(((self._ring, "read wrong"), (self._star, "your drawing"))):
            mark.setFixedWidth(MARK + 4)
            marks.addWidget(mark, row, 0, Qt.AlignmentFlag.AlignCenter)
            marks.addWidget(label(text, "muted"), row, 1)
        marks.setColumnStretch(1, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(label("Read right", "muted", "The share of each class that is read right."))
        column.addLayout(grid)
        column.addStretch(1)
        column.addLayout(marks)


def _disc(fill: QColor | None, rim: QColor | None) -> QPixmap:
    """Return a disc or a ring of the size of a mark, sharp on fine screens too."""
    picture = QPixmap(2 * MARK, 2 * MARK)
    picture.setDevicePixelRatio(2)
    picture.fill(Qt.GlobalColor.transparent)
    with QPainter(picture) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(rim, 1.5) if rim else Qt.PenStyle.NoPen)
        if fill is not None:
            painter.setBrush(fill)
        painter.drawEllipse(QPointF(MARK / 2, MARK / 2), MARK / 2 - 1.5, MARK / 2 - 1.5)
    return picture
