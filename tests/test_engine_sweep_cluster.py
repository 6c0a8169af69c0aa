"""Experiments on a Dask cluster, here one on the loopback of this machine: the same results, whoever is killed."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from distributed import LocalCluster
from joblib.externals.loky.backend import resource_tracker

from engine import kept_models
from engine.datasets import Dataset
from engine.errors import DigitLabError
from engine.model_files import load_model
from engine.runs.recall import recall
from engine.runs.store import RunStore
from engine.sweep import cluster, sweep
from engine.sweep.events import Control, Event, SweepProgress, TrialDone, TrialProgress
from engine.sweep.keeping import Keeper, open_experiment
from engine.sweep.link import Told, Word
from engine.sweep.reading import checked_sweep
from engine.sweep.spec import SweepSpec, Trial
from engine.sweep.sweep import Sweep
from engine.sweep.task import Task, perform

FIGURES = ("epochs", "steps", "best_epoch", "train_loss", "validation_loss", "test_loss", "test_accuracy")


@pytest.fixture(scope="module", autouse=True)
def tracker() -> None:
    """Start the helper process that joblib keeps to the end of the program."""
    resource_tracker.ensure_running()


@pytest.fixture
def local() -> Iterator[LocalCluster]:
    """A cluster of two worker processes on the loopback interface."""
    places = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}
    with LocalCluster(processes=True, n_workers=2, threads_per_worker=1, **places) as found:
        yield found


@pytest.fixture(scope="module")
def spec(small: Dataset, tmp_path_factory: pytest.TempPathFactory) -> SweepSpec:
    path = tmp_path_factory.mktemp("digits") / "small.npz"
    parts = (small.train_images, small.train_labels, small.test_images, small.test_labels)
    np.savez(path, **dict(zip(("x_train", "y_train", "x_test", "y_test"), parts, strict=True)))
    base = {
        "dataset": f"npz:{path}",
        "network": {"layers": [{"kind": "dense", "units": 16}]},
        "training": {"epochs": 8, "batch_size": 1, "optimizer": {"kind": "sgd"}},
    }
    axes = [{"path": "training.learning_rate", "values": [0.01, 0.1]}]
    return checked_sweep({"base": base, "axes": axes})


def results(spec: SweepSpec, folder: Path, **more: Any) -> dict[str, tuple[Any, ...]]:
    """Run an experiment in a data folder of its own; return figures and weights by the key of the trial."""
    events = more.pop("events", lambda event: None)
    control = more.pop("control", Control())
    folder.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch, RunStore(folder) as store:
        patch.setenv("DIGITLAB_DATA", str(folder))
        Sweep(spec, store, open_experiment(store, spec).id, 2, backend="dask", **more).run(events, control)
        return {
            key: (
                *(getattr(glance, name) for name in FIGURES),
                load_model(kept_models.folder() / glance.model).network.parameters.tobytes(),
                recall(glance.id).state.arrays["last_good"].tobytes(),
            )
            for key, glance in Keeper(store, spec.id).known().items()
        }


class Silent:
    """A link at whose other end nobody is."""

    def asked(self) -> Word:
        return "go"

    def tell(self, index: int, told: Told) -> None:
        pass


def result_here(trial: Trial) -> tuple[Any, ...]:
    """Return what a trial comes to in this process."""
    outcome = perform(Task(trial.index, trial.run.model_dump_json(), 1, keep=True, checkpoint=True), Silent())
    assert outcome.parameters is not None
    assert outcome.entry is not None
    figures = (getattr(outcome.record, name) for name in FIGURES)
    return (*figures, outcome.parameters.tobytes(), outcome.entry.arrays["last_good"].tobytes())


def test_a_cluster_gives_the_same_bits_though_a_worker_is_killed_and_hears_a_cancel(
    local: LocalCluster, spec: SweepSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "TELL_SECONDS", 0.02)
    killed: list[int] = []
    said: list[Event] = []

    def kill(event: Event) -> None:
        said.append(event)
        if isinstance(event, TrialProgress) and not killed:
            killed.append(local.workers[0].pid)
            psutil.Process(killed[0]).kill()

    there = results(spec, tmp_path / "there", scheduler=local.scheduler_address, events=kill)
    here = {trial.key: result_here(trial) for trial in spec.trials()}
    assert len(killed) == 1
    assert there == here
    assert len(here) == len({weights for *_, weights in here.values()}) == 2
    assert sum(isinstance(event, TrialDone) for event in said) == 2
    assert said[-1] == SweepProgress(2, 2, 0, 1.0, 0.0)
    cancel_reaches(local, spec, tmp_path / "cancelled")


def cancel_reaches(local: LocalCluster, spec: SweepSpec, folder: Path) -> None:
    """Check that trials on a cluster end when the experiment is cancelled."""
    long = checked_sweep({**spec.model_dump(mode="json"), "axes": [{"path": "training.epochs", "values": [10_000]}]})
    control, moments = Control(), list[float]()

    def stop(event: Event) -> None:
        if isinstance(event, TrialProgress):
            control.cancel()
            moments.append(time.monotonic())

    address = local.scheduler_address
    assert results(long, folder, scheduler=address, events=stop, control=control) == {}
    assert time.monotonic() - moments[0] < 2


def test_a_scheduler_that_does_not_answer_is_named(
    spec: SweepSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cluster.CONNECT_SECONDS < 10
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.2)
    with pytest.raises(DigitLabError, match=r"The scheduler tcp://127\.0\.0\.1:1 does not answer\. Start one with"):
        results(spec, tmp_path, scheduler="tcp://127.0.0.1:1")


def test_without_the_library_a_sentence_says_how_to_get_it(
    spec: SweepSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(DigitLabError, match=r"Install it with pip install \"digitlab\[cluster\]\""):
        results(spec, tmp_path, scheduler="tcp://127.0.0.1:1")
