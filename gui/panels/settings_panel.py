"""The left column of the window: every setting of a run as a form."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QUndoStack
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from engine.errors import SettingError
from engine.specs import RunSpec
from gui import theme
from gui.panels.augmentation_form import AugmentationForm
from gui.panels.data_form import DataForm
from gui.panels.ink_form import InkForm
from gui.panels.network_form import NetworkForm
from gui.panels.preset_form import PresetForm
from gui.panels.regularization_form import RegularizationForm
from gui.panels.run_editor import RunEditor
from gui.panels.start_form import StartForm
from gui.panels.training_form import TrainingForm
from gui.session import Session
from gui.shortcuts import UndoKeys
from gui.widgets.wheel_guard import WheelGuard

WIDTH = 300


class SettingsPanel(QScrollArea):
    """Preset, layers, training, data: what is most used comes first.

    Attributes
    ----------
    preset, network, training, data, augmentation, regularization, start, ink : QWidget
        The forms.
    undo_stack : QUndoStack
        Every change of the settings, to be taken back and done again.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.editor = RunEditor(session, self)
        content = QWidget(self)
        self.preset = PresetForm(self.editor, content)
        self.network = NetworkForm(self.editor, content)
        self.training = TrainingForm(self.editor, content)
        self.data = DataForm(self.editor, content)
        self.augmentation = AugmentationForm(self.editor, content)
        self.regularization = RegularizationForm(self.editor, content)
        self.start = StartForm(self.editor, content)
        self.ink = InkForm(self.editor, content)
        self._arrange(content)
        self.editor.fill(fresh=True)
        self._guard = WheelGuard(self)
        self._guard.watch(content)
        UndoKeys(self, self.undo_stack)

    @property
    def undo_stack(self) -> QUndoStack:
        """Every change of the settings, to be taken back and done again."""
        return self.editor.undo_stack

    def set_run(self, run: RunSpec) -> None:
        """Use `run` and show it in all controls, with nothing to undo before it.

        Raises
        ------
        SettingError
            When it does not fit the data; the settings before stay.
        """
        self._session.set_run(run)
        self.undo_stack.clear()
        self.editor.fill(fresh=True)

    def use(self, run: RunSpec, title: str) -> None:
        """Use `run` and show it in all controls; this can be undone, under the name of `title`."""
        try:
            self.editor.replace(run, title)
        except SettingError as error:
            self._session.problem.emit(error)

    def sizeHint(self) -> QSize:
        """Return the width that fits everything."""
        return QSize(WIDTH, 70 * theme.SPACE)

    def minimumSizeHint(self) -> QSize:
        """Return the width below which something would be cut off, whatever the font."""
        content = self.widget()
        needed = content.minimumSizeHint().width() if content is not None else 0
        return QSize(max(WIDTH, needed + self.verticalScrollBar().sizeHint().width()), 10 * theme.SPACE)

    def _arrange(self, content: QWidget) -> None:
        column = QVBoxLayout(content)
        column.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, 2 * theme.SPACE)
        column.setSpacing(2 * theme.SPACE)
        for form in (self.preset, self.network, self.training, self.data):
            column.addWidget(form)
        for section in (self.augmentation, self.regularization, self.start, self.ink):
            section.setContentsMargins(theme.SPACE, 0, theme.SPACE, 0)
            column.addWidget(section)
        column.addStretch(1)
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFocusProxy(self.preset.combo)
        self.setAccessibleName("Settings")
