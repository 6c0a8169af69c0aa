"""The map: what a layer makes of the test digits, as points of a plane, and where the drawing lies among them."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from gui import theme
from gui.session import Session
from gui.widgets.figures import placeholder, sentences
from gui.widgets.map_card import MapCard
from gui.widgets.map_controls import MapControls
from gui.widgets.map_legend import MapLegend
from gui.widgets.map_view import MapView
from gui.widgets.map_work import MapWork
from gui.widgets.wording import after, percent, shortened

REFRESH_MS = 50
LONGEST = 16
LOADING = "The data is being loaded. Then its test digits are laid out here."
NO_DATA = "There are no test digits yet. Choose the data in the panel on the left."
COMING = "The network is reading the digits…"


class MapPage(QWidget):
    """Test digits as points, coloured by their true class, those that are read wrong ringed.

    Drawn by principal components it follows the weights in view, also into the past; a t-SNE map is computed when it
    is asked for. Everything is computed beside the window, and only while the page can be seen.

    Signals
    -------
    image_chosen : (ndarray of shape (28, 28), int)
        An image that was clicked, and its true class.
    """

    image_chosen = Signal(object, int)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.work = session, MapWork(session, self)
        self.controls, self.view, self.legend = MapControls(), MapView(), MapLegend()
        self.card, self.state = MapCard(self.view), sentences()
        self._empty = placeholder()
        self._progress = ""
        self._spec: object = None
        self._timer = QTimer(self, interval=REFRESH_MS)
        self._arrange()
        self._connect()
        self._on_data()

    def settled(self) -> bool:
        """Whether what is shown is of the weights in view, and nothing is being computed."""
        return self.work.settled

    def showEvent(self, event: QShowEvent) -> None:
        """Begin to follow the weights."""
        super().showEvent(event)
        self._timer.start()
        self.work.work()

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop following them: nobody sees it."""
        super().hideEvent(event)
        self._timer.stop()

    def _connect(self) -> None:
        session, work, controls = self.session, self.work, self.controls
        self._timer.timeout.connect(work.work)
        session.dataset_changed.connect(self._on_data)
        session.dataset_failed.connect(self._show_empty)
        session.tasks.said.connect(self._on_task)
        session.network_replaced.connect(self._on_network)
        work.changed.connect(self._on_layout)
        work.placed.connect(self._on_placed)
        work.said.connect(self._on_said)
        work.finished.connect(self._on_finished)
        controls.changed.connect(self._want)
        controls.compute.connect(self._on_compute)
        controls.cancelled.connect(work.cancel)
        self.legend.highlighted.connect(self.view.highlight)
        self.view.pointed.connect(self._on_pointed)
        self.view.clicked.connect(self._on_clicked)

    # --- news ---------------------------------------------------------------------------------------------

    def _on_data(self) -> None:
        """Other data: offer as many digits as it has."""
        dataset = self.session.dataset
        self.controls.setEnabled(dataset is not None)
        if dataset is not None:
            self.controls.offer_counts(len(dataset.test_images))
            self.legend.show_names(dataset.class_names)
        self._spec = None
        self._on_network()

    def _on_network(self) -> None:
        """Another network: offer its layers, and begin anew; the same layers with other weights go on."""
        spec = self.session.reader.spec
        if spec == self._spec:
            return
        self._spec = spec
        self.controls.offer_layers(self.session.reader)
        self.controls.show_method("pca")
        self.work.forget()
        self._want()

    def _want(self) -> None:
        self.work.want(self.controls.layer, self.controls.count, self.controls.method)
        self._show_run()
        self._show_state()
        if self.isVisible():
            self.work.work()

    def _on_compute(self) -> None:
        self.work.embed()
        self._show_run()

    def _on_layout(self) -> None:
        layout, dataset = self.work.layout, self.session.dataset
        self._show_run()
        self._show_state()
        self._show_empty()
        if layout is None or dataset is None:
            return
        labels = dataset.test_labels[layout.rows]
        right = layout.answers == labels
        self.view.show_points(layout.points, labels, ~right, dataset.class_names)
        self.legend.show_right(labels, right, dataset.class_names)
        self._on_pointed(self.view.hovered)

    def _on_placed(self) -> None:
        self.view.show_drawing(self.work.place)

    def _on_said(self, sentence: str) -> None:
        self._progress = sentence
        self._show_state()

    def _on_finished(self) -> None:
        """Show the method in force: a t-SNE map that was given up leaves the principal components."""
        self._progress = ""
        self.controls.show_method(self.work.method)
        self._show_run()
        self._show_state()

    def _on_task(self, _sentence: str) -> None:
        if self.work.layout is None:
            self._show_empty()

    # --- what is shown ------------------------------------------------------------------------------------

    def _show_run(self) -> None:
        self.controls.show_run(busy=self.work.busy, stale=self.work.stale)

    def _show_state(self) -> None:
        """Write what is drawn, of when, and how much of it is right."""
        layout, dataset = self.work.layout, self.session.dataset
        if self.work.busy and self._progress:
            self.state.setText(f"{self._progress} What is drawn is still the map before.")
        elif self.work.trouble is not None:
            self.state.setText(str(self.work.trouble))
        elif layout is None or dataset is None:
            self.state.setText("")
        elif self.work.stale:
            now = self.session.shown.step
            self.state.setText(f"This t-SNE map is of batch {layout.step:,}; the weights in view are of batch {now:,}.")
        else:
            right = int(np.count_nonzero(layout.answers == dataset.test_labels[layout.rows]))
            read = f"{right:,} of {len(layout.rows):,} read right"
            self.state.setText(f"{self._method_words()} {after(layout.step).capitalize()}: {read}.")

    def _method_words(self) -> str:
        layout = self.work.layout
        assert layout is not None
        if layout.method == "pca":
            return f"The plane of the first two principal components: {percent(layout.share, 0)} of all variance."
        return "t-SNE: neighbours are alike; how far groups are apart means little."

    def _show_empty(self, _error: object = None) -> None:
        """Say why there is nothing to see, where that is so."""
        work, session = self.work, self.session
        if session.dataset is None:
            text = LOADING if session.loading else NO_DATA
        else:
            text = str(work.trouble or COMING)
        self._empty.setText(text)
        self._stack.setCurrentWidget(self._empty if work.layout is None else self._map)

    def _on_pointed(self, index: int | None) -> None:
        """Show the digit under the mouse."""
        layout, dataset = self.work.layout, self.session.dataset
        if index is None or layout is None or dataset is None or index >= len(layout.rows):
            self.card.hide()
            return
        row, names = int(layout.rows[index]), [shortened(name, LONGEST) for name in dataset.class_names]
        truth, answer = names[int(dataset.test_labels[row])], names[int(layout.answers[index])]
        words = f"{truth}, read as {answer}" if truth != answer else f"{truth}, read right"
        lines = words, f"{percent(float(layout.sure[index]), 0)} sure · digit {row + 1:,}"
        self.card.show_image(dataset.test_images[row], lines, self.view.place_of(index))

    def _on_clicked(self, index: int) -> None:
        layout, dataset = self.work.layout, self.session.dataset
        if layout is not None and dataset is not None and index < len(layout.rows):
            row = int(layout.rows[index])
            self.image_chosen.emit(dataset.test_images[row], int(dataset.test_labels[row]))

    def _arrange(self) -> None:
        self._map = QWidget()
        row = QHBoxLayout(self._map)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * theme.SPACE)
        row.addWidget(self.view, 1)
        row.addWidget(self.legend)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._map)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, 4)
        column.setSpacing(theme.SPACE)
        column.addWidget(self.controls)
        column.addWidget(self._stack, 1)
        column.addWidget(self.state)
