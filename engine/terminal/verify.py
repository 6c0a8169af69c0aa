"""Check the engine against TensorFlow: the same training once more by a Keras twin, and how far the two come apart.

Both begin with the weights of a model, or with the fresh ones of a preset, and see the same batches, augmented images
and dropout masks. Where a network in float32 comes apart, which rounding alone may cause, both learn once more in
float64, which takes at least the same time again and decides. The exit code is 1 when losses, weights or learning rates
then differ by more than a ten-thousandth: for a network in float32 that is so only when float64 does not agree either.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm

from engine.datasets import load_dataset
from engine.datasets.split import split
from engine.errors import SettingError
from engine.fields import parameter
from engine.model_files import load_model
from engine.network import Network, Snapshot
from engine.presets import PRESETS
from engine.specs import RunSpec
from engine.terminal.arguments import add_dataset
from engine.terminal.output import announcer, say, show, table
from engine.verification import LIMIT, Check, CheckSettings, Comparison, Watch, require_tensorflow, verify

NOT_ALIKE = 1
_STEPS = parameter(CheckSettings, "steps")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("model", metavar="MODEL", nargs="?", help="a model file: its weights and settings are taken")
    what.add_argument("--preset", metavar="P", type=_preset, help=f"or fresh weights of one of {', '.join(PRESETS)}")
    parser.add_argument(
        "--steps",
        metavar="N",
        type=_STEPS.check,
        default=_STEPS.default,
        help=f"{_STEPS.help} {_STEPS.legal[:1].upper()}{_STEPS.legal[1:]} (default: {_STEPS.default}).",
    )
    add_dataset(parser, "the one of the model or the preset")


def run(options: argparse.Namespace) -> int:
    """Train both, compare and print."""
    require_tensorflow()
    spec, start = _start(options)
    dataset = load_dataset(options.dataset or spec.dataset, progress=announcer(), ink=spec.ink)
    if dataset.note:
        say(dataset.note)
    data = split(dataset, spec.validation_split, spec.seed)
    size = data.fitting(spec.training.batch_size)
    if size != spec.training.batch_size:
        say(f"The data has fewer images than a batch of {spec.training.batch_size:,}: a batch has {size}.")
        spec = spec.changed(training={"batch_size": size})
    with _telling() as tell:
        found = verify(spec, start, data, options.steps, Watch(tell))
    result = _result(found) | {"network": start.spec.title, "model": options.model, "preset": options.preset}
    show(result | {"dataset": dataset.word, "batch_size": size}, table(found.rows()), as_json=options.json)
    return 0 if found.agrees else NOT_ALIKE


def _preset(text: str) -> str:
    if text not in PRESETS:
        raise SettingError(f"Preset: {text[:40]} is not allowed; it must be one of {', '.join(PRESETS)}.")
    return text


def _start(options: argparse.Namespace) -> tuple[RunSpec, Snapshot]:
    """Return the settings, and the weights to begin with."""
    if options.preset is not None:
        spec = PRESETS[options.preset].run
        return spec, Network(spec.network, spec.seed).snapshot()
    model = load_model(options.model)
    return model.run, model.network


@contextmanager
def _telling() -> Iterator[Callable[[str], None]]:
    """Hand out what tells of the progress: in one line that changes on a terminal, sparingly elsewhere."""
    if not sys.stderr.isatty():
        yield announcer()
        return
    with tqdm(bar_format="{desc}", file=sys.stderr, leave=False, dynamic_ncols=True) as line:
        yield line.set_description_str


def _result(found: Comparison) -> dict[str, Any]:
    speeds = found.speeds and dict(zip(("digitlab", "tensorflow"), (round(n, 1) for n in found.speeds), strict=True))
    return {
        "agrees": found.agrees,
        "verdict": found.verdict,
        "limit": LIMIT,
        "steps": found.steps,
        "largest_difference": found.last.largest,
        "decided_in": found.last.dtype,
        "images_per_second": speeds,
        "checks": [_check(check) for check in found.checks],
    }


def _check(check: Check) -> dict[str, Any]:
    return {
        "precision": check.dtype,
        "agrees": check.agrees,
        "loss_difference": check.largest_loss_difference,
        "weight_difference": check.largest_weight_difference,
        "rate_difference": float(check.rate_differences.max()),
        "weight_differences": check.weight_differences,
        "losses": {"digitlab": check.ours.losses.tolist(), "tensorflow": check.theirs.losses.tolist()},
        "loss_differences": check.loss_differences.tolist(),
    }
