"""The data page with all of MNIST: counts, mean images, samples, parts, and files that are dropped on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from engine.datasets.dataset import Dataset
from engine.pen import Drawn
from engine.pen.files import write_unipen
from engine.pen.hands import draw_digit
from engine.presets import PRESETS
from gui.pages.data_page import DataPage
from gui.panels.data_form import DataForm, source_of
from gui.panels.run_editor import RunEditor
from gui.session import Session
from gui.widgets.data_drop import word_for

# Qt's screenless platform says of every window shown that it cannot pass on its smallest size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")
LEARNED, VALIDATION, TEST = range(3)


@pytest.fixture
def session(qtbot: QtBot, mnist: Dataset) -> Iterator[Session]:
    session = Session(PRESETS["quick"].run)
    session._on_loaded(mnist)
    yield session
    session.finish()


@pytest.fixture
def page(qtbot: QtBot, session: Session) -> DataPage:
    page = DataPage(session)
    qtbot.addWidget(page)
    page.resize(660, 560)
    page.show()
    averaged(qtbot, page)
    return page


def averaged(qtbot: QtBot, page: DataPage) -> None:
    qtbot.waitUntil(lambda: page.means is not None)


def counts(page: DataPage) -> list[int]:
    return [int(bar.text.replace(",", "")) for bar in page.bars._bars]


def test_counts_are_those_of_each_part(qtbot: QtBot, page: DataPage, session: Session, mnist: Dataset) -> None:
    parts = session.parts
    assert parts is not None
    labels = (mnist.train_labels[parts.train_rows], mnist.train_labels[parts.validation_rows], mnist.test_labels)
    for part in (LEARNED, VALIDATION, TEST):
        page.part.setCurrentIndex(part)
        averaged(qtbot, page)
        assert counts(page) == np.bincount(labels[part], minlength=10).tolist()
        assert page.header.sizes[part].text() == f"{len(labels[part]):,}"
    assert [size.text() for size in page.header.sizes] == ["54,000", "6,000", "10,000"]


def test_parts_have_the_names_they_have_everywhere(page: DataPage) -> None:
    names = [size.accessibleName() for size in page.header.sizes]
    assert names == [page.part.itemText(part) for part in range(3)] == ["Training", "Validation", "Test"]


def test_mean_images_are_those_of_numpy(qtbot: QtBot, page: DataPage, session: Session, mnist: Dataset) -> None:
    parts = session.parts
    assert parts is not None
    assert page.means is not None
    labels = mnist.train_labels[parts.train_rows]
    for digit in (0, 7):
        mean = mnist.train_images[parts.train_rows[labels == digit]].mean(axis=0)
        assert np.array_equal(page.means[digit], np.rint(mean))
        assert np.array_equal(page.bars._bars[digit].image, page.means[digit])


def test_samples_are_all_rows_of_the_part_in_random_order(page: DataPage, session: Session, mnist: Dataset) -> None:
    parts = session.parts
    assert parts is not None
    rows = page.grid.rows
    assert np.array_equal(np.sort(rows), parts.train_rows)
    assert not np.array_equal(rows, parts.train_rows)
    assert page.grid.images is mnist.train_images


def test_show_others_gives_another_order_from_the_top(qtbot: QtBot, page: DataPage) -> None:
    before = page.grid.rows
    page.grid.verticalScrollBar().setValue(5000)
    qtbot.mouseClick(page.others, Qt.MouseButton.LeftButton)
    assert np.array_equal(np.sort(page.grid.rows), np.sort(before))
    assert not np.array_equal(page.grid.rows, before)
    assert page.grid.verticalScrollBar().value() == 0


def test_validation_rows_of_a_class(qtbot: QtBot, page: DataPage, session: Session, mnist: Dataset) -> None:
    parts = session.parts
    assert parts is not None
    page.part.setCurrentIndex(VALIDATION)
    page.class_filter.setCurrentIndex(1 + 5)
    own = parts.validation_rows[mnist.train_labels[parts.validation_rows] == 5]
    assert np.array_equal(np.sort(page.grid.rows), own)
    assert page.samples.count.text() == f"{len(own):,} fives in random order"


def test_click_on_a_class_shows_only_it_and_again_all(qtbot: QtBot, page: DataPage, mnist: Dataset) -> None:
    place = page.bars.cell_rect(3).center().toPoint()
    qtbot.mouseClick(page.bars, Qt.MouseButton.LeftButton, pos=place)
    assert set(mnist.train_labels[page.grid.rows]) == {3}
    qtbot.mouseClick(page.bars, Qt.MouseButton.LeftButton, pos=place)
    assert len(page.grid.rows) == 54000


def test_keys_choose_a_class(qtbot: QtBot, page: DataPage, mnist: Dataset) -> None:
    page.bars.setFocus()
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Return):
        qtbot.keyClick(page.bars, key)
    assert set(mnist.train_labels[page.grid.rows]) == {1}
    assert page.bars.accessibleDescription() == page.bars.words(1)


def test_image_goes_out_by_click(qtbot: QtBot, page: DataPage, mnist: Dataset) -> None:
    page.part.setCurrentIndex(TEST)
    with qtbot.waitSignal(page.image_chosen) as chosen:
        qtbot.mouseClick(page.grid.viewport(), Qt.MouseButton.LeftButton, pos=page.grid.cell_rect(2).center())
    row = page.grid.rows[2]
    assert np.array_equal(chosen.args[0], mnist.test_images[row])
    assert chosen.args[1] == mnist.test_labels[row]
    assert f"Test image {row + 1:,}" in page.grid.tip(2)


def test_header_names_data_and_licence(page: DataPage) -> None:
    assert page.header.title.text() == "MNIST"
    assert page.header.word.text() == "mnist"
    assert all(word in page.header.note.text() for word in ("LeCun", "Cortes", "Burges", "CC BY-SA 3.0"))


def test_other_data_brings_names_and_note(qtbot: QtBot, page: DataPage, session: Session, mnist: Dataset) -> None:
    names = ("apple", "pear", *(f"(no class {n})" for n in range(2, 10)))
    keep = np.flatnonzero(mnist.train_labels[:400] < 2)
    test = np.flatnonzero(mnist.test_labels[:100] < 2)
    data = Dataset(
        "images:/somewhere/with/a/rather/long/path/to/fruit",
        "Fruit",
        mnist.train_images[keep],
        mnist.train_labels[keep],
        mnist.test_images[test],
        mnist.test_labels[test],
        names,
        "White was taken for the background.",
    )
    session._on_loaded(data)
    averaged(qtbot, page)
    assert page.class_filter.itemText(2) == "pear"
    assert "White was taken" in page.header.note.text()
    assert counts(page)[2:] == [0] * 8
    page.class_filter.setCurrentIndex(1 + 4)
    assert "There are no images of (no class 4)" in page.grid.accessibleDescription()
    assert page.minimumSizeHint().width() <= 660
    assert not page.grab().isNull()


def test_new_split_is_shown(qtbot: QtBot, page: DataPage, session: Session) -> None:
    session.set_run(session.run.changed(run={"validation_split": 0.0}))
    assert [size.text() for size in page.header.sizes] == ["60,000", "0", "10,000"]
    page.part.setCurrentIndex(VALIDATION)
    assert "No images are held back" in page.grid.accessibleDescription()


def test_hidden_page_computes_nothing_until_it_is_shown(qtbot: QtBot, session: Session) -> None:
    page = DataPage(session)
    qtbot.addWidget(page)
    assert session.tasks.titles == []
    page.show()
    averaged(qtbot, page)


def test_empty_page_says_why(qtbot: QtBot) -> None:
    session = Session(PRESETS["quick"].run)
    page = DataPage(session)
    qtbot.addWidget(page)
    page.show()
    assert "There is no data yet" in page._empty.text()
    session.finish()


def test_dropped_file_is_loaded(qtbot: QtBot, page: DataPage, session: Session, mnist: Dataset, tmp_path: Path) -> None:
    path = tmp_path / "own.npz"
    part = {"x_train": mnist.train_images[:300], "y_train": mnist.train_labels[:300]}
    np.savez(path, **part, x_test=mnist.test_images[:50], y_test=mnist.test_labels[:50])
    with qtbot.waitSignal(session.dataset_changed):
        assert drop(page, [path])
    assert page.header.sizes[TEST].text() == "50"
    averaged(qtbot, page)


@pytest.mark.parametrize("name", ["own.tra", "own.inkml", "own.unp.gz"])
def test_dropped_pen_strokes_become_images(
    qtbot: QtBot, page: DataPage, session: Session, tmp_path: Path, name: str
) -> None:
    rng = np.random.default_rng(5)
    write_unipen(tmp_path / name, [Drawn(draw_digit(n % 10, rng), n % 10, f"hand{n // 10}") for n in range(60)])
    with qtbot.waitSignal(session.dataset_changed):
        assert drop(page, [tmp_path / name])
    averaged(qtbot, page)
    assert session.run.dataset == f"unipen:{tmp_path / name}"
    assert page.header.title.text() == name.removesuffix(".gz").rpartition(".")[0]
    assert page.header.sizes[TEST].text() == "10"
    assert "no writer is in both parts" in page.header.note.text()
    page.part.setCurrentIndex(TEST)
    averaged(qtbot, page)
    assert counts(page) == [1] * 10
    assert ", by writer hand" in page.grid.tip(0)


def test_broken_pen_strokes_are_refused_and_the_data_stays(
    qtbot: QtBot, page: DataPage, session: Session, mnist: Dataset, tmp_path: Path
) -> None:
    path = tmp_path / "bad.tra"
    path.write_text('.SEGMENT DIGIT 0 ? "8"\n.PEN_DOWN\n1 2\nx y\n')
    with qtbot.waitSignal(session.dataset_failed) as failed:
        drop(page, [path])
    assert "line 4 holds 'x' as X" in str(failed.args[0])
    assert session.dataset is mnist


def test_pen_strokes_can_be_chosen_in_the_form(qtbot: QtBot, session: Session, tmp_path: Path) -> None:
    form = DataForm(RunEditor(session))
    qtbot.addWidget(form)
    rng = np.random.default_rng(6)
    path = tmp_path / "own.unp"
    write_unipen(path, [Drawn(draw_digit(n, rng), n) for n in range(10)])
    form.combo.activated.emit(form.combo.findText("Pen strokes…"))
    (dialog,) = form.findChildren(QFileDialog)
    assert "*.tra" in dialog.nameFilters()[0]
    with qtbot.waitSignal(session.dataset_changed):
        dialog.fileSelected.emit(str(path))
    dialog.reject()
    assert form.combo.currentText() == "Pen strokes…"
    assert "became the test set" in form.status.text()
    assert source_of(f"idx:/x + unipen:{path}").name == "idx"


def test_what_cannot_be_data_is_left_to_the_window(page: DataPage, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"")
    assert not drop(page, [path])


def test_several_files_are_refused_in_a_sentence(
    qtbot: QtBot, page: DataPage, session: Session, tmp_path: Path
) -> None:
    paths = [tmp_path / "one.csv", tmp_path / "two.csv"]
    with qtbot.waitSignal(session.problem) as problem:
        drop(page, paths)
    assert "the data in use stays" in str(problem.args[0])


def test_words_of_paths(tmp_path: Path) -> None:
    idx = tmp_path / "digits"
    idx.mkdir()
    assert word_for(idx) == f"images:{idx}"
    (idx / "train-images-idx3-ubyte.gz").write_bytes(b"")
    assert word_for(idx) == f"idx:{idx}"
    assert word_for(idx / "train-images-idx3-ubyte.gz") == f"idx:{idx}"
    assert word_for(tmp_path / "table.CSV") == f"csv:{tmp_path / 'table.CSV'}"
    for name in ("a.tra", "b.TES", "c.inkml", "d.tra.gz", "e.unp", "f.tra.Z"):
        assert word_for(tmp_path / name) == f"unipen:{tmp_path / name}"
    for text, source in (
        (".VERSION 1.0\n.COORD X Y\n.PEN_DOWN\n1 2\n.PEN_UP\n", "unipen"),
        ("A comment.\n\n  .PEN_DOWN\n1 2\n", "unipen"),
        ('<?xml version="1.0"?>\n<ink/>', "unipen"),
        ("7,0,.5,.25\n.5,1,2,3\n", "csv"),
    ):
        (tmp_path / "strokes.txt").write_text(text)
        assert word_for(tmp_path / "strokes.txt") == f"{source}:{tmp_path / 'strokes.txt'}"
    assert word_for(tmp_path / "gone.txt") == f"csv:{tmp_path / 'gone.txt'}"
    assert word_for(tmp_path / "photo.png") is None
    assert word_for(tmp_path / "noending") is None


def test_class_names_of_another_dataset_reset_the_filter(
    qtbot: QtBot, page: DataPage, session: Session, mnist: Dataset
) -> None:
    page.class_filter.setCurrentIndex(4)
    session._on_loaded(replace(mnist, title="Again"))
    averaged(qtbot, page)
    assert page.class_filter.currentIndex() == 0
    assert len(page.grid.rows) == 54000


def drop(page: DataPage, paths: list[Path]) -> bool:
    """Drag files over the page and let go; return whether it took them."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    action, button, key = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(50, 50), action, mime, button, key)
    page.dragEnterEvent(enter)
    if enter.isAccepted():
        page.grab()
        page.dropEvent(QDropEvent(QPointF(50, 50), action, mime, button, key))
    return enter.isAccepted()
