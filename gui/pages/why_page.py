"""The page that says why a drawing is read as it is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from engine.errors import DigitLabError
from engine.explanation.gradient import input_times_gradient
from engine.explanation.occlusion import SIDES
from engine.explanation.patch import Change
from gui import theme
from gui.pages.live_page import LivePage
from gui.session import Session
from gui.widgets.choice_box import ChoiceBox
from gui.widgets.figures import ElidedLabel, label, placeholder, sentences
from gui.widgets.why_card import WhyCard
from gui.widgets.why_digits import WhyDigits
from gui.widgets.why_similar import WhySimilar
from gui.widgets.why_subject import Subject, Subjects
from gui.widgets.why_words import (
    CHANGE_HELP,
    GRADIENT_HELP,
    OCCLUSION_HELP,
    answer_words,
    change_words,
    cover_words,
    heat_words,
)
from gui.widgets.why_work import WhyWork

REFRESH_MS = 100
NO_DRAWING = "Nothing is drawn. Draw a digit, and see what speaks for and against the answer."
NO_NUMBERS = (
    "The network's numbers are no numbers any more: it came apart while it learned. There is nothing to explain."
)
COLOURS = "Orange speaks for {}, blue against it. Point at a pixel to read its number."
_WHOSE = (
    ("reader", "Explain the Reader", "The Reader reads the pad now: this is the answer that you see beside it."),
    ("own", "Explain this network", "The network of this window, which does not read the pad now."),
)


class WhyPage(LivePage):
    """Heat maps over the strokes, the smallest change that changes the answer, and similar training images.

    The first heat map follows every stroke; what takes longer is done in the background when the drawing rests.

    Signals
    -------
    image_chosen : (ndarray of shape (28, 28), int)
        A training image that was clicked, and its true class.
    """

    image_chosen = Signal(object, int)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(REFRESH_MS, parent)
        self._session, self._subjects = session, Subjects(session)
        self.work = WhyWork(session.tasks, self)
        self._image: NDArray[np.uint8] | None = None  # what is explained
        self._subject: Subject | None = None
        self._digit = 0
        self._pointed = False
        self._falls: NDArray[Any] | None = None
        self._build(session)
        self._arrange()
        self._connect()

    # --- building -----------------------------------------------------------------------------------------

    def _build(self, session: Session) -> None:
        self.answer, self.digits = ElidedLabel("", "title"), WhyDigits()
        self.whose = ChoiceBox(_WHOSE)
        self.whose.setAccessibleName("Whose answer")
        self.side = ChoiceBox(tuple((str(side), f"{side} × {side}", "") for side in SIDES))
        self.side.show_name("3")
        self.side.setAccessibleName("Covered at a time")
        for box, text in (
            (self.whose, "Whose answer is explained: the Reader's, who reads the pad, or this network's."),
            (self.side, "The square of pixels that is covered at a time, for the second picture."),
        ):
            box.setToolTip(text)
            box.setWhatsThis(text)
        self.heat = WhyCard("Input × gradient", "Simonyan ’13, Shrikumar ’16", GRADIENT_HELP)
        self.cover = WhyCard("Occlusion", "Zeiler & Fergus ’14", OCCLUSION_HELP)
        self.change = WhyCard("Smallest change", "Erased (blue) or filled (orange)", CHANGE_HELP, has_scale=False)
        self.similar = WhySimilar(session)
        self.readout, self.empty = sentences(lines=1), placeholder(NO_DRAWING)
        self.readout.setProperty("role", "")

    def _arrange(self) -> None:
        head, cards, page = QHBoxLayout(), QHBoxLayout(), QWidget()
        head.setSpacing(theme.SPACE)
        head.addWidget(self.answer, 1)
        head.addWidget(self.whose)
        head.addWidget(label("Cover", "muted"))
        head.addWidget(self.side)
        cards.setSpacing(2 * theme.SPACE)
        for card in (self.heat, self.cover, self.change):
            cards.addWidget(card, 1)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACE)
        column.addLayout(head)
        column.addWidget(self.digits)
        column.addLayout(cards, 100)
        column.addWidget(self.readout)
        column.addWidget(self.similar)
        column.addStretch(1)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(page)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, 4)
        whole.addWidget(self._stack)

    def _connect(self) -> None:
        session, work = self._session, self.work
        session.drawing_changed.connect(self._redraw)
        session.dataset_changed.connect(self._on_dataset)
        for signal in (session.shown_changed, session.reader_changed, session.state_changed):
            signal.connect(self._on_news)
        session.network_replaced.connect(self._on_network)
        self.digits.chosen.connect(self._redraw)
        self.whose.chosen.connect(self._redraw)
        self.side.chosen.connect(self._on_side)
        self.heat.picture.pointed.connect(self._on_heat_pointed)
        self.cover.picture.pointed.connect(self._on_cover_pointed)
        self.similar.chosen.connect(self.image_chosen)
        work.covered.connect(self._on_covered)
        work.changed.connect(self._on_changed)
        work.failed.connect(self._on_failed)

    # --- what is shown ------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Explain the answer to the drawing by the weights of now."""
        super().refresh()
        self.whose.setVisible(self._subjects.can_choose)
        image, before = self._session.drawing, self._subject
        subject = self._subjects.subject(own=self.whose.name == "own")
        reading = None if image is None else subject.reader.read(image)
        if image is None or reading is None or not np.isfinite(reading.shares).all():
            self._show_nothing(NO_DRAWING if image is None else NO_NUMBERS)
            return
        other_subject = before is None or before.is_own != subject.is_own
        other_image = self._image is None or not np.array_equal(image, self._image)
        self._image, self._subject = image, subject
        self._stack.setCurrentIndex(1)
        self.digits.show_names(reading.names, reading.digit)
        self.answer.show_text(answer_words(reading, subject.name))
        self._digit = reading.digit if self.digits.choice is None else self.digits.choice
        self._show_heat()
        if not self._pointed:
            self._read_out("")
        if other_subject or other_image:
            self._start()
        elif before is not None and before.snapshot is not subject.snapshot:
            self.work.follow_weights(subject)
        self.similar.follow(subject, image, anew=other_image)

    def _show_nothing(self, why: str) -> None:
        self._image = None
        self.work.stop()
        self.similar.stop()
        self.empty.setText(why)
        self._stack.setCurrentIndex(0)

    def _show_heat(self) -> None:
        """Show both heat maps for the digit that is chosen."""
        assert self._subject is not None
        assert self._image is not None
        heat = input_times_gradient(self._subject.reader.network, self._image, self._digit)
        self.heat.picture.show_heat(self._image, heat)
        self.heat.show_scale(known=True)
        self._show_falls()

    def _show_falls(self) -> None:
        known = self._falls is not None
        falls = None if self._falls is None else self._falls[self._digit]
        self.cover.picture.show_heat(self._image, falls, "" if known else "Covering…")
        self.cover.show_scale(known=known)

    def _start(self) -> None:
        """Begin anew with what takes longer."""
        if self._subject is None or self._image is None:
            return
        self._falls = None
        self._show_falls()
        self.change.picture.show_change(self._image, None, "Searching…")
        self.change.sentence.setText("")
        self.work.follow_drawing(self._subject, self._image, int(self.side.name))

    def _on_covered(self, falls: NDArray[Any]) -> None:
        self._falls = falls
        self._show_falls()

    def _on_changed(self, change: Change | None) -> None:
        self.change.picture.show_change(self._image, change)
        if self._subject is not None:
            self.change.sentence.setText(change_words(change, self._subject.reader.names))

    def _on_failed(self, error: DigitLabError) -> None:
        self.change.sentence.setText(str(error))

    def _on_heat_pointed(self, place: tuple[int, int] | None) -> None:
        heat = self.heat.picture.heat
        known = place is not None and heat is not None and self._image is not None
        self._read_out(heat_words(self._image, heat, place, self._name) if known else "")  # type: ignore[arg-type]

    def _on_cover_pointed(self, place: tuple[int, int] | None) -> None:
        falls = self.cover.picture.heat
        known = place is not None and falls is not None
        self._read_out(cover_words(falls, place, int(self.side.name), self._name) if known else "")  # type: ignore[arg-type]

    def _read_out(self, words: str) -> None:
        """Say what is pointed at, or what the colours mean."""
        self._pointed = bool(words)
        self.readout.setText(words or COLOURS.format(self._name))

    @property
    def _name(self) -> str:
        return "" if self._subject is None else self._subject.reader.names[self._digit]

    # --- news ---------------------------------------------------------------------------------------------

    def _on_network(self) -> None:
        self._subject = None
        self.similar.forget()
        self._news = True

    def _on_dataset(self, _dataset: Any) -> None:
        self.similar.forget()
        self._news = True

    def _on_side(self, _name: str) -> None:
        self._start()

    def showEvent(self, event: QShowEvent) -> None:
        """Begin to follow the drawing and the weights."""
        self._image, self._news = None, True  # what was dropped when the page was hidden is begun anew
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop: nobody sees it."""
        super().hideEvent(event)
        self.work.stop()
        self.similar.stop()
