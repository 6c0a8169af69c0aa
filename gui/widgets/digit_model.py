"""My digits as a list for a view, with their pictures and the network's answers made when somebody looks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer

from engine.ink.drawing import image_of
from engine.ink.spec import InkSpec
from engine.own_digits.digit import OwnDigit
from gui.widgets.drawing import PEN_WIDTH

Read = Callable[[NDArray[np.uint8]], Sequence[int] | NDArray[Any] | None]
"""Returns the network's answers to images of shape (n, 28, 28), uint8: n digits, or None where it has none to give."""

Index = QModelIndex | QPersistentModelIndex
DIGIT_ROLE = Qt.ItemDataRole.UserRole
IMAGE_ROLE = DIGIT_ROLE + 1
ANSWER_ROLE = DIGIT_ROLE + 2
PORTION = 12  # so many pictures take some milliseconds: the window stays at hand


class DigitModel(QAbstractListModel):
    """Digits in a list.

    Parameters
    ----------
    read : callable, optional
        Lets the network read images; without it nothing is marked.
    ink : callable
        Returns how drawings become the network's images.
    """

    def __init__(
        self, read: Read | None = None, ink: Callable[[], InkSpec] = InkSpec, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.digits: list[OwnDigit] = []
        self._rows: dict[int, int] = {}
        self._read, self._ink = read, ink
        self._images: dict[int, tuple[InkSpec, NDArray[np.uint8]]] = {}
        self._answers: dict[int, int] = {}
        self._fresh: set[int] = set()  # whose picture and answer are those of the present network
        self._wanted: dict[int, OwnDigit] = {}
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._look)

    def show_digits(self, digits: list[OwnDigit]) -> None:
        """Hold other digits; what is known of those that were there before stays known."""
        self.beginResetModel()
        self.digits, self._rows = digits, {digit.id: row for row, digit in enumerate(digits)}
        self._wanted.clear()
        self.endResetModel()

    def read_again(self) -> None:
        """Ask for pictures and answers anew, there being another network; those of before are shown meanwhile."""
        self._fresh.clear()
        self._tell(list(self._images))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own default, never changed)
        """Return how many digits there are."""
        return 0 if parent.isValid() else len(self.digits)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the digit, its picture or its answer, None while these are not known, or words about it."""
        digit = self.digits[index.row()]
        if role == DIGIT_ROLE:
            return digit
        if role == IMAGE_ROLE:
            self._want(digit)
            return self._images[digit.id][1] if digit.id in self._images else None
        if role == ANSWER_ROLE:
            self._want(digit)
            return self._answers.get(digit.id)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return caption(digit, self._answers.get(digit.id))
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.WhatsThisRole):
            return self._tip(digit)
        return None

    def _want(self, digit: OwnDigit) -> None:
        """Find out soon what the present network sees and reads, unless that is known."""
        if digit.id not in self._fresh:
            self._wanted[digit.id] = digit
            self._soon.start()

    def _look(self) -> None:
        """Make some of the pictures that were asked for, those that were asked for last first, and have them read."""
        some = [self._wanted.popitem()[1] for _ in range(min(PORTION, len(self._wanted)))]
        ids, ink = [digit.id for digit in some], self._ink()
        for digit in some:
            if digit.id not in self._images or self._images[digit.id][0] != ink:
                self._images[digit.id] = ink, picture_of(digit, ink)
        answers = self._read(np.stack([self._images[number][1] for number in ids])) if self._read and ids else None
        for number in ids:
            self._answers.pop(number, None)
        if answers is not None:
            self._answers.update(zip(ids, map(int, answers), strict=True))
        self._fresh.update(ids)
        if self._wanted:
            self._soon.start()
        self._tell(ids)

    def _tell(self, ids: list[int]) -> None:
        """Have these digits painted anew, and no others: of each the view asks for the size again."""
        for number in ids:
            if number in self._rows:
                index = self.index(self._rows[number])
                self.dataChanged.emit(index, index)

    def _tip(self, digit: OwnDigit) -> str:
        lines = [f"Stands for {digit.label}", f"{_origin(digit)}, {_when(digit)}"]
        if digit.drawn is None:
            lines.append("An image: there are no strokes, so it is not exported.")
        answer = self._answers.get(digit.id)
        if answer is not None:
            lines.append(f"The network reads {'it so' if answer == digit.label else f'a {answer}'}.")
        return "\n".join(lines)


def caption(digit: OwnDigit, answer: int | None) -> str:
    """Return the words below a picture, e.g. ``"7"`` or ``"7, read as 1"``."""
    wrong = answer is not None and answer != digit.label
    return f"{digit.label}, read as {answer}" if wrong else str(digit.label)


def picture_of(digit: OwnDigit, ink: InkSpec) -> NDArray[np.uint8]:
    """Return the 28x28 image that a network sees of a digit; an empty one if it sees nothing."""
    if digit.image is not None:
        return digit.image
    assert digit.drawn is not None
    # What came from files has other units, in which nobody knows how wide the pen was.
    return image_of(digit.drawn.strokes, ink, dot_below=PEN_WIDTH if digit.source == "pad" else 0.0)


def _origin(digit: OwnDigit) -> str:
    start = {"pad": "Drawn on the pad", "picture": "A picture"}.get(digit.source, digit.source.capitalize())
    if digit.source.startswith("imported"):
        start = f"I{digit.source[1:]}"  # the name of the file as it is
    return f"{start} by {digit.drawn.writer}" if digit.drawn is not None and digit.drawn.writer else start


def _when(digit: OwnDigit) -> str:
    try:
        return f"{datetime.fromisoformat(digit.created).astimezone():%Y-%m-%d %H:%M}"
    except ValueError:  # another program wrote it
        return digit.created
