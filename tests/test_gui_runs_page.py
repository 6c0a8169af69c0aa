"""The runs page with a real library: lists, finds, marks, deletes, compares, uses and exports runs."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from bench_runs_page import Books, fill, kept_curve
from PySide6.QtCore import QEvent, QPoint, QPointF, QSettings, Qt, QUrl
from PySide6.QtGui import QContextMenuEvent, QImage, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QMenu
from pytestqt.qtbot import QtBot

from engine.errors import DigitLabError
from engine.presets import PRESETS
from engine.runs.curve import Curve
from engine.runs.row import RunRow, RunState, new_row
from engine.runs.run_file import Entry, RunFile, path_of
from engine.runs.store import RunStore
from gui import theme
from gui.pages.runs_page import NO_RUNS, NONE_FOUND, RunsPage
from gui.session import Session
from gui.widgets import runs_curves, runs_reader
from gui.widgets.runs_columns import COLUMNS, PLACE
from gui.widgets.runs_compare import swatch
from gui.widgets.runs_facts import RunsFacts
from gui.widgets.runs_points import MOST_DRAWN, QUANTITIES, points, seconds_at, slots, value_at

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")
COUNT, CURVES = 40, 30
QUICK = PRESETS["quick"].run


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[RunRow]]:
    """The folder of a library of forty runs, most of them with curves, and these runs, the newest first."""
    folder = tmp_path_factory.mktemp("library")
    books = Books(folder)
    assert books.store is not None
    rows = fill(books.store, COUNT, CURVES)
    books.store.close()
    return folder, rows


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    """A library, empty at first."""
    books = Books(tmp_path)
    yield books
    if books.store is not None:
        books.store.close()


@pytest.fixture
def rows(filled: tuple[Path, list[RunRow]], tmp_path: Path) -> list[RunRow]:
    """Fill the library, before it is opened, with a copy; return its runs, the newest first."""
    folder, rows = filled
    for path in folder.iterdir():
        shutil.copy(path, tmp_path)
    return rows


@pytest.fixture
def session() -> Iterator[Session]:
    session = Session(QUICK)
    yield session
    session.finish()


def show(qtbot: QtBot, session: Session, books: Books) -> RunsPage:
    page = RunsPage(session, books)  # type: ignore[arg-type]
    # Held until it is closed: else Python may collect it while Qt paints it.
    qtbot.addWidget(page, before_close_func=lambda _: page.hide())
    page.resize(640, 560)
    page.show()
    page.table.setFocus()
    return page


@pytest.fixture
def page(qtbot: QtBot, session: Session, rows: list[RunRow], books: Books) -> RunsPage:
    return show(qtbot, session, books)


def choose(page: RunsPage, *rows: int) -> None:
    """Select rows of the table, and draw what belongs to them."""
    page.table.select({page.model.shown[row].id for row in rows})
    page.table.go_to(rows[0])
    page._draw()


def listed(page: RunsPage, key: str = "title") -> list[str]:
    return [page.model.index(row, PLACE[key]).data() for row in range(page.model.rowCount())]


def headings(page: RunsPage) -> list[str]:
    table = page.details.compare.table
    return [table.horizontalHeaderItem(place).text() for place in range(table.columnCount())]


def stored(books: Books, run_id: str) -> RunRow:
    assert books.store is not None
    return books.store.row(run_id)


# --- what is listed ---------------------------------------------------------------------------------------


def test_an_empty_library_says_how_to_fill_it(qtbot: QtBot, session: Session, books: Books) -> None:
    page = show(qtbot, session, books)
    assert page.empty.isVisible()
    assert page.empty.text() == NO_RUNS
    assert not page.header.isVisible()
    assert not page.actions_row.isVisible()


def test_trouble_is_said_until_it_is_over(qtbot: QtBot, session: Session, rows: list[RunRow], books: Books) -> None:
    store, books.store = books.store, None
    books.trouble = DigitLabError("The library of runs is damaged.", "It was set aside.")
    page = show(qtbot, session, books)
    assert page.empty.text() == "The library of runs is damaged. It was set aside."
    books.store = store
    page._look()
    assert page.table.isVisible()
    assert len(listed(page)) == COUNT


def test_runs_are_listed_newest_first_and_sorted_by_any_column(page: RunsPage, rows: list[RunRow]) -> None:
    assert [run.id for run in page.model.shown] == [row.id for row in rows]
    header = page.table.horizontalHeader()
    place = header.sectionViewportPosition(PLACE["validation_accuracy"]) + 20
    QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(place, header.height() // 2))
    values = [run.validation_accuracy for run in page.model.shown]
    known = [value for value in values if value is not None]
    assert known == sorted(known)
    assert None not in values[: len(known)]
    assert listed(page, "validation_accuracy")[-1] == "–"


def test_a_filter_narrows_the_list_and_escape_clears_it(page: RunsPage, qtbot: QtBot) -> None:
    QTest.keyClick(page.table, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert page.header.field.hasFocus()
    QTest.keyClicks(page.header.field, "deep tag:wide")
    QTest.keyClick(page.header.field, Qt.Key.Key_Return)
    assert 0 < len(listed(page)) < COUNT
    assert all(
        "deep" in title and "wide" in tags for title, tags in zip(listed(page), listed(page, "tags"), strict=True)
    )
    assert page.header.count.text() == f"{len(listed(page))} of {COUNT} runs"
    page.header.field.setText("val>x")
    page.header._apply()
    assert page.header.complaint.isVisible()
    assert "needs a number" in page.header.complaint.text()
    assert page.header.field.property("wrong")
    page.header.field.setText("nothing of the kind")
    page.header._apply()
    assert page.empty.isVisible()
    assert page.empty.text() == NONE_FOUND
    QTest.keyClick(page.header.field, Qt.Key.Key_Escape)
    assert len(listed(page)) == COUNT
    assert page.header.field.text() == ""
    page.header.starred.click()
    assert len(listed(page)) == len([run for run in page.model.runs if run.starred])
    page.header.field.setText('"quick')  # still being typed
    page.header._apply()
    assert page.model.shown == [run for run in page.model.runs if run.starred and "quick" in run.preset] != []


def test_columns_are_hidden_moved_and_remembered(
    qtbot: QtBot, session: Session, rows: list[RunRow], books: Books, tmp_path: Path
) -> None:
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    page = show(qtbot, session, books)
    page.remember_in(settings)
    menu = QMenu(page)
    page.table.fill_menu(menu)
    entries = {action.text(): action for action in menu.actions()}
    assert not entries["Name"].isEnabled()
    entries["Seed"].trigger()
    entries["Network"].trigger()
    page.table.horizontalHeader().moveSection(PLACE["tags"], 1)
    page.table.setColumnWidth(PLACE["title"], 222)
    page.table.sortByColumn(PLACE["epochs"], Qt.SortOrder.DescendingOrder)
    again = show(qtbot, session, books)
    again.remember_in(settings)
    table, header = again.table, again.table.horizontalHeader()
    assert table.isColumnHidden(PLACE["seed"])
    assert not table.isColumnHidden(PLACE["network"])
    assert header.visualIndex(PLACE["tags"]) == 1
    assert header.sectionSize(PLACE["title"]) == 222
    epochs = [run.epochs for run in again.model.shown]
    assert epochs == sorted(epochs, reverse=True)


def test_names_take_the_room_that_is_left_until_the_user_chooses_their_width(
    qtbot: QtBot, session: Session, rows: list[RunRow], books: Books, tmp_path: Path
) -> None:
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    page = show(qtbot, session, books)
    page.remember_in(settings)
    table, header = page.table, page.table.horizontalHeader()
    others = [place for place, column in enumerate(COLUMNS) if column.shown and column.key != "title"]
    for width in (640, 1900, 900):
        page.resize(width, 560)
        assert table.columnWidth(PLACE["title"]) >= 168
        assert [table.columnWidth(place) for place in others] == [COLUMNS[place].width for place in others]
        assert width == 640 or header.length() == table.viewport().width()
    table.show_column(PLACE["seed"], False)
    assert header.length() == table.viewport().width()
    table.setColumnWidth(PLACE["dataset"], 80)
    page.resize(1900, 560)
    assert table.columnWidth(PLACE["dataset"]) == 80
    assert header.length() == table.viewport().width()
    again = show(qtbot, session, books)
    again.remember_in(settings)
    again.resize(1200, 560)
    assert again.table.columnWidth(PLACE["dataset"]) == 80
    assert again.table.horizontalHeader().length() == again.table.viewport().width()
    table.setColumnWidth(PLACE["title"], 222)
    page.resize(1500, 560)
    assert table.columnWidth(PLACE["title"]) == 222
    assert table.columnWidth(PLACE["tags"]) > COLUMNS[PLACE["tags"]].width, "the last column takes what is left"


# --- what the user says of runs ---------------------------------------------------------------------------


def test_enter_renames_in_place_and_undo_takes_it_back(page: RunsPage, qtbot: QtBot, books: Books) -> None:
    choose(page, 3)
    run, before = page.model.shown[3], page.model.shown[3].title
    QTest.keyClick(page.table, Qt.Key.Key_Return)
    line = page.table.findChild(QLineEdit)
    assert isinstance(line, QLineEdit)
    assert line.placeholderText() == f"{run.preset} {run.network}"
    page.reload()
    assert page.table.editing, "news do not disturb whoever is typing"
    QTest.keyClicks(line, "wide and slow")
    QTest.keyClick(line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: listed(page)[3] == "wide and slow")
    assert stored(books, run.id).name == "wide and slow"
    assert [one.id for one in page.table.selected] == [run.id]
    QTest.keyClick(page.table, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert listed(page)[3] == before
    QTest.keyClick(page.table, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert stored(books, run.id).name == "wide and slow"


def test_tags_are_edited_in_place(page: RunsPage, qtbot: QtBot, books: Books) -> None:
    run = page.model.shown[0]
    index = page.model.index(0, PLACE["tags"])
    page.table.edit(index)
    line = page.table.findChild(QLineEdit)
    assert isinstance(line, QLineEdit)
    line.setText("good,  try again, good")
    QTest.keyClick(line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: index.data() == "good, try again")
    assert stored(books, run.id).tags == ("good", "try again")
    page.undo_stack.undo()
    assert stored(books, run.id).tags == tuple(run.tags)


def test_the_menu_at_the_mouse_and_a_key_let_tags_be_typed_though_their_column_is_hidden(
    page: RunsPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, opened = page.table, []
    monkeypatch.setattr(QMenu, "popup", lambda menu, _place: opened.append(menu))
    choose(page, 1)
    QTest.keyClick(table, Qt.Key.Key_T)
    assert table.editing
    QTest.keyClick(_line(page), Qt.Key.Key_Escape)
    table.setCurrentIndex(page.model.index(2, PLACE["title"]))
    table.show_column(PLACE["tags"], False)
    place = table.visualRect(table.currentIndex()).center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, table.viewport().mapToGlobal(place))
    QApplication.sendEvent(table.viewport(), event)
    entries = {action.text().split("\t")[0]: action for action in opened[0].actions()}
    assert list(entries) == ["Rename", "Tags", "Star", "Delete"]
    entries["Tags"].trigger()
    assert table.editing
    assert not table.isColumnHidden(PLACE["tags"])
    assert _line(page).text() == ", ".join(page.model.shown[2].tags)
    QTest.keyClick(_line(page), Qt.Key.Key_Escape)
    entries["Rename"].trigger()
    assert _line(page).placeholderText(), "the name's line has one"
    QTest.keyClick(_line(page), Qt.Key.Key_Escape)
    (run,) = table.selected
    entries["Star"].trigger()
    assert table.selected[0].starred != run.starred
    entries["Delete"].trigger()
    assert run.id not in {one.id for one in page.model.shown}


def _line(page: RunsPage) -> QLineEdit:
    """Return the line in which is typed now."""
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # those of before
    (line,) = page.table.findChildren(QLineEdit)
    return line


def test_stars_by_click_and_by_key(page: RunsPage, books: Books) -> None:
    choose(page, 5, 6)
    place = page.table.visualRect(page.model.index(2, PLACE["starred"])).center()
    was = page.model.shown[2].starred
    QTest.mouseClick(page.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert page.model.shown[2].starred != was
    assert len(page.table.selected) == 2, "a star is no selection"
    ids = [run.id for run in page.table.selected]
    QTest.keyClick(page.table, Qt.Key.Key_S)
    assert all(stored(books, run_id).starred for run_id in ids)
    QTest.keyClick(page.table, Qt.Key.Key_S)
    assert not any(stored(books, run_id).starred for run_id in ids)
    for _ in range(3):
        page.undo_stack.undo()
    assert page.model.shown[2].starred == was


def test_deleted_runs_come_back(page: RunsPage, books: Books) -> None:
    choose(page, 1, 2, 4)
    ids = [run.id for run in page.table.selected]
    QTest.keyClick(page.table, Qt.Key.Key_Delete)
    assert page.model.of(ids) == []
    assert len(listed(page)) == COUNT - 3
    assert page.message.sentence == "3 runs deleted."
    assert page.table.currentIndex().row() == 1
    page.message.action.click()
    assert [run.id for run in page.model.of(ids)] == ids
    assert not page.message.isVisible()
    page.undo_stack.redo()
    assert page.model.of(ids) == []
    QTest.keyClick(page.table, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert len(listed(page)) == COUNT


def test_a_run_that_is_not_over_is_not_deleted(page: RunsPage, books: Books) -> None:
    assert books.store is not None
    live = new_row(QUICK)
    books.store.add(live)
    page._look()
    assert listed(page, "state")[0] == "● Running"
    choose(page, 0)
    assert not page.actions_row.delete_button.isEnabled()
    assert "Stopped, it can be deleted." in page.actions_row.delete_button.toolTip()
    choose(page, 0, 1)
    page.actions_row.delete_button.click()
    assert page.message.sentence == "1 run deleted. 1 that is not over stayed."
    assert page.model.shown[0].id == live.id


def test_a_change_that_fails_is_said_and_forgotten(
    page: RunsPage, session: Session, books: Books, qtbot: QtBot
) -> None:
    assert books.store is not None
    books.store.delete([page.model.shown[0].id])
    books.store.purge(-1.0)
    with qtbot.waitSignal(session.problem) as said:
        page._on_star([page.model.shown[0].id], not page.model.shown[0].starred)
    assert "There is no run" in str(said.args[0])
    assert page.undo_stack.count() == 0


# --- what is drawn ----------------------------------------------------------------------------------------


def test_several_runs_lie_over_each_other_with_what_differs_beside(qtbot: QtBot, page: RunsPage, books: Books) -> None:
    assert books.store is not None
    pair = [new_row(QUICK.changed(training={"learning_rate": rate})) for rate in (0.004, 0.02)]
    for number, row in enumerate(pair):
        books.store.add(row.changed(epochs=4 + number, steps=100 + number, validation_loss=0.1, train_accuracy=0.9))
        books.store.save_curve(row.id, kept_curve(stored(books, row.id).changed(seconds=8.0)))
    page._look()
    choose(page, 0, 1)
    curves, compare = page.details.curves, page.details.compare
    assert {line.name for line in curves.plot.lines} == {row.id for row in pair}
    assert len({curves.plot.colour(row.id) for row in pair}) == 2
    assert compare.isVisible()
    assert headings(page) == ["Run", "Last", "Learning rate"]
    assert [compare.table.item(row, 2).text() for row in (0, 1)] == ["0.02", "0.004"]
    assert compare.heading.text() == "One setting differs."
    qtbot.waitUntil(lambda: compare.table.horizontalScrollBar().maximum() == 0)  # all that differs is in view
    assert compare.table.item(0, 0).text() == f"{pair[1].title} · Learning rate 0.02"
    curves.plot.canvas.pointed.emit(2.5)
    x, y = curves.plot.points(pair[0].id)
    assert headings(page)[1] == "Epoch 2.50"
    assert compare.table.item(1, 1).text() == f"{value_at(x, y, 2.5):.2f} %"
    assert curves.readout.text().startswith("Epoch 2.50 · highest: ")
    curves.plot.canvas.pointed.emit(4.5)
    assert compare.table.item(1, 1).text() == "–", "the shorter run had ended"
    curves.plot.canvas.pointed.emit(None)
    assert headings(page)[1] == "Last"
    curves.controls.quantities.setCurrentIndex(0)
    assert page.details.curves.plot.canvas.axes._names[1].text() == "loss"


def test_runs_keep_their_colours_while_others_join(page: RunsPage) -> None:
    choose(page, 4, 6)
    colours = {run.id: page.details.curves.line_of(run).paint() for run in page.details.curves.runs}
    choose(page, 2, 4, 6)
    after = {run.id: page.details.curves.line_of(run).paint() for run in page.details.curves.runs}
    assert colours.items() <= after.items()
    assert len(set(after.values())) == 3


@pytest.mark.parametrize("look", [theme.DARK, theme.LIGHT], ids=lambda look: look.name)
def test_twelve_runs_at_most_are_drawn_and_told_apart(
    page: RunsPage, look: theme.Theme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(theme.switch(), "theme", look)
    choose(page, *range(20))
    curves, compare = page.details.curves, page.details.compare
    assert len(curves.runs) == MOST_DRAWN
    assert compare.heading.text().startswith("The first 12 of 20 selected runs are drawn.")
    looks = {(line.paint(), line.style == "dashed") for line in map(curves.line_of, curves.runs)}
    assert len(looks) == MOST_DRAWN
    pictures = [swatch(curves.line_of(run)).pixmap(18, 12).toImage() for run in curves.runs]
    assert len({bytes(picture.constBits()) for picture in pictures}) == MOST_DRAWN


def test_a_single_run_shows_training_validation_and_all_that_is_known(page: RunsPage, rows: list[RunRow]) -> None:
    place = next(n for n, row in enumerate(rows) if row.validation_accuracy is not None)
    choose(page, place)
    curves, row = page.details.curves, rows[place]
    assert [line.label for line in curves.plot.lines] == ["training", "validation"]
    text = page.details.facts.toPlainText()
    for known in (
        row.title,
        "Learning rate",
        "Seed",
        str(row.spec.seed),
        f"{row.spec.network.parameter_count:,}",
        "NumPy",
    ):
        assert known in text
    curves.plot.canvas.pointed.emit(1.0)
    assert "training" in curves.readout.text()
    assert "validation" in curves.readout.text()


def test_a_run_leads_to_the_one_that_it_went_on_from(page: RunsPage, books: Books, rows: list[RunRow]) -> None:
    assert books.store is not None
    parent, child = rows[5], new_row(QUICK, parent=rows[5].id)
    books.store.mark(parent.id, name="My *first* one")
    books.store.add(child)
    with closing(RunFile(path_of(child.id), write=True)) as file:
        file.write(Entry(frames=[(1200, 2.4, np.zeros(3, np.float16)), (1300, 2.6, np.zeros(3, np.float16))]))
    page._look()
    assert [title.startswith("↳ ") for title in listed(page)] == [True] + [False] * COUNT
    page.header.field.setText(child.title)
    page.header._apply()
    choose(page, 0)
    facts = page.details.facts
    assert "Went on from\nMy *first* one, batch 1,200\n" in facts.toPlainText()
    facts.anchorClicked.emit(QUrl(link_in(facts)))
    assert [run.id for run in page.table.selected] == [parent.id]
    choose(page, page.model.row_of(child.id))
    books.store.delete([parent.id])
    page._look()
    said: list[str] = []
    page._session.noted.connect(said.append)
    facts.anchorClicked.emit(QUrl(link_in(facts)))
    assert said == ["That run was deleted."]
    assert [run.id for run in page.table.selected] == [child.id]
    books.store.purge(-1.0)
    path_of(child.id).unlink()
    page.details._shown = ()
    page._draw()
    assert f"Went on from\n{parent.id}\n" in facts.toPlainText()


def link_in(facts: RunsFacts) -> str:
    """Return where the first link of a page leads to."""
    return facts.document().toHtml().partition('href="')[2].partition('"')[0]


def test_what_cannot_be_drawn_says_why(page: RunsPage, rows: list[RunRow]) -> None:
    choose(page, COUNT - 1)
    assert page.details.curves.empty.text() == runs_curves.NO_CURVE
    articles = [n for n, row in enumerate(rows[:CURVES]) if row.validation_loss is None]
    choose(page, *articles[:2])
    assert page.details.curves.empty.text() == runs_curves.NO_VALIDATION
    page.table.clearSelection()
    page._draw()
    assert page.details.curves.empty.text() == runs_curves.NO_SELECTION
    assert not page.actions_row.exports["picture"].isEnabled()


def test_curves_over_time_and_zoomed(page: RunsPage, rows: list[RunRow]) -> None:
    choose(page, 0, 1)
    curves = page.details.curves
    curves.controls.axis.setCurrentIndex(1)
    curves.controls.quantities.setCurrentIndex(0)
    unit = curves.plot.canvas.axes._names[0].text().removeprefix("time, ")
    ends = [curves.plot.points(row.id)[0][-1] * runs_curves.UNITS[unit] for row in rows[:2]]
    assert ends == pytest.approx([row.seconds for row in rows[:2]], rel=0.02)
    whole = curves.plot.x_range
    curves.plot.canvas.moved.emit(0.0, whole[1] / 2)
    page.reload()
    curves.redraw()
    assert curves.plot.x_range == (0.0, whole[1] / 2), "news do not move what the user looks at"
    curves.plot.canvas.double_clicked.emit()
    assert curves.plot.x_range == whole
    curves.controls.log.setChecked(True)
    assert curves.plot.logarithmic


def test_time_passes_evenly_within_an_epoch_and_goes_on_in_the_next() -> None:
    names = ("epoch", "loss", "accuracy", "validation_loss", "validation_accuracy", "seconds")
    epochs = np.array([[1, 1, 0, 1, 0, 10.0], [2, 1, 0, 1, 0, 20.0], [4, 1, 0, 1, 0, 20.0]], np.float32).T
    batches = {name: np.zeros(5, np.float32) for name in ("loss", "accuracy", "learning_rate")}
    places = np.array([0.5, 1, 1.5, 4, 4.5], np.float32)
    curve = Curve({"epoch": places, **batches}, dict(zip(names, epochs, strict=True)))
    # The third epoch was thinned out: the fourth stands for both.
    assert seconds_at(curve, places.astype(np.float64)) == pytest.approx([5, 10, 20, 70, 80])
    x, y = points(curve, QUANTITIES["loss"], "seconds")
    assert len(x) == len(y) == 5
    nothing = Curve({"epoch": places, **batches})
    assert len(points(nothing, QUANTITIES["loss"], "seconds")[0]) == 0
    assert len(points(nothing, QUANTITIES["validation_loss"])[0]) == 0
    assert slots(["a", "b", "c"], {"b": 0, "x": 1}) == {"a": 1, "b": 0, "c": 2}


# --- what is done with runs -------------------------------------------------------------------------------


def test_buttons_say_why_they_cannot_be_pressed(page: RunsPage, books: Books, rows: list[RunRow]) -> None:
    buttons = page.actions_row
    for button in (buttons.restore_button, buttons.continue_button, buttons.open_button):
        assert not button.isEnabled()
        assert button.toolTip() == "Select a run first."
    choose(page, 0, 1)
    assert buttons.restore_button.toolTip() == "Select a single run: 2 are selected."
    place = next(n for n, row in enumerate(rows) if row.model)
    choose(page, place)
    assert buttons.continue_button.toolTip() == "The file of this run is gone: there is nothing to go on with."
    assert not buttons.opens["last"].isEnabled()
    path_of(rows[place].id).touch()
    page._show_actions()
    assert buttons.continue_button.isEnabled()
    buttons.restore_button.click()
    buttons.continue_button.click()
    buttons.opens["last"].trigger()
    buttons.opens["best"].trigger()
    run_id = rows[place].id
    assert books.asked == [
        ("restore", run_id),
        ("continue", run_id),
        ("open", run_id, "last"),
        ("open", run_id, "best"),
    ]
    choose(page, next(n for n, row in enumerate(rows) if not row.model))
    assert buttons.open_button.toolTip() == "No weights of this run have been kept."


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_runs_are_exported(
    page: RunsPage, session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str
) -> None:
    target = tmp_path / "kept"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), "CSV table (*.csv)"))
    choose(page, 1, 3)
    with qtbot.waitSignal(session.noted) as said:
        page.actions_row.exports[kind].trigger()
    path = target.with_suffix(f".{kind}")
    assert said.args == [f"Exported to {path}."]
    ids = [run.id for run in page.table.selected]
    text = path.read_text(encoding="utf-8")
    if kind == "csv":
        assert [line["id"] for line in csv.DictReader(text.splitlines())] == ids
    else:
        runs: list[dict[str, Any]] = json.loads(text)["runs"]
        assert [run["id"] for run in runs] == ids
        assert len(runs[0]["curve"]["batches"]["loss"]) == 400


def test_the_picture_has_the_curves_and_their_legend(
    page: RunsPage, session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    choose(page, 0, 1, 2)
    for name in ("curves.png", "curves.svg"):
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, name=name: (str(tmp_path / name), ""))
        with qtbot.waitSignal(session.noted):
            page.actions_row.exports["picture"].trigger()
    picture = QImage(str(tmp_path / "curves.png"))
    size = page.details.picture().size
    assert (picture.width(), picture.height()) == (2 * size.width(), 2 * size.height())
    colours = {picture.pixelColor(x, y).name() for x in range(30, 40) for y in range(picture.height())}
    assert {line.paint() for line in page.details.curves.lines} <= colours
    words = "".join(ElementTree.parse(tmp_path / "curves.svg").getroot().itertext())
    assert all(line.label in words for line in page.details.curves.lines)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "no" / "x.png"), ""))
    with qtbot.waitSignal(session.problem) as said:
        page.actions_row.exports["picture"].trigger()
    assert "the folder does not exist" in str(said.args[0])


# --- news -------------------------------------------------------------------------------------------------


def test_a_live_run_changes_its_row_and_nothing_else(page: RunsPage, books: Books, rows: list[RunRow]) -> None:
    assert books.store is not None
    live = new_row(QUICK)
    books.store.add(live)
    page._look()
    choose(page, 26, 27)
    page.table.verticalScrollBar().setValue(20)
    ids = [run.id for run in page.table.selected]
    drawn = page.details.curves._drawn
    books.store.save(live.changed(epochs=3, steps=99, updated=live.updated + 5, train_loss=0.5))
    page._look()
    assert page.model.shown[0].epochs == 3
    assert page.table.verticalScrollBar().value() == 20
    books.store.add(new_row(QUICK))
    page._look()
    assert page.table.verticalScrollBar().value() == 21, "the runs in view stay where they were"
    assert [run.id for run in page.table.selected] == ids
    assert page.details.curves._drawn is drawn, "what has not changed is not drawn again"


def test_a_selected_live_run_grows(page: RunsPage, books: Books) -> None:
    assert books.store is not None
    live = new_row(QUICK).changed(epochs=2, steps=9, train_accuracy=0.9, validation_loss=0.1, seconds=2.0)
    books.store.add(live)
    books.store.save_curve(live.id, kept_curve(live))
    page._look()
    choose(page, 0)
    before = len(page.details.curves.plot.points("validation_accuracy")[0])
    later = live.changed(epochs=5, steps=20, updated=live.updated + 5, state=RunState.FINISHED)
    books.store.save(later)
    books.store.save_curve(live.id, kept_curve(later))
    page._look()
    assert len(page.details.curves.plot.points("validation_accuracy")[0]) == before + 3
    assert "Finished" in page.details.facts.toPlainText()


def test_a_page_that_nobody_sees_looks_for_nothing(page: RunsPage, books: Books) -> None:
    assert books.store is not None
    assert page._watch.isActive()
    page.hide()
    assert not page._watch.isActive()
    books.store.add(new_row(QUICK))
    page.show()
    assert len(listed(page)) == COUNT + 1


def test_a_long_list_is_read_beside_the_window(
    page: RunsPage, books: Books, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert books.store is not None
    monkeypatch.setattr(runs_reader, "MANY", 10)
    choose(page, 3)
    selected = [run.id for run in page.table.selected]
    books.store.add(new_row(QUICK))
    page._look()
    assert len(listed(page)) == COUNT, "not yet"
    qtbot.waitUntil(lambda: len(listed(page)) == COUNT + 1)
    assert [run.id for run in page.table.selected] == selected
    page.table.toggle_stars()
    assert page.table.selected[0].starred == stored(books, selected[0]).starred
    assert len(page.table.selected) == 1
    books.store.add(new_row(QUICK))
    page._look()
    page.hide()
    assert page.reader._reading is None
    page.show()
    qtbot.waitUntil(lambda: len(listed(page)) == COUNT + 2)


def test_a_library_that_vanishes_is_said_and_comes_back(
    page: RunsPage, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise DigitLabError("The data folder has vanished.", "Bring it back.")

    choose(page, 0)
    with monkeypatch.context() as patch:
        patch.setattr(RunStore, "version", property(refuse))
        patch.setattr(RunStore, "rows", refuse)
        page._look()
        assert page.empty.text() == "The data folder has vanished. Bring it back."
        assert not page._below.isVisible()
    page._look()
    assert len(listed(page)) == COUNT


def test_a_double_click_renames_and_two_clicks_on_a_star_are_two(page: RunsPage) -> None:
    place = page.table.visualRect(page.model.index(1, PLACE["starred"])).center()
    was = page.model.shown[1].starred
    _double_click(page, place)
    QApplication.sendEvent(page.table.viewport(), _press(page, place))
    assert page.model.shown[1].starred == was
    place = page.table.visualRect(page.model.index(1, PLACE["title"])).center()
    QTest.mouseClick(page.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    _double_click(page, place)
    assert page.table.editing


def _double_click(page: RunsPage, place: QPoint) -> None:
    """Click twice, and let go of the button: the next test would drag with it."""
    QTest.mouseDClick(page.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseRelease(page.table.viewport(), Qt.MouseButton.LeftButton, pos=place)


def _press(page: RunsPage, place: QPoint) -> QMouseEvent:
    where = QPointF(place)
    left = Qt.MouseButton.LeftButton
    whole = QPointF(page.table.viewport().mapToGlobal(place))
    return QMouseEvent(QMouseEvent.Type.MouseButtonPress, where, whole, left, left, Qt.KeyboardModifier.NoModifier)
