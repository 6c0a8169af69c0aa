"""The command that trains a network again, from the settings that a model file keeps."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import Any

from engine.compact_layers import compact
from engine.datasets import DATASET_WORDS, joined, without_folders
from engine.fields import Settings, parameters_of
from engine.presets import PRESETS
from engine.specs import RunSpec

PROGRAM = "python main.py train"


def command_of(run: RunSpec, *, portable: bool = False) -> str:
    """Return the shortest command that trains by these settings: a preset, and what differs from it.

    Parameters
    ----------
    run : RunSpec
    portable : bool
        Whether to name data files without their folders.
    """
    options = min((_options(run, name, portable=portable) for name in PRESETS), key=len)
    return f"{PROGRAM} {shlex.join(options)}"


def _options(run: RunSpec, preset: str, *, portable: bool) -> list[str]:
    """Return the options that turn a preset into `run`."""
    start = PRESETS[preset].run
    found = ["--preset", preset, *_data(run, start, portable=portable)]
    found += _changed(run, start, skip=("dataset",)) + _changed(run.ink, start.ink)
    if run.network.layers != start.network.layers:
        found += ["--layers", compact(run.network.layers)]
    found += _changed(run.network, start.network)
    training, before = run.training, start.training
    found += _family("optimizer", "", training.optimizer, before.optimizer)
    # Another rule would bring its usual rate along.
    another = training.optimizer.kind != before.optimizer.kind
    found += _changed(training, before, always=("learning_rate",) if another else ())
    found += _changed(training.augmentation, before.augmentation)
    return found + _family("schedule", "schedule-", training.schedule, before.schedule)


def _data(run: RunSpec, start: RunSpec, *, portable: bool) -> list[str]:
    word = without_folders(run.dataset) if portable else run.dataset
    base, *extras = joined.parts(word, (source.name for source in DATASET_WORDS))
    found = [] if base == start.dataset else ["--dataset", base]
    return [*found, "--extra", *extras] if extras else found


def _family(name: str, prefix: str, chosen: Any, before: Any) -> list[str]:
    """Return the options for an optimizer or a schedule, and for its own settings."""
    if chosen.kind == before.kind:
        return _changed(chosen, before, prefix)
    return [f"--{name}", chosen.kind, *_changed(chosen, type(chosen)(), prefix)]


def _changed(
    settings: Settings, before: Settings, prefix: str = "", skip: Iterable[str] = (), always: Iterable[str] = ()
) -> list[str]:
    """Return an option for every setting that differs, and for those that are named in any case."""
    found = []
    for entry in parameters_of(type(settings)):
        value = getattr(settings, entry.name)
        if entry.name in skip or (value == getattr(before, entry.name) and entry.name not in always):
            continue
        flag = prefix + entry.name.replace("_", "-")
        if isinstance(value, bool):
            found.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            found += [f"--{flag}", str(value).removesuffix(".0") if isinstance(value, float) else str(value)]
    return found
