"""``digitlab sweep``: experiments from the terminal, and going on after whatever happened."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from joblib.externals.loky.backend import resource_tracker

from engine import kept_models
from engine.datasets import Dataset
from engine.runs.row import RunState, new_row
from engine.runs.run_file import path_of
from engine.runs.store import RunStore
from engine.sweep import checkpoints
from engine.sweep.built_in import BUILT_IN
from engine.sweep.events import Control, Event, SweepProgress, TrialFailed, TrialRepeated
from engine.sweep.keeping import open_experiment
from engine.sweep.sweep import Sweep
from engine.terminal import sweep_display
from engine.terminal.sweep_display import Display

ROOT = Path(__file__).resolve().parent.parent
RATE, EPOCHS = "training.learning_rate", "training.epochs"

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module", autouse=True)
def tracker() -> None:
    """Start the helper process that joblib keeps to the end of the program."""
    resource_tracker.ensure_running()


@pytest.fixture
def written(small: Dataset, tmp_path: Path) -> Callable[..., Path]:
    """Write the file of an experiment with a small part of MNIST and small networks; return its path."""
    path = tmp_path / "small.npz"
    parts = (small.train_images, small.train_labels, small.test_images, small.test_labels)
    np.savez(path, **dict(zip(("x_train", "y_train", "x_test", "y_test"), parts, strict=True)))

    def write(**more: Any) -> Path:
        base = {
            "dataset": f"npz:{path}",
            "network": {"layers": [{"kind": "dense", "units": 16}]},
            "training": {"epochs": 2, "batch_size": 20},
        }
        spec = tmp_path / "spec.json"
        spec.write_text(json.dumps({"name": "small", "base": base, **more}))
        return spec

    return write


def rates(*values: float) -> list[dict[str, Any]]:
    return [{"path": RATE, "values": values}]


def test_the_command_trains_stops_and_goes_on(
    digitlab: Call, written: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop_at_the_first(text: str) -> None:
        if " after 2 epochs" in text:
            signal.raise_signal(signal.SIGINT)

    spec = written(axes=rates(0.004, 1e-6), seeds=[0, 1])
    with monkeypatch.context() as patch:
        patch.setattr(sweep_display, "say", stop_at_the_first)
        code, out, err = digitlab("sweep", spec, "--workers", "1")
    assert code == 130
    assert err == "digitlab: Stopped with 1 of 4 trials done. The same command goes on from there.\n"
    assert out.splitlines()[-1] == "3 of 4 trials are not done."

    code, out, err = digitlab("sweep", spec, "--json", "--workers", "2")
    found = json.loads(out)
    assert (code, found["complete"], found["name"], len(found["trials"])) == (0, True, "small", 4)
    scores = [trial["test_accuracy"] for trial in found["trials"]]
    assert scores == sorted(scores, reverse=True)
    assert [trial["values"][RATE] for trial in found["trials"]] == [0.004, 0.004, 1e-6, 1e-6]
    assert sorted(trial["seed"] for trial in found["trials"]) == [0, 0, 1, 1]
    assert all((kept_models.folder() / trial["model"]).exists() for trial in found["trials"])
    assert err.splitlines()[0] == "small: 4 trials, 1 of them done before."
    assert f"{RATE} 0.004, seed 1: " in err

    code, out, err = digitlab("sweep", spec)
    assert (code, err) == (0, "small: 4 trials, 4 of them done before.\n"), "nothing is trained again"
    head, first, second, _, remark = out.splitlines()
    assert head.split() == ["learning_rate", "accuracy", "low", "to", "high", "validation", "time"]
    assert first.split()[:2] == ["0.004", f"{50 * sum(scores[:2]):.2f}"]
    assert second.startswith("1e-06")
    assert remark == "Accuracies are those on the test images, means over the seeds 0, 1."


def test_after_kill_9_the_same_command_goes_on(digitlab: Call, written: Callable[..., Path], tmp_path: Path) -> None:
    spec = written(search="list", cases=[{"values": {EPOCHS: 2}}, {"values": {EPOCHS: 100}}])
    command = [sys.executable, str(ROOT / "main.py"), "sweep", str(spec), "--workers", "1"]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        deadline = time.monotonic() + 30
        while not list(tmp_path.glob("digitlab-*/1.json")) and time.monotonic() < deadline:
            threading.Event().wait(0.01)  # the second trial says how far it is as soon as it is at work
        children = psutil.Process(process.pid).children()
        process.kill()
        _, err = process.communicate()
    _, alive = psutil.wait_procs(children, 5)
    assert children
    assert not alive, "nobody works for a process that is gone"
    assert [line.split(": ")[0] for line in err.splitlines()[:2]] == ["small", f"{EPOCHS} 2"]
    with RunStore() as store:
        (experiment,) = store.experiments()
        (done,) = store.rows(experiment.id)
        assert (done.state, experiment.state) == (RunState.FINISHED, "running")

    code, out, err = digitlab("sweep", spec, "--workers", "1", "--json")
    found = json.loads(out)
    assert (code, found["complete"], found["experiment"]) == (0, True, experiment.id)
    assert err.splitlines()[0] == "small: 2 trials, 1 of them done before."
    assert {trial["trial"]: trial["id"] for trial in found["trials"]}[0] == done.id
    with RunStore() as store:
        assert len(store.rows(experiment.id)) == 2
        assert store.experiment(experiment.id).state == "finished"


def test_a_run_of_an_experiment_is_gone_on_with(digitlab: Call, written: Callable[..., Path]) -> None:
    (trial,) = json.loads(digitlab("sweep", written(), "--workers", "1", "--json")[1])["trials"]
    code, out, err = digitlab("train", "--resume", trial["id"], "--json")
    found = json.loads(out)
    assert (code, found["epochs"]) == (0, 4)
    assert "784 → 16 → 10 is a result of an experiment and stays as it is: what goes on is another run" in err
    with RunStore() as store:
        first, new = store.row(trial["id"]), store.row(found["run"])
        assert (first.epochs, first.model, first.state) == (2, trial["model"], RunState.FINISHED)
        assert (new.parent, new.epochs, new.model) == (first.id, 4, Path(found["model"]).name)
    assert json.loads(digitlab("train", "--resume", new.id, "--json")[1])["run"] == new.id
    assert digitlab("sweep", written())[2] == "small: 1 trials, 1 of them done before.\n"
    with RunStore() as store:
        last = store.row(new.id)
        assert {path.name for path in kept_models.kept()} == {first.model, last.model}, "one model a run"
        assert (last.epochs, store.row(first.id)) == (6, first)


def test_checkpoints_that_would_fill_the_disk_are_not_kept(
    digitlab: Call, written: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "MOST_BYTES", 2e5)
    code, out, err = digitlab("sweep", written(seeds=[0, 1]), "--workers", "1", "--json")
    assert code == 0
    assert err.startswith(
        "Its 2 runs can be opened, not gone on with: checkpoints would take 0.0 GB.\nsmall: 2 trials."
    )
    for trial in json.loads(out)["trials"]:
        assert (kept_models.folder() / trial["model"]).exists()
        assert not path_of(trial["id"]).exists()


def test_the_articles_table_stands_beside_ours(digitlab: Call) -> None:
    trials = BUILT_IN["article"].trials()
    with RunStore() as store:
        experiment = open_experiment(store, BUILT_IN["article"])
        for trial, accuracy in zip(trials, (0.93, 0.94, 0.7, 0.95, 0.97, 0.7, 0.96, 0.96), strict=True):
            row = new_row(trial.run, experiment=experiment.id)
            store.save(row.changed(state=RunState.FINISHED, test_accuracy=accuracy, seconds=5.0))
    code, out, _ = digitlab("sweep", "article")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert code == 0
    assert lines[0] == "layers learning_rate epochs accuracy theirs time"
    assert lines[1] == "350 0.001 10 97.00 % 87.77 % 5.0 s"
    assert lines[-3:] == [
        "",
        "Accuracies are those on the test images.",
        "6 of 8 are at least as accurate as theirs.",
    ]
    found = json.loads(digitlab("sweep", "article", "--json")[1])["trials"]
    assert found[0]["title"] == "[350], rate 0.001, 10 epochs"
    assert found[0]["reference"] == 0.8777


def test_the_built_in_experiments_are_listed(digitlab: Call) -> None:
    code, out, _ = digitlab("sweep", "--list", "--json")
    assert code == 0
    assert [row["name"] for row in json.loads(out)["experiments"]] == [
        "article",
        "learning-rate",
        "optimizers",
        "depth",
    ]
    assert digitlab("sweep", "--list")[1].startswith("article        The article's table: 8 trials\n")


def test_a_log_is_told_now_and_then(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    display = Display(BUILT_IN["article"])
    display.show(SweepProgress(0, 8, 2, 0.0, 100.0))
    display.show(SweepProgress(1, 8, 2, 0.1, 90.0))
    assert capsys.readouterr().err == "The article's table: 8 trials.\n"
    monkeypatch.setattr(sweep_display, "LINE_SECONDS", -1)
    display.show(SweepProgress(1, 8, 2, 0.1, 90.0))
    display.show(TrialRepeated(BUILT_IN["article"].trials()[0], "It is done again."))
    assert capsys.readouterr().err == "1 of 8 trials, about 90 s left.\nIt is done again.\n"
    display.close()


def test_what_is_asked_for_wrongly_is_refused_in_a_sentence(digitlab: Call, written: Callable[..., Path]) -> None:
    for said, arguments in {
        "SPEC is missing": [],
        "neither a file nor a built-in experiment": ["nothing"],
        "Workers: 65 is not allowed": ["article", "--workers", "65"],
        "Nothing was trained": [written(axes=rates(50))],
        "the backend dask needs the address": ["article", "--backend", "dask"],
        "it must be a host and a port": ["article", "--backend", "dask", "--scheduler", "here"],
    }.items():
        code, out, err = digitlab("sweep", *arguments)
        assert (code, out, len(err.splitlines())) == (2, "", 1)
        assert said in err


def test_a_trial_that_fails_is_told_and_the_exit_code_says_so(
    digitlab: Call, written: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(sweep: Sweep, on_event: Callable[[Event], None], control: Control) -> None:
        (trial,) = sweep.spec.trials()
        on_event(SweepProgress(0, 1, 1, 0.0, 1.0))
        on_event(TrialFailed(trial, new_row(trial.run), "It cannot be."))

    monkeypatch.setattr(Sweep, "run", fail)
    code, out, err = digitlab("sweep", written(axes=rates(0.1)))
    assert (code, out) == (2, "No trial is done.\n")
    assert err.splitlines()[1:] == [f"{RATE} 0.1: failed", f"digitlab: {RATE} 0.1: It cannot be."]
