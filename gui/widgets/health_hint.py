"""One hint: what goes wrong in a sentence, a button that does something about it, and the reasons on request."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from engine.health import Hint
from gui import theme
from gui.widgets.field import set_look
from gui.widgets.figures import label

WELL = "Nothing is wrong that could be seen from here."
CHANGED = "The settings are others than it has learned by: train on, and what they do will show here."
NOTHING = "Train, and what goes wrong will be named here, with what to try against it."
APPLIED = {
    "now": "Applied: {}. It is in force from the next batch; the hint goes when the curves say that it helped.",
    "partly now": "Applied: {}. It is in force from the next batch, but dead units stay dead: press Reset, then Train.",
    "new network": "Applied to the settings: {}. It waits for a new network: press Reset, then Train.",
}
WHY_HELP = "Unfolds the numbers that this hint is based on, and how they come about."


class HintCard(QFrame):
    """Shows one hint at a time, or that there is none.

    Signals
    -------
    applied : (Hint,)
        The user wants the change that the hint proposes.

    Attributes
    ----------
    hint : Hint or None
        What is shown.
    """

    applied = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.hint: Hint | None = None
        self.setProperty("role", "tile")
        self.setAccessibleName("Hint")
        self.mark = _Mark()
        self.sentence, self.reasons = _text(""), _text("muted")
        self.sentence.setMinimumHeight(2 * self.fontMetrics().lineSpacing())
        self.why, self.apply = QPushButton("Why?"), QPushButton("Apply")
        self.why.setCheckable(True)
        self.why.setToolTip(WHY_HELP)
        self.why.setWhatsThis(WHY_HELP)
        self.why.toggled.connect(self.reasons.setVisible)
        self.apply.clicked.connect(self._on_apply)
        self._arrange()
        self.show_none(trained=False)

    def show_none(self, *, trained: bool) -> None:
        """Say that nothing is wrong, or that nothing is known yet."""
        self.hint = None
        self._say(WELL if trained else NOTHING, "good" if trained else "line")
        self._offer(None)

    def show_waiting(self) -> None:
        """Say that too little was learned by the present settings to judge them."""
        self.hint = None
        self._say(CHANGED, "line")
        self._offer(None)

    def show_hint(self, hint: Hint) -> None:
        """Show a hint, or the same one with newer figures."""
        other = self.hint is None or self.hint.kind != hint.kind
        self.hint = hint
        self._say(hint.sentence, "bad")
        self.reasons.setText(hint.why)
        self._offer(hint, fold=other)

    def show_applied(self, hint: Hint) -> None:
        """Say what was changed, and when it takes effect."""
        words = hint.label[0].lower() + hint.label[1:]
        self._say(APPLIED[hint.applies].format(words), "accent")
        self._offer(None)

    def _say(self, text: str, mark: str) -> None:
        self.mark.set_kind(mark)
        if text != self.sentence.text():
            self.sentence.setText(text)
            self.sentence.setAccessibleName(text)
        set_look(self.sentence, "role", "muted" if mark in ("line", "good") else "")

    def _offer(self, hint: Hint | None, *, fold: bool = True) -> None:
        if fold:
            self.why.setChecked(False)
            self.reasons.hide()
        self.why.setVisible(hint is not None)
        self.apply.setVisible(hint is not None and hint.change is not None)
        if hint is not None:
            when = "with the next new network" if hint.applies == "new network" else "from the next batch"
            words = f"{hint.label}, {when}. Undo takes it back."
            self.apply.setToolTip(words)
            self.apply.setWhatsThis(f"Changes the settings on the left: {words}")

    def _on_apply(self) -> None:
        if self.hint is not None:
            self.applied.emit(self.hint)

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(theme.SPACE)
        row.addWidget(self.mark, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.sentence, 1)
        row.addWidget(self.why, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.apply, 0, Qt.AlignmentFlag.AlignVCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.SPACE, theme.SPACE // 2, theme.SPACE, theme.SPACE // 2)
        column.setSpacing(theme.SPACE // 2)
        column.addLayout(row)
        column.addWidget(self.reasons)


class _Mark(QWidget):
    """A round sign in front of the sentence: a check, an exclamation mark, or neither."""

    def __init__(self) -> None:
        super().__init__()
        self._kind = "line"
        self.setFixedSize(QSize(22, 22))
        theme.switch().changed.connect(self.update)

    def set_kind(self, kind: str) -> None:
        """Show the sign in a colour of the theme: good, bad, accent or line."""
        if kind != self._kind:
            self._kind = kind
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        look, painter = theme.current(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(getattr(look, self._kind)))
        painter.drawEllipse(QRectF(1, 1, 20, 20))
        pen = QPen(QColor(look.surface), 2.2)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        if self._kind == "bad":
            painter.drawLine(QPointF(11, 6), QPointF(11, 12))
            painter.drawPoint(QPointF(11, 16))
        elif self._kind in ("good", "accent"):
            painter.drawPolyline([QPointF(6.5, 11.5), QPointF(9.8, 14.5), QPointF(15.5, 8)])


def _text(role: str) -> QLabel:
    made = label("", role)
    made.setWordWrap(True)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    made.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    return made
