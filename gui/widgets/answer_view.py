"""The network's answer in large type."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from gui.widgets.painted_text import paint_line
from gui.widgets.shares import Shares, best_two
from gui.widgets.wording import percent

HEIGHT = 58
_SIGN_WIDTH = 48.0
_WORTH_A_NAME = 0.005  # what rounds to 1 %; which class has the most of nearly nothing is chance
_NOTHING = ("Nothing is drawn yet.", "Draw, or press E for a test image.", "")


class AnswerView(QWidget):
    """Shows the first guess large, how sure the network is of it, and the second guess.

    Attributes
    ----------
    sign : str
        The first guess; ``"?"`` when there is none.
    lines : tuple of three str
        What stands beside it, most important first; may be empty.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sign = "?"
        self.lines: tuple[str, str, str] = _NOTHING
        self.setMinimumHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Answer")
        self.setWhatsThis(
            "What the network takes your drawing for, and how sure it is. It knows ten answers only: "
            "it will name one of them for anything, also for a drawing that is none."
        )
        theme.switch().changed.connect(self.update)

    def show_answer(self, shares: Shares | None, names: Sequence[str], note: str = "") -> None:
        """Show the answer of shape (10,), or that there is none; `note` is a remark on it."""
        before, guesses = (self.sign, self.lines), best_two(shares)
        if shares is None:
            self.sign, self.lines = "?", _NOTHING
        elif guesses is None:
            self.sign, self.lines = "?", ("No answer:", "all ten outputs are equal.", note)
        else:
            first, second = guesses
            self.sign = names[first]
            other = f"or {names[second]}, {percent(shares[second], 0)}"
            self.lines = (
                f"{percent(shares[first], 0)} sure",
                other if shares[second] >= _WORTH_A_NAME else "nothing else reaches 1 %",
                note,
            )
        if (self.sign, self.lines) != before:
            self.setAccessibleDescription(", ".join((self.sign, *filter(None, self.lines))))
            self.update()

    def sizeHint(self) -> QSize:
        """Return the usual size in pixels."""
        return QSize(200, HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint a short sign large and at the left, a long name above what is said about it."""
        with QPainter(self) as painter:
            if len(self.sign) > 2:
                self._paint_name(painter)
            else:
                self._paint_sign(painter)

    def _paint_sign(self, painter: QPainter) -> None:
        look = theme.current()
        known = self.sign != "?"
        area = QRectF(self.rect())
        big = theme.font(36, bold=True)
        paint_line(
            painter, QRectF(0, 0, _SIGN_WIDTH, area.height()), self.sign, big, look.accent if known else look.muted
        )
        self._paint_lines(painter, area.adjusted(_SIGN_WIDTH, 0, 0, 0), self.lines, 14 if known else 10)

    def _paint_name(self, painter: QPainter) -> None:
        look = theme.current()
        area = QRectF(self.rect())
        sure, second, note = self.lines
        name = QRectF(0, 0, area.width(), 26)
        paint_line(painter, name, self.sign, theme.font(16, bold=True), look.accent)
        self._paint_lines(painter, area.adjusted(0, 26, 0, 0), (f"{sure}, {second}", note), 10)

    def _paint_lines(self, painter: QPainter, area: QRectF, lines: Sequence[str], size: float) -> None:
        """Paint the first line in `size` points and the others small, together in the middle of the height."""
        look = theme.current()
        shown = [line for line in lines if line]
        fonts = [theme.font(size, bold=size > 10), *(theme.font(9) for _ in shown[1:])]
        heights = [QFontMetricsF(font).height() for font in fonts]
        top = area.top() + max(0.0, (area.height() - sum(heights)) / 2)
        for index, (line, font, height) in enumerate(zip(shown, fonts, heights, strict=True)):
            place = QRectF(area.left(), top, area.width(), height)
            paint_line(painter, place, line, font, look.muted if index else look.text)
            top += height
