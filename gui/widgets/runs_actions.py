"""The buttons for what can be done with the selected runs; one that cannot be pressed says why."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QMenu, QPushButton, QToolButton, QWidget

from engine.errors import DigitLabError
from engine.runs.glance import RunGlance
from engine.runs.run_file import path_of
from gui import theme
from gui.icons import icon
from gui.widgets.choices import explain
from gui.widgets.runs_columns import LIVE

RESTORE_HELP = (
    "Brings the settings of this run back into the forms on the left; the network stays until you make a new one."
)
CONTINUE_HELP = "Opens this run's network with its curves, and goes on where it ended."
OPEN_HELP = "Opens the network of this run: the weights of its best epoch, or those it had last."
NO_CHECKPOINT = (
    "Its experiment has kept nothing to go on with: all its runs would have taken too much room, it was to keep no "
    "models, or it was run by an earlier version."
)
DELETE_HELP = "Takes the selected runs out of the list; Ctrl+Z brings them back. (Del)"
EXPORT_HELP = "Writes the selected runs, or all that are listed if none is selected, to a file."
EXPORTS = {
    "csv": ("Table as CSV…", "A line per run: scores, times and every setting, for a spreadsheet."),
    "json": ("Runs as JSON…", "Everything that is known of the runs, with their curves, for programs."),
    "picture": ("Curves as picture…", "The curves as they are drawn here, with their legend, as PNG or SVG."),
}
OPENS = {
    "best": ("&Best weights", "Those of the epoch that was best on the validation images."),
    "last": ("&Last weights", "Those with which the run ended."),
}


class RunsActions(QWidget):
    """A row of buttons.

    Signals
    -------
    restore, continue_asked, delete : ()
        What is to be done with the selected runs.
    open_asked, export_asked : (str,)
        Open "best" or "last" weights; export as "csv", "json" or "picture".
    """

    restore = Signal()
    continue_asked = Signal()
    delete = Signal()
    open_asked = Signal(str)
    export_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.restore_button = _button(QPushButton(self), "Restore settings", RESTORE_HELP)
        self.continue_button = _button(QPushButton(self), "Continue", CONTINUE_HELP)
        self.delete_button = _button(QPushButton(self), "Delete", DELETE_HELP)
        self.open_button, self.opens = self._menu_button("Open model", OPEN_HELP, OPENS, self.open_asked.emit)
        self.export_button, self.exports = self._menu_button("Export", EXPORT_HELP, EXPORTS, self.export_asked.emit)
        self.restore_button.clicked.connect(self.restore)
        self.continue_button.clicked.connect(self.continue_asked)
        self.delete_button.clicked.connect(self.delete)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACE // 2)
        for button in (self.restore_button, self.continue_button, self.open_button):
            row.addWidget(button)
        row.addStretch(1)
        for button in (self.export_button, self.delete_button):
            row.addWidget(button)
        theme.switch().changed.connect(self._dress)
        self._dress()

    def show_selected(self, selected: list[RunGlance], listed: int, *, drawn: bool) -> None:
        """Let the user do what can be done with these runs.

        Parameters
        ----------
        selected : list of RunGlance
        listed : int
            How many runs are in the list.
        drawn : bool
            Whether there are curves to save as a picture.
        """
        _allow(self.restore_button, RESTORE_HELP, _one(selected))
        _allow(self.continue_button, CONTINUE_HELP, why_not_continue(selected))
        _allow(self.open_button, OPEN_HELP, why_not_open(selected))
        _allow(self.delete_button, DELETE_HELP, why_not_delete(selected))
        _allow(self.export_button, EXPORT_HELP, "" if listed else "There is no run to export.")
        self.exports["picture"].setEnabled(drawn)
        self.opens["last"].setEnabled(len(selected) == 1 and has_file(selected[0].id))

    def _menu_button(
        self, text: str, tip: str, entries: dict[str, tuple[str, str]], do: Callable[[str], object]
    ) -> tuple[QToolButton, dict[str, QAction]]:
        """Return a button that unfolds a menu, and the menu's entries."""
        button, menu, actions = QToolButton(self), QMenu(self), {}
        menu.setToolTipsVisible(True)
        for key, (words, entry_tip) in entries.items():
            actions[key] = menu.addAction(words)
            actions[key].setToolTip(entry_tip)
            actions[key].triggered.connect(partial(_emit, do, key))
        button.setMenu(menu)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # the arrow behind the word
        _button(button, text, tip)
        return button, actions

    def _dress(self) -> None:
        for button in (self.open_button, self.export_button):
            button.setIcon(icon("mdi6.chevron-down"))


def why_not_continue(selected: list[RunGlance]) -> str:
    """Return why the selected run cannot be gone on with; empty if it can."""
    if reason := _one(selected) or _live(selected[0], "gone on with"):
        return reason
    if has_file(selected[0].id):
        return ""
    return NO_CHECKPOINT if selected[0].experiment else "The file of this run is gone: there is nothing to go on with."


def why_not_open(selected: list[RunGlance]) -> str:
    """Return why no model of the selected run can be opened; empty if one can."""
    if reason := _one(selected):
        return reason
    kept = selected[0].model or has_file(selected[0].id)
    return "" if kept else "No weights of this run have been kept."


def has_file(run_id: str) -> bool:
    """Return whether the file is there in which a run keeps its last weights."""
    try:
        return path_of(run_id).exists()
    except (DigitLabError, OSError):
        return False


def why_not_delete(selected: list[RunGlance]) -> str:
    """Return why the selected runs cannot be deleted; empty if at least one can."""
    if not selected:
        return "Select runs first."
    return "" if any(run.state not in LIVE for run in selected) else _live(selected[0], "deleted")


def _one(selected: list[RunGlance]) -> str:
    if len(selected) == 1:
        return ""
    return f"Select a single run: {len(selected):,} are selected." if selected else "Select a run first."


def _live(run: RunGlance, done: str) -> str:
    if run.state not in LIVE:
        return ""
    return f"This run is not over: it is being trained in this window or another. Stopped, it can be {done}."


def _allow(button: QAbstractButton, tip: str, reason: str) -> None:
    """Enable a button, or say in its tooltip why it is not."""
    button.setEnabled(not reason)
    button.setToolTip(reason or tip)


def _emit(do: Callable[[str], object], key: str, _checked: bool = False) -> None:
    do(key)


def _button(button: QAbstractButton, text: str, tip: str) -> QAbstractButton:
    button.setText(text)
    explain(button, text, tip)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
