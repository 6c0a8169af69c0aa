"""A hidden layer in the list: a line that says what it is, and its settings while it is selected."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QLabel, QSizePolicy, QVBoxLayout, QWidget

from engine.fields import Parameter, Settings, parameter, parameters_of
from engine.layers import LAYER_KINDS, BatchNormSpec
from gui import theme
from gui.widgets.choice_box import label_of
from gui.widgets.value_edit import value_text
from gui.widgets.variant_field import VariantField, kind_label

GRIP = 3 * theme.SPACE
KEYS: dict[tuple[Qt.Key, Qt.KeyboardModifier], str] = {
    (Qt.Key.Key_Insert, Qt.KeyboardModifier.NoModifier): "add",
    (Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier): "duplicate",
    (Qt.Key.Key_Delete, Qt.KeyboardModifier.NoModifier): "remove",
    (Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier): "up",
    (Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier): "down",
    (Qt.Key.Key_Up, Qt.KeyboardModifier.NoModifier): "previous",
    (Qt.Key.Key_Down, Qt.KeyboardModifier.NoModifier): "next",
}
SQUARES = ("kernel", "size")
UNSAID = {"stride": 1, "dropout": 0, "padding": "valid", "momentum": parameter(BatchNormSpec, "momentum").default}
HELP = (
    "A hidden layer. Drag it, or press Alt+Up and Alt+Down, to move it; Insert adds a layer behind it, "
    "Ctrl+D doubles it, Delete removes it."
)


class LayerRow(QWidget):
    """One hidden layer.

    Signals
    -------
    asked : (str,)
        A key asks for something: add, duplicate, remove, up, down, previous or next.
    selected : ()
        The row was clicked or reached by keyboard.
    dragged : (QPoint,)
        The mouse pulls the row and is at this place on the screen.
    dropped : (QPoint or None,)
        The row was let go at this place; None if it shall stay where it was.
    """

    asked = Signal(str)
    selected = Signal()
    dragged = Signal(QPoint)
    dropped = Signal(object)

    def __init__(self, spec: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setWhatsThis(HELP)
        self.dragging = False
        self._pressed: QPoint | None = None
        self.summary = QLabel(self)
        self.summary.setWordWrap(True)
        self.summary.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.facts = QLabel(self)
        self.facts.setProperty("role", "muted")
        self.field = VariantField("Kind", "What the layer does.", LAYER_KINDS, self)
        self.facts.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        column = QVBoxLayout(self)
        column.setContentsMargins(GRIP, theme.SPACE // 2, theme.SPACE, theme.SPACE // 2)
        column.setSpacing(0)
        column.addWidget(self.summary)
        column.addWidget(self.facts)
        column.addWidget(self.field)
        self.field.setContentsMargins(0, theme.SPACE // 2, 0, theme.SPACE // 2)
        self.field.hide()
        self.show_value(spec, fresh=True)

    @property
    def spec(self) -> Settings:
        """What is in force."""
        return self.field.spec

    def show_value(self, spec: Settings, *, fresh: bool = False) -> None:
        """Take what is in force."""
        self.field.show_value(spec, fresh=fresh)
        self.summary.setText(describe(spec))
        self.setToolTip(f"{describe(spec)}\n{HELP}")
        self.setAccessibleName(f"Layer: {describe(spec)}")

    def show_facts(self, shape: tuple[int, ...], parameters: int, kept: int = 0) -> None:
        """Show the output shape and how many parameters the layer has, `kept` of them without learning."""
        self.facts.setText(facts_text(shape, parameters, kept))
        self.setAccessibleDescription(self.facts.text())

    def set_open(self, opened: bool) -> None:
        """Show or hide the layer's settings."""
        self.field.setVisible(opened)
        self.update()

    @property
    def is_open(self) -> bool:
        """Whether the layer's settings are shown."""
        return not self.field.isHidden()

    def focus_chain(self) -> list[QWidget]:
        """Return what the Tab key reaches here, in order."""
        return [self, self.field.kind.editor, *(field.editor for field in self.field.fields.values())]

    # --- keys and mouse -----------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Keep the row's keys from becoming shortcuts of the window."""
        override = event.type() == QEvent.Type.ShortcutOverride and self.hasFocus()
        if override and isinstance(event, QKeyEvent) and _action(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Add, double, remove and move layers; Escape lets a pulled row go where it was."""
        action = _action(event)
        if event.key() == Qt.Key.Key_Escape and self.dragging:
            self._let_go()
            self.dropped.emit(None)
        elif action and self.hasFocus():
            self.asked.emit(action)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select the row, and get ready to pull it."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self.selected.emit()
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.globalPosition().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Pull the row, once the mouse has gone far enough to mean it."""
        if self._pressed is None:
            return
        place = event.globalPosition().toPoint()
        far = (place - self._pressed).manhattanLength() >= QApplication.startDragDistance()
        if far and not self.dragging:
            self.dragging = True
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        if self.dragging:
            self.dragged.emit(place)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let the row go."""
        dragging = self.dragging
        self._let_go()
        if dragging:
            self.dropped.emit(event.globalPosition().toPoint())

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Select the row that the keyboard reaches."""
        super().focusInEvent(event)
        self.update()
        if event.reason() not in (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason):
            self.selected.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Draw the row without focus."""
        super().focusOutEvent(event)
        self.update()

    def _let_go(self) -> None:
        self._pressed = None
        self.dragging = False
        self.unsetCursor()
        self.update()

    # --- the look -----------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the row's ground, a bar when it is selected, and the dots to pull it by."""
        look = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(0.5 if self.dragging else 1.0)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        closed_fault = self.field.wrong and not self.is_open  # its sentence is out of sight
        painter.setPen(QPen(QColor(look.bad if closed_fault else look.accent if self.hasFocus() else look.line), 1))
        painter.setBrush(QColor(look.surface))
        painter.drawRoundedRect(frame, 6, 6)
        painter.setPen(Qt.PenStyle.NoPen)
        if self.is_open:
            painter.setBrush(QColor(look.accent))
            painter.drawRoundedRect(QRectF(0, 6, 3, self.height() - 12), 1.5, 1.5)
        painter.setBrush(QColor(look.muted))
        middle = theme.SPACE // 2 + (self.summary.height() + self.facts.height()) / 2
        for x in (10, 14):
            for y in (-5, 0, 5):
                painter.drawEllipse(QRectF(x - 1, middle + y - 1, 2, 2))


def describe(spec: Settings) -> str:
    """Return what a layer is in a few words, e.g. ``"Convolution 32 · 5×5 · stride 2 · ReLU"``."""
    words = [kind_label(spec.kind, type(spec))]  # type: ignore[attr-defined]
    for place, entry in enumerate(parameters_of(type(spec))):
        value = getattr(spec, entry.name)
        if place == 0 and entry.name not in SQUARES and entry.kind == "int":  # its size, which needs no name
            words[0] += f" {value:,}"
        elif word := _word(entry, value):
            words.append(word)
    return " · ".join(words)


def _word(entry: Parameter, value: Any) -> str:
    """Return a setting in a word or two; nothing if it goes without saying."""
    if entry.name in SQUARES:
        return f"{value}×{value}"
    if entry.name in UNSAID and value == UNSAID[entry.name]:
        return ""
    return label_of(value) if entry.kind == "choice" else f"{entry.label.lower()} {value_text(value)}"


def facts_text(shape: tuple[int, ...], parameters: int, kept: int = 0) -> str:
    """Return output shape and parameter count in words."""
    return f"→ {' × '.join(f'{size:,}' for size in shape)}   {count_text(parameters, kept)}"


def count_text(parameters: int, kept: int = 0) -> str:
    """Return a number of parameters in words, those that are `kept` without learning apart."""
    if kept:
        return f"{parameters - kept:,} to learn, {kept:,} kept"
    return {0: "nothing to learn", 1: "1 parameter"}.get(parameters, f"{parameters:,} parameters")


def _action(event: QKeyEvent) -> str:
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    return KEYS.get((Qt.Key(event.key()), modifiers), "")
