"""Drawings that are no digits: every kind is drawn by the same hands, and can be held out."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import SettingError
from engine.ink.drawing import render
from engine.pen.drawn import Strokes
from engine.pen.non_digits import KINDS, draw_non_digit


def image(strokes: Strokes) -> np.ndarray:
    drawn = render([stroke[:, :2] for stroke in strokes])
    assert drawn is not None
    return drawn


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_drawn(kind: str) -> None:
    for seed in range(25):
        strokes = draw_non_digit(kind, np.random.default_rng(seed))
        points = np.concatenate(strokes)
        assert points.shape[1] == 3
        assert np.isfinite(points).all()
        assert (np.diff(points[:, 2]) > 0).all()
        assert points[-1, 2] < 120
        assert image(strokes).max() > 200


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_says_it_all(kind: str) -> None:
    first, again, other = (draw_non_digit(kind, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert all(map(np.array_equal, first, again))
    assert len(first) != len(other) or not all(map(np.array_equal, first, other))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("dots", "specks")])
def test_drawings_of_a_kind_differ(kind: str) -> None:
    rng = np.random.default_rng(0)
    drawn = [draw_non_digit(kind, rng) for _ in range(30)]
    assert len({image(strokes).tobytes() for strokes in drawn}) == 30
    sizes = [float(np.ptp(np.concatenate(strokes)[:, :2], axis=0).max()) for strokes in drawn]
    assert max(sizes) > 20 * min(sizes)


def test_squares_are_drawn_in_one_to_four_strokes_and_enclose_a_field() -> None:
    rng = np.random.default_rng(0)
    drawn = [draw_non_digit("squares", rng) for _ in range(100)]
    assert {len(strokes) for strokes in drawn} == {1, 2, 3, 4}
    for strokes in drawn:
        points = np.concatenate(strokes)[:, :2]
        low, high = points.min(axis=0), points.max(axis=0)
        inside = np.abs((points - low) / (high - low) - 0.5).max(axis=1) < 0.12
        assert inside.mean() < 0.05


def test_specks_are_a_trembling_dot() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        points = np.concatenate(draw_non_digit("specks", rng))[:, :2]
        assert 0 < np.ptp(points, axis=0).max() <= 0.021 * 1000


def test_dots_may_be_a_single_point() -> None:
    rng = np.random.default_rng(0)
    sizes = {len(np.concatenate(draw_non_digit("dots", rng))) for _ in range(100)}
    assert 1 in sizes
    assert max(sizes) > 5


def test_an_unknown_kind_is_answered_with_a_sentence() -> None:
    with pytest.raises(SettingError, match="no kind of drawing called 'blank': choose from scribbles, knots"):
        draw_non_digit("blank", np.random.default_rng(0))
