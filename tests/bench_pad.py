"""How long it takes from a move of the pen to the repainted bars: ``python tests/bench_pad.py [--json]``.

Real events go through a real event loop to a network of 784 → 350 → 10, at rest and while it is trained on MNIST.
The time includes the stroke on the pad, the 28x28 image, the answer, and the painting of all of it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from PySide6.QtCore import QEvent, QEventLoop, QObject, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from engine.datasets import load_dataset
from engine.presets import PRESETS
from gui import theme
from gui.panels.drawing_panel import DrawingPanel
from gui.session import Session, State

STROKES, MOVES = 6, 80
PAUSE = 1 / 125  # seconds between two moves, as a usual mouse reports them


class PaintWatch(QObject):
    """Notices when the answer to the latest move is painted.

    It watches the timeline, which is painted with every answer; bars that would look the same are left alone.
    """

    def __init__(self, panel: DrawingPanel) -> None:
        super().__init__()
        self.read = self.painted = False
        panel.timeline.installEventFilter(self)
        panel.session.drawing_changed.connect(self.on_drawing)

    def restart(self) -> None:
        """Wait for another answer."""
        self.read = self.painted = False

    def on_drawing(self, _image: object) -> None:
        """Count only what is painted from now on: training repaints it as well."""
        self.read, self.painted = True, False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look at an event and let it pass."""
        self.painted = self.painted or (self.read and event.type() == QEvent.Type.Paint)
        return False


def spend(seconds: float) -> None:
    """Let the program run for a while, as between two moves of a hand."""
    loop = QEventLoop()
    timer = QTimer(loop, singleShot=True, timerType=Qt.TimerType.PreciseTimer, interval=round(1000 * seconds))
    timer.timeout.connect(loop.quit)
    timer.start()
    loop.exec()


def post(panel: DrawingPanel, kind: QEvent.Type, place: QPointF) -> None:
    """Put a mouse event into the queue."""
    left = Qt.MouseButton.LeftButton
    button = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else left
    globally = QPointF(panel.pad.mapToGlobal(QPoint(0, 0))) + place
    event = QMouseEvent(kind, place, globally, button, left, Qt.KeyboardModifier.NoModifier)
    QApplication.postEvent(panel.pad, event)


def curve(number: int, side: float) -> list[QPointF]:
    """Return the places of a stroke that winds over the pad."""
    t = np.linspace(0, 1, MOVES + 1)
    x = 0.5 + 0.35 * np.cos(2 * np.pi * t + number)
    y = 0.15 + 0.7 * t
    return [QPointF(*place) for place in (np.stack([x, y], axis=1) * side).tolist()]


def measure(panel: DrawingPanel) -> list[float]:
    """Return the milliseconds of every move."""
    watch, taken = PaintWatch(panel), []
    for number in range(STROKES):
        first, *rest = curve(number, panel.pad.width())
        post(panel, QEvent.Type.MouseButtonPress, first)
        spend(PAUSE)
        for place in rest:
            watch.restart()
            start = time.perf_counter()
            post(panel, QEvent.Type.MouseMove, place)
            while not watch.painted:
                QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
            taken.append(1000 * (time.perf_counter() - start))
            spend(PAUSE)
        post(panel, QEvent.Type.MouseButtonRelease, rest[-1])
        spend(PAUSE)
        if number % 3 == 2:
            panel.pad.clear()
            spend(PAUSE)
    return taken


def figures(taken: list[float]) -> dict[str, float]:
    """Return median, 99th percentile and maximum, in milliseconds."""
    median, late = np.percentile(taken, [50, 99])
    return {"median_ms": round(float(median), 2), "p99_ms": round(float(late), 2), "max_ms": round(max(taken), 2)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure from a move of the pen to the repainted bars.")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    as_json = parser.parse_args().json
    app = QApplication([])
    theme.switch().start(app, "dark")
    session = Session(PRESETS["quick"].run.changed(training={"epochs": 1000}))
    panel = DrawingPanel(session)
    panel.resize(300, 560)
    panel.show()
    spend(0.3)
    found = {"at_rest": figures(measure(panel))}
    session._on_loaded(load_dataset("mnist"))
    copies: list[object] = []
    session.snapshot_changed.connect(copies.append)
    session.train()
    spend(1.0)
    copies.clear()
    start = time.perf_counter()
    found["while_training"] = figures(measure(panel))
    found["while_training"]["renewals_per_second"] = round(len(copies) / (time.perf_counter() - start), 1)
    assert session.state == State.RUNNING
    session.finish()
    if as_json:
        print(json.dumps(found))
        return
    for name, row in found.items():
        print(name.replace("_", " "), *(f"{key.replace('_', ' ')} {value}" for key, value in row.items()), sep="  ")


if __name__ == "__main__":
    main()
