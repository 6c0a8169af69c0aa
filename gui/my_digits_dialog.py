"""The window in which the user's own digits are looked through, relabelled, deleted, imported and exported."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QByteArray, QItemSelection, QItemSelectionModel, QModelIndex, QSettings, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QHideEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from engine.datasets.sources import DATASET_WORDS
from engine.ink.spec import InkSpec
from engine.own_digits.digit import counted
from gui.my_digits import MyDigits
from gui.theme import SPACE
from gui.widgets.dialog_button import dialog_button
from gui.widgets.digit_filter import DigitFilter
from gui.widgets.digit_model import DIGIT_ROLE, DigitModel, Read
from gui.widgets.digit_view import DigitView
from gui.widgets.figures import ElidedLabel, label
from gui.widgets.message_bar import MessageBar

PEN_STROKES = next(source for source in DATASET_WORDS if source.name == "unipen")
STROKE_FILES = f"{PEN_STROKES.title} ({' '.join(PEN_STROKES.patterns)});;All files (*)"
UNIPEN_FILES = "UNIPEN (*.unipen);;All files (*)"
NOTHING = "Nothing here yet. Draw a digit and press the key 0 to 9 that it stands for: it joins your digits here."
NONE_OF = "No digit of yours stands for {label} yet. Draw one and press the key {label}."
READ_AGAIN_MS = 300
_GEOMETRY, _FOLDER = "my_digits/geometry", "my_digits/folder"
_HOW = "0 to 9 say what they stand for, Del deletes, Enter puts one on the pad"
_VIEW_HELP = (
    "Your digits as the network that reads the pad sees them, with what they stand for. Red says that it takes one for "
    "another digit; one that has learned nothing yet is not asked. "
    "Select with Shift, Ctrl or a drawn frame; the keys 0 to 9 relabel, Del deletes, Enter or a double click puts a "
    "digit on the pad."
)


class MyDigitsDialog(QDialog):
    """Stays beside the window, so that one can go on drawing.

    Parameters
    ----------
    my_digits : MyDigits
        What is shown and changed.
    settings : QSettings
        Remembers the size and the folder of files.
    read : callable, optional
        Lets whoever reads the pad read images, see `DigitModel`; without it, wrong answers are not marked.
    ink : callable
        Returns how drawings become images for whoever reads them.

    Signals
    -------
    chosen : (OwnDigit,)
        This digit is to be put on the pad.
    learn_asked : ()
        The network is to learn these digits.
    """

    chosen = Signal(object)
    learn_asked = Signal()

    def __init__(
        self,
        my_digits: MyDigits,
        settings: QSettings,
        read: Read | None = None,
        ink: Callable[[], InkSpec] = InkSpec,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("My digits")
        self._mine, self._settings = my_digits, settings
        self.heading, self.counts = label("", "title"), ElidedLabel("", "muted")
        self.filter = DigitFilter(self)
        self.model = DigitModel(read, ink, self)
        self.view = DigitView(self.model, self)
        self.view.setAccessibleName("My digits")
        self.view.setWhatsThis(_VIEW_HELP)
        self.status = ElidedLabel("", "muted")
        self.message = MessageBar(self)
        self._make_buttons()
        self._make_keys()
        self._arrange()
        self._connect()
        self.setMinimumSize(60 * SPACE, 45 * SPACE)
        geometry = settings.value(_GEOMETRY)
        if not (isinstance(geometry, QByteArray) and self.restoreGeometry(geometry)):
            self.resize(90 * SPACE, 70 * SPACE)

    # --- building -----------------------------------------------------------------------------------------

    def _make_buttons(self) -> None:
        self.delete_button = dialog_button(
            "Delete", "Removes the selected digits; Ctrl+Z brings them back. (Del)", self.delete, self
        )
        self.import_button = dialog_button(
            "Import…",
            "Adds the labelled drawings of a UNIPEN or InkML file, except those that are here already.",
            self.ask_import,
            self,
        )
        self.export_button = dialog_button(
            "Export…", "Writes all your digits to a UNIPEN file, strokes and labels.", self.ask_export, self
        )
        self.learn_button = dialog_button(
            "Learn my digits…",
            "Lets the network learn your hand in some seconds; you see what it changes before you accept it.",
            self.learn_asked.emit,
            self,
        )
        self.learn_button.setProperty("primary", True)

    def _make_keys(self) -> None:
        stack = self._mine.undo_stack
        self.undo, self.redo = stack.createUndoAction(self, "Undo"), stack.createRedoAction(self, "Redo")
        self._bind(self.undo, "Ctrl+Z")
        self._bind(self.redo, "Ctrl+Y", "Ctrl+Shift+Z")
        self._bind(self._action("Delete", self.delete), "Del", "Backspace")
        self._bind(self._action("Select all", self.view.selectAll), "Ctrl+A")
        for digit in range(10):
            self._bind(self._action(f"These are {digit}", partial(self.relabel, digit)), str(digit))
        put = self._action("Put on the pad", self._choose_current)
        put.setShortcuts([QKeySequence("Return"), QKeySequence("Enter")])
        put.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self.view.addAction(put)  # buttons keep their Enter

    def _action(self, text: str, do: Callable[[], object]) -> QAction:
        action = QAction(text, self)
        action.triggered.connect(do)
        return action

    def _bind(self, action: QAction, *keys: str) -> None:
        action.setShortcuts([QKeySequence(key) for key in keys])
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.addAction(action)

    def _arrange(self) -> None:
        top, bottom = QHBoxLayout(), QHBoxLayout()
        top.setSpacing(SPACE)
        top.addWidget(self.heading)
        top.addWidget(self.counts, 1)
        bottom.setSpacing(SPACE)
        for button in (self.import_button, self.export_button, self.delete_button):
            bottom.addWidget(button)
        bottom.addStretch(1)
        bottom.addWidget(self.learn_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        column.setSpacing(SPACE)
        column.addLayout(top)
        column.addWidget(self.filter)
        column.addWidget(self.view, 1)
        column.addWidget(self.status)
        column.addWidget(self.message)  # below: the digits stay where they are while it comes and goes
        column.addLayout(bottom)

    def _connect(self) -> None:
        self._soon = QTimer(self, singleShot=True, interval=READ_AGAIN_MS)
        self._soon.timeout.connect(self.model.read_again)
        self._mine.changed.connect(self._show_digits)
        self._mine.noted.connect(self.message.show_hint)
        self._mine.problem.connect(self.message.show_error)
        self._mine.undo_stack.indexChanged.connect(self._forget_message)
        self.filter.chosen.connect(self._show_digits)
        self.view.selectionModel().selectionChanged.connect(self._show_selection)
        self.view.doubleClicked.connect(self._choose)

    # --- what is shown ------------------------------------------------------------------------------------

    def read_again(self) -> None:
        """Mark anew what the network reads wrong, because somebody else reads; soon, and if anybody looks."""
        if self.isVisible() and not self._soon.isActive():
            self._soon.start()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what happened meanwhile."""
        super().showEvent(event)
        self._mine.refresh()
        self._show_digits()
        self.model.read_again()
        self.view.setFocus()

    def hideEvent(self, event: QHideEvent) -> None:
        """Remember the size."""
        self._settings.setValue(_GEOMETRY, self.saveGeometry())
        super().hideEvent(event)

    def _show_digits(self) -> None:
        """Show the digits there are now, the newest first; what is selected stays selected."""
        if not self.isVisible():
            return
        digits, counts, only = self._mine.digits, self._mine.counts, self.filter.label
        self.heading.setText(f"{counted(len(digits))} of yours" if digits else "No digits of yours yet")
        self.counts.show_text(", ".join(f"{digit} ×{count:,}" for digit, count in enumerate(counts) if count))
        self.filter.show_counts(counts)
        self.view.empty = NOTHING if only is None or not digits else NONE_OF.format(label=only)
        selected = {digit.id for digit in self.view.selected}
        shown = [digit for digit in reversed(digits) if only in (None, digit.label)]
        if [(digit.id, digit.label) for digit in shown] != [(digit.id, digit.label) for digit in self.model.digits]:
            place = self.view.verticalScrollBar().value()
            self.model.show_digits(shown)
            self._select(selected)
            self.view.verticalScrollBar().setValue(place)
        for button in (self.export_button, self.learn_button):
            button.setEnabled(bool(digits))
        self._show_selection()

    def _select(self, ids: set[int]) -> None:
        rows = [row for row, digit in enumerate(self.model.digits) if digit.id in ids]
        selection = QItemSelection()
        for run in np.split(rows, np.flatnonzero(np.diff(rows) != 1) + 1) if rows else ():
            selection.select(self.model.index(int(run[0])), self.model.index(int(run[-1])))
        chosen = self.view.selectionModel()
        first = self.model.index(rows[0] if rows else 0)
        chosen.setCurrentIndex(first, QItemSelectionModel.SelectionFlag.NoUpdate)
        chosen.select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def _show_selection(self) -> None:
        count = len(self.view.selectedIndexes())
        self.delete_button.setEnabled(count > 0)
        start = f"{counted(count)} selected" if count else "Select some"
        self.status.show_text(f"{start}: {_HOW}" if self.model.digits else "")

    def _forget_message(self, _index: int) -> None:
        """Take away what is over: the button of a message would undo something else now."""
        self.message.hide()

    # --- what is done -------------------------------------------------------------------------------------

    def relabel(self, label: int) -> None:
        """Say that the selected digits stand for `label`."""
        self._mine.relabel([digit.id for digit in self.view.selected], label)

    def delete(self) -> None:
        """Remove the selected digits, and offer to bring them back."""
        digits = self.view.selected
        if digits:
            before = self._mine.undo_stack.index()
            self._mine.delete([digit.id for digit in digits])
            if self._mine.undo_stack.index() != before:
                self.message.show_hint(f"{counted(len(digits))} deleted.", "Undo", self._mine.undo_stack.undo)

    def ask_import(self) -> None:
        """Ask for a file, and add its drawings."""
        ask_import(self._mine, self._settings, self)

    def ask_export(self) -> None:
        """Ask for a file, and write all strokes to it."""
        ask_export(self._mine, self._settings, self)

    def _choose(self, index: QModelIndex) -> None:
        self.chosen.emit(index.data(DIGIT_ROLE))

    def _choose_current(self) -> None:
        if self.view.currentIndex().isValid():
            self._choose(self.view.currentIndex())


def ask_import(my_digits: MyDigits, settings: QSettings, parent: QWidget) -> None:
    """Ask for a file of pen strokes, and add its drawings to `my_digits`; `settings` remember its folder."""
    name, _ = QFileDialog.getOpenFileName(parent, "Import digits", _folder(settings), STROKE_FILES)
    if name:
        settings.setValue(_FOLDER, str(Path(name).parent))
        my_digits.import_file(Path(name))


def ask_export(my_digits: MyDigits, settings: QSettings, parent: QWidget) -> None:
    """Ask for a file, and write the strokes of `my_digits` to it; `settings` remember its folder."""
    start = str(Path(_folder(settings)) / "my-digits.unipen")
    name, _ = QFileDialog.getSaveFileName(parent, "Export digits", start, UNIPEN_FILES)
    if name:
        settings.setValue(_FOLDER, str(Path(name).parent))
        my_digits.export(Path(name))


def _folder(settings: QSettings) -> str:
    return str(settings.value(_FOLDER) or Path.home())
