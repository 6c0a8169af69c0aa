"""Where new layers go: as near as possible to where they are wanted, with settings that suit what is there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.compact_layers import compact, compact_layer, parse_layers
from engine.errors import SettingError
from engine.layers import LAYER_KINDS
from engine.placement import with_new_layer
from engine.specs import NetworkSpec


@pytest.mark.parametrize(
    ("layers", "kind", "wanted", "expected"),
    [
        ("dense:350", "conv", 1, (0, "conv:32:5:s2")),
        ("conv:32:5:s2,dense:350", "conv", 2, (1, "conv:64:3:s2")),
        ("conv:32:5:s2,conv:64:3:s2,dense:128", "conv", 3, (2, "conv:128:3")),
        ("conv:8,dense:350", "max_pool", 2, (1, "max_pool:2")),
        ("conv:8,flatten,dense:350", "avg_pool", 3, (1, "avg_pool:2")),
        ("conv:8:28,dense:3", "max_pool", 1, (1, "max_pool:1")),
        ("conv:8:28,dense:3", "conv", 1, (1, "conv:16:1")),
        ("conv:8,conv:8,dense:9", "dense", 1, (2, "dense:64")),
        ("conv:8,conv:8", "flatten", 1, (2, "flatten")),
        ("conv:8,dense:9", "flatten", 2, (1, "flatten")),
        ("dense:9", "dropout", 0, (0, "dropout:0.2")),
        ("dense:9", "batch_norm", 1, (1, "batch_norm")),
        ("none", "dense", 0, (0, "dense:64")),
    ],
)
def test_a_layer_goes_where_it_is_possible(layers: str, kind: str, wanted: int, expected: tuple[int, str]) -> None:
    index, layer = with_new_layer(parse_layers(layers), kind, wanted)
    assert (index, compact_layer(layer)) == expected


def test_a_layer_that_fits_nowhere_is_refused_with_the_reason_at_the_place_where_it_was_wanted() -> None:
    with pytest.raises(SettingError, match="Layer 3: Flatten: its 9 inputs are in a row already"):
        with_new_layer(parse_layers("flatten,dense:9"), "flatten", 2)
    with pytest.raises(SettingError, match="at most 32"):
        with_new_layer(parse_layers(",".join(["dense:2"] * 32)), "dense", 3)


@given(data=st.data())
def test_layers_can_be_added_in_any_order(data: st.DataObject) -> None:
    layers: tuple = ()
    for kind in data.draw(st.lists(st.sampled_from([kind for kind in LAYER_KINDS if kind != "flatten"]), max_size=6)):
        index, layer = with_new_layer(layers, kind, data.draw(st.integers(0, len(layers))))
        layers = (*layers[:index], layer, *layers[index:])
    assert NetworkSpec(layers=layers).layers == layers, compact(layers)
