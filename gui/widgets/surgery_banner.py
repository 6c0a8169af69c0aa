"""The line that says that a changed copy is in view, and what the changes did."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from engine.surgery import Effect
from gui import theme
from gui.icons import icon
from gui.widgets.dialog_button import dialog_button
from gui.widgets.figures import ElidedLabel, label
from gui.widgets.surgery_stack import Surgeon
from gui.widgets.wording import counted, many, percent

KEEP = (
    "Makes this copy the present network: it can be trained on and saved. A training that runs is ended; its run is "
    "kept."
)
COPY = (
    "The network itself stays as it is; what you see is a copy of it with your changes. When training goes on, or you "
    "look at another moment, the same changes are made to a copy of the new weights."
)


class SurgeryBanner(QFrame):
    """Counts the changes, tells their effect on the test images, undoes, redoes and keeps them.

    It is there as long as there is anything to undo or to redo.
    """

    def __init__(self, surgeon: Surgeon, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._surgeon, stack = surgeon, surgeon.undo_stack
        self.setProperty("role", "tile")
        self.setAccessibleName("Changed copy")
        self.setWhatsThis(COPY)
        self.title, self.effect = label("", "heading"), ElidedLabel("", "muted")
        self.undo = dialog_button("Undo", "Takes the last change back.", stack.undo, self)
        self.redo = dialog_button("Redo", "Makes the change again that was taken back last.", stack.redo, self)
        self.undo_all = dialog_button(
            "Undo all", "Shows the network as it is; every change can be made again.", surgeon.undo_all, self
        )
        self.keep = dialog_button("Keep as new network", KEEP, surgeon.keep, self)
        self._arrange()
        self._dress()
        self._show()
        surgeon.changed.connect(self._show)
        surgeon.measured.connect(self._show)
        theme.switch().changed.connect(self._dress)

    def _show(self) -> None:
        surgeon, stack = self._surgeon, self._surgeon.undo_stack
        count = len(surgeon.edits)
        words = counted(count, "change") if count else "all changes are undone"
        self.title.setText(f"Edited copy: {words}" if count else f"The network itself: {words}")
        self.effect.show_text(self._sentence())
        self.undo.setEnabled(stack.canUndo())
        self.redo.setEnabled(stack.canRedo())
        for button, name, words in (
            (self.undo, "Undo", stack.undoText()),
            (self.redo, "Redo", stack.redoText()),
        ):
            button.setToolTip(f"{name}: {words}" if words else button.whatsThis())
        for button in (self.undo_all, self.keep):
            button.setEnabled(bool(count))
        self.setVisible(stack.count() > 0)

    def _sentence(self) -> str:
        """Return what the changes did to the answers."""
        surgeon = self._surgeon
        if not surgeon.edits:
            return "Redo makes them again."
        if surgeon.effect is not None and surgeon.dataset is not None:
            return effect_words(surgeon.effect, surgeon.dataset.class_names, surgeon.effect_step)
        if surgeon.measuring:
            return "The copy is reading the test images…"
        if surgeon.dataset is None:
            return "Test accuracy is measured as soon as the data is loaded."
        return "Test accuracy is measured when the weights come to rest."

    def _dress(self) -> None:
        self.undo.setIcon(icon("mdi6.undo"))
        self.redo.setIcon(icon("mdi6.redo"))

    def _arrange(self) -> None:
        above = QHBoxLayout()
        above.setSpacing(theme.SPACE // 2)
        above.addWidget(self.title, 1)
        for button in (self.undo, self.redo, self.undo_all, self.keep):
            above.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.SPACE, theme.SPACE // 2, theme.SPACE // 2, theme.SPACE // 2)
        column.setSpacing(2)
        column.addLayout(above)
        column.addWidget(self.effect)


def effect_words(effect: Effect, names: tuple[str, ...], step: int) -> str:
    """Return in a line what changes did after `step` batches, and which class lost most."""
    before, after = effect.before, effect.after
    start = f"Test accuracy {percent(before.accuracy, 2)} → {percent(after.accuracy, 2)}"
    worst = effect.worst
    if worst is None:
        fell = "no class is read worse"
    else:
        shares = (percent(float(shown.recall()[worst])) for shown in (before, after))
        fell = f"most is lost of {many(worst, names)}: {' → '.join(shares)}"
    return f"{start}; {fell} (after {counted(step, 'batch')})"
