"""What can be done with the pad by button, key and menu."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence, QUndoStack
from PySide6.QtWidgets import QWidget

from gui.icons import icon

_PANEL = Qt.ShortcutContext.WidgetWithChildrenShortcut
_WINDOW = Qt.ShortcutContext.WindowShortcut


class DrawingActions(QObject):
    """The actions of a panel with a pad; those with a letter work in the whole window, the others in the panel.

    Parameters
    ----------
    owner : QWidget
        The panel.
    stack : QUndoStack
        What was done on the pad.

    Attributes
    ----------
    undo, redo, eraser, replay, wide, test, wrong, clear, copy, copy_small, paste : QAction
    """

    def __init__(self, owner: QWidget, stack: QUndoStack) -> None:
        super().__init__(owner)
        self._owner = owner
        self.undo = self._explained(
            stack.createUndoAction(owner, "Undo"), "Ctrl+Z", "Takes back the last stroke, or whatever was done last."
        )
        self.redo = self._explained(stack.createRedoAction(owner, "Redo"), "Ctrl+Y", "Does again what was taken back.")
        self.eraser = self._made("Eraser", "X", "Wipes away what it touches, until it is pressed again.")
        self.replay = self._made(
            "Draw it again", "R", "Lets the drawing draw itself again, in its own time; the answer follows.", _WINDOW
        )
        self.wide = self._made(
            "Write numbers", "W", "Makes the pad twice as wide as high, for whole numbers such as 2025.", _WINDOW
        )
        self.test = self._made(
            "Show a test image",
            "E",
            "Puts a random test image on the pad: one that the network has not learned from. "
            "Shift+E puts one that is read wrong.",
            _WINDOW,
        )
        self.wrong = self._made(
            "Show a test image that is read wrong",
            "Shift+E",
            "Puts a random test image on the pad that whoever reads the pad now reads wrong.",
            _WINDOW,
        )
        self.clear = self._made("Clear the pad", "Del", "Wipes the whole pad. Undo brings it back.")
        self.clear.setToolTip("Clear the pad (Del or right button)")
        self.clear.setShortcuts([QKeySequence("Del"), QKeySequence("Backspace")])
        self.copy = self._made("Copy the drawing as a picture", "Ctrl+C", "Copies the drawing, white on black.")
        self.copy_small = self._made(
            "Copy what the network sees", "Ctrl+Shift+C", "Copies the image of 28×28 pixels that the network is given."
        )
        self.paste = self._made("Paste a picture", "Ctrl+V", "Shows a copied picture on the pad.")
        self.eraser.setCheckable(True)
        self.wide.setCheckable(True)
        for action in (self.test, self.wrong, self.replay, self.copy, self.copy_small):
            action.setEnabled(False)
        self.dress()

    def dress(self) -> None:
        """Show the icons in the colours of the present look."""
        icons = {
            self.undo: "mdi6.undo",
            self.redo: "mdi6.redo",
            self.eraser: "mdi6.eraser",
            self.replay: "mdi6.motion-play-outline",
            self.wide: "mdi6.numeric",
            self.test: "mdi6.dice-5-outline",
            self.copy: "mdi6.content-copy",
            self.clear: "mdi6.trash-can-outline",
        }
        for action, name in icons.items():
            action.setIcon(icon(name))

    @property
    def buttons(self) -> tuple[tuple[QAction, ...], tuple[QAction, ...]]:
        """What stands beside the pad, in two groups."""
        return (self.eraser, self.undo, self.redo, self.replay), (self.wide, self.test, self.copy, self.clear)

    def _made(self, text: str, key: str, help_text: str, context: Qt.ShortcutContext = _PANEL) -> QAction:
        action = self._explained(QAction(text, self._owner), key, help_text)
        action.setShortcut(QKeySequence(key))
        action.setShortcutContext(context)
        self._owner.addAction(action)
        return action

    def _explained(self, action: QAction, key: str, help_text: str) -> QAction:
        action.setToolTip(f"{action.text()} ({key})")
        action.setWhatsThis(help_text)
        return action
