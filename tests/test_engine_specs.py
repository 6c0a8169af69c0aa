"""The specs: JSON both ways, every illegal value refused in a sentence, everything declared with its help."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.activations import ACTIVATIONS
from engine.errors import SettingError
from engine.fields import Parameter, Settings, parameter, parameters_of
from engine.layers import LAYER_KINDS, DenseSpec
from engine.losses import LOSSES, misfit
from engine.network import Network
from engine.optimizers import OPTIMIZERS, Adam
from engine.presets import DEFAULT_PRESET, PRESETS
from engine.schedules import SCHEDULES, OneCycle
from engine.specs import MAX_PARAMETERS, NetworkSpec, RunSpec, TrainingSpec, checked_run

CLASSES: tuple[type[Settings], ...] = (
    RunSpec,
    NetworkSpec,
    TrainingSpec,
    *LAYER_KINDS.values(),
    *OPTIMIZERS.values(),
    *SCHEDULES.values(),
)
DECLARED = [(cls, field) for cls in CLASSES for field in parameters_of(cls)]
NAMES = [f"{cls.__name__}.{field.name}" for cls, field in DECLARED]


def within(field: Parameter) -> st.SearchStrategy:
    """Any legal value of a hyperparameter."""
    if field.kind == "choice":
        return st.sampled_from(field.choices)
    if field.kind == "int":
        return st.integers(int(field.low or 0), int(field.high or 0))
    if field.kind == "float":
        return st.floats(field.low, field.high)
    return st.booleans() if field.kind == "bool" else st.text(max_size=20)


def legal(cls: type[Settings], **fixed: st.SearchStrategy) -> st.SearchStrategy:
    """Any legal value of a class of settings."""
    return st.builds(cls, **{field.name: within(field) for field in parameters_of(cls)} | fixed)


def one_of(registry: dict[str, Any]) -> st.SearchStrategy:
    """Any legal member of a family."""
    return st.one_of(*(legal(cls) for cls in registry.values()))


@st.composite
def runs(draw: st.DrawFn) -> RunSpec:
    """Any legal run with moderate layers: some that look at images, then some that do not need to."""
    anywhere = (legal(LAYER_KINDS["dropout"]), legal(LAYER_KINDS["batch_norm"]))
    small = {"stride": st.integers(1, 2)}
    pools = (legal(LAYER_KINDS[kind], size=st.integers(1, 3), **small) for kind in ("max_pool", "avg_pool"))
    conv = legal(LAYER_KINDS["conv"], filters=st.integers(1, 16), kernel=st.integers(1, 3), **small)
    front = draw(st.lists(st.one_of(conv, *pools, *anywhere), max_size=3))
    back = draw(st.lists(st.one_of(legal(DenseSpec, units=st.integers(1, 500)), *anywhere), max_size=4))
    flat = [LAYER_KINDS["flatten"]()] * draw(st.integers(0, 1))
    network = draw(legal(NetworkSpec, layers=st.just((*front, *flat, *back))))
    losses = st.sampled_from([name for name in LOSSES if not misfit(name, network.output_activation)])
    normalizes = any(layer.kind == "batch_norm" for layer in network.layers)
    batches = st.integers(2 if normalizes else 1, 1_000_000)
    families = {"optimizer": one_of(OPTIMIZERS), "schedule": one_of(SCHEDULES)}
    training = legal(TrainingSpec, loss=losses, batch_size=batches, **families)
    return draw(legal(RunSpec, network=st.just(network), training=training))


@given(runs())
def test_a_run_comes_back_from_json_as_it_was(run: RunSpec) -> None:
    text = run.model_dump_json()
    assert RunSpec.model_validate_json(text) == run
    assert checked_run(json.loads(text)) == run
    assert [type(layer) for layer in RunSpec.model_validate_json(text).network.layers] == [
        type(layer) for layer in run.network.layers
    ]


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [*RunSpec.model_fields, *NetworkSpec.model_fields, *TrainingSpec.model_fields, "kind", "units"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_any_json_is_a_run_or_is_refused_in_one_sentence(data: Any) -> None:
    refusal = None
    try:
        assert isinstance(checked_run(data), RunSpec)
    except SettingError as error:
        refusal = error.what
    assert refusal is None or re.fullmatch(r"[^\n]+\.", refusal)


def outside(field: Parameter) -> list[Any]:
    """Return values that are not legal, just outside and far away."""
    if field.kind == "choice":
        return ["nonsense", "", None, 3, field.choices[0].upper()]
    if field.kind == "bool":
        return ["perhaps", 2, None]
    if field.kind == "text":
        return [3, None]
    assert field.low is not None
    assert field.high is not None
    values: list[Any] = ["abc", "", None, math.nan, math.inf, -math.inf, "nan", "1 2", [1], -1, 1e12, 10**30]
    if field.kind == "int":
        return [*values, field.low - 1, field.high + 1, field.low + 0.5]
    return [*values, math.nextafter(field.low, -math.inf), math.nextafter(field.high, math.inf)]


def place(cls: type[Settings], name: str, value: Any) -> dict[str, Any]:
    """Return the data of a run in which one setting has one value."""
    inner: dict[str, Any] = {name: value}
    if "kind" in cls.model_fields:
        inner["kind"] = cls.model_fields["kind"].default
    if cls in LAYER_KINDS.values():
        return {"network": {"layers": [{"kind": "dropout"}, inner]}}
    if cls in OPTIMIZERS.values():
        return {"training": {"optimizer": inner}}
    if cls in SCHEDULES.values():
        return {"training": {"schedule": inner}}
    return {RunSpec: inner, NetworkSpec: {"network": inner}, TrainingSpec: {"training": inner}}[cls]  # type: ignore[index]


def shown(value: Any) -> str:
    """Return how a sentence shows a value."""
    if value == "":
        return "a value is missing"
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


@pytest.mark.parametrize(("cls", "field"), DECLARED, ids=NAMES)
def test_every_illegal_value_is_refused_with_label_value_and_range(cls: type[Settings], field: Parameter) -> None:
    for value in outside(field):
        with pytest.raises(SettingError) as alone:
            field.check(value)
        sentence = str(alone.value)
        assert sentence.startswith(f"{field.label}: ")
        assert shown(value) in sentence
        assert sentence.endswith(f"it must be {field.legal}.")
        with pytest.raises(SettingError) as within_a_run:
            checked_run(place(cls, field.name, value))
        where = "Layer 2: " if cls in LAYER_KINDS.values() else ""
        assert str(within_a_run.value) == where + sentence


@pytest.mark.parametrize(("cls", "field"), DECLARED, ids=NAMES)
def test_the_ends_of_every_range_and_its_default_are_legal(cls: type[Settings], field: Parameter) -> None:
    for value in (field.default, field.low, field.high, *field.choices):
        if value is None or (field.name == "output_activation" and value != "softmax"):
            continue
        assert field.check(value) == value
        assert isinstance(checked_run(place(cls, field.name, value)), RunSpec)
    if field.kind in ("int", "float"):
        assert field.low is not None
        assert field.check(f" {field.low!r} ") == field.low, "as typed in a form"


@pytest.mark.parametrize(("cls", "field"), DECLARED, ids=NAMES)
def test_every_setting_has_a_label_and_a_help_and_a_default_that_is_legal(cls: type, field: Parameter) -> None:
    assert field.label[0].isupper() or field.label[0] == "β"
    assert field.help.endswith(".")
    assert field.help[0].isupper() or field.help[0] == "λ"
    if field.kind in ("int", "float"):
        assert field.low is not None
        assert field.high is not None
        assert field.low <= field.default <= field.high
        assert not field.log or field.low > 0
    assert len({other.label for other in parameters_of(cls)}) == len(parameters_of(cls))


@pytest.mark.parametrize(("cls", "field"), DECLARED, ids=NAMES)
def test_every_choice_is_explained(cls: type, field: Parameter) -> None:
    if field.kind == "choice" and field.name != "dtype":
        assert set(field.choices) <= set(field.choice_help)
        assert all(field.choice_help[choice].endswith(".") for choice in field.choices)


def test_every_declaration_of_a_class_is_found() -> None:
    names = {cls: [field.name for field in parameters_of(cls)] for cls in CLASSES}
    assert names[DenseSpec] == ["units", "activation", "dropout"]
    assert names[Adam] == ["beta1", "beta2"]
    assert "optimizer" not in names[TrainingSpec], "a family is chosen from its registry, not typed"
    assert parameter(TrainingSpec, "learning_rate").log


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_settings_are_frozen_and_refuse_what_they_do_not_know(cls: type[Settings]) -> None:
    value = cls()
    for name in cls.model_fields:
        with pytest.raises(ValidationError, match="frozen"):
            setattr(value, name, getattr(value, name))
    with pytest.raises(ValidationError, match="extra"):
        cls(colour="red")  # type: ignore[call-arg]
    if cls is not RunSpec:
        with pytest.raises(SettingError, match="'colour' is not a setting that this version knows"):
            checked_run(place(cls, "colour", "red"))


@pytest.mark.parametrize(
    ("data", "parts"),
    [
        ({"network": {"layers": [{"kind": "conv9d"}]}}, ("Layer 1: Kind of layer: conv9d", ", ".join(LAYER_KINDS))),
        ({"training": {"optimizer": {"kind": "guess"}}}, ("Optimizer: guess", "sgd, momentum, nesterov")),
        ({"training": {"schedule": {"kind": "moon"}}}, ("Schedule: moon", "constant, step, cosine, one_cycle")),
        (
            {"training": {"optimizer": {"kind": "momentum", "momentum": 3}}},
            ("Momentum: 3 is not allowed; it must be a number from 0 to 0.999.",),
        ),
        ({"network": {"layers": [{"kind": "dense", "units": 8192}] * 8}}, ("parameters", f"{MAX_PARAMETERS:,}")),
        ({"network": {"layers": [{"kind": "dense"}] * 33}}, ("32",)),
    ],
)
def test_nested_mistakes_are_named(data: dict, parts: tuple[str, ...]) -> None:
    with pytest.raises(SettingError) as refused:
        checked_run(data)
    assert all(part in str(refused.value) for part in parts), str(refused.value)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("output", ACTIVATIONS)
def test_a_loss_and_an_output_that_contradict_each_other_are_refused(loss: str, output: str) -> None:
    data = {"network": {"output_activation": output}, "training": {"loss": loss}}
    if loss == "mse" or output == "softmax":
        assert checked_run(data).training.loss == loss
        return
    with pytest.raises(
        SettingError, match=f"Cross-entropy needs Softmax as the output activation, not {ACTIVATIONS[output].label}"
    ):
        checked_run(data)


def test_a_changed_run_is_checked_and_leaves_the_old_one_alone() -> None:
    run = PRESETS["quick"].run
    other = run.changed(training={"epochs": 2, "optimizer": {"kind": "sgd"}}, network={"layers": ()}, run={"seed": 9})
    assert (other.training.epochs, other.training.optimizer.kind, other.network.layers, other.seed) == (2, "sgd", (), 9)
    assert other.training.learning_rate == run.training.learning_rate
    assert (run.training.epochs, run.seed) == (6, 0)
    with pytest.raises(SettingError, match="Epochs: 0 is not allowed; it must be a whole number from 1 to 10,000"):
        run.changed(training={"epochs": 0})
    with pytest.raises(SettingError, match="Cross-entropy needs"):
        run.changed(network={"output_activation": "relu"})


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_legal_and_names_itself(name: str) -> None:
    preset = PRESETS[name]
    assert preset.name == preset.run.preset == name
    assert preset.title
    assert preset.help.endswith(".")
    assert checked_run(preset.run.model_dump()) == preset.run
    network = Network(preset.run.network, preset.run.seed)
    assert network.parameters.size == preset.run.network.parameter_count


@pytest.mark.parametrize(
    ("layers", "parts"),
    [
        ([{"kind": "conv", "kernel": 20}, {"kind": "conv", "kernel": 10}], ("Layer 2: Convolution", "10x10", "9x9")),
        ([{"kind": "max_pool", "size": 14, "stride": 14}, {"kind": "max_pool", "size": 3}], ("Layer 2", "3x3", "2x2")),
        ([{"kind": "flatten"}, {"kind": "dropout"}, {"kind": "flatten"}], ("Layer 3: Flatten", "784", "in a row")),
        ([{"kind": "dense", "units": 7}, {"kind": "conv"}], ("Layer 2: Convolution", "needs an image", "7 numbers")),
        ([{"kind": "flatten"}, {"kind": "avg_pool"}], ("Layer 2: Average pooling", "needs an image", "784 numbers")),
        ([{"kind": "conv", "stride": 0}], ("Layer 1: Stride: 0", "from 1 to 28")),
        ([{"kind": "dropout", "rate": 1}], ("Layer 1: Rate: 1", "from 0 to 0.9")),
        ([{"kind": "conv", "padding": "full"}], ("Layer 1: Padding: full", "one of valid, same")),
    ],
)
def test_layers_that_cannot_be_are_refused_with_number_and_sizes(layers: list[dict], parts: tuple[str, ...]) -> None:
    with pytest.raises(SettingError) as refused:
        checked_run({"network": {"layers": layers}})
    assert all(part in str(refused.value) for part in parts), str(refused.value)


def test_a_batch_of_one_image_leaves_nothing_of_what_is_normalized_over_images_alone() -> None:
    norm, conv, dense = {"kind": "batch_norm"}, {"kind": "conv"}, {"kind": "dense"}
    for layers, number in (([norm], 1), ([dense, norm], 2), ([conv, norm, {"kind": "flatten"}, norm], 4)):
        network = {"layers": layers}
        with pytest.raises(SettingError, match=rf"Layer {number}: Batch norm.* batch size must be at least 2\.$"):
            checked_run({"network": network, "training": {"batch_size": 1}})
        checked_run({"network": network, "training": {"batch_size": 2}})
    checked_run({"network": {"layers": [conv, norm]}, "training": {"batch_size": 1}})


@pytest.mark.parametrize("kind", LAYER_KINDS)
def test_every_kind_of_layer_has_a_name_and_a_line_about_it(kind: str) -> None:
    cls = LAYER_KINDS[kind]
    assert cls.model_fields["kind"].default == kind
    assert cls.label[0].isupper()
    assert cls.about.endswith(".")
    assert len(cls.about) < 80
    assert len({other.label for other in LAYER_KINDS.values()}) == len(LAYER_KINDS)


def test_the_title_names_what_has_weights() -> None:
    layers = [{"kind": "conv"}, {"kind": "batch_norm"}, {"kind": "max_pool"}, {"kind": "dense", "units": 64}]
    assert checked_run({"network": {"layers": layers}}).network.title == "28x28 → conv 32 → 64 → 10"
    assert checked_run({"network": {"layers": layers[3:]}}).network.title == "784 → 64 → 10"


def test_the_presets_are_what_they_promise() -> None:
    assert DEFAULT_PRESET == "quick"
    assert {"article", "quick", "deep"} <= set(PRESETS)
    article = PRESETS["article"].run
    assert [layer.activation for layer in article.network.layers] == ["relu"]  # type: ignore[union-attr]
    assert article.network.title == "784 → 350 → 10"
    assert (article.network.output_activation, article.network.initializer) == ("relu", "he")
    training = article.training
    assert (training.loss, training.learning_rate, training.batch_size) == ("mse", 0.001, 1)
    assert (training.optimizer.kind, training.schedule.kind, training.shuffle) == ("sgd", "constant", False)
    assert (training.l2, training.clip, article.validation_split) == (0, 0, 0), "nothing the article does not have"
    assert isinstance(PRESETS["quick"].run.training.schedule, OneCycle)
    assert len(PRESETS["deep"].run.network.layers) >= 3
