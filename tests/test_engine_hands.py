"""Digits drawn by chance: every manner is a readable drawing, and no two are the same."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import SettingError
from engine.ink.drawing import render
from engine.pen.drawn import Strokes
from engine.pen.hands import MANNERS, draw_digit
from engine.pen.prototypes import Prototype, prototype, smooth
from engine.pen.prototypes_digits import DIGITS
from engine.pen.prototypes_signs import SIGNS
from engine.pen.variation import Hand, missed

EVERY = [(digit, manner) for digit, manners in MANNERS.items() for manner in manners]
NOTED = [text for table in (*DIGITS.values(), *SIGNS.values()) for text in table.values()]


def check_strokes(strokes: Strokes) -> None:
    """Whatever a pen has drawn consists of finite points, one after the other."""
    assert strokes
    assert all(stroke.shape[1] == 3 and len(stroke) >= 1 and stroke.dtype == np.float64 for stroke in strokes)
    points = np.concatenate(strokes)
    assert np.isfinite(points).all()
    assert (np.diff(points[:, 2]) > 0).all()
    assert points[0, 2] == 0
    assert points[-1, 2] < 60


def image(strokes: Strokes) -> np.ndarray:
    drawn = render([stroke[:, :2] for stroke in strokes])
    assert drawn is not None
    return drawn


def same(some: Strokes, other: Strokes) -> bool:
    return len(some) == len(other) and all(map(np.array_equal, some, other))


@pytest.mark.parametrize(("digit", "manner"), EVERY)
def test_every_manner_is_drawn(digit: int, manner: str) -> None:
    for seed in range(5):
        strokes = draw_digit(digit, np.random.default_rng(seed), manner)
        check_strokes(strokes)
        assert np.ptp(np.concatenate(strokes)[:, 1]) > 0
        assert 20 < (image(strokes) > 127).sum() < 350


def test_every_digit_has_manners_with_names() -> None:
    assert sorted(MANNERS) == list(range(10))
    assert all(len(manners) >= 8 and all(manners) for manners in MANNERS.values())


def test_a_seed_says_it_all() -> None:
    for digit in range(10):
        first, again, other = (draw_digit(digit, np.random.default_rng(seed)) for seed in (3, 3, 4))
        assert same(first, again)
        assert not same(first, other)


def test_manners_have_the_strokes_that_they_are_noted_with() -> None:
    rng = np.random.default_rng(0)
    assert len(draw_digit(7, rng, "plain")) == 1
    assert len(draw_digit(7, rng, "crossed")) == 2
    assert len(draw_digit(5, rng, "hat last")) == 2
    assert len(draw_digit(0, rng, "slashed")) == 2


def test_sizes_places_and_rates_differ() -> None:
    rng = np.random.default_rng(1)
    drawn = [np.concatenate(draw_digit(2, rng)) for _ in range(200)]
    heights = np.array([np.ptp(points[:, 1]) for points in drawn])
    rates = np.array([1 / np.median(np.diff(points[:, 2])) for points in drawn])
    assert heights.max() > 100 * heights.min()
    assert np.unique([points[0, 0] for points in drawn]).size > 150
    assert rates.min() < 40
    assert rates.max() > 120


def test_a_pen_is_slower_in_corners() -> None:
    hand = Hand(0, 0, 1, scatter=0, softness=0, tremor=0, speed=3, slowing=0.06, rate=200)
    stroke = draw_digit(7, np.random.default_rng(0), "plain", hand=hand)[0]
    speed = np.hypot(*np.diff(stroke[:, :2], axis=0).T) / np.diff(stroke[:, 2])
    corner = int(np.argmax(stroke[:, 0] - stroke[:, 1]))
    assert speed[max(corner - 2, 0) : corner + 2].min() < 0.5 * np.median(speed)


def test_one_hand_writes_alike() -> None:
    """A hand that leans, leans in every drawing."""
    rng = np.random.default_rng(2)
    upright, leaning = (
        Hand(slant, 0, 1, scatter=0.01, softness=0, tremor=0, speed=3, slowing=0.03, rate=100) for slant in (0, 0.5)
    )

    def lean(hand: Hand) -> float:
        points = np.concatenate(draw_digit(1, rng, "plain", hand=hand))
        return -float(np.polyfit(points[:, 1], points[:, 0], 1)[0])

    assert np.mean([lean(leaning) for _ in range(20)]) > np.mean([lean(upright) for _ in range(20)]) + 0.3


def test_no_two_drawings_of_a_manner_look_the_same() -> None:
    rng = np.random.default_rng(5)
    images = {image(draw_digit(8, rng, "from the right")).tobytes() for _ in range(50)}
    assert len(images) == 50


def test_wrong_wishes_are_answered_with_a_sentence() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(SettingError, match="no digit 10: it must be 0 to 9"):
        draw_digit(10, rng)
    with pytest.raises(SettingError, match=r"Nobody writes 7 in the manner 'upside down': choose from plain, crossed"):
        draw_digit(7, rng, "upside down")


@pytest.mark.parametrize("text", NOTED)
def test_curves_go_through_the_points_noted(text: str) -> None:
    drawing = prototype(text)
    assert drawing.strokes == text.count("/") + 1
    for softness in (0.0, 1.0):
        curve = np.concatenate(drawing.paths(softness=softness))
        gaps = np.linalg.norm(curve[:, None] - drawing.points[None], axis=2).min(axis=0)
        assert gaps.max() < 1e-9
        assert (curve >= drawing.points.min(axis=0) - 0.2).all()
        assert (curve <= drawing.points.max(axis=0) + 0.2).all()


def angle_at(drawing: Prototype, place: int, softness: float) -> float:
    """Return by how many radians the curve turns in one of its samples."""
    before, after = np.diff(drawing.paths(softness=softness)[0][place - 1 : place + 2], axis=0)
    return float(np.arccos(np.clip(before @ after / np.hypot(*before) / np.hypot(*after), -1, 1)))


def test_corners_are_rounded_unless_they_stay() -> None:
    rounded, stays = prototype("0,0 50,0! 50,50"), prototype("0,0 50,0!! 50,50")
    assert angle_at(rounded, 12, 0) == pytest.approx(np.pi / 2)
    assert angle_at(rounded, 12, 1) < 0.5
    assert angle_at(stays, 12, 1) == pytest.approx(np.pi / 2)


def test_smooth_lines_stay_straight_and_meet_their_points() -> None:
    points = np.array([(0.0, 0.0), (1.0, 1.0), (4.0, 4.0)])
    curve = smooth(points)
    assert np.allclose(curve[:, 0], curve[:, 1])
    assert np.allclose(curve[[0, 12, 24]], points)
    assert np.allclose(prototype("3,4").paths()[0], [(0.03, 0.04)])


def test_a_careful_hand_meets_every_point() -> None:
    drawing = prototype(DIGITS[4]["open"])
    exact = Hand(0, 0, 1, scatter=0, softness=0, tremor=0, speed=3, slowing=0.03, rate=100)
    assert all(map(np.allclose, missed(drawing, exact, np.random.default_rng(0)), drawing.paths()))
