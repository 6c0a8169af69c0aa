"""Augmentation in the window: the form, and the preview on the data page that follows it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from engine.augmentation import USUAL, AugmentationSpec
from engine.datasets.dataset import Dataset
from engine.presets import PRESETS
from gui.pages.data_page import DataPage
from gui.panels.augmentation_form import AugmentationForm
from gui.panels.settings_panel import WIDTH, SettingsPanel
from gui.session import Session
from gui.style_sheet import style_sheet
from gui.theme import DARK
from gui.widgets.augmentation_preview import OFF, ON, OTHER_PART, ROWS, AugmentationPreview

# Qt's screenless platform says of every window shown that it cannot pass on its smallest size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def session(qtbot: QtBot, small: Dataset) -> Iterator[Session]:
    session = Session(PRESETS["quick"].run)
    session._on_loaded(small)
    yield session
    session.finish()


@pytest.fixture
def panel(qtbot: QtBot, session: Session) -> SettingsPanel:
    made = SettingsPanel(session)
    qtbot.addWidget(made)
    made.resize(WIDTH, 560)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    made.augmentation.button.setChecked(True)
    return made


@pytest.fixture
def form(panel: SettingsPanel) -> AugmentationForm:
    return panel.augmentation


@pytest.fixture
def page(qtbot: QtBot, session: Session) -> DataPage:
    page = DataPage(session)
    qtbot.addWidget(page)
    page.resize(660, 560)
    page.show()
    qtbot.waitUntil(lambda: page.means is not None)
    return page


@pytest.fixture
def preview(page: DataPage) -> AugmentationPreview:
    return page.preview


def spec(session: Session) -> AugmentationSpec:
    return session.run.training.augmentation


def enter(form: AugmentationForm, name: str, text: str) -> None:
    """Replace what a line says, key by key."""
    editor = form.fields[name].editor
    assert isinstance(editor, QLineEdit)
    editor.setFocus()
    editor.selectAll()
    QTest.keyClicks(editor, text)


def deform(session: Session, **values: float) -> None:
    session.set_run(session.run.changed(training={"augmentation": values}))


def is_off(widget: QWidget) -> bool:
    return bool(widget.property("off"))


def test_off_looks_off(form: AugmentationForm, session: Session) -> None:
    assert not spec(session).active
    assert not form.switch.box.isChecked()
    assert form.button.accessibleDescription() == "off"
    assert not form.fields["smoothness"].isEnabled()
    amounts = [field for name, field in form.fields.items() if name != "smoothness"]
    assert all(is_off(field.editor) for field in amounts)


def test_switch_brings_what_is_usual_and_then_what_was(
    qtbot: QtBot, panel: SettingsPanel, form: AugmentationForm, session: Session
) -> None:
    box = form.switch.box
    qtbot.mouseClick(box, LEFT, pos=QPoint(8, box.height() // 2))
    assert spec(session) == USUAL
    assert form.button.accessibleDescription() == "on"
    assert not is_off(form.fields["rotation"].editor)
    enter(form, "shift", "2.5")
    qtbot.mouseClick(box, LEFT, pos=QPoint(8, box.height() // 2))
    assert not spec(session).active
    qtbot.mouseClick(box, LEFT, pos=QPoint(8, box.height() // 2))
    assert spec(session) == USUAL.model_copy(update={"shift": 2.5})
    for _ in range(4):
        panel.undo_stack.undo()
    assert session.run == PRESETS["quick"].run
    assert not box.isChecked()
    assert not panel.undo_stack.canUndo()


def test_one_amount_is_enough_to_be_on(form: AugmentationForm, session: Session) -> None:
    enter(form, "rotation", "12")
    assert spec(session) == AugmentationSpec(rotation=12)
    assert form.switch.box.isChecked()
    assert not form.fields["smoothness"].isEnabled()
    enter(form, "elastic", "1.5")
    assert form.fields["smoothness"].isEnabled()
    enter(form, "smoothness", "5")
    assert spec(session) == AugmentationSpec(rotation=12, elastic=1.5, smoothness=5)
    enter(form, "rotation", "0")
    enter(form, "elastic", "0")
    assert not form.switch.box.isChecked()


def test_wrong_amount_is_refused_beside_its_field(form: AugmentationForm, session: Session) -> None:
    enter(form, "shear", "90")
    assert form.fields["shear"].error.text() == (
        "Shear: 90 is not allowed; it must be a number from 0 to 45. 0 stays in force."
    )
    assert not spec(session).active
    enter(form, "scale", "20")
    assert spec(session) == AugmentationSpec(scale=20)
    assert form.fields["shear"].error.isVisible()
    form.switch.box.click()
    assert not form.fields["shear"].error.isVisible(), "what is off has nothing to complain about"
    assert form.fields["shear"].editor.property("wrong") is False


def test_refused_changes_wait_for_each_other(form: AugmentationForm, session: Session, panel: SettingsPanel) -> None:
    # The whole run is refused as long as a batch is larger than the data.
    session.run = session.run.changed(training={"batch_size": 5000})
    form.switch.box.click()
    assert "5,000" in form.switch.error.text()
    assert not form.switch.box.isChecked()
    enter(form, "rotation", "3")
    assert form.fields["rotation"].wrong
    batch = panel.training.fields["batch_size"].editor  # type: ignore[attr-defined]
    batch.selectAll()
    QTest.keyClicks(batch, "50")
    assert session.run.training.batch_size == 50
    assert spec(session) == USUAL.model_copy(update={"rotation": 3})
    assert form.switch.box.isChecked()


def test_form_fits_its_width(panel: SettingsPanel, form: AugmentationForm) -> None:
    panel.setStyleSheet(style_sheet(DARK))
    form.switch.box.click()
    assert panel.widget().minimumSizeHint().width() <= panel.viewport().width()


def test_preview_says_where_to_switch_it_on(preview: AugmentationPreview) -> None:
    assert preview.note.text() == OFF
    assert "Augmentation on the left" in OFF
    assert not preview.view.isVisible()
    assert not preview.again.isVisible()


def test_preview_shows_the_images_and_below_each_it_deformed(page: DataPage, session: Session, small: Dataset) -> None:
    deform(session, rotation=20, elastic=1)
    preview = page.preview
    assert preview.note.text() == ON
    assert preview.view.columns > 8
    for column, row in enumerate(page.grid.rows[: preview.view.columns]):
        original = small.train_images[row]
        assert np.array_equal(preview.view.image((0, column)), original)
        variants = [preview.view.image((below, column)) for below in range(1, ROWS)]
        assert not np.array_equal(variants[0], variants[1])
        assert all(0.6 < variant.sum() / original.sum() < 1.6 for variant in variants)
    assert not page.grab().isNull()


def test_button_and_space_deform_the_same_images_anew(
    qtbot: QtBot, preview: AugmentationPreview, session: Session
) -> None:
    deform(session, shift=2)
    seen = []
    for press in (lambda: None, preview.again.click, lambda: qtbot.keyClick(preview.again, Qt.Key.Key_Space)):
        press()
        seen.append([preview.view.image((row, 0)).copy() for row in range(ROWS)])
    assert all(np.array_equal(images[0], seen[0][0]) for images in seen)
    below = [image for images in seen for image in images[1:]]
    assert len({image.tobytes() for image in below}) == len(below)


def test_preview_follows_every_change_of_the_form(
    form: AugmentationForm, preview: AugmentationPreview, session: Session
) -> None:
    enter(form, "shift", "0.001")
    little = preview.view.image((1, 0)).astype(int)
    assert np.abs(little - preview.view.image((0, 0))).max() < 5
    enter(form, "shift", "6")
    assert np.abs(preview.view.image((1, 0)).astype(int) - preview.view.image((0, 0))).max() > 100
    enter(form, "shift", "0")
    assert preview.note.text() == OFF


def test_preview_follows_other_images_and_classes(page: DataPage, session: Session, small: Dataset) -> None:
    deform(session, shear=10)
    before = page.preview.view.image((0, 0)).copy()
    page.others.click()
    assert not np.array_equal(page.preview.view.image((0, 0)), before)
    page.class_filter.setCurrentIndex(1 + 7)
    view = page.preview.view
    assert {view.words((0, column)) for column in range(view.columns)} == {"7, as it is. Click to put it on the pad."}


def test_images_that_are_not_learned_are_not_deformed(page: DataPage, session: Session) -> None:
    deform(session, shear=10)
    for part in (1, 2):
        page.part.setCurrentIndex(part)
        assert page.preview.note.text() == OTHER_PART
        assert not page.preview.view.isVisible()
    page.part.setCurrentIndex(0)
    assert page.preview.view.isVisible()


def test_hidden_page_catches_up_when_it_is_shown(page: DataPage, session: Session) -> None:
    page.hide()
    deform(session, scale=30)
    assert not page.preview.spec.active
    page.show()
    assert page.preview.spec == AugmentationSpec(scale=30)
    assert page.preview.view.isVisible()


def test_deformed_image_goes_to_the_pad(qtbot: QtBot, page: DataPage, session: Session, small: Dataset) -> None:
    deform(session, rotation=30)
    view = page.preview.view
    with qtbot.waitSignal(page.image_chosen) as chosen:
        qtbot.mouseClick(view, LEFT, pos=view.cell_rect((2, 3)).center().toPoint())
    assert np.array_equal(chosen.args[0], view.image((2, 3)))
    assert chosen.args[1] == small.train_labels[page.grid.rows[3]]
    view.setFocus()
    with qtbot.waitSignal(page.image_chosen) as chosen:
        for key in (Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Left, Qt.Key.Key_Return):
            qtbot.keyClick(view, key)
    assert np.array_equal(chosen.args[0], small.train_images[page.grid.rows[2]])
    assert "as it is" in view.accessibleDescription()


@pytest.mark.parametrize("width", [630, 1000, 1300])
def test_images_fill_the_width_and_are_not_cut_off(page: DataPage, session: Session, width: int) -> None:
    page.resize(width, 700)
    deform(session, rotation=5)
    page.grab()
    view = page.preview.view
    last = view.cell_rect((ROWS - 1, view.columns - 1))
    assert last.right() <= view.width()
    assert last.bottom() <= view.height()
    assert view.width() - last.right() < last.width()
    assert view.height() - last.bottom() < last.height() / 2
    assert view.cell_at(last.center()) == (ROWS - 1, view.columns - 1)
    assert page.minimumSizeHint().width() <= 630


def test_small_data_shows_what_there_is(page: DataPage, session: Session, small: Dataset) -> None:
    deform(session, rotation=5)
    few = small.train_labels[:300] == 3
    preview = page.preview
    preview.set_images(
        small.train_images[:300][few][:2], small.train_labels[:300][few][:2], small.class_names, learned=True
    )
    assert preview.view.columns == 2
    preview.set_images(small.train_images[:0], small.train_labels[:0], small.class_names, learned=True)
    assert preview.note.text() == "There are no images here to deform."
    assert not preview.view.isVisible()
