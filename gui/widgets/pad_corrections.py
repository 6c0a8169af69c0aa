"""What was done to a drawing on its way to the network: size, place, slant and line, or a remark on an image."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.ink.spec import Corrections
from gui import theme
from gui.icons import icon
from gui.widgets.painted import PaintedWidget
from gui.widgets.painted_text import paint_line

_ICON, _GAP = 13.0, 3.0
_ARROWS = "→←↓↑"
_PARTS = (
    ("mdi6.arrow-expand", "Size: {}"),
    ("mdi6.arrow-all", "Place: {}"),
    ("mdi6.format-italic", "Slant: {}"),
    ("mdi6.format-line-weight", "Line: {}"),
)


class PadCorrections(PaintedWidget):
    """Shows four small figures, or a remark in their place."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._corrections: Corrections | None = None
        self.words = ""
        # Room for two lines at all times, or the pad would shrink at the first touch.
        self.setMinimumHeight(2 * round(QFontMetricsF(theme.font(9)).lineSpacing() + 1))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("What was done to the drawing")
        self.setWhatsThis(
            "What was done to your drawing so that it looks like the digits the network knows: how much larger it was "
            "made, how far it was moved (in shares of the pad), how many degrees of its slant were taken back, "
            "and how wide its line is now, in pixels of 28."
        )
        self._dress()
        theme.switch().changed.connect(self._dress)

    def show_corrections(self, corrections: Corrections | None, note: str = "") -> None:
        """Show what was done, or a remark, or nothing."""
        words = corrections.words if corrections else note
        if (words, corrections) != (self.words, self._corrections):
            self.words, self._corrections = words, corrections
            self.setAccessibleDescription(words)
            self.update()

    def sizeHint(self) -> QSize:
        """Return the usual size in pixels."""
        return QSize(112, self.minimumHeight())

    def words_at(self, place: QPointF) -> str:
        """Return the correction at a place in words."""
        if self._corrections is None:
            return self.words
        column, row = int(place.x() >= self._split()), int(place.y() >= self._row())
        index = min(2 * row + column, 3)
        return _PARTS[index][1].format(_long(self._corrections)[index])

    def changeEvent(self, event: QEvent) -> None:
        """Follow another font."""
        super().changeEvent(event)
        self.update()

    def _dress(self) -> None:
        # Painting the letters of an icon font takes longer than all the rest.
        self._icons = [icon(name).pixmap(round(_ICON), round(_ICON)) for name, _ in _PARTS]

    def _row(self) -> float:
        return min(self.height(), self.minimumHeight()) / 2

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the four, two in a row."""
        with QPainter(self) as painter:
            if self._corrections is None:
                painter.setFont(theme.font(9))
                painter.setPen(theme.current().muted)
                painter.drawText(QRectF(self.rect()), int(Qt.TextFlag.TextWordWrap), self.words)
                return
            for index, words in enumerate(_short(self._corrections)):
                self._paint_part(painter, index, words)

    def _split(self) -> float:
        """Return where the right figures begin: behind the left ones, which stand below each other."""
        if self._corrections is None:
            return self.width() / 2
        metrics = QFontMetricsF(theme.font(9))
        left = max(metrics.horizontalAdvance(words) for words in _short(self._corrections)[::2])
        return _ICON + 2 * _GAP + left + 1

    def _paint_part(self, painter: QPainter, index: int, words: str) -> None:
        row, height, split = index // 2, self._row(), self._split()
        left, right = (split, float(self.width())) if index % 2 else (0.0, split)
        if words[0] not in _ARROWS:  # which need no sign before them
            place = QRectF(left, row * height + (height - _ICON) / 2, _ICON, _ICON)
            painter.setOpacity(0.7)
            painter.drawPixmap(place.toRect(), self._icons[index])
            painter.setOpacity(1)
            left += _ICON + _GAP
        area = QRectF(left, row * height, right - left, height)
        paint_line(painter, area, words, theme.font(9), theme.current().muted)


def _short(made: Corrections) -> tuple[str, str, str, str]:
    """Return the four in as few characters as possible: size, place, slant, line."""
    moves = [
        f"{arrow}{abs(by):.0%}".replace("%", "")
        for by, arrow in ((made.dx, "→" if made.dx > 0 else "←"), (made.dy, "↓" if made.dy > 0 else "↑"))
        if abs(by) >= 0.02
    ]
    slant = f"{made.slant:+.0f}°".replace("-", "−") if abs(made.slant) >= 1 else "0°"
    return f"{made.scale:.1f}×", " ".join(moves) if moves else "as it is", slant, f"{made.line_width:.1f} px"


def _long(made: Corrections) -> tuple[str, str, str, str]:
    """Return the four in words."""
    moves = []
    if abs(made.dx) >= 0.02:
        moves.append(f"{abs(made.dx):.0%}".replace("%", " %") + (" to the right" if made.dx > 0 else " to the left"))
    if abs(made.dy) >= 0.02:
        moves.append(f"{abs(made.dy):.0%}".replace("%", " %") + (" down" if made.dy > 0 else " up"))
    place = f"moved {' and '.join(moves)}, in shares of the pad" if moves else "not moved"
    leans = f"{abs(made.slant):.0f} degrees were taken back" if abs(made.slant) >= 1 else "as it was drawn"
    line = f"drawn {made.line_width:.1f} pixels wide, of 28, whatever the pen"
    return f"made {made.scale:.2f} times as large", place, leans, line
