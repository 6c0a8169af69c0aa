"""The evaluation page with a network that was really trained: figures, matrix, images, and when it measures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from evaluated import evaluated, session_of
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from engine.datasets.dataset import Dataset
from engine.datasets.split import split
from engine.evaluation import evaluate
from engine.layers import DenseSpec
from engine.network import Network, Snapshot
from engine.presets import PRESETS
from engine.training import Training
from gui import theme
from gui.pages.evaluation_page import EvaluationPage
from gui.session import Session, State
from gui.widgets.tints import READABLE, contrast, mix, readable
from gui.widgets.wording import cell_sentence, percent, some

# Qt's screenless platform says of every window shown that it cannot pass on its smallest size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")
CLOTHES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
BATCHES = 250
QUICK = PRESETS["quick"].run
RUN = QUICK.model_copy(update={"network": QUICK.network.model_copy(update={"layers": (DenseSpec(units=48),)})})


@pytest.fixture(scope="module")
def trained(mnist: Dataset) -> Snapshot:
    """A small network after some hundred batches of MNIST."""
    network = Network(RUN.network, RUN.seed)
    training = Training(network, split(mnist, RUN.validation_split, RUN.seed), RUN.training, RUN.seed)
    reports = list(islice(training.reports(), BATCHES))
    return network.snapshot(len(reports), 0)


@pytest.fixture
def session(qtbot: QtBot, mnist: Dataset, trained: Snapshot) -> Iterator[Session]:
    with session_of(trained, RUN, mnist) as session:
        yield session


@pytest.fixture
def page(qtbot: QtBot, session: Session) -> EvaluationPage:
    """The page in view, after it has measured by itself."""
    return evaluated(qtbot, session, 660)


def cell(page: EvaluationPage, truth: int, answer: int) -> QPoint:
    return page.matrix.cell_rect((truth, answer)).center().toPoint()


def worst(session: Session) -> tuple[int, int]:
    """The kind of mistake that happened most often."""
    assert session.evaluation is not None
    errors = session.evaluation.confusion * (1 - np.eye(10, dtype=int))
    truth, answer = np.unravel_index(errors.argmax(), errors.shape)
    return int(truth), int(answer)


def test_measures_by_itself_when_it_comes_into_view(page: EvaluationPage, session: Session, mnist: Dataset) -> None:
    network = Network.from_snapshot(session.snapshot)
    right = int((network.predict(mnist.test_images).argmax(axis=1) == mnist.test_labels).sum())
    assert right > 8500
    assert page.header.accuracy.text() == f"{right / 100:.1f} %"
    assert "10,000 test images" in page.header.right.text()
    assert page.header.errors.text() == f"{10000 - right:,}"
    assert page.header.age.text() == f"Measured after batch {BATCHES}."


def test_figures_are_those_of_the_evaluation(page: EvaluationPage, session: Session) -> None:
    evaluation = session.evaluation
    assert evaluation is not None
    low, high = evaluation.interval
    assert page.header.interval.text() == f"95 % interval {100 * low:.1f} to {100 * high:.1f} %"
    assert page.header.loss.text() == f"{evaluation.loss:.4g}"
    assert page.header.confidence.text() == f"{100 * evaluation.probabilities.max(axis=1).mean():.1f} %"
    recall, precision = evaluation.recall()[4], evaluation.precision()[4]
    assert f"{100 * recall:.1f} % of all fours" in page.bars.words(4)
    assert f"{100 * precision:.1f} % of the answers" in page.bars.words(4)


def test_shows_the_surest_mistakes_first(page: EvaluationPage, session: Session) -> None:
    evaluation = session.evaluation
    assert evaluation is not None
    grid = page.images.grid
    assert np.array_equal(grid.rows, evaluation.mistakes())
    assert np.all(np.diff(evaluation.confidences[grid.rows]) <= 0)
    assert page.images.heading.text() == f"{len(evaluation.mistakes()):,} mistakes, surest first"
    assert page.images.all_mistakes.isHidden()


def test_click_on_a_cell_opens_its_images(qtbot: QtBot, page: EvaluationPage, session: Session) -> None:
    assert session.evaluation is not None
    truth, answer = worst(session)
    qtbot.mouseClick(page.matrix, Qt.MouseButton.LeftButton, pos=cell(page, truth, answer))
    grid = page.images.grid
    assert np.array_equal(grid.rows, session.evaluation.rows(truth, answer))
    assert len(grid.rows) == session.evaluation.confusion[truth, answer] > 3
    assert grid.caption(0)[0] == f"true {truth}, said {answer}"
    assert page.images.heading.text().startswith(some(len(grid.rows), truth, tuple("0123456789")))
    qtbot.mouseClick(page.images.all_mistakes, Qt.MouseButton.LeftButton)
    assert np.array_equal(grid.rows, session.evaluation.mistakes())


def test_click_on_a_bar_opens_the_mistakes_of_its_class(qtbot: QtBot, page: EvaluationPage, session: Session) -> None:
    evaluation = session.evaluation
    assert evaluation is not None
    qtbot.mouseClick(page.bars, Qt.MouseButton.LeftButton, pos=page.bars.cell_rect(8).center().toPoint())
    rows = page.images.grid.rows
    assert len(rows) == evaluation.confusion[8].sum() - evaluation.confusion[8, 8]
    assert set(evaluation.labels[rows]) == {8}
    assert "eights read wrong" in page.images.heading.text()


def test_bars_stand_beside_the_rows_of_the_matrix(page: EvaluationPage) -> None:
    for digit in (0, 9):
        row = page.matrix.mapTo(page, cell(page, digit, 0)).y()
        bar = page.bars.mapTo(page, page.bars.cell_rect(digit).center().toPoint()).y()
        assert abs(row - bar) <= 1


def test_keyboard_moves_over_the_matrix_and_opens(qtbot: QtBot, page: EvaluationPage, session: Session) -> None:
    assert session.evaluation is not None
    page.matrix.setFocus()
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Left, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Return):
        qtbot.keyClick(page.matrix, key)
    assert np.array_equal(page.images.grid.rows, session.evaluation.rows(2, 1))
    assert page.matrix.accessibleDescription() == page.matrix.words((2, 1))


def test_hover_says_the_cell_in_words(qtbot: QtBot, page: EvaluationPage, session: Session) -> None:
    truth, answer = worst(session)
    said: list[str] = []
    page.matrix.described.connect(said.append)
    page.matrix.mouseMoveEvent(_move(cell(page, truth, answer)))
    assert said == [page.matrix.words((truth, answer))]
    assert page.errors.cell.text() == said[0]


# Nor can it raise a window, which a tooltip is.
@pytest.mark.qt_log_ignore("propagateSizeHints", "does not support raise")
def test_tooltips_say_cell_and_bar_in_words(qtbot: QtBot, page: EvaluationPage) -> None:
    for view, place, words in (
        (page.matrix, cell(page, 4, 9), page.matrix.words((4, 9))),
        (page.bars, page.bars.cell_rect(4).center().toPoint(), page.bars.words(4)),
    ):
        QApplication.sendEvent(view, QHelpEvent(QEvent.Type.ToolTip, place, view.mapToGlobal(place)))
        assert QToolTip.text() == words
    assert page.matrix.words_at(QPointF(1, 1)) == ""
    QToolTip.hideText()


def test_image_goes_out_by_click_and_by_key(
    qtbot: QtBot, page: EvaluationPage, session: Session, mnist: Dataset
) -> None:
    grid = page.images.grid
    with qtbot.waitSignal(page.image_chosen) as clicked:
        qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=grid.cell_rect(1).center())
    image, label = clicked.args
    assert np.array_equal(image, mnist.test_images[grid.rows[1]])
    assert np.shares_memory(image, mnist.test_images)
    assert label == mnist.test_labels[grid.rows[1]]
    with qtbot.waitSignal(page.image_chosen) as pressed:
        for key in (Qt.Key.Key_Down, Qt.Key.Key_Return):
            qtbot.keyClick(grid, key)
    assert np.array_equal(pressed.args[0], mnist.test_images[grid.rows[1 + grid.columns]])


def test_grid_scrolls_to_the_last_of_thousands(qtbot: QtBot, page: EvaluationPage, session: Session) -> None:
    page.images.show_choice((1, 1))
    grid = page.images.grid
    assert len(grid.rows) > 1000
    qtbot.keyClick(grid, Qt.Key.Key_End)
    box = grid.cell_rect(len(grid.rows) - 1)
    assert grid.viewport().rect().contains(box.center())
    assert grid.index_at(box.center()) == len(grid.rows) - 1
    qtbot.keyClick(grid, Qt.Key.Key_Home)
    assert grid.verticalScrollBar().value() == 0


def test_hovered_image_shows_ten_shares(page: EvaluationPage, session: Session) -> None:
    assert session.evaluation is not None
    row = page.images.grid.rows[0]
    tip = page.images.grid.tip(0)
    assert f"Test image {row + 1:,}" in tip
    assert all(percent(float(share)) in tip for share in session.evaluation.probabilities[row])


def test_stale_figures_are_measured_again_by_themselves(qtbot: QtBot, page: EvaluationPage, session: Session) -> None:
    with qtbot.waitSignal(session.evaluation_changed):
        session.step_batch()
    qtbot.waitUntil(lambda: session.state == State.PAUSED)
    qtbot.waitUntil(lambda: session.evaluated_step == BATCHES + 1)
    assert page.header.age.text() == f"Measured after batch {BATCHES + 1}."


def test_says_when_the_network_has_learned_on(page: EvaluationPage) -> None:
    page.header.set_age(100, 120, trained=True, training=False)
    assert "learned on since: press Evaluate" in page.header.age.text()
    page.header.set_age(100, 120, trained=True, training=True)
    assert "after the epoch" in page.header.age.text()
    page.header.set_age(0, 0, trained=False, training=False)
    assert "guess" in page.header.age.text()


def test_hidden_page_does_not_measure(qtbot: QtBot, session: Session) -> None:
    page = EvaluationPage(session)
    qtbot.addWidget(page)
    session.step_batch()
    qtbot.waitUntil(lambda: session.state == State.PAUSED)
    assert session.evaluation is None
    assert session.tasks.titles == []


def test_measures_at_epoch_ends_while_training(qtbot: QtBot, page: EvaluationPage, session: Session) -> None:
    session.set_run(RUN.changed(training={"epochs": 1000}))
    with qtbot.waitSignal(session.evaluation_changed, timeout=20000):
        session.train()
        qtbot.waitUntil(lambda: session.history.last_epoch is not None, timeout=20000)
    assert session.state == State.RUNNING
    assert session.evaluated_step > BATCHES


def test_button_measures(qtbot: QtBot, page: EvaluationPage, session: Session) -> None:
    before = session.evaluation
    with qtbot.waitSignal(session.evaluation_changed):
        qtbot.mouseClick(page.header.evaluate, Qt.MouseButton.LeftButton)
    assert session.evaluation is not before


def test_new_network_is_measured_and_the_choice_forgotten(qtbot: QtBot, page: EvaluationPage, session: Session) -> None:
    page.images.show_choice((4, 9))
    session.new_network()
    assert page.header.accuracy.text() == "–"
    assert page.header.right.text() == page.header.right.toolTip() == "right"
    assert page.header.interval.text() == "on images it did not learn"
    qtbot.waitUntil(lambda: session.evaluation is not None)
    assert "before the first batch" in page.header.age.text()
    assert page.images.choice is None


def test_a_loss_of_any_size_has_four_figures(page: EvaluationPage, session: Session) -> None:
    assert session.evaluation is not None
    for loss, words in ((146671781654589984.0, "1.467e+17"), (0.0123456, "0.01235"), (float("nan"), "nan")):
        page.header.set_evaluation(replace(session.evaluation, loss=loss))
        assert page.header.loss.text() == words


def test_an_opened_network_without_steps_does_not_guess(
    qtbot: QtBot, page: EvaluationPage, session: Session, trained: Snapshot
) -> None:
    session.adopt(Snapshot(trained.spec, trained.parameters, 0, 0), RUN)
    qtbot.waitUntil(lambda: session.evaluation is not None)
    assert page.header.age.text() == "Measured before any training here."


def test_the_age_is_told_in_full_however_narrow_the_page_is(page: EvaluationPage) -> None:
    page.header.set_age(1234567, 1234568, trained=True, training=True)
    age = page.header.age
    assert "comes after the epoch" in age.text()
    assert age.heightForWidth(age.width()) <= age.height()


def test_empty_page_says_why(qtbot: QtBot) -> None:
    session = Session(RUN)
    page = EvaluationPage(session)
    qtbot.addWidget(page)
    page.show()
    assert "Choose the data" in page._empty.text()
    assert not page.header.evaluate.isEnabled()
    session.finish()


def test_classes_have_their_names(qtbot: QtBot, page: EvaluationPage, session: Session, mnist: Dataset) -> None:
    with qtbot.waitSignals([session.evaluation_changed, session.evaluation_changed]):
        session._on_loaded(replace(mnist, class_names=CLOTHES))
    page.images.show_choice((9, 7))
    assert page.images.grid.caption(0)[:2] == ("true Ankle boot", "said Sneaker")
    assert "images of Ankle boot read as Sneaker" in page.images.heading.text()
    assert page.minimumSizeHint().width() <= 660
    assert page.matrix.cell_rect((0, 0)).width() >= 18
    assert not page.grab().isNull()


def test_sentences() -> None:
    digits, confusion = tuple("0123456789"), np.zeros((10, 10), int)
    confusion[4, 4], confusion[4, 9], confusion[4, 1] = 976, 23, 1
    assert cell_sentence(confusion, 4, 9, digits) == "23 fours were read as nine: 2.3 % of all fours."
    assert cell_sentence(confusion, 4, 1, digits) == "1 four was read as one: 0.1 % of all fours."
    assert cell_sentence(confusion, 4, 4, digits) == "976 fours were read right: 97.6 % of all fours."
    assert cell_sentence(confusion, 4, 0, digits) == "No fours were read as zero."
    assert cell_sentence(confusion, 5, 0, digits) == "There are no fives among the test images."
    assert (
        cell_sentence(confusion, 4, 9, CLOTHES)
        == "23 images of Coat were read as Ankle boot: 2.3 % of all images of Coat."
    )
    shares = (0.979, 1.0, 0.9999, float("nan"), 0.0004, 0.0)
    assert [percent(share) for share in shares] == ["97.9 %", "100.0 %", "> 99.9 %", "–", "< 0.1 %", "0.0 %"]


@pytest.mark.parametrize("look", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_counts_can_be_read_on_every_depth(look: theme.Theme) -> None:
    for hue in (look.accent, look.bad):
        for depth in np.linspace(0, 1, 101):
            background = mix(look.surface, hue, float(depth))
            assert contrast(QColor(readable(background, look)).name(), background) >= READABLE


def test_evaluation_without_a_mistake_says_so(qtbot: QtBot, page: EvaluationPage, mnist: Dataset) -> None:
    network = Network(RUN.network)
    some_rows = np.flatnonzero(network.predict(mnist.test_images[:200]).argmax(axis=1) == mnist.test_labels[:200])
    assert len(some_rows)
    data = replace(mnist, test_images=mnist.test_images[some_rows], test_labels=mnist.test_labels[some_rows])
    evaluation = evaluate(network, data.test_images, data.test_labels, "cross_entropy")
    assert evaluation is not None
    page.images.set_evaluation(evaluation, data)
    assert len(page.images.grid.rows) == 0
    assert "every test image was read right" in page.images.grid.accessibleDescription()
    assert not page.images.grab().isNull()


def _move(place: QPoint) -> QMouseEvent:
    none = Qt.MouseButton.NoButton
    return QMouseEvent(QEvent.Type.MouseMove, QPointF(place), QPointF(place), none, none, Qt.KeyboardModifier(0))
