"""One hyperparameter as a form control, made from its declaration."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from engine.errors import SettingError
from engine.fields import Parameter
from gui import theme
from gui.widgets.check_box import CheckBox
from gui.widgets.choice_box import ChoiceBox, label_of
from gui.widgets.field import ErrorLine, Field, set_look
from gui.widgets.rate_slider import RateSlider
from gui.widgets.value_edit import ValueEdit, value_text

EDITOR_WIDTH = 124
WAITS = "Takes effect after Reset, which makes a new network."


class Badge(QLabel):
    """Marks what takes effect only with a new network; in the accent colour when that is waited for."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("↻", parent)
        self.setProperty("role", "badge")
        self.setProperty("waiting", False)
        self.setToolTip(WAITS)
        self.setWhatsThis(f"{WAITS} Coloured: it was changed, and the present network does not know it yet.")
        self.setAccessibleName(WAITS)
        self.setFixedSize(2 * theme.SPACE + 2, 2 * theme.SPACE + 2)
        self.setContentsMargins(-4, 0, -4, 0)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)

    def set_waiting(self, waiting: bool) -> None:
        """Say whether a change waits for a new network."""
        set_look(self, "waiting", waiting)


class SettingField(Field):
    """Label, unit, editor, perhaps a slider, and a sentence below when something is wrong.

    What is typed is checked with every key and, where it is right, in force at once. Wrong text stays as it is; in
    force is then what was so before the typing began: whoever types 1e9 has not asked for 1.
    """

    def __init__(
        self, parameter: Parameter, parent: QWidget | None = None, *, labels: dict[str, str] | None = None
    ) -> None:
        super().__init__(parent)
        self.parameter = parameter
        self.title = parameter.label
        self.value: Any = parameter.default
        self._labels = labels or {}
        self._offered: Any = None
        self._typing = False
        self._before_typing: Any = parameter.default
        self.label = QLabel(parameter.label, self)
        self.badge = Badge(parent=self) if parameter.rebuilds else None
        self.editor: QWidget = self._make_editor()
        self.editor.setObjectName(parameter.name)
        self.slider = self._make_slider()
        self.error = ErrorLine(self)
        self._arrange()
        self._explain()
        self.show_value(parameter.default, fresh=True)

    def show_value(self, value: Any, *, fresh: bool = False) -> None:
        """Take the value that is in force; a refused text stays unless it is this value or `fresh` is set."""
        self.value = value
        if self.slider is not None:
            self.slider.show_number(value)
        if fresh or not self.wrong or self._offered == value:
            self._write(value, fresh)
            self._offered = None
            self._typing = self._typing and not fresh
            self._complain("")

    def refuse(self, error: SettingError) -> None:
        """Say why what is shown is not in force, and what is."""
        self._say_refused(error)
        if self._typing and self.value != self._before_typing:
            self.reverted.emit(self._before_typing)
            self._say_refused(error)

    def _say_refused(self, error: SettingError) -> None:
        kept = self._shown(self.value)
        self._complain(f"{error} {kept[:1].upper()}{kept[1:]} stays in force." if kept else str(error))

    def show_built(self, value: Any) -> None:
        """Mark the badge when the present network has another value."""
        if self.badge is not None:
            self.badge.set_waiting(value != self.value)

    @property
    def complaint(self) -> str:
        """Why what is shown is not in force, and what is."""
        return self.error.text()

    @property
    def wrong(self) -> bool:
        """Whether what is shown is not what is in force."""
        return bool(self.complaint)

    # --- the user -----------------------------------------------------------------------------------------

    def _on_typed(self, text: str) -> None:
        if not self._typing:
            self._typing, self._before_typing = True, self.value
        try:
            value = self.parameter.check(text)
        except SettingError as error:
            self._offered = None
            self.withdrawn.emit()
            self.refuse(error)
        else:
            self._offer(value)

    def _on_stepped(self, text: str) -> None:
        self._typing = False
        self._offer(self.parameter.check(text))

    def _on_typing_over(self) -> None:
        self._typing = False
        self.sealed.emit()

    def _on_slid(self, number: float) -> None:
        self._typing = False
        if isinstance(self.editor, ValueEdit):
            self.editor.setText(value_text(number))
        self._offer(number)

    def _on_chosen(self, choice: object) -> None:
        self.sealed.emit()
        self._offer(choice)
        self.sealed.emit()

    def _on_given_up(self) -> None:
        self.withdrawn.emit()
        self.show_value(self.value, fresh=True)

    def _offer(self, value: Any) -> None:
        self._offered = value
        self.proposed.emit(value)

    # --- what is shown ------------------------------------------------------------------------------------

    def _write(self, value: Any, fresh: bool) -> None:
        editor = self.editor
        with QSignalBlocker(editor):
            if isinstance(editor, ChoiceBox):
                editor.show_name(value)
                self._explain()
            elif isinstance(editor, QCheckBox):
                editor.setChecked(value)
            elif isinstance(editor, ValueEdit):
                editor.value = value
                if fresh or not self._says(editor.text(), value):
                    editor.setText(value_text(value))
                    editor.setCursorPosition(0 if not editor.hasFocus() else len(editor.text()))

    def _says(self, text: str, value: Any) -> bool:
        """Whether `text` is a way to write `value`, perhaps not the shortest: that is left alone."""
        try:
            return bool(self.parameter.check(text) == value)
        except SettingError:
            return False

    def _complain(self, sentence: str) -> None:
        self.error.say(sentence)
        set_look(self.editor, "wrong", bool(sentence))
        self.editor.setAccessibleDescription(sentence or self.parameter.help)

    def _shown(self, value: Any) -> str:
        if value is None:
            return ""
        return self._labels.get(value) or label_of(value) if isinstance(value, str) else value_text(value)

    def _explain(self) -> None:
        """Explain the control in the tooltip, and in a sentence or two for the help strip."""
        parameter = self.parameter
        legal = parameter.legal[:1].upper() + parameter.legal[1:]
        facts = (
            [] if parameter.kind in ("choice", "bool") else [f"{legal}{f' ({parameter.unit})' * bool(parameter.unit)}."]
        )
        if isinstance(self.editor, ChoiceBox) and self.editor.explanation:
            facts.append(f"{self.editor.currentText()}: {self.editor.explanation}")
        if parameter.default is not None:
            default = {True: "on", False: "off"}.get(parameter.default) if parameter.kind == "bool" else None
            facts.append(f"Default: {default or self._shown(parameter.default)}.")
        for widget in (self, self.label, self.editor, self.slider):
            if widget is not None:
                widget.setToolTip("\n".join([parameter.help, *facts]))
                widget.setWhatsThis(" ".join([parameter.help, *facts]))

    # --- construction -------------------------------------------------------------------------------------

    def _make_editor(self) -> QWidget:
        parameter = self.parameter
        if parameter.kind == "bool":
            box = CheckBox(parameter.label, self)
            # A click must not take the focus: Space would then no longer run and pause the training.
            box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            box.toggled.connect(self._on_chosen)
            return box
        if parameter.kind == "choice":
            choices = [
                (name, self._labels.get(name) or label_of(name), parameter.choice_help.get(name, ""))
                for name in parameter.choices
            ]
            combo = ChoiceBox(choices, self)
            combo.chosen.connect(self._on_chosen)
            return combo
        edit = ValueEdit(parameter, self)
        edit.typed.connect(self._on_typed)
        edit.given_up.connect(self._on_given_up)
        edit.stepped.connect(self._on_stepped)
        edit.editingFinished.connect(self._on_typing_over)
        return edit

    def _make_slider(self) -> RateSlider | None:
        if not (self.parameter.log and self.parameter.low and self.parameter.high):
            return None
        slider = RateSlider(self.parameter.low, self.parameter.high, self)
        slider.setAccessibleName(f"{self.parameter.label}, slider")
        slider.sliderPressed.connect(self.sealed)
        slider.sliderReleased.connect(self.sealed)
        slider.chosen.connect(self._on_slid)
        return slider

    def _arrange(self) -> None:
        line = QHBoxLayout()
        line.setSpacing(theme.SPACE // 2)
        if isinstance(self.editor, QCheckBox):
            self.label.hide()
            line.addWidget(self.editor)
        else:
            self.label.setBuddy(self.editor)
            line.addWidget(self.label)
        if self.badge is not None:
            line.addWidget(self.badge)
        line.addStretch(1)
        if not isinstance(self.editor, QCheckBox):
            if isinstance(self.editor, ChoiceBox):
                self.editor.fit(EDITOR_WIDTH)
            else:
                self.editor.setFixedWidth(EDITOR_WIDTH)
            line.addWidget(self.editor)
        self.editor.setMinimumHeight(theme.CONTROL_HEIGHT)
        self.editor.setAccessibleName(self.parameter.label)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACE // 4)
        column.addLayout(line)
        if self.slider is not None:
            column.addWidget(self.slider)
        column.addWidget(self.error)
