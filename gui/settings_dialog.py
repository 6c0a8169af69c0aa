"""The settings of the program itself."""

from __future__ import annotations

from PySide6.QtCore import QSettings, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QFormLayout, QLabel, QPushButton, QWidget

from engine import kept_models
from engine.errors import DigitLabError
from gui import theme
from gui.theme import SPACE

MODES: dict[theme.Mode, str] = {"system": "As the system", "light": "Light", "dark": "Dark"}


class SettingsDialog(QDialog):
    """Theme and places; every choice takes effect at once and is remembered."""

    def __init__(self, settings: QSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Settings")
        self._settings = settings
        self.mode = QComboBox(self)
        for mode, title in MODES.items():
            self.mode.addItem(title, mode)
        self.mode.setCurrentIndex(self.mode.findData(theme.switch().mode))
        self.mode.setAccessibleName("Theme")
        self.mode.setToolTip("Light or dark; the plots follow.")
        self.mode.activated.connect(self._choose_mode)
        self.folder = QPushButton("Open the folder", self)
        self.folder.setToolTip("Shows the folder with the best network of every run.")
        for widget in (self.mode, self.folder):
            widget.setWhatsThis(widget.toolTip())
        self.folder.clicked.connect(self._open_folder)
        form = QFormLayout(self)
        form.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        form.setSpacing(SPACE)
        form.addRow("Theme", self.mode)
        form.addRow("Kept models", self.folder)
        self.where = QLabel(_folder_text(), self)
        self.where.setProperty("role", "muted")
        self.where.setWordWrap(True)
        self.where.setTextFormat(Qt.TextFormat.PlainText)
        form.addRow("", self.where)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        form.addRow(buttons)
        self.setMinimumWidth(50 * SPACE)

    def _choose_mode(self, _index: int) -> None:
        mode = self.mode.currentData()
        theme.switch().choose(mode)
        self._settings.setValue("theme", mode)

    def _open_folder(self) -> None:
        try:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(kept_models.folder())))
        except DigitLabError as error:
            self.where.setText(str(error))


def _folder_text() -> str:
    try:
        return str(kept_models.folder())
    except DigitLabError as error:
        return str(error)
