"""The time machine: goes to any moment of the run, plays it, and records it as an animated picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedLayout, QToolButton, QWidget

from gui import theme
from gui.icons import icon
from gui.session import Session, State
from gui.widgets.choices import explain
from gui.widgets.field import set_look
from gui.widgets.figures import label
from gui.widgets.steady import SteadyButton
from gui.widgets.time_export import TimeExport
from gui.widgets.time_player import TimePlayer
from gui.widgets.time_slider import TimeSlider
from gui.widgets.tints import mix

BACK = "Back to now"
EMPTY = "Press Train: the time machine records the run, and you can go back to any moment of it."
NO_FILM = "No film of this run was kept; press Train, and the time machine records it from here on."
GOES_ON = "Training goes on from the latest weights; to go on from the moment in view, press Ctrl+Shift+G."
SHOW_MS = 62  # no more moments a second than pages can show
HEIGHT, WIDE_FROM = 36, 760
SLIDER_HELP = (
    "The time machine: all pages and the pad show the weights of the moment that you choose here. Ticks are epochs; "
    "the start, when most happens, has the most room. Arrows go frame by frame, Home to the start, End to the present."
)


class TimeBar(QWidget):
    """A thin bar below the pages, in the accent's colour while the past is in view."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._wanted: int | None = None
        self._player = TimePlayer(self)
        self._later = QTimer(self, singleShot=True, interval=SHOW_MS)
        self._later.timeout.connect(self._show_wanted)
        self.slider, self.where = TimeSlider(), QLabel()
        self.slider.setToolTip(SLIDER_HELP)
        self.slider.setWhatsThis(SLIDER_HELP)
        self.recording = TimeExport(session)
        self._make_buttons()
        self._arrange()
        self._connect()
        self._dress()
        self._on_film()

    def record_from(self, title: str, widget: Callable[[], QWidget]) -> None:
        """Offer to record what a widget shows, e.g. ``("The page in view", tabs.currentWidget)``.

        Where the widget has a method ``settled() -> bool``, recording waits until it says yes.
        """
        self.recording.offer(title, widget)
        self.export.show()

    # --- playing ------------------------------------------------------------------------------------------

    @property
    def playing(self) -> bool:
        """Whether the run is being played."""
        return self._player.playing

    def play(self) -> None:
        """Play from the moment in view to the present, from the start if that is in view; or pause."""
        if self.playing:
            self._player.stop()
        elif self._session.film is not None:
            if self.slider.frame is None:
                self._go(0)
            self._player.start()

    def go_to_start(self) -> None:
        """Look at the first frame."""
        self._player.stop()
        self._go(0)

    def go_to_now(self) -> None:
        """Look at the present."""
        self._player.stop()
        self._go(None)

    def _play_on(self, frames: int) -> None:
        film, frame = self._session.film, self.slider.frame
        if film is None or frame is None or frame + frames >= len(film):
            self.go_to_now()
        else:
            self._go(frame + frames)

    def _next_speed(self) -> None:
        self._player.change_speed()
        self.speed.setText(f"{self._player.speed:g}×")
        self.speed.setAccessibleName(f"Speed: {self._player.speed:g} times")

    # --- moments ------------------------------------------------------------------------------------------

    def _go(self, frame: int | None) -> None:
        """Bring a moment into view at once."""
        self._later.stop()
        self._session.show_moment(frame)

    def _on_chosen(self, frame: int | None) -> None:
        """Follow the handle, no faster than pages can."""
        self._player.stop()
        self._wanted = frame
        self._write_place()
        if not self._later.isActive():
            self._show_wanted()
            self._later.start()

    def _show_wanted(self) -> None:
        film, wanted = self._session.film, self._wanted
        if film is None or (wanted is not None and wanted >= len(film)):  # frames were taken out meanwhile
            wanted = None
        if wanted != self._session.frame:
            self._session.show_moment(wanted)

    def _on_film(self) -> None:
        """More frames, or others: what is in view stays in view."""
        film, session = self._session.film, self._session
        known = film is not None and len(film) > 0
        if film is not None and known:
            frame = film.nearest(session.shown.step) if session.travelling else None
            if self.slider.isSliderDown() or self._later.isActive():
                frame = self.slider.frame  # it is in the user's hand
            self.slider.show_frames(film.epochs, frame)
            self._make_room()
        else:
            self._player.stop()
            self.empty.setText(EMPTY if film is None or session.trainer.active else NO_FILM)
        if not self.recording.busy:
            self._stack.setCurrentIndex(int(known))
        self._show_state()

    def _on_shown(self, _snapshot: Any) -> None:
        film, session = self._session.film, self._session
        frame = session.frame
        if film is not None and frame != self.slider.frame and not self._later.isActive():
            self.slider.show_frames(film.epochs, frame)
        self._show_state()

    def _show_state(self) -> None:
        """Say whether this is the past or the present."""
        travelling = self._session.travelling
        self.now.setText(BACK if travelling else "Now")
        self.now.setEnabled(travelling)
        set_look(self.now, "primary", travelling)
        if bool(self.where.property("back")) != travelling:
            self.where.setProperty("back", travelling)
            self._dress_place()
            self.update()
        self._write_place()

    def _write_place(self) -> None:
        film, frame = self._session.film, self.slider.frame
        if film is not None and frame is not None and frame < len(film):
            epoch, batch = f"Looking back · epoch {film.epochs[frame]:.2f}", f"batch {int(film.steps[frame]):,}"
            self.where.setText(f"{epoch} · {batch}" if self.width() >= WIDE_FROM else epoch)
            self.where.setToolTip(f"{epoch} · {batch}")
        else:
            self.where.setText(f"Now · batch {self._session.snapshot.step:,}")
            self.where.setToolTip("")

    def _make_room(self) -> None:
        """Give the words as much room as they need for any moment of the run, so that nothing moves while it plays."""
        film = self._session.film
        if film is not None and len(film):
            text = f"Looking back · epoch {film.epochs[-1]:.2f}"
            text += f" · batch {int(film.steps[-1]):,}" if self.width() >= WIDE_FROM else ""
            room = QFontMetrics(theme.font(9, bold=True)).horizontalAdvance(text) + 2 * theme.SPACE
            self.where.setFixedWidth(room)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Use the new room."""
        super().resizeEvent(event)
        self._make_room()
        self._write_place()

    # --- recording ----------------------------------------------------------------------------------------

    def _on_recording(self, busy: bool) -> None:
        self._player.stop()
        if busy:
            self._stack.setCurrentWidget(self.recording)
        self._on_film()

    # --- layout -------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the ground: in the accent's colour while the past is in view, which no one can miss."""
        look = theme.current()
        with QPainter(self) as painter:
            if self._session.travelling:
                painter.fillRect(self.rect(), QColor(mix(look.window, look.accent, 0.25)))
                painter.fillRect(0, 0, self.width(), 3, QColor(look.accent))
            else:
                painter.fillRect(0, 0, self.width(), 1, QColor(look.line))

    def _make_buttons(self) -> None:
        self.first = _button("To the start", "Goes to the first moment of the run. (Home, on the slider)")
        self.player = _button("Play", "Plays the run from the moment in view to the present; press again to pause.")
        self.speed = _button("Speed: 1 times", "How fast it plays: half, usual or double speed. A click changes it.")
        self.speed.setText("1×")
        self.now = _button("Now", "Goes back to the present weights. (End, on the slider)", SteadyButton(BACK))
        self.export = _button(
            "Export animation…", "Records the run, moment by moment, as an animated picture: GIF, APNG or WebP."
        )
        self.export.hide()

    def _connect(self) -> None:
        session = self._session
        session.film_changed.connect(self._on_film)
        session.shown_changed.connect(self._on_shown)
        session.snapshot_changed.connect(self._on_snapshot)
        session.state_changed.connect(self._on_state)
        self.slider.chosen.connect(self._on_chosen)
        self.first.clicked.connect(self.go_to_start)
        self.player.clicked.connect(self.play)
        self._player.stepped.connect(self._play_on)
        self._player.changed.connect(self._draw_icons)
        self.speed.clicked.connect(self._next_speed)
        self.now.clicked.connect(self.go_to_now)
        self.export.clicked.connect(self.recording.ask)
        self.recording.busy_changed.connect(self._on_recording)
        theme.switch().changed.connect(self._dress)

    def _on_snapshot(self, _snapshot: Any) -> None:
        if not self._session.travelling:
            self._write_place()

    def _on_state(self, state: str) -> None:
        if state == State.RUNNING and self._session.travelling:
            self._session.noted.emit(GOES_ON)

    def _dress(self) -> None:
        self._draw_icons()
        self._dress_place()
        self.update()

    def _dress_place(self) -> None:
        look = theme.current()
        if self._session.travelling:
            colours = f"background: {look.accent}; color: {look.on_accent}; font-weight: 600;"
        else:
            colours = f"color: {look.muted};"
        self.where.setStyleSheet(f"{colours} font-size: 9pt; border-radius: 4px; padding: 0 6px;")

    def _draw_icons(self) -> None:
        self.first.setIcon(icon("mdi6.skip-backward"))
        self.player.setIcon(icon("mdi6.pause" if self.playing else "mdi6.play"))
        self.player.setAccessibleName("Pause the run" if self.playing else "Play the run")
        self.export.setIcon(icon("mdi6.movie-open-outline"))

    def _arrange(self) -> None:
        self.setFixedHeight(HEIGHT)
        self.where.setFixedHeight(theme.CONTROL_HEIGHT)
        self.where.setAccessibleName("Moment in view")
        self.empty = label(EMPTY, "muted")
        controls = QWidget()
        row = QHBoxLayout(controls)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACE // 2)
        for button in (self.first, self.player, self.speed):
            row.addWidget(button)
        row.addWidget(self.slider, 1)
        for widget in (self.where, self.now, self.export):
            row.addWidget(widget)
        self._stack = QStackedLayout()
        for page in (self.empty, controls, self.recording):
            self._stack.addWidget(page)
        column = QHBoxLayout(self)
        column.setContentsMargins(theme.SPACE, 3, theme.SPACE, 0)
        column.addLayout(self._stack)


def _button(name: str, help: str, made: QToolButton | None = None) -> QToolButton:  # noqa: A002
    made = made or QToolButton()
    explain(made, name.rstrip("…"), help)
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # after a click, Space still trains
    made.setFixedHeight(theme.CONTROL_HEIGHT)
    return made
