"""The form for where the images come from."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QFileDialog, QLabel, QSizePolicy, QVBoxLayout, QWidget

from engine.datasets import DATASET_WORDS, Dataset, DatasetSource
from engine.errors import DigitLabError
from engine.fields import parameter
from engine.specs import RunSpec
from gui import theme
from gui.panels.run_editor import RunEditor
from gui.widgets.choice_box import ChoiceBox
from gui.widgets.field import ErrorLine
from gui.widgets.setting_field import SettingField

HELP = "Where the images come from. What is loaded stays until the other data has been read without a fault."
NOTHING = "No data is loaded yet. Choose where the images come from."


class DataForm(QWidget):
    """The source of the images, and the share of them that is held back."""

    def __init__(self, editor: RunEditor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = editor.session
        choices = [(s.name, s.title + "…" * bool(s.needs), s.help) for s in DATASET_WORDS]
        self.combo = ChoiceBox(choices, self)
        self.combo.setMinimumHeight(theme.CONTROL_HEIGHT)
        self.combo.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.combo.setAccessibleName("Data")
        self.combo.setObjectName("dataset")
        self.status = QLabel(self)
        self.status.setProperty("role", "muted")
        self.status.setWordWrap(True)
        self.status.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.error = ErrorLine(self)
        self.validation = SettingField(parameter(RunSpec, "validation_split"), self)
        editor.bind(self.validation, "run", "validation_split")
        self._arrange()
        # Not currentIndexChanged: choosing "CSV table…" once more opens another file.
        self.combo.activated.connect(self._on_activated)
        self._session.dataset_changed.connect(self._on_loaded)
        self._session.dataset_failed.connect(self._on_failed)
        self._session.tasks.said.connect(self._on_said)
        self._show()

    def _on_activated(self, index: int) -> None:
        source = DATASET_WORDS[index]
        if source.needs:
            self._ask(source)
        else:
            self._load(source.word())

    def _ask(self, source: DatasetSource) -> None:
        """Let the user choose a file or a folder, without blocking the window."""
        dialog = QFileDialog(self, source.title)
        if source.needs == "folder":
            dialog.setFileMode(QFileDialog.FileMode.Directory)
            dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        else:
            dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
            dialog.setNameFilters([f"{source.title} ({' '.join(source.patterns)})", "All files (*)"])
        dialog.fileSelected.connect(partial(self._on_selected, source))
        dialog.rejected.connect(self._show)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _on_selected(self, source: DatasetSource, path: str) -> None:
        self._load(source.word(path))

    def _load(self, word: str) -> None:
        self.error.say("")
        self._session.load(word)
        self._say_status()

    def _on_loaded(self, _dataset: Dataset) -> None:
        self.error.say("")
        self._show()

    def _on_failed(self, error: DigitLabError) -> None:
        self._show()
        dataset = self._session.dataset
        kept = f" {dataset.title} stays in use." if dataset is not None else ""
        self.error.say(f"{error}{kept}")

    def _on_said(self, _sentence: str) -> None:
        self._say_status()

    def _show(self) -> None:
        """Show the source that is in use."""
        word = self._session.dataset.word if self._session.dataset is not None else self._session.run.dataset
        self.combo.show_name(source_of(word).name)
        self._say_status()

    def _say_status(self) -> None:
        dataset = self._session.dataset
        if self._session.loading:
            self.status.setText("Loading…")
        elif dataset is None:
            self.status.setText(NOTHING)
        else:
            self.status.setText(
                f"{dataset.title}: {len(dataset.train_images):,} images to learn from, "
                f"{len(dataset.test_images):,} to test with. {dataset.note}".strip()
            )
        for widget in (self, self.combo):
            widget.setToolTip(f"{HELP}\n{self.combo.currentText()}: {self.combo.explanation}")
            widget.setWhatsThis(f"{HELP} {self.combo.currentText()}: {self.combo.explanation}")

    def _arrange(self) -> None:
        title = QLabel("Data", self)
        title.setProperty("role", "title")
        title.setBuddy(self.combo)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.SPACE, 0, theme.SPACE, 0)
        column.setSpacing(theme.SPACE // 2)
        for widget in (title, self.combo, self.status, self.error, self.validation):
            column.addWidget(widget)


def source_of(word: str) -> DatasetSource:
    """Return the source that a dataset word belongs to."""
    exact = [source for source in DATASET_WORDS if source.name == word]
    return (exact or [s for s in DATASET_WORDS if s.needs and word.startswith(f"{s.name}:")] or DATASET_WORDS[:1])[0]
