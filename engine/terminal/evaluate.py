"""Measure a model on the test images of a dataset: accuracy, loss and confusion matrix."""

from __future__ import annotations

import argparse
from typing import Any

from engine.datasets import load_dataset
from engine.evaluation import Evaluation, evaluate
from engine.memory import require_memory_to_read
from engine.network import Network
from engine.terminal.arguments import add_dataset
from engine.terminal.models import opened
from engine.terminal.output import announcer, number, percent, say, show, table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("model", metavar="MODEL", help="a model file, or an .npy file of the article's")
    add_dataset(parser, "the one the model was trained on")


def run(options: argparse.Namespace) -> int:
    """Measure and print."""
    model = opened(options.model)
    dataset = load_dataset(options.dataset or model.run.dataset, progress=announcer())
    if dataset.note:
        say(dataset.note)
    require_memory_to_read(model.network.spec)
    found = evaluate(
        Network.from_snapshot(model.network), dataset.test_images, dataset.test_labels, model.run.training.loss
    )
    if found is None:
        raise AssertionError("nobody cancelled the evaluation")
    result = _result(found) | {"dataset": dataset.word, "model": options.model}
    show(result, _lines(result, dataset.title), as_json=options.json)
    return 0


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


def _lines(result: dict[str, Any], title: str) -> list[str]:
    low, high = result["interval"]
    head = table(
        [
            ("Accuracy", f"{percent(result['accuracy'])} (95 % interval {percent(low)} to {percent(high)})"),
            ("Loss", number(result["loss"])),
            ("Images", f"{result['count']:,} of {title}"),
        ]
    )
    width = max(len(str(result["count"])), 5) + 1
    columns = "".join(f"{digit:>{width}}" for digit in range(10))
    rows = [
        f"{digit:>6}" + "".join(f"{count:>{width}}" for count in row) for digit, row in enumerate(result["confusion"])
    ]
    return [*head, "", "Confusion matrix (row: the true digit, column: the answer)", " " * 6 + columns, *rows]
