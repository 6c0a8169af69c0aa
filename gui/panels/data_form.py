"""The form for where the images come from."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtGui import QUndoCommand
from PySide6.QtWidgets import QFileDialog, QLabel, QSizePolicy, QVBoxLayout, QWidget

from engine.datasets import DATASET_WORDS, Dataset, DatasetSource, words_of
from engine.datasets.joined import SIGN
from engine.errors import DigitLabError
from engine.fields import parameter
from engine.specs import RunSpec
from gui import theme
from gui.panels.run_editor import RunEditor
from gui.widgets.choice_box import ChoiceBox
from gui.widgets.extra_data import ExtraData
from gui.widgets.field import ErrorLine
from gui.widgets.setting_field import SettingField

HELP = "Where the images come from. What is loaded stays until the other data has been read without a fault."
NOTHING = "No data is loaded yet. Choose where the images come from."


class DataCommand(QUndoCommand):
    """A change from one dataset word to another; going back loads the data again."""

    def __init__(self, form: DataForm, before: str, after: str) -> None:
        super().__init__("Data")
        self._form, self._before, self._after = form, before, after
        self._done = True  # it is pushed when the data has been loaded already

    def undo(self) -> None:
        """Load what there was before."""
        self._form.restore(self._before)

    def redo(self) -> None:
        """Load what came after, except when that is where we are."""
        if self._done:
            self._done = False
        else:
            self._form.restore(self._after)


class DataForm(QWidget):
    """The source of the images, what is learned from besides, and the share that is held back."""

    def __init__(self, editor: RunEditor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._undo_stack = editor.session, editor.undo_stack
        self._word = "" if self._session.dataset is None else self._session.dataset.word
        self._wanted: list[str] = []
        self._restoring = False
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
        self.extras = ExtraData(self)
        self.validation = SettingField(parameter(RunSpec, "validation_split"), self)
        editor.bind(self.validation, "run", "validation_split")
        self._arrange()
        # Not currentIndexChanged: choosing "CSV table…" once more opens another file.
        self.combo.activated.connect(self._on_activated)
        self.extras.added.connect(self._on_added)
        self.extras.removed.connect(self._on_removed)
        self._session.dataset_changed.connect(self._on_loaded)
        self._session.dataset_failed.connect(self._on_failed)
        self._session.tasks.said.connect(self._on_said)
        self._show()

    def _on_activated(self, index: int) -> None:
        source = DATASET_WORDS[index]
        if source.needs:
            self._ask(source, self._use)
        else:
            self._use(source)

    def _on_added(self, source: DatasetSource) -> None:
        if source.needs:
            self._ask(source, self._add)
        else:
            self._add(source)

    def _on_removed(self, word: str) -> None:
        first, *extras = self._wanted
        self._load([first, *(extra for extra in extras if extra != word)])

    def _use(self, source: DatasetSource, path: str = "") -> None:
        """Load other data; what is learned from besides stays."""
        word = source.word(path)
        self._load([word, *(extra for extra in self._wanted[1:] if extra != word)])

    def _add(self, source: DatasetSource, path: str = "") -> None:
        word = source.word(path)
        if word in self._wanted:
            self.error.say(f"{title_of(word)} is in use already; nothing was added.")
        else:
            self._load([*self._wanted, word])

    def _ask(self, source: DatasetSource, then: Callable[[DatasetSource, str], None]) -> None:
        """Let the user choose a file or a folder, without blocking the window."""
        dialog = QFileDialog(self, source.title)
        if source.needs == "folder":
            dialog.setFileMode(QFileDialog.FileMode.Directory)
            dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        else:
            dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
            dialog.setNameFilters([f"{source.title} ({' '.join(source.patterns)})", "All files (*)"])
        dialog.fileSelected.connect(partial(then, source))
        dialog.rejected.connect(self._show)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def restore(self, word: str) -> None:
        """Load data that was in use before, which is no step of its own for undo."""
        self._restoring = True
        self._load(words_of(word))

    def _load(self, words: list[str]) -> None:
        self.error.say("")
        self._wanted = words
        self._session.load(SIGN.join(words))
        self._say_status()

    def _on_loaded(self, dataset: Dataset) -> None:
        self.error.say("")
        before, self._word = self._word, dataset.word
        if before not in ("", dataset.word) and not self._restoring:
            self._undo_stack.push(DataCommand(self, before, dataset.word))
        self._restoring = False
        self._show()

    def _on_failed(self, error: DigitLabError) -> None:
        self._restoring = False
        self._show()
        dataset = self._session.dataset
        kept = f" {dataset.title} stays in use." if dataset is not None else ""
        self.error.say(f"{error}{kept}")

    def _on_said(self, _sentence: str) -> None:
        self._say_status()

    def _show(self) -> None:
        """Show the source that is in use."""
        word = self._session.dataset.word if self._session.dataset is not None else self._session.run.dataset
        self._wanted = words_of(word)
        self.combo.show_name(source_of(word).name)
        self.extras.show_words(self._wanted[0], [(extra, title_of(extra)) for extra in self._wanted[1:]])
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
        for widget in (title, self.combo, self.status, self.extras, self.error, self.validation):
            column.addWidget(widget)


def source_of(word: str) -> DatasetSource:
    """Return the source that a dataset word belongs to; the first one where it joins several."""
    first = words_of(word)[0]
    exact = [source for source in DATASET_WORDS if source.name == first]
    return (exact or [s for s in DATASET_WORDS if s.needs and first.startswith(f"{s.name}:")] or DATASET_WORDS[:1])[0]


def title_of(word: str) -> str:
    """Return what people call the data of a dataset word: its file, or the name of its source."""
    source = source_of(word)
    return Path(word.removeprefix(f"{source.name}:")).name if source.needs else source.title
