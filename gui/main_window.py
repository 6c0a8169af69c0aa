"""The window: puts session, forms, pages and pad together. No logic of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QByteArray, QSettings, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QUndoStack
from PySide6.QtWidgets import QApplication, QFileDialog, QMainWindow, QVBoxLayout, QWidget

from engine.datasets.dataset import DIGITS
from engine.errors import DigitLabError
from engine.pictures.reading import SUFFIXES
from engine.specs import checked_run
from gui import theme
from gui.about import AboutDialog, GuideDialog
from gui.docks import fit_dock, make_dock, usual_widths
from gui.document import Document
from gui.hand import Hand
from gui.help_strip import HelpStrip
from gui.library import Library
from gui.menus import Menus
from gui.offers import Offers, remembered_run
from gui.pages.tabs import Tabs, Undoable
from gui.panels.drawing_panel import DrawingPanel
from gui.panels.settings_panel import SettingsPanel
from gui.panels.time_bar import TimeBar
from gui.panels.transport_bar import TransportBar
from gui.session import Session
from gui.settings_dialog import SettingsDialog
from gui.shortcuts import KeyGuard
from gui.status import Status
from gui.widgets.data_drop import word_for
from gui.widgets.message_bar import MessageBar

MODEL_FILES = "Models (*.safetensors *.npy);;All files (*)"
OWN_FILES = "Models (*.safetensors)"
LAYOUT_VERSION = 1


class MainWindow(QMainWindow):
    """DigitLab's window."""

    def __init__(self, settings: QSettings) -> None:
        super().__init__()
        self.settings = settings
        self.session = Session(remembered_run(settings), self)
        self.document = Document(self.session, settings, self)
        self.library = Library(self.session, self.document, self)
        self._fell_back = self._closes_anyway = self._closes_later = False
        self.setAcceptDrops(True)
        self._make_middle()
        self.settings_panel = SettingsPanel(self.session)
        self.drawing_panel = DrawingPanel(self.session)
        left, right = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
        self.settings_dock = make_dock(self, "Model and training", self.settings_panel, left)
        self.drawing_dock = make_dock(self, "Draw", self.drawing_panel, right)
        self.hand = Hand(self.session, self.document, self.drawing_panel, self.message, self)
        self.my_digits, self.show_own_digit = self.hand.my_digits, self.hand.show_digit
        self.learn_digits, self.forget_hand = self.hand.learn, self.hand.forget
        self.transport = TransportBar(self.session, self)
        self.addToolBar(self.transport)
        self.menus = Menus(self)
        self.status = Status(self.session, self.document, self.strip.say, self.message, self)
        self.offers = Offers(self.session, self.document, self.library, self.message)
        self._connect()
        self._show_title()
        self._arrange()

    # --- start and end ------------------------------------------------------------------------------------

    def begin(self, paths: list[str]) -> None:
        """Load data and files and listen to keys, now that the window is on the screen."""
        KeyGuard(self)
        self.offers.begin(files=bool(paths))
        self.session.load_reader()
        self.session.load(self.session.run.dataset)
        if paths:
            self.open_path(Path(paths[0]))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember everything, end what runs, and go; stay if what was learned would be lost."""
        if not self._may_close():
            event.ignore()
            return
        self.settings.setValue("geometry", self.saveGeometry())
        self.settings.setValue("state", self.saveState(LAYOUT_VERSION))
        self.settings.setValue("page", self.pages.tabText(self.pages.currentIndex()))
        self.settings.setValue("run", self.session.run.model_dump_json())
        self.session.finish()
        self.library.close()
        self.hand.close()
        super().closeEvent(event)

    def _may_close(self) -> bool:
        """Wait for a file that is being written; ask if the network can be kept nowhere."""
        if self._closes_anyway:
            return True
        self._closes_later = self.document.saving
        if self._closes_later:
            return False
        trouble = self.document.trouble()
        if trouble is not None:
            question = f"{trouble} The network would be lost: save it elsewhere with Ctrl+Shift+S."
            self.message.show_hint(question, "Close anyway", self._close_anyway)
        return trouble is None

    def _close_later(self, _path: Path) -> None:
        if self._closes_later:
            QTimer.singleShot(0, self.close)

    def _stay(self, _error: DigitLabError) -> None:
        self._closes_later = False  # the file may not have been written

    def _close_anyway(self) -> None:
        self._closes_anyway = True
        self.close()

    # --- building -----------------------------------------------------------------------------------------

    def _make_middle(self) -> None:
        self.pages = Tabs(self.session, self.library, self.settings, self)
        self.time_bar = TimeBar(self.session, self)
        self.time_bar.record_from("The page in view", self.pages.currentWidget)
        self.time_bar.record_from("The whole window", self.window)
        self.message = MessageBar(self)
        self.strip = HelpStrip(self)
        middle = QWidget(self)
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.pages, 1)
        column.addWidget(self.message)  # below: it must not push away what somebody is about to click
        column.addWidget(self.time_bar)
        self.setCentralWidget(middle)
        self.statusBar().addPermanentWidget(self.strip, 1)
        self.statusBar().setSizeGripEnabled(False)

    def _connect(self) -> None:
        self.session.dataset_failed.connect(self._on_dataset_failed)
        self.session.problem.connect(self._stay)
        self.document.saved_to.connect(self._close_later)
        self.document.changed.connect(self._show_title)
        self.pages.image_chosen.connect(self._on_image_chosen)
        for source in (self.pages, self.library):
            source.settings_asked.connect(self.settings_panel.use)
        self.hand.network_taught.connect(self.document.take)
        self.drawing_panel.remember_in(self.settings)
        self.drawing_panel.widened.connect(self._on_widened)

    def _arrange(self) -> None:
        """Stand as the last time, or as new."""
        geometry, state = self.settings.value("geometry"), self.settings.value("state")
        if not (isinstance(geometry, QByteArray) and self.restoreGeometry(geometry)):
            self.resize(1280, 720)
        if not (isinstance(state, QByteArray) and self.restoreState(state, LAYOUT_VERSION)):
            self.arrange_as_new()
        names = {self.pages.tabText(index): index for index in range(self.pages.count())}
        self.pages.setCurrentIndex(names.get(str(self.settings.value("page")), 0))

    def arrange_as_new(self) -> None:
        """Put panels and tool bar where they were at first."""
        self.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, self.settings_dock)
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.drawing_dock)
        for part in (self.transport, self.settings_dock, self.drawing_dock):
            part.show()
        usual_widths(self, self.settings_dock, self.drawing_dock)

    # --- what menus and keys do ---------------------------------------------------------------------------

    def open_dialog(self) -> None:
        """Ask for a model and open it."""
        name, _ = QFileDialog.getOpenFileName(self, "Open a model", self._folder(), MODEL_FILES)
        if name:
            self.open_path(Path(name))

    def open_path(self, path: Path) -> None:
        """Put a picture on the pad, load data, or open a model: what else has any other name is a model, if any."""
        if path.suffix.lower() in SUFFIXES:
            self.drawing_panel.open_picture(path)
        elif word := word_for(path):
            self.session.load(word)
        else:
            self.document.open(path)

    def save(self) -> None:
        """Save to the file the network came from if that is the user's own, or ask for one."""
        path = self.document.path
        if path is not None and path.suffix == ".safetensors" and not self.document.is_kept:
            self.document.save(path)
        else:
            self.save_dialog()

    def save_dialog(self) -> None:
        """Ask where to save, and save."""
        start = str(Path(self._folder()) / "network.safetensors")
        name, _ = QFileDialog.getSaveFileName(self, "Save the network", start, OWN_FILES)
        if name:
            self.document.save(name)

    def undo(self) -> None:
        """Undo the last stroke or the last change in the forms, whichever has the focus."""
        self.hand.undo(self._undo_stack())

    def redo(self) -> None:
        """Do again what was undone."""
        self.hand.redo(self._undo_stack())

    def show_evaluation(self) -> None:
        """Evaluate, and show what came out."""
        self.pages.setCurrentWidget(self.pages.page("Evaluation"))
        self.session.evaluate()

    def toggle_full_screen(self) -> None:
        """Fill the screen, or stop doing so."""
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def choose_theme(self, mode: theme.Mode) -> None:
        """Use the light or the dark look, or the system's, and remember it."""
        theme.switch().choose(mode)
        self.settings.setValue("theme", mode)

    def show_settings(self) -> None:
        """Open the settings of the program."""
        SettingsDialog(self.settings, self).exec()

    def show_guide(self) -> None:
        """Explain the window in a minute."""
        GuideDialog(self).exec()

    def show_about(self) -> None:
        """Say what this program is."""
        AboutDialog(self).exec()

    def _undo_stack(self) -> QUndoStack:
        """Return the stack of what has the focus: the forms, a page with changes of its own, or else the pad."""
        focus, page = QApplication.focusWidget(), self.pages.currentWidget()
        if focus is not None and self.settings_panel.isAncestorOf(focus):
            return self.settings_panel.undo_stack
        if focus is not None and self.pages.isAncestorOf(focus) and isinstance(page, Undoable):
            return page.undo_stack
        return self.drawing_panel.undo_stack

    def _folder(self) -> str:
        recent = self.document.recent
        return str(recent[0].parent if recent else Path.home())

    # --- what happens -------------------------------------------------------------------------------------

    def _on_dataset_failed(self, error: DigitLabError) -> None:
        """Fall back on the data that is always there, once, if there is none yet."""
        if self.session.dataset is None and not self._fell_back:
            self._fell_back = True
            self.status.hold()
            error.do = f"{error.do} MNIST is used instead.".strip()
            self.session.set_run(checked_run({**self.session.run.model_dump(), "dataset": "mnist"}))
            self.session.load("mnist")

    def _on_image_chosen(self, image: NDArray[np.uint8], label: int) -> None:
        names = self.session.dataset.class_names if self.session.dataset else DIGITS
        self.drawing_panel.show_image(image, f"In truth: {names[label]}")

    def _on_widened(self, wide: bool) -> None:
        fit_dock(self, self.drawing_dock, wide)

    def _show_title(self) -> None:
        self.setWindowTitle(f"{self.document.title}[*] — DigitLab")
        self.setWindowModified(not self.document.saved)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept files from this computer."""
        urls = event.mimeData().urls()
        if urls and all(url.isLocalFile() for url in urls):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped: a model, a picture or data."""
        event.acceptProposedAction()
        urls = event.mimeData().urls()
        if len(urls) == 1:
            self.open_path(Path(urls[0].toLocalFile()))
        else:
            what = f"{len(urls)} files were dropped, but only one can be opened at a time; nothing was changed."
            self.session.problem.emit(DigitLabError(what, "Drop a single one."))
