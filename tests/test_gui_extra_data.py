"""Data to learn from besides: chosen in the form, taken out again, undone, and refused in a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from engine.datasets import Dataset
from engine.pen import Drawn
from engine.pen.files import write_unipen
from engine.pen.hands import draw_digit
from engine.presets import PRESETS
from gui.panels.settings_panel import SettingsPanel
from gui.session import Session
from gui.widgets.extra_data import OFFERED

PATIENCE = 20_000


@pytest.fixture
def session(qtbot: QtBot) -> Iterator[Session]:
    session = Session(PRESETS["quick"].run)
    yield session
    session.finish()


@pytest.fixture
def panel(qtbot: QtBot, session: Session) -> SettingsPanel:
    panel = SettingsPanel(session)
    qtbot.addWidget(panel)
    panel.show()
    return panel


@pytest.fixture
def base(small: Dataset, tmp_path: Path) -> str:
    path = tmp_path / "base + more.npz"
    parts = {"x_train": small.train_images, "y_train": small.train_labels}
    np.savez(path, **parts, x_test=small.test_images, y_test=small.test_labels)
    return f"npz:{path}"


@pytest.fixture
def pen(tmp_path: Path) -> Path:
    rng = np.random.default_rng(3)
    write_unipen(tmp_path / "own.unp", [Drawn(draw_digit(n % 10, rng), n % 10, f"hand {n // 10}") for n in range(30)])
    return tmp_path / "own.unp"


def load(qtbot: QtBot, session: Session, word: str) -> None:
    with qtbot.waitSignal(session.dataset_changed, timeout=PATIENCE):
        session.load(word)


def choose(panel: SettingsPanel, name: str) -> None:
    """Choose an entry of the menu of extras."""
    (entry,) = (action for action in panel.data.extras.menu.actions() if action.objectName() == name)
    entry.trigger()


def names(panel: SettingsPanel) -> list[str]:
    return [row.name.text() for row in panel.data.extras.rows]


def add_file(qtbot: QtBot, panel: SettingsPanel, session: Session, pen: Path) -> None:
    choose(panel, "unipen")
    dialog = panel.data.findChildren(QFileDialog)[-1]
    with qtbot.waitSignal(session.dataset_changed, timeout=PATIENCE):
        dialog.fileSelected.emit(str(pen))
    dialog.reject()


@pytest.mark.qt_log_ignore("propagateSizeHints")
def test_pen_strokes_are_added_taken_out_and_both_undone(
    qtbot: QtBot, panel: SettingsPanel, session: Session, base: str, pen: Path
) -> None:
    load(qtbot, session, base)
    both = f"{base} + unipen:{pen}"
    assert names(panel) == []
    assert panel.data.extras.nothing.isVisible()
    add_file(qtbot, panel, session, pen)
    assert session.run.dataset == session.built.dataset == both
    assert names(panel) == ["own.unp"]
    assert panel.data.combo.name == "npz"
    assert len(session.dataset.train_images) == 600 + 30 * 5
    assert len(session.dataset.test_images) == 200
    assert "learned from besides" in panel.data.status.text()
    (row,) = panel.data.extras.rows
    with qtbot.waitSignal(session.dataset_changed, timeout=PATIENCE):
        qtbot.mouseClick(row.button, Qt.MouseButton.LeftButton)
    assert (session.run.dataset, names(panel)) == (base, [])
    for step, expected in ((panel.undo_stack.undo, both), (panel.undo_stack.undo, base), (panel.undo_stack.redo, both)):
        with qtbot.waitSignal(session.dataset_changed, timeout=PATIENCE):
            step()
        assert session.run.dataset == expected
        assert len(names(panel)) == expected.count("unipen:")
    assert panel.undo_stack.index() == 1


@pytest.mark.qt_log_ignore("propagateSizeHints")
def test_what_is_in_use_is_not_added_again(
    qtbot: QtBot, panel: SettingsPanel, session: Session, base: str, pen: Path
) -> None:
    load(qtbot, session, f"{base} + unipen:{pen}")
    choose(panel, "unipen")
    dialog = panel.data.findChild(QFileDialog)
    dialog.fileSelected.emit(str(pen))
    dialog.reject()
    assert not session.loading
    assert panel.data.error.text() == "own.unp is in use already; nothing was added."


def test_a_broken_file_leaves_what_was(
    qtbot: QtBot, panel: SettingsPanel, session: Session, base: str, tmp_path: Path
) -> None:
    load(qtbot, session, base)
    before = session.dataset
    bad = tmp_path / "bad.unp"
    bad.write_text('.SEGMENT DIGIT 0 ? "8"\n.PEN_DOWN\n1 2\nx y\n')
    with qtbot.waitSignal(session.dataset_failed, timeout=PATIENCE):
        panel.data._add(next(source for source in OFFERED if source.name == "unipen"), str(bad))
    assert "bad.unp" in panel.data.error.text()
    assert panel.data.error.text().endswith(f"{before.title} stays in use.")
    assert (session.dataset, session.run.dataset, names(panel)) == (before, base, [])
    assert panel.undo_stack.count() == 0


def test_another_base_keeps_what_is_learned_from_besides(
    qtbot: QtBot, panel: SettingsPanel, session: Session, base: str, pen: Path
) -> None:
    load(qtbot, session, f"{base} + unipen:{pen}")
    with qtbot.waitSignal(session.dataset_changed, timeout=PATIENCE):
        panel.data.combo.activated.emit(panel.data.combo.findData("mnist"))
    assert session.run.dataset == f"mnist + unipen:{pen}"
    assert not {entry.objectName(): entry.isEnabled() for entry in panel.data.extras.menu.actions()}["mnist"]


def test_strokes_are_drawn_with_the_ink_of_the_network(
    qtbot: QtBot, panel: SettingsPanel, session: Session, pen: Path
) -> None:
    session.built = session.built.changed(run={"ink": {**session.built.ink.model_dump(), "line_width": 5}})
    load(qtbot, session, f"unipen:{pen}")
    broad = session.dataset.train_images.mean()
    session.built = session.built.changed(run={"ink": {**session.built.ink.model_dump(), "line_width": 2}})
    load(qtbot, session, f"unipen:{pen}")
    assert session.dataset.train_images.mean() < 0.7 * broad


def test_everything_is_explained_and_named(panel: SettingsPanel, session: Session, small: Dataset) -> None:
    session._on_loaded(Dataset("mnist + hands", small.title, *small.part("train")[:2], *small.part("test")[:2]))
    extras = panel.data.extras
    (row,) = extras.rows
    for widget in (extras, extras.button, row.button):
        assert widget.whatsThis().endswith(".")
        assert widget.toolTip()
    assert row.button.accessibleName() == "Do not learn from Drawn hands"
    assert all(entry.toolTip().endswith(".") for entry in extras.menu.actions())
    assert extras.minimumSizeHint().width() < 260
