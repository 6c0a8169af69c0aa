"""A line for a number: with its unit inside, and arrow keys that step sensibly."""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from engine.errors import SettingError
from engine.fields import Parameter
from gui import theme

UNDO = QKeySequence.StandardKey.Undo
REDO = QKeySequence.StandardKey.Redo
RATIO = 1.1


class ValueEdit(QLineEdit):
    """Holds what was typed, right or wrong.

    Signals
    -------
    typed : (str,)
        The user changed the text by typing.
    stepped : (str,)
        The user stepped to another number.
    given_up : ()
        The user wants the last right value back.
    """

    typed = Signal(str)
    stepped = Signal(str)
    given_up = Signal()

    def __init__(self, parameter: Parameter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.value: Any = parameter.default
        self.textEdited.connect(self.typed)
        self.use(parameter)

    @property
    def wrong(self) -> bool:
        """Whether the text is marked as wrong."""
        return bool(self.property("wrong"))

    def use(self, parameter: Parameter) -> None:
        """Leave room for the unit of a parameter, and step within its range."""
        self.parameter = parameter
        room = self.fontMetrics().horizontalAdvance(parameter.unit) + theme.SPACE if parameter.unit else 0
        # Qt sets text in a line 2 pixels further in than in a combo box; here they stand in one column.
        self.setTextMargins(-2, 0, room, 0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step with the arrow keys; give a wrong text up with Escape or undo."""
        steps = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1, Qt.Key.Key_PageUp: 10, Qt.Key.Key_PageDown: -10}
        undo = event.matches(UNDO)
        if event.key() in steps and not event.modifiers() and self.parameter.kind in ("int", "float"):
            self._step(steps[Qt.Key(event.key())])
        elif self.wrong and (undo or event.key() == Qt.Key.Key_Escape):
            self.given_up.emit()
        elif undo or event.matches(REDO):
            event.ignore()  # the form remembers whole runs, which is more than this line knows
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Leave undo and redo to whoever holds the form."""
        if claims_undo(event):
            event.ignore()
            return False
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the unit behind the number."""
        super().paintEvent(event)
        if not self.parameter.unit:
            return
        painter = QPainter(self)
        painter.setPen(QColor(theme.current().muted))
        where = self.rect().adjusted(0, 0, -theme.SPACE, 0)
        painter.drawText(where, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self.parameter.unit)

    def _step(self, steps: int) -> None:
        try:
            start = self.parameter.check(self.text())
        except SettingError:
            start = self.value
        text = value_text(stepped(self.parameter, start, steps))
        if text != self.text():
            self.setText(text)
            self.stepped.emit(text)


def claims_undo(event: QEvent) -> bool:
    """Whether `event` asks who wants the keys for undo or redo, before a shortcut of the window takes them."""
    if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
        return False
    return event.matches(UNDO) or event.matches(REDO)


def stepped(parameter: Parameter, value: float, steps: int) -> float:
    """Return `value` moved by some steps and kept within the legal range.

    Whole numbers move by 1, logarithmic ones by a tenth of themselves, others by 1 in their second digit.
    """
    low = -math.inf if parameter.low is None else parameter.low
    high = math.inf if parameter.high is None else parameter.high
    moved: float
    if parameter.kind == "int":
        moved = value + steps
    elif parameter.log:
        moved = float(f"{value * RATIO**steps:.3g}")
    else:
        size = 10.0 ** (math.floor(math.log10(abs(value))) - 1) if value else (0.01 if high <= 1 else 0.1)
        moved = float(f"{value + steps * size:.10g}")
    kept = min(max(moved, low), high)
    return int(kept) if parameter.kind == "int" else kept


def value_text(value: Any) -> str:
    """Return a value the way it is typed."""
    return f"{value:.10g}" if isinstance(value, float) else str(value)
