"""The table of accuracies, trained anew: its rows, its runs in child processes, its figures, and going on with it."""

from __future__ import annotations

import json
import signal
import statistics
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.datasets import Dataset
from engine.datasets.split import split
from engine.errors import DigitLabError
from engine.files import atomic_write
from engine.model import FROM_FOLDER
from engine.network import Network, as_floats
from engine.presets import PRESETS
from engine.reproduction import outcome
from engine.reproduction.outcome import Plan, figures, read, report, write
from engine.reproduction.rows import ALIVE, ARTICLE, ARTICLE_ROWS, FAITHFUL, PRESET_DEMANDS, Demand, Row, rows_named
from engine.reproduction.run import Job, Measure, Result, perform
from engine.reproduction.runs import Estimate
from engine.terminal import main, reproduce_display
from engine.terminal.reproduce_display import duration, table_lines
from engine.training import train

TINY = ("--images", "200", "--threads", "1")

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def digitlab(capsys: pytest.CaptureFixture[str]) -> Call:
    """Run ``reproduce`` in this process; return exit code, stdout and stderr."""

    def call(*argv: str | Path) -> tuple[int, str, str]:
        code = main(["reproduce", *map(str, argv)])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return code, out, err

    return call


def result_of(job: Job, *accuracies: float, seconds: float = 2.0, lost: tuple[int, ...] = ()) -> Result:
    """Return what a run would have found."""
    measures = tuple(
        Measure(epochs=epochs, accuracy=accuracy, errors=round(10_000 * (1 - accuracy)), seconds=seconds, lost=lost)
        for epochs, accuracy in zip(job.stations, accuracies, strict=True)
    )
    return Result(job=job, outcome="finished", measures=measures)


def quick_plan(seeds: tuple[int, ...] = (0, 1, 2), images: int | None = None) -> Plan:
    return Plan(rows_named(["quick"]), seeds, 1, images)


def quick_results(plan: Plan, *accuracies: float, **more: Any) -> list[Result]:
    jobs = [plan.job(plan.rows[0], seed) for seed in plan.seeds]
    return [result_of(job, accuracy, **more) for job, accuracy in zip(jobs, accuracies, strict=True)]


def test_the_table_has_the_articles_rows_twice_and_every_preset_with_its_demand() -> None:
    alive, faithful = rows_named([ARTICLE]), rows_named([FAITHFUL])
    assert len(alive) == len(faithful) == len(ARTICLE_ROWS) == 8
    for (epochs, rate, hidden, percent), ours, theirs in zip(ARTICLE_ROWS, alive, faithful, strict=True):
        for row, output, loss in (
            (ours, ALIVE["output_activation"], ALIVE["loss"]),
            (theirs, "relu", "mse"),
        ):
            training, network = row.run.training, row.run.network
            assert (training.epochs, training.learning_rate, training.batch_size) == (epochs, rate, 1)
            assert tuple(layer.units for layer in network.layers if layer.kind == "dense") == hidden
            assert (network.output_activation, training.loss, training.shuffle) == (output, loss, False)
            assert (training.optimizer.kind, training.schedule.kind, row.run.validation_split) == ("sgd", "constant", 0)
        assert ours.demand == Demand(pytest.approx(percent / 100), None, epochs >= 4)
        assert theirs.demand is None
    demands = {name: (demand.accuracy, demand.seconds) for name, (demand, _) in PRESET_DEMANDS.items()}
    assert demands == {
        "quick": (0.98, 6),
        "augmented": (0.992, 180),
        "convolutional": (0.994, 180),
        "best": (0.9965, 1200),
    }
    presets = rows_named(None)[16:]
    assert [row.name for row in presets] == list(PRESET_DEMANDS)
    assert all(row.run == PRESETS[row.name].run and row.reference for row in presets)


def test_rows_that_differ_only_in_epochs_are_stations_of_one_run() -> None:
    plan = Plan(rows_named([ARTICLE, "quick"]), (0, 1), 2)
    jobs = list(plan.guesses)
    assert len(jobs) == 2 * 5
    assert sorted(job.stations for job in jobs if job.run.seed == 0) == [(1,), (1,), (1,), (1, 2, 3, 4, 10), (6,)]
    for job in jobs:
        assert job.run.training.epochs == job.stations[-1]
        assert job.threads == (1 if job.one_at_a_time else 2)
        assert Job.model_validate_json(job.model_dump_json()) == job
    stepwise = next(job for job in jobs if len(job.stations) == 5)
    assert {
        plan.job(row, stepwise.run.seed) == stepwise for row in plan.rows if row.title.startswith("[350], rate 0.001")
    }


def test_a_station_is_what_a_run_of_that_length_would_have_been(mnist: Dataset) -> None:
    row = next(row for row in rows_named([FAITHFUL]) if row.epochs == 1 and "[256, 128, 64]," in row.title)
    run = row.run.changed(training={"epochs": 3})
    long = perform(Job(run=run, stations=(1, 2, 3), threads=1, images=200), mnist, lambda _: None)
    told: list[float] = []
    for epochs in (1, 2, 3):
        alone = Job(run=run.changed(training={"epochs": epochs}), stations=(epochs,), threads=1, images=200)
        found = perform(alone, mnist, told.append).at(epochs)
        assert found.model_copy(update={"seconds": 0.0}) == long.at(epochs).model_copy(update={"seconds": 0.0})
    assert told[-600:] == pytest.approx(np.arange(1, 601) / 600)
    seconds = [measure.seconds for measure in long.measures]
    assert 0 < seconds[0] < seconds[1] < seconds[2] == long.seconds
    assert len({measure.accuracy for measure in long.measures}) > 1


def test_a_digit_is_lost_when_less_than_half_of_it_is_read(mnist: Dataset) -> None:
    run = rows_named([FAITHFUL])[1].run
    measure = perform(Job(run=run, stations=(1,), threads=1, images=1000), mnist, lambda _: None).at(1)
    network = Network(run.network, run.seed)
    part = replace(mnist, train_images=mnist.train_images[:1000], train_labels=mnist.train_labels[:1000])
    for _ in train(network, split(part, 0, run.seed), run.training, run.seed):
        pass
    answers = network.forward(as_floats(mnist.test_images)).argmax(axis=1)
    right = answers == mnist.test_labels
    recall = [right[mnist.test_labels == digit].mean() for digit in range(10)]
    assert measure.lost == tuple(digit for digit in range(10) if recall[digit] < 0.5)
    assert 0 < len(measure.lost) < 10
    assert (measure.accuracy, measure.errors) == (right.mean(), np.count_nonzero(~right))


def test_mean_spread_and_demand_are_worked_out_from_the_seeds() -> None:
    plan = quick_plan()
    results = quick_results(plan, 0.979, 0.98, 0.981, seconds=5.0)
    (entry,) = figures(plan, results)
    assert (entry.mean, entry.deviation, entry.seconds) == pytest.approx((0.98, 0.001, 5.0))
    row = report(plan, results)["rows"][0]
    assert row["spread"] == {
        "lowest": 0.979,
        "highest": 0.981,
        "standard_deviation": statistics.stdev(entry.accuracies),
    }
    assert row["met"] is True
    assert [(seed["seed"], seed["errors"]) for seed in row["seeds"]] == [(0, 210), (1, 200), (2, 190)]
    assert not met(plan, 0.979, 0.98, 0.9809)
    assert not met(plan, 0.99, 0.99, 0.99, seconds=6.1)
    assert met(plan, 0.98, 0.98, 0.98, seconds=6.0, lost=(4,))
    assert figures(plan, results[:2]) == ()
    assert met(quick_plan(seeds=(7,)), 0.98)
    assert (
        report(quick_plan((7,)), quick_results(quick_plan((7,)), 0.98))["rows"][0]["spread"]["standard_deviation"]
        is None
    )


def met(plan: Plan, *accuracies: float, **more: Any) -> bool:
    (entry,) = figures(plan, quick_results(plan, *accuracies, **more))
    assert entry.row.demand is not None
    return entry.meets(entry.row.demand)


def test_a_row_of_the_article_is_missed_when_a_digit_is_lost_after_four_epochs() -> None:
    plan = Plan(rows_named([ARTICLE]), (0,), 1)
    jobs = list(plan.guesses)
    for lost in ((), (8,)):
        results = [result_of(job, *[0.96] * len(job.stations), lost=lost) for job in jobs]
        missed = [row["epochs"] for row in report(plan, results)["rows"] if not row["met"]]
        assert missed == ([10, 4] if lost else [])
    assert "seed 0 lost 8" in "\n".join(table_lines(plan, results))


def test_a_missed_row_stays_in_the_table_with_its_figure() -> None:
    plan = quick_plan()
    head, line, beside, _, _, total = table_lines(plan, quick_results(plan, 0.97, 0.97, 0.98))
    assert " ".join(line.split()) == "Quick 97.33 % 97.00 to 98.00 2.0 s ≥ 98.00 % in 6.0 s NO"
    assert beside.strip() == "MLP, 300 units: 95.3 % (LeCun 1998)"
    assert head.index("demand") == line.index("≥")
    assert total.startswith("0 of 1 demands are met")
    assert table_lines(plan, []) == ["No row is complete."]
    trial = quick_plan(images=200)
    head, line, *_, warning = table_lines(trial, quick_results(trial, 0.97, 0.97, 0.98))
    assert head.split()[-1] == "demand"
    assert " NO" not in line
    assert "these figures mean nothing" in warning


def test_the_table_is_narrow_and_has_no_empty_column() -> None:
    plan = Plan(rows_named(None), (0, 1, 2), 1)
    results = [result_of(job, *[0.9] * len(job.stations), seconds=1000.0, lost=(8,)) for job in plan.guesses]
    lines = table_lines(plan, results)
    assert max(map(len, lines)) <= 101
    assert [lines.count(name) for name in (ARTICLE, FAITHFUL)] == [1, 1]
    assert any(line.startswith("none lost: ") for line in lines)
    single = Plan(rows_named([FAITHFUL]), (0,), 1)
    results = [result_of(job, *[0.9] * len(job.stations)) for job in single.guesses]
    assert table_lines(single, results)[0].split() == ["row", "(seed", "0)", "mean", "time"]


def test_all_images_are_no_trial(digitlab: Call, tmp_path: Path) -> None:
    plan, path = quick_plan(seeds=(0,)), tmp_path / "table.json"
    write(path, plan, quick_results(plan, 0.985))
    code, printed, err = digitlab(
        "--only", "quick", "--seeds", "0", "--threads", "1", "--images", "60000", "--out", path
    )
    assert (code, err) == (0, "1 of 1 runs were done before.\n")
    assert printed.splitlines()[-1] == "1 of 1 demands are met."


def test_runs_of_the_same_folder_are_taken_up_whatever_it_was_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, path = quick_plan(), tmp_path / "table.json"
    monkeypatch.setattr(outcome, "program_version", lambda: "(not installed)")
    write(path, plan, quick_results(plan, 0.98, 0.98, 0.98))
    monkeypatch.setattr(outcome, "program_version", lambda: f"1.0 {FROM_FOLDER}")
    assert len(read(path)) == 3
    monkeypatch.setattr(outcome, "program_version", lambda: "1.0")
    with pytest.raises(DigitLabError, match="another version"):
        read(path)


def test_the_time_left_is_guessed_and_then_learned() -> None:
    plan = Plan(rows_named(["quick", ARTICLE]), (0, 1), 2)
    quick, single = [job for job in plan.guesses if not job.one_at_a_time], next(iter(plan.guesses))
    estimate = Estimate({quick[0]: 6.0, quick[1]: 6.0, single: 10.0}, 2)
    assert estimate.left({}) == 6 + 6 + 10 / 2
    assert estimate.left({quick[0]: (0.5, 4.0)}) == 4 + 6 + 5
    assert estimate.left({quick[0]: (0.01, 1.0)}) == 5 + 6 + 5
    estimate.took(quick[0], 12.0)
    assert estimate.left({}) == 12 + 20 / 2
    assert estimate.share({}) == pytest.approx(12 / (12 + 12 + 20))
    estimate.took(quick[1], 12.0)
    estimate.took(single, 1.0)
    assert (estimate.left({}), estimate.share({})) == (0, 1)


def test_times_are_told_as_people_say_them() -> None:
    assert [duration(s) for s in (0.04, 9.94, 59.6, 150, 3540, 3600, 3960)] == [
        "0.0 s", "9.9 s", "60 s", "2 min", "59 min", "1 h 00 min", "1 h 06 min",
    ]  # fmt: skip


def test_the_command_trains_in_child_processes_and_goes_on_where_it_was(digitlab: Call, tmp_path: Path) -> None:
    out = tmp_path / "table.json"
    code, printed, err = digitlab("--only", "quick", "--seeds", "0,1", *TINY, "--out", out, "--json")
    table = json.loads(printed)
    assert (code, table["complete"], table["seeds"], table["images"]) == (0, True, [0, 1], 200)
    assert {"processors", "system", "architecture", "python", "numpy"} == set(table["machine"])
    (row,) = table["rows"]
    assert (row["name"], row["title"], row["epochs"], row["met"]) == ("quick", "Quick", 6, None)
    assert row["demand"] == {"accuracy": 0.98, "seconds": 6, "no_digit_lost": False}
    assert row["settings"]["training"]["learning_rate"] == PRESETS["quick"].run.training.learning_rate
    found = [seed["accuracy"] for seed in row["seeds"]]
    assert row["mean"] == pytest.approx(sum(found) / 2)
    assert all(0.3 < accuracy < 0.95 for accuracy in found)
    assert found[0] != found[1]
    assert all(seed["seconds"] > 0 for seed in row["seeds"])
    assert "seed 0: " in err
    assert "left" in err
    assert "the figures mean nothing" in err
    kept = json.loads(out.read_text())
    assert len(kept.pop("runs")) == 2
    assert kept == table

    code, printed, err = digitlab("--only", "quick", "--seeds", "0,1", *TINY, "--out", out, "--json")
    assert (code, json.loads(printed)) == (0, table), "seconds too: nothing was trained again"
    assert "2 of 2 runs were done before" in err
    assert "seed 0:" not in err

    code, printed, err = digitlab("--only", "quick", "--seeds", "2,1", *TINY, "--out", out)
    assert code == 0
    assert ("1 of 2 runs were done before" in err, "seed 1:" in err, "seed 2: " in err) == (True, False, True)
    assert printed.startswith("row (seeds 2, 1)")
    assert len(json.loads(out.read_text())["runs"]) == 3


def test_a_stop_prints_the_rows_that_are_complete(
    digitlab: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop_after_a_row(text: str) -> None:
        if text.startswith("= "):
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(reproduce_display, "say", stop_after_a_row)
    out = tmp_path / "table.json"
    code, printed, err = digitlab("--only", f"{ARTICLE},quick", "--seeds", "3", *TINY, "--json", "--out", out)
    assert code == 130
    table = json.loads(printed)
    assert (table["complete"], [row["epochs"] for row in table["rows"]]) == (False, [1])
    assert err.splitlines()[-1] == f"digitlab: Stopped with 1 of 9 rows complete. What was done is in {out}."
    assert len(read(out)) == 1


def test_a_run_that_cannot_be_done_ends_with_its_sentence(digitlab: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    run = PRESETS["quick"].run.changed(training={"batch_size": 100_000})
    row = Row("quick", "Quick", run, None, "")
    monkeypatch.setattr("engine.terminal.reproduce.rows_named", lambda names: (row,))
    code, printed, err = digitlab("--only", "quick", "--seeds", "0", *TINY)
    assert (code, printed) == (2, "No row is complete.\n")
    assert err.splitlines()[-1].startswith("digitlab: Batch size: 100,000 is not allowed; there are 180 images")


def test_a_run_whose_process_breaks_down_ends_with_a_sentence(digitlab: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.reproduction.runs.JOB", "elsewhere.json")
    code, printed, err = digitlab("--only", "quick", "--seeds", "0", *TINY)
    assert (code, printed) == (2, "No row is complete.\n")
    said = "digitlab: 784 → 350 → 10, seed 0: its process ended with code 1 (FileNotFoundError: "
    assert err.splitlines()[-1].startswith(said)


def test_a_full_disk_ends_no_training(digitlab: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out, written = tmp_path / "table.json", []

    def fill(path: Path, write: Callable[[Path], None]) -> None:
        written.append(path)
        atomic_write(path if len(written) == 1 else tmp_path / "gone" / "table.json", write)

    monkeypatch.setattr(outcome, "atomic_write", fill)
    code, printed, err = digitlab("--only", "quick", "--seeds", "0", *TINY, "--out", out)
    assert code == 2
    assert "Quick" in printed
    assert "could not be written" in err.splitlines()[-1]


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("--only", "quick,slow"), "Only: slow is not allowed; it must be one of article, article-faithful, quick"),
        (("--only", ""), "Only: a value is missing; it must be one of article"),
        (("--seeds", "0,x"), "Seed: x is not allowed; it must be a whole number from 0 to"),
        (("--seeds", "1,2,1"), "Seeds: 1 is named twice"),
        (("--seeds", ""), "Seed: a value is missing"),
        (("--images", "10"), "Images: 10 is not allowed; it must be a whole number from 200 to 60,000."),
        (("--images", "1e3"), "Images: 1e3 is not allowed"),
        (("--out", " "), "a file name is missing"),
        (("--out", "."), "cannot be read: there is a folder of that name"),
        (("--out", "nowhere/table.json"), "could not be written: the folder does not exist"),
    ],
)
def test_bad_options_are_refused_in_a_sentence(digitlab: Call, argv: tuple[str, str], said: str) -> None:
    code, printed, err = digitlab(*argv)
    assert (code, printed, len(err.splitlines())) == (2, "", 1)
    assert said in err


def test_other_files_are_neither_taken_up_nor_written_over(digitlab: Call, tmp_path: Path) -> None:
    plan, path = quick_plan(), tmp_path / "table.json"
    write(path, plan, quick_results(plan, 0.98, 0.98, 0.98))
    assert read(path) == tuple(quick_results(plan, 0.98, 0.98, 0.98))
    good = path.read_text()
    bad = {
        "no table": [b"", b"[]", b"\xff\x00", b"[" * 100_000, good[:-40].encode(), b'{"runs": []}'],
        "no table of": [good.replace('"stations": [\n     6', '"stations": [\n     7').encode()],
        "another version": [good.replace('"processors": ', '"processors": 9').encode()],
        "too large": [b" " * (outcome.MAX_BYTES + 1)],
    }
    for said, contents in bad.items():
        for content in contents:
            assert content.decode("latin-1") != good
            path.write_bytes(content)
            code, printed, err = digitlab("--only", "quick", "--out", path)
            assert (code, printed, len(err.splitlines())) == (2, "", 1)
            assert said in err
            assert "Nothing was trained" in err
            assert path.read_bytes() == content


def test_a_log_is_told_now_and_then(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    plan = quick_plan()
    display = reproduce_display.Display(plan, [])
    job = display.jobs_left[0]
    display.moved({job: (0.5, 3.0)})
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(reproduce_display, "LINE_SECONDS", -1)
    display.moved({job: (0.5, 3.0)})
    assert capsys.readouterr().err == "17% of it all is done, about 15 s left.\n"
    display.close()


def test_each_row_gets_the_figure_of_its_station() -> None:
    plan = Plan(rows_named([ARTICLE]), (0,), 1)
    job = next(job for job in plan.guesses if len(job.stations) == 5)
    found = figures(plan, [result_of(job, 0.91, 0.92, 0.93, 0.94, 0.95)])
    assert [(entry.row.epochs, entry.mean) for entry in found] == [
        (1, 0.91), (2, 0.92), (10, 0.95), (3, 0.93), (4, 0.94),
    ]  # fmt: skip
