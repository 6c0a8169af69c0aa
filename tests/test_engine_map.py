"""Maps of test digits: features of a layer, principal components with known answers, t-SNE, other images on them."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.datasets.dataset import Dataset
from engine.errors import DigitLabError
from engine.layers import BatchNormSpec, Conv2DSpec, DenseSpec, DropoutSpec, FlattenSpec, MaxPool2DSpec
from engine.map.features import MOST_FEATURES, PIXELS, feature_count, mapped_layers, pooled, read_layer
from engine.map.layout import Layout, lay_out, lay_out_neighbours
from engine.map.pca import principal_components, turn_like
from engine.map.tsne import embed
from engine.network import Network, Snapshot
from engine.specs import NetworkSpec

RNG = np.random.default_rng(5)
ROWS = np.arange(200)


def dense(*units: int, seed: int = 0) -> Network:
    return Network(NetworkSpec(layers=tuple(DenseSpec(units=count) for count in units)), seed)


def tell(_sentence: str) -> None:
    """Take a sentence about how far it is."""


def never() -> bool:
    return False


# --- features -------------------------------------------------------------------------------------------


def test_a_map_is_offered_of_the_pixels_and_of_every_layer_that_computes_something() -> None:
    layers = (
        Conv2DSpec(filters=4),
        MaxPool2DSpec(),
        FlattenSpec(),
        DropoutSpec(),
        DenseSpec(units=12),
        BatchNormSpec(),
    )
    network = Network(NetworkSpec(layers=layers))
    kinds = [type(network.layers[number]).__name__ for number in mapped_layers(network) if number != PIXELS]
    assert mapped_layers(network)[0] == PIXELS
    assert kinds == ["Conv2D", "MaxPool2D", "Dense", "BatchNorm", "Dense"]


def test_features_are_what_the_network_computes(small: Dataset) -> None:
    network = dense(30, 20)
    images = small.test_images[:7]
    for layer in range(3):
        found = read_layer(network, images, layer)
        assert found is not None
        for number, image in enumerate(images):
            np.testing.assert_allclose(found.features[number], network.outputs(image)[layer], rtol=1e-5, atol=1e-6)
        shares = network.probabilities(images)
        np.testing.assert_array_equal(found.answers, shares.argmax(axis=1))
        np.testing.assert_allclose(found.sure, shares.max(axis=1), rtol=1e-5)


def test_the_features_of_the_pixels_are_the_pixels(small: Dataset) -> None:
    found = read_layer(dense(10), small.test_images[:3], PIXELS)
    assert found is not None
    np.testing.assert_allclose(found.features, small.test_images[:3].reshape(3, 784) / 255, atol=1e-7)


def test_large_feature_maps_are_averaged_over_squares_and_small_ones_are_not() -> None:
    maps = RNG.normal(size=(2, 26, 26, 32)).astype(np.float32)
    rows = pooled(maps)
    assert rows.shape[1] <= MOST_FEATURES
    np.testing.assert_allclose(rows[1].reshape(5, 5, 32)[0, 0], maps[1, :6, :6].mean(axis=(0, 1)), atol=1e-5)
    np.testing.assert_allclose(rows[1].reshape(5, 5, 32)[4, 4], maps[1, 24:, 24:].mean(axis=(0, 1)), atol=1e-5)
    few = RNG.normal(size=(2, 5, 5, 8)).astype(np.float32)
    np.testing.assert_array_equal(pooled(few), few.reshape(2, 200))


def test_the_number_of_features_is_known_before_they_are_computed(small: Dataset) -> None:
    network = Network(NetworkSpec(layers=(Conv2DSpec(filters=16), DenseSpec(units=12))))
    for layer in mapped_layers(network):
        found = read_layer(network, small.test_images[:2], layer)
        assert found is not None
        assert found.features.shape == (2, feature_count(network, layer))


def test_a_network_that_has_exploded_is_said_to_have(small: Dataset) -> None:
    network = dense(10)
    network.parameters[:] = np.nan
    with pytest.raises(DigitLabError, match="no finite numbers"):
        read_layer(network, small.test_images[:3], 0)


def test_reading_can_be_given_up(small: Dataset) -> None:
    assert read_layer(dense(10), small.test_images, 0, cancelled=lambda: True) is None


# --- principal components -------------------------------------------------------------------------------


def test_points_on_a_line_have_one_component_and_it_is_that_line() -> None:
    way = np.array([0.6, 0.0, -0.8], np.float32)
    points = RNG.normal(size=(50, 1)).astype(np.float32) * way + np.array([3, 4, 5], np.float32)
    found = principal_components(points, 2)
    np.testing.assert_allclose(found.axes[:, 0], -way, atol=1e-5)  # the largest entry is positive
    np.testing.assert_allclose(found.shares, [1, 0], atol=1e-5)
    np.testing.assert_allclose(found.mean, points.mean(axis=0), atol=1e-5)


def test_components_are_those_of_the_exact_decomposition(small: Dataset) -> None:
    X = small.test_images.reshape(200, 784) / np.float32(255)
    found = principal_components(X, 5)
    _, lengths, axes = np.linalg.svd(X - X.mean(axis=0), full_matrices=False)
    np.testing.assert_allclose(np.abs((found.axes * axes[:5].T).sum(axis=0)), 1, atol=1e-3)
    np.testing.assert_allclose(found.shares, lengths[:5] ** 2 / (lengths**2).sum(), rtol=1e-3)
    np.testing.assert_allclose(found.axes.T @ found.axes, np.eye(5), atol=1e-5)


def test_signs_are_always_the_same(small: Dataset) -> None:
    X = small.test_images.reshape(200, 784) / np.float32(255)
    first, again = principal_components(X), principal_components(X[::-1])
    np.testing.assert_allclose(first.axes, again.axes, atol=2e-3)
    assert (np.take_along_axis(first.axes, np.abs(first.axes).argmax(axis=0)[None], axis=0) > 0).all()


@pytest.mark.parametrize("factor", [0.0, 1e-30, 1e30])
def test_tiny_huge_and_constant_features_have_finite_components(factor: float) -> None:
    X = (RNG.normal(size=(40, 6)) * factor).astype(np.float32)
    found = principal_components(X)
    assert np.isfinite(found.axes).all()
    assert np.isfinite(found.shares).all()
    assert found.shares.sum() <= 1.0001


@given(angle=st.floats(0, 6.3), mirrored=st.booleans())
def test_a_turned_or_mirrored_map_is_turned_back(angle: float, mirrored: bool) -> None:
    points = np.random.default_rng(1).normal(size=(30, 2))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turn = turn @ np.diag([1, -1 if mirrored else 1])
    back = turn_like(points @ turn, points)
    np.testing.assert_allclose(points @ turn @ back, points, atol=1e-5)


# --- maps by principal components -----------------------------------------------------------------------


def plan(snapshot: Snapshot, data: Dataset, layer: int, before: Layout | None = None) -> Layout:
    found = lay_out(snapshot, data.test_images, ROWS, layer, before)
    assert found is not None
    return found


def test_an_image_of_the_map_lies_at_its_point(small: Dataset) -> None:
    for layer in (PIXELS, 0, 1):
        found = plan(dense(30).snapshot(step=7), small, layer)
        assert (found.step, found.layer, found.points.shape) == (7, layer, (200, 2))
        place = found.locate(small.test_images[11])
        np.testing.assert_allclose(place, found.points[11], atol=1e-4)


def test_from_moment_to_moment_a_map_moves_but_does_not_flip(small: Dataset) -> None:
    network = dense(40)
    before = plan(network.snapshot(), small, 0)
    for step in range(1, 6):
        network.parameters += 0.004 * RNG.normal(size=network.parameters.size).astype(np.float32)
        after = plan(network.snapshot(step=step), small, 0, before)
        moved = np.linalg.norm(after.points - before.points, axis=1).mean()
        assert moved < 0.3 * np.linalg.norm(before.points, axis=1).mean()
        np.testing.assert_allclose(after.locate(small.test_images[3]), after.points[3], atol=1e-4)
        before = after


def test_units_in_another_order_give_the_same_map(small: Dataset) -> None:
    network = dense(40)
    before = plan(network.snapshot(), small, 0)
    for array in network.layers[0].parameters.values():
        array[:] = array[..., ::-1].copy()
    after = plan(network.snapshot(step=1), small, 0, before)
    np.testing.assert_allclose(after.points, before.points, atol=0.02)


def test_the_pixels_stay_where_they_are_and_only_the_answers_change(small: Dataset) -> None:
    before = plan(dense(30).snapshot(), small, PIXELS)
    after = plan(dense(30, seed=1).snapshot(step=9), small, PIXELS, before)
    assert after.points is before.points
    assert after.step == 9
    assert not np.array_equal(after.answers, before.answers)


def test_a_layer_of_one_unit_still_has_a_plane(small: Dataset) -> None:
    found = plan(dense(1).snapshot(), small, 0)
    assert found.points.shape == (200, 2)
    assert not found.points[:, 1].any()


# --- t-SNE ----------------------------------------------------------------------------------------------


def blobs(count: int = 60) -> tuple[np.ndarray, np.ndarray]:
    kinds = np.arange(count) % 3
    return (10 * np.eye(3)[kinds] + RNG.normal(size=(count, 3))).astype(np.float32), kinds


def test_tsne_keeps_alike_together_and_gives_the_same_map_again() -> None:
    features, kinds = blobs()
    said: list[str] = []
    found, again = (embed(features, None, said.append, never) for _ in range(2))
    assert found is not None
    assert again is not None
    np.testing.assert_array_equal(found.points, again.points)
    distance = np.linalg.norm(found.points[:, None] - found.points[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    assert (kinds[distance.argmin(axis=1)] == kinds).mean() > 0.95
    assert said[-1] == "t-SNE: 100 %"
    middle = found.place(np.array([[10, 0, 0]], np.float32))[0]
    nearest = np.linalg.norm(found.points - middle, axis=1).argsort()[:5]
    assert (kinds[nearest] == 0).all()
    assert gc.isenabled()


def test_tsne_can_be_given_up_at_once_and_on_the_way() -> None:
    features, _ = blobs()
    asked: list[int] = []

    def soon() -> bool:
        asked.append(1)
        return len(asked) > 3

    assert embed(features, None, tell, lambda: True) is None
    assert embed(features, None, tell, soon) is None
    assert len(asked) == 4


def test_tsne_of_equal_outputs_is_finite_or_refused() -> None:
    saturated = np.eye(10, dtype=np.float32)[np.arange(60) % 10]
    found = embed(saturated, None, tell, never)
    assert found is not None
    assert np.isfinite(found.points).all()
    with pytest.raises(DigitLabError, match="the same output for every image"):
        embed(np.ones((60, 5), np.float32), None, tell, never)
    with pytest.raises(DigitLabError, match="at least 10 images, and there are 9"):
        embed(saturated[:9], None, tell, never)


def test_a_map_by_tsne_begins_with_the_one_before(small: Dataset) -> None:
    snapshot = dense(20).snapshot(step=3)
    before = plan(snapshot, small, 0)
    found = lay_out_neighbours(snapshot, small.test_images, ROWS, 0, before, tell, never)
    assert found is not None
    assert (found.method, found.step) == ("tsne", 3)
    assert np.isnan(found.share)
    place = found.locate(small.test_images[4])
    assert place is not None
    assert np.isfinite(place).all()
    # Groups stay on their side: the two maps are turned alike.
    assert np.corrcoef(before.points[:, 0], found.points[:, 0])[0, 1] > 0.3
