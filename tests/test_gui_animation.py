"""Animated pictures of a run: written, read back with another library, cancelled, refused."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QLabel

from engine.datasets.dataset import Dataset
from engine.errors import DigitLabError
from engine.layers import DenseSpec
from engine.presets import PRESETS
from engine.specs import NetworkSpec, RunSpec
from gui import theme
from gui.animation import MOST_PIXELS, Recorder, Recording, fitting, spread, write_animation
from gui.panels.time_bar import TimeBar
from gui.session import Session, State
from gui.widgets.time_export import FILTERS, RecordingDialog, named


def picture(shade: int, size: tuple[int, int] = (40, 30)) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", size, (shade, 0, 255 - shade)).save(data, "PNG")
    return data.getvalue()


def tell(_sentence: str) -> None:
    """Take a sentence about how far it is."""


def never() -> bool:
    return False


@pytest.mark.parametrize("ending", [".gif", ".png", ".webp"])
def test_every_picture_is_in_the_file_in_order(tmp_path: Path, ending: str) -> None:
    shades, said = [0, 90, 180, 250], list[str]()
    path = tmp_path / f"run{ending}"
    assert write_animation(path, [picture(shade) for shade in shades], 10.0, said.append, never)
    with Image.open(path) as file:
        assert (file.n_frames, file.size) == (4, (40, 30))
        reds = []
        for number in range(4):
            file.seek(number)
            reds.append(np.asarray(file.convert("RGB"))[15, 20, 0])
            if ending != ".webp":
                assert file.info["duration"] == pytest.approx(100 if number < 3 else 1500)
    np.testing.assert_allclose(reds, shades, atol=12)
    assert said[-1] == "Writing the animation: 4 of 4 pictures…"
    assert list(tmp_path.iterdir()) == [path]


def test_a_single_picture_is_a_file_too(tmp_path: Path) -> None:
    path = tmp_path / "one.gif"
    assert write_animation(path, [picture(9)], 12.0, tell, never)
    with Image.open(path) as file:
        assert file.n_frames == 1


def test_what_is_given_up_leaves_the_file_that_was_there(tmp_path: Path) -> None:
    path = tmp_path / "run.png"
    path.write_bytes(b"before")
    asked: list[int] = []

    def soon() -> bool:
        asked.append(1)
        return len(asked) > 2

    assert not write_animation(path, [picture(n) for n in range(9)], 12.0, tell, soon)
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_other_endings_and_missing_folders_are_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DigitLabError, match=r"\.gif, \.png, \.webp"):
        write_animation(tmp_path / "run.mp4", [picture(1)], 12.0, tell, never)
    with pytest.raises(DigitLabError, match="the folder does not exist"):
        write_animation(tmp_path / "no" / "run.gif", [picture(1)], 12.0, tell, never)


def test_the_ending_comes_from_the_kind_of_file_where_the_name_has_none() -> None:
    for kind, ending in FILTERS.items():
        assert named("a/run", kind).name == f"run{ending}"
        assert named("a/run.v2", kind).name == f"run.v2{ending}"
    assert named("run.WEBP", "GIF picture (*.gif)").name == "run.WEBP"


@given(count=st.integers(1, 2000), most=st.integers(2, 150))
def test_moments_are_spread_from_the_first_to_the_last(count: int, most: int) -> None:
    found = spread(count, most)
    assert len(found) == min(count, most)
    assert (found[0], found[-1]) == (0, count - 1)
    assert found == sorted(set(found))


@given(
    width=st.integers(1, 4000), height=st.integers(1, 4000), wanted=st.integers(100, 2000), frames=st.integers(1, 150)
)
def test_pictures_keep_their_shape_and_are_not_too_many_pixels(
    width: int, height: int, wanted: int, frames: int
) -> None:
    size = fitting(QSize(width, height), wanted, frames)
    assert 1 <= size.width() <= min(width, wanted)
    assert 1 <= size.height() <= height
    assert (size.width() - 1) * (size.height() - 1) * frames <= MOST_PIXELS


# --- recording ------------------------------------------------------------------------------------------


@pytest.fixture
def session(qtbot, small: Dataset) -> Iterator[Session]:
    theme.switch().start(QApplication.instance(), "dark")
    training = PRESETS["quick"].run.changed(training={"epochs": 1}).training
    made = Session(RunSpec(network=NetworkSpec(layers=(DenseSpec(units=8),)), training=training))
    made._on_loaded(small)
    made.train()
    qtbot.waitUntil(lambda: made.state == State.IDLE and made.trained, timeout=20_000)
    qtbot.waitUntil(lambda: made.film is not None and len(made.film) >= 3, timeout=5_000)
    yield made
    made.finish()


def still() -> QImage:
    image = QImage(60, 40, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    return image


def test_a_run_is_recorded_and_what_was_in_view_comes_back(qtbot, session: Session, tmp_path: Path) -> None:
    recorder, seen, counts = Recorder(session), list[int](), list[int]()

    def grab() -> QImage:
        seen.append(session.shown.step)
        image = still()
        image.setPixelColor(session.shown.step % 60, 0, QColor("black"))
        return image

    recorder.progressed.connect(lambda done, _total: counts.append(done))
    session.show_moment(1)
    step = session.shown.step
    with qtbot.waitSignal(recorder.finished, timeout=10_000) as finished:
        recorder.start(Recording(tmp_path / "run.png", frames=3), grab, settled=lambda: True)
    assert finished.args == [tmp_path / "run.png"]
    assert seen == [int(session.film.steps[index]) for index in spread(len(session.film), 3)]
    assert counts == [1, 2, 3]
    assert session.shown.step == step
    assert not recorder.busy
    with Image.open(tmp_path / "run.png") as file:
        assert (file.n_frames, file.size) == (3, (60, 40))


def test_a_page_that_computes_is_waited_for(qtbot, session: Session, tmp_path: Path) -> None:
    recorder, asked, seen = Recorder(session), list[int](), list[int]()

    def settled() -> bool:
        asked.append(1)
        return len(asked) % 3 == 0

    def grab() -> QImage:
        seen.append(len(asked))
        return still()

    with qtbot.waitSignal(recorder.finished, timeout=10_000):
        recorder.start(Recording(tmp_path / "run.gif", frames=2), grab, settled)
    assert seen == [3, 6]


def test_a_recording_can_be_given_up(qtbot, session: Session, tmp_path: Path) -> None:
    recorder = Recorder(session)
    recorder.start(Recording(tmp_path / "run.gif", frames=3), still)
    assert session.travelling
    with qtbot.waitSignal(recorder.finished) as finished:
        recorder.cancel()
    assert finished.args == [None]
    assert not session.travelling
    assert list(tmp_path.glob("*.gif")) == []


def test_a_run_that_goes_away_ends_the_recording_with_a_sentence(qtbot, session: Session, tmp_path: Path) -> None:
    recorder = Recorder(session)
    with qtbot.waitSignal(recorder.failed, timeout=10_000) as failed:
        recorder.start(Recording(tmp_path / "run.gif", frames=3), still, settled=lambda: True)
        session.new_network()
    assert "no longer there" in str(failed.args[0])
    assert not recorder.busy


def test_the_bar_shows_how_far_it_is_and_says_where_the_file_is(qtbot, session: Session, tmp_path: Path) -> None:
    bar, page = TimeBar(session), QLabel("7")
    for widget in (bar, page):
        qtbot.addWidget(widget)
        widget.resize(700, 36)
        widget.show()
    assert not bar.export.isVisible()
    bar.record_from("The page in view", lambda: page)
    assert bar.export.isVisible()
    path = tmp_path / "run.gif"
    with qtbot.waitSignal(session.noted, timeout=10_000) as noted:
        bar.recording.record(Recording(path, frames=2), "The page in view")
        assert bar.recording.isVisible()
        assert not bar.slider.isVisible()
    assert noted.args == [f"Exported to {path}."]
    assert bar.slider.isVisible()
    assert path.exists()


def test_the_dialog_offers_what_a_recording_needs(qtbot) -> None:
    dialog = RecordingDialog(["The page in view"])
    qtbot.addWidget(dialog)
    dialog.frames.setCurrentIndex(2)
    dialog.rate.setCurrentIndex(0)
    assert dialog.recording(Path("run.gif")) == Recording(Path("run.gif"), 150, 640, 6)
