"""The time machine's bar over the film of a real run."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap, QPixmapCache
from PySide6.QtWidgets import QApplication

from engine.datasets.dataset import Dataset
from engine.layers import DenseSpec
from engine.presets import PRESETS
from engine.specs import NetworkSpec, RunSpec
from gui import theme
from gui.pages.training_page import TrainingPage
from gui.panels.time_bar import EMPTY, TimeBar
from gui.session import Session, State
from gui.widgets.time_player import TimePlayer
from gui.widgets.time_slider import NEAREST, TimeSlider


@pytest.fixture
def session(qtbot, small: Dataset) -> Iterator[Session]:
    theme.switch().start(QApplication.instance(), "dark")
    training = PRESETS["quick"].run.changed(training={"epochs": 2}).training
    made = Session(RunSpec(network=NetworkSpec(layers=(DenseSpec(units=12),)), training=training))
    made._on_loaded(small)
    yield made
    made.finish()


@pytest.fixture
def bar(qtbot, session: Session) -> TimeBar:
    made = TimeBar(session)
    qtbot.addWidget(made)
    made.resize(900, made.height())
    made.show()
    return made


def train(qtbot, session: Session) -> None:
    session.train()
    qtbot.waitUntil(lambda: session.state == State.IDLE and session.trained, timeout=20_000)
    qtbot.waitUntil(lambda: session.film is not None and len(session.film) > 3, timeout=5_000)


@pytest.fixture
def run(qtbot, bar: TimeBar, session: Session) -> Session:
    """The session after a training, with the bar over its film."""
    train(qtbot, session)
    return session


def controls_shown(bar: TimeBar) -> bool:
    return bar.slider.isVisible() and not bar.empty.isVisible()


def test_without_a_run_the_bar_says_how_to_get_one(bar: TimeBar) -> None:
    assert bar.empty.isVisible()
    assert bar.empty.text() == EMPTY
    assert not bar.slider.isVisible()
    bar.play()
    assert not bar.playing


def test_the_handle_stands_in_the_present_until_it_is_moved(bar: TimeBar, run: Session) -> None:
    assert controls_shown(bar)
    assert bar.slider.maximum() == len(run.film)
    assert bar.slider.frame is None
    assert bar.where.text() == f"Now · batch {run.snapshot.step:,}"
    assert not bar.now.isEnabled()


def test_keys_go_through_the_run_frame_by_frame(qtbot, bar: TimeBar, run: Session) -> None:
    for key, frame in (
        (Qt.Key.Key_Home, 0),
        (Qt.Key.Key_Right, 1),
        (Qt.Key.Key_Right, 2),
        (Qt.Key.Key_Left, 1),
        (Qt.Key.Key_End, None),
        (Qt.Key.Key_Left, len(run.film) - 1),
    ):
        qtbot.keyClick(bar.slider, key)
        qtbot.waitUntil(lambda frame=frame: run.frame == frame)
        assert bar.slider.frame == frame
        assert run.shown.step == (run.snapshot.step if frame is None else run.film.steps[frame])


def test_nobody_can_miss_that_this_is_the_past(qtbot, bar: TimeBar, run: Session) -> None:
    ground = bar.grab().toImage().pixelColor(3, 1).name()
    bar.first.click()
    assert bar.where.text() == "Looking back · epoch 0.00 · batch 0"
    assert bar.now.text() == "Back to now"
    assert bar.now.property("primary") is True
    assert bar.grab().toImage().pixelColor(3, 1).name() == theme.current().accent != ground
    bar.now.click()
    assert not run.travelling
    assert bar.grab().toImage().pixelColor(3, 1).name() == ground


def test_a_click_on_the_groove_goes_there_at_once(qtbot, bar: TimeBar, run: Session) -> None:
    middle = bar.slider.rect().center()
    qtbot.mouseClick(bar.slider, Qt.MouseButton.LeftButton, pos=middle)
    qtbot.waitUntil(lambda: run.travelling)
    assert abs(bar.slider.frame - len(run.film) / 2) <= 1


def test_dragging_shows_no_more_moments_than_pages_can_follow(qtbot, bar: TimeBar, run: Session) -> None:
    shown = []
    run.shown_changed.connect(shown.append)
    for frame in range(len(run.film)):
        bar.slider.setValue(frame)
    last = len(run.film) - 1
    qtbot.waitUntil(lambda: run.frame == last)
    assert len(shown) <= 3


def test_playing_goes_from_the_start_to_the_present(qtbot, bar: TimeBar, run: Session) -> None:
    frames = []
    run.shown_changed.connect(frames.append)
    bar.speed.click()
    assert bar.speed.text() == "2×"
    bar.slider.show_frames(run.film.epochs, None)
    bar.play()
    assert bar.playing
    assert run.frame == 0
    run.show_moment(max(len(run.film) - 6, 0))  # the rest is enough
    qtbot.waitUntil(lambda: not bar.playing, timeout=10_000)
    assert not run.travelling
    steps = [snapshot.step for snapshot in frames]
    assert steps[1:] == sorted(steps[1:])
    assert bar.player.accessibleName() == "Play the run"


def test_pausing_stays_where_it_is(qtbot, bar: TimeBar, run: Session) -> None:
    bar.play()
    qtbot.waitUntil(lambda: run.frame == 1)
    bar.player.click()
    frame = run.frame
    qtbot.wait(200)
    assert (bar.playing, run.frame) == (False, frame)


def test_half_speed_takes_two_ticks_a_frame(qtbot) -> None:
    player, steps = TimePlayer(), []
    player.stepped.connect(steps.append)
    for _ in range(2):
        player.change_speed()
    assert player.speed == 0.5
    for _ in range(6):
        player._tick()
    player.change_speed()
    player._tick()
    player.change_speed()
    player._tick()
    assert steps == [1, 1, 1, 1, 2]


def test_a_run_that_goes_on_does_not_move_what_is_in_view(qtbot, bar: TimeBar, run: Session) -> None:
    run.show_moment(2)
    step, frames = run.shown.step, len(run.film)
    run.train()
    qtbot.waitUntil(lambda: run.state == State.IDLE, timeout=20_000)
    qtbot.waitUntil(lambda: len(run.film) > frames, timeout=5_000)
    assert run.travelling
    assert run.shown.step == step
    assert run.film.steps[bar.slider.frame] == step
    assert bar.slider.maximum() == len(run.film)
    assert run.snapshot.step > step


def test_a_new_network_has_no_past(qtbot, bar: TimeBar, run: Session) -> None:
    bar.first.click()
    bar.play()
    run.new_network()
    assert bar.empty.isVisible()
    assert not bar.playing
    assert not run.travelling


def test_the_curves_mark_the_moment(qtbot, bar: TimeBar, run: Session) -> None:
    page = TrainingPage(run)
    qtbot.addWidget(page)
    page.resize(700, 560)
    page.show()
    assert [plot.moment for plot in page.plots.plots] == [None] * 3
    run.show_moment(3)
    assert [plot.moment for plot in page.plots.plots] == [run.film.epochs[3]] * 3
    assert page.plots.loss._moment.isVisible()
    later = TrainingPage(run)  # a page that is built while the past is in view
    qtbot.addWidget(later)
    assert later.plots.loss.moment == run.film.epochs[3]
    run.show_moment(None)
    assert not page.plots.loss._moment.isVisible()


def test_ticks_are_where_epochs_begin_and_never_touch(qtbot) -> None:
    slider = TimeSlider()
    qtbot.addWidget(slider)
    slider.resize(300, 26)
    slider.show_frames(np.array([0.0, 0.1, 0.5, 1.0, 1.5, 2.0, 3.5]), 1)
    assert len(slider.ticks()) == 3
    assert (slider.value(), slider.maximum(), slider.frame) == (1, 7, 1)
    slider.show_frames(np.linspace(0, 500, 900), None)
    ticks = slider.ticks()
    assert 2 < len(ticks) < 50
    assert np.diff(ticks).min() >= NEAREST
    assert slider.frame is None


def test_the_slider_keeps_its_length_under_the_mouse(qtbot, bar: TimeBar, run: Session) -> None:
    bar.resize(640, bar.height())
    QApplication.processEvents()
    before = bar.slider.geometry()
    bar.first.click()
    QApplication.processEvents()
    assert bar.now.text() == "Back to now"
    assert bar.slider.geometry() == before


@pytest.mark.parametrize("width", [560, 640, 1000])
def test_it_fits(qtbot, bar: TimeBar, run: Session, width: int) -> None:
    bar.resize(width, bar.height())
    bar.first.click()
    assert bar.width() == width
    assert bar.slider.width() >= 80
    assert ("batch" in bar.where.text()) == (width >= 760)


def test_a_theme_forgets_the_pictures_of_the_one_before(bar: TimeBar) -> None:
    """Each change would otherwise leave icons in Qt's cache that nobody asks for again."""
    picture = QPixmap(8, 8)
    assert QPixmapCache.insert("of the theme before", picture)
    theme.switch().choose("light")
    kept = QPixmap()
    assert not QPixmapCache.find("of the theme before", kept)
