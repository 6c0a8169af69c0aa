"""The page that shows the network as a diagram for the present drawing, and lets single units be operated on."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QResizeEvent, QShowEvent, QUndoStack
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from gui import theme
from gui.pages.live_page import LivePage
from gui.session import Session
from gui.widgets.color_legend import ColorLegend
from gui.widgets.diagram_controls import DiagramControls
from gui.widgets.diagram_inspector import DiagramInspector
from gui.widgets.diagram_reading import Choice, DiagramReading
from gui.widgets.diagram_scene import Spot
from gui.widgets.diagram_view import DiagramView
from gui.widgets.diagram_words import REST, column_words, spot_words
from gui.widgets.figures import label, sentences
from gui.widgets.surgery_banner import SurgeryBanner
from gui.widgets.surgery_stack import Surgeon
from gui.widgets.wording import after

REFRESH_MS = 60
NARROW, WIDE, WIDE_FROM = 226, 306, 900


class NetworkPage(LivePage):
    """The network, live: activations, the strongest connections, and one unit closely, which can be changed on a copy.

    It is drawn anew at most 16 times a second, only if the weights, the drawing or the changes are others, and only
    while it can be seen.

    Attributes
    ----------
    undo_stack : QUndoStack
        The changes of single units.

    Signals
    -------
    image_chosen : (ndarray of shape (28, 28), int)
        A training image that was clicked, and its true class.
    """

    image_chosen = Signal(object, int)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(REFRESH_MS, parent)
        self.session, self.surgeon = session, Surgeon(session, self)
        self.undo_stack: QUndoStack = self.surgeon.undo_stack
        self.reading, self.choice = DiagramReading(self.surgeon), Choice()
        self._column: int | None = None
        self.controls, self.view = DiagramControls(), DiagramView()
        self.banner = SurgeryBanner(self.surgeon)
        self.inspector = DiagramInspector(session, self.surgeon, self.reading)
        self.legend, self.readout, self.state = ColorLegend(), sentences(REST), label("", "muted")
        self.legend.show_ends("negative", "positive")
        self._arrange()
        self._connect()
        self._on_replaced()

    def _connect(self) -> None:
        session = self.session
        for signal in (session.shown_changed, session.drawing_changed, session.dataset_changed):
            signal.connect(self._on_news)
        self.surgeon.changed.connect(self._redraw)
        session.shown_changed.connect(self._on_settling)
        session.state_changed.connect(self._on_settling)
        session.dataset_changed.connect(self._on_settling)
        self.surgeon.changed.connect(self._on_settling)
        session.network_replaced.connect(self._on_replaced)
        self._settled = QTimer(self, singleShot=True, interval=5 * REFRESH_MS)
        self._settled.timeout.connect(self._on_settled)
        self.controls.changed.connect(self._on_controls)
        self.controls.asked.connect(self.look_at)
        self.view.pointed.connect(self._on_pointed)
        self.view.at_column.connect(self._on_column)
        self.view.selected.connect(self.look_at)
        self.view.scrolled.connect(self._on_scrolled)
        self.view.resized.connect(self._on_news)
        self.inspector.spot_chosen.connect(self.look_at)
        self.inspector.closed.connect(self.close_unit)
        self.inspector.exciting.chosen.connect(self.image_chosen)

    # --- what is shown ------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show the network as it is now."""
        super().refresh()
        self.view.show_scene(self.reading.scene(self.choice, self.view.capacities))
        self.inspector.refresh()
        self._read()
        words = after(self.surgeon.shown.step)
        self.state.setText(words.capitalize() if not self.surgeon.edits else f"Edited copy, {words}")

    def look_at(self, spot: Spot) -> None:
        """Show a unit closely."""
        self.choice.selected = spot
        self.controls.show_spot(spot)
        self.inspector.show_spot(spot)
        self.inspector.show()
        self._redraw()

    def close_unit(self) -> None:
        """Give the whole width to the diagram."""
        self.choice.selected = None
        self.inspector.hide()
        self._redraw()

    def _read(self) -> None:
        """Write what is under the mouse."""
        scene = self.view.scene
        if scene is None:
            return
        hovered = self.choice.hovered
        if hovered is not None:
            self.readout.setText(spot_words(self.reading, self.inspector, scene, hovered))
        else:
            self.readout.setText(column_words(scene, self._column, self.choice.order))

    # --- news ---------------------------------------------------------------------------------------------

    def _on_replaced(self) -> None:
        """Another network: its columns are offered, and nothing of it is looked at closely."""
        self.reading.restart()
        self.inspector.restart()
        self.inspector.hide()
        self.choice.firsts.clear()
        self.choice.hovered = self.choice.selected = self._column = None
        self.view.set_columns(self.reading.columns)
        units = [column.units for column in self.reading.columns[1:-1]]
        self.controls.offer(self.reading.column_names[1:-1], units)
        self._redraw()

    def _on_controls(self) -> None:
        self.choice.order = str(self.controls.order.currentData())
        self.choice.connections = self.controls.connections.value
        self._redraw()

    def _on_pointed(self, spot: Spot | None) -> None:
        self.choice.hovered = spot
        self._redraw()

    def _on_column(self, column: int | None) -> None:
        self._column = column
        self._read()

    def _on_scrolled(self, column: int, units: int) -> None:
        """Bring other units of a column into view."""
        room, count = self.view.capacities[column], self.reading.columns[column].units
        first = self.choice.firsts.get(column, 0) + units
        self.choice.firsts[column] = min(max(first, 0), max(count - room, 0))
        self.choice.hovered = None
        self._redraw()

    def _on_settling(self, _news: Any = None) -> None:
        """Look again for exciting images when the weights have come to rest."""
        if self.isVisible() and self.choice.selected is not None:
            self._settled.start()

    def _on_settled(self) -> None:
        if self.isVisible() and self.choice.selected is not None:
            self.inspector.exciting.catch_up()

    # --- events -------------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Begin to follow the network."""
        super().showEvent(event)
        self.surgeon.set_active(True)
        self._on_settling()

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop following it: nobody sees it."""
        super().hideEvent(event)
        self.surgeon.set_active(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the unit what room there is."""
        super().resizeEvent(event)
        self.inspector.setFixedWidth(WIDE if self.width() >= WIDE_FROM else NARROW)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close the unit with Escape."""
        if event.key() == Qt.Key.Key_Escape and self.choice.selected is not None:
            self.close_unit()
        else:
            super().keyPressEvent(event)

    # --- layout -------------------------------------------------------------------------------------------

    def _arrange(self) -> None:
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(self.view)
        middle = QHBoxLayout()
        middle.setSpacing(theme.SPACE)
        middle.addWidget(scroll, 1)
        middle.addWidget(self.inspector)
        below = QHBoxLayout()
        below.setSpacing(2 * theme.SPACE)
        below.addWidget(self.state, 1)
        below.addWidget(self.legend)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, 4)
        layout.setSpacing(theme.SPACE)
        layout.addWidget(self.controls)
        layout.addWidget(self.banner)
        layout.addLayout(middle, 1)
        layout.addWidget(self.readout)
        layout.addLayout(below)
