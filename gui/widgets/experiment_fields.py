"""Controls of the form of an experiment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QComboBox, QCompleter, QLineEdit, QSizePolicy, QWidget

from gui import theme
from gui.widgets.experiment_settings import Offer
from gui.widgets.value_edit import REDO, UNDO, claims_undo


class PlanEdit(QLineEdit):
    """A line of text that leaves undo and redo to whoever holds the form."""

    def __init__(self, name: str, help_text: str, parent: QWidget | None = None, *, width: int = 0) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setToolTip(help_text)
        self.setWhatsThis(help_text)
        self.setMinimumHeight(theme.CONTROL_HEIGHT)
        self.setTextMargins(-2, 0, 0, 0)
        if width:
            self.setFixedWidth(width)

    def show_text(self, text: str) -> None:
        """Show a text without telling anybody; the cursor stays where it is while it is that text already."""
        if text != self.text():
            with QSignalBlocker(self):
                self.setText(text)
                self.setCursorPosition(len(text) if self.hasFocus() else 0)

    def event(self, event: QEvent) -> bool:
        """Leave the keys for undo and redo alone."""
        if claims_undo(event):
            event.ignore()
            return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Type; undo and redo belong to the form."""
        if event.matches(UNDO) or event.matches(REDO):
            event.ignore()
        else:
            super().keyPressEvent(event)


class SettingPicker(QComboBox):
    """Chooses a setting by its label; typing a part of the label finds it.

    Signals
    -------
    chosen : (str,)
        The path of another setting.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setEditable(True)
        self._edit = PlanEdit("Setting that varies", "Which setting varies. Type a part of its name to find it.")
        self._edit.setStyleSheet("border: none; padding: 0; min-height: 0; background: transparent;")
        self._edit.setMinimumHeight(0)
        self.setLineEdit(self._edit)
        self.setMinimumHeight(theme.CONTROL_HEIGHT)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMaxVisibleItems(16)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(16)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Setting that varies")
        completer = QCompleter(self.model(), self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        self.setCompleter(completer)
        self._path = ""
        self.activated.connect(self._on_activated)
        completer.activated.connect(self._on_completed)

    def offer(self, offers: Mapping[str, Offer], path: str) -> None:
        """Offer settings, and show one of them; one that is not offered by its path."""
        with QSignalBlocker(self):
            if [self.itemData(row) for row in range(self.count())] != list(offers):
                self.clear()
                for row, found in enumerate(offers.values()):
                    self.addItem(found.label, found.path)
                    self.setItemData(row, found.help, Qt.ItemDataRole.ToolTipRole)
            self._path = path
            self._restore()
        found_help = offers[path].help if path in offers else "The settings of this experiment do not have this one."
        self.setToolTip(f"{found_help}\nType a part of a name to find another setting.")
        self.setWhatsThis(f"{found_help} Type a part of a name to find another setting.")

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take what was typed if it is a setting; show the one before otherwise."""
        super().focusOutEvent(event)
        self._restore()

    def _restore(self) -> None:
        row = self.findData(self._path)
        self.setCurrentIndex(row)
        self._edit.setText(self.itemText(row) if row >= 0 else self._path)
        self._edit.setCursorPosition(0)

    def _on_activated(self, row: int) -> None:
        path = str(self.itemData(row))
        if path != self._path:
            self._path = path
            self.chosen.emit(path)

    def _on_completed(self, text: str) -> None:
        row = self.findText(text)
        if row >= 0:
            self._on_activated(row)


def combo(items: Iterable[tuple[str, object]], name: str, help_text: str, parent: QWidget | None = None) -> QComboBox:
    """Return a combo box over (label, data) that explains itself."""
    made = QComboBox(parent)
    for text, data in items:
        made.addItem(text, data)
    made.setAccessibleName(name)
    made.setToolTip(help_text)
    made.setWhatsThis(help_text)
    made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    made.setMinimumHeight(theme.CONTROL_HEIGHT)
    return made
