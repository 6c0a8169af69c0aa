"""The experiments page: planned, really run by worker processes, paused, ended, gone on with, and looked at."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from joblib.externals.loky.backend import resource_tracker
from PySide6.QtCore import QObject, QPoint, QPointF, QSettings, Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from engine.datasets.dataset import Dataset
from engine.errors import DigitLabError
from engine.presets import PRESETS
from engine.runs.row import RunRow, RunState, new_row
from engine.runs.store import RunStore
from engine.specs import RunSpec
from engine.sweep.built_in import BUILT_IN
from engine.sweep.keeping import open_experiment
from engine.sweep.spec import Axis, SweepSpec
from gui import theme
from gui.pages.experiments_page import PLAN, RESULTS, ExperimentsPage
from gui.session import Session

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")
RATE, UNITS = "training.learning_rate", "network.layers.0.units"
PATIENCE = 60_000


class Shelf(QObject):
    """What the page needs of the library of runs."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.store: RunStore | None = RunStore()
        self.trouble: DigitLabError | None = None
        self.opened: list[tuple[RunRow, str]] = []

    def open_model(self, row: RunRow, which: str = "best") -> None:
        self.opened.append((row, which))


@pytest.fixture(scope="module", autouse=True)
def tracker() -> None:
    """Start the process that watches over all workers before any test: it stays for as long as this process does."""
    resource_tracker.ensure_running()


@pytest.fixture
def library(qtbot: QtBot) -> Iterator[Shelf]:
    shelf = Shelf()
    yield shelf
    if shelf.store is not None:
        shelf.store.close()


@pytest.fixture
def run(small: Dataset, tmp_path: Path) -> RunSpec:
    """A small run on few images, which worker processes can load."""
    path = tmp_path / "few.npz"
    arrays = {"x_train": small.train_images, "y_train": small.train_labels}
    np.savez(path, x_test=small.test_images, y_test=small.test_labels, **arrays)
    return PRESETS["quick"].run.changed(
        run={"dataset": f"npz:{path}"},
        network={"layers": [{"kind": "dense", "units": 8}]},
        training={"epochs": 1, "batch_size": 50},
    )


@pytest.fixture
def session(qtbot: QtBot, run: RunSpec) -> Iterator[Session]:
    made = Session(run)
    made.problems = []  # type: ignore[attr-defined]
    made.problem.connect(made.problems.append)  # type: ignore[attr-defined]
    yield made
    made.finish()


@pytest.fixture
def page(qtbot: QtBot, session: Session, library: Shelf) -> ExperimentsPage:
    page = ExperimentsPage(session, library)
    qtbot.addWidget(page)
    page.resize(660, 560)
    page.show()
    return page


def plan(page: ExperimentsPage, text: str = "0.01, 0.02", seeds: str = "0", epochs: str = "") -> None:
    """Plan a new experiment over learning rates by the form."""
    page.desk.open(("new", ""))
    page.editor.add.click()
    row = page.editor.axes[0]
    QTest.keyClicks(row.values, text)
    page.editor.seeds.selectAll()
    QTest.keyClicks(page.editor.seeds, seeds)
    if epochs:
        page.editor.add.click()
        page.editor.axes[1].setting.chosen.emit("training.epochs")
        QTest.keyClicks(page.editor.axes[1].values, epochs)
    page.desk.judge()


def kept(library: Shelf, spec: SweepSpec, count: int | None = None) -> str:
    """Enter an experiment into the library as if its first runs had been done."""
    assert library.store is not None
    experiment = open_experiment(library.store, spec)
    for number, trial in enumerate(spec.trials()[:count]):
        figures = {"test_accuracy": 0.9 + 0.01 * number, "validation_accuracy": 0.9, "test_loss": 0.3}
        row = new_row(trial.run, experiment=experiment.id)
        library.store.save(row.changed(state=RunState.FINISHED, seconds=2.0, **figures))
    return experiment.id


GRID = SweepSpec(
    name="Rates", axes=(Axis(path=RATE, values=(0.001, 0.01, 0.1, 1.0)), Axis(path=UNITS, values=(4, 8))), seeds=(0, 1)
)


def texts(page: ExperimentsPage, heading: str) -> list[str]:
    """Return a column of the table."""
    model = page.view.table.results
    column = [one.heading for one in model.columns].index(heading)
    return [model.index(row, column).data() for row in range(model.rowCount())]


@pytest.mark.qt_log_ignore("propagateSizeHints", "plugin does not support (raise|grabbing)")
def test_the_list_of_experiments_opens_below_itself(page: ExperimentsPage) -> None:
    box = page.header.list
    box.setCurrentIndex(box.count() - 1)
    box.showPopup()
    top = box.view().window().y()
    box.hidePopup()
    assert top >= box.mapToGlobal(QPoint(0, box.height())).y() - 1


# --- planning -------------------------------------------------------------------------------------------------


def test_at_first_the_articles_table_is_shown_with_theirs(page: ExperimentsPage) -> None:
    page.show_page(RESULTS)
    assert page.header.list.currentText() == "The article's table"
    assert texts(page, "Theirs, %") == ["82.06", "93.30", "75.48", "94.66", "87.77", "76.05", "95.55", "77.20"]
    assert texts(page, "Test, %") == ["–"] * 8
    assert len(page.view.plot.points.theirs[0]) == 8  # type: ignore[union-attr]
    assert page.header.sentence.text().startswith("8 runs with "), "how long they take is not known yet"
    assert page.header.run.isEnabled()


def test_what_is_typed_is_checked_at_once_and_counted(page: ExperimentsPage, qtbot: QtBot) -> None:
    plan(page, "0.1, 20")
    row = page.editor.axes[0]
    assert row.error.text() == "Learning rate: 20 is not allowed; it must be a number from 1e-06 to 10."
    assert row.values.property("wrong") is True
    assert not page.header.run.isEnabled()
    row.values.selectAll()
    with qtbot.waitSignal(page.desk.judged):
        QTest.keyClicks(row.values, "0.1, 0.2, 0.3")
    page.editor.seeds.selectAll()
    with qtbot.waitSignal(page.desk.judged):
        QTest.keyClicks(page.editor.seeds, "0-3")
    assert row.error.isHidden()
    assert page.header.sentence.text().startswith("12 runs with ")
    assert page.header.run.isEnabled()


def test_how_long_it_takes_is_said_by_what_former_runs_took(
    page: ExperimentsPage, library: Shelf, run: RunSpec
) -> None:
    assert library.store is not None
    former = new_row(run.changed(training={"epochs": 10}))
    library.store.add(former.changed(state=RunState.FINISHED, seconds=400.0, epochs=10))
    library.store.add(new_row(PRESETS["quick"].run).changed(state=RunState.FINISHED, seconds=9.0))  # of other data
    page.header.workers.setCurrentIndex(page.header.workers.findData(2))
    plan(page, "0.01", "0", "3")
    assert page.header.sentence.text() == "1 run · about 2 min. Press Run."
    plan(page, "0.01, 0.02", "0-2", "3")
    assert page.header.sentence.text() == "6 runs · about 6 min with 2 at once. Press Run."
    plan(page, "0.01, 0.02", "0-49", "3")
    assert page.header.sentence.text().startswith("100 runs · about 1 h 44 min"), "some of them are looked at"


def test_too_many_runs_are_refused_in_a_sentence(page: ExperimentsPage) -> None:
    plan(page, "0.1, 0.2", "0-999", ", ".join(map(str, range(1, 11))))
    assert page.header.sentence.text().startswith("20,000 runs are too many; an experiment has at most 10,000.")
    assert not page.header.run.isEnabled()
    page.show_page(RESULTS)
    assert "the plan is not complete" in page._empty.text()


def test_values_that_contradict_each_other_are_refused_before_anything_runs(page: ExperimentsPage) -> None:
    page.desk.open(("new", ""))
    page.editor.add.click()
    page.editor.axes[0].setting.chosen.emit("training.loss")
    QTest.keyClicks(page.editor.axes[0].values, "Hinge, nothing")
    page.desk.judge()
    assert "must be one of" in page.editor.axes[0].error.text()
    page.editor.axes[0].setting.chosen.emit("network.output_activation")
    QTest.keyClicks(page.editor.axes[0].values, "Softmax, ReLU")
    page.desk.judge()
    assert "network.output_activation = relu" in page.header.sentence.text()
    assert not page.header.run.isEnabled()


def test_undo_brings_a_setting_back_with_its_values(page: ExperimentsPage) -> None:
    plan(page, "0.1, 0.2")
    page.editor.axes[0].remove.click()
    assert not page.editor.axes
    page.editor.name.setFocus()
    QTest.keyClick(page.editor.name, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert page.editor.axes[0].values.text() == "0.1, 0.2"
    QTest.keyClick(page.editor.name, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert not page.editor.axes
    assert page.undo_stack.count() == 3  # added, typed, taken away; another seed that is the same is none


def test_a_range_is_drawn_from_or_divided(page: ExperimentsPage) -> None:
    page.desk.open(("built-in", "learning-rate"))
    row = page.editor.axes[0]
    assert (row.low.text(), row.high.text(), row.log.isChecked()) == ("1e-05", "0.1", True)
    assert row.points.isHidden()
    page.editor.search.setCurrentIndex(page.editor.search.findData("grid"))
    assert not row.points.isHidden()
    page.desk.judge()
    assert [trial.values[RATE] for trial in page.desk.known.trials] == [1e-05, 1e-04, 1e-03, 1e-02, 0.1]
    row.high.selectAll()
    QTest.keyClicks(row.high, "0.000001")
    page.desk.judge()
    assert row.error.text() == "Learning rate: the range must end above 1e-05, where it begins."


def test_a_setting_is_found_by_a_part_of_its_name(page: ExperimentsPage) -> None:
    plan(page)
    picker = page.editor.axes[0].setting
    picker.completer().setCompletionPrefix("rotat")  # as its list does; that wants a real screen
    assert picker.completer().currentCompletion() == "Augmentation: Rotation"
    picker.completer().activated[str].emit("Augmentation: Rotation")
    assert page.editor.draft.axes[0].path == "training.augmentation.rotation"
    assert page.editor.draft.axes[0].values == ""


def test_a_plan_follows_the_settings_in_the_forms(page: ExperimentsPage, session: Session) -> None:
    plan(page)
    session.set_run(session.run.changed(training={"epochs": 3}))
    assert {trial.run.training.epochs for trial in page.desk.known.trials} == {3}
    page.editor.base.setCurrentIndex(page.editor.base.findData("deep"))
    page.desk.judge()
    assert {trial.run.training.epochs for trial in page.desk.known.trials} == {10}


# --- running --------------------------------------------------------------------------------------------------


def test_an_experiment_runs_pauses_goes_on_and_is_kept(
    page: ExperimentsPage, session: Session, library: Shelf, qtbot: QtBot
) -> None:
    plan(page, "0.01, 0.02, 0.05")
    name = page.editor.name.text()
    page.header.workers.setCurrentIndex(0)
    page.header.run.click()
    assert page._stack.currentWidget() is page._results
    page.header.pause.click()
    assert page.header.pause.text() == "Go on"
    qtbot.waitUntil(lambda: page.desk.kept is not None, timeout=PATIENCE)
    assert page.header.sentence.text().startswith(("Paused: 0 of 3 runs done", "The worker"))
    page.header.pause.click()
    qtbot.waitUntil(lambda: not page.desk.runner.running, timeout=PATIENCE)
    assert not session.problems  # type: ignore[attr-defined]
    page._show_results()
    assert texts(page, "State") == ["Finished"] * 3
    assert page.header.sentence.text() == "All 3 runs are done."
    assert not page.header.run.isEnabled()
    assert page.header.list.currentText() == name
    assert page.header.bar.value() == page.header.bar.maximum()
    rows = library.store.rows(page.desk.kept.id)  # type: ignore[union-attr]
    assert {row.spec.training.learning_rate for row in rows} == {0.01, 0.02, 0.05}
    page.view.table.opened.emit(1)
    assert [(row.spec.training.learning_rate, which) for row, which in library.opened] == [(0.02, "best")]


def test_a_window_that_closes_ends_the_runs_and_the_next_one_resumes(
    page: ExperimentsPage, session: Session, library: Shelf, qtbot: QtBot, run: RunSpec
) -> None:
    plan(page, "0.01, 0.02", epochs="1, 5000")
    page.header.workers.setCurrentIndex(0)
    page.header.run.click()
    qtbot.waitUntil(lambda: page.desk.known.done == 1 and bool(page.desk.known.told), timeout=PATIENCE)
    page._show_results()
    assert texts(page, "State")[1].endswith("%")
    session.finish()
    other = Session(run)
    again = ExperimentsPage(other, library)
    qtbot.addWidget(again)
    again.desk.open(("kept", library.store.experiments()[0].id))  # type: ignore[union-attr]
    assert again.header.sentence.text() == "1 of 4 runs is done. Press Resume for the other 3."
    assert again.header.run.text() == "Resume"
    assert again.header.run.isEnabled()
    other.finish()


def test_cancel_ends_it_and_it_may_begin_again(page: ExperimentsPage, session: Session, qtbot: QtBot) -> None:
    plan(page, "0.01", epochs="1, 5000")
    page.header.run.click()
    page.header.cancel.click()
    assert page.header.sentence.text().startswith("The experiment is being ended")
    assert not page.header.cancel.isEnabled()
    qtbot.waitUntil(lambda: not page.desk.runner.running, timeout=PATIENCE)
    assert page.header.sentence.text() == "0 of 2 runs are done. Press Run."
    assert page.header.run.isEnabled()
    assert not session.problems  # type: ignore[attr-defined]


def test_without_a_library_there_is_a_sentence(session: Session, library: Shelf, qtbot: QtBot) -> None:
    assert library.store is not None
    library.store.close()
    library.store, library.trouble = None, DigitLabError("The folder of runs cannot be written to.")
    page = ExperimentsPage(session, library)
    qtbot.addWidget(page)
    page.show()
    assert page.header.sentence.text() == "The folder of runs cannot be written to."
    assert not page.header.run.isEnabled()


# --- results --------------------------------------------------------------------------------------------------


def test_the_table_sorts_by_any_column_and_shows_means_over_seeds(page: ExperimentsPage, library: Shelf) -> None:
    page.desk.open(("kept", kept(library, GRID, 15)))
    page.show_page(RESULTS)
    table = page.view.table
    headings = [column.heading for column in table.results.columns]
    assert headings[:5] == ["Learning rate", "Layer 1, dense: Units", "Seed", "Test, %", "State"]
    table.sortByColumn(3, Qt.SortOrder.DescendingOrder)
    assert texts(page, "Test, %") == [f"{90 + n:.2f}" for n in range(14, -1, -1)] + ["–"]
    table.sortByColumn(3, Qt.SortOrder.AscendingOrder)
    assert texts(page, "Test, %")[::15] == ["90.00", "–"]
    table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    assert texts(page, "Learning rate")[::4] == ["1", "0.1", "0.01", "0.001"]
    page.view.means.setChecked(True)
    assert texts(page, "Seeds") == ["2"] * 8
    assert texts(page, "Test, %")[0] in ("102.50 ± 0.71", "104.00")


def test_table_and_plot_select_the_same_run(page: ExperimentsPage, library: Shelf) -> None:
    page.desk.open(("kept", kept(library, GRID)))
    page.show_page(RESULTS)
    view = page.view
    assert (view.across.currentData(), view.colour.currentData()) == (RATE, UNITS)
    assert view.plot.points.across.kind == "log"  # type: ignore[union-attr]
    view.table.selectRow(5)
    assert view.plot._chosen == {5}
    assert "seed 1 · test accuracy 95.00 %" in view.readout.text()
    points, box = view.plot.points, view.plot.canvas.plotItem.vb
    assert points is not None
    place = box.mapViewToScene(QPointF(points.x[9], points.y[9]))
    QTest.mouseClick(view.plot.canvas.viewport(), Qt.MouseButton.LeftButton, pos=place.toPoint())
    assert view.table.numbers == [9]
    view.plot.canvas.moved.emit(box.mapViewToScene(QPointF(points.x[2], points.y[2])))
    assert "Learning rate 0.001" in view.readout.text()
    assert "92.00 %" in view.readout.text()
    view.table.select([0, 1])
    view._on_table(view.table.numbers)
    assert "2 seeds · test accuracy 90.50 ± 0.71 %" in view.readout.text()
    view.table.select([0, 9])
    view._on_table(view.table.numbers)
    assert view.readout.text() == "2 runs selected."
    view.plot.canvas.double_pressed.emit(place)
    QTest.keyClick(view.table, Qt.Key.Key_Return)
    assert len(library.opened) == 2


def test_the_plot_follows_the_theme_and_any_choice(page: ExperimentsPage, library: Shelf) -> None:
    page.desk.open(("kept", kept(library, GRID)))
    page.show_page(RESULTS)
    view = page.view
    for path, kind in ((UNITS, "plain"), ("seed", "plain"), ("number", "plain"), (RATE, "log")):
        view.across.setCurrentIndex(view.across.findData(path))
        assert view.plot.points.across.kind == kind  # type: ignore[union-attr]
    view.upright.setCurrentIndex(view.upright.findData("train_loss"))
    assert not view.plot.points.entries  # type: ignore[union-attr]
    assert view.plot._stack.currentWidget() is view.plot._empty
    mode = theme.switch().mode
    colours = []
    for look in ("light", "dark"):
        theme.switch().choose(look)  # type: ignore[arg-type]
        colours.append(view.plot.canvas.backgroundBrush().color().name())
    theme.switch().choose(mode)
    assert colours == [theme.LIGHT.surface, theme.DARK.surface]


def test_results_and_plot_are_written_to_files(
    page: ExperimentsPage, library: Shelf, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.desk.open(("kept", kept(library, BUILT_IN["article"], 2)))
    page.show_page(RESULTS)
    said: list[str] = []
    session.noted.connect(said.append)
    for name, do in (("out.csv", page.view.export_table), ("a.png", page.view.export_picture)):
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, name=name: (str(tmp_path / name), ""))
        do()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "b.svg"), ""))
    page.view.export_picture()
    lines = list(csv.DictReader((tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()))
    assert (lines[0]["Layers"], lines[0]["Theirs, %"], lines[1]["Test accuracy, %"]) == ("256,128,64", "82.06", "91")
    assert lines[7]["State"] == "waiting"
    assert not QImage(str(tmp_path / "a.png")).isNull()
    assert (tmp_path / "b.svg").read_text(encoding="utf-8").startswith("<?xml")
    assert len(said) == 3
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "none" / "b.csv"), ""))
    page.view.export_table()
    assert "does not exist" in str(session.problems[-1])  # type: ignore[attr-defined]


def test_an_experiment_without_a_name_gets_one(page: ExperimentsPage, session: Session, qtbot: QtBot) -> None:
    plan(page, "0.01")
    page.editor.name.clear()
    page.editor.name.textEdited.emit("")
    QTest.keyClicks(page.editor.name, "  ")
    assert page.desk.plan.draft.name.strip() == ""
    page.header.run.click()
    assert page.editor.name.text() == page.desk.runner.name == "Experiment 1"
    qtbot.waitUntil(lambda: not page.desk.runner.running, timeout=PATIENCE)
    assert page.header.list.currentText() == "Experiment 1"


# --- the list -------------------------------------------------------------------------------------------------


def test_a_kept_experiment_is_renamed_deleted_and_brought_back(page: ExperimentsPage, library: Shelf) -> None:
    assert library.store is not None
    name = kept(library, GRID, 3)
    page.desk.open(("kept", name))
    page.editor.name.selectAll()
    QTest.keyClicks(page.editor.name, "Rates and units")
    page.editor.name.editingFinished.emit()
    assert page.desk.kept is not None
    assert [found.name for found in library.store.experiments()] == ["Rates and units"]
    page.header.delete.click()
    assert not library.store.experiments()
    assert page.message.sentence == "Rates and units was taken off the list; its 3 runs stay on the page Runs."
    page.message.action.click()
    assert [found.id for found in library.store.experiments()] == [name]
    assert page.header.list.currentText() == "Rates and units"
    assert page.desk.known.done == 3


def test_an_edited_plan_is_another_experiment_until_it_is_undone(page: ExperimentsPage, library: Shelf) -> None:
    page.desk.open(("kept", kept(library, GRID)))
    assert page.header.sentence.text() == "All 16 runs are done."
    QTest.keyClick(page.editor.seeds, Qt.Key.Key_End)
    QTest.keyClicks(page.editor.seeds, ", 7")
    page.desk.judge()
    assert page.desk.kept is None
    assert page.header.sentence.text().startswith("24 runs · about")
    page.undo_stack.undo()
    page.desk.judge()
    assert page.desk.kept is not None
    assert page.header.sentence.text() == "All 16 runs are done."


def test_a_ready_made_experiment_that_was_begun_is_that_one(page: ExperimentsPage, library: Shelf) -> None:
    name = kept(library, BUILT_IN["optimizers"], 5)
    page.header.chosen.emit(("built-in", "optimizers"))
    assert page.desk.choice == ("kept", name)
    assert page.header.run.text() == "Resume"


def test_a_large_experiment_is_looked_up_beside_the_window(page: ExperimentsPage, library: Shelf, qtbot: QtBot) -> None:
    rates = tuple(float(f"{rate:.5g}") for rate in np.geomspace(1e-4, 1, 150))
    page.desk.open(("kept", kept(library, SweepSpec(name="Many", axes=(Axis(path=RATE, values=rates),)), 2)))
    page.show_page(RESULTS)
    assert page.header.sentence.text() == "150 runs: being looked up…"
    qtbot.waitUntil(lambda: len(page.desk.known.trials) == 150)
    page._show_results()
    assert page.header.sentence.text() == "2 of 150 runs are done. Press Resume for the other 148."


def test_a_damaged_experiment_is_refused_in_a_sentence(page: ExperimentsPage, library: Shelf, session: Session) -> None:
    from dataclasses import replace

    assert library.store is not None
    name = kept(library, GRID, 1)
    library.store.save_experiment(replace(library.store.experiment(name), spec="{"))
    page.desk.open(("kept", name))
    assert str(session.problems[-1]).startswith("The experiment Rates cannot be read")  # type: ignore[attr-defined]
    assert page.header.list.currentText() == "The article's table"


def test_sizes_and_choices_are_remembered(page: ExperimentsPage, tmp_path: Path, library: Shelf) -> None:
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    page.remember_in(settings)
    page.desk.open(("kept", kept(library, GRID)))
    page.header.workers.setCurrentIndex(0)
    page.view.means.setChecked(True)
    other = ExperimentsPage(page._session, library, page)
    other.remember_in(settings)
    assert other.header.workers.currentData() == 1
    assert other.view.means.isChecked()


def test_the_page_fits_into_a_small_window(page: ExperimentsPage, library: Shelf) -> None:
    plan(page)
    page.editor.axes[0].mode.setCurrentIndex(1)
    for experiment in (None, kept(library, GRID, 3)):
        if experiment is not None:
            page.desk.open(("kept", experiment))
        for number in (PLAN, RESULTS):
            page.show_page(number)
            assert page.minimumSizeHint().width() <= 630
    form = page.editor.widget()
    assert form.minimumSizeHint().width() <= 590
    row, places = page.editor.axes[0], []
    page.show_page(PLAN)
    for width in (660, 1000, 660):
        page.resize(width, 560)
        QApplication.processEvents()
        places.append(row._grid.getItemPosition(row._grid.indexOf(row._stack))[:2])  # type: ignore[index]
    assert places == [(1, 0), (0, 2), (1, 0)]


def test_every_control_is_explained(page: ExperimentsPage) -> None:
    plan(page)
    page.show_page(PLAN)
    header, editor = page.header, page.editor
    controls = [header.list, header.workers, *header.buttons.values(), editor.name, editor.base, editor.search]
    row = editor.axes[0]
    controls += [editor.seeds, editor.models, editor.add, row.setting, row.mode, row.values, row.low, row.remove]
    controls += [page.view.across, page.view.upright, page.view.colour, page.view.means, page.view.export]
    for control in controls:
        assert control.toolTip(), control
        assert control.accessibleName() or control.text(), control
