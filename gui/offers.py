"""What is offered at the start: the settings of the last time, a training that had not ended, the last network."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from PySide6.QtCore import QObject, QSettings

from engine import kept_models
from engine.errors import DigitLabError
from engine.presets import DEFAULT_PRESET, PRESETS
from engine.runs.reading import looked_at
from engine.runs.row import RunRow, RunState
from engine.runs.run_file import RunFile, path_of
from engine.specs import RunSpec
from gui.document import Document
from gui.library import Library
from gui.session import Session
from gui.widgets.message_bar import MessageBar
from gui.widgets.wording import after


class Offers(QObject):
    """Offers to go on where the last time ended."""

    def __init__(self, session: Session, document: Document, library: Library, message: MessageBar) -> None:
        super().__init__(session)
        self._session, self._document, self._library, self._message = session, document, library, message
        library.offered.connect(self._offer_run)

    def begin(self, *, files: bool) -> None:
        """Look for what can be offered; the last network only if the program was not started with a file."""
        if not files:
            self._offer_last()
        self._library.begin()

    def _offer_last(self) -> None:
        try:
            kept = kept_models.kept()
        except DigitLabError as error:
            self._message.show_error(error)
            return
        if kept:
            sentence = f"Your last network is kept: {kept_models.title(kept[0])}."
            self._message.show_hint(sentence, "Open it", partial(self._document.open, kept[0]))

    def _offer_run(self, row: RunRow) -> None:
        if not self._session.trained:
            what = "You closed the window" if row.state == RunState.PAUSED else "A training was cut off"
            sentence = f"{what} in epoch {_epoch(row)}, {after(row.steps)}: {row.title}. It can go on exactly there."
            self._message.show_hint(sentence, "Go on", partial(self._library.continue_run, row))


def _epoch(row: RunRow) -> str:
    """Return in which epoch a training was left, and of how many if its file says that."""
    with suppress(DigitLabError, KeyError):
        first = looked_at(path_of(row.id), RunFile.facts)["state"]["_first_epoch"]
        goal = first + row.spec.training.epochs
        return f"{min(row.epochs + 1, goal):,} of {goal:,}"
    return f"{row.epochs + 1:,}"


def remembered_run(settings: QSettings) -> RunSpec:
    """Return the settings of the last time; those of the usual preset if there are none or they are unusable."""
    with suppress(ValueError):
        return RunSpec.model_validate_json(str(settings.value("run", "")))
    return PRESETS[DEFAULT_PRESET].run
