"""Asks how a run is to be recorded, and shows how far the recording is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QWidget,
)

from engine.errors import DigitLabError
from gui import theme
from gui.animation import FORMATS, MOST_FRAMES, Recorder, Recording
from gui.session import Session
from gui.widgets.choices import explain
from gui.widgets.dialog_button import dialog_button
from gui.widgets.figures import label

FILTERS = {
    "GIF picture (*.gif)": ".gif",
    "Animated PNG (*.png)": ".png",
    "Animated WebP (*.webp)": ".webp",
}
FRAMES, WIDTHS, RATES = (30, 60, MOST_FRAMES), (480, 640, 960), (6, 12, 24)


class RecordingDialog(QDialog):
    """What to record, how many moments of it, how large and how fast."""

    def __init__(self, titles: list[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export animation")
        self.what = _box("What", "What the animation shows.", titles)
        self.frames = _box(
            "Moments", "How many moments of the run become pictures, evenly spread.", [f"at most {n}" for n in FRAMES]
        )
        self.width_box = _box(
            "Width",
            "How wide the pictures are; never wider than on the screen, and smaller where there are many of them.",
            [f"at most {n} pixels" for n in WIDTHS],
        )
        self.rate = _box("Speed", "How fast the animation plays.", [f"{n} pictures a second" for n in RATES])
        for box in (self.frames, self.width_box, self.rate):
            box.setCurrentIndex(1)
        form = QFormLayout(self)
        form.setContentsMargins(2 * theme.SPACE, 2 * theme.SPACE, 2 * theme.SPACE, 2 * theme.SPACE)
        form.setSpacing(theme.SPACE)
        for box in (self.what, self.frames, self.width_box, self.rate):
            form.addRow(box.accessibleName(), box)
        note = label("While it is recorded, the window goes through the run; then it comes back.", "muted")
        note.setWordWrap(True)
        form.addRow(note)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.record = QPushButton("Record…")
        self.record.setToolTip("Asks for the file, then records.")
        self.record.setWhatsThis(self.record.toolTip())
        self.record.setProperty("primary", True)
        self.record.setDefault(True)
        buttons.addButton(self.record, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        form.addRow(buttons)
        self.setMinimumWidth(45 * theme.SPACE)

    def recording(self, path: Path) -> Recording:
        """Return what was chosen, for a file."""
        boxes = ((FRAMES, self.frames), (WIDTHS, self.width_box), (RATES, self.rate))
        frames, width, rate = (values[box.currentIndex()] for values, box in boxes)
        return Recording(path, frames, width, rate)


class TimeExport(QWidget):
    """How far the recording is, and a button that gives it up.

    Signals
    -------
    busy_changed : (bool,)
        Whether something is being recorded from now on.
    """

    busy_changed = Signal(bool)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._sources: dict[str, Callable[[], QWidget]] = {}
        self.recorder = Recorder(session, self)
        self.sentence, self.bar = label("", "muted"), QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of the recording")
        self.cancel = dialog_button("Cancel", "Gives the recording up; nothing is written.", self.recorder.cancel, self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACE)
        row.addWidget(self.sentence)
        row.addWidget(self.bar, 1)
        row.addWidget(self.cancel)
        self.recorder.progressed.connect(self._on_progress)
        self.recorder.writing.connect(self._on_writing)
        self.recorder.finished.connect(self._on_finished)
        self.recorder.failed.connect(self._on_failed)

    @property
    def busy(self) -> bool:
        """Whether something is being recorded."""
        return self.recorder.busy

    def offer(self, title: str, widget: Callable[[], QWidget]) -> None:
        """Offer to record what a widget shows."""
        self._sources[title] = widget

    def ask(self) -> None:
        """Ask how to record, and where to, then begin."""
        dialog = RecordingDialog(list(self._sources), self.window())
        if dialog.exec() == QDialog.DialogCode.Accepted:
            path, chosen = QFileDialog.getSaveFileName(
                self, "Export the animation", "run.gif", ";;".join(FILTERS), next(iter(FILTERS))
            )
            if path:
                self.record(dialog.recording(named(path, chosen)), dialog.what.currentText())
        dialog.deleteLater()

    def record(self, recording: Recording, title: str) -> None:
        """Record what one of the offered widgets shows."""
        widget = self._sources[title]()
        self._widget = widget
        settled = getattr(widget, "settled", None)
        self.bar.setRange(0, recording.frames)
        self._on_progress(0, recording.frames)
        self.recorder.start(recording, self._grab, settled)
        self.busy_changed.emit(self.busy)

    def _grab(self) -> QImage:
        return self._widget.grab().toImage()

    def _on_progress(self, done: int, total: int) -> None:
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        self.sentence.setText(f"Recording: {done} of {total} moments")

    def _on_writing(self) -> None:
        self.bar.setRange(0, 0)
        self.sentence.setText("Writing the animation…")

    def _on_finished(self, path: Path | None) -> None:
        self.busy_changed.emit(False)
        self._session.noted.emit(f"Exported to {path}." if path else "The recording was given up; nothing was written.")

    def _on_failed(self, error: DigitLabError) -> None:
        self.busy_changed.emit(False)
        self._session.problem.emit(error)


def named(path: str, chosen: str) -> Path:
    """Return the path with an ending that says its format: its own, or that of the chosen kind of file."""
    given = Path(path)
    return given if given.suffix.lower() in FORMATS else given.with_name(given.name + FILTERS.get(chosen, ".gif"))


def _box(name: str, help: str, texts: list[str]) -> QComboBox:  # noqa: A002
    made = QComboBox()
    made.addItems(texts)
    explain(made, name, help)
    return made
