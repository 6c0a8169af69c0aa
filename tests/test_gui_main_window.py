"""The whole window: transport, settings, look, layout, messages, and that it comes and goes without a trace."""

import gc
import random
import threading
import weakref
from dataclasses import replace

import numpy as np
import psutil
import pytest
from PySide6.QtCore import QByteArray, QEvent, QObject, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QDockWidget,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
)
from whole_window import LONG, PATIENCE, QUICK, delete, rest, train

from engine.errors import DataError, DigitLabError
from engine.presets import DEFAULT_PRESET, PRESETS
from engine.reports import BatchReport
from gui import theme
from gui.app import make_window
from gui.pages.tabs import PAGES
from gui.panels.transport_bar import duration
from gui.session import Session, State
from gui.status import OLD_LEARNS
from gui.widgets.figures import ElidedLabel
from gui.widgets.message_bar import breakable

pytest_plugins = ["whole_window"]
pytestmark = pytest.mark.usefixtures("quick_collections", "part_of_mnist", "look")


def until(qtbot, window, state):
    qtbot.waitUntil(lambda: window.session.state == state, timeout=PATIENCE)


def train_for_long(qtbot, window):
    window.settings_panel.set_run(window.session.run.changed(training=LONG))
    window.transport.train.trigger()
    qtbot.waitUntil(lambda: window.session.snapshot.step > 5, timeout=PATIENCE)


def click(window, action):
    QTest.mouseClick(window.transport.widgetForAction(action), Qt.MouseButton.LeftButton)


def focus(qtbot, widget):
    widget.setFocus()
    qtbot.waitUntil(widget.hasFocus)


# --- transport ------------------------------------------------------------------------------------------------


def enabled(window):
    bar = window.transport
    return {action.text() for action in (bar.reset, bar.train, bar.batch, bar.epoch, bar.stop) if action.isEnabled()}


def test_the_buttons_say_what_can_be_done_in_every_state(qtbot, window):
    bar = window.transport
    assert enabled(window) == {"Reset", "Train", "+ Batch", "+ Epoch"}
    assert bar.place.text() == "No training yet"
    assert bar.bar.value() == 0
    window.settings_panel.set_run(window.session.run.changed(training=LONG))
    click(window, bar.train)
    assert enabled(window) == {"Reset", "Pause", "Stop"}
    qtbot.waitUntil(lambda: window.session.snapshot.step > 5, timeout=PATIENCE)
    click(window, bar.train)
    until(qtbot, window, State.PAUSED)
    assert enabled(window) == {"Reset", "Train", "+ Batch", "+ Epoch", "Stop"}
    step = window.session.history.last.step
    click(window, bar.batch)
    qtbot.waitUntil(lambda: window.session.history.last.step == step + 1, timeout=PATIENCE)
    until(qtbot, window, State.PAUSED)
    click(window, bar.epoch)
    qtbot.waitUntil(lambda: window.session.state == State.PAUSED, timeout=PATIENCE)
    assert window.session.history.last.step % 27 == 0
    click(window, bar.train)
    with qtbot.waitSignal(window.session.ended, timeout=PATIENCE):
        click(window, bar.stop)
        assert enabled(window) == {"Reset"}
    assert enabled(window) == {"Reset", "Train", "+ Batch", "+ Epoch"}
    click(window, bar.reset)
    assert bar.place.text() == "No training yet"


def test_progress_says_where_it_is_and_how_long_it_takes(qtbot, window):
    def report(epoch, step, seen, goal=2):
        return BatchReport(step, epoch, seen, 540, 1.0, 0.5, 0.1, (1.0,), seen / 270, goal)

    bar, session = window.transport, window.session
    session.state = State.RUNNING
    session.history.extend([report(1, 13, 270)])
    session.history_changed.emit()
    qtbot.waitUntil(lambda: bar.place.text() == "epoch 1 / 2 · batch 13")
    assert bar.bar.value() == 250
    assert bar.pace.text() == "270 images/s · 3 s left"
    session.history.extend([report(2, 54, 540)])
    session.history_changed.emit()
    qtbot.waitUntil(lambda: bar.bar.value() == 1000)
    assert bar.pace.text() == "270 images/s · 0 s left"
    session.state = State.IDLE
    session.history_changed.emit()
    assert bar.pace.text() == "270 images/s"
    window.settings_panel.set_run(session.run.changed(training={"epochs": 40}))
    session.history_changed.emit()
    assert bar.bar.value() == 1000, "it shows the run that was, not the one that would come"


def test_reset_stands_out_while_the_forms_describe_another_network(qtbot, window):
    def primary(action):
        return window.transport.widgetForAction(action).property("primary")

    bar, session = window.transport, window.session
    session.step_batch()
    until(qtbot, window, State.PAUSED)
    assert (primary(bar.reset), primary(bar.train)) == (False, True)
    window.settings_panel.set_run(session.run.changed(network={"layers": []}))
    assert (primary(bar.reset), primary(bar.train)) == (True, False)
    assert window.strip.status.text().startswith("Paused. The form describes another network; Train goes on with")
    click(window, bar.reset)
    assert (primary(bar.reset), primary(bar.train)) == (False, True)


def test_once_the_best_weights_are_back_everything_speaks_of_them(qtbot, window):
    session = window.session
    window.settings_panel.set_run(session.run.changed(training={"learning_rate": 0.5, "epochs": 4}))
    with qtbot.waitSignal(session.ended, timeout=PATIENCE) as told:
        session.train()
    rest(qtbot, window)
    best = told.args[0].best_epoch
    assert 0 < best < 4
    batch = f"batch {27 * best}"
    assert window.transport.place.text() == f"best epoch {best} / 4 · {batch}"
    assert window.transport.bar.value() == 1000
    assert window.time_bar.where.text() == f"Now · {batch}"
    assert session.evaluated_step == session.shown.step == 27 * best
    window.pages.setCurrentWidget(window.pages.page("Network"))
    assert window.pages.currentWidget().state.text() == f"After {27 * best} batches"
    session.step_batch()
    until(qtbot, window, State.PAUSED)
    assert window.transport.place.text() == "epoch 5 / 8 · batch 109"


def test_a_message_pushes_nothing_away_that_is_to_be_clicked(qtbot, window):
    tabs, page = window.pages.tabBar(), window.pages.page("Training")
    before = [part.mapTo(window, QPoint()) for part in (tabs, page.figures, page.follow, window.time_bar)]
    window.message.show_hint("Something worth knowing.", "Do it", window.show_evaluation)
    QApplication.processEvents()
    assert window.message.isVisible()
    assert before == [part.mapTo(window, QPoint()) for part in (tabs, page.figures, page.follow, window.time_bar)]


@pytest.mark.parametrize("button", ["action", "close_button"])
def test_a_message_that_goes_hands_the_focus_to_nothing_that_keys_would_change(window, button):
    window.message.show_hint("A training was cut off.", "Go on", window.show_evaluation)
    QApplication.processEvents()
    pressed = getattr(window.message, button)
    pressed.setFocus()
    assert QApplication.focusWidget() is pressed
    QTest.keyClick(pressed, Qt.Key.Key_Space)
    assert window.message.isHidden()
    assert QApplication.focusWidget() in (None, window)


def test_a_preset_that_is_chosen_while_it_learns_says_what_is_in_force(qtbot, window):
    window.settings_panel.set_run(window.session.run.changed(training={"epochs": 10_000}))
    window.session.train()
    until(qtbot, window, State.RUNNING)
    assert window.message.isHidden()
    window.settings_panel.set_run(PRESETS["article"].run)
    assert window.message.sentence == OLD_LEARNS
    assert window.message.isVisible()


def test_training_says_once_that_it_is_the_old_network_that_learns(qtbot, window):
    session, message = window.session, window.message
    session.step_batch()
    until(qtbot, window, State.PAUSED)
    assert message.isHidden()
    preset = window.settings_panel.preset.combo
    preset.setCurrentIndex(preset.findData("article"))
    preset.chosen.emit("article")
    assert session.pending
    old = session.snapshot.spec
    session.step_batch()
    until(qtbot, window, State.PAUSED)
    assert message.sentence == OLD_LEARNS
    assert message.isVisible()
    assert session.snapshot.spec == old
    session.step_batch()
    until(qtbot, window, State.PAUSED)
    assert message.isHidden(), "it has been said"
    window.settings_panel.undo_stack.undo()
    assert not session.pending
    window.settings_panel.undo_stack.redo()
    session.step_batch()
    until(qtbot, window, State.PAUSED)
    assert message.isVisible(), "another change is another matter"
    message.action.click()
    assert session.snapshot.spec == session.run.network != old
    assert message.isHidden()


def test_what_training_says_of_the_old_network_goes_with_it(qtbot, window):
    window.session.step_batch()
    until(qtbot, window, State.PAUSED)
    window.settings_panel.set_run(window.session.run.changed(network={"layers": []}))
    window.session.step_batch()
    until(qtbot, window, State.PAUSED)
    assert window.message.isVisible()
    click(window, window.transport.reset)
    assert window.message.isHidden()


class LayoutRequests(QObject):
    """Counts how often an object is asked to arrange itself anew."""

    def __init__(self, watched):
        super().__init__()
        self.count = 0
        watched.installEventFilter(self)

    def eventFilter(self, watched, event):
        self.count += event.type() == QEvent.Type.LayoutRequest
        return False


def test_new_figures_and_weights_do_not_rearrange_the_window(qtbot, window):
    train(qtbot, window)
    session = window.session
    for page, refresh in (
        (window.pages.page("Training"), window.pages.page("Training").redraw),
        (window.pages.page("Weights"), window.pages.page("Weights").refresh),
    ):
        window.pages.setCurrentWidget(page)
        requests, last = LayoutRequests(window), session.history.last
        for step in range(14):
            session.history.extend([replace(last, step=last.step + step, loss=step / 7, seconds=step + 0.5)])
            session.history_changed.emit()
            session.reader.parameters[:] *= 1.001
            refresh()
            QApplication.processEvents()
            if step < 10:  # a page that has just been shown may need another size, which takes some rounds
                requests.count = 0
        assert requests.count == 0


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (185, "3 min 05 s"),
        (3600, "1 h 00 min"),
        (9e4, "25 h 00 min"),
    ],
)
def test_time_spans_in_words(seconds, words):
    assert duration(seconds) == words


def test_the_space_bar_trains_and_pauses_from_nearly_everywhere(qtbot, window):
    window.settings_panel.set_run(window.session.run.changed(training=LONG))
    session = window.session
    window.pages.setCurrentWidget(window.pages.page("Weights"))
    row = window.settings_panel.network.layers.rows[0]
    for widget in (window.drawing_panel.pad, window.pages.tabBar(), row, window.drawing_panel.pad):
        focus(qtbot, widget)
        QTest.keyClick(widget, Qt.Key.Key_Space)
        assert session.state == State.RUNNING, widget
        qtbot.waitUntil(lambda: session.snapshot.step > 0, timeout=PATIENCE)
        QTest.keyClick(widget, Qt.Key.Key_Space)
        until(qtbot, window, State.PAUSED)


@pytest.mark.qt_log_ignore("grabbing the keyboard", "raise\\(\\)")
def test_the_space_bar_belongs_to_a_focused_button_box_or_line(qtbot, window):
    reset = window.transport.widgetForAction(window.transport.reset)
    box = next(box for box in window.settings_panel.training.findChildren(QCheckBox) if box.isVisible())
    line = window.settings_panel.findChild(QLineEdit, "units")
    combo = window.settings_panel.preset.combo
    focus(qtbot, reset)
    with qtbot.waitSignal(window.session.network_replaced):
        QTest.keyClick(reset, Qt.Key.Key_Space)
    focus(qtbot, combo)
    QTest.keyClick(combo, Qt.Key.Key_Space)
    qtbot.waitUntil(combo.view().isVisible)
    QTest.keyClick(combo.view(), Qt.Key.Key_Escape)
    focus(qtbot, line)
    QTest.keyClick(line, Qt.Key.Key_Space)
    assert " " in line.text()
    before = box.isChecked()
    focus(qtbot, box)
    QTest.keyClick(box, Qt.Key.Key_Space)
    assert box.isChecked() != before
    assert window.session.state == State.IDLE


@pytest.mark.qt_log_ignore("grabbing the keyboard", "raise\\(\\)")
def test_a_click_on_a_page_s_tab_leaves_the_forms_and_space_trains_again(qtbot, window):
    line, bar = window.settings_panel.findChild(QLineEdit, "units"), window.pages.tabBar()
    focus(qtbot, line)
    QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(0).center())
    assert not line.hasFocus()
    with qtbot.waitSignal(window.session.ended, timeout=PATIENCE):
        QTest.keyClick(window.focusWidget(), Qt.Key.Key_Space)
    rest(qtbot, window)


def test_slots_of_the_session_run_in_the_thread_of_the_window(qtbot, monkeypatch, opened):
    threads = {}

    def watched(name):
        slot = getattr(Session, name)

        def call(self, *arguments):
            threads.setdefault(name, set()).add(threading.current_thread())
            return slot(self, *arguments)

        return call

    names = ("_on_news", "_on_paused", "_on_end", "_on_loaded", "_on_evaluated", "_on_kept", "_on_load_failed")
    for name in names:
        monkeypatch.setattr(Session, name, watched(name))
    window = opened()
    window.settings_panel.set_run(QUICK)
    window.session.step_batch()
    until(qtbot, window, State.PAUSED)
    train(qtbot, window)
    train_for_long(qtbot, window)
    window.session.new_network()
    qtbot.waitUntil(lambda: not window.session.trainer.leaving, timeout=PATIENCE)
    with qtbot.waitSignal(window.session.dataset_failed, timeout=PATIENCE):
        window.session.load("npz:/there/is/no/such.npz")
    assert set(threads) == set(names)
    assert set().union(*threads.values()) == {threading.main_thread()}


# --- what is remembered ---------------------------------------------------------------------------------------


def test_the_next_window_stands_as_the_last_one(qtbot, opened, settings):
    settings.setValue("theme", "light")
    first = opened()
    first.settings_panel.set_run(QUICK.changed(run={"seed": 77}))
    first.resize(first.minimumSizeHint().width(), 700)
    QTest.keyClick(first, Qt.Key.Key_8, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(first, Qt.Key.Key_F3)
    first.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, first.settings_dock)
    run = first.session.run
    first.close()
    second = opened()
    assert second.session.run == run
    assert second.session.snapshot.spec == QUICK.network
    assert second.height() == 700
    assert second.pages.currentWidget() is second.pages.page("Evaluation")
    assert not second.drawing_dock.isVisible()
    assert second.settings_dock.isVisible()
    assert second.dockWidgetArea(second.settings_dock) == Qt.DockWidgetArea.RightDockWidgetArea
    assert theme.switch().mode == "light"
    assert theme.current() is theme.LIGHT
    assert second.settings_panel.start.findChild(QLineEdit, "seed").text() == "77"
    second.arrange_as_new()
    assert second.drawing_dock.isVisible()
    assert second.dockWidgetArea(second.settings_dock) == Qt.DockWidgetArea.LeftDockWidgetArea


RUNS = (
    "{",
    '{"layers": [350, 10], "lr": 0.1}',
    '{"network": {"layers": [{"kind": "dense", "units": 0}]}}',
    '{"network": {"layers": [{"kind": "dense", "units": 100000000}]}}',
    '{"network": {"output_activation": "relu"}, "training": {"loss": "cross_entropy"}}',
)


def begins_as_new(settings):
    """Return whether a window with these settings stands as at the first start."""
    window = make_window(settings)
    window.show()
    window.menus.recent.aboutToShow.emit()
    stands = (
        window.session.run == PRESETS[DEFAULT_PRESET].run
        and window.pages.currentWidget() is window.pages.page("Training")
        and window.settings_dock.isVisible()
        and window.drawing_dock.isVisible()
        and theme.switch().mode == "system"
    )
    window.close()
    delete(window)
    return stands


@pytest.mark.parametrize("run", RUNS)
def test_settings_of_another_time_do_not_prevent_the_start(settings, run):
    settings.setValue("run", run)
    assert begins_as_new(settings)


NAMES = ("run", "geometry", "state", "page", "theme", "recent")


@pytest.mark.qt_log_ignore("QVariant::load")  # Qt itself says so in the terminal, and goes on
@pytest.mark.parametrize("junk", ["@ByteArray(\\x1\\xff)", "@Variant(\\0\\0\\0\\x7f)", "²", "99999999999999999999"])
def test_rubbish_in_the_settings_file_does_not_prevent_the_start(settings, tmp_path, junk):
    text = "[General]\n" + "".join(f"{name}={junk}\n" for name in NAMES)
    (tmp_path / "settings.ini").write_text(text, encoding="utf-8")
    settings.sync()
    assert begins_as_new(settings)


@pytest.mark.parametrize("value", [[1, 2], {"a": 1}, QByteArray(b"\xff\x00")])
def test_settings_of_the_wrong_type_do_not_prevent_the_start(settings, value):
    for name in NAMES:
        settings.setValue(name, value)
    assert begins_as_new(settings)


def test_data_that_is_gone_gives_way_to_mnist_in_a_sentence(opened, settings, tmp_path):
    gone = QUICK.changed(run={"dataset": f"npz:{tmp_path / 'gone.npz'}"})
    settings.setValue("run", gone.model_dump_json())
    window = opened()
    assert window.session.dataset.word == window.session.run.dataset == "mnist"
    assert window.session.snapshot.spec == QUICK.network
    assert "gone.npz" in window.message.sentence
    assert window.message.sentence.endswith("MNIST is used instead.")
    assert window.settings_panel.data.combo.name == "mnist"
    window.close()
    assert '"dataset":"mnist"' in settings.value("run")


def test_bad_data_chosen_before_any_is_loaded_gives_way_to_mnist_too(qtbot, settings, tmp_path):
    window = make_window(settings)
    window.show()
    window.begin([])
    window.session.load("npz:/there/is/no/such.npz")
    qtbot.waitUntil(lambda: window.session.dataset is not None, timeout=PATIENCE)
    assert window.session.dataset.word == "mnist"
    window.close()
    delete(window)


# --- data from Keras ------------------------------------------------------------------------------------------


def test_keras_data_that_cannot_be_had_is_a_sentence_and_the_data_stays(qtbot, window, monkeypatch):
    before, combo = window.session.dataset, window.settings_panel.data.combo
    focus(qtbot, combo)
    for sentence in ("TensorFlow cannot be imported here.", "The download failed: there is no network."):

        def load(path, watch, sentence=sentence):
            raise DataError(sentence, "The data loaded before stays in use.", "ModuleNotFoundError: tensorflow")

        monkeypatch.setattr("engine.datasets.keras_download.load_mnist", load)
        with qtbot.waitSignal(window.session.dataset_failed, timeout=PATIENCE):
            QTest.keyClick(combo, Qt.Key.Key_Down)
        rest(qtbot, window)
        assert window.session.dataset is before
        assert combo.name == window.session.run.dataset == "mnist"
        assert sentence in window.message.sentence
        assert window.message.details.isVisible()
        window.message.details.click()
        assert "ModuleNotFoundError" in window.message.text.toPlainText()
        assert window.message.text.isVisible()
    train(qtbot, window)


# --- light and dark -------------------------------------------------------------------------------------------


def luminance(colour):
    """Return the relative luminance of WCAG 2."""
    parts = np.array(theme.rgb(colour)) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(first, second):
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("look", [theme.DARK, theme.LIGHT], ids=["dark", "light"], indirect=False)
def test_text_can_be_read_on_every_background(look):
    pairs = [(ink, ground) for ink in ("text", "muted", "bad", "good") for ground in ("window", "surface", "raised")]
    pairs += [("accent", "window"), ("accent", "surface"), ("on_accent", "accent")]
    weak = {pair: contrast(getattr(look, pair[0]), getattr(look, pair[1])) for pair in pairs}
    assert {pair: value for pair, value in weak.items() if value < 4.5} == {}


def background(window, widget):
    """Return the colour in a corner of a widget, as it is painted in the window."""
    image = window.grab().toImage()
    return image.pixelColor(widget.mapTo(window, QPoint(1, 1))).name()


def test_light_and_dark_change_while_it_trains(qtbot, window, settings):
    """Also what style sheets do not reach: plots, painted bars, icons."""
    train_for_long(qtbot, window)
    window.drawing_panel.show_test_image()
    painted = (
        window.pages.page("Training").plots.loss,
        window.drawing_panel.bars,
        window.transport.widgetForAction(window.transport.train),
    )
    seen, pictures = {}, []
    for mode in ("dark", "light"):
        window.menus.themes[mode].trigger()
        look = theme.current()
        assert look.name == mode
        QApplication.processEvents()
        window.pages.page("Training").redraw()
        pictures.append([widget.grab().toImage() for widget in painted])
        for index in range(window.pages.count()):
            window.pages.setCurrentIndex(index)
            QApplication.processEvents()
            assert background(window, window.settings_dock) == look.window
            seen.setdefault(index, []).append(window.pages.widget(index).grab().toImage().pixelColor(3, 3).lightness())
    assert all(dark < 60 < 200 < light for dark, light in seen.values()), seen
    assert all(dark != light for dark, light in zip(*pictures, strict=True))
    assert settings.value("theme") == "light"
    assert window.session.state == State.RUNNING


# --- layout ---------------------------------------------------------------------------------------------------


def cut(window):
    """Return the texts that have less room than they need."""
    found = []
    for widget in window.findChildren(QLabel) + window.findChildren(QPushButton) + window.findChildren(QToolButton):
        if not widget.isVisible() or not widget.text() or isinstance(widget, ElidedLabel):  # that ends in an ellipsis
            continue
        if isinstance(widget, QLabel) and widget.wordWrap():
            short = widget.heightForWidth(widget.width()) > widget.height()
        else:
            short = widget.sizeHint().width() > widget.width()
        if short:
            found.append((widget.text(), widget.sizeHint().toTuple(), widget.size().toTuple()))
    return found


def test_nothing_is_cut_off_at_1280_by_720(qtbot, window):
    assert window.size().toTuple() == (1280, 720)
    error = DigitLabError("Something went wrong with a file. " * 6, details="many\nlines\n" * 20)
    for moment in ("new", "trained"):
        if moment == "trained":
            train(qtbot, window)
            window.drawing_panel.show_test_image()
        for index in range(window.pages.count()):
            window.pages.setCurrentIndex(index)
            qtbot.waitUntil(lambda: not window.session.tasks.titles, timeout=PATIENCE)
            QApplication.processEvents()
            name = window.pages.tabText(index)
            assert cut(window.pages.currentWidget()) == [], (moment, name)
            assert cut(window.transport) + cut(window.settings_panel) + cut(window.statusBar()) == []
            window.message.show_error(error)
            window.message.details.click()
            QApplication.processEvents()
            needed = window.minimumSizeHint()
            assert (needed.width() <= 1280, needed.height() <= 720) == (True, True), (needed, name)
            assert window.size().toTuple() == (1280, 720)
            window.message.close_button.click()


def test_without_the_forms_it_fits_a_smaller_screen_and_is_never_smaller_than_its_contents(qtbot, window):
    for index in range(window.pages.count()):
        window.pages.setCurrentIndex(index)
        QApplication.processEvents()
    QTest.keyClick(window, Qt.Key.Key_F2)
    QApplication.processEvents()
    needed = window.minimumSizeHint()
    assert needed.width() <= 1000
    assert needed.height() <= 640
    window.resize(1000, 640)
    assert window.size().toTuple() == (1000, 640)
    window.resize(300, 200)
    QApplication.processEvents()
    assert window.width() >= window.minimumSizeHint().width()
    QTest.keyClick(window, Qt.Key.Key_F2)
    QApplication.processEvents()
    assert window.width() >= window.minimumSizeHint().width()


def test_docks_close_and_come_back(window):
    for key, dock in ((Qt.Key.Key_F2, window.settings_dock), (Qt.Key.Key_F3, window.drawing_dock)):
        width = dock.width()
        QTest.keyClick(window, key)
        assert not dock.isVisible()
        QTest.keyClick(window, key)
        assert dock.isVisible()
        assert dock.width() == width
        dock.close()
        assert not dock.toggleViewAction().isChecked()
    window.transport.hide()
    usual = next(action for action in window.findChildren(type(window.menus.full)) if "Usual" in action.text())
    usual.trigger()
    assert all(dock.isVisible() for dock in window.findChildren(QDockWidget))
    assert window.transport.isVisible()


def test_pages_and_full_screen_by_keys(qtbot, window):
    keys = [getattr(Qt.Key, f"Key_{key}") for key in (*range(1, 10), 0, "Minus")]
    for key, entry in reversed(list(zip(keys, PAGES, strict=True))):
        page = window.pages.page(entry.name)
        QTest.keyClick(window, key, Qt.KeyboardModifier.ControlModifier)
        assert window.pages.currentWidget() is page
    QTest.keyClick(window, Qt.Key.Key_F11)
    assert window.isFullScreen()
    window.showNormal()  # by the window manager
    window.menus.full.associatedObjects()[0].aboutToShow.emit()
    assert not window.menus.full.isChecked()
    window.menus.full.trigger()
    assert window.isFullScreen()
    QTest.keyClick(window, Qt.Key.Key_F11)
    assert not window.isFullScreen()


# --- messages -------------------------------------------------------------------------------------------------


def test_an_error_unfolds_its_details_and_goes_away(qtbot, window):
    bar = window.message
    assert not bar.isVisible()
    window.session.problem.emit(DigitLabError("What happened.", "What to do.", "KeyError: 'x'"))
    assert bar.isVisible()
    assert bar.sentence == "What happened. What to do."
    assert bar.label.palette().windowText().color().name() == theme.current().bad
    assert not bar.text.isVisible()
    QTest.mouseClick(bar.details, Qt.MouseButton.LeftButton)
    assert bar.text.isVisible()
    assert bar.text.toPlainText() == "KeyError: 'x'"
    QTest.mouseClick(bar.close_button, Qt.MouseButton.LeftButton)
    assert not bar.isVisible()
    window.session.problem.emit(DigitLabError("Another."))
    assert not bar.details.isVisible()
    assert not bar.text.isVisible()
    assert not bar.action.isVisible()


def test_a_hint_offers_something_to_press_once(qtbot, window):
    done = []
    bar = window.message
    window.session.problem.emit(DigitLabError("What happened."))
    bar.show_hint("Something is worth knowing.", "Do it", partial_append(done))
    assert bar.label.palette().windowText().color().name() == theme.current().text
    QTest.mouseClick(bar.action, Qt.MouseButton.LeftButton)
    assert done == [1]
    assert not bar.isVisible()
    bar.show_hint("Only a sentence.")
    assert not bar.action.isVisible()


def partial_append(found):
    def append():
        found.append(1)

    return append


def test_long_messages_wrap_and_markup_is_text(qtbot, window):
    needed, bar = window.minimumSizeHint().width(), window.message
    for sentence in ("word " * 120, "/home/" + "longname" * 60 + ".npz", "<b>bold</b> & <i>co</i>.png cannot be read."):
        window.session.problem.emit(DigitLabError(sentence))
        window.strip.say(f"Saved to {sentence}.")
        QApplication.processEvents()
        assert bar.sentence == sentence.strip()
        assert bar.label.text().replace("\N{ZERO WIDTH SPACE}", "") == sentence.strip()
        assert bar.label.textFormat() == Qt.TextFormat.PlainText
        qtbot.waitUntil(lambda: bar.label.heightForWidth(bar.label.width()) <= bar.label.height())
        assert window.minimumSizeHint().width() == needed
        assert window.width() == 1280
    assert breakable("short words stay") == "short words stay"


def test_a_run_that_explodes_says_why(qtbot, window):
    wild = {"optimizer": {"kind": "sgd"}, "learning_rate": 10.0, "schedule": {"kind": "constant"}, "loss": "mse"}
    window.settings_panel.set_run(QUICK.changed(network={"output_activation": "linear"}, training=wild))
    with qtbot.waitSignal(window.session.ended, timeout=PATIENCE) as ended:
        window.transport.train.trigger()
    assert ended.args[0].reason == "diverged"
    assert window.message.isVisible()
    assert "no longer a finite number" in window.message.sentence
    assert np.isfinite(window.session.snapshot.parameters).all()
    rest(qtbot, window)


def test_exporting_figures_from_the_menu_says_when_there_are_none(qtbot, window, monkeypatch, tmp_path):
    keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(window, Qt.Key.Key_E, keys)
    assert "no figures to export yet" in window.message.sentence
    window.pages.setCurrentWidget(window.pages.page("Data"))
    train(qtbot, window)
    target = tmp_path / "curves.csv"
    monkeypatch.setattr("PySide6.QtWidgets.QFileDialog.getSaveFileName", lambda *_: (str(target), ""))
    QTest.keyClick(window, Qt.Key.Key_E, keys)
    rest(qtbot, window)
    assert len(target.read_text().splitlines()) > 50


# --- coming and going -----------------------------------------------------------------------------------------


def memory():
    """Return the memory in use in MB, where the system tells; 0 elsewhere."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * 4096 / 1e6
    except OSError:
        return 0.0


def system_threads():
    """Return how many threads the system counts: Python goes on listing Qt's after they have ended."""
    return psutil.Process().num_threads()


def test_twelve_windows_leave_nothing_behind(qtbot, settings):
    widgets, used, threads, gone = set(QApplication.allWidgets()), 0.0, 0, []
    for turn in range(12):
        window = make_window(settings)
        window.show()
        window.begin([])
        qtbot.waitUntil(lambda made=window: made.session.dataset is not None, timeout=PATIENCE)
        window.session.train()
        window.pages.setCurrentIndex(turn % 4)
        window.close()
        gone.append(weakref.ref(window))
        delete(window)
        del window
        if turn == 3:
            used, threads = memory(), system_threads()
    gc.collect()
    assert set(QApplication.allWidgets()) <= widgets
    assert [ref() for ref in gone] == [None] * 12
    qtbot.waitUntil(lambda: system_threads() <= threads, timeout=PATIENCE)
    assert memory() - used < 40


def buttons(window):
    """Return what can be done in the walk, by name."""
    bar, forms, pad = window.transport, window.settings_panel, window.drawing_panel
    layers = forms.network.buttons.buttons
    return {
        **{f"transport {a.text()}": a.trigger for a in (bar.reset, bar.batch, bar.epoch, bar.stop)},
        "train": bar.train.trigger,
        "train again": bar.train.trigger,
        **{f"layer {name}": layers[name].click for name in ("duplicate", "remove", "up", "down")},
        "layer add": layers["add"].menu().actions()[0].trigger,
        "units": lambda: type_into(forms.findChild(QLineEdit, "units"), "24"),
        "batch": lambda: type_into(forms.findChild(QLineEdit, "batch_size"), "30"),
        "wrong": lambda: type_into(forms.findChild(QLineEdit, "epochs"), "0"),
        "preset": lambda: next_choice(forms.preset.combo),
        "undo form": forms.undo_stack.undo,
        "redo form": forms.undo_stack.redo,
        "page": lambda: window.pages.setCurrentIndex((window.pages.currentIndex() + 1) % 4),
        "test image": pad.show_test_image,
        "clear": pad.pad.clear,
        "undo pad": pad.undo_stack.undo,
        "evaluate": window.show_evaluation,
        "data": lambda: window.session.load("mnist"),
        "theme": lambda: window.choose_theme("light" if theme.current().name == "dark" else "dark"),
    }


def type_into(line, text):
    if line is not None and line.isVisible():
        line.selectAll()
        QTest.keyClicks(line, text)


def next_choice(combo: QComboBox):
    combo.setCurrentIndex((combo.currentIndex() + 1) % combo.count())


def check(window):
    """What must hold at every moment."""
    session, bar = window.session, window.transport
    assert session.state in set(State)
    assert session.reader.spec == session.snapshot.spec == session.built.network
    assert (not session.trainer.active) == (session.state == State.IDLE)
    assert bar.stop.isEnabled() == (session.state in (State.RUNNING, State.PAUSED))
    assert bar.train.text() == ("Pause" if session.state == State.RUNNING else "Train")
    assert window.pages.page("Training").plots.history is session.history
    assert np.isfinite(session.snapshot.parameters).all()


def test_two_hundred_random_presses_leave_everything_in_order(qtbot, window, user_folders):
    chance = random.Random(20)
    done = []
    for _ in range(200):
        actions = buttons(window)
        if "theme" in done:
            del actions["theme"]  # it takes long, and once is enough
        name = chance.choice(sorted(actions))
        done.append(name)
        actions[name]()
        for _ in range(chance.randrange(3)):
            QApplication.processEvents()
        check(window)
    window.transport.reset.trigger()
    rest(qtbot, window)
    check(window)
    assert window.session.snapshot.step == 0
    assert not window.session.pending
    window.settings_panel.set_run(QUICK)
    train(qtbot, window)
    assert window.session.snapshot.step == 54
    allowed = ("still being loaded",)
    assert [str(problem) for problem in window.problems if not any(w in str(problem) for w in allowed)] == []
