"""My digits: what is added comes back as it was, whatever happens to the file."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from engine.errors import DataError, DigitLabError
from engine.files import data_folder
from engine.own_digits.digit import MOST_POINTS, OwnDigit, pack_strokes, unpack_strokes
from engine.own_digits.same import SAME_WITHIN, SeenDrawings, alike
from engine.own_digits.store import OwnDigits
from engine.pen import Drawn
from engine.pen.files import write_unipen
from engine.pen.hands import draw_digit

IMAGE = np.zeros((28, 28), np.uint8)
IMAGE[4:24, 12:16] = 255


def drawing(label: int, seed: int = 0, writer: str = "") -> Drawn:
    return Drawn(draw_digit(label, np.random.default_rng(seed)), label, writer)


def line(*points: tuple[float, float, float], label: int | None = 1) -> Drawn:
    return Drawn((np.array(points, np.float64),), label)


def facts(digit: OwnDigit) -> tuple:
    """Return everything a digit is, as something that can be compared."""
    strokes = None if digit.drawn is None else pack_strokes(digit.drawn.strokes)
    image = None if digit.image is None else digit.image.tobytes()
    said = None if digit.drawn is None else (digit.drawn.label, digit.drawn.writer)
    return digit.id, digit.label, strokes, image, said, digit.created, digit.source


@pytest.fixture
def store(tmp_path: Path) -> Iterator[OwnDigits]:
    with OwnDigits(tmp_path / "mine.sqlite") as own:
        yield own


def test_without_a_path_it_is_in_the_data_folder() -> None:
    with OwnDigits() as own:
        assert own.path.parent == data_folder()
        own.add(drawing(3))
    with OwnDigits() as own:
        assert [digit.label for digit in own.all()] == [3]
        assert own.remark == ""


def test_a_drawing_comes_back_as_it_was_added(store: OwnDigits) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    drawn = drawing(7, writer="Zoë")
    added = store.add(drawn)
    (kept,) = store.all()
    assert facts(kept) == facts(added)
    assert kept.drawn is not None
    assert len(kept.drawn.strokes) == len(drawn.strokes)
    for ours, theirs in zip(kept.drawn.strokes, drawn.strokes, strict=True):
        assert ours.dtype == np.float64
        np.testing.assert_array_equal(ours, theirs.astype(np.float32))
    assert (kept.label, kept.drawn.label, kept.drawn.writer, kept.source) == (7, 7, "Zoë", "pad")
    assert before <= datetime.fromisoformat(kept.created) <= datetime.now(UTC)
    assert kept.created.endswith("+00:00")


def test_an_image_comes_back_as_it_was_added(store: OwnDigits) -> None:
    store.add_image(IMAGE, 1)
    (kept,) = store.all()
    assert kept.drawn is None
    assert kept.image is not None
    np.testing.assert_array_equal(kept.image, IMAGE)
    assert (kept.label, kept.source) == (1, "picture")


POINTS = hnp.arrays(
    np.float32,
    st.tuples(st.integers(1, 6), st.just(3)),
    elements=st.floats(-(2.0**29), 2.0**29, width=32, allow_nan=False),
)


@given(st.lists(POINTS, min_size=1, max_size=4))
def test_packed_strokes_are_the_strokes(strokes: list[np.ndarray]) -> None:
    found = unpack_strokes(pack_strokes(tuple(stroke.astype(np.float64) for stroke in strokes)))
    assert len(found) == len(strokes)
    for ours, theirs in zip(found, strokes, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@given(st.binary(max_size=80) | st.lists(st.integers(0, 3), max_size=30).map(lambda n: np.array(n, "<u4").tobytes()))
def test_bytes_are_strokes_or_refused(data: bytes) -> None:
    with contextlib.suppress(DataError):
        assert pack_strokes(unpack_strokes(data)) == data


@pytest.mark.parametrize(
    ("drawn", "words"),
    [
        (line((0, 0, 0), label=None), "0 to 9"),
        (line((0, 0, 0), label=10), "0 to 9"),
        (line((0, 0, 0), label=-1), "0 to 9"),
        (line((0, 0, 0), label=True), "0 to 9"),
        (Drawn((), 1), "no point"),
        (Drawn((np.empty((0, 3)),), 1), "no point"),
        (Drawn((np.zeros((4, 2)),), 1), r"\(4, 2\)"),
        (line((0, np.nan, 0)), "not finite"),
        (line((0, np.inf, 0)), "not finite"),
        (line((2e9, 0, 0)), "1,000,000,000"),
        (Drawn((np.zeros((MOST_POINTS + 1, 3)),), 1), "100,001 points; at most 100,000"),
    ],
)
def test_what_is_no_labelled_drawing_is_refused(store: OwnDigits, drawn: Drawn, words: str) -> None:
    with pytest.raises(DataError, match=words):
        store.add(drawn)
    assert store.all() == []


def test_as_many_points_as_allowed_are_kept(store: OwnDigits) -> None:
    store.add(Drawn((np.zeros((MOST_POINTS, 3)),), 1))
    (kept,) = store.all()
    assert kept.drawn is not None
    assert kept.drawn.strokes[0].shape == (MOST_POINTS, 3)


@pytest.mark.parametrize("image", [np.zeros((28, 28), np.uint8), np.ones((28, 27), np.uint8), np.ones((28, 28))])
def test_what_is_no_image_is_refused(store: OwnDigits, image: np.ndarray) -> None:
    with pytest.raises(DataError, match=r"empty|28×28"):
        store.add_image(image, 3)
    assert store.all() == []


CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["add", "image", "relabel", "delete", "undo", "reopen"]),
        st.integers(0, 9),
        st.sets(st.integers(0, 7)),
    ),
    max_size=14,
)


@settings(max_examples=25)
@given(changes=CHANGES)
def test_any_changes_give_what_a_list_would(tmp_path_factory: pytest.TempPathFactory, changes: list) -> None:
    path = tmp_path_factory.mktemp("own") / "mine.sqlite"
    own, model, past = OwnDigits(path), {}, []
    for what, label, some in changes:
        ids = [number for place, number in enumerate(sorted(model)) if place in some]
        if what == "reopen":
            own.close()
            own = OwnDigits(path)
        elif what == "undo":
            if past:
                before = past.pop()
                own.delete(model.keys() - before.keys())
                own.restore(before.values())
                model = before
        else:
            past.append(dict(model))
        if what in ("add", "image"):
            added = own.add(drawing(label)) if what == "add" else own.add_image(IMAGE, label)
            assert added.id not in model
            model[added.id] = added
        elif what == "relabel":
            own.relabel(ids, label)
            model.update({number: model[number].relabelled(label) for number in ids})
        elif what == "delete":
            own.delete(ids)
            for number in ids:
                del model[number]
        assert [facts(digit) for digit in own.all()] == [facts(model[number]) for number in sorted(model)]
    own.close()


def test_a_number_is_never_given_twice(store: OwnDigits) -> None:
    first = store.add(drawing(1))
    store.delete([first.id])
    assert store.add(drawing(2)).id > first.id


def test_a_wrong_label_changes_nothing(store: OwnDigits) -> None:
    added = store.add(drawing(4))
    with pytest.raises(DataError, match="12 is not allowed"):
        store.relabel([added.id], 12)
    assert store.all()[0].label == 4


def test_several_digits_are_restored_or_none(store: OwnDigits) -> None:
    first, second = store.add(drawing(1)), store.add(drawing(2))
    store.delete([first.id, second.id])
    with pytest.raises(DataError, match="shape"):
        store.restore([first, replace(second, drawn=Drawn((np.zeros((2, 2)),), 2))])
    assert store.all() == []
    store.restore([first, second])
    assert len(store.all()) == 2


# --- the file ---------------------------------------------------------------------------------------------


def test_two_stores_see_what_the_other_does(store: OwnDigits) -> None:
    with OwnDigits(store.path) as other:
        seen = other.version
        added = store.add(drawing(5))
        assert other.version != seen
        assert [digit.id for digit in other.all()] == [added.id]
        other.relabel([added.id], 6)
        assert store.all()[0].label == 6
        assert other.add(drawing(1)).id not in (added.id, None)


@pytest.mark.parametrize("content", [b"no database at all, but long enough to be taken for one" * 40, bytes(600)])
def test_a_file_that_is_no_database_is_put_aside(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mine.sqlite"
    path.write_bytes(content)
    with OwnDigits(path) as own:
        own.add(drawing(3))
        assert "were damaged" in own.remark
    (kept,) = tmp_path.glob("mine damaged 20*.sqlite")
    assert kept.name in own.remark
    assert kept.read_bytes() == content
    with OwnDigits(path) as own:
        assert own.remark == ""
        assert len(own.all()) == 1


def test_a_database_with_damaged_pages_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "mine.sqlite"
    with OwnDigits(path) as own:
        for seed in range(60):
            own.add(drawing(seed % 10, seed))
    content = bytearray(path.read_bytes())
    content[8192:] = b"\xaa" * (len(content) - 8192)
    path.write_bytes(content)
    with OwnDigits(path) as own:
        assert "were damaged" in own.remark
        assert own.all() == []
    (kept,) = tmp_path.glob("mine damaged*.sqlite")
    assert kept.read_bytes() == content


def test_a_database_of_this_version_without_its_table_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "mine.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript("CREATE TABLE digits (id INTEGER); PRAGMA user_version = 1")
    connection.close()
    with OwnDigits(path) as own:
        assert "were damaged" in own.remark
        own.add(drawing(3))


def test_a_newer_version_is_refused_and_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "mine.sqlite"
    with OwnDigits(path) as own:
        own.add(drawing(3))
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 9")
    connection.close()
    content = path.read_bytes()
    with pytest.raises(DataError, match=r"newer version.*version 9.*up to 1.*unchanged"):
        OwnDigits(path)
    assert path.read_bytes() == content
    assert list(tmp_path.glob("*damaged*")) == []


def test_a_locked_database_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "mine.sqlite"
    with OwnDigits(path, patience=0.01) as own:
        own.add(drawing(3))
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DataError, match=r"another program has locked it.*Nothing was changed"):
            own.add(drawing(4))
        assert len(own.all()) == 1  # who reads never waits
        other.execute("ROLLBACK")
        other.close()
        own.add(drawing(4))
        assert len(own.all()) == 2


def test_a_database_locked_from_the_start_is_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "mine.sqlite"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    other.execute("CREATE TABLE other (id)")
    with pytest.raises(DataError, match="locked"):
        OwnDigits(path, patience=0.01)
    other.execute("COMMIT")
    other.close()
    assert list(tmp_path.glob("*damaged*")) == []


def test_where_nothing_can_be_written_a_sentence_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(DigitLabError, match=r"cannot be used: .*Everything else works"):
        OwnDigits(tmp_path / "file" / "mine.sqlite")
    with pytest.raises(DigitLabError, match=r"cannot be used: .*Everything else works"):
        OwnDigits(tmp_path)


def test_a_read_only_database_is_read_and_not_written(store: OwnDigits) -> None:
    store.add(drawing(3))
    store._connection.execute("PRAGMA query_only = ON")
    with pytest.raises(DataError, match=r"may not be written to.*Nothing was changed.*DIGITLAB_DATA"):
        store.add(drawing(4))
    assert len(store.all()) == 1


def test_a_digit_that_cannot_be_read_is_left_out_and_told(store: OwnDigits) -> None:
    first, second = store.add(drawing(1)), store.add(drawing(2))
    connection = sqlite3.connect(store.path)
    connection.execute("UPDATE digits SET strokes = x'0102' WHERE id = ?", [first.id])
    connection.commit()
    connection.close()
    assert [digit.id for digit in store.all()] == [second.id]
    assert "1 digit in" in store.remark
    assert "left out" in store.remark


# --- files of strokes -------------------------------------------------------------------------------------


def test_what_is_exported_can_be_imported_elsewhere(store: OwnDigits, tmp_path: Path) -> None:
    for seed in range(20):
        store.add(drawing(seed % 10, seed, "ann" if seed < 12 else ""))
    store.add_image(IMAGE, 1)
    exported = store.export(tmp_path / "mine.unipen")
    assert (exported.written, exported.images) == (20, 1)
    assert exported.words == "20 digits exported; 1 left out, being an image without strokes."
    with OwnDigits(tmp_path / "other.sqlite") as other:
        imported = other.import_file(tmp_path / "mine.unipen")
        assert (len(imported.added), imported.unlabelled, imported.known) == (20, 0, 0)
        assert [facts(digit) for digit in other.all()] == [facts(digit) for digit in imported.added]
        for ours, theirs in zip(other.all(), store.all(), strict=False):
            assert ours.drawn is not None
            assert theirs.drawn is not None
            assert (ours.label, ours.drawn.writer) == (theirs.label, theirs.drawn.writer)
            assert ours.source == "imported from mine.unipen"
            for one, two in zip(ours.drawn.strokes, theirs.drawn.strokes, strict=True):
                size = np.ptp(np.concatenate(theirs.drawn.strokes)[:, :2], axis=0).max()
                np.testing.assert_allclose(np.diff(one[:, :2], axis=0), np.diff(two[:, :2], axis=0), atol=1e-3 * size)


def test_what_is_there_already_is_not_imported_again(store: OwnDigits, tmp_path: Path) -> None:
    for seed in range(10):
        store.add(drawing(seed, seed))
    store.export(tmp_path / "mine.unipen")
    before = [facts(digit) for digit in store.all()]
    imported = store.import_file(tmp_path / "mine.unipen")
    assert (imported.added, imported.known) == ((), 10)
    assert [facts(digit) for digit in store.all()] == before
    assert imported.words == "0 digits imported; 10 known already left out."


def test_drawings_without_a_label_are_left_out(store: OwnDigits, tmp_path: Path) -> None:
    drawings = [drawing(1), replace(drawing(2), label=None), drawing(1), drawing(3, 3)]
    write_unipen(tmp_path / "some.unipen", drawings)
    imported = store.import_file(tmp_path / "some.unipen")
    assert ([digit.label for digit in imported.added], imported.unlabelled, imported.known) == ([1, 3], 1, 1)
    assert imported.words == "2 digits imported; 1 without a label and 1 known already left out."


def test_a_damaged_file_is_named_and_adds_nothing(store: OwnDigits, tmp_path: Path) -> None:
    store.add(drawing(3))
    write_unipen(tmp_path / "some.unipen", [drawing(digit) for digit in range(10)])
    text = (tmp_path / "some.unipen").read_text().splitlines()
    text[len(text) // 2] = "0.5 what 3"
    (tmp_path / "some.unipen").write_text("\n".join(text))
    with pytest.raises(DataError, match=r"some\.unipen"):
        store.import_file(tmp_path / "some.unipen")
    with pytest.raises(DataError, match=r"none\.unipen"):
        store.import_file(tmp_path / "none.unipen")
    assert [digit.label for digit in store.all()] == [3]


def test_a_file_with_too_long_a_drawing_is_named_and_adds_nothing(
    store: OwnDigits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.own_digits.digit.MOST_POINTS", 50)
    short, long = (Drawn((np.arange(3.0 * count).reshape(-1, 3),), 2) for count in (50, 51))
    write_unipen(tmp_path / "long.unipen", [short, long])
    with pytest.raises(DataError, match=r"long\.unipen cannot be imported: .*51 points.*None of its drawings"):
        store.import_file(tmp_path / "long.unipen")
    assert store.all() == []


def test_where_there_is_nothing_to_export_no_file_is_written(store: OwnDigits, tmp_path: Path) -> None:
    with pytest.raises(DigitLabError, match="there are none yet"):
        store.export(tmp_path / "mine.unipen")
    store.add_image(IMAGE, 1)
    with pytest.raises(DigitLabError, match="images without strokes"):
        store.export(tmp_path / "mine.unipen")
    assert not (tmp_path / "mine.unipen").exists()


# --- the same drawing -------------------------------------------------------------------------------------


@given(
    seed=st.integers(0, 10_000),
    label=st.integers(0, 9),
    scale=st.floats(0.01, 1000),
    shift=st.floats(-5, 5),
    nudge=st.floats(0, 0.2 * SAME_WITHIN),
)
def test_a_drawing_is_known_again_in_another_unit(
    seed: int, label: int, scale: float, shift: float, nudge: float
) -> None:
    seen, drawn = SeenDrawings(), drawing(label, seed)
    assert seen.add(drawn)
    rng = np.random.default_rng(seed)
    size = np.ptp(np.concatenate(drawn.strokes)[:, :2], axis=0).max()
    strokes = [stroke + rng.uniform(-nudge, nudge, stroke.shape) * size for stroke in drawn.strokes]
    assert not seen.add(replace(drawn, strokes=tuple((stroke + shift) * scale for stroke in strokes)))


# Not 1: a straight line keeps its shape however it is squeezed.
@given(st.integers(0, 10_000), st.sampled_from([0, 2, 3, 4, 5, 6, 7, 8, 9]))
def test_another_drawing_is_another(seed: int, label: int) -> None:
    seen, drawn = SeenDrawings(), drawing(label, seed)
    seen.add(drawn)
    assert seen.add(replace(drawn, label=(label + 1) % 10))
    assert seen.add(replace(drawn, strokes=tuple(stroke * (1, 0.8, 1) for stroke in drawn.strokes)))
    assert seen.add(replace(drawn, strokes=tuple(stroke[:, (1, 0, 2)] for stroke in drawn.strokes)))
    assert seen.add(replace(drawn, strokes=(*drawn.strokes, np.zeros((1, 3)))))


def test_dots_are_all_the_same() -> None:
    seen = SeenDrawings()
    assert seen.add(line((0.5, 0.5, 0)))
    assert not seen.add(line((0.1, 0.9, 3)))


@given(seed=st.integers(0, 50), scale=st.floats(1e-3, 1e3), shift=st.floats(-1e3, 1e3))
def test_the_same_ink_is_the_same_whatever_it_stands_for(seed: int, scale: float, shift: float) -> None:
    drawn = drawing(seed % 10, seed)
    moved = tuple(np.column_stack([points[:, :2] * scale + shift * scale, points[:, 2]]) for points in drawn.strokes)
    assert alike(drawn, Drawn(moved, 3))
    assert not alike(drawn, drawing(seed % 10, seed + 1))
    assert not alike(drawn, Drawn(drawn.strokes[:-1], drawn.label))
    assert not alike(Drawn(()), Drawn(()))


def test_images_are_the_same_only_bit_by_bit() -> None:
    assert alike(IMAGE, IMAGE.copy())
    assert not alike(IMAGE, IMAGE // 2)
    assert not alike(IMAGE, drawing(1))
    assert not alike(drawing(1), IMAGE)
