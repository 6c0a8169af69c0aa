"""The form for how training images are deformed."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.augmentation import USUAL, AugmentationSpec
from engine.errors import SettingError
from engine.fields import parameters_of
from engine.specs import RunSpec
from gui.panels.run_editor import RunEditor
from gui.widgets.check_box import CheckBox
from gui.widgets.choices import explain
from gui.widgets.field import ErrorLine, Field, set_look
from gui.widgets.section import Section
from gui.widgets.setting_field import SettingField

TITLE = "Augmentation"
HELP = (
    "Shows the network every training image a little different in every epoch, so that it cannot learn them by heart. "
    "Validation and test images stay as they are."
)
SWITCH_HELP = (
    "On: usual values, or those from before it was switched off. Off: the images are learned as they are. "
    "The Data page shows what the settings do."
)


class AugmentationSwitch(Field):
    """Switches all deformations off, and on again as they were; at first to what is usual.

    Signals
    -------
    left : ()
        All are about to be switched off.
    """

    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = TITLE
        self._now, self._before = AugmentationSpec(), USUAL
        self.box = CheckBox("Deform the training images", self)
        # A click must not take the focus: Space would then no longer run and pause the training.
        self.box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.error = ErrorLine(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.box)
        column.addWidget(self.error)
        explain(self.box, self.box.text(), SWITCH_HELP)
        self.box.toggled.connect(self._on_toggled)

    @property
    def complaint(self) -> str:
        """Why it could not be switched."""
        return self.error.text()

    def show_value(self, value: AugmentationSpec, *, fresh: bool = False) -> None:
        """Take what is in force."""
        self._now = value
        if value.active:
            self._before = value
        with QSignalBlocker(self.box):
            self.box.setChecked(value.active)
        self.box.update()
        self.error.say("")

    def refuse(self, error: SettingError) -> None:
        """Go back to what is in force, and say why."""
        self.show_value(self._now)
        self.error.say(str(error))

    def show_built(self, value: Any) -> None:
        """Nothing of it waits for a new network."""

    def _on_toggled(self, on: bool) -> None:
        wanted = self._before if on else AugmentationSpec(smoothness=self._now.smoothness)
        if not on:
            self.left.emit()
        self.sealed.emit()
        self.proposed.emit(wanted.model_dump())
        self.sealed.emit()


class AugmentationForm(Section):
    """A switch and the size of each deformation, to be unfolded; folded it says whether there are any.

    Attributes
    ----------
    switch : AugmentationSwitch
        All of them.
    fields : dict of str to SettingField
        The controls by the names in `AugmentationSpec`.
    """

    def __init__(self, editor: RunEditor, parent: QWidget | None = None) -> None:
        super().__init__(TITLE, "augmentation", HELP, parent)
        self.switch = AugmentationSwitch(self.body)
        self.column.addWidget(self.switch)
        editor.bind(self.switch, "training", "augmentation")
        self.fields: dict[str, SettingField] = {}
        for declared in parameters_of(AugmentationSpec):
            field = self.fields[declared.name] = SettingField(declared, self.body)
            self.column.addWidget(field)
            editor.bind(field, "training.augmentation", declared.name)
        self.switch.left.connect(partial(editor.give_up, "training.augmentation"))
        editor.changed.connect(self._on_run)

    def _on_run(self, run: RunSpec) -> None:
        """Let what is off look off."""
        spec = run.training.augmentation
        self.button.set_note("on" if spec.active else "off")
        for name, field in self.fields.items():
            set_look(field.editor, "off", not getattr(spec, name))
        self.fields["smoothness"].setEnabled(spec.elastic > 0)
