"""The line in which a run's name or tags are typed, in the table itself."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QLineEdit, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from gui import theme
from gui.widgets.runs_columns import COLUMNS
from gui.widgets.runs_model import NAME, RunsModel

LONGEST = 200


class RunsEdit(QStyledItemDelegate):
    """Draws cells as usual, and edits them in a line that fills the cell."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        """Leave the text of a selected cell its own colour."""
        super().initStyleOption(option, index)
        colour = index.data(Qt.ItemDataRole.ForegroundRole)
        if colour is not None:
            option.palette.setColor(QPalette.ColorRole.HighlightedText, colour)

    def createEditor(
        self, parent: QWidget, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QWidget:
        """Return a line for the name, which says what the run is called without one, or for the tags."""
        line = QLineEdit(parent)
        line.setFont(theme.font(9))
        line.setMaxLength(LONGEST)
        line.setStyleSheet("QLineEdit { border-radius: 0; padding: 0 2px; min-height: 0; }")
        line.setAccessibleName(COLUMNS[index.column()].title)
        line.setToolTip(COLUMNS[index.column()].help)
        model = index.model()
        if isinstance(model, RunsModel):
            run = model.shown[index.row()]
            by_itself = f"{run.preset} {run.network}".strip()
            line.setPlaceholderText(by_itself if index.column() == NAME else "good, to try again")
        return line
