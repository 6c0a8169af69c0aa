"""The training page: curves, tiles, zoom, crosshair, export; real widgets, real training."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QGraphicsPathItem, QToolButton

from engine.datasets.dataset import Dataset
from engine.errors import DigitLabError
from engine.network import Snapshot
from engine.presets import PRESETS
from engine.reports import BatchReport, EpochReport, Report
from engine.runs.film import Film
from gui import theme
from gui.pages.training_page import EMPTY, HINT, TrainingPage
from gui.session import Session, State
from gui.widgets.curve import Curve
from gui.widgets.curve_plot import CurvePlot
from gui.widgets.legend import Line
from gui.widgets.plot_canvas import PlotCanvas
from gui.widgets.plot_parts import number, round_step, ticks
from gui.widgets.tile import NOTHING
from gui.widgets.tints import READABLE, contrast

PER_EPOCH = 20


def reports(count: int, first: int = 1, *, validation: float | None = 0.3) -> Iterator[Report]:
    for step in range(first, first + count):
        epoch, place = divmod(step - 1, PER_EPOCH)
        loss = 2.3 / step**0.5 + 0.1 * math.sin(step)
        share = 1 - loss / 3
        yield BatchReport(step, epoch + 1, place + 1, PER_EPOCH, loss, share, 0.01, (loss, loss / 10), 0.5, 3)
        if place + 1 == PER_EPOCH:
            yield EpochReport(epoch + 1, step, loss, share, validation, validation and 0.9, 1.5, 2000.0, epoch == 1)


@pytest.fixture
def session(qtbot) -> Iterator[Session]:
    made = Session(PRESETS["quick"].run)
    yield made
    made.finish()


@pytest.fixture
def page(qtbot, session: Session) -> TrainingPage:
    theme.switch().start(QApplication.instance(), "dark")
    page = TrainingPage(session)
    qtbot.addWidget(page)
    page.resize(660, 560)
    page.show()
    qtbot.waitExposed(page)
    return page


def feed(page: TrainingPage, news: Iterator[Report]) -> None:
    page.session.history.extend(news)
    page.session.history_changed.emit()
    QTest.qWait(0)
    page._tick()
    page._ticks = 0
    page.redraw()


def point_at(page: TrainingPage, epoch: float) -> None:
    plot = page.plots.accuracy
    place = plot.canvas.place(epoch, sum(plot.y_range) / 2)
    QTest.mouseMove(plot.canvas.viewport(), QPoint(0, 0))  # it may be at that very place, from the test before
    QTest.mouseMove(plot.canvas.viewport(), place.toPoint())


def wheel(plot: CurvePlot, steps: int) -> None:
    """Turn the mouse wheel in the middle of a plot."""
    viewport, nothing = plot.canvas.viewport(), Qt.KeyboardModifier.NoModifier
    place = QPointF(viewport.rect().center())
    turned, buttons = QPoint(0, 120 * steps), Qt.MouseButton.NoButton
    event = QWheelEvent(
        place, viewport.mapToGlobal(place), QPoint(), turned, buttons, nothing, Qt.ScrollPhase.NoScrollPhase, False
    )
    QApplication.sendEvent(viewport, event)


@pytest.mark.parametrize("look", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_a_toggle_that_is_on_is_seen_to_be_on(page: TrainingPage, look: theme.Theme) -> None:
    theme.switch().choose("light" if look is theme.LIGHT else "dark")
    page.setFocus()

    def colours(button: QToolButton) -> set[str]:
        shown = button.grab().toImage()
        return {shown.pixelColor(x, y).name() for x in range(shown.width()) for y in range(shown.height())}

    assert page.smoothing.isChecked()
    assert not page.log_loss.isChecked()
    assert look.accent in colours(page.smoothing)
    assert look.text not in colours(page.smoothing)
    assert look.accent not in colours(page.log_loss)
    edge = page.smoothing.grab().toImage().pixelColor(page.smoothing.width() // 2, 0).name()
    assert edge == look.accent
    assert contrast(look.accent, look.surface) >= READABLE


def test_before_the_first_batch_it_says_what_to_press(page: TrainingPage) -> None:
    assert page._stack.currentWidget().text() == EMPTY
    assert page.figures.tiles["loss"].figure == NOTHING
    assert not page.export_picture_button.isEnabled()
    assert not page.export_figures_button.isEnabled()


def test_reports_become_points_and_figures(page: TrainingPage) -> None:
    feed(page, reports(50))
    history = page.session.history
    x, y = page.plots.loss.points("batch")
    np.testing.assert_array_equal(x, history.batches.column("epoch"))
    np.testing.assert_array_equal(y, history.batches.column("loss"))
    np.testing.assert_allclose(page.plots.accuracy.points("epoch")[1], 100 * history.epochs.column("accuracy"))
    assert len(page.plots.loss.points("validation")[0]) == 2
    gradients = page.plots.gradients.points("layer_2")[1]
    assert gradients[0] <= math.log10(history.gradients.column("layer_2")[0])
    figures = {name: tile.figure for name, tile in page.figures.tiles.items()}
    assert figures["validation"] == "90.00 %"
    assert figures["seconds"] == "1.50 s"
    assert figures["rate"] == "0.01"
    assert figures["speed"] == f"{10 / 0.5:,.0f}"


def test_looking_back_the_key_numbers_are_those_of_the_moment(page: TrainingPage) -> None:
    session, figures = page.session, page.figures
    feed(page, reports(50))
    now = {name: tile.figure for name, tile in figures.tiles.items()}
    table = session.history.batches

    class Frames:
        epochs, steps, path, there = np.array([0.0, 0.5, 1.25]), np.array([0, 10, 25]), Path(), True

        def __len__(self) -> int:
            return 3

        def frame(self, index: int) -> Snapshot:
            return replace(session.snapshot, step=int(self.steps[index]))

        def nearest(self, step: int) -> int:
            return int(np.argmin(abs(self.steps - step)))

        def close(self) -> None:
            """Hold no file."""

    session.set_film(cast(Film, Frames()))
    for index, row in ((2, 24), (1, 9)):
        session.show_moment(index)
        shown = {name: tile.figure for name, tile in figures.tiles.items()}
        assert float(shown["loss"]) == pytest.approx(table.column("smooth_loss")[row], abs=6e-4)
        assert shown["accuracy"] == f"{100 * table.column('smooth_accuracy')[row]:.1f} %"
        assert f"those after {row + 1} batches" in page.readout.text()
        known = row >= PER_EPOCH
        assert shown["validation"] == ("90.00 %" if known else NOTHING)
        assert (shown["seconds"], shown["speed"]) == (("1.50 s", "2,000") if known else (NOTHING, NOTHING))
    session.show_moment(0)
    assert {tile.figure for tile in figures.tiles.values()} == {NOTHING}
    session.show_moment(None)
    assert {name: tile.figure for name, tile in figures.tiles.items()} == now
    assert page.readout.text() == HINT


def test_the_best_weights_that_are_back_have_their_own_figures(qtbot, page: TrainingPage, small: Dataset) -> None:
    session, history = page.session, page.session.history
    session._on_loaded(small)
    session.set_run(session.run.changed(training={"learning_rate": 0.5, "epochs": 4, "batch_size": 60}))
    with qtbot.waitSignal(session.ended, timeout=20000) as told:
        session.train()
    best = told.args[0].best_epoch
    assert 0 < best < 4
    qtbot.waitUntil(lambda: not page._news)
    row = 9 * best - 1  # of the 600 images a tenth is held back
    assert session.snapshot.step == row + 1
    loss = float(history.batches.column("smooth_loss")[row])
    assert float(page.figures.tiles["loss"].figure) == pytest.approx(loss, abs=6e-4)
    assert page.figures.tiles["validation"].figure == f"{100 * history.reports[best - 1].validation_accuracy:.2f} %"
    assert f"best epoch are back: the key numbers are those after {row + 1} batches" in page.readout.text()
    late = TrainingPage(session)
    qtbot.addWidget(late)
    assert late.readout.text() == page.readout.text()


def test_a_real_training_draws_by_itself(qtbot, page: TrainingPage, small: Dataset) -> None:
    page.session._on_loaded(small)
    page.session.train()
    qtbot.waitUntil(lambda: page.session.state == State.IDLE and len(page.session.history.epochs) == 6, timeout=20000)
    count = len(page.session.history.batches)
    qtbot.waitUntil(lambda: len(page.plots.loss.points("batch")[0]) == count)
    assert page.figures.tiles["validation"].figure.endswith("%")


def test_the_logarithmic_axis_draws_logarithms(qtbot, page: TrainingPage) -> None:
    feed(page, reports(50))
    qtbot.mouseClick(page.log_loss, Qt.MouseButton.LeftButton)
    losses = page.session.history.batches.column("loss")
    np.testing.assert_allclose(page.plots.loss.points("batch")[1], np.log10(losses))
    assert page.plots.loss.y_range[0] < math.log10(losses.min())
    qtbot.mouseClick(page.log_loss, Qt.MouseButton.LeftButton)
    np.testing.assert_array_equal(page.plots.loss.points("batch")[1], losses)


def test_smoothing_and_batches_can_be_switched_off(qtbot, page: TrainingPage) -> None:
    feed(page, reports(50))
    qtbot.mouseClick(page.smoothing, Qt.MouseButton.LeftButton)
    assert [line.name for line in page.plots.loss.lines] == ["batch", "epoch", "validation"]
    qtbot.mouseClick(page.each_batch, Qt.MouseButton.LeftButton)
    assert [line.name for line in page.plots.accuracy.lines] == ["epoch", "validation"]
    assert len(page.plots.accuracy.points("epoch")[0]) == 2


def test_the_wheel_zooms_all_plots_and_a_double_click_follows_again(qtbot, page: TrainingPage) -> None:
    feed(page, reports(100))
    whole = page.plots.loss.x_range
    wheel(page.plots.loss, 20)
    assert not page.follow.isChecked()
    zoomed = page.plots.loss.x_range
    assert zoomed[1] - zoomed[0] < 0.5 * (whole[1] - whole[0])
    assert page.plots.gradients.x_range == zoomed
    feed(page, reports(20, 101))
    assert page.plots.loss.x_range == zoomed
    plot = page.plots.accuracy.canvas
    QTest.mouseDClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=plot.viewport().rect().center())
    assert page.follow.isChecked()
    assert page.plots.loss.x_range[0] == 0
    assert page.plots.loss.x_range[1] >= 6


def test_dragging_moves_and_stops_at_the_ends(page: TrainingPage) -> None:
    feed(page, reports(100))
    wheel(page.plots.loss, 3)
    plot = page.plots.loss
    viewport, (low, high), last = plot.canvas.viewport(), plot.x_range, plot.canvas._last
    start, width = viewport.rect().center(), round(plot.canvas.area.width())
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(viewport, start + QPoint(width // 10, 0))
    assert plot.x_range == pytest.approx((low - (high - low) / 10, high - (high - low) / 10), abs=0.02 * (high - low))
    QTest.mouseMove(viewport, start - QPoint(10 * width, 0))
    assert plot.x_range == pytest.approx((last - (high - low), last))
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=start)
    held = plot.x_range
    QTest.mouseMove(viewport, start)
    assert plot.x_range == held
    assert page.plots.gradients.x_range == held


def test_painting_the_plots_never_asks_python(page: TrainingPage) -> None:
    feed(page, reports(50))
    painters = {"paintEvent", "drawBackground", "drawForeground", "drawItems", "viewportEvent", "event", "eventFilter"}
    assert painters.isdisjoint(vars(PlotCanvas))
    for item in page.plots.loss.canvas.scene().items():
        assert type(item).__module__ == "PySide6.QtWidgets"


def test_a_trembling_curve_leaves_the_axis_alone(page: TrainingPage) -> None:
    plot = page.plots.loss
    plot.show_values(0.0, 2.3)
    before = plot.y_range
    plot.show_values(0.0, 2.1)
    plot.show_values(0.1, 2.35)
    assert plot.y_range == before
    plot.show_values(0.0, 0.9)
    assert plot.y_range != before
    assert plot.y_range[1] < 1.2


@pytest.mark.usefixtures("qtbot")
def test_gaps_stay_gaps() -> None:
    nan, item = math.nan, QGraphicsPathItem()
    curve = Curve(item, Line("a", "a", "accent"), 0)
    curve.x, curve.y = np.arange(7.0), np.array([nan, 1.0, 2.0, nan, nan, 3.0, 4.0])
    curve.place(lambda x, y: (x, y))
    polygons = item.childItems()[0].path().toSubpathPolygons()
    parts = [list(dict.fromkeys((p.x(), p.y()) for p in polygon)) for polygon in polygons]
    assert parts == [[(1.0, 1.0), (2.0, 2.0)], [(5.0, 3.0), (6.0, 4.0)]]
    curve.y = np.full(7, nan)
    curve.place(lambda x, y: (x, y))
    assert item.childItems()[0].path().toSubpathPolygons() == []


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (-2, 1, ["0.01", "0.1", "1", "10"]),
        (0, 1, ["1", "2", "5", "10"]),
        (0.0, 0.1, ["1", "1.1", "1.2"]),
    ],
)
def test_logarithmic_axes_have_round_numbers(low: float, high: float, words: list[str]) -> None:
    found = ticks(low, high, 5, logarithmic=True)
    assert [text for _, text in found] == words
    assert all(10**place == pytest.approx(float(text)) for place, text in found)
    assert ticks(math.nan, high, 5) == []


def test_keys_zoom_and_home_follows(qtbot, page: TrainingPage) -> None:
    feed(page, reports(100))
    qtbot.keyClick(page.plots, Qt.Key.Key_Plus)
    assert page.plots.loss.x_range == pytest.approx((2.5 - 1.75, 2.5 + 1.75), abs=0.1)
    qtbot.keyClick(page.plots, Qt.Key.Key_Home)
    assert page.follow.isChecked()


def test_the_crosshair_reads_the_history_in_every_plot(page: TrainingPage) -> None:
    feed(page, reports(50))
    point_at(page, 1.0)
    batches = page.session.history.batches
    row = page._row
    assert row is not None
    assert batches.column("epoch")[row] == pytest.approx(1.0, abs=0.06)
    text = page.readout.text()
    assert f"loss {batches.column('loss')[row]:.3g}" in text
    assert f"accuracy {100 * batches.column('accuracy')[row]:.1f} %" in text
    assert f"gradients {page.session.history.gradients.column('layer_1')[row]:.3g}, " in text
    for plot in page.plots.plots:
        assert plot.crosshair == batches.column("epoch")[row]
        assert plot._cross.isVisible()
        assert plot._cross.pos().x() == pytest.approx(plot.canvas.place(plot.crosshair, 0).x())


def test_the_crosshair_goes_with_the_mouse(page: TrainingPage) -> None:
    feed(page, reports(50))
    point_at(page, 1.0)
    assert page._row is not None
    QApplication.sendEvent(page.plots.accuracy.canvas, QEvent(QEvent.Type.Leave))
    assert page._row is None
    assert not page.plots.loss._cross.isVisible()


def test_the_best_epoch_is_marked(page: TrainingPage) -> None:
    feed(page, reports(50))
    plot = page.plots.loss
    assert plot.best == (2, 0.3)
    assert plot._best.isVisible()
    assert plot._ring.scenePos().y() == pytest.approx(plot.canvas.place(2, 0.3).y())
    beside = plot.canvas.place(2, plot.y_range[1] * 0.9).toPoint() + QPoint(3, 0)
    assert any("epoch 2" in item.toolTip() for item in plot.canvas.items(beside))


def test_without_validation_there_is_no_validation_curve(page: TrainingPage) -> None:
    feed(page, reports(50, validation=None))
    assert len(page.plots.loss.points("validation")[0]) == 0
    assert page.figures.tiles["validation"].figure == NOTHING
    assert page.plots.loss._best.isVisible()


@pytest.mark.parametrize("value", [1e30, 1e300, math.inf, math.nan])
def test_exploded_numbers_do_not_break_the_plots(qtbot, page: TrainingPage, value: float) -> None:
    feed(page, reports(30))
    broken = (BatchReport(s, 2, s - PER_EPOCH, PER_EPOCH, value, 0.1, 0.1, (value, 0.0), 1.0, 3) for s in (31, 32))
    feed(page, broken)
    for pressed in range(2):
        page.grab()
        for plot in page.plots.plots:
            assert np.isfinite([*plot.x_range, *plot.y_range]).all(), pressed
        page.log_loss.click()


def test_a_hundred_thousand_batches_are_thinned_to_the_width(page: TrainingPage) -> None:
    feed(page, reports(100_000))
    plot = page.plots.loss
    x, y = plot.points("batch")
    assert len(x) <= 2 * plot.width_in_pixels + 4
    losses = page.session.history.batches.column("loss")
    assert y.max() == losses.max()
    assert y.min() == losses.min()
    page.plots.zoom(1e-3)
    low, high = plot.x_range
    inside = (page.session.history.batches.column("epoch") >= low) & (
        page.session.history.batches.column("epoch") <= high
    )
    assert len(plot.points("batch")[0]) == np.count_nonzero(inside) + 2


def test_the_table_holds_the_history(qtbot, page: TrainingPage, tmp_path: Path) -> None:
    feed(page, reports(50))
    target = tmp_path / "run.csv"
    page.export_figures(target)
    qtbot.waitUntil(target.exists)
    with target.open(newline="") as file:
        rows = list(csv.DictReader(file))
    losses = [float(row["loss"]) for row in rows]
    np.testing.assert_allclose(losses, page.session.history.batches.column("loss"), rtol=1e-8)
    assert rows[PER_EPOCH - 1]["epoch_validation_accuracy"] == "0.9"
    page.session.tasks.finish()


def test_the_picture_shows_tiles_and_plots(page: TrainingPage, tmp_path: Path) -> None:
    feed(page, reports(50))
    page.export_picture(tmp_path / "run.png")
    picture = QImage(str(tmp_path / "run.png"))
    assert picture.width() == 2 * (page.plots.width() + 16)
    colours = {picture.pixelColor(x, picture.height() // 2).name() for x in range(picture.width())}
    assert theme.current().surface in colours
    assert len(colours) > 3


@pytest.mark.parametrize("kind", ["picture", "figures"])
def test_an_export_that_fails_is_a_sentence(qtbot, page: TrainingPage, tmp_path: Path, kind: str) -> None:
    feed(page, reports(50))
    with qtbot.waitSignal(page.session.problem) as caught:
        getattr(page, f"export_{kind}")(tmp_path / "nowhere" / "file")
    assert isinstance(caught.args[0], DigitLabError)
    assert "could not be written" in str(caught.args[0])


def test_the_plots_follow_the_theme(page: TrainingPage) -> None:
    feed(page, reports(50))
    for mode, look in (("light", theme.LIGHT), ("dark", theme.DARK)):
        theme.switch().choose(mode)
        plot = page.plots.loss
        assert plot.canvas.backgroundBrush().color() == QColor(look.surface)
        assert plot.canvas.grab().toImage().pixelColor(QPoint(2, 2)).name() == look.surface
        assert plot.colour("smooth") == look.accent


def test_a_hidden_page_does_not_redraw(qtbot, page: TrainingPage) -> None:
    feed(page, reports(10))
    page.hide()
    before = page.redraws
    page.session.history.extend(reports(10, 11))
    page.session.history_changed.emit()
    assert not page._timer.isActive()
    QTest.qWait(80)
    assert page.redraws == before
    page.show()
    qtbot.waitUntil(lambda: page.redraws > before)
    assert len(page.plots.loss.points("batch")[0]) == 20


def test_without_news_nothing_is_redrawn(qtbot, page: TrainingPage) -> None:
    feed(page, reports(10))
    before = page.redraws
    QTest.qWait(120)
    assert page.redraws == before


def test_a_new_network_clears_the_page(page: TrainingPage) -> None:
    feed(page, reports(50))
    page.session.new_network()
    assert page._stack.currentWidget().text() == EMPTY
    assert page.figures.tiles["accuracy"].figure == NOTHING


def test_everything_explains_itself(page: TrainingPage) -> None:
    for button in (page.log_loss, page.smoothing, page.each_batch, page.follow, page.export_figures_button):
        assert button.toolTip()
        assert button.whatsThis()
        assert button.accessibleName()
    for tile in page.figures.tiles.values():
        assert tile.toolTip()


@pytest.mark.parametrize(("span", "parts", "step"), [(10, 5, 2), (1, 10, 0.1), (7, 5, 2), (0.03, 3, 0.01), (9, 2, 5)])
def test_steps_are_round(span: float, parts: float, step: float) -> None:
    assert round_step(span, parts) == pytest.approx(step)


@pytest.mark.parametrize(
    ("value", "text"), [(0.25, "0.25"), (1500, "1,500"), (3e-6, "3e−6"), (0, "0"), (2.5e8, "2.5e8"), (-0.1, "-0.1")]
)
def test_numbers_are_written_as_people_do(value: float, text: str) -> None:
    assert number(value) == text


def test_the_accuracy_of_single_images_is_drawn_smoothed_alone(page: TrainingPage) -> None:
    one_by_one = [
        BatchReport(n + 1, 1, n + 1, 1000, 0.5, float(n % 3 > 0), 0.001, (0.1, 0.1), 0.1, 1) for n in range(300)
    ]
    feed(page, one_by_one)
    plots = page.plots
    assert not np.isfinite(plots.accuracy.points("batch")[1]).any()
    assert np.isfinite(plots.accuracy.points("smooth")[1]).all()
    assert np.isfinite(plots.loss.points("batch")[1]).any()
