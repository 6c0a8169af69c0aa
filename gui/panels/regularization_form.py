"""The form for what holds the training back."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from engine.fields import parameters_of
from engine.specs import TrainingSpec
from gui.panels.run_editor import RunEditor
from gui.panels.training_form import ORDER
from gui.widgets.section import Section
from gui.widgets.setting_field import SettingField

TITLE = "Regularization"
HELP = "What keeps the network from learning the training images by heart, and the training within bounds."


class RegularizationForm(Section):
    """Every training setting that is not always in view, to be unfolded.

    Attributes
    ----------
    fields : dict of str to SettingField
        The controls by the names in `TrainingSpec`.
    """

    def __init__(self, editor: RunEditor, parent: QWidget | None = None) -> None:
        super().__init__(TITLE, "regularization", HELP, parent)
        self.fields: dict[str, SettingField] = {}
        for declared in parameters_of(TrainingSpec):
            if declared.name not in ORDER:
                field = self.fields[declared.name] = SettingField(declared, self.body)
                self.column.addWidget(field)
                editor.bind(field, "training", declared.name)
