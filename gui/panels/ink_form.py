"""The form for how drawings become images."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from engine.fields import parameters_of
from engine.ink.spec import InkSpec
from engine.specs import RunSpec
from gui.panels.run_editor import RunEditor
from gui.widgets.section import Section
from gui.widgets.setting_field import SettingField

TITLE = "Ink"
HELP = (
    "How pen strokes and pictures become the images that the network sees. It belongs to a network as its weights do: "
    "what it learns from is drawn with it, and what it reads on the pad. Pictures of 28×28 pixels stay as they are."
)


class InkForm(Section):
    """Every setting of the ink, to be unfolded; folded it says whether one was changed.

    Attributes
    ----------
    fields : dict of str to SettingField
        The controls by the names in `InkSpec`.
    """

    def __init__(self, editor: RunEditor, parent: QWidget | None = None) -> None:
        super().__init__(TITLE, "ink", HELP, parent)
        self.fields: dict[str, SettingField] = {}
        for declared in parameters_of(InkSpec):
            field = self.fields[declared.name] = SettingField(declared, self.body)
            self.column.addWidget(field)
            editor.bind(field, "ink", declared.name)
        editor.changed.connect(self._on_run)

    def _on_run(self, run: RunSpec) -> None:
        self.button.set_note("" if run.ink == InkSpec() else "changed")
