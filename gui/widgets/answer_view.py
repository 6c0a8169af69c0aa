"""The answer in large type."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from gui.widgets.answer_words import NOTHING, Answer
from gui.widgets.painted_text import paint_line

HEIGHT = 58
_LARGEST, _SMALLEST = 36.0, 16.0
_LEAST_SIGN = 40.0
_GAP = 10.0
_ROOM_BESIDE = 92.0
_LONGEST_SIGN = 12
_FIRST_LINE = (14.0, 12.5, 11.0, 10.0)


class AnswerView(QWidget):
    """Shows the first guess large, how sure it is, and the second guess.

    Attributes
    ----------
    answer : Answer
        What is shown.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.answer = NOTHING
        self.setMinimumHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Answer")
        self.setWhatsThis(
            "What your drawing is taken for, and how sure that is: of all that are “83 % sure”, 83 in a hundred are "
            "right. It says so where two digits are about as likely, and where the drawing may be no digit. "
            "Press 0 to 9, or click a bar, to say what it really is."
        )
        theme.switch().changed.connect(self.update)

    @property
    def sign(self) -> str:
        """The first guess, or the whole number; ``"?"`` when there is none."""
        return self.answer.sign

    @property
    def lines(self) -> tuple[str, str, str]:
        """What stands beside the sign."""
        return self.answer.lines

    def show_answer(self, answer: Answer) -> None:
        """Show another answer."""
        if answer != self.answer:
            self.answer = answer
            self.setAccessibleDescription(", ".join((answer.sign, *filter(None, answer.lines))))
            self.update()

    def sizeHint(self) -> QSize:
        """Return the usual size in pixels."""
        return QSize(200, HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint a short sign or a number large and at the left, a long one above what is said about it."""
        short = len(self.sign) <= 2 or self.sign.replace("?", "0").isdigit()
        size = self._size() if short and len(self.sign) <= _LONGEST_SIGN else 0.0
        with QPainter(self) as painter:
            if size:
                self._paint_sign(painter, size)
            else:
                self._paint_name(painter)

    def _size(self) -> float:
        """Return the size in points of a sign that leaves room for what stands beside it; 0 where none does."""
        room = self.width() - _GAP
        if len(self.sign) > 2:
            first = QFontMetricsF(theme.font(_FIRST_LINE[-1])).horizontalAdvance(self.lines[0])
            room -= max(first, *(QFontMetricsF(theme.font(9)).horizontalAdvance(line) for line in self.lines[1:])) + 2
        else:
            room -= _ROOM_BESIDE
        sizes = np.arange(_LARGEST, _SMALLEST - 1, -2).tolist()
        fitting = (size for size in sizes if _advance(self.sign, size) <= room)
        return next(fitting, 0.0 if len(self.sign) > 2 else _SMALLEST)

    def _colour(self) -> str:
        look = theme.current()
        return look.muted if self.answer.tone == "none" else look.accent

    def _paint_sign(self, painter: QPainter, size: float) -> None:
        area = QRectF(self.rect())
        big, width = theme.font(size, bold=True), _advance(self.sign, size)
        place = QRectF(0, 0, max(width + 1, _LEAST_SIGN - _GAP), area.height())
        paint_line(painter, place, self.sign, big, self._colour())
        beside = area.adjusted(place.width() + _GAP, 0, 0, 0)
        first = _fitting(self.lines[0], beside.width()) if self.answer is not NOTHING else 10.0
        self._paint_lines(painter, beside, self.lines, first)

    def _paint_name(self, painter: QPainter) -> None:
        area = QRectF(self.rect())
        sure, second, note = self.lines
        name = QRectF(0, 0, area.width(), 26)
        paint_line(painter, name, self.sign, theme.font(16, bold=True), self._colour())
        said = f"{sure}, {second}"
        together = QFontMetricsF(theme.font(10)).horizontalAdvance(said) <= area.width()
        lines = (said, note) if together or note else (sure, second)
        self._paint_lines(painter, area.adjusted(0, 26, 0, 0), lines, 10)

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


def _advance(words: str, size: float) -> float:
    return QFontMetricsF(theme.font(size, bold=True)).horizontalAdvance(words)


def _fitting(words: str, width: float) -> float:
    """Return the largest size in points in which a line fits."""
    for size in _FIRST_LINE[:-1]:
        if _advance(words, size) <= width:
            return size
    return _FIRST_LINE[-1]
