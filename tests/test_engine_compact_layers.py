"""Layers as a compact text: both ways, and one sentence for every mistake."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.compact_layers import NONE, compact, compact_layer, parse_layers, usage
from engine.errors import SettingError
from engine.fields import Parameter, parameters_of
from engine.layers import (
    LAYER_KINDS,
    AvgPool2DSpec,
    BatchNormSpec,
    Conv2DSpec,
    DenseSpec,
    DropoutSpec,
    FlattenSpec,
    LayerKind,
    MaxPool2DSpec,
)


def value(entry: Parameter) -> st.SearchStrategy:
    """Any legal value of a setting."""
    if entry.kind == "choice":
        return st.sampled_from(entry.choices)
    assert entry.low is not None
    assert entry.high is not None
    return st.integers(int(entry.low), int(entry.high)) if entry.kind == "int" else st.floats(entry.low, entry.high)


LAYERS = st.lists(
    st.one_of(
        *(
            st.builds(kind, **{entry.name: value(entry) for entry in parameters_of(kind)})
            for kind in LAYER_KINDS.values()
        )
    ),
    max_size=6,
).map(tuple)


def test_what_the_text_says() -> None:
    text = "conv:32:5:s2,conv:64:3:s2:same:tanh,max_pool:2,avg_pool:3:s1,flatten,dense:128:relu,batch_norm:relu"
    assert parse_layers(f"{text}, dropout:0.3 ,dense:20:d0.1") == (
        Conv2DSpec(filters=32, kernel=5, stride=2),
        Conv2DSpec(filters=64, kernel=3, stride=2, padding="same", activation="tanh"),
        MaxPool2DSpec(size=2),
        AvgPool2DSpec(size=3, stride=1),
        FlattenSpec(),
        DenseSpec(units=128),
        BatchNormSpec(activation="relu"),
        DropoutSpec(rate=0.3),
        DenseSpec(units=20, dropout=0.1),
    )


def test_order_does_not_matter_where_names_or_letters_say_what_is_meant() -> None:
    assert parse_layers("conv:tanh:16:s2:same:5:d.1") == parse_layers("conv:16:5:d0.1:same:tanh:s2")
    assert parse_layers("dense") == (DenseSpec(),)
    assert parse_layers(NONE) == ()
    assert compact(()) == NONE


def test_the_shortest_text_is_written() -> None:
    assert compact((DenseSpec(units=350), DropoutSpec(rate=0))) == "dense:350,dropout:0"
    assert compact_layer(Conv2DSpec(filters=8, kernel=5, stride=2, padding="same")) == "conv:8:5:s2:same"
    assert compact_layer(BatchNormSpec(momentum=0.99)) == "batch_norm:m0.99"


@given(LAYERS)
def test_any_layers_come_back_as_they_were(layers: tuple[LayerKind, ...]) -> None:
    assert parse_layers(compact(layers)) == layers


@given(st.text(max_size=40) | st.text("convdense:,0123456789.s-+emd _", max_size=60))
def test_any_text_is_layers_or_is_refused_in_one_sentence(text: str) -> None:
    refusal = None
    try:
        layers = parse_layers(text)
        assert parse_layers(compact(layers)) == layers
    except SettingError as error:
        refusal = error.what
    assert refusal is None or re.fullmatch(r"Layer \d+[ :].+\.", refusal, re.DOTALL)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ("Layer 1", "kind is missing", ", ".join(LAYER_KINDS))),
        ("dense:3,,dense:4", ("Layer 2", "kind is missing")),
        ("dense:3,", ("Layer 2", "kind is missing")),
        ("dense:3,convolution:8", ("Layer 2", "convolution is not a kind of layer", ", ".join(LAYER_KINDS))),
        ("conv:8:3:s0", ("Layer 1 (conv:8:3:s0)", "Stride: 0", "from 1 to 28")),
        ("conv:8:29", ("Layer 1 (conv:8:29)", "Kernel: 29", "from 1 to 28")),
        ("dense:3,dense:0", ("Layer 2 (dense:0)", "Units: 0", "from 1 to 8,192")),
        ("dense:x", ("Layer 1 (dense:x)", "x has no meaning here", "dense:UNITS:ACTIVATION:dDROPOUT", "relu, leaky")),
        ("dense:3:4", ("4 has no meaning here",)),
        ("dense:3:softmax", ("softmax has no meaning here", "activation is one of")),
        ("dense:3:relu:tanh", ("activation is given twice",)),
        ("conv:3:3:s2:s2", ("stride is given twice", "conv:FILTERS:KERNEL:sSTRIDE:PADDING:ACTIVATION:dDROPOUT")),
        ("flatten:2", ("2 has no meaning here", "It is written flatten.")),
        ("dropout:1", ("Rate: 1", "from 0 to 0.9")),
        ("dropout:nan", ("nan has no meaning here",)),
        ("batch_norm:m1", ("Momentum: 1", "from 0 to 0.9999")),
        ("max_pool:0", ("Window: 0",)),
        ("dense:" + "9" * 500, ("Units: 9999", "…")),
    ],
)
def test_every_mistake_is_named(text: str, parts: tuple[str, ...]) -> None:
    with pytest.raises(SettingError) as refused:
        parse_layers(text)
    assert all(part in refused.value.what for part in parts), refused.value.what
    assert len(refused.value.what) < 300


@pytest.mark.parametrize("kind", LAYER_KINDS.values(), ids=LAYER_KINDS)
def test_usage_names_every_setting(kind: type[LayerKind]) -> None:
    for entry in parameters_of(kind):
        assert entry.label.upper() in usage(kind)
