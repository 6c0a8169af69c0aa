"""Measure a model on the images of a dataset: accuracy, loss, trust, confusion matrix, and how it reads each writer."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.datasets import Dataset, load_dataset, without_folders, words_of
from engine.datasets.dataset import PARTS, PartName
from engine.evaluation import Evaluation, evaluate, wilson
from engine.memory import require_memory_to_read
from engine.network import ROWS_AT_A_TIME
from engine.reader import Reader
from engine.terminal.arguments import add_dataset
from engine.terminal.models import opened
from engine.terminal.output import announcer, number, percent, say, show, table
from engine.trust import calibration_error

_PART_WORDS = {"train": "the training part", "test": "the test part", "all": "all of them"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("model", metavar="MODEL", help="a model file, or an .npy file of the article's")
    add_dataset(parser, "the one the model was trained on")
    parser.add_argument(
        "--part",
        choices=PARTS,
        help="which images to measure on (default: test, but all for unipen:PATH, which names no test part of its own, "
        "unless the model learned from it)",
    )


def run(options: argparse.Namespace) -> int:
    """Measure and print."""
    model = opened(options.model)
    # What was learned from besides has no test images: it need not even be there.
    word = options.dataset or words_of(model.run.dataset)[0]
    dataset = load_dataset(word, progress=announcer(), ink=model.run.ink)
    if dataset.note:
        say(dataset.note)
    part = _part(options.part, dataset, model.run.dataset)
    images, labels, writers = dataset.part(part)
    require_memory_to_read(model.network.spec)
    reader = Reader.of(model)
    found = evaluate(reader.network, images, labels, model.run.training.loss)
    if found is None:
        raise AssertionError("nobody cancelled the evaluation")
    result = _result(found) | _trust(reader, images, found)
    result |= {"dataset": dataset.word, "part": part, "model": options.model}
    if writers:
        result["writers"] = _by_writer(found, writers)
    show(result, _lines(result, dataset.title), as_json=options.json)
    return 0


def _part(chosen: PartName | None, dataset: Dataset, learned: str) -> PartName:
    """Return what to measure on, and say what that means where it is not simply the test part.

    `learned` is the word of the data that the model learned from: its own test part, if any, is new to the model.
    """
    base, *extras = words_of(learned)
    # A model made to be passed on names its files without their folders.
    names = (dataset.word, without_folders(dataset.word))
    held_back = learned in names or base in names
    part: PartName = chosen or ("all" if dataset.whole and not held_back else "test")
    if any(extra in names for extra in extras):
        say("The model learned from these images, but for writers held back: this does not tell how it reads others.")
    elif held_back and part != "test":
        say("The model learned from these very images: only --part test tells how it reads others.")
    elif dataset.whole and part == "all":
        say("Measured on all of its digits; with --part test on that test set alone.")
    return part


def _result(found: Evaluation) -> dict[str, Any]:
    return {
        "accuracy": found.accuracy,
        "interval": found.interval,
        "loss": found.loss,
        "count": found.count,
        "confusion": found.confusion.tolist(),
        "recall": found.recall().tolist(),
        "precision": found.precision().tolist(),
    }


def _trust(reader: Reader, images: NDArray[np.uint8], found: Evaluation) -> dict[str, float]:
    """Return how far "83 % sure" is from the truth, and the share of the images that are taken for no digit."""
    refused = 0
    if reader.judge.weights:
        parts = (images[start : start + ROWS_AT_A_TIME] for start in range(0, len(images), ROWS_AT_A_TIME))
        refused = sum(int((reader.asked(part)[1] < reader.judge.least).sum()) for part in parts)
    shares = reader.judge.shares(found.probabilities)
    return {"calibration_error": calibration_error(shares, found.labels), "refused": refused / len(images)}


def _by_writer(found: Evaluation, writers: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return how many digits of each writer there are and how many of them were read right, the worst first."""
    names, numbers = np.unique(np.array(writers), return_inverse=True)
    counts = np.bincount(numbers)
    right = np.bincount(numbers, weights=found.labels == found.answers).astype(int)
    rows = [
        {"writer": str(name), "count": int(count), "accuracy": good / count, "interval": wilson(int(good), int(count))}
        for name, count, good in zip(names, counts, right, strict=True)
    ]
    return sorted(rows, key=lambda row: row["accuracy"])


def _lines(result: dict[str, Any], title: str) -> list[str]:
    low, high = result["interval"]
    head = table(
        [
            ("Accuracy", f"{percent(result['accuracy'])} (95 % interval {percent(low)} to {percent(high)})"),
            ("Loss", number(result["loss"])),
            ("Calibration error", percent(result["calibration_error"])),
            ("Taken for no digit", percent(result["refused"])),
            ("Images", f"{result['count']:,} of {title}, {_PART_WORDS[result['part']]}"),
        ]
    )
    width = max(len(str(result["count"])), 5) + 1
    columns = "".join(f"{digit:>{width}}" for digit in range(10))
    rows = [
        f"{digit:>6}" + "".join(f"{count:>{width}}" for count in row) for digit, row in enumerate(result["confusion"])
    ]
    confusion = ["", "Confusion matrix (row: the true digit, column: the answer)", " " * 6 + columns, *rows]
    return [*head, *confusion, *(_writer_lines(result["writers"]) if "writers" in result else [])]


def _writer_lines(rows: list[dict[str, Any]]) -> list[str]:
    """Return the table of writers, the worst first, and how far they are apart."""
    shares = [row["accuracy"] for row in rows]
    names = [row["writer"] or "(not said)" for row in rows]
    width = max(6, *map(len, names))
    lines = [
        f"{name:<{width}} {row['count']:>7,} {percent(row['accuracy']):>10}   "
        f"{percent(row['interval'][0])} to {percent(row['interval'][1])}"
        for name, row in zip(names, rows, strict=True)
    ]
    mean = percent(sum(shares) / len(shares))
    return [
        "",
        f"{len(rows):,} writers: {mean} in the mean, {percent(shares[0])} the worst, {percent(shares[-1])} the best",
        f"{'writer':<{width}} {'digits':>7} {'accuracy':>10}   95 % interval",
        *lines,
    ]
