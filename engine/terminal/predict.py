"""Let a model read pictures: one digit per picture, with the share given to each of the ten."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from engine.errors import DataError
from engine.network import Network, as_shares
from engine.pictures import read_picture
from engine.terminal.models import opened
from engine.terminal.output import complain, percent, show


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("model", metavar="MODEL", help="a model file, or an .npy file of the article's")
    parser.add_argument(
        "images", metavar="IMAGE", nargs="+", help="a picture of one digit, dark on light or light on dark"
    )


def run(options: argparse.Namespace) -> int:
    """Read every picture that can be read; the others get their sentence and make the exit code 2."""
    network = Network.from_snapshot(opened(options.model).network)
    predictions = [_predicted(network, path) for path in options.images]
    good = [entry for entry in predictions if "error" not in entry]
    if good or options.json:
        result = {"model": options.model, "predictions": predictions}
        show(result, [_line(entry) for entry in good], as_json=options.json)
    return 0 if len(good) == len(predictions) else 2


def _predicted(network: Network, path: str) -> dict[str, Any]:
    try:
        image = read_picture(path)
    except DataError as error:
        complain(error)
        return {"image": path, "error": error.what}
    outputs = network.predict(image[np.newaxis])
    shares = as_shares(outputs, network.spec)[0]
    return {"image": path, "digit": int(outputs[0].argmax()), "probabilities": shares.tolist()}


def _line(entry: dict[str, Any]) -> str:
    shares = entry["probabilities"]
    second = max((digit for digit in range(len(shares)) if digit != entry["digit"]), key=shares.__getitem__)
    first = f"{entry['digit']} ({percent(shares[entry['digit']])})"
    return f"{entry['image']}: {first}, then {second} ({percent(shares[second])})"
