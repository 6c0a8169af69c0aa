"""The runs of an experiment in the window: opened, gone on with, and what is kept of them and of other runs."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest
from pytestqt.qtbot import QtBot
from whole_window import PATIENCE, QUICK, rest, train

from engine import kept_models
from engine.datasets import Dataset
from engine.runs.glance import RunGlance
from engine.runs.recall import model_of
from engine.runs.row import RunRow, RunState
from engine.runs.run_file import path_of, remove
from engine.runs.store import RunStore
from engine.sweep import checkpoints
from engine.sweep import task as trials
from engine.sweep.keeping import Keeper, open_experiment
from engine.sweep.link import Told, Word
from engine.sweep.spec import SweepSpec
from engine.sweep.task import Task, perform
from gui.pages.experiments_page import ExperimentsPage
from gui.panels.time_bar import EMPTY, NO_FILM
from gui.widgets.runs_actions import NO_CHECKPOINT, why_not_continue

pytest_plugins = ["whole_window"]
pytestmark = pytest.mark.usefixtures("quick_collections", "part_of_mnist", "look")


class Silent:
    """Says nothing but to go on."""

    def asked(self) -> Word:
        return "go"

    def tell(self, index: int, told: Told) -> None:
        """Take no note."""


@pytest.fixture
def row(small: Dataset, monkeypatch: pytest.MonkeyPatch) -> RunRow:
    """The only run of an experiment that is done."""
    monkeypatch.setattr(trials, "load", lambda run: small)
    spec = SweepSpec(name="One", base=QUICK)
    (trial,) = spec.trials()
    outcome = perform(Task(0, trial.run.model_dump_json(), 1, keep=True, checkpoint=True), Silent())
    with RunStore() as store:
        keeper = Keeper(store, open_experiment(store, spec).id)
        keeper.begin(trial, None)
        return keeper.keep(trial, outcome)


def glances() -> dict[str, RunGlance]:
    with closing(RunStore()) as store:
        return {glance.id: glance for glance in store.rows()}


def test_a_result_is_gone_on_with_as_another_run(qtbot: QtBot, window: Any, row: RunRow) -> None:
    said: list[str] = []
    window.session.noted.connect(said.append)
    before = path_of(row.id).read_bytes()
    with qtbot.waitSignal(window.session.ended, timeout=PATIENCE):
        window.library.continue_run(row)
    rest(qtbot, window)
    assert window.problems == []
    assert f"{row.title} is a result of an experiment and stays as it is" in " ".join(said)
    session, found = window.session, glances()
    new = found[session.history.run_id]
    assert (new.parent, new.experiment, new.state) == (row.id, "", RunState.FINISHED)
    assert (new.epochs, len(session.history.reports)) == (2 * row.epochs, 2 * row.epochs)
    assert len(session.history.batches) == new.steps == 2 * row.steps
    assert found[row.id].row() == row
    assert path_of(row.id).read_bytes() == before
    assert session.film.path == path_of(new.id)
    assert len(session.film)
    assert why_not_continue([found[row.id]]) == why_not_continue([new]) == ""
    assert len({path.name for path in kept_models.kept()} & {row.model, new.model}) == 2


def test_an_opened_result_says_that_it_has_no_film(qtbot: QtBot, window: Any, row: RunRow) -> None:
    bar = window.time_bar
    assert bar.empty.text() == EMPTY
    window.library.open_model(row, "last")
    qtbot.waitUntil(lambda: window.session.parent_run == row.id, timeout=PATIENCE)
    assert bar.empty.text() == NO_FILM
    assert not bar.empty.isHidden()
    last = model_of(row, "last").network
    assert window.session.snapshot.parameters.tobytes() == last.parameters.tobytes()
    window.session.new_network()
    assert bar.empty.text() == EMPTY
    remove(path_of(row.id))
    assert why_not_continue([glances()[row.id]]) == NO_CHECKPOINT


def test_a_run_has_one_kept_model_however_often_it_is_gone_on_with(qtbot: QtBot, window: Any) -> None:
    for _ in range(3):
        train(qtbot, window)
    (path,) = kept_models.kept()
    (found,) = glances().values()
    assert (found.model, found.epochs) == (path.name, 6)
    window.session.new_network()
    train(qtbot, window)
    assert {path.name for path in kept_models.kept()} == {glance.model for glance in glances().values()}
    assert len(glances()) == 2


def test_the_plan_says_that_nothing_can_be_gone_on_with(
    qtbot: QtBot, window: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = ExperimentsPage(window.session, window.library)
    qtbot.addWidget(page)
    page.desk.open(("built-in", "depth"))
    assert page.editor.room.text() == ""
    monkeypatch.setattr(checkpoints, "MOST_BYTES", 1_000_000)
    page.desk.judge()
    assert page.editor.room.text() == "Its 8 runs can be opened, not gone on with: checkpoints would take 0.0 GB."
    page.editor.models.click()
    page.desk.judge()
    assert page.editor.room.text() == ""
