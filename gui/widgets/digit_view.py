"""A grid of the user's digits from which one or many can be selected."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from engine.own_digits.digit import OwnDigit
from gui import theme
from gui.widgets.digit_model import ANSWER_ROLE, DIGIT_ROLE, IMAGE_ROLE, DigitModel, caption
from gui.widgets.painted_text import paint_line
from gui.widgets.picture import paint_picture

SIDE = 72
_LINE = 18
_MARGIN = theme.SPACE // 2
_CELL = QSize(SIDE + 3 * _MARGIN, SIDE + _LINE + 2 * _MARGIN)


class DigitView(QListView):
    """Shows a `DigitModel`: Shift, Ctrl and a rubber band select, as everywhere."""

    def __init__(self, model: DigitModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.empty = ""
        self.setModel(model)
        self.setItemDelegate(_DigitDelegate(self))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setSelectionRectVisible(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.viewport().setMouseTracking(True)  # the delegate shows what is under the mouse
        theme.switch().changed.connect(self.viewport().update)

    @property
    def selected(self) -> list[OwnDigit]:
        """The digits that are selected, in the order of the list."""
        return [index.data(DIGIT_ROLE) for index in sorted(self.selectedIndexes(), key=QModelIndex.row)]

    def keyboardSearch(self, search: str) -> None:
        """Do nothing: keys that are digits relabel."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the width among as many columns as fit."""
        width = max(self.width() - 2 * self.frameWidth() - self.verticalScrollBar().sizeHint().width() - 1, 1)
        self.setGridSize(QSize(width // max(width // _CELL.width(), 1), _CELL.height()))
        super().resizeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Say why nothing is shown, if nothing is."""
        super().paintEvent(event)
        if not self.model().rowCount():
            with QPainter(self.viewport()) as painter:
                painter.setFont(theme.font(11))
                painter.setPen(QColor(theme.current().muted))
                box = self.viewport().rect().adjusted(32, 16, -32, -16)
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.empty)


class _DigitDelegate(QStyledItemDelegate):
    """Paints a picture with what it stands for below, and what the network reads where that is something else."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Return the size of a cell, the same for all."""
        return _CELL

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Paint a cell."""
        look = theme.current()
        digit, image, answer = (index.data(role) for role in (DIGIT_ROLE, IMAGE_ROLE, ANSWER_ROLE))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(option.rect)
        _paint_back(painter, box, option.state, look)
        frame = QRectF(round(box.center().x() - SIDE / 2), box.top() + _MARGIN, SIDE, SIDE)
        if image is None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(Qt.GlobalColor.black)
            painter.drawRoundedRect(frame, 4, 4)
        else:
            paint_picture(painter, frame, image)
        wrong = answer is not None and answer != digit.label
        below = QRectF(box.left(), frame.bottom(), box.width(), _LINE)
        font, colour = theme.font(9, bold=not wrong), look.bad if wrong else look.text
        paint_line(painter, below, caption(digit, answer), font, colour, Qt.AlignmentFlag.AlignCenter)
        painter.restore()


def _paint_back(painter: QPainter, box: QRectF, state: QStyle.StateFlag, look: theme.Theme) -> None:
    """Show what is selected, what is under the mouse, and where the keyboard is."""
    selected = bool(state & QStyle.StateFlag.State_Selected)
    focused = bool(state & QStyle.StateFlag.State_HasFocus)
    if not (selected or focused or state & QStyle.StateFlag.State_MouseOver):
        return
    fill = QColor(look.accent if selected else look.raised)
    fill.setAlpha(70 if selected else 255)
    painter.setBrush(fill)
    painter.setPen(QPen(QColor(look.accent), 1.5) if focused else Qt.PenStyle.NoPen)
    painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), 6, 6)
