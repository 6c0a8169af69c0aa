"""Drives the real window and writes one PNG per page.

``python tests/make_screenshots.py OUT [--size WxH] [--theme light|dark]``

Without a screen it draws into memory. The user's own settings and models are left alone.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from PIL import Image
from PySide6.QtCore import QDeadlineTimer, QEventLoop, QPoint, QSettings, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from gui.startup_check import find_problem

SEVEN = ((0.28, 0.25), (0.72, 0.25), (0.45, 0.8))
CROSSED_SEVEN = (((0.3, 0.24), (0.68, 0.2), (0.62, 0.42), (0.5, 0.84)), ((0.4, 0.53), (0.68, 0.48)))
# Two strokes each, corner by corner the same, so that there is everything between the two.
FOUR = (((0.44, 0.2), (0.38, 0.36), (0.32, 0.54), (0.5, 0.56), (0.72, 0.55)), ((0.62, 0.36), (0.61, 0.6), (0.6, 0.86)))
NINE = (
    ((0.62, 0.24), (0.44, 0.22), (0.36, 0.38), (0.48, 0.5), (0.62, 0.38)),
    ((0.63, 0.22), (0.62, 0.5), (0.58, 0.86)),
)
SQUARE = (((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75), (0.25, 0.24)),)
NUMBER = (  # 2025 in five strokes, in heights of the pad
    ((0.14, 0.36), (0.2, 0.24), (0.32, 0.22), (0.38, 0.34), (0.32, 0.5), (0.14, 0.76), (0.42, 0.76)),
    ((0.72, 0.22), (0.61, 0.34), (0.58, 0.56), (0.67, 0.76), (0.8, 0.68), (0.84, 0.44), (0.78, 0.26), (0.68, 0.23)),
    ((1.03, 0.36), (1.1, 0.23), (1.22, 0.23), (1.27, 0.36), (1.2, 0.5), (1.03, 0.76), (1.31, 0.76)),
    ((1.53, 0.25), (1.51, 0.45), (1.66, 0.45), (1.73, 0.59), (1.66, 0.73), (1.48, 0.75)),
    ((1.53, 0.24), (1.75, 0.22)),
)
PATIENCE_MS = 120_000


def main() -> None:
    options = parse()
    if find_problem():  # such as no display: Qt would abort
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    home = tempfile.TemporaryDirectory(prefix="digitlab-screenshots-")
    os.environ["DIGITLAB_DATA"] = home.name
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)  # of widgets that ask for the user's own
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, home.name)
    options.out.mkdir(parents=True, exist_ok=True)

    from gui import theme
    from gui.app import make_window

    window = make_window(QSettings(str(Path(home.name) / "settings.ini"), QSettings.Format.IniFormat))
    theme.switch().choose(options.theme)
    window.resize(*options.size)
    window.show()
    window.begin([])
    wait_for(lambda: window.session.dataset is not None)
    shoot(window, options, "0-start")
    if options.tour:
        tour(window, options)
    else:
        pad(window, options)
        live(window, options)
        at_rest(window, options)
        convolutional(window, options)
    window.close()
    home.cleanup()


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="folder for the pictures")
    parser.add_argument("--size", default="1280x720", type=size, help="of the window, e.g. 1920x1080")
    parser.add_argument("--theme", default="dark", choices=("light", "dark"))
    parser.add_argument("--tour", action="store_true", help="every page, while it learns, at rest, and looking back")
    parser.add_argument("--colors", type=int, default=0, help="the most colours of a picture; 0: all")
    return parser.parse_args()


def size(text: str) -> tuple[int, int]:
    width, height = text.lower().split("x")
    return int(width), int(height)


def pad(window, options) -> None:
    """The Reader reads the pad: what is sure, what is not, what is no digit, and a whole number."""
    panel = window.drawing_panel
    wait_for(lambda: window.session.shipped is not None)
    for name, strokes in (("sure", CROSSED_SEVEN), ("unsure", doubtful(window.session.shipped)), ("no-digit", SQUARE)):
        for corners in strokes:
            draw(panel.pad, corners)
        shoot(window, options, f"pad-{name}")
        panel.pad.clear()
    draw(panel.pad, SEVEN)
    pause(50)
    QTest.keyClick(panel.pad, Qt.Key.Key_7)
    shoot(window, options, "pad-kept")
    panel.wide_action.setChecked(True)
    pause(300)  # the panel beside it makes room
    panel.pad.clear()
    for corners in NUMBER:
        draw(panel.pad, [(x / panel.pad.aspect, y) for x, y in corners])
    wait_for(lambda: panel.reading.number is not None and not panel.reading.numbers.busy)
    shoot(window, options, "pad-number")
    panel.wide_action.setChecked(False)
    panel.pad.clear()
    pause(300)


def doubtful(reader):
    """Return strokes between a 4 and a 9 of which a reader is not sure; those in the middle if it always is."""
    between = [
        [(1 - t) * np.array(four) + t * np.array(nine) for four, nine in zip(FOUR, NINE, strict=True)]
        for t in np.linspace(0, 1, 41)
    ]
    readings = reader.read_many(between)
    unsure = [strokes for strokes, reading in zip(between, readings, strict=True) if reading.verdict == "unsure"]
    return unsure[len(unsure) // 2] if unsure else between[20]


def live(window, options) -> None:
    """While it learns: every page, and a digit drawn on the pad."""
    window.session.train()
    wait_for(lambda: window.session.snapshot.step > 300)
    draw(window.drawing_panel.pad, SEVEN)
    wait_for(lambda: window.session.snapshot.step > 1100)
    shoot(window, options, "1-training-live", window.pages.page("Training"))
    shoot(window, options, "2-weights-live", window.pages.page("Weights"))


def at_rest(window, options) -> None:
    """After the end: every page again."""
    wait_for(lambda: window.session.state == "idle" and window.session.evaluation is not None)
    wait_for(lambda: not window.session.tasks.titles)
    shoot(window, options, "3-training", window.pages.page("Training"))
    shoot(window, options, "4-weights", window.pages.page("Weights"))
    shoot(window, options, "5-evaluation", window.pages.page("Evaluation"))
    shoot(window, options, "6-data", window.pages.page("Data"))


def tour(window, options) -> None:
    """Every page: while it learns, at rest, and some of them looking back."""
    from engine.presets import PRESETS
    from gui.pages.tabs import PAGES

    quick = PRESETS["quick"].run
    for rate in (0.001, 0.004, 0.02):  # for the library
        window.settings_panel.set_run(quick.changed(training={"learning_rate": rate, "epochs": 2}))
        window.session.new_network()
        window.session.train()
        wait_for(lambda: window.session.state == "idle" and not window.session.tasks.titles)
    experiment(window)
    window.settings_panel.set_run(quick.changed(training={"epochs": 60}))
    window.session.new_network()
    window.session.train()
    wait_for(lambda: window.session.snapshot.step > 300)
    draw(window.drawing_panel.pad, SEVEN)
    for entry in PAGES:
        shoot(window, options, f"live-{entry.file.removesuffix('_page')}", window.pages.page(entry.name), busy=True)
    window.session.stop()
    wait_for(lambda: window.session.state == "idle" and not window.session.tasks.titles)
    runs = window.pages.page("Runs")
    window.pages.setCurrentWidget(runs)
    pause(1000)
    runs.table.selectAll()
    for entry in PAGES:
        shoot(window, options, f"rest-{entry.file.removesuffix('_page')}", window.pages.page(entry.name))
    window.session.show_moment(len(window.session.film) // 3)
    for name in ("Training", "Weights", "Map", "Evaluation"):
        shoot(window, options, f"past-{name.lower()}", window.pages.page(name))
    window.session.show_moment(None)


def experiment(window) -> None:
    """Try some learning rates, and show what came of them."""
    from engine.sweep.keeping import open_experiment
    from engine.sweep.reading import checked_sweep
    from engine.sweep.sweep import Sweep
    from gui.pages.experiments_page import RESULTS

    spec = checked_sweep(
        {
            "name": "Learning rates",
            "base": {"preset": "quick"},
            "axes": [
                {"path": "training.epochs", "values": [1]},
                {"path": "training.learning_rate", "values": [0.0003, 0.001, 0.004, 0.016]},
            ],
            "seeds": [0, 1],
        }
    )
    kept = open_experiment(window.library.store, spec)
    Sweep(spec, window.library.store, kept.id, 2).run(lambda event: QApplication.processEvents())
    page = window.pages.page("Experiments")
    page.desk.open(("kept", kept.id))
    page.show_page(RESULTS)


def convolutional(window, options) -> None:
    """A convolutional network: its kernels, the feature maps of the drawing, and the images it learns from."""
    combo = window.settings_panel.preset.combo
    combo.setCurrentIndex(combo.findData("convolutional"))
    window.session.new_network()
    window.session.train()
    wait_for(lambda: window.session.snapshot.step > 400)
    window.session.pause()
    wait_for(lambda: window.session.state == "paused")
    window.pages.page("Weights").controls.maps.setChecked(True)
    shoot(window, options, "7-feature-maps", window.pages.page("Weights"))
    window.pages.page("Weights").controls.kernels.setChecked(True)
    shoot(window, options, "8-kernels", window.pages.page("Weights"))
    shoot(window, options, "9-augmentation", window.pages.page("Data"))
    window.session.stop()
    wait_for(lambda: window.session.state == "idle" and not window.session.tasks.titles)


def shoot(window, options, name, page=None, *, busy=False) -> None:
    if page is not None:
        window.pages.setCurrentWidget(page)
    pause(2500 if busy else 700)  # the page's own timers draw it
    if not busy:
        wait_for(lambda: not window.session.tasks.titles)
        pause(300)
    width, height = options.size
    target = options.out / f"{name}-{width}x{height}-{options.theme}.png"
    window.grab().save(str(target))
    if options.colors:
        with Image.open(target) as picture:
            few = picture.convert("RGB").quantize(options.colors, kmeans=3, dither=Image.Dither.NONE)
        few.save(target, optimize=True)
    print(target)


def draw(pad, corners) -> None:
    """Draw a stroke with the mouse, rounding the corners, which are given as shares of the pad."""
    at = np.linspace(0, len(corners) - 1, 15 * len(corners))
    path = np.stack([np.interp(at, range(len(corners)), axis) for axis in np.transpose(corners)], axis=1)
    kernel = np.hanning(13)[1:-1] / np.hanning(13).sum()
    wider = np.pad(path, ((5, 5), (0, 0)), mode="edge")
    path = np.stack([np.convolve(axis, kernel, mode="valid") for axis in wider.T], axis=1)
    frame = pad.frame
    left, top = frame.left(), frame.top()
    places = [QPoint(round(left + x * frame.width()), round(top + y * frame.height())) for x, y in path.tolist()]
    QTest.mousePress(pad, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, places[0])
    for place in places[1:]:
        QTest.mouseMove(pad, place)
        QApplication.processEvents()
    QTest.mouseRelease(pad, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, places[-1])


def wait_for(condition) -> None:
    """Let the window live until something has happened."""
    deadline = QDeadlineTimer(PATIENCE_MS)
    while not condition():
        if deadline.hasExpired():
            raise TimeoutError("the window did not get there in time")
        pause(20)


def pause(milliseconds: int) -> None:
    """Run the event loop for a while; unlike QTest.qWait this leaves the processor to the training."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


if __name__ == "__main__":
    main()
