"""Augmentation: known maps, a slow reference, the size and the smoothness of random fields, chance, and ranges."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.augmentation import CHUNK, AugmentationSpec, Augmenter, field_basis
from engine.datasets.dataset import Dataset
from engine.errors import SettingError
from engine.fields import parameters_of
from engine.specs import RunSpec, checked_run
from engine.terminal.arguments import Parser, add_run_options, run_from

Array = NDArray[Any]
STRONG = AugmentationSpec(rotation=15, scale=20, shear=15, shift=2, elastic=1.5)
DRAWN = ("rotation", "shear", "high", "wide", "down", "right")


class Chosen(np.random.Generator):
    """A generator whose uniform numbers are chosen: shares of the range, which may go beyond it."""

    def __init__(self, **shares: float) -> None:
        super().__init__(np.random.PCG64(0))
        self._shares = [shares.get(name, 0.0) for name in DRAWN]

    def uniform(self, low: float = 0.0, high: float = 1.0, size: Any = None) -> Any:
        return np.repeat(np.array(self._shares)[:, np.newaxis], size[1], axis=1)


@pytest.fixture(scope="module")
def images(small: Dataset) -> Array:
    return small.train_images[:64]


def deformed(images: Array, spec: AugmentationSpec, rng: np.random.Generator, dtype: Any = np.float32) -> Array:
    return Augmenter(spec).apply(images, rng, np.full((len(images), 28, 28), np.nan, dtype))


def chance(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def moved(images: Array, down: int, right: int) -> Array:
    """Move images by whole pixels, with zeros where nothing comes from."""
    padded = np.pad(images, ((0, 0), (6, 6), (6, 6)))
    return padded[:, 6 - down : 34 - down, 6 - right : 34 - right]


def test_off_leaves_every_image_as_it_is(images: Array) -> None:
    rng = chance()
    assert not AugmentationSpec().active
    assert not AugmentationSpec(smoothness=9).active
    assert np.array_equal(deformed(images, AugmentationSpec(), rng), images * np.float32(1 / 255))
    assert rng.bit_generator.state == chance().bit_generator.state


def test_settings_too_small_to_see_change_nothing_to_see(images: Array) -> None:
    tiny = AugmentationSpec(rotation=1e-6, scale=1e-6, shear=1e-6, shift=1e-6, elastic=1e-6)
    assert tiny.active
    assert np.allclose(deformed(images, tiny, chance()), images / 255, atol=1e-5)


@pytest.mark.parametrize(("down", "right"), [(3, 0), (0, -2), (-6, 6), (1, 1)])
def test_shift_by_whole_pixels_is_exact(images: Array, down: int, right: int) -> None:
    shifted = deformed(images, AugmentationSpec(shift=6), Chosen(down=down / 6, right=right / 6))
    assert np.allclose(shifted, moved(images, down, right) / 255, atol=1e-5)


@pytest.mark.parametrize(("quarters", "shown"), [(1, 3), (2, 2), (-1, 1)])
def test_rotation_by_quarter_turns_is_exact(images: Array, quarters: int, shown: int) -> None:
    turned = deformed(images, AugmentationSpec(rotation=45), Chosen(rotation=2 * quarters))
    assert np.allclose(turned, np.rot90(images, shown, axes=(1, 2)) / 255, atol=1e-4)


def test_half_the_scale_takes_every_other_pixel() -> None:
    ramp = np.tile(np.linspace(0, 1, 28), (1, 28, 1))
    smaller = deformed(ramp, AugmentationSpec(scale=50), Chosen(wide=-1))[0, 14]
    # Column 13.5 is the centre; one column of the smaller image spans two of the ramp.
    expected = np.interp(13.5 + 2 * (np.arange(28) - 13.5), np.arange(28), ramp[0, 0], left=0)
    assert np.allclose(smaller[7:21], expected[7:21], atol=1e-5)
    assert not smaller[:6].any()


def test_shear_slants_rows_against_each_other(images: Array) -> None:
    line = np.zeros((1, 28, 28))
    line[0, :, 13:15] = 1
    slanted = deformed(line, AugmentationSpec(shear=45), Chosen(shear=1))[0]
    centres = slanted[2:26] @ np.arange(28) / slanted[2:26].sum(axis=1)
    assert np.allclose(np.diff(centres), 1, atol=1e-4)


def reference(images: Array, spec: AugmentationSpec, rng: np.random.Generator) -> Array:
    """Deform by the forward map of each image, inverted, pixel by pixel."""
    rotation, shear, high, wide, down, right = rng.uniform(-1, 1, (6, len(images)))
    out = np.zeros((len(images), 28, 28))
    for n, image in enumerate(images):
        angle, slope = np.radians(spec.rotation * rotation[n]), np.tan(np.radians(spec.shear * shear[n]))
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        stretch = np.diag([1 + spec.scale / 100 * wide[n], 1 + spec.scale / 100 * high[n]])
        back = np.linalg.inv(turn @ np.array([[1, slope], [0, 1]]) @ stretch)
        for y, x in np.ndindex(28, 28):
            place = back @ [x - 13.5 - spec.shift * right[n], y - 13.5 - spec.shift * down[n]]
            out[n, y, x] = between(image, *(place[::-1] + 13.5))
    return out


def between(image: Array, y: float, x: float) -> float:
    """Interpolate between four pixels; 0 outside."""
    value = 0.0
    top, left = int(np.floor(y)), int(np.floor(x))
    for row, column in ((top, left), (top, left + 1), (top + 1, left), (top + 1, left + 1)):
        if 0 <= row < 28 and 0 <= column < 28:
            value += image[row, column] * (1 - abs(y - row)) * (1 - abs(x - column))
    return value


@pytest.mark.parametrize("limits", [{}, {"rotation": 45}, {"scale": 50}, {"shear": 45}, {"shift": 6}])
def test_agrees_with_a_slow_reference(images: Array, limits: dict[str, float]) -> None:
    spec = AugmentationSpec(**(limits or {"rotation": 30, "scale": 30, "shear": 20, "shift": 4.5}))
    few = images[:6]
    assert np.allclose(deformed(few, spec, chance(1)), reference(few / 255, spec, chance(1)), atol=2e-5)


def fields(strength: float, smoothness: float, n: int = 400) -> Array:
    """Return n random fields of displacement, both axes: shape (2 n, 28, 28)."""
    augmenter = Augmenter(AugmentationSpec(elastic=strength, smoothness=smoothness))
    places = augmenter._places(n, chance())
    still = np.arange(1, 29)
    shifts = places - np.stack(np.meshgrid(still, still, indexing="ij"))[:, :, np.newaxis].transpose(1, 0, 2, 3)
    return shifts.transpose(1, 2, 0, 3).reshape(-1, 28, 28)


@pytest.mark.parametrize("smoothness", [2.0, 4.0, 10.0])
def test_elastic_field_has_the_stated_size_everywhere(smoothness: float) -> None:
    pushed = fields(3.0, smoothness)
    assert np.sqrt((pushed**2).mean()) == pytest.approx(3, rel=0.05)
    by_place = np.sqrt((pushed**2).mean(axis=0))
    assert (np.abs(by_place / 3 - 1) < 0.25).all()
    assert abs(pushed.mean()) < 0.3


@pytest.mark.parametrize("smoothness", [2.0, 4.0, 10.0])
def test_elastic_field_is_as_smooth_as_noise_behind_a_gaussian(smoothness: float) -> None:
    pushed = fields(1.0, smoothness)
    for distance in (1, 2, 4, 8):
        expected = np.exp(-(distance**2) / (4 * smoothness**2))
        across = (pushed[:, :, distance:] * pushed[:, :, :-distance]).mean()
        along = (pushed[:, distance:] * pushed[:, :-distance]).mean()
        assert across == pytest.approx(expected, abs=0.06)
        assert along == pytest.approx(expected, abs=0.06)


def test_basis_is_all_but_the_covariance() -> None:
    for smoothness in (2.0, 3.3, 10.0):
        basis = field_basis(smoothness)
        distance = np.subtract.outer(np.arange(28), np.arange(28))
        assert np.allclose(basis @ basis.T, np.exp(-(distance**2) / (4 * smoothness**2)), atol=0.03)
        assert np.allclose((basis**2).sum(axis=1), 1)
        assert basis.shape[1] < 16


def test_axes_and_images_are_pushed_independently() -> None:
    pushed = fields(1.0, 4.0, n=200).reshape(2, 200, -1)
    assert abs((pushed[0] * pushed[1]).mean()) < 0.05
    assert abs((pushed[:, 1:] * pushed[:, :-1]).mean()) < 0.05


def test_elastic_deformation_takes_pixels_from_where_the_field_says(images: Array) -> None:
    spec = AugmentationSpec(elastic=2)
    places = Augmenter(spec)._places(4, chance(3)) - 1
    bent = deformed(images[:4], spec, chance(3))
    for n, y, x in ((0, 14, 14), (1, 3, 20), (2, 25, 9), (3, 13, 17), (3, 0, 27)):
        row, column = places[y, :, n, x]
        assert bent[n, y, x] == pytest.approx(between(images[n] / 255, row, column), abs=2e-5)


def test_ink_stays(small: Dataset) -> None:
    before = small.train_images.reshape(600, -1).mean(axis=1) / 255
    after = deformed(small.train_images, STRONG, chance()).reshape(600, -1).mean(axis=1)
    assert after.mean() == pytest.approx(before.mean(), rel=0.1)
    assert (after / before > 0.4).all()
    assert (after / before < 2.5).all()


def test_every_image_of_every_batch_is_deformed_anew(images: Array) -> None:
    same = np.repeat(images[:1], 50, axis=0)
    rng = chance()
    both = np.concatenate([deformed(same, STRONG, rng), deformed(same, STRONG, rng)]).reshape(100, -1)
    assert len(np.unique(both, axis=0)) == 100


def test_same_state_of_chance_gives_the_same_bits(images: Array) -> None:
    first, second = chance(5), chance(5)
    assert np.array_equal(deformed(images, STRONG, first), deformed(images, STRONG, second))
    assert np.array_equal(deformed(images, STRONG, first), deformed(images, STRONG, second))
    assert not np.array_equal(deformed(images, STRONG, chance(5)), deformed(images, STRONG, chance(6)))


def test_bits_do_not_depend_on_other_threads(small: Dataset) -> None:
    alone = [deformed(small.train_images, STRONG, chance(seed)) for seed in range(4)]
    beside: dict[int, Array] = {}

    def work(seed: int) -> None:
        beside[seed] = deformed(small.train_images, STRONG, chance(seed))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(alone[seed], beside[seed]) for seed in range(4))


@pytest.mark.parametrize("spec", [AugmentationSpec(), STRONG], ids=["off", "on"])
def test_batches_of_any_size_in_memory_that_was_used_before(small: Dataset, spec: AugmentationSpec) -> None:
    augmenter = Augmenter(spec)
    for n in (CHUNK, 1, 2 * CHUNK + 3, 0, CHUNK - 1):
        images = small.train_images[:n]
        out = np.full((n, 784), np.nan, np.float32)
        assert augmenter.apply(images, chance(n), out) is out
        assert np.array_equal(out.reshape(n, 28, 28), deformed(images, spec, chance(n)))


@pytest.mark.parametrize("spec", [AugmentationSpec(), STRONG], ids=["off", "on"])
def test_bytes_and_floats_flat_and_square(images: Array, spec: AugmentationSpec) -> None:
    wanted = deformed(images, spec, chance())
    for given_images in (images / np.float32(255), images / 255, images.reshape(64, 784)):
        for dtype in (np.float32, np.float64):
            got = deformed(given_images, spec, chance(), dtype)
            assert got.dtype == dtype
            assert np.allclose(got, wanted, atol=1e-6)


def test_images_given_stay_as_they_were(images: Array) -> None:
    before = images.copy()
    deformed(images, STRONG, chance())
    assert np.array_equal(images, before)


@st.composite
def specs(draw: st.DrawFn) -> AugmentationSpec:
    """Any legal settings."""
    bounds = {field.name: (field.low or 0, field.high or 0) for field in parameters_of(AugmentationSpec)}
    return AugmentationSpec(
        **{name: draw(st.sampled_from([low, high]) | st.floats(low, high)) for name, (low, high) in bounds.items()}
    )


@given(specs(), st.integers(0, 2**32 - 1), st.integers(1, 20))
def test_values_are_from_0_to_1_whatever_the_settings(images: Array, spec: AugmentationSpec, seed: int, n: int) -> None:
    made = deformed(images[:n], spec, chance(seed))
    assert np.isfinite(made).all()
    assert made.min() >= 0
    assert made.max() <= 1 + 1e-6
    white = deformed(np.full((n, 28, 28), 255, np.uint8), spec, chance(seed))
    assert white.max() <= 1 + 1e-6


@given(specs())
def test_settings_survive_their_files(spec: AugmentationSpec) -> None:
    assert AugmentationSpec.model_validate_json(spec.model_dump_json()) == spec


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("rotation", 46, "Rotation: 46 is not allowed; it must be a number from 0 to 45."),
        ("scale", -1, "Scale: -1 is not allowed; it must be a number from 0 to 50."),
        ("shear", 90, "Shear: 90 is not allowed; it must be a number from 0 to 45."),
        ("shift", 6.5, "Shift: 6.5 is not allowed; it must be a number from 0 to 6."),
        ("elastic", "much", "Elastic: much is not allowed; it must be a number from 0 to 10."),
        ("smoothness", 1, "Smoothness: 1 is not allowed; it must be a number from 2 to 10."),
        ("smoothness", float("nan"), "Smoothness: nan is not allowed; it must be a number from 2 to 10."),
    ],
)
def test_settings_out_of_range_are_refused_in_a_sentence(name: str, value: object, sentence: str) -> None:
    run = RunSpec().model_dump()
    run["training"]["augmentation"][name] = value
    with pytest.raises(SettingError) as refused:
        checked_run(run)
    assert str(refused.value) == sentence


def run_of(*words: str) -> RunSpec:
    parser = Parser(prog="train")
    add_run_options(parser)
    return run_from(parser.parse_args(words))


def test_terminal_has_an_option_per_setting() -> None:
    words = {"rotation": 12.0, "scale": 20.0, "shear": 5.0, "shift": 1.5, "elastic": 2.0, "smoothness": 6.0}
    run = run_of(*(word for name, value in words.items() for word in (f"--{name}", str(value))))
    assert run.training.augmentation == AugmentationSpec(**words)
    assert not run_of().training.augmentation.active
    assert run_of("--shift", "2").training.augmentation == AugmentationSpec(shift=2)


def test_terminal_refuses_what_is_out_of_range() -> None:
    with pytest.raises(SettingError, match="Elastic: 11 is not allowed; it must be a number from 0 to 10"):
        run_of("--elastic", "11")
