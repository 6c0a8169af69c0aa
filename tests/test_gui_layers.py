"""Layers of all kinds in the form: where new ones go, what is refused beside the field, and what stays in force."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit
from pytestqt.qtbot import QtBot

from engine import memory
from engine.compact_layers import compact, parse_layers
from engine.layers import LAYER_KINDS
from engine.presets import PRESETS
from gui.panels.settings_panel import WIDTH, SettingsPanel
from gui.session import Session, State
from gui.widgets.layer_list import LayerList
from gui.widgets.layer_row import describe
from gui.widgets.setting_field import SettingField


@pytest.fixture
def session(qapp: QApplication) -> Iterator[Session]:
    made = Session(PRESETS["quick"].run)
    yield made
    made.finish()


@pytest.fixture
def panel(session: Session, qtbot: QtBot) -> SettingsPanel:
    made = SettingsPanel(session)
    qtbot.addWidget(made)
    made.resize(WIDTH, 620)
    with qtbot.waitExposed(made):
        made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made


def use(panel: SettingsPanel, layers: str) -> LayerList:
    panel.set_run(PRESETS["quick"].run.changed(network={"layers": parse_layers(layers)}))
    return panel.network.layers


def in_force(session: Session) -> str:
    return compact(session.run.network.layers)


def layer_field(panel: SettingsPanel, index: int, name: str) -> SettingField:
    row = panel.network.layers.rows[index]
    panel.network.layers.select(row)
    return row.field.fields[name]


def enter(field: SettingField, text: str) -> None:
    """Replace what a line says, key by key."""
    field.editor.setFocus()
    assert isinstance(field.editor, QLineEdit)
    field.editor.selectAll()
    QTest.keyClicks(field.editor, text)


def choose(field: SettingField, name: str) -> None:
    assert isinstance(field.editor, QComboBox)
    field.editor.setCurrentIndex(field.editor.findData(name))


def test_the_add_button_offers_every_kind_with_a_line_about_it(panel: SettingsPanel, session: Session) -> None:
    menu = panel.network.buttons.buttons["add"].menu()
    shown = [entry.text().split("\t") for entry in menu.actions()]
    assert shown == [[cls.label, cls.about] for cls in LAYER_KINDS.values()]
    by_kind = {entry.objectName(): entry for entry in menu.actions()}
    for kind in ("conv", "max_pool", "conv", "dropout", "flatten"):
        by_kind[kind].trigger()
    assert in_force(session) == "conv:32:5:s2,max_pool:2,conv:64:3,dropout:0.2,flatten,dense:350"
    rows = panel.network.layers.rows
    assert panel.network.layers.current is rows[4]
    assert [row.facts.text().split("   ")[0] for row in rows] == [
        "→ 12 × 12 × 32", "→ 6 × 6 × 32", "→ 4 × 4 × 64", "→ 4 × 4 × 64", "→ 1,024", "→ 350",
    ]  # fmt: skip
    assert "18,496 parameters" in rows[2].facts.text()
    assert panel.network.input.fact.text() == "28 × 28 pixels"
    panel.undo_stack.undo()
    assert in_force(session) == "conv:32:5:s2,max_pool:2,conv:64:3,dropout:0.2,dense:350"


def test_rows_say_what_they_are(panel: SettingsPanel) -> None:
    layers = parse_layers(
        "conv:32:5:s2:same:d0.2,conv:8,max_pool:3,batch_norm:relu:m0.99,batch_norm,flatten,dense:9,dropout:0.5"
    )
    assert [describe(layer) for layer in layers] == [
        "Convolution 32 · 5×5 · stride 2 · Same · ReLU · dropout 0.2",
        "Convolution 8 · 3×3 · ReLU",
        "Max pooling · 3×3 · stride 2",
        "Batch normalization · ReLU · momentum 0.99",
        "Batch normalization · Linear",
        "Flatten",
        "Dense 9 · ReLU",
        "Dropout · rate 0.5",
    ]


def test_every_setting_of_a_convolution_is_in_force_at_once(panel: SettingsPanel, session: Session) -> None:
    use(panel, "conv:8:3,dense:20")
    enter(layer_field(panel, 0, "filters"), "12")
    enter(layer_field(panel, 0, "kernel"), "5")
    enter(layer_field(panel, 0, "stride"), "2")
    choose(layer_field(panel, 0, "padding"), "same")
    choose(layer_field(panel, 0, "activation"), "tanh")
    enter(layer_field(panel, 0, "dropout"), "0.25")
    assert in_force(session) == "conv:12:5:s2:same:tanh:d0.25,dense:20"
    padding = layer_field(panel, 0, "padding").editor
    assert isinstance(padding, QComboBox)
    assert [padding.itemText(index) for index in range(padding.count())] == ["Valid", "Same"]
    assert "keeps its size" in padding.whatsThis()
    choose(panel.network.layers.rows[0].field.kind, "max_pool")
    assert in_force(session) == "max_pool:2,dense:20", "the stride is one that both have"


@pytest.mark.parametrize(
    ("layers", "index", "name", "text", "sentences"),
    [
        (
            "conv:8:20,conv:8:5,dense:9",
            1,
            "kernel",
            "10",
            ("Layer 2: Convolution: a kernel of 10x10", "9x9", "5 stays"),
        ),
        ("conv:8:3,max_pool:3", 0, "kernel", "27", ("Layer 2: Max pooling: a window of 3x3", "2x2", "3 stays")),
        ("conv:8:3,max_pool:2", 1, "size", "27", ("Layer 2: Max pooling: a window of 27x27", "26x26", "2 stays")),
        (
            "conv:8:3",
            0,
            "stride",
            "0",
            ("Stride: 0 is not allowed; it must be a whole number from 1 to 28.", "1 stays"),
        ),
        ("conv:8:3,dense:9,dropout:0.2", 2, "rate", "1", ("Rate: 1 is not allowed", "from 0 to 0.9", "0.2 stays")),
        ("conv:8:3", 0, "kernel", "29", ("Kernel: 29 is not allowed", "3 stays")),
    ],
)
def test_an_impossible_number_is_refused_beside_its_field(
    panel: SettingsPanel, session: Session, layers: str, index: int, name: str, text: str, sentences: tuple[str, ...]
) -> None:
    use(panel, layers)
    field = layer_field(panel, index, name)
    enter(field, text)
    assert field.error.isVisible()
    assert all(part in field.error.text() for part in sentences), field.error.text()
    assert field.editor.property("wrong") is True
    assert in_force(session) == layers
    assert session.built.network == session.run.network
    QTest.keyClick(field.editor, Qt.Key.Key_Escape)
    assert not field.error.isVisible()


def test_a_kind_that_cannot_stand_there_is_refused(panel: SettingsPanel, session: Session) -> None:
    use(panel, "dense:30,dense:20")
    for kind, sentence in (
        ("conv", "Layer 2: Convolution: it needs an image, but gets 30 numbers in a row"),
        ("avg_pool", "Layer 2: Average pooling: it needs an image"),
        ("flatten", "Layer 2: Flatten: its 30 inputs are in a row already"),
    ):
        panel.network.layers.select(panel.network.layers.rows[1])
        choose(panel.network.layers.rows[1].field.kind, kind)
        assert sentence in panel.network.layers.rows[1].field.kind.error.text()
        assert "Dense stays in force." in panel.network.layers.rows[1].field.kind.error.text()
        assert in_force(session) == "dense:30,dense:20"


def test_moving_removing_and_adding_what_cannot_be_says_so_and_loses_nothing(
    panel: SettingsPanel, session: Session
) -> None:
    layers = use(panel, "conv:8:3,max_pool:2,dense:20")
    layers.select(layers.rows[2])
    layers.act("up")
    assert (
        "Dense cannot be moved there because of Max pooling, then layer 3: it needs an image, but gets 20"
        in layers.error.text()
    )
    assert layers.error.text().endswith("The layers stay as they were.")
    assert in_force(session) == "conv:8:3,max_pool:2,dense:20"
    assert compact([row.spec for row in layers.rows]) == in_force(session)
    layers.act("duplicate")
    assert not layers.error.isVisible()
    assert in_force(session) == "conv:8:3,max_pool:2,dense:20,dense:20"

    layers = use(panel, "max_pool:14:s14,conv:4:1,max_pool:2,dense:9")
    layers.select(layers.rows[2])
    layers.act("duplicate")
    assert "Max pooling cannot be doubled: a window of 2x2 does not fit into an image of 1x1" in layers.error.text()
    assert in_force(session) == "max_pool:14:s14,conv:4:1,max_pool:2,dense:9"

    layers = use(panel, "flatten,dense:9")
    layers.add("flatten")
    assert layers.error.text() == (
        "Flatten cannot be added: its 784 inputs are in a row already. The layers stay as they were."
    )
    assert in_force(session) == "flatten,dense:9"


def test_a_refused_layer_is_scrolled_into_view_and_named_in_the_remark(
    panel: SettingsPanel, session: Session, qtbot: QtBot
) -> None:
    layers = use(panel, "flatten" + ",dense:9" * 20)
    panel.verticalScrollBar().setValue(0)
    panel.network.buttons.added.emit("flatten")
    assert session.remarks == "Flatten cannot be added: its 784 inputs are in a row already."
    view = panel.viewport()
    qtbot.waitUntil(lambda: view.rect().contains(layers.error.mapTo(view, layers.error.rect().center())))
    enter(panel.training.fields["epochs"], "3")  # type: ignore[arg-type]
    assert session.remarks == ""


def test_the_menu_greys_out_what_can_stand_nowhere_and_says_why(panel: SettingsPanel) -> None:
    use(panel, "flatten,dense:9")
    menu = panel.network.buttons.menu
    menu.aboutToShow.emit()
    grey = {entry.objectName(): entry.toolTip() for entry in menu.actions() if not entry.isEnabled()}
    assert grey == {"flatten": "Flatten cannot be added: its 784 inputs are in a row already."}
    use(panel, "dense:9")
    menu.aboutToShow.emit()
    assert all(entry.isEnabled() for entry in menu.actions())


def test_what_is_kept_without_learning_is_counted_apart(panel: SettingsPanel) -> None:
    layers = use(panel, "conv:8:3,batch_norm:relu,dense:9")
    assert layers.rows[1].facts.text().endswith("16 to learn, 16 kept")
    learned = 9 * 8 + 8 + 16 + 26 * 26 * 8 * 9 + 9 + 100
    assert panel.network.total.text() == f"{learned:,} parameters to learn, 16 kept"


def test_beginning_while_a_field_is_wrong_says_which_value_is_used(
    panel: SettingsPanel, session: Session, small: object, qtbot: QtBot
) -> None:
    session._on_loaded(small)  # type: ignore[arg-type]
    use(panel, "conv:8:3,dense:9")
    enter(layer_field(panel, 0, "filters"), "-5")
    session.step_batch()
    assert session.remarks.startswith("Filters: -5 is not allowed")
    assert session.remarks.endswith("8 stays in force.")
    qtbot.waitUntil(lambda: session.state == State.PAUSED)
    QTest.keyClick(layer_field(panel, 0, "filters").editor, Qt.Key.Key_Escape)
    assert session.remarks == ""


def test_what_was_refused_and_is_not_shown_never_comes_into_force_later(
    panel: SettingsPanel, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    layers = use(panel, "conv:8:5:s2,dense:20")
    monkeypatch.setattr(memory, "available", lambda: 10**6)
    layers.act("duplicate")
    assert layers.error.isVisible()
    monkeypatch.undo()
    enter(panel.training.fields["epochs"], "3")  # type: ignore[arg-type]
    assert in_force(session) == "conv:8:5:s2,dense:20"


def test_the_keyboard_stays_with_the_layer_that_was_added(panel: SettingsPanel, session: Session) -> None:
    layers = use(panel, "conv:8:3,max_pool:2,dense:20")
    enter(layer_field(panel, 0, "kernel"), "5")
    panel.network.buttons.added.emit("batch_norm")
    assert in_force(session) == "conv:8:5,batch_norm,max_pool:2,dense:20"
    assert layers.current is layers.rows[1]
    assert QApplication.focusWidget() is layers.rows[1]
    assert [row.is_open for row in layers.rows] == [False, True, False, False]


def test_a_batch_of_one_image_and_batch_normalization_are_refused_beside_whatever_came_last(
    panel: SettingsPanel, session: Session
) -> None:
    layers = use(panel, "dense:20,batch_norm:relu")
    size = panel.training.fields["batch_size"]
    enter(size, "1")  # type: ignore[arg-type]
    assert size.error.text().startswith("Layer 2: Batch normalization: in a batch of one image ")  # type: ignore[attr-defined]
    layers.select(layers.rows[1])
    layers.act("remove")
    assert session.run.training.batch_size == 1, "now it is possible"
    panel.network.buttons.added.emit("batch_norm")
    assert "The batch size must be at least 2. The layers stay as they were." in layers.error.text()


def test_a_layer_too_large_for_the_memory_is_refused_beside_its_field(
    panel: SettingsPanel, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(panel, "conv:8:5:s2,avg_pool:12,dense:20")
    monkeypatch.setattr(memory, "available", lambda: 2 * 10**8)
    filters = layer_field(panel, 0, "filters")
    enter(filters, "1000")
    assert "Layer 1 (conv:1000:5:s2) takes most" in filters.error.text()
    assert "and 0.2 GB are free" in filters.error.text()
    assert filters.error.text().endswith("8 stays in force.")
    assert in_force(session) == "conv:8:5:s2,avg_pool:12,dense:20"
    monkeypatch.setattr(memory, "available", lambda: 10**6)
    enter(panel.training.fields["epochs"], "3")  # type: ignore[arg-type]
    assert session.run.training.epochs == 3, "what takes no more than before is never refused"


def test_training_does_not_start_without_memory_for_it(
    session: Session, small: object, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    session._on_loaded(small)  # type: ignore[arg-type]
    monkeypatch.setattr(memory, "available", lambda: 10**6)
    with qtbot.waitSignal(session.problem) as told:
        session.train()
    assert "training would take about" in str(told.args[0])
    assert session.state == State.IDLE
