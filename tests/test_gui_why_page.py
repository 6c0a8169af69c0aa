"""The page Why?: what is shown is what the methods give, for the latest drawing, live and in the background."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.datasets.dataset import Dataset
from engine.errors import DigitLabError
from engine.explanation.gradient import input_times_gradient
from engine.explanation.occlusion import occlusion
from engine.explanation.patch import Change
from engine.network import Network, Snapshot
from engine.presets import PRESETS
from engine.reader import Reader
from engine.specs import RunSpec
from gui import theme
from gui.pages.why_page import COLOURS, NO_DRAWING, NO_NUMBERS, WhyPage
from gui.session import Session, State
from gui.shipped_reader import Found
from gui.widgets.why_latest import Latest
from gui.widgets.why_similar import LOADING, SILENT
from gui.widgets.why_words import change_words

# Qt's screenless platform says of every window shown that it cannot pass on its smallest size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")
WIDEST = 630


def run_of(*layers: dict) -> RunSpec:
    return PRESETS["quick"].run.changed(network={"layers": layers})


@pytest.fixture(scope="module", autouse=True)
def dressed(qapp: QApplication) -> None:
    theme.switch().start(qapp, "dark")


@pytest.fixture
def layers() -> tuple[dict, ...]:
    return ({"kind": "dense", "units": 24},)


@pytest.fixture
def session(qtbot: QtBot, layers: tuple[dict, ...], small: Dataset) -> Iterator[Session]:
    run = run_of(*layers)
    session = Session(run)
    session.adopt(Network(run.network, 3).snapshot(12, 0), run)
    session._on_loaded(small)
    session.set_drawing(small.test_images[0])
    yield session
    session.finish()


@pytest.fixture
def page(qtbot: QtBot, session: Session) -> WhyPage:
    page = WhyPage(session)
    page.similar._rest.setInterval(0)
    qtbot.addWidget(page)
    page.resize(640, 560)
    page.show()
    qtbot.waitExposed(page)
    return page


def take(session: Session, parameters: np.ndarray, step: int = 13) -> None:
    session._take(Snapshot(session.shown.spec, parameters, step, 0), learned=True)
    session._announce()


def settled(qtbot: QtBot, page: WhyPage) -> None:
    """Wait until everything about the drawing is there."""
    qtbot.waitUntil(lambda: page.change.sentence.text() != "" and not page.work.busy)


def compared(qtbot: QtBot, page: WhyPage) -> None:
    """Wait until the similar images are there."""
    qtbot.waitUntil(lambda: len(page.similar.grid.rows) == 5)


def one_pixel() -> tuple[RunSpec, Snapshot]:
    """Return a network that answers 3 where the pixel in row 10, column 15 has ink, and else 8."""
    run = run_of()
    network = Network(run.network, seed=None)
    network.output.bias[8] = 1.0
    network.output.weights[9 * 28 + 14, 3] = 5.0
    return run, network.snapshot(1, 0)


# --- the drawing ----------------------------------------------------------------------------------------------


def test_the_heat_map_is_input_times_gradient_for_the_digit_that_is_chosen(page: WhyPage, session: Session) -> None:
    first = int(session.read(session.drawing).argmax())
    for choice, digit in ((None, first), (4, 4), (9, 9)):
        page.digits.buttons[choice].click()
        expected = input_times_gradient(session.reader, session.drawing, digit)
        np.testing.assert_array_equal(page.heat.picture.heat, expected)
        assert page.readout.text() == COLOURS.format(digit)
    assert page.digits.buttons[None].text() == f"First guess: {first}"
    assert page.answer.text().startswith(f"This network reads {first}")


@pytest.mark.parametrize("layers", [()])
def test_orange_is_for_blue_is_against(page: WhyPage, session: Session) -> None:
    page.digits.buttons[2].click()
    heat, picture = session.reader.output.weights[:, 2].reshape(28, 28) * (session.drawing / 255), page.heat.picture
    np.testing.assert_allclose(picture.heat, heat, atol=1e-6)
    shot, look = picture.grab().toImage(), theme.current()
    for place, colour in ((heat.argmax(), look.positive), (heat.argmin(), look.negative)):
        row, column = divmod(int(place), 28)
        if abs(heat.flat[place]) == picture.limit or abs(heat.flat[place]) > 0.999 * picture.limit:
            spot = picture.pixel_rect(row, column).center().toPoint()
            assert shot.pixelColor(spot).name() == QColor(colour).name()
    assert page.heat.legend.ends[1].startswith("+")


def test_every_stroke_is_followed_at_once(page: WhyPage, session: Session, small: Dataset) -> None:
    count = page.refreshes
    session.set_drawing(small.test_images[1])
    assert page.refreshes == count + 1
    np.testing.assert_array_equal(page.heat.picture.heat != 0, small.test_images[1] > 0)
    assert page.cover.picture.heat is None, "what belongs to the drawing before is gone"


def test_what_takes_longer_follows_when_the_drawing_rests(qtbot: QtBot, page: WhyPage, session: Session) -> None:
    settled(qtbot, page)
    expected = occlusion(session.reader, session.drawing, 3)
    page.digits.buttons[5].click()
    np.testing.assert_allclose(page.cover.picture.heat, expected[5], atol=1e-5)
    page.side.setCurrentIndex(page.side.findData("1"))
    assert page.cover.picture.heat is None
    settled(qtbot, page)
    np.testing.assert_allclose(page.cover.picture.heat, occlusion(session.reader, session.drawing, 1)[5], atol=1e-5)
    page.grab()


def test_of_many_drawings_only_the_last_is_covered_and_changed(
    qtbot: QtBot, page: WhyPage, session: Session, small: Dataset
) -> None:
    results = []
    page.work.covered.connect(results.append)
    for image in small.test_images[1:8]:
        session.set_drawing(image)
    settled(qtbot, page)
    assert len(results) == 1
    np.testing.assert_allclose(results[0], occlusion(session.reader, small.test_images[7]), atol=1e-5)


def test_where_one_pixel_decides_the_page_names_it(qtbot: QtBot, page: WhyPage, session: Session) -> None:
    run, snapshot = one_pixel()
    session.adopt(snapshot, run)
    image = np.zeros((28, 28), np.uint8)
    image[5:20, 14] = 255
    session.set_drawing(image)
    settled(qtbot, page)
    assert page.change.sentence.text().startswith("Erasing 1 pixel at row 10, column 15 turns 3 into 8 (")
    assert np.argwhere(page.heat.picture.heat).tolist() == [[9, 14]]
    page.digits.buttons[3].click()
    assert np.argwhere(page.cover.picture.heat).tolist() == [[r, c] for r in (8, 9, 10) for c in (13, 14, 15)]
    page.grab()


def test_a_change_is_told_in_words() -> None:
    image = np.zeros((28, 28), np.uint8)
    assert change_words(None, "0123456789") == ("No square up to 9 × 9 pixels, erased or filled, changes the answer.")
    filled = Change(4, 2, 7, False, 4, 9, 0.614, image)
    assert change_words(filled, "0123456789").replace("\N{NO-BREAK SPACE}", " ") == (
        "Filling 4 × 4 pixels at row 3, column 8 turns 4 into 9 (61 %)."
    )


def test_a_pixel_that_is_pointed_at_tells_its_number(qtbot: QtBot, page: WhyPage, session: Session) -> None:
    settled(qtbot, page)
    row, column = np.argwhere(session.drawing > 200)[0].tolist()
    QTest.mouseMove(page.heat.picture, page.heat.picture.pixel_rect(row, column).center().toPoint())
    qtbot.waitUntil(lambda: page.readout.text().startswith(f"Row {row + 1}, column {column + 1}: ink "))
    QTest.mouseMove(page.cover.picture, page.cover.picture.pixel_rect(row, column).center().toPoint())
    qtbot.waitUntil(lambda: page.readout.text().startswith("Covering 3 × 3 pixels around row"))
    page.cover.picture.pointed.emit(None)
    assert page.readout.text() == COLOURS.format(page._name)


def test_the_keys_walk_over_the_pixels(qtbot: QtBot, page: WhyPage) -> None:
    picture = page.heat.picture
    picture.setFocus(Qt.FocusReason.TabFocusReason)
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Right, Qt.Key.Key_Right):
        qtbot.keyClick(picture, key)
    assert page.readout.text().startswith("Row 14, column 17: ink ")
    picture.grab()
    picture.clearFocus()
    assert page.readout.text() == COLOURS.format(page._name)


def test_nothing_drawn_and_no_numbers_say_so(qtbot: QtBot, page: WhyPage, session: Session, small: Dataset) -> None:
    session.set_drawing(None)
    assert page.empty.isVisible()
    assert page.empty.text() == NO_DRAWING
    session.set_drawing(small.test_images[0])
    assert not page.empty.isVisible()
    take(session, np.full_like(session.shown.parameters, np.nan))
    qtbot.waitUntil(page.empty.isVisible)
    assert page.empty.text() == NO_NUMBERS


def test_nothing_is_done_while_nobody_looks(qtbot: QtBot, page: WhyPage, session: Session, small: Dataset) -> None:
    settled(qtbot, page)
    page.hide()
    assert not session.tasks.titles
    count = page.refreshes
    session.set_drawing(small.test_images[3])
    assert (page.refreshes, page.work.busy) == (count, False)
    page.show()
    assert page.refreshes == count + 1
    settled(qtbot, page)


def test_other_weights_are_explained_without_emptying_the_page(qtbot: QtBot, page: WhyPage, session: Session) -> None:
    settled(qtbot, page)
    before = page.cover.picture.heat.copy()
    take(session, session.shown.parameters * 2)
    with qtbot.waitSignal(page.work.covered):
        qtbot.waitUntil(lambda: page.refreshes > 1)
        assert page.cover.picture.heat is not None
    assert not np.allclose(page.cover.picture.heat, before)


# --- similar images -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("measure", ["cosine", "euclidean"])
def test_nothing_is_more_like_a_training_image_than_itself_and_a_click_puts_it_on_the_pad(
    qtbot: QtBot, page: WhyPage, session: Session, small: Dataset, measure: str
) -> None:
    row = int(session.parts.train_rows[7])
    page.similar.measure_box.setCurrentIndex(page.similar.measure_box.findData(measure))
    session.set_drawing(small.train_images[row])
    compared(qtbot, page)
    qtbot.waitUntil(lambda: page.similar.grid.rows[0] == row)
    assert page.similar.grid.caption(0)[1] in ("cos 1.000", "distance 0.000")
    with qtbot.waitSignal(page.image_chosen) as chosen:
        place = page.similar.grid.cell_rect(0).center()
        qtbot.mouseClick(page.similar.grid.viewport(), Qt.MouseButton.LeftButton, pos=place)
    image, label = chosen.args
    np.testing.assert_array_equal(image, small.train_images[row])
    assert label == small.train_labels[row]
    assert page.similar.state.text() == f"Of {len(session.parts.train_rows)}, by the last hidden layer"


def test_while_training_the_images_as_they_were_are_good_enough(qtbot: QtBot, page: WhyPage, session: Session) -> None:
    compared(qtbot, page)
    held = page.similar.work.memory
    session.state = State.RUNNING
    take(session, session.shown.parameters * 1.5, 14)
    page._tick()
    assert not page.similar._rest.isActive()
    assert page.similar.work.memory is held
    session.state = State.IDLE
    session.state_changed.emit(State.IDLE)
    qtbot.waitUntil(lambda: page.similar.work.memory is not held)
    assert page.similar.work.memory.snapshot is session.shown


def test_a_silent_layer_and_missing_data_are_told(qtbot: QtBot, page: WhyPage, session: Session) -> None:
    compared(qtbot, page)
    take(session, np.zeros_like(session.shown.parameters))
    qtbot.waitUntil(lambda: page.similar.grid._empty == SILENT)
    other = Session(run_of())
    bare = WhyPage(other)
    qtbot.addWidget(bare)
    other.set_drawing(session.drawing)
    bare.show()
    assert bare.similar.grid._empty == LOADING
    other.finish()


# --- whom -----------------------------------------------------------------------------------------------------


def test_the_reader_is_explained_where_it_reads_the_pad(qtbot: QtBot, page: WhyPage, session: Session) -> None:
    assert not page.whose.isVisible()
    _, snapshot = one_pixel()
    session._on_reader(Found(Reader(Network.from_snapshot(snapshot))))
    session.read_by("reader")
    qtbot.waitUntil(page.whose.isVisible)
    expected = 3 if session.drawing[9, 14] else 8
    assert page.answer.text().startswith(f"The Reader reads {expected}")
    assert page.heat.picture.heat.any() == bool(session.drawing[9, 14])
    page.whose.setCurrentIndex(1)
    assert page.answer.text().startswith("This network reads ")
    assert page.heat.picture.heat.any()


def test_another_network_and_other_data_begin_anew(
    qtbot: QtBot, page: WhyPage, session: Session, small: Dataset
) -> None:
    compared(qtbot, page)
    session.set_run(run_of({"kind": "conv", "filters": 2, "kernel": 5, "stride": 3}))
    session.new_network()
    assert page.similar.work.memory is None
    compared(qtbot, page)
    assert page.similar.work.memory.snapshot is session.shown
    other = replace(small, train_images=small.train_images[300:].copy(), train_labels=small.train_labels[300:].copy())
    session._on_loaded(other)
    assert not len(page.similar.grid.rows), "rows of other images are not looked up in these"
    page.grab()
    compared(qtbot, page)
    assert page.similar.work.memory.images is other.train_images


def test_long_names_make_it_no_wider(qtbot: QtBot, page: WhyPage, session: Session, small: Dataset) -> None:
    session._on_loaded(replace(small, class_names=tuple(f"a name that takes a lot of room, {n}" for n in range(10))))
    qtbot.waitUntil(lambda: page.digits.buttons[3].text() == "a nam…")
    assert page.minimumSizeHint().width() <= WIDEST
    assert page.width() == 640


def test_of_what_is_asked_for_only_the_latest_is_done(qtbot: QtBot, session: Session) -> None:
    job, done, failures = Latest(session.tasks), [], []
    job.failed.connect(failures.append)
    for number in range(5):
        job.ask(_give(number), done.append)
    qtbot.waitUntil(lambda: not job.busy)
    assert done == [0, 4]
    job.ask(_refuse, done.append)
    job.ask(_give(6), done.append)
    qtbot.waitUntil(lambda: not job.busy)
    assert [str(error) for error in failures] == ["It cannot be done."]
    assert done == [0, 4, 6]
    job.ask(_give(7), done.append)
    job.drop()
    qtbot.waitUntil(lambda: not session.tasks.titles)
    assert done == [0, 4, 6]


def _give(number: int):
    def work(progress=None, cancelled=None) -> int:
        return number

    return work


def _refuse(progress=None, cancelled=None) -> None:
    raise DigitLabError("It cannot be done.")
