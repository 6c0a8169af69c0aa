"""Show versions, folders and presets; or, with a model file, what is known of that model."""

from __future__ import annotations

import argparse
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

from engine import blas, kept_models
from engine.card import card_of, scores_as_json
from engine.command import command_of
from engine.compact_layers import compact, compact_layer
from engine.files import data_folder
from engine.model import Model, program_version
from engine.presets import PRESETS
from engine.specs import NetworkSpec
from engine.terminal.models import opened
from engine.terminal.output import show, table

_PACKAGES = ("numpy", "PySide6-Essentials", "pyqtgraph", "tensorflow")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("model", metavar="MODEL", nargs="?", help="a model file, or an .npy file of the article's")


def run(options: argparse.Namespace) -> int:
    """Collect and print."""
    if options.model:
        model = opened(options.model)
        card = _card(Path(options.model), model)
        show(card, _card_lines(card, model), as_json=options.json)
    else:
        result = _program()
        show(result, _program_lines(result), as_json=options.json)
    return 0


def _program() -> dict[str, Any]:
    presets = {
        preset.name: {
            "help": preset.help,
            "network": preset.run.network.title,
            "layers": compact(preset.run.network.layers),
            "parameters": preset.run.network.parameter_count,
        }
        for preset in PRESETS.values()
    }
    return {
        "version": program_version(),
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in _PACKAGES},
        "blas": blas.libraries(),
        "data_folder": str(data_folder()),
        "kept_models": len(kept_models.kept()),
        "presets": presets,
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _program_lines(result: dict[str, Any]) -> list[str]:
    libraries = ", ".join(f"{pool['name']} {pool['version']}, {_threads(pool['threads'])}" for pool in result["blas"])
    rows: list[tuple[str, object]] = [
        ("DigitLab", result["version"]),
        ("Python", result["python"]),
        *((name, version or "not installed") for name, version in result["packages"].items()),
        ("Matrix products", libraries or "unknown library"),
        ("Data folder", result["data_folder"]),
        ("Kept models", str(result["kept_models"])),
    ]
    presets = [(f"  {name}", f"{entry['network']}. {entry['help']}") for name, entry in result["presets"].items()]
    return [*table(rows), "", "Presets:", *table(presets)]


def _threads(count: int) -> str:
    return "1 thread" if count == 1 else f"{count} threads"


def _card(path: Path, model: Model) -> dict[str, Any]:
    return {
        "model": str(path),
        "bytes": path.stat().st_size,
        "network": model.network.spec.title,
        "layers": _layers(model.network.spec),
        "parameters": model.network.spec.parameter_count,
        "dtype": model.network.spec.dtype,
        "training": model.record.model_dump(mode="json"),
        "scores": scores_as_json(model.record.scores),
        "temperature": model.judge.temperature,
        "tells_what_is_no_digit": bool(model.judge.weights),
        "command": command_of(model.run),
        "spec": model.run.model_dump(mode="json"),
    }


def _card_lines(card: dict[str, Any], model: Model) -> list[str]:
    shapes = [(layer["layer"], _facts(layer)) for layer in card["layers"]]
    layers = ["", "Hidden layers", *(f"  {line}" for line in table(shapes))] if shapes else []
    return [f"{card['model']} ({card['bytes']:,} bytes)", "", *card_of(model, card["bytes"]).lines(), *layers]


def _layers(network: NetworkSpec) -> list[dict[str, Any]]:
    """Return the hidden layers, each with the shape behind it and its parameters."""
    return [
        {"layer": compact_layer(layer), "output_shape": list(shape), "parameters": count}
        for layer, (shape, count) in zip(network.layers, network.rows(), strict=False)
    ]


def _facts(layer: dict[str, Any]) -> str:
    return f"→ {' x '.join(map(str, layer['output_shape']))}, {layer['parameters']:,} parameters"
