"""How long a redraw of the training page takes, painting included, after 1,000 to 1,000,000 batches.

python tests/bench_plots.py [--json] [--size 660x560]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from PySide6.QtWidgets import QApplication

from engine.presets import PRESETS
from engine.reports import BatchReport, EpochReport, Report
from gui import theme
from gui.pages.training_page import TrainingPage
from gui.session import Session

COUNTS = (1_000, 100_000, 1_000_000)
PER_EPOCH = 422
PER_TICK = 40  # new batches between two redraws
REDRAWS = 100


def reports(first: int, count: int) -> Iterator[Report]:
    """Yield reports of a run that learns, with noise."""
    noise = np.random.default_rng(first).lognormal(0, 0.3, count)
    for step, factor in enumerate(noise.tolist(), first):
        epoch, place = divmod(step - 1, PER_EPOCH)
        loss = factor * (0.05 + 2.2 / (1 + step / 200))
        accuracy = 1 / (1 + loss)
        yield BatchReport(
            step, epoch + 1, place + 1, PER_EPOCH, loss, accuracy, 0.001, (loss / 2, loss / 3, loss / 4), 0.4, 10
        )
        if place + 1 == PER_EPOCH:
            yield EpochReport(epoch + 1, step, loss, accuracy, loss * 1.1, accuracy * 0.99, 0.4, 1e5, step % 5 == 0)


def measure(app: QApplication, count: int, size: tuple[int, int]) -> dict[str, float]:
    """Return milliseconds per redraw and per batch of news with `count` batches behind it."""
    session = Session(PRESETS["quick"].run)
    for start in range(0, count, 50_000):
        session.history.extend(reports(start + 1, min(50_000, count - start)))
    page = TrainingPage(session)
    page.resize(*size)
    page.show()
    page._timer.stop()
    app.processEvents()
    drawing, adding = [], []
    for tick in range(REDRAWS):
        news = list(reports(count + 1 + tick * PER_TICK, PER_TICK))
        begun = time.perf_counter()
        session.history.extend(news)
        added = time.perf_counter()
        page.redraw()
        app.processEvents()
        drawing.append(1000 * (time.perf_counter() - added))
        adding.append(1000 * (added - begun))
    page.close()
    session.finish()
    median = statistics.median(drawing)
    return {
        "batches": count,
        "redraw_ms": round(median, 2),
        "slowest_ms": round(max(drawing), 2),
        "news_ms": round(statistics.median(adding), 3),
        "redraws_per_second": round(1000 / median),
    }


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--size", default="660x560")
    arguments = parser.parse_args()
    width, height = map(int, arguments.size.split("x"))
    app = QApplication([])
    theme.switch().start(app, "dark")
    results = [measure(app, count, (width, height)) for count in COUNTS]
    if arguments.json:
        print(json.dumps(results))
        return
    for result in results:
        print("  ".join(f"{name} {value:,}" for name, value in result.items()))


if __name__ == "__main__":
    main()
