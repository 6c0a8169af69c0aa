"""A page of Markdown with headings and tables in the look of the program."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextFrameFormat,
    QTextLength,
    QTextTable,
)
from PySide6.QtWidgets import QTextBrowser, QWidget

from gui import theme
from gui.theme import SPACE

_LARGER = {1: 2, 2: 1}  # steps of size, by level: Markdown itself asks for much larger headings
_NAMES = 28  # percent of the width, for the names of facts


class PageView(QTextBrowser):
    """Shows a page, from which text can be copied; follows the theme, and stays where it was scrolled to."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._page = ""
        self.setOpenExternalLinks(True)
        self.setAccessibleName(name)
        self.setFrameShape(QTextBrowser.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)  # everything wraps
        theme.switch().changed.connect(self._show)

    def show_page(self, markdown: str) -> None:
        """Show a page of Markdown, from its beginning if it is the first."""
        if markdown != self._page:
            self._page = markdown
            self._show()

    def _show(self) -> None:
        place = self.verticalScrollBar().value()
        self.setMarkdown(self._page)
        self.document().setDocumentMargin(2 * SPACE)
        for table in self.document().rootFrame().childFrames():
            if isinstance(table, QTextTable):
                _dress_table(table)
        self._dress_blocks()
        self.verticalScrollBar().setValue(place)

    def _dress_blocks(self) -> None:
        colours = theme.switch().theme
        block = self.document().begin()
        while block.isValid():
            level, cursor = block.blockFormat().headingLevel(), QTextCursor(block)
            cursor.select(QTextCursor.SelectionType.BlockUnderCursor)
            look = QTextCharFormat()
            if level:
                look.setProperty(QTextCharFormat.Property.FontSizeAdjustment, _LARGER.get(level, 0))
                look.setFontWeight(QFont.Weight.DemiBold)
                spaced = QTextBlockFormat()
                spaced.setTopMargin(2 * SPACE if level > 1 else 0)
                spaced.setBottomMargin(SPACE)
                cursor.mergeBlockFormat(spaced)
            elif block.blockFormat().hasProperty(_CODE):
                broken = QTextBlockFormat()
                broken.setNonBreakableLines(False)
                cursor.mergeBlockFormat(broken)
                look.setFontPointSize(9)
                look.setForeground(QColor(colours.muted))
            if look.propertyCount():
                cursor.mergeCharFormat(look)
            block = block.next()


_CODE = QTextBlockFormat.Property.BlockCodeFence


def _dress_table(table: QTextTable) -> None:
    """Take the lines away, use the whole width, and drop a heading row that says nothing."""
    if not any(table.cellAt(0, column).firstCursorPosition().block().text() for column in range(table.columns())):
        table.removeRows(0, 1)
    else:
        _dress_names(table)
    look = table.format()
    look.setBorder(1)
    look.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
    look.setBorderBrush(QBrush(QColor(theme.switch().theme.line)))
    look.setBorderCollapse(True)
    look.setCellPadding(SPACE / 2)
    look.setCellSpacing(0)
    look.setTopMargin(SPACE)
    look.setBottomMargin(SPACE)
    look.setWidth(QTextLength(QTextLength.Type.PercentageLength, 100))
    if table.columns() == 2:
        share = QTextLength.Type.PercentageLength
        look.setColumnWidthConstraints([QTextLength(share, _NAMES), QTextLength(share, 100 - _NAMES)])
    table.setFormat(look)


def _dress_names(table: QTextTable) -> None:
    """Set the names of the columns in the colour of what is secondary, to the side where their columns stand."""
    look = QTextCharFormat()
    look.setForeground(QColor(theme.switch().theme.muted))
    look.setFontWeight(QFont.Weight.Normal)
    for column in range(table.columns()):
        cursor = table.cellAt(0, column).firstCursorPosition()
        cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
        cursor.mergeCharFormat(look)
        side = QTextBlockFormat()
        side.setAlignment(table.cellAt(1, column).firstCursorPosition().blockFormat().alignment())
        cursor.mergeBlockFormat(side)
