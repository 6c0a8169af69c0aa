"""The form for how the weights are before anything is learned."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from engine.fields import parameter, parameters_of
from engine.specs import NetworkSpec, RunSpec
from gui.panels.run_editor import RunEditor
from gui.widgets.section import Section
from gui.widgets.setting_field import SettingField

TITLE = "Start of the weights"
HELP = "How the weights are before anything is learned, and the seed that everything random comes from."
ELSEWHERE = ("output_activation",)


class StartForm(Section):
    """Initializer, precision and seed, to be unfolded.

    Attributes
    ----------
    fields : dict of str to SettingField
        The controls by the names of the settings: what `NetworkSpec` declares beside the layers, and the seed.
    """

    def __init__(self, editor: RunEditor, parent: QWidget | None = None) -> None:
        super().__init__(TITLE, "start", HELP, parent)
        network = [declared for declared in parameters_of(NetworkSpec) if declared.name not in ELSEWHERE]
        self.fields: dict[str, SettingField] = {}
        for group, declared in [*(("network", one) for one in network), ("run", parameter(RunSpec, "seed"))]:
            field = self.fields[declared.name] = SettingField(declared, self.body)
            self.column.addWidget(field)
            editor.bind(field, group, declared.name)
