"""The strip at the bottom: on the left what is under the mouse, on the right what to do next."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QMouseEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QWidget

from gui.theme import SPACE
from gui.widgets.message_bar import breakable

REST = "Point at anything to have it explained here."


class HelpStrip(QWidget):
    """Explains the widget under the mouse or with the keyboard focus by its What's This text or its tooltip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._under: QWidget | None = None
        self.explanation = QLabel(REST, self)
        self.status = QLabel("", self)
        for label in (self.explanation, self.status):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.explanation.setProperty("role", "muted")
        self.explanation.setAccessibleName("Explanation")
        self.status.setAccessibleName("Status")
        self.status.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE, SPACE // 2, SPACE, SPACE // 2)
        row.setSpacing(3 * SPACE)
        row.addWidget(self.explanation, 3)
        row.addWidget(self.status, 2)
        self.setFixedHeight(5 * SPACE)

    def say(self, sentence: str) -> None:
        """Show what is going on, or what to do next."""
        self.status.setText(breakable(sentence))
        self.status.setToolTip(sentence)

    def showEvent(self, event: QShowEvent) -> None:
        """Begin to watch the focus, and what reaches the window from outside.

        A filter of the whole program would make Qt ask Python about every event, thousands in a second.
        """
        super().showEvent(event)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._on_focus, Qt.ConnectionType.UniqueConnection)
        self.window().windowHandle().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Watch for the mouse entering another widget of this window."""
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseMove:
            under = self.window().childAt(event.position().toPoint())
            if under is not None and under is not self._under:
                self._under = under
                self._explain(under)
        return False

    def _on_focus(self, _before: QWidget | None, now: QWidget | None) -> None:
        if now is not None and now.window() is self.window():
            self._explain(now)

    def _explain(self, widget: QWidget | None) -> None:
        while widget is not None:
            text = widget.whatsThis() or widget.toolTip()
            if text:
                self._show(text)
                return
            widget = widget.parentWidget()
        self._show(REST)

    def _show(self, text: str) -> None:
        """Show a text, or as many words of it as fit; all of it is in the tooltip."""
        label = self.explanation
        label.setToolTip(text)
        label.setText(text)
        room = label.height() - self.fontMetrics().descent() // 2
        words = text.split()
        while label.heightForWidth(label.width()) > max(room, label.fontMetrics().lineSpacing()) and len(words) > 1:
            words.pop()
            label.setText(" ".join(words) + " …")
