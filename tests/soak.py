"""Uses the real window for a long time and looks whether anything of it grows.

``python tests/soak.py [--minutes 20] [--warm-up 5]``

Round after round it trains on MNIST, draws, looks at every page in both themes, travels in the time machine, opens,
goes on with and deletes runs, and opens and closes dialogs; a round ends in the state in which it began. What is
counted after each is compared at the end: 0 means that nothing grew, 1 that something did.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import gc
import os
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import psutil
import shiboken6
from make_screenshots import SEVEN, draw, pause, wait_for
from PySide6.QtCore import QAbstractItemModel, QCoreApplication, QEvent, QObject, QSettings, QThread, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QWidget

from engine import kept_models
from engine.errors import DigitLabError
from gui.pages.tabs import PAGES
from gui.startup_check import find_problem

RUNS_KEPT = 3
MODAL = ("How it works", "About DigitLab", "Settings…")
BESIDE = ("My digits…", "Learn my digits…", "Card of this network", "Card of the Reader", "Check against TensorFlow…")
MODES: tuple[Any, ...] = ("dark", "light")
KINDS = (QWidget, QTimer, QAction, QThread, QAbstractItemModel)
RESIDENT_MB = 32.0  # gaps come and go
# Per round: a change of the theme costs some 10 kB inside Qt's style sheets, and PySide keeps a shell of every
# table in a text.
USED_MB, PYTHON_OBJECTS = 0.1, 30


class Count(NamedTuple):
    """What a process holds.

    Of its memory, `resident_mb` is what the system has given it, in which the gaps between what is in use differ from
    one moment to the next; `used_mb` is what is in use, as far as the C library has handed it out.
    """

    resident_mb: float
    used_mb: float
    threads: int
    handles: int
    children: int
    timers: int
    objects: int
    windows: int
    temporary_files: int
    python_objects: int


class Round:
    """One round of use.

    Parameters
    ----------
    window : MainWindow
    home : Path
        The folder with everything this program writes, temporary files too.
    dwell : int
        How many milliseconds each page is looked at.
    """

    def __init__(self, window: Any, home: Path, dwell: int = 150) -> None:
        self.window, self.session, self.library = window, window.session, window.library
        self.home, self.dwell = home, dwell

    def run(self) -> None:
        """Use everything once."""
        for part in (self.train, self.go_on, self.travel, self.look, self.open, self.talk, self.tidy):
            part()
            self.rest()

    def train(self) -> None:
        """Train a new network, pause and step it, draw meanwhile, and look at pages that live."""
        session = self.session
        session.new_network()
        session.train()
        wait_for(lambda: session.snapshot.step > 5)
        draw(self.window.drawing_panel.pad, SEVEN)
        for name in ("Training", "Health", "Weights", "Network", "Arithmetic"):
            self.turn_to(name)
        session.pause()
        wait_for(lambda: session.state != "running")
        if session.state == "paused":
            session.step_batch()
            wait_for(lambda: session.state != "running")
            session.train()

    def go_on(self) -> None:
        """Stop a training, and go on with it from the library."""
        session = self.session
        session.new_network()
        session.train()
        wait_for(lambda: session.snapshot.step > 5)
        session.stop()
        self.rest()
        (row, *_), step = self.library.store.rows(), session.history.last.step
        self.library.continue_run(row.row())
        wait_for(lambda: session.history.run_id == row.id and session.snapshot.step > step)

    def travel(self) -> None:
        """Look at moments of the run, let it play, and come back."""
        session, bar = self.session, self.window.time_bar
        for frame in np.linspace(0, len(session.film) - 1, 8).astype(int).tolist():
            session.show_moment(frame)
            pause(self.dwell // 3)
        bar.go_to_start()
        bar.play()
        pause(2 * self.dwell)
        bar.go_to_now()

    def look(self) -> None:
        """Look at every page in both themes, and evaluate."""
        for mode in MODES:
            self.window.choose_theme(mode)
            for entry in PAGES:
                self.turn_to(entry.name)
                self.rest()
        self.window.show_evaluation()

    def open(self) -> None:
        """Open networks of runs and the files that were kept of them; delete what is too much, take it back, delete."""
        rows = self.library.store.rows()
        for which in ("best", "last"):
            self.library.open_model(rows[0].row(), which)
            self.rest()
        wait_for(lambda: self.library.store.rows()[0].model)
        kept = kept_models.folder() / self.library.store.rows()[0].model
        self.window.open_path(kept)
        self.rest()
        for change in (self.library.delete, self.library.undelete, self.library.delete):
            change([row.id for row in rows[RUNS_KEPT:]])

    def talk(self) -> None:
        """Open every dialog and close it again."""
        for text in (*MODAL, *BESIDE):
            closing = QTimer(singleShot=True, interval=self.dwell)
            closing.timeout.connect(partial(close_dialogs, self.window))
            closing.start()
            self.action(text).trigger()
            wait_for(lambda timer=closing: not timer.isActive())
            self.rest()

    def tidy(self) -> None:
        """Return to the state in which the round began."""
        self.window.drawing_panel.pad.clear()
        self.window.drawing_panel.undo_stack.clear()
        self.window.message.hide()
        self.turn_to("Training")

    def turn_to(self, name: str) -> None:
        """Look at a page for a while."""
        self.window.pages.setCurrentWidget(self.window.pages.page(name))
        pause(self.dwell)

    def action(self, text: str) -> QAction:
        """Return an action by its text."""
        return next(one for one in self.window.findChildren(QAction) if one.text().replace("&", "") == text)

    def rest(self) -> None:
        """Wait until nothing runs."""
        session = self.session
        wait_for(lambda: session.state == "idle" and not session.tasks.titles and not session.trainer.leaving)

    def count(self) -> Count:
        """Count what this process holds, once everything that is no longer needed has been given back."""
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        for _ in range(2):
            gc.collect()
        give_back()
        own, pieces = psutil.Process(), [thing for thing in gc.get_objects() if isinstance(thing, QObject)]
        for root in (self.window, QApplication.instance()):
            for kind in KINDS:  # not all: Python would make a shell for every paragraph of a text, and keep it
                pieces += root.findChildren(kind)
        alive = {shiboken6.getCppPointer(thing)[0]: thing for thing in pieces if shiboken6.isValid(thing)}
        return Count(
            own.memory_info().rss / 2**20,
            in_use() / 2**20,
            own.num_threads(),
            own.num_fds() if hasattr(own, "num_fds") else own.num_handles(),
            len(own.children(recursive=True)),
            sum(isinstance(thing, QTimer) for thing in alive.values()),
            len(alive),
            len(QApplication.topLevelWidgets()),
            sum(path.is_file() and path.parent.name not in ("runs", "models") for path in self.home.rglob("*"))
            + sum(1 for _ in self.home.rglob("*.part")),
            len(gc.get_objects()),
        )


def close_dialogs(window: Any) -> None:
    """Close every dialog that stands before the window."""
    for widget in QApplication.topLevelWidgets():
        if widget is not window and widget.isVisible():
            widget.close()


def give_back() -> None:
    """Let the C library give back to the system what it holds in reserve, where it can be asked to."""
    with contextlib.suppress(AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


class _Use(ctypes.Structure):
    """What the GNU C library says of its memory."""

    _fields_ = tuple((name, ctypes.c_size_t) for name in (*"abcd", "hblkhd", *"ef", "uordblks", *"gh"))


def in_use() -> int:
    """Return how many bytes the C library has handed out and not got back; 0 where it does not say."""
    with contextlib.suppress(AttributeError, TypeError):
        ask = ctypes.CDLL(None).mallinfo2
        ask.restype = _Use
        said = ask()
        return int(said.uordblks + said.hblkhd)
    return 0


def grown(counts: list[Count]) -> list[str]:
    """Return the names of what grew between the first quarter of the rounds and the last."""
    quarter = max(len(counts) // 4, 1)
    first, last = np.median(counts[:quarter], axis=0), np.median(counts[-quarter:], axis=0)
    exact = [0] * (len(Count._fields) - 3)
    allowed = (RESIDENT_MB, len(counts) * USED_MB, *exact, len(counts) * PYTHON_OBJECTS)
    return [name for name, a, b, more in zip(Count._fields, first, last, allowed, strict=True) if b > a + more]


def show(title: str, count: Count) -> None:
    figures = (f"{value:,.1f}" if isinstance(value, float) else f"{value:,}" for value in count)
    print(f"{title:>8}" + "".join(f"{figure:>16}" for figure in figures), flush=True)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0, help="how long it is measured")
    parser.add_argument("--warm-up", type=float, default=5.0, help="minutes of use before that")
    return parser.parse_args()


def main() -> int:
    options = parse()
    if find_problem():
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory(prefix="digitlab-soak-") as name:
        home = Path(name)
        (home / "temporary").mkdir()
        tempfile.tempdir = os.environ["TMPDIR"] = str(home / "temporary")
        os.environ["DIGITLAB_DATA"] = str(home / "data")
        return soak(home, 60 * options.minutes, 60 * options.warm_up)


def soak(home: Path, seconds: float, warm_up: float) -> int:
    """Use the window for so long, print what was counted, and return the exit code."""
    from engine.presets import PRESETS
    from gui.app import make_window

    window = make_window(QSettings(str(home / "settings.ini"), QSettings.Format.IniFormat))
    window.show()
    window.begin([])
    wait_for(lambda: window.session.dataset is not None and window.session.shipped is not None)
    window.settings_panel.set_run(PRESETS["quick"].run.changed(training={"epochs": 1}))
    problems: list[DigitLabError] = []
    window.session.problem.connect(problems.append)
    once, counts, start, rounds = Round(window, home), [], time.monotonic(), 0
    print(" " * 8 + "".join(f"{name.replace('_', ' '):>16}" for name in Count._fields))
    while time.monotonic() - start < warm_up + seconds:
        once.run()
        rounds += 1
        count = once.count()
        show(f"({rounds})" if time.monotonic() - start < warm_up else f"{rounds}", count)
        if time.monotonic() - start >= warm_up:
            counts.append(count)
    show("first", counts[0])
    show("last", counts[-1])
    more = grown(counts)
    print(f"{len(counts)} rounds in {(time.monotonic() - start - warm_up) / 60:.1f} minutes.")
    print(f"Grown: {', '.join(more)}." if more else "Nothing has grown.")
    print(*problems, sep="\n")
    window.close()
    return 1 if more or problems else 0


if __name__ == "__main__":
    sys.exit(main())
