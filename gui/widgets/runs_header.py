"""The field in which runs are looked for, and how many were found."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QToolButton, QVBoxLayout, QWidget

from gui import theme
from gui.icons import icon
from gui.widgets.choices import explain
from gui.widgets.field import ErrorLine, set_look
from gui.widgets.figures import label
from gui.widgets.runs_filter import HELP, Query, parse
from gui.widgets.wording import counted

TYPING_MS = 120
LONGEST = 500
HINT = "Filter: words, tag:x, starred, val>97, epochs<5"
STAR_HELP = "Shows only the runs that you have starred."
COLUMNS_HELP = "Shows and hides columns of the table. Pull a heading to move its column; a click on it sorts."


class RunsHeader(QWidget):
    """A filter field, a button for starred runs, a menu of columns, and a count.

    Attributes
    ----------
    query : Query
        What is looked for.
    columns : QMenu
        To be filled when it is about to show.

    Signals
    -------
    changed : ()
        Something else is looked for.
    left : ()
        The user is done with the field.
    """

    changed = Signal()
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.query = Query()
        self.field, self.starred = QLineEdit(self), QToolButton(self)
        self.count, self.complaint = label("", "muted"), ErrorLine(self)
        self.columns_button, self.columns = QToolButton(self), QMenu(self)
        self._soon = QTimer(self, singleShot=True, interval=TYPING_MS)
        self._set_up()
        self._arrange()
        self._soon.timeout.connect(self._apply)
        self.field.textChanged.connect(self._on_text)
        self.field.returnPressed.connect(self._on_enter)
        self.starred.toggled.connect(self._apply)
        theme.switch().changed.connect(self._dress)
        self._dress()

    @property
    def is_used(self) -> bool:
        """Whether anything is looked for."""
        return bool(self.field.text()) or self.starred.isChecked()

    def focus(self) -> None:
        """Let the user type what to look for."""
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    def clear(self) -> None:
        """Look for nothing in particular."""
        self.field.clear()
        self.starred.setChecked(False)
        self._apply()
        self.left.emit()

    def show_count(self, shown: int, known: int) -> None:
        """Say how many runs were found, of how many."""
        words = counted(known, "run")
        self.count.setText(words if shown == known else f"{shown:,} of {words}")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go to the table with the arrow down, too."""
        if event.key() == Qt.Key.Key_Down and self.field.hasFocus():
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def _on_text(self) -> None:
        self._soon.start()

    def _on_enter(self) -> None:
        self._apply()
        self.left.emit()

    def _apply(self) -> None:
        """Look for what is typed now."""
        self._soon.stop()
        typed, starred = parse(self.field.text()), parse("starred" if self.starred.isChecked() else "")
        self.query = Query(typed.tests + starred.tests, typed.complaint)
        self.complaint.say(self.query.complaint)
        set_look(self.field, "wrong", bool(self.query.complaint))
        self.changed.emit()

    def _set_up(self) -> None:
        self.field.setPlaceholderText(HINT)
        self.field.setClearButtonEnabled(True)
        self.field.setMaxLength(LONGEST)
        self.starred.setText("★")
        self.starred.setCheckable(True)
        self.columns_button.setMenu(self.columns)
        self.columns_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.columns.setToolTipsVisible(True)
        for control, name, tip in (
            (self.field, "Filter", f"{HELP} (Ctrl+F)"),
            (self.starred, "Only starred runs", STAR_HELP),
            (self.columns_button, "Columns", COLUMNS_HELP),
        ):
            explain(control, name, tip)
        for button in (self.starred, self.columns_button):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def _dress(self) -> None:
        self.columns_button.setIcon(icon("mdi6.view-column-outline"))

    def _arrange(self) -> None:
        row, column = QHBoxLayout(), QVBoxLayout(self)
        row.setSpacing(theme.SPACE)
        row.addWidget(self.field, 1)
        row.addWidget(self.starred)
        row.addWidget(self.count)
        row.addWidget(self.columns_button)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACE // 2)
        column.addLayout(row)
        column.addWidget(self.complaint)
