"""Model files in the window: open, save, kept copies, recent ones, and everything that is dropped on it."""

import json

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from safetensors import safe_open
from safetensors.numpy import save_file
from whole_window import LONG, PATIENCE, QUICK, rest, train

from engine.ink.drawing import render
from engine.model_files import load_model
from engine.network import Network
from engine.presets import PRESETS
from gui.session import State

pytest_plugins = ["whole_window"]
pytestmark = pytest.mark.usefixtures("quick_collections", "part_of_mnist", "look")


def train_for_long(qtbot, window, batches=5):
    window.settings_panel.set_run(window.session.run.changed(training=LONG))
    window.transport.train.trigger()
    qtbot.waitUntil(lambda: len(window.session.history.batches) > batches, timeout=PATIENCE)


def press(window, key, modifier=Qt.KeyboardModifier.ControlModifier):
    QTest.keyClick(window, key, modifier)


def choose(monkeypatch, path):
    """Let the next file dialogs answer `path`."""
    for name in ("getSaveFileName", "getOpenFileName"):
        monkeypatch.setattr(QFileDialog, name, lambda *_: (str(path), ""))


def save_as(qtbot, window, monkeypatch, path):
    choose(monkeypatch, path)
    with qtbot.waitSignal(window.document.saved_to, timeout=PATIENCE):
        press(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)


def open_file(qtbot, window, path):
    with qtbot.waitSignal(window.document.opened, timeout=PATIENCE):
        window.open_path(path)


def answers(window, images):
    return np.array([window.session.read(image) for image in images])


def kept(user_folders):
    return sorted((user_folders / "models").glob("*"))


# --- open and save --------------------------------------------------------------------------------------------


def test_a_network_reads_the_same_after_saving_and_opening(qtbot, window, monkeypatch, tmp_path, small):
    assert window.windowTitle() == "New network[*] — DigitLab"
    assert not window.isWindowModified()
    train(qtbot, window)
    assert window.isWindowModified()
    before, target = answers(window, small.test_images[:20]), tmp_path / "mine.safetensors"

    choose(monkeypatch, target)
    with qtbot.waitSignal(window.document.saved_to, timeout=PATIENCE):
        press(window, Qt.Key.Key_S)
    assert window.windowTitle() == "mine.safetensors[*] — DigitLab"
    assert not window.isWindowModified()

    press(window, Qt.Key.Key_N)
    assert window.windowTitle() == "New network[*] — DigitLab"
    assert window.session.snapshot.step == 0
    assert not np.allclose(answers(window, small.test_images[:20]), before)

    with qtbot.waitSignal(window.document.opened, timeout=PATIENCE):
        press(window, Qt.Key.Key_O)
    np.testing.assert_array_equal(answers(window, small.test_images[:20]), before)
    assert window.windowTitle() == "mine.safetensors[*] — DigitLab"
    assert not window.isWindowModified()
    assert window.problems == []


def test_saving_again_goes_to_the_same_file_and_more_training_marks_it(qtbot, window, monkeypatch, tmp_path):
    train(qtbot, window)
    target = tmp_path / "mine.safetensors"
    save_as(qtbot, window, monkeypatch, target)
    first = load_model(target)
    train(qtbot, window)
    assert window.isWindowModified()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", None)  # nobody asks
    with qtbot.waitSignal(window.document.saved_to, timeout=PATIENCE):
        press(window, Qt.Key.Key_S)
    second = load_model(target)
    assert second.record.steps == 2 * first.record.steps == window.session.snapshot.step
    assert not window.isWindowModified()


def test_the_record_counts_what_was_learned_before_the_file_was_opened(qtbot, window, monkeypatch, tmp_path):
    train(qtbot, window)
    save_as(qtbot, window, monkeypatch, tmp_path / "a.safetensors")
    first = load_model(tmp_path / "a.safetensors").record
    assert (first.epochs, first.steps, first.dataset) == (2, 54, "MNIST, a part")
    assert first.test_accuracy == window.session.evaluation.accuracy
    open_file(qtbot, window, tmp_path / "a.safetensors")
    save_as(qtbot, window, monkeypatch, tmp_path / "same.safetensors")
    assert load_model(tmp_path / "same.safetensors").record == first
    train(qtbot, window)
    save_as(qtbot, window, monkeypatch, tmp_path / "more.safetensors")
    more = load_model(tmp_path / "more.safetensors")
    assert (more.record.epochs, more.record.steps) == (4, 108)
    assert (more.network.epoch, more.network.step) == (4, 108)


def test_a_step_after_opening_is_not_recorded_as_what_the_file_said(qtbot, window, monkeypatch, tmp_path):
    train(qtbot, window)
    save_as(qtbot, window, monkeypatch, tmp_path / "a.safetensors")
    open_file(qtbot, window, tmp_path / "a.safetensors")
    window.transport.batch.trigger()
    qtbot.waitUntil(lambda: window.session.state == State.PAUSED, timeout=PATIENCE)
    save_as(qtbot, window, monkeypatch, tmp_path / "b.safetensors")
    record, before = (load_model(tmp_path / f"{name}.safetensors").record for name in "ba")
    assert (record.steps, record.epochs) == (55, 2)
    assert record.test_loss != before.test_loss


def test_recent_files_are_in_the_menu_newest_first_and_once(qtbot, window, monkeypatch, tmp_path, small):
    window.menus.recent.aboutToShow.emit()
    assert [entry.isEnabled() for entry in window.menus.recent.actions()] == [False]
    for name in ("a & b.safetensors", "c.safetensors", "a & b.safetensors"):
        window.session.new_network()
        train(qtbot, window)
        save_as(qtbot, window, monkeypatch, tmp_path / name)
    assert [path.name for path in window.document.recent] == ["a & b.safetensors", "c.safetensors"]
    window.menus.recent.aboutToShow.emit()
    entries = window.menus.recent.actions()
    assert [entry.text() for entry in entries] == ["&1 a && b.safetensors", "&2 c.safetensors"]
    with qtbot.waitSignal(window.document.opened, timeout=PATIENCE):
        entries[1].trigger()
    assert window.document.path == tmp_path / "c.safetensors"
    (tmp_path / "c.safetensors").unlink()
    entries[1].trigger()
    rest(qtbot, window)
    assert "there is no file of that name" in window.message.sentence


def test_at_most_ten_recent_files_have_their_own_number(qtbot, window, settings, tmp_path):
    settings.setValue("recent", [str(tmp_path / f"{number}.safetensors") for number in range(10)])
    window.menus.recent.aboutToShow.emit()
    texts = [entry.text() for entry in window.menus.recent.actions()]
    assert texts[0] == "&1 0.safetensors"
    assert texts[9] == "10 9.safetensors"


def test_a_name_without_an_ending_gets_the_usual_one_but_replaces_nothing(qtbot, window, monkeypatch, tmp_path):
    train(qtbot, window)
    save_as(qtbot, window, monkeypatch, tmp_path / "net.v2")
    assert window.document.path == tmp_path / "net.v2.safetensors"
    before = window.document.path.read_bytes()
    train(qtbot, window)
    window.save_dialog()
    rest(qtbot, window)
    assert "net.v2.safetensors exists already and was left as it is" in window.message.sentence
    assert (tmp_path / "net.v2.safetensors").read_bytes() == before
    assert window.isWindowModified()


def test_nothing_happens_when_a_dialog_is_cancelled(qtbot, window, monkeypatch):
    choose(monkeypatch, "")
    window.open_dialog()
    window.save()
    rest(qtbot, window)
    assert window.document.path is None
    assert window.problems == []


def test_opening_ends_and_keeps_what_was_being_trained(qtbot, window, monkeypatch, tmp_path, user_folders):
    train(qtbot, window)
    save_as(qtbot, window, monkeypatch, tmp_path / "a.safetensors")
    window.settings_panel.set_run(QUICK.changed(training={"keep_best": False}))
    train_for_long(qtbot, window, batches=70)
    open_file(qtbot, window, tmp_path / "a.safetensors")
    rest(qtbot, window)
    assert window.session.snapshot.step == 54
    assert window.windowTitle() == "a.safetensors[*] — DigitLab"
    assert not window.isWindowModified()
    (step,) = [load_model(path).network.step for path in kept(user_folders)]
    assert step >= 70, "a run has one kept model: that of its first stretch has gone"


def test_of_two_files_opened_at_once_the_second_counts(qtbot, window, monkeypatch, tmp_path):
    for name in ("a", "b"):
        train(qtbot, window)
        save_as(qtbot, window, monkeypatch, tmp_path / f"{name}.safetensors")
    opened = []
    window.document.opened.connect(opened.append)
    window.document.open(tmp_path / "a.safetensors")
    window.document.open(tmp_path / "b.safetensors")
    rest(qtbot, window)
    assert [model.record.steps for model in opened] == [108]
    assert window.document.path.name == "b.safetensors"


def test_a_network_made_while_the_last_one_is_saved_does_not_take_its_file(qtbot, window, tmp_path):
    train(qtbot, window)
    with qtbot.waitSignal(window.document.saved_to, timeout=PATIENCE):
        window.document.save(tmp_path / "a.safetensors")
        window.session.new_network()
    assert (tmp_path / "a.safetensors").exists()
    assert window.document.path is None
    assert window.windowTitle() == "New network[*] — DigitLab"


def test_saving_during_a_training_saves_the_latest_copy(qtbot, window, monkeypatch, tmp_path):
    train_for_long(qtbot, window)
    qtbot.waitUntil(lambda: window.session.snapshot.epoch > 0, timeout=PATIENCE)
    save_as(qtbot, window, monkeypatch, tmp_path / "now.safetensors")
    assert window.session.state == State.RUNNING
    model = load_model(tmp_path / "now.safetensors")
    assert model.network.epoch > 0
    assert len(model.record.seconds_per_epoch) == model.network.epoch
    qtbot.waitUntil(window.isWindowModified, timeout=PATIENCE)


# --- the article's file ---------------------------------------------------------------------------------------


def test_the_articles_file_opens_in_float64_and_learns_on(qtbot, window, monkeypatch, tmp_path, small):
    rng = np.random.default_rng(3)
    layers = [
        {"weights": [rng.normal(0, 0.05, inputs) for _ in range(units)], "biases": [0.01] * units}
        for inputs, units in ((784, 12), (12, 10))
    ]
    np.save(tmp_path / "article.npy", layers, allow_pickle=True)
    content = (tmp_path / "article.npy").read_bytes()
    open_file(qtbot, window, tmp_path / "article.npy")
    session = window.session
    assert window.windowTitle() == "article.npy[*] — DigitLab"
    assert session.run.network == session.snapshot.spec
    assert session.run.training == PRESETS["article"].run.training
    assert session.snapshot.parameters.dtype == np.float64
    hidden = np.maximum(0, np.array(layers[0]["weights"]) @ (small.test_images[0].ravel() / 255) + 0.01)
    outputs = np.maximum(0, np.array(layers[1]["weights"]) @ hidden + 0.01)
    np.testing.assert_allclose(session.reader.forward(small.test_images[:1] / 255)[0], outputs, rtol=1e-12)

    before = session.snapshot.parameters
    train(qtbot, window)
    assert session.snapshot.step == 600
    assert session.snapshot.parameters.dtype == np.float64
    assert not np.array_equal(session.snapshot.parameters, before)
    choose(monkeypatch, tmp_path / "further.safetensors")
    with qtbot.waitSignal(window.document.saved_to, timeout=PATIENCE):
        window.save()  # never over the article's own file
    again = load_model(tmp_path / "further.safetensors")
    np.testing.assert_array_equal(again.network.parameters, session.snapshot.parameters)
    assert (tmp_path / "article.npy").read_bytes() == content


# --- bad files ------------------------------------------------------------------------------------------------


def altered(path, target, **changes):
    """Write a copy of a model file with other metadata or another tensor."""
    with safe_open(path, framework="np") as file:
        about, tensors = dict(file.metadata()), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    weights = changes.pop("weights", None)
    if weights is not None:
        tensors["dense_1.weights"] = weights
    save_file(tensors, target, {**about, **changes})


@pytest.fixture
def bad(tmp_path, small):
    """Return a function that makes a bad model file of a kind."""
    from engine.model_files import Model, save_model

    good = tmp_path / "good.safetensors"
    save_model(good, Model(Network(QUICK.network, 0).snapshot(), QUICK))
    shape = json.dumps({"input_shape": [32, 32]})

    def make(kind):
        target = tmp_path / f"{kind}.safetensors"
        if kind == "damaged":
            content = bytearray(good.read_bytes())
            content[20:60] = b"\xff" * 40
            target.write_bytes(content)
        elif kind == "newer":
            altered(good, target, format_version="7")
        elif kind == "larger images":
            altered(good, target, preprocessing=shape)
        elif kind == "other weights":
            altered(good, target, weights=np.zeros((1024, 16), np.float32))
        elif kind == "folder":
            target.mkdir()
        elif kind != "missing":
            parts = {"empty": b"", "cut": good.read_bytes()[:-9], "foreign": b"%PDF-1.7 something else"}
            target.write_bytes(parts[kind])
        return target

    return make


REASONS = {
    "damaged": "it is damaged, cut short or not a model file",
    "cut": "it is damaged, cut short or not a model file",
    "foreign": "it is damaged, cut short or not a model file",
    "empty": "it is empty",
    "missing": "there is no file of that name",
    "newer": "it was written by a newer DigitLab",
    "larger images": "it is for inputs of 32x32",
    "other weights": "it is for 1,024 inputs",
}


def test_a_bad_file_is_one_sentence_and_changes_nothing(qtbot, window, bad):
    train_for_long(qtbot, window)
    title, session, history = window.windowTitle(), window.session, window.session.history
    for kind, reason in REASONS.items():
        window.problems.clear()
        window.open_path(bad(kind))
        qtbot.waitUntil(lambda: bool(window.problems), timeout=PATIENCE)
        assert len(window.problems) == 1
        assert window.message.isVisible()
        assert f"{kind}.safetensors cannot be opened: " in window.message.sentence
        assert reason in window.message.sentence
        assert "What was open stays open, unchanged." in window.message.sentence
        assert "Traceback" not in window.message.sentence
        window.message.close_button.click()
        assert not window.message.isVisible()
    assert session.state == State.RUNNING
    assert session.history is history
    assert window.windowTitle() == title
    assert window.document.path is None
    assert window.document.recent == []


def test_saving_where_it_is_impossible_keeps_the_network(qtbot, window, monkeypatch, tmp_path):
    train(qtbot, window)
    snapshot = window.session.snapshot
    (tmp_path / "file").write_text("no folder")
    (tmp_path / "folder.safetensors").mkdir()
    for place in ("folder.safetensors", "file/net.safetensors", "nowhere/net.safetensors"):
        window.problems.clear()
        choose(monkeypatch, tmp_path / place)
        window.save()
        rest(qtbot, window)
        assert [str(problem) for problem in window.problems] == [window.message.sentence]
        assert f"{place} could not be written" in window.message.sentence
        assert window.session.snapshot is snapshot
        assert window.document.path is None
        assert window.isWindowModified()
    assert not list(tmp_path.glob("**/*.part"))


# --- kept copies ----------------------------------------------------------------------------------------------


def finished(qtbot, window):
    train(qtbot, window)


def stopped(qtbot, window):
    train_for_long(qtbot, window)
    with qtbot.waitSignal(window.session.ended, timeout=PATIENCE):
        window.transport.stop.trigger()


def reset_while_running(qtbot, window):
    train_for_long(qtbot, window)
    with qtbot.waitSignal(window.session.left, timeout=PATIENCE):
        window.transport.reset.trigger()


def reset_while_paused(qtbot, window):
    train_for_long(qtbot, window)
    window.transport.train.trigger()
    qtbot.waitUntil(lambda: window.session.state == State.PAUSED, timeout=PATIENCE)
    with qtbot.waitSignal(window.session.left, timeout=PATIENCE):
        window.transport.reset.trigger()


def closed_while_running(qtbot, window):
    train_for_long(qtbot, window)
    window.close()


@pytest.mark.parametrize("end", [finished, stopped, reset_while_running, reset_while_paused, closed_while_running])
def test_every_run_is_kept_once(qtbot, window, user_folders, end):
    end(qtbot, window)
    rest(qtbot, window)
    window.session.new_network()
    window.session.new_network()
    rest(qtbot, window)
    window.close()
    files = kept(user_folders)
    assert len(files) == 1
    model = load_model(files[0])
    assert model.network.step > 0
    assert model.run.network == QUICK.network
    assert model.record.dataset == "MNIST, a part"
    assert model.record.steps == model.network.step
    assert window.problems == []


def test_a_run_whose_best_epoch_came_back_is_kept_once(qtbot, window, user_folders):
    for step in (window.transport.epoch, window.transport.batch):
        step.trigger()
        qtbot.waitUntil(lambda: window.session.state == State.PAUSED, timeout=PATIENCE)
    with qtbot.waitSignal(window.session.ended, timeout=PATIENCE) as ended:
        window.transport.stop.trigger()
    assert ended.args[0].best_epoch == 1
    rest(qtbot, window)
    window.session.new_network()
    rest(qtbot, window)
    assert len(kept(user_folders)) == 1


def test_a_run_is_kept_with_its_own_settings_and_not_those_of_the_network_after_it(qtbot, window, user_folders):
    squared = QUICK.changed(
        network={"output_activation": "relu"}, training={"loss": "mse", "epochs": 10_000}, run={"seed": 5}
    )
    window.settings_panel.set_run(squared)
    train_for_long(qtbot, window)
    window.settings_panel.set_run(QUICK)  # another loss, another output: waits for a new network
    window.transport.reset.trigger()
    rest(qtbot, window)
    qtbot.waitUntil(lambda: len(kept(user_folders)) == 1, timeout=PATIENCE)
    rest(qtbot, window)
    model = load_model(kept(user_folders)[0])  # a mixture of both would not open
    assert model.run.network == squared.network
    assert model.run.training.loss == "mse"
    assert model.run.seed == 5


def test_a_kept_network_is_offered_at_the_next_start_and_never_saved_over(
    qtbot, window, opened, monkeypatch, tmp_path, user_folders, small
):
    train(qtbot, window)
    before = answers(window, small.test_images[:5])
    window.close()
    second = opened()
    assert second.message.sentence.startswith("Your last network is kept: ")
    with qtbot.waitSignal(second.document.opened, timeout=PATIENCE):
        second.message.action.click()
    rest(qtbot, second)
    assert not second.message.isVisible()
    np.testing.assert_array_equal(answers(second, small.test_images[:5]), before)
    assert "16-10" in second.windowTitle()
    assert ".safetensors" not in second.windowTitle()
    assert second.document.recent == []
    content = kept(user_folders)[0].read_bytes()
    choose(monkeypatch, tmp_path / "mine.safetensors")
    with qtbot.waitSignal(second.document.saved_to, timeout=PATIENCE):
        second.save()
    assert kept(user_folders)[0].read_bytes() == content
    assert second.document.path == tmp_path / "mine.safetensors"
    second.close()
    assert len(kept(user_folders)) == 1


def test_the_menu_of_kept_models_opens_them(qtbot, window):
    window.menus.kept.aboutToShow.emit()
    assert [entry.text() for entry in window.menus.kept.actions()] == ["No run has been kept yet"]
    train(qtbot, window)
    learned = window.session.snapshot.parameters
    window.session.new_network()
    window.menus.kept.aboutToShow.emit()
    with qtbot.waitSignal(window.document.opened, timeout=PATIENCE):
        window.menus.kept.actions()[0].trigger()
    np.testing.assert_array_equal(window.session.snapshot.parameters, learned)


def test_an_unusable_data_folder_is_a_sentence_and_the_network_is_kept_once_it_is_mended(
    qtbot, window, opened, monkeypatch, tmp_path, user_folders
):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("DIGITLAB_DATA", str(tmp_path / "file"))
    train(qtbot, window)
    assert len(window.problems) == 1
    assert "cannot be made" in window.message.sentence
    assert window.session.snapshot.step == 54
    window.menus.kept.aboutToShow.emit()
    assert "cannot be made" in window.menus.kept.actions()[0].text()
    second = opened()
    assert "cannot be made" in second.message.sentence
    assert not window.close()
    assert window.isVisible()
    assert window.message.action.text() == "Close anyway"
    monkeypatch.setenv("DIGITLAB_DATA", str(user_folders))
    window.session.new_network()
    rest(qtbot, window)
    assert len(kept(user_folders)) == 1
    assert len(window.problems) == 1
    assert window.close()


def test_closing_waits_for_a_file_that_is_being_written_and_stays_if_that_fails(qtbot, window, tmp_path):
    train(qtbot, window)
    window.document.save(tmp_path / "nowhere" / "a.safetensors")
    assert not window.close()
    rest(qtbot, window)
    assert "could not be written" in window.message.sentence
    with qtbot.waitSignal(window.document.saved_to, timeout=PATIENCE):
        window.document.save(tmp_path / "b.safetensors")  # nobody wants to close any more
    rest(qtbot, window)
    QApplication.processEvents()
    assert window.isVisible()
    window.document.save(tmp_path / "c.safetensors")
    assert not window.close()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=PATIENCE)
    assert load_model(tmp_path / "c.safetensors").network.step == 54


# --- dropped files --------------------------------------------------------------------------------------------


def drop(window, mime, widget=None):
    """Drop on the window, or on a widget in it, as Qt does: who ignores a drag leaves it to the parent."""
    target = widget or window.centralWidget()
    arguments = (Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    while target is not None:
        if target.acceptDrops():
            position = QPointF(target.rect().center())
            enter = QDragEnterEvent(position.toPoint(), *arguments)
            enter.ignore()
            QApplication.sendEvent(target, enter)
            if enter.isAccepted():
                QApplication.sendEvent(target, QDropEvent(position, *arguments))
                return True
        target = target.parentWidget()
    return False


def files(*paths):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return mime


def test_a_model_may_be_dropped_anywhere(qtbot, window, bad, tmp_path):
    bad("missing")
    pages = [window.pages.page(name) for name in ("Training", "Weights", "Evaluation", "Data")]
    for place in (*pages, window.drawing_panel, window.transport):
        window.session.new_network()
        with qtbot.waitSignal(window.document.opened, timeout=PATIENCE):
            assert drop(window, files(tmp_path / "good.safetensors"), place)
        assert window.document.path == tmp_path / "good.safetensors"


def test_a_dropped_picture_lands_on_the_pad(qtbot, window, tmp_path):
    ink = render([np.array([(0.25, 0.2), (0.75, 0.2), (0.45, 0.85)])], 200)
    QImage((255 - ink).tobytes(), 200, 200, 200, QImage.Format.Format_Grayscale8).save(str(tmp_path / "seven.PNG"))
    network = window.session.snapshot
    assert drop(window, files(tmp_path / "seven.PNG"))
    qtbot.waitUntil(lambda: window.session.drawing is not None, timeout=PATIENCE)
    assert window.session.drawing.shape == (28, 28)
    assert window.drawing_panel.pad.drawing.caption == "seven.PNG"
    assert window.session.snapshot is network
    assert window.problems == []


def test_dropped_data_is_loaded(qtbot, window, tmp_path, small):
    np.savez(
        tmp_path / "own.npz",
        x_train=small.train_images[:300],
        y_train=small.train_labels[:300],
        x_test=small.test_images[:50],
        y_test=small.test_labels[:50],
    )
    with qtbot.waitSignal(window.session.dataset_changed, timeout=PATIENCE):
        assert drop(window, files(tmp_path / "own.npz"))
    assert len(window.session.dataset.train_images) == 300
    assert window.session.run.dataset == f"npz:{tmp_path / 'own.npz'}"


def test_something_foreign_is_a_sentence(qtbot, window, tmp_path):
    network, dataset = window.session.snapshot, window.session.dataset
    for name, words in (("letter.pdf", "not a model file"), ("no.png", "picture"), ("no.csv", "no.csv")):
        window.problems.clear()
        (tmp_path / name).write_bytes(b"%PDF-1.7 \xff\x00 something else")
        assert drop(window, files(tmp_path / name))
        qtbot.waitUntil(lambda: bool(window.problems), timeout=PATIENCE)
        assert words in window.message.sentence
    rest(qtbot, window)
    assert window.session.snapshot is network
    assert window.session.dataset is dataset
    assert window.session.drawing is None


def test_several_files_are_refused_in_a_sentence_and_what_is_no_file_is_not_welcome(qtbot, window, bad, tmp_path):
    bad("missing")
    text, web = QMimeData(), QMimeData()
    text.setText("hello")
    web.setUrls([QUrl("https://example.org/a.safetensors")])
    assert not drop(window, text)
    assert not drop(window, web)
    assert window.problems == []
    assert drop(window, files(tmp_path / "good.safetensors", tmp_path / "other.safetensors"))
    assert window.message.sentence.startswith("2 files were dropped, but only one can be opened at a time")
    rest(qtbot, window)
    assert window.document.path is None


def test_closing_with_nowhere_to_keep_the_network_asks_first(qtbot, window, monkeypatch, tmp_path):
    train_for_long(qtbot, window)
    (tmp_path / "file").touch()
    monkeypatch.setenv("DIGITLAB_DATA", str(tmp_path / "file"))
    assert not window.close()
    assert window.isVisible()
    assert window.session.state == State.RUNNING, "nothing was ended"
    assert "would be lost" in window.message.label.text()
    window.message.action.click()
    assert not window.isVisible()


def test_the_best_weights_coming_back_is_said_where_it_stays(qtbot, window):
    train_for_long(qtbot, window, batches=40)
    session = window.session
    session.pause()
    qtbot.waitUntil(lambda: session.state == State.PAUSED, timeout=PATIENCE)
    while session.history.last.seen == session.history.last.size:  # just at the end of an epoch, perhaps the best
        session.step_batch()
        qtbot.waitUntil(lambda: session.state == State.PAUSED, timeout=PATIENCE)
    with qtbot.waitSignal(session.ended, timeout=PATIENCE):
        window.transport.stop.trigger()
    rest(qtbot, window)
    assert "the best one, are back in the network" in window.message.label.text()
    assert window.message.isVisible()
    window.transport.train.trigger()
    qtbot.waitUntil(lambda: session.state == State.RUNNING, timeout=PATIENCE)
    assert not window.message.isVisible()
