"""The page that works out one layer for one drawing, number by number."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from engine.arithmetic import Passage, Working, figure, passage
from engine.explanation.shares import share_columns
from gui import theme
from gui.pages.live_page import LivePage
from gui.session import Session
from gui.widgets.arithmetic_cells import StepCells, TermCells
from gui.widgets.arithmetic_controls import ArithmeticControls
from gui.widgets.arithmetic_pictures import ArithmeticPictures
from gui.widgets.arithmetic_shares import ShareCells
from gui.widgets.arithmetic_table import BarDelegate, NumberTable
from gui.widgets.arithmetic_temperature import Temperature
from gui.widgets.arithmetic_words import WorkedLayer, worked_layers
from gui.widgets.figures import ElidedLabel, placeholder, sentences
from gui.widgets.wording import after

REFRESH_MS = 100
NARROW, WIDE, WIDE_FROM = 168, 280, 900
NO_DRAWING = "Nothing is drawn. Draw a digit, and follow every number from the pixels to the answer."
CLICK = "Click a number, or walk to it with the arrow keys, to see how it comes about."
_READER = "The pad is read by the Reader; these are the numbers of this network."


class ArithmeticPage(LivePage):
    """What one unit makes of the drawing, or how ten weighted sums become ten shares.

    It follows the weights in view and the drawing, at most ten times a second and only while it can be seen.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(REFRESH_MS, parent)
        self._session = session
        self._numbers: dict[int, int] = {}  # the output that was last looked at in each layer
        self._passage: Passage | None = None
        self._build()
        self._arrange()
        self._connect()
        self._on_network()

    # --- building -----------------------------------------------------------------------------------------

    def _build(self) -> None:
        self.controls, self.temperature = ArithmeticControls(), Temperature()
        self.terms = NumberTable("Inputs", "The inputs of the unit, each with its weight and their product.")
        self.steps = NumberTable("Steps", "What follows the inputs: bias, weighted sum and activation.", wide=1, left=2)
        self.steps.horizontalHeader().hide()
        self.shares = NumberTable(
            "Shares", "From the weighted sums of the ten output units to their shares, a step in each column.", wide=-1
        )
        self._bars = BarDelegate(self)
        self.pictures, self.title = ArithmeticPictures(), ElidedLabel("", "heading")
        self.sentence, self.state = sentences(CLICK), sentences(lines=1)
        self.sentence.setProperty("role", "")
        self.empty = placeholder(NO_DRAWING)

    def _arrange(self) -> None:
        self._stack = QStackedWidget()
        for part in (self.empty, self._unit_side(), self._shares_side()):
            self._stack.addWidget(part)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, 4)
        column.setSpacing(theme.SPACE)
        column.addWidget(self.controls)
        column.addWidget(self._stack, 1)
        column.addWidget(self.sentence)
        column.addWidget(self.state)

    def _unit_side(self) -> QWidget:
        side, row = QWidget(), QHBoxLayout()
        tables = QVBoxLayout()
        tables.setSpacing(theme.SPACE // 2)
        for widget, stretch in ((self.title, 0), (self.terms, 1), (self.steps, 0)):
            tables.addWidget(widget, stretch)
        row.setSpacing(2 * theme.SPACE)
        row.addWidget(self.pictures)
        row.addLayout(tables, 1)
        row.setContentsMargins(0, 0, 0, 0)
        side.setLayout(row)
        return side

    def _shares_side(self) -> QWidget:
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * theme.SPACE)
        column.addWidget(self.shares)
        column.addWidget(self.temperature)
        column.addStretch(1)
        return side

    def _connect(self) -> None:
        session = self._session
        for signal in (session.shown_changed, session.drawing_changed, session.dataset_changed):
            signal.connect(self._on_news)
        session.reader_changed.connect(self._on_news)
        session.network_replaced.connect(self._on_network)
        self.controls.layer_changed.connect(self._on_layer)
        self.controls.number_changed.connect(self._on_number)
        self.controls.changed.connect(self._redraw)
        self.controls.strongest.connect(self._on_strongest)
        self.temperature.changed.connect(self._redraw)
        for table, other in ((self.terms, self.steps), (self.steps, self.terms)):
            table.explained.connect(self._on_explained)
            table.clicked.connect(other.clear_choice)
        self.shares.explained.connect(self._on_explained)
        self.pictures.output_chosen.connect(self._on_output)
        self.pictures.term_chosen.connect(self._on_term)
        self.pictures.described.connect(self._on_described)

    # --- what is shown ------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Work out what is chosen for the drawing and the weights of now."""
        super().refresh()
        session, layer = self._session, self.controls.layer
        self._say()
        if session.drawing is None:
            self._passage = None
            self._forget_choice("")
            self._stack.setCurrentIndex(0)
            return
        if self._passage is None:
            self.sentence.setText(CLICK)
        self._passage = passage(session.reader, session.drawing)
        if self.controls.shows_shares:
            self._stack.setCurrentIndex(2)
            self._show_shares(self._passage)
            return
        self._stack.setCurrentIndex(1)
        if layer.index not in self._numbers:
            self._numbers[layer.index] = self._strongest(layer)
            self.controls.show_number(self._numbers[layer.index])
        self._show_unit(layer, self._passage.working(layer.index, self.controls.number))

    def _show_unit(self, layer: WorkedLayer, working: Working) -> None:
        number = self.controls.number
        meaning = f" ({self._session.names[number]})" if layer.is_output else ""
        self.title.show_text(f"{layer.called(number)}{meaning}: {figure(working.value)}")
        self.terms.show_cells(TermCells(layer, working, self.controls.by_strength))
        self.steps.show_cells(StepCells(working.steps))
        self.steps.fit_height(len(working.steps))
        assert self._passage is not None
        self.pictures.show_layer(layer, self._passage.outputs[layer.index], number, working)

    def _show_shares(self, seen: Passage) -> None:
        session, value = self._session, self.temperature.value
        self.temperature.offer(None if session.judge_is_provisional else session.judge.temperature)
        columns = share_columns(seen.sums, session.reader.spec.output_activation, value)
        self.shares.setItemDelegateForColumn(len(columns), self._bars)
        cells = ShareCells(session.names, columns, value)
        self.shares.show_cells(cells)
        self.shares.fit_height(cells.rows, self._stack.height() - 6 * theme.SPACE)

    def _say(self) -> None:
        """Say whose numbers these are."""
        session, step = self._session, self._session.shown.step
        if not session.reads_itself:
            self.state.setText(_READER)
        elif step:
            self.state.setText(f"{after(step).capitalize()}. Worked out in 64 bits.")
        else:
            opened = session.trained and not session.travelling
            self.state.setText("As it was opened." if opened else "Before the first batch: random weights.")

    def _strongest(self, layer: WorkedLayer) -> int:
        """Return the output with the largest value: of the whole layer, or of the map in view."""
        if self._passage is None:
            return 0
        outputs = np.nan_to_num(self._passage.outputs[layer.index].ravel(), nan=-np.inf)
        return int(outputs.argmax())

    # --- news ---------------------------------------------------------------------------------------------

    def _on_network(self) -> None:
        """Another network: its layers are offered."""
        self._numbers.clear()
        self.controls.offer(worked_layers(self._session.reader))
        self._on_layer()

    def _on_layer(self) -> None:
        """Work out the output of another layer that was looked at there before."""
        self.controls.show_number(self._numbers.get(self.controls.layer.index, 0))
        self._forget_choice()
        self._redraw()

    def _on_number(self) -> None:
        self._numbers[self.controls.layer.index] = self.controls.number
        self._redraw()

    def _on_strongest(self) -> None:
        self._on_output(self._strongest(self.controls.layer))

    def _on_output(self, number: int) -> None:
        """Work out another output of the layer."""
        self.controls.show_number(number)
        self._on_number()

    def _on_described(self, text: str) -> None:
        """Say which output is under the mouse; without one, what was chosen in the tables."""
        self.sentence.setText(text or self.terms.explanation or self.steps.explanation or CLICK)

    def _on_term(self, term: int) -> None:
        """Choose the product in the table that was clicked in the picture."""
        cells = self.terms.numbers.cells
        if cells is not None:
            row = next((row for row in range(cells.rows) if cells.key(row) == term), cells.rows - 1)
            self.steps.clear_choice()
            self.terms.choose(row, len(cells.headers) - 2)

    def _on_explained(self, text: str) -> None:
        self.sentence.setText(text)

    def _forget_choice(self, hint: str = CLICK) -> None:
        for table in (self.terms, self.steps, self.shares):
            table.clear_choice()
        self.sentence.setText(hint)

    # --- events -------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the pictures what room there is."""
        super().resizeEvent(event)
        self.pictures.setFixedWidth(WIDE if self.width() >= WIDE_FROM else NARROW)
        self._news = True
