"""The runs of an experiment can be gone on with, as those that were trained in the window; the results stay."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine import kept_models
from engine.datasets import Dataset, load_dataset
from engine.datasets.split import split
from engine.network import Network
from engine.reports import EndReport
from engine.runs import room, run_file
from engine.runs.catching_up import catch_up
from engine.runs.figures import history_of
from engine.runs.keeper import Keeper as RunKeeper
from engine.runs.recall import cut_off, film_of, model_of, recall
from engine.runs.row import RunRow, RunState, new_row
from engine.runs.run_file import RunFile, path_of
from engine.runs.store import RunStore
from engine.specs import RunSpec
from engine.sweep import checkpoints
from engine.sweep.checkpoints import why_no_checkpoints
from engine.sweep.keeping import Keeper, open_experiment
from engine.sweep.link import Told, Word
from engine.sweep.reading import checked_sweep
from engine.sweep.spec import SweepSpec, Trial
from engine.sweep.task import Outcome, Task, perform
from engine.training import Training

WILD = {"loss": "mse", "learning_rate": 10, "optimizer": {"kind": "sgd"}, "batch_size": 20, "epochs": 2}
CASES: dict[str, tuple[RunState, dict[str, Any]]] = {
    "Adam, one cycle, the best weights": (
        RunState.FINISHED,
        {
            "network": {"layers": [{"kind": "dense", "units": 12, "dropout": 0.2}]},
            "training": {"optimizer": {"kind": "adam"}, "schedule": {"kind": "one_cycle"}, "learning_rate": 0.05}
            | {"batch_size": 40, "epochs": 4},
        },
    ),
    "plain SGD, one at a time, the last weights": (
        RunState.FINISHED,
        {"validation_split": 0, "training": {"batch_size": 1, "epochs": 1, "keep_best": False, "shuffle": False}},
    ),
    "an early stop": (
        RunState.EARLY,
        {"training": {"optimizer": {"kind": "adam"}, "learning_rate": 0.1, "batch_size": 40, "epochs": 30}
        | {"early_stopping": 2}},
    ),
    "a divergence": (RunState.DIVERGED, {"network": {"output_activation": "linear"}, "training": WILD}),
}  # fmt: skip


class Listener:
    """Lets a trial go on, and does not care how far it is."""

    def asked(self) -> Word:
        return "go"

    def tell(self, index: int, told: Told) -> None:
        """Take no note."""


@pytest.fixture(scope="module")
def digits(small: Dataset, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("digits") / "small.npz"
    train = {"x_train": small.train_images, "y_train": small.train_labels}
    np.savez(path, allow_pickle=False, **train, x_test=small.test_images, y_test=small.test_labels)
    return f"npz:{path}"


@pytest.fixture
def store() -> Iterator[RunStore]:
    with RunStore() as opened:
        yield opened


def spec_of(digits: str, base: dict[str, Any]) -> SweepSpec:
    layers = {"layers": [{"kind": "dense", "units": 12}]}
    whole = {"dataset": digits, "network": layers | base.get("network", {})}
    return checked_sweep({"base": base | whole, "seeds": [3]})


def tried(spec: SweepSpec, store: RunStore, **changed: Any) -> tuple[Trial, RunRow]:
    """Do the only trial of an experiment, and keep what came of it."""
    (trial,) = spec.trials()
    outcome = perform(Task(0, trial.run.model_dump_json(), 1, keep=True, checkpoint=True), Listener())
    keeper = Keeper(store, open_experiment(store, spec).id)
    keeper.begin(trial, keeper.known().get(trial.key))
    return trial, keeper.keep(trial, replace(outcome, **changed))


def in_the_window(run: RunSpec) -> str:
    """Train a run as the window does; return its id."""
    data = split(load_dataset(run.dataset), run.validation_split, run.seed)
    training = Training(Network(run.network, run.seed), data, run.training, run.seed)
    keeper = RunKeeper(new_row(run), training)
    followed(training, keeper)
    return keeper.row.id


def followed(training: Training, keeper: RunKeeper) -> None:
    keeper.begin()
    for report in training.reports():
        if isinstance(report, EndReport):
            keeper.leave(RunState(report.reason), report.message)
        else:
            keeper.note(report)


def gone_on(run_id: str) -> tuple[Training, RunRow]:
    """Go on with a run to the next end; return its training, and the row of what went on."""
    recalled = recall(run_id)
    run = recalled.run
    training = recalled.training(split(load_dataset(run.dataset), run.validation_split, run.seed))
    keeper = recalled.keeper(training)
    followed(training, keeper)
    return training, keeper.row


def content(run_id: str) -> Any:
    with closing(RunFile(path_of(run_id))) as file:
        history = history_of(file)
        return file.facts(), file.arrays(), history, file.frame_list()


@pytest.mark.parametrize("case", CASES)
def test_going_on_with_a_trial_is_going_on_with_the_run_of_the_window(digits: str, store: RunStore, case: str) -> None:
    state, base = CASES[case]
    trial, row = tried(spec_of(digits, base), store)
    assert (row.state, row.message.count("It cannot be")) == (state, 0)
    assert row == recall_row(row.id) == store.row(row.id)
    alone = in_the_window(trial.run)
    facts, arrays, history, frames = content(row.id)
    expected, vectors, curves, _ = content(alone)
    assert timeless(facts["state"]) == timeless(expected["state"])
    assert facts["data"] == expected["data"]
    assert frames == []
    assert {name: array.tobytes() for name, array in arrays.items()} == {
        name: array.tobytes() for name, array in vectors.items()
    }
    for name in ("step", "epoch", "loss", "accuracy", "learning_rate"):
        np.testing.assert_array_equal(history.batches.column(name), curves.batches.column(name))
    assert [report.validation_loss for report in history.reports] == [r.validation_loss for r in curves.reports]

    training, new = gone_on(row.id)
    other, _ = gone_on(alone)
    assert training.network.parameters.tobytes() == other.network.parameters.tobytes()
    assert training.best_snapshot().parameters.tobytes() == other.best_snapshot().parameters.tobytes()
    check_what_stays(store, row, new, training)


def recall_row(run_id: str) -> RunRow:
    with closing(RunFile(path_of(run_id))) as file:
        return file.row()


def timeless(numbers: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in numbers.items() if name != "_seconds"}


def check_what_stays(store: RunStore, row: RunRow, new: RunRow, training: Training) -> None:
    """Check that the result is what it was, and that what went on is a run of its own with all of the past."""
    assert recall_row(row.id) == store.row(row.id) == row
    assert [glance.id for glance in store.rows(row.experiment)] == [row.id]
    found = store.row(new.id)
    assert (found.parent, found.experiment, found.name, found.model) == (row.id, "", row.name, "")
    assert (found.test_accuracy, found.test_loss) == (None, None)
    assert found.steps == training.step
    if row.state != RunState.DIVERGED:
        assert found.steps > row.steps
        assert found.seconds > row.seconds
    _, _, history, _ = content(new.id)
    assert history.batches.column("step").tolist() == list(range(1, training.step + 1))
    assert [report.epoch for report in history.reports] == list(range(1, training.epoch + 1))
    assert len(film_of(path_of(row.id), row.spec.network)) == 0
    assert model_of(row, "last").network.parameters.tobytes() == recall(row.id).state.arrays["parameters"].tobytes()
    catch_up(store)
    assert cut_off(store) == []


def test_a_trial_whose_program_was_killed_before_the_list_knew_of_it_is_done(digits: str, store: RunStore) -> None:
    spec = spec_of(digits, CASES["an early stop"][1])
    trial, row = tried(spec, store)
    left = row.changed(state=RunState.RUNNING, test_accuracy=None, model="")
    folder = store.path.parent / "lost"
    folder.mkdir()
    with closing(RunStore(folder)) as empty:
        for known in ((), (left,)):
            empty.rebuild(known)
            catch_up(empty)
            assert empty.row(row.id) == row
            assert empty.curve(row.id) is not None
            assert Keeper(empty, spec.id).known()[trial.key].state == RunState.EARLY
            empty.delete([row.id])
            empty.purge(-1)


def test_a_trial_that_is_done_again_has_one_file_and_one_model(digits: str, store: RunStore) -> None:
    spec = spec_of(digits, CASES["a divergence"][1])
    _, first = tried(spec, store)
    store.save(store.row(first.id).changed(state=RunState.RUNNING))
    _, again = tried(spec, store, seconds=77.0)
    assert again.id == first.id
    assert recall_row(first.id) == again
    assert recall_row(first.id).seconds == 77
    assert [path.name for path in kept_models.kept()] == [again.model]
    assert again.model != first.model
    facts, _, history, _ = content(first.id)
    assert len(history.batches.column("step")) == facts["state"]["step"] == again.steps


def test_a_file_that_cannot_be_written_costs_a_sentence(
    digits: str, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(run_file, "transaction", failing)
        _, row = tried(spec_of(digits, CASES["a divergence"][1]), store)
    assert "It cannot be gone on with: " in row.message
    assert row.message.endswith("could not be used: the disk is full.")
    assert (row.state, store.row(row.id), bool(row.model)) == (RunState.DIVERGED, row, True)
    assert not list(path_of(row.id).parent.iterdir()), "nothing half is left"


def failing(base: Any) -> Any:
    """Refuse a transaction as a full disk does."""
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    raise error


def test_without_checkpoints_nothing_is_written(digits: str, store: RunStore) -> None:
    (trial,) = spec_of(digits, CASES["a divergence"][1]).trials()
    outcome = perform(Task(0, trial.run.model_dump_json(), 1, keep=True), Listener())
    assert outcome.entry is None
    keeper = Keeper(store, "x")
    keeper.begin(trial, None)
    row = keeper.keep(trial, outcome)
    assert (path_of(row.id).exists(), bool(row.model)) == (False, True)
    large = trial.run.changed(training={"batch_size": 9999})
    refused = perform(Task(0, large.model_dump_json(), 1, keep=True, checkpoint=True), Listener())
    assert refused == Outcome("refused", refused.message)


def test_an_experiment_that_would_fill_the_disk_keeps_no_checkpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    network = {"layers": [{"kind": "dense", "units": 350}]}
    training = {"optimizer": {"kind": "adam"}, "batch_size": 128, "epochs": 6}
    spec = checked_sweep({"base": {"network": network, "training": training}, "seeds": list(range(1000))})
    # 278,260 weights: themselves, the best, the last good ones and two of Adam's; 2,531 batches with ten figures each
    each = 278_260 * 5 * 4 + 54_000 / 128 * 6 * 10 * 4 * 0.6
    assert spec.checkpoint_bytes == pytest.approx(each, rel=1e-6)
    sentence = why_no_checkpoints(spec, 1000)
    assert sentence == "Its 1,000 runs can be opened, not gone on with: checkpoints would take 5.6 GB."
    assert why_no_checkpoints(spec, int(1e9 / each)) == ""
    assert why_no_checkpoints(spec, int(1e9 / each) + 1) != ""
    assert why_no_checkpoints(spec.model_copy(update={"keep_models": False}), 1000) == ""
    monkeypatch.setattr(checkpoints, "MOST_BYTES", 1e6)
    assert why_no_checkpoints(spec, 1).startswith("Its run can be opened, not gone on with: ")


def test_the_guess_of_what_a_checkpoint_takes_is_about_right(digits: str, store: RunStore, monkeypatch: Any) -> None:
    base = {"network": {"layers": [{"kind": "dense", "units": 100}]}, "training": {"batch_size": 2, "epochs": 2}}
    spec = spec_of(digits, base)
    monkeypatch.setattr("engine.sweep.rough.MNIST_IMAGES", 600)
    _, row = tried(spec, store)
    assert path_of(row.id).stat().st_size == pytest.approx(spec.checkpoint_bytes, rel=0.25)


def test_checkpoints_of_experiments_cost_no_other_run_its_film(
    digits: str, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = in_the_window(spec_of(digits, CASES["an early stop"][1]).base)
    in_the_window(spec_of(digits, CASES["a divergence"][1]).base)
    _, row = tried(spec_of(digits, CASES["a divergence"][1]), store)
    monkeypatch.setattr(room, "WORTH_BYTES", 0)
    sizes = [path.stat().st_size for path in path_of(old).parent.glob("*.run") if path.stem != row.id]
    assert room.tidy(store, sum(sizes)) == []
    assert len(film_of(path_of(old), recall_row(old).spec.network))
    assert room.tidy(store, sum(sizes) - 1)
    assert recall(row.id).state.arrays
