"""The form for how the network learns."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from engine.fields import parameters_of
from engine.optimizers import OPTIMIZERS, Optimizer
from engine.schedules import SCHEDULES
from engine.specs import RunSpec, TrainingSpec
from gui import theme
from gui.panels.run_editor import RunEditor
from gui.widgets.field import Field
from gui.widgets.setting_field import SettingField
from gui.widgets.variant_field import VariantField

# The order in which one needs them; every setting that is not named here stands under Regularization.
ORDER = ("learning_rate", "batch_size", "epochs", "optimizer", "schedule", "loss", "shuffle")
OPTIMIZER_HELP = "The rule that turns a gradient into a step."
SCHEDULE_HELP = "How the learning rate moves in the course of the training."


class TrainingForm(QWidget):
    """Learning rate, batches, epochs, optimizer, schedule and loss.

    Attributes
    ----------
    fields : dict of str to Field
        The controls by the names in `TrainingSpec`.
    """

    def __init__(self, editor: RunEditor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = QLabel("Training", self)
        title.setProperty("role", "title")
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.SPACE, 0, theme.SPACE, 0)
        column.setSpacing(theme.SPACE // 2)
        column.addWidget(title)
        declared = {parameter.name: parameter for parameter in parameters_of(TrainingSpec)}
        self.fields: dict[str, Field] = {}
        for name in ORDER:
            field: Field
            if name == "optimizer":
                field = VariantField("Optimizer", OPTIMIZER_HELP, OPTIMIZERS, self, indent=2 * theme.SPACE)
            elif name == "schedule":
                field = VariantField("Schedule", SCHEDULE_HELP, SCHEDULES, self, indent=2 * theme.SPACE)
            else:
                field = SettingField(declared[name], self)
            column.addWidget(field)
            self.fields[name] = field
        for name, bound in self.fields.items():
            editor.bind(bound, "training", name, usual_rate if name == "optimizer" else None)


def usual_rate(run: RunSpec, optimizer: Optimizer) -> dict[str, Any]:
    """Return the other rule's usual learning rate, if the rule before was used with its own."""
    before = run.training.optimizer
    if type(optimizer) is type(before) or run.training.learning_rate != before.usual_rate:
        return {}
    return {"learning_rate": optimizer.usual_rate}
