"""The menu bar."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QWhatsThis

from engine import kept_models
from engine.datasets.dataset import DIGITS
from engine.errors import DigitLabError
from engine.ink.spec import InkSpec
from gui import theme
from gui.cards import Cards
from gui.my_digits_dialog import MyDigitsDialog, ask_export, ask_import
from gui.settings_dialog import MODES
from gui.verification_dialog import VerificationDialog

if TYPE_CHECKING:
    from gui.main_window import MainWindow

KEPT_SHOWN = 15
BRANCH_HELP = "Makes the network of the moment in view the present one, to train it another way from there on."
KEPT_BEFORE = "The run it comes from is kept: see Runs."


class Menus:
    """Builds the menus of a window; every entry has a key or an accelerator."""

    def __init__(self, window: MainWindow) -> None:
        self.window = window
        self.verification: VerificationDialog | None = None
        self.my_digits: MyDigitsDialog | None = None
        self.cards = Cards(window.session, window.document, window.my_digits, window)
        self._file()
        self._edit()
        self._run()
        self._digits()
        self._view()
        self._help()

    def _add(
        self, menu: QMenu, text: str, do: Callable[..., object], keys: str | QKeySequence.StandardKey | None = None
    ) -> QAction:
        action = QAction(text, self.window)
        action.triggered.connect(do)
        if keys is not None:
            action.setShortcuts(QKeySequence.keyBindings(keys) if not isinstance(keys, str) else [QKeySequence(keys)])
        menu.addAction(action)
        return action

    def _file(self) -> None:
        window, menu = self.window, self.window.menuBar().addMenu("&File")
        self._add(menu, "&New network", window.session.new_network, "Ctrl+N")
        self._add(menu, "&Open…", window.open_dialog, "Ctrl+O")
        self.recent = menu.addMenu("Open &recent")
        self.recent.aboutToShow.connect(self._fill_recent)
        self.kept = menu.addMenu("&Kept models")
        self.kept.aboutToShow.connect(self._fill_kept)
        menu.addSeparator()
        self._add(menu, "&Save", window.save, "Ctrl+S")
        self._add(menu, "Save &as…", window.save_dialog, "Ctrl+Shift+S")
        self._add(menu, "&Export figures…", self._export_figures, "Ctrl+Shift+E")
        self._add(menu, "&Card of this network", self.cards.show_network, "Ctrl+I")
        menu.addSeparator()
        self._add(menu, "Se&ttings…", window.show_settings, "Ctrl+,")
        self._add(menu, "&Quit", window.close, "Ctrl+Q")

    def _export_figures(self) -> None:
        """Ask where to write the curves to, or say that there are none yet."""
        page, session = self.window.pages.page("Training"), self.window.session
        if len(session.history.batches):
            page.redraw()
            page.export_figures_button.click()
        else:
            session.problem.emit(DigitLabError("There are no figures to export yet.", "Press Train first."))

    def _edit(self) -> None:
        window, menu = self.window, self.window.menuBar().addMenu("&Edit")
        self.undo = self._add(menu, "&Undo", window.undo, "Ctrl+Z")
        self.redo = self._add(menu, "&Redo", window.redo, "Ctrl+Y")
        self.redo.setShortcuts([QKeySequence("Ctrl+Y"), QKeySequence("Ctrl+Shift+Z")])
        menu.addSeparator()
        self._add(menu, "&Clear the drawing", window.drawing_panel.pad.clear, "Ctrl+Del")
        menu.addActions([window.drawing_panel.test_action, window.drawing_panel.paste_action])

    def _run(self) -> None:
        menu, transport = self.window.menuBar().addMenu("&Run"), self.window.transport
        menu.addActions([transport.train, transport.batch, transport.epoch, transport.stop, transport.reset])
        branch = self.branch = self._add(menu, "&Go on from the moment in view", self._branch, "Ctrl+Shift+G")
        branch.setEnabled(False)
        branch.setStatusTip(BRANCH_HELP)
        branch.setToolTip(BRANCH_HELP)
        self.window.session.travelled.connect(branch.setEnabled)
        menu.addSeparator()
        self._add(menu, "E&valuate on the test images", self.window.show_evaluation, "Ctrl+T")
        self._add(menu, "&Check against TensorFlow…", self._check, "Ctrl+Shift+T")

    def _branch(self) -> None:
        """Make the moment in view the present network."""
        session = self.window.session
        session.branch(session.shown)
        session.noted.emit(f"The present network is that of batch {session.snapshot.step:,} now. {KEPT_BEFORE}")

    def _check(self) -> None:
        """Open the dialog that compares with TensorFlow; there is one at most."""
        if self.verification is None:
            self.verification = VerificationDialog(self.window.session, self.window)
        self.verification.show()
        self.verification.activateWindow()

    def _digits(self) -> None:
        menu = self.digits = self.window.menuBar().addMenu("&Digits")
        self._add(menu, "&My digits…", self._show_my_digits, "Ctrl+D")
        self._add(menu, "&Learn my digits…", self._learn, "Ctrl+L")
        self.forget = self._add(menu, "&Forget what was learned", self._forget)
        menu.addSeparator()
        self._add(menu, "&Import digits…", self._import_digits)
        self._add(menu, "&Export digits…", self._export_digits)

    def _show_my_digits(self) -> None:
        """Open the dialog with the user's own digits; there is one at most."""
        window = self.window
        if self.my_digits is None:
            self.my_digits = MyDigitsDialog(window.my_digits, window.settings, self._answers, self._ink, window)
            self.my_digits.chosen.connect(window.show_own_digit)
            self.my_digits.learn_asked.connect(self._learn)
            session = window.session
            for signal in (session.snapshot_changed, session.reader_changed, session.dataset_changed):
                signal.connect(self.my_digits.read_again)
        self.my_digits.show()
        self.my_digits.activateWindow()

    def _answers(self, images: NDArray[np.uint8]) -> NDArray[np.intp] | None:
        """Let whoever reads the pad read images of shape (n, 28, 28); None as long as that would be mere guessing."""
        session, reader = self.window.session, self.window.session.pad_reader
        if reader.names != DIGITS or (session.reads_itself and not session.trained):
            return None
        return reader.network.probabilities(images).argmax(axis=1)

    def _ink(self) -> InkSpec:
        return self.window.session.pad_reader.ink

    def _learn(self) -> None:
        self.window.learn_digits()

    def _forget(self) -> None:
        self.window.forget_hand()

    def _import_digits(self) -> None:
        ask_import(self.window.my_digits, self.window.settings, self.window)

    def _export_digits(self) -> None:
        ask_export(self.window.my_digits, self.window.settings, self.window)

    def _view(self) -> None:
        window, menu = self.window, self.window.menuBar().addMenu("&View")
        for index in range(window.pages.count()):
            name, key = window.pages.tabText(index), "1234567890-"[index]
            self._add(menu, f"&{key} {name}", partial(window.pages.setCurrentIndex, index), f"Ctrl+{key}")
        menu.addSeparator()
        for dock, keys in ((window.settings_dock, "F2"), (window.drawing_dock, "F3")):
            action = dock.toggleViewAction()
            action.setShortcut(keys)
            menu.addAction(action)
        self.full = self._add(menu, "&Full screen", window.toggle_full_screen, "F11")
        self.full.setCheckable(True)
        menu.aboutToShow.connect(self._tick_full_screen)
        self._themes(menu.addMenu("&Theme"))
        menu.addSeparator()
        self._add(menu, "&Usual arrangement", window.arrange_as_new)

    def _themes(self, menu: QMenu) -> None:
        group = QActionGroup(self.window)
        self.themes: dict[str, QAction] = {}
        for mode, title in MODES.items():
            action = self._add(menu, f"&{title}", partial(self.window.choose_theme, mode))
            action.setCheckable(True)
            group.addAction(action)
            self.themes[mode] = action
        menu.aboutToShow.connect(self._tick_theme)

    def _tick_theme(self) -> None:
        self.themes[theme.switch().mode].setChecked(True)

    def _tick_full_screen(self) -> None:
        self.full.setChecked(self.window.isFullScreen())

    def _help(self) -> None:
        window, menu = self.window, self.window.menuBar().addMenu("&Help")
        self._add(menu, "&How it works", window.show_guide, "F1")
        self._add(menu, "&What's this?", QWhatsThis.enterWhatsThisMode, "Shift+F1")
        self._add(menu, "&Card of the Reader", self.cards.show_reader)
        self._add(menu, "&About DigitLab", window.show_about)

    def _fill_recent(self) -> None:
        self._fill(self.recent, [(path.name, path) for path in self.window.document.recent], "Nothing opened yet")

    def _fill_kept(self) -> None:
        try:
            paths = kept_models.kept()[:KEPT_SHOWN]
        except DigitLabError as error:
            self._fill(self.kept, [], str(error))
            return
        self._fill(self.kept, [(kept_models.title(path), path) for path in paths], "No run has been kept yet")

    def _fill(self, menu: QMenu, entries: list, empty: str) -> None:
        menu.clear()
        for number, (title, path) in enumerate(entries, start=1):
            key = f"&{number}" if number < 10 else f"{number}"
            words = title.replace("&", "&&")
            action = self._add(menu, f"{key} {words}", partial(self.window.document.open, path))
            action.setToolTip(str(path))
        if not entries:
            menu.addAction(empty).setEnabled(False)
