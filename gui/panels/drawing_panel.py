"""The dock with the drawing pad: draw, and see what the network sees and what it answers."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction, QFontMetrics, QImage, QKeySequence, QResizeEvent, QShowEvent, QUndoStack
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from engine.datasets.dataset import DIGITS, Dataset
from engine.errors import DigitLabError
from engine.ink import render
from engine.network import Snapshot
from gui import theme
from gui.icons import icon
from gui.session import Session
from gui.tasks import TaskThread
from gui.widgets import given_picture
from gui.widgets.answer_timeline import AnswerTimeline
from gui.widgets.answer_view import AnswerView
from gui.widgets.drawing import PEN_WIDTH, Drawing, Points
from gui.widgets.network_view import NetworkView
from gui.widgets.pad import Pad
from gui.widgets.probability_bars import ProbabilityBars
from gui.widgets.square_row import SquareRow

KEPT_CHANGES = 200
_SMALL_VIEW, _LARGE_VIEW, _HIGH = 112, 140, 720


class DrawingPanel(QWidget):
    """A pad, the 28x28 image made of it, and the network's answer, always up to date.

    Parameters
    ----------
    session : Session
        Its `drawing` is what is on the pad; its `reader` answers.

    Attributes
    ----------
    undo_stack : QUndoStack
        What was done on the pad.
    undo_action, redo_action, eraser_action, test_action, clear_action, paste_action : QAction
        What the buttons do, for menus. E works in the whole window; X, Del and Ctrl+V while the keyboard is with
        this panel.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.undo_stack = QUndoStack(self)
        self.undo_stack.setUndoLimit(KEPT_CHANGES)
        self._names: tuple[str, ...] = DIGITS
        self._rng = np.random.default_rng()
        self._reading: TaskThread | None = None
        self._make_widgets()
        self._make_actions()
        self._arrange()
        self._connect()
        if session.dataset is not None:
            self._on_dataset(session.dataset)
        self._read_again()

    # --- building -----------------------------------------------------------------------------------------

    def _make_widgets(self) -> None:
        self.pad = Pad(self.undo_stack)
        self.view = NetworkView()
        self.answer = AnswerView()
        self.bars = ProbabilityBars()
        self.timeline = AnswerTimeline()
        self._view_title = QLabel("The network sees")
        self._note = QLabel()
        self._note.setWordWrap(True)
        self._note.setAlignment(Qt.AlignmentFlag.AlignTop)
        # Room for two lines at all times, or the pad would shrink at the first touch.
        self._note.setMinimumHeight(2 * QFontMetrics(theme.font(9)).lineSpacing())
        self._note.setAccessibleName("What was done to the drawing")
        for label in (self._view_title, self._note):
            label.setProperty("role", "muted")
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def _make_actions(self) -> None:
        self.undo_action = self.undo_stack.createUndoAction(self, "Undo")
        self.redo_action = self.undo_stack.createRedoAction(self, "Redo")
        self.eraser_action = QAction("Eraser", self)
        self.test_action = QAction("Show a test image", self)
        self.clear_action = QAction("Clear the pad", self)
        self.paste_action = QAction("Paste a picture", self)
        self.eraser_action.setCheckable(True)
        self.test_action.setEnabled(False)
        self._explain(self.undo_action, "Undo (Ctrl+Z)", "Takes back the last stroke, or whatever was done last.")
        self._explain(self.redo_action, "Redo (Ctrl+Y)", "Does again what was taken back.")
        self._explain(self.eraser_action, "Eraser (X)", "Wipes away what it touches, until it is pressed again.", "X")
        self._explain(
            self.test_action,
            "Show a test image (E)",
            "Puts a random test image on the pad: one that the network has not learned from.",
            "E",
        )
        self.test_action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        wipes = "Wipes the whole pad. Undo brings it back."
        self._explain(self.clear_action, "Clear (Del or right button)", wipes, "Del", "Backspace")
        self._explain(self.paste_action, "Paste a picture (Ctrl+V)", "Shows a copied picture on the pad.", "Ctrl+V")

    def _explain(self, action: QAction, tip: str, help_text: str, *keys: str) -> None:
        action.setToolTip(tip)
        action.setWhatsThis(help_text)
        action.setShortcuts([QKeySequence(key) for key in keys])
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.addAction(action)

    def _arrange(self) -> None:
        tools = QWidget()
        column = QVBoxLayout(tools)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACE // 2)
        for action in (self.eraser_action, self.undo_action, self.redo_action):
            column.addWidget(self._button(action))
        column.addStretch()
        for action in (self.test_action, self.clear_action):
            column.addWidget(self._button(action))
        seen = QVBoxLayout()
        seen.setSpacing(theme.SPACE // 2)
        seen.addWidget(self._view_title)
        seen.addWidget(self.view)
        seen.addWidget(self._note, 1)
        reading = QHBoxLayout()
        reading.setSpacing(theme.SPACE * 2)
        reading.addLayout(seen)
        reading.addWidget(self.bars, 1)
        page = QVBoxLayout(self)
        page.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE)
        page.setSpacing(theme.SPACE)
        page.addWidget(SquareRow(self.pad, tools), 8)
        page.addWidget(self.answer)
        page.addLayout(reading, 3)
        page.addWidget(self.timeline, 3)
        page.addStretch()
        self.setMinimumWidth(264)
        self._dress()

    def _button(self, action: QAction) -> QToolButton:
        button = QToolButton()
        button.setDefaultAction(action)
        button.setAccessibleName(action.text())
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _connect(self) -> None:
        # As long as pen moves are waiting in the event queue, only the latest is worth an answer.
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._prepare)
        self.pad.changed.connect(self._soon.start)
        self.pad.picture_given.connect(self.open_picture)
        self.eraser_action.toggled.connect(self.pad.set_eraser)
        self.test_action.triggered.connect(self.show_test_image)
        self.clear_action.triggered.connect(self.pad.clear)
        self.paste_action.triggered.connect(self.paste)
        self.session.snapshot_changed.connect(self._on_snapshot)
        self.session.network_replaced.connect(self.timeline.clear)
        self.session.dataset_changed.connect(self._on_dataset)
        theme.switch().changed.connect(self._dress)

    def _dress(self) -> None:
        icons = {
            self.undo_action: "mdi6.undo",
            self.redo_action: "mdi6.redo",
            self.eraser_action: "mdi6.eraser",
            self.test_action: "mdi6.dice-5-outline",
            self.clear_action: "mdi6.trash-can-outline",
        }
        for action, name in icons.items():
            action.setIcon(icon(name))

    # --- what is on the pad -------------------------------------------------------------------------------

    def strokes(self) -> tuple[Points, ...]:
        """Return the strokes on the pad, each of shape (k, 2), x to the right and y down, 0 to 1 over the pad."""
        return self.pad.drawing.strokes

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
        self.pad.replace(Drawing(image=np.array(image28, np.uint8), caption=caption, note=note), "image")

    def show_test_image(self) -> None:
        """Show a random image of the test set."""
        dataset = self.session.dataset
        if dataset is not None and len(dataset.test_images):
            index = int(self._rng.integers(len(dataset.test_images)))
            name = dataset.class_names[dataset.test_labels[index]]
            self.show_image(dataset.test_images[index], f"Test image {index + 1:,}: {name}")

    def open_picture(self, picture: Path | QImage) -> None:
        """Show a picture file, or an image of any size, prepared for the network.

        One that cannot be read goes to `session.problem`.
        """
        if self._reading is not None:
            self.session.tasks.forget(self._reading)
        work = partial(given_picture.read, picture)
        self._reading = self.session.tasks.start("Reading the picture…", work, self._on_picture, self._on_no_picture)

    def paste(self) -> None:
        """Show the picture that was copied, or say that there is none."""
        picture = given_picture.picture_in(QApplication.clipboard().mimeData(), any_file=True)
        if picture is None:
            self.session.problem.emit(
                DigitLabError("The clipboard holds no picture.", "Copy a picture of one digit first.")
            )
        else:
            self.open_picture(picture)

    def _on_picture(self, drawing: Drawing) -> None:
        self._reading = None
        self.pad.replace(drawing, "picture")

    def _on_no_picture(self, error: DigitLabError) -> None:
        self._reading = None
        self.session.problem.emit(error)

    # --- the answer ---------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        """Make the network's image of what is on the pad, and let it be read."""
        drawing = self.pad.drawing
        image: NDArray[Any] | None = None
        if drawing.empty:
            self.eraser_action.setChecked(False)  # whoever draws next means the pen
        else:
            image = drawing.image if drawing.image is not None else render(drawing.strokes, dot_below=PEN_WIDTH)
        self.view.set_image(image)
        self.timeline.clear()
        self.session.set_drawing(image)
        self._read_again()

    def _read_again(self) -> None:
        """Let the latest copy of the network read the image."""
        image = self.session.drawing
        shares = None if image is None else self.session.read(image)
        note = "" if self.session.trained else "This network is untrained: it guesses."
        self.bars.set_shares(shares)
        self.answer.show_answer(shares, self._names, note)
        self._note.setText("" if shares is None else self.pad.drawing.note)
        if shares is not None:
            self.timeline.add(self.session.snapshot.step, shares)

    def _on_snapshot(self, _snapshot: Snapshot) -> None:
        if self.isVisible():
            self._read_again()

    def _on_dataset(self, dataset: Dataset) -> None:
        self._names = dataset.class_names
        digits = self._names == DIGITS
        # No line may break within a name.
        listed = ", ".join(self._names).replace("-", "\N{NON-BREAKING HYPHEN}")
        self.pad.set_hint("Draw a digit from 0 to 9 here." if digits else f"Draw one of these here: {listed}.")
        self.bars.set_names(self._names)
        self.timeline.set_names(self._names)
        self.test_action.setEnabled(len(dataset.test_images) > 0)
        self._read_again()

    # --- size ---------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show the network's image larger where there is room."""
        super().resizeEvent(event)
        side = _LARGE_VIEW if self.height() >= _HIGH else _SMALL_VIEW
        self.view.setFixedSize(side, side)

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what the network learned meanwhile."""
        super().showEvent(event)
        self._read_again()
