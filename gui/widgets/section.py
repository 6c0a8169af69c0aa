"""A heading that folds away what is below it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSettings, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QAbstractButton, QVBoxLayout, QWidget

from gui import theme


class FoldButton(QAbstractButton):
    """A heading with an arrow that points right when folded and down when not."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._note = ""
        self.setText(title)
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFont(theme.font(11, bold=True))
        self.setAccessibleName(title)

    def set_note(self, note: str) -> None:
        """Say in a word or two, at the right, how things stand with what is folded away."""
        self._note = note
        self.setAccessibleDescription(note)
        self.update()

    def sizeHint(self) -> QSize:
        """Return the size of heading and arrow."""
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self.text()) + 4 * theme.SPACE, theme.CONTROL_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the heading at the left edge, the arrow at the right one, and the note before it."""
        look = theme.current()
        lit = self.hasFocus() or self.underMouse()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(11, bold=True))
        painter.setPen(QColor(look.accent if self.hasFocus() else look.text))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.text())
        painter.setFont(theme.font(9))
        painter.setPen(QColor(look.muted))
        before = self.rect().adjusted(0, 0, -2 * theme.SPACE, 0)
        painter.drawText(before, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, self._note)
        painter.setPen(QColor(look.accent if lit else look.muted))
        painter.translate(self.width() - theme.SPACE, self.height() / 2)
        painter.rotate(90 if self.isChecked() else 0)
        painter.drawPolyline(QPolygonF([QPointF(-2, -4), QPointF(2, 0), QPointF(-2, 4)]))


class Section(QWidget):
    """A part of a form that may be folded away; whether it is, is remembered.

    Parameters
    ----------
    key : str
        Under which name that is remembered.
    """

    def __init__(self, title: str, key: str, help_text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._key = f"form/{key}/open"
        self.button = FoldButton(title, self)
        self.button.setToolTip(help_text)
        self.button.setWhatsThis(help_text)
        self.body = QWidget(self)
        self.column = QVBoxLayout(self.body)
        self.column.setContentsMargins(0, theme.SPACE // 2, 0, 0)
        self.column.setSpacing(theme.SPACE // 2)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.button)
        outer.addWidget(self.body)
        opened = QSettings().value(self._key, False, type=bool)
        self.button.setChecked(bool(opened))
        self.body.setVisible(bool(opened))
        self.button.toggled.connect(self._on_toggled)

    def _on_toggled(self, opened: bool) -> None:
        self.body.setVisible(opened)
        QSettings().setValue(self._key, opened)
