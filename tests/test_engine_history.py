"""The curves of a run: growing tables, their summaries, running means, CSV."""

import csv
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import DigitLabError
from engine.history import MEMORY, History
from engine.reports import BatchReport, EndReport, EpochReport
from engine.table import Table


def batch(step: int, *, per_epoch: int = 10, loss: float = 1.0, accuracy: float = 0.5) -> BatchReport:
    epoch, place = divmod(step - 1, per_epoch)
    seen, size = (place + 1) * 32, per_epoch * 32
    return BatchReport(step, epoch + 1, seen, size, loss, accuracy, 0.1, (0.2, 0.3), 0.5, 3)


def epoch(number: int, *, validation: float | None = 0.4, best: bool = False) -> EpochReport:
    return EpochReport(number, number * 10, 0.5, 0.8, validation, validation, 1.5, 1000.0, best)


@given(
    parts=st.lists(st.integers(0, 300), max_size=8),
    points=st.integers(1, 100),
    ends=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
@settings(deadline=None, max_examples=60)
def test_summaries_equal_those_made_from_the_rows(parts: list[int], points: int, ends: tuple[float, float]) -> None:
    total = sum(parts)
    values = np.random.default_rng(total).normal(size=(total, 2))
    table = Table(("a", "b"))
    for part in np.split(values, np.cumsum(parts)[:-1]) if parts else []:
        table.extend(part.tolist())
    start, stop = sorted(int(end * total) for end in ends)
    thin = table.thinned(start, stop, points)
    size = thin.rows_per_block
    assert len(thin.mean("a")) <= points + 2
    edges = range(start // size * size, stop, size)
    blocks = [values[edge : min(edge + size, stop), 1] for edge in edges]
    np.testing.assert_array_equal(thin.low("b"), [block.min() for block in blocks])
    np.testing.assert_array_equal(thin.high("b"), [block.max() for block in blocks])
    np.testing.assert_allclose(thin.mean("b"), [block.mean() for block in blocks], atol=1e-12)


def test_columns_keep_their_rows_while_the_table_grows() -> None:
    table = Table(("x",))
    table.append((1.0,))
    early = table.column("x")
    table.extend([[float(n)] for n in range(5000)])
    assert early.tolist() == [1.0]
    assert len(table) == 5001
    assert table.column("x")[-1] == 4999


def test_nan_and_infinity_do_not_spoil_the_summary_of_their_neighbours() -> None:
    table = Table(("x",))
    table.extend([[1.0], [math.nan], [math.inf], [2.0]] * 100)
    thin = table.thinned(0, 400, 10)
    assert set(thin.low("x")) == {1.0}
    assert set(thin.high("x")) == {math.inf}


def test_running_means_follow_fast_at_the_start_and_forget_later() -> None:
    history = History()
    history.extend([batch(1, loss=4.0), batch(2, loss=2.0)])
    assert history.batches.column("smooth_loss").tolist() == pytest.approx([4.0, 4.0 - 2.0 * 5 / 6])
    history.extend(batch(step, loss=1.0) for step in range(3, 800))
    assert history.batches.column("smooth_loss")[-1] == pytest.approx(1.0, abs=1e-4)
    before = history.batches.column("smooth_loss")[-1]
    history.extend([batch(800, loss=2.0)])
    assert history.batches.column("smooth_loss")[-1] == pytest.approx(before + (2 - before) / MEMORY)


def test_reports_in_portions_equal_reports_at_once() -> None:
    reports = [batch(step, loss=1 / step) for step in range(1, 100)]
    once, portions = History(), History()
    once.extend(reports)
    for start in range(0, len(reports), 7):
        portions.extend(reports[start : start + 7])
    for name in once.batches.columns:
        np.testing.assert_array_equal(once.batches.column(name), portions.batches.column(name))


def test_epochs_and_the_best_of_them() -> None:
    history = History()
    history.extend([epoch(1, best=True), epoch(2, validation=None), EndReport("finished", "", 2, 20, 1)])
    assert history.best_epoch == 1
    assert history.last_epoch is not None
    assert history.last_epoch.epoch == 2
    assert math.isnan(history.epochs.column("validation_loss")[1])


def test_the_nearest_batch_to_a_place() -> None:
    history = History()
    history.extend(batch(step) for step in range(1, 21))
    assert history.row_at(0.0) == 0
    assert history.row_at(0.99) == 9
    assert history.row_at(1.04) == 9
    assert history.row_at(1.06) == 10
    assert history.row_at(99.0) == 19


def test_csv_has_a_line_per_batch_and_the_epoch_at_its_last(tmp_path) -> None:
    history = History()
    history.extend([*(batch(step, loss=step / 7) for step in range(1, 11)), epoch(1), batch(11)])
    history.export_csv(tmp_path / "run.csv")
    with (tmp_path / "run.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["loss"]) for row in rows[:10]] == pytest.approx([n / 7 for n in range(1, 11)])
    assert float(rows[3]["layer_2"]) == pytest.approx(0.3)
    assert [row["epoch_validation_loss"] for row in rows] == [""] * 9 + ["0.4", ""]
    assert rows[-1]["epoch"] == "1.1"
    assert None not in rows[-1]


def test_an_empty_history_is_a_csv_of_names_alone(tmp_path) -> None:
    History().export_csv(tmp_path / "run.csv")
    assert (tmp_path / "run.csv").read_text().startswith("step,epoch,loss")


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path) -> None:
    with pytest.raises(DigitLabError, match="could not be written"):
        History().export_csv(tmp_path / "nowhere" / "run.csv")


def test_lines_are_those_of_the_moment_of_the_call() -> None:
    history = History()
    history.extend([batch(1)])
    lines = history.csv_lines()
    history.extend(batch(step) for step in range(2, 3000))
    assert len(list(lines)) == 2
