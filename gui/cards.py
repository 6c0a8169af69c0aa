"""Opens the cards of the present network and of the Reader."""

from __future__ import annotations

from collections.abc import Sequence
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
from gui.my_digits import MyDigits
from gui.session import Session
from gui.widgets.teach_work import shipped_model


class Cards(QObject):
    """Makes each dialog when it is first asked for, and keeps it up to date.

    Attributes
    ----------
    network, reader : CardDialog or None
    """

    def __init__(self, session: Session, document: Document, my_digits: MyDigits, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._document, self._my_digits, self._window = session, document, my_digits, window
        self.network: CardDialog | None = None
        self.reader: CardDialog | None = None

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
