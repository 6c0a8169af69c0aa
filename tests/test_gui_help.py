"""What explains the window: the help strip, menus and keys, names for screen readers, dialogs."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QApplication,
    QComboBox,
    QDialog,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QScrollBar,
    QSlider,
    QTabBar,
    QTextBrowser,
    QWidget,
)
from whole_window import PATIENCE

from engine.errors import DigitLabError
from gui import theme
from gui.about import AboutDialog, GuideDialog
from gui.help_strip import REST
from gui.session import State
from gui.settings_dialog import SettingsDialog

pytest_plugins = ["whole_window"]
PRESSABLE = (QAbstractButton, QLineEdit, QComboBox, QSlider, QAbstractItemView, QTabBar)


@pytest.fixture
def window(opened):
    return opened()


def filled(qtbot, window):
    """Fill every page: train for a moment, draw, and show something to press."""
    window.session.set_run(window.session.run.changed(training={"epochs": 1}))
    with qtbot.waitSignal(window.session.ended, timeout=PATIENCE):
        window.session.train()
    window.drawing_panel.show_test_image()
    window.message.show_hint("Something is worth knowing.", "Do it", window.show)
    for index in range(window.pages.count()):
        window.pages.setCurrentIndex(index)
        qtbot.waitUntil(lambda: not window.session.tasks.titles, timeout=PATIENCE)
        QApplication.processEvents()


def widgets(window):
    """Return what can be pressed, typed into or reached by keyboard, without the inner parts of Qt's own widgets."""
    found = []
    for widget in window.findChildren(QWidget):
        area = widget.parentWidget()
        inner = isinstance(area, QAbstractScrollArea) and area.viewport() is widget
        inner |= isinstance(widget, (QScrollBar, QLabel, QHeaderView)) or widget.objectName().startswith("qt_")
        inner |= isinstance(area, QLineEdit)
        inner |= isinstance(area, QTabBar) or isinstance(widget.window(), QMenu) or widget.window() is not window
        named_button = widget.objectName() == "qt_dockwidget_closebutton"
        interactive = isinstance(widget, PRESSABLE) or widget.focusPolicy() != Qt.FocusPolicy.NoFocus
        if interactive and widget.focusProxy() is None and (named_button or not inner):
            found.append(widget)
    return found


def called(widget):
    """Return where a widget is, for a message."""
    names = []
    while widget is not None:
        names.append(f"{type(widget).__name__} {widget.objectName() or widget.accessibleName()}".strip())
        widget = widget.parentWidget()
    return " in ".join(names[:4])


def explanation(widget):
    """Return the text that the strip shows for a widget: its own or that of what it is part of."""
    while widget is not None:
        if widget.whatsThis() or widget.toolTip():
            return widget.whatsThis() or widget.toolTip()
        widget = widget.parentWidget()
    return ""


def test_everything_that_can_be_used_is_named_explained_and_within_reach_of_the_keyboard(qtbot, window):
    filled(qtbot, window)
    found, strip = widgets(window), window.strip
    assert len(found) > 60
    assert [called(w) for w in found if not (w.accessibleName() or (hasattr(w, "text") and w.text()))] == []
    assert [called(w) for w in found if not explanation(w)] == []
    by_mouse_only = [
        called(widget)
        for widget in found
        if isinstance(widget, PRESSABLE)
        and not widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and widget.objectName() != "qt_dockwidget_closebutton"  # F2 and F3
    ]
    assert by_mouse_only == []
    cut = []
    for widget in found:
        strip._explain(widget)
        label = strip.explanation
        if label.heightForWidth(label.width()) > label.height():
            cut.append((called(widget), label.text()))
    assert cut == []


def test_the_strip_explains_what_is_under_the_mouse_or_has_the_focus(qtbot, window):
    text = window.strip.explanation.text
    assert text() == REST or text()
    stop = window.transport.widgetForAction(window.transport.stop)
    assert not stop.isEnabled()  # what cannot be pressed now is explained, too
    for widget in (stop, window.drawing_panel.pad, window.settings_panel.preset.combo, window.pages.tabBar()):
        QTest.mouseMove(widget, QPoint(5, 5))
        qtbot.waitUntil(lambda seen=widget: text() == explanation(seen))
    line = window.settings_panel.findChild(QLineEdit, "learning_rate")
    line.setFocus()
    qtbot.waitUntil(lambda: text() == line.whatsThis())
    assert "Too small learns slowly" in text()
    QTest.mouseMove(window.menuBar(), QPoint(window.menuBar().width() - 5, 5))
    qtbot.waitUntil(lambda: text() == REST)


def test_the_status_says_what_to_do_next_in_every_state(qtbot, window):
    status, session = window.strip.status, window.session
    assert status.text().startswith("New network: 784 → 350 → 10, 278,260 parameters to learn. Press Train.")
    session.step_batch()
    qtbot.waitUntil(lambda: session.state == State.PAUSED, timeout=PATIENCE)
    assert status.text().startswith("Paused.")
    window.settings_panel.set_run(session.run.changed(network={"layers": [{"kind": "dense", "units": 16}]}))
    session.new_network()
    window.settings_panel.set_run(session.run.changed(training={"epochs": 1}))
    with qtbot.waitSignal(session.evaluation_changed, timeout=PATIENCE, check_params_cb=bool):
        session.train()
        assert status.text().startswith("Learning: 784 → 16 → 10.")
    qtbot.waitUntil(lambda: "200 test images read right" in status.text(), timeout=PATIENCE)
    window.settings_panel.set_run(session.run.changed(network={"layers": []}))
    assert status.text() == (
        "The form describes another network; Train goes on with the old one. Reset builds the new one."
    )
    session.new_network()
    assert status.text().startswith("New network: 784 → 10, 7,850 parameters")
    layers = [{"kind": "conv"}, {"kind": "max_pool"}, {"kind": "batch_norm"}, {"kind": "dense", "units": 9}]
    window.settings_panel.set_run(session.run.changed(network={"layers": layers}))
    assert status.text().startswith("New network: 28 × 28 → conv 32 → 9 → 10 (4 hidden layers), ")
    line = window.settings_panel.findChild(QLineEdit, "batch_size")
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, "-5")
    session.step_batch()
    assert status.text().startswith("Learning. Batch size: -5 is not allowed; ")


# --- menus and keys -------------------------------------------------------------------------------------------


def test_no_key_means_two_things(window):
    by_key = {}
    for action in window.findChildren(QAction):
        for key in action.shortcuts():
            by_key.setdefault(key.toString(), []).append(action)
    everywhere = {Qt.ShortcutContext.WindowShortcut, Qt.ShortcutContext.ApplicationShortcut}
    for key, actions in by_key.items():
        contexts = [action.shortcutContext() for action in actions]
        assert len(actions) == 1 or not everywhere & set(contexts), key
    assert window.findChildren(QShortcut) == []
    wanted = (
        "Ctrl+N Ctrl+O Ctrl+S Ctrl+Shift+S Ctrl+Shift+E Ctrl+Z Ctrl+Y Ctrl+1 Ctrl+2 Ctrl+3 Ctrl+4 F1 Shift+F1 F2 F3"
    )
    wanted += " F11 Ctrl+, Ctrl+Q Space F10 Shift+F10 Ctrl+. Ctrl+R"
    assert set(wanted.split()) <= set(by_key)


def entries(menu):
    for action in menu.actions():
        if not action.isSeparator():
            yield action
            if action.menu() is not None:
                yield from entries(action.menu())


def mnemonic(action):
    text = action.text().replace("&&", "")
    return text[text.index("&") + 1].lower() if "&" in text else ""


def test_every_menu_entry_has_a_letter_or_a_key_and_no_letter_stands_twice_in_a_menu(window):
    menus = [action.menu() for action in window.menuBar().actions()]
    window.menus.kept.aboutToShow.emit()
    window.menus.recent.aboutToShow.emit()
    assert [mnemonic(action) for action in window.menuBar().actions()] == ["f", "e", "r", "d", "v", "h"]
    for menu in menus:
        for entry in entries(menu):
            if entry.isEnabled() or entry.shortcuts():
                assert mnemonic(entry) or entry.shortcuts(), entry.text()
    for menu in [*menus, *(entry.menu() for top in menus for entry in entries(top) if entry.menu())]:
        letters = [mnemonic(action) for action in menu.actions() if mnemonic(action)]
        assert len(letters) == len(set(letters)), menu.title()
        assert all(action.text().endswith("…") == ("…" in action.text()) for action in menu.actions())


def test_undo_means_the_form_or_the_pad_whichever_has_the_focus(qtbot, window):
    line, pad = window.settings_panel.findChild(QLineEdit, "epochs"), window.drawing_panel.pad
    line.setFocus()
    qtbot.waitUntil(line.hasFocus)
    line.selectAll()
    QTest.keyClicks(line, "3")
    assert window.session.run.training.epochs == 3
    pad.setFocus()
    qtbot.waitUntil(pad.hasFocus)
    window.drawing_panel.show_test_image()
    qtbot.waitUntil(lambda: window.session.drawing is not None)
    QTest.keyClick(pad, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: window.session.drawing is None)
    assert window.session.run.training.epochs == 3
    line.setFocus()
    qtbot.waitUntil(line.hasFocus)
    window.menus.undo.trigger()
    assert window.session.run.training.epochs == 6
    window.menus.redo.trigger()
    assert window.session.run.training.epochs == 3


def test_keys_of_the_pad_from_everywhere_and_on_the_pad(qtbot, window):
    control = Qt.KeyboardModifier.ControlModifier
    window.pages.tabBar().setFocus()
    QTest.keyClick(window.pages.tabBar(), Qt.Key.Key_E)
    qtbot.waitUntil(lambda: window.session.drawing is not None)
    QTest.keyClick(window, Qt.Key.Key_Delete, control)
    qtbot.waitUntil(lambda: window.session.drawing is None)
    pad = window.drawing_panel.pad
    pad.setFocus()
    qtbot.waitUntil(pad.hasFocus)
    QTest.keyClick(pad, Qt.Key.Key_E)
    qtbot.waitUntil(lambda: window.session.drawing is not None)
    QTest.keyClick(pad, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: window.session.drawing is None)


# --- dialogs --------------------------------------------------------------------------------------------------


def parts(dialog):
    return [w for w in dialog.findChildren(QWidget) if isinstance(w, (QPushButton, QComboBox, QTextBrowser))]


@pytest.mark.parametrize("kind", [SettingsDialog, GuideDialog, AboutDialog])
def test_dialogs_name_their_parts_and_close_by_escape(qtbot, settings, kind):
    dialog = kind(settings) if kind is SettingsDialog else kind()
    qtbot.addWidget(dialog)
    with qtbot.waitExposed(dialog):
        dialog.show()
    assert dialog.windowTitle()
    assert all(w.accessibleName() or (hasattr(w, "text") and w.text()) for w in parts(dialog))
    for label in dialog.findChildren(QLabel):
        if label.wordWrap():
            assert label.heightForWidth(label.width()) <= label.height()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_the_guide_names_keys_that_exist(qtbot, window):
    guide = GuideDialog(window)
    text = guide.findChild(QTextBrowser).toPlainText()
    keys = {key.toString() for action in window.findChildren(QAction) for key in action.shortcuts()}
    named = "F10 Shift+F10 Ctrl+. Ctrl+R F11 Ctrl+S Ctrl+T Ctrl+Shift+T Ctrl+D Ctrl+L Ctrl+I Ctrl+C E Shift+E W R X Del"
    for key in named.split():
        assert key in text
        assert key in keys
    assert 150 < len(text.split()) < 500, "it is read in a minute or two"


def test_the_theme_is_chosen_in_the_settings_and_stays(qtbot, settings):
    dialog = SettingsDialog(settings)
    qtbot.addWidget(dialog)
    for row in range(dialog.mode.count()):
        dialog.mode.setCurrentIndex(row)
        dialog.mode.activated.emit(row)
        assert settings.value("theme") == theme.switch().mode == dialog.mode.currentData()
    assert {dialog.mode.itemData(row) for row in range(dialog.mode.count())} == {"system", "light", "dark"}


def test_the_settings_say_where_kept_models_are(qtbot, settings, user_folders, monkeypatch, tmp_path):
    shown = []
    monkeypatch.setattr("gui.settings_dialog.QDesktopServices.openUrl", shown.append)
    dialog = SettingsDialog(settings)
    qtbot.addWidget(dialog)
    assert dialog.where.text() == str(user_folders / "models")
    dialog.folder.click()
    assert shown[0].toLocalFile() == str(user_folders / "models")
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("DIGITLAB_DATA", str(tmp_path / "file"))
    dialog.folder.click()
    assert "cannot be made" in dialog.where.text()
    assert len(shown) == 1


def test_the_menu_opens_each_dialog(qtbot, window, monkeypatch):
    shown = []
    monkeypatch.setattr(QDialog, "exec", lambda dialog: shown.append(dialog.windowTitle()))
    QTest.keyClick(window, Qt.Key.Key_F1)
    QTest.keyClick(window, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    window.show_about()
    assert shown == ["How it works", "Settings", "About DigitLab"]
    window.session.problem.emit(DigitLabError("What happened."))
    assert window.message.isVisible()
