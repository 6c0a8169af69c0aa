"""Measures the window while it trains [784, 350, 10] with SGD, batches of 128 images of MNIST, beside the terminal.

``python tests/bench_gui.py [--json] [--seconds 30] [--starts 5]``; without a screen it draws into memory.
The window is the real one in the real event loop, with a digit on the pad. Two pages cannot be in view at once, so
each stretch of its training is seen half from the *Training* page and half from the *Weights* page. Stretches with and
without the window take turns, since the speed of a shared machine changes by the minute.
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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from gui.startup_check import find_problem  # noqa: E402

if TYPE_CHECKING:
    from PySide6.QtCore import QElapsedTimer

    from gui.main_window import MainWindow

ROUNDS = 3
TICK_MS = 5
HEADLESS_SECONDS = 5.0
BUSY_SECONDS = 8.0
RUN = {"network": {"layers": [{"kind": "dense", "units": 350}]}, "training": {"batch_size": 128, "epochs": 10_000}}


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--seconds", type=float, default=30.0, help="how long the window trains")
    parser.add_argument("--starts", type=int, default=5, help="how often the window is started to time that")
    parser.add_argument("--child", choices=("start", "train", "headless"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if find_problem():  # such as no display: Qt would abort
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if options.child:
        {"start": start_child, "train": train_child, "headless": headless_child}[options.child](options)
        return
    # The first start warms up.
    starts = [child("start", options)["visible_seconds"] for _ in range(options.starts + 1)][1:]
    visible = {"visible_seconds": statistics.median(starts), "visible_seconds_all": starts} if starts else {}
    result = {**visible, **child("train", options)}
    if options.json:
        print(json.dumps(result))
    else:
        print("\n".join(f"{name:36} {value}" for name, value in result.items()))


# --- processes --------------------------------------------------------------------------------------------


def command(what: str, options: argparse.Namespace) -> list[str]:
    """Return what starts a part of this benchmark in a process of its own."""
    return [sys.executable, __file__, "--child", what, "--seconds", str(options.seconds)]


def child(what: str, options: argparse.Namespace) -> dict[str, Any]:
    """Run a part in a new process with settings and data folder of its own."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "DIGITLAB_DATA": home, "XDG_CONFIG_HOME": home, "BENCH_BEGAN": str(time.time())}
        done = subprocess.run(
            command(what, options), env=environment, stdout=subprocess.PIPE, text=True, timeout=900, check=True
        )
    return json.loads(done.stdout.splitlines()[-1])


@contextmanager
def beside(arguments: list[str]) -> Iterator[subprocess.Popen[str]]:
    """Run another process as long as the block lasts."""
    process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def headless_child(_options: argparse.Namespace) -> None:
    """Train as the terminal does, a stretch per line of input, and answer with the steps per second."""
    from engine.datasets import load_dataset
    from engine.datasets.split import split
    from engine.network import Network
    from engine.presets import PRESETS
    from engine.training import Training

    run = PRESETS["quick"].run.changed(**plain_descent())
    network = Network(run.network, run.seed)
    training = Training(network, split(load_dataset("mnist"), run.validation_split, run.seed), run.training, run.seed)
    reports = training.reports()
    print("ready", flush=True)
    for _line in sys.stdin:
        first, began, now = training.step, time.monotonic(), time.monotonic()
        while now - began < HEADLESS_SECONDS:
            next(reports)
            now = time.monotonic()
        print((training.step - first) / (now - began), flush=True)


def plain_descent() -> dict[str, dict[str, object]]:
    """Return what differs from the preset: plain gradient descent, at a rate that stays as it is."""
    from engine.specs import TrainingSpec

    return {"network": dict(RUN["network"]), "training": {**TrainingSpec().model_dump(), **RUN["training"]}}


# --- the window -------------------------------------------------------------------------------------------


def shown_window() -> tuple[Any, MainWindow]:
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
    window.close()
    print(json.dumps({"visible_seconds": round(seconds, 3), "tensorflow_imported": "tensorflow" in sys.modules}))


def train_child(options: argparse.Namespace) -> None:
    """Train in the window and outside in turns, then beside a process that keeps a core busy."""
    _app, window = shown_window()
    gc.freeze()
    gc.enable()
    prepare(window)
    stretches, headless = [], []
    with beside(command("headless", options)) as other:
        other.stdout.readline()
        for _round in range(ROUNDS):
            other.stdin.write("go\n")
            headless.append(float(other.stdout.readline()))
            stretches.append(Stretch(window).spend(options.seconds / ROUNDS))
    idle = statistics.median(stretch.speed for stretch in stretches)
    with beside([sys.executable, "-c", "while True: pass"]):
        busy = Stretch(window).spend(BUSY_SECONDS).speed
    result = figures(stretches, headless)
    result["busy_core_share_of_idle"] = round(busy / idle, 2)
    window.session.stop()
    settle(lambda: window.session.evaluation is not None and not window.session.tasks.titles)
    for index in range(window.pages.count()):
        window.pages.setCurrentIndex(index)
        spend(0.3)
    result.update(memory_mb_all_pages=round(memory("VmRSS")), memory_mb_peak=round(memory("VmHWM")))
    window.close()
    print(json.dumps(result))


def prepare(window: MainWindow) -> None:
    """Load the data, make the network, put a digit on the pad, and train for a moment."""
    from engine.presets import PRESETS

    session = window.session
    window.begin([])
    settle(lambda: session.dataset is not None)
    window.settings_panel.set_run(PRESETS["quick"].run.changed(**plain_descent()))
    window.drawing_panel.show_image(session.dataset.test_images[0], "A test image")
    settle(lambda: not session.tasks.titles)
    session.train()
    spend(1.0)
    session.pause()
    settle(lambda: session.state == "paused")


class Stretch:
    """Some seconds of training, half of them with the training page in view and half with the weights page."""

    def __init__(self, window: MainWindow) -> None:
        self.window, self.session = window, window.session
        self.delays: list[float] = []
        self.updates: dict[str, float] = {}
        self.speeds: dict[str, float] = {}
        self.copies, self.speed, self.seconds = 0, 0.0, 0.0

    def spend(self, seconds: float) -> Stretch:
        """Train, watch and pause; return this."""
        from PySide6.QtCore import QElapsedTimer, Qt, QTimer

        self.seconds = seconds
        clock, timer = QElapsedTimer(), QTimer(timerType=Qt.TimerType.PreciseTimer, interval=TICK_MS)
        timer.timeout.connect(lambda: self.delays.append(restarted(clock) - TICK_MS))
        self.session.snapshot_changed.connect(self._on_copy)
        self.session.train()
        clock.start()
        timer.start()
        pages = {"training": self.window.pages.page("Training"), "weights": self.window.pages.page("Weights")}
        for name, page in pages.items():
            self._look_at(name, page, seconds / len(pages))
        timer.stop()
        self.session.snapshot_changed.disconnect(self._on_copy)
        self.session.pause()
        settle(lambda: self.session.state == "paused")
        self.speed = statistics.mean(self.speeds.values())
        return self

    def _look_at(self, name: str, page: Any, seconds: float) -> None:
        news: list[tuple[float, int]] = []
        note = lambda: news.append((time.monotonic(), self.session.history.last.step))  # noqa: E731
        self.window.pages.setCurrentWidget(page)
        self.session.history_changed.connect(note)
        before = updates(page)
        spend(seconds)
        self.session.history_changed.disconnect(note)
        (began, first), (ended, last) = news[0], news[-1]
        self.speeds[name] = (last - first) / (ended - began)
        self.updates[name] = (updates(page) - before) / seconds

    def _on_copy(self, _snapshot: object) -> None:
        self.copies += 1


def restarted(clock: QElapsedTimer) -> float:
    """Start a clock again and return the milliseconds it showed."""
    passed = clock.nsecsElapsed() / 1e6
    clock.restart()
    return passed


def updates(page: Any) -> int:
    """Return how often a page has drawn news."""
    return page.redraws if hasattr(page, "redraws") else page.refreshes


def figures(stretches: list[Stretch], headless: list[float]) -> dict[str, Any]:
    """Return what the stretches of a run say together."""
    delays = sorted(delay for stretch in stretches for delay in stretch.delays)
    speed = statistics.median(stretch.speed for stretch in stretches)
    result = {
        "headless_steps_per_second": round(statistics.median(headless)),
        "window_steps_per_second": round(speed),
        "share_of_headless": shares([stretch.speed for stretch in stretches], headless),
    }
    for name in stretches[0].speeds:
        result[f"share_with_{name}_page"] = shares([stretch.speeds[name] for stretch in stretches], headless)
    result["plot_updates_per_second"] = round(statistics.mean(stretch.updates["training"] for stretch in stretches), 1)
    result["weights_updates_per_second"] = round(statistics.mean(each.updates["weights"] for each in stretches), 1)
    result["weight_copies_per_second"] = round(statistics.mean(each.copies / each.seconds for each in stretches), 1)
    result["event_loop_delay_p99_ms"] = round(delays[int(0.99 * len(delays))], 1)
    result["event_loop_delay_max_ms"] = round(delays[-1], 1)
    result["memory_mb"] = round(memory("VmRSS"))
    return result


def shares(window: list[float], headless: list[float]) -> float:
    """Return the median over the rounds of the window's speed by the terminal's."""
    return round(statistics.median(one / other for one, other in zip(window, headless, strict=True)), 3)


def memory(name: str) -> float:
    """Return a figure of this process's memory in MB, from Linux."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


def spend(seconds: float) -> None:
    """Let the event loop run for a while, as in the program: waiting in Python would hold up the training."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()


def settle(condition: Callable[[], bool]) -> None:
    """Let the event loop run until something is so."""
    while not condition():
        spend(0.02)


if __name__ == "__main__":
    main()
