"""The Reader that ships reads what a pen draws, however it is drawn; what it says of it; and what it will not read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from real_strokes import real_digits

from engine.errors import DataError
from engine.ink.drawing import prepare
from engine.ink.spec import SIDE
from engine.judge import Judge
from engine.model import Model
from engine.model_files import load_model
from engine.network import Network
from engine.pen.hands import MANNERS, draw_digit
from engine.pictures.reading import prepare_picture
from engine.presets import PRESETS
from engine.reader import Reader, Reading

Points = NDArray[np.float64]
Strokes = list[Points]
SHIPPED = Path(__file__).resolve().parents[1] / "resources" / "models" / "reader.safetensors"

SEVEN = [np.array([[0.0, 0.0], [60.0, 0.0], [20.0, 100.0]])]
CROSSED_SEVEN = [*SEVEN, np.array([[12.0, 52.0], [55.0, 48.0]])]


@pytest.fixture(scope="module")
def shipped() -> Model:
    return load_model(SHIPPED)


@pytest.fixture(scope="module")
def reader(shipped: Model) -> Reader:
    return Reader.of(shipped)


@pytest.fixture(scope="module")
def digits() -> tuple[list[Strokes], NDArray[np.int64]]:
    """120 digits of twelve hands, places only."""
    drawn = real_digits()
    return [[stroke[:, :2] for stroke in one.strokes] for one in drawn], np.array([one.label for one in drawn])


def right(reader: Reader, drawings: list[Strokes], labels: NDArray[np.int64]) -> float:
    """Return the share of drawings that are read right."""
    return float(np.mean([reading.digit for reading in reader.read_many(drawings)] == labels))


def each(change: Callable[[Points], Points]) -> Callable[[Strokes], Strokes]:
    return lambda strokes: [change(stroke) for stroke in strokes]


def slanted(degrees: float) -> Callable[[Strokes], Strokes]:
    return each(lambda points: points @ np.array([[1.0, 0.0], [-np.tan(np.radians(degrees)), 1.0]]))


def sparser(step: int) -> Callable[[Strokes], Strokes]:
    return each(lambda points: np.concatenate([points[:-1:step], points[-1:]]))


def denser(points: Points) -> Points:
    places = np.linspace(0, len(points) - 1, 10 * len(points))
    return np.stack([np.interp(places, np.arange(len(points)), column) for column in points.T], axis=1)


def in_unit_box(strokes: Strokes) -> Strokes:
    low = np.min([stroke.min(axis=0) for stroke in strokes], axis=0)
    high = np.max([stroke.max(axis=0) for stroke in strokes], axis=0)
    return [(stroke - low) / (high - low).max() for stroke in strokes]


CHANGES: dict[str, Callable[[Strokes], Strokes]] = {
    "as they are": each(lambda points: points),
    "a twentieth": each(lambda points: 0.05 * points),
    "twenty times": each(lambda points: 20 * points),
    "far away": each(lambda points: points + np.array([1e5, -3e4])),
    "box of 1": in_unit_box,
    "box of 1,000 off the pad": lambda strokes: [1000 * stroke - 5000 for stroke in in_unit_box(strokes)],
    "wide pad": each(lambda points: points * [1.3, 1]),
    "high pad": each(lambda points: points * [1, 1.4]),
    **{f"slant of {degrees}°": slanted(degrees) for degrees in (-30, -15, 15, 30, 40)},
    "strokes in another order": lambda strokes: strokes[::-1],
    "pen in the other direction": each(lambda points: points[::-1]),
    "every 2nd point": sparser(2),
    "every 3rd point": sparser(3),
    "ten times as many points": each(denser),
    "every stroke twice": lambda strokes: [*strokes, *strokes],
    "trembling": each(lambda points: points + np.random.default_rng(0).normal(0, 0.004 * np.ptp(points), points.shape)),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_digits_are_read_however_they_are_drawn(
    reader: Reader, digits: tuple[list[Strokes], NDArray[np.int64]], change: Callable[[Strokes], Strokes]
) -> None:
    drawings, labels = digits
    assert right(reader, [change(strokes) for strokes in drawings], labels) >= 0.97


@pytest.mark.parametrize("scale", [0.05, 0.3, 1.0, 7.0, 20.0])
@pytest.mark.parametrize("place", [(0.0, 0.0), (-900.0, 4000.0)])
def test_size_and_place_change_no_share(
    reader: Reader,
    digits: tuple[list[Strokes], NDArray[np.int64]],
    scale: float,
    place: tuple[float, float],
) -> None:
    drawings = digits[0][::10]
    moved = [[scale * stroke + place for stroke in strokes] for strokes in drawings]
    for before, after in zip(reader.read_many(drawings), reader.read_many(moved), strict=True):
        assert np.abs(before.shares - after.shares).max() < 0.02


def picture(strokes: Strokes, width: float, side: int = 160, margin: int = 50) -> NDArray[np.uint8]:
    """Return dark ink on light paper, the line `width` of the drawing's longer side."""
    image = Image.new("L", (side + 2 * margin, side + 2 * margin), 240)
    pencil, line = ImageDraw.Draw(image), max(1, round(width * side))
    for stroke in in_unit_box(strokes):
        places = [tuple(point) for point in stroke * side + margin]
        pencil.line(places, fill=30, width=line, joint="curve")
        for x, y in places:
            pencil.ellipse([x - line / 2, y - line / 2, x + line / 2, y + line / 2], fill=30)
    return np.asarray(image)


@pytest.mark.parametrize(("width", "least"), [(0.02, 0.95), (0.05, 0.95), (0.1, 0.95), (0.17, 0.9), (0.25, 0.85)])
def test_pictures_are_read_at_any_line_width(
    reader: Reader, digits: tuple[list[Strokes], NDArray[np.int64]], width: float, least: float
) -> None:
    drawings, labels = digits[0][::5], digits[1][::5]
    images = np.stack([prepare_picture(picture(strokes, width)).image for strokes in drawings])
    assert np.mean([reading.digit for reading in reader.read_images(images)] == labels) >= least


ODD_MANNERS = [
    (digit, manner)
    for digit, manner in ((digit, manner) for digit, manners in MANNERS.items() for manner in manners)
    if any(word in manner for word in ("cross", "hook", "curled", "flag", "slash", "tail", "open"))
]


@pytest.mark.parametrize(("digit", "manner"), ODD_MANNERS)
def test_manners_that_mnist_hardly_knows_are_read(reader: Reader, digit: int, manner: str) -> None:
    drawings = [draw_digit(digit, np.random.default_rng([digit, number]), manner) for number in range(10)]
    assert sum(reading.digit == digit for reading in reader.read_many(drawings)) >= 9


@pytest.mark.parametrize("strokes", [SEVEN, CROSSED_SEVEN])
def test_a_plain_seven_is_surely_one(reader: Reader, strokes: Strokes) -> None:
    (reading,) = reader.read_many([strokes])
    assert (reading.digit, reading.verdict) == (7, "sure")
    assert reading.words.endswith("sure")


def scribble() -> Strokes:
    return [np.cumsum(np.random.default_rng(1).normal(0, 20, (80, 2)), axis=0)]


@pytest.mark.parametrize(
    "strokes",
    [
        [np.array([[0.0, 0], [100, 0], [100, 100], [0, 100], [0, 0]])],
        [np.array([[50.0, 0], [100, 90], [0, 90], [50, 0]])],
        scribble(),
        [np.array([[0.0, 100], [40, 0], [80, 100]]), np.array([[18.0, 60], [62, 60]])],
    ],
    ids=["square", "triangle", "scribble", "letter A"],
)
def test_what_is_no_digit_is_said_to_be_none(reader: Reader, strokes: Strokes) -> None:
    (reading,) = reader.read_many([strokes])
    assert reading.verdict == "no digit"
    assert reading.words == "this may not be a digit"


def test_hardly_a_digit_is_refused(reader: Reader, digits: tuple[list[Strokes], NDArray[np.int64]]) -> None:
    # Two in a hundred may be; these are few, so chance plays a part.
    assert np.mean([reading.verdict == "no digit" for reading in reader.read_many(digits[0])]) <= 0.05


# --- odd input ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("strokes", [[], [[]], [np.empty((0, 2)), np.empty((0, 3))]])
def test_an_empty_pad_is_no_digit(reader: Reader, strokes: Strokes) -> None:
    (reading,) = reader.read_many([strokes])
    assert (reading.verdict, reading.digitness) == ("no digit", 0.0)
    assert prepare(strokes, reader.ink) is None


@pytest.mark.parametrize(
    "strokes",
    [
        [[(5.0, 5.0)]],
        [[(5.0, 5.0, 0.0)]],
        [[(5.0, 5.0), (5.0, 5.0)]],
        [[(0.0, 0.0), (0.0, 50.0)]],
        [[(-30.0, -10.0), (5e8, 4.0)]],
        [[(5.0, 5.0)], [(300.0, 300.0)]],
    ],
    ids=["a point", "a point with its time", "the same point twice", "two points", "off the pad", "two dots"],
)
def test_hardly_anything_gives_an_answer_all_the_same(reader: Reader, strokes: Strokes) -> None:
    (reading,) = reader.read_many([strokes])
    assert reading.shares.sum() == pytest.approx(1)
    assert np.isfinite(reading.shares).all()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e12])
def test_a_point_that_is_nowhere_is_refused_in_a_sentence(reader: Reader, value: float) -> None:
    with pytest.raises(DataError, match="not finite or lies beyond"):
        reader.read_many([[np.array([[0.0, 0.0], [value, 1.0]])]])


def test_a_hundred_thousand_points_are_read_as_a_few(reader: Reader) -> None:
    angles = np.linspace(0, 2 * np.pi, 100_000)
    few, many = (
        reader.read_many([[np.stack([60 * np.cos(some), 90 * np.sin(some)], axis=1)]])[0]
        for some in (angles[::2000], angles)
    )
    assert few.digit == many.digit == 0
    assert np.abs(few.shares - many.shares).max() < 0.02


def test_strokes_over_one_another_leave_one_line(reader: Reader) -> None:
    once, often = reader.read_many([CROSSED_SEVEN, [*CROSSED_SEVEN, *CROSSED_SEVEN[::-1], *CROSSED_SEVEN]])
    assert np.abs(once.shares - often.shares).max() < 0.001


def test_a_drag_that_leaves_the_pad_and_returns_is_one_stroke(reader: Reader) -> None:
    """The pad is 0 to 100; the bar of the 7 runs beyond its edge."""
    out_and_in = [np.array([[10.0, 20.0], [90.0, 20.0], [118.0, 21.0], [95.0, 40.0], [50.0, 110.0], [45.0, 130.0]])]
    (reading,) = reader.read_many([out_and_in])
    assert reading.digit == 7
    assert prepare(out_and_in, reader.ink, field=100).image.shape == (SIDE, SIDE)  # type: ignore[union-attr]


# --- what is said ---------------------------------------------------------------------------------------------


def shares(**given: float) -> NDArray[np.float64]:
    """Return ten shares, of which some are given as ``d4=0.5``; the others divide the rest."""
    found = np.full(10, (1 - sum(given.values())) / (10 - len(given)))
    for name, share in given.items():
        found[int(name[1:])] = share
    return found


@pytest.mark.parametrize(
    ("reading", "words"),
    [
        (Reading(shares(d7=0.83), 1.0, "sure"), "83 % sure"),
        (Reading(shares(d7=0.9949), 1.0, "sure"), "99 % sure"),
        (Reading(shares(d7=0.9999), 1.0, "sure"), "over 99 % sure"),
        (Reading(shares(d4=0.5, d9=0.45), 1.0, "unsure"), "not sure: 4 or 9"),
        (Reading(shares(d9=0.5, d4=0.45), 1.0, "unsure"), "not sure: 9 or 4"),
        (Reading(shares(d0=0.99), 0.01, "no digit"), "this may not be a digit"),
        (Reading(shares(d0=0.5, d9=0.4), 1.0, "unsure", tuple("ABCDEFGHIJ")), "not sure: A or J"),
    ],
)
def test_an_answer_in_words(reading: Reading, words: str) -> None:
    assert reading.words == words


def test_first_and_second_guess() -> None:
    reading = Reading(shares(d3=0.5, d8=0.3), 1.0, "unsure")
    assert (reading.digit, reading.second, reading.sure) == (3, 8, 0.5)
    equal = Reading(np.full(10, 0.1), 1.0, "unsure")
    assert (equal.digit, equal.second) == (0, 1)


def bent(reader: Reader, raw: NDArray[np.float64], digitness: float, least: float) -> Reading:
    """Return what a reader says whose network gives these shares."""
    judge = Judge(weights=(0.0,) * 10, bias=float(np.log(digitness / (1 - digitness))), least=least)
    other = Reader(reader.network, judge=judge)
    calibrated = judge.shares(raw[None])
    found = judge.digitness(np.empty((1, 0)), raw[None])
    return other._reading(calibrated[0], float(found[0]), True)


@pytest.mark.parametrize(
    ("raw", "digitness", "verdict"),
    [
        (shares(d4=0.7, d9=0.2), 0.9, "sure"),
        (shares(d4=0.61, d9=0.31), 0.9, "unsure"),
        (shares(d4=0.55, d9=0.1), 0.9, "unsure"),
        (shares(d4=0.99), 0.1, "no digit"),
    ],
)
def test_verdicts(reader: Reader, raw: NDArray[np.float64], digitness: float, verdict: str) -> None:
    assert bent(reader, raw, digitness, least=0.5).verdict == verdict


def test_a_reader_without_judge_passes_shares_on(small_images: NDArray[np.uint8]) -> None:
    network = Network(PRESETS["quick"].run.network, 3)
    found = Reader(network).read_images(small_images)
    assert np.allclose([reading.shares for reading in found], network.probabilities(small_images), atol=1e-6)
    assert all(reading.digitness == 1 and reading.verdict != "no digit" for reading in found)


@pytest.fixture(scope="module")
def small_images() -> NDArray[np.uint8]:
    return Reader(Network(PRESETS["quick"].run.network, 3)).images([drawn.strokes for drawn in real_digits()[::12]])


def test_a_judge_of_another_network_is_left_out(shipped: Model, small_images: NDArray[np.uint8]) -> None:
    tiny = Network(PRESETS["quick"].run.changed(network={"layers": [{"kind": "dense", "units": 4}]}).network, 0)
    reader = Reader(tiny, judge=shipped.judge)
    assert reader.judge == Judge()
    assert len(reader.read_images(small_images)) == len(small_images)


def test_one_by_one_and_all_at_once_are_the_same(reader: Reader, small_images: NDArray[np.uint8]) -> None:
    together = reader.read_images(small_images)
    for image, other in zip(small_images, together, strict=True):
        alone = reader.read(image)
        assert np.allclose(alone.shares, other.shares, atol=1e-5)
        assert alone.digitness == pytest.approx(other.digitness, abs=1e-4)
    assert reader.read_images(small_images[:0]) == []
    assert reader.read_many([]) == []
