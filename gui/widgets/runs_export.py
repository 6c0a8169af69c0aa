"""Asks where runs are to be written to, and writes them beside the window."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from engine.errors import DigitLabError
from engine.runs.glance import RunGlance
from gui.session import Session
from gui.widgets.runs_picture import RunsPicture

NAMES = {"csv": "runs.csv", "json": "runs.json", "picture": "runs.png"}
FILTERS = {
    "csv": "CSV table (*.csv)",
    "json": "JSON (*.json)",
    "picture": "PNG picture (*.png);;SVG drawing (*.svg)",
}
# A curve takes a fraction of a millisecond: so many are read between two questions whether to go on.
AT_A_TIME = 50


class RunsExport(QObject):
    """Writes runs to files; what comes of it is said by the session.

    Parameters
    ----------
    session : Session
    window : QWidget
        What the dialogs belong to.
    """

    def __init__(self, session: Session, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._window = session, window
        self._folder = Path()

    def ask(self, kind: str) -> Path | None:
        """Ask where to write to; None if nowhere. A name without an ending gets that of the chosen kind."""
        title = "Export the curves" if kind == "picture" else "Export runs"
        start = str(self._folder / NAMES[kind])
        name, chosen = QFileDialog.getSaveFileName(self._window, title, start, FILTERS[kind])
        if not name:
            return None
        path = Path(name)
        self._folder = path.parent
        if path.suffix:
            return path
        return path.with_suffix(".svg" if "*.svg" in chosen else Path(NAMES[kind]).suffix)

    def write_runs(self, path: Path, runs: list[RunGlance], folder: Path) -> None:
        """Write runs of the library in `folder` to a file: JSON with their curves if its name ends so, else CSV."""
        done = partial(self._on_done, path)
        self._session.tasks.start("Exporting the runs…", partial(_write, path, runs, folder), done, self._on_failed)

    def write_picture(self, path: Path, picture: RunsPicture) -> None:
        """Write a picture to a file."""
        try:
            picture.save(path)
        except DigitLabError as error:
            self._on_failed(error)
        else:
            self._on_done(path, True)

    def _on_done(self, path: Path, written: bool | None) -> None:
        if written:
            self._session.noted.emit(f"Exported to {path}.")

    def _on_failed(self, error: DigitLabError) -> None:
        self._session.problem.emit(error)


def _write(path: Path, runs: list[RunGlance], folder: Path, progress: Any, cancelled: Any) -> bool | None:
    """Write runs to a file, in a thread with a store of its own; return None if that was cancelled."""
    from engine.runs.export import export_csv, export_json
    from engine.runs.store import RunStore

    if path.suffix.lower() != ".json":
        export_csv(path, runs)
        return True
    curves = {}
    with closing(RunStore(folder)) as store:
        for number, run in enumerate(runs):
            if number % AT_A_TIME == 0:
                if cancelled():
                    return None
                progress(f"Reading the curves of run {number + 1:,} of {len(runs):,}…")
            curves[run.id] = store.curve(run.id)
    export_json(path, runs, curves)
    return True
