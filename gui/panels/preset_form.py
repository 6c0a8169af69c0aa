"""Ready-made runs to start from."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from engine.errors import SettingError
from engine.presets import PRESETS
from engine.specs import RunSpec
from gui import theme
from gui.panels.run_editor import RunEditor
from gui.widgets.choice_box import ChoiceBox
from gui.widgets.field import ErrorLine
from gui.widgets.setting_field import EDITOR_WIDTH

HELP = "Fills the whole form with settings that belong together. Edit > Undo brings yours back."
CUSTOM = "Settings of your own. Choose a preset to start over from it."


class PresetForm(QWidget):
    """A combo box with the presets, and *Custom* when a setting was changed by hand."""

    def __init__(self, editor: RunEditor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._editor = editor
        self.combo = ChoiceBox([(preset.name, preset.title, preset.help) for preset in PRESETS.values()], self)
        self.combo.fit(EDITOR_WIDTH)
        self.combo.setMinimumHeight(theme.CONTROL_HEIGHT)
        self.combo.setAccessibleName("Preset")
        self.combo.setObjectName("preset")
        self.help = QLabel(self)
        self.help.setProperty("role", "muted")
        self.help.setWordWrap(True)
        self.help.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.error = ErrorLine(self)
        self._arrange()
        self.combo.chosen.connect(self._on_chosen)
        self.combo.activated.connect(self._on_activated)
        editor.changed.connect(self._show)
        self._show(editor.run)

    def _on_chosen(self, name: str) -> None:
        preset = PRESETS.get(name)
        if preset is None:
            return
        run = self._editor.session.fitted(preset.run.model_copy(update={"dataset": self._editor.run.dataset}))
        try:
            self._editor.replace(run, f"preset {preset.title}")
        except SettingError as error:
            self._show(self._editor.run)
            self.error.say(f"{error} The settings before stay in force.")

    def _on_activated(self, _index: int) -> None:
        """Choosing the preset that is in force clears what was typed wrong."""
        if self.combo.name == self._editor.run.preset:
            self._editor.fill(fresh=True)

    def _show(self, run: RunSpec) -> None:
        self.error.say("")
        custom = self.combo.findData("")
        with QSignalBlocker(self.combo):
            if run.preset and custom >= 0:
                self.combo.removeItem(custom)
            elif not run.preset and custom < 0:
                self.combo.addItem("Custom", "")
        self.combo.show_name(run.preset)
        self.help.setText(PRESETS[run.preset].help if run.preset in PRESETS else CUSTOM)
        for widget in (self, self.combo):
            widget.setToolTip(HELP)
            widget.setWhatsThis(f"{HELP} {self.combo.currentText()}: {self.help.text()}")

    def _arrange(self) -> None:
        title = QLabel("Preset", self)
        title.setProperty("role", "title")
        title.setBuddy(self.combo)
        line = QHBoxLayout()
        line.addWidget(title)
        line.addStretch(1)
        line.addWidget(self.combo)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.SPACE, 0, theme.SPACE, 0)
        column.setSpacing(theme.SPACE // 2)
        column.addLayout(line)
        column.addWidget(self.help)
        column.addWidget(self.error)
