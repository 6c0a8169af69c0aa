"""Options of the commands, derived from the one declaration of each hyperparameter."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

from engine.activations import ACTIVATIONS
from engine.augmentation import AugmentationSpec
from engine.blas import most_threads
from engine.compact_layers import LETTERS, NONE, parse_layers, usage
from engine.datasets import DATASET_WORDS
from engine.datasets.joined import SIGN
from engine.errors import DigitLabError, SettingError
from engine.fields import Parameter, Settings, parameter, parameters_of
from engine.ink.spec import InkSpec
from engine.layers import LAYER_KINDS, DenseSpec, LayerKind
from engine.losses import LOSSES, misfit
from engine.optimizers import OPTIMIZERS
from engine.presets import DEFAULT_PRESET, PRESETS, named
from engine.schedules import SCHEDULES
from engine.specs import NetworkSpec, RunSpec, TrainingSpec
from engine.terminal.output import say

Given = Mapping[str, Any]
"""The options that were given, by ``group.name``."""

_UNITS = parameter(DenseSpec, "units")
_METAVARS = {"int": "N", "float": "X", "choice": "NAME", "text": "TEXT"}
DATASETS = ", ".join(source.form for source in DATASET_WORDS)


class UsageError(DigitLabError):
    """The command line cannot be understood."""


class Parser(argparse.ArgumentParser):
    """A parser that answers a bad command line with one sentence."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(allow_abbrev=False, **settings)

    def error(self, message: str) -> NoReturn:
        """Raise the sentence instead of printing the usage."""
        raise UsageError(f"{message[:1].upper()}{message[1:]}.", f"See {self.prog} --help.")


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add what every command has."""
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")
    parser.add_argument(
        "--threads",
        metavar="N",
        type=_threads,
        default=most_threads(),
        help=f"the most threads to compute with, 1 to {most_threads()} here (default: {most_threads()}). Fewer are "
        "used where measuring shows that these are faster; results do not depend on it",
    )


def add_dataset(parser: argparse.ArgumentParser, default: str) -> None:
    """Add ``--dataset``; `default` says in words what is used without it."""
    parser.add_argument("--dataset", metavar="D", help=f"where the images come from: {DATASETS} (default: {default})")


def add_extra(parser: argparse.ArgumentParser) -> None:
    """Add ``--extra``: data to learn from besides."""
    parser.add_argument(
        "--extra",
        metavar="D",
        nargs="+",
        action="extend",
        default=[],
        help="more data to learn from, named as for --dataset; all of it is learned from, pen strokes in several "
        "renditions each, and the test images stay those of --dataset",
    )


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Add an option for everything that determines a run."""
    quick = PRESETS[DEFAULT_PRESET].run
    presets = "; ".join(f"{preset.name}: {preset.help.rstrip('.')}" for preset in PRESETS.values())
    defaults = f"defaults are those of the preset {DEFAULT_PRESET}; another preset brings its own"
    start = parser.add_argument_group("start", defaults)
    start.add_argument(
        "--preset",
        metavar="P",
        default=DEFAULT_PRESET,
        type=_choice("Preset", PRESETS),
        help=_escaped(f"the settings to start from (default: {DEFAULT_PRESET}). {presets}"),
    )
    _add_all(start, "run", RunSpec, quick, skip=("dataset",))
    _add_all(start, "ink", InkSpec, quick.ink)
    network = parser.add_argument_group("network", defaults)
    network.add_argument(
        "--hidden",
        metavar="N,N,…",
        type=_hidden,
        help="units of the hidden layers, e.g. 350 or 256,128,64, without dropout unless --dropout is given; "
        f"{_UNITS.legal} each; {NONE} for no hidden layer",
    )
    _add_all(network, "layers", DenseSpec, None, skip=("units",), remark=" For all hidden dense layers.")
    kinds = "; ".join(map(_usage, LAYER_KINDS.values()))
    network.add_argument(
        "--layers",
        metavar="L,L,…",
        type=parse_layers,
        help="all hidden layers in one text, instead of the options above, e.g. conv:32:5:s2,conv:64:3:s2,dense:128,"
        "dropout:0.3. Numbers stand in this order, everything else as it comes, and what is left out has the default "
        f"in brackets: {kinds}. The window gives a new layer values that suit its place: a first convolution 5x5 with "
        "stride 2",
    )
    _add_all(network, "network", NetworkSpec, quick.network)
    training = parser.add_argument_group("training", defaults)
    _add_all(training, "training", TrainingSpec, quick.training)
    _add_all(training, "augmentation", AugmentationSpec, quick.training.augmentation)
    _add_family(training, "optimizer", "", OPTIMIZERS, "another one than the preset's brings its usual learning rate")
    _add_family(training, "schedule", "schedule-", SCHEDULES, "how the learning rate moves")


def run_from(options: argparse.Namespace) -> RunSpec:
    """Return the run that the options describe.

    Raises
    ------
    SettingError
        When a value is outside its range or two contradict each other.
    """
    given = {name: value for name, value in vars(options).items() if value is not None}
    start = PRESETS[given["preset"]].run
    run = _group(given, "run")
    run["dataset"] = SIGN.join([given.get("dataset", start.dataset), *given.get("extra", ())])
    run["ink"] = {**start.ink.model_dump(), **_group(given, "ink")}
    network = _group(given, "network")
    layers = _layers(start.network, given)
    training = _group(given, "training")
    training["augmentation"] = {**start.training.augmentation.model_dump(), **_group(given, "augmentation")}
    for family, registry in (("optimizer", OPTIMIZERS), ("schedule", SCHEDULES)):
        training[family] = _chosen(family, registry, getattr(start.training, family), given)
    _pair(given, start, network, training)
    changes_rule = training["optimizer"]["kind"] != start.training.optimizer.kind
    if changes_rule and "learning_rate" not in training:
        training["learning_rate"] = OPTIMIZERS[training["optimizer"]["kind"]].usual_rate
    return named(start.changed(run=run, network={**network, "layers": layers}, training=training))


def _pair(given: Given, start: RunSpec, network: dict[str, Any], training: dict[str, Any]) -> None:
    """Let the output activation follow a loss that was given alone, and the other way round, and say so."""
    loss = training.get("loss", start.training.loss)
    output = network.get("output_activation", start.network.output_activation)
    if loss not in LOSSES or output not in ACTIVATIONS or not misfit(loss, output):
        return
    if "network.output_activation" not in given:
        network["output_activation"] = LOSSES[loss].fused_with
        say(f"The output activation is {LOSSES[loss].fused_with}, because the loss {loss} needs it.")
    elif "training.loss" not in given:
        training["loss"] = "mse"
        say(f"The loss is mse, because {loss} does not suit the output activation {output}.")


def _group(given: Given, group: str) -> dict[str, Any]:
    return {name.split(".", 1)[1]: value for name, value in given.items() if name.startswith(group + ".")}


def _layers(start: NetworkSpec, given: Given) -> list[dict[str, Any]]:
    """Return the hidden layers: the preset's, new ones of the sizes given, or new ones of any kind.

    Raises
    ------
    SettingError
        When the options contradict one another, or one of them would change nothing.
    """
    changes = _group(given, "layers")
    if "layers" in given:
        _refuse_beside_layers(["--hidden"] * ("hidden" in given) + [f"--{name}" for name in changes])
    layers: list[dict[str, Any]] = [layer.model_dump() for layer in given.get("layers", start.layers)]
    if "hidden" in given:
        layers = [{"kind": "dense", "units": units} for units in given["hidden"]]
    if changes and not any(layer["kind"] == "dense" for layer in layers):
        raise SettingError(
            f"--{next(iter(changes))} changes nothing: it is about hidden dense layers, and there are none."
        )
    return [{**layer, **changes} if layer["kind"] == "dense" else layer for layer in layers]


def _refuse_beside_layers(others: list[str]) -> None:
    if others:
        raise SettingError(
            f"--layers and {others[0]} contradict each other: --layers says everything about the hidden layers, "
            "as in dense:128:tanh:d0.2. Leave one of the two out."
        )


def _chosen(family: str, registry: Mapping[str, type[Settings]], start: Any, given: Given) -> dict[str, Any]:
    """Return the optimizer or schedule as a dict: the preset's or another one, with the settings given."""
    kind = given.get(family, start.kind)
    own = _group(given, family)
    for name in own:
        if name not in registry[kind].model_fields:
            owners = ", ".join(key for key, cls in registry.items() if name in cls.model_fields)
            raise SettingError(
                f"{name.replace('_', ' ').capitalize()}: the {family} {kind} has no such setting; only {owners}."
            )
    return {**(start.model_dump() if kind == start.kind else {"kind": kind}), **own}


def _add_all(
    group: Any, prefix: str, cls: type[Settings], preset: Settings | None, skip: Iterable[str] = (), remark: str = ""
) -> None:
    """Add an option per hyperparameter that `cls` declares; a `remark` stands behind each help."""
    for entry in parameters_of(cls):
        if entry.name not in skip:
            default = entry.default if preset is None else getattr(preset, entry.name)
            flag = "--" + entry.name.replace("_", "-")
            _add(group, f"{prefix}.{entry.name}", flag, entry, default, remark)


def _add_family(group: Any, family: str, prefix: str, registry: Mapping[str, Any], remark: str) -> None:
    """Add the choice of an optimizer or schedule, and the settings of its members."""
    about = "; ".join(f"{name}: {cls.about.rstrip('.')}" for name, cls in registry.items())
    group.add_argument(
        f"--{family}",
        metavar=family[0].upper(),
        type=_choice(family.capitalize(), registry),
        help=_escaped(f"{remark}. {about}"),
    )
    seen: set[str] = set()
    for cls in registry.values():
        for entry in parameters_of(cls):
            if entry.name not in seen:
                seen.add(entry.name)
                flag = f"--{prefix}{entry.name.replace('_', '-')}"
                _add(group, f"{family}.{entry.name}", flag, entry, entry.default)


def _add(group: Any, dest: str, flag: str, entry: Parameter, default: Any, remark: str = "") -> None:
    if entry.kind == "bool":
        shown = "on" if default else "off"
        text = _escaped(f"{entry.help} (default: {shown})")
        group.add_argument(flag, dest=dest, action=argparse.BooleanOptionalAction, default=None, help=text)
        return
    unit = f" {entry.unit}" if entry.unit else ""
    text = _escaped(f"{entry.help} {entry.legal[:1].upper()}{entry.legal[1:]}{unit} (default: {default}).{remark}")
    group.add_argument(flag, dest=dest, metavar=_METAVARS[entry.kind], type=entry.check, help=text)


def _usage(cls: type[LayerKind]) -> str:
    """Return how a kind of layer is written and, in brackets, with all its defaults."""
    defaults = [f"{LETTERS.get(entry.name, '')}{entry.default}" for entry in parameters_of(cls)]
    return f"{usage(cls)} ({':'.join([cls.model_fields['kind'].default, *defaults])})" if defaults else usage(cls)


def _choice(label: str, legal: Iterable[str]) -> Callable[[str], str]:
    names = tuple(legal)

    def check(text: str) -> str:
        if text not in names:
            raise SettingError(f"{label}: {text[:40]} is not allowed; it must be one of {', '.join(names)}.")
        return text

    return check


def _hidden(text: str) -> tuple[int, ...]:
    if text == NONE:
        return ()
    return tuple(_UNITS.check(part.strip()) for part in text.split(","))


def _threads(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= most_threads()):
        raise SettingError(
            f"Threads: {text[:40]} is not allowed; it must be a whole number from 1 to {most_threads()}."
        )
    return int(text)


def _escaped(text: str) -> str:
    """Return a help text in which percent signs stand for themselves."""
    return text.replace("%", "%%")
