"""The list of what is learned from besides the data that is measured on."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QToolButton, QVBoxLayout, QWidget

from engine.datasets import DATASET_WORDS
from gui import theme
from gui.icons import icon
from gui.widgets.figures import ElidedLabel

TITLE = "Learn besides"
HELP = (
    "More images to learn from. All of them are learned from, pen strokes in several renditions each; the test images "
    "stay those of the data above, so that results can be compared."
)
_NOTHING = "nothing else"
_ADD = "Add…"
_FIRST = ("hands", "unipen", "images")
# MNIST beside other data is the same from either source, and clothes cannot be joined with digits.
OFFERED = sorted(
    (source for source in DATASET_WORDS if not source.name.startswith("keras:")),
    key=lambda source: _FIRST.index(source.name) if source.name in _FIRST else len(_FIRST),
)


class ExtraData(QWidget):
    """One row per extra, with a button that takes it out, and a menu that adds one.

    Attributes
    ----------
    rows : list of ExtraRow
        What is shown.
    menu : QMenu
        What can be added.

    Signals
    -------
    added : (DatasetSource,)
        Data of this source is wanted.
    removed : (str,)
        The extra of this dataset word is no longer wanted.
    """

    added = Signal(object)
    removed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: list[ExtraRow] = []
        self.nothing = QLabel(_NOTHING, self)
        self.nothing.setProperty("role", "muted")
        self.button = QToolButton(self)
        self.button.setText(_ADD)
        self.button.setFixedHeight(theme.CONTROL_HEIGHT)
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.button.setAccessibleName(f"{TITLE}: add")
        self.menu = self._menu()
        self.button.setMenu(self.menu)
        for widget in (self, self.button):
            widget.setToolTip(HELP)
            widget.setWhatsThis(HELP)
        self._arrange()
        theme.switch().changed.connect(self._dress)

    def show_words(self, base: str, extras: Sequence[tuple[str, str]]) -> None:
        """Show what is learned from besides `base`.

        Parameters
        ----------
        base : str
            The dataset word that is measured on.
        extras : sequence of (str, str)
            A dataset word and its name for people each.
        """
        if [row.word for row in self.rows] != [word for word, _ in extras]:
            self._replace_rows([ExtraRow(word, title, self) for word, title in extras])
        present = {base, *(word for word, _ in extras)}
        for entry in self.menu.actions():
            entry.setEnabled(entry.objectName() not in present)

    def _replace_rows(self, rows: list[ExtraRow]) -> None:
        focused = any(row.button.hasFocus() for row in self.rows)
        for row in self.rows:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = rows
        before: QWidget = self.button
        for row in rows:
            row.button.clicked.connect(partial(self._on_remove, row))
            self._column.addWidget(row)
            row.show()
            QWidget.setTabOrder(before, row.button)
            before = row.button
        self.nothing.setVisible(not rows)
        if focused:
            self.button.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_remove(self, row: ExtraRow) -> None:
        self.removed.emit(row.word)

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        for source in OFFERED:
            entry = menu.addAction(source.title + "…" * bool(source.needs))
            entry.setObjectName(source.name)
            entry.setToolTip(source.help)
            entry.setWhatsThis(source.help)
            entry.triggered.connect(partial(self.added.emit, source))
        return menu

    def _dress(self) -> None:
        for row in self.rows:
            row.dress()

    def _arrange(self) -> None:
        title = QLabel(TITLE, self)
        title.setBuddy(self.button)
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 0, 0)
        head.setSpacing(theme.SPACE)
        head.addWidget(title)
        head.addWidget(self.nothing)
        head.addStretch(1)
        head.addWidget(self.button)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.SPACE // 2)
        self._column.addLayout(head)


class ExtraRow(QWidget):
    """The name of an extra, and a button that takes it out.

    Parameters
    ----------
    word, title : str
        The dataset word, and its name for people.
    """

    def __init__(self, word: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.word = word
        self.name = ElidedLabel(title, "muted")
        self.name.setToolTip(f"{word}\n{HELP}")
        self.button = QToolButton(self)
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.setIconSize(QSize(14, 14))
        self.button.setFixedSize(theme.CONTROL_HEIGHT, theme.CONTROL_HEIGHT)
        self.button.setAccessibleName(f"Do not learn from {title}")
        self.button.setToolTip(f"Do not learn from {title}")
        self.button.setWhatsThis(f"Loads the data without {title}. Undo brings it back.")
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.SPACE, 0, 0, 0)
        row.setSpacing(theme.SPACE // 2)
        row.addWidget(self.name, 1)
        row.addWidget(self.button)
        self.setWhatsThis(f"{word}: {HELP}")
        self.setAccessibleName(f"{TITLE}: {title}")
        self.dress()

    def dress(self) -> None:
        """Make the icon anew in the theme's colours."""
        self.button.setIcon(icon("mdi6.close"))
