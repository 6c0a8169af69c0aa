"""Several data sets learned from as one: their words, their renditions, and writers that are never on both sides."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from real_strokes import real_digits

from engine.datasets import DIGITS, Dataset, LoadingCancelledError, load_dataset, without_folders, words_of
from engine.datasets.joined import RENDITIONS, SIGN, with_drawings, with_images
from engine.datasets.reading import Watch
from engine.datasets.split import split
from engine.errors import DataError, SettingError
from engine.ink.drawing import image_of
from engine.ink.spec import InkSpec
from engine.pen import Drawn
from engine.pen.files import write_unipen
from engine.pen.hands import draw_digit
from engine.pen.renditions import renditions

INK = InkSpec()
WATCH = Watch()


@pytest.fixture(scope="module")
def drawings() -> list[Drawn]:
    """40 digits of four writers."""
    rng = np.random.default_rng(8)
    return [Drawn(draw_digit(n % 10, rng), n % 10, f"hand {n // 10}") for n in range(40)]


@pytest.fixture
def base(small: Dataset, tmp_path: Path) -> str:
    """The dataset word of a small file whose name has a plus sign in it."""
    path = tmp_path / "a + b + mnist.npz"
    parts: dict[str, Any] = {"x_train": small.train_images[:90], "y_train": small.train_labels[:90]}
    np.savez(path, **parts, x_test=small.test_images[:30], y_test=small.test_labels[:30])
    return f"npz:{path}"


@pytest.fixture
def pen(drawings: list[Drawn], tmp_path: Path) -> str:
    write_unipen(tmp_path / "own + mine.unp", drawings)
    return f"unipen:{tmp_path / 'own + mine.unp'}"


# --- words ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ["mnist"],
        ["mnist", "hands"],
        ["mnist", "hands", "unipen:/a/b.tra.gz"],
        ["npz:/my + own/a + b.npz", "unipen:/x + y.unp", "hands"],
        ["npz:/a + hands.npz"],
        ["npz:/a + mnist of mine.npz", "mnist"],
        ["keras:mnist", "keras:fashion_mnist", "idx:/f", "csv:/a b.csv", "images:/p"],
        ["unipen:/a + b", "unipen:/c + images.gz"],
    ],
)
def test_a_joined_word_comes_apart_where_it_was_joined(words: list[str]) -> None:
    assert words_of(SIGN.join(words)) == words
    assert words_of(f"  {SIGN.join(words)} ") == words


@given(st.text(max_size=40))
def test_any_text_has_parts_that_make_it_up(text: str) -> None:
    assert SIGN.join(words_of(text)).replace(" ", "") == text.strip().replace(" ", "")


def test_folders_are_left_out_of_every_part(base: str, pen: str) -> None:
    assert without_folders(f"{base} + hands + {pen}") == "npz:a + b + mnist.npz + hands + unipen:own + mine.unp"


# --- joining --------------------------------------------------------------------------------------------------


def test_all_of_an_extra_is_learned_from_and_the_test_images_stay(base: str, pen: str, drawings: list[Drawn]) -> None:
    alone, both = load_dataset(base), load_dataset(f"{base} + {pen}")
    assert both.word == f"{base} + {pen}"
    assert (both.title, both.whole) == ("a + b + mnist + own + mine.unp", False)
    assert np.array_equal(both.test_images, alone.test_images)
    assert np.array_equal(both.test_labels, alone.test_labels)
    assert np.array_equal(both.train_images[:90], alone.train_images)
    assert len(both.train_images) == len(both.train_labels) == len(both.train_writers) == 90 + 40 * RENDITIONS
    assert both.train_labels[90:].tolist() == np.repeat([drawn.label for drawn in drawings], RENDITIONS).tolist()
    assert set(both.train_writers) == {"", *(f"own + mine.unp: hand {n}" for n in range(4))}
    assert "200 images of own + mine.unp are learned from besides" in both.note
    assert load_dataset(both.word).train_writers == both.train_writers


def test_images_are_added_as_they_are(base: str, small: Dataset) -> None:
    alone = load_dataset(base)
    both = with_images(alone, small)
    assert len(both.train_images) == 90 + 800
    assert np.array_equal(both.train_images[-200:], small.test_images)
    assert both.train_writers == ()
    assert both.word == f"{base} + mnist"


def test_three_are_joined_in_order(base: str, pen: str) -> None:
    found = load_dataset(f"{base} + {base} + {pen}")
    assert len(found.train_images) == 90 + 120 + 200
    assert found.train_writers[:210] == ("",) * 210


def test_writers_of_two_files_are_two_people(pen: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    write_unipen(tmp_path / "b.unp", [Drawn(draw_digit(n, rng), n, "hand 1") for n in range(10)])
    found = load_dataset(f"{pen} + unipen:{tmp_path / 'b.unp'}")
    assert {"hand 1", "b.unp: hand 1"} <= set(found.train_writers) | set(found.test_writers)


@pytest.mark.parametrize("clothes_first", [True, False])
def test_other_classes_than_digits_are_refused(small: Dataset, clothes_first: bool) -> None:
    clothes = replace(small, title="Clothes", class_names=tuple("ABCDEFGHIJ"))
    with pytest.raises(DataError, match=r"Clothes has the classes A, B, C.* only data of the digits"):
        with_images(clothes, small) if clothes_first else with_images(small, clothes)


def test_drawings_cannot_be_joined_with_clothes(small: Dataset, drawings: list[Drawn]) -> None:
    clothes = replace(small, title="Clothes", class_names=tuple("ABCDEFGHIJ"))
    with pytest.raises(DataError, match="Clothes"):
        with_drawings(clothes, "unipen:/x", "x", drawings, WATCH, INK)


def test_drawings_without_a_digit_are_passed_over_or_refused(small: Dataset, drawings: list[Drawn]) -> None:
    unknown = [replace(drawn, label=None) for drawn in drawings]
    found = with_drawings(small, "unipen:/x", "x", [*unknown, *drawings[:3]], WATCH, INK)
    assert len(found.train_images) == 600 + 3 * RENDITIONS
    with pytest.raises(DataError, match=r"x.*none of its 40 drawings"):
        with_drawings(small, "unipen:/x", "x", unknown, WATCH, INK)


@pytest.mark.parametrize(
    "extra", ["emnist", "npz:", "unipen:/nowhere/none.unp", "hands:x", "images:/nowhere"], ids=lambda word: word[:6]
)
def test_an_extra_that_cannot_be_had_is_a_sentence(base: str, extra: str) -> None:
    with pytest.raises(DataError) as error:
        load_dataset(f"{base} + {extra}")
    assert error.value.what.endswith(".")


def test_joining_tells_how_far_it_is_and_can_be_stopped(base: str, pen: str) -> None:
    said: list[str] = []
    load_dataset(f"{base} + {pen}", progress=said.append)
    assert any("0 of 40" in sentence for sentence in said)
    with pytest.raises(LoadingCancelledError):
        load_dataset(f"{base} + {pen}", progress=said.append, cancelled=lambda: "ways" in said[-1])


# --- renditions -----------------------------------------------------------------------------------------------


def test_renditions_are_the_same_every_time_and_differ_among_themselves() -> None:
    strokes = real_digits()[40].strokes
    first, again, other = (renditions(strokes, INK, 6, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first[1:], other[1:])
    assert np.array_equal(first[0], image_of(strokes, INK))
    assert len({image.tobytes() for image in first}) == 6
    assert (first.reshape(6, -1).max(axis=1) > 0).all()


def test_one_rendition_is_the_drawing_as_it_is() -> None:
    strokes = real_digits()[0].strokes
    assert np.array_equal(renditions(strokes, INK, 1, np.random.default_rng(0)), [image_of(strokes, INK)])


def test_joined_data_is_the_same_every_time_and_follows_the_ink(base: str, pen: str) -> None:
    word = f"{base} + {pen}"
    assert np.array_equal(load_dataset(word).train_images, load_dataset(word).train_images)
    broad = load_dataset(word, ink=InkSpec(line_width=4.5))
    assert broad.train_images[90:].mean() > 1.3 * load_dataset(word).train_images[90:].mean()


# --- what is held back ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 1, 17])
@pytest.mark.parametrize("share", [0.1, 0.3, 0.9])
def test_without_writers_the_same_images_are_held_back_as_ever(small: Dataset, seed: int, share: float) -> None:
    found = split(small, share, seed)
    order = np.random.default_rng([seed, 2]).permutation(600)
    assert found.validation_rows.tolist() == sorted(order[: round(600 * share)])
    assert found.train_rows.tolist() == sorted(order[round(600 * share) :])


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("share", [0.05, 0.25, 0.5])
def test_no_writer_is_in_both_parts(small: Dataset, drawings: list[Drawn], seed: int, share: float) -> None:
    data = with_drawings(small, "unipen:/x", "x", drawings, WATCH, INK)
    found = split(data, share, seed)
    writers = np.array(data.train_writers)
    learned, held = set(writers[found.train_rows]) - {""}, set(writers[found.validation_rows]) - {""}
    assert not learned & held
    assert len(held) == max(1, round(4 * share))
    assert len(learned | held) == 4
    assert sorted([*found.train_rows, *found.validation_rows]) == list(range(len(writers)))
    unnamed = found.validation_rows[writers[found.validation_rows] == ""]
    expected = np.random.default_rng([seed, 2]).permutation(600)[: round(600 * share)]
    assert unnamed.tolist() == sorted(expected)
    again = split(data, share, seed)
    assert np.array_equal(found.validation_rows, again.validation_rows)


def test_a_single_writer_is_learned_from(small: Dataset, drawings: list[Drawn]) -> None:
    data = with_drawings(small, "unipen:/x", "x", [replace(drawn, writer="she") for drawn in drawings], WATCH, INK)
    assert set(np.array(data.train_writers)[split(data, 0.5, 0).train_rows]) == {"", "x: she"}


def test_nothing_is_held_back_where_that_is_wanted(small: Dataset, drawings: list[Drawn]) -> None:
    data = with_drawings(small, "unipen:/x", "x", drawings, WATCH, INK)
    assert len(split(data, 0, 0).validation_rows) == 0


def test_a_share_that_leaves_nothing_is_refused(small: Dataset) -> None:
    few = replace(small, train_images=small.train_images[:3], train_labels=small.train_labels[:3])
    with pytest.raises(SettingError, match="Validation share"):
        split(few, 0.1, 0)


# --- drawn hands ----------------------------------------------------------------------------------------------


def test_drawn_hands_are_digits_of_all_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.datasets.hands.LEARNED", 60)
    monkeypatch.setattr("engine.datasets.hands.TESTED", 20)
    said: list[str] = []
    found = load_dataset("hands", progress=said.append)
    assert (len(found.train_images), len(found.test_images), found.class_names) == (60, 20, DIGITS)
    assert np.bincount(found.train_labels).tolist() == [6] * 10
    assert np.bincount(found.test_labels).tolist() == [2] * 10
    assert np.array_equal(found.train_images, load_dataset("hands").train_images)
    assert said == ["Drawing digits: 0 of 80…"]
    with pytest.raises(LoadingCancelledError):
        load_dataset("hands", cancelled=lambda: True)
