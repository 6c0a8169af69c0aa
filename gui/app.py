"""Starts the window: the look first, then the window, then the heavy work."""

from __future__ import annotations

import gc
import signal
import sys
from functools import partial
from importlib.resources import files
from types import FrameType
from typing import TYPE_CHECKING, get_args

from PySide6.QtCore import QCoreApplication, QSettings, QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from engine.blas import allow_threads, most_threads
from gui import theme

if TYPE_CHECKING:
    from gui.main_window import MainWindow

# How often Python gets a chance to notice Ctrl+C while Qt waits for events.
LISTEN_MS = 250


def main(paths: list[str]) -> int:
    """Open the window, with a model or a picture if `paths` names one, and return the exit code."""
    app = application()
    window = make_window(QSettings())
    window.show()
    QTimer.singleShot(0, partial(_begin, window, paths))
    _listen(app)
    return app.exec()


def make_window(settings: QSettings) -> MainWindow:
    """Return the window, dressed as `settings` say, not yet shown."""
    mode = str(settings.value("theme", "system"))
    theme.switch().start(application(), mode if mode in get_args(theme.Mode) else "system")  # type: ignore[arg-type]
    allow_threads(most_threads())
    from gui.main_window import MainWindow  # widgets want the application to exist

    return MainWindow(settings)


def _begin(window: MainWindow, paths: list[str]) -> None:
    """Start the heavy work, now that the window stands."""
    gc.freeze()  # what stands now stays: no later collection needs to look at it again
    gc.enable()
    window.begin(paths)


def application() -> QApplication:
    """Return the one application object, made at the first call."""
    QCoreApplication.setOrganizationName("DigitLab")
    QCoreApplication.setApplicationName("DigitLab")
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationDisplayName("")
    app.setWindowIcon(QIcon(str(files("resources").joinpath("icons", "digitlab.svg"))))
    return app


def _listen(app: QApplication) -> None:
    """Close the window, keeping everything, when the terminal says Ctrl+C or the system says terminate."""

    def close(_number: int, _frame: FrameType | None) -> None:
        app.closeAllWindows()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, close)
    timer = QTimer(app)
    timer.timeout.connect(timer.objectName)  # anything at all: running Python is what lets the signal in
    timer.start(LISTEN_MS)
