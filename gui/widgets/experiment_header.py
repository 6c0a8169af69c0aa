"""Which experiment is shown, what can be done with it, and how far it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QStyledItemDelegate,
    QVBoxLayout,
    QWidget,
)

from engine.blas import allowed_threads
from gui import theme
from gui.icons import icon
from gui.widgets.experiment_fields import combo
from gui.widgets.field import set_look
from gui.widgets.figures import sentences

NEW = "new"
STEPS = 1000
# Its list opens below it: over it, a long one would hide the toolbar.
LIST = (
    "QComboBox {{ combobox-popup: 0; }} QComboBox QAbstractItemView::item {{ min-height: 24px; padding: 0 4px; }} "
    "QComboBox QAbstractItemView::item:disabled {{ color: {muted}; }} "
    "QComboBox QAbstractItemView::item:selected {{ color: {on_accent}; background: {accent}; }}"
)
PAUSE, GO_ON = "Pause", "Go on"
_BUTTONS = (
    ("run", "Run", "Trains all runs of this experiment that are not done yet, in processes of their own."),
    ("pause", PAUSE, "Lets the runs wait between two batches; Go on lets them go on."),
    ("cancel", "Cancel", "Ends the experiment. What is done stays; Resume does the rest later."),
    ("delete", "", "Takes this experiment off the list, with its runs; Undo brings it back."),
)


class ExperimentHeader(QWidget):
    """The list of experiments, buttons, a bar, a sentence, and the choice between plan and results.

    Signals
    -------
    chosen : (object,)
        The user chose an experiment: the data that it is offered with.
    page_chosen : (int,)
        0 for the plan, 1 for the results.
    """

    chosen = Signal(object)
    page_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._offered: list[Any] = []
        self.list = combo(
            (), "Experiment", "The experiments that are kept, those that come with the program, or a new one."
        )
        self.list.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.list.setMinimumContentsLength(12)
        self.list.setMaxVisibleItems(16)
        self.list.setItemDelegate(QStyledItemDelegate(self.list))
        self.buttons = {name: _button(text, help_text) for name, text, help_text in _BUTTONS}
        self.run, self.pause, self.cancel, self.delete = self.buttons.values()
        self.delete.setAccessibleName("Delete the experiment")
        self.run.setProperty("primary", True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, STEPS)
        self.bar.setAccessibleName("How far the experiment is")
        self.sentence = sentences(lines=2)
        self.sentence.setAccessibleName("State of the experiment")
        self.workers = combo(
            ((f"{count} at once", count) for count in range(1, allowed_threads() + 1)),
            "Runs at once",
            "How many runs train at the same time; they share the processors. With fewer, the window has more of them.",
        )
        self.workers.setCurrentIndex(self.workers.count() - 1)
        self.pages = QButtonGroup(self)
        self._arrange()
        self.list.activated.connect(self._on_chosen)
        self.pages.idClicked.connect(self.page_chosen)
        theme.switch().changed.connect(self._dress)
        self._dress()

    def offer(self, groups: Sequence[tuple[str, Sequence[tuple[str, Any]]]], chosen: Any) -> None:
        """Offer experiments in groups of (heading, (text, data)…), and show one of them as chosen.

        Qt compares the data of its items only where they are texts, so the items count what is offered instead.
        """
        with QSignalBlocker(self.list):
            self.list.clear()
            self._offered = []
            model = self.list.model()
            assert isinstance(model, QStandardItemModel)
            for heading, items in groups:
                if heading and items:
                    self.list.addItem(heading)
                    model.item(self.list.count() - 1).setEnabled(False)
                for text, data in items:
                    self.list.addItem(text, len(self._offered))
                    self._offered.append(data)
            place = self._offered.index(chosen) if chosen in self._offered else -1
            self.list.setCurrentIndex(self.list.findData(place))

    def show_page(self, page: int) -> None:
        """Show which page is open."""
        self.pages.button(page).setChecked(True)

    def show_share(self, share: float) -> None:
        """Show how much is done, 0 to 1."""
        self.bar.setValue(round(STEPS * share))

    def say(self, sentence: str, *, wrong: bool = False) -> None:
        """Say how things stand, or what is wrong."""
        if sentence != self.sentence.text():
            self.sentence.setText(sentence)
            self.sentence.setToolTip(sentence)
        set_look(self.sentence, "role", "error" if wrong else "muted")

    def _on_chosen(self, row: int) -> None:
        place = self.list.itemData(row)
        if place is not None:
            self.chosen.emit(self._offered[place])

    def _dress(self) -> None:
        self.list.setStyleSheet(LIST.format(**vars(theme.current())))
        self.run.setIcon(icon("mdi6.play", accent=True))
        self.cancel.setIcon(icon("mdi6.stop"))
        self.delete.setIcon(icon("mdi6.trash-can-outline"))
        self.dress_pause()

    def dress_pause(self) -> None:
        """Show on the button whether it pauses or goes on."""
        self.pause.setIcon(icon("mdi6.pause" if self.pause.text() == PAUSE else "mdi6.play"))

    def _arrange(self) -> None:
        first = QHBoxLayout()
        first.setSpacing(theme.SPACE)
        first.addWidget(self.list, 1)
        for button in (self.delete, self.run, self.pause, self.cancel):
            first.addWidget(button)
        last = QHBoxLayout()
        last.setSpacing(theme.SPACE)
        pages = (("Plan", "What the experiment does."), ("Results", "What came of it, as a table and a plot."))
        for number, (text, help_text) in enumerate(pages):
            button = _button(text, help_text)
            button.setCheckable(True)
            self.pages.addButton(button, number)
            last.addWidget(button)
        last.addSpacing(theme.SPACE)
        last.addWidget(self.sentence, 1)
        last.addWidget(self.workers)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACE)
        column.addLayout(first)
        column.addLayout(last)
        column.addWidget(self.bar)


def _button(text: str, help_text: str) -> QPushButton:
    made = QPushButton(text)
    made.setToolTip(help_text)
    made.setWhatsThis(help_text)
    made.setAccessibleName(text)
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return made
