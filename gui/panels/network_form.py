"""The form for the architecture: layers and output."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from engine.fields import parameter
from engine.specs import INPUT_SHAPE, NetworkSpec, RunSpec
from gui import theme
from gui.panels.run_editor import RunEditor
from gui.widgets.choices import explain
from gui.widgets.layer_buttons import LayerButtons
from gui.widgets.layer_list import LayerList
from gui.widgets.layer_row import facts_text
from gui.widgets.setting_field import WAITS, Badge, SettingField

INPUT_HELP = "What the network sees: the brightness of every pixel, from 0 for black to 1 for white."
OUTPUT_HELP = "The last layer: one unit per digit. The strongest one is the answer."
TOTAL_HELP = (
    "Every weight and every bias is a number that training adjusts. Kept are the running means and variances of batch "
    "normalization, which follow the images without a gradient."
)
LEGEND = {False: "takes effect after Reset", True: "waits for Reset"}


class Line(QWidget):
    """A word at the left and a fact at the right."""

    def __init__(self, word: str, help_text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fact = QLabel(self)
        self.fact.setProperty("role", "muted")
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.SPACE, 0, theme.SPACE, 0)
        row.addWidget(QLabel(word, self))
        row.addStretch(1)
        row.addWidget(self.fact)
        explain(self, word, help_text)


class NetworkForm(QWidget):
    """Layers from the input to the output, and the number of parameters in total."""

    def __init__(self, editor: RunEditor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._editor = editor
        self.buttons = LayerButtons(self)
        self.input = Line("Input", INPUT_HELP, self)
        self.layers = LayerList(self)
        self.layers.anchor = self.buttons.buttons["down"]
        self.output = Line("Output", OUTPUT_HELP, self)
        self.output_activation = SettingField(parameter(NetworkSpec, "output_activation"), self)
        self.output_activation.label.setText("Activation")  # it stands below the word "Output"
        self.total = QLabel(self)
        self.badge = Badge(parent=self)
        self.legend = QLabel(LEGEND[False], self)
        self._arrange()
        self.buttons.asked.connect(self.layers.act)
        self.buttons.added.connect(self.layers.add)
        self.buttons.opened.connect(self._on_menu)
        self.layers.refused.connect(editor.session.remark)
        self.layers.selection_changed.connect(self._on_selection)
        editor.bind(self.layers, "network", "layers")
        editor.bind(self.output_activation, "network", "output_activation")
        editor.changed.connect(self._show)
        editor.session.pending_changed.connect(self._show_pending)

    def _on_selection(self) -> None:
        self.buttons.set_possible(self.layers.possible)

    def _on_menu(self) -> None:
        self.buttons.set_refusals(self.layers.refusals())

    def _show(self, run: RunSpec) -> None:
        rows = list(run.network.rows())
        height, width = INPUT_SHAPE
        as_image = len(next(shape for shape, _ in rows if shape != INPUT_SHAPE)) == 3
        self.input.fact.setText(f"{height} × {width} pixels" + (" → " + str(height * width)) * (not as_image))
        shape, count = rows[-1]
        self.output.fact.setText(facts_text(shape, count))
        kept = sum(run.network.kept_counts)
        self.total.setText(f"{run.network.learned_count:,} parameters to learn" + f", {kept:,} kept" * bool(kept))
        self._show_pending(self._editor.session.pending)

    def _show_pending(self, pending: bool) -> None:
        self.badge.set_waiting(pending)
        self.legend.setText(LEGEND[pending])

    def _arrange(self) -> None:
        title = QLabel("Layers", self)
        title.setProperty("role", "title")
        head = QHBoxLayout()
        head.setContentsMargins(theme.SPACE, 0, theme.SPACE, 0)
        head.addWidget(title)
        head.addStretch(1)
        head.addWidget(self.buttons)
        self.total.setWordWrap(True)
        self.total.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.total.setToolTip(TOTAL_HELP)
        self.total.setWhatsThis(TOTAL_HELP)
        self.total.setContentsMargins(theme.SPACE, 0, theme.SPACE, 0)
        self.legend.setProperty("role", "muted")
        self.legend.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.legend.setToolTip(WAITS)
        self.legend.setWhatsThis(WAITS)
        foot = QHBoxLayout()
        foot.setContentsMargins(theme.SPACE, 0, theme.SPACE, 0)
        foot.setSpacing(theme.SPACE // 2)
        foot.addWidget(self.badge)
        foot.addWidget(self.legend, 1)
        activation = QVBoxLayout()
        activation.setContentsMargins(theme.SPACE, 0, theme.SPACE, 0)
        activation.addWidget(self.output_activation)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACE // 2)
        column.addLayout(head)
        column.addWidget(self.input)
        column.addWidget(self.layers)
        column.addWidget(self.output)
        column.addLayout(activation)
        column.addWidget(self.total)
        column.addLayout(foot)
