"""How long it takes from a move of the pen to the repainted bars: ``python tests/bench_pad.py [--json]``.

Real events go through a real event loop to the Reader and to a network of 784 → 350 → 10, at rest and while that is
trained on MNIST. The time includes the stroke on the pad, the 28x28 image, the answer, and the painting of all of it;
of a number of four digits, and of six crossed 7s, also how it divides.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from PySide6.QtCore import QEvent, QEventLoop, QObject, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from engine.datasets import load_dataset
from engine.model_files import load_model
from engine.presets import PRESETS
from engine.reader import Reader
from gui import theme
from gui.panels.drawing_panel import DrawingPanel
from gui.session import Session, State
from gui.shipped_reader import load_reader

STROKES, MOVES = 6, 80
TWENTY_TWENTY_FIVE = (
    ((0.12, 0.3), (0.2, 0.2), (0.35, 0.2), (0.4, 0.35), (0.15, 0.8), (0.45, 0.8)),
    ((0.7, 0.25), (0.6, 0.4), (0.6, 0.65), (0.7, 0.8), (0.8, 0.65), (0.8, 0.4), (0.7, 0.25)),
    ((1.02, 0.3), (1.1, 0.2), (1.25, 0.2), (1.3, 0.35), (1.05, 0.8), (1.35, 0.8)),
    ((1.7, 0.25), (1.55, 0.25), (1.53, 0.45), (1.7, 0.5), (1.72, 0.65), (1.6, 0.78), (1.5, 0.75)),
)
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
    """Return the places of a stroke that winds over the pad, as high as a digit and as wide."""
    t = np.linspace(0, 1, MOVES + 1)
    x = 0.5 + 0.24 * np.cos(2 * np.pi * t + number)
    y = 0.15 + 0.7 * t
    return [QPointF(*place) for place in (np.stack([x, y], axis=1) * side).tolist()]


def number_strokes(side: float) -> list[list[QPointF]]:
    """Return the places of the four strokes of 2025 on a wide pad, `side` pixels high."""
    strokes = []
    for corners in TWENTY_TWENTY_FIVE:
        at = np.linspace(0, len(corners) - 1, MOVES // 2)
        places = np.stack([np.interp(at, range(len(corners)), axis) for axis in np.transpose(corners)], axis=1)
        strokes.append([QPointF(*place) for place in (places * side).tolist()])
    return strokes


def measure(panel: DrawingPanel, strokes: list[list[QPointF]], together: int) -> list[float]:
    """Return the milliseconds of every move; the pad is cleared after so many strokes."""
    watch, taken = PaintWatch(panel), []
    for number, (first, *rest) in enumerate(strokes, start=1):
        post(panel, QEvent.Type.MouseButtonPress, first)
        spend(PAUSE)
        for place in rest:
            watch.restart()
            start = time.perf_counter()
            post(panel, QEvent.Type.MouseMove, place)
            while not watch.painted or panel.reading.numbers.busy:
                QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
            taken.append(1000 * (time.perf_counter() - start))
            spend(PAUSE)
        post(panel, QEvent.Type.MouseButtonRelease, rest[-1])
        spend(PAUSE)
        if number % together == 0:
            panel.pad.clear()
            spend(PAUSE)
    return taken


def digits(panel: DrawingPanel) -> list[float]:
    """Return the milliseconds of every move of single digits, of one and of two strokes."""
    return measure(panel, [curve(number, panel.pad.width()) for number in range(STROKES)], 2)


def crossed_sevens(side: float) -> list[list[QPointF]]:
    """Return the places of six crossed 7s on a wide pad: twelve strokes."""
    seven = ((0.0, 0.25), (0.22, 0.25), (0.06, 0.8)), ((0.02, 0.5), (0.2, 0.5))
    at = np.linspace(0, 1, MOVES // 4)
    strokes = []
    for digit in range(6):
        for corners in seven:
            x, y = (np.interp(at, np.linspace(0, 1, len(corners)), axis) for axis in np.transpose(corners))
            places = np.stack([x + 0.08 + 0.31 * digit, y], axis=1)
            strokes.append([QPointF(*place) for place in (places * side).tolist()])
    return strokes


def number(panel: DrawingPanel, strokes_of: Callable[[float], list[list[QPointF]]] = number_strokes) -> list[float]:
    """Return the milliseconds of every move of a number, to the answer and, where it divides beside, to that."""
    panel.wide_action.setChecked(True)
    spend(0.2)
    strokes = strokes_of(panel.pad.frame.height())
    taken = measure(panel, strokes, len(strokes))
    panel.wide_action.setChecked(False)
    spend(0.2)
    return taken


def preparing(panel: DrawingPanel) -> list[float]:
    """Return the milliseconds that each move of six crossed 7s keeps the window from anything else."""
    taken: list[float] = []
    prepare = panel._prepare

    def timed() -> None:
        start = time.perf_counter()
        prepare()
        taken.append(1000 * (time.perf_counter() - start))

    panel._soon.timeout.disconnect(panel._prepare)
    panel._soon.timeout.connect(timed)
    number(panel, crossed_sevens)
    panel._soon.timeout.disconnect(timed)
    panel._soon.timeout.connect(panel._prepare)
    return taken


def figures(taken: list[float]) -> dict[str, float]:
    """Return median, 99th percentile and maximum, in milliseconds."""
    median, late = np.percentile(taken, [50, 99])
    return {"median_ms": round(float(median), 2), "p99_ms": round(float(late), 2), "max_ms": round(max(taken), 2)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure from a move of the pen to the repainted bars.")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--reader", type=Path, help="a model file to read in the Reader's place")
    options = parser.parse_args()
    app = QApplication([])
    theme.switch().start(app, "dark")
    session = Session(PRESETS["quick"].run.changed(training={"epochs": 1000}))
    panel = DrawingPanel(session)
    panel.resize(300, 576)
    panel.show()
    session.shipped = Reader.of(load_model(options.reader)) if options.reader else load_reader().reader
    session.missing = ""
    session.reader_changed.emit()
    spend(0.3)
    found = {"at rest, by the Reader": figures(digits(panel)), "a number, by the Reader": figures(number(panel))}
    found["six digits, by the Reader"] = figures(number(panel, crossed_sevens))
    found["six digits, the window alone"] = figures(preparing(panel))
    session.read_by("network")
    found["at rest, by the network"] = figures(digits(panel))
    session._on_loaded(load_dataset("mnist"))
    copies: list[object] = []
    session.snapshot_changed.connect(copies.append)
    session.train()
    spend(1.0)
    copies.clear()
    start = time.perf_counter()
    found["while training, by the network"] = figures(digits(panel))
    found["while training, by the network"]["renewals_per_second"] = round(
        len(copies) / (time.perf_counter() - start), 1
    )
    session.read_by("reader")
    found["while training, by the Reader"] = figures(digits(panel))
    found["while training, a number, by the Reader"] = figures(number(panel))
    assert session.state == State.RUNNING
    session.finish()
    if options.json:
        print(json.dumps({name.replace(", ", "_").replace(" ", "_"): row for name, row in found.items()}))
        return
    for name, row in found.items():
        print(f"{name:40}", *(f"{key.replace('_', ' ')} {value}" for key, value in row.items()), sep="  ")


if __name__ == "__main__":
    main()
