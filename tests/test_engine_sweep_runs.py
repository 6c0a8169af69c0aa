"""Experiments as they run in worker processes: what is kept, and what becomes of the killed and the paused."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from joblib.externals.loky.backend import resource_tracker

from engine import kept_models
from engine.blas import allowed_threads
from engine.datasets import Dataset, load_dataset
from engine.datasets.split import split
from engine.errors import DigitLabError, SettingError
from engine.evaluation import evaluate
from engine.model import Model
from engine.model_files import load_model
from engine.network import Network
from engine.reports import EpochReport
from engine.runs.curve import Curve
from engine.runs.recall import recall
from engine.runs.row import RunRow, RunState
from engine.runs.store import RunStore
from engine.sweep import sweep as running
from engine.sweep.events import Control, Event, SweepProgress, TrialDone, TrialFailed, TrialProgress, TrialRepeated
from engine.sweep.keeping import Keeper, held, open_experiment
from engine.sweep.link import FolderLink
from engine.sweep.reading import checked_sweep
from engine.sweep.spec import SweepSpec
from engine.sweep.sweep import Sweep
from engine.sweep.task import Outcome
from engine.training import train

RATE, EPOCHS, BATCH = "training.learning_rate", "training.epochs", "training.batch_size"
WORKER = "LokyProcess"


@pytest.fixture(scope="module", autouse=True)
def tracker() -> None:
    """Start the helper process that joblib keeps to the end of the program."""
    resource_tracker.ensure_running()


@pytest.fixture(scope="module")
def digits(small: Dataset, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("digits") / "small.npz"
    parts = (small.train_images, small.train_labels, small.test_images, small.test_labels)
    np.savez(path, **dict(zip(("x_train", "y_train", "x_test", "y_test"), parts, strict=True)))
    return f"npz:{path}"


@pytest.fixture
def store() -> Iterator[RunStore]:
    with RunStore() as opened:
        yield opened


def spec_of(digits: str, cases: list[dict[str, Any]], **more: Any) -> SweepSpec:
    """Return an experiment with small networks; each case trains a second unless it says otherwise."""
    base = {
        "dataset": digits,
        "network": {"layers": [{"kind": "dense", "units": 16}]},
        "training": {"epochs": 2, "batch_size": 20, "schedule": {"kind": "constant"}},
    }
    rows = [{"values": values, "title": str(number)} for number, values in enumerate(cases)]
    return checked_sweep({"base": base, "search": "list", "cases": rows, **more})


def perform(
    spec: SweepSpec, store: RunStore, on_event: Callable[[Event], None] = lambda event: None, **more: Any
) -> list[Event]:
    """Run an experiment with two workers; return what it said."""
    said: list[Event] = []

    def take(event: Event) -> None:
        said.append(event)
        on_event(event)

    experiment = open_experiment(store, spec)
    Sweep(spec, store, experiment.id, 2).run(take, **more)
    return said


def workers(process: int | None = None) -> list[int]:
    """Return the worker processes of a process, this one by default, the oldest first."""
    found = []
    for child in psutil.Process(process).children():
        with contextlib.suppress(psutil.Error):  # it may end meanwhile
            if any(WORKER in part for part in child.cmdline()):
                found.append((child.create_time(), child.pid))
    return [pid for _, pid in sorted(found)]


def only(said: list[Event], kind: type) -> list[Any]:
    return [event for event in said if isinstance(event, kind)]


def test_each_trial_is_what_training_it_alone_would_have_been(digits: str, store: RunStore) -> None:
    plain = [{RATE: 0.01}, {RATE: 0.1, EPOCHS: 3}, {"training.optimizer": "sgd", RATE: 10}]
    wild = {"training.loss": "mse", "network.output_activation": "linear", RATE: 10, "training.optimizer": "sgd"}
    spec = spec_of(digits, [*plain, wild, {BATCH: 10_000}], seeds=[5])
    trials, experiment = spec.trials(), open_experiment(store, spec)
    # What a crash left open is done again in its place.
    left = RunRow(id="left", created=1.0, spec=trials[0].run, name="0", experiment=spec.id, state=RunState.RUNNING)
    store.add(left)
    store.mark("left", starred=True)
    said = perform(spec, store)
    done = only(said, TrialDone)
    assert sorted(event.trial.index for event in done) == [0, 1, 2, 3]
    rows = {glance.name: glance for glance in store.rows(spec.id)}
    for trial in trials[:3]:
        row, dataset = store.row(rows[trial.title].id), load_dataset(digits)
        network, run = Network(trial.run.network, 5), trial.run
        reports = list(train(network, split(dataset, run.validation_split, 5), run.training, 5))
        model = load_model(kept_models.folder() / row.model)
        assert model.network.parameters.tobytes() == network.snapshot().parameters.tobytes()
        assert recall(row.id).state.arrays["parameters"].tobytes() == network.parameters.tobytes()
        test = evaluate(network, dataset.test_images, dataset.test_labels, run.training.loss)
        assert test is not None
        assert (row.test_accuracy, row.spec, row.state) == (test.accuracy, run, RunState(reports[-1].reason))  # type: ignore[union-attr]
        epochs = [report for report in reports if isinstance(report, EpochReport)]
        curve = store.curve(row.id)
        assert curve is not None
        assert curve.epochs["loss"] == pytest.approx([report.loss for report in epochs])
        assert (row.epochs, row.steps, row.experiment) == (len(epochs), epochs[-1].step, spec.id)
        assert row.seconds > 0
        assert row.versions["NumPy"] == np.__version__
    assert next(event.row for event in done if event.trial.index == 1) == store.row(rows["1"].id)
    assert said[-1] == SweepProgress(5, 5, 0, 1.0, 0.0)
    assert (rows["0"].id, rows["0"].state, rows["0"].starred) == ("left", RunState.FINISHED, True)
    assert set(Keeper(store, spec.id).known()) == {trial.key for trial in trials}
    assert open_experiment(store, spec).id == experiment.id == spec.id
    assert open_experiment(store, spec, anew=True).id != spec.id
    check_what_did_not_finish(spec, store, said)


def check_what_did_not_finish(spec: SweepSpec, store: RunStore, said: list[Event]) -> None:
    """Check that what diverges is a result, and what cannot be trained a failure that is tried again."""
    rows = {glance.name: glance for glance in store.rows(spec.id)}
    assert [rows[name].state for name in "34"] == [RunState.DIVERGED, RunState.FAILED]
    assert "no longer a finite number" in rows["3"].message
    assert rows["4"].message.startswith("Batch size: 10,000 is not allowed; there are 540 images")
    (failed,) = only(said, TrialFailed)
    assert (failed.message, failed.row.id) == (rows["4"].message, rows["4"].id)
    assert store.experiment(spec.id).state == "stopped"
    said = perform(spec, store)
    assert [event.trial.index for event in only(said, TrialFailed)] == [4]
    assert not only(said, TrialDone), "nothing is done twice"
    assert {glance.id for glance in store.rows(spec.id)} == {glance.id for glance in rows.values()}


def test_a_killed_workers_trial_is_done_again_and_the_other_goes_on(
    digits: str, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "TELL_SECONDS", 0.02)
    monkeypatch.setattr(running, "ATTEMPTS", 2)
    spec = spec_of(digits, [{EPOCHS: 10_000}, {BATCH: 1, EPOCHS: 4}])
    others, killed = list[int](), list[int]()

    def kill(event: Event) -> None:
        if isinstance(event, TrialProgress) and event.trial.index == 0:
            others[:] = others or workers()[1:]  # the first trial has the first worker, and whichever replaces it
            victim = next(pid for pid in workers() if pid not in others)
            psutil.Process(victim).kill()
            killed.append(victim)

    said = perform(spec, store, kill)
    assert len(killed) == running.ATTEMPTS
    assert [event.trial.index for event in only(said, TrialRepeated)] == [0]
    (failed,) = only(said, TrialFailed)
    assert failed.message.startswith("It was begun 2 times, and each time its process ended before it was done")
    (done,) = only(said, TrialDone)
    assert (done.trial.index, done.row.epochs) == (1, 4)


def test_a_pause_lets_trials_wait_and_a_cancel_ends_them_within_a_second(
    digits: str, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "TELL_SECONDS", 0.02)
    spec = spec_of(digits, [{RATE: 0.1}, {EPOCHS: 10_000}, {EPOCHS: 9_000}, {RATE: 0.2}], keep_models=False)
    control, shares, moments, late = Control(), list[float](), list[float](), list[bool]()

    def watch(event: Event) -> None:
        if isinstance(event, TrialProgress) and event.trial.index == 1:
            shares.append(event.told.share)
            late.append(bool(moments) and control.paused and time.monotonic() - moments[0] > 0.3)
            control.pause()
        if isinstance(event, SweepProgress) and control.paused:
            moments.append(time.monotonic())
            threads.update(psutil.Process(pid).environ()["OPENBLAS_NUM_THREADS"] for pid in workers())
            if moments[-1] - moments[0] > 0.5:
                control.resume()
        if moments and not control.paused and not control.cancelled:
            control.cancel()
            moments.append(time.monotonic())

    threads: set[str] = set()
    said = perform(spec, store, watch, control=control)
    assert threads == {str(max(allowed_threads() // 2, 1))}, "they share what there is"
    assert time.monotonic() - moments[-1] < 1.5, "a second, and the end of two processes"
    assert 0 < shares[0] < 1
    assert not any(late), "nothing moves in a pause"
    done = {event.trial.index for event in only(said, TrialDone)}
    assert done <= {0, 3}
    assert store.experiment(spec.id).state == "stopped"
    assert len(store.rows(spec.id)) == len(done), "what was given up leaves nothing"
    assert not workers()
    assert not kept_models.kept()


def test_a_worker_whose_experiment_is_gone_ends_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = FolderLink.here(tmp_path)
    assert link.asked() == "go"
    link.say("pause")
    assert link.asked() == "pause"
    codes: list[int] = []
    monkeypatch.setattr(os, "_exit", codes.append)
    for gone in (FolderLink(str(tmp_path), link.owner, link.born - 1), FolderLink(str(tmp_path), 2**22 + 1, link.born)):
        gone.asked()
    assert codes == [1, 1], "another process of that number, and none at all"


def test_a_model_that_cannot_be_kept_costs_no_result(
    digits: str, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(model: Model) -> Path:
        raise DigitLabError("The disk is full.")

    spec = spec_of(digits, [{RATE: 0.1}])
    (trial,), keeper = spec.trials(), Keeper(store, open_experiment(store, spec).id)
    keeper.begin(trial, None)
    weights = Network(trial.run.network, 0).snapshot().parameters
    monkeypatch.setattr(kept_models, "keep", full)
    row = keeper.keep(trial, Outcome("finished", "Finished.", epochs=2, curve=Curve(), parameters=weights))
    assert (row.model, row.message) == ("", "Finished. The model is not kept: The disk is full.")
    assert store.row(row.id) == row
    assert row.state == RunState.FINISHED


def test_runs_are_called_by_what_tells_them_apart(digits: str, store: RunStore) -> None:
    axes = [{"path": EPOCHS, "values": [2]}, {"path": RATE, "values": [0.1, 0.01]}]
    base = spec_of(digits, [{RATE: 0.1}]).base
    spec = checked_sweep({"name": "Rates", "base": base.model_dump(mode="json"), "axes": axes, "seeds": [0, 1]})
    keeper = Keeper(store, open_experiment(store, spec).id, spec.fixed)
    for trial in spec.trials():
        keeper.begin(trial, None)
    assert [row.name for row in keeper._rows.values()] == [
        f"rate {rate}, seed {seed}" for rate in (0.1, 0.01) for seed in (0, 1)
    ]


def test_contradictions_are_refused(digits: str, store: RunStore) -> None:
    spec = spec_of(digits, [{RATE: 0.1}])
    with pytest.raises(SettingError, match="Workers: 0 is not allowed; it must be a whole number from 1 to 64"):
        Sweep(spec, store, "x", 0)
    with pytest.raises(SettingError, match="the backend dask needs the address of a scheduler"):
        Sweep(spec, store, "x", backend="dask")
    with pytest.raises(SettingError, match="no other backend has one"):
        Sweep(spec, store, "x", scheduler="tcp://127.0.0.1:1")
    with pytest.raises(SettingError, match="it must be one of loky, dask"):
        Sweep(spec, store, "x", backend="ray")  # type: ignore[arg-type]
    for address in ("here", "tcp://127.0.0.1", "foo://127.0.0.1:1", "127.0.0.1:70000", "tcp://a b:1"):
        with pytest.raises(SettingError, match="it must be a host and a port, such as tcp:"):
            Sweep(spec, store, "x", backend="dask", scheduler=address)
    with held(store, "x"), pytest.raises(DigitLabError, match="runs in another window or terminal already"):
        Sweep(spec, store, "x").run(lambda event: None)
    with pytest.raises(DigitLabError, match="There is no experiment x"):
        Sweep(spec, store, "x").run(lambda event: None)
