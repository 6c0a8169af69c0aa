"""Let a model read pictures: one digit per picture, with the share given to each of the ten, and how sure that is."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError
from engine.ink.spec import InkSpec
from engine.pictures.reading import read_picture
from engine.reader import Reader, Reading
from engine.terminal.models import opened
from engine.terminal.output import complain, show


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("model", metavar="MODEL", help="a model file, or an .npy file of the article's")
    parser.add_argument(
        "images", metavar="IMAGE", nargs="+", help="a picture of one digit, dark on light or light on dark"
    )


def run(options: argparse.Namespace) -> int:
    """Read every picture that can be read; the others get their sentence and make the exit code 2."""
    reader = Reader.of(opened(options.model))
    found = {path: _image(path, reader.ink) for path in options.images}
    images = {path: image for path, image in found.items() if isinstance(image, np.ndarray)}
    read = reader.read_images(np.array(list(images.values()))) if images else []
    answers = {path: _answer(reading) for path, reading in zip(images, read, strict=True)}
    predictions = [{"image": path, **answers.get(path, {"error": str(found[path])})} for path in options.images]
    good = [entry for entry in predictions if "error" not in entry]
    if good or options.json:
        result = {"model": options.model, "predictions": predictions}
        show(result, [_line(entry) for entry in good], as_json=options.json)
    return 0 if len(good) == len(predictions) else 2


def _image(path: str, ink: InkSpec) -> NDArray[np.uint8] | str:
    """Return the image for the network, or the sentence that refuses the picture, which has been said."""
    try:
        return read_picture(path, ink=ink)
    except DataError as error:
        complain(error)
        return error.what


def _answer(reading: Reading) -> dict[str, Any]:
    return {
        "digit": reading.digit,
        "probabilities": reading.shares.tolist(),
        "sure": reading.sure,
        "verdict": reading.verdict,
        "words": reading.words,
        "digitness": reading.digitness,
    }


def _line(entry: dict[str, Any]) -> str:
    """Say the same as the window does."""
    shares, first = entry["probabilities"], entry["digit"]
    answer = f"{entry['image']}: {entry['words']}"
    if entry["verdict"] == "no digit":
        return f"{answer} (closest to {first})"
    if entry["verdict"] == "sure":
        return f"{entry['image']}: {first}, {entry['words']}"
    second = max((other for other in range(len(shares)) if other != first), key=shares.__getitem__)
    return f"{answer} ({', '.join(f'{digit} {100 * shares[digit]:.0f} %' for digit in (first, second))})"
