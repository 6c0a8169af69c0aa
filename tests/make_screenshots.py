"""Drives the real window and writes one PNG per page.

``python tests/make_screenshots.py OUT [--size WxH] [--theme light|dark]``

Without a screen it draws into memory. The user's own settings and models are left alone.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from PySide6.QtCore import QDeadlineTimer, QEventLoop, QPoint, QSettings, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from gui.startup_check import find_problem

SEVEN = ((0.28, 0.25), (0.72, 0.25), (0.45, 0.8))
PATIENCE_MS = 120_000


def main() -> None:
    options = parse()
    if find_problem():  # such as no display: Qt would abort
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    home = tempfile.TemporaryDirectory(prefix="digitlab-screenshots-")
    os.environ["DIGITLAB_DATA"] = home.name
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
    return parser.parse_args()


def size(text: str) -> tuple[int, int]:
    width, height = text.lower().split("x")
    return int(width), int(height)


def live(window, options) -> None:
    """While it learns: every page, and a digit drawn on the pad."""
    window.session.train()
    wait_for(lambda: window.session.snapshot.step > 300)
    draw(window.drawing_panel.pad, SEVEN)
    wait_for(lambda: window.session.snapshot.step > 1100)
    shoot(window, options, "1-training-live", window.training_page)
    shoot(window, options, "2-weights-live", window.weights_page)


def at_rest(window, options) -> None:
    """After the end: every page again."""
    wait_for(lambda: window.session.state == "idle" and window.session.evaluation is not None)
    wait_for(lambda: not window.session.tasks.titles)
    shoot(window, options, "3-training", window.training_page)
    shoot(window, options, "4-weights", window.weights_page)
    shoot(window, options, "5-evaluation", window.evaluation_page)
    shoot(window, options, "6-data", window.data_page)


def convolutional(window, options) -> None:
    """A convolutional network: its kernels, the feature maps of the drawing, and the images it learns from."""
    combo = window.settings_panel.preset.combo
    combo.setCurrentIndex(combo.findData("convolutional"))
    window.session.new_network()
    window.session.train()
    wait_for(lambda: window.session.snapshot.step > 400)
    window.session.pause()
    wait_for(lambda: window.session.state == "paused")
    window.weights_page.controls.maps.setChecked(True)
    shoot(window, options, "7-feature-maps", window.weights_page)
    window.weights_page.controls.kernels.setChecked(True)
    shoot(window, options, "8-kernels", window.weights_page)
    shoot(window, options, "9-augmentation", window.data_page)
    window.session.stop()
    wait_for(lambda: window.session.state == "idle" and not window.session.tasks.titles)


def shoot(window, options, name, page=None) -> None:
    if page is not None:
        window.pages.setCurrentWidget(page)
    pause(700)  # the page's own timers draw it
    wait_for(lambda: not window.session.tasks.titles)
    width, height = options.size
    target = options.out / f"{name}-{width}x{height}-{options.theme}.png"
    window.grab().save(str(target))
    print(target)


def draw(pad, corners) -> None:
    """Draw a stroke with the mouse, through corners given as shares of the pad."""
    points = []
    for (x0, y0), (x1, y1) in itertools.pairwise(corners):
        points += [(x0 + (x1 - x0) * t, y0 + (y1 - y0) * t) for t in np.linspace(0, 1, 15)]
    places = [QPoint(round(x * pad.width()), round(y * pad.height())) for x, y in points]
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
