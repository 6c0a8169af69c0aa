"""The forms at the left: real widgets, real keys, real mouse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, QSettings, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QFileDialog,
    QLineEdit,
    QScrollBar,
    QSlider,
    QWidget,
)
from pytestqt.qtbot import QtBot

from engine.datasets.dataset import Dataset
from engine.errors import SettingError
from engine.fields import parameter, parameters_of
from engine.ink.spec import InkSpec
from engine.layers import DenseSpec, DropoutSpec
from engine.optimizers import OPTIMIZERS, SGD, Adam, AdamW, Momentum
from engine.presets import PRESETS
from engine.schedules import SCHEDULES, Step
from engine.specs import NetworkSpec, RunSpec, TrainingSpec
from gui import theme
from gui.panels.settings_panel import WIDTH, SettingsPanel
from gui.session import Session, State
from gui.style_sheet import style_sheet
from gui.theme import DARK
from gui.widgets.setting_field import SettingField
from gui.widgets.value_edit import ValueEdit, stepped, value_text
from gui.widgets.variant_field import VariantField

ALT, CONTROL = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def session(qapp: QApplication) -> Iterator[Session]:
    qapp.setOrganizationName("DigitLab")
    qapp.setApplicationName("DigitLab")
    made = Session(PRESETS["quick"].run)
    yield made
    made.finish()


@pytest.fixture
def panel(session: Session, qtbot: QtBot) -> SettingsPanel:
    made = SettingsPanel(session)
    qtbot.addWidget(made)
    made.resize(WIDTH, 560)
    with qtbot.waitExposed(made):
        made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made


def field(panel: SettingsPanel, name: str) -> SettingField:
    found = {**panel.training.fields, **panel.regularization.fields, **panel.start.fields, **panel.ink.fields}[name]
    assert isinstance(found, SettingField)
    return found


def variant(panel: SettingsPanel, name: str) -> VariantField:
    found = panel.training.fields[name]
    assert isinstance(found, VariantField)
    return found


def layer_field(panel: SettingsPanel, index: int, name: str) -> SettingField:
    row = panel.network.layers.rows[index]
    panel.network.layers.select(row)
    return row.field.fields[name]


def enter(field: SettingField, text: str) -> None:
    """Replace what a line says, key by key."""
    field.editor.setFocus()
    assert isinstance(field.editor, QLineEdit)
    field.editor.selectAll()
    if text:
        QTest.keyClicks(field.editor, text)
    else:
        QTest.keyClick(field.editor, Qt.Key.Key_Delete)


def text_of(field: SettingField) -> str:
    assert isinstance(field.editor, QLineEdit)
    return field.editor.text()


def choose(field: SettingField, name: str) -> None:
    assert isinstance(field.editor, QComboBox)
    field.editor.setFocus()
    target = field.editor.findData(name)
    while field.editor.currentIndex() != target:
        down = field.editor.currentIndex() < target
        QTest.keyClick(field.editor, Qt.Key.Key_Down if down else Qt.Key.Key_Up)


def units(session: Session) -> list[int | str]:
    return [layer.units if isinstance(layer, DenseSpec) else "dropout" for layer in session.run.network.layers]


# --- one field ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["0", "-1", "nan", "1e9", "inf", "", "abc", "1,5", "10.0000001"])
def test_a_wrong_learning_rate_is_refused_in_a_sentence_and_changes_nothing(
    panel: SettingsPanel, session: Session, text: str
) -> None:
    rate = field(panel, "learning_rate")
    enter(rate, text)
    assert text_of(rate) == text
    assert rate.editor.property("wrong") is True
    assert rate.error.isVisible()
    assert "Learning rate:" in rate.error.text()
    assert "from 1e-06 to 10" in rate.error.text()
    # Also when the text was right on its way to being wrong, as 1 is in 1e9.
    assert rate.error.text().endswith("0.004 stays in force.")
    assert session.run == PRESETS["quick"].run
    assert not panel.undo_stack.canUndo()
    enter(rate, "0.02")
    assert not rate.error.isVisible()
    assert rate.editor.property("wrong") is False
    assert session.run.training.learning_rate == 0.02


@pytest.mark.parametrize(
    ("name", "text"), [("batch_size", "0"), ("epochs", "0"), ("l2", "2"), ("seed", "-1"), ("clip", "nan")]
)
def test_other_wrong_numbers_are_refused_too(panel: SettingsPanel, session: Session, name: str, text: str) -> None:
    for section in (panel.regularization, panel.start, panel.ink):
        section.button.setChecked(True)
    before = session.run
    enter(field(panel, name), text)
    assert field(panel, name).error.text()
    assert session.run == before


def test_a_valid_change_elsewhere_leaves_the_wrong_text_alone(panel: SettingsPanel, session: Session) -> None:
    rate = field(panel, "learning_rate")
    enter(rate, "0")
    enter(field(panel, "epochs"), "3")
    assert session.run.training.epochs == 3
    assert text_of(rate) == "0"
    assert rate.error.isVisible()


def test_a_number_may_be_written_as_one_likes(panel: SettingsPanel, session: Session) -> None:
    rate = field(panel, "learning_rate")
    enter(rate, "0.0500")
    assert session.run.training.learning_rate == 0.05
    assert text_of(rate) == "0.0500"
    enter(rate, "5e-2")
    assert session.run.training.learning_rate == 0.05
    assert not rate.error.isVisible()


def test_arrow_keys_step_numbers(panel: SettingsPanel, session: Session) -> None:
    epochs, rate = field(panel, "epochs"), field(panel, "learning_rate")
    QTest.keyClick(epochs.editor, Qt.Key.Key_Up)
    assert session.run.training.epochs == 7
    QTest.keyClick(rate.editor, Qt.Key.Key_Up)
    assert session.run.training.learning_rate == 0.0044
    enter(epochs, "1")
    QTest.keyClick(epochs.editor, Qt.Key.Key_Down)
    assert session.run.training.epochs == 1
    enter(epochs, "x")
    QTest.keyClick(epochs.editor, Qt.Key.Key_Up)
    assert session.run.training.epochs == 2
    assert not epochs.error.isVisible()


@given(
    owner_and_name=st.sampled_from(
        [
            (owner, declared.name)
            for owner in (TrainingSpec, NetworkSpec, RunSpec, DenseSpec, DropoutSpec, Adam, AdamW, Step)
            for declared in parameters_of(owner)
            if declared.kind in ("int", "float")
        ]
    ),
    part=st.floats(0, 1),
    steps=st.sampled_from([-10, -1, 1, 10]),
)
def test_a_step_never_leaves_the_legal_range(owner_and_name: tuple[type, str], part: float, steps: int) -> None:
    declared = parameter(*owner_and_name)
    low, high = declared.low, declared.high
    assert low is not None
    assert high is not None
    start = type(declared.default)(low + part * (high - low))
    moved = stepped(declared, start, steps)
    assert declared.check(value_text(moved)) == pytest.approx(moved, rel=1e-9)


def test_slider_and_field_of_the_learning_rate_move_together(panel: SettingsPanel, session: Session) -> None:
    rate = field(panel, "learning_rate")
    assert rate.slider is not None
    enter(rate, "10")
    assert rate.slider.value() == rate.slider.maximum()
    rate.slider.setFocus()
    QTest.keyClick(rate.slider, Qt.Key.Key_Home)
    assert session.run.training.learning_rate == 1e-6
    assert text_of(rate) == "1e-06"
    panel.ensureWidgetVisible(rate.slider)
    middle = rate.slider.rect().center()
    QTest.mouseClick(rate.slider, LEFT, NONE, middle)
    assert text_of(rate) == value_text(session.run.training.learning_rate)
    assert session.run.training.learning_rate > 1e-6


def test_escape_and_undo_give_a_wrong_text_up(panel: SettingsPanel, session: Session) -> None:
    epochs = field(panel, "epochs")
    for key, modifier in ((Qt.Key.Key_Escape, NONE), (Qt.Key.Key_Z, CONTROL)):
        enter(epochs, "zero")
        QTest.keyClick(epochs.editor, key, modifier)
        assert text_of(epochs) == "6"
        assert not epochs.error.isVisible()
    assert session.run == PRESETS["quick"].run


@pytest.mark.parametrize(
    ("name", "text", "advice"),
    [
        ("learning_rate", "0,01", "Write 0.01 with a point."),
        ("learning_rate", "1,5e-2", "Write 1.5e-2 with a point."),
        ("learning_rate", "12,5", ""),
        ("learning_rate", "1,2,3", ""),
        ("learning_rate", "a,b", ""),
        ("epochs", "1,5", ""),
        ("epochs", "1,000", ""),
    ],
)
def test_a_decimal_comma_is_refused_with_advice(panel: SettingsPanel, name: str, text: str, advice: str) -> None:
    enter(field(panel, name), text)
    sentence = field(panel, name).error.text()
    assert f"{text} is not allowed" in sentence
    assert advice in sentence
    assert ("with a point" in sentence) == bool(advice)


# --- contradictions -------------------------------------------------------------------------------------------


def frame_of(widget: QWidget) -> str:
    """The colour at the middle of the upper edge."""
    return widget.grab().toImage().pixelColor(widget.width() // 2, 0).name()


def test_loss_and_output_contradict_until_both_are_changed(
    panel: SettingsPanel, session: Session, qapp: QApplication
) -> None:
    theme.switch().start(qapp, "dark")
    output, loss = panel.network.output_activation, field(panel, "loss")
    choose(output, "relu")
    assert "needs Softmax as the output activation" in output.error.text()
    assert session.run.network.output_activation == "softmax"
    assert output.editor.property("wrong") is True
    assert frame_of(output.editor) == DARK.bad
    choose(loss, "mse")
    assert (session.run.network.output_activation, session.run.training.loss) == ("relu", "mse")
    assert not output.error.isVisible()
    assert frame_of(output.editor) == DARK.line
    choose(loss, "cross_entropy")
    assert loss.error.isVisible()
    assert session.run.training.loss == "mse"


def test_a_draft_that_was_overwritten_by_nonsense_does_not_come_back(
    panel: SettingsPanel, session: Session, small: Dataset
) -> None:
    session._on_loaded(small)
    batch = field(panel, "batch_size")
    enter(batch, "700")
    assert "there are 540 images" in batch.error.text()
    assert batch.error.text().endswith("128 stays in force.")
    assert session.run.training.batch_size == 128
    enter(batch, "x")
    session._split = None
    enter(field(panel, "epochs"), "9")
    assert session.run.training.batch_size == 128
    assert text_of(batch) == "x"


def test_a_batch_larger_than_new_data_is_said_at_once(panel: SettingsPanel, session: Session, small: Dataset) -> None:
    enter(field(panel, "batch_size"), "1000")
    session._on_loaded(small)
    batch = field(panel, "batch_size")
    assert "there are 540 images to learn from" in batch.error.text()
    enter(batch, "100")
    assert not batch.error.isVisible()
    assert session.run.training.batch_size == 100


# --- presets --------------------------------------------------------------------------------------------------


def test_presets_fill_everything_and_custom_appears(panel: SettingsPanel, session: Session) -> None:
    combo = panel.preset.combo
    enter(field(panel, "epochs"), "0")
    combo.setFocus()
    QTest.keyClick(combo, Qt.Key.Key_Home)  # the preset that is chosen already
    combo.activated.emit(0)
    assert text_of(field(panel, "epochs")) == "6"
    for preset in reversed(PRESETS.values()):
        combo.setCurrentIndex(combo.findData(preset.name))
        assert session.run == preset.run
        assert text_of(field(panel, "epochs")) == str(preset.run.training.epochs)
        assert panel.preset.help.text() == preset.help
        assert variant(panel, "optimizer").spec == preset.run.training.optimizer
        assert [row.spec for row in panel.network.layers.rows] == list(preset.run.network.layers)
    assert combo.findData("") == -1
    combo.setCurrentIndex(combo.findData("deep"))
    enter(field(panel, "epochs"), "11")
    assert combo.currentText() == "Custom"
    assert session.run.preset == ""
    enter(field(panel, "epochs"), "10")
    assert session.run.preset == "deep"
    assert combo.currentText() == "Deep"


def test_a_preset_whose_batch_is_larger_than_the_data_gets_a_smaller_one(
    panel: SettingsPanel, session: Session, small: Dataset
) -> None:
    tiny = Dataset(
        "mnist", "Tiny", small.train_images[:60], small.train_labels[:60], small.test_images, small.test_labels
    )
    enter(field(panel, "batch_size"), "10")
    session._on_loaded(tiny)
    panel.preset.combo.setCurrentIndex(panel.preset.combo.findData("deep"))
    assert session.run.network == PRESETS["deep"].run.network
    assert session.run.training.batch_size == 8
    assert field(panel, "batch_size").editor.text() == "8"
    assert panel.preset.combo.currentText() == "Custom"


def test_set_run_fills_all_controls_without_a_step_for_undo(
    panel: SettingsPanel, session: Session, qtbot: QtBot
) -> None:
    with qtbot.assertNotEmitted(session.run_changed):
        panel.set_run(PRESETS["article"].run)
    assert not panel.undo_stack.canUndo()
    assert panel.network.output_activation.value == "relu"
    assert text_of(field(panel, "batch_size")) == "1"
    assert panel.preset.combo.currentText() == "Article"


def test_a_loaded_model_fills_the_forms(panel: SettingsPanel, session: Session) -> None:
    enter(field(panel, "epochs"), "99")
    other = Session(PRESETS["deep"].run)
    session.adopt(other.snapshot, other.run)
    other.finish()
    assert len(panel.network.layers.rows) == 3
    assert panel.network.total.text() == "567,434 parameters to learn"
    assert text_of(field(panel, "epochs")) == "10"
    assert not panel.undo_stack.canUndo()


# --- layers ---------------------------------------------------------------------------------------------------


def test_each_row_says_shape_and_parameters(panel: SettingsPanel) -> None:
    panel.set_run(PRESETS["deep"].run)
    rows = panel.network.layers.rows
    assert rows[0].summary.text() == "Dense 512 · ReLU · dropout 0.2"
    assert "→ 512" in rows[0].facts.text()
    assert "401,920 parameters" in rows[0].facts.text()
    assert panel.network.input.fact.text() == "28 × 28 pixels → 784"
    assert "1,290 parameters" in panel.network.output.fact.text()


def test_layers_are_edited_by_keys(panel: SettingsPanel, session: Session) -> None:
    layers = panel.network.layers
    layers.rows[0].setFocus()
    QTest.keyClick(layers.rows[0], Qt.Key.Key_Insert)
    assert units(session) == [350, 64]
    assert QApplication.focusWidget() is layers.rows[1]
    QTest.keyClick(layers.rows[1], Qt.Key.Key_D, CONTROL)
    assert units(session) == [350, 64, 64]
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Up)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Up, ALT)
    assert units(session) == [64, 350, 64]
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Down, ALT)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Down, ALT)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Down, ALT)
    assert units(session) == [350, 64, 64]
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Delete)
    assert units(session) == [350, 64]
    assert QApplication.focusWidget() is layers.rows[1]
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Delete)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Delete)
    assert units(session) == []
    assert layers._none.isVisible()
    panel.network.layers.act("add")
    assert units(session) == [64]


def test_layers_are_edited_by_buttons(panel: SettingsPanel, session: Session) -> None:
    buttons = panel.network.buttons.buttons
    assert not buttons["up"].isEnabled()
    dropout = next(entry for entry in buttons["add"].menu().actions() if entry.objectName() == "dropout")
    assert dropout.text().startswith("Dropout\tSwitches values off")
    dropout.trigger()
    assert units(session) == [350, "dropout"]
    assert isinstance(panel.network.layers.current, QWidget)
    assert panel.network.layers.current is panel.network.layers.rows[1]
    QTest.mouseClick(buttons["up"], LEFT)
    assert units(session) == ["dropout", 350]
    assert not buttons["up"].isEnabled()
    QTest.mouseClick(buttons["down"], LEFT)
    QTest.mouseClick(buttons["duplicate"], LEFT)
    assert units(session) == [350, "dropout", "dropout"]
    QTest.mouseClick(buttons["remove"], LEFT)
    assert units(session) == [350, "dropout"]


def test_a_row_is_pulled_with_the_mouse(panel: SettingsPanel, session: Session, qtbot: QtBot) -> None:
    panel.set_run(PRESETS["deep"].run)
    panel.resize(WIDTH, 900)
    layers = panel.network.layers
    first, last = layers.rows[0], layers.rows[2]
    start = QPoint(60, 12)

    def pull(to: QPoint) -> None:
        QTest.mousePress(first, LEFT, NONE, start)
        qtbot.waitUntil(lambda: first.y() >= 0 and not first.visibleRegion().isEmpty())
        QTest.mouseMove(first, start + QPoint(0, 30))
        QTest.mouseMove(first, first.mapFromGlobal(to))

    below = last.mapToGlobal(QPoint(60, last.height() - 2))
    pull(below)
    assert layers._line.isVisible()
    QTest.mouseRelease(first, LEFT, NONE, first.mapFromGlobal(below))
    assert units(session) == [256, 128, 512]
    assert not layers._line.isVisible()
    assert layers.rows[2] is first

    QApplication.processEvents()
    above = layers.rows[0].mapToGlobal(QPoint(60, 2))
    pull(above)
    QTest.keyClick(first, Qt.Key.Key_Escape)
    QTest.mouseRelease(first, LEFT, NONE, first.mapFromGlobal(above))
    assert units(session) == [256, 128, 512]
    QTest.mouseClick(layers.rows[1], LEFT, NONE, start)
    assert units(session) == [256, 128, 512]
    assert layers.current is layers.rows[1]


def test_kind_units_activation_and_dropout_of_a_layer(panel: SettingsPanel, session: Session) -> None:
    enter(layer_field(panel, 0, "units"), "128")
    choose(layer_field(panel, 0, "activation"), "tanh")
    enter(layer_field(panel, 0, "dropout"), "0.3")
    assert session.run.network.layers == (DenseSpec(units=128, activation="tanh", dropout=0.3),)
    choose(panel.network.layers.rows[0].field.kind, "dropout")
    assert session.run.network.layers == (DropoutSpec(),)
    enter(layer_field(panel, 0, "rate"), "0.5")
    assert session.run.network.layers == (DropoutSpec(rate=0.5),)
    assert panel.network.total.text() == "7,850 parameters to learn"


def test_zero_units_are_refused_beside_the_field(panel: SettingsPanel, session: Session) -> None:
    wrong = layer_field(panel, 0, "units")
    enter(wrong, "0")
    assert "Units: 0 is not allowed; it must be a whole number from 1 to 8,192." in wrong.error.text()
    assert session.run == PRESETS["quick"].run
    panel.network.layers.act("duplicate")
    assert units(session) == [350, 350]
    assert text_of(panel.network.layers.rows[0].field.fields["units"]) == "0"
    assert panel.network.layers.rows[0].field.wrong


def test_a_network_too_large_is_refused_while_typing(panel: SettingsPanel, session: Session) -> None:
    panel.network.layers.act("duplicate")
    enter(layer_field(panel, 0, "units"), "8000")
    enter(layer_field(panel, 1, "units"), "8000")
    refused = layer_field(panel, 1, "units")
    assert "at most 50,000,000 are allowed" in refused.error.text()
    assert units(session) == [8000, 350]
    enter(layer_field(panel, 1, "dropout"), "0.1")
    assert session.run.network.layers[1] == DenseSpec(units=350, dropout=0.1)
    assert refused.error.isVisible()
    enter(layer_field(panel, 0, "units"), "20")
    assert units(session) == [20, 8000]
    assert not refused.error.isVisible()


def test_there_are_at_most_32_layers(panel: SettingsPanel, session: Session) -> None:
    many = PRESETS["quick"].run.changed(network={"layers": (DenseSpec(units=2),) * 32})
    panel.set_run(many)
    panel.network.layers.act("add")
    assert "at most 32" in panel.network.layers.error.text()
    assert session.run.network.layers == many.network.layers
    assert len(panel.network.layers.rows) == 32


# --- undo -----------------------------------------------------------------------------------------------------


def test_undo_and_redo_go_through_every_change(panel: SettingsPanel, session: Session) -> None:
    runs = [session.run]
    enter(field(panel, "learning_rate"), "0.0123")
    runs.append(session.run)
    choose(variant(panel, "optimizer").kind, "adamw")
    runs.append(session.run)
    panel.network.layers.act("add")
    runs.append(session.run)
    enter(layer_field(panel, 1, "units"), "12")
    runs.append(session.run)
    panel.network.layers.act("up")
    runs.append(session.run)
    panel.training.fields["shuffle"].editor.click()
    runs.append(session.run)
    panel.preset.combo.setCurrentIndex(panel.preset.combo.findData("article"))
    runs.append(session.run)
    assert panel.undo_stack.count() == len(runs) - 1
    for run in reversed(runs[:-1]):
        panel.undo_stack.undo()
        assert session.run == run
        assert [row.spec for row in panel.network.layers.rows] == list(run.network.layers)
        assert text_of(field(panel, "learning_rate")) == value_text(run.training.learning_rate)
    for run in runs[1:]:
        panel.undo_stack.redo()
        assert session.run == run
    assert panel.preset.combo.currentText() == "Article"


def test_undo_by_key_inside_a_field(panel: SettingsPanel, session: Session) -> None:
    epochs = field(panel, "epochs")
    enter(epochs, "25")
    QTest.keyClick(epochs.editor, Qt.Key.Key_Z, CONTROL)
    assert session.run.training.epochs == 6
    assert text_of(epochs) == "6"
    QTest.keyClick(epochs.editor, Qt.Key.Key_Y, CONTROL)
    QTest.keyClick(epochs.editor, Qt.Key.Key_Z, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    assert session.run.training.epochs == 25


def test_undo_keeps_the_data_and_survives_settings_that_no_longer_fit(
    panel: SettingsPanel, session: Session, small: Dataset, qtbot: QtBot
) -> None:
    enter(field(panel, "batch_size"), "5000")
    enter(field(panel, "epochs"), "2")
    enter(field(panel, "batch_size"), "32")
    session._on_loaded(small)
    session.run = session.run.changed(run={"dataset": "npz:/elsewhere.npz"})
    with qtbot.waitSignal(session.problem):
        panel.undo_stack.undo()
    assert session.run.training.batch_size == 32
    panel.undo_stack.undo()
    assert session.run.dataset == "npz:/elsewhere.npz"


# --- badges ---------------------------------------------------------------------------------------------------


def test_the_legend_names_the_button_that_badges_wait_for(panel: SettingsPanel, session: Session) -> None:
    assert panel.network.legend.text() == "takes effect after Reset"
    assert "after Reset" in panel.network.badge.toolTip()
    session.state = State.PAUSED
    enter(field(panel, "seed"), "4711")
    assert panel.network.legend.text() == "waits for Reset"
    session.state = State.IDLE


def test_badges_show_what_waits_for_a_new_network(panel: SettingsPanel, session: Session) -> None:
    session._fresh = False
    assert field(panel, "learning_rate").badge is None
    seed = field(panel, "seed")
    assert seed.badge is not None
    enter(seed, "5")
    assert session.pending
    assert seed.badge.property("waiting") is True
    assert panel.network.badge.property("waiting") is True
    assert panel.network.output_activation.badge.property("waiting") is False
    changed = layer_field(panel, 0, "units")
    enter(changed, "20")
    assert changed.badge.property("waiting") is True
    session.new_network()
    assert not any(badge.property("waiting") for badge in (seed.badge, changed.badge, panel.network.badge))


# --- ink ------------------------------------------------------------------------------------------------------


def test_every_setting_of_the_ink_has_a_control(panel: SettingsPanel, session: Session) -> None:
    assert list(panel.ink.fields) == [declared.name for declared in parameters_of(InkSpec)]
    assert panel.ink.button.accessibleDescription() == ""
    enter(panel.ink.fields["line_width"], "3.5")
    enter(panel.ink.fields["smoothing"], "0")
    enter(panel.ink.fields["steepest"], "99")
    assert session.run.ink == InkSpec(line_width=3.5, smoothing=0)
    assert "from 0 to 80" in panel.ink.fields["steepest"].complaint
    assert panel.ink.button.accessibleDescription() == "changed"
    assert session.run.preset == ""
    while panel.undo_stack.canUndo():
        panel.undo_stack.undo()
    assert session.run.ink == session.built.ink == InkSpec()
    assert text_of(panel.ink.fields["line_width"]) == "2.4"


def test_another_ink_waits_for_a_new_network(panel: SettingsPanel, session: Session) -> None:
    enter(panel.ink.fields["line_width"], "3")
    assert session.built.ink.line_width == session.own.ink.line_width == 3, "a network that knows nothing follows"
    session._fresh = False
    enter(panel.ink.fields["line_width"], "4")
    badge = panel.ink.fields["line_width"].badge
    assert badge is not None
    assert badge.property("waiting") is True
    assert session.pending
    assert session.own.ink.line_width == 3
    session.new_network()
    assert badge.property("waiting") is False
    assert session.own.ink.line_width == 4


# --- training -------------------------------------------------------------------------------------------------


def test_every_optimizer_and_schedule_brings_its_own_parameters(panel: SettingsPanel, session: Session) -> None:
    for name, kinds in (("optimizer", OPTIMIZERS), ("schedule", SCHEDULES)):
        for kind, cls in kinds.items():
            choose(variant(panel, name).kind, kind)
            assert type(getattr(session.run.training, name)) is cls
            assert list(variant(panel, name).fields) == [declared.name for declared in parameters_of(cls)]


def test_optimizer_parameters_are_kept_between_relatives(panel: SettingsPanel, session: Session) -> None:
    enter(variant(panel, "optimizer").fields["beta1"], "0.8")
    assert session.run.training.optimizer == Adam(beta1=0.8)
    choose(variant(panel, "optimizer").kind, "adamw")
    assert session.run.training.optimizer == AdamW(beta1=0.8)
    enter(variant(panel, "optimizer").fields["weight_decay"], "7")
    assert variant(panel, "optimizer").fields["weight_decay"].error.isVisible()
    assert session.run.training.optimizer == AdamW(beta1=0.8)


def test_the_usual_rate_follows_the_optimizer_unless_it_was_chosen(panel: SettingsPanel, session: Session) -> None:
    choose(variant(panel, "optimizer").kind, "momentum")
    assert session.run.training.learning_rate == 0.004
    enter(field(panel, "learning_rate"), str(Momentum.usual_rate))
    choose(variant(panel, "optimizer").kind, "sgd")
    assert session.run.training.learning_rate == SGD.usual_rate
    assert text_of(field(panel, "learning_rate")) == value_text(SGD.usual_rate)


def test_folded_parts_remember_whether_they_are_open(panel: SettingsPanel, session: Session, qtbot: QtBot) -> None:
    assert not panel.regularization.body.isVisible()
    QTest.keyClick(panel.regularization.button, Qt.Key.Key_Space)
    assert panel.regularization.body.isVisible()
    assert QSettings().value("form/regularization/open", type=bool) is True
    again = SettingsPanel(session)
    qtbot.addWidget(again)
    again.show()
    assert again.regularization.body.isVisible()
    assert not again.start.body.isVisible()


# --- data -----------------------------------------------------------------------------------------------------


@pytest.mark.qt_log_ignore("propagateSizeHints")  # the offscreen platform says so of every dialog
def test_data_comes_from_a_chosen_file(panel: SettingsPanel, session: Session, tmp_path: Path, qtbot: QtBot) -> None:
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 255, (300, 28, 28), np.uint8), np.arange(300, dtype=np.uint8) % 10
    path = tmp_path / "mine.npz"
    np.savez(path, x_train=images, y_train=labels, x_test=images[:20], y_test=labels[:20])
    combo = panel.data.combo
    combo.setCurrentIndex(combo.findData("npz"))
    combo.activated.emit(combo.currentIndex())
    dialog = panel.data.findChild(QFileDialog)
    assert dialog is not None
    with qtbot.waitSignal(session.dataset_changed, timeout=10_000):
        dialog.fileSelected.emit(str(path))
        assert panel.data.status.text() == "Loading…"
        assert combo.isEnabled()
    dialog.done(0)
    assert session.run.dataset == f"npz:{path}"
    assert combo.currentData() == "npz"
    assert "300 images to learn from" in panel.data.status.text()


@pytest.mark.qt_log_ignore("propagateSizeHints")
def test_a_cancelled_dialog_and_a_bad_file_leave_the_data(
    panel: SettingsPanel, session: Session, small: Dataset, tmp_path: Path, qtbot: QtBot
) -> None:
    session._on_loaded(small)
    combo = panel.data.combo
    combo.setCurrentIndex(combo.findData("images"))
    combo.activated.emit(combo.currentIndex())
    dialog = panel.data.findChild(QFileDialog)
    assert dialog.fileMode() == QFileDialog.FileMode.Directory
    dialog.reject()
    assert combo.currentData() == "mnist"

    bad = tmp_path / "bad.npz"
    bad.write_bytes(b"no archive")
    with qtbot.waitSignal(session.dataset_failed, timeout=10_000):
        session.load(f"npz:{bad}")
    assert combo.currentData() == "mnist"
    assert "bad.npz" in panel.data.error.text()
    assert panel.data.error.text().endswith("MNIST, a part stays in use.")
    assert session.dataset is small
    session._on_loaded(small)
    assert not panel.data.error.isVisible()


# --- for everybody --------------------------------------------------------------------------------------------


def controls(panel: SettingsPanel) -> list[QWidget]:
    kinds = (QLineEdit, QComboBox, QSlider, QAbstractButton)
    inside = panel.widget().findChildren(QWidget)
    return [widget for widget in inside if isinstance(widget, kinds) and not isinstance(widget, QScrollBar)]


def test_every_control_explains_itself_and_has_a_name(panel: SettingsPanel) -> None:
    panel.network.layers.act("add")
    panel.network.buttons.added.emit("dropout")
    found = controls(panel)
    assert len(found) > 30
    named = {widget.objectName() for widget in found}
    assert {"preset", "kind", "units", "learning_rate", "optimizer", "beta1", "seed", "dataset"} <= named
    panel.setFocus()
    assert QApplication.focusWidget() is panel.preset.combo
    for widget in [*found, *panel.network.layers.rows]:
        assert widget.toolTip(), widget
        assert widget.whatsThis(), widget
        assert widget.accessibleName(), widget
    rate = field(panel, "learning_rate").editor
    assert "How far each step goes." in rate.whatsThis()
    assert "From" in rate.toolTip() or "from 1e-06 to 10" in rate.toolTip()
    assert "Default: 0.1." in rate.toolTip()
    for combo in panel.widget().findChildren(QComboBox):
        assert all(combo.itemText(index) for index in range(combo.count()))


def scroll(panel: SettingsPanel, widget: QWidget) -> None:
    panel.ensureWidgetVisible(widget)
    place = QPointF(widget.rect().center())
    event = QWheelEvent(
        place,
        QPointF(widget.mapToGlobal(place.toPoint())),
        QPoint(),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        NONE,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def test_the_wheel_scrolls_the_form_and_changes_nothing(panel: SettingsPanel, session: Session) -> None:
    panel.network.layers.act("add")
    before = session.run
    panel.setFocus()
    field(panel, "epochs").editor.setFocus()
    for widget in controls(panel):
        if isinstance(widget, (QComboBox, QSlider)) and widget.isVisible():
            panel.verticalScrollBar().setValue(0)
            scroll(panel, widget)
    assert session.run == before
    assert panel.verticalScrollBar().value() > 0
    combo = variant(panel, "optimizer").kind.editor
    combo.setFocus()
    scroll(panel, combo)
    assert session.run == before, "a list that was just used is scrolled past like any other"


def test_all_is_reached_by_the_tab_key_from_top_to_bottom(panel: SettingsPanel, session: Session) -> None:
    panel.network.layers.act("add")
    panel.preset.combo.setFocus()
    seen: list[QWidget] = []
    while (focused := QApplication.focusWidget()) not in seen:
        assert focused is not None
        seen.append(focused)
        QTest.keyClick(focused, Qt.Key.Key_Tab)
    rows = panel.network.layers.rows
    expected = [
        panel.preset.combo,
        panel.network.buttons.buttons["add"],
        rows[0],
        rows[1],
        rows[1].field.kind.editor,
        rows[1].field.fields["units"].editor,
        panel.network.output_activation.editor,
        field(panel, "learning_rate").editor,
        field(panel, "epochs").editor,
        variant(panel, "optimizer").kind.editor,
        variant(panel, "optimizer").fields["beta1"].editor,
        variant(panel, "schedule").kind.editor,
        field(panel, "loss").editor,
        panel.data.combo,
        panel.regularization.button,
        panel.start.button,
        panel.ink.button,
    ]
    # Passing through the first row opens it, so the second one's settings are shut until it is reached itself.
    positions = [seen.index(widget) for widget in expected]
    assert positions == sorted(positions)


@pytest.mark.parametrize("name", list(PRESETS))
def test_the_form_fits_its_width(panel: SettingsPanel, name: str) -> None:
    panel.setStyleSheet(style_sheet(DARK))
    panel.set_run(PRESETS[name].run)
    for section in (panel.regularization, panel.start, panel.ink):
        section.button.setChecked(True)
    for index in range(len(panel.network.layers.rows)):
        panel.network.layers.select(panel.network.layers.rows[index])
    choose(variant(panel, "optimizer").kind, "adamw")
    assert panel.widget().minimumSizeHint().width() <= panel.viewport().width()


def test_a_run_is_refused_as_a_whole_by_set_run(panel: SettingsPanel, session: Session, small: Dataset) -> None:
    session._on_loaded(small)
    with pytest.raises(SettingError, match="Batch size"):
        panel.set_run(session.run.changed(training={"batch_size": 5000}))
    assert session.run.training.batch_size == 128
    assert isinstance(field(panel, "batch_size").editor, ValueEdit)
