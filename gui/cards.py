"""The cards of the present network and of the Reader: opened, and measured for by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from importlib.resources import files
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from engine.datasets.dataset import DIGITS
from engine.errors import DigitLabError
from engine.model import Model
from engine.own_digits.digit import OwnDigit
from engine.teaching.files import load_taught
from gui.card_dialog import CardDialog
from gui.document import Document
from gui.model_writing import Written, measure_more
from gui.my_digits import MyDigits
from gui.session import Session
from gui.shipped_reader import shipped_model
from gui.worker import TaskThread

MEASURING = "Measuring on your pen files and digits…"


class Cards(QObject):
    """Makes each dialog when it is first asked for, and keeps it up to date.

    Every run that is kept is measured on the user's pen files and digits, as far as it did not learn from them.

    Attributes
    ----------
    network, reader : CardDialog or None
    """

    def __init__(self, session: Session, document: Document, my_digits: MyDigits, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._document, self._my_digits, self._window = session, document, my_digits, window
        self.network: CardDialog | None = None
        self.reader: CardDialog | None = None
        self._measuring: TaskThread | None = None
        document.measured.connect(self._measure_more)

    def show_network(self) -> None:
        """Open the card of the present network."""
        if self.network is None:
            self.network = self._made("Card of this network")
            self.network.scored.connect(self._document.add_scores)
            for signal in (self._document.changed, self._document.kept, self._session.evaluation_changed):
                signal.connect(self.network.refresh)
        _present(self.network)

    def show_reader(self) -> None:
        """Open the card of the Reader, or say why there is none."""
        try:
            self._reader_model()
        except DigitLabError as error:
            self._session.problem.emit(error)
            return
        if self.reader is None:
            self.reader = self._made("Card of the Reader", reader_page())
            self._session.reader_changed.connect(self.reader.refresh)
        _present(self.reader)

    def _measure_more(self, path: Path, model: Model) -> None:
        """Measure what was kept on what the user has: after everything else, since it may take a while."""
        tasks, files, digits = self._session.tasks, self._all_files(), self._all_digits()
        if self._measuring is not None:
            tasks.forget(self._measuring)
            self._measuring = None
        if files or digits:
            work = partial(measure_more, path, model, files, list(digits))
            self._measuring = tasks.start(MEASURING, work, self._on_measured, self._on_not_measured)

    def _on_measured(self, written: Written) -> None:
        self._measuring = None
        _, model = written
        self._document.add_scores(model, model.record.scores)
        if self.network is not None:
            self.network.refresh()

    def _on_not_measured(self, error: DigitLabError) -> None:
        self._measuring = None
        self._session.problem.emit(error)

    def _made(self, title: str, page: str = "") -> CardDialog:
        model = self._reader_model if page else self._network_model
        digits = self._all_digits if page else self._digits
        files_of = self._all_files if page else self._files
        return CardDialog(title, self._session.tasks, model, files_of, digits, page, self._window)

    def _network_model(self) -> Model:
        return self._document.model

    def _reader_model(self) -> Model:
        taught = load_taught() if self._session.taught else None
        return taught or shipped_model()

    def _all_files(self) -> list[Path]:
        return self._document.pen_files.paths

    def _all_digits(self) -> Sequence[OwnDigit]:
        return self._my_digits.digits

    def _files(self) -> list[Path]:
        """Return the pen files for the present network, if it reads digits at all."""
        return self._all_files() if self._session.names == DIGITS else []

    def _digits(self) -> Sequence[OwnDigit]:
        return self._all_digits() if self._session.names == DIGITS else []


def reader_page() -> str:
    """Return the page about the Reader that comes with the program, as Markdown."""
    return files("resources").joinpath("models", "reader.md").read_text(encoding="utf-8")


def _present(dialog: CardDialog) -> None:
    if dialog.isVisible():
        dialog.refresh()
    dialog.show()
    dialog.activateWindow()
