"""Whole numbers from strokes: put together from digits, by a hand that is drawn and by real ones, and read."""

from __future__ import annotations

import gzip
import itertools
from pathlib import Path

import numpy as np
import pytest

from engine.errors import DataError, DigitLabError
from engine.ink.drawing import prepare
from engine.model_files import load_model
from engine.pen import Drawn, Strokes
from engine.pen.composed import Composed, clearance, compose_number
from engine.pen.files import read_pen_file
from engine.pen.hands import draw_digit
from engine.pen.non_digits import KINDS, draw_non_digit
from engine.pen.number_answer import is_one_thing, number_in
from engine.pen.number_cuts import MOST_STROKES, height_of_a_digit, lean, rows_of
from engine.pen.number_score import Share, measure_numbers
from engine.pen.number_ways import Candidates, best_way
from engine.pen.numbers import NumberReading, Read, Remembered, is_one_digit, read_number
from engine.pen.variation import Hand
from engine.reader import Reader

PEN = Path(__file__).parents[2] / "shared" / "data" / "pendigits-orig.tra.gz"
CAREFUL = Hand(0.08, 0.0, 1.0, 0.008, 0.2, 0.0, 3.0, 0.03, 100.0)
SCHOOL = {
    0: "round",
    1: "flag",
    2: "swan",
    3: "round",
    4: "open",
    5: "hat last",
    6: "straight",
    7: "crossed",
    8: "from the right",
    9: "straight",
}
"""One manner of writing for each digit, with 4, 5 and 7 in two strokes."""


def digit(value: int, seed: int = 0, manner: str | None = None) -> Drawn:
    """Return a digit by a careful hand."""
    rng = np.random.default_rng([seed, value])
    return Drawn(draw_digit(value, rng, manner or SCHOOL[value], hand=CAREFUL), value, "careful")


def written(text: str, seed: int = 0, **how: object) -> Composed:
    """Return a number by a careful hand."""
    usual: dict = {"gap": (0.1, 0.3), "touching": 0.0, "joined": 0.0, "delayed": 0.0}
    digits = [digit(int(letter), seed + place) for place, letter in enumerate(text)]
    return compose_number(digits, np.random.default_rng(seed), **usual | how)


def seen(strokes: Strokes) -> np.ndarray:
    """Return the image of a drawing, blurred by half, as a vector of length 1."""
    prepared = prepare(strokes)
    assert prepared is not None
    image = prepared.image.astype(np.float32)
    blurred = np.sum([np.roll(image, step, axis) for axis in (0, 1) for step in (-1, 0, 0, 1)], axis=0).ravel()
    return blurred / np.linalg.norm(blurred)


@pytest.fixture(scope="module")
def read() -> Read:
    """Read by likeness to digits of the same manners: the nearest of each digit says how likely it is."""
    known = np.array([[seen(digit(value, seed).strokes) for seed in range(1000, 1030)] for value in range(10)])

    def reading(groups: list[Strokes]) -> tuple[np.ndarray, np.ndarray]:
        likeness = np.einsum("dnp,gp->gdn", known, np.array([seen(group) for group in groups])).max(axis=2)
        powers = np.exp(40 * (likeness - likeness.max(axis=1, keepdims=True)))
        return powers / powers.sum(axis=1, keepdims=True), 1 / (1 + np.exp(-30 * (likeness.max(axis=1) - 0.75)))

    return reading


def text(strokes: Strokes, read: Read) -> str:
    """Return what is read."""
    reading = read_number(strokes, read)
    assert reading is not None
    return reading.text


def expected(strokes: Strokes, read: Read) -> str:
    """Return the number that is read where one is expected."""
    found = number_in(strokes, read, 0.0, expects_number=True)
    assert found is not None
    return found.text


def moved(strokes: Strokes, matrix: np.ndarray, shift: float = 0.0) -> Strokes:
    """Return strokes whose places are changed, and whose times are not."""
    return tuple(np.column_stack([stroke[:, :2] @ matrix.T + shift, stroke[:, 2]]) for stroke in strokes)


def never(groups: list[Strokes]) -> tuple[np.ndarray, np.ndarray]:
    """Read nothing."""
    raise AssertionError("nothing to read")


# What numbers are put together from ------------------------------------------------------------------------------


def test_a_number_is_put_together_with_times_that_rise() -> None:
    number = written("2047", seed=3)
    assert number.text == "2047"
    assert [own for (own,) in number.owners] == sorted(own for (own,) in number.owners)
    times = np.concatenate([stroke[:, 2] for stroke in number.strokes])
    assert times[0] == 0
    assert (np.diff(times) >= 0).all()
    assert 0.5 < np.ptp(np.concatenate(number.strokes)[:, 1]) < 2


@pytest.mark.parametrize("seed", range(5))
def test_gaps_are_what_lies_between_the_inks(seed: int) -> None:
    number = written("38406", seed, gap=(-0.05, 0.4), touching=0.2)
    digits = [
        tuple(stroke for stroke, own in zip(number.strokes, number.owners, strict=True) if own == (place,))
        for place in range(5)
    ]
    # Strokes are kept whole, so that what was drawn can be measured again.
    found = [clearance(*pair) for pair in itertools.pairwise(digits)]
    assert found == pytest.approx(number.gaps, abs=0.03)
    narrowest = min(number.gaps)
    assert number.gap_class == ("touching" if narrowest <= 0.02 else "near" if narrowest <= 0.15 else "apart")


def test_late_strokes_come_after_the_next_digit_and_joined_ones_are_one() -> None:
    late = written("713", delayed=1.0)
    assert late.owners == ((0,), (1,), (0,), (2,))
    joined = written("0022", joined=1.0)
    assert joined.joined
    assert joined.gap_class == "joined"
    assert len(joined.strokes) < 4
    assert sorted({place for own in joined.owners for place in own}) == [0, 1, 2, 3]


def test_putting_together_is_repeatable_and_needs_labels() -> None:
    one, two = written("1986", 4), written("1986", 4)
    assert all((a == b).all() for a, b in zip(one.strokes, two.strokes, strict=True))
    with pytest.raises(DataError, match="label"):
        compose_number([Drawn(digit(3).strokes)], np.random.default_rng(0))
    with pytest.raises(DataError, match="at least one digit"):
        compose_number([], np.random.default_rng(0))


# Reading ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["2025", "47", "777", "905", "1234567890", "110", "445577", "368", "000"])
def test_numbers_are_read(number: str, read: Read) -> None:
    composed = written(number, seed=11)
    reading = read_number(composed.strokes, read)
    assert reading is not None
    assert reading.text == number
    assert not reading.single
    assert 0 < reading.sure <= 1
    assert 0 < reading.division <= 1
    strokes = [stroke for part in reading.digits for stroke in part.strokes]
    assert sum(map(len, strokes)) == sum(map(len, composed.strokes))
    lefts = [part.box[0] for part in reading.digits]
    assert lefts == sorted(lefts)
    for part in reading.digits:
        assert part.shares.shape == (10,)
        assert part.shares.sum() == pytest.approx(1)
        assert part.box[0] <= part.box[2]
        assert part.box[1] <= part.box[3]


def test_twelve_digits_are_read(read: Read) -> None:
    assert text(written("314159265358", seed=5).strokes, read) == "314159265358"


def test_digits_that_touch_are_read(read: Read) -> None:
    numbers = [written(number, seed, gap=(-0.05, 0.0)) for seed, number in enumerate(["306", "258", "470", "952"])]
    assert [number.gap_class for number in numbers] == ["touching"] * 4
    right = [text(number.strokes, read) == number.text for number in numbers]
    assert sum(right) >= 3


@pytest.mark.parametrize("number", ["732", "576", "480", "757"])
def test_a_bar_that_is_drawn_late_goes_to_its_digit(number: str, read: Read) -> None:
    late = written(number, seed=7, delayed=1.0)
    assert late.owners != written(number, seed=7).owners
    assert text(late.strokes, read) == number


@pytest.mark.parametrize("value", range(10))
def test_single_digits_stay_single(value: int, read: Read) -> None:
    for seed in range(4):
        reading = read_number(digit(value, 50 + seed).strokes, read)
        assert reading is not None
        assert reading.single
        assert reading.digits[0].digit == value


def test_two_joined_zeros_are_two(read: Read) -> None:
    zeros = [digit(0, seed) for seed in (1, 2)]
    joined = compose_number(zeros, np.random.default_rng(2), gap=(0.2, 0.3), touching=0, joined=1.0)
    strokes = joined.strokes
    if not joined.joined:  # the pen of these zeros ends too far to the left to run on by itself
        way = np.linspace(strokes[0][-1], strokes[1][0], 6)
        strokes = (np.concatenate([strokes[0], way[1:-1], strokes[1]]),)
    assert len(strokes) == 1
    reading = read_number(strokes, read)
    assert reading is not None
    assert reading.text == "00"
    assert all(len(part.strokes) == 1 for part in reading.digits)


def test_size_place_and_unit_do_not_matter(read: Read) -> None:
    strokes = written("4705", seed=21).strokes
    first = read_number(strokes, read)
    assert first is not None
    assert first.text == "4705"
    for scale, shift in ((300.0, 0.0), (1e-3, 5.0), (1.0, -1e4), (40.0, 1e3)):
        other = read_number(moved(strokes, scale * np.eye(2), shift), read)
        assert other is not None
        assert other.text == "4705"
        assert other.sure == pytest.approx(first.sure, rel=1e-3)


def test_the_order_of_strokes_and_of_digits_does_not_matter(read: Read) -> None:
    strokes = written("572", seed=9).strokes
    for order in itertools.islice(itertools.permutations(range(len(strokes))), 0, None, 17):
        assert text(tuple(strokes[index] for index in order), read) == "572"


def test_slanting_and_rising_lines_are_read(read: Read) -> None:
    strokes = written("3582", seed=4).strokes
    for matrix in ([[1, -0.3], [0, 1]], [[1, 0.15], [0, 1]], [[1, 0], [-0.08, 1]]):
        assert text(moved(strokes, np.array(matrix)), read) == "3582"


def test_points_without_times_and_sparse_points_are_read(read: Read) -> None:
    strokes = written("2025", seed=2).strokes
    assert text(tuple(stroke[:, :2] for stroke in strokes), read) == "2025"
    assert text(tuple(np.vstack([stroke[:-1:2], stroke[-1:]]) for stroke in strokes), read) == "2025"


# The edges -------------------------------------------------------------------------------------------------------


def test_nothing_is_read_of_nothing() -> None:
    assert read_number([], never) is None
    assert read_number([np.empty((0, 3)), np.empty((0, 2))], never) is None


def test_a_point_and_a_line_are_one_drawing(read: Read) -> None:
    for stroke in ([[3.0, 4.0, 0.0]], [[0.0, 0.0, 0.0], [9.0, 0.0, 1.0]], [[0.0, 0.0, 0.0], [0.0, 9.0, 1.0]]):
        reading = read_number([np.array(stroke)], read)
        assert reading is not None
        assert reading.single


def test_blots_are_left_out(read: Read) -> None:
    strokes = written("38", seed=2).strokes
    blot = np.array([[2.8, 0.1, 9.0], [2.81, 0.1, 9.1]])
    for scale in (1.0, 0.2, 30.0):
        reading = read_number(moved((*strokes, blot), scale * np.eye(2)), read)
        assert reading is not None
        assert reading.text == "38"
    alone = read_number((blot,), read)
    assert alone is not None
    assert alone.single


@pytest.mark.parametrize("stroke", [[[0.0, np.nan]], [[0.0, np.inf, 0.0]], [[1e12, 0.0]], [[1.0]], [[[0.0, 0.0]]]])
def test_what_is_no_stroke_is_refused(stroke: list) -> None:
    with pytest.raises(DataError, match="finite points"):
        read_number([np.array(stroke)], never)


def test_too_many_strokes_are_refused_in_a_sentence_and_shading_is_not() -> None:
    row = [np.array([[x, 0.0, x], [x, 1.0, x + 0.5]]) for x in np.arange(50) / 2]
    with pytest.raises(DigitLabError, match=f"up to {MOST_STROKES} strokes, and this drawing has 50"):
        read_number(row, never)
    rng = np.random.default_rng(0)
    shading = [np.array([[0.1 * rng.random(), 0.0], [0.5, 1.0], [0.5 * rng.random(), 0.5]]) for _ in range(50)]
    reading = read_number(shading, lambda groups: (np.full((len(groups), 10), 0.1), np.zeros(len(groups))))
    assert reading is not None
    assert reading.single


def test_any_strokes_are_read_with_few_candidates() -> None:
    asked: list[int] = []

    def counted(groups: list[Strokes]) -> tuple[np.ndarray, np.ndarray]:
        asked.append(len(groups))
        return np.full((len(groups), 10), 0.1), np.full(len(groups), 0.5)

    rng = np.random.default_rng(1)
    for count in (1, 2, 5, 20, 48):
        for wide in (0.2, 1.0, 10.0):
            strokes = [rng.normal(0, (wide, 1), (int(rng.integers(1, 40)), 2)) for _ in range(count)]
            reading = read_number(strokes, counted)
            assert reading is not None
            assert 0 <= reading.sure <= 1
    assert max(asked) <= 200


def test_long_winding_lines_are_read() -> None:
    rng = np.random.default_rng(4)
    for _ in range(60):
        steps = rng.normal((rng.uniform(-0.02, 0.1), 0.0), 0.1, (int(rng.integers(2, 300)), 2))
        walks = [np.cumsum(steps, axis=0), np.cumsum(rng.normal(0, 0.1, (30, 2)), axis=0)]
        reading = read_number(walks, lambda groups: (rng.dirichlet(np.ones(10), len(groups)), rng.random(len(groups))))
        assert reading is not None
        assert reading.digits
        assert all(len(stroke) for part in reading.digits for stroke in part.strokes)


def test_a_way_across_may_be_missing() -> None:
    row = rows_of(written("38", seed=1).strokes)[0]
    candidates = Candidates(row, [(0, 0)])
    assert best_way(candidates, np.zeros(1), np.zeros(0)) == (-np.inf, [], -np.inf)


def test_one_digit_is_known_without_reading() -> None:
    for value in (1, 3, 6, 8, 9):
        assert is_one_digit(digit(value).strokes)
    assert is_one_digit(digit(7, manner="crossed").strokes)
    assert not is_one_digit(written("11", gap=(0.2, 0.2)).strokes)
    assert not is_one_digit(written("36").strokes)


def test_what_was_read_is_remembered(read: Read) -> None:
    asked: list[int] = []

    def counted(groups: list[Strokes]) -> tuple[np.ndarray, np.ndarray]:
        asked.append(len(groups))
        return read(groups)

    remembered = Remembered(counted)
    strokes = written("4752", seed=1).strokes
    whole = read_number(strokes, remembered)
    before = sum(asked)
    again = read_number(strokes, remembered)
    assert whole is not None
    assert again is not None
    assert (sum(asked), again.text, again.sure) == (before, whole.text, whole.sure)
    remembered.forget()
    assert text(strokes, remembered) == whole.text
    assert sum(asked) == 2 * before
    for seed in range(90):
        remembered([digit(seed % 10, seed).strokes] * 8)
    assert text(strokes, remembered) == whole.text


# What the pad answers --------------------------------------------------------------------------------------------


def sure_of_ones(groups: list[Strokes]) -> tuple[np.ndarray, np.ndarray]:
    """Take any single stroke for a 1, and of several strokes at once think little."""
    alone = np.array([len(group) == 1 for group in groups])
    shares = np.where(alone[:, None], 0.003, 0.1) + np.where(alone, 0.97, 0.0)[:, None] * np.eye(10)[1]
    return shares, np.where(alone, 0.99, 0.05)


def line(*corners: tuple[float, float]) -> np.ndarray:
    """Return a stroke along straight lines."""
    at = np.linspace(0, len(corners) - 1, 30)
    x, y = (np.interp(at, range(len(corners)), axis) for axis in np.transpose(corners))
    return np.column_stack([x, y, at])


CROSS = (line((0, 0), (0.8, 1)), line((0.8, 0), (0, 1)))
STEPS = (line((0, 0), (0, 0.4)), line((0.4, 0.5), (0.4, 1.2)), line((0.8, 1.2), (0.8, 1.6)))
ELEVEN = (line((0, 0), (0, 1)), line((0.4, 0), (0.4, 1)))


@pytest.mark.parametrize("expects_number", [False, True])
def test_what_is_not_side_by_side_is_no_number(expects_number: bool) -> None:
    for strokes in (CROSS, STEPS):
        assert not is_one_digit(strokes)
        assert number_in(strokes, sure_of_ones, 0.5, expects_number=expects_number) is None
    found = number_in(ELEVEN, sure_of_ones, 0.5, expects_number=expects_number)
    assert found is not None
    assert found.text == "11"


def test_a_division_counts_only_if_its_parts_are_digits() -> None:
    def doubting(groups: list[Strokes]) -> tuple[np.ndarray, np.ndarray]:
        shares, digitness = sure_of_ones(groups)
        left = np.array([all(stroke[:, 0].max() < 0.2 for stroke in group) for group in groups])
        return shares, np.where(left, 0.3, digitness)

    three = (*ELEVEN, line((0.8, 0), (0.8, 1)))
    assert number_in(three, doubting, 0.5) is None
    looser = number_in(three, doubting, 0.5, expects_number=True)
    assert looser is not None
    assert looser.text == "111"
    assert number_in(three, doubting, 0.999, expects_number=True) is None


def test_on_the_pad_for_one_digit_a_better_whole_is_one_digit() -> None:
    def whole(groups: list[Strokes]) -> tuple[np.ndarray, np.ndarray]:
        shares, digitness = sure_of_ones(groups)
        both = np.array([len(group) == 2 for group in groups])
        # So near each other's, that the way they stand decides.
        return np.where(both[:, None], 0.96 * np.eye(10)[4] + 0.004, shares), np.where(both, 0.991, digitness)

    apart = (ELEVEN[0], ELEVEN[1] + np.array([0.3, 0, 0]))
    assert text(apart, whole) == "11"
    assert number_in(apart, whole, 0.5) is None
    assert expected(apart, whole) == "11"


def test_one_stroke_is_several_digits_only_where_a_number_is_expected(read: Read) -> None:
    joined = written("00", seed=0, joined=1.0).strokes
    assert len(joined) == 1
    assert number_in(joined, never, 0.0) is None
    assert is_one_thing(joined)
    assert expected(joined, read) == "00"


def test_too_many_strokes_are_one_thing_on_the_pad_for_one_digit() -> None:
    row = tuple(line((x, 0), (x, 1)) for x in np.arange(50) / 2)
    assert number_in(row, never, 0.0) is None
    with pytest.raises(DataError, match="up to 48 strokes"):
        number_in(row, never, 0.0, expects_number=True)


def test_drawings_that_are_no_digits_are_seldom_sure_numbers() -> None:
    reader = Reader.of(load_model(Path(__file__).parents[1] / "resources/models/reader.safetensors"))
    rng, sure = np.random.default_rng(21), []
    kinds = [kind for kind in KINDS if kind != "two digits"]
    for strokes in (draw_non_digit(kind, rng) for kind in kinds for _ in range(5)):
        found = number_in(strokes, lambda groups: reader.asked(reader.images(groups)), reader.judge.least)
        parts = () if found is None else reader.read_images(reader.images([part.strokes for part in found.digits]))
        sure.append(bool(parts) and all(part.verdict == "sure" for part in parts))
    assert np.mean(sure) <= 0.09, np.mean(sure)


# The pieces ------------------------------------------------------------------------------------------------------


def test_the_height_of_a_digit_is_not_that_of_a_bar() -> None:
    strokes = written("4747", seed=3).strokes
    assert 0.6 < height_of_a_digit(strokes) < 1.3
    assert height_of_a_digit((np.zeros((1, 3)),)) > 0
    assert height_of_a_digit((np.array([[0.0, 0, 0], [5, 0, 1]]),)) > 0


def test_the_lean_is_that_of_upright_lines() -> None:
    line = np.array([[0.0, 1.0, 0.0], [0.2, 0.0, 0.1]])
    assert lean((line,)) == pytest.approx(0.2)
    assert lean((line[::-1],)) == pytest.approx(0.2)
    assert lean((np.array([[0.0, 0, 0], [5, 0, 1]]),)) == 0


def test_pieces_hold_all_points_and_stay_in_order() -> None:
    strokes = written("7250", seed=8, joined=1.0).strokes
    for row in rows_of(strokes):
        assert {piece.stroke for piece in row.pieces} == set(range(len(strokes)))
        whole = row.group(0, len(row.pieces) - 1)
        assert all((a == b).all() for a, b in zip(whole, strokes, strict=True))
        for index in range(len(strokes)):
            starts = [piece.start for piece in row.pieces if piece.stroke == index]
            assert starts == sorted(starts)


def test_the_best_way_is_the_best_of_all_ways() -> None:
    rng = np.random.default_rng(6)
    row = rows_of(written("4174", seed=2, gap=(0.0, 0.1)).strokes, cuts=False)[0]
    candidates = Candidates.of(row)
    digits, pairs = rng.normal(size=len(candidates.groups)), rng.normal(size=len(candidates.pairs))
    score_of = {tuple(pair): score for pair, score in zip(candidates.pairs.tolist(), pairs, strict=True)}

    def ways(at: int) -> list[list[int]]:
        if at == len(row.pieces):
            return [[]]
        return [
            [index, *rest]
            for index, (first, last) in enumerate(candidates.groups)
            if first == at
            for rest in ways(last + 1)
        ]

    scores = [digits[way].sum() + sum(score_of[pair] for pair in itertools.pairwise(way)) for way in ways(0)]
    score, way, total = best_way(candidates, digits, pairs)
    assert score == pytest.approx(max(scores))
    assert way == ways(0)[int(np.argmax(scores))]
    assert total == pytest.approx(np.logaddexp.reduce(scores))


# The measure -----------------------------------------------------------------------------------------------------


def test_the_measure_counts_what_is_right(read: Read) -> None:
    drawings = [digit(value, seed) for value in range(10) for seed in (70, 71)]
    score = measure_numbers(drawings, read, count=30, seed=1)
    assert score == measure_numbers(drawings, read, count=30, seed=1)
    assert score.count == 30
    assert score.right >= 0.8
    assert score.interval[0] < score.right <= score.interval[1]
    assert sum(share.count for share in score.by_gap.values()) == 30
    assert sum(share.right for share in score.by_gap.values()) == score.numbers.right
    assert score.divided.right >= score.numbers.right
    assert score.on_square.count == 30
    assert score.on_square.right <= score.numbers.right
    assert score.singles_broken.count == 20
    assert score.singles_broken.right <= 1
    with pytest.raises(DataError, match="labels"):
        measure_numbers([Drawn(digit(1).strokes)], read)


def test_the_interval_of_a_share() -> None:
    assert Share(0, 0).interval == (0.0, 1.0)
    assert np.isnan(Share(0, 0).share)
    assert Share(50, 100).interval == pytest.approx((0.4038, 0.5962), abs=1e-4)
    assert Share(100, 100).interval == pytest.approx((0.9630, 1.0), abs=1e-4)


def _real(folder: Path) -> list[Drawn]:
    """Return digits of several strokes by real hands; of the project's own where those are not at hand."""
    if PEN.exists():
        with gzip.open(PEN, "rt") as file:
            lines = list(itertools.islice(file, 20_000))
        last = max(index for index, line in enumerate(lines) if line.startswith(".SEGMENT"))
        (folder / "some.unp").write_text("".join(lines[:last]))
        return [drawing for drawing in read_pen_file(folder / "some.unp") if len(drawing.strokes) > 1]
    rng = np.random.default_rng(3)
    return [Drawn(draw_digit(value, rng), value) for value in (4, 5, 7) for _ in range(40)]


def test_an_oracle_divides_numbers_of_real_strokes(tmp_path: Path) -> None:
    """With somebody who knows every digit by its strokes, what is left is where digits begin and end."""
    drawings, rng = _real(tmp_path), np.random.default_rng(12)
    right = 0
    for _ in range(40):
        chosen = [drawings[rng.integers(len(drawings))] for _ in range(3)]
        number = compose_number(chosen, rng, joined=0.0)
        right += _divided(number) == len(chosen)
    assert right >= 38, right


def _divided(number: Composed) -> int:
    truth = {
        tuple(stroke.tobytes() for stroke, own in zip(number.strokes, number.owners, strict=True) if own == (place,))
        for place in range(len(number.text))
    }

    def oracle(groups: list[Strokes]) -> tuple[np.ndarray, np.ndarray]:
        known = np.array([tuple(stroke.tobytes() for stroke in group) in truth for group in groups])
        shares = np.where(known[:, None], np.eye(10)[4], np.full(10, 0.1))
        return shares, np.where(known, 0.99, 0.05)

    reading: NumberReading | None = read_number(number.strokes, oracle)
    assert reading is not None
    return len(reading.digits)
