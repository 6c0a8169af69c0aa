"""The dock with the drawing pad: draw, and see what the network sees and what it answers."""

from __future__ import annotations

from typing import cast, get_args

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSettings, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent, QShowEvent, QUndoStack
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from engine.datasets.dataset import DIGITS, Dataset
from engine.network import Snapshot
from engine.pen.drawn import Drawn, Strokes
from gui import theme
from gui.panels.drawing_actions import DrawingActions
from gui.panels.pad_labels import PadLabels
from gui.panels.pad_pictures import PadPictures
from gui.panels.pad_reading import PadReading, doubt
from gui.session import Session
from gui.shipped_reader import ReadBy
from gui.widgets.answer_timeline import AnswerTimeline
from gui.widgets.answer_view import AnswerView
from gui.widgets.answer_words import digit_answer, number_answer
from gui.widgets.drawing import Drawing, placed
from gui.widgets.network_view import NetworkView
from gui.widgets.pad import Pad
from gui.widgets.pad_corrections import PadCorrections
from gui.widgets.pad_tools import PadTools
from gui.widgets.probability_bars import ProbabilityBars
from gui.widgets.square_row import SquareRow

KEPT_CHANGES = 200
_SMALL_VIEW, _LARGE_VIEW, _HIGH = 112, 140, 760


class DrawingPanel(QWidget):
    """A pad, the 28x28 image made of it, and the answer, always up to date.

    Parameters
    ----------
    session : Session
        Its `drawing` is what is on the pad; its `pad_reader` answers.

    Attributes
    ----------
    undo_stack : QUndoStack
        What was done on the pad.
    drawing_actions : DrawingActions
        What the buttons do; also single ones such as `test_action`, for menus.
    show_test_image, open_picture : callable
        Show a random image of the test set; a picture file, or an image of any size.
    labels : PadLabels
        Takes the digit that the drawing is said to be.

    Signals
    -------
    labelled : (Drawn or ndarray of shape (28, 28), int)
        Somebody said which digit the drawing is.
    widened : (bool,)
        The pad is twice as wide as high from now on, or a square again.
    """

    labelled = Signal(object, int)
    widened = Signal(bool)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.undo_stack = QUndoStack(self)
        self.undo_stack.setUndoLimit(KEPT_CHANGES)
        self._settings: QSettings | None = None
        self._names: tuple[str, ...] = ()
        self._looked_at = Drawing()
        self._make_widgets()
        self._make_actions()
        self._arrange()
        self._connect()
        self._on_dataset(session.dataset)
        self._show()

    # --- building -----------------------------------------------------------------------------------------

    def _make_widgets(self) -> None:
        self.pad = Pad(self.undo_stack)
        self.reading = PadReading(self.session, self.pad, self)
        self.pictures = PadPictures(self.session, self.pad, self)
        self.show_test_image, self.open_picture = self.pictures.show_test_image, self.pictures.open_picture
        self.answer, self.bars, self.timeline = AnswerView(), ProbabilityBars(), AnswerTimeline()
        self.labels = PadLabels(self.pad, self.reading)
        self.view, self.corrections = NetworkView(), PadCorrections()
        self._view_title = QLabel("The network sees")
        self._view_title.setProperty("role", "muted")
        self._view_title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def _make_actions(self) -> None:
        made = self.drawing_actions = DrawingActions(self, self.undo_stack)
        self.undo_action, self.redo_action, self.eraser_action = made.undo, made.redo, made.eraser
        self.test_action, self.wrong_action, self.clear_action = made.test, made.wrong, made.clear
        self.replay_action, self.wide_action = made.replay, made.wide
        self.copy_action, self.copy_small_action, self.paste_action = made.copy, made.copy_small, made.paste

    def _arrange(self) -> None:
        self._row = SquareRow(self.pad, PadTools(*self.drawing_actions.buttons))
        seen = QVBoxLayout()
        seen.setSpacing(theme.SPACE // 2)
        seen.addWidget(self._view_title)
        seen.addWidget(self.view)
        seen.addWidget(self.corrections, 1)
        reading = QHBoxLayout()
        reading.setSpacing(theme.SPACE * 2)
        reading.addLayout(seen)
        reading.addWidget(self.bars, 1)
        page = QVBoxLayout(self)
        page.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE)
        page.setSpacing(theme.SPACE)
        page.addWidget(self._row, 100)
        page.addWidget(self.answer)
        page.addWidget(self.labels)
        page.addLayout(reading, 1)
        page.addWidget(self.timeline, 1)
        page.addStretch()
        self.setMinimumWidth(264)
        self.setFocusProxy(self.pad)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # digit keys mean the drawing after a click anywhere here

    def _connect(self) -> None:
        # As long as pen moves are waiting in the event queue, only the latest is worth an answer.
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._prepare)
        self.pad.changed.connect(self._soon.start)
        self.pad.pointed.connect(self.reading.point)
        self.pad.picture_given.connect(self.open_picture)
        self.reading.changed.connect(self._show)
        self.reading.renewed.connect(self.timeline.clear)
        self._connect_actions()
        self.bars.picked.connect(self.labels.say)
        self.labels.asked.connect(self._prepare)
        self.labels.labelled.connect(self.labelled)
        self.labels.choice.chosen.connect(self._on_choice)
        self.session.shown_changed.connect(self._on_snapshot)
        self.session.state_changed.connect(self._on_reader)
        self.session.reader_changed.connect(self._on_reader)
        self.session.network_replaced.connect(self._on_network)
        self.session.dataset_changed.connect(self._on_dataset)
        theme.switch().changed.connect(self.drawing_actions.dress)

    def _connect_actions(self) -> None:
        made = self.drawing_actions
        made.eraser.toggled.connect(self.pad.set_eraser)
        made.replay.triggered.connect(self.pad.replay)
        made.wide.toggled.connect(self._on_wide)
        made.test.triggered.connect(self.pictures.show_test_image)
        made.wrong.triggered.connect(self.pictures.show_wrong_image)
        made.clear.triggered.connect(self.pad.clear)
        made.copy.triggered.connect(self.pictures.copy)
        made.copy_small.triggered.connect(self.pictures.copy_small)
        made.paste.triggered.connect(self.pictures.paste)

    def remember_in(self, settings: QSettings) -> None:
        """Use what was chosen the last time: who reads, and the shape of the pad; and remember the choices."""
        self._settings = settings
        who = str(settings.value("pad/read_by", "auto"))
        self.session.read_by(cast(ReadBy, who) if who in get_args(ReadBy) else "auto")
        self.wide_action.setChecked(str(settings.value("pad/wide", "false")) == "true")
        self._show_choice()

    # --- what is on the pad -------------------------------------------------------------------------------

    def strokes(self) -> Strokes:
        """Return the strokes on the pad, each of shape (k, 3): x, y in heights of the pad, y down, and seconds."""
        return self.pad.drawing.strokes

    def show_strokes(self, drawn: Drawn) -> None:
        """Show strokes of any size on the pad; this can be undone."""
        self.pad.replace(placed(drawn, self.pad.aspect), "drawing")

    def show_image(self, image28: NDArray[np.uint8], caption: str, note: str = "taken as it is") -> None:
        """Show an image on the pad; this can be undone, and the next stroke starts afresh.

        Parameters
        ----------
        image28 : ndarray of shape (28, 28), uint8
            0 is background, 255 full ink.
        caption : str
            Where it comes from.
        note : str
            What was done to it on the way to the network.
        """
        self.pictures.show_image(image28, caption, note)

    def _on_wide(self, wide: bool) -> None:
        self.pad.set_wide(wide)
        self._row.arrange()
        self._show_hint()
        if self._settings is not None:
            self._settings.setValue("pad/wide", "true" if wide else "false")
        self.widened.emit(wide)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take a digit as the answer to what the drawing is."""
        if not self.labels.take_key(event):
            super().keyPressEvent(event)

    # --- the answer ---------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        """Look at what is on the pad now."""
        self._soon.stop()
        drawing = self.pad.drawing
        if drawing.empty:
            self.eraser_action.setChecked(False)  # whoever draws next means the pen
        if drawing is not self._looked_at and not self.pad.replaying:
            self._looked_at = drawing
            self.labels.show_choice()
        self.replay_action.setEnabled(bool(drawing.strokes))
        self.copy_action.setEnabled(not drawing.empty)
        self.copy_small_action.setEnabled(not drawing.empty)
        self.reading.prepare()

    def _show(self) -> None:
        """Show what the drawing is read as."""
        seen, reading = self.reading, self.reading.reading
        self._set_names(seen.names)
        own, note = self.session.reads_itself, seen.remark or doubt(self.session)
        self.view.set_image(seen.image)
        self.corrections.show_corrections(seen.corrections, self.pad.drawing.note)
        shares, doubted = (None, False) if reading is None else (reading.shares, reading.verdict == "no digit")
        self.bars.set_shares(shares, faint=doubted)
        self.bars.set_pickable(self.labels.possible)
        if seen.number is not None:
            self.answer.show_answer(number_answer(seen.number.signs, seen.number.sure, note))
            self.pad.show_groups(seen.number.groups, seen.shown)
        else:
            self.answer.show_answer(digit_answer(reading, note))
            self.pad.show_groups((), -1)
        self.timeline.set_still(not own and self.session.reading_by == "reader")
        if reading is not None and not self.session.travelling:
            self.timeline.add(self.session.shown.step if own else 0, reading.shares)

    def _set_names(self, names: tuple[str, ...]) -> None:
        if names != self._names:
            self._names = names
            self.bars.set_names(names)
            self.timeline.set_names(names)

    def _on_snapshot(self, _snapshot: Snapshot) -> None:
        if self.isVisible() and self.session.reads_itself:
            self.reading.read()

    def _on_network(self) -> None:
        self.timeline.clear()
        self._on_reader()

    def _on_choice(self, who: str) -> None:
        self.session.read_by(cast(ReadBy, who))
        if self._settings is not None:
            self._settings.setValue("pad/read_by", who)

    def _on_reader(self, _state: str = "") -> None:
        """Somebody else may read now."""
        self._show_choice()
        if self.isVisible():
            self.reading.read()

    def _show_choice(self) -> None:
        session = self.session
        self.labels.choice.show_choice(session.reading_by, session.reads_itself, session.taught, session.missing)

    def _on_dataset(self, dataset: Dataset | None) -> None:
        self._show_hint()
        for action in (self.test_action, self.wrong_action):
            action.setEnabled(dataset is not None and len(dataset.test_images) > 0)
        self._on_reader()

    def _show_hint(self) -> None:
        names = self.session.names
        # No line may break within a name.
        listed = ", ".join(names).replace("-", "\N{NON-BREAKING HYPHEN}")
        digits = "Write a number here." if self.wide_action.isChecked() else "Draw a digit from 0 to 9 here."
        self.pad.set_hint(digits if names == DIGITS else f"Draw one of these here: {listed}.")

    # --- size ---------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show the network's image larger where there is room."""
        super().resizeEvent(event)
        side = _LARGE_VIEW if self.height() >= _HIGH else _SMALL_VIEW
        self.view.setFixedSize(side, side)

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what the network learned meanwhile."""
        super().showEvent(event)
        self._on_reader()
