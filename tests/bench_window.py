"""Measures the window: time to the first picture, redraws, freezes and memory while it trains on all of MNIST.

``python tests/bench_window.py [--json] [--preset quick] [--starts 5]``; without a screen it
draws into memory. Every figure comes from a process of its own with the real window.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from gui.startup_check import find_problem  # noqa: E402

TICK_MS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--preset", default="quick", help="what is trained")
    parser.add_argument("--starts", type=int, default=5, help="how often the window is started to time that")
    parser.add_argument("--child", choices=("start", "train"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if find_problem():  # such as no display: Qt would abort
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if options.child:
        {"start": start_child, "train": train_child}[options.child](options)
        return
    starts = [child("start", options)["visible_seconds"] for _ in range(options.starts + 1)][
        1:
    ]  # the first one warms up
    result = {"visible_seconds": statistics.median(starts), "visible_seconds_all": starts, **child("train", options)}
    if options.json:
        print(json.dumps(result))
    else:
        print("\n".join(f"{name:32} {value}" for name, value in result.items()))


def child(what: str, options: argparse.Namespace) -> dict[str, float]:
    """Run a part in a new process with settings and data folder of its own."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "DIGITLAB_DATA": home, "XDG_CONFIG_HOME": home, "BENCH_BEGAN": str(time.time())}
        command = [sys.executable, __file__, "--child", what, "--preset", options.preset]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def shown_window():
    """Make and show the window as the program does."""
    gc.disable()
    from PySide6.QtCore import QSettings

    from gui.app import application, make_window

    window = make_window(QSettings())
    window.resize(1280, 720)
    window.show()
    return application(), window


def start_child(_options: argparse.Namespace) -> None:
    """Say when the window was painted for the first time, counted from the start of the process."""
    app, window = shown_window()
    while not window.windowHandle().isExposed():
        app.processEvents()
    window.repaint()
    app.processEvents()
    seconds = time.time() - float(os.environ["BENCH_BEGAN"])
    modules = {"tensorflow_imported": "tensorflow" in sys.modules}
    window.close()
    print(json.dumps({"visible_seconds": round(seconds, 3), **modules}))


def train_child(options: argparse.Namespace) -> None:
    """Train a preset with the training page in view and a digit on the pad."""
    from PySide6.QtCore import QElapsedTimer, QEventLoop, Qt, QTimer
    from PySide6.QtTest import QTest

    from engine.presets import PRESETS

    _app, window = shown_window()
    gc.freeze()
    gc.enable()
    window.begin([])
    session = window.session
    spin(lambda: session.dataset is not None)
    window.settings_panel.set_run(PRESETS[options.preset].run)
    window.drawing_panel.show_image(session.dataset.test_images[0], "A test image")
    spin(lambda: not session.tasks.titles)
    clock, gaps, copies = QElapsedTimer(), [], []
    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(lambda: gaps.append(clock.restart() - TICK_MS))
    session.snapshot_changed.connect(lambda _snapshot: copies.append(time.monotonic()))
    # The real event loop: waiting in Python for the end would take the processor from the training.
    loop = QEventLoop()
    session.ended.connect(loop.quit)
    begun, began = window.training_page.redraws, time.monotonic()
    clock.start()
    timer.start(TICK_MS)
    session.train()
    loop.exec()
    timer.stop()
    seconds, redraws = time.monotonic() - began, window.training_page.redraws - begun
    spin(lambda: session.evaluation is not None and not session.tasks.titles)
    for index in range(window.pages.count()):
        window.pages.setCurrentIndex(index)
        QTest.qWait(300)
    gaps.sort()
    speed = statistics.median(report.images_per_second for report in session.history.reports)
    result = {
        "preset": options.preset,
        "training_seconds": round(seconds, 2),
        "images_per_second": round(speed),
        "test_accuracy": session.evaluation.accuracy,
        "plot_redraws_per_second": round(redraws / seconds, 1),
        "weight_copies_per_second": round(len(copies) / seconds, 1),
        "event_loop_delay_p99_ms": gaps[int(0.99 * len(gaps))],
        "event_loop_delay_max_ms": gaps[-1],
        "memory_mb_now": round(memory("VmRSS")),
        "memory_mb_peak": round(memory("VmHWM")),
    }
    window.close()
    print(json.dumps(result))


def memory(name: str) -> float:
    """Return a figure of this process's memory in MB, from Linux."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


def spin(condition) -> None:
    from PySide6.QtTest import QTest

    while not condition():
        QTest.qWait(1)


if __name__ == "__main__":
    main()
