"""How long the page of runs takes with thousands of them: to open, reload, sort, filter, select and redraw.

python tests/bench_runs_page.py [--json] [--runs 5000] [--size 660x560]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication

from engine.errors import DigitLabError
from engine.presets import PRESETS
from engine.runs.curve import BATCH_NAMES, Curve
from engine.runs.row import RunRow, RunState, new_row
from engine.runs.store import RunStore
from gui import theme
from gui.icons import icon
from gui.pages.runs_page import RunsPage
from gui.session import Session
from gui.widgets.runs_columns import COLUMNS, PLACE

START = 1_790_000_000.0
TAGS = ((), (), ("wide",), ("wide", "try again"), ("baseline",))
QUERIES = ("quick", "tag:wide", "starred", "val>97", "epochs<5 time<2min", "-quick net:conv", "nothing at all")
ENDS = (RunState.FINISHED,) * 6 + (RunState.STOPPED, RunState.EARLY, RunState.DIVERGED, RunState.INTERRUPTED)
REPEATS = 9
SECONDS, KEEP_SECONDS = 6.0, 0.7


class Books(QObject):
    """Stands in for the library of a window: a store, and what was asked of it."""

    changed = Signal()

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.store: RunStore | None = RunStore(folder)
        self.trouble: DigitLabError | None = None
        self.asked: list[tuple[str, ...]] = []

    def restore_settings(self, row: RunRow) -> None:
        self.asked.append(("restore", row.id))

    def continue_run(self, row: RunRow) -> None:
        self.asked.append(("continue", row.id))

    def open_model(self, row: RunRow, which: str) -> None:
        self.asked.append(("open", row.id, which))


def kept_run(number: int) -> RunRow:
    """Return a run as training might have left it; the same number gives the same run."""
    random = np.random.default_rng(number)
    name = ("quick", "deep", "article", "cnn")[number % 4]
    spec = PRESETS[name if name in PRESETS else "quick"].run
    rate = float(random.choice([0.1, 0.01, 0.004, 0.001]))
    spec = spec.changed(training={"learning_rate": rate}, run={"seed": int(random.integers(100))})
    state, epochs = ENDS[int(random.integers(len(ENDS)))], int(random.integers(1, 40))
    right = 1 - float(random.uniform(0.012, 0.12))
    held_back = right - 0.003 if spec.validation_split and state != RunState.DIVERGED else None
    return new_row(spec).changed(
        created=START + 600.0 * number,
        updated=START + 600.0 * number + 90,
        state=state,
        name="My best one" if number % 23 == 0 else "",
        starred=number % 17 == 0,
        tags=TAGS[number % len(TAGS)],
        epochs=epochs,
        steps=422 * epochs,
        best_epoch=max(epochs - 1, 1),
        train_accuracy=right,
        train_loss=1.2 * (1 - right),
        validation_accuracy=held_back,
        validation_loss=None if held_back is None else 1.3 * (1 - right),
        test_accuracy=right - 0.004 if number % 3 else None,
        seconds=float(random.uniform(0.4, 30)) * epochs,
        model=f"{number}.safetensors" if number % 5 else "",
    )


def kept_curve(row: RunRow) -> Curve:
    """Return curves that end about where the row says."""
    random = np.random.default_rng(row.steps)
    places = np.linspace(row.epochs / 400, row.epochs, 400)
    end = 1 - (row.train_accuracy or 0.9)
    loss = end + 2.0 / (1 + 12 * places) + random.normal(0, 0.01, 400) * (1 + end)
    batches = dict(zip(BATCH_NAMES, (places, loss, 1 - loss / 2.6, np.full(400, 0.01)), strict=True))
    epochs = np.arange(1, row.epochs + 1)
    falling = end + 0.2 / epochs
    nothing = np.full(row.epochs, np.nan)
    held_back = falling + random.normal(0, 0.002, row.epochs) if row.validation_loss is not None else nothing
    columns = {
        "epoch": epochs,
        "loss": falling,
        "accuracy": 1 - falling,
        "validation_loss": 1.2 * held_back,
        "validation_accuracy": 1 - held_back,
        "seconds": np.full(row.epochs, row.seconds / row.epochs),
    }
    return Curve(
        {name: values.astype(np.float32) for name, values in batches.items()},
        {name: values.astype(np.float32) for name, values in columns.items()},
    )


def fill(store: RunStore, count: int, curves: int = 40) -> list[RunRow]:
    """Add runs to a store, the oldest first, the latest of them with curves; return them, the newest first."""
    rows = [kept_run(number) for number in range(count)]
    store.rebuild(rows)
    for row in rows[-curves:]:
        store.save_curve(row.id, kept_curve(row))
    return rows[::-1]


class Watch:
    """Takes the time of what somebody does in a window, painting included: medians in milliseconds."""

    def __init__(self, app: QApplication) -> None:
        self.app = app
        self.found: dict[str, float] = {}

    def time(self, what: str, do: Callable[[], object], repeats: int = REPEATS) -> None:
        times = []
        for _ in range(repeats):
            begun = time.perf_counter()
            do()
            self.app.processEvents()
            times.append(1000 * (time.perf_counter() - begun))
        self.found[f"{what}_ms"] = round(statistics.median(times), 1)
        self.found[f"{what}_slowest_ms"] = round(max(times), 1)


def measure(app: QApplication, count: int, size: tuple[int, int]) -> dict[str, float]:
    """Return what the watch found on a page of so many runs."""
    with tempfile.TemporaryDirectory(prefix="digitlab-bench-") as name:
        books, session = Books(Path(name)), Session(PRESETS["quick"].run)
        assert books.store is not None
        fill(books.store, count)
        watch, pages = Watch(app), []

        def open_page() -> None:
            pages.append(RunsPage(session, books))  # type: ignore[arg-type]
            pages[-1].resize(*size)
            pages[-1].show()

        icon("mdi6.star")  # the icon font is long there when somebody opens the page
        watch.time("open", open_page, 1)
        page = pages[0]
        watch.time("read", books.store.rows)
        watch.time("reload", page.reload)
        sort_and_filter(watch, page)
        select(watch, page)
        found = {"runs": count, **watch.found, **freezes(app, page, session, Path(name))}
        page.close()
        session.finish()
        books.store.close()
        return found


def sort_and_filter(watch: Watch, page: RunsPage) -> None:
    for column in COLUMNS:
        for order in (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder):
            page.table.sortByColumn(PLACE[column.key], order)  # warms up
    columns = iter([PLACE[column.key] for column in COLUMNS] * 2)
    watch.time("sort", lambda: page.table.sortByColumn(next(columns), Qt.SortOrder.AscendingOrder), len(COLUMNS))
    page.table.sortByColumn(PLACE["created"], Qt.SortOrder.DescendingOrder)
    queries = iter(QUERIES)

    def look() -> None:
        page.header.field.setText(next(queries))
        page.header._apply()

    watch.time("filter", look, len(QUERIES))
    page.header.clear()


def select(watch: Watch, page: RunsPage) -> None:
    ids = [run.id for run in page.model.shown]
    starts = iter(range(REPEATS))

    def choose() -> None:
        start = next(starts)
        page.table.select(set(ids[start : start + 12]))
        page._draw()

    watch.time("select_12", choose)
    watch.time("select_all", page.table.selectAll, 1)
    watch.time("draw_all", page._draw, 1)
    watch.time("reload_all_selected", page.reload)
    page.table.clearSelection()


def freezes(app: QApplication, page: RunsPage, session: Session, folder: Path) -> dict[str, float]:
    """Return the longest time the window stood still while a network was trained and another program kept runs.

    Once with the page hidden, for what training alone costs, and once with it in view.
    """
    session.load("mnist")
    session.set_run(session.run.changed(training={"epochs": 1000}))
    while session.dataset is None:
        app.processEvents()
    session.train()
    found, number = {}, 100_000
    with closing(RunStore(folder)) as other:
        for what in ("hidden", "in_view"):
            page.setVisible(what == "in_view")
            page._look()
            longest, last, kept, end = 0.0, time.perf_counter(), 0.0, time.perf_counter() + SECONDS
            while last < end:
                if last - kept > KEEP_SECONDS:
                    number += 1
                    other.save(kept_run(number))
                    kept = last = time.perf_counter()
                app.processEvents()
                longest, last = max(longest, time.perf_counter() - last), time.perf_counter()
            found[f"freeze_{what}_ms"] = round(1000 * longest, 1)
    found["noticed"] = len(page.model.runs)
    return found


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--runs", type=int, default=5000)
    parser.add_argument("--size", default="660x560")
    arguments = parser.parse_args()
    width, height = map(int, arguments.size.split("x"))
    app = QApplication([])
    theme.switch().start(app, "dark")
    found = measure(app, arguments.runs, (width, height))
    print(
        json.dumps(found) if arguments.json else "\n".join(f"{name:<32}{value:>10,}" for name, value in found.items())
    )


if __name__ == "__main__":
    main()
